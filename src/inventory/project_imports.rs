//! What projects of C# import for all of their files: `global using` lines, and `<Using>` of `.csproj` and `.props`.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::needs::{Look, NeedId};

use super::deferred::Waiting;
use super::scan::{self, FileScan, Scanner};
use super::view::{File, FileId};

/// What files of C# import for their whole projects, and the needs that only wait for that.
#[derive(Default)]
pub(super) struct ProjectImports {
    imported: Vec<(FileId, Vec<String>)>,
    wanted: Vec<(FileId, Vec<NeedId>)>,
}

impl ProjectImports {
    pub(super) fn add(&mut self, file: FileId, scan: &mut FileScan) {
        let (lines, needs) = (std::mem::take(&mut scan.global_imports), std::mem::take(&mut scan.unimported));
        self.imported.extend((!lines.is_empty()).then_some((file, lines)));
        self.wanted.extend((!needs.is_empty()).then_some((file, needs)));
    }

    /// Defers the needs whose import stands elsewhere in the project, or in a `.props` above it.
    pub(super) fn apply(self, scanner: &Scanner<'_>, files: &[File], deferred: &mut Vec<Waiting>) {
        if self.imported.is_empty() || self.wanted.is_empty() {
            return;
        }
        let folder = |file: FileId| parent(&files[file.0 as usize].path);
        let is_project = |file: &&File| file.path.ends_with(".csproj");
        let projects: BTreeSet<&str> = files.iter().filter(is_project).map(|file| parent(&file.path)).collect();
        let above = |folder| std::iter::successors(Some(folder), |folder: &&str| (!folder.is_empty()).then(|| parent(folder)));
        let project = |file: FileId| above(folder(file)).find(|folder| projects.contains(folder)).unwrap_or_default();
        // What a `.props` says holds for every project below it.
        let mut of_project: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let mut below: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (file, lines) in self.imported {
            match files[file.0 as usize].path.ends_with(".props") {
                true => below.entry(folder(file)).or_default().extend(lines),
                false => of_project.entry(project(file)).or_default().extend(lines),
            }
        }
        for (file, needs) in self.wanted {
            let own = project(file);
            let shared = above(own).filter_map(|folder| below.get(folder));
            let lines: Vec<String> = of_project.get(own).into_iter().chain(shared).flatten().cloned().collect();
            let modules = |need: NeedId| match &scanner.needs.need(need).look {
                Look::Code { imports, .. } => imports.as_slice(),
                _ => &[],
            };
            let due: Vec<NeedId> = needs.into_iter().filter(|need| scan::is_imported_by(&lines, modules(*need))).collect();
            if due.is_empty() {
                continue;
            }
            match deferred.binary_search_by_key(&file, |waiting| waiting.file) {
                Ok(at) => deferred[at].needs.extend(due),
                Err(at) => deferred.insert(at, Waiting { file, needs: due, places: None }),
            }
        }
    }
}

/// The folder of a path; "" for the root.
fn parent(folder: &str) -> &str {
    folder.rsplit_once('/').map_or("", |(above, _)| above)
}

//! From a name in a file to what it means: modules of all languages to files.

use std::collections::BTreeMap;

use crate::inventory::view::{FileId, View};
use crate::model::language::Language;

use super::fact::Fact;

/// The files of a view by the last part of their module's name, and what each file imports.
pub(super) struct Modules<'a> {
    by_name: BTreeMap<&'a str, Vec<(FileId, Vec<&'a str>)>>,
    /// By file and local name: module and symbol.
    imports: BTreeMap<(FileId, &'a str), (&'a str, Option<&'a str>)>,
    view: View<'a>,
}

/// The parts of a module's name: of its path, without ending, and without the file that stands for its folder.
fn parts(path: &str) -> Vec<&str> {
    let (folders, name) = path.rsplit_once('/').map_or(("", path), |(folders, name)| (folders, name));
    let mut parts: Vec<&str> = folders.split('/').filter(|part| !part.is_empty()).collect();
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    if !matches!(stem, "index" | "__init__" | "mod") {
        parts.push(stem);
    }
    parts
}

/// Endings that source writes behind the names of modules.
const ENDINGS: &[&str] = &[".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".php", ".rb"];

impl<'a> Modules<'a> {
    pub(super) fn new(view: View<'a>, imports: &[Fact<'a>]) -> Modules<'a> {
        let mut by_name: BTreeMap<&str, Vec<(FileId, Vec<&str>)>> = BTreeMap::new();
        for (index, file) in view.inventory.files.iter().enumerate() {
            let id = FileId(index as u32);
            let file_parts = if file.language.is_some() && view.contains(id) { parts(&file.path) } else { continue };
            // Of a package of Go, any file may hold what it exports.
            let go_package =
                (file.language == Some(Language::Go)).then(|| file_parts.get(file_parts.len().wrapping_sub(2))).flatten();
            if let Some(package) = go_package {
                by_name.entry(package).or_default().push((id, file_parts[..file_parts.len() - 1].to_vec()));
            }
            if let Some(last) = file_parts.last() {
                by_name.entry(last).or_default().push((id, file_parts.clone()));
            }
        }
        let mut known = BTreeMap::new();
        for fact in imports {
            let (module, symbol) = (fact.get("MODULE"), fact.get("SYMBOL"));
            let Some(module) = module.map(super::path::unquoted) else { continue };
            let last = module.rsplit(['.', '/', ':', '\\']).next().unwrap_or(module);
            let name = fact.get("NAME").or(symbol).unwrap_or(last);
            known.insert((fact.file, name), (module, symbol));
        }
        Modules { by_name, imports: known, view }
    }

    /// The module and the symbol that a local name stands for.
    pub(super) fn import(&self, file: FileId, name: &str) -> Option<(&'a str, Option<&'a str>)> {
        self.imports.get(&(file, name)).copied()
    }

    /// The modules of which a file imports everything.
    pub(super) fn whole_imports(&self, file: FileId) -> impl Iterator<Item = &'a str> {
        let own = self.imports.range((file, "")..).take_while(move |((of, _), _)| *of == file);
        own.filter(|((_, name), _)| name.ends_with('*')).map(|(_, (module, _))| *module)
    }

    /// The files that a module's name means, from the place of a file.
    pub(super) fn files(&self, from: FileId, module: &str) -> Vec<FileId> {
        let own = &self.view.inventory.file(from).path;
        let mut folder: Vec<&str> = own.split('/').collect();
        folder.pop();
        let module = ENDINGS.iter().find_map(|ending| module.strip_suffix(ending)).unwrap_or(module);
        let is_python = self.view.inventory.file(from).language == Some(Language::Python);
        if is_python && module.starts_with('.') {
            let name = module.trim_start_matches('.');
            for _ in 1..module.len() - name.len() {
                folder.pop();
            }
            folder.extend(name.split('.').filter(|part| !part.is_empty()));
            return self.exactly(&folder);
        }
        if module.starts_with("./") || module.starts_with("../") || module == "." || module == ".." {
            for part in module.split('/') {
                match part {
                    "." | "" => {}
                    ".." => drop(folder.pop()),
                    part => folder.push(part),
                }
            }
            if matches!(folder.last(), Some(&"index")) {
                folder.pop();
            }
            return self.exactly(&folder);
        }
        let wanted: Vec<&str> = module
            .split(['.', '/', ':', '\\'])
            .filter(|part| !part.is_empty() && !matches!(*part, "@" | "~" | "crate" | "self" | "super" | "src"))
            .collect();
        self.ending_with(from, &wanted)
    }

    fn exactly(&self, wanted: &[&str]) -> Vec<FileId> {
        let found = wanted.last().and_then(|last| self.by_name.get(last));
        found.into_iter().flatten().filter(|(_, parts)| parts == wanted).map(|(file, _)| *file).collect()
    }

    /// The files whose module's name ends like this; for packages of Go whose paths begin with a host, as much of it as there is.
    pub(super) fn ending_with(&self, from: FileId, wanted: &[&str]) -> Vec<FileId> {
        let Some(candidates) = wanted.last().and_then(|last| self.by_name.get(last)) else { return Vec::new() };
        let common = |parts: &[&str]| parts.iter().rev().zip(wanted.iter().rev()).take_while(|(a, b)| a == b).count();
        // Packages of Go are named from their host on; of others, a part of the name alone is another module.
        let is_go = self.view.inventory.file(from).language == Some(Language::Go);
        let fits = |parts: &[&str]| is_go || common(parts) == wanted.len() || common(parts) == parts.len();
        let best = candidates.iter().filter(|(_, parts)| fits(parts)).map(|(_, parts)| common(parts)).max().unwrap_or(0);
        let alike = candidates.iter().filter(|(_, parts)| fits(parts) && common(parts) == best);
        // Of several, those that are nearest to where the name stands.
        let own: Vec<&str> = self.view.inventory.file(from).path.split('/').collect();
        let shared = |file: FileId| {
            let path = &self.view.inventory.file(file).path;
            path.split('/').zip(&own).take_while(|(a, b)| a == *b).count()
        };
        let nearest = alike.clone().map(|(file, _)| shared(*file)).max();
        let near: Vec<&(FileId, Vec<&str>)> = alike.filter(|(file, _)| Some(shared(*file)) == nearest).collect();
        let shortest = near.iter().map(|(_, parts)| parts.len()).min();
        near.iter().filter(|(_, parts)| Some(parts.len()) == shortest).map(|(file, _)| *file).collect()
    }
}

//! Source + needs → inventory: one walk, one read per file, then everything that needs all files at once.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::model::language::Language;
use crate::model::needs::{Look, NeedSet};
use crate::model::report::SkippedFile;
use crate::model::role::{Role, RoleOverride, RoleSet};

use super::automaton::Expressions;
use super::chart_values::ChartValues;
use super::decode::{decode, utf16};
use super::deferred::Waiting;
use super::document::scripts::Scripts;
use super::file_set::FileSet;
use super::history::{self, Repository};
use super::kept::Kept;
use super::layout::{self, Layout, LayoutFile, ManifestHint};
use super::loaded::{self, References, Search};
use super::manifest::{self, Manifest, link};
use super::project_imports::ProjectImports;
use super::role::{self, Harness, Overrides};
use super::scan::compose::ComposeFile;
use super::scan::{self, FileScan, Scanner, Scratch, Selection};
use super::source::{FileEntry, MAX_FILE_BYTES, Source};
use super::view::{DeclaredDependency, File, FileId, GitSummary, Hit, Inventory};
use super::walk::Disk;

pub use super::deferred::{Collector, Due};

/// What a caller knows of the repository besides its files.
#[derive(Default)]
pub struct Context {
    pub git: Option<GitSummary>,
    /// The history, if it is to be read.
    pub past: Option<Repository>,
    pub notes: Vec<String>,
    /// Roles that the configuration gives.
    pub roles: Vec<RoleOverride>,
}

impl Context {
    /// Opens the history of a folder, if it is `asked` for or small.
    pub fn read_history(&mut self, disk: &Disk, asked: bool) {
        let Some(git) = disk.git().filter(|git| asked || Repository::is_small(&git.root)) else { return };
        match Repository::open(&git.root, disk.root()) {
            Ok(repository) => self.past = Some(repository),
            Err(reason) => self.notes.push(format!("the history was not read: {reason}")),
        }
    }
}

/// The needs compiled, ready to be asked of any number of sources.
pub struct Prepared<'n> {
    selection: Selection<'n>,
    scanner: Scanner<'n>,
}

impl<'n> Prepared<'n> {
    /// Compiles the needs, to scan about `bytes` bytes of anything.
    pub fn new(needs: &'n NeedSet, bytes: u64) -> Prepared<'n> {
        let languages = Language::ALL.iter().copied().collect();
        Prepared { selection: Selection::new(needs), scanner: Scanner::new(needs, bytes, &languages) }
    }

    /// Compiles the needs, to scan these files and no others.
    pub fn of(needs: &'n NeedSet, entries: &[FileEntry]) -> Prepared<'n> {
        let bytes = entries.iter().map(|entry| entry.size.min(MAX_FILE_BYTES)).sum();
        let languages = entries.iter().filter_map(|entry| Language::of_path(&entry.path)).collect();
        Prepared { selection: Selection::new(needs), scanner: Scanner::new(needs, bytes, &languages) }
    }
}

/// Files the hits and gaps of one file.
pub(super) fn keep(inventory: &mut Inventory, file: FileId, scan: FileScan) {
    for (need, hit) in scan.hits {
        inventory.hits[need.0 as usize].push(hit);
    }
    for (need, reason) in scan.gaps {
        inventory.gaps.entry(need).or_default().insert(file, reason.into());
    }
}

/// Collects everything that the needs ask for, but for trees of code.
pub fn collect<'s>(source: &'s dyn Source, prepared: &'s Prepared<'s>, mut context: Context) -> Collector<'s> {
    let Prepared { selection, scanner } = prepared;
    let overrides = Overrides::new(std::mem::take(&mut context.roles));
    context.notes.extend(overrides.notes(source.entries().iter().map(|entry| entry.path.as_str())));
    let read_text = |index: usize| source.read(index).ok().map(decode);
    let harness = Harness::find(source.entries().iter().map(|entry| entry.path.as_str()), &read_text);
    let values = ChartValues::find(source.entries().iter().map(|entry| entry.path.as_str()), &read_text);
    let asks_for_scripts = scanner.needs.needs().iter().any(|need| scan::asks_for_scripts(&need.look));
    let scripts = asks_for_scripts.then(|| Scripts::find(source.entries().iter().map(|entry| entry.path.as_str()), &read_text));
    let classified: Vec<File> =
        source.entries().par_iter().map(|entry| classify(source, entry, selection, &overrides, (&harness, &values))).collect();
    let mut read: Vec<ReadFile> = (0..classified.len())
        .into_par_iter()
        .map_init(
            || Scratch::new(scanner),
            |scratch, index| {
                read_file((source, &overrides, scripts.as_ref()), scanner, selection, scratch, index, &classified[index])
            },
        )
        .collect();
    let references: Vec<References> = read.iter_mut().map(|read| std::mem::take(&mut read.references)).collect();
    let packages = read.iter().filter_map(|read| read.manifest.as_ref()?.package.as_ref());
    let packages = packages.map(|package| loaded::hash(&package.name)).collect();
    let mut deferred = Vec::new();
    let past = context.past;
    let context = (context.git, context.notes);
    let mut inventory = assemble((source, scripts.as_ref()), scanner, classified, read, context, &mut deferred);
    let search = Search {
        inventory: &inventory,
        loading: &scanner.needs.loading,
        references: &references,
        packages: &packages,
        read: &read_text,
        is_given: &|path| overrides.of(path).is_some(),
    };
    let unloaded = search.unloaded();
    if !unloaded.is_empty() {
        let note = loaded::leave_out(&mut inventory, scanner.needs, &mut deferred, &unloaded);
        inventory.notes.extend(note);
    }
    if let Some(mut repository) = past {
        // By a thread of the pool: what the scan of the files let go is there, and what this lets go is there for those who come after.
        rayon::scope(|_| answer_history(&mut inventory, &mut repository, scanner.needs, selection));
    }
    Collector { source, scanner, inventory, deferred, trees: BTreeMap::new() }
}

/// What reading one file yields.
#[derive(Default)]
struct ReadFile {
    /// The role and selectors, where the content changed them.
    file: Option<File>,
    scanned: bool,
    scan: FileScan,
    /// What it names that may be loaded.
    references: References,
    manifest: Option<Manifest>,
    /// Why a manifest could not be read.
    unread_manifest: Option<String>,
    compose: Option<ComposeFile>,
    skipped: Option<String>,
}

fn classify(
    source: &dyn Source,
    entry: &FileEntry,
    selection: &Selection<'_>,
    overrides: &Overrides,
    (harness, values): (&Harness, &ChartValues),
) -> File {
    let values_name = values.name_of(&entry.path);
    let language = Language::of_path(&entry.path);
    let role = overrides.of(&entry.path).unwrap_or_else(|| match role::of_path(&entry.path) {
        // What has a map was built from something else.
        Role::Production if role::is_served_script(&entry.path) && source.position(&format!("{}.map", entry.path)).is_some() => {
            Role::Vendored
        }
        Role::Production | Role::Infra | Role::Development if harness.holds(&entry.path) => Role::Test,
        role @ (Role::Production | Role::Infra) => values_name.map_or(role, role::of_path),
        role => role,
    });
    let mut selectors = selection.of(&entry.path, language, role, entry.tracked);
    if let Some(name) = values_name {
        let named = selection.of(name, language, role, entry.tracked);
        selectors = selectors.iter().chain(&*named).copied().collect::<BTreeSet<_>>().into_iter().collect();
    }
    File { path: entry.path.as_str().into(), language, role, tracked: entry.tracked, selectors, scanned: false, unloaded: false }
}

fn read_file(
    (source, overrides, scripts): (&dyn Source, &Overrides, Option<&Scripts>),
    scanner: &Scanner<'_>,
    selection: &Selection<'_>,
    scratch: &mut Scratch,
    index: usize,
    file: &File,
) -> ReadFile {
    let mut read = ReadFile::default();
    let is_manifest = manifest::recognises(&file.path) && !matches!(file.role, Role::Vendored | Role::Docs | Role::Generated);
    let is_compose = scan::is_compose(&file.path);
    if !is_manifest && !is_compose && !selection.reads(&file.selectors) {
        return read;
    }
    let bytes = match source.read(index) {
        Ok(bytes) => bytes,
        Err(reason) => {
            read.skipped = Some(reason.to_string());
            return read;
        }
    };
    let head = &bytes[..bytes.len().min(8 * 1024)];
    if memchr::memchr(0, head).is_some() && utf16(&bytes).is_none() {
        return read;
    }
    let mut selectors = &file.selectors;
    let changed = role::of_content(&file.path, &bytes)
        .filter(|role| *role != file.role && file.role == Role::Production && overrides.of(&file.path).is_none())
        .map(|role| File { role, selectors: selection.of(&file.path, file.language, role, file.tracked), ..file.clone() });
    if let Some(changed) = &changed {
        selectors = &changed.selectors;
    }
    let text = decode(bytes);
    read.scanned = true;
    let id = FileId(index as u32);
    read.scan = scan::scan(scanner, selection, scratch, scripts, (id, &file.path, file.language, selectors), &text);
    read.references = loaded::references(scanner.needs, file, changed.as_ref().map_or(file.role, |file| file.role), &text);
    if is_manifest {
        match manifest::parse(&file.path, &text) {
            Ok(manifest) => read.manifest = Some(manifest),
            Err(reason) => read.unread_manifest = Some(reason),
        }
    }
    read.file = changed;
    if is_compose && (!scan::is_stack(&file.path) || scan::has_services(&text)) {
        read.compose = Some(ComposeFile { id, text });
    }
    read
}

/// The inventory before anything was found.
fn empty(
    source: &dyn Source,
    scanner: &Scanner<'_>,
    files: Vec<File>,
    (git, notes): (Option<GitSummary>, Vec<String>),
) -> Inventory {
    Inventory {
        scanned: FileSet::none_of(files.len()),
        files,
        layout: Layout::default(),
        by_selector: vec![Vec::new(); scanner.needs.selectors().len()],
        hits: vec![Vec::new(); scanner.needs.needs().len()],
        gaps: BTreeMap::new(),
        broken: BTreeSet::new(),
        dependencies: Vec::new(),
        by_name: Vec::new(),
        seen: Vec::new(),
        skipped: source.skipped().to_vec(),
        git,
        history: None,
        notes,
        routes: Kept::default(),
        expressions: Expressions::default(),
        variables: Kept::default(),
        fronts: Kept::default(),
    }
}

fn assemble(
    (source, scripts): (&dyn Source, Option<&Scripts>),
    scanner: &Scanner<'_>,
    files: Vec<File>,
    read: Vec<ReadFile>,
    (git, notes): (Option<GitSummary>, Vec<String>),
    deferred: &mut Vec<Waiting>,
) -> Inventory {
    let mut inventory = empty(source, scanner, files, (git, notes));
    let (mut manifests, mut composes): (Vec<Manifest>, Vec<ComposeFile>) = (Vec::new(), Vec::new());
    let mut project_imports = ProjectImports::default();
    for (index, mut result) in read.into_iter().enumerate() {
        let id = FileId(index as u32);
        if let Some(file) = result.file {
            inventory.files[index] = file;
        }
        inventory.files[index].scanned = result.scanned;
        if result.scanned {
            inventory.scanned.insert(id);
        }
        for selector in inventory.files[index].selectors.iter() {
            inventory.by_selector[selector.0 as usize].push(id);
        }
        let (needs, places) = (std::mem::take(&mut result.scan.deferred), result.scan.places.take());
        project_imports.add(id, &mut result.scan);
        if !needs.is_empty() {
            deferred.push(Waiting { file: id, needs, places });
        }
        keep(&mut inventory, id, result.scan);
        let path = || inventory.files[index].path.to_string();
        inventory.skipped.extend(result.skipped.map(|reason| SkippedFile { path: path(), reason }));
        inventory.notes.extend(result.unread_manifest.map(|reason| format!("{} was not understood: {reason}", path())));
        manifests.extend(result.manifest);
        composes.extend(result.compose);
    }
    // Thousands of lists, each of which has grown to twice what it holds.
    inventory.by_selector.iter_mut().for_each(Vec::shrink_to_fit);
    project_imports.apply(scanner, &inventory.files, deferred);
    let (compose_hits, compose_gaps) = scan::compose::answer(scanner, &inventory.files, &composes, scripts);
    for (need, hit) in compose_hits {
        inventory.hits[need.0 as usize].push(hit);
    }
    for (need, file, reason) in compose_gaps {
        inventory.gaps.entry(need).or_default().insert(file, reason.into());
    }
    ignored_paths(source, scanner, &mut inventory.hits);
    for list in &mut inventory.hits {
        list.sort();
        list.dedup();
    }
    inventory.skipped.sort();
    inventory.skipped.dedup();
    link::link(&mut manifests);
    inventory.layout = layout_of(&inventory.files, &manifests, &|index| source.read(index).ok().map(decode));
    let paths: Vec<&str> = inventory.files.iter().map(|file| &*file.path).collect();
    let texts = composes.iter().map(|compose| (paths[compose.id.0 as usize], compose.text.as_str()));
    inventory.seen = inventory.layout.seen();
    for (component, file) in layout::lent(&inventory.layout, &paths, texts) {
        inventory.seen[component].insert(FileId(file as u32));
    }
    inventory.dependencies = dependencies_of(&inventory.files, manifests);
    inventory.by_name = (0..inventory.dependencies.len()).collect();
    inventory.by_name.sort_by_key(|place| (&inventory.dependencies[*place].dependency.name, *place));
    inventory.broken = scanner.broken().collect();
    inventory
}

/// Answers the needs about earlier commits. Their hits are filed under some file of today.
fn answer_history(inventory: &mut Inventory, repository: &mut Repository, needs: &NeedSet, selection: &Selection<'_>) {
    let Some(anchor) = inventory.repository_hit().map(|hit| hit.file) else { return };
    let answers = history::answer(repository, needs, selection, anchor);
    for (need, hit) in answers.hits {
        inventory.hits[need.0 as usize].push(hit);
    }
    inventory.notes.push(answers.extent.note());
    inventory.history = Some(answers.extent);
}

/// Answers the needs about .gitignore.
fn ignored_paths(source: &dyn Source, scanner: &Scanner<'_>, hits: &mut [Vec<Hit>]) {
    for (number, need) in scanner.needs.needs().iter().enumerate() {
        let Look::GitIgnores { path } = &need.look else { continue };
        let Some(rule) = source.would_ignore(path) else { continue };
        let (file, line) = rule.rsplit_once(':').unwrap_or((&rule, ""));
        if let Some(index) = source.position(file) {
            let line = line.parse().ok();
            hits[number].push(Hit { line, end_line: line.unwrap_or(1), ..Hit::of_file(FileId(index as u32)) });
        }
    }
}

fn layout_of(files: &[File], manifests: &[Manifest], read: &dyn Fn(usize) -> Option<String>) -> Layout {
    let listed: Vec<LayoutFile<'_>> = files.iter().map(|file| LayoutFile { path: &file.path, role: file.role }).collect();
    // What tests or shows a package is not what the package is part of.
    let role = |path: &str| files.binary_search_by(|file| (*file.path).cmp(path)).ok().map(|index| files[index].role);
    let is_beside = |manifest: &Manifest| matches!(role(&manifest.path), Some(Role::Test | Role::Example));
    let hints: Vec<ManifestHint> = manifests
        .iter()
        .filter(|manifest| !is_beside(manifest))
        .filter_map(|manifest| {
            let package = manifest.package.as_ref()?;
            Some(ManifestHint {
                dir: manifest.path.rsplit_once('/').map_or(String::new(), |(dir, _)| dir.to_owned()),
                ecosystem: package.ecosystem.as_str().to_owned(),
                name: Some(package.name.clone()).filter(|name| !name.is_empty()),
                local_dependencies: package.local_dependencies.clone(),
                is_workspace_root: package.is_workspace_root,
                has_entry_point: package.has_entry_point,
                is_part: package.is_part,
                is_web: package.is_web,
            })
        })
        .collect();
    let layout = Layout::of(&listed, &hints);
    if layout.parts.is_empty() {
        return layout;
    }
    let launched = layout::launched(&layout.parts, listed.iter().map(|file| (file.path, file.role)), read);
    if launched.is_empty() { layout } else { Layout::with(&listed, &hints, &launched) }
}

/// The dependencies of every manifest, ordered by file and line.
fn dependencies_of(files: &[File], manifests: Vec<Manifest>) -> Vec<DeclaredDependency> {
    let file = |path: &str| files.binary_search_by(|file| (*file.path).cmp(path)).ok().map(|index| FileId(index as u32));
    // The manifest of a test application or an example says nothing about what runs in production.
    let decides = |id: &FileId| RoleSet::DECIDING.contains(files[id.0 as usize].role);
    let declared = manifests.into_iter().filter_map(|manifest| Some((file(&manifest.path).filter(decides)?, manifest)));
    let mut declared: Vec<DeclaredDependency> = declared
        .flat_map(|(file, manifest)| {
            let locked = manifest.kind == manifest::ManifestKind::Lockfile;
            manifest.dependencies.into_iter().map(move |dependency| DeclaredDependency { file, locked, dependency })
        })
        .collect();
    declared
        .sort_by(|a, b| (a.file, a.dependency.line, &a.dependency.name).cmp(&(b.file, b.dependency.line, &b.dependency.name)));
    declared
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::source::Memory;
    use crate::model::needs::{Area, Look, Selector};

    #[test]
    fn a_served_script_with_a_map_was_built() {
        let paths = ["src/a.js", "src/a.js.map", "static/a.js", "static/b.js", "static/b.js.map"];
        let memory = Memory::new(paths.map(|path| (path.to_owned(), b"f();\n".to_vec())).into());
        let needs = NeedSet::default();
        let prepared = Prepared::new(&needs, 0);
        let inventory = collect(&memory, &prepared, Context::default()).inventory;
        let vendored: Vec<&str> =
            inventory.files.iter().filter(|file| file.role == Role::Vendored).map(|file| &*file.path).collect();
        assert_eq!(vendored, ["src/a.js.map", "static/b.js", "static/b.js.map"]);
    }

    #[test]
    fn projects_that_others_are_built_from_are_no_components() {
        let project = |sdk: &str, references: &[&str]| {
            let items: String = references.iter().map(|path| format!("<ProjectReference Include=\"{path}\" />")).collect();
            format!("<Project Sdk=\"Microsoft.NET.Sdk{sdk}\"><ItemGroup>{items}</ItemGroup></Project>")
        };
        let files = |command: &str| -> Vec<(String, String)> {
            let main = || "var app = WebApplication.Create(args);\n".to_owned();
            vec![
                ("Api/Api.csproj".into(), project(".Web", &["..\\Orders\\Orders.csproj", "..\\Core\\Core.csproj"])),
                ("Api/Program.cs".into(), main()),
                ("Core/Core.csproj".into(), project("", &[])),
                ("Core/Program.cs".into(), main()),
                ("Dockerfile".into(), format!("FROM a\nENTRYPOINT [\"dotnet\", \"{command}\"]\n")),
                ("Orders/Orders.csproj".into(), project(".Web", &[])),
                ("Orders/Program.cs".into(), main()),
                ("package.json".into(), "{\"scripts\": {\"start\": \"node server.js\"}}".into()),
                ("server.js".into(), "listen();\n".into()),
                ("Site/Program.cs".into(), main()),
                ("Site/Site.csproj".into(), project(".Web", &[])),
                ("tests/Site/Site.Tests.csproj".into(), project(".Web", &["..\\..\\Site\\Site.csproj"])),
                ("tests/Site/Program.cs".into(), main()),
            ]
        };
        let deployable = |command: &str| {
            let memory = Memory::new(files(command).into_iter().map(|(path, text)| (path, text.into_bytes())).collect());
            let needs = NeedSet::default();
            let layout = collect(&memory, &Prepared::new(&needs, 0), Context::default()).inventory.layout;
            // What tests another component is no part of the one around the tests.
            assert!(layout.components.iter().all(|component| component.path != "." || component.includes.is_empty()));
            layout
                .components
                .into_iter()
                .filter(|component| component.deployable)
                .map(|component| component.id)
                .collect::<Vec<_>>()
        };
        assert_eq!(deployable("Api.dll"), [".", "Api", "Site"]);
        assert_eq!(deployable("Orders.dll"), [".", "Api", "Orders", "Site"]);
    }

    #[test]
    fn what_is_passed_to_a_chart_is_its_values() {
        let of = |script: &str| {
            let files = [("charts/shop/Chart.yaml", "name: a\n"), ("deploy/live.yaml", "replicas: 1\n"), ("run.sh", script)];
            let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
            let mut needs = NeedSet::default();
            for globs in [&["values[-.]*.yaml"][..], &["deploy/live.yaml"]] {
                let globs = globs.iter().map(|glob| (*glob).to_owned()).collect();
                needs.add(Selector { globs, roles: RoleSet::all(), ..Selector::any() }, Look::File);
            }
            let (memory, prepared) = (Memory::new(files), Prepared::new(&needs, 0));
            let inventory = collect(&memory, &prepared, Context::default()).inventory;
            let file = inventory.files.iter().find(|file| &*file.path == "deploy/live.yaml").expect("the file");
            (file.selectors.len(), file.role)
        };
        assert_eq!(of("helm upgrade shop charts/shop -f deploy/live.yaml\n"), (2, Role::Infra));
        assert_eq!(of("kubectl apply -f deploy/live.yaml\n").0, 1);
    }

    #[test]
    fn a_manifest_in_utf_16_is_read() {
        let text = "\u{feff}fastapi==0.115.0\r\nredis==5.0.0\r\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [little, big, text.as_bytes().to_vec()] {
            let memory = Memory::new([("requirements.txt".to_owned(), bytes)].into());
            let needs = NeedSet::default();
            let prepared = Prepared::new(&needs, 0);
            let inventory = collect(&memory, &prepared, Context::default()).inventory;
            let found: Vec<(&str, u32)> =
                inventory.dependencies.iter().map(|d| (d.dependency.name.as_str(), d.dependency.line)).collect();
            assert_eq!(found, [("fastapi", 1), ("redis", 2)]);
        }
        assert_eq!(decode(vec![0xff, 0xfe, 0x00]), "");
    }

    #[test]
    fn what_is_prepared_for_the_files_at_hand_finds_the_same() {
        let look = |pattern: &str| Look::text(pattern, Area::All);
        let mut needs = NeedSet::default();
        for languages in [Vec::new(), vec![Language::Python], vec![Language::Go, Language::Python], vec![Language::Go]] {
            let need = needs.add(Selector { languages, ..Selector::any() }, look("listen_here"));
            needs.await_answer(need);
        }
        let files = ["a.py", "b.go", "c.toml", "d.rs"];
        let hits = |files: &[&str], of_files: bool| {
            let memory = Memory::new(files.iter().map(|name| ((*name).to_owned(), b"listen_here\n".to_vec())).collect());
            let prepared = if of_files { Prepared::of(&needs, memory.entries()) } else { Prepared::new(&needs, 0) };
            let inventory = collect(&memory, &prepared, Context::default()).inventory;
            inventory.hits.iter().map(Vec::len).collect::<Vec<_>>()
        };
        for files in [&files[..], &files[..1], &files[2..]] {
            assert_eq!(hits(files, true), hits(files, false), "{files:?}");
        }
        assert_eq!(hits(&files, true), [4, 1, 2, 1]);
    }
}

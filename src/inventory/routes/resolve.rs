//! From a name in a file to what it means: modules of all languages to files.

use std::collections::{BTreeMap, HashMap};

use crate::inventory::view::{FileId, View};
use crate::model::language::Language;

use super::fact::Fact;

/// The files of a view by the last part of their module's name, and what each file imports.
pub(super) struct Modules<'a> {
    by_name: HashMap<&'a str, Vec<FileId>>,
    /// By file and local name: module and symbol.
    imports: BTreeMap<(FileId, &'a str), (&'a str, Option<&'a str>)>,
    view: View<'a>,
}

/// The folders of a path, and the name of a module in them; `None` for the file that stands for its folder.
fn divided(path: &str) -> (&str, Option<&str>) {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    (folders, Some(stem).filter(|stem| !matches!(*stem, "index" | "__init__" | "mod")))
}

/// The parts of a module's name: of its path, without ending, and without the file that stands for its folder.
fn parts(path: &str) -> Vec<&str> {
    let (folders, name) = divided(path);
    folders.split('/').filter(|part| !part.is_empty()).chain(name).collect()
}

fn by_name(view: View<'_>) -> HashMap<&str, Vec<FileId>> {
    let mut by_name: HashMap<&str, Vec<FileId>> = HashMap::new();
    for (index, file) in view.inventory.files.iter().enumerate() {
        let id = FileId(index as u32);
        if file.language.is_none() || !view.contains(id) {
            continue;
        }
        let (folders, name) = divided(&file.path);
        let folder = Some(folders.rsplit('/').next().unwrap_or(folders)).filter(|folder| !folder.is_empty());
        // Of a package of Go, any file may hold what it exports.
        let package = folder.filter(|_| name.is_some() && file.language == Some(Language::Go));
        let known = [package, name.or(folder)];
        known.into_iter().flatten().for_each(|name| by_name.entry(name).or_default().push(id));
    }
    by_name
}

/// Endings that source writes behind the names of modules.
const ENDINGS: &[&str] = &[".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".php", ".rb"];

impl<'a> Modules<'a> {
    pub(super) fn new(view: View<'a>, imports: &[Fact<'a>]) -> Modules<'a> {
        let mut known = BTreeMap::new();
        for fact in imports {
            let (module, symbol) = (fact.get("MODULE"), fact.get("SYMBOL"));
            let Some(module) = module.map(super::path::unquoted) else { continue };
            let last = module.rsplit(['.', '/', ':', '\\']).next().unwrap_or(module);
            let name = fact.get("NAME").or(symbol).unwrap_or(last);
            known.insert((fact.file, name), (module, symbol));
        }
        Modules { by_name: by_name(view), imports: known, view }
    }

    /// The files under whose name, or (in Go) under the name of whose package, a module may be known; in order.
    fn called(&self, name: &str) -> &[FileId] {
        self.by_name.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// The names under which a file that is called so is known, by their parts.
    fn names(&self, file: FileId, last: &str) -> impl Iterator<Item = Vec<&'a str>> {
        let file = self.view.inventory.file(file);
        let whole = parts(&file.path);
        let package = (file.language == Some(Language::Go)).then(|| whole[..whole.len().saturating_sub(1)].to_vec());
        [package, Some(whole)].into_iter().flatten().filter(move |parts| parts.last() == Some(&last))
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
        let Some(last) = wanted.last() else { return Vec::new() };
        let is_it = |file: &FileId| self.names(*file, last).any(|parts| parts == wanted);
        self.called(last).iter().copied().filter(is_it).collect()
    }

    /// The files whose module's name ends like this; for packages of Go whose paths begin with a host, as much of it as there is.
    pub(super) fn ending_with(&self, from: FileId, wanted: &[&str]) -> Vec<FileId> {
        let Some(last) = wanted.last() else { return Vec::new() };
        let candidates: Vec<(FileId, Vec<&str>)> =
            self.called(last).iter().flat_map(|file| self.names(*file, last).map(|parts| (*file, parts))).collect();
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

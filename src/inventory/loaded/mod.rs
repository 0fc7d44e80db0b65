//! Source files that nothing loads: a module that no other file imports, nothing starts and no convention finds is not part of the
//! application, and shows nothing of it.
//!
//! A live file that is taken for one of these makes a wrong verdict, so everything that may load a file counts: what any file that is
//! no test names, generously compared ([`mod@references`], [`index`]), what manifests, commands and pages name ([`documents`]), what is
//! started or found by its name or place (`checks/loading.yaml`). Where whole folders are loaded, and where so much would be left out
//! that something is not understood, nothing is. To teach it a framework, see the head of `checks/loading.yaml`.

mod documents;
mod index;
mod references;

use std::collections::{BTreeMap, BTreeSet};

use crate::model::glob::{self, Divided, PathGlob};
use crate::model::loading::{Conventions, Family, Framework, Loading};
use crate::model::needs::{Look, Need, NeedId, NeedSet};
use crate::model::role::Role;

use super::deferred::Waiting;
use super::view::{File, FileId, Inventory};
use documents::Names;
use index::Index;
pub use references::{References, hash};
use references::{find, reads, without_ending};

/// Of so many files of a component one may be left out: where more would be, they are loaded in a way that is not known.
const ONE_OF: usize = 3;

/// In a component of fewer source files nothing is left out: what is not imported there may be all that somebody keeps of it.
const FEWEST: usize = 6;

/// Longest document that is looked through for names of files, in bytes.
const MAX_DOCUMENT: usize = 1024 * 1024;

/// Names that a note shows.
const NAMED: usize = 8;

/// What the text of a file names, if files that it names may thereby be loaded.
pub fn references(needs: &NeedSet, file: &File, role: Role, text: &str) -> References {
    let is_known = !needs.loading.conventions.is_empty() && loads(role);
    let family = is_known.then(|| reads(&file.path, file.language.and_then(Family::of))).flatten();
    family.map_or_else(References::default, |family| find(&file.path, family, text))
}

/// Does what a file of this role imports run with the application, as far as its role says?
fn loads(role: Role) -> bool {
    !matches!(role, Role::Test | Role::Example | Role::Docs | Role::Vendored)
}

/// What the search is about.
pub struct Search<'a> {
    pub inventory: &'a Inventory,
    pub loading: &'a Loading,
    /// By file.
    pub references: &'a [References],
    /// Hashes of the names of packages of this repository.
    pub packages: &'a BTreeSet<u64>,
    /// The text of a file.
    pub read: &'a dyn Fn(usize) -> Option<String>,
    /// Is the role of the file at this path given by the configuration?
    pub is_given: &'a dyn Fn(&str) -> bool,
}

/// What is found on the way.
struct State {
    index: Index,
    /// By file.
    loaded: Vec<bool>,
    /// Hashes of packages from elsewhere.
    foreign: BTreeSet<u64>,
}

impl<'a> Search<'a> {
    /// The files that nothing loads, ascending.
    pub fn unloaded(&self) -> Vec<FileId> {
        let whole = self.loaded_whole();
        let candidates: Vec<u32> = self.numbers().filter(|file| self.is_candidate(*file, &whole)).collect();
        if candidates.is_empty() {
            return Vec::new();
        }
        let source = self.numbers().filter(|file| self.family(*file).is_some());
        let mut state = State {
            index: Index::of(source.map(|file| (file, &*self.file(file).path))),
            loaded: vec![true; self.inventory.files.len()],
            foreign: self.foreign(),
        };
        candidates.iter().for_each(|file| state.loaded[*file as usize] = false);
        let loaders = self.numbers().filter(|file| state.loaded[*file as usize] && loads(self.file(*file).role));
        self.spread(loaders.collect(), &mut state);
        let packages = Packages::of(self.inventory);
        let started = self.hits_of(|conventions| &conventions.starts);
        let found = candidates.iter().copied().filter(|file| !state.loaded[*file as usize]);
        let entries: Vec<u32> = found.filter(|file| started.contains(file) || self.is_entry(*file, &packages)).collect();
        self.load(entries, &mut state);
        self.load(self.named_in_documents(&candidates, &state), &mut state);
        self.load(self.not_understood(&candidates, &state), &mut state);
        candidates.into_iter().filter(|file| !state.loaded[*file as usize]).map(FileId).collect()
    }

    fn numbers(&self) -> impl Iterator<Item = u32> + use<'a> {
        0..self.inventory.files.len() as u32
    }

    fn file(&self, number: u32) -> &'a File {
        &self.inventory.files[number as usize]
    }

    fn family(&self, number: u32) -> Option<Family> {
        self.file(number).language.and_then(Family::of)
    }

    fn owner(&self, number: u32) -> Option<usize> {
        self.inventory.layout.owner.get(number as usize).copied().flatten()
    }

    /// The files that show one of these needs of their family.
    fn hits_of(&self, needs: impl Fn(&Conventions) -> &Vec<NeedId>) -> BTreeSet<u32> {
        let needs = self.loading.conventions.iter().flat_map(|(_, conventions)| needs(conventions));
        needs.flat_map(|need| &self.inventory.hits[need.0 as usize]).map(|hit| hit.file.0).collect()
    }

    /// By component, and last for what all share: the families of which folders are loaded as a whole, or by computed names.
    fn loaded_whole(&self) -> Vec<BTreeSet<Family>> {
        let components = &self.inventory.layout.components;
        let mut whole = vec![BTreeSet::new(); components.len() + 1];
        let folders = self.hits_of(|conventions| &conventions.folders);
        for file in self.numbers().filter(|file| folders.contains(file) || self.references[*file as usize].is_computed) {
            let path = glob::folded(&self.file(file).path);
            let Some(family) = reads(&path, self.family(file)).filter(|_| loads(self.file(file).role)) else { continue };
            let divided = Divided::new(&path);
            if self.loading.aside.iter().any(|glob| glob.is_match(&divided)) {
                continue;
            }
            match self.owner(file) {
                Some(owner) => {
                    components[owner].includes.iter().chain([&owner, &components.len()]).for_each(|at| {
                        whole[*at].insert(family);
                    });
                }
                None => whole.iter_mut().for_each(|whole| {
                    whole.insert(family);
                }),
            }
        }
        whole
    }

    fn is_candidate(&self, number: u32, whole: &[BTreeSet<Family>]) -> bool {
        let file = self.file(number);
        let Some(family) = self.family(number).filter(|_| file.role == Role::Production && file.scanned) else { return false };
        let place = self.owner(number).unwrap_or(whole.len() - 1);
        let is_known = self.loading.conventions.iter().any(|(known, _)| *known == family);
        is_known && !whole[place].contains(&family) && !(self.is_given)(&file.path)
    }

    /// Hashes of the packages that are declared and are not of this repository.
    fn foreign(&self) -> BTreeSet<u64> {
        let declared = self.inventory.dependencies.iter().filter(|declared| !declared.locked);
        declared.map(|declared| hash(&declared.dependency.name)).filter(|name| !self.packages.contains(name)).collect()
    }

    /// Marks these as loaded, and what they load.
    fn load(&self, files: Vec<u32>, state: &mut State) {
        files.iter().for_each(|file| state.loaded[*file as usize] = true);
        self.spread(files, state);
    }

    /// Marks what these load, directly or through others.
    fn spread(&self, mut waiting: Vec<u32>, state: &mut State) {
        while let Some(file) = waiting.pop() {
            let owner = self.owner(file);
            let State { index, loaded, foreign } = state;
            for reference in &self.references[file as usize].list {
                if reference.package != 0 && foreign.contains(&reference.package) {
                    continue;
                }
                let is_near = |other: u32| self.owner(other) == owner && other != file;
                index.resolve(reference, is_near, |named| {
                    if named != file && !std::mem::replace(&mut loaded[named as usize], true) {
                        waiting.push(named);
                    }
                });
            }
        }
    }

    /// Is a file started, or found by its name or place?
    fn is_entry(&self, number: u32, packages: &Packages<'a>) -> bool {
        let path: &'a str = &self.file(number).path;
        let package = packages.around(path);
        let within = glob::folded(path[package.len()..].trim_start_matches('/')).into_owned();
        let Some((_, name)) = within.rsplit_once('/') else { return true };
        let stem = name.split('.').next().unwrap_or(name);
        let divided = Divided::new(&within);
        let is_match = |globs: &[PathGlob]| globs.iter().any(|glob| glob.is_match(&divided));
        let family = self.family(number);
        let mut conventions = self.loading.conventions.iter().filter(|(known, _)| Some(*known) == family);
        let is_known = conventions.any(|(_, known)| known.stems.iter().any(|known| known == stem) || is_match(&known.entries));
        let brought = |framework: &&Framework| packages.declare(path, |name| framework.is_named(name));
        let fits = |globs: &[PathGlob]| globs.is_empty() || is_match(globs);
        is_known || self.loading.frameworks.iter().filter(|framework| fits(&framework.entries)).any(|known| brought(&known))
    }

    /// Those of the files that nothing was found to load that something else than source names.
    fn named_in_documents(&self, candidates: &[u32], state: &State) -> Vec<u32> {
        let open: Vec<u32> = candidates.iter().copied().filter(|file| !state.loaded[*file as usize]).collect();
        let names = Names::of(open.iter().map(|file| without_ending(&self.file(*file).path)));
        let mut named = BTreeSet::new();
        for number in self.numbers().filter(|file| !open.is_empty() && self.family(*file).is_none()) {
            let file = self.file(number);
            let is_prose = file.role == Role::Docs;
            if (is_prose || loads(file.role)) && file.scanned && is_document(&file.path, is_prose) {
                let text = (self.read)(number as usize).filter(|text| text.len() <= MAX_DOCUMENT);
                names.find(&text.unwrap_or_default(), is_prose, |at| {
                    named.insert(open[at]);
                });
            }
        }
        named.into_iter().collect()
    }

    /// Where so many files of a component would be left out that they are loaded in a way that is not known: these.
    fn not_understood(&self, candidates: &[u32], state: &State) -> Vec<u32> {
        let mut counts: BTreeMap<(Option<usize>, Option<Family>), (usize, usize)> = BTreeMap::new();
        let place = |file: u32| (self.owner(file), self.family(file));
        for file in self.numbers().filter(|file| self.file(*file).role == Role::Production) {
            let (all, open) = counts.entry(place(file)).or_default();
            *all += 1;
            *open += usize::from(!state.loaded[file as usize]);
        }
        let too_many = |file: u32| counts.get(&place(file)).is_some_and(|(all, open)| *all < FEWEST || open * ONE_OF > *all);
        candidates.iter().copied().filter(|file| !state.loaded[*file as usize] && too_many(*file)).collect()
    }
}

/// Packages, by their folders.
struct Packages<'a> {
    /// With the packages that each declares.
    folders: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Packages<'a> {
    fn of(inventory: &'a Inventory) -> Packages<'a> {
        let split = |path: &'a str| path.rsplit_once('/').unwrap_or(("", path));
        let declares = |name: &str| {
            matches!(name, "package.json" | "deno.json" | "pyproject.toml" | "requirements.txt" | "setup.py" | "Pipfile")
        };
        let files = inventory.files.iter().map(|file| split(&file.path));
        let mut folders: BTreeMap<&str, Vec<&str>> =
            files.filter(|(_, name)| declares(name)).map(|(folder, _)| (folder, Vec::new())).collect();
        let components = inventory.layout.components.iter().map(|component| component.path.as_str());
        components.for_each(|path| {
            folders.entry(if path == "." { "" } else { path }).or_default();
        });
        for declared in inventory.dependencies.iter().filter(|declared| !declared.locked) {
            let folder = split(&inventory.file(declared.file).path).0;
            folders.entry(folder).or_default().push(&declared.dependency.name);
        }
        Packages { folders }
    }

    /// The folders around a path, from the innermost to the root.
    fn above(path: &str) -> impl Iterator<Item = &str> {
        let parent = |path: &str| path.rfind('/').unwrap_or(0);
        std::iter::successors(Some(&path[..parent(path)]), move |folder| (!folder.is_empty()).then(|| &folder[..parent(folder)]))
    }

    /// The folder of the package that a path belongs to.
    fn around(&self, path: &'a str) -> &'a str {
        Packages::above(path).find(|folder| self.folders.contains_key(folder)).unwrap_or_default()
    }

    /// Does a package around a path declare one of these?
    fn declare(&self, path: &str, is_wanted: impl Fn(&str) -> bool) -> bool {
        Packages::above(path).filter_map(|folder| self.folders.get(folder)).flatten().any(|name| is_wanted(name))
    }
}

/// May a file that is no source name files that are loaded? Styles, data and locks do not; of prose only what shows commands.
fn is_document(path: &str, is_prose: bool) -> bool {
    const DATA: [&str; 14] =
        ["css", "scss", "sass", "less", "svg", "csv", "tsv", "sql", "map", "po", "snap", "ipynb", "lock", "lockb"];
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_lock = name.contains("-lock.") || name.contains("-shrinkwrap.");
    if is_prose { matches!(ending, "md" | "mdx" | "rst" | "txt" | "adoc") } else { !is_lock && !DATA.contains(&ending) }
}

/// Leaves files out of what decides: they are asked for nothing that reads code. Returns what a reader must know of it.
pub(super) fn leave_out(
    inventory: &mut Inventory,
    needs: &NeedSet,
    deferred: &mut Vec<Waiting>,
    unloaded: &[FileId],
) -> Option<String> {
    let is_out = |file: &FileId| unloaded.binary_search(file).is_ok();
    let (mut only_code, mut reading) = (vec![true; needs.selectors().len()], vec![false; needs.needs().len()]);
    for (number, need) in needs.needs().iter().enumerate() {
        reading[number] = reads_running_code(needs, need);
        only_code[need.selector.0 as usize] &= reading[number];
        if reading[number] {
            inventory.hits[number].retain(|hit| !is_out(&hit.file));
            if let Some(gaps) = inventory.gaps.get_mut(&NeedId(number as u32)) {
                gaps.retain(|file, _| !is_out(file));
            }
        }
    }
    for (files, _) in inventory.by_selector.iter_mut().zip(only_code).filter(|(_, only_code)| *only_code) {
        files.retain(|file| !is_out(file));
    }
    for waiting in deferred.iter_mut().filter(|waiting| is_out(&waiting.file)) {
        waiting.needs.retain(|need| !reading[need.0 as usize]);
    }
    deferred.retain(|waiting| !waiting.needs.is_empty());
    unloaded.iter().for_each(|file| inventory.files[file.0 as usize].unloaded = true);
    note(unloaded.iter().map(|file| &*inventory.file(*file).path).collect())
}

/// Does a need ask for code that runs? What looks into tests as well looks into everything.
fn reads_running_code(needs: &NeedSet, need: &Need) -> bool {
    let asks = matches!(need.look, Look::Text { .. } | Look::Code { .. } | Look::Import { .. } | Look::RustCalls { .. });
    asks && !needs.selectors()[need.selector.0 as usize].roles.contains(Role::Test)
}

fn note(paths: Vec<&str>) -> Option<String> {
    let named = paths[..paths.len().min(NAMED)].join(", ");
    let more = if paths.len() > NAMED { format!(" and {} more", paths.len() - NAMED) } else { String::new() };
    let (files, were) = if paths.len() == 1 { ("file", "was") } else { ("files", "were") };
    (!paths.is_empty()).then(|| format!("{} source {files} that nothing loads {were} left out: {named}{more}", paths.len()))
}

#[cfg(test)]
mod tests;

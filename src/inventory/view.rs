//! What was found in the repository, and the part of it that one component may be judged by.
//!
//! An `Inventory` is immutable once collected. A `View` is how probes see it: the files of one component, of the libraries it
//! includes and of the infrastructure it shares, or the whole repository.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::language::Language;
use crate::model::needs::{NeedId, SelectorId};
use crate::model::report::SkippedFile;
use crate::model::role::Role;
use crate::model::text;

use super::automaton::Expressions;
use super::env::EnvVar;
use super::fronts::Front;
use super::history::Extent;
use super::kept::Kept;
use super::layout::Layout;
use super::manifest::Dependency;
use super::routes::Route;

/// Index of a file in the inventory; files are ordered by path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A file of the repository.
#[derive(Debug, Clone)]
pub struct File {
    /// Relative POSIX path.
    pub path: Arc<str>,
    pub language: Option<Language>,
    pub role: Role,
    /// Does git track it? `None`: there is no git.
    pub tracked: Option<bool>,
    /// The selectors it matches, ascending.
    pub selectors: Arc<[SelectorId]>,
    /// Was it read and scanned?
    pub scanned: bool,
    /// Is it source that nothing loads?
    pub unloaded: bool,
}

/// One located match of one need.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    pub file: FileId,
    /// 1-based; `None` when the file as a whole is the match.
    pub line: Option<u32>,
    pub column: u32,
    pub end_line: u32,
    pub snippet: Option<Snippet>,
    /// Captured metavariables, in the order in which the need names them.
    pub captures: Vec<(Arc<str>, Arc<str>)>,
    /// The match stands in an earlier commit; `file` is then any file of today.
    pub past: Option<Arc<Past>>,
}

/// A place in an earlier commit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Past {
    /// Short id of the oldest commit that has it.
    pub commit: String,
    /// Its day, `YYYY-MM-DD` in UTC.
    pub date: String,
    /// Relative to the audited folder.
    pub path: String,
    /// The file of HEAD in which what was found still stands.
    pub standing: Option<String>,
}

/// The cited line of a hit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Snippet {
    /// The start of the line as it stands, below lines that may say what it holds: evidence redacts it, which is worth its cost
    /// only for what is reported.
    Raw(Arc<str>),
    /// Made for evidence already.
    Redacted(Arc<str>),
}

impl Snippet {
    /// The line as evidence may show it.
    pub fn redacted(&self) -> String {
        match self {
            Snippet::Raw(lines) => {
                let lines: Vec<&str> = lines.split('\n').collect();
                lines.split_last().map_or(String::new(), |(line, above)| text::snippet_below(above, line))
            }
            Snippet::Redacted(text) => text.to_string(),
        }
    }
}

impl Hit {
    /// A hit that is a whole file.
    pub fn of_file(file: FileId) -> Hit {
        Hit { file, line: None, column: 1, end_line: 1, snippet: None, captures: Vec::new(), past: None }
    }
}

/// A dependency and the file that declares it.
#[derive(Debug, Clone)]
pub struct DeclaredDependency {
    pub file: FileId,
    /// Does it stand in a lockfile, which often serves several components?
    pub locked: bool,
    pub dependency: Dependency,
}

/// Everything the walk, the scan and the git directory said.
#[derive(Debug)]
pub struct Inventory {
    pub files: Vec<File>,
    pub layout: Layout,
    /// By selector id, the files that match it, ascending.
    pub by_selector: Vec<Vec<FileId>>,
    /// By need id; each list ordered by file and line.
    pub hits: Vec<Vec<Hit>>,
    /// Files in which a need could not be answered, with the reason.
    pub gaps: BTreeMap<NeedId, BTreeMap<FileId, Arc<str>>>,
    /// Needs whose pattern or rule does not compile, so that nothing can be said about them.
    pub broken: BTreeSet<NeedId>,
    pub dependencies: Vec<DeclaredDependency>,
    /// The places of the dependencies, ordered by name.
    pub by_name: Vec<usize>,
    /// For each component, which components' files it is judged by.
    pub sees: Vec<Vec<bool>>,
    /// Files that a component is judged by although another one owns them, as (component, file).
    pub lent: BTreeSet<(usize, FileId)>,
    pub skipped: Vec<SkippedFile>,
    pub git: Option<GitSummary>,
    /// How much of the history was read; `None` if it was not.
    pub history: Option<Extent>,
    pub notes: Vec<String>,
    /// Route tables that were joined already.
    pub routes: Kept<Route>,
    /// Tables of variables that were joined already.
    pub variables: Kept<EnvVar>,
    /// Expressions over names and paths of routes, each compiled once.
    pub expressions: Expressions,
    /// What proxies front, once somebody asked.
    pub fronts: Kept<Front>,
}

/// Which part of an inventory a view is of: a component, a file.
pub type Scope = (Option<usize>, Option<FileId>);

/// What reports and checks know of git.
#[derive(Debug, Clone, Default)]
pub struct GitSummary {
    pub head: Option<String>,
    pub dirty: Option<bool>,
    pub shallow: bool,
}

impl Inventory {
    /// The view of the whole repository.
    pub fn whole(&self) -> View<'_> {
        View { inventory: self, component: None, only: None, facts: None }
    }

    /// The view of one component.
    pub fn component(&self, component: usize) -> View<'_> {
        View { inventory: self, component: Some(component), only: None, facts: None }
    }

    /// The citation for "this is a git repository": its .gitignore if it has one, else the first tracked file.
    pub fn repository_hit(&self) -> Option<Hit> {
        let index = self
            .files
            .iter()
            .position(|file| &*file.path == ".gitignore")
            .or_else(|| self.files.iter().position(|file| file.tracked == Some(true)))?;
        Some(Hit::of_file(FileId(index as u32)))
    }

    /// The file with this id.
    pub fn file(&self, id: FileId) -> &File {
        &self.files[id.0 as usize]
    }
}

/// Facts that hold of a component, with the hits that prove each.
pub type Facts = BTreeMap<Arc<str>, Vec<Hit>>;

/// The part of the inventory that decides about one component.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub inventory: &'a Inventory,
    component: Option<usize>,
    only: Option<FileId>,
    facts: Option<&'a Facts>,
}

impl<'a> View<'a> {
    /// Which part of the inventory it is of.
    pub fn scope(&self) -> Scope {
        (self.component, self.only)
    }

    /// The same view, with the facts that hold.
    pub fn with_facts(self, facts: &'a Facts) -> View<'a> {
        View { facts: Some(facts), ..self }
    }

    /// The same view, of one file only.
    pub fn only(self, file: FileId) -> View<'a> {
        View { only: Some(file), ..self }
    }

    /// The fact's proof, if it holds.
    pub fn fact(&self, name: &str) -> Option<&'a [Hit]> {
        self.facts.and_then(|facts| facts.get(name)).map(Vec::as_slice)
    }

    /// Is this file in the view?
    pub fn contains(&self, file: FileId) -> bool {
        if self.only.is_some_and(|only| only != file) {
            return false;
        }
        let Some(component) = self.component else { return true };
        let layout = &self.inventory.layout;
        match layout.owner[file.0 as usize] {
            None => true,
            Some(owner) => {
                self.inventory.sees[component][owner]
                    || (!self.inventory.lent.is_empty() && self.inventory.lent.contains(&(component, file)))
            }
        }
    }

    /// Is this file the view's own, or everybody's, and not that of a component that it includes?
    pub fn owns(&self, file: FileId) -> bool {
        let owner = self.inventory.layout.owner.get(file.0 as usize).copied().flatten();
        self.component.is_none() || owner.is_none() || owner == self.component
    }

    /// The files of the view that match `selector`.
    pub fn files(&self, selector: SelectorId) -> impl Iterator<Item = FileId> + use<'a> {
        let view = *self;
        let files = self.inventory.by_selector.get(selector.0 as usize).map_or(&[][..], Vec::as_slice);
        let files = match self.only {
            Some(only) => files.binary_search(&only).map_or(&[][..], |at| &files[at..=at]),
            None => files,
        };
        files.iter().copied().filter(move |file| view.contains(*file))
    }

    /// The hits of a need in the view.
    pub fn hits(&self, need: NeedId) -> impl Iterator<Item = &'a Hit> + use<'a> {
        let view = *self;
        let hits = self.inventory.hits.get(need.0 as usize).map_or(&[][..], Vec::as_slice);
        let hits = match self.only {
            Some(only) => {
                let start = hits.partition_point(|hit| hit.file < only);
                &hits[start..start + hits[start..].partition_point(|hit| hit.file == only)]
            }
            None => hits,
        };
        hits.iter().filter(move |hit| view.contains(hit.file))
    }

    /// The dependencies declared in the view under a name, or under names that start so, with their places among all.
    pub fn dependencies(&self, name: &str, is_start: bool) -> impl Iterator<Item = (usize, &'a DeclaredDependency)> + use<'a> {
        let (view, inventory) = (*self, self.inventory);
        let name = name.to_owned();
        let from = inventory.by_name.partition_point(|place| inventory.dependencies[*place].dependency.name < name);
        let named = move |found: &str| if is_start { found.starts_with(&name) } else { found == name };
        inventory.by_name[from..]
            .iter()
            .map(|place| (*place, &inventory.dependencies[*place]))
            .take_while(move |(_, declared)| named(&declared.dependency.name))
            .filter(move |(_, declared)| view.contains(declared.file))
    }

    /// Why a need could not be answered in a file of the view, if that happened.
    pub fn gap(&self, need: NeedId) -> Option<(FileId, &'a str)> {
        let gaps = self.inventory.gaps.get(&need)?;
        gaps.iter().find(|(file, _)| self.contains(**file)).map(|(file, reason)| (*file, &**reason))
    }
}

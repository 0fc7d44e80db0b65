//! Which selectors a file matches, decided by hash and string tests: folders by their names, other globs where a stretch of them stands in
//! the path, one glob set for plain names and extensions, no pattern per selector.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use globset::{Candidate, GlobSet, GlobSetBuilder};

use super::finder::Finder;
use crate::model::glob::{self, NameGlob, PathGlob};
use crate::model::language::Language;
use crate::model::needs::{Look, NeedId, NeedSet, SelectorId};
use crate::model::role::Role;

/// All that decides which selectors a file matches: its globs, ascending, and the rest of what selectors ask.
type Alike = (Vec<usize>, Option<Language>, Role, Option<bool>);

/// The selectors of a need set, ready to be matched.
pub struct Selection<'n> {
    needs: &'n NeedSet,
    /// Globs with wildcards, but for extensions and folders.
    wild: Wild,
    /// The globs for everything below a folder, by its name.
    folders: HashMap<String, Vec<usize>>,
    /// All others: plain names and extensions.
    globs: GlobSet,
    /// The numbers of these.
    numbers: Vec<usize>,
    /// For each glob, the selectors that name it.
    by_glob: Vec<Vec<SelectorId>>,
    /// For each glob, the selectors that exclude what it matches.
    excluding: Vec<Vec<SelectorId>>,
    /// Selectors without globs.
    free: Vec<SelectorId>,
    /// What was found for files of which the same is known: the files of a folder are mostly alike.
    known: Mutex<HashMap<Alike, Arc<[SelectorId]>>>,
    /// For each selector, does one of its needs look at content?
    reads: Vec<bool>,
    /// For each selector, its document needs.
    documents_of: Vec<Vec<NeedId>>,
}

impl<'n> Selection<'n> {
    /// Compiles the selectors. A glob that is none was reported by the loader and matches nothing here.
    pub fn new(needs: &'n NeedSet) -> Selection<'n> {
        let selectors = needs.selectors();
        let mut builder = GlobSetBuilder::new();
        let (mut wild, mut numbers) = (Vec::new(), Vec::new());
        let mut folders: HashMap<String, Vec<usize>> = HashMap::new();
        let (mut by_glob, mut excluding): (Vec<Vec<SelectorId>>, Vec<Vec<SelectorId>>) = (Vec::new(), Vec::new());
        let mut index = HashMap::new();
        let mut free = Vec::new();
        for (number, selector) in selectors.iter().enumerate() {
            let id = SelectorId(number as u32);
            if selector.globs.is_empty() {
                free.push(id);
            }
            let excluded = selector.exclude.iter().map(|glob| (glob, true));
            for (glob, excludes) in selector.globs.iter().map(|glob| (glob, false)).chain(excluded) {
                for glob in glob::alternatives(glob) {
                    let at = *index.entry(glob).or_insert_with_key(|glob| {
                        match (NameGlob::of(glob), glob::folders(glob)) {
                            (Some(name), _) => wild.push((WildGlob::Name(name), by_glob.len())),
                            (_, Some(below)) => {
                                below.into_iter().for_each(|name| folders.entry(name).or_default().push(by_glob.len()));
                            }
                            _ if glob.contains(['/', '[', '?']) => {
                                wild.push((WildGlob::Path(PathGlob::new(glob)), by_glob.len()))
                            }
                            _ => {
                                builder.add(glob::compile(glob).unwrap_or_else(|_| never()));
                                numbers.push(by_glob.len());
                            }
                        }
                        by_glob.push(Vec::new());
                        excluding.push(Vec::new());
                        by_glob.len() - 1
                    });
                    let selectors = if excludes { &mut excluding } else { &mut by_glob };
                    selectors[at].push(id);
                }
            }
        }
        let mut reads = vec![false; selectors.len()];
        let mut documents_of = vec![Vec::new(); selectors.len()];
        for (number, need) in needs.needs().iter().enumerate() {
            let selector = need.selector.0 as usize;
            reads[selector] |= !matches!(need.look, Look::File | Look::GitIgnores { .. });
            if matches!(need.look, Look::Document { .. }) {
                documents_of[selector].push(NeedId(number as u32));
            }
        }
        let globs = builder.build().unwrap_or_else(|_| GlobSet::empty());
        Selection {
            needs,
            wild: Wild::new(wild),
            folders,
            globs,
            numbers,
            by_glob,
            excluding,
            free,
            known: Mutex::default(),
            reads,
            documents_of,
        }
    }

    /// The selectors that a file matches, ascending.
    pub fn of(&self, path: &str, language: Option<Language>, role: Role, tracked: Option<bool>) -> Arc<[SelectorId]> {
        let path = glob::folded(path);
        let (above, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let mut matched = self.globs.matches_candidate(&Candidate::new(&*path));
        matched.iter_mut().for_each(|glob| *glob = self.numbers[*glob]);
        matched.extend(self.wild.matches(&path, name));
        matched.extend(above.split('/').filter_map(|folder| self.folders.get(folder)).flatten());
        matched.sort_unstable();
        matched.dedup();
        let alike = (matched, language, role, tracked);
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&alike) {
            return Arc::clone(known);
        }
        let selectors = self.of_alike(&alike);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(alike, Arc::clone(&selectors));
        selectors
    }

    fn of_alike(&self, (matched, language, role, tracked): &Alike) -> Arc<[SelectorId]> {
        let admits = |id: &SelectorId| self.needs.selectors()[id.0 as usize].admits(*language, *role, *tracked);
        let named = matched.iter().flat_map(|glob| &self.by_glob[*glob]);
        let mut selectors: Vec<SelectorId> = self.free.iter().chain(named).copied().filter(admits).collect();
        for excluding in matched.iter().map(|glob| &self.excluding[*glob]).filter(|excluding| !excluding.is_empty()) {
            selectors.retain(|id| excluding.binary_search(id).is_err());
        }
        selectors.sort_unstable();
        selectors.dedup();
        selectors.into()
    }

    /// Must the content be read for one of these selectors?
    pub fn reads(&self, selectors: &[SelectorId]) -> bool {
        selectors.iter().any(|id| self.reads[id.0 as usize])
    }

    /// The document needs of a selector.
    pub fn documents_of(&self, selector: SelectorId) -> &[NeedId] {
        &self.documents_of[selector.0 as usize]
    }
}

/// Globs with wildcards, looked at where the longest of their plain stretches stands in a path.
struct Wild {
    globs: Vec<(WildGlob, usize)>,
    /// The stretches, and by stretch the globs that have it.
    finder: Finder,
    by_stretch: Vec<Vec<usize>>,
    /// Globs without a stretch.
    bare: Vec<usize>,
}

enum WildGlob {
    Name(NameGlob),
    Path(PathGlob),
}

impl WildGlob {
    fn stretch(&self) -> &[u8] {
        match self {
            WildGlob::Name(glob) => glob.stretch(),
            WildGlob::Path(glob) => glob.stretch(),
        }
    }
}

impl Wild {
    /// Of globs with their numbers.
    fn new(globs: Vec<(WildGlob, usize)>) -> Wild {
        let mut by_stretch: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, (glob, _)) in globs.iter().enumerate() {
            by_stretch.entry(std::str::from_utf8(glob.stretch()).unwrap_or_default()).or_default().push(at);
        }
        let bare = by_stretch.remove("").unwrap_or_default();
        let finder = Finder::new(&by_stretch.keys().collect::<Vec<_>>());
        let by_stretch = by_stretch.into_values().collect();
        Wild { globs, finder, by_stretch, bare }
    }

    /// The numbers of the globs that match a path in lower case, with its name.
    fn matches(&self, path: &str, name: &str) -> impl Iterator<Item = usize> {
        let mut candidates = self.bare.clone();
        self.finder.find(path.as_bytes(), |stretch, _| candidates.extend(&self.by_stretch[stretch]));
        candidates.sort_unstable();
        candidates.dedup();
        let is_match = |glob: &WildGlob| match glob {
            WildGlob::Name(glob) => glob.is_match(name),
            WildGlob::Path(glob) => glob.is_match(path),
        };
        candidates.into_iter().map(|at| &self.globs[at]).filter(move |(glob, _)| is_match(glob)).map(|(_, number)| *number)
    }
}

/// A glob that matches no path, since no path holds a NUL.
fn never() -> globset::Glob {
    #[expect(clippy::expect_used, reason = "a constant pattern that the tests compile")]
    globset::Glob::new("\0").expect("a constant glob")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::needs::Selector;
    use crate::model::role::RoleSet;

    #[test]
    fn excluded_files_match_neither_with_globs_nor_without() {
        let mut needs = NeedSet::default();
        let exclude = vec!["*.min.js".to_owned(), "legacy/**".to_owned()];
        needs.add(Selector { globs: vec!["*.js".to_owned()], exclude: exclude.clone(), ..Selector::any() }, Look::File);
        needs.add(Selector { exclude, ..Selector::any() }, Look::File);
        needs.add(Selector { globs: vec!["*.js".to_owned()], ..Selector::any() }, Look::File);
        let selection = Selection::new(&needs);
        let of = |path: &str| selection.of(path, None, Role::Production, None).iter().map(|id| id.0).collect::<Vec<_>>();
        assert_eq!(of("web/app.js"), [0, 1, 2]);
        assert_eq!(of("web/app.min.js"), [2]);
        assert_eq!(of("legacy/app.js"), [2]);
        assert_eq!(of("web/app.py"), [1]);
    }

    #[test]
    fn files_of_the_same_globs_are_alike_only_if_the_rest_is_the_same() {
        let mut needs = NeedSet::default();
        let globs = || vec!["*.js".to_owned()];
        needs.add(Selector { globs: globs(), roles: RoleSet::all(), ..Selector::any() }, Look::File);
        needs.add(Selector { globs: globs(), roles: RoleSet::DECIDING, ..Selector::any() }, Look::File);
        needs.add(
            Selector { globs: globs(), languages: vec![Language::JavaScript], roles: RoleSet::all(), ..Selector::any() },
            Look::File,
        );
        let selection = Selection::new(&needs);
        let of = |language, role| selection.of("web/app.js", language, role, None).iter().map(|id| id.0).collect::<Vec<_>>();
        // Twice, so that what is known of the others is asked, too.
        for _ in 0..2 {
            assert_eq!(of(None, Role::Production), [0, 1]);
            assert_eq!(of(None, Role::Test), [0]);
            assert_eq!(of(Some(Language::JavaScript), Role::Test), [0, 2]);
        }
    }
}

//! Which selectors a file matches, decided by hash and string tests: plain names, extensions and folders by what they are called, other
//! globs where a stretch of them stands in the path.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use super::finder::{head_of, mask_of};
use crate::model::glob::{self, Divided, NameGlob, PathGlob, Plain};
use crate::model::language::Language;
use crate::model::needs::{DocumentKind, Look, NeedId, NeedSet, SelectorId};
use crate::model::role::Role;

/// All that decides which selectors a file matches: its globs, a bit for each, and the rest of what selectors ask.
type Alike = (Box<[u64]>, Option<Language>, Role, Option<bool>);

/// The selectors of a need set, ready to be matched.
pub struct Selection<'n> {
    needs: &'n NeedSet,
    globs: Globs,
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
    /// For each selector, its document needs by kind: most files are of none.
    documents_of: Vec<Vec<(DocumentKind, Vec<NeedId>)>>,
}

impl<'n> Selection<'n> {
    /// Compiles the selectors. A glob that is none was reported by the loader and matches nothing here.
    pub fn new(needs: &'n NeedSet) -> Selection<'n> {
        let selectors = needs.selectors();
        let mut globs = Globs::default();
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
                // Each is taken apart once, however many selectors have it.
                let parts: &Vec<usize> = index.entry(glob).or_insert_with(|| globs.add(glob));
                let selectors = if excludes { &mut excluding } else { &mut by_glob };
                if selectors.len() < globs.count {
                    selectors.resize_with(globs.count, Vec::new);
                }
                parts.iter().for_each(|at| selectors[*at].push(id));
            }
        }
        by_glob.resize_with(globs.count, Vec::new);
        excluding.resize_with(globs.count, Vec::new);
        globs.settle();
        let mut reads = vec![false; selectors.len()];
        let mut documents_of: Vec<Vec<(DocumentKind, Vec<NeedId>)>> = vec![Vec::new(); selectors.len()];
        for (number, need) in needs.needs().iter().enumerate() {
            let selector = need.selector.0 as usize;
            reads[selector] |= !matches!(need.look, Look::File | Look::GitIgnores { .. });
            if let Look::Document { kind, .. } = need.look {
                let (by_kind, id) = (&mut documents_of[selector], NeedId(number as u32));
                match by_kind.iter_mut().find(|(known, _)| *known == kind) {
                    Some((_, needs)) => needs.push(id),
                    None => by_kind.push((kind, vec![id])),
                }
            }
        }
        Selection { needs, globs, by_glob, excluding, free, known: Mutex::default(), reads, documents_of }
    }

    /// The selectors that a file matches, ascending.
    pub fn of(&self, path: &str, language: Option<Language>, role: Role, tracked: Option<bool>) -> Arc<[SelectorId]> {
        let alike = (self.globs.matching(&glob::folded(path)), language, role, tracked);
        if let Some(known) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&alike) {
            return Arc::clone(known);
        }
        let selectors = self.of_alike(&alike);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(alike, Arc::clone(&selectors));
        selectors
    }

    fn of_alike(&self, (matched, language, role, tracked): &Alike) -> Arc<[SelectorId]> {
        let matched: Vec<usize> = (0..self.globs.count).filter(|glob| matched[glob / 64] >> (glob % 64) & 1 == 1).collect();
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

    /// The document needs of a selector, by kind.
    pub fn documents_of(&self, selector: SelectorId) -> &[(DocumentKind, Vec<NeedId>)] {
        &self.documents_of[selector.0 as usize]
    }
}

/// Globs by what tells that they match.
#[derive(Default)]
struct Globs {
    /// How many there are; they are numbered as they come.
    count: usize,
    /// By name.
    names: HashMap<String, Vec<usize>>,
    /// By extension, with its dot.
    extensions: HashMap<String, Vec<usize>>,
    /// The globs for everything below a folder, by its name.
    folders: HashMap<String, Vec<usize>>,
    starred: Stretched<NameGlob>,
    others: Stretched<PathGlob>,
    /// The same glob, written twice, is looked for once.
    numbers: HashMap<String, usize>,
}

impl Globs {
    /// The numbers of those that a glob stands for.
    fn add(&mut self, glob: &str) -> Vec<usize> {
        glob::alternatives(glob).into_iter().map(|glob| self.number(glob)).collect()
    }

    fn number(&mut self, glob: String) -> usize {
        if let Some(known) = self.numbers.get(&glob) {
            return *known;
        }
        let number = self.count;
        self.count += 1;
        if let Some(plain) = glob::plain(&glob) {
            let (list, key) = match plain {
                Plain::Name(name) => (&mut self.names, name),
                Plain::Extension(extension) => (&mut self.extensions, extension),
            };
            list.entry(key).or_default().push(number);
        } else if let Some(below) = glob::folders(&glob) {
            below.into_iter().for_each(|name| self.folders.entry(name).or_default().push(number));
        } else if let Some(starred) = NameGlob::of(&glob) {
            self.starred.globs.push((starred, number));
        } else {
            let other = PathGlob::new(&glob);
            if other.stretch().is_empty() {
                self.others.globs.extend(glob::expanded(&glob).iter().map(|glob| (PathGlob::new(glob), number)));
            } else {
                self.others.globs.push((other, number));
            }
        }
        self.numbers.insert(glob, number);
        number
    }

    /// Makes those that are there ready.
    fn settle(&mut self) {
        self.numbers = HashMap::new();
        self.starred.settle(NameGlob::stretch);
        self.others.settle(PathGlob::stretch);
    }

    /// One bit for each glob that matches a path in lower case.
    fn matching(&self, path: &str) -> Box<[u64]> {
        let mut matched = vec![0_u64; self.count.div_ceil(64)].into_boxed_slice();
        let mut mark = |glob: usize| matched[glob / 64] |= 1 << (glob % 64);
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let extension = name.rfind('.').and_then(|dot| self.extensions.get(&name[dot..]));
        self.names.get(name).into_iter().chain(extension).flatten().for_each(|glob| mark(*glob));
        if !above.is_empty() {
            above.split('/').filter_map(|folder| self.folders.get(folder)).flatten().for_each(|glob| mark(*glob));
        }
        self.starred.candidates(name, |glob, number| {
            if glob.is_match(name) {
                mark(number);
            }
        });
        let divided = Divided::new(path);
        self.others.candidates(path, |glob, number| {
            if glob.is_match(&divided) {
                mark(number);
            }
        });
        matched
    }
}

/// Globs with wildcards and their numbers, looked at where the longest of their plain stretches stands in a text.
struct Stretched<G> {
    globs: Vec<(G, usize)>,
    /// By the first bytes of a stretch (`slot`).
    by_stretch: Vec<Vec<Stretch>>,
    /// Those with no stretch to speak of.
    bare: Vec<usize>,
}

impl<G> Default for Stretched<G> {
    fn default() -> Stretched<G> {
        Stretched { globs: Vec::new(), by_stretch: Vec::new(), bare: Vec::new() }
    }
}

/// A stretch, and the places of the globs that have it.
#[derive(Clone)]
struct Stretch {
    /// Its first eight bytes as a number, and which of them it has: most stretches differ here.
    head: (u64, u64),
    text: String,
    globs: Vec<usize>,
}

/// Bytes of a stretch that tell most places where it does not stand.
const LEAD: usize = 2;

/// Slots for stretches: more than there are stretches, so that most are empty.
const SLOTS: usize = 1 << 10;

fn slot(first: u8, second: u8) -> usize {
    ((usize::from(first) * 31) ^ (usize::from(second) << 2)) % SLOTS
}

impl<G> Stretched<G> {
    /// Looks for the stretches of those that are there.
    fn settle(&mut self, stretch: impl Fn(&G) -> &str) {
        let mut by_stretch: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, (glob, _)) in self.globs.iter().enumerate() {
            match stretch(glob) {
                short if short.len() < LEAD => self.bare.push(at),
                stretch => by_stretch.entry(stretch).or_default().push(at),
            }
        }
        self.by_stretch = vec![Vec::new(); SLOTS];
        for (stretch, globs) in by_stretch {
            let bytes = stretch.as_bytes();
            let known = Stretch { head: (head_of(bytes), mask_of(bytes.len())), text: stretch.to_owned(), globs };
            self.by_stretch[slot(bytes[0], bytes[1])].push(known);
        }
    }

    /// Those that may match, some more than once.
    fn candidates(&self, text: &str, mut look: impl FnMut(&G, usize)) {
        let mut look_at = |at: usize| look(&self.globs[at].0, self.globs[at].1);
        self.bare.iter().for_each(|at| look_at(*at));
        for (start, lead) in text.as_bytes().windows(LEAD).enumerate() {
            let slot = &self.by_stretch[slot(lead[0], lead[1])];
            if slot.is_empty() {
                continue;
            }
            let (rest, here) = (&text.as_bytes()[start..], head_of(&text.as_bytes()[start..]));
            for Stretch { head: (head, mask), text, globs } in slot {
                if here & mask == *head && rest.starts_with(text.as_bytes()) {
                    globs.iter().for_each(|at| look_at(*at));
                }
            }
        }
    }
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
    fn every_kind_of_glob_is_found() {
        let globs = [
            "Makefile",
            "*.go",
            "**/x.go",
            "api*",
            "*[ab].go",
            "**/db/**",
            "**/*mail*/**",
            "**/{a*,b}/**",
            "**/{a*,b}/{c*,d}/**",
            "cmd/*",
            "*.{go,rs}",
            "*/**",
            "**/{x,y}.go",
            "{go,rs}.mod",
            "a?.go",
            "**/app/**/*.go",
            "*",
        ];
        let mut needs = NeedSet::default();
        for glob in globs {
            needs.add(Selector { globs: vec![glob.to_owned()], ..Selector::any() }, Look::File);
        }
        let selection = Selection::new(&needs);
        let expected = globs.map(|glob| glob::compile(glob).expect("a glob").compile_matcher());
        for path in [
            "makefile",
            "a/Makefile",
            "x.go",
            "cmd/X.go",
            "cmd/api_a.go",
            "db/x/apib.go",
            "db",
            "x/db",
            "x/mailers/y.rs",
            "b/c1/d.go",
            "ab/d/x",
            "go.mod",
            "a1.go",
            "app/x/y.go",
            "app/y.go",
            "x/app/aa/bb/cc.go",
            ".hidden/b/é.go",
        ] {
            let found: Vec<u32> = selection.of(path, None, Role::Production, None).iter().map(|id| id.0).collect();
            let path = glob::folded(path);
            let wanted: Vec<u32> = (0..).zip(&expected).filter(|(_, glob)| glob.is_match(&*path)).map(|(at, _)| at).collect();
            assert_eq!(found, wanted, "{path}");
        }
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

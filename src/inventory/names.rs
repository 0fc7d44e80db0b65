//! Names that are looked for in many texts: all of a set at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use aho_corasick::packed;

/// Names of which a text may hold one.
pub type Names = Arc<BTreeSet<Arc<str>>>;

/// Names that one searcher takes.
const MAX_NAMES: usize = 32;

/// The sets of names that are asked for in a round, each ready to be looked for.
#[derive(Default)]
pub(super) struct Lookup {
    /// By the place of a set in memory, its number.
    numbers: HashMap<usize, usize>,
    sets: Vec<(Names, OnceLock<Searchers>)>,
}

/// Finds the names of a set.
struct Searchers {
    packed: Vec<packed::Searcher>,
    /// Names that no searcher takes.
    others: Vec<Arc<str>>,
}

impl Lookup {
    /// For these sets, which outlive it.
    pub(super) fn new<'n>(sets: impl Iterator<Item = &'n Names>) -> Lookup {
        let mut lookup = Lookup::default();
        let mut known: BTreeMap<&'n Names, usize> = BTreeMap::new();
        for set in sets {
            let Lookup { numbers, sets } = &mut lookup;
            numbers.entry(address(set)).or_insert_with(|| {
                *known.entry(set).or_insert_with(|| {
                    sets.push((Arc::clone(set), OnceLock::new()));
                    sets.len() - 1
                })
            });
        }
        lookup
    }

    /// A text in which nothing was looked for yet.
    pub(super) fn within<'l>(&'l self, text: &'l str) -> Sought<'l> {
        Sought { lookup: self, text, known: vec![None; self.sets.len()] }
    }
}

/// A text in which names are looked for, each set once: all parts that are joined ask for the same.
pub(super) struct Sought<'l> {
    lookup: &'l Lookup,
    text: &'l str,
    /// By set, does the text hold one of its names?
    known: Vec<Option<bool>>,
}

impl Sought<'_> {
    /// Does the text hold one of the names? One of the sets of the lookup.
    pub(super) fn holds_one_of(&mut self, names: &Names) -> bool {
        let Some(number) = self.lookup.numbers.get(&address(names)) else { return true };
        let (names, searchers) = &self.lookup.sets[*number];
        let text = self.text;
        *self.known[*number].get_or_insert_with(|| searchers.get_or_init(|| Searchers::new(names)).find(text.as_bytes()))
    }
}

fn address(names: &Names) -> usize {
    Arc::as_ptr(names).addr()
}

impl Searchers {
    fn new(names: &Names) -> Searchers {
        let names: Vec<&Arc<str>> = names.iter().collect();
        let mut searchers = Searchers { packed: Vec::new(), others: Vec::new() };
        for names in names.chunks(MAX_NAMES) {
            // Of one name the other search is quicker.
            let packed = (names.len() > 1).then(|| packed::Searcher::new(names.iter().map(|name| name.as_bytes()))).flatten();
            match packed {
                Some(packed) => searchers.packed.push(packed),
                None => searchers.others.extend(names.iter().map(|name| Arc::clone(name))),
            }
        }
        searchers
    }

    fn find(&self, text: &[u8]) -> bool {
        self.packed.iter().any(|packed| packed.find(text).is_some())
            || self.others.iter().any(|name| memchr::memmem::find(text, name.as_bytes()).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set<'n>(names: impl IntoIterator<Item = &'n str>) -> Names {
        Arc::new(names.into_iter().map(Arc::from).collect())
    }

    #[test]
    fn each_set_of_names_is_looked_for_once_in_a_text() {
        let (here, nowhere, same) = (set(["missing", "guard"]), set(["missing"]), set(["missing", "guard"]));
        let lookup = Lookup::new([&here, &nowhere, &same, &here].into_iter());
        assert_eq!(lookup.sets.len(), 2, "those that are equal together");
        let mut sought = lookup.within("app.use(guard)");
        for _ in 0..2 {
            assert!(sought.holds_one_of(&here) && !sought.holds_one_of(&nowhere) && sought.holds_one_of(&same));
        }
        assert_eq!(sought.known, [Some(true), Some(false)]);
        // A set that nobody announced rules nothing out.
        assert!(sought.holds_one_of(&set(["elsewhere"])));
    }

    #[test]
    fn every_name_of_a_large_set_is_found() {
        let names: Vec<String> = (0..MAX_NAMES * 2 + 1).map(|number| format!("name{number}_")).collect();
        let all = set(names.iter().map(String::as_str).chain(["é", "x"]));
        let lookup = Lookup::new([&all].into_iter());
        let holds = |text: &str| lookup.within(text).holds_one_of(&all);
        assert!(names.iter().map(String::as_str).chain(["é", "x"]).all(|name| holds(&format!("call {name}()"))));
        assert!(!holds("name") && !holds(""));
    }
}

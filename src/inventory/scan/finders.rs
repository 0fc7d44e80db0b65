//! Which literals are looked for in a file: of all those of the checks, the ones that its selectors admit.
//!
//! Half of a repository's text is tests, lock files and documents, of which only a few checks ask anything, and a file in one language
//! needs none of the others'. Files with the same selectors share a finder, which is built once enough of their text has come to pay for
//! it. Nothing but time depends on which finder is used: what more a wider one finds is of needs that the file's selectors do not admit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::finder::Finder;
use crate::model::needs::SelectorId;

/// Bytes of text per literal from which a finder of its own pays.
const WORTH: usize = 24;

/// How many literals more one may look for, one in so many, to serve another kind of files as well.
const SPARE: usize = 16;

/// The finders of a scan.
pub(super) struct Finders {
    texts: Vec<String>,
    all: Finder,
    /// By selector, the numbers of the literals of its needs, ascending.
    of_selector: Vec<Vec<u32>>,
    known: Mutex<Known>,
}

/// What the files that came so far have made known.
#[derive(Default)]
struct Known {
    kinds: HashMap<Box<[SelectorId]>, Kind>,
    finders: Vec<Arc<Narrow>>,
}

/// The files that have the same selectors.
struct Kind {
    /// Bytes of their text so far.
    bytes: usize,
    literals: usize,
    finder: Option<Arc<Narrow>>,
}

/// A finder of some literals.
struct Narrow {
    finder: Finder,
    /// The numbers that its literals have among all.
    numbers: Vec<u32>,
}

impl Finders {
    /// For these literals, and by selector the numbers of those that it asks for.
    pub(super) fn new(texts: Vec<String>, mut of_selector: Vec<Vec<u32>>) -> Finders {
        for literals in &mut of_selector {
            literals.sort_unstable();
            literals.dedup();
        }
        Finders { all: Finder::new(&texts), texts, of_selector, known: Mutex::default() }
    }

    /// The text of a literal.
    pub(super) fn text(&self, literal: usize) -> &str {
        &self.texts[literal]
    }

    /// Calls `found` as `Finder::find` does, for every literal that a file with these selectors needs.
    pub(super) fn find(&self, selectors: &[SelectorId], text: &[u8], mut found: impl FnMut(usize, usize)) {
        match self.narrow(selectors, text.len()) {
            Some(narrow) => narrow.finder.find(text, |literal, start| found(narrow.numbers[literal] as usize, start)),
            None => self.all.find(text, found),
        }
    }

    /// The finder for files with these selectors, if so much text of theirs has come that one pays.
    fn narrow(&self, selectors: &[SelectorId], bytes: usize) -> Option<Arc<Narrow>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Known { kinds, finders } = &mut *known;
        if let Some(kind) = kinds.get_mut(selectors) {
            kind.bytes += bytes;
            if kind.finder.is_none() && kind.bytes >= kind.literals * WORTH {
                kind.finder = Some(self.shared(self.literals(selectors), finders));
            }
            return kind.finder.clone();
        }
        let numbers = self.literals(selectors);
        let literals = numbers.len();
        let finder = (bytes >= literals * WORTH).then(|| self.shared(numbers, finders));
        kinds.insert(selectors.into(), Kind { bytes, literals, finder: finder.clone() });
        finder
    }

    /// A finder of these literals and few others: one that is there, or a new one.
    fn shared(&self, numbers: Vec<u32>, finders: &mut Vec<Arc<Narrow>>) -> Arc<Narrow> {
        let most = numbers.len() + numbers.len() / SPARE;
        let serves = |finder: &&Arc<Narrow>| finder.numbers.len() <= most && is_within(&numbers, &finder.numbers);
        if let Some(finder) = finders.iter().find(serves) {
            return Arc::clone(finder);
        }
        let texts: Vec<&str> = numbers.iter().map(|number| self.text(*number as usize)).collect();
        let finder = Arc::new(Narrow { finder: Finder::new(&texts), numbers });
        finders.push(Arc::clone(&finder));
        finder
    }

    fn literals(&self, selectors: &[SelectorId]) -> Vec<u32> {
        let mut is_wanted = vec![0_u64; self.texts.len() / 64 + 1];
        for literal in selectors.iter().flat_map(|selector| &self.of_selector[selector.0 as usize]) {
            is_wanted[*literal as usize / 64] |= 1 << (literal % 64);
        }
        let is_set = |number: &u32| is_wanted[*number as usize / 64] & (1 << (number % 64)) != 0;
        (0..self.texts.len() as u32).filter(is_set).collect()
    }
}

/// Is each of these among those? Both ascend.
fn is_within(these: &[u32], those: &[u32]) -> bool {
    let mut those = those.iter();
    these.iter().all(|one| those.by_ref().find(|other| *other >= one) == Some(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_searched_for_what_its_selectors_ask() {
        let texts = ["secret", "token", "debug"].map(str::to_owned).to_vec();
        let finders = Finders::new(texts, vec![vec![0], vec![2, 1, 2], Vec::new()]);
        let found = |selectors: &[u32], text: &str| {
            let selectors: Vec<SelectorId> = selectors.iter().map(|id| SelectorId(*id)).collect();
            let mut found = Vec::new();
            finders.find(&selectors, text.as_bytes(), |literal, start| found.push((literal, start)));
            found.sort_unstable();
            found
        };
        let text = format!("secret token debug{}", " ".repeat(3 * WORTH));
        assert_eq!(found(&[0], &text), [(0, 0)]);
        assert_eq!(found(&[1], &text), [(1, 7), (2, 13)]);
        assert_eq!(found(&[0, 1], &text), [(0, 0), (1, 7), (2, 13)]);
        assert_eq!(found(&[2], &text), []);
        assert_eq!(found(&[], &text), []);
    }

    #[test]
    fn a_finder_of_its_own_is_built_when_it_pays() {
        let finders = Finders::new(vec!["secret".to_owned(), "token".to_owned()], vec![vec![1]]);
        let selectors = [SelectorId(0)];
        assert!(finders.narrow(&selectors, WORTH - 1).is_none());
        assert_eq!(finders.narrow(&selectors, 1).map(|narrow| narrow.numbers.clone()), Some(vec![1]));
        // Until then all are looked for.
        let fresh = Finders::new(vec!["secret".to_owned(), "token".to_owned()], vec![vec![1]]);
        let mut found = Vec::new();
        fresh.find(&selectors, b"secret token", |literal, _| found.push(literal));
        assert_eq!(found, [0, 1]);
    }

    #[test]
    fn kinds_that_ask_for_nearly_the_same_share_a_finder() {
        let texts: Vec<String> = (0..40).map(|number| format!("literal{number}")).collect();
        let finders = Finders::new(texts, vec![(0..40).collect(), (1..40).collect(), (0..20).collect(), vec![39]]);
        let narrow = |selector: u32| finders.narrow(&[SelectorId(selector)], 40 * WORTH).unwrap();
        let whole = narrow(0);
        assert!(Arc::ptr_eq(&whole, &narrow(1)) && !Arc::ptr_eq(&whole, &narrow(2)) && !Arc::ptr_eq(&narrow(2), &narrow(3)));
        assert!(
            is_within(&[2, 5], &[1, 2, 5]) && !is_within(&[2, 6], &[1, 2, 5]) && !is_within(&[0], &[1]) && is_within(&[], &[])
        );
    }
}

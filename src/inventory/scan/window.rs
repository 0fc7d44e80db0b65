//! Where in a text an expression can match at all: the lines around its literals.
//!
//! An expression that crosses a known number of line ends matches within so many lines of each of its required literals. Searching
//! those lines alone costs a fraction of the file, in steps and in states of the lazy automaton; and where there are none the
//! expression is not even built. Each alternative of it has literals of its own. The result is that of a search of the whole text.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memmem;

use super::folded::Folded;
use super::places::Places;
use crate::inventory::syntax::{Branch, branches};

/// Texts up to this size are searched whole, in bytes.
const SMALL: usize = 256;

/// Literals of a text that are looked at; with more of them the windows are the text.
const MAX_PLACES: usize = 400;

/// Ranges of an alternative up to which each is asked for the other literals: of more, some have them.
const MAX_ASKED: usize = 8;

/// The lines around the literals of one expression.
#[derive(Debug)]
pub(super) struct Window {
    branches: Vec<Branch<Word>>,
    /// The leads of the branches, by the literal they are known by; those that hold none are the last.
    leads: Vec<Lead>,
}

/// A literal of an alternative.
#[derive(Debug)]
struct Word {
    text: Cow<'static, str>,
    /// Which of the literals of the need it is, or holds, and where in it; one that holds none of them is looked for.
    known: Option<Known>,
}

#[derive(Debug)]
struct Known {
    literal: u32,
    /// Where it begins in the word.
    at: usize,
}

/// One of the words of which each match of a branch has one.
#[derive(Debug)]
struct Lead {
    /// `u32::MAX`: none of which the places are known.
    literal: u32,
    branch: usize,
    word: usize,
}

/// Where a lead of a branch stands.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    branch: usize,
    start: usize,
    end: usize,
}

impl Window {
    /// The places of these literals are known, by their numbers. `None`: a match may be anywhere.
    pub(super) fn of(pattern: &str, ignore_case: bool, literals: &[(&str, u32)]) -> Option<Window> {
        let mut literals = literals.to_vec();
        literals.sort_unstable();
        let words = |texts: Vec<_>| texts.into_iter().map(|text| Word::new(text, &literals)).collect();
        let branch = |Branch { crossings, lead, others }| Branch {
            crossings,
            lead: words(lead),
            others: others.into_iter().map(words).collect(),
        };
        let branches: Vec<Branch<Word>> = branches(pattern, ignore_case)?.into_iter().map(branch).collect();
        let lead = |branch: usize, word: usize| {
            let known = branches[branch].lead[word].known.as_ref();
            Lead { literal: known.map_or(u32::MAX, |known| known.literal), branch, word }
        };
        let leads_of = |branch: usize| (0..branches[branch].lead.len()).map(move |word| (branch, word));
        let mut leads: Vec<Lead> = (0..branches.len()).flat_map(leads_of).map(|(branch, word)| lead(branch, word)).collect();
        leads.sort_by_key(|lead| lead.literal);
        Some(Window { branches, leads })
    }

    /// The leads of a pattern that hold none of these literals.
    pub(super) fn others(pattern: &str, ignore_case: bool, literals: &[&str]) -> Vec<Cow<'static, str>> {
        let leads = branches(pattern, ignore_case).into_iter().flatten().flat_map(|branch| branch.lead);
        leads.filter(|lead| !literals.contains(&&**lead) && !literals.iter().any(|held| held_at(lead, held).is_some())).collect()
    }

    /// The ranges of whole lines in which matches lie, ascending and apart. `None`: the text is as well searched whole.
    pub(super) fn ranges(&self, text: &Folded, known: &Places) -> Option<Vec<Range<usize>>> {
        let lower = text.text();
        if lower.len() <= SMALL {
            return None;
        }
        let mut ranges = Vec::new();
        for places in self.places(lower, known)?.chunk_by(|one, other| one.branch == other.branch) {
            self.branches[places[0].branch].ranges(text, known, places, &mut ranges)?;
        }
        ranges.sort_unstable_by_key(|range| (range.start, range.end));
        let mut apart: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match apart.last_mut().filter(|last| last.end >= range.start) {
                Some(last) => last.end = last.end.max(range.end),
                None => apart.push(range),
            }
        }
        (apart.iter().map(Range::len).sum::<usize>() <= lower.len() / 2).then_some(apart)
    }

    /// Where leads stand, by branch and place. `None`: there are many.
    fn places(&self, lower: &[u8], known: &Places) -> Option<Vec<Place>> {
        let mut places: Vec<Place> = Vec::new();
        for leads in self.leads.chunk_by(|one, other| one.literal == other.literal) {
            if leads[0].literal != u32::MAX && known.of_literal(leads[0].literal).is_empty() {
                continue;
            }
            for Lead { branch, word, .. } in leads {
                let word = &self.branches[*branch].lead[*word];
                let starts = word.places(lower, known, 0..lower.len()).take(MAX_PLACES + 1 - places.len());
                places.extend(starts.map(|start| Place { branch: *branch, start, end: start + word.text.len() }));
                if places.len() > MAX_PLACES {
                    return None;
                }
            }
        }
        places.sort_unstable();
        Some(places)
    }
}

impl Word {
    /// Known by the literal that it is, else by the longest that it holds; they are ascending.
    fn new(text: Cow<'static, str>, literals: &[(&str, u32)]) -> Word {
        let same = literals.binary_search_by_key(&&*text, |(literal, _)| literal);
        let known = match same {
            Ok(at) => Some(Known { literal: literals[at].1, at: 0 }),
            Err(_) => {
                let held = literals.iter().filter_map(|(held, literal)| Some((held.len(), *literal, held_at(&text, held)?)));
                held.max().map(|(_, literal, at)| Known { literal, at })
            }
        };
        Word { text, known }
    }

    /// Where it begins in a part of a text, ascending.
    fn places<'w>(&'w self, lower: &'w [u8], places: &'w Places, part: Range<usize>) -> impl Iterator<Item = usize> + 'w {
        let word = self.text.as_bytes();
        let last = part.end.checked_sub(word.len());
        let is_there = move |start: &usize| lower[*start..].starts_with(word);
        let (from, to) = (part.start, part.end);
        let known = self.known.iter().zip(last).flat_map(move |(known, last)| {
            let starts = places.of_literal_in(known.literal, from + known.at..last + known.at + 1);
            starts.iter().map(|start| *start as usize - known.at)
        });
        let found = move |from: usize| memmem::find(lower.get(from..to)?, word).map(|at| from + at);
        let first = if self.known.is_none() { found(from) } else { None };
        known.filter(is_there).chain(std::iter::successors(first, move |at| found(at + 1)))
    }
}

/// Where a short text stands in another.
fn held_at(text: &str, held: &str) -> Option<usize> {
    text.as_bytes().windows(held.len()).position(|part| part == held.as_bytes())
}

impl Branch<Word> {
    /// Adds the lines in which it can match, around these places, ascending and apart. `None`: it may go on for any number of lines.
    fn ranges(&self, text: &Folded, known: &Places, places: &[Place], ranges: &mut Vec<Range<usize>>) -> Option<()> {
        let lower = text.text();
        // Few lines are asked for themselves, which is cheaper than the whole text.
        if (places.len() > MAX_ASKED || self.crossings.is_none()) && !self.may_match(lower, known, 0..lower.len()) {
            return Some(());
        }
        let crossings = self.crossings?;
        let (first, mut line) = (ranges.len(), 0);
        for place in places {
            // On the line of the one before it widens nothing.
            if place.end <= line {
                continue;
            }
            let Range { start, end } = text.around(place.start..place.end, crossings);
            line = text.around(place.start..place.end, 0).end;
            match ranges[first..].last_mut().filter(|last| last.end >= start) {
                Some(last) => last.end = last.end.max(end),
                None => ranges.push(start..end),
            }
        }
        if !self.others.is_empty() && ranges.len() - first <= MAX_ASKED {
            let added = ranges.split_off(first);
            ranges.extend(added.into_iter().filter(|range| self.may_match(lower, known, range.clone())));
        }
        Some(())
    }

    /// Does a part of a text hold what it requires beside the first?
    fn may_match(&self, lower: &[u8], known: &Places, part: Range<usize>) -> bool {
        let holds = |word: &Word| word.places(lower, known, part.clone()).next().is_some();
        self.others.iter().all(|clause| clause.iter().any(holds))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use std::collections::BTreeSet;

    use super::super::Scanner;
    use super::*;
    use crate::inventory::automaton::{Against, Automaton, Reading};
    use crate::model::needs::{Area, Look, NeedSet, Selector};

    const LINES: Reading = Reading { ignore_case: false, lines: true };

    /// The ranges of a pattern, from what the first look at the text found, which are those that are found without it.
    fn ranges(pattern: &str, text: &str) -> Option<Vec<Range<usize>>> {
        let mut needs = NeedSet::default();
        let need = needs.add(Selector::any(), Look::text(pattern, Area::All));
        let scanner = Scanner::new(&needs, 0, &BTreeSet::new());
        let text = Folded::new(text);
        let known = scanner.window(need)?.ranges(&text, &Places::search(&scanner, &[need], text.text()));
        assert_eq!(known, Window::of(pattern, false, &[])?.ranges(&text, &Places::default()), "{pattern}");
        known
    }

    fn cited<'t>(pattern: &str, text: &'t str) -> Option<Vec<&'t str>> {
        ranges(pattern, text).map(|ranges| ranges.into_iter().map(|range| &text[range]).collect())
    }

    #[test]
    fn the_lines_around_literals_are_searched() {
        let text = format!("{}\nkey = secret\n\n\n  : 1\n{}", "a\n".repeat(200), "b\n".repeat(200));
        let cited = |pattern: &str| cited(pattern, &text);
        assert_eq!(cited("secret.*"), Some(vec!["key = secret"]));
        assert_eq!(cited(r"secret\s+:"), Some(vec!["a\n\nkey = secret\n\n\n  : 1"]));
        assert_eq!(cited("nowhere"), Some(Vec::new()));
        assert_eq!(cited(r"secret[^,]*,"), None);
        assert_eq!(cited(r"secret[^,]*nowhere"), Some(Vec::new()));
        assert_eq!(cited(r"secret\nmore"), Some(Vec::new()));
        assert_eq!(cited(r"\w+"), None);
    }

    #[test]
    fn lines_with_only_some_of_the_literals_are_not_searched() {
        let filler = "a\n".repeat(200);
        let text = format!("one secret\n{filler}a secret\nnear it\n{filler}near\n{filler}");
        assert_eq!(cited(r"secret\s+near", &text), Some(vec!["a\na secret\nnear it"]));
    }

    #[test]
    fn each_alternative_is_looked_for_around_its_own_literals() {
        let filler = "a\n".repeat(200);
        let text = format!("class one\n{filler}table\n{filler}class post\n{filler}create table\n{filler}created\n{filler}");
        let cited = |pattern: &str| cited(pattern, &text);
        assert_eq!(cited(r"\bclass +post|\bcreate +table"), Some(vec!["class post", "create table"]));
        assert_eq!(cited(r"\bclass +table|\bcreate +post"), Some(Vec::new()));
        // One literal begins with another.
        assert_eq!(cited(r"created\b|create +table"), Some(vec!["create table", "created"]));
    }

    #[test]
    fn literals_of_many_alternatives_are_all_found() {
        let pattern: Vec<String> = (10..40).map(|at| format!(r"word{at}[abcd]\d+ x")).collect();
        for word in ["word10a", "word25c", "word39d"] {
            let text = format!("{}{word}7 x\n{}", ".\n".repeat(200), ".\n".repeat(200));
            assert_eq!(cited(&pattern.join("|"), &text), Some(vec![&*format!("{word}7 x")]));
        }
    }

    #[test]
    fn a_text_full_of_literals_is_searched_whole() {
        assert_eq!(ranges("secret", &"secret\n".repeat(100)), None);
        assert_eq!(ranges("secret", "one secret"), None);
        let (filler, full) = (".\n".repeat(20_000), "secret\n".repeat(MAX_PLACES));
        assert!(ranges("secret", &format!("{full}{filler}")).is_some());
        assert_eq!(ranges("secret", &format!("{full}{filler}secret")), None);
    }

    #[test]
    fn literals_whose_places_are_known_are_not_looked_for() {
        let text = Folded::new(&format!("{}secret key\n{}", ".\n".repeat(200), ".\n".repeat(200)));
        let ranges = |literals: &[_]| Window::of(r"secret\w* key", false, literals).unwrap().ranges(&text, &Places::default());
        assert_eq!(ranges(&[("key", 0)]).map(|ranges| ranges.len()), Some(0));
        assert_eq!(ranges(&[("secret", 0), (" key", 1)]).map(|ranges| ranges.len()), Some(0));
        assert_eq!(ranges(&[("keys", 0)]).map(|ranges| ranges.len()), Some(1));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// Patterns and texts of the same few pieces, so that they often match.
        #[test]
        fn windows_find_what_the_whole_text_holds(
            pieces in proptest::collection::vec(r"(key|abc|\\s\*|\\s\+|\[\^x\]|\[\^\\n\]\{0,9\}|\^|\$|\\b|\.\*|=|\\n|(key|abc)\?|\(\?:key\|abc\)|\|)", 1..8),
            words in proptest::collection::vec("(key|abc|=|x| |\n|\n\n|\n  \n|[.]{40}\n)", 20..80),
        ) {
            let (pattern, text) = (pieces.concat(), words.concat());
            let Some(ranges) = ranges(&pattern, &text) else { return Ok(()) };
            let whole = Automaton::new(&pattern, LINES, Against::FewFiles).map_err(TestCaseError::fail)?;
            let found: Vec<_> = ranges.into_iter().flat_map(|range| whole.matches_within(text.as_bytes(), range)).collect();
            prop_assert_eq!(found, whole.matches(text.as_bytes()).collect::<Vec<_>>(), "{} {:?}", pattern, text);
        }
    }
}

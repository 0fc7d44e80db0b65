//! Where in a text an expression can match at all: the lines around its literals.
//!
//! An expression that crosses a known number of line ends matches within so many lines of each of its required literals. Searching
//! those lines alone costs a fraction of the file, in steps and in states of the lazy automaton; and where there are none the
//! expression is not even built. Each alternative of it has literals of its own. The result is that of a search of the whole text.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;

use aho_corasick::packed;

use crate::inventory::syntax::{Branch, branches};

/// Texts up to this size are searched whole, in bytes.
const SMALL: usize = 256;

/// Literals of a text that are looked at; with more of them the windows are the text.
const MAX_PLACES: usize = 400;

/// Ranges of an alternative up to which each is asked for the other literals: of more, some have them.
const MAX_ASKED: usize = 8;

/// Literals that one searcher takes.
const MAX_LITERALS: usize = 64;

/// The lines around the literals of one expression.
#[derive(Debug)]
pub(super) struct Window {
    branches: Vec<Branch<Cow<'static, str>>>,
    searchers: Vec<Searcher>,
}

/// A literal of an alternative in a text.
#[derive(Debug)]
struct Place {
    branch: u16,
    start: usize,
    end: usize,
}

/// Finds literals of which each alternative has one.
#[derive(Debug)]
struct Searcher {
    packed: packed::Searcher,
    /// By literal, the alternatives that it is of, or that a literal is of with which it begins.
    of: Vec<Vec<u16>>,
}

impl Searcher {
    fn new(literals: &[&str], branches: &[Branch<Cow<'static, str>>]) -> Option<Searcher> {
        let mut builder = packed::Config::new().match_kind(packed::MatchKind::LeftmostLongest).builder();
        let packed = builder.extend(literals).build()?;
        let is_of =
            |branch: &Branch<_>, literal: &str| branch.lead.iter().any(|lead: &Cow<'_, str>| literal.starts_with(&**lead));
        let of = |literal: &&str| (0..).zip(branches).filter(|(_, branch)| is_of(branch, literal)).map(|(at, _)| at).collect();
        Some(Searcher { packed, of: literals.iter().map(of).collect() })
    }
}

impl Window {
    /// `None`: a match may be anywhere.
    pub(super) fn of(pattern: &str, ignore_case: bool) -> Option<Window> {
        let branches = branches(pattern, ignore_case)?;
        let mut literals: Vec<&str> = branches.iter().flat_map(|branch| &branch.lead).map(|lead| &**lead).collect();
        // Literals that begin alike stay together: of those that stand at one place the longest is found.
        literals.sort_unstable();
        literals.dedup();
        let mut searchers = Vec::new();
        while !literals.is_empty() {
            let starts = |at: &usize| literals.get(*at).is_none_or(|next| !next.starts_with(literals[at - 1]));
            let end = (1..=literals.len().min(MAX_LITERALS)).rev().find(starts)?;
            searchers.push(Searcher::new(&literals[..end], &branches)?);
            literals.drain(..end);
        }
        Some(Window { branches, searchers })
    }

    /// The ranges of whole lines in which matches lie, ascending and apart. `None`: the text is as well searched whole.
    pub(super) fn ranges(&self, text: &Folded) -> Option<Vec<Range<usize>>> {
        let lower = text.text();
        if lower.len() <= SMALL {
            return None;
        }
        let mut ranges = Vec::new();
        for places in self.places(lower)?.chunk_by(|one, other| one.branch == other.branch) {
            self.branches[usize::from(places[0].branch)].ranges(text, places, &mut ranges)?;
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

    /// Where literals stand, by alternative and place. `None`: there are many.
    fn places(&self, lower: &[u8]) -> Option<Vec<Place>> {
        let (mut places, mut count) = (Vec::new(), 0);
        for searcher in &self.searchers {
            let mut at = 0;
            while let Some(found) = searcher.packed.find_in(lower, aho_corasick::Span::from(at..lower.len())) {
                count += 1;
                if count > MAX_PLACES {
                    return None;
                }
                let place = |branch: &u16| Place { branch: *branch, start: found.start(), end: found.end() };
                places.extend(searcher.of[found.pattern().as_usize()].iter().map(place));
                at = found.start() + 1;
            }
        }
        places.sort_unstable_by_key(|place| (place.branch, place.start));
        Some(places)
    }
}

impl Branch<Cow<'static, str>> {
    /// Adds the lines in which it can match, around these places, ascending and apart. `None`: it may go on for any number of lines.
    fn ranges(&self, text: &Folded, places: &[Place], ranges: &mut Vec<Range<usize>>) -> Option<()> {
        let lower = text.text();
        if !self.may_match(lower) {
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
            ranges.extend(added.into_iter().filter(|range| self.may_match(&lower[range.clone()])));
        }
        Some(())
    }

    /// Does a text hold what it requires beside the first?
    fn may_match(&self, lower: &[u8]) -> bool {
        let holds = |literal: &Cow<'_, str>| memchr::memmem::find(lower, literal.as_bytes()).is_some();
        self.others.iter().all(|clause| clause.iter().any(holds))
    }
}

/// A text in lower case, and its lines.
#[derive(Debug)]
pub(super) struct Folded {
    text: Vec<u8>,
    /// Where the lines that are not blank start and end, their line ends not counted.
    lines: OnceCell<Vec<Range<u32>>>,
}

impl Folded {
    pub(super) fn new(text: &str) -> Folded {
        Folded { text: text.as_bytes().to_ascii_lowercase(), lines: OnceCell::new() }
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The lines on which something stands that is not blank, and so many before and after, blank ones not counted. Where there are
    /// fewer, all of the text on that side.
    fn around(&self, place: Range<usize>, crossings: u32) -> Range<usize> {
        let lines = self.lines.get_or_init(|| solid_lines(&self.text));
        let line = |at: usize| lines.partition_point(|line| (line.end as usize) < at);
        let first = line(place.start + 1).checked_sub(crossings as usize).and_then(|first| lines.get(first));
        let last = lines.get(line(place.end) + crossings as usize);
        let (start, end) = (first.map_or(0, |line| line.start as usize), last.map_or(self.text.len(), |line| line.end as usize));
        // What is looked for may be blank itself.
        start.min(place.start)..end.max(place.end)
    }
}

fn solid_lines(text: &[u8]) -> Vec<Range<u32>> {
    let (mut lines, mut start) = (Vec::with_capacity(text.len() / 32), 0);
    for end in memchr::memchr_iter(b'\n', text).chain([text.len()]) {
        if text[start..end].iter().any(|byte| !byte.is_ascii_whitespace()) {
            lines.push(start as u32..end as u32);
        }
        start = end + 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inventory::automaton::{Against, Automaton, Reading};

    const LINES: Reading = Reading { ignore_case: false, lines: true };

    #[test]
    fn the_lines_around_literals_are_searched() {
        let text = format!("{}\nkey = secret\n\n\n  : 1\n{}", "a\n".repeat(200), "b\n".repeat(200));
        let cited = |pattern: &str| {
            let ranges = Window::of(pattern, false)?.ranges(&Folded::new(&text))?;
            Some(ranges.into_iter().map(|range| text[range].to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(cited("secret.*"), Some(vec!["key = secret".to_owned()]));
        assert_eq!(cited(r"secret\s+:"), Some(vec!["a\n\nkey = secret\n\n\n  : 1".to_owned()]));
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
        let window = Window::of(r"secret\s+near", false).unwrap();
        let ranges = window.ranges(&Folded::new(&text)).unwrap();
        assert_eq!(ranges.into_iter().map(|range| &text[range]).collect::<Vec<_>>(), ["a\na secret\nnear it"]);
    }

    #[test]
    fn each_alternative_is_looked_for_around_its_own_literals() {
        let filler = "a\n".repeat(200);
        let text = format!("class one\n{filler}table\n{filler}class post\n{filler}create table\n{filler}created\n{filler}");
        let cited = |pattern: &str| {
            let ranges = Window::of(pattern, false).unwrap().ranges(&Folded::new(&text)).unwrap();
            ranges.into_iter().map(|range| &text[range]).collect::<Vec<_>>()
        };
        assert_eq!(cited(r"\bclass +post|\bcreate +table"), ["class post", "create table"]);
        assert_eq!(cited(r"\bclass +table|\bcreate +post"), Vec::<&str>::new());
        // One literal begins with another.
        assert_eq!(cited(r"created\b|create +table"), ["create table", "created"]);
    }

    #[test]
    fn literals_of_many_alternatives_are_all_found() {
        let pattern: Vec<String> = (10..40).map(|at| format!(r"word{at}[abcd]\d+ x")).collect();
        let window = Window::of(&pattern.join("|"), false).unwrap();
        assert!(window.searchers.len() > 1);
        for word in ["word10a", "word25c", "word39d"] {
            let text = format!("{}{word}7 x\n{}", ".\n".repeat(200), ".\n".repeat(200));
            let ranges = window.ranges(&Folded::new(&text)).unwrap();
            assert_eq!(ranges.into_iter().map(|range| &text[range]).collect::<Vec<_>>(), [format!("{word}7 x")]);
        }
    }

    #[test]
    fn a_text_full_of_literals_is_searched_whole() {
        let window = Window::of("secret", false).unwrap();
        assert_eq!(window.ranges(&Folded::new(&"secret\n".repeat(100))), None);
        assert_eq!(window.ranges(&Folded::new("one secret")), None);
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
            let Some(ranges) = Window::of(&pattern, false).and_then(|window| window.ranges(&Folded::new(&text))) else { return Ok(()) };
            let whole = Automaton::new(&pattern, LINES, Against::FewFiles).map_err(TestCaseError::fail)?;
            let found: Vec<_> = ranges.into_iter().flat_map(|range| whole.matches_within(text.as_bytes(), range)).collect();
            prop_assert_eq!(found, whole.matches(text.as_bytes()).collect::<Vec<_>>(), "{} {:?}", pattern, text);
        }
    }
}

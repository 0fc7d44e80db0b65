//! Where in a text an expression can match at all: the lines around its literals.
//!
//! An expression that crosses a known number of line ends matches within so many lines of each of its required literals. Searching
//! those lines alone costs a fraction of the file, in steps and in states of the lazy automaton. The result is that of a search of
//! the whole text.

use std::ops::Range;

use aho_corasick::packed;

use crate::inventory::syntax::{Literal, Prefilter};

/// Texts up to this size are searched whole, in bytes.
const SMALL: usize = 256;

/// Literals of a text that are looked at; with more of them the windows are the text.
const MAX_PLACES: usize = 400;

/// The lines around the literals of one expression.
#[derive(Debug)]
pub(super) struct Window {
    /// Finds the literals of each clause, the most selective first: one of each is in every match.
    clauses: Vec<packed::Searcher>,
    /// Ends of lines that a match can cross.
    crossings: u32,
}

impl Window {
    /// `None`: a match may be anywhere.
    pub(super) fn of(pattern: &str, ignore_case: bool) -> Option<Window> {
        let (prefilter, crossings) = Prefilter::with_reach(pattern, ignore_case).ok()?;
        let texts = |clause: Vec<Literal>| clause.into_iter().map(|literal| literal.text).collect::<Vec<String>>();
        // A literal is on one line, so that the next one is looked for on the next.
        let on_a_line = |literals: &Vec<String>| !literals.iter().any(|literal| literal.contains('\n'));
        let clauses = prefilter.clauses.into_iter().map(texts).filter(on_a_line);
        let searcher = |literals: Vec<String>| packed::Config::new().builder().extend(literals).build();
        let clauses: Vec<_> = clauses.filter_map(searcher).collect();
        Some(Window { clauses, crossings: crossings? }).filter(|window| !window.clauses.is_empty())
    }

    /// The ranges of whole lines in which matches lie, ascending and apart. `lower` is the text in lower case. `None`: the text is as
    /// well searched whole.
    pub(super) fn ranges(&self, lower: &[u8]) -> Option<Vec<Range<usize>>> {
        if lower.len() <= SMALL {
            return None;
        }
        let narrow = |ranges: Vec<Range<usize>>, clause| self.around(lower, &ranges, clause).unwrap_or(ranges);
        let ranges = self.clauses.iter().fold(std::iter::once(0..lower.len()).collect(), narrow);
        (ranges.iter().map(Range::len).sum::<usize>() <= lower.len() / 2).then_some(ranges)
    }

    /// The lines around the literals of a clause within these ranges: a match holds one of them, and goes no further. `None`: there are
    /// many.
    fn around(&self, lower: &[u8], ranges: &[Range<usize>], clause: &packed::Searcher) -> Option<Vec<Range<usize>>> {
        let (mut narrowed, mut places) = (Vec::<Range<usize>>::new(), 0);
        for range in ranges {
            let (first, mut at) = (narrowed.len(), range.start);
            while let Some(found) = clause.find_in(lower, aho_corasick::Span::from(at..range.end)) {
                places += 1;
                if places > MAX_PLACES {
                    return None;
                }
                let start = self.back(lower, found.start()).max(range.start);
                let end = self.forth(lower, found.end()).min(range.end);
                match narrowed[first..].last_mut().filter(|last| last.end >= start) {
                    Some(last) => last.end = last.end.max(end),
                    None => narrowed.push(start..end),
                }
                // Literals on the rest of this line widen nothing.
                at = line_end(lower, found.end());
            }
        }
        Some(narrowed)
    }

    /// The start of the line so many lines before, blank ones not counted.
    fn back(&self, text: &[u8], from: usize) -> usize {
        let mut start = line_start(text, from);
        for _ in 0..self.crossings {
            let solid = text[..start].iter().rposition(|byte| !byte.is_ascii_whitespace());
            let Some(solid) = solid else { return 0 };
            start = line_start(text, solid);
        }
        start
    }

    /// The end of the line so many lines after, blank ones not counted.
    fn forth(&self, text: &[u8], from: usize) -> usize {
        let mut end = line_end(text, from);
        for _ in 0..self.crossings {
            let solid = text[end..].iter().position(|byte| !byte.is_ascii_whitespace());
            let Some(solid) = solid else { return text.len() };
            end = line_end(text, end + solid);
        }
        end
    }
}

fn line_start(text: &[u8], at: usize) -> usize {
    memchr::memrchr(b'\n', &text[..at]).map_or(0, |line| line + 1)
}

fn line_end(text: &[u8], at: usize) -> usize {
    memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |line| at + line)
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
            let ranges = Window::of(pattern, false)?.ranges(text.as_bytes())?;
            Some(ranges.into_iter().map(|range| text[range].to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(cited("secret.*"), Some(vec!["key = secret".to_owned()]));
        assert_eq!(cited(r"secret\s+:"), Some(vec!["a\n\nkey = secret\n\n\n  : 1".to_owned()]));
        assert_eq!(cited("nowhere"), Some(Vec::new()));
        assert_eq!(cited(r"secret[^,]*,"), None);
        assert_eq!(cited(r"secret\nmore"), None);
        assert_eq!(cited(r"\w+"), None);
    }

    #[test]
    fn lines_with_only_some_of_the_literals_are_not_searched() {
        let filler = "a\n".repeat(200);
        let text = format!("one secret\n{filler}a secret\nnear it\n{filler}near\n{filler}");
        let window = Window::of(r"secret\s+near", false).unwrap();
        let ranges = window.ranges(text.as_bytes()).unwrap();
        assert_eq!(ranges.into_iter().map(|range| &text[range]).collect::<Vec<_>>(), ["a secret\nnear it"]);
    }

    #[test]
    fn a_text_full_of_literals_is_searched_whole() {
        let window = Window::of("secret", false).unwrap();
        assert_eq!(window.ranges("secret\n".repeat(100).as_bytes()), None);
        assert_eq!(window.ranges(b"one secret"), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// Patterns and texts of the same few pieces, so that they often match.
        #[test]
        fn windows_find_what_the_whole_text_holds(
            pieces in proptest::collection::vec(r"(key|abc|\\s\*|\\s\+|\[\^x\]|\[\^\\n\]\{0,9\}|\^|\$|\\b|\.\*|=|\\n|(key|abc)\?|\(\?:key\|abc\))", 1..6),
            words in proptest::collection::vec("(key|abc|=|x| |\n|\n\n|\n  \n|[.]{40}\n)", 20..80),
        ) {
            let (pattern, text) = (pieces.concat(), words.concat());
            let Some(ranges) = Window::of(&pattern, false).and_then(|window| window.ranges(text.as_bytes())) else { return Ok(()) };
            let whole = Automaton::new(&pattern, LINES, Against::FewFiles).map_err(TestCaseError::fail)?;
            let found: Vec<_> = ranges.into_iter().flat_map(|range| whole.matches_within(text.as_bytes(), range)).collect();
            prop_assert_eq!(found, whole.matches(text.as_bytes()).collect::<Vec<_>>(), "{} {:?}", pattern, text);
        }
    }
}

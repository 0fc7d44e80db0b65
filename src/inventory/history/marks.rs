//! Where keywords stand in a text that was made from another one: what was copied is known, only the rest is searched.
//!
//! The result is the same as that of a search of the whole text; a property test says so.

use aho_corasick::AhoCorasick;

use super::delta::Step;

/// Keywords noted for one text.
const MAX_MARKS: usize = 200_000;

/// Keyword and place, in order of place.
pub(super) type Marks = Vec<(u32, u32)>;

/// Keywords to look for, in one pass and without regard to case.
pub(super) struct Keywords {
    automaton: AhoCorasick,
    lengths: Vec<usize>,
    longest: usize,
}

/// A step of the delta that made a text: where in the text it begins, and where in the base if it is a copy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    pub(super) at: usize,
    pub(super) length: usize,
    pub(super) from: Option<usize>,
}

impl Piece {
    pub(super) fn new(at: usize, step: Step<'_>) -> Piece {
        match step {
            Step::Copy { from, length } => Piece { at, length, from: Some(from) },
            Step::Insert(text) => Piece { at, length: text.len(), from: None },
        }
    }
}

impl Keywords {
    pub(super) fn new(keywords: &[String]) -> Option<Keywords> {
        let lengths: Vec<usize> = keywords.iter().map(String::len).collect();
        let longest = lengths.iter().copied().max()?;
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .kind(Some(aho_corasick::AhoCorasickKind::DFA))
            .build(keywords)
            .ok()?;
        Some(Keywords { automaton, lengths, longest })
    }

    /// The marks of a whole text.
    pub(super) fn all(&self, text: &[u8]) -> Marks {
        let mut marks = Marks::new();
        self.search(text, 0, text.len(), &mut marks);
        sorted(marks)
    }

    /// The marks of a text that was made from a base with these marks.
    pub(super) fn of_delta(&self, text: &[u8], base: &Marks, pieces: &[Piece]) -> Marks {
        // A full list may be incomplete.
        if base.len() >= MAX_MARKS {
            return self.all(text);
        }
        let mut marks = Marks::new();
        // A keyword that is not in one copy touches a seam or an insertion.
        let reach = self.longest - 1;
        let mut fresh: Option<(usize, usize)> = None;
        let mut add = |start: usize, end: usize, marks: &mut Marks| {
            let (start, end) = (start.saturating_sub(reach), (end + reach).min(text.len()));
            match &mut fresh {
                Some((_, until)) if start <= *until => *until = end.max(*until),
                _ => {
                    if let Some((from, to)) = fresh.replace((start, end)) {
                        self.search(text, from, to, marks);
                    }
                }
            }
        };
        for piece in pieces {
            let Piece { at, length, from } = *piece;
            let Some(from) = from else {
                add(at, at + length, &mut marks);
                continue;
            };
            if at > 0 {
                add(at, at, &mut marks);
            }
            let first = base.partition_point(|(_, place)| (*place as usize) < from);
            let inside = base[first..].iter().take_while(|(_, place)| (*place as usize) < from + length);
            let whole = inside.filter(|(keyword, place)| *place as usize + self.lengths[*keyword as usize] <= from + length);
            marks.extend(whole.map(|(keyword, place)| (*keyword, (*place as usize - from + at) as u32)));
            if marks.len() >= MAX_MARKS {
                break;
            }
        }
        if let Some((from, to)) = fresh {
            self.search(text, from, to, &mut marks);
        }
        sorted(marks)
    }

    fn search(&self, text: &[u8], from: usize, to: usize, marks: &mut Marks) {
        let room = MAX_MARKS.saturating_sub(marks.len());
        let found = self.automaton.find_overlapping_iter(&text[from..to]).take(room);
        marks.extend(found.map(|found| (found.pattern().as_u32(), (from + found.start()) as u32)));
    }
}

fn sorted(mut marks: Marks) -> Marks {
    marks.sort_unstable_by_key(|(keyword, at)| (*at, *keyword));
    marks.dedup();
    marks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, proptest};

    use super::*;

    fn keywords() -> Keywords {
        Keywords::new(&["ab", "aba", "b-", "cab-a"].map(str::to_owned)).expect("an automaton")
    }

    fn text() -> impl Strategy<Value = Vec<u8>> {
        proptest::collection::vec(proptest::sample::select(b"abcAB-\n".to_vec()), 0..60)
    }

    #[test]
    fn keywords_are_found_in_copies_over_seams_and_in_insertions() {
        let keywords = keywords();
        let base = b"xxabxx".to_vec();
        let pieces = [
            Piece { at: 0, length: 4, from: Some(0) },
            Piece { at: 4, length: 1, from: None },
            Piece { at: 5, length: 2, from: Some(2) },
        ];
        let text = b"xxabaab";
        assert_eq!(keywords.of_delta(text, &keywords.all(&base), &pieces), keywords.all(text));
        assert_eq!(keywords.all(text), [(0, 2), (1, 2), (0, 5)]);
    }

    proptest! {
        #[test]
        fn the_marks_of_a_delta_are_those_of_its_text(
            base in text(),
            steps in proptest::collection::vec((0..60usize, 0..30usize, text()), 0..12),
        ) {
            let keywords = keywords();
            let (mut made, mut pieces) = (Vec::new(), Vec::new());
            for (from, length, insertion) in steps {
                let (from, length) = (from.min(base.len()), length.min(base.len() - from.min(base.len())));
                if length > 0 {
                    pieces.push(Piece { at: made.len(), length, from: Some(from) });
                    made.extend_from_slice(&base[from..from + length]);
                } else if !insertion.is_empty() {
                    pieces.push(Piece { at: made.len(), length: insertion.len(), from: None });
                    made.extend_from_slice(&insertion);
                }
            }
            assert_eq!(keywords.of_delta(&made, &keywords.all(&base), &pieces), keywords.all(&made));
        }
    }
}

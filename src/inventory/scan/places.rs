//! Where the literals of a file's needs stand in it.
//!
//! The one pass over a text sees every place of every literal. A file keeps those of the needs that it may answer, so that nobody looks
//! for them again: neither the windows of text patterns nor the declarations that code rules need.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use super::finder::Finder;
use super::window::Window;
use super::{Own, Scanner};
use crate::model::needs::{Look, NeedId};

/// Most places that are kept of one file; of one with more, they are looked for again.
const MAX_KEPT: usize = 20_000;

/// Most places of all literals that are noted while a text is searched.
const MAX_STEPS: usize = 1 << 20;

/// Says that a place is the first of its literal.
const FIRST: u32 = u32::MAX;

/// Where literals stand in one text.
#[derive(Debug, Default)]
pub struct Places {
    /// Length of the text in bytes.
    length: usize,
    /// The numbers of the literals that occur, ascending, and where their places end in `starts`.
    literals: Vec<(u32, u32)>,
    starts: Vec<u32>,
}

/// The places of all literals in one text, while it is searched.
#[derive(Default)]
pub(super) struct Trail {
    /// Each place and the one before it of the same literal.
    steps: Vec<(u32, u32)>,
}

impl Trail {
    pub(super) fn clear(&mut self) {
        self.steps.clear();
    }

    /// Adds a place of a literal whose `last` step it becomes; `is_first`: it has none yet.
    pub(super) fn add(&mut self, start: usize, last: &mut u32, is_first: bool) {
        if self.is_full() {
            return;
        }
        self.steps.push((start as u32, if is_first { FIRST } else { *last }));
        *last = self.steps.len() as u32 - 1;
    }

    /// May there be places that it does not have?
    pub(super) fn is_full(&self) -> bool {
        self.steps.len() == MAX_STEPS
    }

    /// Adds the places up to this step of a literal, in order.
    fn walk(&self, mut step: u32, starts: &mut Vec<u32>) {
        let from = starts.len();
        while let Some((start, before)) = self.steps.get(step as usize) {
            starts.push(*start);
            step = *before;
        }
        starts[from..].reverse();
    }
}

impl Places {
    /// Those of these needs in a text of so many bytes. `last`: the last step of a literal, if it occurs.
    pub(super) fn of(
        scanner: &Scanner<'_>,
        needs: &[NeedId],
        length: usize,
        trail: &Trail,
        last: impl Fn(usize) -> Option<u32>,
    ) -> Places {
        let occurring = |literal: usize| last(literal).map(|step| (literal as u32, step));
        let mut found: Vec<(u32, u32)> = wanted(scanner, needs).filter_map(occurring).collect();
        found.sort_unstable();
        found.dedup();
        let mut places = Places { length, literals: Vec::with_capacity(found.len()), starts: Vec::new() };
        for (literal, step) in found {
            trail.walk(step, &mut places.starts);
            places.literals.push((literal, places.starts.len() as u32));
        }
        // They may be kept till the end.
        places.starts.shrink_to_fit();
        places
    }

    /// Those of these needs in a text in lower case that was not searched yet, or that is longer or shorter than it was.
    pub(super) fn search(scanner: &Scanner<'_>, needs: &[NeedId], lower: &[u8]) -> Places {
        let literals: Vec<usize> = wanted(scanner, needs).collect::<BTreeSet<usize>>().into_iter().collect();
        let texts: Vec<&str> = literals.iter().map(|literal| scanner.finders.text(*literal)).collect();
        let mut starts = vec![Vec::new(); texts.len()];
        Finder::new(&texts).find(lower, |literal, start| starts[literal].push(start as u32));
        let mut places = Places { length: lower.len(), ..Places::default() };
        for (literal, starts) in literals.into_iter().zip(starts).filter(|(_, starts)| !starts.is_empty()) {
            places.starts.extend(starts);
            places.literals.push((literal as u32, places.starts.len() as u32));
        }
        places
    }

    /// Can they be kept?
    pub(super) fn are_few(&self) -> bool {
        self.starts.len() <= MAX_KEPT
    }

    /// Are they of a text of so many bytes?
    pub(super) fn fit(&self, length: usize) -> bool {
        self.length == length
    }

    /// Where this literal stands, ascending.
    pub(super) fn of_literal(&self, literal: u32) -> &[u32] {
        let Ok(at) = self.literals.binary_search_by_key(&literal, |(known, _)| *known) else { return &[] };
        let start = at.checked_sub(1).map_or(0, |before| self.literals[before].1);
        &self.starts[start as usize..self.literals[at].1 as usize]
    }

    /// The same for the places within a part of the text, each with the whole literal in it.
    pub(super) fn of_literal_in(&self, literal: u32, part: Range<usize>) -> &[u32] {
        let starts = self.of_literal(literal);
        let before = |end: usize| starts.partition_point(|start| (*start as usize) < end);
        &starts[before(part.start)..before(part.end)]
    }
}

impl Scanner<'_> {
    /// Adds the literals that say where a text need can match, and that are not among those that it requires.
    pub(super) fn gather_beside(&mut self, index: &mut HashMap<String, usize>, texts: &mut Vec<String>) {
        let mut required: Vec<Vec<usize>> = vec![Vec::new(); self.compiled.len()];
        for (number, literal) in self.literals.iter().enumerate() {
            literal.uses.iter().for_each(|usage| required[usage.need.0 as usize].push(number));
        }
        for (need, required) in (0..).map(NeedId).zip(required) {
            let Look::Text { pattern, ignore_case, missing: false, .. } = &self.needs.need(need).look else { continue };
            if required.is_empty() {
                continue;
            }
            let required: Vec<&str> = required.into_iter().map(|number| texts[number].as_str()).collect();
            for text in Window::others(pattern, *ignore_case, &required) {
                let at = self.number(index, texts, &text);
                self.literals[at].beside.push(need);
            }
        }
    }

    /// The literals of a need that stand where it matches, by number, and what they satisfy.
    pub(super) fn own_literals(&self, need: NeedId) -> &[Own] {
        let by_need = self.by_need.get_or_init(|| {
            let mut by_need = vec![Vec::new(); self.compiled.len()];
            for (number, literal) in self.literals.iter().enumerate() {
                let own = literal.uses.iter().filter(|usage| self.own_clauses(usage.need) & (1 << usage.clause) != 0);
                own.for_each(|usage| by_need[usage.need.0 as usize].push((number, Some(*usage))));
                literal.beside.iter().for_each(|need| by_need[need.0 as usize].push((number, None)));
            }
            by_need
        });
        &by_need[need.0 as usize]
    }
}

/// The literals of these needs whose places say something: not those of what a file must import.
fn wanted<'s>(scanner: &'s Scanner<'_>, needs: &'s [NeedId]) -> impl Iterator<Item = usize> + 's {
    needs.iter().flat_map(|need| scanner.own_literals(*need)).map(|(literal, _)| *literal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::view::FileId;
    use crate::model::needs::{Area, NeedSet, Selector};

    #[test]
    fn the_first_look_at_a_text_and_a_later_search_know_the_same_places() {
        let mut needs = NeedSet::default();
        let mut need = |pattern: &str| {
            let (pattern, area) = (pattern.to_owned(), Area::All);
            needs.add(Selector::any(), Look::text(pattern, area))
        };
        let asked = [need("secret_[ab]"), need("token|secret_key")];
        need("unasked");
        let scanner = Scanner::new(&needs, 0, &BTreeSet::new());
        let text = "token secret_a secret_key unasked token ssecret_";
        let (mut trail, mut last) = (Trail::default(), vec![None; scanner.literals.len()]);
        scanner.finders.find(&[needs.need(asked[0]).selector], text.as_bytes(), |literal, start| {
            let mut step = last[literal].unwrap_or_default();
            trail.add(start, &mut step, last[literal].is_none());
            last[literal] = Some(step);
        });
        let number = |text: &str| (0..).find(|number| scanner.finders.text(*number as usize) == text).unwrap();
        let kept = Places::of(&scanner, &asked, text.len(), &trail, |literal| last[literal]);
        for places in [&kept, &Places::search(&scanner, &asked, text.as_bytes())] {
            assert_eq!(places.of_literal(number("secret_a")), [6]);
            assert_eq!(places.of_literal(number("token")), [0, 34]);
            assert_eq!(places.of_literal_in(number("token"), 0..34), [0]);
            assert_eq!(places.of_literal_in(number("token"), 1..35), [34]);
            assert_eq!(places.of_literal(number("secret_key")), [15]);
            assert!(places.of_literal(number("unasked")).is_empty(), "nobody asked");
            assert!(places.are_few() && places.fit(text.len()) && !places.fit(text.len() + 1));
        }
    }

    #[test]
    fn what_says_where_a_pattern_matches_is_looked_for_though_it_is_not_required() {
        let mut needs = NeedSet::default();
        let pattern = r"export\s+(?:const|default|function)\b|exports\.handler\b".to_owned();
        let look = Look::text(pattern, Area::All);
        let need = needs.add(Selector::any(), look);
        let scanner = Scanner::new(&needs, 0, &BTreeSet::new());
        let texts = |required: bool| {
            let own = scanner.own_literals(need).iter().filter(move |(_, usage)| usage.is_some() == required);
            own.map(|(literal, _)| scanner.finders.text(*literal)).collect::<BTreeSet<_>>()
        };
        assert_eq!(texts(true), BTreeSet::from(["export", "exports.handler"]));
        assert_eq!(texts(false), BTreeSet::from(["default", "function"]));
    }

    #[test]
    fn a_text_that_changed_is_searched_again() {
        let mut needs = NeedSet::default();
        let pattern = r"secret_\w+".to_owned();
        let look = Look::text(pattern, Area::All);
        let need = needs.add(Selector::any(), look);
        let scanner = Scanner::new(&needs, 0, &BTreeSet::new());
        let text = format!("{}secret_key\n{}", ".\n".repeat(200), ".\n".repeat(200));
        let found = |length: usize| {
            let places = Places { length, ..Places::default() };
            super::super::resume(&scanner, (FileId(0), "a.txt", None), &text, &[need], Some(&places), &mut None).hits.len()
        };
        assert_eq!(found(text.len() - 1), 1);
        assert_eq!(found(text.len()), 0, "what is known of it is believed");
    }

    #[test]
    fn more_places_than_are_noted_are_looked_for_again() {
        let (mut trail, mut last) = (Trail::default(), 0);
        (0..MAX_STEPS).for_each(|start| trail.add(start, &mut last, start == 0));
        assert!(trail.is_full() && last as usize == MAX_STEPS - 1);
        trail.add(MAX_STEPS, &mut last, false);
        assert_eq!((trail.steps.len(), last as usize), (MAX_STEPS, MAX_STEPS - 1));
    }
}

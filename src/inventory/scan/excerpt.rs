//! Which declarations of a file its code rules need a tree of.
//!
//! A rule that is local can match only in a declaration that holds one literal of each of its clauses. Where all rules asked for are,
//! the others are not parsed: in a long file with one place of interest that is most of it.

use std::collections::BTreeMap;
use std::ops::Range;

use super::finder::Finder;
use super::subject::Subject;
use super::{ClauseUse, Clauses, CodeRule, Scanner};
use crate::inventory::syntax;
use crate::model::language::Language;
use crate::model::needs::NeedId;

/// Texts up to this size are parsed whole, in bytes.
const SMALL: usize = 2 << 10;
/// Of a text whose declarations of interest are more than this part, in percent, the whole is parsed: the tree may serve again.
const MOST: usize = 70;

/// The parts of a text in which these rules can match, declaration by declaration; `None`: anywhere.
pub(super) fn of(
    scanner: &Scanner<'_>,
    language: Language,
    rules: &[(NeedId, &CodeRule)],
    subject: &Subject<'_>,
) -> Option<Vec<Range<usize>>> {
    let text = subject.text;
    let wanted = |need: NeedId| {
        let compiled = &scanner.compiled[need.0 as usize];
        compiled.clauses & !compiled.anywhere
    };
    let is_cut = syntax::has_declarations(language)
        && text.len() > SMALL
        && rules.iter().all(|(need, rule)| wanted(*need) != 0 && rule.is_local());
    let starts = if is_cut { syntax::declarations(language, text, subject.mask()) } else { Vec::new() };
    if starts.is_empty() {
        return None;
    }
    let held = held(scanner, rules, &starts, subject);
    let is_due = |piece: usize| {
        let clauses = &held[piece * rules.len()..][..rules.len()];
        rules.iter().zip(clauses).any(|((need, _), held)| held & wanted(*need) == wanted(*need))
    };
    let mut parts: Vec<Range<usize>> = Vec::new();
    for piece in (0_usize..=starts.len()).filter(|piece| is_due(*piece)) {
        let start = piece.checked_sub(1).map_or(0, |before| starts[before]);
        let end = starts.get(piece).copied().unwrap_or(text.len());
        match parts.last_mut().filter(|last| last.end == start) {
            Some(last) => last.end = end,
            None => parts.push(start..end),
        }
    }
    let bytes: usize = parts.iter().map(Range::len).sum();
    (bytes * 100 <= text.len() * MOST).then_some(parts)
}

/// For each declaration, the first being what stands before all, and each rule: the clauses that its literals satisfy.
fn held(scanner: &Scanner<'_>, rules: &[(NeedId, &CodeRule)], starts: &[usize], subject: &Subject<'_>) -> Vec<Clauses> {
    let mut held = vec![0; (starts.len() + 1) * rules.len()];
    let wanted = Wanted::new(scanner, rules);
    wanted.finder.find(subject.lower(), |literal, start| {
        let piece = starts.partition_point(|known| *known <= start);
        let end = start + wanted.lengths[literal];
        for (rule, usage) in &wanted.uses[literal] {
            let clauses = &mut held[piece * rules.len() + rule];
            let bit = 1 << usage.clause;
            if *clauses & bit == 0 && (!usage.in_code || subject.stands_in_code(start, end)) {
                *clauses |= bit;
            }
        }
    });
    held
}

/// The literals of some rules: of thousands a few, which are found faster alone.
struct Wanted {
    finder: Finder,
    lengths: Vec<usize>,
    /// By literal, the places of the rules and what it satisfies there.
    uses: Vec<Vec<(usize, ClauseUse)>>,
}

impl Wanted {
    fn new(scanner: &Scanner<'_>, rules: &[(NeedId, &CodeRule)]) -> Wanted {
        let mut uses: BTreeMap<usize, Vec<(usize, ClauseUse)>> = BTreeMap::new();
        for (rule, (need, _)) in rules.iter().enumerate() {
            for (literal, usage) in scanner.literals_of(*need) {
                uses.entry(*literal).or_default().push((rule, *usage));
            }
        }
        let texts: Vec<&str> = uses.keys().map(|literal| &*scanner.literals[*literal].text).collect();
        Wanted {
            finder: Finder::new(&texts),
            lengths: texts.iter().map(|text| text.len()).collect(),
            uses: uses.into_values().collect(),
        }
    }
}

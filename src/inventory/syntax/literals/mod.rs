//! What a text must contain before a rule or a regular expression can match in it.
//!
//! Derived, never asked for: an author cannot get it wrong, and thousands of patterns cost one multi-literal pass. Every literal
//! claimed is required: if the rule matches a text, its prefilter accepts it (property tests hold this). The other way round
//! says nothing: an accepted text may well not match.
//!
//! Literals are compared without ASCII case. Two characters whose lower case is ASCII though they are not, `ſ` and the Kelvin
//! sign, are taken for themselves: nobody spells `token` with them.
//!
//! `regex` reads regular expressions, `rule` code rules. To use a new part of a rule: say in `rule` what it requires; when in
//! doubt, nothing.

mod regex;
mod rule;

use super::mask::{Class, Mask};

/// Shortest literal worth looking for, in bytes.
const MIN_LENGTH: usize = 2;
/// Longest literal kept, in bytes.
const MAX_LENGTH: usize = 64;
/// Most alternatives of a clause.
const MAX_ALTERNATIVES: usize = 96;
/// Most clauses of a prefilter.
const MAX_CLAUSES: usize = 4;

/// A text that has to occur.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Literal {
    /// ASCII letters in lower case; found without regard to ASCII case.
    pub text: String,
    /// It has to occur outside comments and strings.
    pub in_code: bool,
}

/// One of a clause's literals has to occur, for every clause. Without clauses every text is accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prefilter {
    /// The most selective first; none is empty.
    pub clauses: Vec<Vec<Literal>>,
}

impl Prefilter {
    /// Does this accept every text? Then the rule costs a look at every file.
    pub fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// Can the rule match in this text? Without a mask any place counts as code. For a few texts: a scan over many looks for the
    /// literals of all prefilters at once.
    pub fn accepts(&self, text: &str, mask: Option<&Mask>) -> bool {
        let folded = text.to_ascii_lowercase();
        let occurs = |literal: &Literal| {
            folded
                .match_indices(&literal.text)
                .any(|(at, _)| !literal.in_code || mask.is_none_or(|mask| mask.class_at(at) == Class::Code))
        };
        self.clauses.iter().all(|clause| clause.iter().any(occurs))
    }

    /// The best of what is required, in an order that depends on nothing else.
    fn of(mut clauses: Vec<Vec<Literal>>) -> Prefilter {
        for clause in &mut clauses {
            clause.sort();
            clause.dedup();
        }
        clauses.sort_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.cmp(b)));
        let mut kept: Vec<Vec<Literal>> = Vec::new();
        for clause in clauses {
            if kept.len() < MAX_CLAUSES && !kept.iter().any(|known| implies(known, &clause)) {
                kept.push(clause);
            }
        }
        Prefilter { clauses: kept }
    }
}

/// A literal, if it is worth looking for.
fn literal(text: &str, in_code: bool) -> Option<Literal> {
    let end = (0..=MAX_LENGTH.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let text = text[..end].to_ascii_lowercase();
    (text.len() >= MIN_LENGTH).then_some(Literal { text, in_code })
}

/// How selective a clause is: its shortest literal decides, then the number of alternatives.
fn weight(clause: &[Literal]) -> (usize, std::cmp::Reverse<usize>) {
    (clause.iter().map(|literal| literal.text.len()).min().unwrap_or(0), std::cmp::Reverse(clause.len()))
}

/// Whatever satisfies `known` satisfies `clause`.
fn implies(known: &[Literal], clause: &[Literal]) -> bool {
    known.iter().all(|k| clause.iter().any(|c| k.text.contains(&c.text) && (k.in_code || !c.in_code)))
}

/// What is required if one of the branches has to match: one clause, from the best of each.
fn any_of(branches: impl Iterator<Item = Vec<Vec<Literal>>>) -> Vec<Vec<Literal>> {
    let mut union: Vec<Literal> = Vec::new();
    for branch in branches {
        let Some(best) = branch.into_iter().max_by(|a, b| weight(a).cmp(&weight(b)).then_with(|| b.cmp(a))) else {
            return Vec::new();
        };
        union.extend(best);
    }
    union.sort();
    union.dedup();
    if union.is_empty() || union.len() > MAX_ALTERNATIVES { Vec::new() } else { vec![union] }
}

//! What a text must contain before a rule or a regular expression can match in it.
//!
//! Derived, never asked for: an author cannot get it wrong, and thousands of patterns cost one multi-literal pass. Every literal
//! claimed is required: if the rule matches a text, its prefilter accepts it (property tests hold this). The other way round
//! says nothing: an accepted text may well not match.
//!
//! Literals are compared without ASCII case. Two characters whose lower case is ASCII though they are not, `ſ` and the Kelvin
//! sign, are taken for themselves: nobody spells `token` with them.
//!
//! `regex` reads regular expressions (`reach`: how far over lines they match, `branch`: their alternatives), `rule` code rules. To use a new part of a rule: say in `rule` what it requires; when in
//! doubt, nothing.

mod branch;
mod clause;
mod keywords;
mod known;
mod reach;
mod regex;
mod required;
mod rule;

use super::mask::{Class, Mask};
use clause::{implies, weight};

pub use branch::Branch;
pub use clause::Literal;
pub use known::branches;
pub use required::Required;

/// Most clauses of a prefilter.
const MAX_CLAUSES: usize = 4;

/// One of a clause's literals has to occur, for every clause. Without clauses every text is accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prefilter {
    /// The most selective first; none is empty.
    pub clauses: Vec<Vec<Literal>>,
}

impl Prefilter {
    /// What a text must contain for the expression to match in it. An expression that cannot be parsed is an error.
    pub fn from_regex(pattern: &str, case_insensitive: bool) -> Result<Prefilter, String> {
        known::derived(pattern, case_insensitive).map(Prefilter::of)
    }

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

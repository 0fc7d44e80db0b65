//! A literal that has to occur, and how requirements are joined. The build script shares this file.

/// Shortest literal worth looking for, in bytes.
const MIN_LENGTH: usize = 2;
/// Longest literal kept, in bytes.
const MAX_LENGTH: usize = 64;
/// Most alternatives of a clause.
pub(super) const MAX_ALTERNATIVES: usize = 96;

/// A text that has to occur.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Literal {
    /// ASCII letters in lower case; found without regard to ASCII case.
    pub text: String,
    /// It has to occur outside comments and strings.
    pub in_code: bool,
}

/// A literal, if it is worth looking for.
pub(super) fn literal(text: &str, in_code: bool) -> Option<Literal> {
    let end = (0..=MAX_LENGTH.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let text = text[..end].to_ascii_lowercase();
    (text.len() >= MIN_LENGTH).then_some(Literal { text, in_code })
}

/// How selective a clause is: its shortest literal decides, then the number of alternatives.
pub(super) fn weight(clause: &[Literal]) -> (usize, std::cmp::Reverse<usize>) {
    (clause.iter().map(|literal| literal.text.len()).min().unwrap_or(0), std::cmp::Reverse(clause.len()))
}

/// Whatever satisfies `known` satisfies `clause`.
pub(super) fn implies(known: &[Literal], clause: &[Literal]) -> bool {
    known.iter().all(|k| clause.iter().any(|c| k.text.contains(&c.text) && (k.in_code || !c.in_code)))
}

/// What is required if one of the branches has to match: one clause, from the best of each.
pub(super) fn any_of(branches: impl Iterator<Item = Vec<Vec<Literal>>>) -> Vec<Vec<Literal>> {
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

//! The alternatives of an expression, each with what it requires. The build script shares this file.
//!
//! `user_?store|create\s+table` requires `user` or `create`, then `store` or `table`: taken together that says little, and a text that holds
//! `user` and `table` would be searched. By its alternatives it need not be. To open more forms: say in `alternatives` what they come to.

use regex_syntax::hir::{Hir, HirKind};

use super::clause::{Literal, weight};
use super::{reach, regex};

/// Most alternatives that are told apart.
const MAX_BRANCHES: usize = 32;
/// Most clauses that are kept of an alternative, beside the first.
const MAX_OTHERS: usize = 3;

/// What one alternative of an expression requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch<T = String> {
    /// How many ends of lines a match of it can cross, a run of blank lines counted once; `None`: any number.
    pub crossings: Option<u32>,
    /// One of these is in each match: the most selective clause.
    pub lead: Vec<T>,
    /// And one of each of these.
    pub others: Vec<Vec<T>>,
}

/// The alternatives of an expression. `None`: one of them requires nothing, or it is no expression.
pub fn derive(pattern: &str, case_insensitive: bool) -> Option<Vec<Branch>> {
    let hir = regex::parse(pattern, case_insensitive).ok()?;
    let split = alternatives(&hir).filter(|split| split.len() <= MAX_BRANCHES).unwrap_or_else(|| vec![hir]);
    split.iter().map(branch).collect()
}

fn branch(hir: &Hir) -> Option<Branch> {
    let mut clauses = regex::required(hir);
    clauses.sort_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.cmp(b)));
    clauses.dedup();
    let texts = |clause: Vec<Literal>| clause.into_iter().map(|literal| literal.text).collect::<Vec<_>>();
    let mut clauses = clauses.into_iter().map(texts).filter(|clause| !clause.is_empty());
    Some(Branch { crossings: reach::crossings(hir), lead: clauses.next()?, others: clauses.take(MAX_OTHERS).collect() })
}

/// What an expression is alternatively, if it is several things; `None`: there are too many.
fn alternatives(hir: &Hir) -> Option<Vec<Hir>> {
    let found = match hir.kind() {
        HirKind::Capture(capture) => alternatives(&capture.sub)?,
        HirKind::Alternation(branches) => {
            let mut found = Vec::new();
            for branch in branches {
                found.extend(alternatives(branch)?);
                if found.len() > MAX_BRANCHES {
                    return None;
                }
            }
            found
        }
        // What the parser has taken out of all alternatives: `\bfoo|\bbar`.
        HirKind::Concat(parts) => {
            let is_fixed = |part: &&Hir| matches!(part.kind(), HirKind::Look(_) | HirKind::Literal(_) | HirKind::Empty);
            let mut open = parts.iter().enumerate().filter(|(_, part)| !is_fixed(part));
            let (Some((at, part)), None) = (open.next(), open.next()) else { return Some(vec![hir.clone()]) };
            let whole = |middle: Hir| {
                let (before, after) = (parts[..at].iter().cloned(), parts[at + 1..].iter().cloned());
                Hir::concat(before.chain([middle]).chain(after).collect())
            };
            alternatives(part)?.into_iter().map(whole).collect()
        }
        _ => vec![hir.clone()],
    };
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(pattern: &str) -> Option<Vec<(Vec<String>, Option<u32>)>> {
        derive(pattern, false).map(|found| found.into_iter().map(|branch| (branch.lead, branch.crossings)).collect())
    }

    fn one(texts: &[&str], crossings: Option<u32>) -> (Vec<String>, Option<u32>) {
        (texts.iter().map(ToString::to_string).collect(), crossings)
    }

    #[test]
    fn each_alternative_has_its_own_literals_and_reach() {
        let found = leads(r"\bclass\s+Post\b|\bcreate\s+table|\b(?:posts|replies)\b|secret[^,]*,");
        let expected = [
            one(&["class"], Some(1)),
            one(&["create"], Some(1)),
            one(&["posts"], Some(0)),
            one(&["replies"], Some(0)),
            one(&["secret"], None),
        ];
        assert_eq!(found, Some(expected.to_vec()));
        assert_eq!(derive(r"class\s+post", false).unwrap()[0].others, [["post"]]);
    }

    #[test]
    fn an_alternative_that_requires_nothing_leaves_the_whole_without() {
        assert_eq!(leads(r"secret|\w+"), None);
        assert_eq!(leads("("), None);
    }

    #[test]
    fn too_many_alternatives_are_taken_together() {
        let words = |count: usize| (0..count).map(|at| format!("w{at:03}\\d")).collect::<Vec<_>>().join("|");
        assert_eq!(leads(&words(MAX_BRANCHES)).map(|found| found.len()), Some(MAX_BRANCHES));
        assert_eq!(leads(&words(MAX_BRANCHES + 1)).map(|found| found.len()), Some(1));
    }
}

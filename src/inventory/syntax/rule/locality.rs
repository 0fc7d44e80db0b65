//! Does a rule look at nothing outside of the declaration in which it matches?
//!
//! Such a rule finds in the declarations that hold its literals what it finds in the whole file. When in doubt a rule is not local: it may
//! match at the root, asks an ancestor that may be the root for more than its text, or about the neighbours of what may stand at the top.
//!
//! To add a language that is cut into declarations (`declarations`): see that the names of the kinds at its top end as `TOP` says.

use std::sync::OnceLock;

use super::super::grammar::Grammar;
use super::{CodeRule, Kinds, MAX_NESTING, Part, Rule, Stop};
use crate::model::language::Language;

use ast_grep_core::tree_sitter::LanguageExt;

/// How the names of the kinds end that may stand at the top of a file.
const TOP: &[&str] = &[
    "statement",
    "declaration",
    "definition",
    "clause",
    "comment",
    "signature",
    "directive",
    "line",
    "alias",
    "module",
    "statement_block",
    "ERROR",
];
/// The kinds of a whole file.
const ROOTS: &[&str] = &["source_file", "module", "program", "ERROR"];

/// Kinds of nodes with a meaning for a language.
struct Places {
    top: Kinds,
    root: Kinds,
}

impl CodeRule {
    /// Does a match depend on nothing but the declaration at the top of the file in which it stands?
    pub fn is_local(&self) -> bool {
        *self.is_local.get_or_init(|| {
            let Some(places) = places(self.language) else { return false };
            let reaches = |rule: &Rule| self.reaches_out(rule, At { top: true, negated: false }, places, 0);
            let gate = self.gate.and_then(|gate| self.utils.get(gate));
            let tried_at_root = gate.into_iter().chain([&self.root]);
            tried_at_root.clone().all(|rule| self.never_at_root(rule, places, 0) && !reaches(rule))
                && !self.constraints.iter().any(|(_, rule)| reaches(rule))
        })
    }

    /// Is it sure that the rule does not hold at the root, whatever that is the root of?
    fn never_at_root(&self, rule: &Rule, places: &Places, depth: usize) -> bool {
        let never = |rule: &Rule| self.never_at_root(rule, places, depth + 1);
        !self.kinds_of(rule).overlaps(&places.root)
            || depth <= MAX_NESTING
                && rule.parts.iter().any(|part| match part {
                    // It has no parent and no neighbours.
                    Part::Inside(_) | Part::Precedes(_) | Part::Follows(_) | Part::NthChild { .. } => true,
                    Part::All(rules) => rules.iter().any(never),
                    Part::Any(rules) => rules.iter().all(never),
                    Part::Matches(util) => self.utils.get(*util).is_some_and(never),
                    Part::Kind(_) | Part::Pattern(_) | Part::Regex(_) | Part::Not(_) | Part::Has(_) => false,
                })
    }

    /// Does the rule ask for more, tried at a node that is not the root, but may stand at the top?
    fn reaches_out(&self, rule: &Rule, at: At, places: &Places, depth: usize) -> bool {
        // What stands directly in anything but the root stands not at the top.
        let is_below = rule.parts.iter().any(|part| {
            let Part::Inside(relation) = part else { return false };
            matches!(relation.stop, Stop::Neighbor) && self.never_at_root(&relation.rule, places, depth + 1)
        });
        let at = At { top: at.top && !is_below && self.kinds_of(rule).overlaps(&places.top), ..at };
        let below = At { top: false, ..at };
        let reaches = |rule: &Rule, at| self.reaches_out(rule, at, places, depth + 1);
        depth > MAX_NESTING
            || rule.parts.iter().any(|part| match part {
                Part::Kind(_) | Part::Pattern(_) | Part::Regex(_) => false,
                Part::NthChild { of, .. } => at.top || of.iter().any(|rule| reaches(rule, below)),
                Part::All(rules) | Part::Any(rules) => rules.iter().any(|rule| reaches(rule, at)),
                Part::Not(rule) => reaches(rule, At { negated: true, ..at }),
                Part::Matches(util) => self.utils.get(*util).is_none_or(|rule| reaches(rule, at)),
                Part::Has(relation) => reaches(&relation.rule, below),
                Part::Inside(relation) => {
                    let asks_root = !self.never_at_root(&relation.rule, places, depth + 1);
                    let asks_text = at.negated && relation.field.is_none() && self.asks_text(&relation.rule, depth + 1);
                    asks_root && !asks_text || reaches(&relation.rule, At { top: true, ..at })
                }
                Part::Precedes(relation) | Part::Follows(relation) => at.top || reaches(&relation.rule, below),
            })
    }

    /// Does the rule ask a node for nothing but its kind and text? These the root of an excerpt has in common with that of the whole.
    /// Only a negation may rest on it: what has to be there is looked for in each declaration before any is parsed.
    fn asks_text(&self, rule: &Rule, depth: usize) -> bool {
        depth <= MAX_NESTING
            && rule.parts.iter().all(|part| match part {
                Part::Kind(_) | Part::Regex(_) => true,
                Part::All(rules) | Part::Any(rules) => rules.iter().all(|rule| self.asks_text(rule, depth + 1)),
                Part::Not(rule) => self.asks_text(rule, depth + 1),
                Part::Matches(util) => self.utils.get(*util).is_some_and(|rule| self.asks_text(rule, depth + 1)),
                Part::Pattern(_)
                | Part::NthChild { .. }
                | Part::Has(_)
                | Part::Inside(_)
                | Part::Precedes(_)
                | Part::Follows(_) => false,
            })
    }
}

/// Where a part of a rule is tried.
#[derive(Clone, Copy)]
struct At {
    /// At a node that may stand at the top of the file.
    top: bool,
    /// Below a `not`.
    negated: bool,
}

impl Kinds {
    fn overlaps(&self, other: &Kinds) -> bool {
        match (self, other) {
            (Kinds::These(a), Kinds::These(b)) => a.iter().zip(b).any(|(a, b)| a & b != 0),
            (Kinds::These(some), Kinds::Any) | (Kinds::Any, Kinds::These(some)) => some.iter().any(|word| *word != 0),
            (Kinds::Any, Kinds::Any) => true,
        }
    }
}

fn places(language: Language) -> Option<&'static Places> {
    static KNOWN: [OnceLock<Places>; Language::ALL.len()] = [const { OnceLock::new() }; Language::ALL.len()];
    let at = Language::ALL.iter().position(|known| *known == language)?;
    Some(KNOWN[at].get_or_init(|| Places {
        top: kinds(language, |name| TOP.iter().any(|end| name.ends_with(end)) || name.starts_with("import")),
        root: kinds(language, |name| ROOTS.contains(&name)),
    }))
}

fn kinds(language: Language, is_wanted: impl Fn(&str) -> bool) -> Kinds {
    let grammar = Grammar(language).get_ts_language();
    let count = grammar.node_kind_count();
    let mut bits = vec![0_u64; count / 64 + 1];
    let wanted = (0..count as u16).filter(|id| grammar.node_kind_for_id(*id).is_some_and(&is_wanted));
    wanted.for_each(|id| bits[usize::from(id) / 64] |= 1 << (id % 64));
    Kinds::These(bits)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::oracle;
    use super::*;

    fn is_local(language: Language, source: serde_json::Value) -> bool {
        CodeRule::compile(language, &oracle::source(&source)).expect("a rule").is_local()
    }

    #[test]
    fn what_stays_in_its_declaration_is_local() {
        for rule in [
            json!({"rule": {"pattern": "os.Getenv($X)"}}),
            json!({"rule": {"pattern": "os.Getenv($X)", "inside": {"kind": "function_declaration", "stopBy": "end", "has": {"pattern": "log.Fatal($$$)", "stopBy": "end"}}}}),
            json!({"rule": {"kind": "call_expression", "follows": {"regex": "x"}}}),
            json!({"rule": {"pattern": "f($X)", "not": {"inside": {"kind": "if_statement", "stopBy": "end"}}}, "constraints": {"X": {"regex": "^a"}}}),
            json!({"rule": {"pattern": "f($X)", "not": {"inside": {"stopBy": "end", "any": [{"inside": {"kind": "if_statement", "has": {"regex": "dev"}}}]}}}}),
            json!({"rule": {"nthChild": 1, "inside": {"kind": "argument_list"}}}),
            json!({"rule": {"pattern": "f($X)", "not": {"inside": {"kind": "source_file", "stopBy": "end", "regex": "x", "not": {"regex": "y"}}}}}),
            json!({"rule": {"pattern": "f($X)", "not": {"matches": "tool"}}, "utils": {"tool": {"inside": {"any": [{"kind": "source_file"}, {"kind": "block"}], "stopBy": "end", "regex": "x"}}}}),
        ] {
            assert!(is_local(Language::Go, rule.clone()), "{rule}");
        }
    }

    #[test]
    fn what_may_ask_beyond_it_is_not() {
        for rule in [
            json!({"rule": {"regex": "secret"}}),
            json!({"rule": {"kind": "source_file"}}),
            json!({"rule": {"pattern": "f($X)", "inside": {"stopBy": "end", "has": {"pattern": "g($X)", "stopBy": "end"}}}}),
            json!({"rule": {"pattern": "f($X)", "not": {"inside": {"kind": "source_file", "stopBy": "end", "has": {"regex": "x"}}}}}),
            json!({"rule": {"pattern": "f($X)", "inside": {"kind": "source_file", "stopBy": "end", "regex": "x"}}}),
            json!({"rule": {"pattern": "f($X)", "not": {"inside": {"kind": "source_file", "stopBy": "end", "any": [{"regex": "x"}, {"has": {"regex": "y"}}]}}}}),
            json!({"rule": {"kind": "function_declaration", "follows": {"kind": "comment"}}}),
            json!({"rule": {"pattern": "f($X)", "inside": {"kind": "method_declaration", "stopBy": "end", "precedes": {"kind": "method_declaration", "stopBy": "end"}}}}),
            json!({"rule": {"any": [{"pattern": "f($X)"}, {"kind": "var_declaration", "nthChild": 1}]}}),
        ] {
            assert!(!is_local(Language::Go, rule.clone()), "{rule}");
        }
    }
}

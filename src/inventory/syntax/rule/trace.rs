//! What a match of a rule leaves in a text: its expressions, held against the text before it is parsed.
//!
//! A rule that asks for a node with a text that an expression matches can match only where the expression does, its anchors left out:
//! the node's text is a part of the whole. Parsing costs a hundred times as much as searching, so a rule whose expressions are nowhere is
//! not asked further. When in doubt a rule may match: `not`, patterns and kinds say nothing here (their words are literals, which
//! `literals` knows). To use a new part of a rule: say in `may` what it requires.

use super::super::tree::NodeId;
use super::text::{Automata, Known};
use super::{CodeRule, MAX_NESTING, Part, Rule};

/// A text that is not parsed, or a part of one.
#[derive(Debug, Clone, Copy)]
pub struct Stretch<'t> {
    pub text: &'t str,
    /// The same in lower case.
    pub lower: &'t [u8],
    /// Which of the stretches of a file it is.
    pub number: NodeId,
}

/// What expressions say of the stretches of one file.
pub struct Traces<'a> {
    pub(super) automata: &'a Automata,
    pub(super) known: Known,
}

impl<'a> Traces<'a> {
    /// Of a file of which nothing is known yet.
    pub fn new(automata: &'a Automata) -> Traces<'a> {
        Traces { automata, known: Known::default() }
    }

    /// Can the rule match in this stretch? `builds`: may expressions be built for this, or are only their words looked for?
    pub fn admit(&self, rule: &CodeRule, stretch: Stretch<'_>, builds: bool) -> bool {
        self.may(rule, &rule.root, stretch, builds, 0)
    }

    fn may(&self, whole: &CodeRule, rule: &Rule, stretch: Stretch<'_>, builds: bool, depth: usize) -> bool {
        let may = |rule: &Rule| self.may(whole, rule, stretch, builds, depth + 1);
        depth > MAX_NESTING
            || rule.parts.iter().all(|part| match part {
                Part::Regex(test) => test.may_occur(stretch, self, builds),
                Part::All(rules) => rules.iter().all(may),
                Part::Any(rules) => rules.iter().any(may),
                Part::Matches(util) => whole.utils.get(*util).is_none_or(may),
                Part::Inside(relation) | Part::Has(relation) | Part::Precedes(relation) | Part::Follows(relation) => {
                    may(&relation.rule)
                }
                Part::Kind(_) | Part::Pattern(_) | Part::NthChild { .. } | Part::Not(_) => true,
            })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::oracle;
    use super::*;
    use crate::model::language::Language;

    fn admits(rule: serde_json::Value, text: &str) -> bool {
        let rule = CodeRule::compile(Language::Go, &oracle::source(&rule)).expect("a rule");
        let (automata, lower) = (Automata::default(), text.to_ascii_lowercase());
        Traces::new(&automata).admit(&rule, Stretch { text, lower: lower.as_bytes(), number: 0 }, true)
    }

    #[test]
    fn a_rule_is_refused_where_one_of_its_expressions_is_nowhere() {
        let condition =
            json!({"rule": {"kind": "if_statement", "has": {"field": "condition", "regex": r"^len\([^)]*key[^)]*\)\s*<\s*32$"}}});
        assert!(admits(condition.clone(), "if len(key) < 32 {}"));
        assert!(!admits(condition.clone(), "if len(name) < 32 { key() }"));
        assert!(!admits(condition, "if len(key) < 3 {}"));
        let words = json!({"rule": {"kind": "identifier", "regex": "(?i)^(abc|Def)$"}});
        assert!(admits(words.clone(), "x.dEF") && admits(words.clone(), "abc") && !admits(words, "ab c"));
    }

    #[test]
    fn rules_are_joined_as_they_say() {
        let any = json!({"rule": {"any": [{"regex": "^a+b"}, {"matches": "u"}], "inside": {"regex": "x{2}", "stopBy": "end"}}, "utils": {"u": {"all": [{"regex": "c+d"}, {"regex": "e+f"}]}}});
        for (text, admitted) in [("xx ab", true), ("ab", false), ("xx cd", false), ("xx cd ef", true), ("xx", false)] {
            assert_eq!(admits(any.clone(), text), admitted, "{text}");
        }
    }

    #[test]
    fn what_need_not_be_there_refuses_nothing() {
        for rule in [
            json!({"rule": {"kind": "identifier", "not": {"regex": "a+b"}}}),
            json!({"rule": {"pattern": "f($X)"}}),
            json!({"rule": {"any": [{"regex": "a+b"}, {"kind": "identifier"}]}}),
            json!({"rule": {"regex": r"^\b$|^(?-u:\B)a*\z"}}),
        ] {
            assert!(admits(rule.clone(), "z"), "{rule}");
        }
    }
}

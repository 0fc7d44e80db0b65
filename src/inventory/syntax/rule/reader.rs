//! Reads a rule as it is written, and refuses what it does not know.
//!
//! To allow a new key: add it to the list it belongs to (`RULE_KEYS`, `RELATION_KEYS`, …) and read it in `Reader::part`.

use std::sync::OnceLock;

use ast_grep_core::Language as _;

use super::super::grammar::Grammar;
use super::text::TextTest;
use super::{LazyPattern, MAX_NESTING, Part, Relation, Rule, RuleError, Stop};
use crate::model::code::CodeSource;
use crate::model::language::Language;
use crate::model::node::{Node, Span, Value};

const RULE_KEYS: &[&str] =
    &["pattern", "kind", "regex", "nthChild", "inside", "has", "precedes", "follows", "all", "any", "not", "matches"];
const RELATION_KEYS: &[&str] = &["stopBy", "field"];
const PATTERN_KEYS: &[&str] = &["context", "selector"];
const NTH_CHILD_KEYS: &[&str] = &["position", "ofRule", "reverse"];

/// Reads a written rule and refuses what it does not know.
pub(super) struct Reader<'s> {
    pub(super) language: Language,
    pub(super) source: &'s CodeSource,
}

impl Reader<'_> {
    /// Reads a rule, nested so deep.
    ///
    /// # Errors
    /// The first thing in it that is no rule.
    pub(super) fn rule(&self, rule: &Node, depth: usize) -> Result<Rule, RuleError> {
        self.rule_with(rule, depth, &[RULE_KEYS])
    }

    fn rule_with(&self, rule: &Node, depth: usize, keys: &[&[&str]]) -> Result<Rule, RuleError> {
        if depth > MAX_NESTING {
            return Err(error(rule, format!("rules are nested more than {MAX_NESTING} deep")));
        }
        known_keys(rule, "a rule", keys)?;
        // Most rules are one part, and there are many of them.
        let mut parts = Vec::with_capacity(rule.entries().len());
        for key in ORDER {
            if let Some(value) = rule.get(key) {
                parts.push(self.part(key, value, depth)?);
            }
        }
        if parts.is_empty() {
            return Err(error(rule, "the rule is empty"));
        }
        Ok(Rule { parts, kinds: OnceLock::new() })
    }

    fn part(&self, key: &str, value: &Node, depth: usize) -> Result<Part, RuleError> {
        let relation = || self.relation(value, depth).map(Box::new);
        Ok(match key {
            "kind" => Part::Kind(self.kind(value)?),
            "pattern" => Part::Pattern(Box::new(self.pattern(value)?)),
            "regex" => Part::Regex(Box::new(TextTest::new(string(value, "regex")?, value.span))),
            "nthChild" => self.nth_child(value, depth)?,
            "all" => Part::All(self.rules(value, depth)?),
            "any" => Part::Any(self.rules(value, depth)?),
            "not" => Part::Not(Box::new(self.rule(value, depth + 1)?)),
            "matches" => Part::Matches(self.util(string(value, "matches")?, value.span)?),
            "inside" => Part::Inside(relation()?),
            "has" => Part::Has(relation()?),
            "precedes" => Part::Precedes(relation()?),
            _ => Part::Follows(relation()?),
        })
    }

    fn kind(&self, value: &Node) -> Result<u16, RuleError> {
        let kind = string(value, "kind")?;
        match Grammar(self.language).kind_to_id(kind) {
            0 => Err(error(value, format!("`{kind}` is no node kind of {}", self.language))),
            id => Ok(id),
        }
    }

    fn pattern(&self, value: &Node) -> Result<LazyPattern, RuleError> {
        let (text, selector) = match &value.value {
            Value::Object(_) => {
                known_keys(value, "a pattern", &[PATTERN_KEYS])?;
                let context = value.get("context").ok_or_else(|| error(value, "a pattern needs `context`"))?;
                let selector = value.get("selector").map(|selector| string(selector, "selector")).transpose()?;
                (string(context, "context")?, selector)
            }
            _ => (string(value, "pattern")?, None),
        };
        Ok(LazyPattern { span: value.span, text: text.into(), selector: selector.map(Into::into), compiled: OnceLock::new() })
    }

    fn rules(&self, rules: &Node, depth: usize) -> Result<Vec<Rule>, RuleError> {
        if !matches!(rules.value, Value::Array(_)) || rules.items().is_empty() {
            return Err(error(rules, "expected a list of rules that is not empty"));
        }
        rules.items().iter().map(|rule| self.rule(rule, depth + 1)).collect()
    }

    fn relation(&self, value: &Node, depth: usize) -> Result<Relation, RuleError> {
        let rule = self.rule_with(value, depth + 1, &[RULE_KEYS, RELATION_KEYS])?;
        let stop = match value.get("stopBy") {
            None => Stop::Neighbor,
            Some(stop) => match stop.as_str() {
                Some("neighbor") => Stop::Neighbor,
                Some("end") => Stop::End,
                Some(other) => return Err(error(stop, format!("`stopBy` is neighbor, end or a rule, not `{other}`"))),
                None => Stop::At(self.rule(stop, depth + 1)?),
            },
        };
        let field = value.get("field").map(|field| {
            let name = string(field, "field")?;
            let id = Grammar(self.language).field_to_id(name);
            id.ok_or_else(|| error(field, format!("`{name}` is no field of {}", self.language)))
        });
        Ok(Relation { rule, stop, field: field.transpose()? })
    }

    fn nth_child(&self, value: &Node, depth: usize) -> Result<Part, RuleError> {
        let number = |node: &Node| match node.value {
            Value::Int(number) if number > 0 => Ok(number as usize),
            _ => Err(error(node, "`nthChild` is a position, counted from 1")),
        };
        if !matches!(value.value, Value::Object(_)) {
            return Ok(Part::NthChild { position: number(value)?, of: None, reverse: false });
        }
        known_keys(value, "`nthChild`", &[NTH_CHILD_KEYS])?;
        let position = number(value.get("position").ok_or_else(|| error(value, "`nthChild` needs `position`"))?)?;
        let of = value.get("ofRule").map(|rule| self.rule(rule, depth + 1)).transpose()?.map(Box::new);
        let reverse = value.get("reverse").is_some_and(|node| node.value == Value::Bool(true));
        Ok(Part::NthChild { position, of, reverse })
    }

    /// The place of a utility among those of the rule.
    ///
    /// # Errors
    /// There is none of that name.
    pub(super) fn util(&self, name: &str, span: Span) -> Result<usize, RuleError> {
        let found = self.source.utils.iter().position(|(known, _)| &**known == name);
        found.ok_or_else(|| RuleError { span, message: format!("the utility `{name}` is not defined") })
    }
}

/// What costs nothing and binds nothing first, then as ast-grep orders them.
const ORDER: [&str; 12] =
    ["kind", "pattern", "regex", "nthChild", "all", "any", "not", "matches", "inside", "has", "precedes", "follows"];

fn error(node: &Node, message: impl Into<String>) -> RuleError {
    RuleError { span: node.span, message: message.into() }
}

fn string<'v>(value: &'v Node, what: &str) -> Result<&'v str, RuleError> {
    value.as_str().ok_or_else(|| error(value, format!("`{what}` must be a text")))
}

fn known_keys(written: &Node, what: &str, allowed: &[&[&str]]) -> Result<(), RuleError> {
    if !matches!(written.value, Value::Object(_)) {
        return Err(error(written, format!("{what} must be a mapping")));
    }
    for (index, entry) in written.entries().iter().enumerate() {
        if !allowed.iter().any(|keys| keys.contains(&&*entry.key)) {
            let message = format!("unknown key `{}` in {what}; known are {}", entry.key, allowed.concat().join(", "));
            return Err(RuleError { span: entry.key_span, message });
        }
        if written.entries()[..index].iter().any(|earlier| earlier.key == entry.key) {
            return Err(RuleError { span: entry.key_span, message: format!("`{}` stands twice in {what}", entry.key) });
        }
    }
    Ok(())
}

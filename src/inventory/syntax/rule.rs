//! A code rule: ast-grep's rule language, compiled for one language.
//!
//! The source is `{rule: …, constraints?: …, utils?: …}` in ast-grep's own words. Everything in it is checked before ast-grep
//! sees it, because ast-grep ignores an unknown key below `has` and `inside`, and accepts a pattern that cannot match.
//!
//! To allow a new key of ast-grep's: add it to the list it belongs to (`RULE_KEYS`, `RELATION_KEYS`, …) and, if it holds rules, to
//! `Checker::rule`; then say in `literals` what it requires of a text.

use ast_grep_config::{DeserializeEnv, RuleCore, SerializableRuleCore};
use ast_grep_core::Matcher;
use serde_json::{Map, Value};

use super::grammar::Grammar;
use super::pattern::{Resolved, check_contextual, resolve, variants};
use crate::model::language::Language;

const SOURCE_KEYS: &[&str] = &["rule", "constraints", "utils"];
const RULE_KEYS: &[&str] =
    &["pattern", "kind", "regex", "nthChild", "range", "inside", "has", "precedes", "follows", "all", "any", "not", "matches"];
const RELATION_KEYS: &[&str] = &["stopBy", "field"];
const PATTERN_KEYS: &[&str] = &["context", "selector", "strictness"];
const NTH_CHILD_KEYS: &[&str] = &["position", "ofRule", "reverse"];

/// How deeply rules may be nested in a rule.
const MAX_NESTING: usize = 48;

/// A compiled rule. Compiling costs tens of microseconds per pattern: compile when a file is about to be parsed, not before.
pub struct CodeRule {
    pub(super) language: Language,
    pub(super) core: RuleCore,
    /// The node kinds the rule can match at, ascending; none if any.
    pub(super) kinds: Option<Vec<u16>>,
}

impl CodeRule {
    /// Compiles `{rule, constraints?, utils?}`. The error says what is wrong and where, as a dotted path.
    pub fn compile(language: Language, source: &Value) -> Result<CodeRule, String> {
        let source = Checker { language }.source(source)?;
        let written: SerializableRuleCore = serde_json::from_value(source).map_err(|e| e.to_string())?;
        let core = written.get_matcher(DeserializeEnv::new(Grammar(language))).map_err(|e| chain(&e))?;
        let kinds = core.potential_kinds().map(|kinds| kinds.iter().filter_map(|k| u16::try_from(k).ok()).collect());
        Ok(CodeRule { language, core, kinds })
    }

    /// The language the rule is for.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Can the rule match at every kind of node? Such a rule is tried at each node of a file.
    pub fn is_unselective(&self) -> bool {
        self.kinds.is_none()
    }
}

impl std::fmt::Debug for CodeRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CodeRule").field("language", &self.language).field("kinds", &self.kinds).finish_non_exhaustive()
    }
}

/// An error with its causes, joined: ast-grep's outer messages do not say what is wrong.
fn chain(error: &dyn std::error::Error) -> String {
    let mut parts = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        parts.push(cause.to_string());
        source = cause.source();
    }
    parts.iter().map(|part| part.trim_end_matches('.')).collect::<Vec<_>>().join(": ")
}

/// Walks a written rule, refuses what it does not know, and puts bare patterns into their contexts.
struct Checker {
    language: Language,
}

impl Checker {
    fn source(&self, source: &Value) -> Result<Value, String> {
        let written = object(source, "a code rule")?;
        known_keys(written, &[SOURCE_KEYS], "")?;
        let rule = written.get("rule").ok_or("`rule` is missing: the rule goes under it")?;
        let mut out = Map::new();
        out.insert("rule".to_string(), self.rule(rule, "rule", 0)?);
        for section in ["constraints", "utils"] {
            if let Some(rules) = written.get(section) {
                out.insert(section.to_string(), self.named_rules(rules, section)?);
            }
        }
        Ok(Value::Object(out))
    }

    fn named_rules(&self, rules: &Value, section: &str) -> Result<Value, String> {
        let mut out = Map::new();
        for (name, rule) in object(rules, section)? {
            if name.starts_with('$') {
                return Err(format!("{section}.{name}: write the name without `$`"));
            }
            out.insert(name.clone(), self.rule(rule, &format!("{section}.{name}"), 0)?);
        }
        Ok(Value::Object(out))
    }

    fn rule(&self, rule: &Value, path: &str, depth: usize) -> Result<Value, String> {
        self.rule_with(rule, path, depth, &[RULE_KEYS])
    }

    fn rule_with(&self, rule: &Value, path: &str, depth: usize, keys: &[&[&str]]) -> Result<Value, String> {
        if depth > MAX_NESTING {
            return Err(format!("{path}: rules are nested more than {MAX_NESTING} deep"));
        }
        let written = object(rule, path)?;
        known_keys(written, keys, path)?;
        if written.is_empty() {
            return Err(format!("{path}: the rule is empty"));
        }
        let mut out = Map::new();
        let mut also = None;
        for (key, value) in written {
            let at = format!("{path}.{key}");
            let value = match key.as_str() {
                "pattern" => match self.patterns(value, &at)? {
                    (only, None) => only,
                    (_, any) => {
                        also = any;
                        continue;
                    }
                },
                "kind" | "regex" | "field" => Value::String(string(value, &at)?.to_string()),
                "not" => self.rule(value, &at, depth + 1)?,
                "has" | "inside" | "precedes" | "follows" => {
                    self.rule_with(value, &at, depth + 1, &[RULE_KEYS, RELATION_KEYS])?
                }
                "stopBy" if value.is_object() => self.rule(value, &at, depth + 1)?,
                "all" | "any" => self.rules(value, &at, depth + 1)?,
                "nthChild" if value.is_object() => self.nth_child(value, &at, depth + 1)?,
                "matches" => Value::String(string(value, &at)?.to_string()),
                _ => value.clone(),
            };
            out.insert(key.clone(), value);
        }
        if let Some(any) = also {
            // Beside whatever `all` there is; the order of conditions is ast-grep's.
            if let Value::Array(all) = out.entry("all").or_insert_with(|| Value::Array(Vec::new())) {
                all.insert(0, any);
            }
        }
        Ok(Value::Object(out))
    }

    /// A pattern, or `{any: [{pattern}, …]}` if it has variants.
    fn patterns(&self, value: &Value, path: &str) -> Result<(Value, Option<Value>), String> {
        let first = self.pattern(value, path)?;
        let text = value.as_str().or_else(|| value.get("context").and_then(Value::as_str)).unwrap_or_default();
        let mut branches = vec![serde_json::json!({ "pattern": first.clone() })];
        for variant in variants(text).into_iter().skip(1) {
            let mut other = value.clone();
            match other.get_mut("context") {
                Some(context) => *context = Value::String(variant),
                None => other = Value::String(variant),
            }
            // A variant that is no code of its own is no variant.
            branches.extend(self.pattern(&other, path).ok().map(|pattern| serde_json::json!({ "pattern": pattern })));
        }
        let any = (branches.len() > 1).then(|| serde_json::json!({ "any": branches }));
        Ok((first, any))
    }

    fn rules(&self, rules: &Value, path: &str, depth: usize) -> Result<Value, String> {
        let list = rules.as_array().ok_or_else(|| format!("{path}: expected a list of rules"))?;
        if list.is_empty() {
            return Err(format!("{path}: the list is empty"));
        }
        let checked = list.iter().enumerate().map(|(i, rule)| self.rule(rule, &format!("{path}[{i}]"), depth));
        Ok(Value::Array(checked.collect::<Result<_, _>>()?))
    }

    fn nth_child(&self, value: &Value, path: &str, depth: usize) -> Result<Value, String> {
        let mut written = object(value, path)?.clone();
        known_keys(&written, &[NTH_CHILD_KEYS], path)?;
        if let Some(rule) = written.get("ofRule") {
            let checked = self.rule(rule, &format!("{path}.ofRule"), depth)?;
            written.insert("ofRule".to_string(), checked);
        }
        Ok(Value::Object(written))
    }

    fn pattern(&self, value: &Value, path: &str) -> Result<Value, String> {
        let at = |message: String| format!("{path}: {message}");
        if let Some(text) = value.as_str() {
            return Ok(match resolve(self.language, text).map_err(at)? {
                Resolved::Bare => Value::String(text.trim().to_string()),
                Resolved::Within { context, selector } => {
                    serde_json::json!({ "context": context, "selector": selector })
                }
            });
        }
        let mut written = object(value, path)?.clone();
        known_keys(&written, &[PATTERN_KEYS], path)?;
        let context = written.get("context").ok_or_else(|| format!("{path}: `context` is missing"))?;
        let context = string(context, &format!("{path}.context"))?.to_string();
        match written.get("selector") {
            Some(selector) => {
                let selector = string(selector, &format!("{path}.selector"))?;
                check_contextual(self.language, &context, selector).map_err(at)?;
            }
            None => {
                if let Resolved::Within { context, selector } = resolve(self.language, &context).map_err(at)? {
                    written.insert("context".to_string(), Value::String(context));
                    written.insert("selector".to_string(), Value::String(selector));
                }
            }
        }
        Ok(Value::Object(written))
    }
}

fn object<'v>(value: &'v Value, path: &str) -> Result<&'v Map<String, Value>, String> {
    value.as_object().ok_or_else(|| format!("{path}: expected a mapping"))
}

fn string<'v>(value: &'v Value, path: &str) -> Result<&'v str, String> {
    value.as_str().ok_or_else(|| format!("{path}: expected a text"))
}

fn known_keys(written: &Map<String, Value>, allowed: &[&[&str]], path: &str) -> Result<(), String> {
    for key in written.keys() {
        if !allowed.iter().any(|keys| keys.contains(&key.as_str())) {
            let place = if path.is_empty() { String::new() } else { format!("{path}: ") };
            return Err(format!("{place}unknown key `{key}`; known are {}", allowed.concat().join(", ")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(source: Value) -> String {
        CodeRule::compile(Language::Python, &source).map(|_| ()).expect_err("compiled")
    }

    #[test]
    fn errors_name_the_place_and_the_cause() {
        for (source, parts) in [
            (json!([]), &["a code rule", "mapping"][..]),
            (json!({"pattern": "x"}), &["unknown key `pattern`", "rule"]),
            (json!({"constraints": {}}), &["`rule` is missing"]),
            (json!({"rule": {}}), &["rule: ", "empty"]),
            (json!({"rule": {"patern": "x"}}), &["rule: ", "`patern`", "pattern"]),
            (json!({"rule": {"has": {"kind": "call", "stopby": "end"}}}), &["rule.has", "`stopby`", "stopBy"]),
            (json!({"rule": {"any": [{"kind": "call"}, {"inside": {"foo": 1}}]}}), &["rule.any[1].inside", "`foo`"]),
            (json!({"rule": {"any": []}}), &["rule.any", "empty"]),
            (json!({"rule": {"has": {"kind": "call", "stopBy": "ende"}}}), &["ende"]),
            (json!({"rule": {"kind": "no_such_kind"}}), &["no_such_kind"]),
            (json!({"rule": {"regex": "("}}), &["regex"]),
            (json!({"rule": {"pattern": "def ("}}), &["rule.pattern", "def (", "python"]),
            (json!({"rule": {"pattern": {"context": "f(x)"  , "selector": "nope"}}}), &["rule.pattern", "nope"]),
            (json!({"rule": {"pattern": {"selector": "call"}}}), &["rule.pattern", "`context`"]),
            (json!({"rule": {"pattern": "f($X)"}, "constraints": {"Y": {"regex": "a"}}}), &["Y", "constraints"]),
            (json!({"rule": {"pattern": "f($X)"}, "constraints": {"$X": {"regex": "a"}}}), &["constraints.$X", "without `$`"]),
            (json!({"rule": {"matches": "u"}}), &["u", "not defined"]),
            (json!({"rule": {"matches": "u"}, "utils": {"u": {"matches": "u"}}}), &["u", "cycl"]),
            (json!({"rule": {"not": null}}), &["rule.not", "mapping"]),
            (json!({"rule": {"kind": 3}}), &["rule.kind", "text"]),
            (json!({"rule": {"nthChild": {"position": 1, "of": {}}}}), &["rule.nthChild", "`of`"]),
        ] {
            let error = error(source.clone());
            for part in parts {
                assert!(error.to_lowercase().contains(&part.to_lowercase()), "{source}: {error:?} lacks {part:?}");
            }
        }
    }

    #[test]
    fn rules_nested_without_end_are_refused() {
        let mut rule = json!({"kind": "call"});
        for _ in 0..1_000 {
            rule = json!({"has": rule});
        }
        assert!(error(json!({"rule": rule})).contains("nested"));
    }

    #[test]
    fn every_word_of_a_rule_compiles() {
        let rule = CodeRule::compile(
            Language::Python,
            &json!({
                "rule": {
                    "all": [{"pattern": "$F($$$)"}, {"matches": "call"}],
                    "any": [{"kind": "call"}, {"kind": "call > identifier"}],
                    "not": {"regex": "^print"},
                    "has": {"field": "function", "regex": "^app"},
                    "inside": {"kind": "module", "stopBy": "end"},
                    "nthChild": {"position": 1, "ofRule": {"kind": "call"}, "reverse": true},
                },
                "constraints": {"F": {"kind": "attribute"}},
                "utils": {"call": {"kind": "call"}},
            }),
        );
        let rule = rule.unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(rule.language(), Language::Python);
        assert!(!rule.is_unselective());
    }
}

//! For tests: rules from JSON, and what ast-grep itself finds with a rule.

use ast_grep_config::{DeserializeEnv, RuleCore, SerializableRuleCore};

use ast_grep_core::Matcher as _;
use ast_grep_core::matcher::MatcherExt as _;
use ast_grep_core::tree_sitter::LanguageExt as _;
use serde_json::{Map, Value as Json, json};

use super::*;
use crate::inventory::syntax::grammar::Grammar;
use crate::inventory::syntax::mask::php_code;
use crate::model::node::{Node, Value};

/// A rule from `{rule, constraints?, utils?}`.
pub(crate) fn source(written: &Json) -> CodeSource {
    let named = |key: &str| written.get(key).and_then(Json::as_object).into_iter().flatten();
    CodeSource {
        rule: Arc::new(written.get("rule").map(node).unwrap_or_default()),
        constraints: named("constraints").map(|(name, rule)| (name.as_str().into(), Arc::new(node(rule)))).collect(),
        utils: named("utils").map(|(name, rule)| (name.as_str().into(), Arc::new(node(rule)))).collect(),
        gate: None,
        cite: None,
    }
}

fn node(json: &Json) -> Node {
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::Int(number.as_i64().unwrap()),
        Json::String(text) => Value::String(text.as_str().into()),
        Json::Array(items) => Value::Array(items.iter().map(node).collect()),
        Json::Object(members) => Value::Object(
            members
                .iter()
                .map(|(key, value)| crate::model::node::Entry::new(key.as_str(), Span::default(), node(value)))
                .collect(),
        ),
    };
    Node::new(value, Span::default())
}

/// The rule as ast-grep compiles it.
pub(crate) fn compile(language: Language, source: &CodeSource) -> RuleCore {
    let named = |rules: Vec<(&Arc<str>, &Node)>| -> Map<String, Json> {
        rules.into_iter().map(|(name, rule)| (name.to_string(), written(language, rule))).collect()
    };
    let mut rule = written(language, source.rule());
    if let Some(gate) = &source.gate {
        let inside = json!({"any": [{"matches": &**gate}, {"inside": {"matches": &**gate, "stopBy": "end"}}]});
        rule = json!({"all": [rule, {"not": inside}]});
    }
    let core = json!({
        "rule": rule,
        "constraints": named(source.constraints.iter().map(|(name, rule)| (name, &**rule)).collect()),
        "utils": named(source.utils.iter().map(|(name, rule)| (name, &**rule)).collect()),
    });
    let core: SerializableRuleCore = serde_json::from_value(core).unwrap();
    core.get_matcher(DeserializeEnv::new(Grammar(language))).unwrap()
}

/// The places that ast-grep finds, in the order of a walk.
pub(crate) fn places(language: Language, text: &str, core: &RuleCore) -> Vec<(usize, usize)> {
    let text = if language == Language::Php { php_code(text) } else { text.to_owned() };
    let root = Grammar(language).ast_grep(&text);
    let kinds = core.potential_kinds();
    let wanted = |kind: u16| kinds.as_ref().is_none_or(|kinds| kinds.contains(usize::from(kind)));
    let nodes = root.root();
    let found = nodes.dfs().filter(|node| wanted(node.kind_id())).filter_map(|node| core.match_node(node));
    let mut places: Vec<_> = found.map(|node| (node.range().start, node.range().end)).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// The rule in ast-grep's words: patterns in their contexts, and an `any` where a pattern has variants.
fn written(language: Language, rule: &Node) -> Json {
    match &rule.value {
        Value::Array(items) => items.iter().map(|item| written(language, item)).collect(),
        Value::Object(entries) => {
            let mut out = Map::new();
            for entry in entries {
                if &*entry.key == "pattern" {
                    let selector = entry.value.get("selector").and_then(Node::as_str);
                    let text = entry.value.get("context").unwrap_or(&entry.value).as_str().unwrap();
                    let mut readings = pattern::readings(language, text, selector).into_iter();
                    let first = json!({"pattern": readings.next().unwrap()});
                    let others: Vec<Json> = readings.map(|reading| json!({"pattern": reading})).collect();
                    let any: Vec<Json> = std::iter::once(first).chain(others).collect();
                    let all = out.entry("all").or_insert_with(|| json!([]));
                    all.as_array_mut().unwrap().insert(0, json!({"any": any}));
                } else if &*entry.key == "all" {
                    let all = out.entry("all").or_insert_with(|| json!([]));
                    let more = written(language, &entry.value);
                    all.as_array_mut().unwrap().extend(more.as_array().unwrap().iter().cloned());
                } else if &*entry.key == "regex" {
                    out.insert("regex".to_owned(), entry.value.as_str().unwrap().into());
                } else {
                    out.insert(entry.key.to_string(), written(language, &entry.value));
                }
            }
            Json::Object(out)
        }
        Value::String(text) | Value::Templated(text) => (&**text).into(),
        Value::Int(number) => (*number).into(),
        Value::Bool(value) => (*value).into(),
        Value::Float(_) | Value::Null => Json::Null,
        Value::Sealed(_) => written(language, rule.opened()),
    }
}

//! `code`: an ast-grep rule over source code, comments and strings understood.
//!
//! Hits inside a development-only branch (`if DEBUG:`) are dropped unless `gated: keep`; what such a branch looks like is data,
//! the utility rule `dev-gate` of the language in `checks/utils`.

use serde_json::{Map as Json, Value, json};

use crate::inventory::syntax::CodeRule;
use crate::model::language::Language;
use crate::model::needs::Look;
use crate::model::node::Node;
use crate::model::terms::vocabulary;

use super::params::{Map, to_json};
use super::shared::{self, EXCLUDE_DOC, NeedProbe, PATH_DOC, ROLES_DOC};
use super::{Loading, Probe, ProbeKind, Utils};

/// The `code` probe kind.
pub static KIND: ProbeKind = ProbeKind {
    name: "code",
    summary: "an ast-grep rule over source code",
    keys: &[
        ("language", "languages of the files; `node` and `jvm` are families"),
        ("rule", "an ast-grep rule: pattern, kind, regex, has, inside, follows, precedes, all, any, not, matches, …"),
        ("constraints", "ast-grep constraints on metavariables"),
        ("utils", "ast-grep utility rules, besides those of checks/utils"),
        ("imports", "the file must import one of these modules"),
        ("capture", "metavariables to keep, for `join`"),
        ("gated", "drop (default): hits inside a development-only branch do not count; keep: they do"),
        PATH_DOC,
        EXCLUDE_DOC,
        ROLES_DOC,
    ],
    parse,
};

vocabulary! {
    /// What becomes of hits inside a development-only branch.
    Gated { Drop = "drop", Keep = "keep" }
}

fn parse(node: &Node, loading: &mut Loading<'_>) -> Option<Box<dyn Probe>> {
    let before = loading.problems.len();
    let map = Map::new(node, "`code`", loading.problems);
    let mut selector = shared::selector(&map);
    let languages = shared::languages(&map);
    let mut source = Json::new();
    for key in ["rule", "constraints", "utils"] {
        if let Some(node) = map.get(key) {
            source.insert(key.to_owned(), to_json(node));
        }
    }
    let capture = map.texts("capture");
    let imports = map.texts("imports");
    let gated = map.word("gated", Some(Gated::Drop));
    if languages.is_empty() {
        map.note("`code` needs `language`");
    }
    if !source.contains_key("rule") {
        map.note("`code` needs `rule`");
    }
    map.finish();
    if loading.problems.len() > before {
        return None;
    }
    let mut needs = Vec::new();
    for language in &languages {
        let whole = complete(*language, source.clone(), loading.utils, gated == Some(Gated::Drop));
        if loading.verify
            && let Err(error) = CodeRule::compile(*language, &whole)
        {
            map.note_at("rule", format!("the rule does not compile for {language}: {error}"));
        }
        selector.languages = vec![*language];
        let look =
            Look::Code { language: *language, source: whole.to_string(), imports: imports.clone(), capture: capture.clone() };
        needs.push(loading.needs.add(selector.clone(), look));
    }
    if loading.problems.len() > before {
        return None;
    }
    Some(Box::new(NeedProbe { needs }))
}

/// The rule with the shared utilities it names, and outside of development-only branches.
fn complete(language: Language, mut source: Json<String, Value>, shared: &Utils, outside_gates: bool) -> Value {
    let empty = Json::new();
    let shared = shared.get(language.as_str()).unwrap_or(&empty);
    if outside_gates && shared.contains_key("dev-gate") {
        let rule = source.remove("rule").unwrap_or(Value::Null);
        let gate = json!({"any": [{"matches": "dev-gate"}, {"inside": {"matches": "dev-gate", "stopBy": "end"}}]});
        source.insert("rule".to_owned(), json!({"all": [rule, {"not": gate}]}));
    }
    let mut utils = source.remove("utils").and_then(|utils| utils.as_object().cloned()).unwrap_or_default();
    let mut wanted = Vec::new();
    names_in(&Value::Object(source.clone()), &mut wanted);
    utils.values().for_each(|rule| names_in(rule, &mut wanted));
    while let Some(name) = wanted.pop() {
        if let Some(rule) = shared.get(&name)
            && !utils.contains_key(&name)
        {
            names_in(rule, &mut wanted);
            utils.insert(name, rule.clone());
        }
    }
    if !utils.is_empty() {
        source.insert("utils".to_owned(), Value::Object(utils));
    }
    Value::Object(source)
}

/// Every name that a `matches:` below refers to.
fn names_in(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(name) if key == "matches" => names.push(name.clone()),
                    _ => names_in(value, names),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names_in(item, names)),
        _ => {}
    }
}

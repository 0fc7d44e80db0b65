//! `readyctl checks schema`: the JSON Schema of check files, for editors.
//!
//! Built from the same statics that the loader reads: the vocabularies and the probe kinds.

use serde_json::{Map, Value, json};

use crate::checks::expression::AROUND_ONE;
use crate::model::live::facts::{OF_CAPTURE, OF_RUN};
use crate::model::live::{Base, Class, LiveVerdict, Method, Shape};
use crate::model::terms::{Absent, Confidence, Effort, Priority, Scope, Stage, Status, Strength, Word};
use crate::probes::KINDS;

use super::error::{Exit, Failure};
use super::output::print;

/// Prints the schema.
///
/// # Errors
/// When it cannot be written.
pub(super) fn run() -> Result<Exit, Failure> {
    let text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    print(format!("{text}\n").as_bytes())?;
    Ok(Exit::Met)
}

fn schema() -> Value {
    let words = |words: Vec<&'static str>| json!({ "enum": words });
    let texts = json!({ "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "readyctl check",
        "type": "object",
        "additionalProperties": false,
        "required": ["title", "priority", "effort", "why", "fix", "absent", "tests"],
        "properties": {
            "title": { "type": "string" },
            "priority": words(Priority::words()),
            "effort": words(Effort::words()),
            "stage": words(Stage::words()),
            "scope": words(Scope::words()),
            "applies": texts,
            "why": { "type": "string" },
            "cannot-see": { "type": "string" },
            "fix": { "type": "object", "required": ["summary"], "additionalProperties": { "type": "string" } },
            "references": texts,
            "forbid": items(&[("confidence", words(Confidence::words())), ("few", json!({ "type": "integer" }))]),
            "look-alike": items(&[("confidence", words(Confidence::words()))]),
            "require": items(&[("strength", words(Strength::words()))]),
            "strength": words(Strength::words()),
            "absent": words(Absent::words()),
            "live": live(),
            "attest": {
                "type": "object",
                "additionalProperties": false,
                "required": ["statement"],
                "properties": { "statement": { "type": "string" }, "evidence": texts, "valid-days": { "type": "integer" } },
            },
            "tests": { "type": "array", "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["name", "expect"],
                "properties": {
                    "name": { "type": "string" },
                    "expect": words(Status::words()),
                    "live": { "type": "object", "description": "answers by request, `run`: facts of the run, or `dead`: why nothing answered" },
                    "history": { "type": "array" },
                    "files": { "type": "object", "additionalProperties": { "type": ["string", "null"] } },
                    "git": {},
                    "at": texts,
                },
            } },
        },
        "$defs": { "expression": { "type": "object", "properties": probes() }, "condition": condition() },
    })
}

/// The live part of a check.
fn live() -> Value {
    let words = |words: Vec<&'static str>| json!({ "enum": words });
    let condition = json!({ "$ref": "#/$defs/condition" });
    let decision = |own: Value| {
        let mut properties = Map::from_iter([
            ("verdict".to_owned(), words(LiveVerdict::words())),
            ("say".to_owned(), json!({ "type": "string", "description": "the observation; {{fact}} stands for a value" })),
        ]);
        let mut required = vec!["verdict", "say"];
        if own != Value::Null {
            properties.insert("if".to_owned(), own);
            required.push("if");
        }
        json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
    };
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["rules", "otherwise"],
        "properties": {
            "class": words(Class::words()),
            "sampled": { "type": "boolean" },
            "when": condition,
            "send": { "type": "array", "items": request() },
            "rules": { "type": "array", "items": decision(condition.clone()) },
            "otherwise": decision(Value::Null),
        },
    })
}

fn request() -> Value {
    let words = |words: Vec<&'static str>| json!({ "enum": words });
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["as"],
        "properties": {
            "as": { "type": "string", "pattern": "^[a-z][a-z0-9-]*$" },
            "method": words(Method::words()),
            "path": { "type": "string", "pattern": "^/" },
            "paths": { "type": "array", "items": { "type": "string", "pattern": "^/" } },
            "headers": { "type": "object", "additionalProperties": { "type": "string" } },
            "body": { "type": "string" },
            "base": words(Base::words()),
            "calibrate": words(Shape::words()),
            "follow": { "type": "boolean" },
            "auth": { "type": "boolean" },
            "times": { "type": "integer", "minimum": 1, "maximum": 30 },
        },
    })
}

/// A condition: the tree words, and every declared fact with or without the name of an answer.
fn condition() -> Value {
    let reference = json!({ "$ref": "#/$defs/condition" });
    let list = json!({ "type": "array", "items": reference, "minItems": 1 });
    let mut properties = Map::new();
    for (key, value) in [("all", &list), ("any", &list), ("not", &reference), ("where", &reference)] {
        properties.insert(key.to_owned(), value.clone());
    }
    for key in ["some", "each"] {
        properties.insert(key.to_owned(), json!({ "type": "string" }));
    }
    for fact in OF_CAPTURE.iter().chain(OF_RUN).filter(|fact| !fact.path.ends_with('*')) {
        properties.insert(fact.path.to_owned(), json!({ "description": fact.about }));
    }
    json!({ "type": "object", "properties": properties })
}

fn items(own: &[(&str, Value)]) -> Value {
    let mut properties = probes();
    properties.insert("say".to_owned(), json!({ "type": "string" }));
    properties.insert("when".to_owned(), json!({}));
    properties.extend(own.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    json!({ "type": "array", "items": {
        "type": "object", "additionalProperties": false, "required": ["say"], "properties": properties,
    } })
}

/// The keys of an expression: one for each probe kind, and the tree words.
fn probes() -> Map<String, Value> {
    let mut properties = Map::new();
    for kind in KINDS {
        let keys: Map<String, Value> =
            kind.keys.iter().map(|(key, meaning)| ((*key).to_owned(), json!({ "description": meaning }))).collect();
        properties.insert(kind.name.to_owned(), json!({ "description": kind.summary, "properties": keys }));
    }
    let expressions = json!({ "type": "array", "items": { "$ref": "#/$defs/expression" } });
    properties.insert("all".to_owned(), expressions.clone());
    properties.insert("any".to_owned(), expressions);
    for (word, _) in AROUND_ONE {
        properties.insert(word.to_owned(), json!({ "$ref": "#/$defs/expression" }));
    }
    properties.insert("within".to_owned(), json!({ "enum": ["component", "file"] }));
    properties.insert("join".to_owned(), json!({ "type": "string" }));
    properties
}

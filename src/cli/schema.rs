//! `readyctl checks schema`: the JSON Schema of check files, for editors.
//!
//! Built from the same statics that the loader reads: the vocabularies and the probe kinds.

use serde_json::{Map, Value, json};

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
            "forbid": items(&[("confidence", words(Confidence::words()))]),
            "look-alike": items(&[("confidence", words(Confidence::words()))]),
            "require": items(&[("strength", words(Strength::words()))]),
            "strength": words(Strength::words()),
            "absent": words(Absent::words()),
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
                    "files": { "type": "object", "additionalProperties": { "type": ["string", "null"] } },
                    "git": {},
                    "at": texts,
                },
            } },
        },
        "$defs": { "expression": { "type": "object", "properties": probes() } },
    })
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
    properties.insert("not".to_owned(), json!({ "$ref": "#/$defs/expression" }));
    properties.insert("within".to_owned(), json!({ "enum": ["component", "file"] }));
    properties.insert("join".to_owned(), json!({ "type": "string" }));
    properties
}

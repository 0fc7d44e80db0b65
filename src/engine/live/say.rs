//! Observations: `{{fact}}` replaced by what was seen, short enough for a line.

use crate::model::live::facts;
use crate::model::live::{FactPath, Facts, LiveSpec, Value};
use crate::model::redact::redact;

use super::truth::Received;

/// Characters of one value.
const MAX_VALUE: usize = 120;
/// Entries of one list.
const MAX_ENTRIES: usize = 5;

/// The sentence of a decision. `row` are the fields of the row that decided.
pub fn filled(say: &str, spec: &LiveSpec, received: &Received<'_>, row: Option<&Facts>) -> String {
    let mut out = String::new();
    let mut rest = say;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((name, after)) = behind.split_once("}}") else { break };
        out.push_str(before);
        let name = name.trim();
        let value = row.and_then(|row| row.get(name)).or_else(|| received.value(&path(name, spec)));
        out.push_str(&value.map_or_else(|| "none".to_owned(), text));
        rest = after;
    }
    out.push_str(rest);
    redact(&out)
}

/// A path as a check writes it, without braces: what is random is `RANDOM`, as a dry run shows it.
pub fn named(path: &str) -> String {
    path.replace("{{foreign}}", "https://RANDOM.invalid").replace("{{random}}", "RANDOM").replace("{{", "").replace("}}", "")
}

/// The fact that a name in an observation means.
fn path(name: &str, spec: &LiveSpec) -> FactPath {
    if facts::of_run(name) {
        return FactPath { capture: None, path: name.to_owned() };
    }
    let prefixed = name.split_once('.').filter(|(first, _)| spec.send.iter().any(|request| request.name == *first));
    let (capture, path) = prefixed.map_or((spec.send.last().map(|request| request.name.as_str()), name), |(f, p)| (Some(f), p));
    FactPath { capture: capture.map(str::to_owned), path: path.to_owned() }
}

fn text(value: &Value) -> String {
    match value {
        Value::Bool(value) => if *value { "yes" } else { "no" }.to_owned(),
        Value::Int(value) => value.to_string(),
        Value::Text(text) => short(text),
        Value::List(items) => {
            let shown: Vec<String> = items.iter().take(MAX_ENTRIES).map(|item| short(item)).collect();
            let more = items.len().saturating_sub(MAX_ENTRIES);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            shown.join(", ") + &more
        }
        Value::Rows(rows) => rows.len().to_string(),
    }
}

/// One line of a value.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_VALUE {
        return line;
    }
    line.chars().take(MAX_VALUE).chain(['…']).collect()
}

//! The answers of a test's endpoint: what it says to each request of a check, and the facts of its run.
//!
//! They go through the same derivation of facts and the same decision as what a server sends.

use std::collections::BTreeMap;

use crate::model::live::facts::{self, ERRORS, Kind, OF_RUN};
use crate::model::live::{Facts, LiveSpec, Value};
use crate::model::node::{Node, Value as Written};
use crate::probes::params::{Map, Problems, suggestion};

use super::super::cases::generated;
use super::condition::said;

/// Keys of a script that are no request.
pub const RESERVED: [&str; 2] = ["run", "dead"];

/// What a test's endpoint does.
#[derive(Debug, Clone, Default)]
pub struct Script {
    /// By the name of the request; what is not here is not sent.
    pub answers: BTreeMap<String, Scripted>,
    /// Facts of the run beside those that every test has.
    pub run: Facts,
    /// Why nothing answered at all.
    pub dead: Option<String>,
}

/// What became of one request.
#[derive(Debug, Clone)]
pub enum Scripted {
    /// One reply for each hop, or for each time it was sent; and what the server says where nothing is, if not 404.
    Answered {
        hops: Vec<Reply>,
        missing: Option<Reply>,
    },
    /// No answer, for a reason out of `ERRORS`.
    Failed(String),
    Unsent(String),
}

/// One answer.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Milliseconds until the first byte.
    pub ms: u64,
    /// Which of several candidates answered.
    pub path: Option<String>,
}

/// Reads `live` of a test.
pub fn parse(node: &Node, problems: &Problems) -> Script {
    let mut script = Script::default();
    if !matches!(node.value, Written::Object(_)) {
        problems.note(node.span, "`live` of a test maps the names of requests to answers");
    }
    for entry in node.entries() {
        match &*entry.key {
            "run" => script.run = run(&entry.value, problems),
            "dead" => script.dead = entry.value.scalar(),
            name => {
                let read = scripted(&entry.value, problems);
                script.answers.extend(read.map(|scripted| (name.to_owned(), scripted)));
            }
        }
    }
    script
}

/// Notes answers to requests that the check does not send.
pub fn verify(node: &Node, spec: &LiveSpec, problems: &Problems) {
    let names = || spec.send.iter().map(|request| request.name.as_str());
    for entry in node.entries() {
        if !names().chain(RESERVED).any(|name| name == &*entry.key) {
            let hint = suggestion(&entry.key, names());
            problems.note(entry.key_span, format!("the check sends no request `{}`{hint}", entry.key));
        }
    }
}

fn scripted(node: &Node, problems: &Problems) -> Option<Scripted> {
    if let Written::Array(hops) = &node.value {
        let hops: Vec<Option<Reply>> = hops.iter().map(|hop| reply(&Map::new(hop, "an answer", problems), problems)).collect();
        return Some(Scripted::Answered { hops: hops.into_iter().collect::<Option<_>>()?, missing: None });
    }
    let map = Map::new(node, "an answer", problems);
    if let Some(reason) = map.opt_text("unsent") {
        map.finish();
        return Some(Scripted::Unsent(reason));
    }
    if let Some(error) = map.opt_text("error") {
        if !ERRORS.contains(&error.as_str()) {
            let hint = suggestion(&error, ERRORS.iter().copied());
            map.note_at("error", format!("no request fails by `{error}`{hint}; one of {}", ERRORS.join(", ")));
        }
        map.finish();
        return Some(Scripted::Failed(error));
    }
    let missing = map.get("missing").and_then(|node| reply(&Map::new(node, "an answer", problems), problems));
    Some(Scripted::Answered { hops: vec![reply(&map, problems)?], missing })
}

fn reply(map: &Map<'_>, problems: &Problems) -> Option<Reply> {
    let status = map.opt_int("status").unwrap_or(200);
    let mut headers = Vec::new();
    for entry in map.get("headers").map(Node::entries).unwrap_or_default() {
        let values =
            if matches!(entry.value.value, Written::Array(_)) { entry.value.items() } else { std::slice::from_ref(&entry.value) };
        for value in values {
            match value.scalar() {
                Some(value) => headers.push((entry.key.to_string(), generated(&value))),
                None => {
                    problems.note(value.span, "the value of a header is a text, or a list of texts for one that is sent again")
                }
            }
        }
    }
    let reply = Reply {
        status: u16::try_from(status).unwrap_or_default(),
        headers,
        body: map.get("body").and_then(Node::scalar).map(|body| generated(&body)).unwrap_or_default(),
        ms: map.opt_int("ms").and_then(|ms| u64::try_from(ms).ok()).unwrap_or(20),
        path: map.opt_text("path"),
    };
    if !(100..=599).contains(&reply.status) {
        map.note_at("status", format!("{status} is no status code"));
    }
    map.finish();
    Some(reply)
}

fn run(node: &Node, problems: &Problems) -> Facts {
    let mut run = Facts::new();
    for entry in node.entries() {
        let Some(kind) = facts::kind(&entry.key, true) else {
            let hint = suggestion(&entry.key, OF_RUN.iter().map(|fact| fact.path));
            problems.note(entry.key_span, format!("the run has no fact `{}`{hint}", entry.key));
            continue;
        };
        match value(kind, &entry.value) {
            Some(value) => drop(run.insert(entry.key.to_string(), value)),
            None => problems.note(entry.value.span, format!("`{}` is {}", entry.key, said(kind))),
        }
    }
    run
}

fn value(kind: Kind, node: &Node) -> Option<Value> {
    match (kind, &node.value) {
        (Kind::Bool, Written::Bool(value)) => Some(Value::Bool(*value)),
        (Kind::Int, Written::Int(value)) => Some(Value::Int(*value)),
        (Kind::Text, _) => node.scalar().map(Value::Text),
        (Kind::Word(words), _) => node.scalar().filter(|word| words.contains(&word.as_str())).map(Value::Text),
        (Kind::List, Written::Array(items)) => items.iter().map(Node::scalar).collect::<Option<Vec<_>>>().map(Value::List),
        _ => None,
    }
}

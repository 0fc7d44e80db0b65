//! The `live:` section of a check: what is asked of the deployed endpoint, and the decision table over its answers.
//!
//! `send` names requests, `rules` is an ordered table whose first true row decides, `otherwise` decides when none does. A table is
//! verified when its file is: every path is a declared fact, every operator fits its type, every row can be reached. The built-in
//! pack was verified when it was built, so there the section stays unread until a run has an endpoint. To add a key to requests see
//! `send`, an operator see `condition`; both are documented in `.github/CONTRIBUTING.md` and in `cli::schema`.

mod condition;
mod reach;
pub mod script;
mod send;

use std::sync::OnceLock;

use crate::model::live::{Class, Condition, Decision, LiveSpec, LiveVerdict, Rule};
use crate::model::node::{Node, Span, Value};
use crate::probes::params::{Map, Problems};

use super::bundle;
use condition::Reader;

/// The live part of a check, read when it is first needed.
#[derive(Debug)]
pub struct Live {
    /// The file of the built-in pack that holds it.
    built_in: Option<String>,
    spec: OnceLock<Option<LiveSpec>>,
}

impl Live {
    /// A part that has been read.
    pub fn read(spec: LiveSpec) -> Live {
        Live { built_in: None, spec: OnceLock::from(Some(spec)) }
    }

    /// The part of a file of the built-in pack.
    pub fn built_in(path: &str) -> Live {
        Live { built_in: Some(path.to_owned()), spec: OnceLock::new() }
    }

    /// What it asks and how it decides. `None` only for a built-in file that was not verified, which tests exclude.
    pub fn spec(&self) -> Option<&LiveSpec> {
        let read = || {
            let node = bundle::live(self.built_in.as_deref()?)?;
            parse(&node, &Problems::of_verified())
        };
        self.spec.get_or_init(read).as_ref()
    }
}

/// Reads a section. `None` when a problem was noted that leaves nothing to use.
pub fn parse(node: &Node, problems: &Problems) -> Option<LiveSpec> {
    let map = Map::new(node, "`live`", problems);
    let noted = problems.len();
    let class = map.word("class", Some(Class::Passive))?;
    let sampled = map.flag("sampled", false);
    let send = send::requests(&map, class);
    let reader = Reader::new(&send, problems);
    let when = map.get("when").and_then(|node| reader.when(node));
    let rows: Vec<(Rule, Span)> = rows(&map, &reader);
    let otherwise = match map.get("otherwise") {
        Some(node) => decision(&Map::new(node, "`otherwise`", problems), &reader, None),
        None => {
            map.note("`live` needs `otherwise`: the verdict when no rule holds");
            None
        }
    };
    map.finish();
    // What is wrong with single parts would look wrong with the whole, too.
    if problems.verify() && problems.len() == noted {
        reader.note_unused(map.get("send"));
        reach::note_unreachable(&rows, problems);
        if rows.is_empty() {
            map.note("`live` needs `rules`: without one nothing is decided");
        }
    }
    let rules = rows.into_iter().map(|(rule, _)| rule).collect();
    Some(LiveSpec { class, sampled, when, send, rules, otherwise: otherwise? })
}

fn rows(map: &Map<'_>, reader: &Reader<'_>) -> Vec<(Rule, Span)> {
    let Some(node) = map.get("rules") else { return Vec::new() };
    if !matches!(node.value, Value::Array(_)) {
        map.problems().note(node.span, "`rules` takes a list");
    }
    let mut rows = Vec::new();
    for item in node.items() {
        let map = Map::new(item, "a rule", map.problems());
        let when = match map.get("if") {
            Some(node) => reader.condition(node),
            None => {
                map.note("a rule needs `if`");
                None
            }
        };
        let then = decision(&map, reader, when.as_ref());
        if let (Some(when), Some(then)) = (when, then) {
            rows.push((Rule { when, then }, item.span));
        }
    }
    rows
}

/// `verdict` and `say`, of a rule with this condition or of `otherwise`.
fn decision(map: &Map<'_>, reader: &Reader<'_>, when: Option<&Condition>) -> Option<Decision> {
    let verdict = map.word::<LiveVerdict>("verdict", None);
    let say = map.text("say");
    if let Some(node) = map.get("say") {
        reader.verify_say(&say, node.span, when);
    }
    map.get("if");
    if when.is_none() && map.has("if") && verdict.is_none() {
        return None;
    }
    map.finish();
    Some(Decision { verdict: verdict?, say })
}

#[cfg(test)]
mod tests;

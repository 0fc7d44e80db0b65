//! Conditions over facts, and the observations that name facts: read with their types.
//!
//! To add an operator: a value in `model::live::Test`, its reading in `Reader::test`, what it implies in `reach`, and what it means in
//! `engine::live::truth`.

use std::cell::RefCell;
use std::collections::BTreeSet;

use regex::{Regex, RegexBuilder};

use crate::model::live::facts::{self, Kind, OF_CAPTURE, OF_RUN};
use crate::model::live::{Condition, FactPath, Request, Test, Value};
use crate::model::node::{Node, Span, Value as Written};
use crate::probes::params::{Problems, kind_of, suggestion};

use super::send::variables;

const OPERATORS: [&str; 12] =
    ["eq", "ne", "lt", "le", "gt", "ge", "in", "not-in", "contains", "not-contains", "matches", "not-matches"];
const TREE: [&str; 6] = ["all", "any", "not", "some", "each", "where"];
/// Most memory that a compiled expression may take.
const MAX_REGEX: usize = 1 << 20;

/// Fields of a row with their types.
type Fields = &'static [(&'static str, Kind)];

/// Reads conditions of one check.
pub struct Reader<'r> {
    send: &'r [Request],
    problems: &'r Problems,
    used: RefCell<BTreeSet<String>>,
}

impl<'r> Reader<'r> {
    pub fn new(send: &'r [Request], problems: &'r Problems) -> Reader<'r> {
        Reader { send, problems, used: RefCell::default() }
    }

    /// A condition over every fact.
    pub fn condition(&self, node: &Node) -> Option<Condition> {
        self.tree(node, None, false)
    }

    /// A condition over facts of the run, since nothing has been sent when it is asked.
    pub fn when(&self, node: &Node) -> Option<Condition> {
        self.tree(node, None, true)
    }

    /// Notes the requests that no rule asks about.
    pub fn note_unused(&self, send: Option<&Node>) {
        let used = self.used.borrow();
        let nodes = send.map(Node::items).unwrap_or_default();
        for request in self.send.iter().filter(|request| !request.name.is_empty() && !used.contains(&request.name)) {
            let item = nodes.iter().find(|node| node.get("as").and_then(Node::as_str) == Some(&request.name));
            let span = item.map(|node| node.span).unwrap_or_default();
            self.problems.note(span, format!("no rule asks about `{}`, so it need not be sent", request.name));
        }
    }

    /// Notes what an observation names that does not exist. `when` is the condition of its rule: after `some` and `each` the fields of
    /// the row have a value, too.
    pub fn verify_say(&self, say: &str, span: Span, when: Option<&Condition>) {
        if !self.problems.verify() {
            return;
        }
        let fields = when.and_then(|condition| self.row_of(condition)).unwrap_or_default();
        for name in variables(say) {
            if !fields.iter().any(|(field, _)| *field == name) {
                self.resolve(name, span, fields, false);
            }
        }
    }

    /// The fields of the rows that a condition quantifies over.
    fn row_of(&self, condition: &Condition) -> Option<Fields> {
        match condition {
            Condition::Some { path, .. } | Condition::Each { path, .. } => {
                match facts::kind(&path.path, path.capture.is_none()) {
                    Some(Kind::Rows(fields)) => Some(fields),
                    _ => None,
                }
            }
            Condition::All(parts) | Condition::Any(parts) => parts.iter().find_map(|part| self.row_of(part)),
            Condition::Not(_) | Condition::Fact { .. } => None,
        }
    }

    fn tree(&self, node: &Node, fields: Option<Fields>, of_run: bool) -> Option<Condition> {
        let [first, rest @ ..] = node.entries() else {
            self.problems.note(node.span, "a condition is a mapping: `fact: {operator: value}`, or all, any, not, some, each");
            return None;
        };
        let key = &*first.key;
        let with_where = matches!(key, "some" | "each" | "where");
        if rest.len() > usize::from(with_where) {
            self.problems.note(rest[0].key_span, "a condition has one key; join several in a list under `all` or `any`");
            return None;
        }
        match key {
            "all" | "any" => {
                let parts = self.parts(&first.value, fields, of_run)?;
                Some(if key == "all" { Condition::All(parts) } else { Condition::Any(parts) })
            }
            "not" => Some(Condition::Not(Box::new(self.tree(&first.value, fields, of_run)?))),
            "some" | "each" | "where" if fields.is_none() => self.rows(node, of_run),
            _ => self.fact(key, first.key_span, &first.value, fields, of_run),
        }
    }

    fn parts(&self, node: &Node, fields: Option<Fields>, of_run: bool) -> Option<Vec<Condition>> {
        let parts: Vec<Option<Condition>> = node.items().iter().map(|part| self.tree(part, fields, of_run)).collect();
        if parts.is_empty() {
            self.problems.note(node.span, "this takes a list of conditions that is not empty");
            return None;
        }
        parts.into_iter().collect()
    }

    /// `{some: rows, where: condition}`.
    fn rows(&self, node: &Node, of_run: bool) -> Option<Condition> {
        let quantifier = ["some", "each"].iter().find_map(|key| node.entry(key));
        let (Some(entry), Some(meets)) = (quantifier, node.get("where")) else {
            self.problems.note(node.span, "rows are asked as `{some: cookies, where: condition}` or `{each: …, where: …}`");
            return None;
        };
        if let Some(extra) = node.entries().iter().find(|other| !["where", &entry.key].contains(&&*other.key)) {
            self.problems.note(extra.key_span, format!("unknown key `{}` beside `{}`", extra.key, entry.key));
        }
        let Some(name) = entry.value.as_str() else {
            self.problems.note(entry.value.span, format!("`{}` names a fact with rows", entry.key));
            return None;
        };
        let (path, kind) = self.resolve(name, entry.value.span, &[], of_run)?;
        let Kind::Rows(fields) = kind else {
            self.problems.note(entry.value.span, format!("`{name}` is {}, it has no rows", said(kind)));
            return None;
        };
        let meets = Box::new(self.tree(meets, Some(fields), of_run)?);
        Some(if &*entry.key == "some" { Condition::Some { path, meets } } else { Condition::Each { path, meets } })
    }

    fn fact(&self, name: &str, span: Span, value: &Node, fields: Option<Fields>, of_run: bool) -> Option<Condition> {
        let (path, kind) = match fields {
            Some(fields) => self.field(name, span, fields)?,
            None => self.resolve(name, span, &[], of_run)?,
        };
        if let Some(word) = value.as_str() {
            let test = match word {
                "present" => Test::Present,
                "absent" => Test::Absent,
                _ => {
                    let message = format!("`{name}` is `present`, `absent` or compared: `{{eq: {word}}}`");
                    self.problems.note(value.span, message);
                    return None;
                }
            };
            return Some(Condition::Fact { path, test });
        }
        let mut tests = Vec::new();
        for entry in value.entries() {
            let test = self.test(name, kind, &entry.key, entry.key_span, &entry.value)?;
            tests.push(Condition::Fact { path: path.clone(), test });
        }
        match tests.len() {
            0 => {
                self.problems.note(value.span, format!("`{name}` is `present`, `absent` or compared: `{{operator: value}}`"));
                None
            }
            1 => tests.pop(),
            _ => Some(Condition::All(tests)),
        }
    }

    fn field(&self, name: &str, span: Span, fields: Fields) -> Option<(FactPath, Kind)> {
        let found = fields.iter().find(|(field, _)| *field == name);
        if found.is_none() {
            let hint = suggestion(name, fields.iter().map(|(field, _)| *field));
            let known = fields.iter().map(|(field, _)| *field).collect::<Vec<_>>().join(", ");
            self.problems.note(span, format!("a row has no field `{name}`{hint}; it has {known}"));
        }
        found.map(|(field, kind)| (FactPath { capture: None, path: (*field).to_owned() }, *kind))
    }

    /// The fact that a path names, and its type. `fields` are names that would have been right, too.
    fn resolve(&self, name: &str, span: Span, fields: Fields, of_run: bool) -> Option<(FactPath, Kind)> {
        if facts::of_run(name) {
            return self.known(name, name, None, span, fields);
        }
        if of_run {
            let hint = suggestion(name, OF_RUN.iter().map(|fact| fact.path));
            self.problems.note(span, format!("`when` asks facts of the run, `{name}` is none{hint}"));
            return None;
        }
        let named = name.split_once('.').and_then(|(first, rest)| {
            let request = self.send.iter().find(|request| request.name == first)?;
            Some((request, rest))
        });
        let Some((request, path)) = named.or_else(|| Some((self.send.last()?, name))) else {
            self.problems.note(span, format!("`{name}` is no fact of the run, and nothing is sent whose answer it could be of"));
            return None;
        };
        self.used.borrow_mut().insert(request.name.clone());
        let found = self.known(name, path, Some(request), span, fields)?;
        if self.problems.verify() {
            self.verify_asked(path, request, span);
        }
        Some(found)
    }

    fn known(
        &self,
        written: &str,
        path: &str,
        request: Option<&Request>,
        span: Span,
        fields: Fields,
    ) -> Option<(FactPath, Kind)> {
        let Some(kind) = facts::kind(path, request.is_none()) else {
            let first = written.split('.').next().unwrap_or(written);
            let is_fact = OF_CAPTURE.iter().any(|fact| fact.path.split('.').next() == Some(first));
            let names: Vec<&str> = self.send.iter().map(|request| request.name.as_str()).collect();
            // `gte.status`: the capture is misspelt, not the fact.
            let rest = written.split_once('.').map(|(_, rest)| rest);
            if request.is_some() && !is_fact && path == written && rest.is_some_and(|rest| facts::kind(rest, false).is_some()) {
                self.problems.note(span, format!("no request is called `{first}`; this check sends {}", names.join(", ")));
                return None;
            }
            let known = OF_CAPTURE.iter().chain(OF_RUN).map(|fact| fact.path).chain(fields.iter().map(|(field, _)| *field));
            self.problems.note(span, format!("no fact is called `{path}`{}", suggestion(path, known)));
            return None;
        };
        if path.strip_prefix("header.").is_some_and(|header| header.chars().any(|c| c.is_ascii_uppercase())) {
            self.problems.note(span, "names of headers are written in lower case here");
        }
        Some((FactPath { capture: request.map(|request| request.name.clone()), path: path.to_owned() }, kind))
    }

    /// Notes a fact that this request cannot have.
    fn verify_asked(&self, path: &str, request: &Request, span: Span) {
        let name = &request.name;
        if path == "found" && request.key.calibrate.is_none() {
            self.problems.note(span, format!("`found` needs `calibrate` on the request `{name}`"));
        }
        if path.starts_with("burst.") && request.key.times == 1 {
            self.problems.note(span, format!("`{path}` needs `times` on the request `{name}`"));
        }
        let sends_origin = request.key.headers.iter().any(|(header, _)| header.eq_ignore_ascii_case("origin"));
        if path == "cors.echoed" && !sends_origin {
            self.problems.note(span, format!("`{path}` needs the header Origin on the request `{name}`"));
        }
    }

    fn test(&self, name: &str, kind: Kind, operator: &str, at: Span, value: &Node) -> Option<Test> {
        if !OPERATORS.contains(&operator) {
            let known = OPERATORS.iter().chain(&TREE).copied().chain(["present", "absent"]);
            let hint = suggestion(operator, known);
            self.problems.note(at, format!("no operator is called `{operator}`{hint}; one of {}", OPERATORS.join(", ")));
            return None;
        }
        if !fitting(kind).contains(&operator) {
            let fitting = fitting(kind);
            let known = if fitting.is_empty() { "`some` and `each`".to_owned() } else { fitting.join(", ") };
            self.problems.note(at, format!("`{name}` is {}, `{operator}` does not fit; it takes {known}", said(kind)));
            return None;
        }
        Some(match operator {
            "eq" => Test::Equal(self.value(name, kind, value)?),
            "ne" => Test::NotEqual(self.value(name, kind, value)?),
            "lt" => Test::Less(self.number(value)?),
            "le" => Test::AtMost(self.number(value)?),
            "gt" => Test::Greater(self.number(value)?),
            "ge" => Test::AtLeast(self.number(value)?),
            "in" => Test::In(self.values(name, kind, value)?),
            "not-in" => Test::NotIn(self.values(name, kind, value)?),
            "contains" => Test::Contains(self.texts(value)?),
            "not-contains" => Test::Lacks(self.texts(value)?),
            "matches" => Test::Matches(self.regex(value)?),
            _ => Test::NotMatches(self.regex(value)?),
        })
    }

    fn number(&self, node: &Node) -> Option<i64> {
        if let Written::Int(value) = node.value {
            return Some(value);
        }
        self.problems.note(node.span, format!("this must be a whole number, it is {}", kind_of(&node.value)));
        None
    }

    fn value(&self, name: &str, kind: Kind, node: &Node) -> Option<Value> {
        match (kind, &node.value) {
            (Kind::Bool, Written::Bool(value)) => Some(Value::Bool(*value)),
            (Kind::Int, _) => self.number(node).map(Value::Int),
            (Kind::Word(words), _) => {
                let word = self.text(node)?;
                if !words.contains(&word.as_str()) {
                    let hint = suggestion(&word, words.iter().copied());
                    self.problems.note(node.span, format!("`{name}` is never `{word}`{hint}; one of {}", words.join(", ")));
                    return None;
                }
                Some(Value::Text(word))
            }
            (Kind::Text, _) => self.text(node).map(Value::Text),
            _ => {
                self.problems.note(node.span, format!("`{name}` is {}, this is {}", said(kind), kind_of(&node.value)));
                None
            }
        }
    }

    fn values(&self, name: &str, kind: Kind, node: &Node) -> Option<Vec<Value>> {
        let values: Vec<Option<Value>> = node.items().iter().map(|item| self.value(name, kind, item)).collect();
        if values.is_empty() {
            self.problems.note(node.span, "this takes a list that is not empty");
            return None;
        }
        values.into_iter().collect()
    }

    fn texts(&self, node: &Node) -> Option<Vec<String>> {
        let items = if matches!(node.value, Written::Array(_)) { node.items() } else { std::slice::from_ref(node) };
        let texts: Vec<Option<String>> = items.iter().map(|item| self.text(item)).collect();
        if texts.is_empty() {
            self.problems.note(node.span, "this takes texts");
            return None;
        }
        texts.into_iter().collect()
    }

    fn text(&self, node: &Node) -> Option<String> {
        let Some(text) = node.scalar().filter(|text| !text.is_empty()) else {
            self.problems.note(node.span, format!("this must be a text, it is {}", kind_of(&node.value)));
            return None;
        };
        if text.contains("{{") {
            self.problems
                .note(node.span, "variables stand in requests and observations only; for a reflected origin ask `cors.echoed`");
        }
        Some(text)
    }

    fn regex(&self, node: &Node) -> Option<Regex> {
        let text = self.text(node)?;
        let compiled = RegexBuilder::new(&text).size_limit(MAX_REGEX).dfa_size_limit(MAX_REGEX).build();
        compiled.map_err(|error| self.problems.note(node.span, format!("`{text}` is no regular expression: {error}"))).ok()
    }
}

/// The operators that a type takes, besides `present` and `absent`.
fn fitting(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bool => &["eq", "ne"],
        Kind::Int => &["eq", "ne", "lt", "le", "gt", "ge", "in", "not-in"],
        Kind::Word(_) => &["eq", "ne", "in", "not-in"],
        Kind::Text => &["eq", "ne", "in", "not-in", "contains", "not-contains", "matches", "not-matches"],
        Kind::List => &["contains", "not-contains", "matches", "not-matches"],
        Kind::Rows(_) => &[],
    }
}

/// A type in words.
pub fn said(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "true or false",
        Kind::Int => "a number",
        Kind::Text => "a text",
        Kind::Word(_) => "a word",
        Kind::List => "a list",
        Kind::Rows(_) => "rows",
    }
}

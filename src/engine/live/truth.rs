//! Conditions over what was received, in three values: yes, no, and not known.
//!
//! A fact that an answer does not have is known to be absent: every comparison with it is *no*, whichever operator, so that a rule must
//! say `absent` or `not` to build on silence. Where there was no answer nothing is known but `error`, and what is not known never
//! decides: `all`, `any` and `not` pass it on (Kleene's logic).

use std::collections::BTreeMap;

use crate::model::live::{Capture, Condition, Exchanges, FactPath, Facts, LiveSpec, Test, Value};

/// What a condition comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Truth {
    No,
    Unknown,
    Yes,
}

impl Truth {
    fn of(holds: bool) -> Truth {
        if holds { Truth::Yes } else { Truth::No }
    }

    fn not(self) -> Truth {
        match self {
            Truth::No => Truth::Yes,
            Truth::Unknown => Truth::Unknown,
            Truth::Yes => Truth::No,
        }
    }
}

/// What became of one request of the check.
#[derive(Debug, Clone, Copy)]
pub enum Answer<'a> {
    /// An answer came, or an error is known.
    Came(&'a Capture),
    /// It was not sent, for this reason.
    Unsent(&'a str),
}

impl Answer<'_> {
    /// Why there is no answer, if there is none.
    pub fn missing(&self) -> Option<String> {
        match self {
            Answer::Unsent(reason) => Some((*reason).to_owned()),
            Answer::Came(capture) => match capture.facts.get("error") {
                Some(Value::Text(error)) => {
                    let cause = capture.hops.last().and_then(|hop| hop.cause.clone());
                    Some(cause.unwrap_or_else(|| error.clone()))
                }
                _ => None,
            },
        }
    }
}

/// What one check received.
pub struct Received<'a> {
    pub answers: BTreeMap<&'a str, Answer<'a>>,
    pub run: &'a Facts,
}

const NOT_ASKED: &str = "it was not sent";

impl<'a> Received<'a> {
    /// The part of the exchanges that a check asked for.
    pub fn of(spec: &'a LiveSpec, exchanges: &'a Exchanges) -> Received<'a> {
        let answer = |request: &'a crate::model::live::Request| {
            let came = exchanges.captures.iter().find(|(key, _)| *key == request.key);
            let unsent = || exchanges.unsent.iter().find(|(key, _)| *key == request.key);
            let answer = match came {
                Some((_, capture)) => Answer::Came(capture),
                None => Answer::Unsent(unsent().map_or(NOT_ASKED, |(_, reason)| reason.as_str())),
            };
            (request.name.as_str(), answer)
        };
        Received { answers: spec.send.iter().map(answer).collect(), run: &exchanges.facts }
    }

    /// The value of a fact, unless it is absent or not known.
    pub fn value(&self, path: &FactPath) -> Option<&'a Value> {
        let facts = match &path.capture {
            None => self.run,
            Some(name) => match self.answers.get(name.as_str())? {
                Answer::Came(capture) => &capture.facts,
                Answer::Unsent(_) => return None,
            },
        };
        // A group that was looked into and showed nothing may say so by an empty list.
        facts.get(&path.path).filter(|value| path.capture.is_some() || !is_empty(value))
    }

    /// If the fact has no value, is that known to mean that it was not seen?
    fn is_known(&self, path: &FactPath, test: Option<&Test>) -> bool {
        let Some(name) = &path.capture else {
            // A group of which nothing is known was not looked into, or not found; that much may be asked.
            let group = |path: &str| path.split('.').next().unwrap_or_default().to_owned();
            let asks_presence = matches!(test, Some(Test::Present | Test::Absent));
            return asks_presence || self.run.keys().any(|key| group(key) == group(&path.path));
        };
        match self.answers.get(name.as_str()) {
            Some(Answer::Came(capture)) => path.path == "error" || !capture.facts.contains_key("error"),
            _ => false,
        }
    }

    /// Is this fact something that was seen, or seen to be missing, rather than never looked at?
    pub fn is_grounded(&self, path: &FactPath) -> bool {
        self.value(path).is_some() || self.is_known(path, None)
    }

    /// What the condition comes to.
    pub fn truth(&self, condition: &Condition) -> Truth {
        match condition {
            Condition::Fact { path, test } => match self.value(path) {
                Some(value) => Truth::of(passes(value, test)),
                None => without_value(test, self.is_known(path, Some(test))),
            },
            Condition::Some { path, meets } => {
                self.rows(path, |rows| rows.iter().map(|row| of_row(meets, row)).fold(Truth::No, or))
            }
            Condition::Each { path, meets } => {
                self.rows(path, |rows| rows.iter().map(|row| of_row(meets, row)).fold(Truth::Yes, and))
            }
            Condition::All(parts) => parts.iter().map(|part| self.truth(part)).fold(Truth::Yes, and),
            Condition::Any(parts) => parts.iter().map(|part| self.truth(part)).fold(Truth::No, or),
            Condition::Not(part) => self.truth(part).not(),
        }
    }

    fn rows(&self, path: &FactPath, judge: impl Fn(&[Facts]) -> Truth) -> Truth {
        match self.value(path) {
            Some(Value::Rows(rows)) => judge(rows),
            Some(_) => Truth::No,
            None => without_value(&Test::Present, self.is_known(path, None)),
        }
    }

    /// The facts that made the condition come to what it did.
    pub fn witnesses<'c>(&self, condition: &'c Condition, into: &mut Vec<&'c FactPath>) {
        match condition {
            Condition::Fact { path, .. } | Condition::Some { path, .. } | Condition::Each { path, .. } => into.push(path),
            Condition::Not(part) => self.witnesses(part, into),
            Condition::All(parts) | Condition::Any(parts) => {
                let whole = self.truth(condition);
                for part in parts.iter().filter(|part| self.truth(part) == whole) {
                    self.witnesses(part, into);
                }
            }
        }
    }

    /// The row that decided a `some` or `each` of a condition that holds.
    pub fn row(&self, condition: &Condition) -> Option<&'a Facts> {
        match condition {
            Condition::Some { path, meets } | Condition::Each { path, meets } => match self.value(path) {
                Some(Value::Rows(rows)) => rows.iter().find(|row| of_row(meets, row) == Truth::Yes),
                _ => None,
            },
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().filter(|part| self.truth(part) == Truth::Yes).find_map(|part| self.row(part))
            }
            Condition::Not(_) | Condition::Fact { .. } => None,
        }
    }
}

fn or(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Truth::Yes, _) | (_, Truth::Yes) => Truth::Yes,
        (Truth::Unknown, _) | (_, Truth::Unknown) => Truth::Unknown,
        _ => Truth::No,
    }
}

fn and(a: Truth, b: Truth) -> Truth {
    or(a.not(), b.not()).not()
}

fn is_empty(value: &Value) -> bool {
    matches!(value, Value::List(items) if items.is_empty()) || matches!(value, Value::Rows(rows) if rows.is_empty())
}

fn without_value(test: &Test, known: bool) -> Truth {
    if known { Truth::of(*test == Test::Absent) } else { Truth::Unknown }
}

/// A condition whose paths are fields of a row; all of them are known.
fn of_row(condition: &Condition, row: &Facts) -> Truth {
    match condition {
        Condition::Fact { path, test } => match row.get(&path.path) {
            Some(value) => Truth::of(passes(value, test)),
            None => without_value(test, true),
        },
        Condition::All(parts) => parts.iter().map(|part| of_row(part, row)).fold(Truth::Yes, and),
        Condition::Any(parts) => parts.iter().map(|part| of_row(part, row)).fold(Truth::No, or),
        Condition::Not(part) => of_row(part, row).not(),
        // Rows within rows do not load.
        Condition::Some { .. } | Condition::Each { .. } => Truth::Unknown,
    }
}

/// Does a value pass?
fn passes(value: &Value, test: &Test) -> bool {
    let number = |holds: &dyn Fn(i64) -> bool| matches!(value, Value::Int(value) if holds(*value));
    match test {
        Test::Present => true,
        Test::Absent => false,
        Test::Equal(wanted) => value == wanted,
        Test::NotEqual(wanted) => value != wanted,
        Test::Less(bound) => number(&|value| value < *bound),
        Test::AtMost(bound) => number(&|value| value <= *bound),
        Test::Greater(bound) => number(&|value| value > *bound),
        Test::AtLeast(bound) => number(&|value| value >= *bound),
        Test::In(wanted) => wanted.contains(value),
        Test::NotIn(wanted) => !wanted.contains(value),
        Test::Contains(wanted) => contains(value, wanted),
        Test::Lacks(wanted) => !contains(value, wanted),
        Test::Matches(regex) => texts(value).any(|text| regex.is_match(text)),
        Test::NotMatches(regex) => !texts(value).any(|text| regex.is_match(text)),
    }
}

fn contains(value: &Value, wanted: &[String]) -> bool {
    match value {
        Value::List(items) => items.iter().any(|item| wanted.contains(item)),
        Value::Text(text) => wanted.iter().any(|part| text.contains(part)),
        _ => false,
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let (one, many): (Option<&str>, &[String]) = match value {
        Value::Text(text) => (Some(text), &[]),
        Value::List(items) => (None, items),
        _ => (None, &[]),
    };
    one.into_iter().chain(many.iter().map(String::as_str))
}

//! The tests inside a check: small repositories with the outcome they must have.
//!
//! File contents may hold generators, so that no token-shaped text stands in a check: `{{hex:32}}`, `{{alnum:40}}`,
//! `{{base64:44}}`, `{{digits:12}}` and `{{upper:16}}` become text of that alphabet and length, the same in every run.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::live::{LiveSpec, LiveVerdict};
use crate::model::node::{Node, Value};
use crate::model::terms::Status;
use crate::probes::params::{Map, Problems};

use super::live::script::{self, Script};

/// One test.
#[derive(Debug, Clone)]
pub struct Case {
    pub name: String,
    /// Status for a check; for a fact, `pass` means that it holds.
    pub expect: Status,
    /// By path.
    pub files: BTreeMap<String, String>,
    pub git: Git,
    /// The files of past commits, oldest first; `None`: the history is not read. `files` are the last commit.
    pub history: Option<Vec<BTreeMap<String, String>>>,
    /// Places that the deciding evidence must include, as `path:line` or `path`.
    pub at: Vec<String>,
    /// What the deployed endpoint answers; `None`: the audit is of files alone. Without `files` it is of the endpoint alone.
    pub live: Option<Script>,
    /// For a framework: the rows of the route table, as `engine::routes::line` writes them; for a source of variables, those of
    /// `engine::env::line`.
    pub rows: Vec<String>,
}

/// The git state of a test's repository.
#[derive(Debug, Clone, Default)]
pub struct Git {
    /// Is it a git repository at all?
    pub repository: bool,
    /// Paths that are there but not tracked.
    pub untracked: BTreeSet<String>,
    /// Is it a shallow clone?
    pub shallow: bool,
}

/// Reads the tests of a check or fact.
pub fn parse(node: &Node, problems: &Problems) -> Vec<Case> {
    if !matches!(node.value, Value::Array(_)) {
        problems.note(node.span, "`tests` takes a list");
    }
    node.items().iter().filter_map(|item| case(item, problems)).collect()
}

fn case(node: &Node, problems: &Problems) -> Option<Case> {
    let map = Map::new(node, "a test", problems);
    let name = map.text("name");
    let rows = map.texts("rows");
    let expect = map.word::<Status>("expect", map.has("rows").then_some(Status::Pass));
    let at = map.texts("at");
    let files = files(&map, problems);
    let live = map.get("live").map(|node| script::parse(node, problems));
    let history = map.get("history").map(|node| {
        if !matches!(node.value, Value::Array(_)) {
            problems.note(node.span, "`history` takes a list of commits, each with `files`");
        }
        let commit = |node: &Node| {
            let map = Map::new(node, "a commit", problems);
            let files = self::files(&map, problems);
            map.finish();
            files
        };
        node.items().iter().map(commit).collect()
    });
    let mut git = Git::default();
    if let Some(node) = map.get("git") {
        git.repository = node.value != Value::Bool(false);
        if matches!(node.value, Value::Object(_)) {
            let inner = Map::new(node, "`git`", problems);
            git.untracked = inner.texts("untracked").into_iter().collect();
            git.shallow = inner.flag("shallow", false);
            inner.finish();
        }
    }
    map.finish();
    Some(Case { name, expect: expect?, files, git, history, at, live, rows })
}

fn files(map: &Map<'_>, problems: &Problems) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in map.get("files").map(Node::entries).unwrap_or_default() {
        match &entry.value.value {
            Value::Null => drop(files.insert(entry.key.to_string(), String::new())),
            _ => match entry.value.scalar() {
                Some(text) => drop(files.insert(entry.key.to_string(), generated(&text))),
                None => problems.note(entry.value.span, "the content of a file is a text"),
            },
        }
    }
    files
}

/// Notes what is missing among the tests of a check: a pass, a fail that says where, one for `applies`, and the same for its live part.
pub fn verify(tests: Option<&Node>, check: &Node, applies: bool, live: Option<&LiveSpec>, problems: &Problems) {
    let Some(tests) = tests else {
        problems.note(check.span, "a check without tests does not load; write a passing and a failing one");
        return;
    };
    let decides = ["forbid", "require", "look-alike"].iter().any(|key| check.get(key).is_some());
    let cases = parse(tests, problems);
    let has = |status: Status| cases.iter().any(|case| case.expect == status && case.live.is_none());
    let can_fail = check.get("forbid").is_some()
        || check.get("look-alike").is_some()
        || check.get("absent").and_then(Node::as_str) == Some("fail");
    if decides && !has(Status::Pass) {
        problems.note(tests.span, "no test expects `pass`");
    }
    if decides && can_fail && !has(Status::Fail) {
        problems.note(tests.span, "no test expects `fail`: a check that cannot fail is a defect");
    }
    if applies && !has(Status::NotApplicable) {
        problems.note(tests.span, "no test expects `not_applicable`, though the check has `applies`");
    }
    verify_live(tests, &cases, live, problems);
    for (case, node) in cases.iter().zip(tests.items()) {
        let absent_fails = check.get("absent").and_then(Node::as_str) == Some("fail");
        if case.expect == Status::Fail && case.at.is_empty() && !absent_fails && case.live.is_none() {
            problems.note(node.span, format!("the failing test `{}` must say where, with `at`", case.name));
        }
    }
}

/// Notes what is missing among the tests of a live part: one for each kind of verdict that it can come to, and answers to its requests.
fn verify_live(tests: &Node, cases: &[Case], spec: Option<&LiveSpec>, problems: &Problems) {
    for (case, node) in cases.iter().zip(tests.items()) {
        match (spec, node.get("live")) {
            (Some(spec), Some(script)) => script::verify(script, spec, problems),
            (None, Some(script)) => {
                problems.note(script.span, format!("the test `{}` is of a live part, the check has none", case.name))
            }
            (_, None) => {}
        }
    }
    let Some(spec) = spec else { return };
    let can = |verdict: LiveVerdict| spec.decisions().any(|then| then.verdict == verdict);
    let has = |status: Status| cases.iter().any(|case| case.expect == status && case.live.is_some());
    if !can(LiveVerdict::Fail) && !can(LiveVerdict::Warn) {
        problems.note(tests.span, "no rule of `live` comes to `fail` or `warn`: a check that cannot fail is a defect");
    }
    for (verdict, status) in
        [(LiveVerdict::Pass, Status::Pass), (LiveVerdict::Fail, Status::Fail), (LiveVerdict::Warn, Status::Partial)]
    {
        let needed = can(verdict) && (verdict != LiveVerdict::Warn || !can(LiveVerdict::Fail));
        if needed && !has(status) {
            problems.note(tests.span, format!("no test with `live` expects `{status}`"));
        }
    }
}

/// Replaces the generators in a text.
pub(super) fn generated(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let (before, after) = rest.split_at(start);
        out.push_str(before);
        let generator = after.find("}}").and_then(|end| Some((sample(&after[2..end], text.len() + out.len())?, end)));
        match generator {
            Some((sample, end)) => {
                out.push_str(&sample);
                rest = &after[end + 2..];
            }
            None => {
                out.push_str("{{");
                rest = &after[2..];
            }
        }
    }
    out.push_str(rest);
    out
}

/// Text of an alphabet and length, from a small fixed generator seeded by its position.
fn sample(generator: &str, seed: usize) -> Option<String> {
    let (alphabet, length) = generator.split_once(':')?;
    let alphabet: &[u8] = match alphabet {
        "hex" => b"0123456789abcdef",
        "digits" => b"0123456789",
        "upper" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "alnum" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "base64" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        _ => return None,
    };
    let length: usize = length.parse().ok().filter(|length| *length <= 4096)?;
    let mut state = (seed as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let next = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(alphabet[(state % alphabet.len() as u64) as usize])
    };
    Some((0..length).map(next).collect())
}

#[cfg(test)]
mod tests {
    use super::generated;

    #[test]
    fn generators_make_text_of_their_length_and_the_rest_stays() {
        let text = generated("key: {{hex:32}} and {{ .Values.x }} and {{nope:3}}");
        assert_eq!(text.len(), "key:  and {{ .Values.x }} and {{nope:3}}".len() + 32);
        assert!(text.ends_with("and {{ .Values.x }} and {{nope:3}}"));
        assert_eq!(text, generated("key: {{hex:32}} and {{ .Values.x }} and {{nope:3}}"));
    }
}

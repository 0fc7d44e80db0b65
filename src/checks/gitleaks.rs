//! `--secrets-config`: rules and exceptions from a gitleaks configuration.
//!
//! What the format says is known from its documentation; nothing of its rules is in here. Keys are read without regard to case, as
//! gitleaks does. What cannot be honoured is an error with its place; what changes nothing for the better is a note in the report.
//! To read another key: a getter in `rule`, `allow` or `config`, and its spelling in `SPELLINGS`.

use std::path::Path;

use crate::inventory::document::toml;
use crate::inventory::folder;
use crate::inventory::secrets::compile;
use crate::model::node::{Entry, Node, Span, Value};
use crate::model::secret::{Allow, AllowTarget, SecretRule, SecretRules, TokenFormat};
use crate::model::text::stable_hash;
use crate::probes::params::{Map, Problem, Problems};

use super::go_regex;
use super::load::FileProblem;

/// Keys as the getters below spell them.
const SPELLINGS: &[&str] = &[
    "title",
    "description",
    "extend",
    "useDefault",
    "disabledRules",
    "path",
    "url",
    "minVersion",
    "rules",
    "id",
    "regex",
    "secretGroup",
    "entropy",
    "keywords",
    "tags",
    "report",
    "skipReport",
    "allowlist",
    "allowlists",
    "targetRules",
    "condition",
    "regexTarget",
    "regexes",
    "paths",
    "stopwords",
    "commits",
    "required",
    "verbose",
];

/// Rules that were read, and what a reader of the report must know about them.
#[derive(Debug, Default, PartialEq)]
pub struct SecretsConfig {
    pub rules: SecretRules,
    pub notes: Vec<String>,
    /// Of its text.
    pub hash: u64,
}

/// Reads a configuration file. `formats` are those that it may disable or make exceptions for.
///
/// # Errors
/// Every problem with its place.
pub fn open(path: &Path, formats: &[TokenFormat]) -> Result<SecretsConfig, Vec<FileProblem>> {
    let shown = path.display().to_string();
    let problem = |problem: Problem| FileProblem { path: shown.clone(), problem };
    let text =
        folder::read_text(path).map_err(|error| vec![problem(Problem { line: 1, column: 1, message: format!("{error:#}") })])?;
    let config = read(&text, formats).map_err(|problems| problems.into_iter().map(problem).collect::<Vec<_>>())?;
    Ok(SecretsConfig { hash: stable_hash([text.as_str()]), ..config })
}

fn read(text: &str, formats: &[TokenFormat]) -> Result<SecretsConfig, Vec<Problem>> {
    let one = |line: u32, message: String| vec![Problem { line, column: 1, message }];
    if let Err(error) = ::toml::de::DeTable::parse(text) {
        let line = error.span().map_or(1, |span| text.as_bytes()[..span.start.min(text.len())].split(|b| *b == b'\n').count());
        return Err(one(line as u32, format!("not TOML: {}", error.message())));
    }
    let node = toml::parse(text).map_err(|error| one(error.line, error.message))?;
    let node = node.into_iter().next().map(spelled).unwrap_or_default();
    let problems = Problems::default();
    let mut config = SecretsConfig::default();
    self::config(&node, formats, &mut config, &problems);
    let problems = problems.into_sorted();
    if problems.is_empty() { Ok(config) } else { Err(problems) }
}

/// The node with its keys in the spelling that is asked for.
fn spelled(node: Node) -> Node {
    let value = match node.value {
        Value::Array(items) => Value::Array(items.into_iter().map(spelled).collect()),
        Value::Object(entries) => {
            let key = |entry: &Entry| SPELLINGS.iter().find(|known| known.eq_ignore_ascii_case(&entry.key)).copied();
            let entry = |entry: Entry| Entry::new(key(&entry).unwrap_or(&entry.key), entry.key_span, spelled(entry.value));
            Value::Object(entries.into_iter().map(entry).collect())
        }
        other => other,
    };
    Node { value, ..node }
}

fn config(node: &Node, formats: &[TokenFormat], config: &mut SecretsConfig, problems: &Problems) {
    let map = Map::new(node, "a secrets configuration", problems);
    ["title", "description", "minVersion"].into_iter().for_each(|key| passed_over(&map, key));
    if let Some(extend) = map.get("extend") {
        self::extend(extend, formats, config, problems);
    }
    for item in items(map.get("rules")) {
        rule(item, formats, config, problems);
    }
    config.rules.allow.extend(allows(&map, problems));
    map.finish();
}

/// A key that is known and says nothing of what is found.
fn passed_over(map: &Map<'_>, key: &'static str) {
    let _ = map.get(key);
}

fn extend(node: &Node, formats: &[TokenFormat], config: &mut SecretsConfig, problems: &Problems) {
    let map = Map::new(node, "`extend`", problems);
    // The formats of readyctl are always looked for.
    map.flag("useDefault", true);
    for key in ["path", "url"] {
        if map.get(key).is_some() {
            map.note_at(key, format!("`{key}` is not supported; copy what it names into this file"));
        }
    }
    for id in map.texts("disabledRules") {
        if formats.iter().any(|format| format.id == id) {
            config.rules.disabled.push(id);
        } else {
            config.notes.push(format!("the secrets configuration disables `{id}`, which is no token format of readyctl"));
        }
    }
    map.finish();
}

fn rule(node: &Node, formats: &[TokenFormat], config: &mut SecretsConfig, problems: &Problems) {
    let map = Map::new(node, "a rule", problems);
    let id = map.text("id");
    ["description", "tags", "report", "skipReport", "verbose"].into_iter().for_each(|key| passed_over(&map, key));
    if map.get("required").is_some() {
        map.note_at("required", format!("`required` of the rule `{id}` is not supported: rules are judged one by one"));
    }
    let pattern = pattern(&map, "regex");
    let path = self::pattern(&map, "path");
    let mut allow = allows(&map, problems);
    let group = map.opt_int("secretGroup").unwrap_or(0);
    let entropy = number(&map, "entropy");
    let keywords =
        map.texts("keywords").into_iter().map(|word| word.to_ascii_lowercase()).filter(|word| !word.is_empty()).collect();
    map.finish();
    let Some(pattern) = pattern else {
        if !map.has("regex") && formats.iter().any(|format| format.id == id) {
            // More exceptions for a format that is known.
            allow.iter_mut().for_each(|allow| allow.rules = vec![id.clone()]);
            config.rules.allow.extend(allow);
        } else if !map.has("regex") {
            config.notes.push(format!("the rule `{id}` of the secrets configuration has no regex, so it is left out"));
        }
        return;
    };
    let groups = compile(&pattern).map_or(1, |regex| regex.captures_len());
    if usize::try_from(group).is_ok_and(|group| group < groups) {
        config.rules.rules.push(SecretRule { id, pattern, keywords, entropy, group: group as usize, path, allow });
    } else {
        map.note_at("secretGroup", format!("`secretGroup` is {group}, but the regex of `{id}` has {} groups", groups - 1));
    }
}

/// `allowlist` and `allowlists`.
fn allows(map: &Map<'_>, problems: &Problems) -> Vec<Allow> {
    let lists = items(map.get("allowlist")).chain(items(map.get("allowlists")));
    lists.filter_map(|node| allow(node, problems)).collect()
}

fn allow(node: &Node, problems: &Problems) -> Option<Allow> {
    let map = Map::new(node, "an allowlist", problems);
    map.get("description");
    let word = |key: &'static str, known: &[&str]| {
        let text = map.opt_text(key).unwrap_or_default().to_ascii_lowercase();
        if !text.is_empty() && !known.contains(&text.as_str()) {
            map.note_at(key, format!("`{key}` is one of {}", known.join(", ")));
        }
        text
    };
    let target = match word("regexTarget", &["secret", "match", "line"]).as_str() {
        "match" => AllowTarget::Match,
        "line" => AllowTarget::Line,
        _ => AllowTarget::Secret,
    };
    let all = matches!(word("condition", &["or", "and", "||", "&&"]).as_str(), "and" | "&&");
    let allow = Allow {
        rules: map.texts("targetRules"),
        all,
        target,
        patterns: patterns(&map, "regexes"),
        paths: patterns(&map, "paths"),
        stopwords: map.texts("stopwords").into_iter().map(|word| word.to_lowercase()).filter(|word| !word.is_empty()).collect(),
        commits: map.texts("commits"),
    };
    map.finish();
    let says_something = [&allow.patterns, &allow.paths, &allow.stopwords, &allow.commits].iter().any(|list| !list.is_empty());
    if !says_something && problems.is_empty() {
        map.note("an allowlist needs at least one of `regexes`, `paths`, `stopwords`, `commits`");
    }
    says_something.then_some(allow)
}

fn items(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    let single = node.filter(|node| !matches!(node.value, Value::Array(_)));
    node.into_iter().flat_map(Node::items).chain(single)
}

fn pattern(map: &Map<'_>, key: &'static str) -> Option<String> {
    let node = map.get(key)?;
    let text = node.as_str().filter(|text| !text.is_empty())?;
    translated(text, node.span, map.problems())
}

fn patterns(map: &Map<'_>, key: &'static str) -> Vec<String> {
    items(map.get(key))
        .filter_map(|node| match node.as_str() {
            Some(text) => translated(text, node.span, map.problems()),
            None => {
                map.problems().note(node.span, format!("`{key}` takes texts"));
                None
            }
        })
        .collect()
}

fn translated(text: &str, span: Span, problems: &Problems) -> Option<String> {
    let pattern = go_regex::translate(text).and_then(|pattern| compile(&pattern).map(|_| pattern));
    pattern.map_err(|message| problems.note(span, format!("bad regular expression: {message}"))).ok()
}

fn number(map: &Map<'_>, key: &'static str) -> Option<f64> {
    match map.get(key)?.value {
        Value::Float(value) => Some(value),
        Value::Int(value) => Some(value as f64),
        _ => {
            map.note_at(key, format!("`{key}` must be a number"));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formats() -> Vec<TokenFormat> {
        vec![TokenFormat::example("acme-key", "acm_[a-z]{20}")]
    }

    fn problems(text: &str) -> Vec<(u32, String)> {
        let problems = read(text, &formats()).expect_err("problems");
        problems.into_iter().map(|problem| (problem.line, problem.message)).collect()
    }

    const WHOLE: &str = r#"
title = "ours"
[extend]
useDefault = true
disabledRules = ["acme-key", "theirs"]
[[rules]]
id = "ours"
description = "a key of ours"
regex = '''(?i)ours_([\w-]{20})\b'''
secretGroup = 1
entropy = 3
keywords = ["OURS_"]
path = '''\.py$'''
tags = ["x"]
[[rules.allowlists]]
condition = "AND"
regexTarget = "line"
regexes = ['''# fake''']
stopWords = ["Example"]
[[rules]]
id = "acme-key"
[rules.allowlist]
paths = ['''^legacy/''']
[[rules]]
id = "by-path"
path = '''\.p12$'''
[allowlist]
commits = ["0123456789abcdef"]
"#;

    #[test]
    fn everything_that_the_format_documents_is_read() {
        let config = read(WHOLE, &formats()).expect("a configuration");
        let rule = &config.rules.rules[0];
        assert_eq!((rule.id.as_str(), rule.group, rule.entropy, &rule.keywords[0][..]), ("ours", 1, Some(3.0), "ours_"));
        assert_eq!(rule.path.as_deref(), Some(r"\.py$"));
        let allow = &rule.allow[0];
        assert_eq!((allow.all, allow.target, &allow.stopwords[0][..]), (true, AllowTarget::Line, "example"));
        assert_eq!(config.rules.disabled, ["acme-key"]);
        assert_eq!(config.rules.allow[0].rules, ["acme-key"]);
        assert_eq!(config.rules.allow[1].commits, ["0123456789abcdef"]);
        assert_eq!(config.notes.len(), 2, "{:?}", config.notes);
        assert!(config.notes[0].contains("theirs") && config.notes[1].contains("by-path"));
    }

    #[test]
    fn mistakes_have_their_place() {
        let found = problems("[[rules]]\nid = \"x\"\nregex = '''a(?=b)'''\nentropi = 3\n");
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3, 4], "{found:?}");
        assert!(found[0].1.contains("regular expression") && found[1].1.contains("did you mean `entropy`"), "{found:?}");
        assert!(problems("[[rules]]\nregex = 'abc'\n")[0].1.contains("needs `id`"));
        assert_eq!(problems("title = \n")[0].0, 1);
        assert!(problems("[extend]\npath = 'base.toml'\n")[0].1.contains("not supported"));
        assert!(problems("[[rules]]\nid='x'\nregex='abc(d)'\nsecretGroup=2\n")[0].1.contains("has 1 groups"));
        assert!(problems("[allowlist]\ndescription = 'x'\n")[0].1.contains("at least one"));
        assert!(problems("[allowlist]\nregexTarget = 'file'\nregexes = ['a']\n")[0].1.contains("secret, match, line"));
    }
}

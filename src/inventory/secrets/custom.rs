//! Rules and exceptions of users: patterns over a whole file, compiled when one of their keywords stands in it.
//!
//! They come from `--secrets-config`; what they may say is `model::secret::SecretRules`.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

use crate::inventory::syntax::{Literal, Prefilter};
use crate::model::secret::{Allow, AllowTarget, SecretRule, SecretRules};

use super::random;

/// Secrets of one rule in one file.
const MAX_MATCHES: usize = 200;
/// Shortest literal of a pattern that is looked for in its place, in bytes.
const MIN_LITERAL: usize = 3;

/// Compiles a pattern of a user.
///
/// # Errors
/// What is wrong with it, in one line.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    let built = RegexBuilder::new(pattern).size_limit(16 << 20).dfa_size_limit(8 << 20).build();
    built.map_err(|error| error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned())
}

/// Rules and exceptions, ready.
#[derive(Default)]
pub(super) struct Custom {
    pub(super) rules: Vec<Rule>,
    allow: Vec<Exception>,
}

pub(super) struct Rule {
    rule: SecretRule,
    /// The literals of which one stands in every file that it matches, in lower case. None: it looks into every file.
    pub(super) keywords: Vec<String>,
    pattern: OnceLock<Option<Regex>>,
    path: Option<Regex>,
    allow: Vec<Exception>,
}

/// What a rule found; byte offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub(super) from: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Where something was found.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) path: &'p str,
    pub(super) commit: Option<&'p str>,
    pub(super) text: &'p str,
}

impl Custom {
    pub(super) fn new(rules: &SecretRules) -> Custom {
        let compiled = |rule: &SecretRule| Rule {
            path: rule.path.as_deref().and_then(|path| compile(path).ok()),
            allow: rule.allow.iter().map(Exception::new).collect(),
            pattern: OnceLock::new(),
            keywords: keywords(rule),
            rule: rule.clone(),
        };
        Custom { rules: rules.rules.iter().map(compiled).collect(), allow: rules.allow.iter().map(Exception::new).collect() }
    }

    /// Is what was found an exception? `id` is that of its rule or format, if it has one.
    pub(super) fn allows(&self, id: &str, place: Place<'_>, found: Match) -> bool {
        self.allow.iter().any(|exception| exception.is_about(id) && exception.holds(place, found))
    }

    /// Does a rule look into every file?
    pub(super) fn is_eager(&self) -> bool {
        self.rules.iter().any(|rule| rule.keywords.is_empty())
    }
}

/// The keywords of a rule, or the literals of its pattern.
fn keywords(rule: &SecretRule) -> Vec<String> {
    if !rule.keywords.is_empty() {
        return rule.keywords.clone();
    }
    let prefilter = Prefilter::from_regex(&rule.pattern, false).unwrap_or_default();
    let shortest = |clause: &Vec<Literal>| clause.iter().map(|literal| literal.text.len()).min().unwrap_or(0);
    let best = prefilter.clauses.iter().max_by_key(|clause| shortest(clause)).filter(|clause| shortest(clause) >= MIN_LITERAL);
    best.map_or_else(Vec::new, |clause| clause.iter().map(|literal| literal.text.to_ascii_lowercase()).collect())
}

impl Rule {
    /// What it finds in a file, without its exceptions.
    pub(super) fn matches(&self, custom: &Custom, place: Place<'_>) -> Vec<Match> {
        if self.path.as_ref().is_some_and(|path| !path.is_match(place.path)) {
            return Vec::new();
        }
        let Some(pattern) = self.pattern.get_or_init(|| compile(&self.rule.pattern).ok()) else { return Vec::new() };
        let secret = |captures: regex::Captures<'_>| {
            let whole = captures.get(0)?;
            let group = match self.rule.group {
                0 => captures.iter().skip(1).flatten().find(|group| !group.is_empty()).unwrap_or(whole),
                number => captures.get(number)?,
            };
            let found = Match { from: whole.start(), start: group.start(), end: group.end() };
            let is_random = self.rule.entropy.is_none_or(|least| random::entropy(group.as_str()) > least);
            let is_allowed = || self.allow.iter().any(|exception| exception.holds(place, found));
            (is_random && !group.is_empty() && !is_allowed() && !custom.allows(&self.rule.id, place, found)).then_some(found)
        };
        pattern.captures_iter(place.text).take(MAX_MATCHES).filter_map(secret).collect()
    }
}

/// An exception, compiled.
struct Exception {
    allow: Allow,
    patterns: Vec<Regex>,
    paths: Vec<Regex>,
}

impl Exception {
    fn new(allow: &Allow) -> Exception {
        let all = |patterns: &[String]| patterns.iter().filter_map(|pattern| compile(pattern).ok()).collect();
        Exception { patterns: all(&allow.patterns), paths: all(&allow.paths), allow: allow.clone() }
    }

    fn is_about(&self, id: &str) -> bool {
        self.allow.rules.is_empty() || self.allow.rules.iter().any(|rule| rule == id)
    }

    fn holds(&self, place: Place<'_>, found: Match) -> bool {
        let Allow { all, target, stopwords, commits, .. } = &self.allow;
        let secret = &place.text[found.start..found.end];
        let subject = match target {
            AllowTarget::Secret => secret,
            AllowTarget::Match => &place.text[found.from.min(found.start)..found.end],
            AllowTarget::Line => line(place.text, found),
        };
        let lower = || secret.to_lowercase();
        let is_commit = |id: &str| place.commit.is_some_and(|commit| id.len() >= 7 && commit.starts_with(id));
        let tests = [
            (!self.patterns.is_empty()).then(|| self.patterns.iter().any(|pattern| pattern.is_match(subject))),
            (!self.paths.is_empty()).then(|| self.paths.iter().any(|path| path.is_match(place.path))),
            (!stopwords.is_empty()).then(|| stopwords.iter().any(|word| lower().contains(word.as_str()))),
            (!commits.is_empty()).then(|| commits.iter().any(|id| is_commit(&id.to_ascii_lowercase()))),
        ];
        let mut asked = tests.into_iter().flatten().peekable();
        asked.peek().is_some() && if *all { asked.all(|test| test) } else { asked.any(|test| test) }
    }
}

/// The lines that a finding touches.
fn line(text: &str, found: Match) -> &str {
    let start = text[..found.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[found.end..].find('\n').map_or(text.len(), |at| found.end + at);
    &text[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> SecretRule {
        SecretRule {
            id: "acme".into(),
            pattern: "acme-([0-9a-z]{8})".into(),
            keywords: vec!["acme".into()],
            ..SecretRule::default()
        }
    }

    fn found(rules: SecretRules, path: &str, text: &str) -> Vec<String> {
        let custom = Custom::new(&rules);
        let place = Place { path, commit: Some("0123456789abcdef"), text };
        let found = custom.rules.iter().flat_map(|rule| rule.matches(&custom, place));
        found.map(|found| text[found.start..found.end].to_owned()).collect()
    }

    fn with(rule: SecretRule) -> Vec<String> {
        found(SecretRules { rules: vec![rule], ..SecretRules::default() }, "src/a.py", "k = 'acme-a1b2c3d4' # acme-aaaaaaaa ok")
    }

    #[test]
    fn a_rule_finds_its_group_where_its_path_and_entropy_allow() {
        assert_eq!(with(rule()), ["a1b2c3d4", "aaaaaaaa"]);
        assert_eq!(with(SecretRule { entropy: Some(2.0), ..rule() }), ["a1b2c3d4"]);
        assert_eq!(with(SecretRule { path: Some(r"\.go$".into()), ..rule() }), Vec::<String>::new());
        assert_eq!(with(SecretRule { group: 1, ..rule() }).len(), 2);
        assert_eq!(with(SecretRule { group: 2, ..rule() }).len(), 0);
    }

    #[test]
    fn an_exception_may_be_about_the_secret_the_line_the_path_words_or_commits() {
        let left = |allow: Allow| with(SecretRule { allow: vec![allow], ..rule() }).len();
        let patterns = |pattern: &str, target| Allow { patterns: vec![pattern.into()], target, ..Allow::default() };
        assert_eq!(left(patterns("^a{8}$", AllowTarget::Secret)), 1);
        assert_eq!(left(patterns("^acme-a{8}$", AllowTarget::Secret)), 2);
        assert_eq!(left(patterns("^acme-a{8}$", AllowTarget::Match)), 1);
        assert_eq!(left(patterns("ok$", AllowTarget::Line)), 0);
        assert_eq!(left(Allow { paths: vec!["^src/".into()], ..Allow::default() }), 0);
        assert_eq!(left(Allow { stopwords: vec!["aaaa".into()], ..Allow::default() }), 1);
        assert_eq!(left(Allow { commits: vec!["0123456".into()], ..Allow::default() }), 0);
        assert_eq!(left(Allow::default()), 2);
        let both = Allow { paths: vec!["^src/".into()], stopwords: vec!["aaaa".into()], all: true, ..Allow::default() };
        assert_eq!(left(both), 1);
    }

    #[test]
    fn a_rule_without_keywords_looks_for_a_literal_of_its_pattern() {
        let custom = |pattern: &str| {
            let rule = SecretRule { pattern: pattern.into(), keywords: Vec::new(), ..rule() };
            Custom::new(&SecretRules { rules: vec![rule], ..SecretRules::default() })
        };
        assert_eq!(custom("acme-[0-9]{8}").rules[0].keywords, ["acme-"]);
        assert!(custom("[0-9a-f]{32}").is_eager() && !custom("acme-[0-9]{8}").is_eager());
    }
}

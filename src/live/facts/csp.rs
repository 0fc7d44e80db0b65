//! Content-Security-Policy, as browsers apply it: several policies hold together, the first of repeated directives counts, and
//! fetch directives fall back on others.

use std::collections::BTreeMap;

use super::{Put, Seen};
use crate::model::live::{Facts, Value};

/// Directives of sources, with what they fall back on, in order.
const FETCH: &[(&str, &[&str])] = &[
    ("script-src", &["default-src"]),
    ("script-src-elem", &["script-src", "default-src"]),
    ("script-src-attr", &["script-src", "default-src"]),
    ("style-src", &["default-src"]),
    ("style-src-elem", &["style-src", "default-src"]),
    ("style-src-attr", &["style-src", "default-src"]),
    ("img-src", &["default-src"]),
    ("font-src", &["default-src"]),
    ("connect-src", &["default-src"]),
    ("media-src", &["default-src"]),
    ("object-src", &["default-src"]),
    ("child-src", &["default-src"]),
    ("frame-src", &["child-src", "default-src"]),
    ("worker-src", &["child-src", "script-src", "default-src"]),
    ("manifest-src", &["default-src"]),
    ("prefetch-src", &["default-src"]),
];

/// Directives that browsers ignore in a meta element.
const NOT_IN_META: &[&str] = &["frame-ancestors", "report-uri", "sandbox"];

/// The directives of one policy.
type Policy = BTreeMap<String, Vec<String>>;

/// Returns whether a policy has http: sub-resources fetched by https, or blocks them.
pub(super) fn derive(seen: &Seen<'_>, facts: &mut Facts) -> bool {
    let of_headers: Vec<Policy> = policies(seen.last.all("content-security-policy"));
    let in_meta = seen.tags.iter().filter(|tag| {
        tag.name == "meta"
            && tag.get("http-equiv").is_some_and(|name| name.trim().eq_ignore_ascii_case("content-security-policy"))
    });
    let mut all = of_headers.clone();
    for mut policy in policies(in_meta.filter_map(|tag| tag.get("content"))) {
        policy.retain(|name, _| !NOT_IN_META.contains(&name.as_str()));
        if !policy.is_empty() {
            all.push(policy);
        }
    }
    facts.flag("csp.enforced", !all.is_empty());
    facts.flag("csp.report-only", !policies(seen.last.all("content-security-policy-report-only")).is_empty());
    if let Some(ancestors) = strictest(of_headers.iter().filter_map(|policy| policy.get("frame-ancestors").cloned())) {
        facts.put("csp.frame-ancestors", Value::List(ancestors));
    }
    if all.is_empty() {
        return false;
    }
    for (name, sources) in directives(&all) {
        facts.put(&format!("csp.directive.{name}"), Value::List(sources));
    }
    let allows = |word: &str, names: &[&str]| {
        all.iter().all(|policy| names.iter().any(|name| effective(policy, name).is_none_or(|own| own.iter().any(|s| s == word))))
    };
    facts.flag("csp.unsafe-inline", allows("'unsafe-inline'", &["script-src-elem", "script-src-attr"]));
    facts.flag("csp.unsafe-eval", allows("'unsafe-eval'", &["script-src"]));
    all.iter().any(|policy| policy.contains_key("upgrade-insecure-requests") || policy.contains_key("block-all-mixed-content"))
}

/// Each policy of each value; a header's lines may be joined by commas. Empty ones are none.
fn policies<'a>(values: impl Iterator<Item = &'a str>) -> Vec<Policy> {
    let parsed = values.flat_map(|value| value.split(',')).map(parse);
    parsed.filter(|policy| !policy.is_empty()).take(20).collect()
}

fn parse(text: &str) -> Policy {
    let mut policy = Policy::new();
    for directive in text.split(';').take(100) {
        let mut words = directive.split_ascii_whitespace();
        let Some(name) = words.next() else { continue };
        // The first of repeated directives counts.
        policy.entry(name.to_ascii_lowercase()).or_insert_with(|| words.take(500).map(source).collect());
    }
    policy
}

/// Keywords and schemes in lower case; nonces and hashes as they are.
fn source(word: &str) -> String {
    let lower = word.to_ascii_lowercase();
    if is_pin(&lower) { word.to_owned() } else { lower }
}

fn is_pin(lower: &str) -> bool {
    ["'nonce-", "'sha256-", "'sha384-", "'sha512-"].iter().any(|start| lower.starts_with(start))
}

/// The sources that a policy applies for a directive. `None`: it does not restrict them.
fn effective(policy: &Policy, name: &str) -> Option<Vec<String>> {
    let fallback = FETCH.iter().find(|(own, _)| *own == name);
    let names = std::iter::once(&name).chain(fallback.map_or(&[][..], |(_, fallback)| fallback));
    let sources = names.filter_map(|name| policy.get(*name)).next()?;
    if fallback.is_none() {
        return Some(sources.clone());
    }
    if sources.is_empty() {
        return Some(vec!["'none'".to_owned()]);
    }
    let pinned = sources.iter().any(|source| is_pin(&source.to_ascii_lowercase()));
    let strict = name.starts_with("script-src") && sources.iter().any(|source| source == "'strict-dynamic'");
    let counts = |source: &&String| {
        let keyword = source.starts_with('\'');
        // Beside a nonce, a hash or 'strict-dynamic', 'unsafe-inline' is for old browsers; beside 'strict-dynamic', hosts are, too.
        !((pinned || strict) && *source == "'unsafe-inline'") && !(strict && (!keyword || *source == "'self'"))
    };
    Some(sources.iter().filter(counts).cloned().collect())
}

/// Every directive that at least one policy has or falls back for.
fn directives(all: &[Policy]) -> BTreeMap<String, Vec<String>> {
    let own = all.iter().flat_map(|policy| policy.keys().map(String::as_str));
    let names: std::collections::BTreeSet<&str> = own.chain(FETCH.iter().map(|(name, _)| *name)).collect();
    let found = names.into_iter().filter_map(|name| {
        let sources = strictest(all.iter().filter_map(|policy| effective(policy, name)))?;
        Some((name.to_owned(), sources))
    });
    found.collect()
}

/// Of the lists of several policies, all of which hold, the one that allows least: what is allowed in truth is no more than that.
fn strictest(lists: impl Iterator<Item = Vec<String>>) -> Option<Vec<String>> {
    let open = |source: &&String| {
        matches!(source.as_str(), "*" | "http:" | "https:" | "data:" | "blob:") || source.starts_with("'unsafe-")
    };
    lists.min_by_key(|sources| {
        let none = sources.iter().any(|source| source == "'none'");
        (!none, sources.iter().filter(open).count(), sources.len())
    })
}

//! What a body shows that it should not, and what a page loads.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use regex::Regex;
use reqwest::Url;

use super::html::{Tag, unescape};
use super::{Put, Seen, target};
use crate::live::mask;
use crate::model::live::Facts;

/// Languages by two cues of a stack trace: a frame, and the exception. Both must match.
const TRACES: &[(&str, &str)] = &[
    // Python
    (r#"File "[^"\n]+", line \d+"#, r"Traceback \(most recent call last\)|\b\w+(?:Error|Exception)\b"),
    // Java, Kotlin, Scala
    (
        r"\bat [\w.$/<>]+\((?:[\w$]+\.(?:java|kt|scala|groovy):\d+|Native Method|Unknown Source)\)",
        r"\b[\w.$]+(?:Exception|Error)\b",
    ),
    // JavaScript
    (
        r"\bat (?:async )?(?:[^\s(]+ )?(?:\[as [\w]{1,80}\] )?\(?(?:file://|node:|/|[A-Za-z]:\\|webpack)[^\s()]+:\d+:\d+\)?",
        r"\b\w*Error\b",
    ),
    // .NET
    (r"\bat [\w.`<>\[\], ]+\([^)\n]*\)(?: in [^\n]+:line \d+)?", r"\b(?:System|Microsoft)\.[\w.]*Exception\b"),
    // PHP
    (
        r"#\d+ [^\n]+\.php\(\d+\)|\bin [^\n]+\.php(?:</b>)? on line (?:<b>)?\d+",
        r"Stack trace:|Fatal error|Warning|\b\w*(?:Exception|Error)\b",
    ),
    // Ruby
    (r"[\w./-]+\.rb:\d+:in [`']", r"\b\w+(?:Error|Exception)\b|\(\w+\)"),
    // Go
    (r"\.go:\d+(?: \+0x[0-9a-f]+)?", r"goroutine \d+ \[|\bpanic: "),
    // Rust
    (r"\.rs:\d+:\d+", r"panicked at"),
];

/// Elements that fetch, and the attribute that names what.
const FETCHING: &[(&str, &str)] = &[
    ("script", "src"),
    ("img", "src"),
    ("iframe", "src"),
    ("audio", "src"),
    ("video", "src"),
    ("source", "src"),
    ("track", "src"),
    ("embed", "src"),
    ("object", "data"),
    ("video", "poster"),
];

/// Kinds of links that are fetched with the page.
const FETCHED_LINKS: &[&str] = &["stylesheet", "icon", "preload", "modulepreload", "prefetch", "manifest", "apple-touch-icon"];

pub(super) fn derive(seen: &Seen<'_>, upgrades: bool, facts: &mut Facts) {
    facts.list("links.credential", credentials(seen));
    let Some(text) = &seen.text else { return };
    facts.flag("trace", shows_trace(text));
    facts.list("secret-like", mask::formats(text));
    facts.list("env-keys", mask::environment(text).unwrap_or_default());
    let Ok(page) = Url::parse(&seen.last.url) else { return };
    if page.scheme() == "https" && !upgrades {
        let plain = fetched(&seen.tags).filter_map(|to| page.join(to).ok()).filter(|to| to.scheme() == "http");
        facts.list("mixed", unique(plain.map(|to| to.to_string())));
    }
    let foreign =
        seen.tags.iter().filter(|tag| tag.name == "script" && tag.get("integrity").is_none_or(|hash| hash.trim().is_empty()));
    let foreign = foreign.filter_map(|tag| page.join(tag.get("src")?.trim()).ok());
    let foreign = foreign.filter(|to| matches!(to.scheme(), "http" | "https") && site(to) != site(&page));
    facts.list("unpinned-scripts", unique(foreign.map(|to| to.to_string())));
}

fn unique(values: impl Iterator<Item = String>) -> Vec<String> {
    values.collect::<BTreeSet<String>>().into_iter().take(50).collect()
}

/// What the elements of a page fetch, as written.
fn fetched(tags: &[Tag]) -> impl Iterator<Item = &str> {
    tags.iter().flat_map(|tag| {
        let own = FETCHING.iter().filter(|(name, _)| *name == tag.name).filter_map(|(_, attribute)| tag.get(attribute));
        let links = tag.name == "link"
            && tag.get("rel").is_some_and(|rel| {
                rel.split_ascii_whitespace().any(|word| FETCHED_LINKS.contains(&word.to_ascii_lowercase().as_str()))
            });
        own.chain(tag.get("href").filter(|_| links)).map(str::trim)
    })
}

/// The part of a host that one owner registers: an approximation by the last labels.
fn site(url: &Url) -> String {
    let host = url.host_str().unwrap_or("");
    let is_ip = host.starts_with('[') || host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let labels: Vec<&str> = host.split('.').collect();
    if is_ip || labels.len() <= 2 {
        return host.to_owned();
    }
    let second = labels[labels.len() - 2];
    // `example.co.uk`, and hosts below which everybody may register.
    let shared =
        ["github.io", "gitlab.io", "herokuapp.com", "vercel.app", "netlify.app", "pages.dev", "web.app", "azurewebsites.net"];
    let deep = (labels[labels.len() - 1].len() == 2 && ["co", "com", "org", "net", "gov", "ac", "edu"].contains(&second))
        || shared.iter().any(|own| host.ends_with(&format!(".{own}")));
    labels[labels.len() - if deep { 3 } else { 2 }..].join(".")
}

fn shows_trace(text: &str) -> bool {
    static COMPILED: OnceLock<Vec<(Regex, Regex)>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| {
        TRACES.iter().filter_map(|(frame, cue)| Some((Regex::new(frame).ok()?, Regex::new(cue).ok()?))).collect()
    });
    let text = unescape(text);
    compiled.iter().any(|(frame, cue)| frame.is_match(&text) && cue.is_match(&text))
}

/// Names of parameters like `token` in the links of the page and in redirects.
fn credentials(seen: &Seen<'_>) -> Vec<String> {
    let links = seen.tags.iter().filter(|tag| tag.name == "a" || tag.name == "area").filter_map(|tag| tag.get("href"));
    let base = Url::parse(&seen.last.url).ok();
    let links = links.filter_map(|to| base.as_ref()?.join(to.trim()).ok());
    let redirects = seen.hops.iter().filter_map(target);
    let mut names = BTreeSet::new();
    for url in links.chain(redirects) {
        // OAuth answers in the fragment.
        let fragment = url.fragment().unwrap_or("").to_owned();
        let pairs = url.query().unwrap_or("").split('&').chain(fragment.split('&'));
        for (name, value) in pairs.filter_map(|pair| pair.split_once('=')) {
            if !value.is_empty() && mask::is_credential(name) {
                names.insert(name.to_ascii_lowercase());
            }
        }
        if url.path().to_ascii_lowercase().contains(";jsessionid=") {
            names.insert("jsessionid".to_owned());
        }
    }
    names.into_iter().take(50).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for (frame, cue) in TRACES {
            assert!(Regex::new(frame).is_ok() && Regex::new(cue).is_ok(), "{frame}");
        }
    }
}

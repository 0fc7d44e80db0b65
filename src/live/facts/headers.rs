//! Facts of the status line, the headers and the body as such.
//!
//! To know another header that names a version, add it to `BANNERS`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::Regex;
use serde_json::Value as Json;

use super::{Put, Seen};
use crate::model::live::{Facts, Value};

/// Headers that tell the software behind, in lower case.
const BANNERS: &[&str] = &[
    "server",
    "x-powered-by",
    "x-aspnet-version",
    "x-aspnetmvc-version",
    "x-powered-cms",
    "x-generator",
    "x-php-version",
    "x-jenkins",
    "x-owa-version",
    "liferay-portal",
    "microsoftsharepointteamservices",
    "x-mod-pagespeed",
    "x-page-speed",
    "x-server-powered-by",
    "x-backend-server-version",
    "via",
];

/// How deep, and how many scalars of a JSON body become facts.
const JSON_DEPTH: usize = 8;
const JSON_SCALARS: usize = 1000;

pub(super) fn derive(seen: &Seen<'_>, facts: &mut Facts) {
    let answer = seen.last;
    facts.int("status", i64::from(answer.status));
    facts.text("path", seen.sent.path.clone());
    facts.int("ms", median(seen));
    let mut values: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in &answer.headers {
        values.entry(name.to_ascii_lowercase()).or_default().push(value.trim().to_owned());
    }
    facts.list("version-banner", banners(&values));
    facts.flag("rate-limit", values.keys().any(|name| limits(name)));
    for (name, values) in values {
        facts.put(&format!("header.{name}"), Value::List(values));
    }
    let encodings = answer.all("content-encoding").flat_map(|value| value.split(','));
    let encodings: Vec<String> = encodings.map(|word| word.trim().to_ascii_lowercase()).collect();
    if let Some(outer) = encodings.iter().rev().find(|word| !word.is_empty() && *word != "identity") {
        facts.text("content-encoding", outer.trim_start_matches("x-"));
    }
    facts.flag("html", answer.is_html());
    content(seen, facts);
}

/// Facts of the body as text and as JSON.
fn content(seen: &Seen<'_>, facts: &mut Facts) {
    let Some(text) = &seen.text else { return };
    facts.int("length", i64::try_from(seen.last.body.len()).unwrap_or(i64::MAX));
    let media = seen.last.media_type();
    let declared = media == "application/json" || media == "text/json" || media.ends_with("+json");
    let parsed = if declared { serde_json::from_str::<Json>(text).ok() } else { None };
    facts.flag("is-json", parsed.is_some());
    if let Some(json) = parsed {
        let mut scalars = Vec::new();
        flatten(&json, &mut Vec::new(), &mut scalars);
        for (path, value) in scalars {
            facts.text(&format!("json.{path}"), value);
        }
    }
    facts.text("body", text.clone());
}

fn flatten(json: &Json, path: &mut Vec<String>, into: &mut Vec<(String, String)>) {
    if path.len() > JSON_DEPTH || into.len() >= JSON_SCALARS {
        return;
    }
    let scalar = match json {
        Json::Null => return,
        Json::Bool(value) => value.to_string(),
        Json::Number(value) => value.to_string(),
        Json::String(value) => value.clone(),
        Json::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                path.push(at.to_string());
                flatten(item, path, into);
                path.pop();
            }
            return;
        }
        Json::Object(members) => {
            for (key, item) in members {
                path.push(key.clone());
                flatten(item, path, into);
                path.pop();
            }
            return;
        }
    };
    if !path.is_empty() {
        into.push((path.join("."), scalar));
    }
}

/// The middle of the times until the first byte: of a repeated request over all answers, else of the last hop.
fn median(seen: &Seen<'_>) -> i64 {
    let mut times: Vec<u64> =
        if seen.key.times > 1 { seen.hops.iter().map(|answer| answer.ms).collect() } else { vec![seen.last.ms] };
    times.sort_unstable();
    i64::try_from(times[times.len() / 2]).unwrap_or(i64::MAX)
}

/// Headers that name a version, as `Server: nginx/1.22.1`.
fn banners(values: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    static VERSION: OnceLock<Option<Regex>> = OnceLock::new();
    let version = VERSION.get_or_init(|| Regex::new(r"\d+\.\d+|[A-Za-z)]/v?\d").ok());
    let mut found = Vec::new();
    for name in BANNERS {
        for value in values.get(*name).into_iter().flatten() {
            // `Via: 1.1 varnish` begins with the version of the protocol; `ECS (dcb/7F83)` names a machine of a CDN.
            let shown = match *name {
                "server" if ["ECS (", "ECAcc (", "ECD ("].iter().any(|start| value.starts_with(start)) => String::new(),
                "via" => {
                    value.split(',').map(|hop| hop.trim().split_once(' ').map_or("", |(_, by)| by)).collect::<Vec<_>>().join(",")
                }
                _ => value.clone(),
            };
            let names = version.as_ref().is_some_and(|version| version.is_match(&shown));
            if names || (name.ends_with("-version") && shown.bytes().any(|byte| byte.is_ascii_digit())) {
                found.push(format!("{}: {value}", title(name)));
            }
        }
    }
    found
}

/// `x-powered-by` → `X-Powered-By`.
fn title(name: &str) -> String {
    let word = |word: &str| match word.split_at_checked(1) {
        Some((first, rest)) => first.to_ascii_uppercase() + rest,
        None => String::new(),
    };
    name.split('-').map(word).collect::<Vec<_>>().join("-")
}

/// Does a header of this name tell of a limit of requests?
fn limits(name: &str) -> bool {
    name == "retry-after"
        || name == "ratelimit"
        || ["ratelimit-", "x-ratelimit-", "x-rate-limit-"].iter().any(|start| name.starts_with(start))
}

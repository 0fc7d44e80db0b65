//! From answers to facts: pure, without network, the same for a live run, a replay and a scripted test.
//!
//! One file per topic, each a function from a [`Seen`] to facts. To add a fact: declare it in `model::live::facts`, insert it in
//! the file of its topic, and give `tests::samples` an answer that produces it; a test holds the two together.
//!
//! Lists are absent instead of empty (but for a directive of a policy that takes no value), so that `present` reads as it should.

mod body;
mod burst;
mod cache;
mod calibrate;
mod cookies;
mod cors;
mod csp;
mod headers;
mod hsts;
mod html;
mod redirects;

use std::borrow::Cow;

use super::mask;
use crate::model::live::{Base, Facts, Method, RequestKey, Value};

pub(super) use calibrate::found;
pub(super) use redirects::{is_login, target};

/// One answer, its body decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The URL that was asked, absolute.
    pub url: String,
    pub status: u16,
    /// In the order received, names as sent.
    pub headers: Vec<(String, String)>,
    /// Decoded, at most 256 KiB.
    pub body: Vec<u8>,
    /// Milliseconds until the first byte.
    pub ms: u64,
    /// The body came in an encoding that cannot be read here, or grew too large: nothing is known about it.
    pub opaque: bool,
    /// The body went on behind what was read.
    pub truncated: bool,
}

impl Answer {
    /// Values of a header, one per line sent, trimmed.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }

    /// The first value of a header.
    pub fn first<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// The content type without parameters, in lower case.
    pub fn media_type(&self) -> String {
        self.first("content-type").unwrap_or("").split(';').next().unwrap_or("").trim().to_ascii_lowercase()
    }

    /// Is it HTML: by its type, or without one by how the body begins?
    pub fn is_html(&self) -> bool {
        match self.media_type().as_str() {
            "text/html" | "application/xhtml+xml" => true,
            "" => {
                let start = String::from_utf8_lossy(&self.body[..self.body.len().min(256)]).trim_start().to_ascii_lowercase();
                start.starts_with("<!doctype html") || start.starts_with("<html")
            }
            _ => false,
        }
    }

    /// The body as text, invalid UTF-8 replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }
}

/// The request as it went out, variables filled in, and what else the facts depend on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// Path and query.
    pub path: String,
    /// Without credentials.
    pub headers: Vec<(String, String)>,
    /// Answers for things of the shape `calibrate` that do not exist; the last hop of each. Empty: not learnt.
    pub calibration: Vec<Answer>,
    /// Why the last request got no answer; a word of `model::live::facts::ERRORS`.
    pub error: Option<String>,
    /// Requests sent, if that is more than the answers.
    pub attempts: u32,
}

/// What a topic looks at.
struct Seen<'a> {
    key: &'a RequestKey,
    sent: &'a Sent,
    /// Redirects in order; of a burst: the answers in order.
    hops: &'a [Answer],
    last: &'a Answer,
    /// The body of the last hop, if there is one that can be read.
    text: Option<Cow<'a, str>>,
    /// Elements of an HTML body.
    tags: Vec<html::Tag>,
}

/// The facts of the answers to one request: its redirects in order, or with `times` over 1 the repeated answers.
///
/// Secrets are masked first, so that facts of a recording equal those of the run. An error leaves only `error`, unless plain HTTP
/// had answered with a redirect before, or the redirect led to another origin: then that redirect is the answer.
pub fn derive(key: &RequestKey, sent: &Sent, hops: &[Answer]) -> Facts {
    let mut facts = Facts::new();
    let hops: Vec<Answer> = hops.iter().map(mask::answer).collect();
    let sent = &Sent { calibration: sent.calibration.iter().map(mask::answer).collect(), ..sent.clone() };
    let answered = key.times > 1 || key.base == Base::Plain;
    let last = match (hops.last(), &sent.error) {
        (Some(last), None) => last,
        (Some(last), Some(_)) if answered || leaves_origin(last) => last,
        (_, error) => {
            facts.put("error", Value::Text(error.clone().unwrap_or_else(|| "other".to_owned())));
            return facts;
        }
    };
    let text = (!last.opaque && key.method != Method::Head).then(|| last.text());
    let tags = match &text {
        Some(text) if last.is_html() => html::tags(text),
        _ => Vec::new(),
    };
    let seen = Seen { key, sent, hops: &hops, last, text, tags };
    headers::derive(&seen, &mut facts);
    redirects::derive(&seen, &mut facts);
    hsts::derive(&seen, &mut facts);
    let upgrades = csp::derive(&seen, &mut facts);
    cookies::derive(&seen, &mut facts);
    cors::derive(&seen, &mut facts);
    cache::derive(&seen, &mut facts);
    body::derive(&seen, upgrades, &mut facts);
    calibrate::derive(&seen, &mut facts);
    burst::derive(&seen, &mut facts);
    facts
}

/// Does it redirect to another origin, as to a port of the same host that nobody listens on?
fn leaves_origin(answer: &Answer) -> bool {
    let own = reqwest::Url::parse(&answer.url).ok();
    target(answer).zip(own).is_some_and(|(to, own)| to.origin() != own.origin())
}

/// Inserting facts, briefly.
trait Put {
    fn put(&mut self, path: &str, value: Value);
    fn flag(&mut self, path: &str, value: bool);
    fn int(&mut self, path: &str, value: i64);
    fn text(&mut self, path: &str, value: impl Into<String>);
    /// Nothing, if the list is empty.
    fn list(&mut self, path: &str, value: Vec<String>);
}

impl Put for Facts {
    fn put(&mut self, path: &str, value: Value) {
        self.insert(path.to_owned(), value);
    }

    fn flag(&mut self, path: &str, value: bool) {
        self.put(path, Value::Bool(value));
    }

    fn int(&mut self, path: &str, value: i64) {
        self.put(path, Value::Int(value));
    }

    fn text(&mut self, path: &str, value: impl Into<String>) {
        self.put(path, Value::Text(value.into()));
    }

    fn list(&mut self, path: &str, value: Vec<String>) {
        if !value.is_empty() {
            self.put(path, Value::List(value));
        }
    }
}

#[cfg(test)]
mod tests;

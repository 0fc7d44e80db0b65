//! Answers to a request of a foreign origin, as browsers read them (Fetch standard).

use super::{Answer, Put, Seen};
use crate::model::live::Facts;

pub(super) fn derive(seen: &Seen<'_>, facts: &mut Facts) {
    let answer = seen.last;
    let allowed: Vec<&str> = answer.all("access-control-allow-origin").collect();
    if !allowed.is_empty() {
        facts.text("cors.allow-origin", allowed.join(", "));
    }
    let origin = seen.sent.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("origin"));
    if let Some((_, origin)) = origin {
        // `*` sent back for `*` would be no echo, but no origin is written so.
        facts.flag("cors.echoed", allowed.len() == 1 && allowed[0] == origin.trim());
    }
    // Browsers compare it byte by byte.
    facts.flag("cors.credentials", answer.first("access-control-allow-credentials") == Some("true"));
    facts.list("cors.methods", words(answer, "access-control-allow-methods", str::to_ascii_uppercase));
    facts.list("cors.headers", words(answer, "access-control-allow-headers", str::to_ascii_lowercase));
    let vary = words(answer, "vary", str::to_ascii_lowercase);
    facts.flag("cors.vary-origin", vary.iter().any(|word| word == "origin" || word == "*"));
    if let Some(age) = answer.first("access-control-max-age").and_then(|age| age.parse::<i64>().ok()) {
        facts.int("cors.max-age", age);
    }
}

/// The words of a comma list over all lines of a header.
fn words(answer: &Answer, name: &str, written: fn(&str) -> String) -> Vec<String> {
    let parts = answer.all(name).flat_map(|value| value.split(','));
    parts.map(str::trim).filter(|word| !word.is_empty()).map(written).collect()
}

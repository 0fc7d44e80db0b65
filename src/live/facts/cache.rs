//! Cache-Control (RFC 9111).

use super::{Put, Seen};
use crate::model::live::Facts;

pub(super) fn derive(seen: &Seen<'_>, facts: &mut Facts) {
    let directives: Vec<(String, Option<String>)> =
        seen.last.all("cache-control").flat_map(split).map(|part| pair(&part)).collect();
    // `private="Set-Cookie"` is about that one header, so it does not count.
    let has = |name: &str| directives.iter().any(|(own, value)| own == name && value.is_none());
    for name in ["no-store", "private", "public", "no-cache", "immutable"] {
        facts.flag(&format!("cache.{name}"), has(name));
    }
    let age = directives.iter().find(|(name, _)| name == "max-age").and_then(|(_, value)| value.as_deref());
    if let Some(age) = age.and_then(|age| age.parse::<i64>().ok()) {
        facts.int("cache.max-age", age);
    }
}

/// Parts between commas that stand outside quotes.
fn split(value: &str) -> Vec<String> {
    let (mut parts, mut quoted) = (vec![String::new()], false);
    for character in value.chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    parts
}

fn pair(part: &str) -> (String, Option<String>) {
    match part.split_once('=') {
        Some((name, value)) => (name.trim().to_ascii_lowercase(), Some(value.trim().trim_matches('"').to_owned())),
        None => (part.trim().to_ascii_lowercase(), None),
    }
}

//! Strict-Transport-Security (RFC 6797).

use super::{Put, Seen};
use crate::model::live::Facts;

pub(super) fn derive(seen: &Seen<'_>, facts: &mut Facts) {
    let sent: Vec<&str> = seen.last.all("strict-transport-security").collect();
    let Some(first) = sent.first() else { return };
    // Browsers take the first of several, and a proxy may have joined them by a comma.
    let mut parts = first.split(',');
    let policy = parse(parts.next().unwrap_or(""));
    facts.flag("hsts.valid", sent.len() == 1 && parts.next().is_none() && policy.is_some());
    if let Some(policy) = policy {
        facts.int("hsts.max-age", policy.max_age);
        facts.flag("hsts.include-subdomains", policy.subdomains);
        facts.flag("hsts.preload", policy.preload);
    }
}

struct Policy {
    max_age: i64,
    subdomains: bool,
    preload: bool,
}

/// `None`: a browser ignores the header.
fn parse(text: &str) -> Option<Policy> {
    let mut names: Vec<String> = Vec::new();
    let (mut max_age, mut subdomains, mut preload) = (None, false, false);
    for directive in text.split(';').map(str::trim).filter(|directive| !directive.is_empty()) {
        let (name, value) = match directive.split_once('=') {
            Some((name, value)) => (name.trim().to_ascii_lowercase(), Some(value.trim())),
            None => (directive.to_ascii_lowercase(), None),
        };
        let is_token =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte));
        if !is_token || names.contains(&name) {
            return None;
        }
        match name.as_str() {
            "max-age" => max_age = Some(seconds(value?)?),
            "includesubdomains" => subdomains = true,
            "preload" => preload = true,
            _ => {}
        }
        names.push(name);
    }
    Some(Policy { max_age: max_age?, subdomains, preload })
}

/// Digits, quoted or not; more than fit are very many.
fn seconds(value: &str) -> Option<i64> {
    let digits = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
    let all = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().unwrap_or(i64::MAX))
}

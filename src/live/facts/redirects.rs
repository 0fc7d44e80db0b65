//! Where an answer leads.

use std::sync::OnceLock;

use regex::Regex;
use reqwest::Url;

use super::{Answer, Put, Seen};
use crate::model::live::Facts;

pub(super) fn derive(seen: &Seen<'_>, facts: &mut Facts) {
    // The answers of a burst do not follow from each other.
    let hops = if seen.key.times > 1 { std::slice::from_ref(seen.last) } else { seen.hops };
    let leads: Vec<(&Answer, Option<Url>)> = hops.iter().filter(|hop| is_redirect(hop)).map(|hop| (hop, target(hop))).collect();
    facts.int("redirects.count", i64::try_from(leads.len()).unwrap_or(i64::MAX));
    // Only the last hop may be a redirect that was not followed.
    let refused = target(seen.last);
    facts.text("redirects.final", refused.as_ref().map_or(seen.last.url.clone(), Url::to_string));
    if let Some((first, to)) = leads.first() {
        facts.int("redirects.first-status", i64::from(first.status));
        if let Some(to) = to {
            facts.text("redirects.first-location", to.as_str());
        }
    }
    let downgrade = |(from, to): &(&Answer, Option<Url>)| {
        from.url.starts_with("https:") && to.as_ref().is_some_and(|to| to.scheme() == "http")
    };
    facts.flag("redirects.downgrade", leads.iter().any(downgrade));
    facts.flag("redirects.loop", returns(hops, refused.as_ref()));
    facts.text("redirects.offhost", leaves(&leads));
    facts.flag("redirects.login", leads.iter().any(|(_, to)| to.as_ref().is_some_and(is_login)));
}

/// Does the answer send elsewhere?
pub(in crate::live) fn is_redirect(answer: &Answer) -> bool {
    matches!(answer.status, 301 | 302 | 303 | 307 | 308) && answer.first("location").is_some_and(|to| !to.is_empty())
}

/// The absolute URL to which a redirect leads.
pub(in crate::live) fn target(answer: &Answer) -> Option<Url> {
    if !is_redirect(answer) {
        return None;
    }
    Url::parse(&answer.url).ok()?.join(answer.first("location")?).ok()
}

/// Does the last redirect lead to a URL of the chain? One that sets a cookie on the way may ask whether it comes back.
fn returns(hops: &[Answer], refused: Option<&Url>) -> bool {
    let same = |hop: &Answer| {
        let (Some(to), Ok(mut own)) = (refused, Url::parse(&hop.url)) else { return false };
        own.set_fragment(None);
        let mut to = to.clone();
        to.set_fragment(None);
        to == own
    };
    let from = hops.iter().position(same);
    from.is_some_and(|from| hops[from..].iter().all(|hop| hop.first("set-cookie").is_none()))
}

/// Which redirect leaves the host of the first URL.
fn leaves(leads: &[(&Answer, Option<Url>)]) -> &'static str {
    let Some(start) = leads.first().and_then(|(first, _)| Url::parse(&first.url).ok()) else { return "none" };
    let away = |(_, to): &(&Answer, Option<Url>)| to.as_ref().is_some_and(|to| to.host_str() != start.host_str());
    match leads.iter().position(away) {
        None => "none",
        Some(0) => "first",
        Some(_) => "later",
    }
}

/// Is it, by its name, a page for signing in?
pub(in crate::live) fn is_login(url: &Url) -> bool {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    let pattern = PATTERN.get_or_init(|| {
        let path = r"/(log-?_?in|sign-?_?in|log-?_?on|sso|saml2?|oauth2?|openid-connect|authorize|authenticate|auth|session/new|sessions/new)([/.;]|$)";
        let host = r"^(login|signin|sso|auth|accounts?|idp?|identity)\.";
        Regex::new(&format!("(?i){path}|{host}")).ok()
    });
    let Some(pattern) = pattern else { return false };
    pattern.is_match(url.path()) || url.host_str().is_some_and(|host| pattern.is_match(host))
}

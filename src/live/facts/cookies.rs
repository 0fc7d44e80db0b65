//! Set-Cookie, read raw: what a cookie library corrects silently is what an audit looks for.
//!
//! To know another name of cookies that hold no session, add it to `HARMLESS`.

use std::collections::BTreeMap;

use super::{Answer, Put, Seen};
use crate::model::live::{Facts, Value};

/// Beginnings of names, in lower case: load balancers, bot protection, analytics, consent, language; and the tokens against
/// request forgery, which scripts must read.
const HARMLESS: &[&str] = &[
    "xsrf",
    "csrf",
    "_csrf",
    "__requestverificationtoken",
    ".aspnetcore.antiforgery",
    "awsalb",
    "heroku-session-affinity",
    "__cf",
    "_cf",
    "cf_",
    "arraffinity",
    "bigip",
    "incap_ses",
    "visid_incap",
    "nlbi_",
    "ak_bmsc",
    "bm_s",
    "datadome",
    "route",
    "serverid",
    "ingresscookie",
    "gclb",
    "sticky",
    "session-affinity",
    "session_affinity",
    "lb_",
    "_ga",
    "_gid",
    "_gat",
    "_gcl",
    "_fbp",
    "_hj",
    "ai_session",
    "ai_user",
    "amplitude",
    "mp_",
    "optimizely",
    "ajs_",
    "intercom-id",
    "hubspot",
    "__hs",
    "consent",
    "cookie_notice",
    "cookieconsent",
    "cookie_consent",
    "optanon",
    "euconsent",
    "lang",
    "locale",
    "i18n",
    "theme",
    "tz",
    "timezone",
];

/// Words of which a name has one if the cookie signs somebody in.
const SESSION: &[&str] = &[
    "sid",
    "sess",
    "session",
    "sessionid",
    "sessid",
    "phpsessid",
    "jsessionid",
    "aspsessionid",
    "auth",
    "authn",
    "authorization",
    "authentication",
    "token",
    "jwt",
    "login",
    "remember",
    "rememberme",
    "identity",
    "accesstoken",
    "refreshtoken",
    "cfid",
    "cftoken",
    "sso",
    "ticket",
    "credential",
    "credentials",
    "bearer",
];

pub(super) fn derive(seen: &Seen<'_>, facts: &mut Facts) {
    let rows: Vec<BTreeMap<String, Value>> =
        seen.hops.iter().flat_map(|hop| hop.all("set-cookie").map(move |line| row(line, hop))).take(100).collect();
    if !rows.is_empty() {
        facts.put("cookies", Value::Rows(rows));
    }
}

/// One cookie by its fields.
fn row(line: &str, hop: &Answer) -> BTreeMap<String, Value> {
    let mut parts = line.split(';');
    let pair = parts.next().unwrap_or("");
    // Without an equals sign all of it is the value of a cookie without a name.
    let (name, value) = pair.split_once('=').map_or(("", pair.trim()), |(name, value)| (name.trim(), value.trim()));
    let (mut secure, mut http_only, mut same_site, mut max_age, mut expires) = (false, false, "missing", None, None);
    let (mut path, mut domain, mut expiry) = (None, false, None);
    for part in parts {
        let (key, value) = part.split_once('=').map_or((part.trim(), ""), |(key, value)| (key.trim(), value.trim()));
        match key.to_ascii_lowercase().as_str() {
            "secure" => secure = true,
            "httponly" => http_only = true,
            "samesite" => {
                same_site = match value.to_ascii_lowercase().as_str() {
                    "strict" => "strict",
                    "lax" => "lax",
                    "none" => "none",
                    _ => "invalid",
                }
            }
            "max-age" => max_age = value.parse::<i64>().ok().or(max_age),
            "expires" => (expires, expiry) = date(value).map_or((expires, expiry), |read| (Some(read), Some(value))),
            "path" => path = Some(value),
            "domain" => domain = !value.is_empty(),
            _ => {}
        }
    }
    let host = secure && path == Some("/") && !domain;
    let lower = name.to_ascii_lowercase();
    let prefix_ok = match () {
        () if lower.starts_with("__host-http-") => host && http_only,
        () if lower.starts_with("__host-") => host,
        () if lower.starts_with("__http-") => secure && http_only,
        () if lower.starts_with("__secure-") => secure,
        () => true,
    };
    // Before the age, an expiry in the past deletes; "now" is what the server says, or no year of a living cookie.
    let now = hop.first("date").and_then(date).unwrap_or((2015, 1, 1));
    let deletion = max_age.map_or_else(|| expires.is_some_and(|expires| expires < now), |age| age <= 0)
        || value.trim_matches('"').is_empty();
    let mut row = BTreeMap::from([
        ("name".to_owned(), Value::Text(name.to_owned())),
        ("secure".to_owned(), Value::Bool(secure)),
        ("http-only".to_owned(), Value::Bool(http_only)),
        ("same-site".to_owned(), Value::Text(same_site.to_owned())),
        ("prefix-ok".to_owned(), Value::Bool(prefix_ok)),
        ("session-like".to_owned(), Value::Bool(session_like(name))),
        ("deletion".to_owned(), Value::Bool(deletion)),
    ]);
    if let Some(age) = max_age {
        row.insert("max-age".to_owned(), Value::Int(age));
    }
    let until = || Some(moment(expiry?)? - moment(hop.first("date")?)?);
    if let Some(lifetime) = max_age.or_else(until) {
        row.insert("lifetime".to_owned(), Value::Int(lifetime));
    }
    row
}

/// Does the name say that the cookie signs somebody in?
fn session_like(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let bare =
        ["__host-http-", "__host-", "__http-", "__secure-"].iter().find_map(|start| lower.strip_prefix(start)).unwrap_or(&lower);
    if HARMLESS.iter().any(|start| bare.starts_with(start)) || bare.contains("csrf") || bare.contains("xsrf") {
        return false;
    }
    let compact: String = bare.chars().filter(char::is_ascii_alphanumeric).collect();
    let asp = bare.starts_with(".aspnet") || bare.starts_with("aspsessionid") || bare.starts_with("wordpress_logged_in");
    asp || SESSION.contains(&compact.as_str())
        || words(name).iter().any(|word| {
            SESSION.contains(&word.as_str())
                || word.ends_with("sess")
                || word.ends_with("session")
                || word.ends_with("sessionid")
                || word.ends_with("sessid")
        })
}

/// The words of a name: between signs, and at capitals after small letters.
fn words(name: &str) -> Vec<String> {
    let (mut words, mut small) = (vec![String::new()], false);
    for character in name.chars() {
        if !character.is_ascii_alphanumeric() || (character.is_ascii_uppercase() && small) {
            words.push(String::new());
        }
        small = character.is_ascii_lowercase();
        if let (true, Some(word)) = (character.is_ascii_alphanumeric(), words.last_mut()) {
            word.push(character.to_ascii_lowercase());
        }
    }
    words
}

/// Seconds since 1970 of a date with its time of day, in any of these forms. Without a time it says too little.
fn moment(text: &str) -> Option<i64> {
    let (year, month, day) = date(text)?;
    let clock = text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':').find(|word| word.contains(':'))?;
    let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok().filter(|part| (0..=60).contains(part)));
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    // Days since 1970 in the Gregorian calendar, the year beginning in March.
    let (year, month, day) = (i64::from(year) - i64::from(month <= 2), i64::from(month), i64::from(day));
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * ((month + 9) % 12) + 2) / 5 + day - 1 - 719_468;
    Some(((days * 24 + hours) * 60 + minutes) * 60 + seconds)
}

/// Year, month and day of a date in any form that servers send (RFC 6265, 5.1.1).
fn date(text: &str) -> Option<(u32, u32, u32)> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let (mut day, mut month, mut year) = (None, None, None);
    for word in
        text.split(|c: char| !c.is_ascii_alphanumeric() && c != ':').filter(|word| !word.is_empty() && !word.contains(':'))
    {
        let number = word.parse::<u32>().ok();
        match number {
            Some(number) if day.is_none() && number <= 31 && word.len() <= 2 => day = Some(number),
            Some(number) if year.is_none() && (2..=4).contains(&word.len()) => {
                year = Some(match number {
                    0..=69 => number + 2000,
                    70..=99 => number + 1900,
                    _ => number,
                });
            }
            _ => {
                let start = word.get(..3).map(str::to_ascii_lowercase);
                let at = start.and_then(|start| MONTHS.iter().position(|month| *month == start));
                month = month.or(at.and_then(|at| u32::try_from(at + 1).ok()));
            }
        }
    }
    Some((year?, month?, day?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lifetime_of_a_cookie_is_its_age_or_counted_from_the_date_of_the_answer() {
        let lifetime = |date: &str, line: &str| {
            let hop = Answer { headers: vec![("Date".to_owned(), date.to_owned())], ..Answer::default() };
            row(line, &hop).get("lifetime").cloned()
        };
        let date = "Sat, 21 Nov 2026 20:00:00 GMT";
        let rows = [
            ("sid=x; Max-Age=60", Some(60)),
            ("sid=x; Max-Age=60; Expires=Sun, 21 Nov 2027 20:00:00 GMT", Some(60)),
            ("sid=x; Expires=Sun, 21 Nov 2027 20:00:00 GMT", Some(365 * 86_400)),
            ("sid=x; expires=Wed, 01-Mar-28 20:00:01 GMT", Some(466 * 86_400 + 1)),
            ("sid=x; Expires=Fri, 20 Nov 2026 20:00:00 GMT", Some(-86_400)),
            ("sid=x; Expires=Sun, 21 Nov 2027", None),
            ("sid=x; Expires=soon", None),
            ("sid=x", None),
        ];
        for (line, seconds) in rows {
            assert_eq!(lifetime(date, line), seconds.map(Value::Int), "{line}");
        }
        assert_eq!(lifetime("", "sid=x; Expires=Sun, 21 Nov 2027 20:00:00 GMT"), None);
    }
}

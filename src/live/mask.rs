//! Masking of what a server sent: cookies, tokens, passwords and the values of environment files become `masked-LENGTH`.
//!
//! Masking twice changes nothing, so what is derived from a recording equals what was derived from the answers. To know another
//! format of tokens, add a row to `FORMATS`.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use regex::{Captures, Regex};

use super::facts::Answer;

/// Formats of tokens by name: a fact names it, a value is never kept.
const FORMATS: &[(&str, &str)] = &[
    ("aws-access-key", r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    ("github-token", r"\b(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{60,255})"),
    ("gitlab-token", r"\bgl(?:pat|dt|rt|cbt|ptt|ft)-[A-Za-z0-9_.-]{20,300}"),
    ("slack-token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("stripe-secret-key", r"\b(?:sk|rk)_live_[A-Za-z0-9]{16,}"),
    ("google-api-key", r"\bAIza[A-Za-z0-9_-]{35}"),
    ("google-oauth-token", r"\bya29\.[A-Za-z0-9_-]{20,500}"),
    ("openai-key", r"\bsk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{20,250}T3BlbkFJ[A-Za-z0-9_-]{20,250}"),
    ("anthropic-key", r"\bsk-ant-[A-Za-z0-9_-]{20,250}"),
    ("sendgrid-key", r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}"),
    ("npm-token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("pypi-token", r"\bpypi-[A-Za-z0-9_-]{50,300}"),
    ("huggingface-token", r"\bhf_[A-Za-z0-9]{30,60}\b"),
    ("digitalocean-token", r"\bdo[oprt]_v1_[a-f0-9]{64}\b"),
    ("shopify-token", r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b"),
    ("twilio-key", r"\bSK[a-f0-9]{32}\b"),
    ("jwt", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("private-key", r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----[^-]{16,}"),
    ("connection-string", r"\b(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?)://[^/\s:@]{0,80}:[^@\s/]+@"),
];

/// Names that hold a credential.
const SECRET: &str = r"passw(?:or)?d|passwd|pwd|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credential|authorization";

/// A value as it is shown.
pub(crate) fn mask(value: &str) -> String {
    if value.is_empty() || value.starts_with("masked-") { value.to_owned() } else { format!("masked-{}", value.chars().count()) }
}

/// The answer without secrets.
pub(super) fn answer(answer: &Answer) -> Answer {
    let text = std::str::from_utf8(&answer.body).ok().map(body);
    Answer {
        url: url(&answer.url),
        headers: answer.headers.iter().map(|(name, value)| (name.clone(), header(name, value))).collect(),
        body: text.map_or_else(|| lossy(&answer.body), String::into_bytes),
        ..answer.clone()
    }
}

/// A body that is not text stays as it is, but for text that stands in it.
fn lossy(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let masked = self::body(&text);
    if masked == text { body.to_vec() } else { masked.into_bytes() }
}

/// The value of a header without secrets.
pub(crate) fn header(name: &str, value: &str) -> String {
    let lower = name.to_ascii_lowercase();
    if lower == "set-cookie" || lower == "set-cookie2" {
        return cookie(value);
    }
    let named = ["token", "secret", "api-key", "apikey", "password", "session"].iter().any(|word| lower.contains(word));
    if (named && !lower.starts_with("access-control-")) || lower == "authorization" {
        return mask(value);
    }
    tokens(&url(value))
}

/// `sid=masked-32; Path=/`. Values that delete stay.
fn cookie(line: &str) -> String {
    let (pair, rest) = line.split_at(line.find(';').unwrap_or(line.len()));
    match pair.split_once('=') {
        Some((_, value)) if value.trim() == "deleted" || value.trim().trim_matches('"').is_empty() => line.to_owned(),
        Some((name, value)) => format!("{name}={}{rest}", mask(value.trim())),
        None => format!("{}{rest}", mask(pair.trim())),
    }
}

/// A URL, or a text with URLs, without credentials in it.
pub(crate) fn url(text: &str) -> String {
    static PATTERNS: OnceLock<Option<(Regex, Regex)>> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| {
        let parameter = r#"(?P<keep>[?&#;](?P<name>[A-Za-z0-9_.\[\]-]{2,60})=)(?P<value>[^&#\s"'<>;]+)"#;
        let user = r#"(?P<keep>://[^/\s:@"'<>?]{0,80}:)(?P<value>[^@\s/"'<>]+)(?P<after>@)"#;
        Some((Regex::new(parameter).ok()?, Regex::new(user).ok()?))
    });
    let Some((parameter, user)) = patterns else { return text.to_owned() };
    let text = parameter.replace_all(text, |found: &Captures<'_>| {
        if is_credential(&found["name"]) { format!("{}{}", &found["keep"], mask(&found["value"])) } else { found[0].to_owned() }
    });
    user.replace_all(&text, |found: &Captures<'_>| format!("{}{}@", &found["keep"], mask(&found["value"]))).into_owned()
}

/// Is this the name of a parameter that holds a credential?
pub(crate) fn is_credential(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "token",
        "accesstoken",
        "idtoken",
        "refreshtoken",
        "authtoken",
        "auth",
        "apikey",
        "apitoken",
        "password",
        "passwd",
        "pwd",
        "pass",
        "secret",
        "clientsecret",
        "session",
        "sessionid",
        "sessiontoken",
        "sid",
        "jsessionid",
        "phpsessid",
        "jwt",
        "bearer",
        "credential",
        "credentials",
        "resettoken",
        "logintoken",
        "usertoken",
    ];
    let compact: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    NAMES.contains(&compact.as_str())
}

/// A text body without secrets.
pub(crate) fn body(text: &str) -> String {
    // Formats first: a token that an environment file assigns keeps its name.
    let mut text = tokens(text);
    if environment(&text).is_some() {
        text = values(&text);
    }
    assignments(&url(&text))
}

/// Tokens of known formats by name and length.
fn tokens(text: &str) -> String {
    static COMPILED: OnceLock<Vec<(&str, Regex)>> = OnceLock::new();
    let compiled =
        COMPILED.get_or_init(|| FORMATS.iter().filter_map(|(name, own)| Some((*name, Regex::new(own).ok()?))).collect());
    let mut text = text.to_owned();
    for (name, pattern) in compiled {
        let replaced = pattern.replace_all(&text, |found: &Captures<'_>| {
            let length = found[0].chars().count();
            match *name {
                // Rules look for this line.
                "private-key" => {
                    let head = found[0].find("-----").and_then(|at| found[0][at + 5..].find("-----")).map_or(0, |at| at + 10);
                    let value = found[0][head..].trim();
                    if value.starts_with("masked-") {
                        found[0].to_owned()
                    } else {
                        format!("{}\nmasked-{name}-{length}\n", &found[0][..head])
                    }
                }
                "connection-string" if found[0].contains(":masked-") => found[0].to_owned(),
                "connection-string" => {
                    let user = found[0].rfind(':').map_or("", |at| &found[0][..at]);
                    format!("{user}:masked-{name}-{length}@")
                }
                _ => format!("masked-{name}-{length}"),
            }
        });
        text = replaced.into_owned();
    }
    text
}

/// Names of the formats whose tokens were masked in a text.
pub(super) fn formats(text: &str) -> Vec<String> {
    static PATTERN: OnceLock<Option<Regex>> = OnceLock::new();
    let names = || FORMATS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join("|");
    let Some(pattern) = PATTERN.get_or_init(|| Regex::new(&format!(r"masked-({})-\d", names())).ok()) else { return Vec::new() };
    pattern.captures_iter(text).map(|found| found[1].to_owned()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Values behind names like `password`, in JSON, scripts, forms and settings.
fn assignments(text: &str) -> String {
    static COMPILED: OnceLock<Vec<Regex>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| {
        let patterns = [
            format!(r#"(?i)(?P<keep>(?:{SECRET})[\w.-]{{0,30}}["']?\s{{0,5}}[:=]\s{{0,5}}")(?P<value>(?:[^"\\\r\n]|\\.){{3,}})(?P<after>")"#),
            format!(r"(?i)(?P<keep>(?:{SECRET})[\w.-]{{0,30}}'?\s{{0,5}}[:=]\s{{0,5}}')(?P<value>(?:[^'\\\r\n]|\\.){{3,}})(?P<after>')"),
            format!(r#"(?im)(?P<keep>^[ \t]{{0,40}}[\w.-]{{0,60}}(?:{SECRET})[\w.-]{{0,30}}[ \t]{{0,5}}[:=][ \t]{{0,5}})(?P<value>[^\s"'$\{{<(\[]\S{{2,}})(?P<after>)"#),
            format!(r#"(?i)(?P<keep>name=["']?[\w.-]{{0,40}}(?:{SECRET}|csrf|xsrf)[\w.-]{{0,30}}["']?[^<>]*?\bvalue=["'])(?P<value>[^"'<>]{{3,}})(?P<after>["'])"#),
        ];
        patterns.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
    });
    compiled.iter().fold(text.to_owned(), |text, pattern| {
        let masked = |found: &Captures<'_>| format!("{}{}{}", &found["keep"], mask(&found["value"]), &found["after"]);
        pattern.replace_all(&text, masked).into_owned()
    })
}

/// The name that a line of an environment file assigns, and what stands before its value.
fn assigned(line: &str) -> Option<(&str, &str)> {
    let end = line.find('=')?;
    let bare = line[..end].trim();
    let name = bare.strip_prefix("export ").unwrap_or(bare).trim();
    let starts = name.starts_with(|first: char| first.is_ascii_uppercase() || first == '_');
    let all = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (starts && all).then(|| (name, &line[..=end]))
}

/// The names assigned, if the text reads as an environment file: two lines of `NAME=value` at least, and most lines.
pub(super) fn environment(text: &str) -> Option<Vec<String>> {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut names: Vec<String> = lines().filter_map(|line| assigned(line).map(|(name, _)| name.to_owned())).collect();
    if names.len() < 2 || names.len() * 2 < lines().count() {
        return None;
    }
    names.truncate(200);
    Some(names)
}

/// An environment file with its values masked; lines that go on from such a value, too.
fn values(text: &str) -> String {
    let masked = text.lines().map(|line| match assigned(line) {
        Some((_, keep)) => format!("{keep}{}", mask(line[keep.len()..].trim())),
        None if line.trim().is_empty() => String::new(),
        None if line.trim_start().starts_with('#') => "#".to_owned(),
        None => mask(line.trim()),
    });
    let mut out = masked.collect::<Vec<_>>().join("\n");
    if text.ends_with('\n') {
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        for (name, pattern) in FORMATS {
            assert!(Regex::new(pattern).is_ok(), "{name}");
        }
        // One token, one password, one parameter, one user: each is masked by another pattern.
        let text = "x: eyJhbGciOiJI.eyJzdWIiOiIxMjM.abcdefghijk 'password': 'abcdef' \"secret\": \"abcdef\" http://h/?sid=abcdef http://u:abcdef@h/\n\
                    token=abcdef\n<input name=csrf value='abcdef'>";
        let masked = body(text);
        assert!(!masked.contains("abcdef"), "{masked}");
        assert_eq!(formats(&masked), ["jwt"]);
    }
}

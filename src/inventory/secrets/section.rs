//! Keys of which only the section says what they are for: `"Jwt": { "Key": "…" }`, `[jwt]` over `key = …`, `jwt.key=…`.
//!
//! From the name of a section it reads forwards, over its own members only. Sections of YAML are read by checks as documents. To teach
//! it a section, add its last word to `HEADS` and, if no keyword is part of it, to `KEYWORDS`; a leaf to `LEAVES`.

use super::assignment;
use super::name;

/// Texts of which every name of such a section holds one, in lower case.
pub(super) const KEYWORDS: &[&str] = &["jwt", "token", "bearer", "signing", "encrypt", "hmac", "cipher", "secret"];
/// What signs or encrypts: the last words of a section, without what only says that it is one.
const HEADS: &[&[&str]] = &[
    &["jwt"],
    &["token"],
    &["bearer"],
    &["signing"],
    &["encryption"],
    &["encrypt"],
    &["hmac"],
    &["cipher"],
    &["secret", "key"],
    &["signing", "key"],
    &["encryption", "key"],
];
const CONTAINERS: &[&str] = &["settings", "setting", "config", "configuration", "options", "option", "section", "management"];
/// Words before `key` that leave it to the section what it is.
const LEAVES: &[&str] = &["security", "symmetric", "issuer", "token", "hash"];
/// How far into a section its key is looked for, in bytes.
const MAX_SECTION: usize = 1024;

/// How files of this path write sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Braces,
    /// `[section]`, or the section and a full stop before the name.
    Lines,
}

impl Style {
    pub(super) fn of_path(path: &str) -> Option<Style> {
        let extension = path.rsplit('/').next()?.rsplit_once('.')?.1.to_ascii_lowercase();
        match extension.as_str() {
            "json" | "jsonc" | "json5" => Some(Style::Braces),
            "toml" | "ini" | "cfg" | "conf" | "cnf" | "properties" => Some(Style::Lines),
            _ => None,
        }
    }
}

/// The names, as byte ranges, of the keys in the section in whose name a keyword starts at `at`.
pub(super) fn keys(text: &str, at: usize, style: Style) -> Vec<(usize, usize)> {
    let head = assignment::name_at(text, at);
    if !is_head(&text[head.0..head.1]) {
        return Vec::new();
    }
    match style {
        Style::Braces => in_braces(text, head),
        Style::Lines => in_lines(text, head),
    }
}

fn is_head(label: &str) -> bool {
    let mut words = name::words(label);
    while words.len() > 1 && words.last().is_some_and(|word| CONTAINERS.contains(&word.as_str())) {
        words.pop();
    }
    HEADS.iter().any(|head| words.len() >= head.len() && words[words.len() - head.len()..].iter().eq(head.iter()))
}

fn is_leaf(label: &str) -> bool {
    let words = name::words(label);
    words.split_last().is_some_and(|(last, before)| last == "key" && before.iter().all(|word| LEAVES.contains(&word.as_str())))
}

fn in_braces(text: &str, head: (usize, usize)) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let blank = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) && at < head.1 + MAX_SECTION {
            at += 1;
        }
        at
    };
    if head.0 == 0 || bytes[head.0 - 1] != b'"' {
        return Vec::new();
    }
    // `"Jwt:Key": "…"`: the section and its key in one name.
    if bytes.get(head.1) == Some(&b':') {
        let leaf = assignment::name_at(text, head.1 + 1);
        return Some((head.0, leaf.1)).filter(|_| is_leaf(&text[leaf.0..leaf.1])).into_iter().collect();
    }
    let colon = blank(head.1 + 1);
    if bytes.get(head.1) != Some(&b'"') || bytes.get(colon) != Some(&b':') {
        return Vec::new();
    }
    let open = blank(colon + 1);
    if bytes.get(open) == Some(&b'{') { members(text, open + 1) } else { Vec::new() }
}

/// The keys among the members of the object whose body starts at `from`, not of what stands in it.
fn members(text: &str, from: usize) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let (mut found, mut depth, mut at) = (Vec::new(), 0usize, from);
    while at < bytes.len().min(from + MAX_SECTION) {
        match bytes[at] {
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => break,
            b'}' | b']' => depth -= 1,
            b'"' => {
                let start = at + 1;
                at = start;
                while bytes.get(at).is_some_and(|byte| *byte != b'"') {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                let is_name = bytes.get(at + 1..).is_some_and(|rest| rest.trim_ascii_start().starts_with(b":"));
                if depth == 0 && is_name && text.get(start..at).is_some_and(is_leaf) {
                    found.push((start, at));
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn in_lines(text: &str, head: (usize, usize)) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    if bytes.get(head.1) == Some(&b'.') {
        let leaf = assignment::name_at(text, head.1 + 1);
        return Some(leaf).filter(|leaf| is_leaf(&text[leaf.0..leaf.1])).into_iter().collect();
    }
    let line = memchr::memrchr(b'\n', &bytes[..head.0]).map_or(0, |end| end + 1);
    let is_section = text[line..head.0].trim_start().starts_with('[') && bytes.get(head.1) == Some(&b']');
    if !is_section {
        return Vec::new();
    }
    let last = text.floor_char_boundary(head.1 + MAX_SECTION);
    let (mut found, mut at) = (Vec::new(), head.1 + 1);
    for line in text[head.1 + 1..last.max(head.1 + 1)].split_inclusive('\n') {
        let label = line.trim_start();
        let start = at + line.len() - label.len();
        at += line.len();
        if label.starts_with('[') {
            break;
        }
        let end = label.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))).unwrap_or(label.len());
        if is_leaf(&label[..end]) {
            found.push((start, start + end));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests::{engine, find, sure};
    use super::*;
    use crate::model::secret::SecretKind;
    use crate::model::terms::Confidence;

    fn names(text: &str, style: Style) -> Vec<&str> {
        let lower = text.to_ascii_lowercase();
        let at = KEYWORDS.iter().filter_map(|keyword| lower.find(keyword)).min().expect("a section");
        keys(text, at, style).into_iter().map(|(start, end)| &text[start..end]).collect()
    }

    #[test]
    fn the_keys_of_sections_that_sign() {
        for (text, style, expected) in [
            (r#"{ "Jwt": { "Issuer": "a", "Nested": { "key": 1 }, "Key": "x" } }"#, Style::Braces, vec!["Key"]),
            (r#"{ "JwtSettings": { "SecurityKey": "x", "Audience": "\"Key\": 1" } }"#, Style::Braces, vec!["SecurityKey"]),
            (r#"{ "SecretKey": { "Key": "x" } }"#, Style::Braces, vec!["Key"]),
            (r#"{ "Jwt:Key": "x" }"#, Style::Braces, vec!["Jwt:Key"]),
            ("[jwt]\nissuer = \"a\"\n\n  key = \"x\"\n[other]\nkey = \"y\"", Style::Lines, vec!["key"]),
            ("[auth.token]\nkey = x", Style::Lines, vec!["key"]),
            ("jwt.key=x", Style::Lines, vec!["key"]),
        ] {
            assert_eq!(names(text, style), expected, "{text}");
        }
    }

    #[test]
    fn other_sections_and_lists_are_none() {
        for (text, style) in [
            (r#"{ "jwt": [{ "key": "payload" }] }"#, Style::Braces),
            (r#"{ "jwt": { "list": [{ "key": "payload" }] } }"#, Style::Braces),
            (r#"{ "tokenizer": { "key": "x" } }"#, Style::Braces),
            (r#"{ "secretKeyRef": { "key": "x" } }"#, Style::Braces),
            (r#"{ "secret": { "key": "x" } }"#, Style::Braces),
            (r#"{ "x": "jwt", "key": "x" }"#, Style::Braces),
            (r#"{ "jwt": { "publicKey": "x", "v": "key" } }"#, Style::Braces),
            ("# [jwt]\nkey = x", Style::Lines),
            ("jwt = 1\nkey = x", Style::Lines),
            ("[jwt]", Style::Lines),
            ("\"jwt\":{", Style::Braces),
        ] {
            assert_eq!(names(text, style), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn literals_of_sections_that_sign_are_found() {
        let engine = engine();
        for (path, text, value) in [
            (
                "appsettings.json",
                "{ \"Jwt\": { \"Issuer\": \"acme\", \"Key\": \"orchard-lantern-quill\" } }",
                "orchard-lantern-quill",
            ),
            ("appsettings.json", "{ \"JwtSettings\": { \"SecurityKey\": \"orchard-lantern-quill\" } }", "orchard-lantern-quill"),
            ("config/default.json", "{ \"SecretKey\": { \"Key\": \"q8Zr2LmX0pVt5KcY7wNd\" } }", "q8Zr2LmX0pVt5KcY7wNd"),
            ("appsettings.json", "{ \"Jwt:Key\": \"orchard-lantern-quill\" }", "orchard-lantern-quill"),
            ("config.toml", "[jwt]\nissuer = \"acme\"\nkey = \"orchard-lantern-quill\"", "orchard-lantern-quill"),
            ("config.ini", "[jwt]\nissuer = acme\nkey = orchard-lantern-quill", "orchard-lantern-quill"),
            ("application.properties", "jwt.key=orchard-lantern-quill", "orchard-lantern-quill"),
        ] {
            assert_eq!(sure(&engine, path, text), [(SecretKind::Assignment, value.to_owned())], "{path}: {text}");
        }
    }

    #[test]
    fn placeholders_names_and_other_sections_are_not() {
        let engine = engine();
        for (path, text) in [
            ("appsettings.json", "{ \"Jwt\": { \"Key\": \"your-secret-key-change-me\" } }"),
            ("appsettings.json", "{ \"Jwt\": { \"Key\": \"\" } }"),
            ("appsettings.json", "{ \"SecretKey\": { \"Key\": \"SECRET_AND_SECURE_KEY\" } }"),
            ("app.json", "{ \"jwt\": { \"key\": \"jwt-secret\" }, \"token\": { \"key\": \"auth_token\" } }"),
            ("app.json", "{ \"development\": {\n  \"jwt\": {\n    \"key\": \"orchard-lantern-quill\" } } }"),
            ("app.json", "{ \"jwt\": { \"key\": \"/etc/keys/jwt.pem\" }, \"db\": { \"key\": \"orchard-lantern-quill\" } }"),
            ("locales/en.json", "{ \"jwt\": { \"key\": \"orchard-lantern-quill\" } }"),
            ("config.toml", "[jwt]\nkey = \"${JWT_KEY}\"\n[index]\nkey = \"orchard-lantern-quill\""),
            ("app.properties", "jwt.key=${JWT_KEY}"),
        ] {
            assert_eq!(sure(&engine, path, text), [], "{path}: {text}");
        }
    }

    /// A word in capitals may be a name that something replaces.
    #[test]
    fn a_section_with_a_word_in_capitals_is_doubtful() {
        let text = "{ \"SecretKey\": { \"Key\": \"SECRET_AND_SECURE_KEY\" } }";
        let found = find(&engine(), "appsettings.json", text);
        assert_eq!(
            found.iter().map(|found| (found.kind, found.confidence)).collect::<Vec<_>>(),
            [(SecretKind::Assignment, Confidence::Low)]
        );
    }
}

//! `.env` files: `KEY=VALUE` lines with `export`, quotes, comments and multi-line quoted values.
//!
//! The document is an object of strings; a repeated key keeps every occurrence. Nothing is expanded: `${VAR}` stays as text. A line
//! that is no assignment is skipped, as the loaders do.

use super::ParseError;
use super::node::{Entry, Node, Value};
use super::position::Lines;

/// Reads one dotenv file.
pub fn parse(text: &str) -> Result<Vec<Node>, ParseError> {
    let lines = Lines::new(text);
    let mut entries = Vec::new();
    let mut unclosed = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let line_end = memchr::memchr(b'\n', &text.as_bytes()[at..]).map_or(text.len(), |newline| at + newline);
        let Some((key_at, key, value_at)) = assignment(text, at, line_end) else {
            at = line_end + 1;
            continue;
        };
        let (value_end, value) = quoted(text, value_at, &mut unclosed).unwrap_or_else(|| {
            let value = unquoted(&text[value_at..line_end]);
            (value_at + value.len(), value.to_string())
        });
        let next = memchr::memchr(b'\n', &text.as_bytes()[value_end..]).map_or(text.len(), |newline| value_end + newline);
        let value = Node::new(Value::String(value.into()), lines.span(value_at..value_end));
        entries.push(Entry::new(key, lines.span(key_at..key_at + key.len()), value));
        at = next + 1;
    }
    Ok(vec![Node::new(Value::Object(entries), lines.span(0..text.len()))])
}

/// Where the key of an assignment begins, the key, and where its value begins.
fn assignment(text: &str, start: usize, end: usize) -> Option<(usize, &str, usize)> {
    let skip_blanks = |at: usize| at + text[at..end].len() - text[at..end].trim_start().len();
    let mut key_at = skip_blanks(start);
    if text[key_at..end].starts_with("export") && text[key_at + "export".len()..end].starts_with([' ', '\t']) {
        key_at = skip_blanks(key_at + "export".len());
    }
    let equals = key_at + text[key_at..end].find('=')?;
    let key = text[key_at..equals].trim_end();
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    let named = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && key.chars().all(is_name);
    named.then(|| (key_at, key, skip_blanks(equals + 1)))
}

/// The value in quotes that opens at `start` and the offset after its closing quote, which may be lines below.
fn quoted(text: &str, start: usize, unclosed: &mut Vec<u8>) -> Option<(usize, String)> {
    let bytes = text.as_bytes();
    let quote = *bytes.get(start).filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
    // A quote that was not closed once is not closed later; this keeps reading linear.
    if unclosed.contains(&quote) {
        return None;
    }
    let mut at = start + 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if quote == b'"' && bytes[at] == b'\\' { 2 } else { 1 };
    }
    if at >= bytes.len() {
        unclosed.push(quote);
        return None;
    }
    let inner = &text[start + 1..at];
    Some((at + 1, if quote == b'"' { unescaped(inner) } else { inner.to_string() }))
}

fn unescaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            result.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => result.push('\n'),
            Some('r') => result.push('\r'),
            Some('t') => result.push('\t'),
            Some(escaped @ ('"' | '\\' | '$' | '\'' | '`')) => result.push(escaped),
            Some(other) => result.extend(['\\', other]),
            None => result.push('\\'),
        }
    }
    result
}

/// A bare value: up to a comment, which a blank precedes.
fn unquoted(text: &str) -> &str {
    let comment = text.match_indices('#').find(|(at, _)| *at == 0 || text[..*at].ends_with([' ', '\t']));
    comment.map_or(text, |(at, _)| &text[..at]).trim_end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str) -> Node {
        parse(text).unwrap().remove(0)
    }

    #[test]
    fn reads_what_the_loaders_read() {
        let node = one(
            "# app\nPORT=8000\nexport HOST = 0.0.0.0 # all\n\nNAME=\"a \\\"b\\\"\\n#c\" # d\nRAW='${X} \\n'\nURL=http://x/#a\nEMPTY=\nnot an assignment\nKEY=\"-----BEGIN\nmiddle\n-----END\"\nLAST=${PORT}",
        );
        let value = |key: &str| node.get(key).unwrap().as_str().unwrap().to_string();
        assert_eq!(value("PORT"), "8000");
        assert_eq!(value("HOST"), "0.0.0.0");
        assert_eq!(value("NAME"), "a \"b\"\n#c");
        assert_eq!(value("RAW"), "${X} \\n");
        assert_eq!(value("URL"), "http://x/#a");
        assert_eq!(value("EMPTY"), "");
        assert_eq!(value("KEY"), "-----BEGIN\nmiddle\n-----END");
        assert_eq!(value("LAST"), "${PORT}");
        assert_eq!(node.entries().len(), 8);
    }

    #[test]
    fn places_are_exact() {
        let node = one("A=1\r\n  export B= 'x\n y'\r\nC=3\n");
        let b = node.entry("B").unwrap();
        assert_eq!((b.key_span.line, b.key_span.column), (2, 10));
        assert_eq!((b.value.span.line, b.value.span.column, b.value.span.end_line), (2, 13, 3));
        assert_eq!(node.get("A").unwrap().as_str(), Some("1"));
        assert_eq!(node.entry("C").unwrap().key_span.line, 4);
    }

    #[test]
    fn an_unclosed_quote_ends_with_its_line() {
        let node = one("A=\"open\nB='x\nC=3\n");
        assert_eq!(node.get("A").unwrap().as_str(), Some("\"open"));
        assert_eq!(node.get("B").unwrap().as_str(), Some("'x"));
        assert_eq!(one("A='open\nB=2\n").get("B").unwrap().as_str(), Some("2"));
    }

    proptest! {
        #[test]
        fn never_panics_and_stays_in_the_file(text in "([A-C=\"'`# \t\\\\é\n\r$]|export |K=){0,60}") {
            let lines = text.matches('\n').count() as u32 + 1;
            for entry in one(&text).entries() {
                prop_assert!((1..=lines).contains(&entry.key_span.line));
                prop_assert!((entry.key_span.line..=lines).contains(&entry.value.span.end_line));
            }
        }
    }
}

//! JSON and JSON with comments (`tsconfig.json`, `.jsonc`, `.json5`): comments, trailing commas and the other leniencies that the
//! tools which own these files allow.
//!
//! Objects keep their members in source order; whole numbers that fit are `Int`, other numbers `Float`.

use jsonc_parser::ast::{self, ObjectPropName};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::node::{Entry, Node, Span, Value};
use super::position::Lines;
use super::{MAX_DEPTH, ParseError};

/// Reads one JSON document; an empty text is null.
pub fn parse(text: &str) -> Result<Vec<Node>, ParseError> {
    let lines = Lines::new(text);
    if let Some(offset) = too_deep_at(text) {
        return Err(ParseError::too_deep(lines.line(offset)));
    }
    let parsed = parse_to_ast(text, &CollectOptions::default(), &ParseOptions::default())
        .map_err(|error| ParseError::new(lines.line(error.range().start), format!("not JSON: {}", error.kind())))?;
    Ok(vec![parsed.value.map_or_else(Node::default, |value| convert(value, &lines))])
}

/// Where brackets outside strings and comments nest deeper than the limit. The parser recurses, so this is asked first.
fn too_deep_at(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0usize, 0usize);
    while at < bytes.len() {
        match bytes[at] {
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(at);
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            quote @ (b'"' | b'\'') => at = end_of_string(bytes, at, quote),
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |skip| at + skip);
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = memchr::memmem::find(&bytes[at + 2..], b"*/").map_or(bytes.len(), |skip| at + skip + 3);
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Offset of the quote that closes the string opened at `at`, or the end of the text.
fn end_of_string(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut at = at + 1;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at
}

fn convert(value: ast::Value<'_>, lines: &Lines<'_>) -> Node {
    let span = place(value.range(), lines);
    let value = match value {
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::BooleanLit(literal) => Value::Bool(literal.value),
        ast::Value::NumberLit(literal) => number(literal.value),
        ast::Value::StringLit(literal) => Value::String(literal.value.into()),
        ast::Value::Array(array) => Value::Array(array.elements.into_iter().map(|element| convert(element, lines)).collect()),
        ast::Value::Object(object) => Value::Object(object.properties.into_iter().map(|prop| member(prop, lines)).collect()),
    };
    Node::new(value, span)
}

fn member(prop: ast::ObjectProp<'_>, lines: &Lines<'_>) -> Entry {
    let key_span = place(prop.name.range(), lines);
    let value = convert(prop.value, lines);
    match prop.name {
        ObjectPropName::String(name) => Entry::new(name.value, key_span, value),
        ObjectPropName::Word(name) => Entry::new(name.value, key_span, value),
    }
}

fn place(range: Range, lines: &Lines<'_>) -> Span {
    lines.span(range.start..range.end)
}

/// The value of a number as JSON or JSON5 writes it.
fn number(text: &str) -> Value {
    let digits = text.strip_prefix('+').unwrap_or(text);
    if let Ok(value) = digits.parse::<i64>() {
        return Value::Int(value);
    }
    let (sign, magnitude) = digits.strip_prefix('-').map_or((1, digits), |rest| (-1, rest));
    let hex = magnitude.strip_prefix("0x").or_else(|| magnitude.strip_prefix("0X"));
    if let Some(value) = hex.and_then(|hex| i64::from_str_radix(hex, 16).ok()) {
        return Value::Int(sign * value);
    }
    digits.parse::<f64>().map_or_else(|_| Value::String(text.into()), Value::Float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str) -> Node {
        parse(text).unwrap().remove(0)
    }

    #[test]
    fn reads_a_package_manifest_with_places() {
        let node = one(
            "{\n  \"name\": \"shop\",\n  \"private\": true,\n  \"dependencies\": {\n    \"express\": \"^4.19.2\"\n  },\n  \"n\": [1, -2.5, 1e3, null]\n}\n",
        );
        let express = node.at(&["dependencies", "express"]).unwrap();
        assert_eq!(express.as_str(), Some("^4.19.2"));
        assert_eq!((express.span.line, express.span.column), (5, 16));
        let entry = node.entry("dependencies").unwrap();
        assert_eq!((entry.key_span.line, entry.key_span.column), (4, 3));
        assert_eq!((entry.value.span.line, entry.value.span.end_line), (4, 6));
        assert_eq!(node.get("private").unwrap().value, Value::Bool(true));
        let values: Vec<_> = node.get("n").unwrap().items().iter().map(|item| item.value.clone()).collect();
        assert_eq!(values, [Value::Int(1), Value::Float(-2.5), Value::Float(1000.0), Value::Null]);
    }

    #[test]
    fn tolerates_comments_and_trailing_commas() {
        let node = one(
            "// base\n{\n  /* strict [ */\n  \"compilerOptions\": { \"strict\": true, }, // [[[\n  \"files\": [\"a.ts\",],\n}\n",
        );
        assert_eq!(node.at(&["compilerOptions", "strict"]).unwrap().value, Value::Bool(true));
        assert_eq!(node.get("files").unwrap().items().len(), 1);
    }

    #[test]
    fn escapes_duplicates_and_columns_in_characters() {
        let node = one("{\"é\": \"a\\\"b\\u0041\", \"é\": 0x10}");
        assert_eq!(node.entries()[0].value.as_str(), Some("a\"bA"));
        assert_eq!(node.get("é").unwrap().value, Value::Int(16));
        assert_eq!(node.get("é").unwrap().span.column, 26);
    }

    #[test]
    fn an_error_names_its_line() {
        let error = parse("{\n  \"a\": 1,\n  \"b\": }\n").unwrap_err();
        assert_eq!(error.line, 3);
        assert!(error.message.starts_with("not JSON: "), "{}", error.message);
        assert_eq!(one("").value, Value::Null);
    }

    #[test]
    fn deep_nesting_is_an_error_not_a_crash() {
        for open in ["[", "{\"a\":"] {
            let error = parse(&open.repeat(10_000)).unwrap_err();
            assert!(error.message.contains("nested deeper"), "{}", error.message);
        }
        let brackets_in_a_string = format!("[\"{}\"]", "[".repeat(500));
        assert!(parse(&brackets_in_a_string).is_ok());
        let allowed = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        assert!(parse(&allowed).is_ok());
    }

    proptest! {
        #[test]
        fn never_panics(text in "[\\[\\]{}\",:'/*\\\\ \n0-9a-ftrueéx.+-]{0,120}") {
            let _ = parse(&text);
        }
    }
}

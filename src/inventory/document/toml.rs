//! TOML (`pyproject.toml`, `Cargo.toml`, `fly.toml`, lock files).
//!
//! The parser recovers: what it could read is returned with the rest left out, unless it could read nothing. Tables are objects in
//! source order, dates and times are strings.

use ::toml::Spanned;
use ::toml::de::{DeFloat, DeInteger, DeTable, DeValue};

use super::node::{Entry, Node, Value};
use super::position::Lines;
use super::{MAX_DEPTH, ParseError};

/// Reads one TOML document.
pub fn parse(text: &str) -> Result<Vec<Node>, ParseError> {
    let lines = Lines::new(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    if let Some(error) = errors.first().filter(|_| table.get_ref().is_empty()) {
        let line = error.span().map_or(1, |span| lines.line(span.start));
        return Err(ParseError::new(line, format!("not TOML: {}", error.message())));
    }
    let span = lines.span(0..text.len());
    let members = members(table.into_inner(), &lines, MAX_DEPTH)?;
    Ok(vec![Node::new(Value::Object(members), span)])
}

fn members(table: DeTable<'_>, lines: &Lines<'_>, depth: usize) -> Result<Vec<Entry>, ParseError> {
    let mut pairs: Vec<_> = table.into_iter().collect();
    pairs.sort_by_key(|(key, _)| key.span().start);
    pairs
        .into_iter()
        .map(|(key, value)| {
            let key_span = lines.span(key.span());
            let value = convert(value, lines, depth.saturating_sub(1))?;
            Ok(Entry::new(key.into_inner(), key_span, value))
        })
        .collect()
}

fn convert(spanned: Spanned<DeValue<'_>>, lines: &Lines<'_>, depth: usize) -> Result<Node, ParseError> {
    let mut span = lines.span(spanned.span());
    if depth == 0 {
        return Err(ParseError::too_deep(span.line));
    }
    let value = match spanned.into_inner() {
        DeValue::String(text) => Value::String(text.into()),
        DeValue::Integer(value) => integer(&value),
        DeValue::Float(value) => float(&value),
        DeValue::Boolean(value) => Value::Bool(value),
        DeValue::Datetime(value) => Value::String(value.to_string().into()),
        DeValue::Array(items) => {
            let items = items.into_iter().map(|item| convert(item, lines, depth - 1)).collect::<Result<Vec<_>, _>>()?;
            span.end_line = items.last().map_or(span.end_line, |last| last.span.end_line.max(span.end_line));
            Value::Array(items)
        }
        DeValue::Table(table) => {
            let members = members(table, lines, depth)?;
            span.end_line = members.iter().map(|member| member.value.span.end_line).fold(span.end_line, u32::max);
            Value::Object(members)
        }
    };
    Ok(Node::new(value, span))
}

fn integer(value: &DeInteger<'_>) -> Value {
    match i64::from_str_radix(value.as_str(), value.radix()) {
        Ok(number) => Value::Int(number),
        Err(_) => Value::String(value.to_string().into()),
    }
}

fn float(value: &DeFloat<'_>) -> Value {
    match value.as_str().parse() {
        Ok(number) => Value::Float(number),
        Err(_) => Value::String(value.to_string().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str) -> Node {
        parse(text).unwrap().remove(0)
    }

    const PYPROJECT: &str = "[project]\nname = \"shop\"\ndependencies = [\n  \"fastapi>=0.110\",\n  \"uvicorn\",\n]\n\n[tool.ruff]\nline-length = 120\nlint.select = [\"E\"]\n\n[[tool.mypy.overrides]]\nmodule = \"x\"\nignore = true\n\n[[tool.mypy.overrides]]\nmodule = \"y\"\nsince = 2024-05-01\n";

    #[test]
    fn reads_a_python_project_with_places() {
        let node = one(PYPROJECT);
        let dependencies = node.at(&["project", "dependencies"]).unwrap();
        assert_eq!(dependencies.items()[1].as_str(), Some("uvicorn"));
        assert_eq!((dependencies.items()[1].span.line, dependencies.items()[1].span.column), (5, 3));
        assert_eq!(node.at(&["tool", "ruff", "line-length"]).unwrap().value, Value::Int(120));
        assert_eq!(node.at(&["tool", "ruff", "lint", "select"]).unwrap().span.line, 10);
        let overrides = node.at(&["tool", "mypy", "overrides"]).unwrap();
        assert_eq!(overrides.items()[1].get("since").unwrap().as_str(), Some("2024-05-01"));
        assert_eq!((overrides.items()[1].span.line, overrides.items()[1].span.end_line), (16, 18));
    }

    #[test]
    fn members_keep_source_order() {
        let node = one("z = 1\na = 0x1F\nm = 1.5\n");
        let keys: Vec<_> = node.entries().iter().map(|entry| &*entry.key).collect();
        assert_eq!(keys, ["z", "a", "m"]);
        assert_eq!(node.get("a").unwrap().value, Value::Int(31));
        assert_eq!(node.get("m").unwrap().value, Value::Float(1.5));
    }

    #[test]
    fn recovers_what_it_can_and_reports_what_it_cannot() {
        assert_eq!(one("a = 1\nb = \nc = 3\n").get("c").unwrap().value, Value::Int(3));
        assert_eq!(parse("\n]]]\n").unwrap_err().line, 2);
        assert!(one("").entries().is_empty());
    }

    #[test]
    fn hostile_depth_does_not_crash() {
        let _ = parse(&format!("a = {}", "[".repeat(10_000)));
        let _ = parse(&format!("{} = 1", vec!["a"; 10_000].join(".")));
        let _ = parse(&format!("[{}]\nb=1", vec!["a"; 10_000].join(".")));
        let nested: String = (1..79).map(|depth| format!("[[{}]]\n", vec!["a"; depth].join("."))).collect();
        assert!(parse(&nested).unwrap_err().message.contains("nested deeper"));
    }

    proptest! {
        #[test]
        fn never_panics(text in "[\\[\\]{}\"',=.# \n0-9a-cé:+-]{0,120}") {
            let _ = parse(&text);
        }
    }
}

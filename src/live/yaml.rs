//! YAML of an API description as generic JSON: tolerant, bounded in depth and in what aliases copy.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value as Json};

const DEPTH: usize = 64;
/// Nodes that aliases may copy.
const COPIES: usize = 200_000;

/// The first document. `None`: it is no YAML, too deep, or too large.
pub(super) fn parse(text: &str) -> Option<Json> {
    let mut reader = Reader { stack: Vec::new(), anchors: BTreeMap::new(), copies: COPIES };
    for event in Parser::new_from_str(text) {
        let done = match event.ok()?.0 {
            Event::Scalar(text, style, anchor, _) => reader.place(scalar(&text, style), anchor)?,
            Event::SequenceStart(_, anchor, _) => reader.open(Json::Array(Vec::new()), anchor)?,
            Event::MappingStart(_, anchor, _) => reader.open(Json::Object(Map::new()), anchor)?,
            Event::SequenceEnd | Event::MappingEnd => {
                let frame = reader.stack.pop()?;
                reader.place(frame.value, frame.anchor)?
            }
            Event::Alias(id) => {
                let copy = reader.anchors.get(&id)?.clone();
                reader.copies = reader.copies.checked_sub(size(&copy))?;
                reader.place(copy, 0)?
            }
            _ => None,
        };
        if done.is_some() {
            return done;
        }
    }
    None
}

struct Frame {
    value: Json,
    /// The key whose value comes next.
    key: Option<String>,
    anchor: usize,
}

struct Reader {
    stack: Vec<Frame>,
    anchors: BTreeMap<usize, Json>,
    copies: usize,
}

impl Reader {
    fn open(&mut self, value: Json, anchor: usize) -> Option<Option<Json>> {
        self.stack.push(Frame { value, key: None, anchor });
        (self.stack.len() <= DEPTH).then_some(None)
    }

    /// Puts a finished value where it belongs; the outermost one is the document.
    fn place(&mut self, value: Json, anchor: usize) -> Option<Option<Json>> {
        if anchor != 0 {
            self.copies = self.copies.checked_sub(size(&value))?;
            self.anchors.insert(anchor, value.clone());
        }
        let Some(frame) = self.stack.last_mut() else { return Some(Some(value)) };
        match (&mut frame.value, frame.key.take()) {
            (Json::Array(items), _) => items.push(value),
            (Json::Object(members), Some(key)) => {
                members.insert(key, value);
            }
            (Json::Object(_), None) => {
                frame.key = Some(match value {
                    Json::String(text) => text,
                    other => other.to_string(),
                });
            }
            _ => return None,
        }
        Some(None)
    }
}

fn size(value: &Json) -> usize {
    match value {
        Json::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Json::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// Plain scalars by the core schema; numbers that JSON does not know stay text.
fn scalar(text: &str, style: ScalarStyle) -> Json {
    if style != ScalarStyle::Plain {
        return Json::from(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Json::Null,
        "true" | "True" | "TRUE" => Json::Bool(true),
        "false" | "False" | "FALSE" => Json::Bool(false),
        _ => text.parse::<i64>().map_or_else(|_| Json::from(text), Json::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_is_read_as_json() {
        let text = "openapi: 3.1.0\npaths:\n  /a: &a\n    get: {security: [{key: []}], deprecated: false}\n  /b: *a\nn: 12\n200: ok\n---\nx: 1";
        let expected = serde_json::json!({
            "openapi": "3.1.0",
            "paths": {"/a": {"get": {"security": [{"key": []}], "deprecated": false}}, "/b": {"get": {"security": [{"key": []}], "deprecated": false}}},
            "n": 12, "200": "ok"
        });
        assert_eq!(parse(text), Some(expected));
        assert_eq!(parse("a: [1"), None);
        assert_eq!(parse(&"[".repeat(100)), None);
    }

    #[test]
    fn aliases_do_not_explode() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..9 {
            let items = vec![format!("*a{}", level - 1); 10].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        assert_eq!(parse(&text), None);
    }

    proptest::proptest! {
        #[test]
        fn no_text_harms(text in "[a-z:{}\\[\\],&* \n\\-\"'|>#!]{0,80}") {
            let _ = parse(&text);
        }
    }
}

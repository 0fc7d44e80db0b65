//! The checks that are built into the binary.
//!
//! The build script parses them; here their trees are read back, which costs little more than copying them. Code rules are left sealed.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use crate::model::node::{Entry, Node, Sealed, Span, Value};

include!(concat!(env!("OUT_DIR"), "/bundle.rs"));

/// A file of the built-in pack.
pub struct Bundled {
    /// Within the pack, e.g. `cors/no-wildcard-origin.yaml`.
    pub path: &'static str,
    /// Where its tree stands among the trees.
    tree: Range<usize>,
    /// Where its live part stands among those; empty if it has none.
    live: Range<usize>,
    /// As in the repository.
    pub whole: &'static str,
}

/// Every file of the built-in pack, by path.
pub fn files() -> &'static [Bundled] {
    FILES
}

/// Hash over the built-in pack.
pub fn digest() -> &'static str {
    DIGEST
}

/// The texts of all trees, each once.
struct Strings(Vec<Arc<str>>);

/// The live part of a file, which is packed apart so that an audit of files alone never reads it.
pub fn live(path: &str) -> Option<Node> {
    static STRINGS_OF_LIVE: OnceLock<Strings> = OnceLock::new();
    let file = FILES.iter().find(|file| file.path == path)?;
    let bytes = LIVE_TREES.get(file.live.clone()).filter(|bytes| !bytes.is_empty())?;
    Some(Bytes(bytes).node(STRINGS_OF_LIVE.get_or_init(|| Strings::of(LIVE_STRINGS))))
}

/// The texts of everything but live parts.
fn strings() -> &'static Strings {
    static STRINGS_OF_ALL: OnceLock<Strings> = OnceLock::new();
    STRINGS_OF_ALL.get_or_init(|| Strings::of(STRINGS))
}

/// The code rule of this number.
fn rule(number: u32) -> Node {
    let bytes = RULES.get(number as usize).and_then(|place| RULE_TREES.get(place.clone())).unwrap_or_default();
    Bytes(bytes).node(strings())
}

impl Strings {
    fn of(table: &'static [u8]) -> Strings {
        let mut bytes = Bytes(table);
        let count = bytes.varint();
        Strings((0..count).map(|_| Arc::from(bytes.text())).collect())
    }
}

impl Bundled {
    /// The file without its tests, with `true` for its live part, code rules sealed, and without places; `None` if it is no YAML.
    pub fn node(&self) -> Option<Node> {
        let bytes = TREES.get(self.tree.clone()).filter(|bytes| !bytes.is_empty())?;
        Some(Bytes(bytes).node(strings()))
    }
}

/// Bytes that the build script wrote; what is not there reads as nothing.
struct Bytes(&'static [u8]);

impl Bytes {
    fn take(&mut self, length: usize) -> &'static [u8] {
        let (taken, rest) = self.0.split_at(length.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }

    fn varint(&mut self) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = self.byte();
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 || shift > 63 {
                return value;
            }
        }
    }

    fn text(&mut self) -> &'static str {
        let length = self.varint() as usize;
        std::str::from_utf8(self.take(length)).unwrap_or_default()
    }

    fn string(&mut self, strings: &Strings) -> Arc<str> {
        let id = self.varint() as usize;
        strings.0.get(id).map_or_else(|| Arc::from(""), Arc::clone)
    }

    fn node(&mut self, strings: &Strings) -> Node {
        let value = match self.byte() {
            1 => Value::Bool(false),
            2 => Value::Bool(true),
            3 => {
                let coded = self.varint();
                Value::Int((coded >> 1) as i64 ^ -((coded & 1) as i64))
            }
            4 => Value::Float(self.take(8).try_into().map_or(0.0, f64::from_le_bytes)),
            5 => Value::String(self.string(strings)),
            6 => {
                let count = self.varint() as usize;
                let mut items = Vec::with_capacity(count);
                items.extend((0..count).map(|_| self.node(strings)));
                Value::Array(items)
            }
            7 => {
                let count = self.varint() as usize;
                let mut entries = Vec::with_capacity(count);
                for _ in 0..count {
                    let key = self.string(strings);
                    entries.push(Entry { key, key_span: Span::default(), value: self.node(strings) });
                }
                Value::Object(entries)
            }
            8 => {
                let (number, count) = (self.varint() as u32, self.varint());
                let names = (0..count).map(|_| self.string(strings)).collect();
                Value::Sealed(Arc::new(Sealed::new(number, names, rule)))
            }
            _ => Value::Null,
        };
        Node { value, span: Span::default(), tag: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::document::yaml;

    /// The node with all that is sealed in it opened; how many that were, and whether each names what it asks for.
    fn opened(node: Node, sealed: &mut usize) -> Node {
        let value = match &node.value {
            Value::Sealed(inner) => {
                *sealed += 1;
                let opened = node.opened().clone();
                let mut names = Vec::new();
                asked(&opened, &mut names);
                assert_eq!(inner.names, names, "{opened:?}");
                return opened;
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| opened(item.clone(), sealed)).collect()),
            Value::Object(entries) => {
                let open = |entry: &Entry| Entry { value: opened(entry.value.clone(), sealed), ..entry.clone() };
                Value::Object(entries.iter().map(open).collect())
            }
            value => value.clone(),
        };
        Node { value, ..node }
    }

    fn asked(node: &Node, names: &mut Vec<Arc<str>>) {
        for entry in node.entries() {
            names.extend(entry.value.as_str().filter(|_| &*entry.key == "matches").map(Arc::from));
            asked(&entry.value, names);
        }
        node.items().iter().for_each(|item| asked(item, names));
    }

    #[test]
    fn every_file_reads_back_as_it_was_written() {
        let mut sealed = 0;
        for file in files() {
            let mut parsed = yaml::parse_plain(file.whole).unwrap().remove(0);
            if let Value::Object(entries) = &mut parsed.value {
                entries.retain(|entry| &*entry.key != "tests");
                for entry in entries.iter_mut().filter(|entry| &*entry.key == "live") {
                    assert_eq!(live(file.path).as_ref(), Some(&entry.value), "{}", file.path);
                    entry.value.value = Value::Bool(true);
                }
            }
            let node = file.node().map(|node| opened(node, &mut sealed));
            assert_eq!(node, Some(parsed), "{}", file.path);
        }
        assert!(sealed > RULES.len() && RULES.len() > 1_000, "{sealed} rules, {} of them different", RULES.len());
    }

    #[test]
    fn rules_are_the_same_only_if_their_texts_are() {
        let texts: std::collections::BTreeSet<String> =
            (0..RULES.len() as u32).map(|number| format!("{:?}", rule(number))).collect();
        assert_eq!(texts.len(), RULES.len());
    }
}

//! One value tree for every structured format, each node with its place in the file.
//!
//! The front ends of `inventory::document` (one file per format) build it, its `query` selects in it. A scalar that a template
//! engine or an expression fills in is `Value::Templated`: predicates on it answer neither yes nor no. To add a kind of value, add
//! it to `Value` and say in `scalar` and `text` how it is written.

use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

/// Where a node stands. Lines and columns are 1-based, columns count characters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Span {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    /// Which file of a merged document (compose base and override); 0 unless merged.
    pub origin: u16,
}

/// A value and its place. Two nodes are equal if they hold the same value, wherever they stand and however they are tagged.
#[derive(Debug, Clone, Default)]
pub struct Node {
    pub value: Value,
    pub span: Span,
    /// The YAML tag, if it is not one of the core schema: `!reset`, `!Ref`, `!vault`.
    pub tag: Option<Arc<str>>,
}

impl PartialEq for Node {
    fn eq(&self, other: &Node) -> bool {
        self.value == other.value
    }
}

impl Eq for Node {}

impl Hash for Node {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

/// A member of an object, with the place of its key. Equality is that of key and value.
///
/// A key that starts with `{{` or `{%` stands for members that a template adds; see [`Node::is_open`].
#[derive(Debug, Clone)]
pub struct Entry {
    pub key: Arc<str>,
    pub key_span: Span,
    pub value: Node,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Entry) -> bool {
        self.key == other.key && self.value == other.value
    }
}

impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
        self.value.hash(state);
    }
}

/// What a node holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Value {
    #[default]
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    String(Arc<str>),
    /// A scalar with an expression in it (Helm, Jinja, `${{ }}`, Terraform); its value is not known. Holds the source text.
    Templated(Arc<str>),
    Array(Vec<Node>),
    /// In source order. A repeated key keeps every occurrence; look-ups take the last.
    Object(Vec<Entry>),
    /// A part of a built-in file that is not read yet; `Node::opened` reads it.
    Sealed(Arc<Sealed>),
}

/// A value of which it is known where it stands, and not what it is: most of what a pack holds is about languages and frameworks that
/// a repository does not have.
pub struct Sealed {
    /// Equal values have the same.
    pub number: u32,
    /// The texts under the key `matches` anywhere in it.
    pub names: Vec<Arc<str>>,
    read: fn(u32) -> Node,
    opened: OnceLock<Node>,
}

impl Sealed {
    /// The value of this number, which `read` reads.
    pub fn new(number: u32, names: Vec<Arc<str>>, read: fn(u32) -> Node) -> Sealed {
        Sealed { number, names, read, opened: OnceLock::new() }
    }
}

impl PartialEq for Sealed {
    fn eq(&self, other: &Sealed) -> bool {
        self.number == other.number
    }
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.opened.get_or_init(|| (self.read)(self.number)).fmt(f)
    }
}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Value::Null => {}
            Value::Bool(value) => value.hash(state),
            Value::Int(value) => value.hash(state),
            // Equal floats that differ in their bits (0 and -0) are equal nodes with different hashes: nothing looks them up.
            Value::Float(value) => value.to_bits().hash(state),
            Value::String(text) | Value::Templated(text) => text.hash(state),
            Value::Array(items) => items.hash(state),
            Value::Object(entries) => entries.hash(state),
            Value::Sealed(sealed) => sealed.number.hash(state),
        }
    }
}

impl Span {
    /// A place on one line.
    pub fn at(line: u32, column: u32) -> Span {
        Span { line, column, end_line: line, origin: 0 }
    }
}

impl Entry {
    /// The member `key`, whose key stands at `key_span`.
    pub fn new(key: impl Into<Arc<str>>, key_span: Span, value: Node) -> Entry {
        Entry { key: key.into(), key_span, value }
    }
}

impl Node {
    /// A node at `span`.
    pub fn new(value: Value, span: Span) -> Node {
        Node { value, span, tag: None }
    }

    /// A string node at `span`.
    pub fn string(text: impl Into<Arc<str>>, span: Span) -> Node {
        Node::new(Value::String(text.into()), span)
    }

    /// The node itself, or what is sealed in it, which is read when it is first asked for.
    pub fn opened(&self) -> &Node {
        match &self.value {
            Value::Sealed(sealed) => sealed.opened.get_or_init(|| (sealed.read)(sealed.number)),
            _ => self,
        }
    }

    /// The member `key` of an object; the last one if it is repeated.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The member `key` of an object, with the place of its key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().rev().find(|entry| &*entry.key == key)
    }

    /// Follows a path of keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Node> {
        keys.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The members of an object; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Object(entries) => entries,
            _ => &[],
        }
    }

    /// The elements of an array; none for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    /// The text of a string scalar.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a string scalar, or the source text of a templated one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) | Value::Templated(text) => Some(text),
            _ => None,
        }
    }

    /// Is this an object to which a template adds members, so that a key that is not here may still be there when it is rendered?
    pub fn is_open(&self) -> bool {
        self.entries().iter().any(|entry| entry.key.starts_with("{{") || entry.key.starts_with("{%"))
    }

    /// The text of any scalar, as it would be written; `None` for null, arrays, objects and templated scalars.
    pub fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::String(text) => Some(text.to_string()),
            Value::Bool(value) => Some(value.to_string()),
            Value::Int(value) => Some(value.to_string()),
            Value::Float(value) => Some(value.to_string()),
            _ => None,
        }
    }

    /// Sets the origin of this node and everything below it.
    pub fn set_origin(&mut self, origin: u16) {
        self.span.origin = origin;
        match &mut self.value {
            Value::Array(items) => items.iter_mut().for_each(|item| item.set_origin(origin)),
            Value::Object(entries) => entries.iter_mut().for_each(|entry| {
                entry.key_span.origin = origin;
                entry.value.set_origin(origin);
            }),
            _ => {}
        }
    }
}

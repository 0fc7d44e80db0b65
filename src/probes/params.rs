//! Reading parameters out of a node: typed getters that note every problem with its place, and go on.
//!
//! The loader never stops at the first mistake: a getter that finds something wrong notes a `Problem` and returns a harmless
//! value, and the caller drops the result when any problem was noted. `Map::finish` turns unused keys into problems with a
//! did-you-mean, so that a misspelt key can never be silently ignored.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use crate::model::node::{Entry, Node, Span, Value};
use crate::model::terms::Word;
use crate::model::text::did_you_mean;

/// Something wrong in a check file: a sentence, a place, and where possible a next step.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    pub line: u32,
    pub column: u32,
    pub message: String,
}

/// The problems noted so far.
#[derive(Debug, Default)]
pub struct Problems {
    noted: RefCell<Vec<Problem>>,
    is_verified: bool,
}

impl Problems {
    /// For a file whose tests have been run: what is costly to look for (bad expressions, globs, paths) is not there.
    pub fn of_verified() -> Problems {
        Problems { is_verified: true, ..Problems::default() }
    }

    /// Should the costly mistakes be looked for?
    pub fn verify(&self) -> bool {
        !self.is_verified
    }

    /// Notes a problem at `span`.
    pub fn note(&self, span: Span, message: impl Into<String>) {
        self.noted.borrow_mut().push(Problem { line: span.line, column: span.column, message: message.into() });
    }

    /// How many were noted.
    pub fn len(&self) -> usize {
        self.noted.borrow().len()
    }

    /// Was none noted?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, in source order.
    pub fn into_sorted(self) -> Vec<Problem> {
        let mut problems = self.noted.into_inner();
        problems.sort();
        problems.dedup();
        problems
    }
}

/// Notes every key that stands twice in one mapping, anywhere below: the loader and ast-grep would each read one of the two.
pub fn note_duplicate_keys(node: &Node, problems: &Problems) {
    let mut first: HashMap<&str, Span> = HashMap::new();
    for entry in node.entries() {
        if let Some(earlier) = first.get(&*entry.key) {
            problems.note(entry.key_span, format!("`{}` stands twice in a mapping; first in line {}", entry.key, earlier.line));
        } else {
            first.insert(&entry.key, entry.key_span);
        }
        note_duplicate_keys(&entry.value, problems);
    }
    node.items().iter().for_each(|item| note_duplicate_keys(item, problems));
}

/// An object being read.
pub struct Map<'n> {
    node: &'n Node,
    what: &'static str,
    /// Which of the entries were asked for, one bit each.
    used: Cell<u64>,
    /// What was asked for, there or not, where a mistake is to be explained by it or there are more entries than bits.
    asked: Option<RefCell<Vec<&'static str>>>,
    problems: &'n Problems,
}

impl<'n> Map<'n> {
    /// Reads `node` as an object; `what` names it in messages.
    pub fn new(node: &'n Node, what: &'static str, problems: &'n Problems) -> Map<'n> {
        if !matches!(node.value, Value::Object(_)) {
            problems.note(node.span, format!("{what} must be a mapping, this is {}", kind_of(&node.value)));
        }
        let explains = problems.verify() || node.entries().len() > u64::BITS as usize;
        Map { node, what, used: Cell::default(), asked: explains.then(RefCell::default), problems }
    }

    /// Where the object stands.
    pub fn span(&self) -> Span {
        self.node.span
    }

    /// Notes a problem at the object.
    pub fn note(&self, message: impl Into<String>) {
        self.problems.note(self.node.span, message);
    }

    /// Notes a problem at the value of `key`.
    pub fn note_at(&self, key: &str, message: impl Into<String>) {
        let span = self.node.get(key).map_or(self.node.span, |node| node.span);
        self.problems.note(span, message);
    }

    /// The collector of problems.
    pub fn problems(&self) -> &'n Problems {
        self.problems
    }

    /// The value of `key`.
    pub fn get(&self, key: &'static str) -> Option<&'n Node> {
        if let Some(asked) = &self.asked {
            asked.borrow_mut().push(key);
        }
        let at = self.node.entries().iter().rposition(|entry| &*entry.key == key)?;
        self.used.set(self.used.get() | 1u64.checked_shl(at as u32).unwrap_or_default());
        Some(&self.node.entries()[at].value).filter(|node| !matches!(node.value, Value::Null))
    }

    /// Notes that these keys may stand here, too.
    pub fn allow(&self, keys: impl Iterator<Item = &'static str>) {
        if let Some(asked) = &self.asked {
            asked.borrow_mut().extend(keys);
        }
    }

    /// Is there a value for `key`?
    pub fn has(&self, key: &str) -> bool {
        self.node.get(key).is_some()
    }

    /// The keys as written.
    pub fn keys(&self) -> impl Iterator<Item = &'n str> {
        self.node.entries().iter().map(|entry| &*entry.key)
    }

    /// A text that must be there and not empty.
    pub fn text(&self, key: &'static str) -> String {
        match self.opt_text(key) {
            Some(text) => text,
            None => {
                if !self.has(key) {
                    self.note(format!("{} needs `{key}`", self.what));
                }
                String::new()
            }
        }
    }

    /// A text that may be missing.
    pub fn opt_text(&self, key: &'static str) -> Option<String> {
        let node = self.get(key)?;
        match node.scalar() {
            Some(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            _ => {
                self.problems.note(node.span, format!("`{key}` must be a text that is not empty"));
                None
            }
        }
    }

    /// A list of texts; a single text is a list of one; missing is empty.
    pub fn texts(&self, key: &'static str) -> Vec<String> {
        let Some(node) = self.get(key) else { return Vec::new() };
        let items = if matches!(node.value, Value::Array(_)) { node.items() } else { std::slice::from_ref(node) };
        items.iter().filter_map(|item| self.scalar_of(item, key)).collect()
    }

    fn scalar_of(&self, item: &Node, key: &str) -> Option<String> {
        let text = item.scalar();
        if text.is_none() {
            self.problems.note(item.span, format!("`{key}` takes texts, this is {}", kind_of(&item.value)));
        }
        text
    }

    /// A truth value; missing is `default`.
    pub fn flag(&self, key: &'static str, default: bool) -> bool {
        self.opt_flag(key).unwrap_or(default)
    }

    /// A truth value that may be missing.
    pub fn opt_flag(&self, key: &'static str) -> Option<bool> {
        let node = self.get(key)?;
        match node.value {
            Value::Bool(value) => Some(value),
            _ => {
                self.problems.note(node.span, format!("`{key}` must be true or false"));
                None
            }
        }
    }

    /// A whole number that may be missing.
    pub fn opt_int(&self, key: &'static str) -> Option<i64> {
        let node = self.get(key)?;
        match node.value {
            Value::Int(value) => Some(value),
            _ => {
                self.problems.note(node.span, format!("`{key}` must be a whole number"));
                None
            }
        }
    }

    /// A word of a closed vocabulary; missing is `default`, or a problem if there is none.
    pub fn word<W: Word>(&self, key: &'static str, default: Option<W>) -> Option<W> {
        let Some(node) = self.get(key) else {
            if default.is_none() {
                self.note(format!("{} needs `{key}`: one of {}", self.what, W::words().join(", ")));
            }
            return default;
        };
        self.parse_word(node, key)
    }

    /// Words of a closed vocabulary.
    pub fn words<W: Word>(&self, key: &'static str) -> Vec<W> {
        let Some(node) = self.get(key) else { return Vec::new() };
        let items = if matches!(node.value, Value::Array(_)) { node.items() } else { std::slice::from_ref(node) };
        items.iter().filter_map(|item| self.parse_word(item, key)).collect()
    }

    fn parse_word<W: Word>(&self, node: &Node, key: &str) -> Option<W> {
        let text = self.scalar_of(node, key)?;
        let word = W::from_word(&text);
        if word.is_none() {
            let hint = suggestion(&text, W::words());
            self.problems.note(node.span, format!("`{text}` is no {key}{hint}; one of {}", W::words().join(", ")));
        }
        word
    }

    /// Notes every key that no getter asked for.
    pub fn finish(&self) {
        let Some(asked) = &self.asked else {
            let unused = (0..).zip(self.node.entries()).filter(|(at, _)| self.used.get() & (1 << at) == 0);
            unused.for_each(|(_, entry)| self.note_unknown(entry, ""));
            return;
        };
        let asked = asked.borrow();
        for entry in self.node.entries() {
            if !asked.iter().any(|key| *key == &*entry.key) {
                self.note_unknown(entry, &suggestion(&entry.key, asked.iter().copied()));
            }
        }
    }

    fn note_unknown(&self, entry: &Entry, hint: &str) {
        self.problems.note(entry.key_span, format!("unknown key `{}` in {}{hint}", entry.key, self.what));
    }
}

/// `; did you mean …?`, or nothing.
pub fn suggestion<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(word, candidates).map_or(String::new(), |found| format!("; did you mean `{found}`?"))
}

/// What a value is, in words for messages.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::String(_) => "a text",
        Value::Templated(_) => "a template expression",
        Value::Array(_) => "a list",
        Value::Object(_) | Value::Sealed(_) => "a mapping",
    }
}

#[cfg(test)]
mod tests {
    use super::{Map, Problems, note_duplicate_keys};
    use crate::inventory::document::yaml;

    #[test]
    fn a_key_that_nothing_asks_for_is_a_problem_whoever_wrote_it() {
        let many = (0..70).map(|number| format!("key{number}: 1\n")).collect::<String>();
        for text in ["name: a\nnmae: b\n".to_owned(), many] {
            let node = yaml::parse_plain(&text).unwrap().remove(0);
            for problems in [Problems::default(), Problems::of_verified()] {
                let map = Map::new(&node, "this", &problems);
                assert_eq!(map.get("name").is_some(), text.starts_with("name"));
                assert!(map.get("key69").is_some() != text.starts_with("name") && map.get("none").is_none());
                map.finish();
                let (unknown, verify) = (if text.starts_with("name") { 1 } else { 69 }, problems.verify());
                let found = problems.into_sorted();
                assert_eq!(found.len(), unknown, "{found:?}");
                assert!(!verify || unknown > 1 || found[0].message.ends_with("did you mean `name`?"), "{found:?}");
            }
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_found_at_any_depth() {
        let text = "code:\n  rule:\n    any:\n      - { pattern: a, kind: b }\n      - pattern: a\n        kind: b\n        pattern: c\n";
        let node = yaml::parse_plain(text).unwrap().remove(0);
        let problems = Problems::default();
        note_duplicate_keys(&node, &problems);
        let found = problems.into_sorted();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].line, found[0].column), (7, 9));
        assert!(found[0].message.contains("`pattern`") && found[0].message.contains("line 5"), "{found:?}");
    }
}

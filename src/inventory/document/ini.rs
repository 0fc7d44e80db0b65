//! INI files (`setup.cfg`, `php.ini`, `my.cnf`, systemd units) and Java properties.
//!
//! INI: sections are objects by name, keys before the first section are members of the document; a section that appears twice is
//! one object. Values are strings; a key without `=` is null; a line further in than its key continues the value. Properties: one
//! flat object, keys with their dots, so select with `$['server.port']`. A repeated key keeps every occurrence.

use std::collections::HashMap;

use super::ParseError;
use super::node::{Entry, Node, Span, Value};
use super::position::{Lines, lines_of};

/// Reads one INI file.
pub fn parse(text: &str) -> Result<Vec<Node>, ParseError> {
    let lines = Lines::new(text);
    let mut ini = Ini::default();
    for (offset, line) in lines_of(text) {
        let trimmed = line.trim();
        let indent = line.len() - line.trim_start().len();
        let start = offset + indent;
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if ini.key_indent.is_some_and(|key_indent| indent > key_indent) {
            ini.continue_value(trimmed, lines.line(start));
        } else if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            ini.open_section(name.trim(), lines.span(start..start + trimmed.len()));
        } else {
            ini.add(assignment(trimmed, start, &lines));
            ini.key_indent = Some(indent);
        }
    }
    Ok(vec![Node::new(Value::Object(ini.finish()), lines.span(0..text.len()))])
}

#[derive(Default)]
struct Ini {
    /// Keys before the first section.
    keys: Vec<Entry>,
    sections: Vec<Section>,
    /// Where the section of a name is in `sections`.
    by_name: HashMap<String, usize>,
    /// The section being read; `None` before the first.
    current: Option<usize>,
    /// Indentation of the last key, if a value may continue.
    key_indent: Option<usize>,
    /// The value of the last key, once it has continued.
    value: Option<String>,
}

struct Section {
    name: String,
    key_span: Span,
    end_line: u32,
    members: Vec<Entry>,
}

impl Ini {
    fn open_section(&mut self, name: &str, key_span: Span) {
        self.end_value();
        self.key_indent = None;
        let index = *self.by_name.entry(name.to_string()).or_insert(self.sections.len());
        if index == self.sections.len() {
            let section = Section { name: name.to_string(), key_span, end_line: key_span.line, members: Vec::new() };
            self.sections.push(section);
        }
        self.current = Some(index);
    }

    /// Where keys go now; the section's end moves to `line`.
    fn members(&mut self, line: u32) -> &mut Vec<Entry> {
        match self.current {
            Some(index) => {
                self.sections[index].end_line = line;
                &mut self.sections[index].members
            }
            None => &mut self.keys,
        }
    }

    fn add(&mut self, entry: Entry) {
        self.end_value();
        self.members(entry.value.span.end_line).push(entry);
    }

    fn continue_value(&mut self, text: &str, line: u32) {
        let first = self.value.is_none();
        let Some(entry) = self.members(line).last_mut() else { return };
        entry.value.span.end_line = line;
        let begun = first.then(|| entry.value.as_str().unwrap_or("").to_string());
        let value = self.value.get_or_insert(begun.unwrap_or_default());
        if !value.is_empty() {
            value.push('\n');
        }
        value.push_str(text);
    }

    fn end_value(&mut self) {
        let Some(value) = self.value.take() else { return };
        let members = match self.current {
            Some(index) => &mut self.sections[index].members,
            None => &mut self.keys,
        };
        if let Some(entry) = members.last_mut() {
            entry.value.value = Value::String(value.into());
        }
    }

    fn finish(mut self) -> Vec<Entry> {
        self.end_value();
        let sections = self.sections.into_iter().map(|section| {
            let span = Span { end_line: section.end_line, ..section.key_span };
            Entry::new(section.name, section.key_span, Node::new(Value::Object(section.members), span))
        });
        self.keys.into_iter().chain(sections).collect()
    }
}

/// `key = value`, `key: value` or `key`, which begins at byte `start`.
fn assignment(text: &str, start: usize, lines: &Lines<'_>) -> Entry {
    let separator = text.find(['=', ':']);
    let key = separator.map_or_else(|| without_comment(text), |at| &text[..at]).trim_end();
    let key_span = lines.span(start..start + key.len());
    let Some(separator) = separator else {
        return Entry::new(key, key_span, Node::new(Value::Null, key_span));
    };
    let rest = text[separator + 1..].trim_start();
    let value_at = start + text.len() - rest.len();
    let value = unquoted(rest).unwrap_or_else(|| without_comment(rest));
    let span = lines.span(value_at..value_at + value.len());
    Entry::new(key, key_span, Node::string(value, span))
}

/// The text between quotes, if it is quoted and only a comment follows.
fn unquoted(text: &str) -> Option<&str> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let end = text[1..].find(quote)? + 1;
    let rest = text[end + 1..].trim_start();
    (rest.is_empty() || rest.starts_with(['#', ';'])).then(|| &text[1..end])
}

/// The text up to a comment, which a blank precedes.
fn without_comment(text: &str) -> &str {
    let comment = text.match_indices(['#', ';']).find(|(at, _)| text[..*at].ends_with([' ', '\t']));
    comment.map_or(text, |(at, _)| &text[..at]).trim_end()
}

/// Reads one Java properties file.
pub fn parse_properties(text: &str) -> Result<Vec<Node>, ParseError> {
    let lines = Lines::new(text);
    let mut entries = Vec::new();
    let mut physical = lines_of(text);
    while let Some((offset, line)) = physical.next() {
        let first = line.trim_start();
        let start = offset + line.len() - first.len();
        if first.is_empty() || first.starts_with(['#', '!']) {
            continue;
        }
        let (mut logical, mut end) = (first.to_string(), offset + line.len());
        while continues(&logical) {
            logical.pop();
            let Some((offset, line)) = physical.next() else { break };
            logical.push_str(line.trim_start());
            end = offset + line.len();
        }
        let (key_end, value_start) = split_property(&logical);
        let key_span = Span { end_line: lines.line(start), ..lines.span(start..start + 1) };
        // In a continued line offsets differ from the text's; the value then stands where its key does.
        let value_at = if end - start == logical.len() { start + value_start } else { start };
        let value = Node::string(unescaped(&logical[value_start..]), lines.span(value_at..end));
        entries.push(Entry::new(unescaped(&logical[..key_end]), key_span, value));
    }
    Ok(vec![Node::new(Value::Object(entries), lines.span(0..text.len()))])
}

/// Does the line end with an odd number of backslashes?
fn continues(line: &str) -> bool {
    line.bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1
}

/// Where the key ends and where the value begins.
fn split_property(line: &str) -> (usize, usize) {
    let mut escaped = false;
    let key_end = line
        .char_indices()
        .find(|(_, c)| {
            let ends = !escaped && matches!(c, '=' | ':' | ' ' | '\t' | '\u{c}');
            escaped = !escaped && *c == '\\';
            ends
        })
        .map_or(line.len(), |(at, _)| at);
    let blank = [' ', '\t', '\u{c}'];
    let rest = line[key_end..].trim_start_matches(blank);
    let rest = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start_matches(blank);
    (key_end, line.len() - rest.len())
}

fn unescaped(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        result.push_str(&rest[..at]);
        let mut characters = rest[at + 1..].chars();
        match characters.next() {
            Some('n') => result.push('\n'),
            Some('r') => result.push('\r'),
            Some('t') => result.push('\t'),
            Some('u') => {
                let code = characters.as_str().get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                result.push(code.and_then(char::from_u32).unwrap_or('\u{fffd}'));
                characters = characters.as_str().get(if code.is_some() { 4 } else { 0 }..).unwrap_or("").chars();
            }
            Some(other) => result.push(other),
            None => {}
        }
        rest = characters.as_str();
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_sections_values_and_continuations() {
        let text = "; top\nroot = true\n\n[metadata]\nname = shop\nversion: 1.0  # note\n\n[options]\ninstall_requires =\n    requests>=2.0\n    flask\nzip_safe\n\n[metadata]\nurl = \"http://x;y\" ; c\n";
        let node = parse(text).unwrap().remove(0);
        assert_eq!(node.get("root").unwrap().as_str(), Some("true"));
        assert_eq!(node.at(&["metadata", "version"]).unwrap().as_str(), Some("1.0"));
        assert_eq!(node.at(&["metadata", "url"]).unwrap().as_str(), Some("http://x;y"));
        let requires = node.at(&["options", "install_requires"]).unwrap();
        assert_eq!(requires.as_str(), Some("requests>=2.0\nflask"));
        assert_eq!((requires.span.line, requires.span.end_line), (9, 11));
        assert_eq!(node.at(&["options", "zip_safe"]).unwrap().value, Value::Null);
        let name = node.get("metadata").unwrap().entry("name").unwrap();
        assert_eq!((name.key_span.line, name.key_span.column, name.value.span.column), (5, 1, 8));
        assert_eq!(node.entries().iter().filter(|entry| &*entry.key == "metadata").count(), 1);
    }

    #[test]
    fn indented_keys_and_repeated_keys() {
        let node =
            parse("[core]\n\tbare = false\n\teditor = vim\n[Service]\nEnvironment=A=1\nEnvironment=B=2\n").unwrap().remove(0);
        assert_eq!(node.at(&["core", "editor"]).unwrap().as_str(), Some("vim"));
        assert_eq!(node.get("Service").unwrap().entries().len(), 2);
        assert_eq!(node.at(&["Service", "Environment"]).unwrap().as_str(), Some("B=2"));
    }

    #[test]
    fn reads_properties() {
        let text = "# c\n! c\nserver.port=8443\nspring.datasource.url : jdbc\\:x\nkey with\\ space\nlist = a,\\\n       b,\\\n       c\ntext=caf\\u00e9 \\\\\nempty\n";
        let node = parse_properties(text).unwrap().remove(0);
        let value = |key: &str| node.get(key).unwrap().as_str().unwrap().to_string();
        assert_eq!(value("server.port"), "8443");
        assert_eq!(value("spring.datasource.url"), "jdbc:x");
        assert_eq!(value("key"), "with space");
        assert_eq!(value("list"), "a,b,c");
        assert_eq!(value("text"), "café \\");
        assert_eq!(value("empty"), "");
        let port = node.get("server.port").unwrap();
        assert_eq!((port.span.line, port.span.column), (3, 13));
        let list = node.get("list").unwrap();
        assert_eq!((list.span.line, list.span.end_line), (6, 8));
        assert_eq!(node.entry("text").unwrap().key_span.line, 9);
    }

    proptest! {
        #[test]
        fn never_panics_and_stays_in_the_file(text in "([a-c=:\\[\\];#!\"'\\\\ \t\né\r]|\\\\u00e|\\[s\\]\n){0,60}") {
            let lines = text.matches('\n').count() as u32 + 1;
            let documents = [parse(&text).unwrap(), parse_properties(&text).unwrap()].concat();
            for entry in documents.iter().flat_map(Node::entries).flat_map(|entry| entry.value.entries().iter().chain([entry])) {
                prop_assert!((1..=lines).contains(&entry.key_span.line));
                prop_assert!((1..=lines).contains(&entry.value.span.end_line));
            }
        }
    }
}

//! A match of a definition, and all matches of a framework by what they are.

use crate::inventory::view::{FileId, Hit, Snippet, View};
use crate::model::needs::NeedId;
use crate::model::route::{Definition, Framework, SPAN, Section};

/// The words that say a method, the longer ones first.
const VERBS: &[(&str, &str)] = &[
    ("options", "OPTIONS"),
    ("delete", "DELETE"),
    ("trace", "TRACE"),
    ("patch", "PATCH"),
    ("head", "HEAD"),
    ("post", "POST"),
    ("get", "GET"),
    ("put", "PUT"),
    ("websocket", "WS"),
    ("del", "DELETE"),
];

/// One match.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fact<'a> {
    pub(super) definition: &'a Definition,
    pub(super) file: FileId,
    /// The file's path.
    pub(super) path: &'a str,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    /// Bytes of the match.
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) snippet: Option<&'a Snippet>,
    captures: &'a [(std::sync::Arc<str>, std::sync::Arc<str>)],
}

impl<'a> Fact<'a> {
    fn of(definition: &'a Definition, hit: &'a Hit, path: &'a str) -> Option<Fact<'a>> {
        let (_, span) = hit.captures.iter().find(|(name, _)| &**name == SPAN)?;
        let (start, end) = span.split_once("..")?;
        Some(Fact {
            definition,
            file: hit.file,
            path,
            line: hit.line?,
            column: hit.column,
            end_line: hit.end_line,
            start: start.parse().ok()?,
            end: end.parse().ok()?,
            snippet: hit.snippet.as_ref(),
            captures: &hit.captures,
        })
    }

    /// What a metavariable stands for.
    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.captures.iter().find(|(known, _)| &**known == name).map(|(_, text)| &**text)
    }

    /// A template with the captures it names, quotes taken off.
    pub(super) fn filled(&self, template: &str) -> String {
        let mut text = template.to_owned();
        for (name, value) in self.captures {
            let place = format!("{{{name}}}");
            if text.contains(&place) {
                text = text.replace(&place, super::path::unquoted(value));
            }
        }
        text
    }

    /// Does the other one stand inside this one?
    pub(super) fn contains(&self, other: &Fact<'_>) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end && !self.is(other)
    }

    /// The same bytes of the same file?
    pub(super) fn is(&self, other: &Fact<'_>) -> bool {
        (self.file, self.start, self.end) == (other.file, other.start, other.end)
    }

    pub(super) fn size(&self) -> u32 {
        self.end - self.start
    }

    /// The methods, ascending; empty for any.
    pub(super) fn methods(&self) -> Vec<String> {
        let of_path = || super::path::verb(super::path::unquoted(self.get("PATH")?)).map(|(verb, _)| verb);
        let text = self.get("METHOD").or_else(of_path).unwrap_or_default().to_ascii_lowercase();
        let mut methods: Vec<String> =
            VERBS.iter().filter(|(word, _)| has_word(&text, word)).map(|(_, method)| (*method).to_owned()).collect();
        if methods.is_empty() {
            methods.clone_from(&self.definition.methods);
        }
        methods.sort();
        methods.dedup();
        methods
    }

    /// What handles the route, if it has a name.
    pub(super) fn handler(&self) -> Option<String> {
        let text = match &self.definition.handler {
            Some(template) => self.filled(template),
            None => self.get("HANDLER")?.to_owned(),
        };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let in_place = ["=>", "function", "|", "lambda", "func(", "func ("].iter().any(|sign| text.contains(sign));
        (!in_place && text.chars().count() < 100).then_some(text)
    }

    /// Does it stand for this action, as far as ONLY and EXCEPT say?
    pub(super) fn names_action(&self, action: &str) -> bool {
        let named = |list: &str| words(list).any(|word| word == action);
        self.get("ONLY").is_none_or(named) && !self.get("EXCEPT").is_some_and(named)
    }
}

/// Is the word there, not as a part of a longer one of lower-case letters? `getmapping` and `methodget` say get, `target` does not.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = &text[at + word.len()..];
        let starts = before.is_none_or(|c| !(c.is_ascii_alphabetic() || c == '_'))
            || text[..at].ends_with("map")
            || text[..at].ends_with("method")
            || text[..at].ends_with("http");
        let ends = after.chars().next().is_none_or(|c| !(c.is_ascii_alphabetic() || c == '_'))
            || after.starts_with("mapping")
            || after.starts_with("func")
            || after.starts_with("_with")
            || after.starts_with("async");
        starts && ends
    })
}

/// The identifiers in a text.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '!' || c == '?')).filter(|word| !word.is_empty())
}

/// All matches of a framework in a view.
#[derive(Debug, Default)]
pub(super) struct Facts<'a> {
    pub(super) routes: Vec<Fact<'a>>,
    pub(super) scopes: Vec<Fact<'a>>,
    pub(super) mounts: Vec<Fact<'a>>,
    pub(super) guards: Vec<Fact<'a>>,
    pub(super) public: Vec<Fact<'a>>,
    pub(super) defines: Vec<Fact<'a>>,
    pub(super) passes: Vec<Fact<'a>>,
    pub(super) imports: Vec<Fact<'a>>,
    pub(super) classes: Vec<Fact<'a>>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(view: &View<'a>, framework: &'a Framework, needs: &[Vec<NeedId>]) -> Facts<'a> {
        let mut facts = Facts::default();
        for (definition, needs) in framework.definitions.iter().zip(needs) {
            let list = facts.of_section(definition.section);
            for hit in needs.iter().flat_map(|need| view.hits(*need)) {
                list.extend(Fact::of(definition, hit, &view.inventory.file(hit.file).path));
            }
        }
        for section in Section::ALL {
            let list = facts.of_section(*section);
            list.sort_by_key(|fact| (fact.file, fact.start, fact.end));
            if *section == Section::Routes || *section == Section::Scopes {
                // Several definitions may see the same thing; the first of them decides.
                list.dedup_by(|a, b| a.is(b));
            }
        }
        facts
    }

    fn of_section(&mut self, section: Section) -> &mut Vec<Fact<'a>> {
        match section {
            Section::Routes => &mut self.routes,
            Section::Scopes => &mut self.scopes,
            Section::Mounts => &mut self.mounts,
            Section::Guards => &mut self.guards,
            Section::Public => &mut self.public,
            Section::Defines => &mut self.defines,
            Section::Passes => &mut self.passes,
            Section::Imports => &mut self.imports,
            Section::Classes => &mut self.classes,
        }
    }
}

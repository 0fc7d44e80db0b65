//! `env/<stack>.yaml`: where environment variables are read, documented and provided; `env/names.yaml`: what is known of their names.
//!
//! To add a key of a definition: a field of `model::env::Definition`, a line here, a line in the guide's table.

use std::sync::Arc;

use crate::model::env::{CAPTURES, Contract, Definition, Fallback, Form, Names, Section, Standing};
use crate::model::language::Language;
use crate::model::needs::{Area, DocumentKind, Look, NAME, Naming, Selector};
use crate::model::node::{Node, Value};
use crate::model::pattern::Pattern;
use crate::probes::params::{Map, Problems};
use crate::probes::{Utils, WrittenCode, conditions, languages, pattern, selector};

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Reader {
    contract: Contract,
}

impl Reader {
    /// Reads one file.
    pub(super) fn read(&mut self, name: &str, node: &Node, utils: &Utils, problems: &Problems) {
        if name == "names" {
            self.contract.names = names(&Map::new(node, "names of variables", problems));
            return;
        }
        let map = Map::new(node, "a source of variables", problems);
        map.text("means");
        let defaults = Defaults { languages: languages(&map), imports: map.texts("imports"), by: name, utils, problems };
        for section in Section::ALL {
            for item in map.get(section.as_str()).map(Node::items).unwrap_or_default() {
                self.contract.definitions.extend(definition(*section, item, &defaults));
            }
        }
        map.get("tests");
        map.finish();
    }

    /// Everything that was read.
    pub(super) fn finish(self) -> Arc<Contract> {
        Arc::new(self.contract)
    }
}

/// What a definition has unless it says otherwise.
struct Defaults<'a> {
    languages: Vec<Language>,
    imports: Vec<String>,
    /// The name of the file.
    by: &'a str,
    utils: &'a Utils,
    problems: &'a Problems,
}

fn names(map: &Map<'_>) -> Names {
    let alike = |node: &Node| node.items().iter().filter_map(Node::scalar).collect();
    let names = Names {
        platform: expression(map, "platform").unwrap_or_default(),
        library: expression(map, "library").unwrap_or_default(),
        known: expression(map, "known").unwrap_or_default(),
        prefixes: map.texts("prefixes"),
        alike: map.get("alike").map(Node::items).unwrap_or_default().iter().map(alike).collect(),
    };
    map.get("tests");
    map.finish();
    names
}

/// A regular expression over names and short texts.
fn expression(map: &Map<'_>, key: &'static str) -> Option<Pattern> {
    let pattern = map.opt_text(key)?;
    if map.problems().verify()
        && let Err(error) = regex::Regex::new(&pattern)
    {
        map.note_at(key, format!("bad regular expression: {error}"));
    }
    Some(Pattern::new(pattern))
}

fn definition(section: Section, node: &Node, defaults: &Defaults<'_>) -> Option<Definition> {
    let before = defaults.problems.len();
    let map = Map::new(node, "a definition", defaults.problems);
    let selector = Selector { tracked: map.opt_flag("tracked"), ..selector(&map) };
    let looks = if map.has("rule") {
        code(&map, selector, defaults)
    } else if map.has("text") {
        text(&map, selector)
    } else if map.has("document") {
        document(&map, selector)
    } else {
        map.note("a definition needs `rule`, `text` or `document`");
        Vec::new()
    };
    let definition = Definition {
        section,
        looks,
        by: map.opt_text("by").unwrap_or_else(|| defaults.by.to_owned()).into(),
        name: map.opt_text("name"),
        split: expression(&map, "split"),
        form: map.word("form", Some(Form::AsIs))?,
        fallback: map.word("default", Some(Fallback::None))?,
        standing: map.word("standing", Some(Standing::Firm))?,
        leave_out: expression(&map, "leave-out"),
    };
    map.finish();
    (defaults.problems.len() == before).then_some(definition)
}

fn code(map: &Map<'_>, selector: Selector, defaults: &Defaults<'_>) -> Vec<(Selector, Look)> {
    let own = languages(map);
    let written = WrittenCode {
        languages: if own.is_empty() { defaults.languages.clone() } else { own },
        selector,
        imports: if map.has("imports") { map.texts("imports") } else { defaults.imports.clone() },
        capture: CAPTURES.iter().map(|name| (*name).to_owned()).collect(),
        rule: map.get("rule").cloned().unwrap_or_default(),
        constraints: map.get("constraints"),
        utils: map.get("utils"),
        cite: None,
    };
    written.looks(defaults.utils, false, defaults.problems)
}

fn text(map: &Map<'_>, mut selector: Selector) -> Vec<(Selector, Look)> {
    selector.languages = languages(map);
    let area = map.word("in", Some(Area::Source)).unwrap_or(Area::Source);
    let except = pattern(map, "except");
    if selector.globs.is_empty() && selector.languages.is_empty() {
        map.note("`text` needs `path` or `language`");
    }
    let Some(pattern) = pattern(map, "text") else { return Vec::new() };
    vec![(selector, Look::Text { pattern, ignore_case: false, area, except, missing: false, capture: Some(NAME.to_owned()) })]
}

fn document(map: &Map<'_>, selector: Selector) -> Vec<(Selector, Look)> {
    let (objects, conditions) = (map.texts("objects"), conditions(map));
    let naming = map.word("keep", Some(Naming::Key));
    let Some(kind) = map.word::<DocumentKind>("document", None) else { return Vec::new() };
    // Several paths are several needs.
    let selects = match map.get("select") {
        Some(Node { value: Value::Array(items), .. }) => items.iter().filter_map(Node::scalar).collect(),
        other => other.and_then(Node::scalar).map_or_else(Vec::new, |path| vec![path]),
    };
    if map.problems().verify() {
        for select in &selects {
            if let Err(error) = crate::inventory::document::query::Path::parse(select) {
                map.note_at("select", format!("bad JSONPath: {error}"));
            }
        }
    }
    if selects.is_empty() {
        map.note("`document` needs `select`");
    }
    let look = |select| Look::Document { kind, objects: objects.clone(), select, conditions: conditions.clone(), named: naming };
    selects.into_iter().map(|select| (selector.clone(), look(select))).collect()
}

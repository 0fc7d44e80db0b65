//! `routes/<framework>.yaml`: what is known of a web framework, for the route table; `routes/names.yaml`: names of guards.
//!
//! To add a key of a definition: a field of `model::route::Definition`, a line here, a line in the guide's table.

use std::sync::Arc;

use crate::model::language::Language;
use crate::model::needs::Selector;
use crate::model::node::{Entry, Node, Value};
use crate::model::pattern::Pattern;
use crate::model::route::{CAPTURES, Definition, Expansion, Framework, Names, Reach, Section};
use crate::probes::params::{Map, Problems};
use crate::probes::{Utils, WrittenCode, languages};

/// The frameworks read so far.
#[derive(Debug, Default)]
pub(super) struct Reader {
    frameworks: Vec<Framework>,
    names: Names,
}

impl Reader {
    /// Reads one file.
    pub(super) fn read(&mut self, name: &str, node: &Node, utils: &Utils, problems: &Problems) {
        if name == "names" {
            self.names = names(&Map::new(node, "names of guards", problems));
            return;
        }
        let map = Map::new(node, "a framework", problems);
        let means = map.text("means");
        let (imports, files, says) = (map.texts("imports"), map.texts("files"), map.opt_text("says"));
        let defaults = Defaults { languages: languages(&map), imports, files, says };
        let own = map.get("names").map(|node| names(&Map::new(node, "`names`", problems))).unwrap_or_default();
        let unknown_guards = map.flag("unknown-guards", true);
        let tokens = |key: &'static str| {
            let tokens = map.get(key).map(Node::entries).unwrap_or_default();
            tokens.iter().filter_map(|e| Some((e.key.to_string(), e.value.scalar()?))).collect()
        };
        let (class_tokens, handler_tokens) = (tokens("class-tokens"), tokens("handler-tokens"));
        let mut definitions = Vec::new();
        for section in Section::ALL {
            for item in map.get(section.as_str()).map(Node::items).unwrap_or_default() {
                definitions.extend(definition(*section, item, &defaults, utils, problems));
            }
        }
        map.get("tests");
        map.finish();
        let name = name.to_owned();
        self.frameworks.push(Framework { name, means, definitions, names: own, unknown_guards, class_tokens, handler_tokens });
    }

    /// Every framework, with the names that all share beside its own.
    pub(super) fn finish(self) -> Arc<Vec<Framework>> {
        let joined = |own: &str, shared: &str| match (own.is_empty(), shared.is_empty()) {
            (true, _) => shared.to_owned(),
            (_, true) => own.to_owned(),
            _ => format!("(?:{own})|(?:{shared})"),
        };
        let mut frameworks = self.frameworks;
        for framework in &mut frameworks {
            let own = &framework.names;
            framework.names = Names {
                never: joined(&own.never, &self.names.never),
                guard: joined(&own.guard, &self.names.guard),
                harmless: joined(&own.harmless, &self.names.harmless),
                likely: joined(&own.likely, &self.names.likely),
            };
        }
        Arc::new(frameworks)
    }
}

/// What a definition has unless it says otherwise.
struct Defaults {
    languages: Vec<Language>,
    imports: Vec<String>,
    files: Vec<String>,
    /// A regular expression that the file must hold: for what is imported for its types alone.
    says: Option<String>,
}

fn names(map: &Map<'_>) -> Names {
    let expression = |key| {
        let pattern = map.opt_text(key).unwrap_or_default();
        if map.problems().verify()
            && let Err(error) = regex::Regex::new(&pattern)
        {
            map.note_at(key, format!("bad regular expression: {error}"));
        }
        pattern
    };
    let names = Names {
        never: expression("never"),
        guard: expression("guard"),
        harmless: expression("harmless"),
        likely: expression("likely"),
    };
    map.finish();
    names
}

fn definition(section: Section, node: &Node, defaults: &Defaults, utils: &Utils, problems: &Problems) -> Option<Definition> {
    let before = problems.len();
    let map = Map::new(node, "a definition", problems);
    let own = languages(&map);
    let imports = if map.has("imports") { map.texts("imports") } else { defaults.imports.clone() };
    let files = if map.has("files") { map.texts("files") } else { defaults.files.clone() };
    let rule = map.get("rule");
    if rule.is_none() {
        map.note("a definition needs `rule`");
    }
    let written = WrittenCode {
        languages: if own.is_empty() { defaults.languages.clone() } else { own },
        selector: Selector { globs: files, exclude: map.texts("exclude"), ..Selector::any() },
        imports,
        capture: CAPTURES.iter().map(|name| (*name).to_owned()).collect(),
        rule: match &defaults.says {
            Some(says) => in_program(rule.cloned().unwrap_or_default(), says),
            None => rule.cloned().unwrap_or_default(),
        },
        constraints: map.get("constraints"),
        utils: map.get("utils"),
        cite: None,
    };
    let definition = Definition {
        section,
        looks: written.looks(utils, true, problems),
        reach: map.word("reach", Some(Reach::Holder))?,
        judge: map.flag("judge", false),
        loose: map.flag("loose", false),
        strict: map.flag("strict", false),
        doubt: map.flag("doubt", false),
        instead: map.flag("instead", false),
        root: map.flag("root", false),
        inside: map.flag("inside", false),
        methods: map.texts("methods"),
        path: map.get("path").and_then(Node::scalar),
        class: map.texts("class"),
        handler: map.opt_text("handler"),
        guard: map.opt_text("guard"),
        from_file: replacements(map.get("from-file"), problems),
        expand: map.get("expand").map(Node::items).unwrap_or_default().iter().map(|node| expansion(node, problems)).collect(),
    };
    map.finish();
    (problems.len() == before).then_some(definition)
}

/// The rule, in programs that hold the expression.
fn in_program(rule: Node, says: &str) -> Node {
    let of = |value| Node { value, span: rule.span, tag: None };
    let entry = |key: &str, value: Node| Entry { key: key.into(), key_span: rule.span, value };
    let text = |text: &str| of(Value::String(text.into()));
    let program = [entry("kind", text("program")), entry("stopBy", text("end")), entry("regex", text(says))];
    let around = of(Value::Object(vec![entry("inside", of(Value::Object(program.into())))]));
    of(Value::Object(vec![entry("all", of(Value::Array(vec![rule.clone(), around])))]))
}

fn replacements(node: Option<&Node>, problems: &Problems) -> Vec<(Pattern, String)> {
    let entries = node.map(Node::entries).unwrap_or_default();
    let found = entries.iter().map(|entry| (Pattern::new(entry.key.to_string()), entry.value.scalar().unwrap_or_default()));
    for entry in entries.iter().filter(|_| problems.verify()) {
        if let Err(error) = regex::Regex::new(&entry.key) {
            problems.note(entry.key_span, format!("bad regular expression: {error}"));
        }
    }
    found.collect()
}

fn expansion(node: &Node, problems: &Problems) -> Expansion {
    let map = Map::new(node, "an expansion", problems);
    let expansion = Expansion {
        method: map.text("method"),
        path: map.get("path").and_then(Node::scalar).unwrap_or_default(),
        action: map.text("action"),
    };
    map.finish();
    expansion
}

//! `code`: an ast-grep rule over source code, comments and strings understood.
//!
//! Hits inside a development-only branch (`if DEBUG:`) are dropped unless `gated: keep`; what such a branch looks like is data,
//! the utility rule `dev-gate` of the language in `checks/utils`.

use std::sync::Arc;

use crate::inventory::syntax::CodeRule;
use crate::model::code::CodeSource;
use crate::model::language::Language;
use crate::model::needs::{Look, Selector};
use crate::model::node::{Node, Value};
use crate::model::terms::vocabulary;

use super::params::{Map, Problems};
use super::shared::{self, EXCLUDE_DOC, NeedProbe, PATH_DOC, ROLES_DOC};
use super::{Loading, Probe, ProbeKind, Util, Utils};

/// The `code` probe kind.
pub static KIND: ProbeKind = ProbeKind {
    name: "code",
    summary: "an ast-grep rule over source code",
    keys: &[
        ("language", "languages of the files; `node` and `jvm` are families"),
        ("rule", "an ast-grep rule: pattern, kind, regex, has, inside, follows, precedes, all, any, not, matches, …"),
        ("constraints", "ast-grep constraints on metavariables"),
        ("utils", "ast-grep utility rules, besides those of checks/utils"),
        ("imports", "the file must import one of these modules"),
        ("capture", "metavariables to keep, for `join`"),
        ("cite", "a metavariable: its place is what is cited, instead of the first line of the match"),
        ("gated", "drop (default): hits inside a development-only branch do not count; keep: they do"),
        PATH_DOC,
        EXCLUDE_DOC,
        ROLES_DOC,
    ],
    parse,
};

vocabulary! {
    /// What becomes of hits inside a development-only branch.
    Gated { Drop = "drop", Keep = "keep" }
}

fn parse(node: &Node, loading: &mut Loading<'_>) -> Option<Box<dyn Probe>> {
    let before = loading.problems.len();
    let map = Map::new(node, "`code`", loading.problems);
    let selector = shared::selector(&map);
    let languages = shared::languages(&map);
    let (rule, constraints, utils) = (map.get("rule"), map.get("constraints"), map.get("utils"));
    let capture = map.texts("capture");
    let cite = map.opt_text("cite");
    let imports = map.texts("imports");
    let gated = map.word("gated", Some(Gated::Drop));
    if languages.is_empty() {
        map.note("`code` needs `language`");
    }
    if rule.is_none() {
        map.note("`code` needs `rule`");
    }
    if let Some(name) = &cite
        && map.problems().verify()
        && ![rule, utils].into_iter().flatten().any(|node| names_metavariable(node, name))
    {
        map.note_at("cite", format!("no pattern of the rule binds ${name}; `cite` is a metavariable without `$`"));
    }
    map.finish();
    if loading.problems.len() > before {
        return None;
    }
    let cite = cite.map(Into::into);
    let rule = rule.cloned().unwrap_or_default();
    let written = Written { languages, selector, imports, capture, rule, constraints, utils, cite };
    let looks = written.looks(loading.utils, gated == Some(Gated::Drop), loading.problems);
    let needs = looks.into_iter().map(|(selector, look)| loading.needs.add(selector, look)).collect();
    if loading.problems.len() > before {
        return None;
    }
    Some(Box::new(NeedProbe { needs }))
}

/// A code rule as its author wrote it, and where to look for it.
pub struct Written<'n> {
    pub languages: Vec<Language>,
    /// Its languages are those of the rule.
    pub selector: Selector,
    pub imports: Vec<String>,
    pub capture: Vec<String>,
    pub rule: Node,
    pub constraints: Option<&'n Node>,
    pub utils: Option<&'n Node>,
    /// The metavariable whose place is shown.
    pub cite: Option<Arc<str>>,
}

impl<'n> Written<'n> {
    /// What to look for, for each language. Rules that do not compile are problems.
    pub fn looks(self, shared: &Utils, outside_gates: bool, problems: &Problems) -> Vec<(Selector, Look)> {
        let named = |node: Option<&'n Node>| node.map_or(&[][..], Node::entries).iter().map(|e| (Arc::clone(&e.key), &e.value));
        let constraints = named(self.constraints).map(|(name, rule)| (name, Arc::new(rule.clone()))).collect();
        let written = CodeSource { rule: Arc::new(self.rule), constraints, cite: self.cite, ..CodeSource::default() };
        let local: Vec<_> = named(self.utils).map(|(name, rule)| (name, Util::new(rule.clone()))).collect();
        let mut looks = Vec::new();
        for language in self.languages {
            let source = complete(language, written.clone(), &local, shared, outside_gates);
            if problems.verify()
                && let Err(error) = CodeRule::verify(language, &source)
            {
                problems.note(error.span, format!("the rule does not compile for {language}: {}", error.message));
            }
            let selector = Selector { languages: vec![language], ..self.selector.clone() };
            let (imports, capture) = (self.imports.clone(), self.capture.clone());
            looks.push((selector, Look::Code { language, source: Arc::new(source), imports, capture }));
        }
        looks
    }
}

/// The rule with the utilities it names, its own and the shared ones, and outside of development-only branches.
fn complete(
    language: Language,
    mut source: CodeSource,
    local: &[(Arc<str>, Util)],
    shared: &Utils,
    outside_gates: bool,
) -> CodeSource {
    let shared = shared.get(language.as_str());
    let find = |name: &str| {
        let own = local.iter().find(|(known, _)| &**known == name).map(|(name, util)| (name, util));
        own.or_else(|| shared.and_then(|shared| shared.get_key_value(name)))
    };
    let mut wanted = Vec::new();
    if outside_gates && let Some((name, _)) = find(GATE) {
        source.gate = Some(Arc::clone(name));
        wanted.push(Arc::clone(name));
    }
    names_in(&source.rule, &mut wanted);
    source.constraints.iter().for_each(|(_, rule)| names_in(rule, &mut wanted));
    // A utility of its own that nothing names is still to be right.
    wanted.extend(local.iter().map(|(name, _)| Arc::clone(name)));
    while let Some(name) = wanted.pop() {
        if let Some((name, util)) = find(&name)
            && source.util(name).is_none()
        {
            wanted.extend(util.names.iter().cloned());
            source.utils.push((Arc::clone(name), Arc::clone(&util.rule)));
        }
    }
    source.utils.sort_by(|a, b| a.0.cmp(&b.0));
    source
}

/// Does any text below hold the metavariable of this name?
fn names_metavariable(node: &Node, name: &str) -> bool {
    let here = match &node.value {
        Value::String(text) => text.match_indices('$').any(|(at, _)| {
            let rest = &text[at + 1..];
            rest.strip_prefix(name).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
        }),
        _ => false,
    };
    here || node.entries().iter().any(|entry| names_metavariable(&entry.value, name))
        || node.items().iter().any(|item| names_metavariable(item, name))
}

/// The utility inside of which nothing counts.
const GATE: &str = "dev-gate";

/// Every name that a `matches:` below refers to.
pub(super) fn names_in(node: &Node, names: &mut Vec<Arc<str>>) {
    if let Value::Sealed(sealed) = &node.value {
        names.extend(sealed.names.iter().cloned());
    }
    for entry in node.entries() {
        match &entry.value.value {
            Value::String(name) if &*entry.key == "matches" => names.push(Arc::clone(name)),
            _ => names_in(&entry.value, names),
        }
    }
    node.items().iter().for_each(|item| names_in(item, names));
}

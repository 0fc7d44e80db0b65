//! `document`: values in structured files, each with its line: containers, manifests, pipelines, proxies, plain data formats.

use crate::inventory::document::query::Path;
use crate::model::needs::{Condition, DocumentKind, Look, NodeTest};
use crate::model::node::{Node, Value};

use super::params::{Map, kind_of};
use super::shared::{self, EXCLUDE_DOC, FRONTS_DOC, PATH_DOC, ROLES_DOC};
use super::{Loading, Probe, ProbeKind};

/// The `document` probe kind.
pub static KIND: ProbeKind = ProbeKind {
    name: "document",
    summary: "values in structured files; the selected node is the citation",
    keys: &[
        (
            "kind",
            "dockerfile, compose, kubernetes, github-workflow, gitlab-ci, nginx, or a format: json, yaml, toml, ini, properties, dotenv, xml, hcl",
        ),
        ("objects", "kubernetes: kinds of the objects that count"),
        ("select", "JSONPath (RFC 9535) of the nodes; default `$`"),
        (
            "where",
            "conditions on a selected node, all of which must hold: {at: dotted.path, exists|is|is-not|in|not-in|matches|not-matches|at-least|at-most|key|key-not|count-at-least|count-at-most: …}",
        ),
        PATH_DOC,
        EXCLUDE_DOC,
        ROLES_DOC,
        FRONTS_DOC,
    ],
    parse,
};

fn parse(node: &Node, loading: &mut Loading<'_>) -> Option<Box<dyn Probe>> {
    let before = loading.problems.len();
    let map = Map::new(node, "`document`", loading.problems);
    let selector = shared::selector(&map);
    let kind = map.word::<DocumentKind>("kind", None);
    let objects = map.texts("objects");
    let select = map.opt_text("select").unwrap_or_else(|| "$".to_owned());
    if map.problems().verify()
        && let Err(error) = Path::parse(&select)
    {
        map.note_at("select", format!("bad JSONPath: {error}"));
    }
    let conditions = conditions(&map);
    let fronts = map.flag("fronts", false);
    if !objects.is_empty() && kind != Some(DocumentKind::Kubernetes) {
        map.note_at("objects", "`objects` goes with kind: kubernetes only");
    }
    let plain = matches!(
        kind,
        Some(
            DocumentKind::Json
                | DocumentKind::Yaml
                | DocumentKind::Toml
                | DocumentKind::Ini
                | DocumentKind::Properties
                | DocumentKind::Xml
        )
    );
    if plain && selector.globs.is_empty() {
        map.note("a plain format needs `path`, so that not every such file is parsed");
    }
    map.finish();
    if loading.problems.len() > before {
        return None;
    }
    let look = Look::Document { kind: kind?, objects, select, conditions, named: None };
    let need = loading.needs.add(selector, look);
    Some(shared::hits_of(need, fronts, loading.needs))
}

/// Reads `where`.
pub fn conditions(map: &Map<'_>) -> Vec<Condition> {
    let Some(node) = map.get("where") else { return Vec::new() };
    let items = match node.value {
        Value::Array(_) => node.items(),
        Value::Object(_) => std::slice::from_ref(node),
        _ => {
            map.note_at("where", format!("`where` takes conditions, this is {}", kind_of(&node.value)));
            &[]
        }
    };
    items.iter().flat_map(|item| condition(&Map::new(item, "a condition", map.problems()))).collect()
}

fn condition(map: &Map<'_>) -> Vec<Condition> {
    let at: Vec<String> = map.opt_text("at").map(|path| path.split('.').map(str::to_owned).collect()).unwrap_or_default();
    let mut tests = Vec::new();
    if let Some(exists) = map.opt_flag("exists") {
        tests.push(NodeTest::Exists(exists));
    }
    let lower = |words: Vec<String>| words.into_iter().map(|word| word.to_lowercase()).collect::<Vec<_>>();
    for (key, negative) in [("is", false), ("in", false), ("is-not", true), ("not-in", true)] {
        if map.has(key) {
            let words = lower(map.texts(key));
            tests.push(if negative { NodeTest::NotIn(words) } else { NodeTest::In(words) });
        }
    }
    for (key, make) in [
        ("matches", NodeTest::Matches as fn(String) -> NodeTest),
        ("not-matches", NodeTest::NotMatches),
        ("key", NodeTest::Key),
        ("key-not", NodeTest::KeyNot),
    ] {
        tests.extend(shared::pattern(map, key).map(make));
    }
    for (key, make) in [
        ("at-least", NodeTest::AtLeast as fn(i64) -> NodeTest),
        ("at-most", NodeTest::AtMost),
        ("count-at-least", NodeTest::CountAtLeast),
        ("count-at-most", NodeTest::CountAtMost),
    ] {
        tests.extend(map.opt_int(key).map(make));
    }
    map.finish();
    if tests.is_empty() && map.problems().is_empty() {
        map.note("a condition needs a test, such as `matches` or `exists`");
    }
    tests.into_iter().map(|op| Condition { at: at.clone(), op }).collect()
}

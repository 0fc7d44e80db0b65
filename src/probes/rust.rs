//! `rust`: calls in Rust code as the compiler's grammar sees them: test code left out, request handlers known.

use crate::model::language::Language;
use crate::model::needs::Look;
use crate::model::node::Node;

use super::params::Map;
use super::shared::{self, EXCLUDE_DOC, NeedProbe, PATH_DOC, ROLES_DOC};
use super::{Loading, Probe, ProbeKind};

/// The `rust` probe kind.
pub static KIND: ProbeKind = ProbeKind {
    name: "rust",
    summary: "method calls and macros in Rust code outside tests",
    keys: &[
        ("calls", "names of methods (`unwrap`) and macros (`println!`)"),
        ("in-handlers", "true: only inside request handlers of axum, actix and rocket"),
        ("receiver", "regular expression over the expression a method is called on"),
        PATH_DOC,
        EXCLUDE_DOC,
        ROLES_DOC,
    ],
    parse,
};

fn parse(node: &Node, loading: &mut Loading<'_>) -> Option<Box<dyn Probe>> {
    let before = loading.problems.len();
    let map = Map::new(node, "`rust`", loading.problems);
    let mut selector = shared::selector(&map);
    selector.languages = vec![Language::Rust];
    let names = map.texts("calls");
    let in_handlers = map.flag("in-handlers", false);
    let receiver = shared::pattern(&map, "receiver");
    if names.is_empty() {
        map.note("`rust` needs `calls`");
    }
    map.finish();
    if loading.problems.len() > before {
        return None;
    }
    let look = Look::RustCalls { names, in_handlers, receiver };
    Some(Box::new(NeedProbe { needs: vec![loading.needs.add(selector, look)] }))
}

//! `import`: source files that import a module. The import line is the hit.

use crate::model::needs::Look;
use crate::model::node::Node;

use super::params::Map;
use super::shared::{self, EXCLUDE_DOC, NeedProbe, PATH_DOC, ROLES_DOC};
use super::{Loading, Probe, ProbeKind};

/// The `import` probe kind.
pub static KIND: ProbeKind = ProbeKind {
    name: "import",
    summary: "source files that import a module; submodules count",
    keys: &[
        ("module", "names as the language imports them"),
        ("language", "languages of the files"),
        PATH_DOC,
        EXCLUDE_DOC,
        ROLES_DOC,
    ],
    parse,
};

fn parse(node: &Node, loading: &mut Loading<'_>) -> Option<Box<dyn Probe>> {
    let before = loading.problems.len();
    let map = Map::new(node, "`import`", loading.problems);
    let mut selector = shared::selector(&map);
    selector.languages = shared::languages(&map);
    let modules = map.texts("module");
    if modules.is_empty() {
        map.note("`import` needs `module`");
    }
    if selector.languages.is_empty() {
        map.note("`import` needs `language`");
    }
    map.finish();
    if loading.problems.len() > before {
        return None;
    }
    Some(Box::new(NeedProbe { needs: vec![loading.needs.add(selector, Look::Import { modules })] }))
}

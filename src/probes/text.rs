//! `text`: a regular expression over the text of files, comments left out where the language's comments are known.

use crate::model::needs::{Area, Look};
use crate::model::node::Node;

use super::params::Map;
use super::shared::{self, EXCLUDE_DOC, FRONTS_DOC, PATH_DOC, ROLES_DOC};
use super::{Loading, Probe, ProbeKind};

/// The `text` probe kind.
pub static KIND: ProbeKind = ProbeKind {
    name: "text",
    summary: "a regular expression over the text of files",
    keys: &[
        ("pattern", "regular expression (Rust syntax, multi-line: ^ and $ match at lines)"),
        PATH_DOC,
        EXCLUDE_DOC,
        ("language", "languages of the files; `node` and `jvm` are families"),
        ROLES_DOC,
        ("in", "source (default: outside comments), code (outside strings, too), comments, all"),
        ("except", "a hit is none when its lines match this"),
        ("ignore-case", "true: case does not matter"),
        ("capture", "the name under which the text that is cited is kept, for `join`; in lower case with `ignore-case`"),
        ("missing", "true: the hit is the file in which the pattern does not occur"),
        FRONTS_DOC,
    ],
    parse,
};

fn parse(node: &Node, loading: &mut Loading<'_>) -> Option<Box<dyn Probe>> {
    let before = loading.problems.len();
    let map = Map::new(node, "`text`", loading.problems);
    let mut selector = shared::selector(&map);
    selector.languages = shared::languages(&map);
    let pattern = shared::pattern(&map, "pattern");
    let except = shared::pattern(&map, "except");
    let area = map.word("in", Some(Area::Source));
    let ignore_case = map.flag("ignore-case", false);
    let capture = map.opt_text("capture");
    let missing = map.flag("missing", false);
    let fronts = map.flag("fronts", false);
    if !map.has("pattern") {
        map.note("`text` needs `pattern`");
    }
    if selector.globs.is_empty() && selector.languages.is_empty() {
        map.note("`text` needs `path` or `language`; to look everywhere write path: [\"**\"]");
    }
    map.finish();
    if loading.problems.len() > before {
        return None;
    }
    let look = Look::Text { pattern: pattern?, ignore_case, area: area?, except, missing, capture };
    let need = loading.needs.add(selector, look);
    Some(shared::hits_of(need, fronts, loading.needs))
}

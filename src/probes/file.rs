//! `file`: files that are there. The file is the hit.

use std::borrow::Cow;

use crate::model::needs::{Look, SelectorId};
use crate::model::node::Node;

use super::params::Map;
use super::shared::{self, EXCLUDE_DOC, PATH_DOC, ROLES_DOC};
use super::{Loading, Probe, ProbeKind};
use crate::inventory::view::{Hit, View};
use crate::model::needs::NeedId;

/// The `file` probe kind.
pub static KIND: ProbeKind = ProbeKind {
    name: "file",
    summary: "files that are there; the file itself is the citation",
    keys: &[PATH_DOC, EXCLUDE_DOC, ROLES_DOC, ("tracked", "true: only files that git tracks; false: only others")],
    parse,
};

#[derive(Debug)]
struct FileProbe {
    selector: SelectorId,
    needs: [NeedId; 1],
}

fn parse(node: &Node, loading: &mut Loading<'_>) -> Option<Box<dyn Probe>> {
    let before = loading.problems.len();
    let map = Map::new(node, "`file`", loading.problems);
    let mut selector = shared::selector(&map);
    selector.tracked = map.opt_flag("tracked");
    if selector.globs.is_empty() {
        map.note("`file` needs `path`");
    }
    map.finish();
    if loading.problems.len() > before {
        return None;
    }
    let need = loading.needs.add(selector, Look::File);
    Some(Box::new(FileProbe { selector: loading.needs.need(need).selector, needs: [need] }))
}

impl Probe for FileProbe {
    fn observe<'v>(&self, view: &View<'v>) -> Vec<Cow<'v, Hit>> {
        view.files(self.selector).map(Hit::of_file).map(Cow::Owned).collect()
    }

    fn needs(&self) -> &[NeedId] {
        &self.needs
    }
}

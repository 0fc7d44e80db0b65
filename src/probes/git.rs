//! `git`: what git tracks and ignores.

use std::borrow::Cow;

use crate::inventory::view::{Hit, View};
use crate::model::needs::{Look, NeedId, Selector};
use crate::model::node::Node;

use super::params::Map;
use super::{Loading, Probe, ProbeKind};

/// The `git` probe kind.
pub static KIND: ProbeKind = ProbeKind {
    name: "git",
    summary: "what .gitignore covers; whether there is a repository",
    keys: &[
        ("ignores", "paths that .gitignore must cover; the hit is the deciding line"),
        ("repository", "true: there is a git repository (no location)"),
    ],
    parse,
};

#[derive(Debug)]
struct GitProbe {
    needs: Vec<NeedId>,
    repository: bool,
}

fn parse(node: &Node, loading: &mut Loading<'_>) -> Option<Box<dyn Probe>> {
    let before = loading.problems.len();
    let map = Map::new(node, "`git`", loading.problems);
    let paths = map.texts("ignores");
    let repository = map.flag("repository", false);
    if paths.is_empty() != repository {
        map.note("`git` needs either `ignores` or `repository: true`");
    }
    map.finish();
    if loading.problems.len() > before {
        return None;
    }
    let needs = paths.into_iter().map(|path| loading.needs.add(Selector::any(), Look::GitIgnores { path })).collect();
    Some(Box::new(GitProbe { needs, repository }))
}

impl Probe for GitProbe {
    fn observe<'v>(&self, view: &View<'v>) -> Vec<Cow<'v, Hit>> {
        if self.repository {
            return view.inventory.git.iter().filter_map(|_| view.inventory.repository_hit()).map(Cow::Owned).collect();
        }
        self.needs.iter().flat_map(|need| view.hits(*need)).map(Cow::Borrowed).collect()
    }

    fn needs(&self) -> &[NeedId] {
        &self.needs
    }
}

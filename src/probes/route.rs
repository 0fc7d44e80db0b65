//! `route`: rows of the route table, by who may call them.
//!
//! What is known of frameworks is data, `checks/routes`. The needs of all of them are asked for when the first probe of this kind is
//! loaded, so a pack without one pays nothing.

use std::borrow::Cow;
use std::sync::Arc;

use crate::inventory::automaton::Lazy;
use crate::inventory::routes::{Route, table};
use crate::inventory::view::{Hit, View};
use crate::model::needs::NeedId;
use crate::model::node::Node;
use crate::model::route::{Access, RouteNeeds};

use super::params::Map;
use super::{Loading, Probe, ProbeKind, shared};

/// The `route` probe kind.
pub static KIND: ProbeKind = ProbeKind {
    name: "route",
    summary: "routes of the application, by who may call them",
    keys: &[
        ("access", "guarded, public, open (no guard is in effect and no mark says that none is wanted), ?; default all"),
        ("method", "GET, POST, …; a route of any method counts; default all"),
        ("any-method", "does a route that names no method count? default true"),
        ("framework", "names of definitions in `routes/`; default all"),
        ("matches", "regex over the path; a part that is not known is `?`"),
        ("not-matches", "regex over the path or the handler: such routes do not count"),
    ],
    parse,
};

fn parse(node: &Node, loading: &mut Loading<'_>) -> Option<Box<dyn Probe>> {
    let before = loading.problems.len();
    let map = Map::new(node, "`route`", loading.problems);
    let access = map.words::<Access>("access");
    let methods = map.texts("method").into_iter().map(|method| method.to_ascii_uppercase()).collect();
    let (any_method, frameworks) = (map.flag("any-method", true), map.texts("framework"));
    for name in frameworks.iter().filter(|name| loading.routes.iter().all(|known| known.name != **name)) {
        map.note_at("framework", format!("no file routes/{name}.yaml"));
    }
    let (matches, not_matches) = (shared::pattern(&map, "matches"), shared::pattern(&map, "not-matches"));
    map.finish();
    if loading.problems.len() > before {
        return None;
    }
    let (routes, needs) = (loading.routes, &mut *loading.needs);
    let asked = Arc::clone(loading.route_needs.get_or_insert_with(|| Arc::new(RouteNeeds::ask(routes, needs))));
    Some(Box::new(RouteProbe { asked, access, methods, any_method, frameworks, matches, not_matches }))
}

#[derive(Debug)]
struct RouteProbe {
    asked: Arc<RouteNeeds>,
    access: Vec<Access>,
    methods: Vec<String>,
    any_method: bool,
    frameworks: Vec<String>,
    matches: Option<String>,
    not_matches: Option<String>,
}

impl RouteProbe {
    fn counts(&self, route: &Route, matches: Option<&Lazy>, not_matches: Option<&Lazy>) -> bool {
        let has_method = || route.methods.is_empty() || route.methods.iter().any(|method| self.methods.contains(method));
        let says = |expression: &Lazy| {
            expression.is_match(&route.path) || route.handler.as_deref().is_some_and(|handler| expression.is_match(handler))
        };
        (self.access.is_empty() || self.access.contains(&route.access))
            && (self.methods.is_empty() || has_method())
            && (self.any_method || !route.methods.is_empty())
            && (self.frameworks.is_empty() || self.frameworks.iter().any(|name| **name == *route.framework))
            && matches.is_none_or(|expression| expression.is_match(&route.path))
            && !not_matches.is_some_and(says)
    }
}

impl Probe for RouteProbe {
    fn observe<'v>(&self, view: &View<'v>) -> Vec<Cow<'v, Hit>> {
        let rows = table(view, &self.asked);
        // Checks repeat what they ask of paths.
        let expression = |pattern: &Option<String>| pattern.as_ref().map(|pattern| view.inventory.expressions.of(pattern));
        let (matches, not_matches) = (expression(&self.matches), expression(&self.not_matches));
        let counts = |route: &&Route| self.counts(route, matches.as_deref(), not_matches.as_deref());
        let mut hits: Vec<Cow<'_, Hit>> = rows.iter().filter(counts).map(|route| Cow::Owned(route.hit())).collect();
        hits.sort();
        hits.dedup();
        hits
    }

    fn needs(&self) -> &[NeedId] {
        &self.asked.all
    }
}

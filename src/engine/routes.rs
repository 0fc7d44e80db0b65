//! The route table of a repository, component by component: collected for itself, since no check needs to ask for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::inventory::collect::{Context, Due, Prepared, collect};
use crate::inventory::routes::{self, Route};
use crate::inventory::source::Source;
use crate::inventory::view::Inventory;
use crate::model::needs::NeedSet;
use crate::model::route::{Framework, RouteNeeds};

/// A table and the inventory that its places are in.
pub struct RouteTable {
    pub inventory: Inventory,
    /// With the component that each row is of; a row that several share stands once.
    pub rows: Vec<(String, Route)>,
    /// Files that could not be parsed, with the reason.
    pub gaps: Vec<String>,
}

/// Collects what the definitions ask for and joins it. `bytes` is about how much there is to scan.
pub fn table(frameworks: &Arc<Vec<Framework>>, source: &dyn Source, context: Context) -> RouteTable {
    let mut needs = NeedSet::default();
    let asked = RouteNeeds::ask(frameworks, &mut needs);
    let prepared = Prepared::of(&needs, source.entries());
    let mut collector = collect(source, &prepared, context);
    collector.answer(&|_, _, _| Due::Yes);
    let inventory = collector.inventory;
    let components = &inventory.layout.components;
    let included = |index: usize| components.iter().any(|other| other.deployable && other.includes.contains(&index));
    let judged = (0..components.len()).filter(|index| components[*index].deployable || !included(*index));
    let mut views: Vec<_> = judged.map(|index| (components[index].id.clone(), inventory.component(index))).collect();
    if views.is_empty() {
        views.push((".".to_owned(), inventory.whole()));
    }
    let (mut rows, mut known): (Vec<(String, Route)>, BTreeSet<Route>) = Default::default();
    for (component, view) in views {
        for row in routes::table(&view, &asked).iter() {
            if known.insert(row.clone()) {
                rows.push((component.clone(), row.clone()));
            }
        }
    }
    let mut gaps: Vec<String> = inventory
        .gaps
        .values()
        .flatten()
        .map(|(file, reason)| format!("{} was left out: {reason}", inventory.file(*file).path))
        .collect();
    gaps.sort();
    gaps.dedup();
    RouteTable { inventory, rows, gaps }
}

/// A row in a line, as tests of definitions state it: methods, path, access, place, guards.
pub fn line(row: &Route, inventory: &Inventory) -> String {
    let methods = methods(row);
    let guards: Vec<&str> = row.guards.iter().map(|guard| &*guard.name).collect();
    let text =
        format!("{methods} {} {} {}:{} {}", row.path, row.access, inventory.file(row.file).path, row.line, guards.join(", "));
    text.trim_end().to_owned()
}

/// `GET,POST`, or `ANY`.
pub fn methods(row: &Route) -> String {
    if row.methods.is_empty() { "ANY".to_owned() } else { row.methods.join(",") }
}

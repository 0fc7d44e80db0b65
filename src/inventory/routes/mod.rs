//! The route table: every route of an application with its method, path, place, handler, and the guards in effect on it.
//!
//! Matches of the definitions in `checks/routes` go in (as hits of code needs), rows come out. What is a route, a router, a guard
//! is data; how they hang together is here, for all frameworks alike:
//!
//! | file | holds |
//! |---|---|
//! | `fact` | a match with what it captured |
//! | `path` | path literals, their joining, path patterns |
//! | `names` | what is a guard by its name, or by what is known of the function |
//! | `resolve` | from what a file imports to files |
//! | `meaning` | from an expression in a file to the scopes it means |
//! | `chain` | from a route up through routers, groups and mounts to the application |
//! | `guard` | which guards and public marks are in effect on a chain |
//! | `handler` | what the text of a handler says |
//!
//! Nothing is guessed: what cannot be decided is `?` in the row, with the reason in its notes.

mod chain;
mod fact;
mod guard;
mod handler;
mod meaning;
mod names;
mod path;
mod resolve;

use std::sync::Arc;

use super::view::{FileId, Hit, Snippet, View};
use crate::model::route::{Access, Framework, RouteNeeds};

use chain::{Chain, Chains};
use fact::{Fact, Facts};
use guard::{Asked, Guards};

/// Rows of one framework that are kept: more is no application that a person could read a table of.
const MAX_ROWS: usize = 20_000;

/// The methods of a route for any, told apart where a guard lets everybody read.
const READS: &[&str] = &["GET"];
const WRITES: &[&str] = &["DELETE", "PATCH", "POST", "PUT"];

/// A guard in effect.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GuardRef {
    /// As the code names it.
    pub name: Arc<str>,
    pub file: FileId,
    pub line: u32,
}

/// One row of the route table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Route {
    pub file: FileId,
    /// 1-based, of the registration.
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    /// From the root; `?` stands for a part that cannot be decided.
    pub path: String,
    /// In upper case, ascending; empty: any.
    pub methods: Vec<String>,
    pub framework: Arc<str>,
    /// As the code names it; `None` for one that is written in place.
    pub handler: Option<String>,
    /// From the outermost to the innermost.
    pub guards: Vec<GuardRef>,
    pub access: Access,
    /// Why something is `?`.
    pub notes: Vec<String>,
    /// The line, for citations.
    snippet: Option<Snippet>,
}

impl Route {
    /// The citation of the row.
    pub fn hit(&self) -> Hit {
        let (column, end_line, snippet) = (self.column, self.end_line, self.snippet.clone());
        Hit { line: Some(self.line), column, end_line, snippet, ..Hit::of_file(self.file) }
    }
}

/// The route table of a view, ordered by place. Costs nothing but the joining, and that once: the needs are answered already.
pub fn table(view: &View<'_>, needs: &RouteNeeds) -> Arc<Vec<Route>> {
    view.inventory.routes.rows(view, &needs.all, || joined(view, needs))
}

fn joined(view: &View<'_>, needs: &RouteNeeds) -> Vec<Route> {
    let mut rows: Vec<Route> = Vec::new();
    for (framework, needs) in needs.frameworks.iter().zip(&needs.needs) {
        rows.extend(rows_of(view, framework, needs));
    }
    rows.sort();
    rows.dedup();
    rows
}

fn rows_of(view: &View<'_>, framework: &Framework, needs: &[Vec<crate::model::needs::NeedId>]) -> Vec<Route> {
    let facts = Facts::of(view, framework, needs);
    if facts.routes.is_empty() {
        return Vec::new();
    }
    let chains = Chains::new(*view, framework, &facts);
    let guards = Guards::new(framework, &facts, &chains);
    let name: Arc<str> = framework.name.as_str().into();
    let mut rows = Vec::new();
    for (index, route) in facts.routes.iter().enumerate() {
        for chain in chains.of_route(index) {
            let before = rows.len();
            rows.extend(rows_of_chain(&name, view, route, &chain, &guards));
            if rows.len() == before || rows.len() > MAX_ROWS {
                break;
            }
        }
    }
    rows
}

fn rows_of_chain(framework: &Arc<str>, view: &View<'_>, route: &Fact<'_>, chain: &Chain, guards: &Guards<'_>) -> Vec<Route> {
    let mut rows = Vec::new();
    let handler = route.handler();
    let row = |path: &String, methods: Vec<String>, handler: Option<String>| {
        let (effective, access, more) = guards.on(chain, &Asked { route, path, methods: &methods, handler: handler.as_deref() });
        let mut notes = chain.notes.clone();
        notes.extend(more);
        Route {
            file: route.file,
            line: route.line,
            column: route.column,
            end_line: route.end_line,
            path: path.clone(),
            methods,
            framework: Arc::clone(framework),
            handler,
            guards: effective,
            access,
            notes,
            snippet: route.snippet.cloned(),
        }
    };
    if route.definition.expand.is_empty() {
        for path in &chain.paths {
            let methods = route.methods();
            // What answers everything may let everybody read.
            if methods.is_empty() && guards.tell_methods_apart() {
                let of = |methods: &[&str]| methods.iter().map(|method| (*method).to_owned()).collect();
                let (reads, writes) = (row(path, of(READS), handler.clone()), row(path, of(WRITES), handler.clone()));
                if reads.access != writes.access {
                    rows.extend([reads, writes]);
                    continue;
                }
            }
            rows.push(row(path, methods, handler.clone()));
        }
        return rows;
    }
    for expansion in route.definition.expand.iter().filter(|expansion| route.names_action(&expansion.action)) {
        let handler = handler.as_ref().map(|handler| handler.replace("{action}", &expansion.action));
        for path in &chain.paths {
            let path = path::join(path, &expansion.path);
            rows.push(row(&path, vec![expansion.method.clone()], handler.clone()));
        }
    }
    // The view is asked only so that a table of a file that is not in it can never be made.
    rows.retain(|row| view.contains(row.file));
    rows
}

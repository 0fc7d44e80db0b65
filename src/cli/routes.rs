//! `readyctl routes`: the route table of a repository.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::checks::pack::{self, Selection};
use crate::config;
use crate::engine::routes::{RouteTable, methods, table};
use crate::inventory::routes::Route;
use crate::inventory::walk::Disk;
use crate::model::route::Access;

use super::args::{RoutesArgs, TableFormat};
use super::audit::context;
use super::error::{Exit, Failure};
use super::output::{plain, print};

/// Widest path column, in characters.
const WIDE: usize = 56;

/// Runs the command.
///
/// # Errors
/// When the target, the configuration or the definitions cannot be used, or the output cannot be written.
pub fn run(args: &RoutesArgs) -> Result<Exit, Failure> {
    if let Some(threads) = args.threads {
        // A second pool in one process is refused; there is none before this.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build_global();
    }
    let disk = Disk::open(&args.path).map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    let (policy, _) = config::find(&args.path, args.config.config.as_deref(), args.config.no_config)
        .map_err(|error| Failure::new(Exit::Usage, format!("{error:#}")))?;
    let mut folders = policy.checks;
    folders.extend(args.pack.checks.iter().cloned());
    let ruleset = pack::open(&Selection { verify: false, folders, only_folders: false })?;
    let (context, _, _) = context(&disk, policy.roles);
    let found = table(&ruleset.routes, &disk, context);
    let text = match args.format {
        TableFormat::Terminal => terminal(&found),
        TableFormat::Json => format!("{}\n", serde_json::to_string_pretty(&json(&found)).unwrap_or_default()),
    };
    print(text.as_bytes())?;
    Ok(Exit::Met)
}

fn place(found: &RouteTable, row: &Route) -> String {
    format!("{}:{}", found.inventory.file(row.file).path, row.line)
}

fn guards(row: &Route) -> String {
    let names: Vec<&str> = row.guards.iter().map(|guard| &*guard.name).collect();
    if names.is_empty() { "-".to_owned() } else { names.join(", ") }
}

fn terminal(found: &RouteTable) -> String {
    let widest = |of: &dyn Fn(&Route) -> String| found.rows.iter().map(|(_, row)| of(row).chars().count()).max().unwrap_or(0);
    let (method, path) = (widest(&methods), widest(&|row| row.path.clone()).min(WIDE));
    let mut text = String::new();
    let mut component = None;
    for (of, row) in &found.rows {
        if component != Some(of) {
            let _ = writeln!(text, "{}{of}", if component.is_some() { "\n" } else { "" });
            component = Some(of);
        }
        let (access, handler) = (row.access, row.handler.as_deref().unwrap_or("(in place)"));
        let line = format!(
            "{:<method$}  {:<path$}  {access:<7}  {}  {handler}  {}",
            methods(row),
            row.path,
            place(found, row),
            guards(row)
        );
        let _ = writeln!(text, "  {}", plain(&line));
        for note in &row.notes {
            let _ = writeln!(text, "  {:<method$}    ? {}", "", plain(note));
        }
    }
    let count = |access: Access| found.rows.iter().filter(|(_, row)| row.access == access).count();
    let counts: Vec<String> = Access::ALL.iter().map(|access| format!("{} {access}", count(*access))).collect();
    let _ = writeln!(text, "{}{} routes: {}", if text.is_empty() { "" } else { "\n" }, found.rows.len(), counts.join(", "));
    for gap in &found.gaps {
        let _ = writeln!(text, "{}", plain(gap));
    }
    text
}

fn json(found: &RouteTable) -> Value {
    let path = |file| found.inventory.file(file).path.to_string();
    let rows = found.rows.iter().map(|(component, row)| {
        let guards = row.guards.iter().map(|guard| json!({ "name": &*guard.name, "path": path(guard.file), "line": guard.line }));
        json!({
            "component": component,
            "framework": &*row.framework,
            "methods": row.methods,
            "path": row.path,
            "file": path(row.file),
            "line": row.line,
            "handler": row.handler,
            "guards": guards.collect::<Vec<_>>(),
            "access": row.access,
            "notes": row.notes,
        })
    });
    json!({ "schema_version": "1", "routes": rows.collect::<Vec<_>>(), "gaps": found.gaps })
}

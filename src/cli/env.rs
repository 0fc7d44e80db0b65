//! `readyctl env`: every environment variable and config key of a repository, with the places that read, document and provide it.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::checks::pack::{self, Selection};
use crate::config;
use crate::engine::env::{EnvTable, notes, read, table};
use crate::inventory::env::{EnvVar, Place};
use crate::inventory::walk::Disk;
use crate::model::env::Standing;

use super::args::{EnvArgs, TableFormat};
use super::audit::context;
use super::error::{Exit, Failure};
use super::output::{plain, print, width};

/// Columns between cells.
const GAP: usize = 2;
/// Columns before a row.
const INDENT: usize = 2;
/// A cell is not made narrower than this.
const NARROW: usize = 10;

/// Runs the command.
///
/// # Errors
/// When the target, the configuration or the definitions cannot be used, or the output cannot be written.
pub fn run(args: &EnvArgs) -> Result<Exit, Failure> {
    if let Some(threads) = args.table.threads {
        // A second pool in one process is refused; there is none before this.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads.max(1)).build_global();
    }
    let disk = Disk::open(&args.table.path).map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    let (policy, _) = config::find(&args.table.path, args.table.config.config.as_deref(), args.table.config.no_config)
        .map_err(|error| Failure::new(Exit::Usage, format!("{error:#}")))?;
    let mut folders = policy.checks;
    folders.extend(args.table.pack.checks.iter().cloned());
    let ruleset = pack::open(&Selection { verify: false, folders, only_folders: false })?;
    let (context, _, _) = context(&disk, policy.roles);
    let found = table(&ruleset.env, &disk, context);
    let text = match args.table.format {
        TableFormat::Terminal => terminal(&found, width(args.width).into()),
        TableFormat::Json => format!("{}\n", serde_json::to_string_pretty(&json(&found)).unwrap_or_default()),
    };
    print(text.as_bytes())?;
    Ok(Exit::Met)
}

/// The first place, and how many more there are.
fn first(places: &[Place], of: &dyn Fn(&Place) -> String) -> String {
    match places {
        [] => "-".to_owned(),
        [only] => of(only),
        [first, more @ ..] => format!("{} +{}", of(first), more.len()),
    }
}

/// The cells of a row: name, read at, documented, provided.
fn cells(row: &EnvVar, found: &EnvTable) -> [String; 4] {
    // The read that says most about what is needed comes first: one that ends without the variable.
    let mut reads = row.reads.clone();
    reads.sort_by_key(|place| (place.standing, std::cmp::Reverse(place.fallback)));
    [
        plain(&row.name),
        plain(&first(&reads, &|place| read(place, found))),
        plain(&first(&row.documented, &|place| found.at(place))),
        plain(&first(&row.provided, &|place| found.at(place))),
    ]
}

/// The widths of four columns that fit: what is too wide gives way, the widest first.
fn widths(rows: &[[String; 4]], columns: usize) -> [usize; 4] {
    let mut widths = [0; 4];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let room = columns.saturating_sub(INDENT + 3 * GAP);
    while widths.iter().sum::<usize>() > room {
        // Names give way last: half of one says nothing.
        let weight = |at: &usize| if *at == 0 { widths[0] / 2 } else { widths[*at] };
        let widest = (0..4).max_by_key(weight).unwrap_or(0);
        if widths[widest] <= NARROW {
            break;
        }
        widths[widest] -= 1;
    }
    widths
}

/// The end of a text that is too wide: of a path, the end says more.
fn fitted(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width {
        return text.to_owned();
    }
    std::iter::once('…').chain(text.chars().skip(count + 1 - width)).collect()
}

fn terminal(found: &EnvTable, columns: usize) -> String {
    let heads = ["NAME", "READ AT", "DOCUMENTED", "PROVIDED"].map(str::to_owned);
    let mut rows = vec![heads];
    rows.extend(found.rows.iter().map(|row| cells(row, found)));
    let widths = widths(&rows, columns);
    let line = |cells: &[String; 4]| {
        let cells: Vec<String> =
            cells.iter().zip(widths).map(|(cell, width)| format!("{:<width$}", fitted(cell, width))).collect();
        let line = cells.join(&" ".repeat(GAP));
        format!("{}{}\n", " ".repeat(INDENT), line.trim_end())
    };
    let mut text = if found.rows.is_empty() { String::new() } else { line(&rows[0]) };
    for (row, cells) in found.rows.iter().zip(&rows[1..]) {
        text.push_str(&line(cells));
        let notes: Vec<String> = notes(row).collect();
        if !notes.is_empty() {
            let note = format!("{}! {}", " ".repeat(INDENT * 2), plain(&notes.join("; ")));
            let note: String = note.chars().take(columns.max(NARROW)).collect();
            let _ = writeln!(text, "{note}");
        }
    }
    let count = |of: &dyn Fn(&EnvVar) -> bool| found.rows.iter().filter(|row| of(row)).count();
    let (reads, documented) = (count(&|row| !row.reads.is_empty()), count(&|row| !row.documented.is_empty()));
    let (provided, noted) = (count(&|row| !row.provided.is_empty()), count(&|row| !row.notes.is_empty()));
    let all = found.rows.len();
    let word = if all == 1 { "name" } else { "names" };
    let lines = if text.is_empty() { "" } else { "\n" };
    let _ =
        writeln!(text, "{lines}{all} {word}: {reads} read, {documented} documented, {provided} provided, {noted} with a note");
    for gap in &found.gaps {
        let _ = writeln!(text, "{}", plain(gap));
    }
    text
}

fn json(found: &EnvTable) -> Value {
    let path = |place: &Place| found.inventory.file(place.file).path.to_string();
    let reads = |place: &Place| {
        let (component, passed_on) = (found.component(place.file), place.standing != Standing::Firm);
        json!({ "path": path(place), "line": place.line, "default": place.fallback, "component": component, "passed_on": passed_on })
    };
    let documented = |place: &Place| json!({ "path": path(place), "line": place.line });
    let provided = |place: &Place| json!({ "path": path(place), "line": place.line, "by": &*place.by });
    let rows = found.rows.iter().map(|row| {
        json!({
            "name": row.name,
            "reads": row.reads.iter().map(reads).collect::<Vec<_>>(),
            "documented": row.documented.iter().map(documented).collect::<Vec<_>>(),
            "provided": row.provided.iter().map(provided).collect::<Vec<_>>(),
            "notes": notes(row).collect::<Vec<_>>(),
        })
    });
    json!({ "schema_version": "1", "env": rows.collect::<Vec<_>>(), "gaps": found.gaps })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_until_the_table_fits() {
        let row = ["A".repeat(40), "b".repeat(60), "c".repeat(30), "d".repeat(5)];
        let fitting = widths(std::slice::from_ref(&row), 80);
        assert_eq!(fitting.iter().sum::<usize>(), 80 - INDENT - 3 * GAP);
        assert_eq!(fitting[3], 5, "what is narrow stays: {fitting:?}");
        assert_eq!(widths(&[row], 400), [40, 60, 30, 5]);
        assert_eq!(fitted("backend/app/core/config.py:12", 12), "…onfig.py:12");
        assert_eq!(fitted("é.py:1", 6), "é.py:1");
    }
}

//! The report for a reviewer, as GitHub-flavoured Markdown: the order in which reviewers ask. May it go? On which conditions?
//! What could not be seen? Then the scores, the findings by priority, the details, the proof of what passes, and how to repeat it.
//!
//! Text from outside enters only through `escape`: `text` and `prose` for sentences, `code` and `fence` for source, `cell` around
//! whatever stands in a table. To add a part, write a function here (or in `markdown/details.rs` for single checks) and call it in
//! `render`.

mod details;

use std::io::{self, Write};

use super::escape::{cell, code, fence, markdown as text, prose};
use super::{Options, escape, view};
use crate::model::report::{CheckRow, Report};
use crate::model::terms::{Priority, Status};

/// Skipped files named; the rest is counted.
const SKIPPED: usize = 20;

/// Writes the report as one Markdown document.
pub fn render(report: &Report, _: &Options, out: &mut dyn Write) -> io::Result<()> {
    verdict(report, out)?;
    conditions(report, out)?;
    coverage(report, out)?;
    categories(report, out)?;
    for priority in Priority::ALL {
        findings(report, *priority, out)?;
    }
    details::details(report, out)?;
    details::passes(report, out)?;
    details::not_applicable(report, out)?;
    reproduce(report, out)
}

fn verdict(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let summary = &report.summary;
    writeln!(out, "# Production readiness: {}\n", summary.verdict)?;
    writeln!(out, "**{}**\n", prose(&view::sentence(&summary.verdict_reason)))?;
    let score = summary.score.map_or("none".to_owned(), |score| format!("{} / 100", view::number(score)));
    let grade = summary.grade.map_or("–".to_owned(), |grade| text(&grade.to_string()));
    let counts: Vec<String> = view::count_words(&summary.counts).into_iter().map(|(_, words)| words).collect();
    writeln!(out, "| Score | Grade | Coverage | Checks |\n| :-- | :-- | :-- | :-- |")?;
    writeln!(out, "| {score} | {grade} | {} % | {} |\n", view::number(summary.coverage), counts.join(", "))?;
    let target = &report.target;
    write!(out, "Audited: ")?;
    if !target.path.is_empty() {
        write!(out, "{}", code(&target.path))?;
    }
    if let Some(commit) = &target.commit {
        let modified = if target.dirty == Some(true) { " with modified files" } else { "" };
        write!(out, " at commit {}{modified}", code(&view::short(commit)))?;
    }
    if let Some(url) = &target.url {
        write!(out, "{}{}", if target.path.is_empty() { "" } else { " and " }, code(url))?;
    }
    writeln!(out, ".\n")?;
    for component in &report.components {
        let traits: Vec<String> = component.languages.iter().chain(&component.facts).map(|word| text(word)).collect();
        let failed = view::failed_in(report, &component.id);
        let place = if component.path == "." { "the root".to_owned() } else { code(&component.path) };
        writeln!(out, "- Component {} in {place}: {failed} fail; {}", code(&component.id), traits.join(", "))?;
    }
    if report.components.is_empty() { Ok(()) } else { writeln!(out) }
}

fn conditions(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Conditions\n")?;
    if report.summary.conditions.is_empty() {
        return writeln!(out, "None.\n");
    }
    writeln!(out, "These have to be met for a GO, most urgent first.\n")?;
    for (index, condition) in report.summary.conditions.iter().enumerate() {
        let status = condition.status.as_str().replace('_', " ");
        let text = prose(&view::sentence(&condition.text));
        writeln!(out, "{}. **{}**, {status}: {text} ({})", index + 1, condition.priority, code(&condition.check))?;
    }
    writeln!(out)
}

fn coverage(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let summary = &report.summary;
    writeln!(out, "## Coverage, and what could not be seen\n")?;
    let files = &summary.files;
    writeln!(
        out,
        "{} % of the weight that applies is decided. {} of {} read{}.\n",
        view::number(summary.coverage),
        files.scanned,
        view::plural(files.total, "file"),
        if files.skipped.is_empty() { String::new() } else { format!(", {} skipped", files.skipped.len()) }
    )?;
    let mut items: Vec<String> = Vec::new();
    for (_, advice, command) in view::raise_coverage(report) {
        let end = command.map_or(".".to_owned(), |command| format!(": {}", code(&command)));
        items.push(format!("{}{end}", text(&advice)));
    }
    items.extend(summary.notes.iter().map(|note| text(&view::sentence(note))));
    items.extend(files.skipped.iter().take(SKIPPED).map(|file| format!("Skipped {}: {}.", code(&file.path), text(&file.reason))));
    if files.skipped.len() > SKIPPED {
        items.push(format!("{} more files were skipped.", files.skipped.len() - SKIPPED));
    }
    for item in &items {
        writeln!(out, "- {item}")?;
    }
    let unseen = [Status::Error, Status::Unknown, Status::Manual].map(|status| view::with_status(report, status)).concat();
    if unseen.is_empty() {
        return if items.is_empty() { Ok(()) } else { writeln!(out) };
    }
    writeln!(out, "\n<details>\n<summary>Not decided ({})</summary>\n", unseen.len())?;
    table(
        out,
        &["Status", "Priority", "Check", "Why"],
        unseen.iter().map(|row| {
            [view::status_word(row.status).to_owned(), row.priority.to_string(), named(row), prose(&row.reason)].to_vec()
        }),
    )?;
    writeln!(out, "\n</details>\n")
}

fn categories(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.categories.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Score by category\n")?;
    let rows = report.categories.iter().map(|category| {
        let counts = &category.counts;
        let open = counts.unknown + counts.manual + counts.error + counts.waived;
        let score = category.score.map_or("–".to_owned(), |score| format!("{score:.1} / 10"));
        let points = format!("{} of {}", view::number(category.earned), view::number(category.possible));
        let count = |count: usize| count.to_string();
        vec![text(&category.title), score, points, count(counts.fail), count(counts.partial), count(counts.pass), count(open)]
    });
    table(out, &["Category", "Score", "Points", "Fail", "Partial", "Pass", "Open"], rows)?;
    writeln!(out)
}

/// The table of one priority: everything that is neither passed nor beside the point.
fn findings(report: &Report, priority: Priority, out: &mut dyn Write) -> io::Result<()> {
    let open = view::open_rows(report, priority);
    let counts: Vec<String> = view::count_words(&view::counts_of(report, priority)).into_iter().map(|(_, words)| words).collect();
    if counts.is_empty() {
        return Ok(());
    }
    writeln!(out, "## {priority}: {}\n\n{}.\n", view::priority_means(priority), counts.join(", "))?;
    if open.is_empty() {
        return Ok(());
    }
    table(out, &["Status", "Check", "Location", "Evidence", "Fix", "Effort"], open.iter().map(|row| finding(row)))?;
    writeln!(out)
}

fn finding(row: &CheckRow) -> Vec<String> {
    let fixable = view::is_to_fix(row.status);
    let mut evidence = prose(&view::sentence(&row.reason));
    if let Some(planes) = view::contradiction(row) {
        evidence.push_str(&format!(" **{}**", text(&view::sentence(&planes))));
    }
    if let Some(waiver) = &row.waiver {
        let terms = format!("Waived: {} ({}, {}, until {}).", waiver.statement, waiver.reason, waiver.owner, waiver.expires);
        evidence.push_str(&format!(" {}", text(&terms)));
    }
    vec![
        format!("**{}**", view::status_word(row.status)),
        named(row),
        view::place(row).map_or("–".to_owned(), |place| code(&place)),
        evidence,
        if fixable { prose(&view::sentence(&row.remediation.summary)) } else { "–".to_owned() },
        if fixable { row.effort.to_string() } else { "–".to_owned() },
    ]
}

/// Title and id of a check, as every table shows them.
fn named(row: &CheckRow) -> String {
    format!("{} {}", prose(&row.title), code(&row.id))
}

/// A table; cells are Markdown made by `escape`.
fn table(out: &mut dyn Write, header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> io::Result<()> {
    writeln!(out, "| {} |\n|{}", header.join(" | "), " :-- |".repeat(header.len()))?;
    for row in rows {
        let cells: Vec<String> = row.iter().map(|markdown| cell(markdown)).collect();
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    Ok(())
}

fn reproduce(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## How to reproduce\n")?;
    writeln!(out, "{}", fence(&view::audit_command(report, "--format markdown"), "sh"))?;
    let tool = &report.tool;
    let build = tool.commit.map_or(String::new(), |commit| format!(" ({commit})"));
    let rules = &report.ruleset;
    let tree = match (&report.target.commit, report.target.dirty) {
        (Some(commit), Some(true)) => {
            format!("{} with modified files: the commit alone does not reproduce this report", code(commit))
        }
        (Some(commit), _) => code(commit),
        (None, _) => "not known".to_owned(),
    };
    let facts = [
        ("Tool", code(&format!("{} {}{build}", tool.name, tool.version))),
        ("Ruleset", format!("{}, {}, digest {}", code(&rules.version), view::plural(rules.checks, "check"), code(&rules.digest))),
        ("Scoring", format!("version {}", text(report.scoring_version))),
        ("Commit", tree),
        ("URL", report.target.url.as_ref().map_or("none".to_owned(), |url| code(url))),
        ("Configuration", report.summary.config.as_ref().map_or("none".to_owned(), |path| code(path))),
    ];
    facts.iter().try_for_each(|(name, value)| writeln!(out, "- {name}: {value}"))
}

#[cfg(test)]
mod tests;

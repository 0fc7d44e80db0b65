//! What stands below the findings at a terminal: scores, components, what could not be seen, and the commands to go on with.

use std::io;

use comfy_table::{CellAlignment, ContentArrangement, Table, TableStyle};

use super::super::style::{Canvas, Tone, s};
use super::super::{escape, view, width};
use super::heading;
use crate::model::report::{CategoryRow, Report};
use crate::model::terms::Priority;

/// Columns of the bar that shows a category's score: one for each point.
const BAR: usize = 10;
/// Skipped files and notes shown unless all are asked for.
const LISTED: usize = 8;

/// Score by category, the whole table in one look.
pub fn categories(report: &Report, canvas: &mut Canvas<'_>) -> io::Result<()> {
    if report.categories.is_empty() {
        return Ok(());
    }
    heading(canvas, "Score by category", &[])?;
    let wide = canvas.width() >= 72;
    let mut table = Table::new();
    table.load_style(TableStyle::new()).set_content_arrangement(ContentArrangement::Disabled);
    let header = ["Category", "Score", "", "Fail", "Part", "Pass", "Open"];
    table.set_header(header.iter().take(if wide { 7 } else { 3 }).copied().collect::<Vec<_>>());
    let titles = canvas.width().saturating_sub(if wide { 47 } else { 23 });
    for category in &report.categories {
        table.add_row(cells(category, titles).into_iter().take(if wide { 7 } else { 3 }).collect::<Vec<_>>());
    }
    for column in [1, 3, 4, 5, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut lines = table.lines();
    if let Some(header) = lines.next() {
        canvas.line(&[s(Tone::Plain, " "), s(Tone::Dim, header)])?;
    }
    for (line, category) in lines.zip(&report.categories) {
        // The table counts escape sequences as text, so colour is put around its parts afterwards.
        let drawn = bar(category.score);
        match line.split_once(&drawn) {
            Some((before, after)) => {
                canvas.line(&[
                    s(Tone::Plain, format!(" {before}")),
                    s(score_tone(category.score), drawn),
                    s(Tone::Plain, after),
                ])?;
            }
            None => canvas.line(&[s(Tone::Plain, format!(" {line}"))])?,
        }
    }
    Ok(())
}

fn cells(category: &CategoryRow, title_columns: usize) -> Vec<String> {
    let counts = &category.counts;
    let count = |count: usize| if count == 0 { "·".to_owned() } else { count.to_string() };
    vec![
        width::truncate(escape::line(&category.title).trim(), title_columns),
        category.score.map_or("–".to_owned(), |score| format!("{score:.1}")),
        bar(category.score),
        count(counts.fail),
        count(counts.partial),
        count(counts.pass),
        count(counts.unknown + counts.manual + counts.error + counts.waived),
    ]
}

/// A point is a full block; what is missing, or not decided, is a light one.
fn bar(score: Option<f64>) -> String {
    let full = score.map_or(0, |score| score.round().clamp(0.0, 10.0) as usize);
    "█".repeat(full) + &"░".repeat(BAR - full)
}

fn score_tone(score: Option<f64>) -> Tone {
    match score {
        None => Tone::Dim,
        Some(score) if score < 5.0 => Tone::Fail,
        Some(score) if score < 8.0 => Tone::Partial,
        Some(_) => Tone::Pass,
    }
}

/// The deployable units: where they are, what they are, how many checks each fails.
pub fn components(report: &Report, canvas: &mut Canvas<'_>) -> io::Result<()> {
    if report.components.is_empty() {
        return Ok(());
    }
    heading(canvas, "Components", &[])?;
    for component in &report.components {
        let failed = view::failed_in(report, &component.id);
        let tone = if failed > 0 { Tone::Fail } else { Tone::Pass };
        let spans = [
            s(Tone::Strong, &component.id),
            s(Tone::Dim, " in "),
            s(Tone::Solid, if component.path == "." { "the root" } else { &component.path }),
            s(Tone::Dim, " · "),
            s(tone, format!("{failed} fail")),
        ];
        canvas.wrapped(&[s(Tone::Plain, "  ")], &spans)?;
        let traits: Vec<String> = component.languages.iter().chain(&component.facts).map(|word| escape::line(word)).collect();
        if !traits.is_empty() {
            canvas.wrapped(&[s(Tone::Plain, "    ")], &[s(Tone::Dim, traits.join(", "))])?;
        }
    }
    Ok(())
}

/// How much was decided, how to decide more, and what was left out.
pub fn unseen(report: &Report, verbose: bool, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let summary = &report.summary;
    let advice = view::raise_coverage(report);
    let skipped = &summary.files.skipped;
    if advice.is_empty() && skipped.is_empty() && summary.notes.is_empty() {
        return Ok(());
    }
    heading(canvas, "What could not be seen", &[s(Tone::Plain, format!("coverage {} %", view::number(summary.coverage)))])?;
    for (status, text, command) in advice {
        let word = width::pad(view::status_word(status), 8);
        let end = if command.is_some() { ":" } else { "." };
        let mut spans = vec![s(Tone::Plain, format!("{text}{end}"))];
        if let Some(command) = command {
            spans.extend([s(Tone::Plain, " "), s(Tone::Command, command)]);
        }
        canvas.wrapped(&[s(Tone::Plain, "  "), s(Tone::of(status), word)], &spans)?;
    }
    let skips = skipped.iter().map(|file| format!("{}: {}", file.path, file.reason));
    listed("SKIPPED", skips.collect(), verbose, canvas)?;
    listed("NOTE", summary.notes.clone(), verbose, canvas)
}

fn listed(word: &str, texts: Vec<String>, verbose: bool, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let shown = if verbose { texts.len() } else { texts.len().min(LISTED) };
    for text in &texts[..shown] {
        canvas.wrapped(&[s(Tone::Dim, format!("  {}", width::pad(word, 8)))], &[s(Tone::Plain, text)])?;
    }
    if shown < texts.len() {
        let more = format!("and {} more (--verbose lists them)", texts.len() - shown);
        canvas.wrapped(&[s(Tone::Plain, " ".repeat(10))], &[s(Tone::Dim, more)])?;
    }
    Ok(())
}

/// The commands a reader wants next.
pub fn next(report: &Report, verbose: bool, canvas: &mut Canvas<'_>) -> io::Result<()> {
    heading(canvas, "Next", &[])?;
    let mut commands = Vec::new();
    if let Some(row) = view::fix_first(report).first() {
        commands.push((format!("readyctl explain {}", row.id), "why it matters and how to fix it"));
        commands.push((row.remediation.verify.clone(), "check the fix"));
    } else if let Some(row) = Priority::ALL.iter().find_map(|priority| view::open_rows(report, *priority).first().copied()) {
        commands.push((format!("readyctl explain {}", row.id), "what would answer it"));
    }
    commands.push(("readyctl explain score".to_owned(), "account for every point"));
    let counts = &report.summary.counts;
    if !verbose && counts.pass + counts.not_applicable > 0 {
        commands.push((view::audit_command(report, "--verbose"), "list what passes, with its proof"));
    }
    commands.retain(|(command, _)| !command.is_empty());
    // As in a help text: what a command is for stands beside it, or below it if the command is long.
    let room = canvas.width().saturating_sub(4 + 34);
    let fits = |command: &str| width::of(command) <= room;
    let column = commands.iter().map(|(command, _)| width::of(command)).filter(|columns| *columns <= room).max().unwrap_or(0);
    for (command, what) in commands {
        if fits(&command) {
            let command = width::pad(&escape::line(&command), column);
            canvas.line(&[s(Tone::Plain, "  "), s(Tone::Command, command), s(Tone::Dim, format!("  {what}"))])?;
        } else {
            canvas.line(&[s(Tone::Plain, "  "), s(Tone::Command, command)])?;
            canvas.line(&[s(Tone::Dim, format!("{}{what}", " ".repeat(column + 4)))])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_has_a_block_for_each_point() {
        assert_eq!(bar(Some(4.4)), "████░░░░░░");
        assert_eq!(bar(Some(99.0)), "██████████");
        assert_eq!(bar(Some(f64::NAN)), "░░░░░░░░░░");
        assert_eq!(bar(None), "░░░░░░░░░░");
    }

    #[test]
    fn low_scores_are_red_and_undecided_ones_dim() {
        assert_eq!(score_tone(Some(4.9)), Tone::Fail);
        assert_eq!(score_tone(Some(5.0)), Tone::Partial);
        assert_eq!(score_tone(Some(8.0)), Tone::Pass);
        assert_eq!(score_tone(None), Tone::Dim);
    }
}

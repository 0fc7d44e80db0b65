//! The report for a developer at a terminal: the verdict and what to fix first on the first screen, then every finding with its
//! place, then how complete the picture is.
//!
//! The parts are written in the order in which they stand in `render`. To add one, write a function that takes the report and a
//! `Canvas` (`check` for one check, `overview` for tables and lists) and call it there.

mod check;
mod overview;

use std::io::{self, Write};

use super::style::{Canvas, Span, Tone, s};
use super::{Options, view};
use crate::model::report::{Counts, Report};
use crate::model::terms::{Priority, Status};

/// Columns if the terminal does not say.
const WIDTH: usize = 80;
/// Fewer columns than this are not worth wrapping for; more are hard to read.
const NARROWEST: usize = 40;
const WIDEST: usize = 120;

/// Writes the report for a terminal of `options.width` columns.
pub fn render(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let columns = if options.width == 0 { WIDTH } else { usize::from(options.width) };
    let mut canvas = Canvas::new(out, columns.clamp(NARROWEST, WIDEST), options.color);
    verdict(report, options.color, &mut canvas)?;
    fix_first(report, &mut canvas)?;
    for priority in Priority::ALL {
        section(report, *priority, options.verbose, &mut canvas)?;
    }
    overview::categories(report, &mut canvas)?;
    overview::components(report, &mut canvas)?;
    overview::unseen(report, options.verbose, &mut canvas)?;
    overview::next(report, options.verbose, &mut canvas)
}

/// The verdict, why, and the numbers behind it.
fn verdict(report: &Report, color: bool, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let summary = &report.summary;
    // The spaces are part of the coloured ground.
    let margin = if color { " " } else { "" };
    let badge = s(Tone::Verdict(summary.verdict), format!("{margin}{}{margin}", summary.verdict));
    let mut numbers = vec![match summary.score {
        Some(score) => s(Tone::Strong, format!("score {}/100", view::number(score))),
        None => s(Tone::Strong, "no score"),
    }];
    if let Some(grade) = summary.grade {
        numbers.push(s(Tone::Strong, format!(" · grade {grade}")));
    }
    numbers.push(s(Tone::Dim, " · "));
    numbers.push(s(Tone::Plain, format!("coverage {} %", view::number(summary.coverage))));
    canvas.ruled(&[badge], &numbers)?;
    canvas.blank()?;
    canvas.wrapped(&[s(Tone::Plain, "  ")], &[s(Tone::Strong, view::sentence(&summary.verdict_reason))])?;
    canvas.items(2, &counted(&summary.counts))?;
    canvas.items(2, &subject(report))
}

/// What was audited.
fn subject(report: &Report) -> Vec<Span> {
    let target = &report.target;
    let mut parts: Vec<String> = Some(&target.path).filter(|path| !path.is_empty()).cloned().into_iter().collect();
    if let Some(commit) = &target.commit {
        let modified = if target.dirty == Some(true) { ", with modified files" } else { "" };
        parts.push(format!("commit {}{modified}", view::short(commit)));
    }
    parts.extend(target.url.clone());
    if !report.components.is_empty() {
        parts.push(view::plural(report.components.len(), "component"));
    }
    if !target.path.is_empty() {
        parts.push(view::plural(report.summary.files.scanned, "file"));
    }
    parts.push(view::checks(report));
    parts.into_iter().map(|part| s(Tone::Dim, part)).collect()
}

/// `2 fail`, `1 partial`, each in its colour.
fn counted(counts: &Counts) -> Vec<Span> {
    view::count_words(counts).into_iter().map(|(status, words)| s(Tone::of(status), words)).collect()
}

fn fix_first(report: &Report, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let rows = view::fix_first(report);
    if rows.is_empty() {
        return Ok(());
    }
    heading(canvas, "Fix first", &[])?;
    for (index, row) in rows.iter().enumerate() {
        let tone = Tone::of(row.status);
        let prefix = [s(Tone::Dim, format!("  {}. ", index + 1)), s(tone, row.priority.as_str()), s(Tone::Plain, "  ")];
        canvas.wrapped(&prefix, &[s(Tone::Strong, &row.title)])?;
        let mut place = match view::place(row) {
            Some(place) => vec![s(Tone::Solid, place)],
            None => vec![s(Tone::Dim, "the whole repository")],
        };
        place.push(s(Tone::Dim, format!(" · {}", view::effort_words(row.effort))));
        canvas.wrapped(&[s(Tone::Plain, " ".repeat(9))], &place)?;
    }
    Ok(())
}

/// One priority: its open checks in full, then in short; what is settled is counted, or listed if asked for.
fn section(report: &Report, priority: Priority, verbose: bool, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let counts = view::counts_of(report, priority);
    if counts == Counts::default() {
        return Ok(());
    }
    let title = format!("{priority} · {}", view::priority_means(priority));
    // Short words, so that title and counts stand on one line of 80 columns.
    let mut counts: Vec<Span> = counted(&counts);
    for (index, span) in counts.iter_mut().enumerate() {
        let comma = if index == 0 { "" } else { ", " };
        *span = s(span.tone(), format!("{comma}{}", span.text().replace("not applicable", "n/a")));
    }
    heading(canvas, &title, &counts)?;
    let mut spaced = false;
    // What waits for an endpoint is one thing to do, so it is one line.
    let (waiting, open): (Vec<_>, Vec<_>) =
        view::open_rows(report, priority).into_iter().partition(|row| row.awaits_endpoint && !verbose);
    for (index, row) in open.into_iter().enumerate() {
        let full = check::is_full(row.status);
        // A blank line stands around what is written in full, not between the short ones.
        if spaced || full && index > 0 {
            canvas.blank()?;
        }
        if full {
            check::full(report, row, verbose, canvas)?
        } else {
            check::short(row, canvas)?
        }
        spaced = full;
    }
    if !waiting.is_empty() {
        if std::mem::take(&mut spaced) {
            canvas.blank()?;
        }
        check::waiting(&waiting, canvas)?;
    }
    if verbose {
        for status in [Status::Pass, Status::NotApplicable] {
            for row in view::rows(report, priority, status) {
                if std::mem::take(&mut spaced) {
                    canvas.blank()?;
                }
                check::settled(row, canvas)?;
            }
        }
    }
    Ok(())
}

/// A blank line, the title, a rule, and what stands at its end.
fn heading(canvas: &mut Canvas<'_>, title: &str, right: &[Span]) -> io::Result<()> {
    canvas.blank()?;
    canvas.ruled(&[s(Tone::Strong, title)], right)
}

/// `label: ` as the start of a line under which text hangs.
fn labelled(indent: usize, label: &str) -> [Span; 2] {
    [s(Tone::Plain, " ".repeat(indent)), s(Tone::Strong, format!("{label}: "))]
}

#[cfg(test)]
mod tests;

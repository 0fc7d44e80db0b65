//! One check at a terminal: in full if it has to be fixed, in short if somebody has to answer, in one line if it is settled.

use std::io;

use super::super::style::{Canvas, Span, Tone, s};
use super::super::{escape, view, width};
use super::labelled;
use crate::model::evidence::{Evidence, EvidenceKind};
use crate::model::report::{CheckRow, Report};
use crate::model::terms::Status;

/// Column at which everything but the status word starts.
const BODY: usize = 10;
/// Citations and snippet lines shown unless all are asked for.
const CITATIONS: usize = 3;
const SNIPPET_LINES: usize = 4;
/// Longest component or label a hostile repository can make us print in a label.
const LABEL: usize = 24;

/// Is the status one whose checks are written in full?
pub fn is_full(status: Status) -> bool {
    matches!(status, Status::Fail | Status::Partial | Status::Error)
}

/// Status and title, what was observed and where, how to fix it, and what to call it.
pub fn full(report: &Report, row: &CheckRow, verbose: bool, canvas: &mut Canvas<'_>) -> io::Result<()> {
    title(row, canvas)?;
    canvas.wrapped(&body(), &[s(Tone::Plain, view::sentence(&row.reason))])?;
    if let Some(planes) = view::contradiction(row) {
        canvas.wrapped(&body(), &[s(Tone::Error, view::sentence(&planes))])?;
    }
    citations(row, verbose, canvas)?;
    if row.status != Status::Error {
        fix(row, canvas)?;
    }
    if verbose {
        background(row, canvas)?;
    }
    canvas.items(BODY, &name(report, row))
}

/// How to call it, and what it takes.
fn name(report: &Report, row: &CheckRow) -> Vec<Span> {
    let mut parts = vec![row.id.clone()];
    if row.status != Status::Error {
        parts.push(view::effort_words(row.effort));
    }
    if let (Status::Partial, Some(strength), Some(needed)) = (row.status, row.strength, row.needs_strength)
        && strength < needed
    {
        parts.push(format!("{strength}, has to be {needed}"));
    }
    if let (Some(component), true) = (&row.component, report.components.len() > 1) {
        parts.push(format!("component {component}"));
    }
    let also = view::also_in(row);
    if !also.is_empty() {
        parts.push(format!("also in {}", view::list(also)));
    }
    parts.into_iter().map(|part| s(Tone::Dim, part)).collect()
}

/// Status and title, why it is open, and what to call it.
pub fn short(row: &CheckRow, canvas: &mut Canvas<'_>) -> io::Result<()> {
    title(row, canvas)?;
    let text = match &row.waiver {
        Some(waiver) => format!("{} ({}, {}, until {})", waiver.statement, waiver.reason, waiver.owner, waiver.expires),
        None => row.reason.clone(),
    };
    why_and_name(&text, Tone::Plain, row, canvas)
}

/// The checks that only an endpoint can answer, all in one.
pub fn waiting(rows: &[&CheckRow], canvas: &mut Canvas<'_>) -> io::Result<()> {
    let look = if rows.len() == 1 { "1 check looks".to_owned() } else { format!("{} checks look", rows.len()) };
    let names: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let word = width::pad(view::status_word(Status::Unknown), BODY - 2);
    let text = format!("{look} only at the deployed endpoint; name it with `--url`");
    canvas.wrapped(&[s(Tone::Plain, "  "), s(Tone::of(Status::Unknown), word)], &[s(Tone::Plain, text)])?;
    canvas.wrapped(&body(), &[s(Tone::Dim, names.join(", "))])
}

/// Status and title; then the citations of a pass, or the fact that decided.
pub fn settled(row: &CheckRow, canvas: &mut Canvas<'_>) -> io::Result<()> {
    title(row, canvas)?;
    why_and_name(&row.reason, Tone::Dim, row, canvas)?;
    let cited = view::citations(row);
    for evidence in cited.iter().take(CITATIONS) {
        citation(evidence, &row.reason, canvas)?;
    }
    omitted(cited.len().saturating_sub(CITATIONS) + row.evidence_omitted, canvas)
}

fn why_and_name(why: &str, tone: Tone, row: &CheckRow, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let why = why.trim().trim_end_matches('.');
    canvas.wrapped(&body(), &[s(tone, why), s(Tone::Dim, format!(" · {}", row.id))])
}

fn title(row: &CheckRow, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let word = width::pad(view::status_word(row.status), BODY - 2);
    let tone = if is_full(row.status) { Tone::Strong } else { Tone::Plain };
    canvas.wrapped(&[s(Tone::Plain, "  "), s(Tone::of(row.status), word)], &[s(tone, &row.title)])
}

fn body() -> [Span; 1] {
    [s(Tone::Plain, " ".repeat(BODY))]
}

fn citations(row: &CheckRow, verbose: bool, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let cited = view::citations(row);
    let shown = if verbose { cited.len() } else { cited.len().min(CITATIONS) };
    let mut said = row.reason.as_str();
    for evidence in &cited[..shown] {
        citation(evidence, said, canvas)?;
        snippet(evidence, canvas)?;
        said = &evidence.message;
    }
    omitted(cited.len() - shown + row.evidence_omitted, canvas)
}

/// `--> path:line — what was observed`.
fn citation(evidence: &Evidence, said: &str, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let observed = view::observation(evidence, said);
    let origin = view::origin(evidence);
    let tone = if evidence.kind == EvidenceKind::Support { Tone::Pass } else { Tone::Plain };
    let Some(place) = evidence.place() else {
        if observed.is_empty() {
            return Ok(());
        }
        return canvas.wrapped(&arrow("==>"), &[s(Tone::Plain, format!("{observed} ")), s(Tone::Dim, origin)]);
    };
    let mut spans = vec![s(Tone::Solid, place), s(Tone::Dim, format!(" {origin}"))];
    if !observed.is_empty() {
        spans.extend([s(Tone::Dim, " — "), s(tone, observed)]);
    }
    canvas.wrapped(&arrow("-->"), &spans)
}

fn arrow(arrow: &str) -> [Span; 2] {
    [s(Tone::Plain, " ".repeat(BODY)), s(Tone::Dim, format!("{arrow} "))]
}

/// The lines themselves, numbered, cut at the right edge.
fn snippet(evidence: &Evidence, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let Some(text) = &evidence.snippet else { return Ok(()) };
    let lines = escape::lines(text);
    for (index, line) in lines.iter().take(SNIPPET_LINES).enumerate() {
        let number = evidence.line.map_or(String::new(), |first| (first as usize + index).to_string());
        let gutter = format!("{}{number:>3} │ ", " ".repeat(BODY));
        let room = canvas.width().saturating_sub(width::of(&gutter));
        canvas.line(&[s(Tone::Dim, gutter), s(Tone::Plain, width::truncate(line, room))])?;
    }
    if lines.len() > SNIPPET_LINES {
        canvas.line(&[s(Tone::Dim, format!("{}    ⋮", " ".repeat(BODY)))])?;
    }
    Ok(())
}

fn omitted(count: usize, canvas: &mut Canvas<'_>) -> io::Result<()> {
    if count == 0 {
        return Ok(());
    }
    canvas.wrapped(&arrow("..."), &[s(Tone::Dim, format!("and {count} more"))])
}

/// What to do, and how in this stack.
fn fix(row: &CheckRow, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let remediation = &row.remediation;
    if !remediation.summary.is_empty() {
        canvas.wrapped(&labelled(BODY, "fix"), &[s(Tone::Plain, view::sentence(&remediation.summary))])?;
    }
    let Some(how) = &remediation.how else { return Ok(()) };
    let label = remediation.stack.as_deref().unwrap_or("how");
    let label = labelled(BODY, &width::truncate(escape::line(label).trim(), LABEL));
    let hang = s(Tone::Plain, " ".repeat(label.iter().map(Span::width).sum()));
    for (index, line) in escape::lines(how.trim()).iter().enumerate() {
        let prefix = if index == 0 { label.to_vec() } else { vec![hang.clone()] };
        canvas.wrapped(&prefix, &[s(Tone::Plain, line)])?;
    }
    Ok(())
}

/// What only a curious reader wants: why it matters, what cannot be seen, where it comes from.
fn background(row: &CheckRow, canvas: &mut Canvas<'_>) -> io::Result<()> {
    let references = row.references.join(", ");
    let parts = [
        ("why", row.why.as_str()),
        ("cannot see", row.cannot_see.as_deref().unwrap_or_default()),
        ("see", references.as_str()),
        ("verify", row.remediation.verify.as_str()),
    ];
    for (label, text) in parts.iter().filter(|(_, text)| !text.is_empty()) {
        canvas.wrapped(&labelled(BODY, label), &[s(Tone::Dim, text)])?;
    }
    Ok(())
}

//! Single checks in Markdown: in detail if they have to be fixed, collapsed with their proof if they are settled.

use std::io::{self, Write};

use super::{code, escape, fence, named, prose, table, text, view};
use crate::model::evidence::Evidence;
use crate::model::report::{CheckRow, Report};
use crate::model::terms::{Priority, Status};

/// Every check that has to be fixed or could not run.
pub fn details(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let open = Priority::ALL.iter().flat_map(|priority| view::open_rows(report, *priority));
    let rows: Vec<&CheckRow> = open.filter(|row| view::is_to_fix(row.status) || row.status == Status::Error).collect();
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "## Details\n")?;
    rows.into_iter().try_for_each(|row| detail(row, out))
}

fn detail(row: &CheckRow, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "### {} {}: {}\n", row.priority, view::status_word(row.status), prose(&row.title))?;
    writeln!(out, "{}", prose(&view::sentence(&row.reason)))?;
    if let Some(planes) = view::contradiction(row) {
        writeln!(out, "**{}**", text(&view::sentence(&planes)))?;
    }
    writeln!(out)?;
    for evidence in view::citations(row) {
        citation(evidence, &row.reason, out)?;
    }
    if row.evidence_omitted > 0 {
        writeln!(out, "And {} more.\n", row.evidence_omitted)?;
    }
    if view::is_to_fix(row.status) {
        fix(row, out)?;
    }
    writeln!(out, "- Check: {}", code(&row.id))?;
    if let Some(component) = &row.component {
        let also = view::also_in(row);
        let also = if also.is_empty() { String::new() } else { format!("; also in {}", text(&view::list(also))) };
        writeln!(out, "- Component: {}{also}", code(component))?;
    }
    if let (Some(strength), Some(needed)) = (row.strength, row.needs_strength) {
        let more = if strength < needed { format!(", has to be {needed}") } else { String::new() };
        writeln!(out, "- Strength of the evidence: {strength}{more}")?;
    }
    if row.points.possible > 0.0 {
        writeln!(out, "- Points: {} of {}", view::number(row.points.earned), view::number(row.points.possible))?;
    }
    for (label, sentence) in [("Why it matters", Some(&row.why)), ("What cannot be seen", row.cannot_see.as_ref())] {
        if let Some(sentence) = sentence.filter(|sentence| !sentence.is_empty()) {
            writeln!(out, "- {label}: {}", prose(&view::sentence(sentence)))?;
        }
    }
    if !row.references.is_empty() {
        let references: Vec<String> = row.references.iter().map(|reference| link(reference)).collect();
        writeln!(out, "- References: {}", references.join(", "))?;
    }
    writeln!(out)
}

/// The place, what was observed, and the lines themselves.
fn citation(evidence: &Evidence, said: &str, out: &mut dyn Write) -> io::Result<()> {
    let parts = [
        evidence.place().map_or(String::new(), |place| code(&place)),
        view::origin(evidence).to_owned(),
        prose(view::observation(evidence, said)),
    ];
    let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    if !parts.is_empty() {
        writeln!(out, "{}\n", parts.join(" "))?;
    }
    match &evidence.snippet {
        Some(snippet) => writeln!(out, "{}", fence(snippet, language(evidence.path.as_deref()))),
        None => Ok(()),
    }
}

fn fix(row: &CheckRow, out: &mut dyn Write) -> io::Result<()> {
    let remediation = &row.remediation;
    writeln!(out, "**Fix** ({}): {}\n", view::effort_words(row.effort), prose(&view::sentence(&remediation.summary)))?;
    if let Some(how) = &remediation.how {
        let stack = remediation.stack.as_deref().map_or("How".to_owned(), |stack| format!("For {}", text(stack)));
        // Several lines are commands or code; one line is a sentence.
        if escape::lines(how.trim()).len() > 1 {
            writeln!(out, "{stack}:\n\n{}", fence(how.trim(), ""))?;
        } else {
            writeln!(out, "{stack}: {}\n", prose(&view::sentence(how)))?;
        }
    }
    match remediation.verify.is_empty() {
        true => Ok(()),
        false => writeln!(out, "Verify: {}\n", code(&remediation.verify)),
    }
}

/// An address of the web as a link, anything else as text.
fn link(reference: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/?#@!$&*+,;=%".contains(c);
    match reference.strip_prefix("https://") {
        Some(rest) if !rest.is_empty() && rest.chars().all(plain) => format!("<{reference}>"),
        _ => text(reference),
    }
}

/// The info string for a file's lines: what GitHub highlights.
fn language(path: Option<&str>) -> &'static str {
    let name = path.and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    if name == "Dockerfile" || name.starts_with("Dockerfile.") {
        return "dockerfile";
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    const LANGUAGES: &[(&str, &str)] = &[
        ("py", "python"),
        ("js", "js"),
        ("jsx", "jsx"),
        ("mjs", "js"),
        ("cjs", "js"),
        ("ts", "ts"),
        ("tsx", "tsx"),
        ("go", "go"),
        ("java", "java"),
        ("kt", "kotlin"),
        ("rb", "ruby"),
        ("php", "php"),
        ("cs", "csharp"),
        ("rs", "rust"),
        ("tf", "hcl"),
        ("yaml", "yaml"),
        ("yml", "yaml"),
        ("toml", "toml"),
        ("json", "json"),
        ("xml", "xml"),
        ("conf", "nginx"),
        ("sh", "sh"),
    ];
    LANGUAGES.iter().find(|(known, _)| *known == ending).map_or("text", |(_, language)| language)
}

/// What passes, with its proof, collapsed.
pub fn passes(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rows = view::with_status(report, Status::Pass);
    collapsed(
        out,
        "Passes",
        rows.len(),
        &["Priority", "Check", "Observed", "Proof"],
        rows.into_iter().map(|row| {
            let proof: Vec<String> = view::citations(row).into_iter().map(proof).collect();
            let more = if row.evidence_omitted > 0 { format!("<br>and {} more", row.evidence_omitted) } else { String::new() };
            vec![
                row.priority.to_string(),
                named(row),
                prose(&view::sentence(&row.reason)),
                format!("{}{more}", proof.join("<br>")),
            ]
        }),
    )
}

/// Where a pass was seen, in one line of a table.
fn proof(evidence: &Evidence) -> String {
    let place = evidence.place().map_or(String::new(), |place| code(&place));
    let parts = [place, view::origin(evidence).to_owned(), prose(&evidence.message)];
    parts.iter().filter(|part| !part.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// What does not apply, with the fact that decided, collapsed.
pub fn not_applicable(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rows = view::with_status(report, Status::NotApplicable);
    collapsed(
        out,
        "Not applicable",
        rows.len(),
        &["Priority", "Check", "Deciding fact"],
        rows.into_iter().map(|row| vec![row.priority.to_string(), named(row), prose(&view::sentence(&row.reason))]),
    )
}

fn collapsed(
    out: &mut dyn Write,
    title: &str,
    count: usize,
    header: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> io::Result<()> {
    if count == 0 {
        return Ok(());
    }
    writeln!(out, "## {title}\n\n<details>\n<summary>{} ({count})</summary>\n", title)?;
    table(out, header, rows)?;
    writeln!(out, "\n</details>\n")
}

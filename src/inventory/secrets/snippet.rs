//! A line as evidence may show it: every secret in it masked, the rest redacted as any line is.

use crate::model::redact::mask;
use crate::model::text::snippet as redacted;

use super::Finding;

/// Longest line that is shown whole, in bytes.
const MAX_LINE: usize = 150;
/// Longest name that is shown before a value, in bytes.
const MAX_NAME: usize = 80;

/// The first line of `finding` in `text`, without the value of any of the `all` findings of the file.
pub fn snippet(text: &str, finding: &Finding, all: &[Finding]) -> String {
    let line_start = text[..finding.from].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[finding.from..].find('\n').map_or(text.len(), |at| finding.from + at);
    let on_line = |other: &&Finding| other.start < line_end && other.end > line_start;
    let shown = if line_end - line_start <= MAX_LINE && finding.end <= line_end {
        masked(text, (line_start, line_end), all.iter().filter(on_line))
    } else {
        // A long line may hold anything: only the name and the masked value are shown.
        let from = if finding.start - finding.from <= MAX_NAME { finding.from.max(line_start) } else { finding.start };
        let own = std::iter::once(finding).chain(all.iter().filter(|other| other.start < finding.start && other.end > from));
        format!("…{}…", masked(text, (from, finding.end), own))
    };
    let mut shown = shown;
    for secret in all.iter().filter(on_line).chain([finding]) {
        // The same value may stand on the line once more, as in a comment.
        let value = &text[secret.start..secret.end];
        for part in value.lines().filter(|part| part.len() >= 4) {
            shown = shown.replace(part, "…");
        }
    }
    shown
}

/// The bytes `start..end`, the findings masked, what lies between redacted.
fn masked<'f>(text: &str, (start, end): (usize, usize), findings: impl Iterator<Item = &'f Finding>) -> String {
    let mut ranges: Vec<(usize, usize)> = findings.map(|finding| (finding.start, finding.end)).collect();
    ranges.sort_unstable();
    let (mut out, mut at) = (String::new(), start);
    for (from, to) in ranges {
        if from < at {
            continue;
        }
        out.push_str(&between(&text[at..from.min(end)]));
        out.push_str(&mask(without_breaks(&text[from..to])));
        at = to.min(end);
    }
    out.push_str(&between(&text[at..end.max(at)]));
    out.trim().to_owned()
}

/// The value from where it begins to be one: key material starts on a line of its own, written out or escaped.
fn without_breaks(value: &str) -> &str {
    let start = value.trim_start();
    ["\\n", "\\r"].iter().find_map(|escape| start.strip_prefix(escape)).map_or(start, without_breaks)
}

/// Text between secrets, with the blanks at its ends.
fn between(text: &str) -> String {
    let blank = |edge: bool| if edge && !text.is_empty() { " " } else { "" };
    let (before, after) = (blank(text.starts_with([' ', '\t'])), blank(text.ends_with([' ', '\t'])));
    let middle = redacted(text);
    if middle.is_empty() { before.to_owned() } else { format!("{before}{middle}{after}") }
}

//! Text helpers without a home of their own: snippets, did-you-mean, stable hashes.

use super::redact::redact;

/// Longest snippet in characters; longer lines are cut with `…`.
const SNIPPET_CHARS: usize = 160;

/// A line as evidence shows it: trimmed, redacted, without control characters, cut to a readable length.
pub fn snippet(line: &str) -> String {
    snippet_below(&[], line)
}

/// The same, for a line that follows these: what a value is may be said above it (`name: JWT_SECRET`, then `value: …`).
pub fn snippet_below(above: &[&str], line: &str) -> String {
    let clean = |line: &str| -> String {
        line.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(4 * SNIPPET_CHARS).collect()
    };
    let whole: Vec<String> = above.iter().chain([&line]).map(|line| clean(line)).collect();
    let together = redact(&whole.join("\n"));
    let lines: Vec<&str> = together.split('\n').collect();
    // What was masked across lines is masked in full, so the line is whole only if none disappeared.
    let redacted = if lines.len() == whole.len() { lines[above.len()].to_owned() } else { redact(&clean(line)) };
    if redacted.chars().count() <= SNIPPET_CHARS {
        return redacted;
    }
    redacted.chars().take(SNIPPET_CHARS - 1).chain(['…']).collect()
}

/// The candidate closest to `word`, if one is close enough to be what was meant.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(word.len()) / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance over bytes; the words are identifiers.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

/// FNV-1a over the parts, each closed by a separator: stable across versions, platforms and runs.
pub fn stable_hash<'a>(parts: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::{did_you_mean, snippet, snippet_below};

    #[test]
    fn snippets_are_short_and_without_control_characters() {
        let text = snippet(&format!("  \u{1b}[31m{}", "x".repeat(500)));
        assert!(text.chars().count() <= 160);
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn the_lines_above_say_what_a_value_is() {
        assert!(!snippet_below(&["- name: JWT_SECRET"], "  value: my-very-own-value").contains("own-value"));
        assert_eq!(snippet_below(&["- name: LOG_LEVEL"], "  value: debugging"), "value: debugging");
        assert!(!snippet_below(&["const token = jwt.sign(", "  payload,"], "  'my-very-own-value',").contains("own-value"));
    }

    #[test]
    fn a_typo_finds_its_word() {
        assert_eq!(did_you_mean("titel", ["title", "why", "fix"]), Some("title"));
        assert_eq!(did_you_mean("zzz", ["title", "why"]), None);
    }
}

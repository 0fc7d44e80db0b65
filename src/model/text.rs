//! Text helpers without a home of their own: redaction, did-you-mean, stable hashes, snippets.

use std::sync::OnceLock;

use regex::{Captures, Regex};

/// Longest snippet in characters; longer lines are cut with `…`.
const SNIPPET_CHARS: usize = 160;

/// Replaces whatever looks like a secret value by its first characters and its length.
///
/// Runs once, when evidence is built, so that no output format ever sees a value. It prefers to redact too much: a quoted
/// literal behind a secret-like name, a password in a URL, a long token with a provider's prefix, private key material.
pub fn redact(text: &str) -> String {
    static PATTERNS: OnceLock<Vec<Regex>> = OnceLock::new();
    let patterns = PATTERNS.get_or_init(|| {
        [
            r"(?P<keep>://[^/\s:@]*:)(?P<value>[^@\s/$\{<]{1,})(?P<after>@)",
            r#"(?i)(?P<keep>(?:passw(?:or)?d|passwd|pwd|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credential)[\w.\-\]"']{0,40}?\s*(?:[:=]>?|:=|,|\|\||\?\?|\bor\b)\s*[bfr]?["'`])(?P<value>[^"'`\s$\{<][^"'`]*)(?P<after>["'`])"#,
            r#"(?i)(?P<keep>(?:passw(?:or)?d|passwd|secret|token|api_?key|private_?key|access_?key)\w{0,40}\s*[=:]\s?)(?P<value>[^\s"'`$\{<(\[,;]{6,})(?P<after>[\s;,"'`]|$)"#,
            r"(?P<keep>)(?P<value>(?:AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|sk-|sk_live_|rk_live_|xox[abprs]-|AIza|ya29\.|hf_|npm_|pypi-|dop_v1_|shpat_|eyJ[A-Za-z0-9_-]{8,}\.)[A-Za-z0-9_\-.]{12,})(?P<after>)",
            r"(?P<keep>-----BEGIN [A-Z ]*PRIVATE KEY-----)(?P<value>.+)(?P<after>)",
        ]
        .iter()
        .filter_map(|pattern| Regex::new(pattern).ok())
        .collect()
    });
    let mut text = text.to_owned();
    for pattern in patterns {
        text = pattern
            .replace_all(&text, |found: &Captures<'_>| format!("{}{}{}", &found["keep"], mask(&found["value"]), &found["after"]))
            .into_owned();
    }
    text
}

/// A secret value as reports may show it: at most its first four characters, and its length.
pub fn mask(value: &str) -> String {
    let length = value.chars().count();
    let shown: String = value.chars().take(if length >= 12 { 4 } else { usize::from(length >= 6) }).collect();
    format!("{shown}…({length} characters)")
}

/// A line as evidence shows it: trimmed, redacted, without control characters, cut to a readable length.
pub fn snippet(line: &str) -> String {
    let clean: String = line.trim().chars().map(|c| if c.is_control() { ' ' } else { c }).take(4 * SNIPPET_CHARS).collect();
    let redacted = redact(&clean);
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
    use super::{did_you_mean, redact, snippet};

    #[test]
    fn values_behind_secret_names_are_masked() {
        for line in [
            r#"JWT_SECRET = "my-very-own-value""#,
            r#"const token = process.env.TOKEN || 'my-very-own-value'"#,
            r#"os.getenv("JWT_SECRET", "my-very-own-value")"#,
            "POSTGRES_PASSWORD: my-very-own-value",
            "url: \"Server=db;User Id=app;Password=my-very-own-value;Encrypt=True\"",
            "postgres://app:my-very-own-value@db:5432/app",
        ] {
            let redacted = redact(line);
            assert!(!redacted.contains("my-very-own-value"), "{redacted}");
        }
    }

    #[test]
    fn references_to_variables_stay_readable() {
        let line = "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set it}";
        assert_eq!(redact(line), line);
        let line = r#"password: str = Field(min_length=12)"#;
        assert_eq!(redact(line), line);
    }

    #[test]
    fn snippets_are_short_and_without_control_characters() {
        let text = snippet(&format!("  \u{1b}[31m{}", "x".repeat(500)));
        assert!(text.chars().count() <= 160);
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_typo_finds_its_word() {
        assert_eq!(did_you_mean("titel", ["title", "why", "fix"]), Some("title"));
        assert_eq!(did_you_mean("zzz", ["title", "why"]), None);
    }
}

//! Regular expressions of code rules with the classes of ASCII: the identifiers that checks look for are ASCII, and building the
//! Unicode classes would cost more than everything else in a rule.
//!
//! To treat another escape: a case in `class`. Escapes that are left alone keep their Unicode meaning.

/// The pattern with `\w`, `\d`, `\s` and `\b` of ASCII.
pub(super) fn ascii(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut inside = 0usize;
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped) => match class(escaped, inside > 0) {
                    Some(replacement) => out.push_str(replacement),
                    None => out.extend(['\\', escaped]),
                },
                None => out.push('\\'),
            },
            _ => {
                match character {
                    '[' => inside += 1,
                    ']' => inside = inside.saturating_sub(1),
                    _ => {}
                }
                out.push(character);
            }
        }
    }
    out
}

fn class(escaped: char, inside: bool) -> Option<&'static str> {
    Some(match (escaped, inside) {
        ('w', true) => "A-Za-z0-9_",
        ('d', true) => "0-9",
        ('s', true) => r"\x20\t\r\n\x0b\x0c",
        ('w', false) => "[A-Za-z0-9_]",
        ('d', false) => "[0-9]",
        ('s', false) => r"[\x20\t\r\n\x0b\x0c]",
        ('b', false) => r"(?-u:\b)",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::ascii;
    use regex::Regex;

    #[test]
    fn rewritten_patterns_match_the_same_identifiers() {
        for (pattern, text) in [
            (r"^\w+\.(use|get)\b", "app.use("),
            (r"[\w.-]+@[\d]", "a.b-c@4"),
            (r"\bSECRET\s*=\s*\d{2}", "SECRET = 42"),
            (r"\\w", r"\w"),
            (r"a[\]\w]b", "a]b"),
            (r"[^\w\s]+", "+-"),
            // In verbose mode a space that is written as itself is none.
            (r"(?x) a \s = [\s] b", "a = b"),
        ] {
            assert_eq!(
                Regex::new(pattern).unwrap().find(text).map(|m| m.range()),
                Regex::new(&ascii(pattern)).unwrap().find(text).map(|m| m.range()),
                "{pattern}"
            );
            assert!(Regex::new(&ascii(pattern)).unwrap().is_match(text), "{pattern}");
        }
    }
}

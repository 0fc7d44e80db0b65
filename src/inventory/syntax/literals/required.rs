//! A quick no: a text without the literals that an expression requires needs no automaton, neither run nor built.

use memchr::memmem::Finder;

use super::Prefilter;

/// Clauses that are looked at, and most literals of one: with more the automaton is as quick.
const MAX_CLAUSES: usize = 2;
const MAX_LITERALS: usize = 16;
/// Texts up to this size are folded without allocating, in bytes.
const SMALL: usize = 256;

/// What an expression requires of the texts that it matches.
#[derive(Debug)]
pub struct Required(Vec<Vec<Finder<'static>>>);

impl Required {
    /// What is known of an expression; nothing of one that cannot be parsed.
    pub fn by(pattern: &str, ignore_case: bool) -> Required {
        let clauses = Prefilter::from_regex(pattern, ignore_case).unwrap_or_default().clauses;
        let few = clauses.into_iter().filter(|clause| clause.len() <= MAX_LITERALS).take(MAX_CLAUSES);
        let finder = |literal: super::Literal| Finder::new(literal.text.as_bytes()).into_owned();
        Required(few.map(|clause| clause.into_iter().map(finder).collect()).collect())
    }

    /// Can the expression match in this text, as far as is known?
    pub fn admits(&self, text: &[u8]) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let mut small = [0u8; SMALL];
        let large;
        let folded: &[u8] = match small.get_mut(..text.len()) {
            Some(small) => {
                small.iter_mut().zip(text).for_each(|(to, byte)| *to = byte.to_ascii_lowercase());
                small
            }
            None => {
                large = text.to_ascii_lowercase();
                &large
            }
        };
        self.admits_folded(folded)
    }

    /// The same for a text in lower case.
    pub fn admits_folded(&self, lower: &[u8]) -> bool {
        self.0.iter().all(|clause| clause.iter().any(|literal| literal.find(lower).is_some()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_a_required_literal_is_refused_whatever_its_length() {
        let required = Required::by(r"(?i)\b(password|secret)\s*=.*\bENV\b", false);
        for (text, admitted) in [("PASSWORD = Env", true), ("secret", false), ("env", false), ("", false)] {
            for text in [text.to_owned(), format!("{text}{}", " ".repeat(SMALL))] {
                assert_eq!(required.admits(text.as_bytes()), admitted, "{text}");
            }
        }
        for pattern in [r"\w+", "(", ""] {
            assert!(Required::by(pattern, false).admits(b""));
        }
    }
}

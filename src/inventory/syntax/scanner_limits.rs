//! What the hand-written scanners inside some grammars cannot take.
//!
//! A scanner keeps its state in a buffer of 1,024 bytes. Two of them can write past its end, which ends the process: Ruby's, with
//! many heredocs open at once or one with a long identifier, and Python's, with hundreds of indentation levels. Texts that could
//! lead there are refused. The bounds hold for whatever the scanner takes for a heredoc or an indentation, also in the middle of
//! an error.
//!
//! To add a scanner: read its `serialize`; every bound on a count must be checked here if it is not checked there.

use std::collections::BTreeSet;

use memchr::memmem;

use super::mask::{Mask, Syntax};
use crate::model::language::Language;

/// Bytes that all heredocs of a Ruby text may take in the scanner's state, were they open at once.
const MAX_HEREDOC_STATE: usize = 600;
/// Longest heredoc identifier, in bytes; the scanner keeps its length in one byte.
const MAX_HEREDOC_WORD: usize = 100;
/// Strings inside of interpolations of strings, five bytes each.
const MAX_NESTED_STRINGS: usize = 60;
/// Different indentations of a Python text, two bytes each. More levels than that cannot be open.
const MAX_INDENTATIONS: usize = 400;

/// Can the grammar's scanner take this text?
pub(super) fn are_kept(language: Language, text: &str) -> bool {
    match language {
        Language::Ruby => ruby(text),
        Language::Python => python(text),
        _ => true,
    }
}

fn ruby(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut state = 0;
    for at in memmem::find_iter(bytes, b"<<") {
        let word = &bytes[at + 2..];
        let word = word.strip_prefix(b"-").or(word.strip_prefix(b"~")).unwrap_or(word);
        let length = match word.first() {
            Some(quote @ (b'"' | b'\'' | b'`')) => {
                word[1..].iter().take(MAX_HEREDOC_WORD + 1).take_while(|byte| *byte != quote).count()
            }
            Some(byte) if byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80 => {
                let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_' || **byte >= 0x80;
                word.iter().take(MAX_HEREDOC_WORD + 1).take_while(is_name).count()
            }
            _ => continue,
        };
        // The identifier and four bytes of its own.
        state += length + 4;
        if length > MAX_HEREDOC_WORD || state > MAX_HEREDOC_STATE {
            return false;
        }
    }
    Mask::new(Syntax::Ruby, text).nesting() <= MAX_NESTED_STRINGS
}

fn python(text: &str) -> bool {
    let widths: BTreeSet<usize> = text
        .split(['\n', '\r'])
        .map(|line| {
            line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t' | 0x0c)).fold(0, |width, byte| width + indentation(byte))
        })
        .collect();
    widths.len() <= MAX_INDENTATIONS
}

fn indentation(byte: u8) -> usize {
    match byte {
        b' ' => 1,
        b'\t' => 8,
        // A form feed sets the scanner back to the margin; counted as nothing it cannot hide a level.
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_code_is_kept() {
        let ruby = "a = <<~SQL\n  x\nSQL\nlist << item\nclass << self\nend\n".repeat(40);
        assert!(are_kept(Language::Ruby, &ruby));
        assert!(are_kept(Language::Ruby, "\"#{a}\" ".repeat(500).as_str()));
        let python: String = (0..80).map(|level| format!("{}if a:\n", "    ".repeat(level))).collect();
        assert!(are_kept(Language::Python, &python.repeat(10)));
        assert!(are_kept(Language::Go, &"<<A".repeat(1_000)));
    }

    #[test]
    fn what_overflows_a_scanner_is_refused() {
        assert!(!are_kept(Language::Ruby, &"<<finally do ".repeat(200)));
        assert!(!are_kept(Language::Ruby, &format!("x = <<{}\n", "A".repeat(300))));
        assert!(!are_kept(Language::Ruby, &format!("x = <<\"{}\"\n", "a b ".repeat(300))));
        assert!(!are_kept(Language::Ruby, &"\"#{".repeat(150)));
        let deep: String = (0..600).map(|level| format!("{}if a:\n", " ".repeat(level))).collect();
        assert!(!are_kept(Language::Python, &format!("{deep}{}f'{{x}}'", " ".repeat(600))));
    }
}

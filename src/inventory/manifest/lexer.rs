//! A tokeniser that is good enough for build files written in a programming language: setup.py, Gemfile, gemspec, build.gradle.
//!
//! It knows comments, strings, words and symbols, nothing else, and never fails. Strings are raw: escapes are not undone, for no
//! package name or version contains one. To support another language, add a [`Syntax`] constant.

/// How a language writes comments and strings.
#[derive(Clone, Copy)]
pub(super) struct Syntax {
    line_comment: &'static str,
    /// `/* … */`
    block_comment: bool,
    /// `"""…"""` and `'''…'''`
    triple_quotes: bool,
}

pub(super) const PYTHON: Syntax = Syntax { line_comment: "#", block_comment: false, triple_quotes: true };
pub(super) const RUBY: Syntax = Syntax { line_comment: "#", block_comment: false, triple_quotes: false };
pub(super) const GRADLE: Syntax = Syntax { line_comment: "//", block_comment: true, triple_quotes: true };

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// A string; the token's text is what stands between the quotes.
    Text,
    Symbol,
    Newline,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    /// 1-based; of the first character.
    pub line: u32,
}

impl Token<'_> {
    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        self.kind == Kind::Symbol && self.text == symbol
    }
}

/// Splits `source`; linear in its length.
pub(super) fn tokens(source: &str, syntax: Syntax) -> Vec<Token<'_>> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1u32);
    while at < bytes.len() {
        let start = at;
        let rest = &bytes[at..];
        let started_on = line;
        if rest.starts_with(syntax.line_comment.as_bytes()) {
            at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            continue;
        }
        if syntax.block_comment && rest.starts_with(b"/*") {
            at += 2 + memchr::memmem::find(&rest[2..], b"*/").map_or(rest.len() - 2, |end| end + 2);
            line += newlines(&bytes[start..at]);
            continue;
        }
        let kind = match bytes[at] {
            b'\n' => {
                at += 1;
                line += 1;
                Kind::Newline
            }
            b'"' | b'\'' => {
                let (inner, end) = string(bytes, at, syntax.triple_quotes);
                line += newlines(&bytes[start..end]);
                found.push(Token { kind: Kind::Text, text: &source[inner.0..inner.1], line: started_on });
                at = end;
                continue;
            }
            byte if is_word_byte(byte) => {
                at += rest.iter().position(|byte| !is_word_byte(*byte)).unwrap_or(rest.len());
                Kind::Word
            }
            b' ' | b'\t' | b'\r' => {
                at += 1;
                continue;
            }
            _ => {
                at += 1;
                Kind::Symbol
            }
        };
        found.push(Token { kind, text: &source[start..at], line: started_on });
    }
    found
}

/// A word is made of letters, digits, `_` and everything outside ASCII, so that every other token is one ASCII byte.
fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn newlines(bytes: &[u8]) -> u32 {
    u32::try_from(memchr::memchr_iter(b'\n', bytes).count()).unwrap_or(u32::MAX)
}

/// The inside of the string that opens at `open`, and where to go on. A string in simple quotes ends with its line at the latest,
/// so that a stray apostrophe costs one line and not the file.
fn string(bytes: &[u8], open: usize, triple_quotes: bool) -> ((usize, usize), usize) {
    let quote = bytes[open];
    let triple = [quote; 3];
    if triple_quotes && bytes[open..].starts_with(&triple) {
        let inner = open + 3;
        let end = memchr::memmem::find(&bytes[inner..], &triple).map(|at| inner + at);
        return match end {
            Some(end) => ((inner, end), end + 3),
            None => ((inner, bytes.len()), bytes.len()),
        };
    }
    let mut at = open + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if at + 1 < bytes.len() && bytes[at + 1].is_ascii() && bytes[at + 1] != b'\n' => at += 2,
            b'\n' => return ((open + 1, at), at),
            byte if byte == quote => return ((open + 1, at), at + 1),
            _ => at += 1,
        }
    }
    ((open + 1, bytes.len()), bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str, syntax: Syntax) -> Vec<(Kind, &str, u32)> {
        tokens(source, syntax).into_iter().map(|token| (token.kind, token.text, token.line)).collect()
    }

    #[test]
    fn comments_vanish_and_lines_stay_exact() {
        let source = r#"a /* x
 y */ 'b' // c
"""d
e""" f"#;
        assert_eq!(
            shown(source, GRADLE),
            [(Kind::Word, "a", 1), (Kind::Text, "b", 2), (Kind::Newline, "\n", 2), (Kind::Text, "d\ne", 3), (Kind::Word, "f", 4),]
        );
    }

    #[test]
    fn a_stray_quote_ends_with_its_line() {
        assert_eq!(shown("it's\nb", RUBY)[..3], [(Kind::Word, "it", 1), (Kind::Text, "s", 1), (Kind::Newline, "\n", 1)]);
    }

    #[test]
    fn escapes_do_not_end_a_string() {
        assert_eq!(shown(r#"x("a\"b")"#, PYTHON)[2], (Kind::Text, r#"a\"b"#, 1));
    }
}

//! Which bytes of a text are code, comment or string, without parsing it.
//!
//! One pass per text. It decides whether a literal counts (a word in a comment is no code) before anybody asks for a tree, which
//! costs thirty times as much. It is a lexer, not a parser: where a language cannot be lexed without parsing (a JavaScript
//! regular expression, an apostrophe in JSX text) it prefers to call a byte code, so that a rule is never kept from a file it
//! matches in, and a wrong guess ends with the line.
//!
//! | file | holds |
//! |---|---|
//! | `syntax` | which syntax a path has, and each syntax's comments and special bytes |
//! | `ahead` | the search for the next byte at which anything may happen |
//! | `lexer` | the walk through code; comments |
//! | `strings` | string bodies: escapes, interpolation, heredocs |
//! | `quotes` | what opens a string in each syntax |
//!
//! To add a syntax: a value in `Syntax`, its traits in `Syntax::traits`, its endings in `Syntax::of_path`; if its strings are like
//! no other's, an arm in `quotes`.

use std::borrow::Cow;

mod ahead;
mod lexer;
mod quotes;
mod strings;
mod syntax;

pub use syntax::Syntax;

/// What a byte is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    Code,
    /// Delimiters included.
    Comment,
    /// A literal with its delimiters: string, character, regular expression, text outside of PHP's tags.
    String,
}

/// What `Mask::blanked` leaves in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Only code.
    Code,
    /// Code and strings; comments go.
    CodeAndStrings,
    /// Only comments.
    Comments,
}

impl Keep {
    fn keeps(self, class: Class) -> bool {
        match self {
            Keep::Code => class == Class::Code,
            Keep::CodeAndStrings => class != Class::Comment,
            Keep::Comments => class == Class::Comment,
        }
    }
}

/// Consecutive bytes that are not code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Region {
    start: usize,
    end: usize,
    class: Class,
}

/// The classes of a text's bytes. Offsets beyond the text are code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mask {
    /// Ascending, without overlaps.
    regions: Vec<Region>,
    /// The parts of a PHP file outside of its tags, tags included. Ascending, also in `regions`.
    outside: Vec<(usize, usize)>,
    /// The most interpolations open at once.
    nesting: usize,
}

/// Classifies the bytes of the file at `path`.
pub fn mask(path: &str, text: &str) -> Mask {
    Mask::new(Syntax::of_path(path), text)
}

impl Mask {
    /// Classifies the bytes of a text in this syntax.
    pub fn new(syntax: Syntax, text: &str) -> Mask {
        lexer::lex(syntax, text)
    }

    /// What the byte at this offset is part of.
    pub fn class_at(&self, offset: usize) -> Class {
        let next = self.regions.partition_point(|region| region.end <= offset);
        self.regions.get(next).filter(|region| region.start <= offset).map_or(Class::Code, |region| region.class)
    }

    /// The text with everything else blanked: the same length, newlines in place, so offsets and lines stay true.
    pub fn blanked<'t>(&self, text: &'t str, keep: Keep) -> Cow<'t, str> {
        // Of many texts nothing is: those of data hold no comments.
        if keep.keeps(Class::Code) && self.regions.iter().all(|region| keep.keeps(region.class)) {
            return Cow::Borrowed(text);
        }
        let mut out = Vec::with_capacity(text.len());
        let bytes = text.as_bytes();
        let mut at = 0;
        for region in &self.regions {
            copy(&mut out, bytes, at, region.start, keep.keeps(Class::Code));
            copy(&mut out, bytes, region.start, region.end, keep.keeps(region.class));
            at = region.end;
        }
        copy(&mut out, bytes, at, bytes.len(), keep.keeps(Class::Code));
        Cow::Owned(into_text(out))
    }

    /// How deeply strings are nested in interpolations of strings.
    pub(super) fn nesting(&self) -> usize {
        self.nesting
    }

    /// Start, end and class of every stretch that is not code, in order.
    pub fn regions(&self) -> impl Iterator<Item = (usize, usize, Class)> + '_ {
        self.regions.iter().map(|region| (region.start, region.end, region.class))
    }
}

/// A PHP file as code alone, the same length: what is outside of the tags becomes blank, a closing tag ends a statement.
/// A text without any tag is taken for code.
pub(super) fn php_code(text: &str) -> String {
    let mask = Mask::new(Syntax::Php, text);
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    for (start, end) in &mask.outside {
        copy(&mut out, bytes, at, *start, true);
        copy(&mut out, bytes, *start, *end, false);
        if bytes[*start..].starts_with(b"?>") {
            out[*start] = b';';
        }
        at = *end;
    }
    copy(&mut out, bytes, at, bytes.len(), true);
    into_text(out)
}

fn copy(out: &mut Vec<u8>, bytes: &[u8], start: usize, end: usize, keep: bool) {
    if keep {
        out.extend_from_slice(&bytes[start..end]);
    } else {
        out.extend(bytes[start..end].iter().map(|byte| if matches!(byte, b'\n' | b'\r') { *byte } else { b' ' }));
    }
}

/// Regions begin and end between characters, so nothing is lost here.
fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests;

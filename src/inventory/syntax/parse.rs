//! Parsing with tree-sitter, kept within time and memory whatever the text is.
//!
//! The progress callback bounds the time of parsing code. It does not bound one step: when a parser meets an error with a long
//! unreduced stack, a single step of its recovery takes time and memory that grow with the square of the stack, and a few
//! kilobytes of `a<a<a<` cost gigabytes. So a text that may lead there is tried in small pieces first:
//!
//! 1. Brackets nested too deeply are refused: such a tree is of no use to a matcher either.
//! 2. A text without many open `<` and without long stretches that nothing separates is parsed. When the parser cannot but be in
//!    an error, unless the text is small, parsing stops.
//! 3. Then, or if there are such stretches, the text is parsed in windows of 2, 8, 32 and 128 KiB. The cost of a window bounds the cost of the next larger ones,
//!    so whatever grows too fast is found while it is cheap.
//! 4. Only then it is parsed again, to the end.
//!
//! Code without errors, which is nearly all, is parsed once.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use ast_grep_core::tree_sitter::LanguageExt;
use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use super::grammar::Grammar;
use crate::model::language::Language;

/// Largest text that is parsed, in bytes.
pub const MAX_BYTES: usize = 2 << 20;
/// Largest text with errors that is parsed, in bytes: four times the largest window.
const MAX_BYTES_WITH_ERRORS: usize = 512 << 10;
/// Deepest tree that rules are tried on, in nodes from the root. Matchers recurse, at 2.5 KB a level without optimisation, and a
/// worker has a stack of 2 MiB.
pub(super) const MAX_DEPTH: usize = 600;
/// Text so small is parsed without precautions, in bytes.
const SMALL: usize = 2 << 10;
/// Sizes of the windows, in bytes.
const WINDOWS: [usize; 4] = [2 << 10, 8 << 10, 32 << 10, 128 << 10];
/// Signs `<` without their `>` from which on a text is tried in windows before anything else.
const MANY_OPEN_ANGLES: usize = 256;
/// Bytes that nothing separates from which on a text is tried in windows before anything else.
const LONG_STRETCH: usize = 2 << 10;

/// Why no rule was tried on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unparsed {
    TooLarge,
    TooDeep,
    OutOfTime,
}

impl std::fmt::Display for Unparsed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Unparsed::TooLarge => "too large to parse",
            Unparsed::TooDeep => "nested too deeply to parse",
            Unparsed::OutOfTime => "takes too long to parse",
        })
    }
}

/// Parses a text until the deadline.
pub(super) fn parse(language: Language, source: &str, deadline: Instant) -> Result<Tree, Unparsed> {
    let bytes = source.as_bytes();
    if bytes.len() > MAX_BYTES {
        return Err(Unparsed::TooLarge);
    }
    if bracket_depth(bytes) > MAX_DEPTH {
        return Err(Unparsed::TooDeep);
    }
    let mut parser = Parser::new();
    // The grammars are linked in; one of another version would be a defect of the build that a test shows.
    parser.set_language(&Grammar(language).get_ts_language()).map_err(|_| Unparsed::OutOfTime)?;
    if bytes.len() > SMALL {
        if open_angles(bytes) < MANY_OPEN_ANGLES && longest_stretch(language, bytes) < LONG_STRETCH {
            match attempt(&mut parser, bytes, deadline, true) {
                Attempt::Parsed(tree) => return Ok(tree),
                Attempt::OutOfTime => return Err(Unparsed::OutOfTime),
                Attempt::Error => {}
            }
        }
        if bytes.len() > MAX_BYTES_WITH_ERRORS {
            return Err(Unparsed::TooLarge);
        }
        try_windows(&mut parser, bytes, deadline)?;
    }
    match attempt(&mut parser, bytes, deadline, false) {
        Attempt::Parsed(tree) => Ok(tree),
        Attempt::Error | Attempt::OutOfTime => Err(Unparsed::OutOfTime),
    }
}

enum Attempt {
    Parsed(Tree),
    /// The text has an error.
    Error,
    OutOfTime,
}

fn attempt(parser: &mut Parser, bytes: &[u8], deadline: Instant, stop_at_error: bool) -> Attempt {
    let mut met_error = false;
    let mut stop = |state: &ParseState| {
        met_error = stop_at_error && state.has_error();
        if met_error || Instant::now() > deadline { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut stop);
    // A cancelled parse leaves its state behind.
    parser.reset();
    let tree = parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options));
    match tree {
        Some(tree) => Attempt::Parsed(tree),
        None if met_error => Attempt::Error,
        None => Attempt::OutOfTime,
    }
}

/// Parses each window by itself, the small ones first.
fn try_windows(parser: &mut Parser, bytes: &[u8], deadline: Instant) -> Result<(), Unparsed> {
    for size in WINDOWS.iter().filter(|size| **size < bytes.len()) {
        // Fifty times what code takes, and room for an interruption.
        let allowed = Duration::from_millis(20) + Duration::from_micros(2 * *size as u64);
        for window in bytes.chunks(*size) {
            let mut takes_too_long = || {
                let start = Instant::now();
                attempt(parser, window, deadline, false);
                start.elapsed() > allowed
            };
            // Twice, because a machine may be busy.
            if takes_too_long() && takes_too_long() {
                return Err(Unparsed::OutOfTime);
            }
        }
    }
    Ok(())
}

/// The deepest nesting of brackets of any kind. Brackets in strings count too: the answer need only never be too small.
fn bracket_depth(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0usize, 0usize);
    for byte in bytes {
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The longest stretch, in bytes, without a sign that ends a statement, an element or a block.
fn longest_stretch(language: Language, bytes: &[u8]) -> usize {
    let ends_line = matches!(language, Language::Python | Language::Ruby | Language::Go | Language::Kotlin);
    let is_end = |byte: &u8| matches!(byte, b';' | b',' | b'{' | b'}') || (ends_line && *byte == b'\n');
    bytes.split(is_end).map(<[u8]>::len).max().unwrap_or(0)
}

/// The most `<` that are open at once, arrows aside.
fn open_angles(bytes: &[u8]) -> usize {
    let (mut open, mut most, mut previous) = (0usize, 0usize, 0u8);
    for byte in bytes {
        match byte {
            b'<' => {
                open += 1;
                most = most.max(open);
            }
            b'>' if !matches!(previous, b'-' | b'=') => open = open.saturating_sub(1),
            _ => {}
        }
        previous = *byte;
    }
    most
}

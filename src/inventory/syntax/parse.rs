//! Parsing with tree-sitter, kept within time and memory whatever the text is.
//!
//! The progress callback bounds the time of parsing code. It does not bound one step: a parser that is still in an error at the
//! end of a text collects every reading of all it has not reduced, in a single step whose time and memory grow with the square
//! of that, or worse. Twelve kilobytes of `/$=` keep the Java parser busy for a minute, `a<a<a<` cost it gigabytes. So:
//!
//! 1. Brackets nested too deeply are refused, and what overflows the state of a grammar's scanner (`scanner_limits`).
//! 2. A larger text is spot-checked: an eighth of it is parsed in small windows.
//! 3. It is parsed, unless it has many open `<` or long stretches that nothing separates. Parsing stops where it takes too many
//!    steps for the bytes it passes, or where no reading is free of an error.
//! 4. If it has such stretches, or was stopped, the whole text is parsed in windows of 2, 8, 32 and 128 KiB. The cost of a window
//!    bounds that of the next larger ones, so whatever grows too fast is found while it is cheap.
//! 5. Only then is it parsed to the end without such precautions.
//!
//! Nearly all code is parsed once and an eighth.
//!
//! Whether a text is parsed must not depend on how busy a machine is: parsing is limited in steps. Only what steps do not show,
//! the cost of one of them, is measured by the clock, with so much room that no load of a machine comes near it.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use ast_grep_core::tree_sitter::LanguageExt;
use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use super::grammar::Grammar;
use super::scanner_limits;
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
/// Bytes over which the rate of parsing is watched.
const SPAN: usize = 2 << 10;
/// Bytes per call of the progress callback (a hundred steps) below which parsing is stopped. Code has 60 and more.
const MIN_RATE: usize = 56;
/// Bytes per call of the progress callback below which a parse is given up. The slowest code, minified, has 25.
const MIN_RATE_AT_ALL: usize = 8;
/// Calls of the progress callback that even the smallest text may take.
const FREE_CALLS: usize = 200;
/// Time that a window may take: thirty times what the slowest code takes, a fraction of what a step of quadratic cost takes.
const WINDOW_TIME: Duration = Duration::from_millis(300);
/// The same for each of its bytes.
const WINDOW_TIME_PER_BYTE: Duration = Duration::from_micros(10);
/// Texts from this size on are spot-checked with one window of this size in each stretch of the former, the largest that fits.
const SPOT_CHECKS: [(usize, usize); 3] = [(256 << 10, 32 << 10), (64 << 10, 8 << 10), (16 << 10, 2 << 10)];
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

/// Parses a text in a number of steps that depends on its size, and in no case after the deadline.
pub(super) fn parse(language: Language, source: &str, deadline: Instant) -> Result<Tree, Unparsed> {
    let bytes = source.as_bytes();
    if bytes.len() > MAX_BYTES {
        return Err(Unparsed::TooLarge);
    }
    if bracket_depth(bytes) > MAX_DEPTH {
        return Err(Unparsed::TooDeep);
    }
    if !scanner_limits::are_kept(language, source) {
        return Err(Unparsed::TooDeep);
    }
    let mut parser = Parser::new();
    // The grammars are linked in; one of another version would be a defect of the build that a test shows.
    parser.set_language(&Grammar(language).get_ts_language()).map_err(|_| Unparsed::OutOfTime)?;
    let mut attempt = Attempt { parser, deadline };
    if bytes.len() > SMALL {
        attempt.spot_check(bytes)?;
        if open_angles(bytes) < MANY_OPEN_ANGLES && longest_stretch(language, bytes) < LONG_STRETCH {
            match attempt.parse(bytes, true) {
                Ok(tree) => return Ok(tree),
                Err(Stopped::OutOfTime) => return Err(Unparsed::OutOfTime),
                Err(Stopped::Suspicious) => {}
            }
        }
        if bytes.len() > MAX_BYTES_WITH_ERRORS {
            return Err(Unparsed::TooLarge);
        }
        attempt.try_windows(bytes)?;
    }
    attempt.parse(bytes, false).map_err(|_| Unparsed::OutOfTime)
}

/// Why a parse has no tree.
enum Stopped {
    OutOfTime,
    /// The rate or an error makes one step's cost doubtful.
    Suspicious,
}

struct Attempt {
    parser: Parser,
    deadline: Instant,
}

impl Attempt {
    fn parse(&mut self, bytes: &[u8], with_caution: bool) -> Result<Tree, Stopped> {
        let (mut span_start, mut calls, mut all_calls) = (0, 0, 0);
        let max_calls = FREE_CALLS + bytes.len() / MIN_RATE_AT_ALL;
        let mut is_suspicious = false;
        let deadline = self.deadline;
        let mut stop = |state: &ParseState| {
            calls += 1;
            all_calls += 1;
            let at = state.current_byte_offset();
            let passed = at.saturating_sub(span_start);
            // Only where it passes something: balancing the finished tree does not, and costs little.
            if with_caution && passed >= SPAN {
                is_suspicious = passed < calls * MIN_RATE;
                (span_start, calls) = (at, 0);
            }
            is_suspicious |= with_caution && state.has_error();
            let is_over = is_suspicious || all_calls > max_calls || Instant::now() > deadline;
            if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let options = ParseOptions::new().progress_callback(&mut stop);
        // A stopped parse leaves its state behind.
        self.parser.reset();
        let tree = self.parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options));
        tree.ok_or(if is_suspicious { Stopped::Suspicious } else { Stopped::OutOfTime })
    }

    /// One window in each stretch, at a place that depends on the stretch: nobody can leave just these places harmless.
    fn spot_check(&mut self, bytes: &[u8]) -> Result<(), Unparsed> {
        let Some((every, size)) = SPOT_CHECKS.iter().find(|(every, _)| bytes.len() >= *every) else { return Ok(()) };
        for stretch in bytes.chunks(*every).filter(|stretch| stretch.len() > *size) {
            let hash =
                stretch.iter().step_by(61).fold(0usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(*byte)));
            let start = hash % (stretch.len() - size);
            let window = &stretch[start..start + size];
            self.try_window(&window[..WINDOWS[0]])?;
            if *size > WINDOWS[0] {
                self.try_window(window)?;
            }
        }
        Ok(())
    }

    /// Parses each window by itself, the small ones first.
    fn try_windows(&mut self, bytes: &[u8]) -> Result<(), Unparsed> {
        for size in WINDOWS.iter().filter(|size| **size < bytes.len()) {
            bytes.chunks(*size).try_for_each(|window| self.try_window(window))?;
        }
        Ok(())
    }

    fn try_window(&mut self, window: &[u8]) -> Result<(), Unparsed> {
        let allowed = WINDOW_TIME + WINDOW_TIME_PER_BYTE * window.len() as u32;
        // Twice, because a machine may be busy.
        for _ in 0..2 {
            let start = Instant::now();
            // The tree of a window is of no use, only what it costs.
            self.parse(window, false).map_err(|_| Unparsed::OutOfTime)?;
            if start.elapsed() <= allowed {
                return Ok(());
            }
        }
        Err(Unparsed::OutOfTime)
    }
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

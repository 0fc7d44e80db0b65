//! String bodies: where they end, what escapes the end, and where code is interpolated.
//!
//! To add a way to end or to interpolate: a value in `Close` or `Holes` and its arm in `closed_at` or `hole_at`.

use super::ahead::Stops;
use super::lexer::{Frame, Lexer, MAX_FRAMES};
use super::{Class, Syntax};

/// What ends a string.
#[derive(Debug, Clone, Copy)]
pub(super) enum Close {
    Byte(u8),
    /// So many of a byte in a row; greedy if the last of a longer run end it.
    Run {
        byte: u8,
        count: usize,
        greedy: bool,
    },
    /// A quote and so many `#`.
    Hashes(usize),
    /// A bracket, its pairs inside skipped.
    Bracket {
        open: u8,
        close: u8,
        depth: usize,
    },
    /// A line that holds the identifier at `bytes[start..end]`.
    Heredoc {
        start: usize,
        end: usize,
    },
}

/// How code gets into a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holes {
    None,
    /// `${…}`
    DollarBrace,
    /// `${…}` and `$name`
    Kotlin,
    /// `{$…}`, `${…}`, `$name` and `$name->property`
    Php,
    /// `#{…}`
    HashBrace,
    /// `{…}` with `{{` for a brace.
    Brace,
    /// So many braces, fewer are text.
    Braces(usize),
}

/// The inside of a string and how to find its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Body {
    pub(super) close: Close,
    /// A backslash escapes the next byte.
    pub(super) escape: bool,
    /// A doubled quote is a quote.
    pub(super) doubled: bool,
    pub(super) multiline: bool,
    pub(super) holes: Holes,
}

impl Body {
    /// One line, backslash escapes.
    pub(super) fn line(quote: u8) -> Body {
        Body { close: Close::Byte(quote), escape: true, doubled: false, multiline: false, holes: Holes::None }
    }

    /// Several lines, nothing escapes.
    pub(super) fn raw(close: Close) -> Body {
        Body { close, escape: false, doubled: false, multiline: true, holes: Holes::None }
    }

    pub(super) fn with_holes(self, holes: Holes) -> Body {
        Body { holes, ..self }
    }

    pub(super) fn across_lines(self) -> Body {
        Body { multiline: true, ..self }
    }

    pub(super) fn with_escapes(self) -> Body {
        Body { escape: true, ..self }
    }

    pub(super) fn with_doubling(self) -> Body {
        Body { doubled: true, escape: false, ..self }
    }
}

/// Why a look into a string stopped.
#[derive(Debug, PartialEq)]
pub(super) enum Stop {
    /// After the end.
    Closed(usize),
    /// Code begins at `code` and ends with `closing` braces.
    Hole { code: usize, closing: usize },
    /// A variable without braces.
    Name { start: usize, end: usize },
    /// The line or the text ended first.
    Broken(usize),
}

impl Lexer<'_> {
    /// A string whose literal begins at `start` and whose body begins at `from`; `self.at` is at its quote. One that never ends is
    /// taken for code if it should have ended with its line: it is an apostrophe more often than a mistake.
    pub(super) fn open(&mut self, start: usize, from: usize, mut body: Body) {
        let may_be_prose = !body.multiline || self.syntax == Syntax::Ruby;
        if may_be_prose && !self.may_look() {
            self.at += 1;
            return;
        }
        match self.look(from, &mut body) {
            Stop::Broken(until) if may_be_prose => self.look_failed(until),
            stop => self.follow(start, stop, body),
        }
    }

    /// Goes on inside of a string: the stretch not yet recorded begins at `start`, unread bytes at `from`.
    pub(super) fn resume(&mut self, start: usize, from: usize, mut body: Body) {
        let stop = self.look(from, &mut body);
        self.follow(start, stop, body);
    }

    fn follow(&mut self, start: usize, stop: Stop, mut body: Body) {
        let (mut start, mut stop) = (start, stop);
        loop {
            match stop {
                Stop::Closed(end) | Stop::Broken(end) => {
                    self.push(start, end, Class::String);
                    self.at = end;
                    return;
                }
                Stop::Hole { code, closing } => {
                    self.push(start, code, Class::String);
                    self.frames.push(Frame { body, open_braces: 0, closing });
                    self.nesting = self.nesting.max(self.frames.len());
                    self.at = code;
                    return;
                }
                Stop::Name { start: name, end } => {
                    self.push(start, name, Class::String);
                    start = end;
                    stop = self.look(end, &mut body);
                }
            }
        }
    }

    /// How the string goes on from here.
    pub(super) fn look(&self, from: usize, body: &mut Body) -> Stop {
        let holes = if self.frames.len() < MAX_FRAMES { body.holes } else { Holes::None };
        let stops = Stops::of(body, holes);
        self.look_at(from, body, holes, |from| stops.next(self.bytes, from))
    }

    /// Looks at the bytes that `next` names, by where to go on.
    pub(super) fn look_at(&self, from: usize, body: &mut Body, holes: Holes, next: impl Fn(usize) -> Option<usize>) -> Stop {
        let mut at = from;
        if let Some(end) = self.heredoc_end(at, body.close) {
            return Stop::Closed(end);
        }
        while let Some(stop) = next(at) {
            at = stop;
            let byte = self.bytes[at];
            match byte {
                b'\\' if body.escape => at += self.escaped(at, body),
                b'\n' if !body.multiline => return Stop::Broken(at),
                b'\n' => {
                    at += 1;
                    if let Some(end) = self.heredoc_end(at, body.close) {
                        return Stop::Closed(end);
                    }
                }
                b'$' | b'#' | b'{' | b'%' if holes != Holes::None => match self.hole_at(at, byte, holes) {
                    Ok(stop) => return stop,
                    Err(length) => match self.closed_at(at, byte, body) {
                        Ok(end) => return Stop::Closed(end),
                        Err(other) => at += length.max(other),
                    },
                },
                _ => match self.closed_at(at, byte, body) {
                    Ok(end) => return Stop::Closed(end),
                    Err(length) => at += length,
                },
            }
        }
        Stop::Broken(self.bytes.len())
    }

    /// The bytes of the escape at `at`. A heredoc's last line counts after a backslash, too, and a formatted string's brace.
    fn escaped(&self, at: usize, body: &Body) -> usize {
        match self.byte(at + 1) {
            Some(b'\n') if body.multiline => 1,
            Some(b'{') if body.holes == Holes::Brace && self.syntax == Syntax::Python => 1,
            _ => 2,
        }
    }

    /// The offset after the string if it ends at `at`, or how many bytes to pass.
    fn closed_at(&self, at: usize, byte: u8, body: &mut Body) -> Result<usize, usize> {
        match &mut body.close {
            Close::Byte(quote) if byte == *quote => {
                if body.doubled && self.byte(at + 1) == Some(byte) {
                    Err(2)
                } else {
                    Ok(at + 1)
                }
            }
            Close::Run { byte: quote, count, greedy } if byte == *quote => {
                let run = self.run_of(byte, at, if *greedy { usize::MAX } else { *count });
                if run >= *count { Ok(at + run) } else { Err(run) }
            }
            Close::Hashes(count) if byte == b'"' => {
                let hashes = self.bytes[at + 1..].iter().take(*count).take_while(|b| **b == b'#').count();
                if hashes == *count { Ok(at + 1 + hashes) } else { Err(1) }
            }
            Close::Bracket { close, depth, .. } if byte == *close => match depth.checked_sub(1) {
                Some(outer) => {
                    *depth = outer;
                    Err(1)
                }
                None => Ok(at + 1),
            },
            Close::Bracket { open, depth, .. } if byte == *open => {
                *depth += 1;
                Err(1)
            }
            _ => Err(1),
        }
    }

    /// The code that begins at `at`, or how many bytes to pass.
    fn hole_at(&self, at: usize, byte: u8, holes: Holes) -> Result<Stop, usize> {
        let next = self.byte(at + 1);
        let hole = |code: usize| Ok(Stop::Hole { code, closing: 1 });
        match (holes, byte) {
            (Holes::DollarBrace, b'$' | b'%') if next == Some(b'{') => hole(at + 2),
            (Holes::Kotlin | Holes::Php, b'$') if next == Some(b'{') => hole(at + 2),
            (Holes::HashBrace, b'#') if next == Some(b'{') => hole(at + 2),
            (Holes::Php, b'{') if next == Some(b'$') => hole(at + 1),
            (Holes::Kotlin | Holes::Php, b'$') => {
                let mut end = self.name_end(at + 1);
                if end == at + 1 {
                    return Err(1);
                }
                if holes == Holes::Php && self.bytes[end..].starts_with(b"->") {
                    end = self.name_end(end + 2).max(end);
                }
                Ok(Stop::Name { start: at, end })
            }
            (Holes::Brace, b'{') => {
                let run = self.run_of(b'{', at, usize::MAX);
                if run % 2 == 1 { hole(at + run) } else { Err(run) }
            }
            (Holes::Braces(count), b'{') => {
                let run = self.run_of(b'{', at, usize::MAX);
                if run >= count { Ok(Stop::Hole { code: at + run, closing: count }) } else { Err(run) }
            }
            _ => Err(1),
        }
    }

    /// The end of the name that begins at `from`, which is `from` if none does.
    fn name_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        if rest.first().is_none_or(|b| b.is_ascii_digit()) {
            return from;
        }
        from + rest.iter().take_while(|b| is_name_byte(**b)).count()
    }

    /// How often a byte stands in a row, up to `most`.
    pub(super) fn run_of(&self, byte: u8, from: usize, most: usize) -> usize {
        self.bytes[from..].iter().take(most).take_while(|b| **b == byte).count()
    }

    /// The end of the heredoc's last line, if that begins at `line`.
    fn heredoc_end(&self, line: usize, close: Close) -> Option<usize> {
        let Close::Heredoc { start, end } = close else { return None };
        if line > 0 && self.bytes[line - 1] != b'\n' {
            return None;
        }
        let id = &self.bytes[start..end];
        let indent = self.bytes[line..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        let rest = self.bytes[line + indent..].strip_prefix(id)?;
        let is_end = match rest.first() {
            None | Some(b'\n' | b'\r') => true,
            Some(byte) => matches!(self.syntax, Syntax::Php | Syntax::PhpCode) && !is_name_byte(*byte),
        };
        is_end.then_some(line + indent + id.len())
    }
}

pub(super) fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

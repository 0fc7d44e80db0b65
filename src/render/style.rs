//! Colours by meaning, and the writer that wraps styled text by words.
//!
//! A report says *what* a piece of text is (`Tone`); this file alone says how that looks. Text enters through `Span::new`, which
//! removes everything that could act on a terminal, so no writer of a report can forget to. To add a tone, add a value and its
//! colour in `Tone::style`.

use std::io::{self, Write};

use anstyle::{AnsiColor, Effects, Style};

use super::{escape, width};
use crate::model::terms::{Status, Verdict};

/// What a piece of text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Strong,
    /// Secondary text.
    Dim,
    /// A path or a URL. Never broken over lines, not even at its spaces.
    Solid,
    /// A command to copy. Never broken either.
    Command,
    Fail,
    Partial,
    Error,
    /// Unknown and manual: somebody or something else has to answer.
    Open,
    Waived,
    Pass,
    /// The verdict, on a coloured ground.
    Verdict(Verdict),
}

impl Tone {
    /// The tone of a status word.
    pub fn of(status: Status) -> Tone {
        match status {
            Status::Fail => Tone::Fail,
            Status::Partial => Tone::Partial,
            Status::Error => Tone::Error,
            Status::Unknown | Status::Manual => Tone::Open,
            Status::Waived => Tone::Waived,
            Status::Pass => Tone::Pass,
            Status::NotApplicable => Tone::Dim,
        }
    }

    fn is_unbroken(self) -> bool {
        matches!(self, Tone::Solid | Tone::Command)
    }

    fn style(self) -> Style {
        let colour = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        let ground = |ground: AnsiColor, text: AnsiColor| colour(text).bg_color(Some(ground.into())).bold();
        match self {
            Tone::Plain => Style::new(),
            Tone::Strong | Tone::Command => Style::new().bold(),
            Tone::Dim => Style::new().effects(Effects::DIMMED),
            Tone::Solid => colour(AnsiColor::Blue).bold(),
            Tone::Fail => colour(AnsiColor::Red).bold(),
            Tone::Partial => colour(AnsiColor::Yellow).bold(),
            Tone::Error => colour(AnsiColor::Magenta).bold(),
            Tone::Open => colour(AnsiColor::Cyan).bold(),
            Tone::Waived => colour(AnsiColor::Blue),
            Tone::Pass => colour(AnsiColor::Green),
            Tone::Verdict(Verdict::Go) => ground(AnsiColor::Green, AnsiColor::Black),
            Tone::Verdict(Verdict::GoWithConditions) => ground(AnsiColor::Yellow, AnsiColor::Black),
            Tone::Verdict(Verdict::Inconclusive) => ground(AnsiColor::Magenta, AnsiColor::BrightWhite),
            Tone::Verdict(Verdict::NoGo) => ground(AnsiColor::Red, AnsiColor::BrightWhite),
        }
    }
}

/// Text of one tone, safe for a terminal.
#[derive(Debug, Clone)]
pub struct Span {
    tone: Tone,
    text: String,
}

impl Span {
    pub fn new(tone: Tone, text: impl AsRef<str>) -> Span {
        Span { tone, text: escape::line(text.as_ref()) }
    }

    pub fn tone(&self) -> Tone {
        self.tone
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Columns it takes.
    pub fn width(&self) -> usize {
        width::of(&self.text)
    }
}

/// A span, shortly: `s(Tone::Dim, "…")`.
pub fn s(tone: Tone, text: impl AsRef<str>) -> Span {
    Span::new(tone, text)
}

/// Writes lines of spans, never wider than `width` columns.
pub struct Canvas<'a> {
    out: &'a mut dyn Write,
    color: bool,
    width: usize,
}

impl<'a> Canvas<'a> {
    pub fn new(out: &'a mut dyn Write, width: usize, color: bool) -> Canvas<'a> {
        Canvas { out, color, width }
    }

    /// Columns of a line.
    pub fn width(&self) -> usize {
        self.width
    }

    pub fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }

    /// One line exactly as given; the caller keeps to the width.
    pub fn line(&mut self, spans: &[Span]) -> io::Result<()> {
        let spans = joined(spans);
        let last = spans.iter().rposition(|span| !span.text.trim_end().is_empty());
        for (index, span) in spans.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
            // Trailing spaces are trimmed unless they belong to a coloured ground.
            let keep = Some(index) != last || (self.color && matches!(span.tone, Tone::Verdict(_)));
            self.piece(span.tone, if keep { &span.text } else { span.text.trim_end() })?;
        }
        self.blank()
    }

    /// `left`, a rule, `right`: as wide as the canvas. Two lines if both do not fit beside each other.
    pub fn ruled(&mut self, left: &[Span], right: &[Span]) -> io::Result<()> {
        let columns = |spans: &[Span]| spans.iter().map(Span::width).sum::<usize>();
        let used = columns(left) + columns(right) + usize::from(!right.is_empty()) + 1;
        if used + 3 > self.width && !right.is_empty() {
            self.ruled(left, &[])?;
            return self.wrapped(&[s(Tone::Plain, "  ")], right);
        }
        let mut spans = left.to_vec();
        spans.push(s(Tone::Dim, format!(" {}", "─".repeat(self.width.saturating_sub(used)))));
        if !right.is_empty() {
            spans.push(s(Tone::Plain, " "));
            spans.extend_from_slice(right);
        }
        self.line(&spans)
    }

    /// `prefix`, then `spans` broken between words; the lines after the first are indented as wide as `prefix`.
    pub fn wrapped(&mut self, prefix: &[Span], spans: &[Span]) -> io::Result<()> {
        let indent: usize = prefix.iter().map(Span::width).sum();
        self.filled(prefix, indent, words(spans))
    }

    /// `items` separated by ` · ` after `indent` spaces; a line ends between items, not inside one that fits on a line.
    pub fn items(&mut self, indent: usize, items: &[Span]) -> io::Result<()> {
        let mut words: Vec<Word> = items.iter().map(|item| vec![item.clone()]).collect();
        for word in words.iter_mut().rev().skip(1) {
            word.push(s(Tone::Dim, " ·"));
        }
        let too_wide = |word: &Word| indent + word.iter().map(Span::width).sum::<usize>() > self.width;
        let words = words.into_iter().flat_map(|word| if too_wide(&word) { self::words(&word) } else { vec![word] });
        let words = words.collect();
        self.filled(&[s(Tone::Plain, " ".repeat(indent))], indent, words)
    }

    fn filled(&mut self, prefix: &[Span], indent: usize, words: Vec<Word>) -> io::Result<()> {
        // A prefix that leaves no room is not worth hanging under.
        let hang = if indent + 20 <= self.width { indent } else { 2 };
        let mut filler = Filler { limit: self.width, hang, used: indent, fresh: true, line: prefix.to_vec(), lines: Vec::new() };
        for word in words {
            filler.word(word);
        }
        filler.lines.push(filler.line);
        filler.lines.iter().try_for_each(|line| self.line(line))
    }

    fn piece(&mut self, tone: Tone, text: &str) -> io::Result<()> {
        let style = tone.style();
        if text.is_empty() {
            return Ok(());
        }
        if self.color && style != Style::new() {
            write!(self.out, "{style}{text}{style:#}")
        } else {
            self.out.write_all(text.as_bytes())
        }
    }
}

/// Neighbours of one tone as one span, so that a sentence is one run of colour.
fn joined(spans: &[Span]) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match joined.last_mut() {
            Some(last) if last.tone == span.tone => last.text.push_str(&span.text),
            _ => joined.push(span.clone()),
        }
    }
    joined
}

/// A run of spans without white space between them.
type Word = Vec<Span>;

fn words(spans: &[Span]) -> Vec<Word> {
    let mut words = vec![Word::new()];
    for span in spans {
        let separator = if span.tone.is_unbroken() { '\n' } else { ' ' };
        for (index, part) in span.text.split(separator).enumerate() {
            if index > 0 {
                words.push(Word::new());
            }
            if let (false, Some(word)) = (part.is_empty(), words.last_mut()) {
                word.push(Span { tone: span.tone, text: part.to_owned() });
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Fills lines with words.
struct Filler {
    limit: usize,
    /// Columns before the lines after the first.
    hang: usize,
    /// Columns used on the current line.
    used: usize,
    /// Nothing but the indentation stands on the current line.
    fresh: bool,
    line: Vec<Span>,
    lines: Vec<Vec<Span>>,
}

impl Filler {
    fn word(&mut self, word: Word) {
        let columns: usize = word.iter().map(Span::width).sum();
        if !self.fresh && self.used + 1 + columns > self.limit {
            self.next_line();
        } else if !self.fresh {
            self.space(&word);
        }
        let solid = word.iter().any(|span| span.tone.is_unbroken());
        if self.used + columns <= self.limit || solid {
            self.used += columns;
            self.line.extend(word);
            self.fresh = false;
        } else {
            self.broken(word);
        }
    }

    /// A space that carries the tone of a coloured ground on.
    fn space(&mut self, word: &Word) {
        let tone = match (self.line.last(), word.first()) {
            (Some(before), Some(after)) if before.tone == after.tone => before.tone,
            _ => Tone::Plain,
        };
        self.line.push(Span { tone, text: " ".to_owned() });
        self.used += 1;
    }

    /// A word longer than a line, broken anywhere.
    fn broken(&mut self, word: Word) {
        for span in word {
            let mut piece = String::new();
            for c in span.text.chars() {
                if self.used + width::of_char(c) > self.limit {
                    self.line.push(Span { tone: span.tone, text: std::mem::take(&mut piece) });
                    self.next_line();
                }
                self.used += width::of_char(c);
                piece.push(c);
            }
            self.line.push(Span { tone: span.tone, text: piece });
        }
        self.fresh = false;
    }

    fn next_line(&mut self) {
        let indent = Span { tone: Tone::Plain, text: " ".repeat(self.hang) };
        self.lines.push(std::mem::replace(&mut self.line, vec![indent]));
        self.used = self.hang;
        self.fresh = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: usize, color: bool, draw: impl Fn(&mut Canvas<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        draw(&mut Canvas::new(&mut out, width, color)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_hang_under_the_prefix_and_keep_to_the_width() {
        let text = drawn(24, false, |c| c.wrapped(&[s(Tone::Dim, "a: ")], &[s(Tone::Plain, "one two three four five six")]));
        assert_eq!(text, "a: one two three four\n   five six\n");
    }

    #[test]
    fn a_path_stays_whole_and_other_giants_are_broken() {
        let path = "a/very/long/path/that/does/not/fit.py:123";
        let text = drawn(20, false, |c| c.wrapped(&[s(Tone::Plain, "--> ")], &[s(Tone::Solid, path)]));
        assert!(text.contains(path), "{text}");
        let text = drawn(10, false, |c| c.wrapped(&[], &[s(Tone::Plain, "x".repeat(25))]));
        assert!(text.lines().all(|line| line.len() <= 10), "{text}");
        assert_eq!(text.matches('x').count(), 25);
    }

    #[test]
    fn spans_without_a_space_between_them_stay_together() {
        let spans = [s(Tone::Fail, "FAIL"), s(Tone::Plain, ": then")];
        assert_eq!(drawn(7, false, |c| c.wrapped(&[], &spans)), "FAIL:\n  then\n");
    }

    #[test]
    fn a_rule_fills_the_line() {
        let text = drawn(20, false, |c| c.ruled(&[s(Tone::Strong, "P0")], &[s(Tone::Fail, "1 fail")]));
        assert_eq!(text, "P0 ────────── 1 fail\n");
    }

    #[test]
    fn a_rule_too_short_puts_the_right_below() {
        let text = drawn(20, false, |c| c.ruled(&[s(Tone::Strong, "P0 blocks")], &[s(Tone::Fail, "1 fail, 2 pass")]));
        assert_eq!(text, "P0 blocks ──────────\n  1 fail, 2 pass\n");
    }

    #[test]
    fn items_stay_whole() {
        let items = [s(Tone::Fail, "1 fail"), s(Tone::Pass, "3 pass"), s(Tone::Dim, "2 not applicable")];
        assert_eq!(drawn(32, false, |c| c.items(2, &items)), "  1 fail · 3 pass ·\n  2 not applicable\n");
    }

    #[test]
    fn colour_is_closed_and_foreign_colour_removed() {
        let text = drawn(40, true, |c| c.line(&[s(Tone::Fail, "\u{1b}[32mok"), s(Tone::Plain, "!")]));
        assert_eq!(text, "\u{1b}[1m\u{1b}[31mok\u{1b}[0m!\n");
        assert_eq!(drawn(40, false, |c| c.line(&[s(Tone::Fail, "x  ")])), "x\n");
    }
}

//! The walk through code: from special byte to special byte, into comments and strings and out again.
//!
//! Nothing recurses: code inside an interpolation is a frame on a stack. Every byte is passed a bounded number of times; where a
//! guess can fail after a look ahead, the number of failed looks per stretch is bounded (`may_look`).

use memchr::{memchr, memmem};

use super::ahead::Ahead;
use super::strings::Body;
use super::syntax::{Guard, Syntax, Traits};
use super::{Class, Mask, Region};

/// Failed looks ahead over the same stretch before its opening bytes are taken for code.
const MAX_FAILED_LOOKS: usize = 8;
/// Interpolations inside interpolations that are followed; deeper ones are string.
pub(super) const MAX_FRAMES: usize = 200;

/// A string whose interpolated code is being walked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub(super) body: Body,
    /// Braces opened in the code and not closed yet.
    pub(super) open_braces: usize,
    /// Braces that end the interpolation.
    pub(super) closing: usize,
}

pub(super) struct Lexer<'t> {
    pub(super) bytes: &'t [u8],
    pub(super) at: usize,
    pub(super) syntax: Syntax,
    pub(super) traits: Traits,
    pub(super) frames: Vec<Frame>,
    /// The most frames so far.
    pub(super) nesting: usize,
    /// Heredocs announced on this line, their bodies still to come.
    pub(super) pending: std::collections::VecDeque<Body>,
    regions: Vec<Region>,
    outside: Vec<(usize, usize)>,
    failed_looks: usize,
    failed_until: usize,
}

pub(super) fn lex(syntax: Syntax, text: &str) -> Mask {
    let mut lexer = Lexer::new(syntax, text);
    lexer.run();
    Mask { regions: lexer.regions, outside: lexer.outside, nesting: lexer.nesting }
}

impl<'t> Lexer<'t> {
    /// At the start of a text.
    pub(super) fn new(syntax: Syntax, text: &'t str) -> Lexer<'t> {
        Lexer {
            bytes: text.as_bytes(),
            at: 0,
            syntax,
            traits: syntax.traits(),
            frames: Vec::new(),
            nesting: 0,
            pending: std::collections::VecDeque::new(),
            regions: Vec::new(),
            outside: Vec::new(),
            failed_looks: 0,
            failed_until: 0,
        }
    }
}

impl Lexer<'_> {
    fn run(&mut self) {
        if self.traits.special.is_empty() {
            return;
        }
        self.preamble();
        let mut special: Vec<Ahead> = self.traits.special.chunks(3).map(Ahead::of).collect();
        let (mut braces, mut breaks) = (Ahead::of(b"{}"), Ahead::of(b"\n"));
        loop {
            let mut next = special.iter_mut().map(|bytes| bytes.next(self.bytes, self.at)).min().unwrap_or(self.bytes.len());
            if !self.frames.is_empty() {
                next = next.min(braces.next(self.bytes, self.at));
            }
            if !self.pending.is_empty() || self.syntax == Syntax::Ruby {
                next = next.min(breaks.next(self.bytes, self.at));
            }
            let Some(byte) = self.byte(next) else { return };
            self.at = next;
            self.special(byte);
        }
    }

    fn preamble(&mut self) {
        match self.syntax {
            // In Rust `#![…]` is an attribute.
            Syntax::JavaScript | Syntax::Rust | Syntax::Php | Syntax::PhpCode
                if self.bytes.starts_with(b"#!") && self.byte(2) != Some(b'[') =>
            {
                let end = self.line_end(0);
                self.push(0, end, Class::Comment);
                self.at = end;
            }
            Syntax::Ruby => self.ruby_line_start(0),
            _ => {}
        }
        if self.syntax == Syntax::Php && has_php_tag(self.bytes) {
            let from = self.at;
            self.markup_until_php(from);
        }
    }

    /// Handles the special byte at `self.at` and moves past it.
    fn special(&mut self, byte: u8) {
        match byte {
            b'{' => {
                if let Some(frame) = self.frames.last_mut() {
                    frame.open_braces += 1;
                }
                self.at += 1;
            }
            b'}' => self.close_brace(),
            b'/' => self.slash(),
            b'\n' => self.newline(),
            b'<' => self.less(),
            b'?' if self.bytes[self.at..].starts_with(b"?>") && self.syntax == Syntax::Php => {
                let from = self.at;
                self.markup_until_php(from);
            }
            b'-' if self.bytes[self.at..].starts_with(b"--") => self.line_comment(),
            b'\'' | b'"' | b'`' => self.quote(byte),
            b'%' => self.percent(),
            _ if self.traits.line_signs.contains(&byte) => self.line_sign(),
            _ => self.at += 1,
        }
    }

    fn close_brace(&mut self) {
        self.at += 1;
        let Some(frame) = self.frames.last_mut() else { return };
        if frame.open_braces > 0 {
            frame.open_braces -= 1;
            return;
        }
        let frame = *frame;
        self.frames.pop();
        // The brace belongs to the string that goes on here.
        let start = self.at - 1;
        let mut from = self.at;
        while from < start + frame.closing && self.byte(from) == Some(b'}') {
            from += 1;
        }
        self.resume(start, from, frame.body);
    }

    fn slash(&mut self) {
        match self.byte(self.at + 1) {
            Some(b'/') if self.is_in_url() => self.at += 2,
            Some(b'/') if self.traits.slashes => self.line_comment(),
            Some(b'*') if self.traits.block => self.block_comment(),
            _ if matches!(self.syntax, Syntax::JavaScript | Syntax::Ruby) => self.regex(),
            _ => self.at += 1,
        }
    }

    /// `http://host` in JSX text is no comment.
    fn is_in_url(&self) -> bool {
        self.syntax == Syntax::JavaScript
            && self.at >= 2
            && self.bytes[self.at - 1] == b':'
            && self.bytes[self.at - 2].is_ascii_alphabetic()
            && self.byte(self.at + 2).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'<' | b'{'))
    }

    fn line_sign(&mut self) {
        let previous = self.at.checked_sub(1).map(|i| self.bytes[i]);
        let counts = match self.traits.guard {
            Guard::Anywhere => true,
            Guard::LineStart => self.is_line_start(),
            Guard::After(others) => {
                previous.is_none_or(|b| b.is_ascii_whitespace() || others.contains(&b)) && self.frames.is_empty()
            }
        };
        let counts = counts
            && match self.syntax {
                // `{x:#x}` is a format, and older versions allow no comment here.
                Syntax::Python => self.frames.is_empty(),
                // `#[Attribute]`
                Syntax::Php | Syntax::PhpCode => self.byte(self.at + 1) != Some(b'['),
                // `?#` and `$#`
                Syntax::Ruby => !matches!(previous, Some(b'?' | b'$')),
                _ => true,
            };
        if counts {
            self.line_comment();
        } else {
            self.at += 1;
        }
    }

    fn is_line_start(&self) -> bool {
        let before = &self.bytes[..self.at];
        let blank = before.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
        before.len() == blank || before[before.len() - blank - 1] == b'\n'
    }

    /// From here to the end of the line; in PHP a closing tag ends it, too.
    fn line_comment(&mut self) {
        let start = self.at;
        let mut end = self.line_end(start);
        if self.syntax == Syntax::Php
            && let Some(tag) = memmem::find(&self.bytes[start..end], b"?>")
        {
            end = start + tag;
        }
        self.push(start, end, Class::Comment);
        self.at = end;
    }

    fn block_comment(&mut self) {
        let start = self.at;
        let mut from = start + 2;
        let mut depth = 1;
        while depth > 0 {
            let Some(found) = memchr(b'*', &self.bytes[from..]) else {
                from = self.bytes.len();
                break;
            };
            let star = from + found;
            if self.traits.nested && from < star && self.bytes[star - 1] == b'/' {
                depth += 1;
                from = star + 1;
            } else if self.byte(star + 1) == Some(b'/') {
                depth -= 1;
                from = star + 2;
            } else {
                from = star + 1;
            }
        }
        self.push(start, from, Class::Comment);
        self.at = from;
    }

    fn less(&mut self) {
        let rest = &self.bytes[self.at..];
        match self.syntax {
            Syntax::Markup if rest.starts_with(b"<!--") => {
                let start = self.at;
                self.at = self.markup_comment_end(start);
                self.push(start, self.at, Class::Comment);
            }
            Syntax::Ruby | Syntax::Php | Syntax::PhpCode | Syntax::Hcl if rest.starts_with(b"<<") => self.heredoc(),
            _ => self.at += 1,
        }
    }

    fn markup_comment_end(&self, start: usize) -> usize {
        memmem::find(&self.bytes[start..], b"-->").map_or(self.bytes.len(), |found| start + found + 3)
    }

    /// From a closing tag, or the start of the file, to the end of the next opening tag.
    fn markup_until_php(&mut self, start: usize) {
        let mut from = start;
        let mut text_start = start;
        let end = loop {
            let Some(found) = memchr(b'<', &self.bytes[from..]) else { break self.bytes.len() };
            let at = from + found;
            if let Some(length) = php_tag(&self.bytes[at..]) {
                break at + length;
            }
            if self.bytes[at..].starts_with(b"<!--") {
                // A tag inside of the comment is still PHP.
                let comment_end = self.markup_comment_end(at);
                let end = find_php_tag(&self.bytes[at..comment_end]).map_or(comment_end, |tag| at + tag);
                self.push(text_start, at, Class::String);
                self.push(at, end, Class::Comment);
                (text_start, from) = (end, end);
            } else {
                from = at + 1;
            }
        };
        self.push(text_start, end, Class::String);
        self.outside.push((start, end));
        self.at = end;
    }

    fn newline(&mut self) {
        self.at += 1;
        if let Some(body) = self.pending.pop_front() {
            let start = self.at;
            self.resume(start, start, body);
        } else if self.syntax == Syntax::Ruby {
            self.ruby_line_start(self.at);
        }
    }

    /// `=begin … =end` and everything after `__END__`.
    fn ruby_line_start(&mut self, start: usize) {
        let rest = &self.bytes[start..];
        let end = if rest.starts_with(b"=begin") {
            match memmem::find(rest, b"\n=end") {
                Some(found) => self.line_end(start + found + 1),
                None => self.bytes.len(),
            }
        } else if rest.starts_with(b"__END__") && self.line_end(start) <= start + 8 {
            self.bytes.len()
        } else {
            return;
        };
        self.push(start, end, Class::Comment);
        self.at = end;
    }

    /// The offset of the next newline, or of the end.
    pub(super) fn line_end(&self, from: usize) -> usize {
        memchr(b'\n', &self.bytes[from..]).map_or(self.bytes.len(), |found| from + found)
    }

    pub(super) fn byte(&self, at: usize) -> Option<u8> {
        self.bytes.get(at).copied()
    }

    /// Records a stretch; empty ones are left out, stretches of a class that touch are joined.
    pub(super) fn push(&mut self, start: usize, end: usize, class: Class) {
        if start >= end {
            return;
        }
        match self.regions.last_mut() {
            Some(last) if last.end == start && last.class == class && class == Class::String => last.end = end,
            _ => self.regions.push(Region { start, end, class }),
        }
    }

    /// The stretches so far that are not code, the last one first.
    pub(super) fn regions_back(&self) -> impl Iterator<Item = &Region> {
        self.regions.iter().rev()
    }

    /// Is there still a look ahead to spend on this stretch?
    pub(super) fn may_look(&self) -> bool {
        self.at >= self.failed_until || self.failed_looks < MAX_FAILED_LOOKS
    }

    /// A look ahead from `self.at` to `until` found no end.
    pub(super) fn look_failed(&mut self, until: usize) {
        if self.at >= self.failed_until {
            self.failed_looks = 0;
        }
        self.failed_looks += 1;
        self.failed_until = self.failed_until.max(until);
        self.at += 1;
    }
}

fn has_php_tag(bytes: &[u8]) -> bool {
    find_php_tag(bytes).is_some()
}

fn find_php_tag(bytes: &[u8]) -> Option<usize> {
    memmem::find_iter(bytes, b"<?").find(|at| php_tag(&bytes[*at..]).is_some())
}

/// The length of the opening tag that begins here.
fn php_tag(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"<?=") {
        return Some(3);
    }
    let tag = bytes.get(..5)?;
    tag.eq_ignore_ascii_case(b"<?php").then_some(5)
}

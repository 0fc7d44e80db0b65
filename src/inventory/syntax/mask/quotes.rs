//! What opens a string in each syntax: quotes with their prefixes, regular expressions, percent literals, heredocs.
//!
//! To add a syntax whose strings are its own: an arm in `quote` and a function that finds the literal's start and body.

use super::lexer::Lexer;
use super::strings::{Body, Close, Holes, is_name_byte};
use super::{Class, Syntax};

/// Words of JavaScript after which an operand follows, so that a quote or a slash begins a literal.
const BEFORE_OPERAND: &[&[u8]] = &[
    b"return",
    b"case",
    b"typeof",
    b"in",
    b"of",
    b"from",
    b"import",
    b"else",
    b"default",
    b"do",
    b"void",
    b"delete",
    b"throw",
    b"new",
    b"await",
    b"yield",
    b"instanceof",
    b"extends",
    b"as",
    b"export",
];
/// Words of Ruby after which a slash begins a regular expression.
const BEFORE_REGEX: &[&[u8]] =
    &[b"if", b"unless", b"when", b"and", b"or", b"not", b"return", b"then", b"elsif", b"while", b"until", b"in"];
/// How far an attribute of JSX may reach over its line, in bytes.
const MAX_ATTRIBUTE: usize = 4_096;

impl Lexer<'_> {
    /// The quote at `self.at`.
    pub(super) fn quote(&mut self, quote: u8) {
        let at = self.at;
        match self.syntax {
            Syntax::Python => self.python_quote(quote),
            Syntax::JavaScript => self.javascript_quote(quote),
            Syntax::Go if quote == b'`' => self.open(at, at + 1, Body::raw(Close::Byte(b'`'))),
            Syntax::Rust => self.rust_quote(quote),
            Syntax::Kotlin => self.kotlin_quote(quote),
            Syntax::CSharp => self.csharp_quote(quote),
            Syntax::Ruby => self.ruby_quote(quote),
            Syntax::Php | Syntax::PhpCode => {
                let holes = if quote == b'\'' { Holes::None } else { Holes::Php };
                self.open(at, at + 1, Body::line(quote).across_lines().with_holes(holes));
            }
            Syntax::Java | Syntax::CLike | Syntax::Toml if self.run_of(quote, at, 3) == 3 => {
                let body = Body::raw(Close::Run { byte: quote, count: 3, greedy: false });
                let literal = self.syntax == Syntax::Toml && quote == b'\'';
                self.open(at, at + 3, if literal { body } else { body.with_escapes() });
            }
            Syntax::Toml if quote == b'\'' => self.open(at, at + 1, Body { escape: false, ..Body::line(quote) }),
            Syntax::Sql => self.open(at, at + 1, Body::raw(Close::Byte(quote)).with_doubling()),
            Syntax::Hcl => self.open(at, at + 1, Body::line(quote).with_holes(Holes::DollarBrace)),
            Syntax::Yaml => self.yaml_quote(quote),
            Syntax::Shell if quote == b'\'' => self.open(at, at + 1, Body { escape: false, ..Body::line(quote) }),
            _ => self.open(at, at + 1, Body::line(quote)),
        }
    }

    fn python_quote(&mut self, quote: u8) {
        let at = self.at;
        let letters = self.letters_before(at);
        let is_prefix = letters.len() <= 2 && letters.iter().all(|b| b"rRbBfFuUtT".contains(b));
        let start = if is_prefix { at - letters.len() } else { at };
        let is_formatted = is_prefix && letters.iter().any(|b| b"fFtT".contains(b));
        let holes = if is_formatted { Holes::Brace } else { Holes::None };
        if self.run_of(quote, at, 3) == 3 {
            let body = Body::raw(Close::Run { byte: quote, count: 3, greedy: false }).with_escapes();
            self.open(start, at + 3, body.with_holes(holes));
        } else {
            self.open(start, at + 1, Body::line(quote).with_holes(holes));
        }
    }

    /// The letters that touch `at` from the left, at most three, none if they are the end of a longer name.
    fn letters_before(&self, at: usize) -> &[u8] {
        let before = &self.bytes[..at];
        let count = before.iter().rev().take(3).take_while(|b| is_name_byte(**b)).count();
        &before[at - count..]
    }

    fn javascript_quote(&mut self, quote: u8) {
        let at = self.at;
        if quote == b'`' {
            return self.open(at, at + 1, Body::line(quote).across_lines().with_holes(Holes::DollarBrace));
        }
        let word = self.word_before(at);
        if !word.is_empty() && !BEFORE_OPERAND.contains(&word) {
            // An apostrophe in JSX text.
            self.at += 1;
            return;
        }
        let is_attribute = at >= 2 && self.bytes[at - 1] == b'=' && is_name_byte(self.bytes[at - 2]);
        if is_attribute {
            let window = &self.bytes[at + 1..self.bytes.len().min(at + 1 + MAX_ATTRIBUTE)];
            let escape_free = memchr::memchr2(quote, b'\\', window).filter(|end| window[*end] == quote);
            if let Some(end) = escape_free
                && self.may_look()
            {
                self.push(at, at + 2 + end, Class::String);
                self.at = at + 2 + end;
                return;
            }
        }
        self.open(at, at + 1, Body::line(quote));
    }

    /// The name that touches `at` from the left; the last bytes of a long one.
    fn word_before(&self, at: usize) -> &[u8] {
        let before = &self.bytes[..at];
        let count = before.iter().rev().take(12).take_while(|b| is_name_byte(**b)).count();
        &before[at - count..]
    }

    fn rust_quote(&mut self, quote: u8) {
        let at = self.at;
        if quote == b'\'' {
            return self.rust_character();
        }
        let hashes = self.bytes[..at].iter().rev().take(255).take_while(|b| **b == b'#').count();
        let letters = self.letters_before(at - hashes);
        let start = at - hashes - letters.len();
        match letters {
            b"r" | b"br" | b"cr" => self.open(start, at + 1, Body::raw(Close::Hashes(hashes))),
            b"b" | b"c" if hashes == 0 => self.open(start, at + 1, Body::line(quote).across_lines()),
            _ => self.open(at, at + 1, Body::line(quote).across_lines()),
        }
    }

    /// A character, or the apostrophe of a lifetime or a label.
    fn rust_character(&mut self) {
        let at = self.at;
        let length = match self.byte(at + 1) {
            Some(b'\\') => return self.open(at, at + 1, Body::line(b'\'')),
            Some(byte) if byte < 0x80 => 1,
            Some(byte) => (byte.leading_ones() as usize).clamp(1, 4),
            None => 1,
        };
        if self.byte(at + 1 + length) == Some(b'\'') {
            let end = at + 2 + length;
            self.push(at, end, Class::String);
            self.at = end;
        } else {
            self.at += 1;
        }
    }

    fn kotlin_quote(&mut self, quote: u8) {
        let at = self.at;
        if quote == b'\'' {
            self.open(at, at + 1, Body::line(quote));
        } else if self.run_of(quote, at, 3) == 3 {
            let body = Body::raw(Close::Run { byte: quote, count: 3, greedy: true });
            self.open(at, at + 3, body.with_holes(Holes::Kotlin));
        } else {
            self.open(at, at + 1, Body::line(quote).with_holes(Holes::Kotlin));
        }
    }

    fn csharp_quote(&mut self, quote: u8) {
        let at = self.at;
        if quote == b'\'' {
            return self.open(at, at + 1, Body::line(quote));
        }
        let count = self.bytes[..at].iter().rev().take(8).take_while(|b| matches!(b, b'$' | b'@')).count();
        let prefix = &self.bytes[at - count..at];
        let dollars = prefix.iter().filter(|b| **b == b'$').count();
        let quotes = self.run_of(quote, at, 255);
        let holes = match dollars {
            0 => Holes::None,
            1 if quotes < 3 => Holes::Brace,
            _ => Holes::Braces(dollars),
        };
        let body = if prefix.contains(&b'@') {
            Body::raw(Close::Byte(quote)).with_doubling()
        } else if quotes >= 3 {
            let raw = Body::raw(Close::Run { byte: quote, count: quotes, greedy: false }).with_holes(holes);
            return self.open(at - count, at + quotes, raw);
        } else {
            Body::line(quote)
        };
        self.open(at - count, at + 1, body.with_holes(holes));
    }

    fn ruby_quote(&mut self, quote: u8) {
        let at = self.at;
        match at.checked_sub(1).map(|i| self.bytes[i]) {
            // `$'` and the like are variables.
            Some(b'$') => self.at += 1,
            // `?'` is a character unless it is a condition's string.
            Some(b'?') if !self.byte(at + 1).is_some_and(is_name_byte) => self.at += 1,
            _ => {
                let holes = if quote == b'\'' { Holes::None } else { Holes::HashBrace };
                self.open(at, at + 1, Body::line(quote).across_lines().with_holes(holes));
            }
        }
    }

    /// A quote begins a scalar only where one can begin.
    fn yaml_quote(&mut self, quote: u8) {
        let at = self.at;
        let begins = at == 0 || self.bytes[at - 1].is_ascii_whitespace() || b"[{,(:=".contains(&self.bytes[at - 1]);
        match (begins, quote) {
            (false, _) => self.at += 1,
            (true, b'\'') => self.open(at, at + 1, Body::line(quote).with_doubling()),
            (true, _) => self.open(at, at + 1, Body::line(quote)),
        }
    }

    /// A slash that is no comment: a regular expression if an operand can begin here and it ends on this line.
    pub(super) fn regex(&mut self) {
        let at = self.at;
        let holes = if self.syntax == Syntax::Ruby { Holes::HashBrace } else { Holes::None };
        if !self.is_operand_next() || !self.may_look() {
            self.at += 1;
            return;
        }
        let mut from = at + 1;
        let mut in_class = false;
        while let Some(byte) = self.byte(from) {
            match byte {
                b'\\' => from += 1,
                b'\n' => break,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class && from > at + 1 => {
                    self.push(at, from + 1, Class::String);
                    self.at = from + 1;
                    return;
                }
                b'#' if holes == Holes::HashBrace && self.byte(from + 1) == Some(b'{') => {
                    return self.resume(at, at + 1, Body::line(b'/').with_holes(holes));
                }
                _ => {}
            }
            from += 1;
        }
        self.look_failed(from.min(self.bytes.len()));
    }

    /// Can an operand begin at `self.at`, judged by what stands before it?
    fn is_operand_next(&self) -> bool {
        let blanks = |end: usize| self.bytes[..end].iter().rev().take_while(|b| b.is_ascii_whitespace()).count();
        let mut end = self.at - blanks(self.at);
        for region in self.regions_back().take(8) {
            if region.end != end {
                break;
            }
            if region.class == Class::String {
                return false;
            }
            end = region.start - blanks(region.start);
        }
        let Some(last) = end.checked_sub(1).map(|i| self.bytes[i]) else { return true };
        let word = self.word_before(end);
        if self.syntax == Syntax::Ruby {
            // A new line is a new statement.
            if self.bytes[end..self.at].contains(&b'\n') {
                return true;
            }
            return b"(,=:[!&|?{;~<".contains(&last) || BEFORE_REGEX.contains(&word) || self.is_command_argument(word);
        }
        match last {
            b'>' => end >= 2 && self.bytes[end - 2] == b'=',
            _ if is_name_byte(last) => BEFORE_OPERAND.contains(&word),
            _ => b"(,=:[!&|?{;+-*%~^".contains(&last),
        }
    }

    /// In `render /x/` and `puts %(x)` the space before and none behind tell an argument from a division.
    fn is_command_argument(&self, word: &[u8]) -> bool {
        let is_blank = |byte: u8| byte.is_ascii_whitespace() || byte == b'=';
        word.first().is_some_and(|byte| byte.is_ascii_lowercase() || *byte == b'_')
            && self.bytes[self.at - 1] == b' '
            && !self.byte(self.at + 1).is_none_or(is_blank)
    }

    /// Ruby's `%w[…]`, `%q(…)`, `%(…)`.
    pub(super) fn percent(&mut self) {
        let at = self.at;
        let letter = self.byte(at + 1).filter(|b| b"qQwWiIrsx".contains(b));
        let open_at = at + 1 + usize::from(letter.is_some());
        let Some(open) = self.byte(open_at) else {
            self.at += 1;
            return;
        };
        let close = match open {
            b'(' => b')',
            b'[' => b']',
            b'{' => b'}',
            b'<' => b'>',
            b'|' | b'!' | b'/' if letter.is_some() => open,
            _ => 0,
        };
        let before = at.checked_sub(1).map(|i| self.bytes[i]);
        let is_operator = letter.is_none() && !self.is_operand_next();
        if close == 0 || is_operator || before.is_some_and(is_name_byte) {
            self.at += 1;
            return;
        }
        let close = if close == open { Close::Byte(close) } else { Close::Bracket { open, close, depth: 0 } };
        let holes = if letter.is_none_or(|b| b"QWIrx".contains(&b)) { Holes::HashBrace } else { Holes::None };
        self.open(at, open_at + 1, Body::raw(close).with_escapes().with_holes(holes));
    }

    /// Ruby's and HCL's `<<ID`, PHP's `<<<ID`: the body begins on the next line.
    pub(super) fn heredoc(&mut self) {
        let at = self.at;
        let is_php = matches!(self.syntax, Syntax::Php | Syntax::PhpCode);
        let rest = &self.bytes[at..];
        let mut from = if is_php { 3 } else { 2 };
        if is_php && !rest.starts_with(b"<<<") {
            self.at += 2;
            return;
        }
        let sign = rest.get(from).copied().unwrap_or(0);
        if is_php {
            from += rest[from..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        } else if matches!(sign, b'~' | b'-') {
            from += 1;
        }
        let quote = rest.get(from).copied().filter(|b| b"'\"`".contains(b));
        from += usize::from(quote.is_some());
        let length = rest[from..].iter().take_while(|b| is_name_byte(**b)).count();
        let id = &rest[from..from + length];
        // `list <<item` appends: without a sign Ruby's own style guide writes the identifier in capitals.
        let before = at.checked_sub(1).map(|i| self.bytes[i]);
        let is_append = self.syntax == Syntax::Ruby
            && !matches!(sign, b'~' | b'-')
            && (before.is_some_and(is_name_byte) || !id.iter().all(|b| b.is_ascii_uppercase() || *b == b'_'));
        let begins_name = id.first().is_some_and(|b| !b.is_ascii_digit());
        let closes = quote.is_none_or(|q| rest.get(from + length) == Some(&q));
        if !begins_name || !closes || is_append {
            self.at += 2;
            return;
        }
        let holes = match (self.syntax, quote) {
            (_, Some(b'\'')) => Holes::None,
            (Syntax::Ruby, _) => Holes::HashBrace,
            (Syntax::Hcl, _) => Holes::DollarBrace,
            _ => Holes::Php,
        };
        let body = Body::raw(Close::Heredoc { start: at + from, end: at + from + length }).with_holes(holes);
        let body = if holes == Holes::HashBrace || holes == Holes::Php { body.with_escapes() } else { body };
        self.pending.push_back(body);
        self.at = at + from + length + usize::from(quote.is_some());
    }
}

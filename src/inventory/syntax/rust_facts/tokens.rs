//! The tokens of a Rust text, flat, with every bracket knowing its partner.
//!
//! Not `syn`: its parser, its visitors and the drop of its trees recurse with the code, and a text of a few hundred kilobytes
//! (`!!!!…`, `a.b().b()…`, `Vec<Vec<…`) ends the process. Tokens are enough for what `rust_facts` looks for, they also show the
//! inside of macros, and one syntax error does not lose the file.

use crate::inventory::syntax::mask::{Class, Mask, Syntax};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An identifier or a keyword.
    Name,
    /// A string, a character or a number.
    Literal,
    Punct(u8),
    Open(u8),
    Close(u8),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// Byte offsets.
    pub(super) start: usize,
    pub(super) end: usize,
    /// Index of the partner of a bracket; its own for other tokens.
    pub(super) pair: usize,
}

/// The tokens of a text; `None` if its brackets do not match.
pub(super) fn tokens(text: &str) -> Option<Vec<Token>> {
    let mask = Mask::new(Syntax::Rust, text);
    let mut out = Tokens::default();
    let mut at = 0;
    for (start, end, class) in mask.regions() {
        out.code(text.as_bytes(), at, start)?;
        if class == Class::String {
            out.add(Kind::Literal, start, end);
        }
        at = end;
    }
    out.code(text.as_bytes(), at, text.len())?;
    out.open.is_empty().then_some(out.list)
}

#[derive(Default)]
struct Tokens {
    list: Vec<Token>,
    open: Vec<usize>,
}

impl Tokens {
    fn add(&mut self, kind: Kind, start: usize, end: usize) {
        let pair = self.list.len();
        self.list.push(Token { kind, start, end, pair });
    }

    /// The tokens of a stretch of code.
    fn code(&mut self, bytes: &[u8], start: usize, end: usize) -> Option<()> {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
        let mut at = start;
        while at < end {
            let byte = bytes[at];
            let mut next = at + 1;
            match byte {
                _ if byte.is_ascii_whitespace() => {}
                _ if is_name(&byte) => {
                    next = at + bytes[at..end].iter().take_while(|b| is_name(b)).count();
                    self.add(if byte.is_ascii_digit() { Kind::Literal } else { Kind::Name }, at, next);
                }
                // A lifetime or a label means nothing here.
                b'\'' => next += bytes[next..end].iter().take_while(|b| is_name(b)).count(),
                b'(' | b'[' | b'{' => {
                    self.open.push(self.list.len());
                    self.add(Kind::Open(byte), at, next);
                }
                b')' | b']' | b'}' => self.close(byte, at)?,
                _ => self.add(Kind::Punct(byte), at, next),
            }
            at = next;
        }
        Some(())
    }

    fn close(&mut self, byte: u8, at: usize) -> Option<()> {
        let opener = match byte {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        let open = self.open.pop().filter(|open| self.list[*open].kind == Kind::Open(opener))?;
        let index = self.list.len();
        self.list[open].pair = index;
        self.list.push(Token { kind: Kind::Close(byte), start: at, end: at + 1, pair: open });
        Some(())
    }
}

//! The expression a method is called on, read backwards from its dot.

use super::is_keyword;
use super::tokens::{Kind, Token};

/// Longest receiver, in links of its chain; longer ones lose their beginning.
const MAX_LINKS: usize = 64;
/// Longest text of a receiver, in characters; longer ones lose their end.
const MAX_TEXT: usize = 200;

/// The text of the expression before the dot at `dot`.
pub(super) fn receiver(text: &str, tokens: &[Token], dot: usize) -> String {
    let mut start = dot;
    for _ in 0..MAX_LINKS {
        let Some(earlier) = link_before(text, tokens, start) else { break };
        start = earlier;
    }
    shortened(&text[tokens[start].start..tokens[dot].start])
}

/// The first token of the link that ends before `at`, if the expression goes on there.
fn link_before(text: &str, tokens: &[Token], at: usize) -> Option<usize> {
    let last = at.checked_sub(1)?;
    let kind = |index: usize| tokens[index].kind;
    let is_word = |index: usize| kind(index) == Kind::Name && !is_keyword(&text[tokens[index].start..tokens[index].end]);
    let follows = tokens.get(at).map(|token| token.kind);
    // What may stand before the token at `at` as part of the same expression.
    let continues = match follows? {
        // A dot or `?` follows any operand.
        Kind::Punct(b'.' | b'?') => true,
        // A path's `::`, a call's or an index's bracket follow a name, a call, a macro's `!`.
        Kind::Punct(b':') | Kind::Punct(b'!') => is_word(last) || kind(last) == Kind::Punct(b'>'),
        Kind::Open(b'(' | b'[') => {
            is_word(last) || matches!(kind(last), Kind::Close(b')' | b']') | Kind::Punct(b'?' | b'!' | b'>'))
        }
        // A name or a number goes on only over `.` or `::`.
        Kind::Name | Kind::Literal => matches!(kind(last), Kind::Punct(b'.' | b':')),
        Kind::Punct(b'<') => kind(last) == Kind::Punct(b':'),
        _ => false,
    };
    if !continues {
        return None;
    }
    match kind(last) {
        Kind::Close(_) => Some(tokens[last].pair),
        Kind::Name if is_word(last) => Some(last),
        Kind::Literal => Some(last),
        Kind::Punct(b'?') => Some(last),
        Kind::Punct(b'!') => (last > 0 && is_word(last - 1)).then(|| last - 1),
        // One dot is a link, two are a range.
        Kind::Punct(b'.') => (last > 0 && kind(last - 1) != Kind::Punct(b'.')).then_some(last),
        Kind::Punct(b':') => (last > 0 && kind(last - 1) == Kind::Punct(b':')).then(|| last - 1),
        Kind::Punct(b'>') => opening_angle(tokens, last),
        _ => None,
    }
}

fn opening_angle(tokens: &[Token], close: usize) -> Option<usize> {
    let mut angles = 0usize;
    for at in (close.saturating_sub(MAX_LINKS)..=close).rev() {
        match tokens[at].kind {
            Kind::Punct(b'>') => angles += 1,
            Kind::Punct(b'<') if angles == 1 => return Some(at),
            Kind::Punct(b'<') => angles -= 1,
            _ => {}
        }
    }
    None
}

/// On one line: white space beside a dot goes, other white space is one blank.
fn shortened(text: &str) -> String {
    let mut out = String::new();
    let mut gap = false;
    for character in text.trim().chars().take(10 * MAX_TEXT) {
        if character.is_whitespace() {
            gap = true;
            continue;
        }
        if gap && character != '.' && !out.ends_with('.') {
            out.push(' ');
        }
        gap = false;
        out.push(character);
        if out.chars().count() >= MAX_TEXT {
            break;
        }
    }
    out
}

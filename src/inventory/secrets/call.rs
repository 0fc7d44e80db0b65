//! Literals as arguments of functions that sign, encrypt or authenticate.
//!
//! To add a function: its name up to the parenthesis, in lower case, and which argument is the key.

use super::assignment;

/// Longest way to the argument, in bytes.
const MAX_ARGUMENTS: usize = 400;

/// Functions that sign, encrypt or authenticate, and which argument of theirs is the key: what follows the parenthesis is the first.
pub(super) const FUNCTIONS: &[(&str, usize)] = &[
    ("jwt.sign(", 1),
    ("jwt.verify(", 1),
    ("jwt.encode(", 1),
    ("jwt.decode(", 1),
    ("jsonwebtoken.sign(", 1),
    ("jsonwebtoken.verify(", 1),
    ("createhmac(", 1),
    ("cookieparser(", 0),
    ("timedserializer(", 0),
    ("urlsafeserializer(", 0),
    ("hmac.new(", 0),
    ("signedstring(", 0),
    ("hmacshakeyfor(", 0),
    ("secretkeyspec(", 0),
    ("key::from_secret(", 0),
    (".bearer_auth(", 0),
    (".bearerauth(", 0),
    ("fernet(", 0),
];

/// The literal that is an argument, by number, of the call whose arguments start at `at`.
pub(super) fn argument(text: &str, at: usize, number: usize) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let (mut depth, mut left, mut start) = (0usize, number, at);
    let mut quote = None;
    while left > 0 {
        let byte = *bytes.get(start).filter(|_| start - at < MAX_ARGUMENTS)?;
        match (quote, byte) {
            (Some(_), b'\\') => start += 1,
            (Some(open), byte) if byte == open => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'' | b'`') => quote = Some(byte),
            (None, b'(' | b'[' | b'{') => depth += 1,
            (None, b')' | b']' | b'}') => depth = depth.checked_sub(1)?,
            (None, b',') if depth == 0 => left -= 1,
            _ => {}
        }
        start += 1;
    }
    assignment::literal_at(text, start)
}

#[cfg(test)]
mod tests {
    use super::argument;

    #[test]
    fn arguments_are_counted_outside_brackets_and_quotes() {
        let of = |text: &str, number: usize| {
            argument(text, text.find('(').expect("a call") + 1, number).map(|(start, end)| text[start..end].to_owned())
        };
        assert_eq!(of("f({ a: 1, b: [2, 3] }, 'LIT', x)", 1).as_deref(), Some("LIT"));
        assert_eq!(of("f('a, b', \"LIT\")", 1).as_deref(), Some("LIT"));
        assert_eq!(of("f([]byte(\"LIT\"))", 0).as_deref(), Some("LIT"));
        assert_eq!(of("f(a)('LIT', 'LIT')", 1), None);
        assert_eq!(of("f(a, b)", 1), None);
        assert_eq!(of("f('unclosed, 'LIT'", 3), None);
        assert_eq!(of("f(", 1), None);
    }
}

//! Taking the user's credentials out of everything that leaves the module: as given, in base64, and as in a URL.

use super::facts::Answer;

/// Shorter texts than this are no credentials, and would be found everywhere.
const SHORTEST: usize = 5;

/// The texts to take out.
#[derive(Clone, Default)]
pub(super) struct Scrub {
    /// Longest first.
    texts: Vec<Vec<u8>>,
}

impl Scrub {
    pub fn new<'a>(secrets: impl Iterator<Item = &'a str>) -> Scrub {
        let mut texts = Vec::new();
        for secret in secrets {
            let mut parts = vec![secret.to_owned()];
            // `Bearer TOKEN`, `Basic BASE64` and what it holds; each cookie of several.
            parts.extend(secret.split([' ', ';', ',']).map(|part| part.trim().to_owned()));
            parts.extend(
                secret.split([' ', ';', ',']).filter_map(|part| part.split_once('=')).map(|(_, value)| value.trim().to_owned()),
            );
            let inner: Vec<String> = parts.iter().filter_map(|part| String::from_utf8(decode(part)?).ok()).collect();
            // The name of a user is no secret, and would be found everywhere.
            let words: Vec<String> = inner.iter().filter_map(|inner| Some(inner.split_once(':')?.1.to_owned())).collect();
            parts.extend(inner);
            parts.extend(words);
            for part in parts.iter().filter(|part| part.len() >= SHORTEST && !is_scheme(part)) {
                let coded = encode(part.as_bytes());
                let url_safe = coded.replace('+', "-").replace('/', "_");
                texts.extend([
                    coded.trim_end_matches('=').to_owned(),
                    url_safe.trim_end_matches('=').to_owned(),
                    coded,
                    url_safe,
                ]);
                texts.extend([percent(part, false), percent(part, true), part.replace('"', "\\\""), part.clone()]);
            }
        }
        let mut texts: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
        texts.sort_by(|one, other| other.len().cmp(&one.len()).then(one.cmp(other)));
        texts.dedup();
        Scrub { texts }
    }

    /// The text without credentials.
    pub fn text(&self, text: &str) -> String {
        match self.bytes(text.as_bytes()) {
            Some(clean) => String::from_utf8_lossy(&clean).into_owned(),
            None => text.to_owned(),
        }
    }

    /// The answer without credentials.
    pub fn answer(&self, answer: Answer) -> Answer {
        Answer {
            url: self.text(&answer.url),
            headers: answer.headers.iter().map(|(name, value)| (self.text(name), self.text(value))).collect(),
            body: self.bytes(&answer.body).unwrap_or(answer.body),
            ..answer
        }
    }

    /// `None`: nothing to take out.
    fn bytes(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        let mut clean: Option<Vec<u8>> = None;
        for secret in &self.texts {
            let own = clean.as_deref().unwrap_or(bytes);
            if memchr::memmem::find(own, secret).is_none() {
                continue;
            }
            let (mut next, mut done) = (Vec::with_capacity(own.len()), 0);
            for at in memchr::memmem::find_iter(own, secret) {
                next.extend_from_slice(&own[done..at]);
                next.extend_from_slice(b"masked-credential");
                done = at + secret.len();
            }
            next.extend_from_slice(&own[done..]);
            clean = Some(next);
        }
        clean
    }
}

/// Names of schemes of Authorization are no secrets.
fn is_scheme(part: &str) -> bool {
    ["bearer", "basic", "digest", "token", "apikey", "negotiate", "masked-credential"]
        .contains(&part.to_ascii_lowercase().as_str())
}

/// Every byte that a URL, or a form, writes otherwise.
pub(super) fn percent(text: &str, form: bool) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            b' ' if form => out.push('+'),
            // Writing to a string does not fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            let digit = (word >> (18 - 6 * at)) & 63;
            out.push(if at <= chunk.len() { char::from(ALPHABET[digit as usize]) } else { '=' });
        }
    }
    out
}

/// The bytes that base64 stands for, in either alphabet, with or without padding.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut out = Vec::with_capacity(text.len() * 3 / 4);
    let (mut word, mut bits) = (0u32, 0);
    for byte in text.bytes() {
        let byte = match byte {
            b'-' => b'+',
            b'_' => b'/',
            other => other,
        };
        let digit = ALPHABET.iter().position(|own| *own == byte)?;
        word = word << 6 | u32::try_from(digit).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(word >> bits & 0xff).ok()?);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_both_ways() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("app:hunter2", "YXBwOmh1bnRlcjI=")] {
            assert_eq!(encode(plain.as_bytes()), coded);
            assert_eq!(decode(coded).unwrap(), plain.as_bytes());
        }
        assert_eq!(decode("a b"), None);
    }

    #[test]
    fn credentials_are_taken_out_in_every_form() {
        let basic = format!("Basic {}", encode(b"admin:hunter2/+x"));
        let scrub = Scrub::new([basic.as_str(), "Bearer abc\"def.token", "sid=cookie-value-1; other=cookie-value-2"].into_iter());
        for echo in [
            basic.clone(),
            "password hunter2/+x".into(),
            "u=hunter2%2F%2Bx".into(),
            format!("again {}", encode(b"hunter2/+x")),
            "{\"t\":\"abc\\\"def.token\"}".into(),
            "Cookie: other=cookie-value-2".into(),
            encode(b"cookie-value-1").trim_end_matches('=').to_owned(),
        ] {
            let clean = scrub.text(&echo);
            assert!(clean.contains("masked-credential"), "{echo}: {clean}");
            for part in ["hunter2", "def.token", "cookie-value"] {
                assert!(!clean.contains(part), "{echo}: {clean}");
            }
        }
        assert_eq!(scrub.text("Bearer and Basic stay"), "Bearer and Basic stay");
        let answer = Answer { body: b"\xff hunter2/+x".to_vec(), headers: vec![("X-Echo".into(), basic)], ..Answer::default() };
        let clean = scrub.answer(answer);
        assert_eq!(clean.body, b"\xff masked-credential");
        assert!(!clean.headers[0].1.contains("YWRta"));
    }
}

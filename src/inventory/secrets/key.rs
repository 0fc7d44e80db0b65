//! Private keys as PEM blocks, and signed JSON web tokens.

use super::{checksum, placeholder, random};

/// Longest key that is read, in bytes.
const MAX_KEY: usize = 16 * 1024;
/// Fewest characters of key material: an Ed25519 key has 64.
const MIN_MATERIAL: usize = 60;
/// Longest part of a token, in bytes.
const MAX_PART: usize = 8 * 1024;

/// The PEM block in whose first line `private key` starts at `at`: where it and where its material begins, and where it ends.
pub(super) fn pem(text: &str, at: usize) -> Option<(usize, usize, usize)> {
    const BEGIN: &str = "-----BEGIN ";
    let (first, width) = (at.saturating_sub(BEGIN.len() + 12), BEGIN.len());
    let start = first + text.as_bytes()[first..at].windows(width).rposition(|window| window == BEGIN.as_bytes())?;
    let label = text.get(start + width..at)?;
    let tail = text.get(at..)?.strip_prefix("PRIVATE KEY")?;
    let tail = tail.strip_prefix(" BLOCK").unwrap_or(tail).strip_prefix("-----")?;
    if !["", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ", "PGP ", "ANY "].contains(&label) {
        return None;
    }
    let body_start = text.len() - tail.len();
    let body = &tail.as_bytes()[..tail.len().min(MAX_KEY)];
    // A dash inside a word is part of a header such as `DEK-Info: AES-128-CBC,…`.
    let ends = |at: &usize| body[*at] == b'-' && !body.get(at + 1).is_some_and(u8::is_ascii_alphanumeric);
    let length = (0..body.len()).find(ends).unwrap_or(body.len());
    let material = material(&body[..length]);
    let is_key = material.len() >= MIN_MATERIAL
        && random::entropy(&material) >= 4.0
        && !placeholder::is_templated(&tail[..floor(tail, length)]);
    let end = floor(text, body_start + length);
    let rest = &text[end..];
    let end = if rest.starts_with("-----END") { end + rest.find("KEY").map_or(0, |at| at + 3) } else { end };
    (is_key && is_der_or_openssh(&material, label)).then_some((start, body_start, end))
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// The base64 of a body, whatever quotes, escapes and headers it is written with.
fn material(body: &[u8]) -> String {
    let mut out = String::new();
    let text = String::from_utf8_lossy(body);
    let plain = text.replace("\\r", "").replace("\\n", "\n");
    for line in plain.lines().filter(|line| !line.contains(": ")) {
        out.extend(line.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')));
    }
    out
}

fn is_der_or_openssh(material: &str, label: &str) -> bool {
    match label {
        "OPENSSH " => material.trim_start_matches('+').starts_with("b3BlbnNzaC1rZXk"),
        "PGP " => true,
        // Encrypted in the old way it is random from the first byte; otherwise a sequence in DER.
        _ => material.trim_start_matches('+').starts_with('M') || !label.is_empty(),
    }
}

/// The end of the token that starts at `at`, if it is a signed JSON web token that nobody is meant to see.
pub(super) fn jwt(text: &str, at: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if at > 0 && is_part(&bytes[at - 1]) {
        return None;
    }
    let end_of = |from: usize| from + bytes[from..].iter().take(MAX_PART).take_while(|byte| is_part(byte)).count();
    let header_end = end_of(at);
    let payload_end = bytes.get(header_end).filter(|byte| **byte == b'.').map(|_| end_of(header_end + 1))?;
    let end = bytes.get(payload_end).filter(|byte| **byte == b'.').map(|_| end_of(payload_end + 1))?;
    let (header, payload, signature) =
        (text.get(at..header_end)?, text.get(header_end + 1..payload_end)?, text.get(payload_end + 1..end)?);
    // Five parts are an encrypted token; a full stop may end a sentence.
    let goes_on = bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(is_part);
    if goes_on || signature.len() < 16 || random::entropy(signature) < random::expected_entropy(signature.len()) {
        return None;
    }
    let header = object(header)?;
    let payload = object(payload)?;
    let text_of = |name: &str| payload.get(name).and_then(serde_json::Value::as_str);
    let is_signed = header.get("alg").and_then(serde_json::Value::as_str).is_some_and(|alg| alg != "none");
    // The sample of the specification's site, and keys that a hosted backend publishes to browsers.
    let is_sample = text_of("name") == Some("John Doe") || text_of("sub") == Some("1234567890");
    let is_published = text_of("role") == Some("anon");
    (is_signed && !is_sample && !is_published).then_some(end)
}

fn object(part: &str) -> Option<serde_json::Map<String, serde_json::Value>> {
    serde_json::from_slice(&checksum::base64(part)?).ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Text that looks like key material, from a small fixed generator.
    pub(in super::super) fn noise(alphabet: &[u8], length: usize, seed: u64) -> String {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let next = |_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            char::from(alphabet[((state >> 16) % alphabet.len() as u64) as usize])
        };
        (0..length).map(next).collect()
    }

    const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    pub(in super::super) fn block(label: &str, separator: &str) -> String {
        let start = if label == "OPENSSH " { "b3BlbnNzaC1rZXktdjEA" } else { "MIIEow" };
        let lines: Vec<String> = (0..4).map(|line| noise(BASE64, 64, line + 7)).collect();
        let body = lines.join(separator);
        format!(
            "-----BEGIN {label}{}-----{separator}{start}{body}{separator}-----END {label}{}-----",
            "PRIVATE KEY", "PRIVATE KEY"
        )
    }

    pub(in super::super) fn token(header: &str, payload: &str) -> String {
        let encode = |text: &str| {
            let mut out = String::new();
            for chunk in text.as_bytes().chunks(3) {
                let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
                let digit = |index: usize| char::from(BASE64[(bits >> (18 - 6 * index) & 63) as usize]);
                out.extend((0..=chunk.len()).map(digit));
            }
            out.replace('+', "-").replace('/', "_")
        };
        format!("{}.{}.{}", encode(header), encode(payload), noise(&BASE64[..62], 43, 3))
    }

    fn find(text: &str) -> Option<(usize, usize, usize)> {
        pem(text, text.find("PRIVATE KEY")?)
    }

    #[test]
    fn blocks_are_found_in_files_strings_and_json() {
        for label in ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "] {
            for separator in ["\n", "\r\n", "\\n", "\\n\" +\n  \"", "\n    "] {
                let text = format!("key = \"{}\"", block(label, separator));
                assert_eq!(find(&text).map(|(start, _, end)| (start, &text[end..])), Some((7, "-----\"")), "{text}");
            }
        }
        let encrypted = block("RSA ", "\n").replacen("MIIEow", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00FF\n\n", 1);
        assert!(find(&encrypted).is_some());
    }

    #[test]
    fn public_keys_stubs_and_templates_are_not() {
        let whole = block("", "\n");
        for text in [
            whole.replace("PRIVATE KEY", "PUBLIC KEY"),
            whole.replace("PRIVATE KEY", "CERTIFICATE"),
            format!("-----BEGIN {}-----\n...\n-----END {}-----", "PRIVATE KEY", "PRIVATE KEY"),
            format!("-----BEGIN {}-----\\nMIIEvQ...\\n-----END {}-----", "PRIVATE KEY", "PRIVATE KEY"),
            format!("if text.startswith('-----BEGIN {}-----'):", "PRIVATE KEY"),
            whole.replacen("MIIE", "<your key>", 1),
            "PRIVATE KEY".to_owned(),
            format!("-----BEGIN {}", "PRIVATE KEY-----"),
        ] {
            assert_eq!(find(&text), None, "{text}");
        }
    }

    #[test]
    fn signed_tokens_are_found() {
        let text = format!("x = '{}'", token(r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"role":"service_role","iss":"x"}"#));
        assert_eq!(jwt(&text, 5), Some(text.len() - 1));
    }

    #[test]
    fn unsigned_published_and_sample_tokens_are_not() {
        for (header, payload) in [
            (r#"{"alg":"none"}"#, r#"{"a":1}"#),
            (r#"{"typ":"JWT"}"#, r#"{"a":1}"#),
            (r#"{"alg":"HS256"}"#, r#"{"role":"anon"}"#),
            (r#"{"alg":"HS256"}"#, r#"{"sub":"1234567890","name":"John Doe"}"#),
            (r#"{"alg":"HS256"}"#, "no object"),
        ] {
            assert_eq!(jwt(&token(header, payload), 0), None, "{header} {payload}");
        }
        let whole = token(r#"{"alg":"HS256"}"#, r#"{"a":1}"#);
        assert_eq!(jwt(whole.rsplit_once('.').map_or("", |(two, _)| two), 0), None);
        assert_eq!(jwt(&format!("a{whole}"), 1), None);
        assert_eq!(jwt(&format!("{whole}.x"), 0), None);
    }
}

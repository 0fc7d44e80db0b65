//! Checksums inside tokens, and the encodings they need. To add one: a value in `model::secret::Checksum` and its arm here.

use crate::model::secret::Checksum;

/// The digits of base 62; the first 36 of base 36, in capitals.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Does the token carry the checksum it should? `prefix` is the length of its prefix; `None` for a form that has no checksum.
pub(super) fn holds(checksum: Checksum, token: &str, prefix: usize) -> Option<bool> {
    let length = match checksum {
        Checksum::Crc32Base62 => 6,
        Checksum::Crc32Hex | Checksum::Crc32HexLe => 8,
        Checksum::Crc32Base36 => 7,
    };
    let parts = token.len().checked_sub(length).filter(|at| *at >= prefix).and_then(|at| token.split_at_checked(at));
    let Some((before, sum)) = parts else { return Some(false) };
    let is_old = checksum == Checksum::Crc32Base36 && before.as_bytes().iter().rev().nth(2) != Some(&b'.');
    (!is_old).then(|| sum_of(checksum, before, prefix) == sum)
}

/// The checksum that follows this part of a token.
pub(super) fn sum_of(checksum: Checksum, before: &str, prefix: usize) -> String {
    match checksum {
        Checksum::Crc32Base62 => digits(crc32(&before.as_bytes()[prefix..]), 62, 6),
        Checksum::Crc32Hex => format!("{:08x}", crc32(before.as_bytes())),
        Checksum::Crc32HexLe => {
            format!("{:08x}", crc32(before.strip_suffix('_').unwrap_or(before).as_bytes()).swap_bytes())
        }
        Checksum::Crc32Base36 => digits(crc32(before.as_bytes()), 36, 7).to_ascii_lowercase(),
    }
}

/// The CRC-32 of IEEE 802.3.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// The number in a base, filled with zeros.
fn digits(mut number: u32, base: u32, length: usize) -> String {
    let mut digits = vec![b'0'; length];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % base) as usize];
        number /= base;
    }
    digits.into_iter().map(char::from).collect()
}

/// Decodes base64 in the standard or the URL alphabet, padded or not. `None` for anything else.
pub(super) fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut count) = (Vec::with_capacity(text.len() * 3 / 4), 0u32, 0u32);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crc_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn a_token_with_its_checksum_holds_and_one_changed_character_breaks_it() {
        let random = "a1B2c3".repeat(5);
        for (checksum, prefix, tail) in [
            (Checksum::Crc32Base62, "acm_", ""),
            (Checksum::Crc32Hex, "acm_", ""),
            (Checksum::Crc32HexLe, "acm_", "_"),
            (Checksum::Crc32Base36, "acm-", ".01.0u"),
            (Checksum::Crc32Base36, "acm-", ".0u"),
        ] {
            let before = format!("{prefix}{random}{tail}");
            let token = format!("{before}{}", sum_of(checksum, &before, prefix.len()));
            assert_eq!(holds(checksum, &token, prefix.len()), Some(true), "{token}");
            assert_eq!(holds(checksum, &token.replacen("B", "b", 1), prefix.len()), Some(false), "{token}");
            assert_eq!(holds(checksum, "abc", 0), Some(false));
            assert!(!holds(checksum, "aäöüß", 0).is_some_and(|holds| holds));
        }
        assert_eq!(holds(Checksum::Crc32Base36, &format!("acm-{random}"), 4), None);
    }

    /// The example in GitLab's own specification of its tokens.
    #[test]
    fn the_sum_in_base_36_is_that_of_the_specification() {
        let token = ["bzoxd_Rb5_cHeWe1JH56wr2FCBA", ".0r", "1pum4t4"].concat();
        assert_eq!(holds(Checksum::Crc32Base36, &token, 0), Some(true));
    }

    #[test]
    fn the_lowest_byte_comes_first() {
        assert_eq!(sum_of(Checksum::Crc32Hex, "123456789", 0), "cbf43926");
        assert_eq!(sum_of(Checksum::Crc32HexLe, "123456789_", 0), "2639f4cb");
    }

    #[test]
    fn both_alphabets_decode_with_and_without_padding() {
        assert_eq!(base64("eyJhIjoxfQ==").as_deref(), Some(&b"{\"a\":1}"[..]));
        assert_eq!(base64("eyJhIjoxfQ").as_deref(), Some(&b"{\"a\":1}"[..]));
        assert_eq!(base64("-_-_"), base64("+/+/"));
        assert_eq!(base64("a b"), None);
    }
}

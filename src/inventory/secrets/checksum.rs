//! Checksums inside tokens, and the encodings they need. To add one: a value in `model::secret::Checksum` and its arm here.

use crate::model::secret::Checksum;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Characters of a base-62 CRC-32.
const CRC_LENGTH: usize = 6;

/// Does the token, without its prefix, carry the checksum it should?
pub(super) fn holds(checksum: Checksum, body: &str) -> bool {
    match checksum {
        Checksum::Crc32Base62 => body
            .len()
            .checked_sub(CRC_LENGTH)
            .filter(|at| body.is_char_boundary(*at))
            .map(|at| body.split_at(at))
            .is_some_and(|(random, sum)| base62(crc32(random.as_bytes())) == sum),
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

/// The number in base 62, filled with zeros.
pub(super) fn base62(mut number: u32) -> String {
    let mut digits = [b'0'; CRC_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(number % 62) as usize];
        number /= 62;
    }
    digits.iter().map(|digit| char::from(*digit)).collect()
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
        let body = format!("{random}{}", base62(crc32(random.as_bytes())));
        assert!(holds(Checksum::Crc32Base62, &body));
        assert!(!holds(Checksum::Crc32Base62, &body.replacen('a', "b", 1)));
        assert!(!holds(Checksum::Crc32Base62, "abc"));
        assert!(!holds(Checksum::Crc32Base62, "aäöüß"));
    }

    #[test]
    fn both_alphabets_decode_with_and_without_padding() {
        assert_eq!(base64("eyJhIjoxfQ==").as_deref(), Some(&b"{\"a\":1}"[..]));
        assert_eq!(base64("eyJhIjoxfQ").as_deref(), Some(&b"{\"a\":1}"[..]));
        assert_eq!(base64("-_-_"), base64("+/+/"));
        assert_eq!(base64("a b"), None);
    }
}

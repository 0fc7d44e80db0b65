//! Whether a literal looks as if a machine had made it, and the shapes of what machines make: digests and UUIDs.
//!
//! Everything here judges characters alone; the words that it must not be taken for are in the tests.

/// Parts between separators are words, numbers or a word with a short number: an identifier, not a key.
pub(super) fn looks_like_words(value: &str) -> bool {
    value.split(['-', '_', '.', '/', ':', '+', '=', '~', '@', '|', ',']).all(|part| !is_random(part))
}

/// A stretch of letters and digits in which both alternate as in no word.
fn is_random(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let letters = part.bytes().filter(u8::is_ascii_alphabetic).count();
    if part.len() < 8 || letters == 0 || entropy(part) < 2.5 {
        return false;
    }
    if digits == 0 {
        // Letters alone: only mixed case without any word in it.
        return part.len() >= 20
            && entropy(part) >= 3.8
            && case_changes(part) * 4 >= part.len()
            && capital_pairs(part) * 8 >= part.len();
    }
    let word_with_number = part.trim_end_matches(|c: char| c.is_ascii_digit());
    let number_with_word = part.trim_start_matches(|c: char| c.is_ascii_digit());
    let all_letters = |text: &str| text.bytes().all(|b| b.is_ascii_alphabetic());
    digits > 4 || !(all_letters(word_with_number) || all_letters(number_with_word))
}

fn case_changes(text: &str) -> usize {
    let bytes = text.as_bytes();
    bytes.windows(2).filter(|pair| pair[0].is_ascii_lowercase() != pair[1].is_ascii_lowercase()).count()
}

/// Words in camel case have none.
fn capital_pairs(text: &str) -> usize {
    text.as_bytes().windows(2).filter(|pair| pair.iter().all(u8::is_ascii_uppercase)).count()
}

/// Do at least half of the parts between dashes mix letters and digits?
pub(super) fn has_mixed_parts(value: &str) -> bool {
    let mixed = |part: &&str| part.bytes().any(|b| b.is_ascii_digit()) && part.bytes().any(|b| b.is_ascii_alphabetic());
    value.split('-').filter(mixed).count() * 2 >= value.split('-').count()
}

/// Does it look as if a machine had made it? At least `length` characters.
pub(super) fn looks_random(value: &str, length: usize) -> bool {
    value.len() >= length
        && value.bytes().all(|byte| byte.is_ascii_graphic())
        && !looks_like_words(value)
        && !has_sequence(value)
        && entropy(value) >= expected_entropy(value.len())
}

/// Is it certain that a machine made it: a key in hexadecimal digits, or random and long?
pub(super) fn is_made(value: &str) -> bool {
    looks_random(value, 20) || is_digest(value) && entropy(value) >= 3.0
}

/// `12345678`, `abcdefgh`, `aaaaaa`: what a keyboard or a manual gives.
pub(super) fn has_sequence(value: &str) -> bool {
    let (mut rising, mut same) = (1, 1);
    for pair in value.as_bytes().windows(2) {
        let (a, b) = (pair[0].to_ascii_lowercase(), pair[1].to_ascii_lowercase());
        rising = if b == a + 1 || (a == b'9' && b == b'0') || (a == b'9' && b == b'a') { rising + 1 } else { 1 };
        same = if a == b { same + 1 } else { 1 };
        if rising >= 7 || same >= 6 {
            return true;
        }
    }
    false
}

/// Shannon entropy in bits per character.
pub(super) fn entropy(value: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = value.len() as f64;
    counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total).map(|share| -share * share.log2()).sum()
}

/// The entropy below which a text of this length is not random.
pub(super) fn expected_entropy(length: usize) -> f64 {
    (0.7 * (length.max(2) as f64).log2()).min(3.0)
}

/// `8-4-4-4-12` hexadecimal digits.
pub(super) fn is_uuid(value: &str) -> bool {
    let lengths: Vec<usize> = value.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Hexadecimal digits in the length of a digest.
pub(super) fn is_digest(value: &str) -> bool {
    matches!(value.len(), 32 | 40 | 56 | 64 | 96 | 128) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_texts_are_told_from_words() {
        for value in ["lab-models-5b81e07c", "9f8e7d6c5b4a39281706f5e4", "q8Zr2LmX0pVt", "Zm9v2YmFy9Xo1Kd8"] {
            assert!(looks_random(value, 12), "{value}");
        }
        for value in [
            "my-super-secret-key-2024",
            "access-token-v2",
            "authentication",
            "user_profile_42",
            "1234567890abcdef",
            "production2024",
        ] {
            assert!(!looks_random(value, 12), "{value}");
        }
    }

    #[test]
    fn shapes_of_identifiers() {
        assert!(is_uuid("01234567-89ab-cdef-0123-456789abcdef"));
        assert!(!is_uuid("01234567-89ab-cdef-0123-456789abcdeg"));
        assert!(is_digest(&"a1".repeat(32)) && !is_digest(&"a1".repeat(15)));
    }
}

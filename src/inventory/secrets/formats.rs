//! Token formats, compiled when first needed, and what tells a token from a look-alike.
//!
//! The pattern is matched at the place of its literal, never searched for; then the token must stand alone, carry its checksum, and
//! be as random as its length lets expect. To add a format, see `checks/tokens/`; to add a kind of proof, see `checksum`.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::literal::Extractor;
use regex_syntax::{Parser, ParserBuilder};

use crate::model::secret::TokenFormat;
use crate::model::terms::Confidence;

use super::{checksum, placeholder, random};

/// Longest token, in bytes.
const MAX_TOKEN: usize = 4096;
/// Shortest token, in bytes.
const MIN_TOKEN: usize = 12;
/// Shortest literal that a token may start with, in bytes.
const MIN_PREFIX: usize = 3;
/// Length from which a text of words only is an identifier, in bytes.
const WORDY: usize = 20;
/// Shortest name of a provider that is looked for by itself; shorter ones are seen beside `key`, `token` and the like.
const MIN_NAME: usize = 5;
/// Most literals that a pattern may start with.
const MAX_PREFIXES: usize = 16;

/// The literals that tokens of this format start with, as they are written.
///
/// # Errors
/// What is wrong with the pattern.
pub fn prefixes(format: &TokenFormat) -> Result<Vec<String>, String> {
    let hir = parser().parse(&format.pattern).map_err(|error| error.to_string())?;
    let properties = hir.properties();
    if properties.maximum_len().is_none_or(|length| length > MAX_TOKEN) {
        return Err(format!("a token has at most {MAX_TOKEN} characters; give every repetition an upper bound"));
    }
    if properties.minimum_len().is_none_or(|length| length < MIN_TOKEN) {
        return Err(format!("a token has at least {MIN_TOKEN} characters"));
    }
    if !format.names.is_empty() {
        return Ok(Vec::new());
    }
    let literals = Extractor::new().limit_total(MAX_PREFIXES).extract(&hir);
    let texts: Option<Vec<String>> = literals
        .literals()
        .and_then(|literals| literals.iter().map(|literal| String::from_utf8(literal.as_bytes().to_vec()).ok()).collect());
    let texts = texts.unwrap_or_default();
    if texts.is_empty() || texts.iter().any(|text| text.len() < MIN_PREFIX || !text.is_ascii()) {
        return Err(format!(
            "the pattern must start with {MIN_PREFIX} literal characters or more, or the format must have `names`"
        ));
    }
    Ok(texts)
}

fn parser() -> Parser {
    ParserBuilder::new().unicode(false).utf8(true).build()
}

/// A format ready to be matched.
pub(super) struct Compiled {
    pub(super) format: TokenFormat,
    prefixes: Vec<String>,
    pattern: OnceLock<Option<Regex>>,
}

/// A text that has the format.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Match {
    pub(super) end: usize,
    pub(super) confidence: Confidence,
    /// It has the format, but is made to be published, a placeholder, or not random.
    pub(super) harmless: bool,
}

impl Compiled {
    pub(super) fn new(format: TokenFormat) -> Option<Compiled> {
        let prefixes = prefixes(&format).ok()?;
        Some(Compiled { format, prefixes, pattern: OnceLock::new() })
    }

    /// The literals of the automaton, in lower case.
    pub(super) fn keywords(&self) -> Vec<String> {
        let names = self.format.names.iter().filter(|name| name.len() >= MIN_NAME);
        self.prefixes.iter().chain(names).map(|word| word.to_ascii_lowercase()).collect()
    }

    fn pattern(&self) -> Option<&Regex> {
        let build =
            || RegexBuilder::new(&format!("^(?:{})", self.format.pattern)).unicode(false).size_limit(4 << 20).build().ok();
        self.pattern.get_or_init(build).as_ref()
    }

    /// A token that starts at this byte and stands alone.
    pub(super) fn at(&self, text: &str, start: usize) -> Option<Match> {
        let rest = text.get(start..)?;
        let prefix = self.prefixes.iter().filter(|prefix| rest.starts_with(prefix.as_str())).map(String::len).max()?;
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        if start > 0 && is_word(&text.as_bytes()[start - 1]) && !follows_escape(text.as_bytes(), start) {
            return None;
        }
        let end = (MAX_TOKEN + 1).min(rest.len());
        let end = (0..=end).rev().find(|at| rest.is_char_boundary(*at))?;
        let length = self.pattern()?.find(&rest[..end])?.end();
        if rest.as_bytes().get(length).is_some_and(is_word) {
            return None;
        }
        Some(self.judged(text, start, start + length, prefix))
    }

    /// Is this value, given to a name with these words (and these words in one), such a token?
    pub(super) fn named(&self, words: &[String], joined: &str, value: &str) -> bool {
        self.format.names.iter().any(|name| words.contains(name) || (name.len() >= MIN_NAME && joined.contains(name.as_str())))
            && self.pattern().and_then(|pattern| pattern.find(value)).is_some_and(|found| found.end() == value.len())
            && self.is_random(value)
            && !placeholder::is_placeholder(&value.to_ascii_lowercase())
    }

    /// Where the texts stand beside which this token is a published identifier, in order.
    pub(super) fn besides(&self, text: &str) -> Vec<usize> {
        let places = self.format.public_beside.iter().filter(|beside| !beside.is_empty());
        let mut places: Vec<usize> =
            places.flat_map(|beside| memchr::memmem::find_iter(text.as_bytes(), beside.as_bytes())).collect();
        places.sort_unstable();
        places
    }

    fn judged(&self, text: &str, start: usize, end: usize, prefix: usize) -> Match {
        let (token, body) = (&text[start..end], &text[start + prefix..end]);
        let harmless = self.format.public || placeholder::is_placeholder(&token.to_ascii_lowercase()) || !self.is_random(body);
        let confidence = match self.format.checksum.and_then(|checksum| checksum::holds(checksum, token, prefix)) {
            Some(false) => Confidence::Low,
            Some(true) => Confidence::High,
            None => self.format.confidence,
        };
        Match { end, confidence, harmless }
    }

    fn is_random(&self, body: &str) -> bool {
        let least = self.format.entropy.unwrap_or_else(|| random::expected_entropy(body.len()));
        let is_name = body.len() >= WORDY && random::looks_like_words(body) && !random::has_mixed_parts(body);
        random::entropy(body) >= least && !random::has_sequence(body) && !is_name
    }
}

/// Is the letter before this byte the end of `\n`, `\t`, `%20` or the like inside a literal?
fn follows_escape(bytes: &[u8], start: usize) -> bool {
    let before = |back: usize| start.checked_sub(back).map(|at| bytes[at]);
    (before(2) == Some(b'\\') && matches!(before(1), Some(b'n' | b't' | b'r'))) || before(3) == Some(b'%')
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::secret::Checksum;

    pub(in super::super) fn format(id: &str, pattern: &str) -> TokenFormat {
        TokenFormat::example(id, pattern)
    }

    fn compiled(format: TokenFormat) -> Compiled {
        Compiled::new(format).expect("a format that compiles")
    }

    #[test]
    fn prefixes_come_from_the_pattern() {
        let of = |pattern: &str| prefixes(&format("x", pattern));
        assert_eq!(of("acm_[0-9a-z]{20}").unwrap(), ["acm_"]);
        assert_eq!(of("(?:AAKA|ASKA)[A-Z2-7]{16}").unwrap(), ["AAKA", "ASKA"]);
        assert!(of("[0-9a-z]{20}").is_err());
        assert!(of("acm_[0-9a-z]+").is_err());
        assert!(of("acm_[0-9]{3}").is_err());
        assert!(of("acm_(").is_err());
        let mut named = format("x", "[0-9a-f]{32}");
        named.names = vec!["acme".to_owned()];
        assert!(prefixes(&named).unwrap().is_empty());
    }

    #[test]
    fn a_token_stands_alone_and_is_random() {
        let acme = compiled(format("x", "acm_[0-9A-Za-z]{20}"));
        let body = ["q8Zr2LmX0p", "Vt5KcY7wNd"].concat();
        let whole = format!("k=acm_{body};");
        assert!(acme.at(&whole, 2).is_some_and(|found| !found.harmless && found.end == whole.len() - 1));
        assert!(acme.at(&format!("xacm_{body}"), 1).is_none());
        assert!(acme.at(&format!("\\nacm_{body}"), 2).is_some());
        assert!(acme.at(&format!("acm_{body}z"), 0).is_none());
        for body in ["x".repeat(20), "12345678901234567890".to_owned(), "exampleexampleexampl".to_owned()] {
            assert!(acme.at(&format!("acm_{body}"), 0).is_some_and(|found| found.harmless), "{body}");
        }
    }

    #[test]
    fn a_checksum_decides_the_confidence() {
        let mut format = format("x", "acm_[0-9A-Za-z]{36}");
        format.checksum = Some(Checksum::Crc32Base62);
        let acme = compiled(format);
        let random = ["q8Zr2LmX0p", "Vt5KcY7wNd", "Jb3RfG6uHe"].concat();
        let sum = checksum::sum_of(Checksum::Crc32Base62, &random, 0);
        let at = |token: &str| acme.at(token, 0).map(|found| found.confidence);
        assert_eq!(at(&format!("acm_{random}{sum}")), Some(Confidence::High));
        assert_eq!(at(&format!("acm_{random}{}", "A1b2C3")), Some(Confidence::Low));
    }

    #[test]
    fn what_is_published_is_harmless() {
        let mut firebase = format("x", "acm_[0-9A-Za-z]{20}");
        firebase.public_beside = vec!["authDomain".to_owned()];
        let firebase = compiled(firebase);
        let token = ["acm_", "q8Zr2LmX0p", "Vt5KcY7wNd"].concat();
        assert!(firebase.besides(&token).is_empty());
        assert_eq!(firebase.besides(&format!("{token}\nauthDomain")), [token.len() + 1]);
    }

    #[test]
    fn a_named_format_needs_its_name_and_a_word_for_keys() {
        let mut format = format("x", "[0-9a-f]{32}");
        format.names = vec!["acme".to_owned()];
        let acme = compiled(format);
        let value = ["3f8a1c9e7b2d4056", "e1f7a9c3b5d80246"].concat();
        let named = |name: &str, value: &str| {
            let words = super::super::name::words(name);
            super::super::name::ends_like_a_key(&words) && acme.named(&words, &words.concat(), value)
        };
        assert!(named("ACME_APP_KEY", &value));
        assert!(!named("ACME_BUILD", &value));
        assert!(!named("APP_KEY", &value));
        assert!(!named("ACME_APP_KEY", &value[1..]));
    }
}

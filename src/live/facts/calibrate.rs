//! Is something there, or does the server answer so for anything?

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::Regex;

use super::{Answer, Put, Seen};
use crate::model::live::{Facts, Shape};

/// From this similarity on, two answers are the same page.
const SAME: f64 = 0.9;

pub(super) fn derive(seen: &Seen<'_>, facts: &mut Facts) {
    let Some(shape) = seen.key.calibrate else { return };
    // Whether it is the page for everything is not known without its body.
    if seen.last.opaque && (200..300).contains(&seen.last.status) {
        return;
    }
    facts.flag("found", found(seen.last, &seen.sent.path, shape, &seen.sent.calibration));
}

/// 2xx, no page where a file is asked for, and unlike the answers for things that do not exist.
///
/// Without calibration only status and type decide: a rule's own signature has to.
pub(in crate::live) fn found(answer: &Answer, path: &str, shape: Shape, calibration: &[Answer]) -> bool {
    if !(200..300).contains(&answer.status) {
        return false;
    }
    let file = match shape {
        Shape::Page => false,
        // A listing of a folder is a page.
        Shape::DotDir => !path.ends_with('/'),
        Shape::DotFile | Shape::Json | Shape::File => true,
    };
    if file && answer.is_html() && has_markup(answer) {
        return false;
    }
    !calibration.iter().any(|miss| (200..300).contains(&miss.status) && alike(answer, miss))
}

/// Some servers call every file HTML; a page has markup.
fn has_markup(answer: &Answer) -> bool {
    let text = answer.text().to_ascii_lowercase();
    ["<html", "<!doctype", "<body", "<head", "<div", "<script", "<title"].iter().any(|tag| text.contains(tag))
}

/// Same type and nearly the same words, apart from the path asked for and numbers.
fn alike(one: &Answer, other: &Answer) -> bool {
    if one.media_type() != other.media_type() {
        return false;
    }
    let (left, right) = (words(one), words(other));
    let total: usize = left.values().chain(right.values()).sum();
    if total == 0 {
        return true;
    }
    let common: usize = left.iter().map(|(word, count)| right.get(word).copied().unwrap_or(0).min(*count)).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts of words of a body of at most 256 KiB")]
    let ratio = 2.0 * common as f64 / total as f64;
    ratio >= SAME
}

/// How often each word occurs; the path and its parts, and digits, are left out.
fn words(answer: &Answer) -> BTreeMap<String, usize> {
    static SPLIT: OnceLock<Option<Regex>> = OnceLock::new();
    let Some(split) = SPLIT.get_or_init(|| Regex::new(r"[A-Za-z\x80-\u{10ffff}_-]+|[^\sA-Za-z0-9]").ok()) else {
        return BTreeMap::new();
    };
    let path = reqwest::Url::parse(&answer.url).map(|url| url.path().to_owned()).unwrap_or_default();
    let mut text = answer.text().into_owned();
    if path.len() > 1 {
        text = text.replace(&path, "");
    }
    for part in path.split(['/', '.']).filter(|part| part.len() >= 3) {
        text = text.replace(part, "");
    }
    let mut counts = BTreeMap::new();
    for word in split.find_iter(&text) {
        *counts.entry(word.as_str().to_owned()).or_insert(0) += 1;
    }
    counts
}

//! A text as literals are sought in it: in lower case, and without the data that is embedded in it.
//!
//! An image, a font or a program that is written as letters and digits holds every short word by chance; its megabytes would be searched by each
//! expression that asks for one of these words.

use std::cell::OnceCell;
use std::ops::Range;

/// Letters, digits, `+` and `/` without a break from which on they are data, in bytes. The longest of keys are half as long.
const DATA: usize = 8 << 10;

/// What stands for a byte of data: in no literal, and no blank.
const NOTHING: u8 = 0;

/// Adds a text to `lower`, which is empty, as literals are sought in it; offsets are the same.
pub(super) fn fold(text: &str, lower: &mut Vec<u8>) {
    lower.extend(text.bytes().map(|byte| byte.to_ascii_lowercase()));
    blank_data(lower);
}

/// Blanks what is data. Of so many bytes one half is between two steps of that length: nearly always the first byte there is none of data.
fn blank_data(lower: &mut [u8]) {
    const STEP: usize = DATA / 2;
    let is_data = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let mut at = 0;
    while let Some(half) = lower.get(at..at + STEP) {
        if !half.iter().all(is_data) {
            at += STEP;
            continue;
        }
        let start = at - lower[..at].iter().rev().take_while(|byte| is_data(byte)).count();
        let end = at + lower[at..].iter().take_while(|byte| is_data(byte)).count();
        if end - start >= DATA {
            lower[start..end].fill(NOTHING);
        }
        at = end.next_multiple_of(STEP);
    }
}

/// A text in lower case, and its lines.
#[derive(Debug)]
pub(super) struct Folded {
    text: Vec<u8>,
    /// Where the lines that are not blank start and end, their line ends not counted.
    lines: OnceCell<Vec<Range<u32>>>,
}

impl Folded {
    pub(super) fn new(text: &str) -> Folded {
        let mut lower = Vec::with_capacity(text.len());
        fold(text, &mut lower);
        Folded { text: lower, lines: OnceCell::new() }
    }

    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The lines on which something stands that is not blank, and so many before and after, blank ones not counted. Where there are
    /// fewer, all of the text on that side.
    pub(super) fn around(&self, place: Range<usize>, crossings: u32) -> Range<usize> {
        let lines = self.lines.get_or_init(|| solid_lines(&self.text));
        let line = |at: usize| lines.partition_point(|line| (line.end as usize) < at);
        let first = line(place.start + 1).checked_sub(crossings as usize).and_then(|first| lines.get(first));
        let last = lines.get(line(place.end) + crossings as usize);
        let (start, end) = (first.map_or(0, |line| line.start as usize), last.map_or(self.text.len(), |line| line.end as usize));
        // What is looked for may be blank itself.
        start.min(place.start)..end.max(place.end)
    }
}

fn solid_lines(text: &[u8]) -> Vec<Range<u32>> {
    let (mut lines, mut start) = (Vec::with_capacity(text.len() / 32), 0);
    for end in memchr::memchr_iter(b'\n', text).chain([text.len()]) {
        if text[start..end].iter().any(|byte| !byte.is_ascii_whitespace()) {
            lines.push(start as u32..end as u32);
        }
        start = end + 1;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<u8> {
        Folded::new(text).text
    }

    #[test]
    fn embedded_data_holds_no_words_and_all_else_does() {
        let data = |length: usize| "aJwT/+9".repeat(length / 7 + 1)[..length].to_owned();
        for (before, length, is_blank) in [
            (0, DATA, true),
            (1, DATA, true),
            (5_000, DATA, true),
            (8_191, 3 * DATA, true),
            (0, DATA - 1, false),
            (4_000, DATA - 1, false),
        ] {
            let (before, after) = (format!("{}SECRET: \"", ".".repeat(before)), "\" + jwt");
            let text = format!("{before}{}{after}", data(length));
            let middle = if is_blank { vec![NOTHING; length] } else { data(length).to_ascii_lowercase().into_bytes() };
            let expected = [before.to_ascii_lowercase().as_bytes(), &middle, after.as_bytes()].concat();
            assert!(folded(&text) == expected, "{} {length}", before.len());
        }
        let lines = format!("{}\n", data(76)).repeat(500);
        assert!(folded(&lines) == lines.to_ascii_lowercase().as_bytes());
        let two = format!("{}.{}", data(DATA), data(DATA));
        assert!(folded(&two).iter().filter(|byte| **byte != NOTHING).eq([&b'.']));
        assert_eq!(folded(""), b"");
    }
}

//! From byte offsets to lines and columns, in constant time per question.
//!
//! Every front end that gets byte offsets from its parser asks `Lines`; nothing else here counts lines. Only `\n` ends a line, so
//! that a line number means the same in every format, in an editor and in `git blame`.

use std::ops::Range;

use super::node::Span;

/// Bytes between two checkpoints of the column count.
const STRIDE: usize = 64;

/// The lines of one text.
pub struct Lines<'a> {
    text: &'a str,
    /// Byte offset of the first character of each line.
    starts: Vec<u32>,
    /// Characters that begin before each multiple of `STRIDE`; empty for ASCII, where offsets are columns. A minified file is one
    /// line of megabytes: without checkpoints a column would cost a walk over it.
    checkpoints: Vec<u32>,
}

impl<'a> Lines<'a> {
    /// Finds the lines of `text`, which must be shorter than 4 GiB.
    pub fn new(text: &'a str) -> Lines<'a> {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
        let checkpoints = if text.is_ascii() { Vec::new() } else { checkpoints(text.as_bytes()) };
        Lines { text, starts, checkpoints }
    }

    /// 1-based line of the byte at `offset`.
    pub fn line(&self, offset: usize) -> u32 {
        self.starts.partition_point(|start| *start as usize <= offset.min(self.text.len())) as u32
    }

    /// 1-based line and column of the byte at `offset`.
    pub fn position(&self, offset: usize) -> (u32, u32) {
        let offset = offset.min(self.text.len());
        let line = self.line(offset);
        let start = self.starts[line as usize - 1] as usize;
        (line, (self.characters(offset) - self.characters(start)) as u32 + 1)
    }

    /// The place of a byte range whose end is exclusive.
    pub fn span(&self, range: Range<usize>) -> Span {
        let (line, column) = self.position(range.start);
        let last = range.end.saturating_sub(1).max(range.start);
        Span { line, column, end_line: self.line(last), origin: 0 }
    }

    /// How many characters begin before `offset`.
    fn characters(&self, offset: usize) -> usize {
        match self.checkpoints.get(offset / STRIDE) {
            None => offset,
            Some(before) => {
                let from = offset / STRIDE * STRIDE;
                *before as usize + count_characters(&self.text.as_bytes()[from..offset])
            }
        }
    }
}

/// The lines of `text` without their line break, each with its byte offset.
pub fn lines_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut offset = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = offset;
        offset += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

fn checkpoints(bytes: &[u8]) -> Vec<u32> {
    let mut total = 0;
    let mut counts = vec![0];
    for chunk in bytes.chunks(STRIDE) {
        total += count_characters(chunk) as u32;
        counts.push(total);
    }
    counts
}

/// Bytes that begin a character: all but UTF-8 continuations.
fn count_characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn counts_lines_from_one_and_columns_in_characters() {
        let lines = Lines::new("ab\nçé x\r\n\nz");
        assert_eq!(lines.position(0), (1, 1));
        assert_eq!(lines.position(2), (1, 3));
        assert_eq!(lines.position(3), (2, 1));
        assert_eq!(lines.position(8), (2, 4));
        assert_eq!(lines.position(12), (4, 1));
        assert_eq!(lines.position(999), (4, 2));
    }

    #[test]
    fn a_span_ends_on_the_line_of_its_last_byte() {
        let span = Lines::new("a\nb\nc").span(0..4);
        assert_eq!((span.line, span.column, span.end_line), (1, 1, 2));
    }

    proptest! {
        #[test]
        fn agrees_with_counting(text in "[a-zé\u{1F600}\n]{0,300}", at in 0usize..1500) {
            let mut offset = at.min(text.len());
            while !text.is_char_boundary(offset) {
                offset -= 1;
            }
            let before = &text[..offset];
            let line = before.matches('\n').count() as u32 + 1;
            let column = before.rsplit('\n').next().unwrap_or("").chars().count() as u32 + 1;
            prop_assert_eq!(Lines::new(&text).position(offset), (line, column));
        }
    }
}

//! Byte offsets → lines, columns and snippets.

use crate::inventory::view::{FileId, Hit, Snippet};

/// Bytes of a line that are kept: more than a snippet shows.
const MAX_LINE: usize = 1024;

/// About how long a line is, in bytes; most are longer.
const MEAN_LINE: usize = 24;

/// Lines above a cited one that may say what stands in it.
const LINES_ABOVE: u32 = 2;
/// A longer line above is not asked, in bytes.
const MAX_ABOVE: usize = 300;

/// The start of a line, as long as a snippet may need it.
fn start(line: &str) -> &str {
    let line = line.trim();
    &line[..line.floor_char_boundary(MAX_LINE)]
}

/// Where the lines of a text start.
pub(super) struct Lines<'t> {
    text: &'t str,
    starts: Vec<u32>,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Lines<'t> {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1);
        let mut starts = Vec::with_capacity(text.len() / MEAN_LINE + 1);
        starts.push(0);
        starts.extend(breaks);
        Lines { text, starts }
    }

    /// 1-based line of a byte offset.
    pub(super) fn line(&self, offset: usize) -> u32 {
        self.starts.partition_point(|start| *start as usize <= offset) as u32
    }

    /// The text of a 1-based line, without its line break; empty beyond the end.
    pub(super) fn text(&self, line: u32) -> &'t str {
        let index = line.saturating_sub(1) as usize;
        let Some(start) = self.starts.get(index) else { return "" };
        let end = self.starts.get(index + 1).map_or(self.text.len(), |next| *next as usize);
        self.text.get(*start as usize..end).unwrap_or("").trim_end_matches(['\n', '\r'])
    }

    /// A hit on the bytes `start..end`.
    pub(super) fn hit(&self, file: FileId, start: usize, end: usize) -> Hit {
        let line = self.line(start);
        let line_start = self.starts[line as usize - 1] as usize;
        let column = self.text.get(line_start..start).map_or(0, |before| before.chars().count()) as u32 + 1;
        // A match that ends with a line break does not reach into the next line.
        let last = self.line(end.saturating_sub(1).max(start));
        self.hit_at(file, line, column, last)
    }

    /// A hit on lines.
    pub(super) fn hit_at(&self, file: FileId, line: u32, column: u32, end_line: u32) -> Hit {
        let mut raw = String::new();
        for above in line.saturating_sub(LINES_ABOVE).max(1)..line {
            let above = self.text(above).trim();
            if (1..=MAX_ABOVE).contains(&above.len()) {
                raw.push_str(above);
                raw.push('\n');
            }
        }
        raw.push_str(start(self.text(line)));
        Hit {
            file,
            line: Some(line),
            column,
            end_line: end_line.max(line),
            snippet: Some(Snippet::Raw(raw.into())),
            captures: Vec::new(),
            past: None,
        }
    }
}

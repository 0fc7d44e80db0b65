//! What every front end refuses, and how it says so.

/// How deep the nodes of a document may nest; deeper documents are refused. Code that walks a `Node` may therefore recurse.
pub const MAX_DEPTH: usize = 128;

/// Why a document could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// 1-based line at which reading failed.
    pub line: u32,
    /// What is wrong, as a sentence without a final full stop.
    pub message: String,
}

impl ParseError {
    /// An error at `line`.
    pub fn new(line: u32, message: impl Into<String>) -> ParseError {
        ParseError { line, message: message.into() }
    }

    /// The document nests deeper than `MAX_DEPTH`.
    pub(crate) fn too_deep(line: u32) -> ParseError {
        ParseError::new(line, format!("nested deeper than {MAX_DEPTH} levels"))
    }
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

//! Floor 1: the repository at rest. The only code that reads files; immutable once collected.

pub mod document;

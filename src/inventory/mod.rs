//! Floor 1: the repository at rest. The only code that reads files; immutable once collected.

pub mod document;
pub mod syntax;
pub mod git;
mod git_index;
pub mod ignore_rules;
pub mod source;
pub mod walk;
pub mod role;
pub mod manifest;
pub mod layout;

//! Source code: masked, parsed, searched for rules.
//!
//! | file | holds |
//! |---|---|
//! | `mask` | which bytes are code, comment, string: one cheap pass |
//! | `declarations` | where the declarations of a file begin, without parsing it |
//! | `literals` | what a rule or a regular expression requires of a text before it can match |
//! | `grammar`, `pattern`, `rule` | ast-grep's rules, checked and compiled |
//! | `parse`, `scanner_limits`, `tree` | a tree, within time and memory, laid flat |
//! | `scan` | all rules of a language on one file: parsed once, visited once |
//! | `rust_facts` | calls in Rust with their function and receiver |
//!
//! The order of the files is the order of their cost: ask the later ones only what the earlier ones let through. ast-grep's types
//! do not leave this module.

mod declarations;
mod grammar;
pub mod literals;
pub mod mask;
mod parse;
mod pattern;
pub(crate) mod rule;
mod rust_facts;
mod scan;
mod scanner_limits;
mod tree;

pub use declarations::{are_known as has_declarations, declarations};
pub use literals::{Branch, Literal, Prefilter, Required, branches};
pub use mask::{Class, Keep, Mask, Syntax, mask};
pub use parse::{MAX_BYTES, Unparsed};
pub use rule::{Automata, CodeRule, Stretch, Traces};
pub use rust_facts::{RustCall, RustCallKind, RustFacts, rust_facts};
pub use scan::{CodeHit, Parsed};

//! The value tree, re-exported from the model where the check loader finds it too.

pub use crate::model::node::{Entry, Node, Span, Value};

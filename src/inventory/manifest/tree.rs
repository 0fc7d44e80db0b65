//! What every tree-shaped manifest needs: one document of a file, and a few look-ups that keep line numbers.

use crate::inventory::document::{self, Format, node::Node};

/// The first document of `text`.
pub(super) fn document(format: Format, text: &str) -> Result<Node, String> {
    let documents = document::parse(format, text).map_err(|error| error.to_string())?;
    documents.into_iter().next().ok_or_else(|| "the file is empty".to_string())
}

/// The text of the scalar member `key`.
pub(super) fn text_of(node: &Node, key: &str) -> Option<String> {
    node.get(key).and_then(Node::scalar)
}

/// The texts of an array of strings, or of a single string.
pub(super) fn texts(node: &Node) -> Vec<String> {
    match node.as_str() {
        Some(text) => vec![text.to_string()],
        None => node.items().iter().filter_map(|item| item.as_str().map(str::to_string)).collect(),
    }
}

/// Whether the member `key` is `true`.
pub(super) fn is_true(node: &Node, key: &str) -> bool {
    matches!(node.get(key).map(|value| &value.value), Some(document::node::Value::Bool(true)))
}

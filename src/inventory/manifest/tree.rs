//! What every tree-shaped manifest needs: one document of a file, and a few look-ups that keep line numbers.

use crate::inventory::document::{Node, ParseError, Value, json, toml, yaml};

/// A JSON file, comments and trailing commas allowed.
pub(super) fn json(text: &str) -> Result<Node, String> {
    first(json::parse(text))
}

/// A TOML file.
pub(super) fn toml(text: &str) -> Result<Node, String> {
    first(toml::parse(text))
}

/// The first document of a YAML file.
pub(super) fn yaml(text: &str) -> Result<Node, String> {
    first(yaml::parse(text))
}

/// The first document; an empty file says nothing, which is no error.
fn first(documents: Result<Vec<Node>, ParseError>) -> Result<Node, String> {
    let documents = documents.map_err(|error| error.to_string())?;
    Ok(documents.into_iter().next().unwrap_or_default())
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
    matches!(node.get(key).map(|value| &value.value), Some(Value::Bool(true)))
}

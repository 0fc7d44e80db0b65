//! Reading XML manifests: elements by local name, with the line of each.
//!
//! Document type definitions are refused, so no entity can expand.

use crate::inventory::document::position::Lines;
use roxmltree::Document;
pub(super) use roxmltree::Node;

/// Parses `text` and hands its root element to `read`.
pub(super) fn with_root<T>(text: &str, read: impl FnOnce(Node<'_, '_>, &Lines<'_>) -> T) -> Result<T, String> {
    let document = Document::parse(text).map_err(|error| error.to_string())?;
    Ok(read(document.root_element(), &Lines::new(text)))
}

/// The line on which an element starts.
pub(super) fn line(node: Node<'_, '_>, lines: &Lines<'_>) -> u32 {
    lines.line(node.range().start)
}

/// The child elements called `name`, whatever their namespace.
pub(super) fn children<'a, 'i>(node: Node<'a, 'i>, name: &str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |child| child.tag_name().name() == name)
}

/// Follows child elements by name, taking the first of each.
pub(super) fn at<'a, 'i>(node: Node<'a, 'i>, names: &[&str]) -> Option<Node<'a, 'i>> {
    names.iter().try_fold(node, |node, name| children(node, name).next())
}

/// The trimmed text of the child element `name`; `None` if there is none or it is empty.
pub(super) fn text<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    own_text(at(node, &[name])?)
}

/// The trimmed text of an element; `None` if it is empty.
pub(super) fn own_text<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    node.text().map(str::trim).filter(|text| !text.is_empty())
}

//! What the text of a handler says: what it refers to, the class and the action that it names.

use super::fact::words;
use super::path;

/// What a handler refers to: `asyncHandler(orders.create)` handles as `orders.create` does.
pub(super) fn references(handler: &str) -> impl Iterator<Item = &str> {
    let wrapped = handler.split_once('(').and_then(|(_, inner)| inner.rsplit_once(')')).map(|(inner, _)| inner);
    let outer = handler.split(['(', '<']).next().unwrap_or(handler).trim_end_matches(".as_view");
    [Some(outer), wrapped].into_iter().flatten()
}

/// The last part of a qualified name.
pub(super) fn last(name: &str) -> &str {
    name.rsplit(['.', ':', '\\']).next().unwrap_or(name)
}

pub(super) fn parts_of_file(path: &str) -> Vec<&str> {
    path.split(['/', '.']).collect()
}

/// Class and action of `orders#index`, `[OrderController::class, 'index']`, `OrderController@index`, `views.Orders.as_view()`.
pub(super) fn class_of_handler(handler: &str) -> Option<(String, Option<String>)> {
    if let Some((controller, action)) = handler.split_once('#') {
        let name = controller.rsplit('/').next().unwrap_or(controller);
        return Some((format!("{}Controller", camel(name)), Some(action.to_owned())));
    }
    if let Some((controller, action)) = handler.split_once('/').filter(|(_, action)| !action.contains(['/', '.'])) {
        let is_plain = !controller.is_empty() && words(controller).next() == Some(controller);
        return is_plain.then(|| (format!("{}Controller", camel(controller)), Some(action.to_owned())));
    }
    let text = handler.trim_start_matches('[');
    if let Some((class, action)) = text.split_once("::class") {
        let action = words(action).next().map(str::to_owned);
        return Some((last(class).to_owned(), action.or_else(|| Some("__invoke".to_owned()))));
    }
    if let Some((class, action)) = path::unquoted(text).split_once('@') {
        return Some((last(class).to_owned(), Some(action.to_owned())));
    }
    let name = text.split('(').next().unwrap_or(text).trim_end_matches(".as_view");
    let name = last(name);
    Some((name.to_owned(), None))
}

/// `order_items` as `OrderItems`.
fn camel(name: &str) -> String {
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    };
    name.split('_').map(capital).collect()
}

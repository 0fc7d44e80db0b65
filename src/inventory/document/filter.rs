//! `search(@.a, 'expression')` in the filter of a path. The crate that evaluates filters builds the expression anew for every node that it
//! looks at, which costs more than all else in a small document; here it is built once.
//!
//! A parsed path has its searches replaced by a function of our own, which the crate calls through `Queryable::extension_custom`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use jsonpath_rust::parser::model::{Filter, FilterAtom, FnArg, JpQuery, Segment, Selector, Test, TestFunction};

use super::node::{Node, Value};
use crate::inventory::automaton::{Against, Automaton, Reading};

/// The name of our function.
const SEARCH: &str = "search";
/// Expressions that are kept: those of a pack are some dozens, one that a document brings is no reason to grow without end.
const MAX_KEPT: usize = 1_000;

/// The same path with searches of ours.
pub(super) fn with_searches(mut query: JpQuery) -> JpQuery {
    query.segments.iter_mut().for_each(segment);
    query
}

fn segment(segment_: &mut Segment) {
    match segment_ {
        Segment::Descendant(inner) => segment(inner),
        Segment::Selector(selector) => filters(selector),
        Segment::Selectors(selectors) => selectors.iter_mut().for_each(filters),
    }
}

fn filters(selector: &mut Selector) {
    if let Selector::Filter(inner) = selector {
        filter(inner);
    }
}

fn filter(filter_: &mut Filter) {
    match filter_ {
        Filter::Or(parts) | Filter::And(parts) => parts.iter_mut().for_each(filter),
        Filter::Atom(FilterAtom::Filter { expr, .. }) => filter(expr),
        Filter::Atom(FilterAtom::Test { expr, .. }) => test(expr),
        Filter::Atom(FilterAtom::Comparison(_)) => {}
    }
}

fn test(test: &mut Test) {
    match test {
        Test::RelQuery(segments) => segments.iter_mut().for_each(segment),
        Test::AbsQuery(query) => query.segments.iter_mut().for_each(segment),
        Test::Function(function) => {
            if let TestFunction::Search(text, pattern) = &mut **function {
                let empty = || FnArg::Literal(jsonpath_rust::parser::model::Literal::Null);
                let args = vec![std::mem::replace(text, empty()), std::mem::replace(pattern, empty())];
                **function = TestFunction::Custom(SEARCH.to_owned(), args);
            }
        }
    }
}

/// What a function of that name says of these arguments; null if there is none. What is no text matches nothing.
pub(super) fn call(name: &str, args: &[Cow<'_, Node>]) -> Node {
    let value = match (name, args) {
        (SEARCH, [text, pattern]) => Value::Bool(match (text.as_str(), pattern.as_str()) {
            (Some(text), Some(pattern)) => expression(pattern).is_some_and(|expression| expression.is_match(text.as_bytes())),
            _ => false,
        }),
        (SEARCH, _) => Value::Bool(false),
        _ => Value::Null,
    };
    Node { value, ..Node::default() }
}

/// The expression, built when it is asked for first.
fn expression(pattern: &str) -> Option<Arc<Automaton>> {
    static KEPT: OnceLock<Mutex<HashMap<String, Option<Arc<Automaton>>>>> = OnceLock::new();
    let build = || Automaton::new(pattern, Reading::default(), Against::Values).ok().map(Arc::new);
    let mut kept = KEPT.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(pattern) {
        return known.clone();
    }
    let built = build();
    if kept.len() < MAX_KEPT {
        kept.insert(pattern.to_owned(), built.clone());
    }
    built
}

#[cfg(test)]
mod tests {
    use super::super::query::Path;
    use super::super::{Format, parse};

    fn found(path: &str) -> Vec<String> {
        let text = "services:\n  web: { image: 'nginx:1', ports: ['80', '443'] }\n  db: { image: 'Postgres:17', ports: ['5432'] }\n  own: { build: ., ports: ['3000'] }\n  six: { image: 6, ports: ['6'] }\n";
        let node = parse(Format::Yaml, text).unwrap().remove(0);
        Path::parse(path).unwrap().select(&node).iter().map(|node| node.as_str().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn a_search_holds_where_its_expression_matches() {
        assert_eq!(found("$.services[?search(@.image, '^(nginx|caddy)')].ports[*]"), ["80", "443"]);
        assert_eq!(found("$.services[?search(@.image, '(?i)postgres')].ports[*]"), ["5432"]);
        assert_eq!(found("$.services[?!search(@.image, '(?i)postgres|nginx')].ports[*]"), ["3000", "6"]);
        assert_eq!(
            found("$.services[?search(@.image, 'nginx') || (search(@.build, '[.]') && @.ports)].ports[0]"),
            ["80", "3000"]
        );
        assert_eq!(found("$.services[?@.ports[?search(@, '^4')]].ports[*]"), ["80", "443"]);
        assert_eq!(found("$..[?search(@.image, '(')].ports[*]"), Vec::<String>::new());
        assert_eq!(found("$.services[?search(@.image, $.services.web.image)].ports[*]"), ["80", "443"]);
    }
}

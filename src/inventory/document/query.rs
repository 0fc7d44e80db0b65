//! JSONPath (RFC 9535) over document nodes.
//!
//! Plain paths (names, indexes, `*`, `..name`) are read here; everything else is parsed by `jsonpath-rust` into the same steps.
//! Filters are evaluated by that crate, through its `Queryable` trait on `Node`. A templated scalar is like nothing a filter
//! compares it with, so select without a filter where an unknown value must not look like a missing one.

use std::borrow::Cow;
use std::fmt;

use jsonpath_rust::parser::model::{JpQuery, Segment, Selector};
use jsonpath_rust::parser::parse_json_path;
use jsonpath_rust::query::js_path_process;
use jsonpath_rust::query::queryable::Queryable;

use super::filter;
use super::node::{Node, Span, Value};

/// Longest path, in bytes.
const MAX_PATH: usize = 1000;

/// Most nodes one selection returns; `..` inside `..` selects a node once per ancestor.
const MAX_SELECTED: usize = 100_000;

/// A compiled JSONPath.
#[derive(Clone)]
pub struct Path {
    source: String,
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Steps(Vec<Step>),
    /// A filter looks at the root (`$` inside `?`), which only the crate's own evaluation keeps in sight.
    Crate(JpQuery),
}

/// One segment: what it selects among the children of a node, or of a node and everything below it.
#[derive(Clone)]
struct Step {
    descends: bool,
    selectors: Vec<Choice>,
}

#[derive(Clone)]
enum Choice {
    Name(String),
    Index(i64),
    All,
    /// A slice or filter, as a query of its own that selects children.
    Other(JpQuery),
}

/// A selected node and the key under which it stands, if it is the member of an object.
type Found<'a> = (Option<&'a str>, &'a Node);

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Path({})", self.source)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl Path {
    /// Compiles `source`. The error says at which column what was expected.
    pub fn parse(source: &str) -> Result<Path, String> {
        if source.len() > MAX_PATH {
            return Err(format!("a JSONPath has at most {MAX_PATH} bytes"));
        }
        let engine = match plain_steps(source) {
            Some(steps) => Engine::Steps(steps),
            None => {
                let query = parse_json_path(source).map_err(|error| explain(source, &error.to_string()))?;
                let query = filter::with_searches(query);
                if looks_at_root(source) {
                    Engine::Crate(query)
                } else {
                    let steps = query.segments.into_iter().map(|segment| step(segment, false)).collect();
                    Engine::Steps(steps)
                }
            }
        };
        Ok(Path { source: source.to_string(), engine })
    }

    /// The names of which one must stand at the root for the path to select anything; `None` if it may look elsewhere.
    pub fn root_names(&self) -> Option<Vec<&str>> {
        let Engine::Steps(steps) = &self.engine else { return None };
        let first = steps.first().filter(|step| !step.descends)?;
        first.selectors.iter().map(Choice::plain_name).collect()
    }

    /// May it select anything in a document of this text? A step that names members needs one of the names in it.
    pub fn may_select_in(&self, text: &str) -> bool {
        let Engine::Steps(steps) = &self.engine else { return true };
        let is_there = |step: &Step| {
            let names: Option<Vec<&str>> = step.selectors.iter().map(Choice::plain_name).collect();
            names.is_none_or(|names| names.iter().any(|name| text.contains(name)))
        };
        // Quoted names may be written with escapes.
        text.contains("\\u") || text.contains("\\x") || steps.iter().all(is_there)
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The selected nodes, in the order of RFC 9535.
    pub fn select<'a>(&self, root: &'a Node) -> Vec<&'a Node> {
        self.select_with_keys(root).into_iter().map(|(_, node)| node).collect()
    }

    /// The selected nodes, each with the key under which it stands. An element of an array has none, nor has the root, nor a node
    /// selected with a filter that looks at the root.
    pub fn select_with_keys<'a>(&self, root: &'a Node) -> Vec<(Option<&'a str>, &'a Node)> {
        self.selected(root, false)
    }

    /// The same where blocks that repeat are arrays, as in HCL: an element of an array has the key of the array.
    pub fn select_with_block_keys<'a>(&self, root: &'a Node) -> Vec<(Option<&'a str>, &'a Node)> {
        self.selected(root, true)
    }

    fn selected<'a>(&self, root: &'a Node, blocks: bool) -> Vec<Found<'a>> {
        match &self.engine {
            Engine::Crate(query) => {
                let found = js_path_process(query, root).unwrap_or_default();
                found.into_iter().take(MAX_SELECTED).map(|found| (None, found.val)).collect()
            }
            Engine::Steps(steps) => {
                let mut found: Vec<Found<'a>> = vec![(None, root)];
                for step in steps {
                    let mut next = Vec::new();
                    for (key, node) in found {
                        step.apply(node, Some(key).filter(|_| blocks), &mut next);
                    }
                    found = next;
                }
                found
            }
        }
    }
}

impl Step {
    /// `key` is the key of the node, if elements of an array have that of the array.
    fn apply<'a>(&self, node: &'a Node, key: Option<Option<&'a str>>, found: &mut Vec<Found<'a>>) {
        if found.len() >= MAX_SELECTED {
            return;
        }
        for selector in &self.selectors {
            let before = found.len();
            selector.apply(node, found);
            if let (Some(of_array), Value::Array(_)) = (key, &node.value) {
                found[before..].iter_mut().for_each(|(key, _)| *key = of_array);
            }
        }
        if self.descends {
            node.items().iter().for_each(|child| self.apply(child, key, found));
            node.entries().iter().for_each(|entry| self.apply(&entry.value, key.map(|_| Some(&*entry.key)), found));
        }
    }
}

impl Choice {
    /// The name, as texts have it.
    fn plain_name(&self) -> Option<&str> {
        let Choice::Name(name) = self else { return None };
        Some(name.trim_matches(['\'', '"'])).filter(|name| !name.is_empty() && !name.contains('\\'))
    }

    fn apply<'a>(&self, node: &'a Node, found: &mut Vec<Found<'a>>) {
        match self {
            Choice::Name(name) => found.extend(node.entry(name).map(|entry| (Some(&*entry.key), &entry.value))),
            Choice::All => found.extend(children(node)),
            Choice::Index(index) => {
                let items = node.items();
                let index = if *index < 0 { items.len() as i64 + index } else { *index };
                found.extend(usize::try_from(index).ok().and_then(|index| items.get(index)).map(|item| (None, item)));
            }
            Choice::Other(query) if matches!(node.value, Value::Array(_) | Value::Object(_)) => {
                let mut all = children(node);
                // Selected children come in order, except from a slice that runs backwards, and only arrays have slices.
                for selected in js_path_process(query, node).unwrap_or_default() {
                    let key = match node.value {
                        Value::Object(_) => all.find(|(_, child)| std::ptr::eq(*child, selected.val)).and_then(|(key, _)| key),
                        _ => None,
                    };
                    found.push((key, selected.val));
                }
            }
            Choice::Other(_) => {}
        }
    }
}

fn children(node: &Node) -> impl Iterator<Item = Found<'_>> {
    let items = node.items().iter().map(|item| (None, item));
    items.chain(node.entries().iter().map(|entry| (Some(&*entry.key), &entry.value)))
}

/// Steps of a path that has only names, indexes and wildcards; `None` for any other.
fn plain_steps(source: &str) -> Option<Vec<Step>> {
    let mut rest = source.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let descends = rest.starts_with("..");
        rest = match (descends, rest.starts_with('.')) {
            (true, _) => &rest[2..],
            (false, true) if rest[1..].starts_with('[') => return None,
            (false, true) => &rest[1..],
            (false, false) if rest.starts_with('[') => rest,
            (false, false) => return None,
        };
        let (choice, after) = plain_choice(rest)?;
        steps.push(Step { descends, selectors: vec![choice] });
        rest = after;
    }
    Some(steps)
}

fn plain_choice(text: &str) -> Option<(Choice, &str)> {
    if let Some(after) = text.strip_prefix('*') {
        return Some((Choice::All, after));
    }
    if let Some(inside) = text.strip_prefix('[') {
        if let Some(quote) = inside.chars().next().filter(|c| matches!(c, '\'' | '"')) {
            let (name, after) = inside[1..].split_once(quote)?;
            let plain = !name.contains('\\') && !name.contains(|c: char| c < ' ');
            return Some((Choice::Name(name.to_string()), after.strip_prefix(']').filter(|_| plain)?));
        }
        let (selector, after) = inside.split_once(']')?;
        let digits = selector.strip_prefix('-').unwrap_or(selector);
        let canonical = digits.bytes().all(|byte| byte.is_ascii_digit()) && (selector == "0" || !digits.starts_with('0'));
        return match selector {
            "*" => Some((Choice::All, after)),
            _ if canonical && digits.len() < 10 => selector.parse().ok().map(|index| (Choice::Index(index), after)),
            _ => None,
        };
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii();
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    let starts_well = text.starts_with(|c: char| is_name(c) && !c.is_ascii_digit());
    starts_well.then(|| (Choice::Name(text[..end].to_string()), &text[end..]))
}

fn step(segment: Segment, descends: bool) -> Step {
    match segment {
        Segment::Descendant(segment) => step(*segment, true),
        Segment::Selector(selector) => Step { descends, selectors: vec![choice(selector)] },
        Segment::Selectors(selectors) => Step { descends, selectors: selectors.into_iter().map(choice).collect() },
    }
}

fn choice(selector: Selector) -> Choice {
    match selector {
        Selector::Name(name) => Choice::Name(name),
        Selector::Wildcard => Choice::All,
        Selector::Index(index) => Choice::Index(index),
        other => Choice::Other(JpQuery::new(vec![Segment::Selector(other)])),
    }
}

/// Is there a `$` outside string literals after the first?
fn looks_at_root(source: &str) -> bool {
    let (mut quote, mut escaped) = (None, false);
    source.chars().skip(1).any(|character| {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if character == '\\' => escaped = true,
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if matches!(character, '\'' | '"') => quote = Some(character),
            None => return character == '$',
        }
        false
    })
}

/// What is wrong with `source`, from the parser's report of several lines (` --> 1:5` … `= expected …`).
fn explain(source: &str, report: &str) -> String {
    let column = report.split_once(" --> 1:").and_then(|(_, rest)| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<usize>().ok()
    });
    let expected =
        report.lines().find_map(|line| line.trim().strip_prefix("= ")).unwrap_or_else(|| report.lines().next().unwrap_or(report));
    let place = column.map(|column| format!("column {column}: ")).unwrap_or_default();
    let at_column = column.and_then(|column| source.chars().nth(column.saturating_sub(1)));
    let hint = if source.contains("=~") {
        "; `=~` is not RFC 9535: select the nodes and test their values with `matches`"
    } else if at_column == Some('-') {
        "; a name with `-` in it is written ['a-b']"
    } else if !source.starts_with('$') {
        "; a path begins with `$`"
    } else {
        ""
    };
    format!("{place}{expected}{hint}")
}

impl Queryable for Node {
    fn extension_custom(name: &str, args: Vec<Cow<'_, Node>>) -> Node {
        filter::call(name, &args)
    }

    fn get(&self, key: &str) -> Option<&Node> {
        Node::get(self, key)
    }

    fn as_array(&self) -> Option<&Vec<Node>> {
        match &self.value {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    fn as_object(&self) -> Option<Vec<(&str, &Node)>> {
        match &self.value {
            Value::Object(entries) => Some(entries.iter().map(|entry| (&*entry.key, &entry.value)).collect()),
            _ => None,
        }
    }

    fn as_str(&self) -> Option<&str> {
        Node::as_str(self)
    }

    fn as_i64(&self) -> Option<i64> {
        match self.value {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    fn as_f64(&self) -> Option<f64> {
        match self.value {
            Value::Float(value) => Some(value),
            _ => None,
        }
    }

    fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    fn null() -> Node {
        Node::default()
    }
}

/// Literals in filters become nodes without a place.
macro_rules! from_literal {
    ($($type:ty => $value:expr),+ $(,)?) => {
        $(impl From<$type> for Node {
            fn from(literal: $type) -> Node {
                Node::new($value(literal), Span::default())
            }
        })+
    };
}

from_literal! {
    bool => Value::Bool,
    i64 => Value::Int,
    f64 => Value::Float,
    Vec<Node> => Value::Array,
    String => |text: String| Value::String(text.into()),
    &str => |text: &str| Value::String(text.into()),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::document::{json, yaml};
    use proptest::prelude::*;

    const POD: &str = "kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: web
          image: shop:1
          resources: {limits: {memory: 1Gi}}
        - name: side
          image: \"{{ .Values.image }}\"
          ports: [80, 443]
metadata:
  labels: {app.kubernetes.io/name: shop}
  name: shop
";

    fn pod() -> Node {
        yaml::parse(POD).unwrap().remove(0)
    }

    fn texts(node: &Node, path: &str) -> Vec<String> {
        let found = Path::parse(path).unwrap().select(node);
        found.into_iter().map(|node| node.scalar().unwrap_or_else(|| node.text().unwrap_or("?").to_string())).collect()
    }

    #[test]
    fn plain_paths() {
        let pod = pod();
        assert_eq!(texts(&pod, "$.spec.template.spec.containers[*].name"), ["web", "side"]);
        assert_eq!(texts(&pod, "$.spec.template.spec.containers[-1].ports[0]"), ["80"]);
        assert_eq!(texts(&pod, "$..name"), ["web", "side", "shop"]);
        assert_eq!(texts(&pod, "$['metadata'][\"labels\"]['app.kubernetes.io/name']"), ["shop"]);
        assert_eq!(texts(&pod, "$..ports[*]"), ["80", "443"]);
        assert_eq!(texts(&pod, "$.metadata.*"), ["?", "shop"]);
        assert_eq!(texts(&pod, "$.absent.name"), Vec::<String>::new());
        assert_eq!(Path::parse("$").unwrap().select(&pod).len(), 1);
        assert_eq!(Path::parse("$..containers[0]").unwrap().select(&pod)[0].span.line, 6);
    }

    #[test]
    fn filters_slices_and_unions() {
        let pod = pod();
        assert_eq!(texts(&pod, "$..containers[?@.name == 'web'].image"), ["shop:1"]);
        assert_eq!(texts(&pod, "$..containers[?!@.resources.limits].name"), ["side"]);
        assert_eq!(texts(&pod, "$..containers[?(@.ports[0] < 100 && @.name != 'web')].name"), ["side"]);
        assert_eq!(texts(&pod, "$..containers[?@.image == 'shop:1' || @.ports].name"), ["web", "side"]);
        assert_eq!(texts(&pod, "$..containers[0:1].name"), ["web"]);
        assert_eq!(texts(&pod, "$..containers[1,0].name"), ["side", "web"]);
        assert_eq!(texts(&pod, "$.metadata['name','labels']"), ["shop", "?"]);
        assert_eq!(texts(&pod, "$..containers[?@.name != $.metadata.name].name"), ["web", "side"]);
        assert_eq!(texts(&pod, "$..ports[?@ == 443]"), ["443"]);
        assert_eq!(texts(&pod, "$..containers[?count(@.ports[*]) == 2].name"), ["side"]);
    }

    #[test]
    fn keys_come_with_the_nodes() {
        let node = json::parse("{\"a\": {\"x\": 1, \"y\": [2, 3], \"z\": 2}}").unwrap().remove(0);
        let keys = |path: &str| -> Vec<Option<String>> {
            let found = Path::parse(path).unwrap();
            found.select_with_keys(&node).into_iter().map(|(key, _)| key.map(str::to_string)).collect()
        };
        let some = |keys: &[&str]| keys.iter().map(|key| Some(key.to_string())).collect::<Vec<_>>();
        assert_eq!(keys("$.a.*"), some(&["x", "y", "z"]));
        assert_eq!(keys("$..y"), some(&["y"]));
        assert_eq!(keys("$.a[?@ == 2]"), some(&["z"]));
        assert_eq!(keys("$.a.y[*]"), [None, None]);
        assert_eq!(keys("$"), [None]);
    }

    #[test]
    fn blocks_that_repeat_have_the_key_of_their_array() {
        let node =
            json::parse("{\"r\": {\"db\": {\"main\": [{\"x\": 1}], \"logs\": [{\"x\": 2}, {\"x\": 3}]}}}").unwrap().remove(0);
        let keys = |path: &str| -> Vec<Option<String>> {
            let found = Path::parse(path).unwrap();
            found.select_with_block_keys(&node).into_iter().map(|(key, _)| key.map(str::to_string)).collect()
        };
        let some = |keys: &[&str]| keys.iter().map(|key| Some(key.to_string())).collect::<Vec<_>>();
        assert_eq!(keys("$.r.db.*[*]"), some(&["main", "logs", "logs"]));
        assert_eq!(keys("$.r.db.logs[1]"), some(&["logs"]));
        assert_eq!(keys("$.r.db.*[?@.x > 1]"), some(&["logs", "logs"]));
        assert_eq!(keys("$.r.db.*[*].x"), some(&["x", "x", "x"]));
        assert_eq!(keys("$..[?@.x > 1]"), some(&["logs", "logs"]));
        assert_eq!(keys("$.r.db.main"), some(&["main"]));
    }

    #[test]
    fn errors_name_the_column_and_what_was_expected() {
        let error = Path::parse("$.a[?@.b =~ 'x']").unwrap_err();
        assert!(error.starts_with("column 10: expected") && error.contains("`=~` is not RFC 9535"), "{error}");
        let error = Path::parse("$.read-only").unwrap_err();
        assert!(error.starts_with("column 7") && error.contains("['a-b']"), "{error}");
        assert!(Path::parse("spec.x").unwrap_err().contains("begins with `$`"));
        assert!(Path::parse("$.a.").is_err());
        assert!(Path::parse("$.a[01]").is_err());
        assert!(Path::parse(&format!("$.{}", "a".repeat(2000))).unwrap_err().contains("at most"));
    }

    #[test]
    fn repeated_keys_select_the_last() {
        let node = json::parse("{\"a\": 1, \"a\": 2}").unwrap().remove(0);
        assert_eq!(texts(&node, "$.a"), ["2"]);
        assert_eq!(texts(&node, "$['a',\"a\"]"), ["2", "2"]);
    }

    proptest! {
        #[test]
        fn never_panics(path in "\\$(\\.|\\.\\.|\\[|\\]|\\*|\\?|@|\\$|'|\"|[ab01:,=<&|!() -]|==|count\\(|é){0,20}") {
            if let Ok(path) = Path::parse(&path) {
                path.select(&pod());
            }
        }

        #[test]
        fn both_engines_agree(path in "\\$(\\.spec|\\.name|\\.\\.spec|\\.\\.name|\\.\\*|\\[\\*\\]|\\[0\\]|\\[-1\\]|\\['metadata'\\]|\\.containers|\\.template|\\.\\.\\*){0,5}") {
            let pod = pod();
            let ours = Path::parse(&path).unwrap().select(&pod);
            let theirs = js_path_process(&parse_json_path(&path).unwrap(), &pod).unwrap();
            let address = |node: &Node| std::ptr::from_ref(node).addr();
            let mut ours: Vec<_> = ours.into_iter().map(address).collect();
            let mut theirs: Vec<_> = theirs.into_iter().map(|found| address(found.val)).collect();
            ours.sort_unstable();
            theirs.sort_unstable();
            prop_assert_eq!(ours, theirs);
        }
    }
}

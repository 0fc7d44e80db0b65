//! Merges Compose files as `docker compose -f base -f overlay` does.
//!
//! Mappings merge key by key, lists append, everything else is replaced by the overlay. Below a service: `command`, `entrypoint`
//! and `healthcheck.test` are replaced; volumes, secrets, configs and devices of the same target are replaced; a list of
//! environment variables, labels or build arguments is a mapping, as is a list of networks or dependencies; `build: DIR` is
//! `build: {context: DIR}`. `!reset` removes what the base has, `!override` replaces it without merging. Short values
//! (`"8080:80"`) stay as they are. Every node keeps its place; call `Node::set_origin` on each file before merging to tell them
//! apart. To add a rule, add its path below a service to `Rule::of`.

use std::collections::HashMap;
use std::sync::Arc;

use super::node::{Entry, Node, Value};

/// How an option of a service merges where it differs from the rest.
#[derive(Clone, Copy, PartialEq)]
enum Rule {
    /// Mappings by key, lists by appending.
    Plain,
    Replace,
    /// A list of `K=V` or `K` is a mapping.
    Assignments,
    /// A list of names is a mapping to nothing.
    Names,
    /// A single value is a list of one.
    OneOrMore,
    /// Elements of the overlay replace those of the same target.
    ByTarget,
    /// A string is `{context: …}`.
    Build,
}

impl Rule {
    fn of(path: &[Arc<str>]) -> Rule {
        let path: Vec<&str> = path.iter().map(|key| &**key).collect();
        match path.as_slice() {
            ["services", _, "command" | "entrypoint"] | ["services", _, "healthcheck", "test"] => Rule::Replace,
            ["services", _, "environment" | "labels" | "annotations" | "sysctls"]
            | ["services", _, "build", "args" | "labels"]
            | ["services", _, "deploy", "labels"] => Rule::Assignments,
            ["services", _, "networks" | "depends_on"] => Rule::Names,
            ["services", _, "dns" | "dns_search" | "env_file" | "tmpfs"] => Rule::OneOrMore,
            ["services", _, "volumes" | "secrets" | "configs" | "devices"] => Rule::ByTarget,
            ["services", _, "build"] => Rule::Build,
            _ => Rule::Plain,
        }
    }

    /// A node in the form in which this rule merges.
    fn normalised(self, node: Node) -> Node {
        match (self, node.value) {
            (Rule::Assignments, Value::Array(items)) => {
                object(node.span, node.tag, items.into_iter().filter_map(assignment).collect())
            }
            (Rule::Names, Value::Array(items)) => object(node.span, node.tag, items.into_iter().filter_map(name).collect()),
            (Rule::OneOrMore, value @ Value::String(_)) => {
                Node { value: Value::Array(vec![Node::new(value, node.span)]), span: node.span, tag: node.tag }
            }
            (Rule::Build, value @ Value::String(_)) => {
                let context = Entry::new("context", node.span, Node::new(value, node.span));
                object(node.span, node.tag, vec![context])
            }
            (_, value) => Node { value, span: node.span, tag: node.tag },
        }
    }
}

/// `overlay` over `base`, both in normal form.
pub fn merge(base: Node, overlay: Node) -> Node {
    let mut path = Vec::new();
    merge_at(&mut path, normalise(base), normalise(overlay))
}

/// A Compose file with its lists of assignments and names as mappings, and without tags to obey; what `merge` does to each file.
pub fn normalise(document: Node) -> Node {
    normalise_at(&mut Vec::new(), document)
}

/// Options stand at most this deep; below it nothing has a rule.
const DEEPEST_RULE: usize = 4;

fn normalise_at(path: &mut Vec<Arc<str>>, node: Node) -> Node {
    let mut node = Rule::of(path).normalised(node);
    if let (Value::Object(entries), true) = (&mut node.value, path.len() < DEEPEST_RULE) {
        for entry in entries {
            path.push(entry.key.clone());
            entry.value = normalise_at(path, std::mem::take(&mut entry.value));
            path.pop();
        }
    }
    node
}

fn merge_at(path: &mut Vec<Arc<str>>, base: Node, overlay: Node) -> Node {
    if overlay.tag.as_deref() == Some("!override") {
        return Node { tag: None, ..overlay };
    }
    let rule = Rule::of(path);
    let span = overlay.span;
    match (base.value, overlay.value) {
        (value, Value::Null) => Node { value, span: base.span, tag: base.tag },
        (Value::Object(base), Value::Object(overlay)) => object(span, None, merge_members(path, base, overlay)),
        (Value::Array(base), Value::Array(overlay)) if rule != Rule::Replace => {
            Node::new(Value::Array(merge_items(rule, base, overlay)), span)
        }
        (_, value) => Node { value, span, tag: overlay.tag },
    }
}

fn merge_members(path: &mut Vec<Arc<str>>, base: Vec<Entry>, overlay: Vec<Entry>) -> Vec<Entry> {
    let mut merged: Vec<Option<Entry>> = base.into_iter().map(Some).collect();
    let mut by_key: HashMap<Arc<str>, usize> = HashMap::new();
    for (index, entry) in merged.iter().enumerate() {
        by_key.extend(entry.as_ref().map(|entry| (entry.key.clone(), index)));
    }
    for entry in overlay {
        let index = by_key.get(&entry.key).copied();
        let known = index.and_then(|index| merged[index].take());
        if entry.value.tag.as_deref() == Some("!reset") {
            continue;
        }
        path.push(entry.key.clone());
        let value = merge_at(path, known.map(|entry| entry.value).unwrap_or_default(), entry.value);
        path.pop();
        let entry = Entry { value, ..entry };
        match index {
            Some(index) => merged[index] = Some(entry),
            None => {
                by_key.insert(entry.key.clone(), merged.len());
                merged.push(Some(entry));
            }
        }
    }
    merged.into_iter().flatten().collect()
}

fn merge_items(rule: Rule, base: Vec<Node>, overlay: Vec<Node>) -> Vec<Node> {
    let mut merged: Vec<Node> = Vec::new();
    let mut by_target: HashMap<String, usize> = HashMap::new();
    for item in base.into_iter().chain(overlay) {
        let key = match rule {
            Rule::ByTarget => target(&item),
            _ => item.scalar(),
        };
        match key.map(|key| (by_target.get(&key).copied(), key)) {
            Some((Some(index), _)) => merged[index] = item,
            Some((None, key)) => {
                by_target.insert(key, merged.len());
                merged.push(item);
            }
            None => merged.push(item),
        }
    }
    merged
}

/// Where a volume, secret, config or device is mounted.
fn target(item: &Node) -> Option<String> {
    if let Some(long) = item.get("target").or_else(|| item.get("source")) {
        return long.scalar();
    }
    let short = item.scalar()?;
    let parts: Vec<&str> = short.split(':').collect();
    // `C:\path:/target` begins with a drive, not with a source.
    let drive =
        parts.first().is_some_and(|first| first.len() == 1) && parts.get(1).is_some_and(|second| second.starts_with('\\'));
    let index = if drive { 2 } else { 1 };
    Some(parts.get(index).copied().unwrap_or(short.as_str()).to_string())
}

fn object(span: super::node::Span, tag: Option<Arc<str>>, entries: Vec<Entry>) -> Node {
    Node { value: Value::Object(entries), span, tag }
}

/// `K=V` or `K` as a member. Templated text is split like any other, its value stays unknown.
fn assignment(item: Node) -> Option<Entry> {
    let written = item.text().map(str::to_string).or_else(|| item.scalar())?;
    let (key, value) = match written.split_once('=') {
        Some((key, value)) if matches!(item.value, Value::Templated(_)) => (key, Value::Templated(value.into())),
        Some((key, value)) => (key, Value::String(value.into())),
        None => (&*written, Value::Null),
    };
    Some(Entry::new(key, item.span, Node::new(value, item.span)))
}

fn name(item: Node) -> Option<Entry> {
    let name = item.text().map(str::to_string).or_else(|| item.scalar())?;
    Some(Entry::new(name, item.span, Node::new(Value::Null, item.span)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::document::yaml;
    use proptest::prelude::*;

    fn read(text: &str, origin: u16) -> Node {
        let mut node = yaml::parse(text).unwrap().remove(0);
        node.set_origin(origin);
        node
    }

    const BASE: &str = "services:
  web:
    image: shop:1
    build: .
    command: [npm, run, dev]
    environment:
      - NODE_ENV=development
      - DEBUG
    ports: [\"8080:80\"]
    volumes: [\"./src:/app\", \"data:/data\"]
    env_file: .env
    depends_on: [db]
    healthcheck: {test: [CMD, a], interval: 5s}
    user: root
    cap_add: [NET_ADMIN]
  db:
    image: postgres
    ports: [\"5432:5432\"]
";
    const OVERLAY: &str = "services:
  web:
    build: {target: prod}
    command: [npm, start]
    environment:
      NODE_ENV: production
    ports: [\"443:443\", \"8080:80\"]
    volumes: [\"code:/app:ro\"]
    env_file: [prod.env]
    depends_on: {cache: {condition: service_healthy}}
    healthcheck: {test: [CMD, b]}
    user: !reset null
    cap_add: !override [SYS_TIME]
    restart: always
  db:
    ports: !reset []
  cache:
    image: redis
";

    fn texts(node: &Node) -> Vec<String> {
        node.items().iter().filter_map(Node::scalar).collect()
    }

    #[test]
    fn merges_by_the_rules_of_compose() {
        let merged = merge(read(BASE, 0), read(OVERLAY, 1));
        let web = merged.at(&["services", "web"]).unwrap();
        assert_eq!(web.get("image").unwrap().as_str(), Some("shop:1"));
        assert_eq!(web.at(&["build", "context"]).unwrap().as_str(), Some("."));
        assert_eq!(web.at(&["build", "target"]).unwrap().as_str(), Some("prod"));
        assert_eq!(texts(web.get("command").unwrap()), ["npm", "start"]);
        assert_eq!(web.at(&["environment", "NODE_ENV"]).unwrap().as_str(), Some("production"));
        assert_eq!(web.at(&["environment", "DEBUG"]).unwrap().value, Value::Null);
        assert_eq!(texts(web.get("ports").unwrap()), ["8080:80", "443:443"]);
        assert_eq!(texts(web.get("volumes").unwrap()), ["code:/app:ro", "data:/data"]);
        assert_eq!(texts(web.get("env_file").unwrap()), [".env", "prod.env"]);
        assert_eq!(web.get("depends_on").unwrap().entries().len(), 2);
        assert_eq!(texts(web.at(&["healthcheck", "test"]).unwrap()), ["CMD", "b"]);
        assert_eq!(web.at(&["healthcheck", "interval"]).unwrap().as_str(), Some("5s"));
        assert!(web.get("user").is_none());
        assert_eq!(texts(web.get("cap_add").unwrap()), ["SYS_TIME"]);
        assert_eq!(web.get("restart").unwrap().as_str(), Some("always"));
        assert!(merged.at(&["services", "db", "ports"]).is_none());
        assert_eq!(merged.at(&["services", "cache", "image"]).unwrap().as_str(), Some("redis"));
    }

    #[test]
    fn nodes_keep_their_file_and_line() {
        let merged = merge(read(BASE, 0), read(OVERLAY, 1));
        let web = merged.at(&["services", "web"]).unwrap();
        let place = |node: &Node| (node.span.origin, node.span.line);
        assert_eq!(place(web.get("image").unwrap()), (0, 3));
        assert_eq!(place(web.at(&["environment", "NODE_ENV"]).unwrap()), (1, 6));
        assert_eq!(place(web.at(&["environment", "DEBUG"]).unwrap()), (0, 8));
        assert_eq!(place(&web.get("ports").unwrap().items()[1]), (1, 7));
    }

    #[test]
    fn rules_are_for_services_only() {
        let merged = merge(
            read("services: {command: {a: 1}}\nx: {command: [1]}\n", 0),
            read("services: {command: {b: 2}}\nx: {command: [2]}\n", 1),
        );
        assert_eq!(merged.at(&["services", "command"]).unwrap().entries().len(), 2);
        assert_eq!(texts(merged.at(&["x", "command"]).unwrap()), ["1", "2"]);
    }

    #[test]
    fn one_file_can_be_put_in_normal_form() {
        let node = normalise(read(BASE, 0));
        assert_eq!(node.at(&["services", "web", "environment", "NODE_ENV"]).unwrap().as_str(), Some("development"));
        assert_eq!(node.at(&["services", "web", "depends_on"]).unwrap().entries().len(), 1);
    }

    proptest! {
        #[test]
        fn merging_a_file_with_nothing_changes_nothing_but_the_form(text in "(services:\n|  web:\n|    environment: \\[A=1\\]\n|    ports: \\[1, 1\\]\n|    user: a\n){0,6}") {
            for node in yaml::parse(&text).unwrap_or_default() {
                prop_assert_eq!(merge(node.clone(), Node::default()), normalise(node));
            }
        }
    }
}

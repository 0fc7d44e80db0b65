//! Document needs: which files are of which kind, and which of their nodes meet the conditions.

use std::cell::OnceCell;

use super::file::FileScan;
use super::roots::Roots;
use super::subject::Subject;
use super::{ConditionPattern, DocumentQuery, Scanner, Selection};
use crate::inventory::document::scripts::{Commands, RESOLVED, Scripts};
use crate::inventory::document::{self, Format};
use crate::inventory::view::Hit;
use crate::model::needs::{Condition, DocumentKind, Look, NAME, Naming, NeedId, NodeTest, SelectorId};
use crate::model::node::{Node, Span, Value};

/// Largest file that is parsed as a document, in bytes.
const MAX_BYTES: usize = 2 * 1024 * 1024;

/// Smallest YAML of which the margin is looked at before it is parsed, in bytes: parsing less costs little, and says what is wrong with it.
const MIN_LOOKED_AT: usize = 64 * 1024;

/// Longest name that is kept, in bytes.
const MAX_NAME: usize = 200;

/// Answers the document needs of one file. Compose files are answered later, merged (`compose`).
pub(super) fn scan(
    scanner: &Scanner<'_>,
    (selection, selectors): (&Selection<'_>, &[SelectorId]),
    scripts: Option<&Scripts>,
    subject: &Subject<'_>,
    found: &mut FileScan,
) {
    let mut parsed: Vec<((Format, bool, bool), Parsed)> = Vec::new();
    let (shape, roots) = (OnceCell::new(), OnceCell::new());
    for (kind, needs) in selectors.iter().flat_map(|selector| selection.documents_of(*selector)) {
        let Some(format) = shape.get_or_init(|| Shape::of(subject)).format(*kind, subject) else { continue };
        // Pipelines write `${{ … }}` inside values that are text all the same; nothing prints these files.
        let pipeline = matches!(kind, DocumentKind::GithubWorkflow | DocumentKind::GitlabCi);
        for need in needs {
            let look = &scanner.needs.need(*need).look;
            let Look::Document { objects, .. } = look else { continue };
            // Whoever does not ask for it sees the document as it is written.
            let shape_of = (format, pipeline, asks_for_scripts(look));
            if *kind == DocumentKind::Yaml && !shape_of.2 && (MIN_LOOKED_AT..=MAX_BYTES).contains(&subject.text.len()) {
                let roots = roots.get_or_init(|| Roots::of(subject.text));
                if scanner.document(*need).is_some_and(|query| !roots.admit(&query.path)) {
                    continue;
                }
            }
            let index = parsed.iter().position(|(known, _)| *known == shape_of).unwrap_or_else(|| {
                let commands = commands_of(*kind, subject.path).filter(|_| shape_of.2);
                parsed.push((shape_of, load(format, pipeline, scripts.zip(commands), subject)));
                parsed.len() - 1
            });
            match &parsed[index].1 {
                Ok(roots) => {
                    let roots = roots_of(*kind, objects, roots);
                    for Found { span, name } in evaluate(scanner, *need, &roots) {
                        let end = span.end_line.min(span.line + 20);
                        let hit = subject.lines().hit_at(subject.id, span.line, span.column, end);
                        found.hits.push((*need, named(hit, name)));
                    }
                }
                Err(reason) if may_hold(scanner, *need, subject.text) => found.gaps.push((*need, reason.clone())),
                Err(_) => {}
            }
        }
    }
}

/// May a text that cannot be read as a document hold what the need asks for? What names no member that it selects, and no object that
/// it is about, does not.
fn may_hold(scanner: &Scanner<'_>, need: NeedId, text: &str) -> bool {
    let look = &scanner.needs.need(need).look;
    let Look::Document { kind, objects, .. } = look else { return true };
    let is_plain = match kind {
        DocumentKind::Yaml | DocumentKind::Json | DocumentKind::Toml => true,
        DocumentKind::Kubernetes | DocumentKind::GithubWorkflow | DocumentKind::GitlabCi => true,
        // The members of other kinds are not called as the text calls them.
        _ => false,
    };
    let names_object = objects.is_empty() || objects.iter().any(|object| text.contains(object.as_str()));
    let selects = || scanner.document(need).is_none_or(|query| query.path.may_select_in(text));
    !is_plain || (names_object && (asks_for_scripts(look) || selects()))
}

/// Does this need ask what commands resolve to?
pub fn asks_for_scripts(look: &Look) -> bool {
    let Look::Document { kind, select, conditions, .. } = look else { return false };
    let holds_commands = [DocumentKind::Dockerfile, DocumentKind::GithubWorkflow, DocumentKind::Compose, DocumentKind::Yaml];
    holds_commands.contains(kind)
        && (select.contains(RESOLVED) || conditions.iter().any(|condition| condition.at.iter().any(|name| name == RESOLVED)))
}

/// What kind of commands a file holds.
fn commands_of(kind: DocumentKind, path: &str) -> Option<Commands> {
    match kind {
        DocumentKind::Dockerfile => Some(Commands::Dockerfile),
        DocumentKind::GithubWorkflow => Some(Commands::Workflow),
        DocumentKind::Yaml if path == "Procfile" || path.ends_with("/Procfile") => Some(Commands::Procfile),
        _ => None,
    }
}

/// The documents of a file, or why there are none.
type Parsed = Result<Vec<Node>, String>;

fn load(format: Format, plain: bool, scripts: Option<(&Scripts, Commands)>, subject: &Subject<'_>) -> Parsed {
    let mut roots = parse(format, plain, subject.text)?;
    if let Some((scripts, commands)) = scripts {
        roots.iter_mut().for_each(|root| scripts.resolve(commands, subject.path, root));
    }
    Ok(roots)
}

fn parse(format: Format, plain: bool, text: &str) -> Parsed {
    if text.len() > MAX_BYTES {
        return Err("it is larger than 2 MiB, too large to parse".to_owned());
    }
    let parsed = if plain { document::yaml::parse_plain(text) } else { document::parse(format, text) };
    parsed.map_err(|error| format!("line {}: {}", error.line, error.message))
}

/// What a file's path and text say about its format, found out once.
struct Shape {
    /// What its name promises.
    plain: Option<Format>,
    is_yaml: bool,
    is_workflow: bool,
    /// Does it look like Kubernetes objects?
    is_object: OnceCell<bool>,
}

impl Shape {
    fn of(subject: &Subject<'_>) -> Shape {
        let path = subject.path;
        let is_yaml = path.ends_with(".yaml") || path.ends_with(".yml");
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let is_workflow = is_yaml && folder == ".github/workflows";
        Shape { plain: Format::of_path(path), is_yaml, is_workflow, is_object: OnceCell::new() }
    }

    /// How to parse the file if it is of this kind.
    fn format(&self, kind: DocumentKind, subject: &Subject<'_>) -> Option<Format> {
        let promised = |format| (self.plain == Some(format)).then_some(format);
        match kind {
            DocumentKind::Compose => None,
            DocumentKind::Kubernetes => {
                let object = || subject.text.contains("apiVersion") && subject.text.contains("kind:");
                (self.is_yaml && *self.is_object.get_or_init(object)).then_some(Format::Yaml)
            }
            DocumentKind::GithubWorkflow => self.is_workflow.then_some(Format::Yaml),
            DocumentKind::GitlabCi => (subject.path == ".gitlab-ci.yml").then_some(Format::Yaml),
            DocumentKind::Nginx => promised(Format::Nginx),
            DocumentKind::Dockerfile => promised(Format::Dockerfile),
            DocumentKind::Dotenv => promised(Format::Dotenv),
            DocumentKind::Hcl => promised(Format::Hcl),
            // The check names the files of a plain format, whatever they are called.
            DocumentKind::Json => Some(Format::Json),
            DocumentKind::Yaml => Some(Format::Yaml),
            DocumentKind::Toml => Some(Format::Toml),
            DocumentKind::Ini => Some(Format::Ini),
            DocumentKind::Properties => Some(Format::Properties),
            DocumentKind::Xml => Some(Format::Xml),
        }
    }
}

/// May a file of this name be a compose file? One of a stack is one if it says so (`is_stack`, `has_services`).
pub fn is_compose(path: &str) -> bool {
    begins_like(path, &["compose", "docker-compose"]) || is_stack(path)
}

/// Is it named for what a swarm runs? It is deployed as it is, over no base; other tools use these names, too.
pub fn is_stack(path: &str) -> bool {
    begins_like(path, &["docker-stack", "stack", "docker-swarm", "swarm"])
}

/// Does a line at the left open the services of a compose file?
pub fn has_services(text: &str) -> bool {
    text.lines().any(|line| line.strip_prefix("services:").is_some_and(|rest| rest.trim_start().is_empty() || rest.contains('#')))
}

fn begins_like(path: &str, bases: &[&str]) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    stem.is_some_and(|stem| {
        bases.iter().any(|base| stem.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_'])))
    })
}

/// The nodes that a query starts from.
fn roots_of<'d>(kind: DocumentKind, objects: &[String], documents: &'d [Node]) -> Vec<&'d Node> {
    if kind != DocumentKind::Kubernetes {
        return documents.iter().collect();
    }
    let mut roots = Vec::new();
    for document in documents {
        if document.get("kind").and_then(Node::as_str) == Some("List") {
            roots.extend(document.get("items").map(Node::items).unwrap_or_default());
        } else {
            roots.push(document);
        }
    }
    roots.retain(|root| {
        let kind = root.get("kind").and_then(Node::as_str);
        root.get("apiVersion").is_some() && kind.is_some_and(|kind| objects.is_empty() || objects.iter().any(|o| o == kind))
    });
    roots
}

/// A node that meets a document need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub span: Span,
    /// What the need keeps of it.
    pub name: Option<String>,
}

/// The hit, with the name that its need keeps.
pub(super) fn named(mut hit: Hit, name: Option<String>) -> Hit {
    hit.captures.extend(name.map(|name| (NAME.into(), name.into())));
    hit
}

/// The nodes that meet a document need.
pub fn evaluate(scanner: &Scanner<'_>, need: NeedId, roots: &[&Node]) -> Vec<Found> {
    let Some(query) = scanner.document(need) else { return Vec::new() };
    let Look::Document { conditions, named, .. } = &scanner.needs.need(need).look else { return Vec::new() };
    let meets = |key: Option<&str>, node: &Node| {
        conditions.iter().zip(&query.patterns).all(|(condition, pattern)| holds(condition, pattern, key, node))
    };
    let mut found: Vec<Found> = roots
        .iter()
        .flat_map(|root| query.select(root))
        .filter(|(key, node)| meets(key.as_deref(), node))
        .flat_map(|(key, node)| kept(*named, key, node, deciding(conditions, node)))
        .collect();
    found.sort_by(|a, b| {
        (a.span.origin, a.span.line, a.span.column, &a.name).cmp(&(b.span.origin, b.span.line, b.span.column, &b.name))
    });
    found.dedup();
    found
}

/// What is kept of a node. One without the name that is asked for is no hit.
fn kept(naming: Option<Naming>, key: Option<String>, node: &Node, span: Span) -> Vec<Found> {
    match naming {
        None => vec![Found { span, name: None }],
        Some(Naming::Key) => key.map(|key| Found { span, name: Some(key) }).into_iter().collect(),
        Some(Naming::Value) => node.scalar().map(|text| Found { span, name: Some(text) }).into_iter().collect(),
        Some(Naming::Path) => {
            let mut found = Vec::new();
            scalars_below(node, &mut String::new(), &mut found);
            found
        }
    }
}

/// The scalars below a node, by the keys that lead there. Parsers bound the depth.
fn scalars_below(node: &Node, path: &mut String, found: &mut Vec<Found>) {
    for entry in node.entries() {
        let before = path.len();
        if before > 0 {
            path.push('.');
        }
        path.push_str(&entry.key);
        if matches!(entry.value.value, Value::Object(_)) {
            scalars_below(&entry.value, path, found);
        } else if path.len() <= MAX_NAME {
            found.push(Found { span: entry.value.span, name: Some(path.clone()) });
        }
        path.truncate(before);
    }
}

/// Where the value stands that decided: that of the last condition that looked below the node and found something there, else
/// the node. A service may have its image in one compose file and its ports in another.
fn deciding(conditions: &[Condition], node: &Node) -> Span {
    let below = conditions.iter().rev().filter(|condition| !condition.at.is_empty());
    below
        .filter_map(|condition| target(condition, node))
        .find(|found| found.value != Value::Null)
        .map_or(node.span, |found| found.span)
}

/// The node that a condition is about.
fn target<'d>(condition: &Condition, node: &'d Node) -> Option<&'d Node> {
    condition.at.iter().try_fold(node, |node, name| child(node, name))
}

impl DocumentQuery {
    fn select<'d>(&self, root: &'d Node) -> Vec<(Option<String>, &'d Node)> {
        let found = if self.has_blocks { self.path.select_with_block_keys(root) } else { self.path.select_with_keys(root) };
        found.into_iter().map(|(key, node)| (key.map(str::to_owned), node)).collect()
    }
}

/// Does the condition hold? A templated value, or one that a template may add, answers neither yes nor no, so it never holds.
fn holds(condition: &Condition, pattern: &ConditionPattern, key: Option<&str>, node: &Node) -> bool {
    let is_match = |text: &str| pattern.is_match(condition, text);
    match &condition.op {
        NodeTest::Key(_) => return key.and_then(is_match) == Some(true),
        NodeTest::KeyNot(_) => return key.and_then(is_match) == Some(false),
        _ => {}
    }
    let mut target = Some(node);
    for name in &condition.at {
        if target.is_some_and(Node::is_open) && target.and_then(|node| node.get(name)).is_none() {
            return false;
        }
        target = target.and_then(|node| child(node, name));
    }
    test(&condition.op, &is_match, target)
}

/// A member by key, or an element by number.
fn child<'d>(node: &'d Node, name: &str) -> Option<&'d Node> {
    node.get(name).or_else(|| name.parse::<usize>().ok().and_then(|index| node.items().get(index)))
}

fn test(op: &NodeTest, is_match: &dyn Fn(&str) -> Option<bool>, target: Option<&Node>) -> bool {
    let present = target.filter(|node| node.value != Value::Null);
    if matches!(present.map(|node| &node.value), Some(Value::Templated(_))) {
        return matches!(op, NodeTest::Exists(true));
    }
    let matching = |node: &Node| node.scalar().and_then(|text| is_match(&text)) == Some(true);
    let templated = |node: &Node| matches!(node.value, Value::Templated(_));
    let lower = |node: &Node| node.scalar().map(|text| text.to_lowercase());
    match op {
        NodeTest::Exists(wanted) => present.is_some() == *wanted,
        NodeTest::In(words) => present.and_then(lower).is_some_and(|text| words.contains(&text)),
        NodeTest::NotIn(words) => present.and_then(lower).is_some_and(|text| !words.contains(&text)),
        NodeTest::Matches(_) => present.is_some_and(|node| match &node.value {
            Value::Array(items) => items.iter().any(matching),
            _ => matching(node),
        }),
        NodeTest::NotMatches(_) => present.is_some_and(|node| match &node.value {
            Value::Array(items) => !items.iter().any(|item| matching(item) || templated(item)),
            _ => node.scalar().is_some() && !matching(node),
        }),
        NodeTest::AtLeast(bound) => number(present).is_some_and(|value| value >= *bound as f64),
        NodeTest::AtMost(bound) => number(present).is_some_and(|value| value <= *bound as f64),
        NodeTest::CountAtLeast(bound) => count(present) >= *bound,
        NodeTest::CountAtMost(bound) => count(present) <= *bound,
        NodeTest::Key(_) | NodeTest::KeyNot(_) => false,
    }
}

fn number(node: Option<&Node>) -> Option<f64> {
    node.and_then(|node| match &node.value {
        Value::Int(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    })
}

fn count(node: Option<&Node>) -> i64 {
    node.map_or(0, |node| node.items().len().max(node.entries().len()) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::collect::{Context, Prepared, collect};
    use crate::inventory::source::Memory;
    use crate::model::needs::{NeedSet, Selector};

    #[test]
    fn a_file_that_cannot_be_read_leaves_open_what_it_may_hold() {
        let mut needs = NeedSet::default();
        for (kind, objects, select) in [
            (DocumentKind::Yaml, &[][..], "$.Resources[?@.Type == 'A']"),
            (DocumentKind::Yaml, &[], "$..['jwt','token'][?@]"),
            (DocumentKind::Yaml, &[], "$.jobs[*].resolved"),
            (DocumentKind::Yaml, &[], "$..*"),
            (DocumentKind::Kubernetes, &["Deployment"], "$..containers[*]"),
        ] {
            let (objects, select) = (objects.iter().map(|object| (*object).to_owned()).collect(), select.to_owned());
            let look = Look::Document { kind, objects, select, conditions: Vec::new(), named: None };
            needs.add(Selector { globs: vec!["*.yml".to_owned()], ..Selector::any() }, look);
        }
        let open = |text: &str| {
            let memory = Memory::new([("a.yml".to_owned(), format!("{text}\nbroken: \"\\q\"\n").into_bytes())].into());
            let inventory = collect(&memory, &Prepared::new(&needs, 0), Context::default()).inventory;
            inventory.gaps.keys().map(|need| need.0).collect::<Vec<_>>()
        };
        // Whoever asks what commands resolve to, or for anything, asks for nothing that a text names.
        assert_eq!(open("info: {{ name }}"), [2, 3]);
        assert_eq!(open("Resources:"), [0, 2, 3]);
        assert_eq!(open("auth:\n  token: a"), [1, 2, 3]);
        assert_eq!(open("\"\\u0052esources\": 1"), [0, 1, 2, 3]);
        let object = "apiVersion: v1\nkind: Service\ncontainers: []";
        assert_eq!(open(object), [2, 3]);
        assert_eq!(open(&object.replace("Service", "Deployment")), [2, 3, 4]);
        assert_eq!(open("apiVersion: v1\nkind: Deployment"), [2, 3]);
    }
}

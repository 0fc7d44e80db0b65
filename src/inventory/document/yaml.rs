//! YAML: every document of a stream, with anchors expanded, merge keys resolved and template expressions masked.
//!
//! - Plain scalars are typed by the YAML 1.2 core schema (`yaml_scalar`); quoted and block scalars are strings.
//! - An alias becomes a copy of what it names, standing where the alias stands; all copies of a file share one node budget. An
//!   alias that names nothing, or a node it is part of, is `Templated`: its value is not known.
//! - `<<` disappears into the object around it: explicit keys win, then earlier sources.
//! - A tag outside the core schema is kept in `Node::tag` (`!reset`, `!Ref`); the value below it is read as if untagged.
//! - A scalar with a template expression in it is `Templated` with its source text. An expression on a line of its own that prints
//!   something fills the empty value above it, adds a `Templated` item to the list at its indentation, or a member, whose key is
//!   its source text, to the object there (`Node::is_open`).

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, StructureStyle, Tag};

use super::node::{Entry, Node, Span, Value};
use super::position::Lines;
use super::template::{Action, Template, is_template};
use super::yaml_scalar::plain;
use super::yaml_template::printed_member;
use super::{MAX_DEPTH, ParseError};

/// How many nodes the anchors of one file may be copied into.
const EXPANSION_BUDGET: usize = 200_000;

/// Reads every document of a YAML stream.
pub fn parse(text: &str) -> Result<Vec<Node>, ParseError> {
    if !is_template(text) {
        return build(text, &Template { text: text.to_string(), actions: Vec::new() });
    }
    let template = Template::new(text, false);
    let dollars_left = template.actions.iter().any(|action| !action.hidden);
    build(text, &template).or_else(|error| if dollars_left { build(text, &Template::new(text, true)) } else { Err(error) })
}

/// Reads every document of a YAML stream that no template engine prints: `{{` is text like any other.
pub fn parse_plain(text: &str) -> Result<Vec<Node>, ParseError> {
    build(text, &Template { text: text.to_string(), actions: Vec::new() })
}

fn build(source: &str, template: &Template) -> Result<Vec<Node>, ParseError> {
    let mut options = Options::default();
    options.emit_unresolved_aliases = true;
    options.set_emit_comments(false);
    let mut builder = Builder::new(source, template);
    for event in Parser::new_from_str_with_options(&template.text, options) {
        let (event, span) = event.map_err(|error| builder.syntax_error(&error))?;
        let range = span.start.byte_offset().unwrap_or(0)..span.end.byte_offset().unwrap_or(0);
        builder.attach_actions(range.start);
        builder.event(event, range)?;
    }
    builder.attach_actions(source.len());
    Ok(builder.finish())
}

/// A collection whose end has not been seen.
pub(super) struct Frame {
    pub(super) kind: FrameKind,
    anchor: usize,
    tag: Option<Arc<str>>,
    start: usize,
    /// 0-based column of its keys or dashes; `None` for flow collections, in which indentation means nothing.
    pub(super) column: Option<usize>,
    /// The last value is empty or a block scalar: an expression below it, further in, is part of it.
    pub(super) open_ended: bool,
    /// What expressions print after the value that is being read.
    pub(super) after: Vec<Node>,
}

pub(super) enum FrameKind {
    Items(Vec<Node>),
    Members { entries: Vec<Entry>, key: Option<Key>, merges: bool },
}

pub(super) struct Key {
    text: Arc<str>,
    span: Span,
}

/// What an anchor names.
struct Anchored {
    node: Node,
    size: usize,
    depth: usize,
}

/// Turns events into nodes. `yaml_template` adds what template expressions print.
pub(super) struct Builder<'a> {
    pub(super) source: &'a str,
    pub(super) template: &'a Template,
    pub(super) lines: Lines<'a>,
    pub(super) documents: Vec<Node>,
    pub(super) root: Option<Node>,
    pub(super) stack: Vec<Frame>,
    /// Of the current document.
    anchors: BTreeMap<usize, Anchored>,
    budget: usize,
    /// The first action that is not attached yet.
    pub(super) next_action: usize,
    /// A printing expression that waits for the value it stands in.
    pub(super) pending: Option<&'a Action>,
    /// End of the last event, to find where a block scalar begins.
    last_end: usize,
}

impl<'a> Builder<'a> {
    fn new(source: &'a str, template: &'a Template) -> Builder<'a> {
        Builder {
            source,
            template,
            lines: Lines::new(source),
            documents: Vec::new(),
            root: None,
            stack: Vec::new(),
            anchors: BTreeMap::new(),
            budget: EXPANSION_BUDGET,
            next_action: 0,
            pending: None,
            last_end: 0,
        }
    }

    fn syntax_error(&self, error: &ScanError) -> ParseError {
        let line = error.marker().byte_offset().map_or(error.marker().line() as u32, |offset| self.lines.line(offset));
        ParseError::new(line, format!("not YAML: {}", error.info()))
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) -> Result<(), ParseError> {
        match event {
            Event::DocumentStart(explicit, _) => self.start_document(explicit),
            Event::DocumentEnd => self.documents.push(self.root.take().unwrap_or_default()),
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_deref(), &range)?,
            Event::SequenceStart(style, anchor, tag) => {
                self.open(FrameKind::Items(Vec::new()), style, anchor, tag.as_deref(), range.start)?;
            }
            Event::MappingStart(style, anchor, tag) => {
                let kind = FrameKind::Members { entries: Vec::new(), key: None, merges: false };
                self.open(kind, style, anchor, tag.as_deref(), range.start)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(range.end)?,
            Event::Alias(id) => self.alias(id, &range)?,
            Event::UnresolvedAlias(_) => self.unknown(&range)?,
            _ => {}
        }
        self.last_end = range.end;
        Ok(())
    }

    fn start_document(&mut self, explicit: bool) {
        self.anchors.clear();
        if let Some(action) = self.pending.take_if(|_| explicit) {
            self.documents.push(self.templated(action));
        }
    }

    fn finish(mut self) -> Vec<Node> {
        if let Some(action) = self.pending.take().filter(|_| self.documents.is_empty()) {
            self.documents.push(self.templated(action));
        }
        self.documents
    }

    fn open(
        &mut self,
        kind: FrameKind,
        style: StructureStyle,
        anchor: usize,
        tag: Option<&Tag>,
        start: usize,
    ) -> Result<(), ParseError> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(ParseError::too_deep(self.lines.line(start)));
        }
        let column = (style == StructureStyle::Block).then(|| self.lines.position(start).1 as usize - 1);
        self.stack.push(Frame { kind, anchor, tag: custom_tag(tag), start, column, open_ended: false, after: Vec::new() });
        if let Some(action) = self.pending.take() {
            self.add(self.stack.len() - 1, action);
        }
        Ok(())
    }

    fn close(&mut self, end: usize) -> Result<(), ParseError> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let range = frame.start..end;
        let mut span = self.lines.span(range.clone());
        let last = match &frame.kind {
            FrameKind::Items(items) => items.last(),
            FrameKind::Members { entries, .. } => entries.last().map(|entry| &entry.value),
        };
        if frame.column.is_some() {
            // A block collection ends where the next token begins; what it holds ends earlier.
            span.end_line = last.map_or(span.line, |last| last.span.end_line.max(span.line));
        }
        let value = match frame.kind {
            FrameKind::Items(items) => Value::Array(items),
            FrameKind::Members { entries, merges, .. } => Value::Object(if merges { merged(entries) } else { entries }),
        };
        self.place(Node { value, span, tag: frame.tag }, frame.anchor, &range, false)
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        range: &Range<usize>,
    ) -> Result<(), ParseError> {
        let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        let length = self.template.text.get(range.clone()).unwrap_or("").trim_end().len();
        let tail = range.start + length..range.end;
        let text = if block && !self.template.within(&tail).is_empty() {
            // Expressions hidden below a block scalar left spaces in it.
            Cow::Owned(format!("{}\n", text.trim_end()))
        } else {
            text
        };
        let first_line = if block { self.block_start(range.start) } else { range.start };
        // The parser places an empty block scalar at the token after it.
        let start = if length == 0 { first_line } else { range.start };
        let (looked_at, range) = (first_line..range.start + length, start..start + length);
        let actions = self.template.within(&looked_at);
        let value = if actions.iter().any(|action| action.hidden) {
            Value::Templated(self.source_of(style, &looked_at).into())
        } else if !actions.is_empty() {
            Value::Templated(text.into())
        } else {
            scalar_value(&text, style, tag)
        };
        let node = Node { value, span: self.lines.span(range.clone()), tag: custom_tag(tag) };
        self.pending = None;
        let plain_merge = style == ScalarStyle::Plain && node.as_str() == Some("<<");
        let open_ended = block || range.is_empty();
        if plain_merge && let Some(Frame { kind: FrameKind::Members { key: None, merges, .. }, .. }) = self.stack.last_mut() {
            *merges = true;
        }
        self.place(node, anchor, &range, open_ended)
    }

    /// Where the lines of a block scalar begin whose first visible character is at `start`.
    fn block_start(&self, start: usize) -> usize {
        let from = self.last_end.min(start);
        let gap = self.template.text.get(from..start).unwrap_or("");
        from + gap.rfind(['|', '>']).map_or(0, |at| gap[at..].find('\n').map_or(gap.len(), |newline| at + newline + 1))
    }

    /// The text a scalar has in the source: without quotes, without common indentation.
    fn source_of(&self, style: ScalarStyle, range: &Range<usize>) -> String {
        let text = self.source.get(range.clone()).unwrap_or("");
        match style {
            ScalarStyle::SingleQuoted => text.trim_matches('\'').to_string(),
            ScalarStyle::DoubleQuoted => text.trim_matches('"').to_string(),
            ScalarStyle::Literal | ScalarStyle::Folded => dedented(text.trim_end()),
            ScalarStyle::Plain => text.to_string(),
        }
    }

    fn alias(&mut self, id: usize, range: &Range<usize>) -> Result<(), ParseError> {
        let Some(anchored) = self.anchors.get(&id) else { return self.unknown(range) };
        let span = self.lines.span(range.clone());
        if self.stack.len() + anchored.depth > MAX_DEPTH {
            return Err(ParseError::too_deep(span.line));
        }
        let (size, mut node) = (anchored.size, Node { span, ..Node::default() });
        self.budget = self.budget.checked_sub(size).ok_or_else(|| over_budget(span.line))?;
        if let Some(anchored) = self.anchors.get(&id) {
            node = Node { span, ..anchored.node.clone() };
        }
        self.place(node, 0, range, false)
    }

    /// A node whose value cannot be known.
    fn unknown(&mut self, range: &Range<usize>) -> Result<(), ParseError> {
        let text = self.source.get(range.clone()).unwrap_or("");
        let node = Node::new(Value::Templated(text.into()), self.lines.span(range.clone()));
        self.place(node, 0, range, false)
    }

    /// Puts a finished node where it belongs.
    fn place(&mut self, node: Node, anchor: usize, range: &Range<usize>, open_ended: bool) -> Result<(), ParseError> {
        if anchor != 0 {
            let (size, depth) = extent(&node);
            self.budget = self.budget.checked_sub(size).ok_or_else(|| over_budget(node.span.line))?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), size, depth });
        }
        let Some(frame) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        frame.open_ended = open_ended;
        let after = std::mem::take(&mut frame.after);
        match &mut frame.kind {
            FrameKind::Items(items) => {
                items.push(node);
                items.extend(after);
            }
            FrameKind::Members { entries, key, .. } => match key.take() {
                Some(key) => {
                    entries.push(Entry { key: key.text, key_span: key.span, value: node });
                    entries.extend(after.into_iter().map(printed_member));
                }
                None => {
                    let written = || self.source.get(range.clone()).unwrap_or("");
                    let text = match &node.value {
                        Value::String(text) | Value::Templated(text) => text.clone(),
                        Value::Array(_) | Value::Object(_) => written().into(),
                        _ if range.is_empty() => "".into(),
                        _ => node.scalar().filter(|_| written().starts_with('*')).unwrap_or(written().to_string()).into(),
                    };
                    *key = Some(Key { text, span: node.span });
                }
            },
        }
        Ok(())
    }
}

fn over_budget(line: u32) -> ParseError {
    ParseError::new(line, format!("aliases expand to more than {EXPANSION_BUDGET} nodes"))
}

/// Number of nodes and of levels.
fn extent(node: &Node) -> (usize, usize) {
    let below = |extents: &mut dyn Iterator<Item = (usize, usize)>| {
        extents.fold((0, 0), |(size, depth), (below, levels)| (size + below, depth.max(levels)))
    };
    let (size, depth) = match &node.value {
        Value::Array(items) => below(&mut items.iter().map(extent)),
        Value::Object(entries) => below(&mut entries.iter().map(|entry| extent(&entry.value))),
        _ => return (1, 0),
    };
    (size + 1, depth + 1)
}

/// The tag as written, unless it belongs to the core schema.
fn custom_tag(tag: Option<&Tag>) -> Option<Arc<str>> {
    let tag = tag.filter(|tag| !tag.is_yaml_core_schema())?;
    let text = format!("{}{}", tag.original_handle(), tag.suffix());
    Some(text.into()).filter(|text: &Arc<str>| &**text != "!")
}

fn scalar_value(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    match tag.and_then(Tag::core_suffix) {
        Some("str") => Value::String(text.into()),
        Some(_) => plain(text),
        None if style == ScalarStyle::Plain => plain(text),
        None => Value::String(text.into()),
    }
}

/// `entries` with its `<<` members replaced by what they name.
fn merged(entries: Vec<Entry>) -> Vec<Entry> {
    let (merges, mut result): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .partition(|entry| &*entry.key == "<<" && matches!(entry.value.value, Value::Object(_) | Value::Array(_)));
    let mut seen: HashSet<Arc<str>> = result.iter().map(|entry| entry.key.clone()).collect();
    for merge in merges {
        let sources = match merge.value.value {
            Value::Array(items) => items,
            value => vec![Node { value, ..Node::default() }],
        };
        for source in sources {
            let Value::Object(members) = source.value else { continue };
            let new: Vec<_> = members.into_iter().filter(|member| !seen.contains(&member.key)).collect();
            seen.extend(new.iter().map(|member| member.key.clone()));
            result.extend(new);
        }
    }
    result
}

/// The lines of `text` without their common indentation.
fn dedented(text: &str) -> String {
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let common = text.lines().filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let lines: Vec<_> = text.lines().map(|line| line.get(common..).unwrap_or("")).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str) -> Node {
        let mut documents = parse(text).unwrap();
        assert_eq!(documents.len(), 1);
        documents.remove(0)
    }

    const DEPLOYMENT: &str = "# web
apiVersion: apps/v1
kind: Deployment
spec:
  replicas: 3
  template:
    spec:
      containers:
        - name: wéb
          image: \"shop:1.2\"   # pinned
          ports: [{containerPort: 80}, {containerPort: 443}]
          args:
            - |
              line one
                line two

        - name: sidecar
---
kind: Service
";

    #[test]
    fn reads_kubernetes_objects_with_places() {
        let documents = parse(DEPLOYMENT).unwrap();
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[1].get("kind").unwrap().span.line, 19);
        let containers = documents[0].at(&["spec", "template", "spec", "containers"]).unwrap();
        assert_eq!((containers.span.line, containers.span.column, containers.span.end_line), (9, 9, 17));
        let web = &containers.items()[0];
        assert_eq!((web.span.line, web.span.column, web.span.end_line), (9, 11, 15));
        let image = web.entry("image").unwrap();
        assert_eq!((image.key_span.line, image.key_span.column), (10, 11));
        assert_eq!((image.value.as_str(), image.value.span.column), (Some("shop:1.2"), 18));
        let port = web.get("ports").unwrap().items()[1].get("containerPort").unwrap();
        assert_eq!((&port.value, port.span.column), (&Value::Int(443), 56));
        let script = &web.get("args").unwrap().items()[0];
        assert_eq!(script.as_str(), Some("line one\n  line two\n"));
        assert_eq!((script.span.line, script.span.end_line), (14, 15));
    }

    #[test]
    fn types_only_plain_scalars() {
        let node = one("a: 1\nb: '1'\nc: true\nd: \"true\"\ne: yes\nf: ~\ng:\nh: !!str 1\ni: !!int '7'\n80: x\n? [1, 2]\n: z\n");
        let values: Vec<_> =
            ["a", "b", "c", "d", "e", "f", "g", "h", "i"].iter().map(|key| node.get(key).unwrap().value.clone()).collect();
        let text = |text: &str| Value::String(text.into());
        assert_eq!(
            values,
            [
                Value::Int(1),
                text("1"),
                Value::Bool(true),
                text("true"),
                text("yes"),
                Value::Null,
                Value::Null,
                text("1"),
                Value::Int(7)
            ]
        );
        assert_eq!(node.get("80").unwrap().as_str(), Some("x"));
        assert_eq!(node.get("[1, 2]").unwrap().as_str(), Some("z"));
    }

    #[test]
    fn expands_aliases_and_merge_keys() {
        let node = one(
            "base: &base\n  restart: always\n  user: app\nextra: &extra {user: other, cpu: 2}\nweb:\n  <<: [*base, *extra]\n  restart: \"no\"\ncopy: *base\nplain: {\"<<\": 1}\n",
        );
        let web = node.get("web").unwrap();
        let keys: Vec<_> = web.entries().iter().map(|entry| &*entry.key).collect();
        assert_eq!(keys, ["restart", "user", "cpu"]);
        assert_eq!(web.get("restart").unwrap().as_str(), Some("no"));
        assert_eq!(web.get("user").unwrap().span.line, 3);
        assert_eq!(node.get("copy").unwrap().span.line, 8);
        assert_eq!(node.at(&["copy", "user"]).unwrap().as_str(), Some("app"));
        assert!(node.at(&["plain", "<<"]).is_some());
    }

    #[test]
    fn anchors_end_with_their_document_and_unknown_aliases_are_not_known() {
        let documents = parse("a: &x 1\nb: *x\n---\nb: *x\n").unwrap();
        assert_eq!(documents[0].get("b").unwrap().value, Value::Int(1));
        assert_eq!(documents[1].get("b").unwrap().value, Value::Templated("*x".into()));
        let recursive = one("a: &a\n  b: *a\n");
        assert_eq!(recursive.at(&["a", "b"]).unwrap().value, Value::Templated("*a".into()));
    }

    #[test]
    fn alias_bombs_and_deep_nesting_are_errors() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_string();
        for level in 1..9 {
            let previous = format!("*a{}, ", level - 1).repeat(9);
            bomb += &format!("a{level}: &a{level} [{previous}]\n");
        }
        assert!(parse(&bomb).unwrap_err().message.contains("aliases expand"));
        let chain: String = (1..400).map(|n| format!("- &a{n} [*a{}]\n", n - 1)).collect();
        assert!(parse(&format!("- &a0 []\n{chain}")).unwrap_err().message.contains("nested deeper"));
        assert!(parse(&"[".repeat(10_000)).is_err());
        assert!(parse(&"- ".repeat(10_000)).is_err());
        assert!(parse(&"{a: ".repeat(10_000)).is_err());
    }

    #[test]
    fn custom_tags_are_kept_and_harmless() {
        let node = one("ports: !reset []\nenv: !override\n  A: 1\nref: !Ref Bucket\nsub: !Sub \"${A}-x\"\nn: ! 12\n");
        assert_eq!(node.get("ports").unwrap().tag.as_deref(), Some("!reset"));
        assert_eq!(node.get("env").unwrap().tag.as_deref(), Some("!override"));
        assert_eq!(node.at(&["env", "A"]).unwrap().value, Value::Int(1));
        assert_eq!(node.get("ref").unwrap().as_str(), Some("Bucket"));
        assert_eq!(node.get("n").unwrap().tag, None);
    }

    #[test]
    fn an_error_names_its_line() {
        let error = parse("a: 1\nb: [1, 2\nc: 3\n").unwrap_err();
        assert!(error.line >= 2, "{error}");
        assert!(error.message.starts_with("not YAML: "));
        assert_eq!(parse("").unwrap().len(), 0);
        assert_eq!(parse("# nothing\n").unwrap().len(), 0);
    }

    const CHART: &str = "{{- if .Values.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include \"shop.fullname\" . }}
  labels:
    {{- include \"shop.labels\" . | nindent 4 }}
  annotations:
    fixed: yes
    {{- toYaml .Values.annotations | nindent 4 }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      {{- with .Values.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: \"web-{{ .Release.Name }}\"
          image: {{ .Values.image.repository }}:{{ .Values.image.tag | default \"latest\" }}
          imagePullPolicy: Always
          resources:
{{ toYaml .Values.resources | indent 12 }}
          {{ .Values.key }}: literal
          command:
            - |
              set -e
              {{- if .Values.debug }}
              echo debug
              {{- end }}
        {{- toYaml .Values.sidecars | nindent 8 }}
      volumes:
      {{- end }}
{{- end }}
";

    #[test]
    fn helm_templates_keep_their_lines_and_say_what_is_not_known() {
        let node = one(CHART);
        let templated = |keys: &[&str]| match &node.at(keys).unwrap().value {
            Value::Templated(text) => text.to_string(),
            other => panic!("{keys:?} is {other:?}"),
        };
        assert_eq!(templated(&["metadata", "name"]), "{{ include \"shop.fullname\" . }}");
        assert_eq!(templated(&["metadata", "labels"]), "{{- include \"shop.labels\" . | nindent 4 }}");
        assert_eq!(templated(&["spec", "replicas"]), "{{ .Values.replicas }}");
        let annotations = node.at(&["metadata", "annotations"]).unwrap();
        assert!(annotations.is_open());
        assert_eq!(annotations.get("fixed").unwrap().as_str(), Some("yes"));
        let pod = node.at(&["spec", "template", "spec"]).unwrap();
        assert!(!pod.is_open());
        assert!(matches!(pod.get("imagePullSecrets").unwrap().value, Value::Templated(_)));
        assert_eq!(pod.get("volumes").unwrap().value, Value::Null);
        let containers = pod.get("containers").unwrap();
        assert_eq!(containers.items().len(), 2);
        assert!(matches!(containers.items()[1].value, Value::Templated(_)), "{containers:#?}");
        let web = &containers.items()[0];
        assert_eq!(web.get("name").unwrap().text(), Some("web-{{ .Release.Name }}"));
        assert_eq!(web.get("image").unwrap().span.line, 21);
        assert_eq!(web.get("imagePullPolicy").unwrap().as_str(), Some("Always"));
        assert!(matches!(web.get("resources").unwrap().value, Value::Templated(_)));
        assert_eq!(web.get("{{ .Values.key }}").unwrap().as_str(), Some("literal"));
        let command = &web.get("command").unwrap().items()[0];
        assert_eq!(command.text(), Some("set -e\n{{- if .Values.debug }}\necho debug"));
        assert!(!web.is_open() || web.get("{{ .Values.key }}").is_some());
    }

    #[test]
    fn block_scalars_filled_by_an_expression_are_not_known() {
        let node = one(
            "data:\n  a: |\n{{ .Files.Get \"a\" | indent 4 }}\n  b: |\n    {{ .Values.b }}\n    tail\n  c: |\n    fixed\n  {{- if .x }}\n  d: e\n  {{- end }}\n",
        );
        let data = node.get("data").unwrap();
        assert_eq!(data.get("a").unwrap().text(), Some("{{ .Files.Get \"a\" | indent 4 }}"));
        assert_eq!(data.get("b").unwrap().value, Value::Templated("{{ .Values.b }}\ntail".into()));
        assert_eq!(data.get("c").unwrap().as_str(), Some("fixed\n"));
        assert_eq!(data.get("d").unwrap().as_str(), Some("e"));
    }

    #[test]
    fn documents_that_a_template_prints_are_not_known() {
        let documents = parse("{{ include \"a\" . }}\n---\nkind: B\n---\n{{ include \"c\" . }}\n").unwrap();
        assert!(matches!(documents[0].value, Value::Templated(_)));
        assert_eq!(documents[1].get("kind").unwrap().as_str(), Some("B"));
        assert!(!documents[1].is_open());
        assert!(matches!(documents[2].value, Value::Templated(_)));
        assert!(matches!(one("{{ include \"a\" . }}\n").value, Value::Templated(_)));
    }

    #[test]
    fn workflow_expressions_are_templated_with_the_real_text() {
        let node = one(
            "jobs:\n  build:\n    runs-on: ${{ matrix.os }}\n    steps:\n      - run: |\n          echo \"${{ github.sha }}\"\n          make\n      - uses: actions/checkout@v4\n        with: {ref: \"${{ github.ref }}\"}\n",
        );
        let steps = node.at(&["jobs", "build", "steps"]).unwrap().items();
        assert_eq!(steps[0].get("run").unwrap().value, Value::Templated("echo \"${{ github.sha }}\"\nmake\n".into()));
        assert_eq!(steps[1].get("uses").unwrap().as_str(), Some("actions/checkout@v4"));
        assert_eq!(steps[1].at(&["with", "ref"]).unwrap().text(), Some("${{ github.ref }}"));
        assert_eq!(node.at(&["jobs", "build", "runs-on"]).unwrap().text(), Some("${{ matrix.os }}"));
        let in_flow = one("runs-on: [self-hosted, ${{ matrix.os }}]\n");
        assert_eq!(in_flow.get("runs-on").unwrap().items()[1].text(), Some("${{ matrix.os }}"));
    }

    #[test]
    fn ansible_templates() {
        let node = one(
            "- hosts: \"{{ target }}\"\n  tasks:\n    - name: \"a {{ 'q' }}\"\n      when: x\n{% if y %}\n  vars: {z: 1}\n{% endif %}\n",
        );
        let play = &node.items()[0];
        assert_eq!(play.get("hosts").unwrap().text(), Some("{{ target }}"));
        assert_eq!(play.at(&["vars", "z"]).unwrap().value, Value::Int(1));
    }

    fn check_places(node: &Node, lines: u32) -> Result<(), TestCaseError> {
        prop_assert!((1..=lines).contains(&node.span.line) && node.span.column >= 1);
        prop_assert!((node.span.line..=lines).contains(&node.span.end_line));
        node.items().iter().try_for_each(|item| check_places(item, lines))?;
        node.entries().iter().try_for_each(|entry| check_places(&entry.value, lines))
    }

    proptest! {
        #[test]
        fn never_panics_and_stays_in_the_file(text in "(\\{\\{|\\}\\}|[-a:|>&*!?{}\\[\\],'\"#$% \né]|\n  |: |- |<<: |indent 4|---\n){0,60}") {
            let lines = text.matches('\n').count() as u32 + 1;
            for document in parse(&text).unwrap_or_default() {
                if document.span != Span::default() {
                    check_places(&document, lines)?;
                }
            }
        }
    }
}

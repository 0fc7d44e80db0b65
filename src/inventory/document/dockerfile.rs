//! Dockerfiles as build stages.
//!
//! ```text
//! {args: {K: default}, stages: [{
//!     image, name, tag, digest,        the image as written with build arguments filled in, and its parts; parts not written are absent
//!     platform, as, final: bool, from_stage: bool (the image is an earlier stage),
//!     user, workdir, healthcheck, cmd, entrypoint, env: {K: V}, labels: {K: V}, args: {K: default}, expose: ["8080/tcp"],
//!     instructions: [{op: "RUN", text, form: "shell"|"exec", args: [...], flags: {mount: [...]}, heredocs: [...]}]}]}
//! ```
//!
//! - `healthcheck`, `cmd` and `entrypoint` are instruction objects; a health check that is switched off has `none: true`.
//! - What Docker inherits from the image of a stage (`user`, `workdir`, `healthcheck`, `cmd`, `entrypoint`, `env`, `labels`,
//!   `expose`) is inherited here if that image is an earlier stage, and then stands where it was written.
//! - `args` of an instruction are the elements of the exec form or the shell words of the other.
//! - A `COPY --from` of an earlier stage has `context`, the paths in the build context that lie, or would lie, at what it takes (`.` for
//!   the whole): none, and only the stage itself can have made it. Where that cannot be followed there is no `context`.
//! - Every node stands where its instruction stands. A heredoc's body is part of `text`, after a line break.
//! - A build argument that names earlier ones (`ARG TAG=${VERSION}-slim`) is what that makes, as far as they have values.
//! - An image or user whose build argument has no default, or that a template engine fills in, is `Templated`.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::ParseError;
use super::dockerfile_copies::Copies;
use super::dockerfile_lines::{Instruction, instructions, words};
use super::node::{Entry, Node, Span, Value};

/// How many members all stages of a file together may inherit; beyond it stages inherit only single settings. A hostile file
/// could otherwise copy a long environment through thousands of stages.
const INHERITANCE_BUDGET: usize = 100_000;

/// How many bytes all build arguments of a file together may become by what is filled into them: each may name earlier ones twice.
const EXPANSION_BUDGET: usize = 1024 * 1024;

/// Longest image, user or directory, in bytes, into which variables are filled.
const MAX_EXPANDED: usize = 4096;

/// Reads one Dockerfile.
pub fn parse(text: &str) -> Result<Vec<Node>, ParseError> {
    let mut file = File::default();
    for instruction in instructions(text) {
        file.add(&instruction);
    }
    Ok(vec![file.finish()])
}

#[derive(Default)]
struct File {
    /// Build arguments before the first stage; `None` without a default.
    args: Scope,
    stages: Vec<Stage>,
    /// Index of the last stage of a name, in lower case.
    named: HashMap<String, usize>,
    inherited: usize,
    /// Bytes that were filled into build arguments.
    expanded: usize,
    end_line: u32,
}

/// Names with values, in source order.
#[derive(Default, Clone)]
struct Scope {
    entries: Vec<Entry>,
    last: HashMap<Arc<str>, usize>,
}

impl Scope {
    fn extend(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            self.last.insert(entry.key.clone(), self.entries.len());
            self.entries.push(entry);
        }
    }

    /// Takes build arguments, with the values of earlier ones in theirs.
    fn declare(&mut self, instruction: &Instruction, expanded: &mut usize) {
        for mut entry in assignments(instruction) {
            let written = entry.value.as_str().filter(|written| written.contains('$') && *expanded < EXPANSION_BUDGET);
            if let Some(filled) = written.map(|written| expand(written, &[self])).filter(|filled| filled.known) {
                *expanded += filled.text.len();
                entry.value = filled.node(instruction.span);
            }
            self.extend(vec![entry]);
        }
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.last.get(name).and_then(|index| self.entries[*index].value.as_str())
    }
}

/// A build stage under construction.
#[derive(Default, Clone)]
struct Stage {
    span: Span,
    /// `image` and its parts, `platform`, `as`, `from_stage`.
    from: Vec<Entry>,
    /// The last `USER`, `HEALTHCHECK` and so on, by member name.
    settings: BTreeMap<&'static str, Entry>,
    env: Scope,
    labels: Vec<Entry>,
    args: Scope,
    expose: Vec<Node>,
    instructions: Vec<Node>,
    /// What of the build context lies in it.
    copies: Copies,
}

impl File {
    fn add(&mut self, instruction: &Instruction) {
        self.end_line = instruction.span.end_line;
        if instruction.op == "FROM" {
            let stage = self.open_stage(instruction);
            self.stages.push(stage);
            return;
        }
        let is_argument = instruction.op == "ARG";
        let context = self.context_of(instruction);
        match self.stages.last_mut() {
            Some(stage) => {
                stage.add(instruction, context);
                if is_argument {
                    stage.args.declare(instruction, &mut self.expanded);
                }
            }
            None if is_argument => self.args.declare(instruction, &mut self.expanded),
            None => {}
        }
    }

    /// What a copy from another stage takes of the build context, as far as that can be followed.
    fn context_of(&self, instruction: &Instruction) -> Option<Entry> {
        let (_, from) = instruction.flags.iter().find(|(name, _)| name == "from").filter(|_| instruction.op == "COPY")?;
        let index = self.named.get(&from.to_lowercase()).copied().or_else(|| from.parse().ok())?;
        let paths = self.stages.last()?.paths(instruction);
        let (_, sources) = paths.split_last()?;
        // A stage does not copy from itself.
        let of = &self.stages.get(index).filter(|_| index + 1 < self.stages.len())?.copies;
        let taken: Option<Vec<Vec<String>>> = sources.iter().map(|source| of.at(source)).collect();
        Some(member("context", instruction.span, strings(taken?.concat(), instruction.span)))
    }

    fn open_stage(&mut self, instruction: &Instruction) -> Stage {
        let span = instruction.span;
        let words = words(&instruction.rest);
        let image = words.first().map_or("", String::as_str);
        let alias = words.get(1).filter(|word| word.eq_ignore_ascii_case("as")).and_then(|_| words.get(2));
        let expanded = expand(image, &[&self.args]);
        let parent = self.named.get(&expanded.text.to_lowercase()).map(|index| &self.stages[*index]);
        let is_stage = parent.is_some();
        let mut stage = parent.map(|parent| parent.derived(&mut self.inherited)).unwrap_or_default();
        stage.span = span;
        if let Some(alias) = alias {
            self.named.insert(alias.to_lowercase(), self.stages.len());
        }
        stage.from = vec![member("image", span, expanded.node(span))];
        stage.from.extend(image_parts(image, &expanded, &self.args, span));
        if let Some((_, platform)) = instruction.flags.iter().find(|(name, _)| name == "platform") {
            stage.from.push(member("platform", span, expand(platform, &[&self.args]).node(span)));
        }
        stage.from.extend(alias.map(|alias| member("as", span, Node::string(alias.as_str(), span))));
        stage.from.push(member("from_stage", span, Node::new(Value::Bool(is_stage), span)));
        stage
    }

    fn finish(self) -> Node {
        let whole = Span { end_line: self.end_line.max(1), ..Span::at(1, 1) };
        let args = object(self.args.entries, whole);
        let last = self.stages.len().saturating_sub(1);
        let stages = self.stages.into_iter().enumerate().map(|(index, stage)| stage.finish(index == last)).collect();
        object(vec![member("args", whole, args), member("stages", whole, Node::new(Value::Array(stages), whole))], whole)
    }
}

impl Stage {
    /// A stage that begins with what this one ends with.
    fn derived(&self, inherited: &mut usize) -> Stage {
        *inherited += self.env.entries.len() + self.labels.len() + self.expose.len();
        *inherited += self.copies.len();
        let mut stage = Stage { settings: self.settings.clone(), ..Stage::default() };
        if *inherited <= INHERITANCE_BUDGET {
            stage.env = self.env.clone();
            stage.labels = self.labels.clone();
            stage.expose = self.expose.clone();
            stage.copies = self.copies.clone();
        } else {
            stage.copies = Copies::unknown();
        }
        stage
    }

    /// The paths that a copy names, with variables filled in.
    fn paths(&self, instruction: &Instruction) -> Vec<String> {
        let paths = exec_form(&instruction.rest).unwrap_or_else(|| words(&instruction.rest));
        paths.iter().map(|path| expand(path, &[&self.env, &self.args]).text).collect()
    }

    fn add(&mut self, instruction: &Instruction, context: Option<Entry>) {
        let span = instruction.span;
        self.span.end_line = span.end_line;
        let variable = |name| member(name, span, expand(instruction.rest.trim(), &[&self.env, &self.args]).node(span));
        match &*instruction.op {
            "USER" => self.settings.insert("user", variable("user")),
            "WORKDIR" => self.settings.insert("workdir", variable("workdir")),
            "CMD" => self.settings.insert("cmd", member("cmd", span, described(instruction, None))),
            "ENTRYPOINT" => self.settings.insert("entrypoint", member("entrypoint", span, described(instruction, None))),
            "HEALTHCHECK" => self.settings.insert("healthcheck", member("healthcheck", span, described(instruction, None))),
            _ => None,
        };
        match &*instruction.op {
            "ENV" => self.env.extend(assignments(instruction)),
            "LABEL" => self.labels.extend(assignments(instruction)),
            "EXPOSE" => self.expose.extend(words(&instruction.rest).into_iter().map(|port| Node::string(port, span))),
            "WORKDIR" => self.copies.enter(&expand(instruction.rest.trim(), &[&self.env, &self.args]).text),
            "COPY" | "ADD" if !instruction.flags.iter().any(|(name, _)| name == "from") => {
                let paths = self.paths(instruction);
                self.copies.bring(instruction, &paths);
            }
            _ => {}
        }
        self.instructions.push(described(instruction, context));
    }

    fn finish(self, is_final: bool) -> Node {
        let span = self.span;
        let mut entries = self.from;
        entries.push(member("final", span, Node::new(Value::Bool(is_final), span)));
        entries.extend(self.settings.into_values());
        for (name, members) in [("env", self.env.entries), ("labels", self.labels), ("args", self.args.entries)] {
            entries.push(member(name, span, object(members, span)));
        }
        for (name, items) in [("expose", self.expose), ("instructions", self.instructions)] {
            entries.push(member(name, span, Node::new(Value::Array(items), span)));
        }
        object(entries, span)
    }
}

fn member(name: &str, span: Span, value: Node) -> Entry {
    Entry::new(name, span, value)
}

fn object(entries: Vec<Entry>, span: Span) -> Node {
    Node::new(Value::Object(entries), span)
}

fn strings(texts: Vec<String>, span: Span) -> Node {
    Node::new(Value::Array(texts.into_iter().map(|text| Node::string(text, span)).collect()), span)
}

/// The words of an exec form.
fn exec_form(command: &str) -> Option<Vec<String>> {
    command.starts_with('[').then(|| serde_json::from_str(command).ok()).flatten()
}

/// An instruction as an object, with what else is known of it.
fn described(instruction: &Instruction, more: Option<Entry>) -> Node {
    let span = instruction.span;
    let command = match &*instruction.op {
        "HEALTHCHECK" | "ONBUILD" => instruction.rest.split_once(char::is_whitespace).map_or("", |(_, command)| command.trim()),
        _ => &instruction.rest,
    };
    let exec = exec_form(command);
    let form = if exec.is_some() { "exec" } else { "shell" };
    let text = [instruction.text.clone()].into_iter().chain(instruction.heredocs.iter().cloned()).collect::<Vec<_>>().join("\n");
    let mut flags: Vec<Entry> = Vec::new();
    for (name, value) in &instruction.flags {
        let value = Node::string(value.as_str(), span);
        match flags.iter_mut().find(|flag| *flag.key == **name).map(|flag| &mut flag.value.value) {
            Some(Value::Array(values)) => values.push(value),
            _ => flags.push(member(name, span, Node::new(Value::Array(vec![value]), span))),
        }
    }
    let mut entries = vec![
        member("op", span, Node::string(instruction.op.as_str(), span)),
        member("text", span, Node::string(text, span)),
        member("form", span, Node::string(form, span)),
        member("args", span, strings(exec.unwrap_or_else(|| words(command)), span)),
        member("flags", span, object(flags, span)),
        member("heredocs", span, strings(instruction.heredocs.clone(), span)),
    ];
    if instruction.op == "HEALTHCHECK" {
        let none = instruction.rest.trim().eq_ignore_ascii_case("none");
        entries.push(member("none", span, Node::new(Value::Bool(none), span)));
    }
    entries.extend(more);
    object(entries, span)
}

/// `K=V K2=V2`, `K` (null) or the old `K V`.
fn assignments(instruction: &Instruction) -> Vec<Entry> {
    let span = instruction.span;
    let words = words(&instruction.rest);
    let old_form = instruction.op != "ARG" && words.first().is_some_and(|first| !first.contains('='));
    if old_form {
        let value = instruction.rest.trim().split_once(char::is_whitespace).map_or("", |(_, value)| value.trim());
        return words.first().map(|name| member(name, span, Node::string(value, span))).into_iter().collect();
    }
    let assignment = |word: &String| match word.split_once('=') {
        Some((name, value)) => member(name, span, Node::string(value, span)),
        None => member(word, span, Node::new(Value::Null, span)),
    };
    words.iter().map(assignment).collect()
}

/// A text with its variables filled in.
struct Expanded {
    text: String,
    /// Every variable had a value.
    known: bool,
}

impl Expanded {
    fn node(&self, span: Span) -> Node {
        let text = self.text.as_str().into();
        Node::new(if self.known { Value::String(text) } else { Value::Templated(text) }, span)
    }
}

/// Fills in `$X`, `${X}`, `${X:-default}` and `${X-default}` from the last assignment in the first scope that has one. What has no
/// value stays as it is written.
fn expand(text: &str, scopes: &[&Scope]) -> Expanded {
    let value = |name: &str| scopes.iter().find_map(|scope| scope.value(name)).filter(|value| !value.contains('$'));
    let mut result = Expanded { text: String::new(), known: !text.contains("{{") && !text.contains("<%") };
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        result.text.push_str(&rest[..at]);
        let (name, default, length) = variable(&rest[at..]);
        match value(name).or(default) {
            Some(value) if !name.is_empty() && result.text.len() + value.len() <= MAX_EXPANDED => result.text.push_str(value),
            _ => {
                result.known &= name.is_empty();
                result.text.push_str(&rest[at..at + length]);
            }
        }
        rest = &rest[at + length..];
    }
    result.text.push_str(rest);
    result
}

/// Name, default and length of the variable reference at the start of `text`. A reference with another one inside has the name `{`,
/// which nothing is called.
fn variable(text: &str) -> (&str, Option<&str>, usize) {
    if let Some(inner) = text.strip_prefix("${") {
        let Some(close) = inner.find(['}', '$']).filter(|at| inner.as_bytes()[*at] == b'}') else { return ("{", None, 2) };
        let inner = &inner[..close];
        let end = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(inner.len());
        let default = inner[end..].strip_prefix(":-").or_else(|| inner[end..].strip_prefix('-'));
        return (&inner[..end], default, inner.len() + 3);
    }
    let name = &text[1..];
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    (&name[..end], None, end + 1)
}

/// `name`, `tag` and `digest` of an image reference, as far as they are written.
fn image_parts(written: &str, expanded: &Expanded, args: &Scope, span: Span) -> Vec<Entry> {
    // With an unknown variable inside, split what is written: `${X:-a}` must not be taken for a tag.
    let image = if expanded.known { &expanded.text } else { written };
    let mut depth = 0usize;
    let (mut tag_at, mut digest_at) = (None, None);
    for (at, character) in image.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            '/' if depth == 0 && digest_at.is_none() => tag_at = None,
            ':' if depth == 0 && digest_at.is_none() => tag_at = Some(at),
            '@' if depth == 0 => digest_at = digest_at.or(Some(at)),
            _ => {}
        }
    }
    let end = digest_at.unwrap_or(image.len());
    let part = |name, text: &str| member(name, span, expand(text, &[args]).node(span));
    let mut parts = vec![part("name", &image[..tag_at.unwrap_or(end)])];
    parts.extend(tag_at.map(|at| part("tag", &image[at + 1..end])));
    parts.extend(digest_at.map(|at| part("digest", &image[at + 1..])));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn one(text: &str) -> Node {
        parse(text).unwrap().remove(0)
    }

    fn stages(node: &Node) -> &[Node] {
        node.get("stages").unwrap().items()
    }

    const TWO_STAGES: &str = "# syntax=docker/dockerfile:1
ARG NODE=20
ARG REGISTRY
FROM --platform=$BUILDPLATFORM node:${NODE}-alpine@sha256:abc AS base
ENV NODE_ENV=production PORT=\"80 80\"
ENV LEGACY some value
USER node
HEALTHCHECK --interval=5s CMD [\"curl\", \"-f\", \"http://x\"]
EXPOSE 8080/tcp 9090

FROM base AS build
RUN --mount=type=cache,target=/root/.npm --mount=type=secret,id=t \\
    # install
    npm ci
COPY --from=base /a /b

FROM ${REGISTRY}/app:${TAG:-1.0}
ARG UID=1000
COPY --from=build /b /b
USER $UID
HEALTHCHECK NONE
ENTRYPOINT exec node server.js
CMD [\"--port\", \"80\"]
";

    #[test]
    fn stages_with_their_images() {
        let node = one(TWO_STAGES);
        assert_eq!(node.at(&["args", "NODE"]).unwrap().as_str(), Some("20"));
        assert_eq!(node.at(&["args", "REGISTRY"]).unwrap().value, Value::Null);
        let [base, build, last] = stages(&node) else { panic!() };
        assert_eq!(base.get("image").unwrap().as_str(), Some("node:20-alpine@sha256:abc"));
        assert_eq!(base.get("name").unwrap().as_str(), Some("node"));
        assert_eq!(base.get("tag").unwrap().as_str(), Some("20-alpine"));
        assert_eq!(base.get("digest").unwrap().as_str(), Some("sha256:abc"));
        assert_eq!(base.get("platform").unwrap().text(), Some("$BUILDPLATFORM"));
        assert_eq!(build.get("from_stage").unwrap().value, Value::Bool(true));
        assert!(build.get("tag").is_none());
        assert_eq!(last.get("from_stage").unwrap().value, Value::Bool(false));
        assert_eq!(last.get("final").unwrap().value, Value::Bool(true));
        assert_eq!(last.get("image").unwrap().value, Value::Templated("${REGISTRY}/app:1.0".into()));
        assert_eq!(last.get("name").unwrap().value, Value::Templated("${REGISTRY}/app".into()));
        assert_eq!(last.get("tag").unwrap().as_str(), Some("1.0"));
        assert_eq!((last.span.line, last.span.end_line), (17, 23));
    }

    #[test]
    fn settings_of_a_stage_and_what_it_inherits() {
        let node = one(TWO_STAGES);
        let [base, build, last] = stages(&node) else { panic!() };
        assert_eq!(base.at(&["env", "PORT"]).unwrap().as_str(), Some("80 80"));
        assert_eq!(base.at(&["env", "LEGACY"]).unwrap().as_str(), Some("some value"));
        assert_eq!(base.get("expose").unwrap().items()[1].as_str(), Some("9090"));
        let user = build.get("user").unwrap();
        assert_eq!((user.as_str(), user.span.line), (Some("node"), 7));
        assert!(build.get("healthcheck").is_some());
        assert_eq!(last.get("user").unwrap().as_str(), Some("1000"));
        assert_eq!(last.at(&["healthcheck", "none"]).unwrap().value, Value::Bool(true));
        assert_eq!(last.at(&["entrypoint", "form"]).unwrap().as_str(), Some("shell"));
        assert_eq!(last.at(&["cmd", "form"]).unwrap().as_str(), Some("exec"));
        assert_eq!(last.at(&["cmd", "args"]).unwrap().items()[1].as_str(), Some("80"));
        let check = base.get("healthcheck").unwrap();
        assert_eq!(check.get("args").unwrap().items()[0].as_str(), Some("curl"));
        assert_eq!(check.at(&["flags", "interval"]).unwrap().items()[0].as_str(), Some("5s"));
    }

    #[test]
    fn instructions_with_flags_and_lines() {
        let node = one(TWO_STAGES);
        let run = &stages(&node)[1].get("instructions").unwrap().items()[0];
        assert_eq!(run.get("text").unwrap().as_str().unwrap().split_whitespace().next_back(), Some("ci"));
        assert_eq!(run.at(&["flags", "mount"]).unwrap().items().len(), 2);
        assert_eq!(run.get("args").unwrap().items()[0].as_str(), Some("npm"));
        assert_eq!((run.span.line, run.span.end_line), (12, 14));
        let heredoc = one("FROM a\nRUN <<E\ncurl x | sh\nE\n");
        let run = &stages(&heredoc)[0].get("instructions").unwrap().items()[0];
        assert_eq!(run.get("text").unwrap().as_str(), Some("<<E\ncurl x | sh"));
    }

    #[test]
    fn image_names_with_ports_and_templates() {
        let node = one(
            "FROM localhost:5000/team/app\nFROM localhost:5000/app:1\nFROM scratch\nFROM {{ image }}\nFROM\nFROM a:${B:-${C}}\n",
        );
        let [port, tagged, scratch, template, empty, nested] = stages(&node) else { panic!() };
        assert_eq!(port.get("name").unwrap().as_str(), Some("localhost:5000/team/app"));
        assert!(port.get("tag").is_none());
        assert_eq!(tagged.get("tag").unwrap().as_str(), Some("1"));
        assert_eq!(scratch.get("name").unwrap().as_str(), Some("scratch"));
        assert!(matches!(template.get("image").unwrap().value, Value::Templated(_)));
        assert_eq!(empty.get("image").unwrap().as_str(), Some(""));
        assert_eq!(nested.get("image").unwrap().value, Value::Templated("a:${B:-${C}}".into()));
        assert!(stages(&one("")).is_empty());
    }

    #[test]
    fn build_arguments_name_earlier_ones() {
        let node = one(
            "ARG V=3.13\nARG TAG=${V}-slim IMAGE=python:${TAG}\nARG OTHER=${UNSET}-slim\nFROM ${IMAGE}\nARG U=app\nARG WHO=$U\nUSER $WHO\nFROM a:$OTHER\n",
        );
        let [known, unknown] = stages(&node) else { panic!() };
        assert_eq!(
            (known.get("name").unwrap().as_str(), known.get("tag").unwrap().as_str()),
            (Some("python"), Some("3.13-slim"))
        );
        assert_eq!(known.get("user").unwrap().as_str(), Some("app"));
        assert_eq!(node.at(&["args", "IMAGE"]).unwrap().as_str(), Some("python:3.13-slim"));
        assert!(matches!(unknown.get("tag").unwrap().value, Value::Templated(_)));
    }

    #[test]
    fn build_arguments_that_double_each_other_stay_small() {
        let doubling = |index: usize| format!("ARG A{}=$A{index}$A{index}\n", index + 1);
        let text = format!("ARG A0=xxxxxxxx\n{}", (0..20_000).map(doubling).collect::<String>());
        let node = one(&text);
        let lengths = node.get("args").unwrap().entries().iter().map(|entry| entry.value.as_str().map_or(0, str::len));
        assert!(lengths.sum::<usize>() < EXPANSION_BUDGET + 2 * text.len());
    }

    proptest! {
        #[test]
        fn never_panics(text in "(FROM |ARG |ENV |USER |AS |CMD |HEALTHCHECK |\\$\\{|:-|[aA=:@/{}$\\[\\]\"' \n\\\\é-]){0,60}") {
            let _ = parse(&text);
        }
    }
}

//! What a command starts through the scripts of `package.json`: `npm run start:prod` is the line of that script, too.
//!
//! Nodes that hold a command get a sibling `resolved`: the command, and below it, line by line, the scripts that it runs, with their
//! `pre` and `post` scripts and those that they run in turn. To read commands of another kind of file, add it to [`Commands`].
//!
//! A script is looked for in the package of the folder that the command names (`--prefix`, `working-directory`, the context of a
//! build), then in the folders above; else in the only package of the repository that has a script of the name.

use std::collections::BTreeMap;

use super::node::{Entry, Node, Value};
use super::{Format, parse};

/// The member that is added.
pub const RESOLVED: &str = "resolved";

/// Most scripts that one command resolves to, and the longest text, in bytes.
const MAX_SCRIPTS: usize = 40;
const MAX_TEXT: usize = 32 * 1024;
/// Longest command that is read, in bytes.
const MAX_COMMAND: usize = 16 * 1024;

/// Documents that hold commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commands {
    Dockerfile,
    Compose,
    /// GitHub's workflows.
    Workflow,
    /// `web: npm start`, read as YAML.
    Procfile,
}

/// The scripts of all packages, by folder and name.
#[derive(Debug, Default)]
pub struct Scripts {
    packages: BTreeMap<String, BTreeMap<String, String>>,
}

impl Scripts {
    /// Reads the packages among all paths, relative and POSIX; `read` gives the text of the file with a number.
    pub fn find<'p>(paths: impl Iterator<Item = &'p str>, read: &dyn Fn(usize) -> Option<String>) -> Scripts {
        let mut packages = BTreeMap::new();
        for (index, path) in paths.enumerate() {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            if name != "package.json" || folder.split('/').any(|part| part == "node_modules") {
                continue;
            }
            let document =
                read(index).and_then(|text| parse(Format::Json, &text).ok()).and_then(|nodes| nodes.into_iter().next());
            let scripts = document.as_ref().and_then(|document| document.get("scripts")).map(Node::entries).unwrap_or_default();
            let scripts: BTreeMap<String, String> =
                scripts.iter().filter_map(|entry| Some((entry.key.to_string(), entry.value.as_str()?.to_owned()))).collect();
            packages.insert(folder.to_owned(), scripts);
        }
        Scripts { packages }
    }

    /// Adds `resolved` beside every command of the document at `path`.
    pub fn resolve(&self, kind: Commands, path: &str, document: &mut Node) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        match kind {
            Commands::Dockerfile => {
                for stage in members_mut(document, "stages") {
                    for name in ["cmd", "entrypoint", "healthcheck"] {
                        if let Some(instruction) = member_mut(stage, name) {
                            self.beside(instruction, &["text"], folder);
                        }
                    }
                    members_mut(stage, "instructions").for_each(|instruction| self.beside(instruction, &["text"], folder));
                }
            }
            Commands::Compose => {
                for service in members_mut(document, "services") {
                    let context = service.at(&["build", "context"]).or_else(|| service.get("build")).and_then(Node::as_str);
                    let folder = context.map_or_else(|| folder.to_owned(), |context| below(folder, context));
                    self.beside(service, &["entrypoint", "command"], &folder);
                }
            }
            Commands::Workflow => {
                for job in members_mut(document, "jobs") {
                    let usual = job.at(&["defaults", "run", "working-directory"]).and_then(Node::as_str).unwrap_or("").to_owned();
                    for step in members_mut(job, "steps") {
                        let folder = step.get("working-directory").and_then(Node::as_str).unwrap_or(&usual).to_owned();
                        self.beside(step, &["run"], &below("", &folder));
                    }
                }
            }
            Commands::Procfile => {
                let commands: Vec<(Entry, String)> = document
                    .entries()
                    .iter()
                    .filter_map(|entry| Some((entry.clone(), self.expand(entry.value.as_str()?, folder))))
                    .collect();
                let span = document.span;
                let resolved =
                    commands.into_iter().map(|(entry, text)| Entry { value: Node::string(text, entry.value.span), ..entry });
                let resolved = Node::new(Value::Object(resolved.collect()), span);
                push(document, Entry::new(RESOLVED, span, resolved));
            }
        }
    }

    /// Adds to an object what its members of these names start.
    fn beside(&self, node: &mut Node, names: &[&str], folder: &str) {
        let commands: Vec<&Node> = names.iter().filter_map(|name| node.get(name)).collect();
        let Some(span) = commands.last().map(|command| command.span) else { return };
        let lines: Vec<String> = commands.into_iter().map(command_of).collect();
        let text = self.expand(&lines.join(" "), folder);
        push(node, Entry::new(RESOLVED, span, Node::string(text, span)));
    }

    /// The command, and the lines of the scripts that it starts, in the order in which they run.
    fn expand(&self, command: &str, folder: &str) -> String {
        let mut text = command.to_owned();
        let mut seen: Vec<(&str, String)> = Vec::new();
        let called = |line: &str, folder: &str| calls(line, folder).into_iter().rev().map(Step::Call).collect::<Vec<_>>();
        let mut waiting = called(command, folder);
        while let Some(step) = waiting.pop() {
            match step {
                Step::Call(Call { folder, script }) => {
                    let Some((home, _)) = self.package(&folder, &script) else { continue };
                    let names = [format!("post{script}"), script.clone(), format!("pre{script}")];
                    waiting.extend(names.map(|name| Step::Script(home, name)));
                }
                Step::Script(home, name) => {
                    let line = self.packages.get(home).and_then(|scripts| scripts.get(&name));
                    let Some(line) = line.filter(|_| !seen.contains(&(home, name.clone()))) else { continue };
                    if seen.len() == MAX_SCRIPTS || text.len() + line.len() > MAX_TEXT {
                        return text;
                    }
                    seen.push((home, name));
                    text.push('\n');
                    text.push_str(line);
                    waiting.extend(called(line, home));
                }
            }
        }
        text
    }

    /// The package in whose scripts this one stands.
    fn package(&self, folder: &str, script: &str) -> Option<(&str, &BTreeMap<String, String>)> {
        let has = |(_, scripts): &(&str, &BTreeMap<String, String>)| scripts.contains_key(script);
        let mut around = Some(folder);
        while let Some(at) = around {
            if let Some(found) = self.packages.get_key_value(at).map(|(home, scripts)| (home.as_str(), scripts)).filter(has) {
                return Some(found);
            }
            around = (!at.is_empty()).then(|| at.rsplit_once('/').map_or("", |(above, _)| above));
        }
        let mut all = self.packages.iter().map(|(home, scripts)| (home.as_str(), scripts)).filter(has);
        all.next().filter(|_| all.next().is_none())
    }
}

/// A script that is started, and the folder in which its package is looked for.
#[derive(Debug, PartialEq, Eq)]
struct Call {
    folder: String,
    script: String,
}

/// What is still to be followed.
enum Step<'s> {
    Call(Call),
    /// The script of this name in the package of a folder.
    Script(&'s str, String),
}

/// What a package manager does itself, so that no script of the name is meant.
const OWN: &[&str] = &[
    "install",
    "i",
    "ci",
    "add",
    "remove",
    "rm",
    "uninstall",
    "update",
    "upgrade",
    "exec",
    "dlx",
    "x",
    "create",
    "init",
    "link",
    "pack",
    "publish",
    "prune",
    "config",
    "cache",
    "global",
    "why",
    "audit",
    "fetch",
    "import",
    "store",
    "deploy",
    "set",
    "workspace",
    "workspaces",
    "recursive",
    "version",
    "info",
    "outdated",
    "login",
    "whoami",
    "rebuild",
    "dedupe",
    "pm",
    "node",
];

/// The scripts that a command line starts.
fn calls(command: &str, folder: &str) -> Vec<Call> {
    let command = &command[..command.floor_char_boundary(MAX_COMMAND)];
    let mut calls = Vec::new();
    for part in command.split(['\n', ';', '&', '|', '(', ')']) {
        let words: Vec<&str> = part
            .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '[' | ']' | ',' | '`'))
            .filter(|word| !word.is_empty())
            .collect();
        let Some(at) = words.iter().position(|word| MANAGERS.contains(word) || RUNNERS.contains(word)) else { continue };
        if RUNNERS.contains(&words[at]) {
            let scripts = words[at + 1..].iter().filter(|word| !word.starts_with('-'));
            calls.extend(scripts.map(|script| Call { folder: folder.to_owned(), script: (*script).to_owned() }));
        } else {
            calls.extend(call(words[at], &words[at + 1..], folder));
        }
    }
    calls
}

const MANAGERS: &[&str] = &["npm", "pnpm", "yarn", "bun"];
/// Tools that run several scripts, one argument each.
const RUNNERS: &[&str] = &["npm-run-all", "run-s", "run-p"];

/// The script that this manager of packages starts with these words.
fn call(manager: &str, words: &[&str], folder: &str) -> Option<Call> {
    let mut folder = folder.to_owned();
    let mut words = words.iter();
    let mut explicit = false;
    loop {
        let word = *words.next()?;
        match word {
            "run" | "run-script" if !explicit => explicit = true,
            "--prefix" | "--cwd" | "-C" | "--dir" => folder = below(&folder, words.next()?),
            "-w" | "--workspace" | "--filter" | "-F" | "-l" | "--loglevel" => {
                words.next()?;
            }
            _ if word.starts_with('-') => {
                let named = ["--prefix=", "--cwd=", "--dir="].iter().find_map(|option| word.strip_prefix(option));
                folder = named.map_or(folder.clone(), |named| below(&folder, named));
            }
            script => {
                let runs = explicit
                    || matches!(script, "start" | "test" | "stop" | "restart")
                    || manager != "npm" && !OWN.contains(&script);
                return runs.then(|| Call { folder, script: script.to_owned() });
            }
        }
    }
}

/// The folder at a relative path below another; what leads out of the repository is its root.
fn below(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// A command as one line, whether it is written as a text or as a list of words.
fn command_of(node: &Node) -> String {
    match node.as_str() {
        Some(text) => text.to_owned(),
        None if node.items().is_empty() => node.text().unwrap_or("").to_owned(),
        None => node.items().iter().filter_map(Node::scalar).collect::<Vec<_>>().join(" "),
    }
}

fn push(node: &mut Node, entry: Entry) {
    if let Value::Object(entries) = &mut node.value {
        entries.push(entry);
    }
}

fn member_mut<'n>(node: &'n mut Node, name: &str) -> Option<&'n mut Node> {
    let Value::Object(entries) = &mut node.value else { return None };
    entries.iter_mut().rev().find(|entry| &*entry.key == name).map(|entry| &mut entry.value)
}

/// The elements or the values of the member of this name.
fn members_mut<'n>(node: &'n mut Node, name: &str) -> Box<dyn Iterator<Item = &'n mut Node> + 'n> {
    match member_mut(node, name).map(|member| &mut member.value) {
        Some(Value::Array(items)) => Box::new(items.iter_mut()),
        Some(Value::Object(entries)) => Box::new(entries.iter_mut().map(|entry| &mut entry.value)),
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scripts(packages: &[(&str, &str)]) -> Scripts {
        Scripts::find(packages.iter().map(|(path, _)| *path), &|index| Some(packages[index].1.to_owned()))
    }

    const ROOT: &str = r#"{"scripts": {
        "prestart:prod": "npm run migrate",
        "start:prod": "node dist/main",
        "migrate": "prisma migrate deploy",
        "start": "run-s migrate serve",
        "serve": "node server.js",
        "loop": "yarn loop && npm run loop"
    }}"#;

    #[test]
    fn scripts_are_followed_through_one_another() {
        let scripts = scripts(&[("package.json", ROOT), ("api/package.json", r#"{"scripts": {"serve": "node api.js"}}"#)]);
        for (command, folder, expected) in [
            ("npm run start:prod", "", "npm run start:prod\nnpm run migrate\nprisma migrate deploy\nnode dist/main"),
            ("npm start", "api", "npm start\nrun-s migrate serve\nprisma migrate deploy\nnode server.js"),
            ("yarn serve", "api", "yarn serve\nnode api.js"),
            ("pnpm --prefix api run serve", "", "pnpm --prefix api run serve\nnode api.js"),
            ("npm run -s serve -- --port 1", "", "npm run -s serve -- --port 1\nnode server.js"),
            ("npm run loop", "", "npm run loop\nyarn loop && npm run loop"),
            ("cd x && bun run migrate", "", "cd x && bun run migrate\nprisma migrate deploy"),
            ("npm migrate; yarn install; npm run none", "", "npm migrate; yarn install; npm run none"),
        ] {
            assert_eq!(scripts.expand(command, folder), expected, "{command}");
        }
    }

    #[test]
    fn a_script_of_another_folder_counts_if_it_is_the_only_one() {
        let of = |name: &str| (name.to_owned(), r#"{"scripts": {"serve": "node api.js"}}"#.to_owned());
        let (one, two) = (of("api/package.json"), of("web/package.json"));
        let only = scripts(&[(&one.0, &one.1)]);
        assert_eq!(only.expand("npm run serve", "docker"), "npm run serve\nnode api.js");
        let both = scripts(&[(&one.0, &one.1), (&two.0, &two.1)]);
        assert_eq!(both.expand("npm run serve", "docker"), "npm run serve");
        assert!(scripts(&[("node_modules/a/package.json", &one.1)]).packages.is_empty());
    }

    #[test]
    fn commands_of_every_kind_of_document() {
        let scripts = scripts(&[("package.json", ROOT), ("api/package.json", r#"{"scripts": {"serve": "node api.js"}}"#)]);
        let resolved = |kind, format, path: &str, text: &str, at: &[&str]| {
            let mut document = parse(format, text).unwrap().remove(0);
            scripts.resolve(kind, path, &mut document);
            let found = at.iter().try_fold(&document, |node, name| {
                node.get(name).or_else(|| name.parse::<usize>().ok().and_then(|index| node.items().get(index)))
            });
            found.and_then(Node::as_str).map(|text| text.lines().last().unwrap_or("").to_owned())
        };
        let docker = "FROM node\nRUN npm ci\nCMD [\"npm\", \"run\", \"start:prod\"]\n";
        let compose = "services:\n  api:\n    build: ./api\n    command: [npm, run, serve]\n  web:\n    command: npm start\n";
        let workflow =
            "jobs:\n  a:\n    steps:\n      - run: npm run migrate\n      - run: yarn serve\n        working-directory: api\n";
        for (kind, format, path, text, at, expected) in [
            (
                Commands::Dockerfile,
                Format::Dockerfile,
                "Dockerfile",
                docker,
                &["stages", "0", "cmd", "resolved"][..],
                "node dist/main",
            ),
            (
                Commands::Dockerfile,
                Format::Dockerfile,
                "Dockerfile",
                docker,
                &["stages", "0", "instructions", "0", "resolved"],
                "npm ci",
            ),
            (Commands::Compose, Format::Yaml, "compose.yaml", compose, &["services", "api", "resolved"], "node api.js"),
            (Commands::Compose, Format::Yaml, "compose.yaml", compose, &["services", "web", "resolved"], "node server.js"),
            (
                Commands::Workflow,
                Format::Yaml,
                ".github/workflows/a.yml",
                workflow,
                &["jobs", "a", "steps", "0", "resolved"],
                "prisma migrate deploy",
            ),
            (
                Commands::Workflow,
                Format::Yaml,
                ".github/workflows/a.yml",
                workflow,
                &["jobs", "a", "steps", "1", "resolved"],
                "node api.js",
            ),
            (Commands::Procfile, Format::Yaml, "Procfile", "web: npm start\n", &["resolved", "web"], "node server.js"),
        ] {
            assert_eq!(resolved(kind, format, path, text, at).as_deref(), Some(expected), "{path} {at:?}");
        }
    }

    #[test]
    fn what_calls_itself_in_many_ways_ends() {
        let many: Vec<String> =
            (0..400).map(|n| format!("\"s{n}\": \"npm run s{} && npm run s{} && npm run s{n}\"", n + 1, n * 2)).collect();
        let text = format!("{{\"scripts\": {{{}}}}}", many.join(","));
        let lines = scripts(&[("package.json", &text)]).expand("npm run s1", "").lines().count();
        assert_eq!(lines, MAX_SCRIPTS + 1);
    }
}

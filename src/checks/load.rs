//! Nodes of a pack → checks, facts, categories, scoring. Collects every problem before it gives up.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::env::{Contract, EnvNeeds, Section};
use crate::model::language::Language;
use crate::model::needs::NeedSet;
use crate::model::node::{Node, Span, Value};
use crate::model::route::{Framework, RouteNeeds};
use crate::model::terms::{Absent, Confidence, Priority, Scope, Stage, Strength, Word};
use crate::probes::params::{Map, Problem, Problems, note_duplicate_keys};
use crate::probes::{Loading, Util, Utils};

use super::check::{Attest, Category, Check, Clause, Fact, Fix, Item, Scoring};
use super::expression::Expression;
use super::live::Live;

/// One file of a pack: its path within the pack and its content.
#[derive(Debug)]
pub struct PackFile {
    /// E.g. `cors/no-wildcard-origin.yaml`.
    pub path: String,
    /// What messages call it, e.g. `checks/cors/no-wildcard-origin.yaml`.
    pub shown: String,
    pub node: Node,
    /// Were its tests read, so that their shape can be verified? The built-in pack leaves them out of an audit.
    pub with_tests: bool,
}

/// A problem and its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct FileProblem {
    pub path: String,
    pub problem: Problem,
}

impl std::fmt::Display for FileProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Problem { line, column, message } = &self.problem;
        write!(f, "{}:{line}:{column}: {message}", self.path)
    }
}

/// Everything that was loaded.
#[derive(Debug)]
pub struct Ruleset {
    /// By id.
    pub checks: Vec<Check>,
    /// In an order in which each fact comes after those it rests on.
    pub facts: Vec<Fact>,
    pub categories: Vec<Category>,
    pub scoring: Scoring,
    pub needs: NeedSet,
    /// What is known of frameworks, for the route table.
    pub routes: Arc<Vec<Framework>>,
    /// What is known of environment variables.
    pub env: Arc<Contract>,
    /// Hash over the files it was loaded from.
    pub digest: String,
}

/// Reads a pack. What comes with its tests is verified whole: everything compiles that otherwise compiles on first use.
///
/// # Errors
/// Every problem of every file, in order of path and place.
pub fn load(files: &[PackFile], digest: String) -> Result<Ruleset, Vec<FileProblem>> {
    let mut loader = Loader::default();
    for file in files {
        if let Some(name) = file.path.strip_prefix("utils/") {
            loader.utils(name, file);
        }
    }
    for folder in ["routes/", "env/"] {
        files.iter().filter(|file| file.path.starts_with(folder)).for_each(|file| loader.shared(folder, file));
    }
    loader.frameworks = std::mem::take(&mut loader.routes).finish();
    loader.contract = std::mem::take(&mut loader.env).finish();
    for file in files {
        loader.file(file);
    }
    loader.finish(digest)
}

#[derive(Default)]
pub(super) struct Loader {
    utils: Utils,
    routes: super::routes::Reader,
    /// What it read, once every file of it is.
    pub(super) frameworks: Arc<Vec<Framework>>,
    /// The needs of the frameworks, once a probe asked for them.
    route_needs: Option<Arc<RouteNeeds>>,
    /// The needs of sections of the contract, likewise.
    env_needs: Vec<(Vec<Section>, Arc<EnvNeeds>)>,
    env: super::env::Reader,
    /// What it read, once every file of it is.
    pub(super) contract: Arc<Contract>,
    pub(super) needs: NeedSet,
    pub(super) checks: BTreeMap<String, Check>,
    pub(super) facts: BTreeMap<String, Fact>,
    pub(super) categories: Vec<Category>,
    pub(super) scoring: Option<Scoring>,
    /// References to facts, by file, for when all facts are known.
    pub(super) references: Vec<(String, String, Span)>,
    /// Stacks that fixes name, likewise.
    pub(super) stacks: Vec<(String, String, Span)>,
    pub(super) problems: Vec<FileProblem>,
}

impl Loader {
    fn keep(&mut self, path: &str, problems: Problems) {
        let located = problems.into_sorted().into_iter().map(|problem| FileProblem { path: path.to_owned(), problem });
        self.problems.extend(located);
    }

    fn utils(&mut self, name: &str, file: &PackFile) {
        let problems = if file.with_tests { Problems::default() } else { Problems::of_verified() };
        if problems.verify() {
            note_duplicate_keys(&file.node, &problems);
        }
        let language = name.trim_end_matches(".yaml");
        if Language::from_word(language).is_none() {
            problems.note(file.node.span, format!("`{language}` is no language; one of {}", Language::words().join(", ")));
        } else if matches!(file.node.value, Value::Object(_)) {
            let rules = file.node.entries().iter().map(|entry| (Arc::clone(&entry.key), Util::new(entry.value.clone())));
            self.utils.insert(language.to_owned(), rules.collect());
        } else {
            problems.note(file.node.span, "a file of utility rules maps names to ast-grep rules");
        }
        self.keep(&file.shown, problems);
    }

    fn file(&mut self, file: &PackFile) {
        let problems = if file.with_tests { Problems::default() } else { Problems::of_verified() };
        if problems.verify() {
            note_duplicate_keys(&file.node, &problems);
        }
        match file.path.trim_end_matches(".yaml").split_once('/') {
            Some(("utils" | "routes" | "env", _)) => return,
            Some(("tokens", _)) => self.needs.token_formats.extend(super::tokens::read(&file.node, file.with_tests, &problems)),
            Some(("facts", name)) => self.fact(name, file, &problems),
            Some((category, stem)) if !stem.contains('/') => self.check(category, stem, file, &problems),
            None if file.path == "categories.yaml" => self.read_categories(&file.node, &problems),
            None if file.path == "loading.yaml" => {
                self.needs.loading = super::loading::read(&file.node, &mut self.needs, &problems)
            }
            None if file.path == "scoring.yaml" => self.scoring = scoring(&file.node, &problems),
            _ => problems.note(
                file.node.span,
                "this file has no place in a pack; checks are <category>/<stem>.yaml, facts are facts/<name>.yaml",
            ),
        }
        self.keep(&file.shown, problems);
    }

    /// Reads a file of what is known of frameworks (`routes/`) or of environment variables (`env/`).
    fn shared(&mut self, folder: &str, file: &PackFile) {
        let problems = if file.with_tests { Problems::default() } else { Problems::of_verified() };
        if problems.verify() {
            note_duplicate_keys(&file.node, &problems);
        }
        let name = file.path[folder.len()..].trim_end_matches(".yaml");
        match folder {
            "env/" => self.env.read(name, &file.node, &self.utils, &problems),
            _ => self.routes.read(name, &file.node, &self.utils, &problems),
        }
        self.keep(&file.shown, problems);
    }

    fn read_categories(&mut self, node: &Node, problems: &Problems) {
        for entry in node.entries() {
            match entry.value.as_str() {
                Some(title) => self.categories.push(Category { id: entry.key.to_string(), title: title.to_owned() }),
                None => problems.note(entry.value.span, "a category has a title"),
            }
        }
    }

    fn fact(&mut self, name: &str, file: &PackFile, problems: &Problems) {
        let map = Map::new(&file.node, "a fact", problems);
        let means = map.text("means");
        let mut referred = Vec::new();
        let from = self.items(&map, "from", problems, &mut referred);
        let endpoint = map.flag("endpoint", false);
        map.get("tests");
        map.finish();
        if from.is_empty() && problems.is_empty() {
            map.note("a fact needs `from`: at least one piece of evidence");
        }
        let mut needs = Vec::new();
        from.iter().for_each(|item| item.expression.needs(&mut needs));
        needs.into_iter().for_each(|need| self.needs.await_answer(need));
        let rests_on = referred.iter().map(|(fact, _)| fact.clone()).collect();
        self.references.extend(referred.into_iter().map(|(fact, span)| (file.shown.clone(), fact, span)));
        self.facts.insert(name.to_owned(), Fact { name: name.to_owned(), means, from, rests_on, endpoint });
    }

    fn check(&mut self, category: &str, stem: &str, file: &PackFile, problems: &Problems) {
        let map = Map::new(&file.node, "a check", problems);
        let mut referred = Vec::new();
        let title = map.text("title");
        let (priority, effort) = (map.word("priority", None), map.word("effort", None));
        let stage = map.word("stage", Some(Stage::Stable));
        let scope = map.word("scope", Some(Scope::Component));
        let applies = clauses(&map, "applies", &mut referred);
        let why = map.text("why");
        let cannot_see = map.opt_text("cannot-see");
        let fix = self.fix(&map, file, problems);
        let references = map.texts("references");
        let forbid = self.items(&map, "forbid", problems, &mut referred);
        let look_alike = self.items(&map, "look-alike", problems, &mut referred);
        let require = self.items(&map, "require", problems, &mut referred);
        let strength = map.word("strength", Some(Strength::Configured));
        let absent = map.word("absent", None);
        let live = map.get("live").and_then(|node| live(node, file, problems));
        let attest = map.get("attest").and_then(|node| attest(node, problems));
        let tests = map.get("tests");
        map.finish();
        if file.with_tests && problems.is_empty() {
            super::cases::verify(tests, &file.node, !applies.is_empty(), live.as_ref().and_then(Live::spec), problems);
        }
        let reads_files = !forbid.is_empty() || !require.is_empty() || !look_alike.is_empty();
        if !reads_files && live.is_none() && attest.is_none() && problems.is_empty() {
            map.note("a check needs at least one of `forbid`, `require`, `live`, `attest`");
        }
        if absent == Some(Absent::Fail) && !reads_files {
            map.note_at("absent", "`absent: fail` needs `forbid` or `require`: nothing is looked for in files");
        }
        if absent == Some(Absent::Pass) && forbid.is_empty() {
            map.note_at("absent", "`absent: pass` needs `forbid`: silence proves nothing unless something was looked for");
        }
        self.references.extend(referred.into_iter().map(|(fact, span)| (file.shown.clone(), fact, span)));
        let (Some(priority), Some(effort), Some(stage), Some(scope), Some(strength), Some(absent)) =
            (priority, effort, stage, scope, strength, absent)
        else {
            return;
        };
        let id = format!("{category}/{stem}");
        let (category, why) = (category.to_owned(), why.clone());
        let check = Check {
            id: id.clone(),
            category,
            title,
            priority,
            effort,
            stage,
            scope,
            applies,
            why,
            cannot_see,
            fix,
            references,
            forbid,
            look_alike,
            require,
            strength,
            absent,
            live,
            attest,
        };
        self.checks.insert(id, check);
    }

    fn fix(&mut self, map: &Map<'_>, file: &PackFile, problems: &Problems) -> Fix {
        let Some(node) = map.get("fix") else {
            map.note("a check needs `fix`");
            return Fix::default();
        };
        let mut fix = Fix::default();
        for entry in node.entries() {
            let Some(text) = entry.value.scalar() else {
                problems.note(entry.value.span, "a fix is a text");
                continue;
            };
            if &*entry.key == "summary" {
                fix.summary = text.trim().to_owned();
            } else {
                self.stacks.push((file.shown.clone(), entry.key.to_string(), entry.key_span));
                fix.by_stack.insert(entry.key.to_string(), text.trim().to_owned());
            }
        }
        if fix.summary.is_empty() {
            problems.note(node.span, "`fix` needs `summary`");
        }
        fix
    }

    fn items(&mut self, map: &Map<'_>, key: &'static str, problems: &Problems, referred: &mut Vec<(String, Span)>) -> Vec<Item> {
        let Some(node) = map.get(key) else { return Vec::new() };
        if !matches!(node.value, Value::Array(_)) {
            problems.note(node.span, format!("`{key}` takes a list"));
        }
        let mut items = Vec::new();
        for node in node.items() {
            let map = Map::new(node, "an item", problems);
            let say = map.text("say");
            let confidence =
                if key == "require" { Some(Confidence::High) } else { map.word("confidence", Some(Confidence::High)) };
            let strength = if key == "require" { map.word("strength", None) } else { Some(Strength::Declared) };
            let few = if key == "forbid" { map.opt_int("few").unwrap_or(0) } else { 0 };
            let when = clauses(&map, "when", referred);
            let (routes, env) = (&self.frameworks, &self.contract);
            let mut loading = Loading {
                needs: &mut self.needs,
                problems,
                utils: &self.utils,
                routes,
                route_needs: &mut self.route_needs,
                env_needs: &mut self.env_needs,
                env,
                facts: referred,
            };
            let expression = Expression::parse(&map, &mut loading);
            map.finish();
            let (Some(confidence), Some(strength), Some(expression)) = (confidence, strength, expression) else { continue };
            if !expression.cites() {
                map.note("this evidence could never cite anything: an `any` or the whole item consists of `not`");
            }
            let few = usize::try_from(few).unwrap_or_else(|_| {
                map.note_at("few", "`few` is a number of places");
                0
            });
            items.push(Item { say, confidence, few, strength, when, expression });
        }
        items
    }
}

fn clauses(map: &Map<'_>, key: &'static str, referred: &mut Vec<(String, Span)>) -> Vec<Clause> {
    let span = map.get(key).map(|node| node.span).unwrap_or_default();
    let clauses: Vec<Clause> = map.texts(key).iter().map(|text| Clause::parse(text)).collect();
    referred.extend(clauses.iter().flat_map(|clause| &clause.any).map(|literal| (literal.fact.clone(), span)));
    clauses
}

/// The live part. In the built-in pack its place is marked only: it stays packed until an endpoint is there.
fn live(node: &Node, file: &PackFile, problems: &Problems) -> Option<Live> {
    if !file.with_tests && node.value == Value::Bool(true) {
        return Some(Live::built_in(&file.path));
    }
    super::live::parse(node, problems).map(Live::read)
}

fn attest(node: &Node, problems: &Problems) -> Option<Attest> {
    let map = Map::new(node, "`attest`", problems);
    let attest = Attest {
        statement: map.text("statement"),
        evidence: map.texts("evidence"),
        valid_days: map.opt_int("valid-days").unwrap_or(365),
    };
    map.finish();
    Some(attest)
}

fn scoring(node: &Node, problems: &Problems) -> Option<Scoring> {
    let map = Map::new(node, "scoring", problems);
    let number = |node: Option<&Node>| match node.map(|node| &node.value) {
        Some(Value::Int(value)) => *value as f64,
        Some(Value::Float(value)) => *value,
        _ => {
            problems.note(node.map_or(map.span(), |node| node.span), "this must be a number");
            0.0
        }
    };
    let weights = map.get("weights");
    let weight = |priority: Priority| number(weights.and_then(|node| node.get(priority.as_str())));
    let scoring = Scoring {
        version: map.text("version"),
        weights: [Priority::P0, Priority::P1, Priority::P2, Priority::P3].map(weight),
        coverage_floor: number(map.get("coverage-floor")),
        grades: map
            .get("grades")
            .map(Node::entries)
            .unwrap_or_default()
            .iter()
            .filter_map(|entry| Some((entry.key.chars().next()?, number(Some(&entry.value)))))
            .collect(),
    };
    map.finish();
    Some(scoring)
}

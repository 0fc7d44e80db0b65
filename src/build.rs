//! Bundles `checks/**/*.yaml` into the binary, sorted by path, so that no list names checks anywhere.
//!
//! Each file is embedded twice: whole, for `checks show` and `checks test`, and as the value tree of all but its tests, which is what
//! an audit reads: YAML is parsed here, not at every start. Live parts are packed apart: only a run with an endpoint reads them. So are
//! code rules, each once: only those are read that the languages of a repository ask for. Beside it a table says what each regular expression
//! of the pack requires of a text. Both use the program's own code; `checks::bundle` and `syntax::literals::known` read what this writes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use document::node::{Node, Value};

/// The value tree, where the front ends expect it.
#[path = "model"]
mod model {
    #[expect(dead_code, reason = "the program uses more of it")]
    pub mod node;
}

/// The YAML front end.
#[path = "inventory/document"]
mod document {
    pub mod error;
    pub mod node;
    #[expect(dead_code, reason = "the program uses more of it")]
    pub mod position;
    pub mod template;
    #[expect(dead_code, reason = "the program uses more of it")]
    pub mod yaml;
    pub mod yaml_scalar;
    pub mod yaml_template;

    pub use error::{MAX_DEPTH, ParseError};
}

/// What a regular expression requires of a text.
#[path = "inventory/syntax/literals"]
mod literals {
    pub mod branch;
    #[expect(dead_code, reason = "the program uses more of it")]
    pub mod clause;
    pub mod reach;
    pub mod regex;

    /// The literals of each clause, as in the program, which joins the requirements of whole rules.
    pub fn known(pattern: &str, ignore_case: bool) -> Option<Vec<Vec<String>>> {
        let texts = |clause: Vec<clause::Literal>| clause.into_iter().map(|literal| literal.text).collect();
        Some(regex::derive(pattern, ignore_case).ok()?.into_iter().map(texts).collect())
    }
}

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var("OUT_DIR").unwrap_or_default());
    let checks = root.join("checks");
    let mut files = Vec::new();
    collect(&checks, &mut files)?;
    files.sort();
    // To measure what ten times as many checks cost: `READYCTL_COPIES=10 cargo build --release --target-dir target/ten`.
    let copies = env::var("READYCTL_COPIES").ok().and_then(|copies| copies.parse().ok()).unwrap_or(1);
    let mut source = String::from("pub(super) static FILES: &[Bundled] = &[\n");
    let mut digest: u64 = 0xcbf2_9ce4_8422_2325;
    let (mut bytes, mut packer) = (Vec::new(), Packer { rules: Some(Rules::default()), ..Packer::default() });
    let (mut live_bytes, mut live_packer) = (Vec::new(), Packer::default());
    let mut patterns = Patterns::default();
    for path in &files {
        let relative = path.strip_prefix(&checks).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(path)?;
        for byte in relative.bytes().chain([0xff]).chain(text.bytes()).chain([0xff]) {
            digest = (digest ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        let (start, live_start) = (bytes.len(), live_bytes.len());
        // A file that is no YAML stays without a tree: the program reads its text and says what is wrong.
        if let Some(node) = document::yaml::parse_plain(&text).ok().and_then(|documents| documents.into_iter().next()) {
            let mut node = without_tests(node);
            if let Some(live) = take_live(&mut node) {
                live_packer.write(&live, "", &mut live_bytes);
            }
            packer.write(&node, "", &mut bytes);
            expressions(&node, "", &mut patterns);
        }
        for name in names(&relative, copies) {
            let _ = writeln!(
                source,
                "    Bundled {{ path: {name:?}, tree: {start}..{}, live: {live_start}..{}, whole: include_str!({:?}) }},",
                bytes.len(),
                live_bytes.len(),
                path.display()
            );
        }
    }
    let rules = packer.rules.take().unwrap_or_default();
    let _ = writeln!(source, "];\npub(super) static DIGEST: &str = \"{digest:016x}\";");
    let _ = writeln!(source, "static RULES: &[Range<usize>] = &{:?};", rules.places);
    for (name, bytes) in [
        ("strings", packer.strings.table()),
        ("trees", bytes),
        ("rule_trees", rules.bytes),
        ("live_strings", live_packer.strings.table()),
        ("live_trees", live_bytes),
    ] {
        let file = out.join(format!("{name}.bin"));
        fs::write(&file, bytes)?;
        let _ = writeln!(source, "pub(super) static {}: &[u8] = include_bytes!({:?});", name.to_uppercase(), file.display());
    }
    fs::write(out.join("bundle.rs"), source)?;
    fs::write(out.join("literals.rs"), literals_table(&patterns))?;
    println!("cargo:rerun-if-changed=checks");
    println!("cargo:rerun-if-changed=src/build.rs");
    println!("cargo:rerun-if-env-changed=READYCTL_COMMIT");
    println!("cargo:rerun-if-env-changed=READYCTL_COPIES");
    Ok(())
}

/// The names under which a file is bundled: its own, and for checks those of their copies.
fn names(path: &str, copies: usize) -> Vec<String> {
    let is_check =
        path.split_once('/').is_some_and(|(folder, _)| !["env", "facts", "routes", "tokens", "utils"].contains(&folder));
    let stem = path.trim_end_matches(".yaml");
    let copy = |number| format!("{stem}-copy{number}.yaml");
    std::iter::once(path.to_owned()).chain((1..copies).filter(|_| is_check).map(copy)).collect()
}

fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            into.push(path);
        }
    }
    Ok(())
}

fn without_tests(mut node: Node) -> Node {
    if let Value::Object(entries) = &mut node.value {
        entries.retain(|entry| &*entry.key != "tests");
    }
    node
}

/// The live part of a check, for which `true` stays behind.
fn take_live(node: &mut Node) -> Option<Node> {
    let Value::Object(entries) = &mut node.value else { return None };
    let entry = entries.iter_mut().find(|entry| &*entry.key == "live")?;
    Some(std::mem::replace(&mut entry.value, Node { value: Value::Bool(true), ..Node::default() }))
}

/// Every text of the trees, each once.
#[derive(Default)]
struct Strings {
    all: Vec<String>,
    ids: BTreeMap<String, u64>,
}

impl Strings {
    fn id(&mut self, text: &str) -> u64 {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.all.len() as u64;
        self.all.push(text.to_owned());
        self.ids.insert(text.to_owned(), id);
        id
    }

    /// How many, then each with its length.
    fn table(&self) -> Vec<u8> {
        let mut table = Vec::new();
        varint(self.all.len() as u64, &mut table);
        for text in &self.all {
            varint(text.len() as u64, &mut table);
            table.extend_from_slice(text.as_bytes());
        }
        table
    }
}

/// Code rules, each once.
#[derive(Default)]
struct Rules {
    bytes: Vec<u8>,
    places: Vec<Range<usize>>,
    numbers: BTreeMap<Vec<u8>, u64>,
}

impl Rules {
    fn number(&mut self, rule: Vec<u8>) -> u64 {
        let start = self.bytes.len();
        *self.numbers.entry(rule).or_insert_with_key(|rule| {
            self.bytes.extend_from_slice(rule);
            self.places.push(start..self.bytes.len());
            self.places.len() as u64 - 1
        })
    }
}

/// Writes trees.
#[derive(Default)]
struct Packer {
    strings: Strings,
    /// Where code rules go; `None`: they stay in their trees.
    rules: Option<Rules>,
}

impl Packer {
    /// A tree in the order of a walk: what it is, then its value. Places are left out; only a file with a mistake needs them. `under` is the
    /// key under which it stands.
    fn write(&mut self, node: &Node, under: &str, into: &mut Vec<u8>) {
        match &node.value {
            Value::Null | Value::Sealed(_) => into.push(0),
            Value::Bool(value) => into.push(1 + u8::from(*value)),
            Value::Int(value) => {
                into.push(3);
                varint(((*value << 1) ^ (*value >> 63)) as u64, into);
            }
            Value::Float(value) => {
                into.push(4);
                into.extend_from_slice(&value.to_le_bytes());
            }
            Value::String(text) | Value::Templated(text) => {
                into.push(5);
                varint(self.strings.id(text), into);
            }
            Value::Array(items) => {
                into.push(6);
                varint(items.len() as u64, into);
                items.iter().for_each(|item| self.write(item, under, into));
            }
            Value::Object(entries) => {
                into.push(7);
                varint(entries.len() as u64, into);
                for entry in entries {
                    varint(self.strings.id(&entry.key), into);
                    if under == "code" && &*entry.key == "rule" && self.seal(&entry.value, into) {
                        continue;
                    }
                    self.write(&entry.value, &entry.key, into);
                }
            }
        }
    }

    /// Puts a rule where rules go, and here its number and the names of the utilities that it asks for.
    fn seal(&mut self, rule: &Node, into: &mut Vec<u8>) -> bool {
        let Some(mut rules) = self.rules.take() else { return false };
        let mut bytes = Vec::new();
        self.write(rule, "", &mut bytes);
        let mut names = Vec::new();
        utilities(rule, &mut names);
        into.push(8);
        varint(rules.number(bytes), into);
        varint(names.len() as u64, into);
        names.into_iter().for_each(|name| varint(self.strings.id(name), into));
        self.rules = Some(rules);
        true
    }
}

/// The texts under `matches` below a node.
fn utilities<'n>(node: &'n Node, into: &mut Vec<&'n str>) {
    for entry in node.entries() {
        match entry.value.as_str() {
            Some(name) if &*entry.key == "matches" => into.push(name),
            _ => utilities(&entry.value, into),
        }
    }
    node.items().iter().for_each(|item| utilities(item, into));
}

fn varint(mut value: u64, into: &mut Vec<u8>) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

/// The regular expressions of the pack, and whether they ignore case.
#[derive(Default)]
struct Patterns {
    all: BTreeSet<(String, bool)>,
    /// Those of text probes, which are held against whole files.
    of_texts: BTreeSet<(String, bool)>,
}

/// The regular expressions below a node: `regex` of code rules, `pattern` of text probes, what values and names are held against.
fn expressions(node: &Node, under: &str, into: &mut Patterns) {
    let ignore_case = node.get("ignore-case").is_some_and(|value| value.value == Value::Bool(true));
    for entry in node.entries() {
        match (&*entry.key, entry.value.as_str()) {
            ("regex", Some(pattern)) => {
                into.all.insert((pattern.to_owned(), false));
            }
            ("pattern", Some(pattern)) if under == "text" => {
                into.all.insert((pattern.trim().to_owned(), ignore_case));
                into.of_texts.insert((pattern.trim().to_owned(), ignore_case));
            }
            ("matches" | "not-matches" | "key" | "key-not", Some(pattern)) => {
                into.all.insert((pattern.trim().to_owned(), false));
            }
            (_, Some(pattern)) if under == "names" => {
                into.all.insert((pattern.trim().to_owned(), false));
            }
            (key, _) => expressions(&entry.value, key, into),
        }
    }
    node.items().iter().for_each(|item| expressions(item, under, into));
}

fn literals_table(patterns: &Patterns) -> String {
    let list = |clauses: &[Vec<String>]| clauses.iter().map(|clause| format!("&{clause:?}")).collect::<Vec<_>>().join(", ");
    let mut source = String::from(
        "/// Expression, whether case matters not, clauses; ascending.\nstatic LITERALS: &[(&str, bool, &[&[&str]])] = &[\n",
    );
    for (pattern, ignore_case) in &patterns.all {
        let Some(clauses) = literals::known(pattern, *ignore_case) else { continue };
        let _ = writeln!(source, "    ({pattern:?}, {ignore_case}, &[{}]),", list(&clauses));
    }
    source.push_str(
        "];\n/// Expression, whether case matters not, its alternatives if all require something; ascending.\nstatic BRANCHES: &[(&str, bool, Option<&[KnownBranch]>)] = &[\n",
    );
    for (pattern, ignore_case) in &patterns.of_texts {
        let branches = literals::branch::derive(pattern, *ignore_case).map(|branches| {
            let branch = |branch: &literals::branch::Branch| {
                format!("({:?}, &{:?}, &[{}])", branch.crossings, branch.lead, list(&branch.others))
            };
            format!("&[{}]", branches.iter().map(branch).collect::<Vec<_>>().join(", "))
        });
        let branches = branches.map_or("None".to_owned(), |branches| format!("Some({branches})"));
        let _ = writeln!(source, "    ({pattern:?}, {ignore_case}, {branches}),");
    }
    source.push_str("];\n");
    source
}

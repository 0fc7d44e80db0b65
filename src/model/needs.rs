//! What probes want collected: the contract between the checks (which ask) and the inventory (which looks once).
//!
//! A need is plain data with equality, so that a hundred checks that ask the same thing cost one look. To let probes ask for
//! something new, add a value to `Look` and the code that answers it to `inventory::scan`.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher as _, BuildHasherDefault, Hash, Hasher};
use std::sync::Arc;

use super::code::CodeSource;
use super::language::Language;
use super::loading::Loading;
use super::role::{Role, RoleSet};
use super::secret::{SecretKind, SecretRules, TokenFormat};
use super::terms::{Confidence, vocabulary};

/// Index of a need in its `NeedSet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NeedId(pub u32);

/// Index of a selector in its `NeedSet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SelectorId(pub u32);

/// Which files a need looks into. Empty lists do not restrict.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selector {
    /// Globs over the relative path; one must match.
    pub globs: Vec<String>,
    /// Globs over the relative path; none may match.
    pub exclude: Vec<String>,
    /// Languages; one must be the file's.
    pub languages: Vec<Language>,
    pub roles: RoleSet,
    /// Only files that git tracks (or not), if git is there.
    pub tracked: Option<bool>,
}

impl Selector {
    /// Files of the deciding roles, not restricted otherwise.
    pub fn any() -> Selector {
        Selector { globs: Vec::new(), exclude: Vec::new(), languages: Vec::new(), roles: RoleSet::DECIDING, tracked: None }
    }

    /// Does a file of this language and role come into question, globs aside?
    pub fn admits(&self, language: Option<Language>, role: Role, tracked: Option<bool>) -> bool {
        self.roles.contains(role)
            && (self.languages.is_empty() || language.is_some_and(|l| self.languages.contains(&l)))
            && (self.tracked.is_none() || tracked.is_none() || self.tracked == tracked)
    }
}

vocabulary! {
    /// In which part of a file a text pattern counts.
    Area {
        /// Outside comments and strings.
        Code = "code",
        /// Outside comments: code and string literals. The default.
        Source = "source",
        /// Inside comments.
        Comments = "comments",
        /// Everywhere.
        All = "all",
    }
}

vocabulary! {
    /// The structured files that have a shape of their own.
    DocumentKind {
        Json = "json",
        Yaml = "yaml",
        Toml = "toml",
        Ini = "ini",
        Properties = "properties",
        Dotenv = "dotenv",
        Xml = "xml",
        Hcl = "hcl",
        Nginx = "nginx",
        Dockerfile = "dockerfile",
        /// Compose files of a folder, base and production override merged.
        Compose = "compose",
        /// Objects with `apiVersion` and `kind`, one document each; Helm templates with their expressions masked.
        Kubernetes = "kubernetes",
        /// `.github/workflows` at the git root.
        GithubWorkflow = "github-workflow",
        GitlabCi = "gitlab-ci",
    }
}

/// The capture under which a need that names its hits keeps the name.
pub const NAME: &str = "NAME";

vocabulary! {
    /// What a document need keeps of a selected node, as the capture `NAME`.
    Naming {
        /// The key under which it stands.
        Key = "key",
        /// Its text.
        Value = "value",
        /// For every scalar below it, a hit of its own: the keys that lead there, with dots between them.
        Path = "path",
    }
}

/// A condition on a node: the value at `at` (dotted path below the node, the node itself if empty) passes `op`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Condition {
    pub at: Vec<String>,
    pub op: NodeTest,
}

/// What a value must be like. A templated value passes none of these but `Exists(true)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NodeTest {
    /// Present and not null, or neither.
    Exists(bool),
    /// A scalar that is written like one of these (case-insensitive).
    In(Vec<String>),
    /// A scalar that is written like none of these.
    NotIn(Vec<String>),
    /// A scalar, or one of an array's scalars, matches the regular expression.
    Matches(String),
    /// A scalar, or every one of an array's scalars, does not match it.
    NotMatches(String),
    AtLeast(i64),
    AtMost(i64),
    /// The key under which the selected node stands matches.
    Key(String),
    /// The key under which the selected node stands does not match.
    KeyNot(String),
    /// An array or object has at least this many members.
    CountAtLeast(i64),
    /// An array or object has at most this many members (an absent one has none).
    CountAtMost(i64),
}

/// What to look for in the selected files.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Look {
    /// That the file is there.
    File,
    /// A regular expression over the text.
    Text {
        pattern: String,
        ignore_case: bool,
        area: Area,
        /// A hit whose lines match this is none.
        except: Option<String>,
        /// The pattern must not occur in the file: the file itself is the hit.
        missing: bool,
        /// The capture as which the text that is cited is kept.
        capture: Option<String>,
    },
    /// An ast-grep rule in one language.
    Code {
        language: Language,
        source: Arc<CodeSource>,
        /// The file must import one of these modules, if there are any.
        imports: Vec<String>,
        capture: Vec<String>,
    },
    /// Source that imports one of these modules; prefix semantics per language (`a.b` is imported by `import a.b.c`).
    Import { modules: Vec<String> },
    /// Nodes of a document.
    Document {
        kind: DocumentKind,
        /// Kubernetes kinds; empty for all.
        objects: Vec<String>,
        /// JSONPath.
        select: String,
        /// All must hold.
        conditions: Vec<Condition>,
        /// What is kept of the node.
        named: Option<Naming>,
    },
    /// Calls in Rust code: methods and macros by name.
    RustCalls {
        names: Vec<String>,
        /// Only inside request handlers.
        in_handlers: bool,
        /// The receiver must match this.
        receiver: Option<String>,
    },
    /// Secrets in the text, in the token formats of the need set and in the shapes that the scan knows.
    Secret {
        kinds: Vec<SecretKind>,
        min_confidence: Confidence,
        /// In the versions of files that commits hold, rather than in the files of today.
        history: bool,
    },
    /// Does .gitignore cover this path? The hit is the deciding rule's line.
    GitIgnores { path: String },
}

impl Look {
    /// A pattern over a part of the text, as it is written, each match a hit.
    pub fn text(pattern: impl Into<String>, area: Area) -> Look {
        Look::Text { pattern: pattern.into(), ignore_case: false, area, except: None, missing: false, capture: None }
    }
}

/// What answering a need costs, beyond the one look at a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cost {
    /// Nothing: it is answered in the first look.
    None,
    /// A search with a regular expression.
    Search,
    /// A syntax tree.
    Tree,
}

/// One thing to collect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Need {
    pub selector: SelectorId,
    pub look: Look,
}

/// A hash without defence against chosen keys: a pack that slowed its own loading would harm nobody else. Rules are large, and the
/// standard hash would be a tenth of a short run.
#[derive(Debug, Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.write_u64(chunk.try_into().map_or(0, u64::from_le_bytes));
        }
        for byte in chunks.remainder() {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn finish(&self) -> u64 {
        // The table looks at the highest bits and the lowest.
        self.0 ^ self.0.rotate_right(29)
    }
}

/// Values, each once.
#[derive(Debug)]
struct Interned<T> {
    all: Vec<T>,
    /// By hash; a value whose place is taken by another has the next free one.
    numbers: HashMap<u64, u32, BuildHasherDefault<Quick>>,
}

impl<T> Default for Interned<T> {
    fn default() -> Interned<T> {
        Interned { all: Vec::new(), numbers: HashMap::default() }
    }
}

impl<T: Hash + Eq> Interned<T> {
    /// The number of this value.
    fn number(&mut self, value: T) -> u32 {
        let mut hash = BuildHasherDefault::<Quick>::default().hash_one(&value);
        loop {
            match self.numbers.entry(hash) {
                Entry::Occupied(taken) if self.all[*taken.get() as usize] == value => return *taken.get(),
                Entry::Occupied(_) => hash = hash.wrapping_add(1),
                Entry::Vacant(free) => {
                    let number = self.all.len() as u32;
                    self.all.push(value);
                    return *free.insert(number);
                }
            }
        }
    }
}

/// Every need of the loaded checks, each once.
#[derive(Debug, Default)]
pub struct NeedSet {
    selectors: Interned<Selector>,
    needs: Interned<Need>,
    /// By need id, as far as it goes: do facts rest on it? Nothing can be left out before the facts are known, so such a need does not wait.
    awaited: Vec<bool>,
    /// What `Look::Secret` knows of providers.
    pub token_formats: Vec<TokenFormat>,
    /// What the user adds to them, and what is no finding.
    pub secret_rules: SecretRules,
    /// What loads source files that nothing imports; empty where that is not asked.
    pub loading: Loading,
}

impl NeedSet {
    /// The id of this need; the same need has the same id.
    pub fn add(&mut self, selector: Selector, look: Look) -> NeedId {
        let selector = SelectorId(self.selectors.number(selector));
        NeedId(self.needs.number(Need { selector, look }))
    }

    /// Notes a need whose answer decides which others matter.
    pub fn await_answer(&mut self, id: NeedId) {
        let at = id.0 as usize;
        self.awaited.resize(self.awaited.len().max(at + 1), false);
        self.awaited[at] = true;
    }

    /// What answering costs. Whatever costs something waits until it is known that it matters.
    pub fn cost(&self, id: NeedId) -> Cost {
        match self.need(id).look {
            Look::Code { .. } | Look::RustCalls { .. } => Cost::Tree,
            Look::Text { .. } if self.awaited.get(id.0 as usize) != Some(&true) => Cost::Search,
            _ => Cost::None,
        }
    }

    /// Every need, by id.
    pub fn needs(&self) -> &[Need] {
        &self.needs.all
    }

    /// Every selector, by id.
    pub fn selectors(&self) -> &[Selector] {
        &self.selectors.all
    }

    /// The need with this id.
    pub fn need(&self, id: NeedId) -> &Need {
        &self.needs.all[id.0 as usize]
    }
}

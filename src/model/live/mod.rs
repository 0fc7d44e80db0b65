//! What the live side is asked and what it answers: the one vocabulary that checks, the wire and the judge share.
//!
//! ```text
//! check's `live:` ──load──▶ LiveSpec ──collect──▶ LivePlan (each distinct request once)
//! LivePlan + endpoint ──send──▶ Exchanges (captures with typed facts) ──decide──▶ outcome
//! ```
//!
//! A fact is a dotted path with a type, declared once in [`facts`]. To add one: declare it there, fill it where the wire side
//! derives facts from an exchange, and use it in a rule. A rule that names an undeclared path, or compares it with a value of
//! another type, does not load.

pub mod facts;
pub mod safety;

use std::collections::{BTreeMap, BTreeSet};

use super::terms::vocabulary;

/// The value of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Bool(bool),
    Int(i64),
    Text(String),
    List(Vec<String>),
    /// Rows with named fields, e.g. cookies.
    Rows(Vec<BTreeMap<String, Value>>),
}

/// Facts by dotted path. A path that is not there is *absent*: the thing was not seen (a header not sent, a test not made).
pub type Facts = BTreeMap<String, Value>;

vocabulary! {
    /// What a request does to the server.
    Class {
        /// An ordinary GET, HEAD or OPTIONS, as any visitor sends.
        Passive = "passive",
        /// Anything else; sent only with `--active`.
        Active = "active",
    }
}

vocabulary! {
    /// Request methods. Others do not exist here.
    Method { Get = "GET", Head = "HEAD", Options = "OPTIONS", Trace = "TRACE", Post = "POST" }
}

vocabulary! {
    /// Which origin a request goes to.
    Base {
        /// The URL under audit.
        Target = "target",
        /// Its plain HTTP twin: port 80 of the same host, or `--http-url`.
        Plain = "plain",
    }
}

vocabulary! {
    /// The shape of a path whose answer for "nothing there" is learnt first, so that a catch-all page is not taken for a find.
    Shape { Page = "page", DotFile = "dot-file", DotDir = "dot-dir", Json = "json", File = "file" }
}

/// One request of a check. Two equal ones (but for `name`) are sent once per run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The name that rules of this check use for its answer.
    pub name: String,
    pub key: RequestKey,
}

/// What makes two requests the same one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestKey {
    pub base: Base,
    pub method: Method,
    /// Path and query below the origin, with variables (`{{random}}`, `{{foreign}}`, `{{host}}`, `{{origin}}`); never absolute. Empty: the
    /// path of the URL under audit itself. Several candidates: the first that exists answers (2xx and not a catch-all page).
    pub paths: Vec<String>,
    /// Headers, by name as written; values may hold variables.
    pub headers: Vec<(String, String)>,
    /// The body of a POST.
    pub body: Option<String>,
    /// Learn first how the server answers for something of this shape that does not exist.
    pub calibrate: Option<Shape>,
    /// Follow redirects within the origin (and from plain HTTP to HTTPS of the host).
    pub follow: bool,
    /// Send the user's credentials, if there are some.
    pub auth: bool,
    /// How often, one after the other, for bursts and timings; 1 otherwise.
    pub times: u32,
    pub class: Class,
}

impl RequestKey {
    /// An ordinary GET of a path of the target; of the URL under audit itself if the path is empty.
    pub fn get(path: &str) -> RequestKey {
        RequestKey {
            base: Base::Target,
            method: Method::Get,
            paths: if path.is_empty() { Vec::new() } else { vec![path.to_owned()] },
            headers: Vec::new(),
            body: None,
            calibrate: None,
            follow: false,
            auth: false,
            times: 1,
            class: Class::Passive,
        }
    }
}

/// The live part of a check.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveSpec {
    pub class: Class,
    /// It looks at one URL out of many: a pass does not outweigh what cited files say against it.
    pub sampled: bool,
    /// Facts of the target under which it applies.
    pub when: Option<Condition>,
    pub send: Vec<Request>,
    /// The first rule that holds decides.
    pub rules: Vec<Rule>,
    pub otherwise: Decision,
}

impl LiveSpec {
    /// Everything that it can conclude, in the order of the table.
    pub fn decisions(&self) -> impl Iterator<Item = &Decision> {
        self.rules.iter().map(|rule| &rule.then).chain([&self.otherwise])
    }
}

/// One row of the decision table.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub when: Condition,
    pub then: Decision,
}

/// What a row concludes, and the observation that it reports; `{{path}}` stands for the value of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub verdict: LiveVerdict,
    pub say: String,
}

vocabulary! {
    /// The conclusion of a decision table.
    LiveVerdict {
        Pass = "pass",
        /// Half good: `partial`.
        Warn = "warn",
        Fail = "fail",
        /// The live part has no say here.
        NotApplicable = "not-applicable",
        /// Asked, and no clear answer.
        Inconclusive = "inconclusive",
    }
}

/// A tree over facts.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// One fact compared.
    Fact {
        path: FactPath,
        test: Test,
    },
    /// At least one row of a fact of rows meets the condition, whose paths are fields.
    Some {
        path: FactPath,
        meets: Box<Condition>,
    },
    /// Every row does, and there is one.
    Each {
        path: FactPath,
        meets: Box<Condition>,
    },
}

/// A fact, of one answer of the check or of the whole run (`tls.`, `certificate.`, `target.`, `openapi.`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactPath {
    /// The request whose answer is meant; `None` for facts of the run and fields of rows.
    pub capture: Option<String>,
    pub path: String,
}

/// How a value is compared.
#[derive(Debug, Clone)]
pub enum Test {
    Present,
    Absent,
    Equal(Value),
    NotEqual(Value),
    Less(i64),
    AtMost(i64),
    Greater(i64),
    AtLeast(i64),
    /// Is one of these.
    In(Vec<Value>),
    NotIn(Vec<Value>),
    /// The list, or the text, contains one of these.
    Contains(Vec<String>),
    /// It contains none of these.
    Lacks(Vec<String>),
    Matches(regex::Regex),
    NotMatches(regex::Regex),
}

impl PartialEq for Test {
    fn eq(&self, other: &Test) -> bool {
        // A regex has no equality of its own; its source is it.
        format!("{self:?}") == format!("{other:?}")
    }
}

/// Everything that one run sends, each distinct thing once.
#[derive(Debug, Clone, Default)]
pub struct LivePlan {
    /// In order of priority of the checks that ask.
    pub requests: Vec<RequestKey>,
    /// Groups of facts of the run that rules ask for: `tls`, `certificate`, `openapi`.
    pub groups: BTreeSet<String>,
}

/// The answer to one request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Capture {
    /// Facts of the last hop, plus `redirects.*` over all of them; with an error only `error`.
    pub facts: Facts,
    /// What was sent and what came back, in order.
    pub hops: Vec<Hop>,
}

/// One exchange, as evidence shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    pub method: String,
    pub url: String,
    /// `None`: no answer, and `cause` says why.
    pub status: Option<u16>,
    pub cause: Option<String>,
}

/// What the live side received. Immutable afterwards; the only input of live decisions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exchanges {
    /// The URL under audit, as reports show it.
    pub url: String,
    /// Facts of the run: `target.*`, `tls.*`, `certificate.*`, `openapi.*`.
    pub facts: Facts,
    pub captures: Vec<(RequestKey, Capture)>,
    /// Requests that were not sent, with the reason (`--active` not given, budget, throttled).
    pub unsent: Vec<(RequestKey, String)>,
    /// Why nothing could be judged: one sentence with the cause (name not found, refused, timeout, not TLS, …).
    pub dead: Option<String>,
    /// How many requests and handshakes were made.
    pub requests: u32,
    pub handshakes: u32,
    /// Things the reader must know: address used, roots used, throttled, CDN in front.
    pub notes: Vec<String>,
}

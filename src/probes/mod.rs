//! Floor 2: the probe kinds, one file each: parameters, documentation, needs, observation.
//!
//! To add a probe kind: write `src/probes/<name>.rs` with a `pub static KIND: ProbeKind`, add its two lines between the
//! `<registry>` marks. The YAML key is the kind's name; the loader, the schema and the documentation read the same static.
//! A probe asks for needs when it is parsed and, after the collection, says what it observed; it does no I/O.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use crate::inventory::view::{Hit, View};
use crate::model::env::{Contract, EnvNeeds, Section};
use crate::model::needs::{NeedId, NeedSet};
use crate::model::node::Node;
use crate::model::route::{Framework, RouteNeeds};

pub mod params;
mod shared;

// <registry>
mod code;
mod dependency;
mod document;
mod env;
mod fact;
mod file;
mod git;
mod import;
mod route;
mod rust;
mod secret;
mod text;

#[rustfmt::skip]
pub static KINDS: &[&ProbeKind] = &[
    &code::KIND,
    &dependency::KIND,
    &document::KIND,
    &env::KIND,
    &fact::KIND,
    &file::KIND,
    &git::KIND,
    &import::KIND,
    &route::KIND,
    &rust::KIND,
    &secret::KIND,
    &text::KIND,
];
// </registry>

pub use code::Written as WrittenCode;
pub use document::conditions;
pub use shared::{languages, pattern, selector};

/// A way of looking, as check files name it.
pub struct ProbeKind {
    /// The YAML key.
    pub name: &'static str,
    /// What it finds, in a sentence.
    pub summary: &'static str,
    /// Its parameters and their meaning.
    pub keys: &'static [(&'static str, &'static str)],
    /// Reads the parameters, notes problems, asks for needs. `None` when a problem was noted.
    pub parse: fn(&Node, &mut Loading<'_>) -> Option<Box<dyn Probe>>,
}

/// What a probe may use while its check is loaded.
pub struct Loading<'l> {
    pub needs: &'l mut NeedSet,
    pub problems: &'l params::Problems,
    /// Named ast-grep rules that every code probe of a language may refer to, by language.
    pub utils: &'l Utils,
    /// What is known of web frameworks.
    pub routes: &'l Arc<Vec<Framework>>,
    /// The needs of these, once a probe asked for them.
    pub route_needs: &'l mut Option<Arc<RouteNeeds>>,
    /// What is known of environment variables.
    pub env: &'l Arc<Contract>,
    /// The needs of sections of it, once a probe asked for these.
    pub env_needs: &'l mut Vec<(Vec<Section>, Arc<EnvNeeds>)>,
    /// The facts that probes refer to, with their places, for the loader to verify.
    pub facts: &'l mut Vec<(String, crate::model::node::Span)>,
}

/// Shared ast-grep utility rules: language → name → rule.
pub type Utils = BTreeMap<String, BTreeMap<Arc<str>, Util>>;

/// A utility rule, and the names of those that it refers to.
#[derive(Debug, Clone)]
pub struct Util {
    pub rule: Arc<Node>,
    pub names: Vec<Arc<str>>,
}

impl Util {
    /// What is written under its name.
    pub fn new(rule: Node) -> Util {
        let mut names = Vec::new();
        code::names_in(&rule, &mut names);
        Util { rule: Arc::new(rule), names }
    }
}

/// A way of looking with its parameters.
pub trait Probe: Debug + Send + Sync {
    /// What was seen in the view: the hits, each a citation. Pure. Most of what is seen is not cited in the end, so that which the
    /// inventory holds is not copied.
    fn observe<'v>(&self, view: &View<'v>) -> Vec<Cow<'v, Hit>>;

    /// The needs it rests on: what was searched, and where an answer may be missing.
    fn needs(&self) -> &[NeedId];

    /// Does it only say where something happens? Beside other evidence its hits are then not cited.
    fn is_setting(&self) -> bool {
        false
    }
}

/// The kind with this name.
pub fn kind(name: &str) -> Option<&'static ProbeKind> {
    KINDS.iter().copied().find(|kind| kind.name == name)
}

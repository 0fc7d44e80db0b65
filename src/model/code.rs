//! A code rule as its author wrote it: ast-grep's rule language as a value tree, not yet compiled.
//!
//! Rules of many checks share utilities, and the languages of a family a rule, so those are shared here too. `inventory::syntax::rule` compiles it.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::node::Node;

/// `{rule, constraints?, utils?}`, with every utility that is named anywhere in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeSource {
    /// It may be sealed; `rule()` opens it.
    pub rule: Arc<Node>,
    /// By metavariable, without `$`.
    pub constraints: Vec<(Arc<str>, Arc<Node>)>,
    /// By name, in the order of names.
    pub utils: Vec<(Arc<str>, Arc<Node>)>,
    /// A utility: what matches it, or stands inside of what matches it, does not count.
    pub gate: Option<Arc<str>>,
    /// A metavariable, without `$`: where it stands is the place of the match, if it is bound.
    pub cite: Option<Arc<str>>,
}

impl Hash for CodeSource {
    /// Of the utilities only the names: most rules have the same ones, and they are large.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.rule.hash(state);
        self.constraints.hash(state);
        self.gate.hash(state);
        self.cite.hash(state);
        self.utils.iter().for_each(|(name, _)| name.hash(state));
    }
}

impl CodeSource {
    /// The rule itself.
    pub fn rule(&self) -> &Node {
        self.rule.opened()
    }

    /// The utility of this name.
    pub fn util(&self, name: &str) -> Option<&Node> {
        self.utils.iter().find(|(known, _)| &**known == name).map(|(_, rule)| &**rule)
    }
}

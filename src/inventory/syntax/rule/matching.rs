//! Does a rule match at a node? Follows ast-grep's meaning of each word; `tests` of `differential` compares the two.

use std::cell::Cell;

use super::super::tree::{NodeId, Tree};
use super::text::{Automata, Known};
use super::{CodeRule, Part, Relation, Rule, Stop};

/// What the metavariables stand for so far. Only ever added to, so that a failed attempt is undone by cutting it.
#[derive(Debug, Default)]
pub(crate) struct Bound<'r> {
    pub(super) single: Vec<(&'r str, NodeId)>,
    pub(super) several: Vec<(&'r str, Vec<NodeId>)>,
}

impl<'r> Bound<'r> {
    pub(super) fn mark(&self) -> (usize, usize) {
        (self.single.len(), self.several.len())
    }

    pub(super) fn cut(&mut self, (single, several): (usize, usize)) {
        self.single.truncate(single);
        self.several.truncate(several);
    }

    /// The node that a single metavariable is bound to.
    pub(crate) fn single(&self, name: &str) -> Option<NodeId> {
        self.single.iter().rev().find(|(known, _)| *known == name).map(|(_, node)| *node)
    }

    /// Each single metavariable once, by name.
    pub(crate) fn captures(&self) -> Vec<(&'r str, NodeId)> {
        let mut out: Vec<(&str, NodeId)> = Vec::new();
        for (name, node) in self.single.iter().rev() {
            if !out.iter().any(|(known, _)| known == name) {
                out.push((name, *node));
            }
        }
        out.sort_unstable();
        out
    }
}

/// What matching has cost so far and may cost, in tries of a rule or a part of a pattern at a node. Counted, not timed: whether a
/// rule is tried to the end must not depend on how busy a machine is.
#[derive(Debug)]
pub(crate) struct Steps {
    left: Cell<u64>,
}

impl Steps {
    pub(crate) fn new(most: u64) -> Steps {
        Steps { left: Cell::new(most) }
    }

    pub(crate) fn are_spent(&self) -> bool {
        self.left.get() == 0
    }

    pub(super) fn take(&self, steps: u64) {
        self.left.set(self.left.get().saturating_sub(steps));
    }
}

/// Bytes of text that a regular expression reads in one step.
const BYTES_PER_STEP: usize = 64;

/// One file's tree and the rule that is tried on it.
pub(crate) struct Matching<'r, 't> {
    pub(crate) rule: &'r CodeRule,
    pub(crate) tree: &'t Tree,
    pub(crate) text: &'t str,
    pub(crate) automata: &'t Automata,
    /// What is known of the nodes.
    pub(crate) known: &'t Known,
    /// Once they are spent nothing holds: what was found then says nothing.
    pub(crate) steps: &'t Steps,
}

impl<'r> Matching<'r, '_> {
    /// Does the whole rule match here: rule, constraints, and no gate around it?
    pub(crate) fn at(&self, node: NodeId) -> Option<Bound<'r>> {
        let mut bound = Bound::default();
        if !self.holds(&self.rule.root, node, &mut bound) {
            return None;
        }
        for (name, constraint) in &self.rule.constraints {
            if bound.single(name).is_some_and(|value| !self.holds(constraint, value, &mut bound)) {
                return None;
            }
        }
        match self.rule.gate.and_then(|gate| self.rule.utils.get(gate)) {
            Some(gate) if std::iter::once(node).chain(self.tree.ancestors(node)).any(|node| self.is(gate, node)) => None,
            _ => Some(bound),
        }
    }

    /// Does the rule match by itself, whatever is bound?
    fn is(&self, rule: &'r Rule, node: NodeId) -> bool {
        self.holds(rule, node, &mut Bound::default())
    }

    fn holds(&self, rule: &'r Rule, node: NodeId, bound: &mut Bound<'r>) -> bool {
        self.steps.take(1);
        if self.steps.are_spent() || !self.rule.kinds_of(rule).admits(self.tree.kind(node)) {
            return false;
        }
        let mark = bound.mark();
        let holds = rule.parts.iter().all(|part| self.part(part, node, bound));
        if !holds {
            bound.cut(mark);
        }
        holds
    }

    fn part(&self, part: &'r Part, node: NodeId, bound: &mut Bound<'r>) -> bool {
        match part {
            Part::Kind(kind) => self.tree.kind(node) == *kind,
            Part::Pattern(pattern) => pattern.variants(self.rule.language).iter().any(|variant| {
                let mark = bound.mark();
                let matches =
                    variant.root_kind().is_none_or(|kind| kind == self.tree.kind(node)) && self.root(&variant.node, node, bound);
                if !matches {
                    bound.cut(mark);
                }
                matches
            }),
            Part::Regex(test) => {
                let text = self.text_of(node);
                self.steps.take((text.len() / BYTES_PER_STEP) as u64);
                test.is_match(node, text, self.automata, self.known)
            }
            Part::NthChild { position, of, reverse } => self.is_nth(node, *position, of.as_deref(), *reverse, bound),
            Part::All(rules) => rules.iter().all(|rule| self.holds(rule, node, bound)),
            Part::Any(rules) => rules.iter().any(|rule| self.holds(rule, node, bound)),
            Part::Not(rule) => {
                let mark = bound.mark();
                let holds = self.holds(rule, node, bound);
                bound.cut(mark);
                !holds
            }
            Part::Matches(util) => self.rule.utils.get(*util).is_some_and(|rule| self.holds(rule, node, bound)),
            Part::Inside(relation) => self.is_inside(relation, node, bound),
            Part::Has(relation) => self.has(relation, node, bound),
            Part::Precedes(relation) => self.along(relation, self.tree.following(node), bound),
            Part::Follows(relation) => self.along(relation, self.tree.preceding(node).into_iter(), bound),
        }
    }

    pub(super) fn text_of(&self, node: NodeId) -> &str {
        self.text.get(self.tree.range(node)).unwrap_or_default()
    }

    fn is_nth(&self, node: NodeId, position: usize, of: Option<&'r Rule>, reverse: bool, bound: &mut Bound<'r>) -> bool {
        let Some(parent) = self.tree.parent(node) else { return false };
        let mut siblings: Vec<NodeId> = Vec::new();
        for sibling in self.tree.children(parent).filter(|sibling| self.tree.is_named(*sibling)) {
            let mark = bound.mark();
            if of.is_none_or(|rule| self.holds(rule, sibling, bound)) {
                siblings.push(sibling);
            }
            bound.cut(mark);
        }
        if reverse {
            siblings.reverse();
        }
        let is_there = siblings.iter().position(|sibling| *sibling == node).is_some_and(|index| index + 1 == position);
        // What the node itself binds stays bound.
        is_there && of.is_none_or(|rule| self.holds(rule, node, bound))
    }

    /// Tries nodes one after the other as far as the relation goes; the one at which it stops is tried too.
    fn along(&self, relation: &'r Relation, nodes: impl Iterator<Item = NodeId>, bound: &mut Bound<'r>) -> bool {
        for node in nodes {
            if self.holds(&relation.rule, node, bound) {
                return true;
            }
            match &relation.stop {
                Stop::Neighbor => return false,
                Stop::End => {}
                Stop::At(stop) if self.is(stop, node) => return false,
                Stop::At(_) => {}
            }
        }
        false
    }

    fn is_inside(&self, relation: &'r Relation, node: NodeId, bound: &mut Bound<'r>) -> bool {
        let Some(field) = relation.field else { return self.along(relation, self.tree.ancestors(node), bound) };
        let mut below = node;
        for ancestor in self.tree.ancestors(node) {
            let stands_there = self.tree.child_in(ancestor, field) == Some(below);
            below = ancestor;
            if stands_there && self.holds(&relation.rule, ancestor, bound) {
                return true;
            }
            match &relation.stop {
                Stop::Neighbor => return false,
                Stop::End => {}
                Stop::At(stop) if self.is(stop, ancestor) => return false,
                Stop::At(_) => {}
            }
        }
        false
    }

    fn has(&self, relation: &'r Relation, node: NodeId, bound: &mut Bound<'r>) -> bool {
        let rule = &relation.rule;
        let Some(field) = relation.field else {
            return match &relation.stop {
                Stop::Neighbor => self.tree.children(node).any(|child| self.holds(rule, child, bound)),
                Stop::End => self.tree.descendants(node).any(|below| self.holds(rule, below, bound)),
                Stop::At(stop) => self.has_until(rule, stop, node, bound),
            };
        };
        let Some(child) = self.tree.child_in(node, field) else { return false };
        match &relation.stop {
            Stop::Neighbor => self.holds(rule, child, bound),
            Stop::End => (child..self.tree.after(child)).any(|below| self.holds(rule, below, bound)),
            Stop::At(stop) => {
                self.holds(rule, child, bound)
                    || (!self.is(stop, child) && self.tree.children(child).any(|below| self.holds(rule, below, bound)))
            }
        }
    }

    /// Everything below, but nothing below a node at which it stops.
    fn has_until(&self, rule: &'r Rule, stop: &'r Rule, node: NodeId, bound: &mut Bound<'r>) -> bool {
        let mut at = node + 1;
        let end = self.tree.after(node);
        while at < end {
            if self.holds(rule, at, bound) {
                return true;
            }
            at = if self.is(stop, at) { self.tree.after(at) } else { at + 1 };
        }
        false
    }
}

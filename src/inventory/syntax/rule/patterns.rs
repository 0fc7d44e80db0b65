//! Does a pattern match at a node? Follows ast-grep's meaning: what is not named may be left out of a pattern, `$$$` takes as little as
//! it can, and the same metavariable means the same code.

use ast_grep_core::matcher::PatternNode;
use ast_grep_core::meta_var::MetaVariable;

use super::super::tree::{NodeId, Tree};
use super::matching::{Bound, Matching};

/// What matching a part of a pattern at a node says.
enum Outcome {
    Both,
    /// The node does not count: go on with the next one.
    SkipNode,
    None,
}

/// Kind of a node that is an error, which matches any.
const ERROR: u16 = u16::MAX;

impl<'r> Matching<'r, '_> {
    /// A pattern at its root, where a metavariable may be anything, a comment too.
    pub(super) fn root(&self, goal: &'r PatternNode, node: NodeId, bound: &mut Bound<'r>) -> bool {
        match goal {
            PatternNode::MetaVar { meta_var } => self.bind(meta_var, node, bound),
            _ => matches!(self.pattern(goal, node, bound), Outcome::Both),
        }
    }

    fn pattern(&self, goal: &'r PatternNode, node: NodeId, bound: &mut Bound<'r>) -> Outcome {
        self.steps.take(1);
        match goal {
            PatternNode::Terminal { text, is_named, kind_id } => {
                // The span of an anonymous node is not always that of its text: its kind says enough.
                if self.is_kind(*kind_id, node) && (!is_named || text == self.text_of(node)) {
                    Outcome::Both
                } else if self.tree.is_extra(node) || !self.tree.is_named(node) {
                    Outcome::SkipNode
                } else {
                    Outcome::None
                }
            }
            PatternNode::MetaVar { .. } if self.tree.is_extra(node) => Outcome::SkipNode,
            PatternNode::MetaVar { meta_var } => both_if(self.bind(meta_var, node, bound)),
            PatternNode::Internal { kind_id, children } => {
                both_if(self.is_kind(*kind_id, node) && self.children(children, node, bound))
            }
        }
    }

    fn is_kind(&self, goal: u16, node: NodeId) -> bool {
        goal == ERROR || goal == self.tree.kind(node)
    }

    fn bind(&self, variable: &'r MetaVariable, node: NodeId, bound: &mut Bound<'r>) -> bool {
        match variable {
            MetaVariable::Capture(_, true) | MetaVariable::Dropped(true) if !self.tree.is_named(node) => false,
            MetaVariable::Capture(name, _) => {
                let known = bound.single.iter().rev().find(|(known, _)| known == name).map(|(_, node)| *node);
                if known.is_some_and(|known| !self.is_same(known, node)) {
                    return false;
                }
                bound.single.push((name, node));
                true
            }
            MetaVariable::MultiCapture(name) => self.bind_several(name, vec![node], bound),
            MetaVariable::Dropped(_) | MetaVariable::Multiple => true,
        }
    }

    fn bind_several(&self, name: &'r str, nodes: Vec<NodeId>, bound: &mut Bound<'r>) -> bool {
        if let Some((_, known)) = bound.several.iter().rev().find(|(known, _)| *known == name) {
            let named = |nodes: &[NodeId]| nodes.iter().copied().filter(|node| self.tree.is_named(*node)).collect::<Vec<_>>();
            let (known, nodes) = (named(known), named(&nodes));
            if known.len() != nodes.len() || !known.iter().zip(&nodes).all(|(a, b)| self.is_same(*a, *b)) {
                return false;
            }
        }
        bound.several.push((name, nodes));
        true
    }

    /// The same code, wherever it stands.
    fn is_same(&self, a: NodeId, b: NodeId) -> bool {
        self.steps.take(1);
        if a == b {
            return true;
        }
        if self.tree.is_named_leaf(a) || self.tree.is_named_leaf(b) {
            return self.text_of(a) == self.text_of(b);
        }
        let (mut left, mut right) = (self.tree.children(a), self.tree.children(b));
        self.tree.kind(a) == self.tree.kind(b)
            && loop {
                match (left.next(), right.next()) {
                    (None, None) => break true,
                    (Some(a), Some(b)) if self.is_same(a, b) => {}
                    _ => break false,
                }
            }
    }

    /// The children of a node against those of a pattern. What stands behind the last one of the pattern does not matter.
    fn children(&self, goals: &'r [PatternNode], node: NodeId, bound: &mut Bound<'r>) -> bool {
        let mut nodes = Siblings { tree: self.tree, at: node + 1, end: self.tree.after(node) };
        let mut goals = goals;
        if nodes.peek().is_none() {
            return false;
        }
        loop {
            let Some(goal) = goals.first() else { return true };
            if let Some(name) = ellipsis(goal) {
                goals = &goals[1..];
                match self.ellipsis(name, &mut goals, &mut nodes, bound) {
                    Ellipsis::Done(holds) => return holds,
                    Ellipsis::Again => continue,
                    Ellipsis::Next => {}
                }
            }
            let Some(goal) = goals.first() else { return true };
            loop {
                let Some(candidate) = nodes.peek() else { return goals.iter().all(|goal| ellipsis(goal).is_some()) };
                match self.pattern(goal, candidate, bound) {
                    Outcome::Both => break,
                    Outcome::SkipNode => nodes.step(),
                    Outcome::None => return false,
                }
            }
            goals = &goals[1..];
            nodes.step();
            if goals.is_empty() {
                return true;
            }
            if nodes.peek().is_none() {
                return false;
            }
        }
    }

    /// `$$$`: takes nodes until the next part of the pattern matches.
    fn ellipsis(
        &self,
        name: Option<&'r str>,
        goals: &mut &'r [PatternNode],
        nodes: &mut Siblings<'_>,
        bound: &mut Bound<'r>,
    ) -> Ellipsis {
        let keep = |taken: Vec<NodeId>, bound: &mut Bound<'r>| name.is_none_or(|name| self.bind_several(name, taken, bound));
        let mut skipped = 0;
        loop {
            match goals.first() {
                None => {
                    let mut rest = nodes.rest();
                    rest.truncate(rest.len().saturating_sub(skipped));
                    return Ellipsis::Done(keep(rest, bound));
                }
                // A sign behind it may be missing.
                Some(PatternNode::Terminal { is_named: false, .. }) => {
                    skipped += 1;
                    *goals = &goals[1..];
                }
                Some(goal) if ellipsis(goal).is_some() => {
                    let Some(only) = nodes.peek() else { return Ellipsis::Done(false) };
                    nodes.step();
                    return match nodes.peek().is_some() && keep(cut(vec![only], skipped), bound) {
                        true => Ellipsis::Again,
                        false => Ellipsis::Done(false),
                    };
                }
                Some(_) => break,
            }
        }
        let mut taken = Vec::new();
        loop {
            let (Some(goal), Some(candidate)) = (goals.first(), nodes.peek()) else { return Ellipsis::Done(false) };
            let mark = bound.mark();
            let is_next = matches!(self.pattern(goal, candidate, bound), Outcome::Both);
            bound.cut(mark);
            if is_next {
                return if keep(cut(taken, skipped), bound) { Ellipsis::Next } else { Ellipsis::Done(false) };
            }
            taken.push(candidate);
            nodes.step();
        }
    }
}

/// How matching goes on behind `$$$`.
enum Ellipsis {
    Done(bool),
    /// With the next part, which is another `$$$`.
    Again,
    /// With the next part, which matches at the next node.
    Next,
}

/// The children of a node that are still to come.
struct Siblings<'t> {
    tree: &'t Tree,
    at: NodeId,
    end: NodeId,
}

impl Siblings<'_> {
    fn peek(&self) -> Option<NodeId> {
        (self.at < self.end).then_some(self.at)
    }

    fn step(&mut self) {
        if self.at < self.end {
            self.at = self.tree.after(self.at);
        }
    }

    fn rest(&mut self) -> Vec<NodeId> {
        std::iter::from_fn(|| {
            let node = self.peek()?;
            self.step();
            Some(node)
        })
        .collect()
    }
}

fn cut(mut nodes: Vec<NodeId>, skipped: usize) -> Vec<NodeId> {
    nodes.truncate(nodes.len().saturating_sub(skipped));
    nodes
}

fn both_if(holds: bool) -> Outcome {
    if holds { Outcome::Both } else { Outcome::None }
}

/// The name of a `$$$`, if it is one.
fn ellipsis(goal: &PatternNode) -> Option<Option<&str>> {
    match goal {
        PatternNode::MetaVar { meta_var: MetaVariable::Multiple } => Some(None),
        PatternNode::MetaVar { meta_var: MetaVariable::MultiCapture(name) } => Some(Some(name)),
        _ => None,
    }
}

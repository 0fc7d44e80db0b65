//! A syntax tree laid flat: the nodes in the order of a walk, each with the place of its parent and of what follows it.
//!
//! tree-sitter finds the parent of a node by descending from the root, and a child by counting; rules ask for both at every node.
//! Here both are one look. The tree is built in one walk of tree-sitter's, which is dropped afterwards.

use tree_sitter::Tree as Parsed;

use super::parse::{MAX_DEPTH, Unparsed};

/// Place of a node in its tree.
pub(super) type NodeId = u32;

/// The kind of what could not be parsed.
pub(super) const ERROR: u16 = u16::MAX;

/// One node, anonymous ones included.
#[derive(Debug, Clone, Copy)]
struct Entry {
    start: u32,
    end: u32,
    /// Of the root: itself.
    parent: NodeId,
    /// The first node that is not below this one.
    after: NodeId,
    kind: u16,
    /// The field of the parent that it stands in; 0 for none.
    field: u16,
    is_named: bool,
    is_extra: bool,
    has_named_child: bool,
}

/// The nodes of a text, in the order of a walk.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Entry>,
}

impl Tree {
    /// Lays a tree flat. Matchers recurse over it, so one that is too deep is refused.
    ///
    /// How many children a node has is known to tree-sitter, while that it has none, or no further one, is found out by a search.
    pub(super) fn new(parsed: &Parsed) -> Result<Tree, Unparsed> {
        let mut nodes: Vec<Entry> = Vec::with_capacity(parsed.root_node().descendant_count());
        // With the number of children that are to come.
        let mut open: Vec<(NodeId, usize)> = Vec::new();
        let mut cursor = parsed.walk();
        loop {
            let node = cursor.node();
            let id = nodes.len() as NodeId;
            let parent = open.last().map_or(id, |(parent, _)| *parent);
            let is_named = node.is_named();
            nodes.push(Entry {
                start: node.start_byte() as u32,
                end: node.end_byte() as u32,
                parent,
                after: id + 1,
                kind: node.kind_id(),
                field: cursor.field_id().map_or(0, |field| field.get()),
                is_named,
                is_extra: node.is_extra(),
                has_named_child: false,
            });
            nodes[parent as usize].has_named_child |= is_named && parent != id;
            let children = node.child_count();
            if children > 0 && cursor.goto_first_child() {
                open.push((id, children as usize - 1));
                if open.len() > MAX_DEPTH {
                    return Err(Unparsed::TooDeep);
                }
                continue;
            }
            loop {
                let Some((done, to_come)) = open.last_mut() else { return Ok(Tree { nodes }) };
                if *to_come > 0 && cursor.goto_next_sibling() {
                    *to_come -= 1;
                    break;
                }
                nodes[*done as usize].after = nodes.len() as NodeId;
                open.pop();
                cursor.goto_parent();
            }
        }
    }

    /// The tree of an excerpt, moved to where its pieces stand in the whole: for each piece its first byte in the excerpt and in the text.
    /// The root becomes that of the whole, which is all of `text`.
    pub(super) fn moved(mut self, pieces: &[(usize, usize)], text: std::ops::Range<usize>) -> Tree {
        let there = |at: u32, is_end: bool| {
            let at = at as usize;
            // The end of a node is that of the piece in which its last byte stands.
            let last = at - usize::from(is_end && at > 0);
            let piece = pieces.partition_point(|(start, _)| *start <= last).checked_sub(1).map(|index| pieces[index]);
            piece.map_or(at, |(here, there)| at - here + there) as u32
        };
        for node in &mut self.nodes {
            let is_empty = node.start == node.end;
            node.start = there(node.start, is_empty);
            node.end = there(node.end, true);
        }
        if let Some(root) = self.nodes.first_mut() {
            (root.start, root.end) = (text.start as u32, text.end as u32);
        }
        self
    }

    /// Every node, in the order of a walk.
    pub(super) fn all(&self) -> std::ops::Range<NodeId> {
        0..self.nodes.len() as NodeId
    }

    /// One more than the highest kind, errors aside.
    pub(super) fn kinds(&self) -> usize {
        self.nodes.iter().filter(|node| node.kind != ERROR).map(|node| usize::from(node.kind) + 1).max().unwrap_or(0)
    }

    pub(super) fn kind(&self, node: NodeId) -> u16 {
        self.nodes[node as usize].kind
    }

    pub(super) fn is_named(&self, node: NodeId) -> bool {
        self.nodes[node as usize].is_named
    }

    /// A comment, or whatever else may stand anywhere.
    pub(super) fn is_extra(&self, node: NodeId) -> bool {
        self.nodes[node as usize].is_extra
    }

    /// Without a named child.
    pub(super) fn is_named_leaf(&self, node: NodeId) -> bool {
        !self.nodes[node as usize].has_named_child
    }

    /// The bytes from the first to behind the last.
    pub(super) fn range(&self, node: NodeId) -> std::ops::Range<usize> {
        let entry = &self.nodes[node as usize];
        entry.start as usize..entry.end as usize
    }

    pub(super) fn parent(&self, node: NodeId) -> Option<NodeId> {
        (node != 0).then(|| self.nodes[node as usize].parent)
    }

    /// From the parent up to the root.
    pub(super) fn ancestors(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.parent(node), |node| self.parent(*node))
    }

    /// The nodes directly below.
    pub(super) fn children(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        self.siblings(node + 1, self.after(node))
    }

    /// A node and its siblings behind it, before `end`.
    fn siblings(&self, mut at: NodeId, end: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::from_fn(move || {
            let node = (at < end).then_some(at)?;
            at = self.after(node);
            Some(node)
        })
    }

    /// Everything below, in the order of a walk.
    pub(super) fn descendants(&self, node: NodeId) -> std::ops::Range<NodeId> {
        node + 1..self.after(node)
    }

    /// The first node that is not below this one: its next sibling, if it has one.
    pub(super) fn after(&self, node: NodeId) -> NodeId {
        self.nodes[node as usize].after
    }

    /// The first child in a field.
    pub(super) fn child_in(&self, node: NodeId, field: u16) -> Option<NodeId> {
        self.children(node).find(|child| self.nodes[*child as usize].field == field)
    }

    /// The siblings behind a node, the nearest first.
    pub(super) fn following(&self, node: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        let end = self.parent(node).map_or(0, |parent| self.after(parent));
        self.siblings(self.after(node), end)
    }

    /// The siblings before a node, the nearest first.
    pub(super) fn preceding(&self, node: NodeId) -> Vec<NodeId> {
        let Some(parent) = self.parent(node) else { return Vec::new() };
        let mut before: Vec<NodeId> = self.children(parent).take_while(|child| *child < node).collect();
        before.reverse();
        before
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::super::parse::parse;
    use super::*;
    use crate::model::language::Language;

    /// Every node with its depth, by asking for one after the other until there is none.
    fn walked(parsed: &Parsed) -> Vec<(u16, usize, usize, usize)> {
        let (mut cursor, mut depth, mut nodes) = (parsed.walk(), 0, Vec::new());
        loop {
            let node = cursor.node();
            nodes.push((node.kind_id(), node.start_byte(), node.end_byte(), depth));
            if cursor.goto_first_child() {
                depth += 1;
                continue;
            }
            while !cursor.goto_next_sibling() {
                if !cursor.goto_parent() {
                    return nodes;
                }
                depth -= 1;
            }
        }
    }

    #[test]
    fn no_node_is_passed_over() {
        for (language, text) in [
            (Language::TypeScript, "const a = {b, c: [1, , 2]}; // d\nfunction f(x?: number) { return `e${x}f`\n g() }\n"),
            (Language::TypeScript, "class A { @B() c(d { if (e) ( ; } // f\n"),
            (Language::Python, "def f(a, *b, c=1):\n  # d\n  return f'{a!r:>{c}}'\nclass\n"),
            (Language::Ruby, "a = <<~B\n  c #{d} e\nB\nf :g, h: 1 do |i| end\n"),
            (Language::Go, "package a\nfunc b() { c := map[string]int{\"d\": 1} }\n"),
            (Language::Php, "<?php $a = \"b {$c->d} e\"; function f() {}"),
            (Language::Kotlin, "fun a(b: Int?) = b?.let { it + 1 } ?: 0\n"),
            (Language::Python, ""),
        ] {
            let parsed = parse(language, text, Instant::now() + Duration::from_secs(60)).expect("parsed");
            let tree = Tree::new(&parsed).expect("laid flat");
            let flat = tree.all().map(|node| {
                let range = tree.range(node);
                (tree.kind(node), range.start, range.end, tree.ancestors(node).count())
            });
            assert_eq!(flat.collect::<Vec<_>>(), walked(&parsed), "{text}");
        }
    }
}

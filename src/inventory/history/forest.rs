//! The trees of deltas of a pack, as far as they lead to wanted blobs: from every whole object to what is made from it.
//!
//! A pack may have millions of objects, of which only those matter: what is kept is three numbers for each.

use super::pack::{Pack, Stored};
use super::store::{Number, PackRange};
use super::walk::Walked;

/// No node.
const NONE: u32 = u32::MAX;
/// Instead of a base: the object is whole.
const WHOLE: u32 = u32::MAX - 1;
/// Instead of a base: nobody asked.
const UNSEEN: u32 = u32::MAX - 2;

pub(super) struct Forest<'p> {
    pub(super) pack: &'p Pack,
    walked: &'p Walked,
    /// The number of the first object of the pack.
    first: Number,
    nodes: Vec<Node>,
    /// The whole objects, in the order of the file.
    pub(super) roots: Vec<u32>,
    /// Wanted blobs whose base is missing.
    pub(super) lost: usize,
}

/// An object: where it is in the index, one of those made from it, and the next of those that are made from the same as it.
struct Node {
    position: u32,
    child: u32,
    next: u32,
}

impl<'p> Forest<'p> {
    pub(super) fn new(range: &'p PackRange, walked: &'p Walked) -> Forest<'p> {
        let (pack, first) = (&range.pack, range.first);
        let mut forest = Forest { pack, walked, first, nodes: Vec::new(), roots: Vec::new(), lost: 0 };
        let bases = forest.gather();
        let mut sizes = vec![1u32; bases.len()];
        // What is made from an object nearly always stands behind it, so that its own subtree is known in time.
        for (node, base) in bases.iter().enumerate().rev().filter(|(_, base)| **base < UNSEEN) {
            sizes[*base as usize] = sizes[*base as usize].saturating_add(sizes[node]);
        }
        for (node, base) in (0..).zip(&bases) {
            match *base {
                NONE => {}
                WHOLE => forest.roots.push(node),
                base => forest.hang(node, base as usize, &sizes),
            }
        }
        forest
    }

    /// Finds the nodes, in the order of the file. Returns the base of each.
    fn gather(&mut self) -> Vec<u32> {
        let index = &self.pack.index;
        let mut positions: Vec<u32> = (0..index.count() as u32).filter(|at| index.offset(*at as usize).is_some()).collect();
        positions.sort_unstable_by_key(|position| index.offset(*position as usize));
        let mut bases = self.climb(&positions);
        let count = bases.iter().filter(|base| **base != UNSEEN).count();
        self.nodes.reserve_exact(count);
        for rank in (0..bases.len()).filter(|rank| bases[*rank] != UNSEEN) {
            let node = self.nodes.len() as u32;
            // From here on the place of its rank says which node it is.
            let position = std::mem::replace(&mut positions[rank], node);
            self.nodes.push(Node { position, child: NONE, next: NONE });
        }
        bases.retain(|base| *base != UNSEEN);
        bases.iter_mut().filter(|base| **base < UNSEEN).for_each(|base| *base = positions[*base as usize]);
        bases.shrink_to_fit();
        bases
    }

    /// From each wanted blob up to what is whole. `positions` are in the order of the file; a rank is an index of them. Returns, by
    /// rank, the rank of the base.
    fn climb(&mut self, positions: &[u32]) -> Vec<u32> {
        let pack = self.pack;
        let offset = |position: &u32| pack.index.offset(*position as usize).unwrap_or(u64::MAX);
        let rank_of = |place: u64| positions.binary_search_by_key(&place, offset).ok();
        let mut bases: Vec<u32> = vec![UNSEEN; positions.len()];
        for start in 0..positions.len() {
            let mut rank = start;
            let is_wanted = self.walked.origin(self.first + positions[start]).is_some();
            while is_wanted && bases[rank] == UNSEEN {
                let base = match pack.head(offset(&positions[rank])).map(|head| head.stored) {
                    Ok(Stored::Whole(_)) => {
                        bases[rank] = WHOLE;
                        break;
                    }
                    Ok(Stored::OnOffset(place)) => rank_of(place),
                    Ok(Stored::OnId(id)) => pack.index.position(&id).and_then(|at| rank_of(pack.index.offset(at)?)),
                    Err(_) => None,
                };
                bases[rank] = base.map_or(NONE, |base| base as u32);
                match base {
                    Some(base) => rank = base,
                    None => {
                        self.lost += 1;
                        break;
                    }
                }
            }
        }
        bases
    }

    /// Hangs a node below its base. What most others are made from comes first among its kind.
    fn hang(&mut self, node: u32, base: usize, sizes: &[u32]) {
        let first = self.nodes[base].child;
        if first != NONE && sizes[node as usize] <= sizes[first as usize] {
            self.nodes[node as usize].next = std::mem::replace(&mut self.nodes[first as usize].next, node);
        } else {
            self.nodes[node as usize].next = std::mem::replace(&mut self.nodes[base].child, node);
        }
    }

    pub(super) fn number(&self, node: u32) -> Number {
        self.first + self.nodes[node as usize].position
    }

    /// Where in the pack the object starts.
    pub(super) fn offset(&self, node: u32) -> u64 {
        self.pack.index.offset(self.nodes[node as usize].position as usize).unwrap_or(u64::MAX)
    }

    pub(super) fn is_wanted(&self, node: u32) -> bool {
        self.walked.origin(self.number(node)).is_some()
    }

    /// What is made from an object, first what most others are made from in turn.
    pub(super) fn children(&self, node: u32) -> impl Iterator<Item = u32> {
        let some = |node: u32| Some(node).filter(|node| *node != NONE);
        std::iter::successors(some(self.nodes[node as usize].child), move |child| some(self.nodes[*child as usize].next))
    }

    /// How many wanted blobs are this one or made from it.
    pub(super) fn wanted_below(&self, node: u32) -> usize {
        let (mut count, mut waiting) = (0, vec![node]);
        while let Some(node) = waiting.pop() {
            count += usize::from(self.is_wanted(node));
            waiting.extend(self.children(node));
        }
        count
    }
}

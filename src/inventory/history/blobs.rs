//! The wanted blobs, decoded along their deltas: each object is inflated once, and what it is made from is at hand.
//!
//! In a pack every whole object is the root of a tree of deltas. The trees are independent of each other and are searched in
//! parallel; within one, a text is dropped with the last that is made from it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::inventory::source::MAX_FILE_BYTES;

use super::Kind;
use super::delta::{Bad, Delta};
use super::marks::Piece;
use super::pack::{Inflater, Pack, Stored};
use super::seek::{AllMarks, Found, HEAD, Seekers, Version};
use super::store::{Number, PackRange, Store};
use super::walk::Walked;

/// Largest text that others are made from, in bytes.
const MAX_BASE_BYTES: usize = 32 * 1024 * 1024;
/// What one thread may hold, in bytes.
const MAX_HELD: usize = 128 * 1024 * 1024;
/// What may be decoded altogether, in bytes.
const MAX_WORK: u64 = 256 * 1024 * 1024 * 1024;
/// What everything that is found may take, in bytes.
const MAX_FOUND: u64 = 64 * 1024 * 1024;

/// No entry.
const NONE: u32 = u32::MAX;

/// What became of the blobs.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) scanned: usize,
    pub(super) bytes: u64,
    pub(super) binary: usize,
    pub(super) too_large: usize,
    pub(super) unreadable: usize,
    pub(super) stopped: bool,
}

impl Tally {
    fn add(&mut self, other: &Tally) {
        self.scanned += other.scanned;
        self.bytes += other.bytes;
        self.binary += other.binary;
        self.too_large += other.too_large;
        self.unreadable += other.unreadable;
        self.stopped |= other.stopped;
    }

    fn lose(&mut self, bad: Bad, count: usize) {
        match bad {
            Bad::TooLarge => self.too_large += count,
            Bad::Corrupt | Bad::Missing => self.unreadable += count,
        }
    }
}

/// What was found in some of the blobs, and what became of them.
type Results = (Vec<Found>, Tally);

/// Both together. Most trees hold nothing, and there are hundreds of thousands: no result is kept for each.
fn joined((mut found, mut tally): Results, (more, part): Results) -> Results {
    if found.is_empty() {
        found = more;
    } else {
        found.extend(more);
    }
    tally.add(&part);
    (found, tally)
}

/// What was spent so far, by all threads.
#[derive(Default)]
struct Budget {
    work: AtomicU64,
    found: AtomicU64,
}

impl Budget {
    fn is_spent(&self) -> bool {
        self.work.load(Ordering::Relaxed) > MAX_WORK || self.found.load(Ordering::Relaxed) > MAX_FOUND
    }
}

/// The search of the blobs of a repository.
pub(super) struct Blobs<'s> {
    pub(super) store: &'s Store,
    pub(super) walked: &'s Walked,
    pub(super) seekers: &'s Seekers<'s>,
}

impl Blobs<'_> {
    /// The secrets of every wanted blob.
    pub(super) fn search(&self) -> Results {
        let (mut found, mut tally) = (Vec::new(), Tally::default());
        let budget = &Budget::default();
        let mut keep = |(more, part): Results| {
            found.extend(more);
            tally.add(&part);
        };
        for range in &self.store.packs {
            let forest = Forest::new(range, self.walked);
            keep((Vec::new(), Tally { unreadable: forest.lost, ..Tally::default() }));
            let roots = forest.roots.par_iter();
            let results = roots.map_init(Inflater::new, |inflater, root| self.tree(&forest, *root, inflater, budget));
            keep(results.reduce(Results::default, joined));
        }
        let loose: Vec<Number> = (self.store.first_loose()..self.store.count() as Number)
            .filter(|number| self.walked.origin(*number).is_some())
            .collect();
        let results = loose.par_iter().map_init(Inflater::new, |inflater, number| self.loose(*number, inflater, budget));
        keep(results.reduce(Results::default, joined));
        (found, tally)
    }

    fn loose(&self, number: Number, inflater: &mut Inflater, budget: &Budget) -> Results {
        let (mut found, mut tally) = (Vec::new(), Tally::default());
        if budget.is_spent() {
            return (found, Tally { stopped: true, ..tally });
        }
        match self.store.loose(number, inflater, MAX_FILE_BYTES as usize) {
            Ok((Kind::Blob, content)) => drop(self.blob(number, &content, None, (&mut found, &mut tally, budget))),
            Ok(_) => tally.unreadable += 1,
            Err(bad) => tally.lose(bad, 1),
        }
        (found, tally)
    }

    /// Everything that is made from the object at the rank `root`.
    fn tree(&self, forest: &Forest<'_>, root: u32, inflater: &mut Inflater, budget: &Budget) -> Results {
        let (mut found, mut tally) = (Vec::new(), Tally::default());
        let mut held = 0usize;
        let mut waiting: Vec<(u32, Option<Arc<Text>>)> = vec![(root, None)];
        while let Some((rank, base)) = waiting.pop() {
            let made = if budget.is_spent() || held > MAX_HELD {
                tally.stopped = true;
                Err(Bad::Missing)
            } else {
                made(forest.pack, forest.offset(rank), base.as_deref(), inflater)
            };
            if let Some(base) = base.and_then(Arc::into_inner) {
                held -= base.content.len();
            }
            let (content, pieces, base_marks) = match made {
                Ok(made) => made,
                Err(bad) => {
                    tally.lose(bad, forest.wanted_below(rank));
                    continue;
                }
            };
            budget.work.fetch_add(content.len() as u64, Ordering::Relaxed);
            let number = forest.number(rank);
            let marks = if !forest.is_wanted(rank) {
                AllMarks::new()
            } else if content.len() as u64 > MAX_FILE_BYTES {
                tally.too_large += 1;
                AllMarks::new()
            } else {
                let base = base_marks.as_deref().map(|marks| (marks, pieces.as_slice()));
                self.blob(number, &content, base, (&mut found, &mut tally, budget))
            };
            if forest.children(rank).next().is_some() {
                held += content.len();
                let text = Arc::new(Text { content, marks: Arc::new(marks) });
                waiting.extend(forest.children(rank).map(|child| (child, Some(Arc::clone(&text)))));
            }
        }
        (found, tally)
    }

    /// Searches one blob. Returns where its keywords stand.
    fn blob(
        &self,
        number: Number,
        content: &[u8],
        base: Option<(&AllMarks, &[Piece])>,
        (found, tally, budget): (&mut Vec<Found>, &mut Tally, &Budget),
    ) -> AllMarks {
        let Some(origin) = self.walked.origin(number) else { return AllMarks::new() };
        if memchr::memchr(0, &content[..content.len().min(HEAD)]).is_some() {
            tally.binary += 1;
            return AllMarks::new();
        }
        tally.scanned += 1;
        tally.bytes += content.len() as u64;
        let marks = self.seekers.marks(self.walked.paths.wanted(origin.path), content, base);
        if marks.iter().flatten().any(|marks| !marks.is_empty()) || self.seekers.is_eager() {
            let commit = super::hex(&self.store.id(self.walked.commits[origin.commit as usize].number));
            let path = self.walked.paths.path(origin.path);
            let version = Version { number, path: &path, commit: Some(&commit) };
            let more = self.seekers.search(&version, content, &marks);
            budget.found.fetch_add(more.iter().map(Found::size).sum(), Ordering::Relaxed);
            found.extend(more);
        }
        marks
    }
}

/// A text from which others are made.
struct Text {
    content: Vec<u8>,
    marks: Arc<AllMarks>,
}

/// The object at a place: its content, and if it is a delta the pieces it is made of and the marks of its base.
type Made = (Vec<u8>, Vec<Piece>, Option<Arc<AllMarks>>);

fn made(pack: &Pack, offset: u64, base: Option<&Text>, inflater: &mut Inflater) -> Result<Made, Bad> {
    let (stored, bytes) = inflater.entry(pack, offset, MAX_BASE_BYTES)?;
    match (stored, base) {
        (Stored::Whole(Kind::Blob), None) => Ok((bytes, Vec::new(), None)),
        (Stored::OnOffset(_) | Stored::OnId(_), Some(base)) => {
            let mut pieces = Vec::new();
            let content =
                Delta::parse(&bytes, MAX_BASE_BYTES)?.apply(&base.content, |at, step| pieces.push(Piece::new(at, step)))?;
            Ok((content, pieces, Some(Arc::clone(&base.marks))))
        }
        _ => Err(Bad::Corrupt),
    }
}

/// The trees of deltas of a pack, as far as they lead to wanted blobs. A rank is an index in the order of the file; a pack may have
/// millions, so each has three numbers and the rest is looked up.
struct Forest<'p> {
    pack: &'p Pack,
    walked: &'p Walked,
    /// The number of the first object of the pack.
    first: Number,
    /// By rank, the position in the index.
    positions: Vec<u32>,
    roots: Vec<u32>,
    /// By rank, the last of the objects made from it, and for each of them the one before.
    last_child: Vec<u32>,
    previous: Vec<u32>,
    /// Wanted blobs whose base is missing.
    lost: usize,
}

impl<'p> Forest<'p> {
    fn new(range: &'p PackRange, walked: &'p Walked) -> Forest<'p> {
        let pack = &range.pack;
        let positions = {
            let place = |position: usize| Some((pack.offset(position)?, position as u32));
            let mut places: Vec<(u64, u32)> = (0..pack.count()).filter_map(place).collect();
            places.sort_unstable();
            places.iter().map(|(_, position)| *position).collect::<Vec<u32>>()
        };
        let count = positions.len();
        let (last_child, previous) = (vec![NONE; count], vec![NONE; count]);
        let mut forest = Forest { pack, walked, first: range.first, positions, roots: Vec::new(), last_child, previous, lost: 0 };
        forest.plant();
        forest
    }

    /// From each wanted blob up to its root; what was visited is known.
    fn plant(&mut self) {
        let count = self.positions.len();
        let mut bases: Vec<u32> = vec![NONE; count];
        let mut visited = vec![false; count];
        for start in 0..count {
            let mut rank = start;
            while (rank != start || self.is_wanted(start as u32)) && !visited[rank] {
                visited[rank] = true;
                let base = match self.pack.head(self.offset(rank as u32)).map(|head| head.stored) {
                    Ok(Stored::Whole(_)) => {
                        self.roots.push(rank as u32);
                        break;
                    }
                    Ok(Stored::OnOffset(offset)) => self.rank(offset),
                    Ok(Stored::OnId(id)) => self.pack.position(&id).and_then(|at| self.rank(self.pack.offset(at)?)),
                    Err(_) => None,
                };
                match base {
                    Some(base) => {
                        bases[rank] = base as u32;
                        rank = base;
                    }
                    None => {
                        self.lost += usize::from(self.is_wanted(start as u32));
                        break;
                    }
                }
            }
        }
        self.roots.sort_unstable();
        for (rank, base) in bases.into_iter().enumerate().filter(|(_, base)| *base != NONE) {
            self.previous[rank] = std::mem::replace(&mut self.last_child[base as usize], rank as u32);
        }
    }

    fn position(&self, rank: u32) -> usize {
        self.positions[rank as usize] as usize
    }

    fn number(&self, rank: u32) -> Number {
        self.first + self.position(rank) as Number
    }

    /// Where in the pack the object starts.
    fn offset(&self, rank: u32) -> u64 {
        self.pack.offset(self.position(rank)).unwrap_or(u64::MAX)
    }

    fn rank(&self, offset: u64) -> Option<usize> {
        self.positions.binary_search_by_key(&offset, |position| self.pack.offset(*position as usize).unwrap_or(u64::MAX)).ok()
    }

    fn is_wanted(&self, rank: u32) -> bool {
        self.walked.origin(self.number(rank)).is_some()
    }

    /// What is made from an object, the last in the file first.
    fn children(&self, rank: u32) -> impl Iterator<Item = u32> {
        let some = |rank: u32| Some(rank).filter(|rank| *rank != NONE);
        std::iter::successors(some(self.last_child[rank as usize]), move |child| some(self.previous[*child as usize]))
    }

    /// How many wanted blobs are this one or made from it.
    fn wanted_below(&self, rank: u32) -> usize {
        let (mut count, mut waiting) = (0, vec![rank]);
        while let Some(rank) = waiting.pop() {
            count += usize::from(self.is_wanted(rank));
            waiting.extend(self.children(rank));
        }
        count
    }
}

//! The wanted blobs, decoded along their deltas: each object is inflated once, and what it is made from is at hand.
//!
//! In a pack every whole object is the root of a tree of deltas. The trees are independent of each other and are searched in
//! parallel; within one, a text is dropped before the last that is made from it is gone into. That is the one that most others are
//! made from, so of a tree of a million texts no more than twenty are held; when even they are too long, they are made again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rayon::prelude::*;

use crate::inventory::source::MAX_FILE_BYTES;

use super::Kind;
use super::delta::{Bad, Delta};
use super::forest::Forest;
use super::ledger::Ledger;
use super::marks::Piece;
use super::pack::{Pack, Stored};
use super::seek::{AllMarks, Found, HEAD, Seekers, Version};
use super::store::{Number, Reader, Store};
use super::walk::Walked;

/// Largest text that others are made from, in bytes.
const MAX_BASE_BYTES: usize = 32 * 1024 * 1024;
/// What one thread usually holds to make others from, in bytes.
const MAX_HELD: usize = 16 * 1024 * 1024;
/// What may be decoded altogether, in bytes.
const MAX_WORK: u64 = 256 * 1024 * 1024 * 1024;

/// What became of the blobs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) scanned: usize,
    pub(super) bytes: u64,
    pub(super) binary: usize,
    pub(super) too_large: usize,
    pub(super) unreadable: usize,
    pub(super) stopped: bool,
}

impl Tally {
    fn plus(self, other: Tally) -> Tally {
        Tally {
            scanned: self.scanned + other.scanned,
            bytes: self.bytes + other.bytes,
            binary: self.binary + other.binary,
            too_large: self.too_large + other.too_large,
            unreadable: self.unreadable + other.unreadable,
            stopped: self.stopped || other.stopped,
        }
    }

    fn lose(&mut self, bad: Bad, count: usize) {
        match bad {
            Bad::TooLarge => self.too_large += count,
            Bad::Corrupt | Bad::Missing => self.unreadable += count,
        }
    }
}

/// The search of the blobs of a repository.
pub(super) struct Blobs<'s> {
    store: &'s Store,
    walked: &'s Walked,
    seekers: &'s Seekers<'s>,
    ledger: Ledger<'s>,
    /// What one thread holds to make others from, in bytes.
    pub(super) max_held: usize,
    /// Bytes decoded so far, by all threads.
    work: AtomicU64,
}

impl<'s> Blobs<'s> {
    pub(super) fn new(store: &'s Store, walked: &'s Walked, seekers: &'s Seekers<'s>) -> Blobs<'s> {
        Blobs { store, walked, seekers, ledger: Ledger::new(walked), max_held: MAX_HELD, work: AtomicU64::new(0) }
    }

    /// The secrets of every wanted blob, as far as they are reported, and what became of the blobs.
    pub(super) fn search(self) -> (Vec<Found>, Tally) {
        let (store, walked, blobs) = (self.store, self.walked, &self);
        let mut tally = Tally::default();
        for range in &store.packs {
            let forest = Forest::new(range, walked);
            let roots =
                forest.roots.par_iter().map_init(|| Reader::without_cache(store), |hand, root| blobs.tree(&forest, *root, hand));
            let searched = roots.reduce(Tally::default, Tally::plus);
            tally = tally.plus(searched).plus(Tally { unreadable: forest.lost, ..Tally::default() });
        }
        let loose = (store.first_loose()..store.count() as Number).into_par_iter();
        let searched = loose.map_init(|| Reader::without_cache(store), |hand, number| blobs.loose(number, hand));
        tally = tally.plus(searched.reduce(Tally::default, Tally::plus));
        (self.ledger.close(), tally)
    }

    fn is_spent(&self) -> bool {
        self.work.load(Ordering::Relaxed) > MAX_WORK
    }

    fn loose(&self, number: Number, hand: &mut Reader<'_>) -> Tally {
        let mut tally = Tally::default();
        if self.walked.origin(number).is_none() {
            return tally;
        }
        if self.is_spent() {
            return Tally { stopped: true, ..tally };
        }
        match self.store.loose(number, &mut hand.inflater, MAX_FILE_BYTES as usize) {
            Ok((Kind::Blob, content)) => {
                self.work.fetch_add(content.len() as u64, Ordering::Relaxed);
                self.blob(number, &content, None, &mut tally);
            }
            Ok(_) => tally.unreadable += 1,
            Err(bad) => tally.lose(bad, 1),
        }
        tally
    }

    /// Everything that is made from the whole object `root`.
    fn tree(&self, forest: &Forest<'_>, root: u32, hand: &mut Reader<'_>) -> Tally {
        let mut tally = Tally::default();
        let mut waiting = Waiting::new(root, self.max_held);
        while let Some(next) = waiting.next(forest, hand) {
            let made = match next.base {
                _ if self.is_spent() => {
                    tally.stopped = true;
                    Err(Bad::Missing)
                }
                Err(bad) => Err(bad),
                Ok(base) => {
                    let made = made(forest.pack, forest.offset(next.node), base.as_deref(), hand);
                    waiting.release(base);
                    made
                }
            };
            let (content, pieces, base_marks) = match made {
                Ok(made) => made,
                Err(bad) => {
                    tally.lose(bad, forest.wanted_below(next.node));
                    continue;
                }
            };
            self.work.fetch_add(content.len() as u64, Ordering::Relaxed);
            let marks = if !forest.is_wanted(next.node) {
                AllMarks::new()
            } else if content.len() as u64 > MAX_FILE_BYTES {
                tally.too_large += 1;
                AllMarks::new()
            } else {
                let base = base_marks.as_deref().map(|marks| (marks, pieces.as_slice()));
                self.blob(forest.number(next.node), &content, base, &mut tally)
            };
            waiting.add(forest, next.node, Text { content, marks: Arc::new(marks) });
        }
        tally
    }

    /// Searches one blob. Returns where its keywords stand.
    fn blob(&self, number: Number, content: &[u8], base: Option<(&AllMarks, &[Piece])>, tally: &mut Tally) -> AllMarks {
        let Some(origin) = self.walked.origin(number) else { return AllMarks::new() };
        if memchr::memchr(0, &content[..content.len().min(HEAD)]).is_some() {
            tally.binary += 1;
            return AllMarks::new();
        }
        tally.scanned += 1;
        tally.bytes += content.len() as u64;
        let marks = self.seekers.marks(self.walked.paths.wanted(origin.path), content, base);
        if marks.iter().flatten().any(|marks| !marks.is_empty()) || self.seekers.is_eager() {
            let commit = self.store.id(self.walked.commits[origin.commit as usize].number).map(|id| super::hex(&id));
            let path = self.walked.paths.path(origin.path);
            let version = Version { number, path: &path, commit: commit.as_deref() };
            self.ledger.note(self.seekers.search(&version, content, &marks));
        }
        marks
    }
}

/// A text from which others are made.
struct Text {
    content: Vec<u8>,
    marks: Arc<AllMarks>,
}

impl Text {
    /// What it takes, in bytes.
    fn size(&self) -> usize {
        self.content.len() + self.marks.iter().flatten().map(|marks| size_of_val(marks.as_slice())).sum::<usize>()
    }
}

/// What has still to be made within one tree.
struct Waiting {
    objects: Vec<Object>,
    /// What the texts take that are held to make them from, in bytes.
    held: usize,
    max_held: usize,
}

struct Object {
    node: u32,
    /// What it is made from; the object itself if it is whole.
    parent: u32,
    /// Its text, unless it has to be made again.
    base: Option<Arc<Text>>,
}

/// An object that is due.
struct Next {
    node: u32,
    base: Result<Option<Arc<Text>>, Bad>,
}

impl Waiting {
    fn new(root: u32, max_held: usize) -> Waiting {
        Waiting { objects: vec![Object { node: root, parent: root, base: None }], held: 0, max_held }
    }

    /// The next object, with what it is made from.
    fn next(&mut self, forest: &Forest<'_>, hand: &mut Reader<'_>) -> Option<Next> {
        let Object { node, parent, base } = self.objects.pop()?;
        if base.is_some() || node == parent {
            return Some(Next { node, base: Ok(base) });
        }
        let mut content = Vec::new();
        let base = hand.read(forest.number(parent), &mut content).map(|_| {
            // Without marks it is searched as a whole.
            let text = Arc::new(Text { content, marks: Arc::default() });
            self.held += text.size();
            for object in self.objects.iter_mut().rev().take_while(|object| object.parent == parent) {
                object.base = Some(Arc::clone(&text));
            }
            Some(text)
        });
        Some(Next { node, base })
    }

    /// Everything that is made from a text has to be made.
    fn add(&mut self, forest: &Forest<'_>, parent: u32, text: Text) {
        if forest.children(parent).next().is_none() {
            return;
        }
        self.held += text.size();
        let text = Arc::new(text);
        self.objects.extend(forest.children(parent).map(|node| Object { node, parent, base: Some(Arc::clone(&text)) }));
        drop(text);
        if self.held > self.max_held {
            self.forget();
        }
    }

    /// Drops texts until there is room, first those that are needed last; but not the one that is needed next.
    fn forget(&mut self) {
        let next = self.objects.last().map(|object| object.parent);
        for at in 0..self.objects.len() {
            if self.held <= self.max_held / 2 || Some(self.objects[at].parent) == next {
                break;
            }
            let base = self.objects[at].base.take();
            self.release(base);
        }
    }

    /// One object less needs this text.
    fn release(&mut self, base: Option<Arc<Text>>) {
        self.held -= base.and_then(Arc::into_inner).map_or(0, |text| text.size());
    }
}

/// The object at a place: its content, and if it is a delta the pieces it is made of and the marks of its base.
type Made = (Vec<u8>, Vec<Piece>, Option<Arc<AllMarks>>);

fn made(pack: &Pack, offset: u64, base: Option<&Text>, hand: &mut Reader<'_>) -> Result<Made, Bad> {
    let (stored, bytes) = hand.inflater.entry(pack, offset, MAX_BASE_BYTES)?;
    match (stored, base) {
        (Stored::Whole(Kind::Blob), None) => Ok((bytes, Vec::new(), None)),
        (Stored::OnOffset(_) | Stored::OnId(_), Some(base)) => {
            let (mut content, mut pieces) = (Vec::new(), Vec::new());
            let delta = Delta::parse(&bytes, MAX_BASE_BYTES)?;
            delta.apply(&base.content, &mut content, |at, step| pieces.push(Piece::new(at, step)))?;
            Ok((content, pieces, Some(Arc::clone(&base.marks))))
        }
        _ => Err(Bad::Corrupt),
    }
}

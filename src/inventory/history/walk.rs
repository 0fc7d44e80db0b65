//! From references over commits and trees to blobs: which file of which commit each blob was first.
//!
//! Commits are visited from the oldest on, and each tree once, so a blob is met where it was committed. What is remembered is one
//! bit for each object, a few bytes for each blob and commit, and each path once: never a tree.

use std::collections::{HashMap, HashSet};

use super::delta::Bad;
use super::link::{Mode, entries, parse_commit, tagged};
use super::paths::{Paths, Wanted};
use super::store::{Number, Reader, Store};
use super::{Id, Kind};

/// Folders deeper than this are left out.
const MAX_DEPTH: usize = 128;
/// Names longer than this are left out, in bytes.
const MAX_NAME: usize = 1024;
/// What all paths together may take, in bytes.
const MAX_PATHS: usize = 64 * 1024 * 1024;
/// Missing objects that are told apart.
const MAX_MISSING: usize = 100_000;
/// What may be decoded to find out where blobs are, in bytes.
const MAX_WORK: u64 = 32 * 1024 * 1024 * 1024;

/// A commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Commit {
    /// Seconds since 1970, as its committer says.
    pub(super) time: i64,
    pub(super) number: Number,
    /// `MISSING` if it is not there.
    tree: Number,
}

/// Where a blob was met first: indices of the commit and of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) commit: u32,
    pub(super) path: u32,
}

/// The number of no object.
const MISSING: Number = Number::MAX;

/// No commit.
const NOWHERE: Origin = Origin { commit: u32::MAX, path: u32::MAX };

/// What the walk found.
pub(super) struct Walked {
    /// From the oldest to the newest.
    pub(super) commits: Vec<Commit>,
    pub(super) paths: Paths,
    /// By number of the object.
    origins: Vec<Origin>,
    /// Commits and trees that could not be read.
    pub(super) unreadable: usize,
    /// Was it given up because there is too much?
    pub(super) stopped: bool,
}

impl Walked {
    /// Where this object was met first, if it is a blob that is wanted.
    pub(super) fn origin(&self, number: Number) -> Option<Origin> {
        self.origins.get(number as usize).copied().filter(|origin| *origin != NOWHERE)
    }
}

/// Walks everything that the tips reach, below the folder `prefix` (ending in `/`, or empty). `wanted` is asked once for each path.
pub(super) fn walk(store: &Store, tips: &[Id], prefix: &str, wanted: &dyn Fn(&str) -> Wanted) -> Walked {
    let mut walk = Walk {
        reader: Reader::new(store),
        seen: vec![0; store.count().div_ceil(64)],
        wanted,
        latest: HashMap::new(),
        missing: HashSet::new(),
        content: Vec::new(),
        before: Vec::new(),
        walked: Walked {
            commits: Vec::new(),
            paths: Paths::new(),
            origins: vec![NOWHERE; store.count()],
            unreadable: 0,
            stopped: false,
        },
    };
    walk.commits(tips);
    for index in 0..walk.walked.commits.len() {
        if walk.reader.work > MAX_WORK || walk.walked.paths.size() > MAX_PATHS {
            walk.walked.stopped = true;
            break;
        }
        let tree = walk.walked.commits[index].tree;
        if tree == MISSING {
            continue;
        }
        match subfolder(&mut walk.reader, tree, prefix) {
            Ok(Some(tree)) => walk.tree(index as u32, tree),
            Ok(None) => {}
            Err(_) => walk.walked.unreadable += 1,
        }
    }
    walk.walked.paths.close();
    walk.walked.commits.shrink_to_fit();
    walk.walked
}

/// The files of one commit below `prefix`, as number and path, ordered as in its trees.
pub(super) fn files_of(store: &Store, commit: &Id, prefix: &str) -> Vec<(Number, String)> {
    let mut reader = Reader::new(store);
    let (mut files, mut content) = (Vec::new(), Vec::new());
    let is_commit = store.number(commit).is_some_and(|number| reader.read(number, &mut content).is_ok());
    let tree = is_commit.then(|| parse_commit(&content)).flatten().and_then(|(tree, _, _)| store.number(&tree));
    let mut waiting: Vec<(Number, String)> = tree
        .and_then(|tree| subfolder(&mut reader, tree, prefix).ok().flatten())
        .map(|tree| (tree, String::new()))
        .into_iter()
        .collect();
    let (mut size, mut trees) = (0, 0usize);
    while let Some((tree, folder)) = waiting.pop() {
        trees += 1;
        if reader.read(tree, &mut content) != Ok(Kind::Tree) {
            continue;
        }
        for (mode, name, id) in entries(&content) {
            size += folder.len() + name.len();
            let name = String::from_utf8_lossy(name);
            // A tree that contains itself, over its hash, would have no end.
            if size > MAX_PATHS || trees > 1_000_000 || folder.len() > 16 * MAX_NAME {
                return files;
            }
            let Some(number) = store.number(&id) else { continue };
            match mode {
                Mode::Folder => waiting.push((number, format!("{folder}{name}/"))),
                Mode::File => files.push((number, format!("{folder}{name}"))),
                Mode::Other => {}
            }
        }
    }
    files
}

struct Walk<'s> {
    reader: Reader<'s>,
    /// One bit for each object.
    seen: Vec<u64>,
    wanted: &'s dyn Fn(&str) -> Wanted,
    /// The version of each folder that was visited last: most of the next one is the same.
    latest: HashMap<u32, Number>,
    missing: HashSet<Id>,
    /// The object that is looked at, and the version before.
    content: Vec<u8>,
    before: Vec<u8>,
    walked: Walked,
}

impl Walk<'_> {
    /// Is this the first time?
    fn is_first(&mut self, number: Number) -> bool {
        let (word, bit) = (number as usize / 64, 1u64 << (number % 64));
        let first = self.seen[word] & bit == 0;
        self.seen[word] |= bit;
        first
    }

    fn commits(&mut self, tips: &[Id]) {
        let mut waiting: Vec<Id> = tips.iter().rev().copied().collect();
        while let Some(id) = waiting.pop() {
            let number = self.number(&id);
            if number == MISSING || !self.is_first(number) {
                continue;
            }
            if self.reader.work > MAX_WORK {
                self.walked.stopped = true;
                break;
            }
            match self.reader.read(number, &mut self.content) {
                Ok(Kind::Commit) => match parse_commit(&self.content) {
                    Some((tree, parents, time)) => {
                        let tree = self.number(&tree);
                        self.walked.commits.push(Commit { time, number, tree });
                        waiting.extend(parents);
                    }
                    None => self.walked.unreadable += 1,
                },
                Ok(Kind::Tag) => match tagged(&self.content) {
                    Some(id) => waiting.push(id),
                    None => self.walked.unreadable += 1,
                },
                // A reference may name anything.
                Ok(Kind::Tree | Kind::Blob) => {}
                Err(_) => self.walked.unreadable += 1,
            }
        }
        let store = self.reader.store;
        let id = |commit: &Commit| store.id(commit.number);
        self.walked.commits.sort_unstable_by(|a, b| a.time.cmp(&b.time).then_with(|| id(a).cmp(&id(b))));
    }

    fn tree(&mut self, commit: u32, root: Number) {
        let mut waiting: Vec<(Number, u32, usize)> = vec![(root, Paths::ROOT, 0)];
        let (mut content, mut before) = (std::mem::take(&mut self.content), std::mem::take(&mut self.before));
        while let Some((number, folder, depth)) = waiting.pop() {
            if number == MISSING || !self.is_first(number) {
                continue;
            }
            if self.reader.read(number, &mut content) != Ok(Kind::Tree) {
                self.walked.unreadable += 1;
                continue;
            }
            if self.reader.work > MAX_WORK || self.walked.paths.size() > MAX_PATHS {
                self.walked.stopped = true;
                return;
            }
            before.clear();
            let latest = self.latest.insert(folder, number);
            before.extend_from_slice(latest.and_then(|latest| self.reader.known(latest)).unwrap_or_default());
            let mut known = entries(&before).peekable();
            for entry in entries(&content) {
                let (mode, name, id) = entry;
                while known.next_if(|known| known.1 < name).is_some() {}
                if known.next_if_eq(&entry).is_some() || name.len() > MAX_NAME || depth >= MAX_DEPTH {
                    continue;
                }
                match mode {
                    Mode::Folder => {
                        let number = self.number(&id);
                        waiting.push((number, self.walked.paths.child(folder, name, None), depth + 1));
                    }
                    Mode::File => self.file(commit, folder, name, &id),
                    Mode::Other => {}
                }
            }
        }
        (self.content, self.before) = (content, before);
    }

    fn file(&mut self, commit: u32, folder: u32, name: &[u8], id: &Id) {
        let path = self.walked.paths.child(folder, name, Some(self.wanted));
        if self.walked.paths.wanted(path) == 0 {
            return;
        }
        let number = self.number(id);
        if number == MISSING {
            return;
        }
        let origin = &mut self.walked.origins[number as usize];
        if *origin == NOWHERE {
            *origin = Origin { commit, path };
        }
    }

    /// The number of an object; `MISSING` if it is not there, which counts once.
    fn number(&mut self, id: &Id) -> Number {
        let number = self.reader.store.number(id).unwrap_or(MISSING);
        if number == MISSING && self.missing.len() < MAX_MISSING && self.missing.insert(*id) {
            self.walked.unreadable += 1;
        }
        number
    }
}

/// The tree of the folder `prefix` in a tree; `None` if there is none.
fn subfolder(reader: &mut Reader<'_>, tree: Number, prefix: &str) -> Result<Option<Number>, Bad> {
    let (mut tree, mut content) = (tree, Vec::new());
    for part in prefix.split_terminator('/') {
        if tree == MISSING {
            return Err(Bad::Missing);
        }
        reader.read(tree, &mut content)?;
        let named = entries(&content).find(|(mode, name, _)| *mode == Mode::Folder && *name == part.as_bytes());
        match named {
            Some((_, _, id)) => tree = reader.store.number(&id).unwrap_or(MISSING),
            None => return Ok(None),
        }
    }
    Ok(Some(tree))
}

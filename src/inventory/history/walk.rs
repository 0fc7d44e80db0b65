//! From references over commits and trees to blobs: which file of which commit each blob was first.
//!
//! Commits are visited from the oldest on, and each tree once, so a blob is met where it was committed. What is remembered is one
//! bit for each object, a few bytes for each blob and commit, and each path once: never a tree.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::delta::Bad;
use super::store::{Number, Reader, Store};
use super::{Id, Kind};

/// Folders deeper than this are left out.
const MAX_DEPTH: usize = 128;
/// Names longer than this are left out, in bytes.
const MAX_NAME: usize = 1024;
/// What all paths together may take, in bytes.
const MAX_PATHS: usize = 64 * 1024 * 1024;
/// What the versions of folders that are kept to compare with may take, in bytes.
const MAX_VERSIONS: usize = 12 * 1024 * 1024;
/// What may be decoded to find out where blobs are, in bytes.
const MAX_WORK: u64 = 32 * 1024 * 1024 * 1024;

/// A commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Commit {
    /// Seconds since 1970, as its committer says.
    pub(super) time: i64,
    pub(super) number: Number,
    tree: Id,
}

/// Where a blob was met first: indices of the commit and of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Origin {
    pub(super) commit: u32,
    pub(super) path: u32,
}

/// Who looks into a file of some path: one bit each.
pub(super) type Wanted = u32;

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
        versions: Versions::default(),
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
        match subfolder(&mut walk.reader, tree, prefix) {
            Ok(Some(tree)) => walk.tree(index as u32, &tree),
            Ok(None) => {}
            Err(_) => walk.walked.unreadable += 1,
        }
    }
    walk.walked
}

/// The files of one commit below `prefix`, as number and path, ordered as in its trees.
pub(super) fn files_of(store: &Store, commit: &Id, prefix: &str) -> Vec<(Number, String)> {
    let mut reader = Reader::new(store);
    let mut files = Vec::new();
    let commit = store.number(commit).and_then(|number| reader.read(number).ok());
    let tree = commit.and_then(|(_, content)| parse_commit(&content)).map(|(tree, _, _)| tree);
    let mut waiting: Vec<(Id, String)> = tree
        .and_then(|tree| subfolder(&mut reader, tree, prefix).ok().flatten())
        .map(|tree| (tree, String::new()))
        .into_iter()
        .collect();
    let (mut size, mut trees) = (0, 0usize);
    while let Some((tree, folder)) = waiting.pop() {
        trees += 1;
        let content = store.number(&tree).and_then(|number| reader.read(number).ok());
        let Some((Kind::Tree, content)) = content else { continue };
        for (mode, name, id) in entries(&content) {
            size += folder.len() + name.len();
            let name = String::from_utf8_lossy(name);
            // A tree that contains itself, over its hash, would have no end.
            if size > MAX_PATHS || trees > 1_000_000 || folder.len() > 16 * MAX_NAME {
                return files;
            }
            match mode {
                Mode::Folder => waiting.push((id, format!("{folder}{name}/"))),
                Mode::File => files.extend(store.number(&id).map(|number| (number, format!("{folder}{name}")))),
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
    versions: Versions,
    walked: Walked,
}

/// The version of each folder that was visited last: most of the next one is the same.
#[derive(Default)]
struct Versions {
    by_folder: HashMap<u32, Arc<Vec<u8>>>,
    size: usize,
}

impl Versions {
    /// Notes a version; returns the one before.
    fn replace(&mut self, folder: u32, content: &Arc<Vec<u8>>) -> Option<Arc<Vec<u8>>> {
        if self.size + content.len() > MAX_VERSIONS {
            self.by_folder.clear();
            self.size = 0;
        }
        self.size += content.len();
        let before = self.by_folder.insert(folder, Arc::clone(content));
        self.size -= before.as_ref().map_or(0, |before| before.len());
        before
    }
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
            let Some(number) = self.reader.store.number(&id) else {
                self.walked.unreadable += 1;
                continue;
            };
            if !self.is_first(number) {
                continue;
            }
            if self.reader.work > MAX_WORK {
                self.walked.stopped = true;
                break;
            }
            match self.reader.read(number) {
                Ok((Kind::Commit, content)) => match parse_commit(&content) {
                    Some((tree, parents, time)) => {
                        self.walked.commits.push(Commit { time, number, tree });
                        waiting.extend(parents);
                    }
                    None => self.walked.unreadable += 1,
                },
                Ok((Kind::Tag, content)) => match tagged(&content) {
                    Some(id) => waiting.push(id),
                    None => self.walked.unreadable += 1,
                },
                // A reference may name anything.
                Ok((Kind::Tree | Kind::Blob, _)) => {}
                Err(_) => self.walked.unreadable += 1,
            }
        }
        let store = self.reader.store;
        self.walked.commits.sort_by_cached_key(|commit| (commit.time, store.id(commit.number)));
    }

    fn tree(&mut self, commit: u32, root: &Id) {
        let mut waiting: Vec<(Id, u32, usize)> = vec![(*root, Paths::ROOT, 0)];
        while let Some((id, folder, depth)) = waiting.pop() {
            let Some(number) = self.reader.store.number(&id) else {
                self.walked.unreadable += 1;
                continue;
            };
            if !self.is_first(number) {
                continue;
            }
            let content = match self.reader.read(number) {
                Ok((Kind::Tree, content)) => content,
                _ => {
                    self.walked.unreadable += 1;
                    continue;
                }
            };
            if self.reader.work > MAX_WORK || self.walked.paths.size() > MAX_PATHS {
                self.walked.stopped = true;
                return;
            }
            let before = self.versions.replace(folder, &content);
            let mut known = before.iter().flat_map(|before| entries(before)).peekable();
            for entry in entries(&content) {
                let (mode, name, id) = entry;
                while known.next_if(|known| known.1 < name).is_some() {}
                if known.next_if_eq(&entry).is_some() || name.len() > MAX_NAME || depth >= MAX_DEPTH {
                    continue;
                }
                match mode {
                    Mode::Folder => waiting.push((id, self.walked.paths.child(folder, name, None), depth + 1)),
                    Mode::File => self.file(commit, folder, name, &id),
                    Mode::Other => {}
                }
            }
        }
    }

    fn file(&mut self, commit: u32, folder: u32, name: &[u8], id: &Id) {
        let path = self.walked.paths.child(folder, name, Some(self.wanted));
        if self.walked.paths.wanted(path) == 0 {
            return;
        }
        match self.reader.store.number(id) {
            Some(number) => {
                let origin = &mut self.walked.origins[number as usize];
                if *origin == NOWHERE {
                    *origin = Origin { commit, path };
                }
            }
            None => self.walked.unreadable += 1,
        }
    }
}

/// The tree of the folder `prefix` in a tree; `None` if there is none.
fn subfolder(reader: &mut Reader<'_>, tree: Id, prefix: &str) -> Result<Option<Id>, Bad> {
    let mut tree = tree;
    for part in prefix.split_terminator('/') {
        let number = reader.store.number(&tree).ok_or(Bad::Missing)?;
        let (_, content) = reader.read(number)?;
        let named = entries(&content).find(|(mode, name, _)| *mode == Mode::Folder && *name == part.as_bytes());
        match named {
            Some((_, _, id)) => tree = id,
            None => return Ok(None),
        }
    }
    Ok(Some(tree))
}

/// What a tag names.
fn tagged(content: &[u8]) -> Option<Id> {
    Id::of_hex_bytes(content.strip_prefix(b"object ")?.get(..40)?)
}

/// Tree, parents and time of a commit.
fn parse_commit(content: &[u8]) -> Option<(Id, Vec<Id>, i64)> {
    let mut lines = content.split(|byte| *byte == b'\n');
    let tree = Id::of_hex_bytes(lines.next()?.strip_prefix(b"tree ")?)?;
    let (mut parents, mut time) = (Vec::new(), 0);
    for line in lines.take_while(|line| !line.is_empty()) {
        if let Some(parent) = line.strip_prefix(b"parent ") {
            parents.extend(Id::of_hex_bytes(parent));
        } else if let Some(committer) = line.strip_prefix(b"committer ") {
            let text = String::from_utf8_lossy(committer);
            time = text.rsplit(' ').nth(1).and_then(|seconds| seconds.parse().ok()).unwrap_or(0);
        }
    }
    Some((tree, parents, time))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Folder,
    File,
    /// A link, or the commit of a submodule.
    Other,
}

/// The entries of a tree, up to the first that is broken.
fn entries(mut content: &[u8]) -> impl Iterator<Item = (Mode, &[u8], Id)> {
    std::iter::from_fn(move || {
        let space = memchr::memchr(b' ', content)?;
        let (mode, rest) = (&content[..space], &content[space + 1..]);
        let end = memchr::memchr(0, rest)?;
        let (name, rest) = (&rest[..end], &rest[end + 1..]);
        let id = Id::of_bytes(rest.get(..20)?)?;
        content = &rest[20..];
        let mode = match mode {
            b"40000" | b"040000" => Mode::Folder,
            mode if mode.starts_with(b"100") => Mode::File,
            _ => Mode::Other,
        };
        Some((mode, name, id))
    })
}

/// Every path once, as a tree of names: a long history has hundreds of thousands, so a node is a few bytes.
pub(super) struct Paths {
    nodes: Vec<Node>,
    /// The names of the nodes, one behind the other.
    names: String,
    /// Nodes at the hash of parent, kind and name, or at the next free place; a power of two long, at most half of it taken.
    table: Vec<u32>,
    hasher: RandomState,
}

#[derive(Clone, Copy)]
struct Node {
    parent: u32,
    /// Where its name begins in `names`; it ends where that of the next one begins.
    name: u32,
    wanted: Wanted,
    is_file: bool,
}

impl Paths {
    const ROOT: u32 = 0;
    /// A free place of the table.
    const FREE: u32 = u32::MAX;

    fn new() -> Paths {
        let root = Node { parent: Paths::ROOT, name: 0, wanted: 0, is_file: false };
        Paths { nodes: vec![root], names: String::new(), table: vec![Paths::FREE; 1024], hasher: RandomState::new() }
    }

    /// About what they take, in bytes.
    fn size(&self) -> usize {
        self.names.len() + self.nodes.len() * (size_of::<Node>() + 8)
    }

    fn name(&self, index: u32) -> &str {
        let end = self.nodes.get(index as usize + 1).map_or(self.names.len(), |next| next.name as usize);
        &self.names[self.nodes[index as usize].name as usize..end]
    }

    /// The place in the table where this node is, or where it belongs.
    fn place(&self, parent: u32, name: &str, is_file: bool) -> usize {
        let mask = self.table.len() - 1;
        let mut place = self.hasher.hash_one((parent, is_file, name)) as usize & mask;
        loop {
            let index = self.table[place];
            let is_this = |node: &Node| node.parent == parent && node.is_file == is_file && self.name(index) == name;
            if index == Paths::FREE || is_this(&self.nodes[index as usize]) {
                return place;
            }
            place = (place + 1) & mask;
        }
    }

    /// The folder or, with `wanted` to judge its path, the file with this name in a folder.
    fn child(&mut self, folder: u32, name: &[u8], wanted: Option<&dyn Fn(&str) -> Wanted>) -> u32 {
        let (name, is_file) = (String::from_utf8_lossy(name), wanted.is_some());
        let place = self.place(folder, &name, is_file);
        if self.table[place] != Paths::FREE {
            return self.table[place];
        }
        let index = self.nodes.len() as u32;
        self.table[place] = index;
        self.nodes.push(Node { parent: folder, name: self.names.len() as u32, wanted: 0, is_file });
        self.names.push_str(&name);
        if let Some(wanted) = wanted {
            self.nodes[index as usize].wanted = wanted(&self.path(index));
        }
        if self.nodes.len() * 2 > self.table.len() {
            self.grow();
        }
        index
    }

    fn grow(&mut self) {
        self.table = vec![Paths::FREE; self.table.len() * 2];
        for index in 1..self.nodes.len() as u32 {
            let Node { parent, is_file, .. } = self.nodes[index as usize];
            let place = self.place(parent, self.name(index), is_file);
            self.table[place] = index;
        }
    }

    /// Who looks into the file.
    pub(super) fn wanted(&self, path: u32) -> Wanted {
        self.nodes[path as usize].wanted
    }

    /// The whole path.
    pub(super) fn path(&self, index: u32) -> String {
        let mut parts: Vec<&str> = Vec::new();
        let mut at = index;
        while at != Paths::ROOT {
            parts.push(self.name(at));
            at = self.nodes[at as usize].parent;
        }
        parts.reverse();
        parts.join("/")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    #[test]
    fn a_commit_has_a_tree_parents_and_a_time() {
        let (a, b) = ("a".repeat(40), "b".repeat(40));
        let text = format!(
            "tree {a}\nparent {b}\nparent {a}\nauthor A <a@x> 1 +0000\ncommitter B C <b@x> 1700000000 +0100\n\nparent {a}\n"
        );
        let (tree, parents, time) = parse_commit(text.as_bytes()).expect("a commit");
        assert_eq!((tree, parents.len(), time), (Id([0xaa; 20]), 2, 1_700_000_000));
        assert!(parse_commit(b"tree abc\n").is_none() && parse_commit(b"").is_none());
    }

    #[test]
    fn paths_are_kept_once_and_a_file_may_have_been_a_folder() {
        let mut paths = Paths::new();
        let folder = paths.child(Paths::ROOT, b"a", None);
        let file = paths.child(folder, b"b.py", Some(&|path| u32::from(path == "a/b.py")));
        assert_eq!((paths.path(file).as_str(), paths.wanted(file)), ("a/b.py", 1));
        assert_eq!(paths.child(folder, b"b.py", Some(&|_| 0)), file);
        let was = paths.child(Paths::ROOT, b"a", Some(&|_| 0));
        assert!(was != folder && paths.wanted(was) == 0);
    }

    #[test]
    fn many_paths_are_found_again() {
        let mut paths = Paths::new();
        let name = |number: usize| format!("f{}", number % 1500);
        let mut known = Vec::new();
        for number in 0..6000 {
            let folder = paths.child(Paths::ROOT, format!("d{}", number / 1500).as_bytes(), None);
            known.push(paths.child(folder, name(number).as_bytes(), Some(&|_| 1)));
        }
        for (number, index) in known.iter().enumerate() {
            let folder = paths.child(Paths::ROOT, format!("d{}", number / 1500).as_bytes(), None);
            assert_eq!(paths.child(folder, name(number).as_bytes(), Some(&|_| 0)), *index);
            assert_eq!(paths.path(*index), format!("d{}/{}", number / 1500, name(number)));
        }
        assert_eq!(paths.nodes.len(), 6005);
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            assert!(entries(&bytes).count() <= bytes.len());
            let _ = parse_commit(&bytes);
        }
    }
}

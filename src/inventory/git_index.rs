//! The git index (`.git/index`, versions 2 to 4, SHA-1): which files are tracked, and what each looked like when git last saw it.
//!
//! Written here rather than taken from a library because the file belongs to the audited repository: every length is checked and
//! nothing recurses, so that no index can end the run. To read another extension, look for its signature in [`extensions`].

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::source::read_regular;

/// An entry of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexEntry {
    /// Relative POSIX path below the work tree's root.
    pub path: String,
    pub kind: EntryKind,
    /// Size and modification time when git last compared the file.
    pub stamp: Stamp,
    pub id: [u8; ID_BYTES],
    /// Not to be compared with the work tree: `assume-unchanged` or `skip-worktree`.
    pub unwatched: bool,
    /// One side of a merge conflict.
    pub conflicted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryKind {
    File,
    Link,
    Submodule,
    /// A folder that a sparse checkout leaves out.
    Folder,
}

/// What git compares before it looks into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Bytes, modulo 2³².
    pub size: u32,
    /// Seconds since 1970, modulo 2³².
    pub seconds: u32,
    pub nanoseconds: u32,
}

impl Stamp {
    pub(super) fn of(metadata: &std::fs::Metadata) -> Stamp {
        let modified = metadata.modified().unwrap_or(UNIX_EPOCH);
        let (seconds, nanoseconds) = since_epoch(modified);
        Stamp { size: metadata.len() as u32, seconds, nanoseconds }
    }

    /// Same size and same moment, as far as both sides know it: some tools record no fractions.
    fn agrees(self, other: Stamp) -> bool {
        let fractions = self.nanoseconds == other.nanoseconds || self.nanoseconds == 0 || other.nanoseconds == 0;
        self.size == other.size && self.seconds == other.seconds && fractions
    }
}

fn since_epoch(time: SystemTime) -> (u32, u32) {
    time.duration_since(UNIX_EPOCH).map_or((0, 0), |since| (since.as_secs() as u32, since.subsec_nanos()))
}

/// What the index file says.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Ordered by path.
    pub entries: Vec<IndexEntry>,
    /// Does the index agree with a tree that was committed? False after `git add`.
    pub matches_a_tree: bool,
}

const ID_BYTES: usize = 20;
const MAX_PATH_BYTES: usize = 4096;
const HEADER_BYTES: usize = 12;
/// The fixed part of an entry: ten numbers, the id, the flags.
const FIXED_BYTES: usize = 40 + ID_BYTES + 2;
const EXTENDED: u16 = 0x4000;
const ASSUME_VALID: u16 = 0x8000;
const SKIP_WORKTREE: u16 = 0x4000;

/// Decodes the bytes of an index file. The error is a phrase.
pub(super) fn decode(data: &[u8]) -> Result<Index, &'static str> {
    const CUT: &str = "the index is cut off";
    let end = data.len().checked_sub(ID_BYTES).filter(|end| *end >= HEADER_BYTES).ok_or(CUT)?;
    if &data[..4] != b"DIRC" {
        return Err("the index has no signature");
    }
    let version = number(data, 4);
    if !(2..=4).contains(&version) {
        return Err("the index has an unknown version");
    }
    let count = number(data, 8) as usize;
    if count > end / FIXED_BYTES {
        return Err("the index announces more entries than it can hold");
    }
    let mut entries: Vec<IndexEntry> = Vec::with_capacity(count);
    let mut path: Vec<u8> = Vec::new();
    let mut at = HEADER_BYTES;
    for _ in 0..count {
        let (entry, next) = entry(&data[..end], at, version, &mut path).ok_or(CUT)?;
        at = next;
        entries.extend(entry);
    }
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    let mut matches_a_tree = false;
    for (signature, content) in extensions(&data[..end], at) {
        match signature {
            // The first record is the root: its name (empty), a zero byte, the number of entries or -1 if it is outdated.
            b"TREE" => matches_a_tree = content.first() == Some(&0) && content.get(1).is_some_and(u8::is_ascii_digit),
            b"link" => return Err("the index is split over two files, which is not supported"),
            _ => {}
        }
    }
    Ok(Index { entries, matches_a_tree })
}

/// The big-endian number at `at`, which the caller knows to be inside.
fn number(data: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([data[at], data[at + 1], data[at + 2], data[at + 3]])
}

/// Reads the entry at `at`; `path` is the path before it and becomes its own. `Some((None, _))` for one to pass over.
fn entry(data: &[u8], at: usize, version: u32, path: &mut Vec<u8>) -> Option<(Option<IndexEntry>, usize)> {
    let fixed = data.get(at..at + FIXED_BYTES)?;
    let flags = u16::from_be_bytes([fixed[FIXED_BYTES - 2], fixed[FIXED_BYTES - 1]]);
    let mut name_at = at + FIXED_BYTES;
    let mut skip_worktree = false;
    if version >= 3 && flags & EXTENDED != 0 {
        let more = data.get(name_at..name_at + 2)?;
        skip_worktree = u16::from_be_bytes([more[0], more[1]]) & SKIP_WORKTREE != 0;
        name_at += 2;
    }
    let next = if version == 4 {
        let (strip, used) = variable_number(data.get(name_at..)?)?;
        path.truncate(path.len().checked_sub(strip)?);
        let rest = data.get(name_at + used..)?;
        let length = memchr::memchr(0, rest)?;
        path.extend_from_slice(&rest[..length]);
        name_at + used + length + 1
    } else {
        let rest = data.get(name_at..)?;
        let length = memchr::memchr(0, rest)?;
        path.clear();
        path.extend_from_slice(&rest[..length]);
        // Padded with zeros to a multiple of eight bytes, at least one of them.
        at + (name_at + length - at) / 8 * 8 + 8
    };
    let kind = match number(fixed, 24) >> 12 {
        0b1000 => EntryKind::File,
        0b1010 => EntryKind::Link,
        0b1110 => EntryKind::Submodule,
        0b0100 => EntryKind::Folder,
        _ => return Some((None, next)),
    };
    // A path that is not UTF-8, or longer than a system call takes, cannot be an entry of a source either.
    let text = if path.len() <= MAX_PATH_BYTES { std::str::from_utf8(path).ok() } else { None };
    let entry = text.filter(|path| stays_inside(path)).map(|path| IndexEntry {
        path: path.to_string(),
        kind,
        stamp: Stamp { size: number(fixed, 36), seconds: number(fixed, 8), nanoseconds: number(fixed, 12) },
        id: std::array::from_fn(|i| fixed[40 + i]),
        unwatched: flags & ASSUME_VALID != 0 || skip_worktree,
        conflicted: flags & 0x3000 != 0,
    });
    Some((entry, next))
}

/// No path that git writes has such parts; one that an attacker writes may.
fn stays_inside(path: &str) -> bool {
    path.split('/').all(|part| !matches!(part, "" | "." | ".." | ".git")) && !path.contains('\\')
}

/// The offset encoding of git packs: seven bits a byte, most significant first, one added for each continuation.
fn variable_number(data: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    for (index, byte) in data.iter().take(5).enumerate() {
        value = (value << 7) | usize::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
        value += 1;
    }
    None
}

/// Signature and content of each extension.
fn extensions(data: &[u8], mut at: usize) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        let head = data.get(at..at + 8)?;
        let content = data.get(at + 8..(at + 8).checked_add(number(head, 4) as usize)?)?;
        at += 8 + content.len();
        Some((&head[..4], content))
    })
}

/// How many files, and how many bytes of them, may be hashed to tell a touched file from a changed one.
const HASHED_FILES: usize = 64;
const HASHED_BYTES: u64 = 8 * 1024 * 1024;

/// How a tracked file looks in the work tree.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seen {
    /// A regular file that the walk reached without following a link.
    Walked(Stamp),
    /// Something else.
    Other(Stamp),
    Gone,
}

/// Do files of the work tree differ from the commit? `entries` are the tracked files in question; `written` is when the index was
/// written. `None`: only reading more would tell.
pub(super) fn is_dirty<'a>(
    index: &Index,
    entries: impl Iterator<Item = (&'a IndexEntry, Seen)>,
    written: SystemTime,
    work_tree: &Path,
) -> Option<bool> {
    let (written_seconds, written_nanoseconds) = since_epoch(written);
    let mut unsure: Vec<&IndexEntry> = Vec::new();
    let mut unreadable = false;
    for (entry, seen) in entries {
        if entry.conflicted {
            return Some(true);
        }
        if entry.unwatched || matches!(entry.kind, EntryKind::Submodule | EntryKind::Folder) {
            continue;
        }
        let stamp = match seen {
            Seen::Walked(stamp) | Seen::Other(stamp) => stamp,
            Seen::Gone => return Some(true),
        };
        // A size of zero is also how git marks an entry it does not trust.
        if stamp.size != entry.stamp.size && entry.stamp.size != 0 {
            return Some(true);
        }
        // Written after the index in the same instant, a change would leave no trace in the stamp.
        let racy = (stamp.seconds, stamp.nanoseconds) >= (written_seconds, written_nanoseconds);
        if !stamp.agrees(entry.stamp) || racy {
            match seen {
                Seen::Walked(_) => unsure.push(entry),
                _ => unreadable = true,
            }
        }
    }
    if unsure.len() > HASHED_FILES {
        return None;
    }
    let mut budget = HASHED_BYTES;
    for entry in unsure {
        if !is_unchanged(entry, work_tree, &mut budget)? {
            return Some(true);
        }
    }
    // Everything is as in the index; only a tree recorded in it tells that nothing is staged either.
    if index.matches_a_tree && !unreadable { Some(false) } else { None }
}

/// Is the content of the file the one that the index names? `None` if that cannot be told by hashing the bytes as they are.
fn is_unchanged(entry: &IndexEntry, work_tree: &Path, budget: &mut u64) -> Option<bool> {
    let content = read_regular(&work_tree.join(&entry.path), *budget).ok()?;
    *budget -= content.len() as u64;
    let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, &content).ok()?;
    if id.as_slice() == entry.id {
        return Some(true);
    }
    // With line ends that git may have converted, different bytes are no proof of a change.
    if memchr::memchr(b'\r', &content).is_some() { None } else { Some(false) }
}

#[cfg(test)]
pub(super) mod testing {
    //! Writes index files, so that no test needs git.

    use super::*;

    pub(crate) fn file(path: &str, stamp: Stamp, content: &[u8]) -> IndexEntry {
        let id = gix::objs::compute_hash(gix::hash::Kind::Sha1, gix::objs::Kind::Blob, content).expect("hashable");
        let id = std::array::from_fn(|i| id.as_slice()[i]);
        IndexEntry { path: path.into(), kind: EntryKind::File, stamp, id, unwatched: false, conflicted: false }
    }

    /// The index of `version` with these entries; `tree` adds the record of a committed tree.
    pub(crate) fn encode(version: u32, entries: &[IndexEntry], tree: bool) -> Vec<u8> {
        let mut data = b"DIRC".to_vec();
        data.extend(version.to_be_bytes());
        data.extend((entries.len() as u32).to_be_bytes());
        let mut before: &[u8] = b"";
        for entry in entries {
            let start = data.len();
            let mode: u32 = match entry.kind {
                EntryKind::File => 0o100_644,
                EntryKind::Link => 0o120_000,
                EntryKind::Submodule => 0o160_000,
                EntryKind::Folder => 0o040_000,
            };
            let Stamp { size, seconds, nanoseconds } = entry.stamp;
            for number in [0, 0, seconds, nanoseconds, 0, 0, mode, 0, 0, size] {
                data.extend(number.to_be_bytes());
            }
            data.extend(entry.id);
            let stage = if entry.conflicted { 0x2000 } else { 0 };
            let extended = version >= 3 && entry.unwatched;
            let path = entry.path.as_bytes();
            let flags = path.len().min(0xfff) as u16 | stage | if extended { EXTENDED } else { 0 };
            data.extend(flags.to_be_bytes());
            if extended {
                data.extend(SKIP_WORKTREE.to_be_bytes());
            }
            if version == 4 {
                let shared = before.iter().zip(path).take_while(|(a, b)| a == b).count();
                let strip = before.len() - shared;
                assert!(strip < 128, "test paths are short");
                data.push(strip as u8);
                data.extend(&path[shared..]);
                data.push(0);
                before = path;
            } else {
                data.extend(path);
                data.push(0);
                data.resize(start + (data.len() - start).div_ceil(8) * 8, 0);
            }
        }
        if tree {
            let content = [b"\x001 0\n".as_slice(), &[0; ID_BYTES]].concat();
            data.extend(b"TREE");
            data.extend((content.len() as u32).to_be_bytes());
            data.extend(content);
        }
        data.extend([0; ID_BYTES]);
        data
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::testing::{encode, file};
    use super::*;

    const STAMP: Stamp = Stamp { size: 3, seconds: 1_000, nanoseconds: 5 };

    fn sample() -> Vec<IndexEntry> {
        let mut entries: Vec<IndexEntry> =
            ["a.py", "a/b.py", "a/long/way/down/c.py", "z"].map(|path| file(path, STAMP, b"abc")).into();
        entries[1].kind = EntryKind::Link;
        entries[3].kind = EntryKind::Submodule;
        entries
    }

    #[test]
    fn every_version_is_read() {
        for version in 2..=4 {
            let mut entries = sample();
            entries[2].unwatched = version >= 3;
            let index = decode(&encode(version, &entries, true)).expect("valid");
            assert_eq!(index.entries, entries, "version {version}");
            assert!(index.matches_a_tree);
        }
        assert!(!decode(&encode(2, &sample(), false)).expect("valid").matches_a_tree);
    }

    #[test]
    fn damaged_files_are_refused() {
        let good = encode(2, &sample(), false);
        let refusal = |data: &[u8]| decode(data).err().unwrap_or("none");
        assert_eq!(refusal(b""), "the index is cut off");
        assert_eq!(refusal(&[b'x'; 64]), "the index has no signature");
        assert_eq!(refusal(&encode(7, &sample(), false)), "the index has an unknown version");
        let mut many = good.clone();
        many[8..12].copy_from_slice(&u32::MAX.to_be_bytes());
        assert_eq!(refusal(&many), "the index announces more entries than it can hold");
        assert_eq!(refusal(&good[..good.len() - 60]), "the index is cut off");
        let mut split = good[..good.len() - ID_BYTES].to_vec();
        split.extend(b"link\0\0\0\0");
        split.extend([0; ID_BYTES]);
        assert!(refusal(&split).contains("split"));
    }

    #[test]
    fn paths_that_lead_elsewhere_are_passed_over() {
        let paths = ["../x", "/etc/passwd", "a/../../x", "a/.git/config", "a//b", ".", "a\\b"];
        let mut entries: Vec<IndexEntry> = paths.map(|path| file(path, STAMP, b"")).into();
        entries.push(file(&"x".repeat(5000), STAMP, b""));
        entries.push(file("ok", STAMP, b""));
        let index = decode(&encode(2, &entries, false)).expect("valid");
        assert_eq!(index.entries.iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>(), ["ok"]);
    }

    fn verdict(entry: &IndexEntry, seen: Seen, tree: bool) -> Option<bool> {
        let index = Index { entries: Vec::new(), matches_a_tree: tree };
        let written = UNIX_EPOCH + std::time::Duration::from_secs(2_000);
        is_dirty(&index, std::iter::once((entry, seen)), written, Path::new("/nonexistent"))
    }

    #[test]
    fn dirt_is_seen_by_stamps() {
        let entry = file("a", STAMP, b"abc");
        assert_eq!(verdict(&entry, Seen::Walked(STAMP), true), Some(false));
        assert_eq!(verdict(&entry, Seen::Walked(STAMP), false), None, "something may be staged");
        assert_eq!(verdict(&entry, Seen::Walked(Stamp { size: 4, ..STAMP }), true), Some(true));
        assert_eq!(verdict(&entry, Seen::Gone, true), Some(true));
        assert_eq!(verdict(&entry, Seen::Walked(Stamp { nanoseconds: 0, ..STAMP }), true), Some(false));
        assert_eq!(verdict(&entry, Seen::Other(Stamp { seconds: 1_001, ..STAMP }), true), None);
        let unwatched = IndexEntry { unwatched: true, ..entry.clone() };
        assert_eq!(verdict(&unwatched, Seen::Gone, true), Some(false));
        let conflicted = IndexEntry { conflicted: true, ..entry };
        assert_eq!(verdict(&conflicted, Seen::Walked(STAMP), true), Some(true));
    }

    #[test]
    fn touched_files_are_told_from_changed_ones_by_content() {
        let folder = tempfile::tempdir().expect("tempdir");
        let verdict_for = |content: &[u8], recorded: &[u8]| {
            std::fs::write(folder.path().join("a"), content).expect("written");
            let entry = file("a", STAMP, recorded);
            let index = Index { entries: Vec::new(), matches_a_tree: true };
            let later = Seen::Walked(Stamp { seconds: 1_500, ..STAMP });
            let written = UNIX_EPOCH + std::time::Duration::from_secs(2_000);
            is_dirty(&index, std::iter::once((&entry, later)), written, folder.path())
        };
        assert_eq!(verdict_for(b"abc", b"abc"), Some(false));
        assert_eq!(verdict_for(b"abd", b"abc"), Some(true));
        assert_eq!(verdict_for(b"a\r\n", b"a\n"), None, "line ends may be converted");
    }

    proptest! {
        #[test]
        fn no_bytes_end_the_run(
            mut data in proptest::collection::vec(any::<u8>(), 0..400),
            version in 2_u32..5,
            count in 0_u32..6,
        ) {
            let _ = decode(&data);
            if data.len() >= 12 {
                data[..4].copy_from_slice(b"DIRC");
                data[4..8].copy_from_slice(&version.to_be_bytes());
                data[8..12].copy_from_slice(&count.to_be_bytes());
                let _ = decode(&data);
            }
        }

        #[test]
        fn no_single_change_ends_the_run(at in 12_usize..400, byte: u8, version in 2_u32..5) {
            let mut data = encode(version, &sample(), true);
            let at = at % data.len();
            data[at] = byte;
            let _ = decode(&data);
        }
    }
}

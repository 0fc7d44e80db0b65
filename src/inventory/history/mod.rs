//! What earlier commits hold: every blob that a reference reaches, once, searched for secrets.
//!
//! | file | holds |
//! |---|---|
//! | `index`, `pack`, `delta` | the objects of a pack |
//! | `store`, `ring` | objects by number: packs, loose files, memory; the last ones decoded |
//! | `walk`, `link`, `paths` | references → commits → trees → which file of which commit a blob was first |
//! | `forest`, `blobs` | the blobs in the order of their deltas, each decoded once |
//! | `seek`, `marks`, `ledger` | secrets in one blob; a delta is searched where it differs from its base only; the oldest of them |
//! | `repository` | the folders of a repository, its references; commits in memory for tests |
//!
//! Its own reader rather than gix's: objects of other repositories must not be read, nothing may be mapped or allocated on the word
//! of a hostile pack, and decoding along the deltas inflates every object once. No program is run and nothing is written.
//!
//! Memory: for each object 20 bytes while trees are walked and 12 later, for each commit 16, every path once, and what is kept to
//! decode from, of a fixed size. Nothing grows with what the objects hold.

mod blobs;
mod delta;
mod forest;
mod index;
mod ledger;
mod link;
mod marks;
mod pack;
mod paths;
mod repository;
mod ring;
mod seek;
mod store;
mod walk;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use aho_corasick::AhoCorasick;

use crate::inventory::scan::Selection;
use crate::inventory::view::{FileId, Hit, Past, Snippet};
use crate::model::date;
use crate::model::needs::{NeedId, NeedSet};

pub use repository::{Repository, Snapshot};

use blobs::{Blobs, Tally};
use seek::{Found, Seekers};
use store::Reader;

/// Length from which a value is told by itself, wherever it stands, in bytes.
const MIN_TELLING: usize = 12;

/// The name of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Id([u8; 20]);

impl Id {
    fn of_bytes(bytes: &[u8]) -> Option<Id> {
        bytes.try_into().ok().map(Id)
    }

    fn of_hex_bytes(text: &[u8]) -> Option<Id> {
        Id::of_hex(std::str::from_utf8(text).ok()?)
    }

    fn of_hex(text: &str) -> Option<Id> {
        if text.len() != 40 {
            return None;
        }
        let mut id = [0; 20];
        for (byte, pair) in id.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
        }
        Some(Id(id))
    }
}

fn hex(id: &Id) -> String {
    id.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Commit,
    Tree,
    Blob,
    Tag,
}

impl Kind {
    fn of_name(name: &str) -> Option<Kind> {
        match name {
            "commit" => Some(Kind::Commit),
            "tree" => Some(Kind::Tree),
            "blob" => Some(Kind::Blob),
            "tag" => Some(Kind::Tag),
            _ => None,
        }
    }
}

/// How much of the history was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    pub commits: usize,
    /// Versions of files that were searched.
    pub versions: usize,
    /// What they hold together, in bytes.
    pub bytes: u64,
    pub binary: usize,
    pub too_large: usize,
    /// Why it is not the whole history, as half a sentence.
    pub gap: Option<String>,
}

impl Extent {
    /// What a report says about it, as a sentence without full stop.
    pub fn note(&self) -> String {
        let mut note = format!("history: {self} searched for secrets, {:.1} MB", self.bytes as f64 / 1e6);
        let left_out = [(self.binary, "binary"), (self.too_large, "larger than 5 MiB")];
        let left_out: Vec<String> =
            left_out.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        if !left_out.is_empty() {
            note.push_str(&format!("; left out: {}", left_out.join(", ")));
        }
        if let Some(gap) = &self.gap {
            note.push_str(&format!("; {gap}"));
        }
        note
    }
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        write!(f, "{} of files in {}", plural(self.versions, "version"), plural(self.commits, "commit"))
    }
}

/// What was found in the history.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) hits: Vec<(NeedId, Hit)>,
    pub(super) extent: Extent,
}

/// Answers every need that is about the history. `anchor` is the file of today that its hits are filed under.
pub(super) fn answer(repository: &mut Repository, needs: &NeedSet, selection: &Selection<'_>, anchor: FileId) -> Answers {
    let seekers = Seekers::new(needs, selection);
    let wanted = |path: &str| seekers.wants(path);
    let walked = walk::walk(&repository.store, &repository.tips, &repository.prefix, &wanted);
    repository.store.forget_keys();
    let (first, tally) = Blobs::new(&repository.store, &walked, &seekers).search();
    let standing = standing(repository, &first, &walked);
    let hits = first.into_iter().map(|found| {
        let origin =
            walked.origin(found.number).map(|origin| (walked.commits[origin.commit as usize], walked.paths.path(origin.path)));
        let (commit, path) = origin.map_or((None, String::new()), |(commit, path)| (Some(commit), path));
        let past = Past {
            commit: commit
                .and_then(|commit| repository.store.id(commit.number))
                .map_or(String::new(), |id| hex(&id)[..12].to_owned()),
            date: date::day(commit.map_or(0, |commit| commit.time)),
            path,
            standing: standing.get(&found.value).cloned(),
        };
        let hit = Hit {
            line: Some(found.line),
            column: found.column,
            end_line: found.end_line,
            snippet: Some(Snippet::Redacted(found.snippet.as_str().into())),
            past: Some(Arc::new(past)),
            ..Hit::of_file(anchor)
        };
        (found.need, hit)
    });
    Answers { hits: hits.collect(), extent: extent(repository, &walked, &tally) }
}

fn extent(repository: &Repository, walked: &walk::Walked, tally: &Tally) -> Extent {
    let commits = walked.commits.len();
    let unreadable = walked.unreadable + tally.unreadable;
    let gap = if repository.shallow {
        Some(format!("the clone is shallow, so only {commits} of its commits could be read"))
    } else if walked.stopped || tally.stopped {
        Some("the history is too large to be read whole".to_owned())
    } else if let Some(note) = repository.store.notes.first() {
        Some(note.clone())
    } else if unreadable > 0 {
        Some(format!("{unreadable} of the objects in git are missing or broken"))
    } else {
        None
    };
    Extent { commits, versions: tally.scanned, bytes: tally.bytes, binary: tally.binary, too_large: tally.too_large, gap }
}

/// By value, the file in which it still stands in HEAD, whatever the role of that file.
fn standing(repository: &Repository, found: &[Found], walked: &walk::Walked) -> BTreeMap<String, String> {
    let mut places = BTreeMap::new();
    let mut values: Vec<&str> = found.iter().map(|found| found.value.as_str()).collect();
    values.sort_unstable();
    values.dedup();
    let Some(automaton) = (!values.is_empty()).then(|| AhoCorasick::new(&values).ok()).flatten() else { return places };
    let Some(head) = &repository.head else { return places };
    let mut files = walk::files_of(&repository.store, head, &repository.prefix);
    files.sort_by(|a, b| a.1.cmp(&b.1));
    // A short value may stand anywhere by chance: only its own file counts.
    let own = |value: &str, path: &str| {
        let places = found.iter().filter(|found| found.value == value).filter_map(|found| walked.origin(found.number));
        places.map(|origin| walked.paths.path(origin.path)).any(|known| known == path)
    };
    let mut reader = Reader::new(&repository.store);
    let mut content = Vec::new();
    for (number, path) in files {
        if reader.read(number, &mut content).is_err() {
            continue;
        }
        for value in automaton.find_overlapping_iter(content.as_slice()) {
            let value = values[value.pattern().as_usize()];
            if !places.contains_key(value) && (value.len() >= MIN_TELLING || own(value, &path)) {
                places.insert(value.to_owned(), path.clone());
            }
        }
    }
    places
}

#[cfg(test)]
mod tests;

//! The objects of a repository: packs, loose files, or memory; each has a number.
//!
//! Only what lies in the repository's own `objects` folder is read: links are not followed, and objects that it borrows from other
//! repositories (`info/alternates`) count as missing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::inventory::source::read_regular;

use super::delta::{Bad, Delta};
use super::pack::{Inflater, Pack, Stored};
use super::ring::Ring;
use super::{Id, Kind, hex};

/// Packs that are opened; git gathers them long before.
const MAX_PACKS: usize = 512;
/// Loose objects that are listed.
const MAX_LOOSE: usize = 2_000_000;
/// Largest loose file, in bytes.
const MAX_LOOSE_BYTES: u64 = 32 * 1024 * 1024;
/// Largest commit, tree or tag, and largest thing that one is made from, in bytes.
const MAX_LINK_BYTES: usize = 32 * 1024 * 1024;
/// Longest chain of deltas; git itself stops at 4095.
const MAX_CHAIN: usize = 4_096;
/// How much of what was decoded is kept to decode more, in bytes.
const MAX_CACHE: usize = 8 * 1024 * 1024;

/// The number of an object: packs in order, then loose ones.
pub(super) type Number = u32;

/// Where objects are.
pub(super) struct Store {
    pub(super) packs: Vec<PackRange>,
    loose: Vec<Id>,
    folder: PathBuf,
    /// Objects that exist in memory only, for tests; instead of everything else.
    memory: BTreeMap<Id, (Kind, Vec<u8>)>,
    /// What could not be used, as sentences.
    pub(super) notes: Vec<String>,
}

/// A pack and the number of its first object.
pub(super) struct PackRange {
    pub(super) pack: Pack,
    pub(super) first: Number,
}

impl Store {
    /// Lists the objects below a folder `objects`.
    ///
    /// # Errors
    /// A reason to name, if the folder is none of the repository's own.
    pub(super) fn open(folder: &Path) -> Result<Store, String> {
        let own = |path: &Path| path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir());
        if !own(folder) {
            return Err("its folder `objects` is missing or a link".to_owned());
        }
        let mut store = Store::empty(folder.to_path_buf());
        if own(&folder.join("pack")) {
            store.open_packs(&folder.join("pack"));
        }
        store.list_loose();
        if folder.join("info/alternates").symlink_metadata().is_ok() {
            store.notes.push("objects that it borrows from other repositories are not read".to_owned());
        }
        Ok(store)
    }

    /// Objects that exist in memory only.
    pub(super) fn of_memory(objects: BTreeMap<Id, (Kind, Vec<u8>)>) -> Store {
        Store { loose: objects.keys().copied().collect(), memory: objects, ..Store::empty(PathBuf::new()) }
    }

    fn empty(folder: PathBuf) -> Store {
        Store { packs: Vec::new(), loose: Vec::new(), folder, memory: BTreeMap::new(), notes: Vec::new() }
    }

    fn open_packs(&mut self, folder: &Path) {
        let names = |found: std::io::Result<std::fs::DirEntry>| found.ok().map(|entry| entry.path());
        let mut paths: Vec<PathBuf> = folder.read_dir().into_iter().flatten().filter_map(names).collect();
        // What no reference reaches any more stands in packs of its own, beside which lies `.mtimes`.
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "idx") && !path.with_extension("mtimes").exists());
        paths.sort();
        if paths.len() > MAX_PACKS {
            self.notes.push(format!("of {} packs only {MAX_PACKS} are read", paths.len()));
            paths.truncate(MAX_PACKS);
        }
        let mut first = 0usize;
        for path in paths {
            match Pack::open(&path) {
                Ok(pack) if pack.index.count() == 0 => {}
                Ok(pack) if first + pack.index.count() <= u32::MAX as usize / 2 => {
                    let count = pack.index.count();
                    self.packs.push(PackRange { pack, first: first as Number });
                    first += count;
                }
                Ok(_) => self.notes.push("it has too many objects".to_owned()),
                Err(reason) => self.notes.push(format!("a pack cannot be read: {reason}")),
            }
        }
    }

    fn list_loose(&mut self) {
        for first in 0..=255u8 {
            let folder = self.folder.join(format!("{first:02x}"));
            if !folder.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
                continue;
            }
            for entry in folder.read_dir().into_iter().flatten().flatten() {
                let name = entry.file_name();
                let Some(id) = name.to_str().and_then(|name| Id::of_hex(&format!("{first:02x}{name}"))) else { continue };
                if self.loose.len() >= MAX_LOOSE {
                    self.notes.push(format!("of its loose objects only {MAX_LOOSE} are read"));
                    return self.loose.sort_unstable();
                }
                self.loose.push(id);
            }
        }
        self.loose.sort_unstable();
    }

    /// The first number of the loose objects.
    pub(super) fn first_loose(&self) -> Number {
        self.packs.last().map_or(0, |range| range.first + range.pack.index.count() as Number)
    }

    /// How many numbers there are.
    pub(super) fn count(&self) -> usize {
        self.first_loose() as usize + self.loose.len()
    }

    /// The number of an object.
    pub(super) fn number(&self, id: &Id) -> Option<Number> {
        let packed = self.packs.iter().find_map(|range| Some(range.first + range.pack.index.position(id)? as Number));
        packed.or_else(|| self.loose.binary_search(id).ok().map(|at| self.first_loose() + at as Number))
    }

    /// The id of the object with this number; `None` if the files are no longer what they were.
    pub(super) fn id(&self, number: Number) -> Option<Id> {
        match self.packed(number) {
            Some((range, position)) => range.pack.index.id(position),
            None => self.loose.get((number - self.first_loose()) as usize).copied(),
        }
    }

    /// Lets go what is needed only to find many objects by their ids.
    pub(super) fn forget_keys(&mut self) {
        self.packs.iter_mut().for_each(|range| range.pack.index.forget_keys());
    }

    fn packed(&self, number: Number) -> Option<(&PackRange, usize)> {
        let at = self.packs.partition_point(|range| range.first <= number).checked_sub(1)?;
        let range = &self.packs[at];
        let position = (number - range.first) as usize;
        (position < range.pack.index.count()).then_some((range, position))
    }

    /// A loose object, or one in memory.
    pub(super) fn loose(&self, number: Number, inflater: &mut Inflater, cap: usize) -> Result<(Kind, Vec<u8>), Bad> {
        let id = self.id(number).ok_or(Bad::Missing)?;
        if let Some((kind, content)) = self.memory.get(&id) {
            return if content.len() <= cap { Ok((*kind, content.clone())) } else { Err(Bad::TooLarge) };
        }
        let name = hex(&id);
        let path = self.folder.join(&name[..2]).join(&name[2..]);
        let bytes = read_regular(&path, MAX_LOOSE_BYTES).map_err(|reason| match reason {
            crate::inventory::source::SkipReason::TooLarge => Bad::TooLarge,
            _ => Bad::Missing,
        })?;
        inflater.loose(&bytes, cap)
    }
}

/// Number of the pack, and place in it.
type Place = (usize, u64);

/// Reads commits, trees and tags in any order, fast when they are asked for about in the order in which they are packed.
pub(super) struct Reader<'s> {
    pub(super) store: &'s Store,
    pub(super) inflater: Inflater,
    cache: Ring<Place, Kind>,
    /// What the next delta is applied into.
    scratch: Vec<u8>,
    /// Bytes decoded so far.
    pub(super) work: u64,
}

impl<'s> Reader<'s> {
    pub(super) fn new(store: &'s Store) -> Reader<'s> {
        Reader { cache: Ring::new(MAX_CACHE), ..Reader::without_cache(store) }
    }

    /// Keeps nothing of what it decodes.
    pub(super) fn without_cache(store: &'s Store) -> Reader<'s> {
        Reader { store, inflater: Inflater::new(), cache: Ring::new(0), scratch: Vec::new(), work: 0 }
    }

    /// What the object with this number is; what it holds is then in `content`.
    pub(super) fn read(&mut self, number: Number, content: &mut Vec<u8>) -> Result<Kind, Bad> {
        let Some((range, position)) = self.store.packed(number) else {
            let kind;
            (kind, *content) = self.store.loose(number, &mut self.inflater, MAX_LINK_BYTES)?;
            self.work += content.len() as u64;
            return Ok(kind);
        };
        let offset = range.pack.index.offset(position).ok_or(Bad::Corrupt)?;
        self.entry(self.pack(range), offset, content)
    }

    /// What an object holds, if it is at hand.
    pub(super) fn known(&self, number: Number) -> Option<&[u8]> {
        let (range, position) = self.store.packed(number)?;
        Some(self.cache.get((self.pack(range), range.pack.index.offset(position)?))?.1)
    }

    fn pack(&self, range: &PackRange) -> usize {
        self.store.packs.partition_point(|other| other.first < range.first)
    }

    fn entry(&mut self, mut pack: usize, mut offset: u64, content: &mut Vec<u8>) -> Result<Kind, Bad> {
        let mut chain: Vec<(Place, Vec<u8>)> = Vec::new();
        let mut pending = 0;
        let kind = loop {
            if let Some((kind, known)) = self.cache.get((pack, offset)) {
                content.clear();
                content.extend_from_slice(known);
                break kind;
            }
            let (stored, bytes) = self.inflater.entry(&self.store.packs[pack].pack, offset, MAX_LINK_BYTES)?;
            self.work += bytes.len() as u64;
            match stored {
                Stored::Whole(kind) => {
                    self.cache.put((pack, offset), kind, &bytes);
                    *content = bytes;
                    break kind;
                }
                Stored::OnOffset(base) => {
                    chain.push(((pack, offset), bytes));
                    offset = base;
                }
                Stored::OnId(base) => {
                    chain.push(((pack, offset), bytes));
                    (pack, offset) = self.place(pack, &base)?;
                }
            }
            // A chain of deltas against ids may be a circle, and a short file may inflate to a long one.
            pending += chain.last().map_or(0, |(_, delta)| delta.len());
            if chain.len() > MAX_CHAIN || pending > MAX_LINK_BYTES {
                return Err(Bad::Corrupt);
            }
        };
        for (place, delta) in chain.into_iter().rev() {
            Delta::parse(&delta, MAX_LINK_BYTES)?.apply(content, &mut self.scratch, |_, _| {})?;
            std::mem::swap(content, &mut self.scratch);
            self.work += content.len() as u64;
            self.cache.put(place, kind, content);
        }
        Ok(kind)
    }

    fn place(&self, pack: usize, id: &Id) -> Result<Place, Bad> {
        let packs = &self.store.packs;
        let in_pack = |at: usize| Some((at, packs[at].pack.index.offset(packs[at].pack.index.position(id)?)?));
        in_pack(pack).or_else(|| (0..packs.len()).find_map(in_pack)).ok_or(Bad::Missing)
    }
}

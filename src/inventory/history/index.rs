//! The index of a pack: which objects it has, and where they start.
//!
//! The ids take most of it. In memory is the beginning of each, and only while commits and trees are walked, who ask for millions;
//! else ids are read from the file.

use std::cmp::Ordering;
use std::fs::File;
use std::io;
use std::path::Path;

use crate::inventory::source::SkipReason;

use super::Id;

/// Largest index that is read, in bytes: about sixteen million objects.
const MAX_BYTES: u64 = 512 * 1024 * 1024;
/// Magic number and version; then, for each first byte of an id, how many ids begin with it or a lower one.
const FANOUT_END: usize = 8 + 256 * 4;
const ID: usize = 20;

pub(super) struct Index {
    file: File,
    fanout: Vec<u32>,
    /// The first eight bytes of each id, in order; empty when they were let go.
    keys: Vec<u64>,
    /// By position of the id; with the highest bit, the position in `far`.
    offsets: Vec<u32>,
    far: Vec<u64>,
}

impl Index {
    /// Opens an index of version 2.
    ///
    /// # Errors
    /// A reason to name, when it cannot be used.
    pub(super) fn open(path: &Path) -> Result<Index, String> {
        let file = open_regular(path).map_err(|reason| reason.to_string())?;
        let length = file.metadata().map_err(|error| SkipReason::from(error).to_string())?.len();
        if length > MAX_BYTES {
            return Err(SkipReason::TooLarge.to_string());
        }
        Index::read(file, length as usize).ok_or_else(|| "its index has an unknown or broken form".to_owned())
    }

    fn read(file: File, length: usize) -> Option<Index> {
        let mut head = [0; FANOUT_END];
        fill(&file, &mut head, 0)?;
        let fanout = fanout(&head)?;
        let count = *fanout.last()? as usize;
        // Id, checksum and offset of each.
        let rest = length.checked_sub(FANOUT_END + count * (ID + 8))?;
        let mut keys = Vec::with_capacity(count);
        Table { file: &file, at: FANOUT_END as u64 }.each(count, |id| keys.push(key(&Id(id))))?;
        let mut table = Table { file: &file, at: (FANOUT_END + count * (ID + 4)) as u64 };
        let mut offsets = Vec::with_capacity(count);
        table.each::<4>(count, |bytes| offsets.push(u32::from_be_bytes(bytes)))?;
        let mut far = Vec::new();
        let is_far = |offset: &&u32| **offset & FAR != 0;
        table.each::<8>(offsets.iter().filter(is_far).count().min(rest / 8), |bytes| far.push(u64::from_be_bytes(bytes)))?;
        Some(Index { file, fanout, keys, offsets, far })
    }

    /// How many objects it lists.
    pub(super) fn count(&self) -> usize {
        self.offsets.len()
    }

    /// Lets go what is needed only to find many objects by their ids.
    pub(super) fn forget_keys(&mut self) {
        self.keys = Vec::new();
    }

    /// The id at a position; `None` if the file is no longer what it was.
    pub(super) fn id(&self, position: usize) -> Option<Id> {
        let mut id = [0; ID];
        fill(&self.file, &mut id, (FANOUT_END + position * ID) as u64)?;
        Some(Id(id))
    }

    /// The position of an object.
    pub(super) fn position(&self, id: &Id) -> Option<usize> {
        let first = usize::from(id.0[0]);
        let end = self.fanout[first] as usize;
        let start = first.checked_sub(1).map_or(0, |before| self.fanout[before] as usize);
        if self.keys.is_empty() {
            return self.position_in_file(id, start, end);
        }
        let key = key(id);
        let at = self.first_from(key, start, end);
        let same = self.keys.get(at..end)?.iter().take_while(|other| **other == key).count();
        match same {
            0 => None,
            // An object that is missing may be taken for this one: by chance never, on purpose to no end.
            1 => Some(at),
            _ => (at..at + same).find(|at| self.id(*at).as_ref() == Some(id)),
        }
    }

    /// Where in a part of the keys, which begin with the same byte, those begin that are not less than this one.
    fn first_from(&self, key: u64, start: usize, end: usize) -> usize {
        // Ids are spread evenly, so the place is about known.
        let share = (key << 8) >> 32;
        let guess = start + (((end - start) as u64 * share) >> 32) as usize;
        let (mut low, mut high) = (start, end);
        let (before, after) = (guess.saturating_sub(REACH).max(start), (guess + REACH).min(end));
        if before < end && self.keys[before] < key {
            low = before;
        }
        if after < end && self.keys[after] >= key {
            high = after;
        }
        low + self.keys[low..high.max(low)].partition_point(|other| *other < key)
    }

    fn position_in_file(&self, id: &Id, mut low: usize, mut high: usize) -> Option<usize> {
        while low < high {
            let middle = (low + high) / 2;
            match self.id(middle)?.cmp(id) {
                Ordering::Equal => return Some(middle),
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
            }
        }
        None
    }

    /// Where in the pack the object at a position starts.
    pub(super) fn offset(&self, position: usize) -> Option<u64> {
        let offset = *self.offsets.get(position)?;
        if offset & FAR == 0 { Some(u64::from(offset)) } else { self.far.get((offset & !FAR) as usize).copied() }
    }
}

/// The mark of an offset that needs eight bytes.
const FAR: u32 = 0x8000_0000;

/// How far from where it is expected an id nearly always is, at most.
const REACH: usize = 64;

fn key(id: &Id) -> u64 {
    id.0[..8].iter().fold(0, |key, byte| key << 8 | u64::from(*byte))
}

/// The counts at the beginning of an index; `None` if it is none of version 2, or if they fall.
fn fanout(head: &[u8; FANOUT_END]) -> Option<Vec<u32>> {
    let numbers = head.strip_prefix(&[0xff, b't', b'O', b'c', 0, 0, 0, 2])?.as_chunks::<4>().0;
    let fanout: Vec<u32> = numbers.iter().map(|bytes| u32::from_be_bytes(*bytes)).collect();
    fanout.is_sorted().then_some(fanout)
}

/// A table of numbers in a file, read a piece at a time.
struct Table<'f> {
    file: &'f File,
    at: u64,
}

impl Table<'_> {
    fn each<const WIDTH: usize>(&mut self, count: usize, mut each: impl FnMut([u8; WIDTH])) -> Option<()> {
        let mut window = [[0; WIDTH]; 2048];
        let mut left = count;
        while left > 0 {
            let piece = &mut window[..left.min(2048)];
            fill(self.file, piece.as_flattened_mut(), self.at)?;
            self.at += (piece.len() * WIDTH) as u64;
            left -= piece.len();
            piece.iter().for_each(|number| each(*number));
        }
        Some(())
    }
}

/// Opens a file that is no link, pipe or folder.
pub(super) fn open_regular(path: &Path) -> Result<File, SkipReason> {
    if !path.symlink_metadata()?.is_file() {
        return Err(SkipReason::NotRegular);
    }
    let file = File::open(path)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(SkipReason::NotRegular) }
}

/// Reads as much as the buffer holds from a place; `None` if the file ends before.
fn fill(file: &File, mut buffer: &mut [u8], mut offset: u64) -> Option<()> {
    while !buffer.is_empty() {
        let read = read_at(file, buffer, offset).ok().filter(|read| *read > 0)?;
        buffer = &mut buffer[read..];
        offset += read as u64;
    }
    Some(())
}

/// Reads what there is at a place, up to the length of the buffer.
pub(super) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    #[cfg(unix)]
    {
        std::os::unix::fs::FileExt::read_at(file, buffer, offset)
    }
    #[cfg(windows)]
    {
        std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::{any, proptest};

    use super::*;

    /// An index of objects with these ids and offsets.
    fn written(ids: &[Id], offsets: &[u32], far: &[u64]) -> Vec<u8> {
        let mut bytes = vec![0xff, b't', b'O', b'c', 0, 0, 0, 2];
        let upto = |first: u8| ids.iter().filter(|id| id.0[0] <= first).count() as u32;
        (0..=255u8).for_each(|first| bytes.extend(upto(first).to_be_bytes()));
        ids.iter().for_each(|id| bytes.extend(id.0));
        bytes.extend(vec![0; ids.len() * 4]);
        offsets.iter().for_each(|offset| bytes.extend(offset.to_be_bytes()));
        far.iter().for_each(|offset| bytes.extend(offset.to_be_bytes()));
        bytes.extend([0; 40]);
        bytes
    }

    fn index(objects: &[(u8, u8, u32)], far: &[u64]) -> Vec<u8> {
        let ids: Vec<Id> = objects.iter().map(|(first, last, _)| id(*first, *last)).collect();
        let offsets: Vec<u32> = objects.iter().map(|(_, _, offset)| *offset).collect();
        written(&ids, &offsets, far)
    }

    fn id(first: u8, last: u8) -> Id {
        let mut id = [7; 20];
        (id[0], id[19]) = (first, last);
        Id(id)
    }

    fn opened(bytes: &[u8]) -> Result<Index, String> {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(bytes).expect("written");
        Index::open(file.path())
    }

    #[test]
    fn ids_and_offsets_are_found_before_and_after_the_keys_are_let_go() {
        let bytes = index(&[(0, 1, 12), (0, 2, 900), (9, 1, FAR), (255, 0, 40)], &[1 << 40]);
        let mut index = opened(&bytes).expect("an index");
        for _ in 0..2 {
            assert_eq!(index.count(), 4);
            let known = [(0, 1), (0, 2), (9, 1), (255, 0)].map(|(first, last)| index.position(&id(first, last)));
            assert_eq!(known, [Some(0), Some(1), Some(2), Some(3)]);
            assert_eq!([(0, 3), (8, 1), (254, 0)].map(|(first, last)| index.position(&id(first, last))), [None; 3]);
            assert_eq!((index.id(1), index.id(3)), (Some(id(0, 2)), Some(id(255, 0))));
            assert_eq!([0, 1, 2, 3, 4].map(|at| index.offset(at)), [Some(12), Some(900), Some(1 << 40), Some(40), None]);
            index.forget_keys();
        }
        assert!(index.keys.is_empty());
    }

    proptest! {
        #[test]
        fn every_id_is_found_and_no_other(firsts in proptest::collection::btree_set((0..3u8, any::<[u8; 2]>(), 0..3u8), 0..400)) {
            // Evenly spread as well as crowded, and some with the same first eight bytes.
            let id = |(first, middle, last): &(u8, [u8; 2], u8)| {
                let mut id = [0; 20];
                (id[0], id[1], id[2], id[19]) = (*first, middle[0] / 8, middle[1], *last);
                Id(id)
            };
            let ids: std::collections::BTreeSet<Id> = firsts.iter().map(id).collect();
            let ids: Vec<Id> = ids.into_iter().collect();
            let mut index = opened(&written(&ids, &vec![1; ids.len()], &[])).expect("an index");
            for _ in 0..2 {
                for (position, id) in ids.iter().enumerate() {
                    proptest::prop_assert_eq!(index.position(id), Some(position));
                    let mut other = *id;
                    other.0[7] = 1;
                    proptest::prop_assert_eq!(index.position(&other), None);
                }
                index.forget_keys();
            }
        }
    }

    #[test]
    fn an_index_must_fit_its_own_numbers() {
        let whole = index(&[(3, 1, 12), (7, 1, 30)], &[]);
        assert!(opened(&whole).is_ok());
        assert!(opened(&whole[..FANOUT_END + 2 * 28 - 1]).is_err() && opened(&whole[..100]).is_err());
        for (at, byte) in [(0, 0xfe), (7, 3), (8, 9), (FANOUT_END - 4, 1)] {
            let mut broken = whole.clone();
            broken[at] = byte;
            assert!(opened(&broken).is_err(), "{at}");
        }
        let far = opened(&index(&[(3, 1, FAR | 5)], &[])).expect("an index");
        assert_eq!(far.offset(0), None);
    }
}

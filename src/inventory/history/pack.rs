//! Packs: many objects in one file, most of them as deltas.
//!
//! Read by place, never mapped: a file that shrinks meanwhile is an error and no signal. Sizes in the file are claims; nothing is
//! allocated for more than the cap that the caller names.

use std::fs::File;
use std::path::Path;

use zlib_rs::{Inflate, InflateFlush, Status};

use super::delta::Bad;
use super::index::{Index, open_regular, read_at};
use super::{Id, Kind};

/// How much compressed text is read at a time, in bytes.
const WINDOW: usize = 8 * 1024;
/// Longest head of an entry, in bytes.
const MAX_HEAD: usize = 40;

/// A pack with its index.
pub(super) struct Pack {
    file: File,
    pub(super) index: Index,
}

/// How an object is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stored {
    Whole(Kind),
    /// A delta against the entry at this place of the same pack.
    OnOffset(u64),
    /// A delta against this object.
    OnId(Id),
}

/// The head of an entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) stored: Stored,
    /// Of what inflates: the object or its delta.
    pub(super) size: usize,
    /// Bytes of the head itself.
    length: usize,
}

impl Pack {
    /// Opens the pack whose index is at `path`.
    ///
    /// # Errors
    /// A reason to name, when index or pack cannot be used.
    pub(super) fn open(path: &Path) -> Result<Pack, String> {
        let file = open_regular(&path.with_extension("pack")).map_err(|reason| reason.to_string())?;
        Ok(Pack { file, index: Index::open(path)? })
    }

    /// The head of the entry at this place.
    pub(super) fn head(&self, offset: u64) -> Result<Head, Bad> {
        let mut bytes = [0; MAX_HEAD];
        let read = read_at(&self.file, &mut bytes, offset).map_err(|_| Bad::Corrupt)?;
        head(&bytes[..read], offset)
    }
}

/// Reads the head of the entry at `offset` from its first bytes.
fn head(bytes: &[u8], offset: u64) -> Result<Head, Bad> {
    let mut at = 0;
    let mut next = || {
        let byte = bytes.get(at).copied().ok_or(Bad::Corrupt)?;
        at += 1;
        Ok(byte)
    };
    let mut byte = next()?;
    let kind = (byte >> 4) & 7;
    let mut size = u64::from(byte & 0x0f);
    let mut shift = 4;
    while byte & 0x80 != 0 {
        byte = next()?;
        if shift > 53 {
            return Err(Bad::Corrupt);
        }
        size |= u64::from(byte & 0x7f) << shift;
        shift += 7;
    }
    let stored = match kind {
        1 => Stored::Whole(Kind::Commit),
        2 => Stored::Whole(Kind::Tree),
        3 => Stored::Whole(Kind::Blob),
        4 => Stored::Whole(Kind::Tag),
        6 => {
            byte = next()?;
            let mut back = u64::from(byte & 0x7f);
            while byte & 0x80 != 0 {
                byte = next()?;
                back = back.checked_add(1).filter(|back| *back < 1 << 56).ok_or(Bad::Corrupt)? << 7 | u64::from(byte & 0x7f);
            }
            // A delta comes after what it is made from, so no chain of them is a circle.
            Stored::OnOffset(offset.checked_sub(back).filter(|_| back > 0).ok_or(Bad::Corrupt)?)
        }
        7 => {
            let mut id = [0; 20];
            for place in &mut id {
                *place = next()?;
            }
            Stored::OnId(Id(id))
        }
        _ => return Err(Bad::Corrupt),
    };
    Ok(Head { stored, size: usize::try_from(size).map_err(|_| Bad::TooLarge)?, length: at })
}

/// Reusable memory to inflate with.
pub(super) struct Inflater {
    state: Inflate,
    window: Vec<u8>,
}

impl Inflater {
    pub(super) fn new() -> Inflater {
        Inflater { state: Inflate::new(true, 15), window: vec![0; WINDOW] }
    }

    /// The entry of a pack at this place, inflated; at most `cap` bytes.
    pub(super) fn entry(&mut self, pack: &Pack, offset: u64, cap: usize) -> Result<(Stored, Vec<u8>), Bad> {
        let read = read_at(&pack.file, &mut self.window, offset).map_err(|_| Bad::Corrupt)?;
        let head = head(&self.window[..read.min(MAX_HEAD)], offset)?;
        if head.size > cap {
            return Err(Bad::TooLarge);
        }
        self.state.reset(true);
        // One byte more than it should fill, so that the end of the stream is always reached.
        let mut out = vec![0; head.size + 1];
        let (mut from, mut to, mut at) = (head.length, read, offset + read as u64);
        let mut written = 0;
        loop {
            let before = self.state.total_in();
            let status = self.state.decompress(&self.window[from..to], &mut out[written..], InflateFlush::NoFlush);
            from += (self.state.total_in() - before) as usize;
            written = self.state.total_out() as usize;
            match status.map_err(|_| Bad::Corrupt)? {
                Status::StreamEnd => break,
                Status::Ok | Status::BufError if from == to => {
                    to = read_at(&pack.file, &mut self.window, at).map_err(|_| Bad::Corrupt)?;
                    (from, at) = (0, at + to as u64);
                    if to == 0 {
                        return Err(Bad::Corrupt);
                    }
                }
                Status::Ok if written <= head.size => {}
                _ => return Err(Bad::Corrupt),
            }
        }
        out.truncate(head.size);
        if written == head.size { Ok((head.stored, out)) } else { Err(Bad::Corrupt) }
    }

    /// A loose object: its kind and content; at most `cap` bytes.
    pub(super) fn loose(&mut self, bytes: &[u8], cap: usize) -> Result<(Kind, Vec<u8>), Bad> {
        self.state.reset(true);
        let mut start = [0; 64];
        let status = self.state.decompress(bytes, &mut start, InflateFlush::NoFlush).map_err(|_| Bad::Corrupt)?;
        let known = self.state.total_out() as usize;
        let end = start[..known].iter().position(|byte| *byte == 0).ok_or(Bad::Corrupt)?;
        let text = std::str::from_utf8(&start[..end]).map_err(|_| Bad::Corrupt)?;
        let (kind, size) = text.split_once(' ').ok_or(Bad::Corrupt)?;
        let kind = Kind::of_name(kind).ok_or(Bad::Corrupt)?;
        let size: usize = size.parse().map_err(|_| Bad::Corrupt)?;
        if size > cap {
            return Err(Bad::TooLarge);
        }
        let body = &start[end + 1..known];
        if body.len() > size {
            return Err(Bad::Corrupt);
        }
        let mut out = vec![0; size + 1];
        out[..body.len()].copy_from_slice(body);
        let mut status = status;
        if status != Status::StreamEnd {
            let rest = &bytes[self.state.total_in() as usize..];
            status = self.state.decompress(rest, &mut out[body.len()..], InflateFlush::Finish).map_err(|_| Bad::Corrupt)?;
        }
        out.truncate(size);
        let whole = status == Status::StreamEnd && self.state.total_out() as usize == end + 1 + size;
        if whole { Ok((kind, out)) } else { Err(Bad::Corrupt) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    #[test]
    fn heads_say_kind_size_and_base() {
        let whole = head(&[0x3f], 0).expect("a head");
        assert_eq!((whole.stored, whole.size, whole.length), (Stored::Whole(Kind::Blob), 15, 1));
        let long = head(&[0xb0, 0x01], 0).expect("a head");
        assert_eq!((long.size, long.length), (16, 2));
        let delta = head(&[0x65, 0x80, 0x00], 500).expect("a head");
        assert_eq!((delta.stored, delta.size), (Stored::OnOffset(500 - 128), 5));
        assert!(head(&[0x65, 0x05], 4).is_err() && head(&[0x65, 0x00], 4).is_err());
        assert!(head(&[0x00], 0).is_err() && head(&[0x50], 0).is_err() && head(&[0x75, 1, 2], 0).is_err());
        assert!(head(&[0xff; 20], 0).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..80), offset in 0..100u64) {
            let _ = head(&bytes, offset);
            let _ = Inflater::new().loose(&bytes, 1000);
        }
    }
}

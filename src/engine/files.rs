//! Sets of files, one bit each: what a check looks into, what a unit is judged by, and how much of the one is in the other.

use crate::inventory::view::FileId;

/// Files by their number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSet(Vec<u64>);

impl FileSet {
    /// No file so far, of so many.
    pub(super) fn none(count: usize) -> FileSet {
        FileSet(vec![0; count.div_ceil(64)])
    }

    /// Adds a file; one beyond the count is left out.
    pub(super) fn add(&mut self, file: FileId) {
        if let Some(word) = self.0.get_mut(file.0 as usize / 64) {
            *word |= 1 << (file.0 % 64);
        }
    }

    pub(super) fn contains(&self, file: FileId) -> bool {
        self.0.get(file.0 as usize / 64).is_some_and(|word| word & (1 << (file.0 % 64)) != 0)
    }

    /// How many files are in both.
    pub(super) fn common(&self, other: &FileSet) -> usize {
        self.0.iter().zip(&other.0).map(|(a, b)| (a & b).count_ones() as usize).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_in_both_are_counted() {
        let of = |files: &[u32]| {
            let mut set = FileSet::none(200);
            files.iter().for_each(|file| set.add(FileId(*file)));
            set
        };
        let (a, b) = (of(&[0, 63, 64, 130, 199]), of(&[63, 65, 130, 131, 199]));
        assert_eq!((a.common(&b), a.common(&a), a.common(&of(&[]))), (3, 5, 0));
        assert!(a.contains(FileId(64)) && !a.contains(FileId(65)) && !a.contains(FileId(1_000)));
        assert_eq!(of(&[1_000]), of(&[]));
    }
}

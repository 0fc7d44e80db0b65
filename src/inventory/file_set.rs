//! Sets of files, a bit for each file: components are asked about every file, and every check about the files that it looks into.

use super::view::FileId;

/// A set of files of one inventory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSet {
    words: Vec<u64>,
}

impl FileSet {
    /// None of so many files.
    pub fn none_of(files: usize) -> FileSet {
        FileSet { words: vec![0; files.div_ceil(64)] }
    }

    /// A file that is not among those that the set was made for is in no set.
    pub fn insert(&mut self, file: FileId) {
        if let Some(word) = self.words.get_mut(file.0 as usize / 64) {
            *word |= 1 << (file.0 % 64);
        }
    }

    /// Is this file in the set?
    #[inline]
    pub fn contains(&self, file: FileId) -> bool {
        self.words.get(file.0 as usize / 64).is_some_and(|word| word >> (file.0 % 64) & 1 == 1)
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// How many files are in both sets.
    pub fn len_within(&self, other: &FileSet) -> usize {
        self.words.iter().zip(&other.words).map(|(one, other)| (one & other).count_ones() as usize).sum()
    }

    /// Leaves only the files that are in the other set, too.
    pub fn retain(&mut self, other: &FileSet) {
        self.words.resize(other.words.len(), 0);
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word &= other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(files: &[u32]) -> FileSet {
        let mut set = FileSet::none_of(130);
        files.iter().for_each(|file| set.insert(FileId(*file)));
        set
    }

    #[test]
    fn what_is_in_a_set_is_what_was_put_there() {
        let files = [0, 63, 64, 129];
        let set = set(&files);
        let found: Vec<u32> = (0..200).filter(|file| set.contains(FileId(*file))).collect();
        assert_eq!((found.as_slice(), set.len(), set.is_empty()), (&files[..], 4, false));
        let mut beyond = FileSet::none_of(1);
        beyond.insert(FileId(200));
        assert!(beyond.is_empty() && !beyond.contains(FileId(200)));
    }

    #[test]
    fn two_sets_share_what_is_in_both() {
        let (one, other) = (set(&[1, 64, 65, 100]), set(&[0, 64, 100, 129]));
        assert_eq!((one.len_within(&other), one.len_within(&FileSet::default())), (2, 0));
        let mut both = one;
        both.retain(&other);
        assert_eq!(both, set(&[64, 100]));
        both.retain(&FileSet::default());
        assert!(both.is_empty());
    }
}

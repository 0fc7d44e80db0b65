//! Which files of source a reference names.

use super::references::{Reference, hash, hash_two, without_ending};

/// Files and folders by the hashes of their paths.
pub struct Index {
    /// Ascending.
    files: Vec<(u64, u32)>,
    /// Hashes of folders with source, ascending.
    folders: Vec<u64>,
}

impl Index {
    /// Of files of source, by number.
    pub fn of<'p>(paths: impl Iterator<Item = (u32, &'p str)>) -> Index {
        let (mut files, mut folders) = (Vec::new(), Vec::new());
        let mut last = "";
        for (number, path) in paths {
            let stem = without_ending(path);
            let folder = stem.rsplit_once('/').map_or("", |(folder, _)| folder);
            spellings(stem, |path| {
                let parts: Vec<&str> = path.rsplitn(3, '/').take(2).collect();
                let two = match parts.as_slice() {
                    [last, above] => hash_two(&[above, last]),
                    _ => 0,
                };
                let one = parts.first().map_or(0, |last| hash(last));
                files.extend([hash(path), two, one].into_iter().filter(|key| *key != 0).map(|key| (key, number)));
            });
            if folder != last {
                last = folder;
                let parts: Vec<&str> = folder.split('/').collect();
                folders.extend([hash(folder), hash_two(&parts)]);
            }
        }
        files.sort_unstable();
        files.dedup();
        folders.sort_unstable();
        Index { files, folders }
    }

    /// The files of this hash.
    fn files(&self, key: u64) -> impl Iterator<Item = u32> + Clone {
        let from = self.files.partition_point(|(known, _)| *known < key);
        self.files[from..].iter().take_while(move |(known, _)| *known == key).filter(move |_| key != 0).map(|(_, file)| *file)
    }

    fn has(&self, key: u64) -> bool {
        key != 0 && (self.files(key).next().is_some() || self.folders.binary_search(&key).is_ok())
    }

    /// Calls `named` with each file that a reference may name. `is_near` says whether a file belongs to the same package: what fits
    /// two parts of a path elsewhere may still mean a file here.
    pub fn resolve(&self, reference: &Reference, is_near: impl Fn(u32) -> bool, mut named: impl FnMut(u32)) {
        if self.files(reference.exact).next().is_some() {
            self.files(reference.exact).for_each(named);
            return;
        }
        let two = self.files(reference.two);
        two.clone().for_each(&mut named);
        let is_found = reference.two != 0 && two.clone().any(is_near);
        let is_name = self.has(reference.parent);
        if !is_found && !is_name {
            self.files(reference.one).for_each(named);
        }
    }
}

/// The paths by which a file may be named: without what stands behind further dots, and an index by its folder.
fn spellings(stem: &str, mut spell: impl FnMut(&str)) {
    let start = stem.rfind('/').map_or(0, |at| at + 1);
    spell(stem);
    stem[start..].match_indices('.').filter(|(dot, _)| *dot > 0).for_each(|(dot, _)| spell(&stem[..start + dot]));
    let name = stem[start..].split('.').next().unwrap_or_default();
    if matches!(name, "index" | "__init__" | "mod") && start > 0 {
        spell(&stem[..start - 1]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(paths: &[&str], reference: Reference) -> Vec<String> {
        let index = Index::of((0..).zip(paths.iter().copied()));
        let mut named = Vec::new();
        index.resolve(&reference, |_| true, |file| named.push(paths[file as usize].to_owned()));
        named
    }

    #[test]
    fn the_longest_path_that_fits_decides() {
        let paths = ["a/auth.ts", "b/auth.service.ts", "b/index.ts", "c/auth.py"];
        let reference = |exact: &str, two: &[&str], one: &str| Reference {
            exact: if exact.is_empty() { 0 } else { hash(exact) },
            two: hash_two(two),
            one: hash(one),
            ..Reference::default()
        };
        assert_eq!(named(&paths, reference("a/auth", &[], "auth")), ["a/auth.ts"]);
        assert_eq!(named(&paths, reference("b", &[], "b")), ["b/index.ts"]);
        assert_eq!(named(&paths, reference("", &["b", "auth"], "auth")), ["b/auth.service.ts"]);
        assert_eq!(named(&paths, reference("x/auth", &["x", "auth"], "auth")), ["a/auth.ts", "b/auth.service.ts", "c/auth.py"]);
        let inside = Reference { parent: hash("a/auth"), ..reference("", &["auth", "b"], "b") };
        assert!(named(&paths, inside).is_empty());
    }
}

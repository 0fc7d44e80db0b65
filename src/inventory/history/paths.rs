//! Every path of the history once.

use std::hash::{BuildHasher, RandomState};

/// Who looks into a file of some path: one bit each.
pub(super) type Wanted = u8;

/// Every path once, as a tree of names: a long history has hundreds of thousands, so a node is a few bytes.
pub(super) struct Paths {
    nodes: Vec<Node>,
    /// The names of the nodes, one behind the other.
    names: String,
    /// Nodes at the hash of parent, kind and name, or at the next free place; a power of two long, at most three quarters of it
    /// taken. Empty when no path is added any more.
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
    pub(super) const ROOT: u32 = 0;
    /// A free place of the table.
    const FREE: u32 = u32::MAX;

    pub(super) fn new() -> Paths {
        let root = Node { parent: Paths::ROOT, name: 0, wanted: 0, is_file: false };
        Paths { nodes: vec![root], names: String::new(), table: vec![Paths::FREE; 1024], hasher: RandomState::new() }
    }

    /// About what they take, in bytes.
    pub(super) fn size(&self) -> usize {
        self.names.len() + self.nodes.len() * (size_of::<Node>() + size_of::<u32>() * 2)
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
    pub(super) fn child(&mut self, folder: u32, name: &[u8], wanted: Option<&dyn Fn(&str) -> Wanted>) -> u32 {
        let (name, is_file) = (String::from_utf8_lossy(name), wanted.is_some());
        let place = self.place(folder, &name, is_file);
        if self.table[place] != Paths::FREE {
            return self.table[place];
        }
        let index = self.nodes.len() as u32;
        self.table[place] = index;
        // Doubled, a long list would take as much again for nothing.
        if self.nodes.len() == self.nodes.capacity() {
            self.nodes.reserve_exact(self.nodes.len() / 8 + 64);
        }
        if self.names.capacity() - self.names.len() < name.len() {
            self.names.reserve_exact(self.names.len() / 8 + name.len() + 1024);
        }
        self.nodes.push(Node { parent: folder, name: self.names.len() as u32, wanted: 0, is_file });
        self.names.push_str(&name);
        if let Some(wanted) = wanted {
            self.nodes[index as usize].wanted = wanted(&self.path(index));
        }
        if self.nodes.len() / 3 * 4 > self.table.len() {
            self.grow();
        }
        index
    }

    fn grow(&mut self) {
        let length = self.table.len() * 2;
        self.table = Vec::new();
        self.table = vec![Paths::FREE; length];
        for index in 1..self.nodes.len() as u32 {
            let Node { parent, is_file, .. } = self.nodes[index as usize];
            let place = self.place(parent, self.name(index), is_file);
            self.table[place] = index;
        }
    }

    /// Lets go what is needed only to add paths.
    pub(super) fn close(&mut self) {
        self.table = Vec::new();
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
    use super::*;

    #[test]
    fn paths_are_kept_once_and_a_file_may_have_been_a_folder() {
        let mut paths = Paths::new();
        let folder = paths.child(Paths::ROOT, b"a", None);
        let file = paths.child(folder, b"b.py", Some(&|path| Wanted::from(path == "a/b.py")));
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
}

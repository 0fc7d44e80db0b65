//! What commits, trees and tags name: other objects. Their bytes may be any.

use super::Id;

/// What a tag names.
pub(super) fn tagged(content: &[u8]) -> Option<Id> {
    Id::of_hex_bytes(content.strip_prefix(b"object ")?.get(..40)?)
}

/// Tree, parents and time of a commit.
pub(super) fn parse_commit(content: &[u8]) -> Option<(Id, Vec<Id>, i64)> {
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
pub(super) enum Mode {
    Folder,
    File,
    /// A link, or the commit of a submodule.
    Other,
}

/// The entries of a tree, up to the first that is broken.
pub(super) fn entries(mut content: &[u8]) -> impl Iterator<Item = (Mode, &[u8], Id)> {
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

    proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            assert!(entries(&bytes).count() <= bytes.len());
            let _ = parse_commit(&bytes);
        }
    }
}

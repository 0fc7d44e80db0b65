//! The checks that are built into the binary.

include!(concat!(env!("OUT_DIR"), "/bundle.rs"));

/// A file of the built-in pack.
pub struct Bundled {
    /// Within the pack, e.g. `cors/no-wildcard-origin.yaml`.
    pub path: &'static str,
    /// Without its tests; lines keep their numbers.
    pub lean: &'static str,
    /// As in the repository.
    pub whole: &'static str,
}

/// Every file of the built-in pack, by path.
pub fn files() -> &'static [Bundled] {
    FILES
}

/// Hash over the built-in pack.
pub fn digest() -> &'static str {
    DIGEST
}

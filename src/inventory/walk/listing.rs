//! The walk itself: lists folders, level by level, and sorts out what is no entry.
//!
//! To leave out another kind of thing, give it a [`SkipReason`] if a reader should know, and decide in [`Walk::visit`].

use std::ffi::OsStr;
use std::fs::{DirEntry, FileType};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use crate::model::report::SkippedFile;

use super::super::git::GitFacts;
use super::super::git_index::Stamp;
use super::super::ignore_rules::{Chain, MAX_RULE_FILE_BYTES};
use super::super::source::{SkipReason, is_pruned, read_regular, tracks_inside};

/// A file that the walk came across.
#[derive(Debug)]
pub(super) struct Found {
    pub path: String,
    pub size: u64,
    pub stamp: Stamp,
}

/// A folder still to be listed.
struct Folder {
    /// Relative POSIX path; "" for the root.
    path: String,
    /// The rules of the nearest folder above that has some.
    chain: Option<Arc<Chain>>,
    /// Only what git tracks counts in here.
    tracked_only: bool,
}

/// What one folder, or the whole walk, brought up.
#[derive(Default)]
pub(super) struct Listing {
    pub files: Vec<Found>,
    folders: Vec<Folder>,
    pub skipped: Vec<SkippedFile>,
    pub rules: Vec<Arc<Chain>>,
    pub pruned: usize,
}

impl Listing {
    fn skip(&mut self, path: String, reason: SkipReason) {
        self.skipped.push(SkippedFile { path, reason: reason.to_string() });
    }

    /// Takes over everything but the folders, which are returned.
    fn absorb(&mut self, other: Listing) -> Vec<Folder> {
        self.files.extend(other.files);
        self.skipped.extend(other.skipped);
        self.rules.extend(other.rules);
        self.pruned += other.pruned;
        other.folders
    }
}

pub(super) struct Walk<'a> {
    pub root: &'a Path,
    pub git: Option<&'a GitFacts>,
}

impl Walk<'_> {
    pub(super) fn run(&self, behind: Option<Arc<Chain>>) -> Listing {
        let mut all = Listing::default();
        let mut level = vec![Folder { path: String::new(), chain: behind, tracked_only: false }];
        while !level.is_empty() {
            let listings: Vec<Listing> = level.par_iter().map(|folder| self.list(folder)).collect();
            level = listings.into_iter().flat_map(|listing| all.absorb(listing)).collect();
        }
        all
    }

    fn list(&self, folder: &Folder) -> Listing {
        let mut listing = Listing::default();
        let absolute = self.root.join(&folder.path);
        let listed = match absolute.read_dir() {
            Ok(listed) => listed,
            Err(error) => {
                let path = if folder.path.is_empty() { ".".to_string() } else { folder.path.clone() };
                listing.skip(path, error.into());
                return listing;
            }
        };
        let mut children: Vec<DirEntry> = Vec::new();
        for child in listed {
            match child {
                Ok(child) if child.file_name() == ".git" => {}
                Ok(child) => children.push(child),
                Err(error) => listing.skip(folder.path.clone(), error.into()),
            }
        }
        let chain = self.rules_of(folder, &absolute, &children, &mut listing);
        for child in &children {
            self.visit(folder, child, chain.as_ref(), &mut listing);
        }
        listing
    }

    /// The rules in force in a folder, its own first.
    fn rules_of(&self, folder: &Folder, absolute: &Path, children: &[DirEntry], listing: &mut Listing) -> Option<Arc<Chain>> {
        let parent = folder.chain.clone();
        if folder.tracked_only || !children.iter().any(|child| child.file_name() == ".gitignore") {
            return parent;
        }
        let Ok(content) = read_regular(&absolute.join(".gitignore"), MAX_RULE_FILE_BYTES) else { return parent };
        let Some(link) = Chain::of_file(&folder.path, &join(&folder.path, ".gitignore"), &content, parent.clone()) else {
            return parent;
        };
        let link = Arc::new(link);
        listing.rules.push(Arc::clone(&link));
        Some(link)
    }

    fn visit(&self, folder: &Folder, child: &DirEntry, chain: Option<&Arc<Chain>>, listing: &mut Listing) {
        let name = child.file_name();
        let Some(name) = name.to_str() else {
            if !folder.tracked_only {
                listing.skip(join(&folder.path, &name.to_string_lossy()), SkipReason::NameNotUtf8);
            }
            return;
        };
        let path = join(&folder.path, name);
        match child.file_type() {
            Err(error) => listing.skip(path, error.into()),
            Ok(kind) if kind.is_dir() => self.visit_folder(folder, child, name, path, chain, listing),
            Ok(kind) => {
                let left_out = folder.tracked_only || Chain::ignores(chain, &path, false);
                if !left_out || self.tracks(&path) {
                    self.visit_file(child, kind, path, listing);
                }
            }
        }
    }

    fn visit_folder(
        &self,
        parent: &Folder,
        child: &DirEntry,
        name: &str,
        path: String,
        chain: Option<&Arc<Chain>>,
        listing: &mut Listing,
    ) {
        let mut tracked_only = parent.tracked_only;
        if !tracked_only {
            // Tool folders first: most are ignored as well, and the count should name them.
            let pruned = is_pruned(name, |file| child.path().join(file).is_file());
            listing.pruned += usize::from(pruned);
            tracked_only = pruned || Chain::ignores(chain, &path, true);
        }
        if !tracked_only || self.git.is_some_and(|git| tracks_inside(&git.tracked, &path)) {
            listing.folders.push(Folder { path, chain: chain.cloned(), tracked_only });
        }
    }

    fn visit_file(&self, child: &DirEntry, kind: FileType, path: String, listing: &mut Listing) {
        if kind.is_symlink() {
            if self.leads_outside(&child.path()) {
                listing.skip(path, SkipReason::OutsideLink);
            }
            return;
        }
        if !kind.is_file() {
            listing.skip(path, SkipReason::NotRegular);
            return;
        }
        match child.metadata() {
            Ok(metadata) => listing.files.push(Found { path, size: metadata.len(), stamp: Stamp::of(&metadata) }),
            Err(error) => listing.skip(path, error.into()),
        }
    }

    fn tracks(&self, path: &str) -> bool {
        self.git.is_some_and(|git| git.tracked.binary_search_by(|tracked| tracked.as_str().cmp(path)).is_ok())
    }

    fn leads_outside(&self, link: &Path) -> bool {
        match link.canonicalize() {
            Ok(target) => !target.starts_with(self.root),
            // Broken, or a loop: what it says is all there is.
            Err(_) => link.read_link().is_ok_and(|target| !spelled_inside(self.root, link, &target)),
        }
    }
}

/// Does the text of a link stay below `root`?
fn spelled_inside(root: &Path, link: &Path, target: &Path) -> bool {
    let mut place = link.parent().unwrap_or(root).to_path_buf();
    for part in target.components() {
        match part {
            Component::RootDir | Component::Prefix(_) => place = PathBuf::from(part.as_os_str()),
            Component::ParentDir => {
                place.pop();
            }
            Component::CurDir => {}
            Component::Normal(name) => place.push::<&OsStr>(name),
        }
    }
    place.starts_with(root)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        return name.to_string();
    }
    let mut path = String::with_capacity(folder.len() + 1 + name.len());
    path.push_str(folder);
    path.push('/');
    path.push_str(name);
    path
}

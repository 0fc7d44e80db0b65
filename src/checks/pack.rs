//! Packs: the built-in one and folders that `--checks` names, read into nodes and merged.
//!
//! A file of a later pack replaces the file with the same path in an earlier one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use rayon::prelude::*;

use crate::inventory::document::yaml;
use crate::inventory::folder;
use crate::model::node::Node;
use crate::model::text::stable_hash;
use crate::probes::params::Problem;

use super::bundle::{self, Bundled};
use super::load::{FileProblem, PackFile, Ruleset, load};

/// Which packs to load and how.
#[derive(Debug, Default, Clone)]
pub struct Selection {
    /// Folders, in order; later ones override.
    pub folders: Vec<PathBuf>,
    /// Leave the built-in pack out, except for what every pack needs: facts, utilities, token formats, categories, scoring.
    pub only_folders: bool,
    /// Read the tests, too, and compile everything, so that every mistake shows.
    pub verify: bool,
}

/// The text of a pack file.
struct Text {
    shown: String,
    text: std::borrow::Cow<'static, str>,
    /// The file in the binary, if it is one.
    built_in: Option<&'static Bundled>,
}

/// Reads and loads packs.
///
/// # Errors
/// Every problem of every file; a folder that cannot be read is one of them.
pub fn open(selection: &Selection) -> Result<Ruleset, Vec<FileProblem>> {
    let texts = texts(selection)?;
    let parsed: Vec<Result<PackFile, FileProblem>> = texts
        .par_iter()
        .map(|(path, text)| {
            let file = |node, with_tests| PackFile { path: path.clone(), shown: text.shown.clone(), node, with_tests };
            let ready = text.built_in.filter(|_| !selection.verify).and_then(Bundled::node);
            match ready {
                Some(node) => Ok(file(node, false)),
                None => match node(&text.text) {
                    Ok(node) => Ok(file(node, true)),
                    Err(problem) => Err(FileProblem { path: text.shown.clone(), problem }),
                },
            }
        })
        .collect();
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for result in parsed {
        match result {
            Ok(file) => files.push(file),
            Err(problem) => problems.push(problem),
        }
    }
    let own: Vec<&str> =
        texts.iter().filter(|(_, text)| text.built_in.is_none()).flat_map(|(path, text)| [path.as_str(), &text.text]).collect();
    let digest = if own.is_empty() {
        bundle::digest().to_owned()
    } else {
        format!("{:016x}", stable_hash(std::iter::once(bundle::digest()).chain(own)))
    };
    match load(&files, digest) {
        Ok(ruleset) if problems.is_empty() => Ok(ruleset),
        Ok(_) => Err(problems),
        Err(more) => {
            problems.extend(more);
            problems.sort();
            Err(problems)
        }
    }
}

fn texts(selection: &Selection) -> Result<BTreeMap<String, Text>, Vec<FileProblem>> {
    let mut texts = BTreeMap::new();
    for file in bundle::files() {
        let shared = ["env/", "facts/", "routes/", "tokens/", "utils/"];
        let is_check = file.path.contains('/') && !shared.iter().any(|folder| file.path.starts_with(folder));
        if selection.only_folders && is_check {
            continue;
        }
        let shown = format!("checks/{}", file.path);
        texts.insert(file.path.to_owned(), Text { shown, text: file.whole.into(), built_in: Some(file) });
    }
    let mut problems = Vec::new();
    for root in &selection.folders {
        match folder::read_texts(root, "yaml") {
            Ok(found) => {
                for (path, text) in found {
                    let shown = root.join(&path).display().to_string();
                    texts.insert(path, Text { shown, text: text.into(), built_in: None });
                }
            }
            Err(error) => {
                let problem = Problem { line: 1, column: 1, message: format!("{error:#}") };
                problems.push(FileProblem { path: root.display().to_string(), problem });
            }
        }
    }
    if problems.is_empty() { Ok(texts) } else { Err(problems) }
}

/// The single document of a YAML text.
fn node(text: &str) -> Result<Node, Problem> {
    let documents = yaml::parse_plain(text).map_err(|error| Problem { line: error.line, column: 1, message: error.message })?;
    documents.into_iter().next().ok_or(Problem { line: 1, column: 1, message: "the file is empty".to_owned() })
}

/// The nodes of every file of the selected packs with tests, for those who run them: path, what messages call it, node.
///
/// # Errors
/// As `open`.
pub fn with_tests(selection: &Selection) -> Result<Vec<PackFile>, Vec<FileProblem>> {
    let texts = texts(&Selection { verify: true, ..selection.clone() })?;
    texts
        .into_iter()
        .map(|(path, text)| match node(&text.text) {
            Ok(node) => Ok(PackFile { path, shown: text.shown, node, with_tests: true }),
            Err(problem) => Err(vec![FileProblem { path: text.shown, problem }]),
        })
        .collect()
}

/// The text of one pack file, if it is there.
///
/// # Errors
/// As `open`.
pub fn source(selection: &Selection, path: &str) -> Result<Option<String>, Vec<FileProblem>> {
    let mut texts = texts(&Selection { verify: true, ..selection.clone() })?;
    Ok(texts.remove(path).map(|text| text.text.into_owned()))
}

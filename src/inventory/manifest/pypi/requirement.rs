//! One Python requirement: `name[extras] specifier ; marker`, `name @ url`, a bare URL, or a path.

use crate::inventory::manifest::{Dependency, Ecosystem, version};

/// What one requirement says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Requirement<'a> {
    pub name: &'a str,
    pub extras: Vec<String>,
    /// Version specifier or URL, as written.
    pub specifier: Option<&'a str>,
}

impl<'a> Requirement<'a> {
    /// Reads a PEP 508 requirement; `None` for anything else, such as prose.
    pub(super) fn parse(text: &'a str) -> Option<Requirement<'a>> {
        let text = text.trim();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let (name, rest) = text.split_at(text.find(|c| !is_name(c)).unwrap_or(text.len()));
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.ends_with(|c: char| c.is_ascii_alphanumeric()) {
            return None;
        }
        let rest = rest.trim_start();
        let (extras, rest) = match rest.strip_prefix('[') {
            Some(inside) => inside.split_once(']')?,
            None => ("", rest),
        };
        let extras = extras.split(',').map(str::trim).filter(|extra| !extra.is_empty()).map(str::to_string).collect();
        let rest = rest.trim_start();
        let specifier = match rest.strip_prefix('@') {
            Some(url) => url.trim_start().split(char::is_whitespace).next().unwrap_or_default(),
            None => without_parentheses(rest.split(';').next().unwrap_or_default()),
        };
        let well_formed = rest.starts_with('@') || specifier.is_empty() || specifier.starts_with(['<', '>', '=', '!', '~']);
        well_formed.then(|| Requirement { name, extras, specifier: Some(specifier).filter(|text| !text.is_empty()) })
    }

    /// This requirement as a dependency of the file `path`.
    pub(super) fn dependency(&self, path: &str, line: u32) -> Dependency {
        Dependency {
            requirement: self.specifier.map(str::to_string),
            resolved: self.specifier.and_then(|text| version::exact(Ecosystem::PyPi, text)),
            features: self.extras.clone(),
            ..Dependency::new(Ecosystem::PyPi, self.name, path, line)
        }
    }
}

/// `(>=1.0)` as old metadata writes it.
fn without_parentheses(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix('(').and_then(|inside| inside.strip_suffix(')')).unwrap_or(text).trim()
}

/// Whether a requirement is a URL without a name before it.
pub(super) fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(before, _)| !before.contains(['@', ' ']))
}

/// Whether a requirement is a folder or file beside this one.
pub(super) fn is_local_path(text: &str) -> bool {
    text == "."
        || text == ".."
        || text.starts_with("./")
        || text.starts_with("../")
        || text.starts_with(".[")
        || text.starts_with("file:")
}

/// The dependency that a URL names: `#egg=name`, a wheel, an archive, or the last part of a repository's address.
pub(super) fn dependency_of_url(url: &str, path: &str, line: u32) -> Option<Dependency> {
    let address = url.split_whitespace().next()?;
    let (location, fragment) = address.split_once('#').unwrap_or((address, ""));
    let egg = fragment.split('&').find_map(|part| part.strip_prefix("egg="));
    let last = location.trim_end_matches('/').rsplit('/').next()?;
    let mut resolved = None;
    let name = match egg {
        Some(egg) => egg.split('[').next()?,
        None => match archive_stem(last) {
            Some(stem) => {
                let (name, version) = split_archive_name(stem);
                resolved = version.map(str::to_string);
                name
            }
            None => last.split('@').next()?.trim_end_matches(".git"),
        },
    };
    let requirement = Requirement::parse(name).filter(|requirement| requirement.specifier.is_none())?;
    Some(Dependency { requirement: Some(address.to_string()), resolved, ..requirement.dependency(path, line) })
}

fn archive_stem(file_name: &str) -> Option<&str> {
    [".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz"].iter().find_map(|ending| file_name.strip_suffix(ending))
}

/// `name-1.2.3-py3-none-any` → `name`, `1.2.3`; `my-name-1.2.3` → `my-name`, `1.2.3`.
fn split_archive_name(stem: &str) -> (&str, Option<&str>) {
    let version_at = stem.match_indices('-').find(|(at, _)| stem[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    match version_at {
        Some((at, _)) => (&stem[..at], stem[at + 1..].split('-').next()),
        None => (stem, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Option<(&str, Vec<String>, Option<&str>)> {
        Requirement::parse(text).map(|found| (found.name, found.extras, found.specifier))
    }

    #[test]
    fn every_form_of_a_requirement() {
        assert_eq!(parsed("Django"), Some(("Django", vec![], None)));
        assert_eq!(
            parsed("uvicorn[standard, watch]>=0.20,<1 ; python_version > '3'"),
            Some(("uvicorn", vec!["standard".into(), "watch".into()], Some(">=0.20,<1")))
        );
        assert_eq!(parsed("requests (>=2.8.1)"), Some(("requests", vec![], Some(">=2.8.1"))));
        assert_eq!(parsed("pip @ https://x.org/pip-1.3.1.zip ; x"), Some(("pip", vec![], Some("https://x.org/pip-1.3.1.zip"))));
        assert_eq!(parsed("a~=1.0;b"), Some(("a", vec![], Some("~=1.0"))));
    }

    #[test]
    fn prose_is_no_requirement() {
        for text in ["Python 3.8 or later", "- item", "", "name[", "*", "see: docs"] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }

    #[test]
    fn urls_name_packages() {
        let name = |url| dependency_of_url(url, "r.txt", 1).map(|found| (found.name, found.resolved));
        assert_eq!(name("git+https://github.com/a/my_lib.git@v1#egg=My.Lib[x]&subdirectory=s"), Some(("my-lib".into(), None)));
        assert_eq!(name("git+https://github.com/a/my_lib.git@v1"), Some(("my-lib".into(), None)));
        assert_eq!(name("https://x.org/torch-2.1.0-cp311-none-any.whl"), Some(("torch".into(), Some("2.1.0".into()))));
    }
}

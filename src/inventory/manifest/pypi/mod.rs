//! Python: requirements files, pyproject.toml in all its dialects, setup.py and setup.cfg, Pipfile, lockfiles, conda environments.
//!
//! `requirement` reads one PEP 508 requirement and is what every format here ends in. To add a format, give it a function with the
//! parser signature and name it in `manifest::parser_for`; to teach the name of a development group, add it to [`is_development_word`].

mod conda;
mod lock;
mod pipfile;
mod pyproject;
mod requirement;
mod requirements;
mod setup;

pub(super) use conda::conda_environment;
pub(super) use lock::{pdm_lock, pipfile_lock, poetry_lock, pylock, uv_lock};
pub(super) use pipfile::pipfile;
pub(super) use pyproject::pyproject;
pub(super) use requirements::{is_requirements_file, requirements};
pub(super) use setup::{setup_cfg, setup_py};

use super::DependencyScope;

/// PEP 503: lower case, every run of `-`, `_` and `.` one `-`.
pub(super) fn normalise(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for c in name.chars() {
        let c = if matches!(c, '-' | '_' | '.') { '-' } else { c.to_ascii_lowercase() };
        if c != '-' || !normal.ends_with('-') {
            normal.push(c);
        }
    }
    normal
}

/// A word that, in the name of a file, group or extra, says that its requirements are not for production.
fn is_development_word(word: &str) -> bool {
    const WORDS: [&str; 29] = [
        "dev",
        "devel",
        "develop",
        "development",
        "test",
        "tests",
        "testing",
        "unittest",
        "e2e",
        "lint",
        "linting",
        "linters",
        "doc",
        "docs",
        "documentation",
        "ci",
        "local",
        "debug",
        "typing",
        "types",
        "mypy",
        "qa",
        "bench",
        "benchmark",
        "benchmarks",
        "tooling",
        "notebook",
        "jupyter",
        "coverage",
    ];
    WORDS.contains(&word.to_ascii_lowercase().as_str())
}

/// Whether one of the words of a name (`requirements-dev`, `dev_requirements`) is a development word.
fn names_development(name: &str) -> bool {
    name.split(|c: char| !c.is_ascii_alphanumeric()).any(is_development_word)
}

/// The scope of an extra or of a named group.
fn group_scope(name: &str) -> DependencyScope {
    if names_development(name) { DependencyScope::Development } else { DependencyScope::Optional }
}

//! The JVM: Maven's `pom.xml`, Gradle's build and settings scripts, version catalogues and lockfiles.
//!
//! All of them name packages `group:artifact`. To add a format, give it a function with the parser signature and name it in
//! `manifest::parser_for`.

mod gradle;
mod gradle_files;
mod pom;

pub(super) use gradle::{build_gradle, starts_something};
pub(super) use gradle_files::{gradle_lockfile, settings_gradle, version_catalogue};
pub(super) use pom::pom;

use super::{Dependency, Ecosystem, version};

/// Gradle fetches a plugin under this artifact name.
fn plugin_artifact(id: &str) -> String {
    format!("{id}:{id}.gradle.plugin")
}

/// A dependency on `name` in the version `requirement`.
fn versioned(name: &str, requirement: Option<&str>, path: &str, line: u32) -> Dependency {
    let requirement = requirement.map(str::trim).filter(|text| !text.is_empty());
    Dependency {
        requirement: requirement.map(str::to_string),
        resolved: requirement.and_then(|text| version::exact(Ecosystem::Maven, text)),
        ..Dependency::new(Ecosystem::Maven, name, path, line)
    }
}

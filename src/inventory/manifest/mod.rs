//! The dependencies of a repository: manifests, lockfiles and runtime version files, each read on its own.
//!
//! [`recognises`] says by file name whether [`parse`] knows a file; [`link::link`] afterwards fills in what only several files
//! together tell (locked versions, version catalogues, workspace requirements).
//!
//! To add a format: write a function `fn(path, text) -> Result<Manifest, String>` in the file of its ecosystem and name it in
//! [`parser_for`]. To add an ecosystem: a value of [`Ecosystem`], a file here, its spelling rule in [`normalise`].

mod bounds;
mod cargo;
mod composer;
mod go;
mod graph;
mod lexer;
pub mod link;
mod maven;
mod module_names;
mod npm;
mod nuget;
mod pypi;
mod rubygems;
mod runtime;
mod tree;
mod version;
mod xml;

#[cfg(test)]
mod tests;

pub use bounds::requirement_within;
pub use module_names::module_names;
pub use version::version_matches;

use crate::model::terms::vocabulary;
use serde::Serialize;

vocabulary! {
    /// A package registry and the tools around it.
    Ecosystem {
        Npm = "npm",
        PyPi = "pypi",
        Cargo = "cargo",
        Go = "go",
        Maven = "maven",
        RubyGems = "rubygems",
        Composer = "composer",
        NuGet = "nuget",
    }
}

vocabulary! {
    /// When a dependency is present.
    DependencyScope {
        /// In the running application.
        Runtime = "runtime",
        /// Only while developing, testing, linting or documenting; never evidence about production.
        Development = "development",
        /// Only if chosen: extras, optional and peer dependencies, profiles.
        Optional = "optional",
        /// Only while building: build scripts, compiler and build-tool plugins, compile-only libraries.
        Build = "build",
    }
}

vocabulary! {
    /// What a file says about dependencies.
    ManifestKind {
        /// What is asked for.
        Manifest = "manifest",
        /// What was chosen.
        Lockfile = "lockfile",
        /// Only which runtime is used (`.nvmrc`, `.tool-versions`); never the manifest of a package.
        VersionFile = "version-file",
    }
}

/// One dependency, as one file states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dependency {
    pub ecosystem: Ecosystem,
    /// Normalised name: PEP 503 for pypi, `group:artifact` for maven, the module path for go, lower case for nuget and composer,
    /// as written elsewhere. A Gradle catalogue accessor not yet linked reads `libs.some.alias`.
    pub name: String,
    /// The name under which the depending package knows it, where that is another one: the key of a renamed crate, of an npm
    /// alias, the alias of a Gradle version catalogue (with dots).
    pub alias: Option<String>,
    /// The version requirement as written, without markers; `None` when any version is accepted or another file says.
    pub requirement: Option<String>,
    /// The version this file alone fixes: a locked one, or an exact requirement.
    pub resolved: Option<String>,
    pub scope: DependencyScope,
    /// Asked for by a package of this repository. False for transitive packages and for versions that are only managed
    /// (dependencyManagement, version catalogues, workspace tables); also where a lockfile does not tell.
    pub direct: bool,
    /// Cargo features or Python extras asked for.
    pub features: Vec<String>,
    /// The file, relative to the repository.
    pub path: String,
    /// 1-based.
    pub line: u32,
}

/// The package a manifest describes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LocalPackage {
    pub ecosystem: Ecosystem,
    /// Normalised name; empty when the manifest gives none.
    pub name: String,
    pub path_of_manifest: String,
    /// Packages of the same repository: names, paths relative to the manifest's folder (they contain `/` or start with `.`), or
    /// paths of Gradle projects (they start with `:`).
    pub local_dependencies: Vec<String>,
    pub is_workspace_root: bool,
    /// Members of the workspace as written: paths or glob patterns relative to the manifest's folder.
    pub workspace_members: Vec<String>,
    /// The manifest says that something can be started. False is no proof: `src/main.rs` or `package main` stand in no manifest.
    pub has_entry_point: bool,
    /// The manifest says nothing of how the package is started: where another one uses it, it is a part of that.
    pub is_part: bool,
    /// A kit for web applications builds it.
    pub is_web: bool,
    /// The manifest says that the package is nothing but tests.
    pub is_test: bool,
}

/// A statement about the version of a language runtime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuntimeVersion {
    /// `nodejs`, `python`, `java`, `go`, `ruby`, `php`, `dotnet` or `rust`.
    pub runtime: &'static str,
    /// Version or range as written.
    pub spec: String,
    /// 1-based.
    pub line: u32,
}

/// What one file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Manifest {
    pub path: String,
    pub kind: ManifestKind,
    /// `None` for a file that pins runtimes of several ecosystems.
    pub ecosystem: Option<Ecosystem>,
    pub dependencies: Vec<Dependency>,
    pub package: Option<LocalPackage>,
    pub runtime_versions: Vec<RuntimeVersion>,
    /// Further files this one draws in, as written: `-r base.txt`, `eval_gemfile`, the parent of a pom.
    pub includes: Vec<String>,
}

impl Dependency {
    /// A direct runtime dependency on any version of `name`, which is normalised here.
    fn new(ecosystem: Ecosystem, name: &str, path: &str, line: u32) -> Dependency {
        Dependency {
            ecosystem,
            name: normalise(ecosystem, name),
            alias: None,
            requirement: None,
            resolved: None,
            scope: DependencyScope::Runtime,
            direct: true,
            features: Vec::new(),
            path: path.to_string(),
            line,
        }
    }
}

impl LocalPackage {
    /// A package without dependencies or entry point.
    fn new(ecosystem: Ecosystem, name: &str, path: &str) -> LocalPackage {
        LocalPackage {
            ecosystem,
            name: normalise(ecosystem, name),
            path_of_manifest: path.to_string(),
            local_dependencies: Vec::new(),
            is_workspace_root: false,
            workspace_members: Vec::new(),
            has_entry_point: false,
            is_part: false,
            is_web: false,
            is_test: false,
        }
    }
}

impl Manifest {
    /// A manifest that says nothing yet.
    fn new(path: &str, kind: ManifestKind, ecosystem: impl Into<Option<Ecosystem>>) -> Manifest {
        Manifest {
            path: path.to_string(),
            kind,
            ecosystem: ecosystem.into(),
            dependencies: Vec::new(),
            package: None,
            runtime_versions: Vec::new(),
            includes: Vec::new(),
        }
    }

    /// Records the version of a runtime unless `spec` says nothing.
    fn runtime(&mut self, runtime: &'static str, spec: &str, line: u32) {
        let spec = spec.trim();
        if !spec.is_empty() {
            self.runtime_versions.push(RuntimeVersion { runtime, spec: spec.to_string(), line });
        }
    }
}

/// The one spelling of a package name in its ecosystem.
pub fn normalise(ecosystem: Ecosystem, name: &str) -> String {
    let name = name.trim();
    match ecosystem {
        Ecosystem::PyPi => pypi::normalise(name),
        Ecosystem::NuGet | Ecosystem::Composer => name.to_ascii_lowercase(),
        _ => name.to_string(),
    }
}

type Parser = fn(&str, &str) -> Result<Manifest, String>;

/// Whether `path` (relative, POSIX) names a file that [`parse`] reads. Looks at the name only.
pub fn recognises(path: &str) -> bool {
    parser_for(path).is_some()
}

/// Reads one manifest, lockfile or version file. The error says why its text cannot be read, for one warning.
pub fn parse(path: &str, text: &str) -> Result<Manifest, String> {
    let parser = parser_for(path).ok_or_else(|| format!("{path} is not a known manifest"))?;
    parser(path, text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn parser_for(path: &str) -> Option<Parser> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let parser: Parser = match name {
        "package.json" => npm::package_json,
        "package-lock.json" | "npm-shrinkwrap.json" => npm::package_lock,
        "yarn.lock" => npm::yarn_lock,
        "pnpm-lock.yaml" => npm::pnpm_lock,
        "pnpm-workspace.yaml" => npm::pnpm_workspace,
        "bun.lock" => npm::bun_lock,
        "pyproject.toml" => pypi::pyproject,
        "setup.py" => pypi::setup_py,
        "setup.cfg" => pypi::setup_cfg,
        "Pipfile" => pypi::pipfile,
        "Pipfile.lock" => pypi::pipfile_lock,
        "poetry.lock" => pypi::poetry_lock,
        "uv.lock" => pypi::uv_lock,
        "pdm.lock" => pypi::pdm_lock,
        "pylock.toml" => pypi::pylock,
        "environment.yml" | "environment.yaml" => pypi::conda_environment,
        "Cargo.toml" => cargo::manifest,
        "Cargo.lock" => cargo::lock,
        "go.mod" => go::go_mod,
        "go.sum" => go::go_sum,
        "go.work" => go::go_work,
        "pom.xml" => maven::pom,
        "build.gradle" | "build.gradle.kts" => maven::build_gradle,
        "settings.gradle" | "settings.gradle.kts" => maven::settings_gradle,
        "libs.versions.toml" => maven::version_catalogue,
        "gradle.lockfile" => maven::gradle_lockfile,
        "Gemfile" | "gems.rb" => rubygems::gemfile,
        "Gemfile.lock" | "gems.locked" => rubygems::gemfile_lock,
        "composer.json" => composer::manifest,
        "composer.lock" => composer::lock,
        "Directory.Packages.props" | "Directory.Build.props" => nuget::project,
        "packages.lock.json" => nuget::packages_lock,
        "packages.config" => nuget::packages_config,
        _ => return parser_by_pattern(path, name),
    };
    Some(parser)
}

fn parser_by_pattern(path: &str, name: &str) -> Option<Parser> {
    if pypi::is_requirements_file(path) {
        return Some(pypi::requirements);
    }
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("gemspec") => Some(rubygems::gemspec),
        Some("csproj" | "fsproj" | "vbproj") => Some(nuget::project),
        _ => runtime::parser_for(name),
    }
}

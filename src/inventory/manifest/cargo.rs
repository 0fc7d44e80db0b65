//! Rust: `Cargo.toml` and `Cargo.lock`.

use super::graph::Graph;
use super::{Dependency, DependencyScope, Ecosystem, LocalPackage, Manifest, ManifestKind, tree, version};
use crate::inventory::document::{Entry, Node};

/// Tables of dependencies; cargo also accepts the names with `_`.
const TABLES: [(&str, DependencyScope); 5] = [
    ("dependencies", DependencyScope::Runtime),
    ("dev-dependencies", DependencyScope::Development),
    ("dev_dependencies", DependencyScope::Development),
    ("build-dependencies", DependencyScope::Build),
    ("build_dependencies", DependencyScope::Build),
];

pub(super) fn manifest(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::toml(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::Cargo);
    let name = document.at(&["package", "name"]).and_then(Node::scalar).unwrap_or_default();
    let mut package = LocalPackage::new(Ecosystem::Cargo, &name, path);
    package.has_entry_point = document.get("bin").is_some() || document.at(&["package", "default-run"]).is_some();

    let targets = document.get("target").map(Node::entries).unwrap_or_default();
    for holder in std::iter::once(&document).chain(targets.iter().map(|target| &target.value)) {
        for (table, scope) in TABLES {
            for entry in holder.get(table).map(Node::entries).unwrap_or_default() {
                package.local_dependencies.extend(tree::text_of(&entry.value, "path"));
                manifest.dependencies.push(dependency(path, entry, scope));
            }
        }
    }
    let replaced = document.get("patch").map(Node::entries).unwrap_or_default().iter().flat_map(|source| source.value.entries());
    package.local_dependencies.extend(replaced.filter_map(|entry| tree::text_of(&entry.value, "path")));
    if let Some(workspace) = document.get("workspace") {
        package.is_workspace_root = true;
        package.workspace_members = workspace.get("members").map(tree::texts).unwrap_or_default();
        for entry in workspace.get("dependencies").map(Node::entries).unwrap_or_default() {
            let dependency = dependency(path, entry, DependencyScope::Runtime);
            manifest.dependencies.push(Dependency { direct: false, ..dependency });
        }
    }
    let versions = [document.get("package"), document.at(&["workspace", "package"])];
    for entry in versions.into_iter().flatten().filter_map(|table| table.entry("rust-version")) {
        manifest.runtime("rust", &entry.value.scalar().unwrap_or_default(), entry.key_span.line);
    }
    manifest.package = Some(package);
    Ok(manifest)
}

/// `name = "1"` or `name = { version, package, features, optional, path, git, workspace }`.
fn dependency(path: &str, entry: &Entry, scope: DependencyScope) -> Dependency {
    let stated = &entry.value;
    let name = tree::text_of(stated, "package");
    let requirement = ["version", "git"].iter().find_map(|key| tree::text_of(stated, key));
    let requirement = stated.as_str().map(str::to_string).or(requirement);
    let optional = tree::is_true(stated, "optional") && scope == DependencyScope::Runtime;
    Dependency {
        alias: name.as_ref().filter(|name| **name != *entry.key).map(|_| entry.key.to_string()),
        resolved: requirement.as_deref().and_then(|text| version::exact(Ecosystem::Cargo, text)),
        requirement,
        scope: if optional { DependencyScope::Optional } else { scope },
        features: stated.get("features").map(tree::texts).unwrap_or_default(),
        ..Dependency::new(Ecosystem::Cargo, name.as_deref().unwrap_or(&entry.key), path, entry.key_span.line)
    }
}

/// Packages without a source are those of the repository; what they need is direct. Scopes are not recorded.
pub(super) fn lock(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::toml(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Lockfile, Ecosystem::Cargo);
    let packages = document.get("package").map(Node::items).unwrap_or_default();
    let mut graph = Graph::default();
    for package in packages.iter().filter(|package| package.get("source").is_none()) {
        for needed in package.get("dependencies").map(tree::texts).unwrap_or_default() {
            // `name`, or `name version` where several versions are locked, or with the source too.
            graph.root(&needed.split(' ').take(2).collect::<Vec<_>>().join(" "), DependencyScope::Runtime);
        }
    }
    for package in packages.iter().filter(|package| package.get("source").is_some()) {
        let Some(name) = package.entry("name") else { continue };
        let (text, line) = (name.value.scalar().unwrap_or_default(), name.key_span.line);
        let version = tree::text_of(package, "version").unwrap_or_default();
        manifest.dependencies.push(Dependency {
            direct: graph.is_root(&text) || graph.is_root(&format!("{text} {version}")),
            resolved: Some(version),
            ..Dependency::new(Ecosystem::Cargo, &text, path, line)
        });
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::manifest::parse;
    use DependencyScope::*;

    #[test]
    fn every_table() {
        let text = r#"[package]
name = "api"
rust-version = "1.80"
[dependencies]
axum = "0.7"
json = { package = "serde_json", version = "=1.0.1", features = ["raw_value"] }
metrics = { version = "0.22", optional = true }
shared = { path = "../shared" }
tokio.workspace = true
[dev-dependencies]
insta = "1"
[build-dependencies]
cc = "1"
[target.'cfg(unix)'.dependencies]
nix = "0.28"
[patch.crates-io]
store = { path = "store" }
fork = { git = "https://git.example.com/fork" }
[[bin]]
name = "api"
"#;
        let manifest = parse("Cargo.toml", text).unwrap();
        let found: Vec<_> =
            manifest.dependencies.iter().map(|d| (d.name.as_str(), d.requirement.as_deref(), d.scope, d.line)).collect();
        assert_eq!(
            found,
            [
                ("axum", Some("0.7"), Runtime, 5),
                ("serde_json", Some("=1.0.1"), Runtime, 6),
                ("metrics", Some("0.22"), Optional, 7),
                ("shared", None, Runtime, 8),
                ("tokio", None, Runtime, 9),
                ("insta", Some("1"), Development, 11),
                ("cc", Some("1"), Build, 13),
                ("nix", Some("0.28"), Runtime, 15),
            ]
        );
        let renamed = &manifest.dependencies[1];
        assert_eq!((renamed.alias.as_deref(), renamed.resolved.as_deref()), (Some("json"), Some("1.0.1")));
        assert_eq!(renamed.features, ["raw_value"]);
        assert_eq!(manifest.runtime_versions[0].spec, "1.80");
        let package = manifest.package.unwrap();
        assert!(package.has_entry_point && !package.is_workspace_root);
        assert_eq!(package.local_dependencies, ["../shared", "store"]);
    }

    #[test]
    fn a_virtual_workspace() {
        let text = r#"[workspace]
members = ["crates/*"]
[workspace.dependencies]
tokio = { version = "1.36", features = ["full"] }
"#;
        let manifest = parse("Cargo.toml", text).unwrap();
        assert!(!manifest.dependencies[0].direct);
        let package = manifest.package.unwrap();
        assert_eq!((package.name.as_str(), package.is_workspace_root), ("", true));
        assert_eq!(package.workspace_members, ["crates/*"]);
    }

    #[test]
    fn the_lock_tells_direct_from_transitive() {
        let text = r#"version = 3
[[package]]
name = "api"
version = "0.1.0"
dependencies = [
 "axum",
 "syn 2.0.1",
]
[[package]]
name = "axum"
version = "0.7.4"
source = "registry+x"
[[package]]
name = "syn"
version = "1.0.9"
source = "registry+x"
[[package]]
name = "syn"
version = "2.0.1"
source = "registry+x"
"#;
        let manifest = parse("Cargo.lock", text).unwrap();
        let found: Vec<_> =
            manifest.dependencies.iter().map(|d| (d.name.as_str(), d.resolved.as_deref(), d.direct, d.line)).collect();
        assert_eq!(
            found,
            [("axum", Some("0.7.4"), true, 10), ("syn", Some("1.0.9"), false, 14), ("syn", Some("2.0.1"), true, 18)]
        );
    }
}

//! `pnpm-lock.yaml` (versions 5 to 9) and `pnpm-workspace.yaml`.
//!
//! Package keys changed with the versions: `/name/1.0.0_peers` (5), `/name@1.0.0(peers)` (6), `name@1.0.0(peers)` (9). The graph stands
//! in `packages` until 8 and in `snapshots` since 9.

use super::package::TABLES;
use super::split_specifier;
use crate::inventory::document::Node;
use crate::inventory::manifest::graph::Graph;
use crate::inventory::manifest::{Dependency, DependencyScope, Ecosystem, LocalPackage, Manifest, ManifestKind, tree};

pub(in crate::inventory::manifest) fn pnpm_lock(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::yaml(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Lockfile, Ecosystem::Npm);
    let mut graph = Graph::default();
    match document.get("importers") {
        Some(importers) => importers.entries().iter().for_each(|importer| declare_roots(&importer.value, &mut graph)),
        None => declare_roots(&document, &mut graph),
    }
    let packages = document.get("packages").map(Node::entries).unwrap_or_default();
    let snapshots = document.get("snapshots").map_or(packages, Node::entries);
    for snapshot in snapshots {
        let (name, version) = name_and_version(&snapshot.key);
        for table in ["dependencies", "optionalDependencies"] {
            for needed in snapshot.value.get(table).map(Node::entries).unwrap_or_default() {
                graph.edge(&key(name, version), &reference(&needed.key, &needed.value.scalar().unwrap_or_default()));
            }
        }
    }
    let scopes = graph.scopes();
    for entry in packages {
        let (name, version) = name_and_version(&entry.key);
        let (key, flagged) = (key(name, version), flagged_scope(&entry.value));
        manifest.dependencies.push(Dependency {
            resolved: tree::text_of(&entry.value, "version")
                .or_else(|| Some(version.to_string()).filter(|text| !text.is_empty())),
            scope: flagged.or(scopes.get(key.as_str()).copied()).unwrap_or(DependencyScope::Runtime),
            direct: graph.is_root(&key),
            ..Dependency::new(Ecosystem::Npm, name, path, entry.key_span.line)
        });
    }
    Ok(manifest)
}

/// What one project of the workspace asks for; a value is a version, or `{specifier, version}` since 6.
fn declare_roots(importer: &Node, graph: &mut Graph) {
    for (table, scope) in TABLES {
        for entry in importer.get(table).map(Node::entries).unwrap_or_default() {
            let version = entry.value.get("version").unwrap_or(&entry.value).scalar().unwrap_or_default();
            graph.root(&reference(&entry.key, &version), scope);
        }
    }
}

/// The key of the package that `name: version` refers to. An alias names its target in the version.
fn reference(name: &str, version: &str) -> String {
    let names_target =
        version.starts_with('/') || version.trim_start_matches('@').split('(').next().unwrap_or_default().contains('@');
    let (name, version) = if names_target { name_and_version(version) } else { (name, without_peers(version)) };
    key(name, version)
}

fn key(name: &str, version: &str) -> String {
    format!("{name}@{version}")
}

/// `/@scope/name/1.0.0_peers`, `/name@1.0.0(peers)` and `name@1.0.0` taken apart.
fn name_and_version(key: &str) -> (&str, &str) {
    let plain = key.split('(').next().unwrap_or(key);
    let trimmed = plain.strip_prefix('/').unwrap_or(plain);
    if let (name, Some(version)) = split_specifier(trimmed) {
        return (name, without_peers(version));
    }
    match trimmed.rsplit_once('/') {
        Some((name, version)) if trimmed.len() < plain.len() => (name, without_peers(version)),
        _ => (trimmed, ""),
    }
}

fn without_peers(version: &str) -> &str {
    version.split(['(', '_']).next().unwrap_or(version)
}

fn flagged_scope(package: &Node) -> Option<DependencyScope> {
    if tree::is_true(package, "optional") {
        return Some(DependencyScope::Optional);
    }
    tree::is_true(package, "dev").then_some(DependencyScope::Development)
}

/// The workspace and its catalogues: versions that members ask for with `catalog:`.
pub(in crate::inventory::manifest) fn pnpm_workspace(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::yaml(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::Npm);
    let mut package = LocalPackage::new(Ecosystem::Npm, "", path);
    package.is_workspace_root = true;
    package.workspace_members = document.get("packages").map(tree::texts).unwrap_or_default();
    let named = document.get("catalogs").map(Node::entries).unwrap_or_default().iter();
    let catalogues = named.map(|entry| (&*entry.key, &entry.value)).chain(document.get("catalog").map(|table| ("", table)));
    for (catalogue, table) in catalogues {
        for entry in table.entries() {
            manifest.dependencies.push(Dependency {
                alias: Some(format!("catalog:{catalogue}")),
                requirement: entry.value.scalar(),
                direct: false,
                ..Dependency::new(Ecosystem::Npm, &entry.key, path, entry.key_span.line)
            });
        }
    }
    manifest.package = Some(package);
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::manifest::parse;

    fn shown(text: &str) -> Vec<(String, String, DependencyScope, bool, u32)> {
        let manifest = parse("pnpm-lock.yaml", text).unwrap();
        manifest.dependencies.into_iter().map(|d| (d.name, d.resolved.unwrap_or_default(), d.scope, d.direct, d.line)).collect()
    }

    #[test]
    fn version_5() {
        let text = r"lockfileVersion: 5.4
dependencies:
  express: 4.18.2
  '@nestjs/core': 10.0.0_abc
packages:
  /express/4.18.2:
    dev: false
  /@nestjs/core/10.0.0_abc:
    dev: false
  /jest/29.0.0:
    dev: true
";
        use DependencyScope::*;
        assert_eq!(
            shown(text),
            [
                ("express".into(), "4.18.2".into(), Runtime, true, 6),
                ("@nestjs/core".into(), "10.0.0".into(), Runtime, true, 8),
                ("jest".into(), "29.0.0".into(), Development, false, 10),
            ]
        );
    }

    #[test]
    fn version_9_derives_scopes_from_the_graph() {
        let text = r"lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      react-dom:
        specifier: ^18
        version: 18.2.0(react@18.2.0)
    devDependencies:
      eslint:
        specifier: ^9
        version: 9.1.0
packages:
  react-dom@18.2.0:
    resolution: {}
  eslint@9.1.0:
    resolution: {}
  chalk@4.1.2:
    resolution: {}
snapshots:
  react-dom@18.2.0(react@18.2.0): {}
  eslint@9.1.0:
    dependencies:
      chalk: 4.1.2
  chalk@4.1.2: {}
";
        use DependencyScope::*;
        assert_eq!(
            shown(text),
            [
                ("react-dom".into(), "18.2.0".into(), Runtime, true, 13),
                ("eslint".into(), "9.1.0".into(), Development, true, 15),
                ("chalk".into(), "4.1.2".into(), Development, false, 17),
            ]
        );
    }

    #[test]
    fn version_6_keys() {
        assert_eq!(name_and_version("/@scope/a@1.2.3(b@2.0.0)"), ("@scope/a", "1.2.3"));
        assert_eq!(reference("alias", "/real@1.0.0"), "real@1.0.0");
        assert_eq!(reference("a", "1.0.0(@b/c@2.0.0)"), "a@1.0.0");
    }

    #[test]
    fn workspace_members_and_catalogue() {
        let manifest = parse(
            "pnpm-workspace.yaml",
            r"packages:
  - 'apps/*'
catalog:
  react: ^18.2.0
",
        )
        .unwrap();
        assert_eq!(manifest.package.unwrap().workspace_members, ["apps/*"]);
        let react = &manifest.dependencies[0];
        assert_eq!((react.requirement.as_deref(), react.direct, react.line), (Some("^18.2.0"), false, 4));
    }
}

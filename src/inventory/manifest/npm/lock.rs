//! `package-lock.json` and `npm-shrinkwrap.json` (versions 1 to 3), and `bun.lock`.

use super::package::TABLES;
use super::split_specifier;
use crate::inventory::document::Node;
use crate::inventory::manifest::graph::Graph;
use crate::inventory::manifest::{Dependency, DependencyScope, Ecosystem, Manifest, ManifestKind, tree};

/// Versions 2 and 3 list `packages` by folder; version 1 nests `dependencies`.
pub(in crate::inventory::manifest) fn package_lock(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::json(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Lockfile, Ecosystem::Npm);
    match document.get("packages") {
        Some(packages) => locked_packages(path, packages, &mut manifest),
        None => nested_dependencies(path, &document, &mut manifest),
    }
    Ok(manifest)
}

fn locked_packages(path: &str, packages: &Node, manifest: &mut Manifest) {
    const FOLDER: &str = "node_modules/";
    let mut asked_for = Graph::default();
    for entry in packages.entries().iter().filter(|entry| !entry.key.contains(FOLDER)) {
        declare_roots(&entry.value, &mut asked_for);
    }
    for entry in packages.entries() {
        let Some(at) = entry.key.rfind(FOLDER) else { continue };
        if tree::is_true(&entry.value, "link") {
            continue;
        }
        let folder_name = &entry.key[at + FOLDER.len()..];
        // An alias is installed under its own name and states the real one.
        let name = tree::text_of(&entry.value, "name").unwrap_or_else(|| folder_name.to_string());
        let nested = entry.key[..at].contains(FOLDER);
        manifest.dependencies.push(Dependency {
            alias: (name != folder_name).then(|| folder_name.to_string()),
            resolved: tree::text_of(&entry.value, "version"),
            scope: flagged_scope(&entry.value),
            direct: !nested && asked_for.is_root(folder_name),
            ..Dependency::new(Ecosystem::Npm, &name, path, entry.key_span.line)
        });
    }
}

/// Records what a package of the repository asks for.
fn declare_roots(package: &Node, graph: &mut Graph) {
    for (table, scope) in TABLES {
        for entry in package.get(table).map(Node::entries).unwrap_or_default() {
            graph.root(&entry.key, scope);
        }
    }
}

fn flagged_scope(package: &Node) -> DependencyScope {
    if tree::is_true(package, "dev") {
        DependencyScope::Development
    } else if ["optional", "devOptional", "peer"].iter().any(|flag| tree::is_true(package, flag)) {
        DependencyScope::Optional
    } else {
        DependencyScope::Runtime
    }
}

/// Version 1 says nowhere which packages are direct.
fn nested_dependencies(path: &str, document: &Node, manifest: &mut Manifest) {
    let mut open = vec![document];
    while let Some(node) = open.pop() {
        for entry in node.get("dependencies").map(Node::entries).unwrap_or_default() {
            manifest.dependencies.push(Dependency {
                resolved: tree::text_of(&entry.value, "version"),
                scope: flagged_scope(&entry.value),
                direct: false,
                ..Dependency::new(Ecosystem::Npm, &entry.key, path, entry.key_span.line)
            });
            open.push(&entry.value);
        }
    }
    manifest.dependencies.sort_by_key(|dependency| dependency.line);
}

/// `packages` maps a key to `["name@version", registry, {dependencies}, digest]`.
pub(in crate::inventory::manifest) fn bun_lock(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::json(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Lockfile, Ecosystem::Npm);
    let mut graph = Graph::default();
    for workspace in document.get("workspaces").map(Node::entries).unwrap_or_default() {
        declare_roots(&workspace.value, &mut graph);
    }
    let packages = document.get("packages").map(Node::entries).unwrap_or_default();
    for entry in packages {
        let needed = entry.value.items().iter().find_map(|part| part.get("dependencies"));
        for dependency in needed.map(Node::entries).unwrap_or_default() {
            graph.edge(&entry.key, &dependency.key);
        }
    }
    let scopes = graph.scopes();
    for entry in packages {
        let Some(specifier) = entry.value.items().first().and_then(Node::as_str) else { continue };
        let (name, version) = split_specifier(specifier);
        if version.is_some_and(|version| version.starts_with("workspace:")) {
            continue;
        }
        // The key of a second version of a package is the path to it: `parent/name`.
        let direct = graph.is_root(&entry.key);
        manifest.dependencies.push(Dependency {
            alias: (direct && name != &*entry.key).then(|| entry.key.to_string()),
            resolved: version.map(str::to_string),
            scope: scopes.get(&*entry.key).copied().unwrap_or(DependencyScope::Runtime),
            direct,
            ..Dependency::new(Ecosystem::Npm, name, path, entry.key_span.line)
        });
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::manifest::parse;

    fn shown(path: &str, text: &str) -> Vec<(String, String, DependencyScope, bool, u32)> {
        let manifest = parse(path, text).unwrap();
        assert_eq!(manifest.kind, ManifestKind::Lockfile);
        manifest.dependencies.into_iter().map(|d| (d.name, d.resolved.unwrap_or_default(), d.scope, d.direct, d.line)).collect()
    }

    #[test]
    fn version_3() {
        let text = r#"{ "lockfileVersion": 3, "packages": {
  "": { "dependencies": { "express": "^4" }, "devDependencies": { "jest": "^29" } },
  "packages/ui": { "name": "ui", "dependencies": { "react": "^18" } },
  "node_modules/ui": { "resolved": "packages/ui", "link": true },
  "node_modules/express": { "version": "4.19.2" },
  "node_modules/express/node_modules/debug": { "version": "2.6.9" },
  "node_modules/jest": { "version": "29.7.0", "dev": true },
  "node_modules/@types/node": { "version": "20.1.0", "optional": true },
  "node_modules/react": { "version": "18.2.0" }
} }"#;
        use DependencyScope::*;
        assert_eq!(
            shown("package-lock.json", text),
            [
                ("express".into(), "4.19.2".into(), Runtime, true, 5),
                ("debug".into(), "2.6.9".into(), Runtime, false, 6),
                ("jest".into(), "29.7.0".into(), Development, true, 7),
                ("@types/node".into(), "20.1.0".into(), Optional, false, 8),
                ("react".into(), "18.2.0".into(), Runtime, true, 9),
            ]
        );
    }

    #[test]
    fn version_1_nests() {
        let text = r#"{ "lockfileVersion": 1, "dependencies": {
  "send": { "version": "0.18.0",
    "dependencies": {
      "ms": { "version": "2.1.3" } } },
  "mocha": { "version": "10.0.0", "dev": true } } }"#;
        let found = shown("npm-shrinkwrap.json", text);
        assert_eq!(found[1], ("ms".into(), "2.1.3".into(), DependencyScope::Runtime, false, 4));
        assert_eq!(found[2].2, DependencyScope::Development);
    }

    #[test]
    fn bun() {
        let text = r#"{
  "lockfileVersion": 1,
  "workspaces": { "": { "name": "app", "dependencies": { "hono": "^4.0.0" }, "devDependencies": { "eslint": "^9" }, }, },
  "packages": {
    "hono": ["hono@4.1.0", "", {}, "sha512-x"],
    "eslint": ["eslint@9.1.0", "", { "dependencies": { "chalk": "^4" } }, "sha512-y"],
    "chalk": ["chalk@4.1.2", "", {}, "sha512-z"],
    "web": ["web@workspace:packages/web"],
  }
}"#;
        use DependencyScope::*;
        assert_eq!(
            shown("bun.lock", text),
            [
                ("hono".into(), "4.1.0".into(), Runtime, true, 5),
                ("eslint".into(), "9.1.0".into(), Development, true, 6),
                ("chalk".into(), "4.1.2".into(), Development, false, 7),
            ]
        );
    }
}

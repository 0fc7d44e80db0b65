//! `package.json`.

use super::{local_path, split_specifier};
use crate::inventory::document::{Entry, Node};
use crate::inventory::manifest::{Dependency, DependencyScope, Ecosystem, LocalPackage, Manifest, ManifestKind, tree, version};

/// The tables of dependencies and what their members are for.
pub(super) const TABLES: [(&str, DependencyScope); 4] = [
    ("dependencies", DependencyScope::Runtime),
    ("optionalDependencies", DependencyScope::Optional),
    ("peerDependencies", DependencyScope::Optional),
    ("devDependencies", DependencyScope::Development),
];

/// Scripts whose presence says that the package is started, not imported.
const START_SCRIPTS: [&str; 4] = ["start", "start:prod", "start:production", "serve"];

pub(in crate::inventory::manifest) fn package_json(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::json(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::Npm);
    let name = tree::text_of(&document, "name").unwrap_or_default();
    let mut package = LocalPackage::new(Ecosystem::Npm, &name, path);
    for (table, scope) in TABLES {
        for entry in document.get(table).map(Node::entries).unwrap_or_default() {
            manifest.dependencies.push(dependency(path, entry, scope));
            package.local_dependencies.extend(local_dependency(entry));
        }
    }
    package.is_part = !is_started(&document);
    package.has_entry_point = !package.is_part || ["bin", "main"].iter().any(|key| document.get(key).is_some());
    if let Some(workspaces) = document.get("workspaces") {
        package.is_workspace_root = true;
        package.workspace_members = tree::texts(workspaces.get("packages").unwrap_or(workspaces));
    }
    for (runtime_table, member) in [("engines", "node"), ("volta", "node")] {
        if let Some(entry) = document.get(runtime_table).and_then(|table| table.entry(member)) {
            manifest.runtime("nodejs", &entry.value.scalar().unwrap_or_default(), entry.key_span.line);
        }
    }
    manifest.package = Some(package);
    Ok(manifest)
}

/// One member of a dependency table.
fn dependency(path: &str, entry: &Entry, scope: DependencyScope) -> Dependency {
    let written = entry.value.as_str().unwrap_or_default().trim();
    let line = entry.key_span.line;
    let (name, requirement) = match written.strip_prefix("npm:") {
        Some(target) => split_specifier(target),
        None => (&*entry.key, Some(written)),
    };
    let requirement = requirement.filter(|text| !text.is_empty());
    Dependency {
        alias: (name != &*entry.key).then(|| entry.key.to_string()),
        requirement: requirement.map(str::to_string),
        resolved: requirement.and_then(|text| version::exact(Ecosystem::Npm, text)),
        scope,
        ..Dependency::new(Ecosystem::Npm, name, path, line)
    }
}

fn local_dependency(entry: &Entry) -> Option<String> {
    let written = entry.value.as_str()?.trim();
    match local_path(written) {
        Some(path) => Some(path.to_string()),
        None => written.starts_with("workspace:").then(|| entry.key.to_string()),
    }
}

/// `main` is what others import as often as what is started, and `bin` a tool for those who work on it.
fn is_started(document: &Node) -> bool {
    let scripts = document.get("scripts");
    START_SCRIPTS.iter().any(|script| scripts.is_some_and(|scripts| scripts.get(script).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::manifest::parse;

    const SOURCE: &str = r#"{
  "name": "@acme/api",
  "scripts": { "start": "node dist/main.js" },
  "engines": { "node": ">=18 <21" },
  "workspaces": { "packages": ["packages/*"] },
  "dependencies": {
    "express": "4.19.2",
    "lodash": "npm:lodash-es@^4.17.0",
    "@acme/shared": "workspace:*",
    "legacy": "file:../legacy"
  },
  "devDependencies": { "jest": "^29.0.0" },
  "peerDependencies": { "react": "*" },
  "optionalDependencies": { "fsevents": "~2.3.0" }
}"#;

    #[test]
    fn reads_every_table_with_lines_and_scopes() {
        let manifest = parse("api/package.json", SOURCE).unwrap();
        let found: Vec<_> =
            manifest.dependencies.iter().map(|d| (d.name.as_str(), d.requirement.as_deref(), d.scope, d.line)).collect();
        assert_eq!(
            found,
            [
                ("express", Some("4.19.2"), DependencyScope::Runtime, 7),
                ("lodash-es", Some("^4.17.0"), DependencyScope::Runtime, 8),
                ("@acme/shared", Some("workspace:*"), DependencyScope::Runtime, 9),
                ("legacy", Some("file:../legacy"), DependencyScope::Runtime, 10),
                ("fsevents", Some("~2.3.0"), DependencyScope::Optional, 14),
                ("react", Some("*"), DependencyScope::Optional, 13),
                ("jest", Some("^29.0.0"), DependencyScope::Development, 12),
            ]
        );
        assert!(manifest.dependencies.iter().all(|d| d.direct && d.path == "api/package.json"));
        assert_eq!(manifest.dependencies[0].resolved.as_deref(), Some("4.19.2"));
        assert_eq!(manifest.dependencies[1].alias.as_deref(), Some("lodash"));
    }

    #[test]
    fn reads_the_package_itself() {
        let manifest = parse("api/package.json", SOURCE).unwrap();
        let package = manifest.package.unwrap();
        assert_eq!(package.name, "@acme/api");
        assert_eq!(package.local_dependencies, ["@acme/shared", "../legacy"]);
        assert!(package.is_workspace_root && package.has_entry_point);
        assert_eq!(package.workspace_members, ["packages/*"]);
        assert_eq!(manifest.runtime_versions[0].spec, ">=18 <21");
        assert_eq!(manifest.runtime_versions[0].line, 4);
    }

    #[test]
    fn a_library_without_start_has_no_entry_point() {
        let manifest = parse("package.json", r#"{"name":"ui","scripts":{"test":"jest"}}"#).unwrap();
        assert!(!manifest.package.unwrap().has_entry_point);
    }
}

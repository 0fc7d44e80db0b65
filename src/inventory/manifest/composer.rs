//! PHP: `composer.json` and `composer.lock`.

use super::{Dependency, DependencyScope, Ecosystem, LocalPackage, Manifest, ManifestKind, tree, version};
use crate::inventory::document::Node;

/// Names without a vendor are the platform: `php`, `ext-json`, `lib-curl`, `composer-runtime-api`.
fn is_platform(name: &str) -> bool {
    !name.contains('/')
}

pub(super) fn manifest(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::json(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::Composer);
    let name = tree::text_of(&document, "name").unwrap_or_default();
    let mut package = LocalPackage::new(Ecosystem::Composer, &name, path);
    for (table, scope) in [("require", DependencyScope::Runtime), ("require-dev", DependencyScope::Development)] {
        for entry in document.get(table).map(Node::entries).unwrap_or_default() {
            let requirement = entry.value.scalar();
            if &*entry.key == "php" {
                manifest.runtime("php", requirement.as_deref().unwrap_or_default(), entry.key_span.line);
            } else if !is_platform(&entry.key) {
                manifest.dependencies.push(Dependency {
                    resolved: requirement.as_deref().and_then(|text| version::exact(Ecosystem::Composer, text)),
                    requirement: requirement.filter(|text| text != "*"),
                    scope,
                    ..Dependency::new(Ecosystem::Composer, &entry.key, path, entry.key_span.line)
                });
            }
        }
    }
    let repositories = document.get("repositories");
    let listed = repositories.map(Node::items).unwrap_or_default().iter();
    let named = repositories.map(Node::entries).unwrap_or_default().iter().map(|entry| &entry.value);
    for repository in listed.chain(named).filter(|node| tree::text_of(node, "type").as_deref() == Some("path")) {
        package.local_dependencies.extend(tree::text_of(repository, "url"));
    }
    let kind = tree::text_of(&document, "type");
    package.has_entry_point = document.get("bin").is_some() || kind.as_deref() == Some("project");
    manifest.package = Some(package);
    Ok(manifest)
}

pub(super) fn lock(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::json(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Lockfile, Ecosystem::Composer);
    for (table, scope) in [("packages", DependencyScope::Runtime), ("packages-dev", DependencyScope::Development)] {
        for package in document.get(table).map(Node::items).unwrap_or_default() {
            let Some(name) = package.entry("name") else { continue };
            let version = tree::text_of(package, "version");
            manifest.dependencies.push(Dependency {
                resolved: version.map(|version| version.trim_start_matches('v').to_string()),
                scope,
                direct: false,
                ..Dependency::new(Ecosystem::Composer, &name.value.scalar().unwrap_or_default(), path, name.key_span.line)
            });
        }
    }
    if let Some(entry) = document.get("platform").and_then(|platform| platform.entry("php")) {
        manifest.runtime("php", &entry.value.scalar().unwrap_or_default(), entry.key_span.line);
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::manifest::parse;

    #[test]
    fn composer_json() {
        let text = r#"{
 "name": "acme/Shop",
 "type": "project",
 "require": {
  "php": "^8.2",
  "ext-json": "*",
  "Laravel/Framework": "^11.0"
 },
 "require-dev": {
  "phpunit/phpunit": "10.5.1"
 },
 "repositories": [{"type": "path", "url": "../lib"}]
}"#;
        let manifest = parse("composer.json", text).unwrap();
        let found: Vec<_> =
            manifest.dependencies.iter().map(|d| (d.name.as_str(), d.requirement.as_deref(), d.scope, d.line)).collect();
        assert_eq!(
            found,
            [
                ("laravel/framework", Some("^11.0"), DependencyScope::Runtime, 7),
                ("phpunit/phpunit", Some("10.5.1"), DependencyScope::Development, 10),
            ]
        );
        assert_eq!(manifest.dependencies[1].resolved.as_deref(), Some("10.5.1"));
        assert_eq!((manifest.runtime_versions[0].spec.as_str(), manifest.runtime_versions[0].line), ("^8.2", 5));
        let package = manifest.package.unwrap();
        assert_eq!((package.name.as_str(), package.has_entry_point), ("acme/shop", true));
        assert_eq!(package.local_dependencies, ["../lib"]);
    }

    #[test]
    fn composer_lock() {
        let text = r#"{"packages": [
 {"name": "monolog/monolog", "version": "v3.5.0"}],
 "packages-dev": [
 {"name": "mockery/mockery", "version": "1.6.7"}],
 "platform": {"php": "^8.2"}}"#;
        let manifest = parse("composer.lock", text).unwrap();
        let found: Vec<_> =
            manifest.dependencies.iter().map(|d| (d.name.as_str(), d.resolved.as_deref(), d.scope, d.line)).collect();
        assert_eq!(
            found,
            [
                ("monolog/monolog", Some("3.5.0"), DependencyScope::Runtime, 2),
                ("mockery/mockery", Some("1.6.7"), DependencyScope::Development, 4),
            ]
        );
        assert_eq!(manifest.runtime_versions[0].spec, "^8.2");
    }
}

//! What only several files together tell: the version a catalogue, workspace or parent manages, and the version a lockfile chose.
//!
//! Every fact comes from the nearest folder at or above the file that needs it. To link another kind of file, add a step to [`link`].

use super::{Dependency, Ecosystem, Manifest, ManifestKind, version_matches};
use std::collections::{BTreeMap, BTreeSet};

/// Fills in, for the dependencies of every manifest: the packages behind Gradle catalogue aliases, requirements managed elsewhere
/// (Cargo workspaces, dependencyManagement, central NuGet versions, pnpm catalogues), and locked versions. Lockfile entries that a
/// manifest asks for become direct; packages of this repository that others ask for by name and version become local ones. The order
/// of manifests does not matter.
pub fn link(manifests: &mut [Manifest]) {
    link_packages(manifests);
    replace_aliases(manifests);
    tell_parts(manifests);
    manage_requirements(manifests);
    lock_versions(manifests);
}

/// A module of Maven or Gradle that no plugin makes a program is a part of those that use it; one that switches the program off is none.
fn tell_parts(manifests: &mut [Manifest]) {
    let packages = manifests.iter_mut().filter_map(|manifest| manifest.package.as_mut());
    for package in packages.filter(|package| package.ecosystem == Ecosystem::Maven) {
        package.has_entry_point &= !package.is_part;
        package.is_part = !package.has_entry_point;
    }
}

/// Packages of this repository that others ask for as they ask for foreign ones. Coordinates of Maven and paths of Go modules name one
/// package in the world; other names mean the package beside them only in a workspace, whatever version is asked for.
fn link_packages(manifests: &mut [Manifest]) {
    let packages = || manifests.iter().filter_map(|manifest| manifest.package.as_ref().map(|package| (manifest, package)));
    let roots: BTreeSet<(Ecosystem, String)> = packages()
        .filter(|(_, package)| package.is_workspace_root)
        .map(|(manifest, package)| (package.ecosystem, folder(&manifest.path).to_owned()))
        .collect();
    let named: BTreeSet<(Ecosystem, String)> = packages()
        .filter(|(_, package)| !package.name.is_empty())
        .map(|(_, package)| (package.ecosystem, package.name.clone()))
        .collect();
    for manifest in manifests.iter_mut() {
        let Some(package) = &mut manifest.package else { continue };
        let ecosystem = package.ecosystem;
        let in_workspace = || upwards(folder(&manifest.path)).any(|folder| roots.contains(&(ecosystem, folder.to_owned())));
        let looks_beside = match ecosystem {
            Ecosystem::Maven | Ecosystem::Go => true,
            Ecosystem::Npm | Ecosystem::PyPi => in_workspace(),
            _ => false,
        };
        if !looks_beside {
            continue;
        }
        let wanted = manifest.dependencies.iter().filter(|found| found.direct && found.ecosystem == ecosystem);
        let local = wanted.filter(|found| found.name != package.name && named.contains(&(ecosystem, found.name.clone())));
        for name in local.map(|found| &found.name) {
            if !package.local_dependencies.contains(name) {
                package.local_dependencies.push(name.clone());
            }
        }
    }
}

/// The folder of a file, without a final `/`; empty for the root.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A folder and all above it, nearest first.
fn upwards(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |current| (!current.is_empty()).then(|| self::folder(current)))
}

/// How many answers to one question are looked at: hostile files may give a hundred thousand.
const MAX_CANDIDATES: usize = 16;

/// How many members of a bundle are taken, and how many aliases one manifest may use for them to be replaced.
const MAX_BUNDLE: usize = 128;
const MAX_ALIASES: usize = 1000;

/// Facts by the folder that holds them.
type ByFolder<K, V> = BTreeMap<String, BTreeMap<K, Vec<V>>>;

fn nearest<'a, K: Ord, V>(facts: &'a ByFolder<K, V>, path: &str, key: &K) -> Option<&'a Vec<V>> {
    upwards(folder(path)).find_map(|folder| facts.get(folder)?.get(key))
}

/// `libs.x.y` becomes what the version catalogue says; a bundle becomes its members.
fn replace_aliases(manifests: &mut [Manifest]) {
    let mut aliases: ByFolder<String, Dependency> = BTreeMap::new();
    for manifest in manifests.iter().filter(|manifest| manifest.path.ends_with("libs.versions.toml")) {
        // The catalogue stands in `gradle/` and serves the build around that folder.
        let served = folder(&manifest.path);
        let served = if served == "gradle" { "" } else { served.strip_suffix("/gradle").unwrap_or(served) };
        let known = aliases.entry(served.to_string()).or_default();
        for dependency in &manifest.dependencies {
            known.entry(dependency.alias.clone().unwrap_or_default()).or_default().push(dependency.clone());
        }
    }
    let aliases_in = |manifest: &Manifest| manifest.dependencies.iter().filter(|found| found.name.starts_with("libs.")).count();
    for manifest in manifests.iter_mut().filter(|manifest| (1..=MAX_ALIASES).contains(&aliases_in(manifest))) {
        let path = manifest.path.clone();
        let expand = |dependency: Dependency| -> Vec<Dependency> {
            let named = dependency.alias.as_ref().filter(|_| dependency.name.starts_with("libs."));
            let found = named.and_then(|alias| nearest(&aliases, &path, alias));
            match found {
                None => vec![dependency],
                Some(targets) => targets
                    .iter()
                    .take(MAX_BUNDLE)
                    .map(|target| Dependency {
                        name: target.name.clone(),
                        requirement: target.requirement.clone(),
                        resolved: target.resolved.clone(),
                        ..dependency.clone()
                    })
                    .collect(),
            }
        };
        manifest.dependencies = std::mem::take(&mut manifest.dependencies).into_iter().flat_map(expand).collect();
        let starts = manifest.dependencies.iter().any(|found| found.direct && super::maven::starts_something(&found.name));
        manifest.package.iter_mut().for_each(|package| package.has_entry_point |= starts);
    }
}

/// Ecosystems in which a manifest may leave the version to another file.
const MANAGED: [Ecosystem; 4] = [Ecosystem::Cargo, Ecosystem::Maven, Ecosystem::NuGet, Ecosystem::Npm];

/// The name under which a managed version is looked up.
fn managed_key(dependency: &Dependency) -> (Ecosystem, String) {
    let name = match (dependency.ecosystem, &dependency.alias) {
        (Ecosystem::Cargo, Some(alias)) => alias.clone(),
        (Ecosystem::Npm, Some(catalogue)) => format!("{catalogue} {}", dependency.name),
        _ => dependency.name.clone(),
    };
    (dependency.ecosystem, name)
}

fn manage_requirements(manifests: &mut [Manifest]) {
    let mut managed: ByFolder<(Ecosystem, String), Dependency> = BTreeMap::new();
    for manifest in manifests.iter().filter(|manifest| manifest.kind == ManifestKind::Manifest) {
        let here = managed.entry(folder(&manifest.path).to_string()).or_default();
        for dependency in manifest.dependencies.iter().filter(|found| !found.direct && MANAGED.contains(&found.ecosystem)) {
            here.entry(managed_key(dependency)).or_default().push(dependency.clone());
        }
    }
    for manifest in manifests.iter_mut().filter(|manifest| manifest.kind == ManifestKind::Manifest) {
        let mut members = Vec::new();
        for dependency in manifest.dependencies.iter_mut().filter(|found| found.direct && MANAGED.contains(&found.ecosystem)) {
            let key = match dependency.requirement.as_deref() {
                None => managed_key(dependency),
                Some(text) if text.starts_with("catalog:") => {
                    let catalogue = if text == "catalog:default" { "catalog:" } else { text };
                    (Ecosystem::Npm, format!("{catalogue} {}", dependency.name))
                }
                Some(_) => continue,
            };
            let Some(source) = nearest(&managed, &manifest.path, &key).and_then(|found| found.first()) else { continue };
            if dependency.ecosystem == Ecosystem::Cargo {
                dependency.alias.clone_from(&source.alias);
                // The path, if it has one, stands in the workspace and is relative to that; the name finds the same package.
                members.push(source.name.clone());
            }
            dependency.name.clone_from(&source.name);
            dependency.requirement.clone_from(&source.requirement);
            dependency.resolved.clone_from(&source.resolved);
            let inherited = source.features.iter().filter(|feature| !dependency.features.contains(feature));
            let inherited: Vec<String> = inherited.cloned().collect();
            dependency.features.extend(inherited);
        }
        manifest.package.iter_mut().for_each(|package| package.local_dependencies.append(&mut members));
    }
}

/// A locked package: which manifest of the list, which dependency in it.
type Place = (usize, usize);

fn lock_versions(manifests: &mut [Manifest]) {
    let mut locked: ByFolder<(Ecosystem, String), Place> = BTreeMap::new();
    for (file, manifest) in manifests.iter().enumerate().filter(|(_, manifest)| manifest.kind == ManifestKind::Lockfile) {
        let here = locked.entry(folder(&manifest.path).to_string()).or_default();
        for (at, dependency) in manifest.dependencies.iter().enumerate() {
            here.entry((dependency.ecosystem, dependency.name.clone())).or_default().push((file, at));
        }
    }
    let mut asked_for: Vec<Place> = Vec::new();
    for file in 0..manifests.len() {
        if manifests[file].kind != ManifestKind::Manifest || super::pypi::is_requirements_file(&manifests[file].path) {
            continue;
        }
        for at in 0..manifests[file].dependencies.len() {
            let wanted = &manifests[file].dependencies[at];
            let key = (wanted.ecosystem, wanted.name.clone());
            let places = nearest(&locked, &manifests[file].path, &key).filter(|_| wanted.direct);
            let Some(place) = places.and_then(|places| chosen(manifests, wanted, places)) else { continue };
            asked_for.push(place);
            let resolved = manifests[place.0].dependencies[place.1].resolved.clone();
            manifests[file].dependencies[at].resolved = resolved;
        }
    }
    for (file, at) in asked_for {
        manifests[file].dependencies[at].direct = true;
    }
}

/// The locked package that answers a requirement: the one locked for this very range, else one in range, else a direct one, else
/// the first.
fn chosen(manifests: &[Manifest], wanted: &Dependency, places: &[Place]) -> Option<Place> {
    let requirement = wanted.requirement.as_deref().unwrap_or_default();
    let rank = |place: &&Place| {
        let locked = &manifests[place.0].dependencies[place.1];
        let ranges = locked.requirement.as_deref().unwrap_or_default();
        let version = locked.resolved.as_deref().unwrap_or_default();
        let same_range = !requirement.is_empty() && ranges.split(", ").take(MAX_CANDIDATES).any(|range| range == requirement);
        let in_range = version_matches(wanted.ecosystem, version, requirement) == Some(true);
        (!same_range, !in_range, !locked.direct)
    };
    places.iter().take(MAX_CANDIDATES).min_by_key(rank).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::manifest::parse;

    fn linked(files: &[(&str, &str)]) -> Vec<Manifest> {
        let mut manifests: Vec<Manifest> = files.iter().map(|(path, text)| parse(path, text).unwrap()).collect();
        link(&mut manifests);
        manifests
    }

    fn versions(manifest: &Manifest) -> Vec<(&str, Option<&str>, Option<&str>)> {
        manifest.dependencies.iter().map(|d| (d.name.as_str(), d.requirement.as_deref(), d.resolved.as_deref())).collect()
    }

    #[test]
    fn catalogue_aliases_and_bundles() {
        let found = linked(&[
            (
                "app/build.gradle.kts",
                r"plugins { alias(libs.plugins.boot) }
dependencies {
  implementation(libs.spring.web)
  testImplementation(libs.bundles.tests)
}
",
            ),
            (
                "gradle/libs.versions.toml",
                r#"[libraries]
spring-web = "org.x:web:1.0"
junit = "junit:junit:4.13"
mock = "org.m:mock:5.0"
[bundles]
tests = ["junit", "mock"]
[plugins]
boot = "org.springframework.boot:3.2.4"
"#,
            ),
        ]);
        assert_eq!(
            versions(&found[0]),
            [
                ("org.springframework.boot:org.springframework.boot.gradle.plugin", Some("3.2.4"), Some("3.2.4")),
                ("org.x:web", Some("1.0"), Some("1.0")),
                ("junit:junit", Some("4.13"), Some("4.13")),
                ("org.m:mock", Some("5.0"), Some("5.0")),
            ]
        );
        assert_eq!(found[0].dependencies[2].scope, crate::inventory::manifest::DependencyScope::Development);
        assert_eq!(found[0].dependencies[1].path, "app/build.gradle.kts");
        assert!(found[0].package.as_ref().unwrap().has_entry_point);
    }

    #[test]
    fn packages_of_an_npm_workspace_that_are_asked_for_by_version() {
        let api =
            r#"{"name": "api", "dependencies": {"@acme/db": "^1.0.0", "express": "5"}, "devDependencies": {"@acme/lint": "*"}}"#;
        let files = |root| {
            [
                ("package.json", root),
                ("apps/api/package.json", api),
                ("packages/db/package.json", r#"{"name": "@acme/db"}"#),
                ("packages/lint/package.json", r#"{"name": "@acme/lint"}"#),
            ]
        };
        let local = |root| linked(&files(root)).remove(1).package.unwrap().local_dependencies;
        assert_eq!(local(r#"{"workspaces": ["apps/*", "packages/*"]}"#), ["@acme/db", "@acme/lint"]);
        assert!(local(r#"{"name": "root"}"#).is_empty(), "without a workspace they come from the registry");
    }

    #[test]
    fn modules_of_maven_and_go_that_are_asked_for_by_version() {
        let pom = |name: &str, more: &str| {
            format!("<project><groupId>com.acme</groupId><artifactId>{name}</artifactId>{more}</project>")
        };
        let wants = "<dependencies><dependency><groupId>com.acme</groupId><artifactId>core</artifactId><version>1.0</version></dependency>\
             <dependency><groupId>org.acme</groupId><artifactId>core</artifactId><version>1.0</version></dependency></dependencies>";
        let found = linked(&[("api/pom.xml", &pom("api", wants)), ("core/pom.xml", &pom("core", ""))]);
        assert_eq!(found[0].package.as_ref().unwrap().local_dependencies, ["com.acme:core"]);
        let api = "module acme.org/api\nrequire acme.org/core v1.0.0\n";
        let found = linked(&[("api/go.mod", api), ("core/go.mod", "module acme.org/core\n")]);
        assert_eq!(found[0].package.as_ref().unwrap().local_dependencies, ["acme.org/core"]);
    }

    #[test]
    fn modules_of_the_jvm_are_programs_or_parts() {
        let boot = "plugins { id(\"org.springframework.boot\") version \"3.2.4\" }\n";
        let pom = |plugin: &str| {
            format!("<project><artifactId>a</artifactId><build><plugins><plugin>{plugin}</plugin></plugins></build></project>")
        };
        let kind = |path: &str, text: &str| {
            let package = linked(&[(path, text)]).remove(0).package.unwrap();
            (package.has_entry_point, package.is_part)
        };
        assert_eq!(kind("build.gradle.kts", boot), (true, false));
        assert_eq!(kind("build.gradle.kts", &format!("{boot}tasks.bootJar {{ enabled = false }}\n")), (false, true));
        assert_eq!(kind("build.gradle", "plugins { id 'java-library' }\n"), (false, true));
        assert_eq!(kind("pom.xml", &pom("<artifactId>spring-boot-maven-plugin</artifactId>")), (true, false));
        assert_eq!(kind("pom.xml", &pom("<artifactId>maven-compiler-plugin</artifactId>")), (false, true));
        let skipped = "<artifactId>spring-boot-maven-plugin</artifactId><configuration><skip>true</skip></configuration>";
        assert_eq!(kind("pom.xml", &pom(skipped)), (false, true));
        let shaded = "<artifactId>maven-shade-plugin</artifactId><configuration><mainClass>a.Main</mainClass></configuration>";
        assert_eq!(kind("pom.xml", &pom(shaded)), (true, false));
    }

    #[test]
    fn members_that_the_workspace_names() {
        let found = linked(&[
            ("Cargo.toml", "[workspace.dependencies]\ncore = { path = \"crates/core\", package = \"shop-core\" }\n"),
            ("crates/api/Cargo.toml", "[package]\nname = \"api\"\n[dependencies]\ncore.workspace = true\n"),
        ]);
        assert_eq!(found[1].package.as_ref().unwrap().local_dependencies, ["shop-core"]);
        assert_eq!(found[1].dependencies[0].name, "shop-core");
    }

    #[test]
    fn requirements_managed_elsewhere() {
        let found = linked(&[
            (
                "Cargo.toml",
                r#"[workspace]
members = ["a"]
[workspace.dependencies]
json = { package = "serde_json", version = "1.0.9", features = ["std"] }
"#,
            ),
            (
                "a/Cargo.toml",
                r#"[package]
name = "a"
[dependencies]
json = { workspace = true, features = ["raw_value"] }
"#,
            ),
            ("pnpm-workspace.yaml", "catalog:\n  react: ^18.2.0\n"),
            ("web/package.json", "{\"dependencies\": {\"react\": \"catalog:\"}}"),
            (
                "Directory.Packages.props",
                "<Project><ItemGroup><PackageVersion Include=\"Dapper\" Version=\"2.1\"/></ItemGroup></Project>",
            ),
            ("src/a/a.csproj", "<Project><ItemGroup><PackageReference Include=\"dapper\"/></ItemGroup></Project>"),
        ]);
        // A crate renamed by the workspace is known to members by its new name.
        assert_eq!(versions(&found[1]), [("serde_json", Some("1.0.9"), None)]);
        assert_eq!(found[1].dependencies[0].features, ["raw_value", "std"]);
        assert_eq!(found[1].dependencies[0].alias.as_deref(), Some("json"));
        assert_eq!(versions(&found[3]), [("react", Some("^18.2.0"), None)]);
        assert_eq!(versions(&found[5]), [("dapper", Some("2.1"), Some("2.1"))]);
    }

    #[test]
    fn locked_versions_come_from_the_nearest_lockfile() {
        let found = linked(&[
            ("package.json", "{\"dependencies\": {\"ms\": \"^2.1.0\"}}"),
            (
                "yarn.lock",
                r#"ms@2.0.0:
  version "2.0.0"

ms@^2.1.0:
  version "2.1.3"
"#,
            ),
            (
                "api/pyproject.toml",
                r#"[project]
name = "api"
dependencies = ["flask"]
"#,
            ),
            ("api/requirements.txt", "flask\n"),
            (
                "api/poetry.lock",
                r#"[[package]]
name = "flask"
version = "3.0.2"
"#,
            ),
            (
                "poetry.lock",
                r#"[[package]]
name = "flask"
version = "1.0"
"#,
            ),
        ]);
        assert_eq!(versions(&found[0]), [("ms", Some("^2.1.0"), Some("2.1.3"))]);
        assert_eq!(found[1].dependencies.iter().map(|d| d.direct).collect::<Vec<_>>(), [false, true]);
        assert_eq!(versions(&found[2]), [("flask", None, Some("3.0.2"))]);
        assert_eq!(versions(&found[3]), [("flask", None, None)]);
    }
}

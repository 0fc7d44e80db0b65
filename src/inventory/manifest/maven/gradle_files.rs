//! What stands beside a Gradle build script: `settings.gradle`, `libs.versions.toml`, `gradle.lockfile`.

use super::gradle::gradle_path;
use super::{plugin_artifact, versioned};
use crate::inventory::document::Node;
use crate::inventory::manifest::lexer::{self, Kind, Token};
use crate::inventory::manifest::{Dependency, DependencyScope, Ecosystem, LocalPackage, Manifest, ManifestKind, tree};

/// `include(":a", ":b")` and `include ':a', ':b'` list the projects of the build.
pub(in crate::inventory::manifest) fn settings_gradle(path: &str, text: &str) -> Result<Manifest, String> {
    let tokens = lexer::tokens(text, lexer::GRADLE);
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::Maven);
    let mut package = LocalPackage::new(Ecosystem::Maven, "", path);
    let mut including = false;
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Word => including = token.text == "include",
            Kind::Newline => including &= at > 0 && (tokens[at - 1].is_symbol(",") || tokens[at - 1].is_symbol("(")),
            Kind::Text if including => package.workspace_members.push(gradle_path(token.text)),
            Kind::Text if assigns(&tokens[..at], &["rootProject", ".", "name", "="]) => package.name = token.text.to_string(),
            _ => {}
        }
    }
    package.is_workspace_root = !package.workspace_members.is_empty();
    manifest.package = Some(package);
    Ok(manifest)
}

fn assigns(before: &[Token<'_>], words: &[&str]) -> bool {
    before.len() >= words.len() && before[before.len() - words.len()..].iter().zip(words).all(|(token, word)| token.text == *word)
}

/// The version catalogue: what `libs.some.alias` stands for. Nothing here is a dependency until a build script names it.
pub(in crate::inventory::manifest) fn version_catalogue(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::toml(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::Maven);
    let versions = document.get("versions").map(Node::entries).unwrap_or_default();
    let versions = versions.iter().map(|entry| (&*entry.key, rich_version(&entry.value))).collect();
    for entry in document.get("libraries").map(Node::entries).unwrap_or_default() {
        let stated = &entry.value;
        let module = tree::text_of(stated, "module")
            .or_else(|| Some(format!("{}:{}", tree::text_of(stated, "group")?, tree::text_of(stated, "name")?)));
        let (name, version) = match (module, stated.as_str()) {
            (Some(module), _) => (module, version_of(stated, &versions)),
            (None, Some(coordinates)) => split_coordinates(coordinates),
            _ => continue,
        };
        push(&mut manifest, &name, version, accessor(&entry.key), entry.key_span.line, DependencyScope::Runtime);
    }
    bundles(&document, &mut manifest);
    for entry in document.get("plugins").map(Node::entries).unwrap_or_default() {
        let stated = &entry.value;
        let (id, version) = match (tree::text_of(stated, "id"), stated.as_str()) {
            (Some(id), _) => (id, version_of(stated, &versions)),
            (None, Some(text)) => {
                let (id, version) = text.split_once(':').unwrap_or((text, ""));
                (id.to_string(), Some(version.to_string()))
            }
            _ => continue,
        };
        let alias = format!("plugins.{}", accessor(&entry.key));
        push(&mut manifest, &plugin_artifact(&id), version, alias, entry.key_span.line, DependencyScope::Build);
    }
    Ok(manifest)
}

/// A bundle is an alias with several meanings: its members stand again under the bundle's accessor.
fn bundles(document: &Node, manifest: &mut Manifest) {
    let mut members: Vec<Dependency> = Vec::new();
    let known: std::collections::BTreeMap<String, &Dependency> =
        manifest.dependencies.iter().map(|library| (library.alias.clone().unwrap_or_default(), library)).collect();
    for bundle in document.get("bundles").map(Node::entries).unwrap_or_default() {
        let alias = format!("bundles.{}", accessor(&bundle.key));
        let libraries = tree::texts(&bundle.value).into_iter().filter_map(|member| known.get(&accessor(&member)).copied());
        members.extend(libraries.map(|library| Dependency {
            alias: Some(alias.clone()),
            line: bundle.key_span.line,
            ..library.clone()
        }));
    }
    manifest.dependencies.extend(members);
}

type Versions<'a> = std::collections::BTreeMap<&'a str, Option<String>>;

fn push(manifest: &mut Manifest, name: &str, version: Option<String>, alias: String, line: u32, scope: DependencyScope) {
    let dependency = versioned(name, version.as_deref(), &manifest.path, line);
    manifest.dependencies.push(Dependency { alias: Some(alias), scope, direct: false, ..dependency });
}

/// `spring-boot_web` is reached as `spring.boot.web`.
fn accessor(alias: &str) -> String {
    alias.replace(['-', '_'], ".")
}

fn split_coordinates(text: &str) -> (String, Option<String>) {
    let mut parts = text.split(':');
    let name = format!("{}:{}", parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    (name, parts.next().map(str::to_string))
}

/// `version = "1"`, `version = { ref = "x" }` (also written `version.ref = "x"`), or a rich version.
fn version_of(stated: &Node, versions: &Versions<'_>) -> Option<String> {
    let version = stated.get("version")?;
    match version.get("ref").and_then(Node::as_str) {
        Some(name) => versions.get(name).cloned().flatten(),
        None => rich_version(version),
    }
}

/// A text, or the most binding of `strictly`, `require` and `prefer`.
fn rich_version(version: &Node) -> Option<String> {
    version.scalar().or_else(|| ["strictly", "require", "prefer"].iter().find_map(|key| tree::text_of(version, key)))
}

/// Lines `group:artifact:version=configuration,configuration`.
pub(in crate::inventory::manifest) fn gradle_lockfile(path: &str, text: &str) -> Result<Manifest, String> {
    let mut manifest = Manifest::new(path, ManifestKind::Lockfile, Ecosystem::Maven);
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or(line).trim();
        let Some((coordinates, configurations)) = line.split_once('=') else { continue };
        let [group, artifact, version] = coordinates.split(':').collect::<Vec<_>>()[..] else { continue };
        manifest.dependencies.push(Dependency {
            resolved: Some(version.to_string()),
            scope: locked_scope(configurations),
            direct: false,
            ..Dependency::new(Ecosystem::Maven, &format!("{group}:{artifact}"), path, number)
        });
    }
    Ok(manifest)
}

fn locked_scope(configurations: &str) -> DependencyScope {
    let names: Vec<String> = configurations.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
    let is_test = |name: &String| name.contains("test");
    if names.iter().any(|name| !is_test(name) && (name.contains("runtime") || name == "default")) {
        DependencyScope::Runtime
    } else if names.iter().all(is_test) {
        DependencyScope::Development
    } else {
        DependencyScope::Build
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::manifest::parse;

    #[test]
    fn settings_list_members() {
        let text = r#"rootProject.name = 'shop'
include ':api', ':libs:core'
include(
  ":worker"
)
includeBuild('tools')
"#;
        let package = parse("settings.gradle", text).unwrap().package.unwrap();
        assert_eq!((package.name.as_str(), package.is_workspace_root), ("shop", true));
        assert_eq!(package.workspace_members, ["./api", "./libs/core", "./worker"]);
    }

    #[test]
    fn catalogue_entries() {
        let text = r#"[versions]
spring = "3.2.4"
kotlin = { strictly = "1.9.23" }
[libraries]
spring-boot-web = { module = "org.springframework.boot:spring-boot-starter-web", version.ref = "spring" }
guava = "com.google.guava:guava:33.0.0-jre"
junit = { group = "junit", name = "junit", version = "4.13" }
[plugins]
kotlin-jvm = { id = "org.jetbrains.kotlin.jvm", version.ref = "kotlin" }
"#;
        let manifest = parse("gradle/libs.versions.toml", text).unwrap();
        let found: Vec<_> = manifest
            .dependencies
            .iter()
            .map(|d| (d.name.as_str(), d.requirement.as_deref(), d.alias.as_deref().unwrap_or_default(), d.direct, d.line))
            .collect();
        assert_eq!(
            found,
            [
                ("org.springframework.boot:spring-boot-starter-web", Some("3.2.4"), "spring.boot.web", false, 5),
                ("com.google.guava:guava", Some("33.0.0-jre"), "guava", false, 6),
                ("junit:junit", Some("4.13"), "junit", false, 7),
                (
                    "org.jetbrains.kotlin.jvm:org.jetbrains.kotlin.jvm.gradle.plugin",
                    Some("1.9.23"),
                    "plugins.kotlin.jvm",
                    false,
                    9
                ),
            ]
        );
    }

    #[test]
    fn lockfile_scopes() {
        let text = r"# comment
org.x:a:1.0=compileClasspath,runtimeClasspath
org.x:b:2.0=testRuntimeClasspath
org.x:c:3=annotationProcessor
empty=d
";
        let manifest = parse("gradle.lockfile", text).unwrap();
        let found: Vec<_> = manifest.dependencies.iter().map(|d| (d.name.as_str(), d.scope, d.line)).collect();
        use DependencyScope::*;
        assert_eq!(found, [("org.x:a", Runtime, 2), ("org.x:b", Development, 3), ("org.x:c", Build, 4)]);
    }
}

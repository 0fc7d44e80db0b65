//! `build.gradle` and `build.gradle.kts`.
//!
//! The script is not run. What counts are `dependencies { … }` and `plugins { … }` blocks, string variables used in versions, and the
//! places where the Java version is set. To teach a configuration, see [`scope_of`].

use super::{plugin_artifact, versioned};
use crate::inventory::manifest::lexer::{self, Kind, Token};
use crate::inventory::manifest::{Dependency, DependencyScope, Ecosystem, LocalPackage, Manifest, ManifestKind};
use std::collections::BTreeMap;

/// Plugins that turn the project into something that is started.
const APPLICATION_PLUGINS: [&str; 7] = [
    "application",
    "org.springframework.boot",
    "io.quarkus",
    "io.micronaut.application",
    "io.ktor.plugin",
    "war",
    "com.android.application",
];

/// Longer coordinates and values are not looked into, so that a hostile script cannot multiply texts.
const MAX_COORDINATES: usize = 512;
const MAX_VALUE: usize = 64;

pub(in crate::inventory::manifest) fn build_gradle(path: &str, text: &str) -> Result<Manifest, String> {
    let tokens: Vec<Token<'_>> =
        lexer::tokens(text, lexer::GRADLE).into_iter().filter(|token| token.kind != Kind::Newline).collect();
    let mut reader = Reader {
        manifest: Manifest::new(path, ManifestKind::Manifest, Ecosystem::Maven),
        package: LocalPackage::new(Ecosystem::Maven, "", path),
        variables: variables(&tokens),
    };
    // The name before the brace of every open block.
    let mut blocks: Vec<&str> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "{" if token.kind == Kind::Symbol => blocks.push(block_name(&tokens[..at])),
            "}" if token.kind == Kind::Symbol => {
                blocks.pop();
            }
            "bootJar" | "bootWar" if is_switched_off(&tokens[at + 1..]) => reader.package.is_part = true,
            _ if token.kind == Kind::Word => {
                let is_member = at > 0 && tokens[at - 1].is_symbol(".");
                reader.word(&tokens[at..], &blocks, is_member);
            }
            _ => {}
        }
    }
    let mut manifest = reader.manifest;
    manifest.package = Some(reader.package);
    Ok(manifest)
}

/// `name {`, `name("x") {` → `name`.
fn block_name<'a>(before: &[Token<'a>]) -> &'a str {
    let mut tokens = before.iter().rev().take(4);
    match tokens.next() {
        Some(token) if token.kind == Kind::Word => token.text,
        Some(token) if token.is_symbol(")") => tokens.find(|token| token.kind == Kind::Word).map_or("", |token| token.text),
        _ => "",
    }
}

/// Every `name = "text"` of the script; `ext`, `val`, `def` and `extra["name"]` all end in that.
fn variables<'a>(tokens: &[Token<'a>]) -> BTreeMap<&'a str, &'a str> {
    let mut found = BTreeMap::new();
    for (at, token) in tokens.iter().enumerate() {
        let [equals, value, ..] = &tokens[(at + 1).min(tokens.len())..] else { continue };
        if token.kind == Kind::Word && equals.is_symbol("=") && value.kind == Kind::Text {
            found.insert(token.text, value.text);
        }
        if token.kind == Kind::Text && equals.is_symbol("]") && value.is_symbol("=") {
            tokens.get(at + 3).filter(|text| text.kind == Kind::Text).and_then(|text| found.insert(token.text, text.text));
        }
    }
    found.retain(|_, value| value.len() <= MAX_VALUE);
    found
}

/// Whether the artifact `name` is that of a plugin that makes an application.
pub(in crate::inventory::manifest) fn starts_something(name: &str) -> bool {
    APPLICATION_PLUGINS.iter().any(|id| name == plugin_artifact(id))
}

/// What a configuration makes of its dependencies; `None` for a word that is no configuration.
fn scope_of(configuration: &str) -> Option<DependencyScope> {
    let lower = configuration.to_ascii_lowercase();
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| lower.ends_with(suffix));
    if !ends(&[
        "implementation",
        "api",
        "compile",
        "runtime",
        "runtimeonly",
        "compileonly",
        "compileonlyapi",
        "annotationprocessor",
        "classpath",
        "kapt",
        "ksp",
        "developmentonly",
    ]) {
        return None;
    }
    Some(if lower.contains("test") || lower == "developmentonly" || lower.starts_with("debug") {
        DependencyScope::Development
    } else if ends(&["compileonly", "compileonlyapi", "annotationprocessor", "classpath", "kapt", "ksp"]) {
        DependencyScope::Build
    } else {
        DependencyScope::Runtime
    })
}

/// `first.second.third` → `second.third`.
fn members(tokens: &[Token<'_>]) -> String {
    let pairs = tokens[1..].chunks_exact(2).take(12);
    let names = pairs.take_while(|pair| pair[0].is_symbol(".") && pair[1].kind == Kind::Word && pair[1].text != "get");
    names.map(|pair| pair[1].text).collect::<Vec<_>>().join(".")
}

/// `… apply false` behind a plugin only fixes its version for other build scripts.
fn only_fixes_version(plugin: &[Token<'_>]) -> bool {
    let starts_another = |pair: &[Token<'_>]| !pair[0].is_symbol(".") && matches!(pair[1].text, "id" | "kotlin" | "alias" | "}");
    let mut own = plugin.windows(2).take(24).take_while(|pair| !starts_another(pair));
    own.any(|pair| pair[0].is_word("apply") && pair[1].is_word("false"))
}

/// `{ enabled = false }`, `.enabled = false`, `) { enabled.set(false) }` behind the name of a task.
fn is_switched_off(after: &[Token<'_>]) -> bool {
    let mut rest = after.iter().skip_while(|token| matches!(token.text, ")" | "{" | "."));
    let is_switch = rest.next().is_some_and(|token| token.is_word("enabled") || token.is_word("isEnabled"));
    is_switch
        && rest.take(4).find(|token| token.kind == Kind::Word && token.text != "set").is_some_and(|word| word.is_word("false"))
}

struct Reader<'a> {
    manifest: Manifest,
    package: LocalPackage,
    variables: BTreeMap<&'a str, &'a str>,
}

impl<'a> Reader<'a> {
    /// A word and what follows it, inside `blocks`; `is_member` if a `.` stands before it.
    fn word(&mut self, tokens: &[Token<'a>], blocks: &[&str], is_member: bool) {
        let word = tokens[0];
        match blocks.last().copied().filter(|_| !is_member) {
            Some("dependencies" | "constraints") => {
                if let Some(scope) = scope_of(word.text) {
                    self.dependency(tokens, scope, blocks);
                }
            }
            Some("plugins") if matches!(word.text, "id" | "kotlin" | "alias" | "application" | "war") => self.plugin(tokens),
            _ => {}
        }
        match word.text {
            "apply" => self.applied(&tokens[1..]),
            "mainClass" | "mainClassName" => self.package.has_entry_point = true,
            "sourceCompatibility" | "jvmTarget" | "JavaLanguageVersion" | "jvmToolchain" => self.java_version(tokens),
            _ => {}
        }
    }

    /// `configuration("g:a:v")`, `configuration platform("g:a:v")`, `configuration group: "g", name: "a", version: "v"`,
    /// `configuration project(":x")`, `configuration(libs.some.alias)`; several may follow, separated by commas.
    fn dependency(&mut self, tokens: &[Token<'a>], scope: DependencyScope, blocks: &[&str]) {
        let line = tokens[0].line;
        let mut rest = &tokens[1..];
        while let Some(next) = rest.first() {
            if !(next.is_symbol("(") || next.is_word("platform") || next.is_word("enforcedPlatform")) {
                break;
            }
            rest = &rest[1..];
        }
        let Some(first) = rest.first() else { return };
        let following = rest.get(2).filter(|_| rest.get(1).is_some_and(|token| token.is_symbol("(")));
        let text = following.filter(|token| token.kind == Kind::Text).map(|token| token.text);
        let dependency = match (first.kind, first.text) {
            (Kind::Text, _) => {
                for pair in rest.chunks(2).take_while(|pair| pair[0].kind == Kind::Text) {
                    let dependency = self.coordinates(pair[0].text, pair[0].line);
                    self.push(dependency, scope, blocks);
                    if !pair.get(1).is_some_and(|token| token.is_symbol(",")) {
                        break;
                    }
                }
                return;
            }
            (Kind::Word, "project") => {
                let named = rest.iter().take(6).find(|token| token.kind == Kind::Text).map(|token| token.text);
                self.package.local_dependencies.extend(named.map(project_path));
                return;
            }
            (Kind::Word, "kotlin") => text.map(|module| {
                let version = rest.get(4).filter(|token| token.kind == Kind::Text).map(|token| self.resolved(token.text));
                versioned(&format!("org.jetbrains.kotlin:kotlin-{module}"), version.as_deref(), &self.manifest.path, line)
            }),
            (Kind::Word, "projects") => {
                self.package.local_dependencies.push(project_path(&members(rest).replace('.', ":")));
                return;
            }
            (Kind::Word, "libs") => Some(self.accessor(rest)),
            (Kind::Word, "group") => self.map_notation(rest, line),
            _ => None,
        };
        self.push(dependency, scope, blocks);
    }

    fn push(&mut self, dependency: Option<Dependency>, scope: DependencyScope, blocks: &[&str]) {
        // `buildscript` stands near the top; a limit keeps deep nesting cheap.
        let scope = if blocks.iter().take(16).any(|block| *block == "buildscript") { DependencyScope::Build } else { scope };
        let direct = blocks.last() != Some(&"constraints");
        self.manifest.dependencies.extend(dependency.map(|dependency| Dependency { scope, direct, ..dependency }));
    }

    /// `group:artifact[:version[:classifier]][@extension]`.
    fn coordinates(&self, text: &str, line: u32) -> Option<Dependency> {
        let text = self.resolved(text);
        let mut parts = text.split('@').next()?.split(':');
        let (group, artifact) = (parts.next()?, parts.next()?);
        let well_formed = !group.is_empty() && !artifact.is_empty();
        well_formed.then(|| versioned(&format!("{group}:{artifact}"), parts.next(), &self.manifest.path, line))
    }

    fn map_notation(&self, tokens: &[Token<'a>], line: u32) -> Option<Dependency> {
        let member = |name: &str| {
            let at = tokens.iter().take(16).position(|token| token.is_word(name))?;
            tokens.get(at + 2).filter(|token| token.kind == Kind::Text).map(|token| self.resolved(token.text))
        };
        let name = format!("{}:{}", member("group")?, member("name")?);
        Some(versioned(&name, member("version").as_deref(), &self.manifest.path, line))
    }

    /// `libs.spring.boot.web`: an alias of the version catalogue, which `link` replaces by what it stands for.
    fn accessor(&self, tokens: &[Token<'a>]) -> Dependency {
        let alias = members(tokens);
        let name = format!("libs.{alias}");
        Dependency { alias: Some(alias), ..Dependency::new(Ecosystem::Maven, &name, &self.manifest.path, tokens[0].line) }
    }

    /// `id("x") version "1"`, `id 'x' version '1'`, `kotlin("jvm") version "1"`, `alias(libs.plugins.x)`, `application`.
    fn plugin(&mut self, tokens: &[Token<'a>]) {
        let word = tokens[0];
        if matches!(word.text, "application" | "war") {
            self.package.has_entry_point = true;
            return;
        }
        let rest = if tokens.get(1).is_some_and(|token| token.is_symbol("(")) { &tokens[2..] } else { &tokens[1..] };
        let Some(first) = rest.first() else { return };
        let dependency = if word.is_word("alias") && first.is_word("libs") {
            self.accessor(rest)
        } else if first.kind == Kind::Text {
            let id = if word.is_word("kotlin") { format!("org.jetbrains.kotlin.{}", first.text) } else { first.text.to_string() };
            if !id.contains('.') {
                // Part of Gradle itself.
                return;
            }
            let after: Vec<&Token<'a>> = rest[1..].iter().filter(|token| !token.is_symbol(")")).take(2).collect();
            let version = match after.as_slice() {
                [version, value] if version.is_word("version") && value.kind == Kind::Text => Some(self.resolved(value.text)),
                _ => None,
            };
            versioned(&plugin_artifact(&id), version.as_deref(), &self.manifest.path, word.line)
        } else {
            return;
        };
        let direct = !only_fixes_version(rest);
        self.package.has_entry_point |= direct && starts_something(&dependency.name);
        self.manifest.dependencies.push(Dependency { scope: DependencyScope::Build, direct, ..dependency });
    }

    /// `apply plugin: 'x'` and `apply(plugin = "x")`.
    fn applied(&mut self, tokens: &[Token<'a>]) {
        let named = tokens.iter().take(2).position(|token| token.is_word("plugin"));
        let plugin = named.and_then(|at| tokens[at..].iter().take(3).find(|token| token.kind == Kind::Text));
        self.package.has_entry_point |= plugin.is_some_and(|token| APPLICATION_PLUGINS.contains(&token.text));
    }

    /// `sourceCompatibility = "17"`, `= JavaVersion.VERSION_17`, `JavaLanguageVersion.of(17)`, `jvmToolchain(17)`.
    fn java_version(&mut self, tokens: &[Token<'a>]) {
        let version = tokens[1..].iter().take(5).find_map(|token| {
            let text = token.text.strip_prefix("VERSION_").unwrap_or(token.text);
            let is_version = token.kind != Kind::Symbol && text.starts_with(|c: char| c.is_ascii_digit());
            is_version.then(|| text.replace('_', "."))
        });
        self.manifest.runtime("java", &version.unwrap_or_default(), tokens[0].line);
    }

    /// Replaces `$name` and `${name}` where the script assigns the name a text; one level, and only in texts of sane length.
    fn resolved(&self, text: &str) -> String {
        if text.len() > MAX_COORDINATES {
            return text.to_string();
        }
        let mut result = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            result.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let (name, end) = match after.strip_prefix('{') {
                Some(inside) => inside.split_once('}').map_or((inside, after.len()), |(name, _)| (name, name.len() + 2)),
                None => {
                    let end = after.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(after.len());
                    (&after[..end], end)
                }
            };
            let last = name.trim_end_matches(['"', '\'', ']', ')']).rsplit(['.', '"', '\'']).next().unwrap_or(name);
            match self.variables.get(last) {
                Some(value) => result.push_str(value),
                None => result.push_str(&rest[at..at + 1 + end]),
            }
            rest = &after[end..];
        }
        result.push_str(rest);
        result
    }
}

/// The absolute path of a project: `libs:core` → `:libs:core`.
fn project_path(project: &str) -> String {
    format!(":{}", project.trim_start_matches(':'))
}

/// `:libs:core` → `libs/core`, with a leading `./` so that it reads as a path.
pub(super) fn gradle_path(project: &str) -> String {
    format!("./{}", project.trim_start_matches(':').replace(':', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::manifest::parse;
    use DependencyScope::*;

    fn shown(path: &str, text: &str) -> Vec<(String, Option<String>, DependencyScope, bool, u32)> {
        parse(path, text).unwrap().dependencies.into_iter().map(|d| (d.name, d.requirement, d.scope, d.direct, d.line)).collect()
    }

    #[test]
    fn groovy() {
        let text = r#"buildscript {
  ext.kotlin_version = '1.9.0'
  dependencies { classpath "org.jetbrains.kotlin:kotlin-gradle-plugin:$kotlin_version" }
}
plugins {
  id 'org.springframework.boot' version '3.2.4'
}
sourceCompatibility = '17'
dependencies {
  implementation 'org.springframework.boot:spring-boot-starter-web', 'org.x:y:1.0@aar'
  // implementation 'no:no:1'
  testImplementation group: 'junit', name: 'junit', version: '4.13'
  developmentOnly 'org.springframework.boot:spring-boot-devtools'
  annotationProcessor("org.projectlombok:lombok:${lombok}")
  implementation project(':libs:core')
  constraints {
    implementation 'org.z:z:2.0'
  }
}
"#;
        assert_eq!(
            shown("build.gradle", text),
            [
                ("org.jetbrains.kotlin:kotlin-gradle-plugin".into(), Some("1.9.0".into()), Build, true, 3),
                ("org.springframework.boot:org.springframework.boot.gradle.plugin".into(), Some("3.2.4".into()), Build, true, 6),
                ("org.springframework.boot:spring-boot-starter-web".into(), None, Runtime, true, 10),
                ("org.x:y".into(), Some("1.0".into()), Runtime, true, 10),
                ("junit:junit".into(), Some("4.13".into()), Development, true, 12),
                ("org.springframework.boot:spring-boot-devtools".into(), None, Development, true, 13),
                ("org.projectlombok:lombok".into(), Some("${lombok}".into()), Build, true, 14),
                ("org.z:z".into(), Some("2.0".into()), Runtime, false, 17),
            ]
        );
        let manifest = parse("build.gradle", text).unwrap();
        assert_eq!((manifest.runtime_versions[0].spec.as_str(), manifest.runtime_versions[0].line), ("17", 8));
        let package = manifest.package.unwrap();
        assert!(package.has_entry_point);
        assert_eq!(package.local_dependencies, [":libs:core"]);
    }

    #[test]
    fn kotlin() {
        let text = r#"val ktor = "2.3.9"
plugins {
  kotlin("jvm") version "1.9.23"
  alias(libs.plugins.android.application) apply false
  id("org.jetbrains.kotlin.kapt")
  application
}
java { toolchain { languageVersion = JavaLanguageVersion.of(21) } }
dependencies {
  implementation(platform("io.ktor:ktor-bom:$ktor"))
  implementation(libs.ktor.server)
  testImplementation(kotlin("test"))
  implementation(project(":core"))
  implementation(projects.core.data)
}
"#;
        assert_eq!(
            shown("build.gradle.kts", text),
            [
                ("org.jetbrains.kotlin.jvm:org.jetbrains.kotlin.jvm.gradle.plugin".into(), Some("1.9.23".into()), Build, true, 3),
                ("libs.plugins.android.application".into(), None, Build, false, 4),
                ("org.jetbrains.kotlin.kapt:org.jetbrains.kotlin.kapt.gradle.plugin".into(), None, Build, true, 5),
                ("io.ktor:ktor-bom".into(), Some("2.3.9".into()), Runtime, true, 10),
                ("libs.ktor.server".into(), None, Runtime, true, 11),
                ("org.jetbrains.kotlin:kotlin-test".into(), None, Development, true, 12),
            ]
        );
        let manifest = parse("build.gradle.kts", text).unwrap();
        assert_eq!(manifest.runtime_versions[0].spec, "21");
        let package = manifest.package.unwrap();
        assert!(package.has_entry_point);
        assert_eq!(package.local_dependencies, [":core", ":core:data"]);
    }

    #[test]
    fn a_root_script_that_only_fixes_versions_starts_nothing() {
        let text = "plugins {\n  alias(libs.plugins.android.application) apply false\n  id(\"org.springframework.boot\") version \"3.2.4\" apply false\n}\n";
        let manifest = parse("build.gradle.kts", text).unwrap();
        assert!(!manifest.package.unwrap().has_entry_point);
        assert!(manifest.dependencies.iter().all(|found| !found.direct));
    }

    #[test]
    fn a_module_whose_program_is_switched_off_is_a_part() {
        for off in [
            "bootJar { enabled = false }",
            "tasks.bootJar { enabled = false }",
            "bootJar.enabled = false",
            "tasks.named(\"bootJar\") { enabled = false }",
            "tasks.named<BootJar>(\"bootJar\") { enabled.set(false) }",
            "tasks.getByName('bootJar') {\n  enabled = false\n}",
        ] {
            let text = format!("plugins {{ id(\"org.springframework.boot\") }}\n{off}\n");
            assert!(parse("build.gradle.kts", &text).unwrap().package.unwrap().is_part, "{off}");
        }
        for on in
            ["bootJar { archiveFileName = 'a.jar'; enabled = true }", "bootJar { enabled = true }", "jar { enabled = false }"]
        {
            assert!(!parse("build.gradle", on).unwrap().package.unwrap().is_part, "{on}");
        }
    }
}

//! `pom.xml`.
//!
//! Properties of the same file are filled in; what a parent defines stays `${…}`, and `link` takes managed versions from there.

use super::versioned;
use crate::inventory::document::position::Lines;
use crate::inventory::manifest::xml::{self, Node};
use crate::inventory::manifest::{Dependency, DependencyScope, Ecosystem, LocalPackage, Manifest, ManifestKind};
use std::collections::BTreeMap;

/// Properties that say which Java is compiled for.
const JAVA_PROPERTIES: [&str; 4] = ["java.version", "maven.compiler.release", "maven.compiler.target", "jdk.version"];

/// Plugins that make something which is started.
const APPLICATION_PLUGINS: [&str; 4] =
    ["spring-boot-maven-plugin", "quarkus-maven-plugin", "micronaut-maven-plugin", "jib-maven-plugin"];

/// Properties may use properties; deeper chains and longer values stay as they are.
const MAX_ROUNDS: usize = 6;
const MAX_VALUE: usize = 512;

pub(in crate::inventory::manifest) fn pom(path: &str, text: &str) -> Result<Manifest, String> {
    xml::with_root(text, |project, lines| {
        let reader = Reader { project, lines, path, properties: properties(project) };
        reader.manifest()
    })
}

struct Reader<'a, 'i> {
    project: Node<'a, 'i>,
    lines: &'a Lines<'a>,
    path: &'a str,
    properties: BTreeMap<String, &'a str>,
}

fn properties<'a>(project: Node<'a, '_>) -> BTreeMap<String, &'a str> {
    let mut found = BTreeMap::new();
    let parent = xml::at(project, &["parent"]);
    for name in ["groupId", "version", "artifactId"] {
        let inherited = parent.and_then(|parent| xml::text(parent, name));
        let own = xml::text(project, name);
        for (key, value) in [(format!("project.{name}"), own.or(inherited)), (format!("project.parent.{name}"), inherited)] {
            if let Some(value) = value {
                found.insert(key, value);
            }
        }
    }
    for property in xml::at(project, &["properties"]).into_iter().flat_map(|node| node.children()) {
        if let Some(value) = xml::own_text(property).filter(|_| property.is_element()) {
            found.insert(property.tag_name().name().to_string(), value);
        }
    }
    found.retain(|_, value| value.len() <= MAX_VALUE);
    found
}

impl<'a, 'i> Reader<'a, 'i> {
    fn manifest(&self) -> Manifest {
        let mut manifest = Manifest::new(self.path, ManifestKind::Manifest, Ecosystem::Maven);
        let group = self.properties.get("project.groupId").copied().unwrap_or_default();
        let artifact = xml::text(self.project, "artifactId").unwrap_or_default();
        let name = if artifact.is_empty() { String::new() } else { format!("{}:{}", self.filled(group), self.filled(artifact)) };
        let mut package = LocalPackage::new(Ecosystem::Maven, &name, self.path);

        self.parent(&mut manifest);
        self.dependencies(self.project, &mut manifest, &mut package);
        self.managed(&mut manifest);
        self.plugins(&mut manifest, &mut package);
        for profile in self.each(self.project, &["profiles"], "profile") {
            let first = manifest.dependencies.len();
            self.dependencies(profile, &mut manifest, &mut package);
            for dependency in manifest.dependencies[first..].iter_mut().filter(|found| found.scope == DependencyScope::Runtime) {
                dependency.scope = DependencyScope::Optional;
            }
        }
        package.workspace_members =
            self.each(self.project, &["modules"], "module").filter_map(xml::own_text).map(|module| self.filled(module)).collect();
        package.is_workspace_root = !package.workspace_members.is_empty();
        package.has_entry_point |= matches!(xml::text(self.project, "packaging"), Some("war" | "ear"));
        self.java(&mut manifest);
        manifest.package = Some(package);
        manifest
    }

    /// Every element `name` in the list at `list`.
    fn each(&self, from: Node<'a, 'i>, list: &[&str], name: &'static str) -> impl Iterator<Item = Node<'a, 'i>> + use<'a, 'i> {
        xml::at(from, list).into_iter().flat_map(move |node| xml::children(node, name))
    }

    fn parent(&self, manifest: &mut Manifest) {
        let Some(parent) = xml::at(self.project, &["parent"]) else { return };
        if let Some(dependency) = self.read(parent, None) {
            manifest.dependencies.push(Dependency { scope: DependencyScope::Build, ..dependency });
        }
        match xml::at(parent, &["relativePath"]) {
            Some(relative) => manifest.includes.extend(xml::own_text(relative).map(str::to_string)),
            None => manifest.includes.push("../pom.xml".to_string()),
        }
    }

    fn dependencies(&self, from: Node<'a, 'i>, manifest: &mut Manifest, package: &mut LocalPackage) {
        for node in self.each(from, &["dependencies"], "dependency") {
            let Some(dependency) = self.read(node, None) else { continue };
            let of_this_build = matches!(xml::text(node, "version"), Some("${project.version}" | "${revision}"))
                || matches!(xml::text(node, "groupId"), Some("${project.groupId}" | "${project.parent.groupId}"));
            if of_this_build {
                package.local_dependencies.push(dependency.name.clone());
            }
            manifest.dependencies.push(dependency);
        }
    }

    /// dependencyManagement: versions for whoever asks, and imported lists of such versions.
    fn managed(&self, manifest: &mut Manifest) {
        for node in self.each(self.project, &["dependencyManagement", "dependencies"], "dependency") {
            if let Some(dependency) = self.read(node, None) {
                manifest.dependencies.push(Dependency { direct: false, ..dependency });
            }
        }
    }

    fn plugins(&self, manifest: &mut Manifest, package: &mut LocalPackage) {
        for node in self.each(self.project, &["build", "plugins"], "plugin") {
            let artifact = xml::text(node, "artifactId").unwrap_or_default();
            let names_main_class = || node.descendants().any(|inner| inner.tag_name().name() == "mainClass");
            let is_skipped = xml::at(node, &["configuration"]).and_then(|options| xml::text(options, "skip")) == Some("true");
            package.has_entry_point |= !is_skipped && (APPLICATION_PLUGINS.contains(&artifact) || names_main_class());
            if let Some(dependency) = self.read(node, Some("org.apache.maven.plugins")) {
                manifest.dependencies.push(Dependency { scope: DependencyScope::Build, ..dependency });
            }
        }
    }

    /// `groupId`, `artifactId`, `version`, `scope` and `optional` of one element.
    fn read(&self, node: Node<'a, 'i>, default_group: Option<&'a str>) -> Option<Dependency> {
        let group = self.filled(xml::text(node, "groupId").or(default_group)?);
        let artifact = self.filled(xml::text(node, "artifactId")?);
        let version = xml::text(node, "version").map(|version| self.filled(version));
        let scope = match xml::text(node, "scope") {
            Some("test") => DependencyScope::Development,
            Some("provided" | "import") => DependencyScope::Build,
            _ if xml::text(node, "optional") == Some("true") => DependencyScope::Optional,
            _ => DependencyScope::Runtime,
        };
        let line = xml::line(node, self.lines);
        Some(Dependency { scope, ..versioned(&format!("{group}:{artifact}"), version.as_deref(), self.path, line) })
    }

    fn java(&self, manifest: &mut Manifest) {
        for property in xml::at(self.project, &["properties"]).into_iter().flat_map(|node| node.children()) {
            if JAVA_PROPERTIES.contains(&property.tag_name().name()) {
                let spec = xml::own_text(property).map(|text| self.filled(text)).unwrap_or_default();
                manifest.runtime("java", &spec, xml::line(property, self.lines));
            }
        }
    }

    /// Replaces `${name}` by the property, as far as this file defines it.
    fn filled(&self, text: &str) -> String {
        let mut current = text.to_string();
        for _ in 0..if text.len() > MAX_VALUE { 0 } else { MAX_ROUNDS } {
            let next = self.filled_once(&current);
            if next == current || next.len() > MAX_VALUE {
                break;
            }
            current = next;
        }
        current
    }

    fn filled_once(&self, text: &str) -> String {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((name, behind)) = after.split_once('}') else { break };
            result.push_str(before);
            match self.properties.get(name).filter(|_| result.len() <= MAX_VALUE) {
                Some(value) => result.push_str(value),
                None => result.push_str(&format!("${{{name}}}")),
            }
            rest = behind;
        }
        result.push_str(rest);
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::manifest::parse;
    use DependencyScope::*;

    const SOURCE: &str = r#"<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent>
    <groupId>org.springframework.boot</groupId>
    <artifactId>spring-boot-starter-parent</artifactId>
    <version>3.2.4</version>
    <relativePath/>
  </parent>
  <groupId>com.acme</groupId>
  <artifactId>shop</artifactId>
  <version>1.0</version>
  <properties>
    <java.version>21</java.version>
    <log4j.version>2.17.1</log4j.version>
    <alias>${log4j.version}</alias>
  </properties>
  <modules><module>api</module></modules>
  <dependencies>
    <dependency>
      <groupId>org.springframework.boot</groupId>
      <artifactId>spring-boot-starter-web</artifactId>
    </dependency>
    <dependency><groupId>org.apache.logging.log4j</groupId><artifactId>log4j-core</artifactId><version>${alias}</version></dependency>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><scope>test</scope></dependency>
    <dependency><groupId>org.projectlombok</groupId><artifactId>lombok</artifactId><optional>true</optional></dependency>
    <dependency><groupId>${project.groupId}</groupId><artifactId>core</artifactId><version>${project.version}</version></dependency>
  </dependencies>
  <dependencyManagement><dependencies>
    <dependency><groupId>io.x</groupId><artifactId>bom</artifactId><version>${unknown}</version><scope>import</scope></dependency>
  </dependencies></dependencyManagement>
  <build><plugins>
    <plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin>
    <plugin><artifactId>maven-surefire-plugin</artifactId><version>3.2.5</version></plugin>
  </plugins></build>
  <profiles><profile><dependencies>
    <dependency><groupId>com.h2database</groupId><artifactId>h2</artifactId></dependency>
  </dependencies></profile></profiles>
</project>"#;

    #[test]
    fn every_section() {
        let manifest = parse("pom.xml", SOURCE).unwrap();
        let found: Vec<_> = manifest
            .dependencies
            .iter()
            .map(|d| (d.name.as_str(), d.requirement.as_deref(), d.scope, d.direct, d.line))
            .collect();
        assert_eq!(
            found,
            [
                ("org.springframework.boot:spring-boot-starter-parent", Some("3.2.4"), Build, true, 3),
                ("org.springframework.boot:spring-boot-starter-web", None, Runtime, true, 19),
                ("org.apache.logging.log4j:log4j-core", Some("2.17.1"), Runtime, true, 23),
                ("junit:junit", None, Development, true, 24),
                ("org.projectlombok:lombok", None, Optional, true, 25),
                ("com.acme:core", Some("1.0"), Runtime, true, 26),
                ("io.x:bom", Some("${unknown}"), Build, false, 29),
                ("org.springframework.boot:spring-boot-maven-plugin", None, Build, true, 32),
                ("org.apache.maven.plugins:maven-surefire-plugin", Some("3.2.5"), Build, true, 33),
                ("com.h2database:h2", None, Optional, true, 36),
            ]
        );
        assert_eq!(manifest.dependencies[2].resolved.as_deref(), Some("2.17.1"));
        assert_eq!((manifest.runtime_versions[0].spec.as_str(), manifest.runtime_versions[0].line), ("21", 13));
        assert!(manifest.includes.is_empty());
    }

    #[test]
    fn the_package_itself() {
        let package = parse("pom.xml", SOURCE).unwrap().package.unwrap();
        assert_eq!(package.name, "com.acme:shop");
        assert_eq!(package.workspace_members, ["api"]);
        assert_eq!(package.local_dependencies, ["com.acme:core"]);
        assert!(package.has_entry_point && package.is_workspace_root);
    }

    #[test]
    fn properties_that_multiply_stay_small() {
        let mut text = String::from("<project><properties><a0>xxxxxxxxxx</a0>");
        for level in 1..40 {
            text.push_str(&format!("<a{level}>{}</a{level}>", format!("${{a{}}}", level - 1).repeat(10)));
        }
        text.push_str("</properties><groupId>g</groupId><artifactId>${a39}</artifactId></project>");
        assert!(parse("pom.xml", &text).unwrap().package.unwrap().name.len() < 1024);
    }

    #[test]
    fn a_document_type_is_refused() {
        assert!(parse("pom.xml", "<!DOCTYPE p [<!ENTITY a \"b\">]><project>&a;</project>").is_err());
    }
}

//! .NET: project files, central package versions, `packages.lock.json` and `packages.config`.

use super::xml::{self, Node};
use super::{Dependency, DependencyScope, Ecosystem, LocalPackage, Manifest, ManifestKind, tree, version};
use crate::inventory::document::{self, position::Lines};
use std::collections::BTreeMap;

/// Projects built with these kits are started.
const APPLICATION_SDKS: [&str; 3] = ["Microsoft.NET.Sdk.Web", "Microsoft.NET.Sdk.Worker", "Microsoft.NET.Sdk.BlazorWebAssembly"];

/// The kit for web applications.
const WEB_SDK: &str = APPLICATION_SDKS[0];

/// The kit of which the kits of all modern projects are variants; without a property that says so, it builds libraries.
const PLAIN_SDK: &str = "Microsoft.NET.Sdk";

/// Properties of hosts that start what is built as a library: functions and lambdas.
const HOSTED: [&str; 2] = ["AzureFunctionsVersion", "AWSProjectType"];

/// Whoever references one of these is a test project, and all its packages are for tests.
const TEST_PACKAGES: [&str; 5] = ["microsoft.net.test.sdk", "mstest", "nunit", "tunit", "xunit"];

/// A kit for test projects.
const TEST_SDK: &str = "MSTest.Sdk";

/// `*.csproj`, `*.fsproj`, `*.vbproj`, `Directory.Packages.props` and `Directory.Build.props`.
pub(super) fn project(path: &str, text: &str) -> Result<Manifest, String> {
    xml::with_root(text, |root, lines| {
        let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::NuGet);
        let properties = properties(root);
        let file_name = path.rsplit('/').next().unwrap_or(path);
        let mut package = LocalPackage::new(Ecosystem::NuGet, file_name.rsplit_once('.').map_or("", |(stem, _)| stem), path);
        for group in xml::children(root, "ItemGroup") {
            for item in group.children().filter(Node::is_element) {
                if let Some(dependency) = item_dependency(item, lines, path, &properties) {
                    manifest.dependencies.push(dependency);
                } else if item.tag_name().name() == "ProjectReference" {
                    package.local_dependencies.extend(item.attribute("Include").map(|include| include.replace('\\', "/")));
                }
            }
        }
        for group in xml::children(root, "PropertyGroup") {
            runtimes(group, lines, &mut manifest);
        }
        let sdk = root.attribute("Sdk").unwrap_or_default();
        let kind = properties.get("OutputType").copied().unwrap_or_default();
        let is_program =
            ["exe", "winexe"].iter().any(|program| kind.eq_ignore_ascii_case(program)) || APPLICATION_SDKS.contains(&sdk);
        // Tests of a web application may be of its kind, and are called tests; an application may hold the packages of tests.
        let is_application = APPLICATION_SDKS.contains(&sdk) && !file_name.to_ascii_lowercase().contains("test");
        let is_test = sdk.starts_with(TEST_SDK)
            || properties.get("IsTestProject").is_some_and(|value| value.eq_ignore_ascii_case("true"))
            || (!is_application && manifest.dependencies.iter().any(|used| used.direct && used.name == TEST_PACKAGES[0]))
            || (!APPLICATION_SDKS.contains(&sdk) && manifest.dependencies.iter().any(is_for_tests));
        for dependency in manifest.dependencies.iter_mut().filter(|_| is_test) {
            dependency.scope = DependencyScope::Development;
        }
        if !file_name.ends_with(".props") {
            if let Some(name) =
                properties.get("PackageId").or_else(|| properties.get("AssemblyName")).filter(|name| !name.contains('$'))
            {
                package.name = super::normalise(Ecosystem::NuGet, name);
            }
            package.has_entry_point = !is_test && is_program;
            package.is_test = is_test;
            package.is_web = sdk == WEB_SDK && !is_test;
            // Templates leave a program behind in what is built as a library.
            let is_hosted = HOSTED.iter().any(|property| properties.contains_key(property));
            package.is_part = sdk.starts_with(PLAIN_SDK) && !is_program && !is_hosted && !is_test;
            manifest.package = Some(package);
        }
        manifest
    })
}

/// Whether a project asks for a test framework: `xunit`, `xunit.v3`, `NUnit3TestAdapter`, ….
fn is_for_tests(dependency: &Dependency) -> bool {
    dependency.direct && TEST_PACKAGES.iter().any(|name| dependency.name.starts_with(name))
}

/// The properties of the file; a later one wins.
fn properties<'a>(root: Node<'a, '_>) -> BTreeMap<&'a str, &'a str> {
    xml::children(root, "PropertyGroup")
        .flat_map(|group| group.children())
        .filter_map(|property| Some((property.tag_name().name(), xml::own_text(property)?)))
        .filter(|(name, _)| !name.is_empty())
        .collect()
}

fn item_dependency(item: Node<'_, '_>, lines: &Lines<'_>, path: &str, properties: &BTreeMap<&str, &str>) -> Option<Dependency> {
    let kind = item.tag_name().name();
    let attribute_or_child = |name: &str| item.attribute(name).or_else(|| xml::text(item, name));
    let is_private = attribute_or_child("PrivateAssets").is_some_and(|assets| assets.eq_ignore_ascii_case("all"));
    let (scope, direct) = match kind {
        "PackageReference" if is_private => (DependencyScope::Build, item.has_attribute("Include")),
        "PackageReference" => (DependencyScope::Runtime, item.has_attribute("Include")),
        "PackageVersion" => (DependencyScope::Runtime, false),
        "GlobalPackageReference" => (DependencyScope::Build, true),
        _ => return None,
    };
    let name = item.attribute("Include").or_else(|| item.attribute("Update"))?;
    let requirement =
        attribute_or_child("VersionOverride").or_else(|| attribute_or_child("Version")).map(|text| filled(text, properties));
    Some(Dependency {
        resolved: requirement.as_deref().and_then(|text| version::exact(Ecosystem::NuGet, text)),
        requirement,
        scope,
        direct,
        ..Dependency::new(Ecosystem::NuGet, name, path, xml::line(item, lines))
    })
}

/// Replaces a version that is nothing but `$(Name)`.
fn filled(text: &str, properties: &BTreeMap<&str, &str>) -> String {
    let name = text.trim().strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
    name.and_then(|name| properties.get(name)).copied().unwrap_or(text).trim().to_string()
}

fn runtimes(group: Node<'_, '_>, lines: &Lines<'_>, manifest: &mut Manifest) {
    for property in group.children().filter(Node::is_element) {
        if matches!(property.tag_name().name(), "TargetFramework" | "TargetFrameworks" | "TargetFrameworkVersion") {
            let frameworks = xml::own_text(property).unwrap_or_default().split(';');
            for framework in frameworks.filter(|framework| !framework.contains("$(")) {
                manifest.runtime("dotnet", framework, xml::line(property, lines));
            }
        }
    }
}

/// `dependencies` by framework; a package stands once per framework.
pub(super) fn packages_lock(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::json(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::Lockfile, Ecosystem::NuGet);
    for framework in document.get("dependencies").map(document::Node::entries).unwrap_or_default() {
        for entry in framework.value.entries() {
            let kind = tree::text_of(&entry.value, "type").unwrap_or_default();
            if kind == "Project" {
                continue;
            }
            manifest.dependencies.push(Dependency {
                requirement: tree::text_of(&entry.value, "requested"),
                resolved: tree::text_of(&entry.value, "resolved"),
                direct: kind == "Direct",
                ..Dependency::new(Ecosystem::NuGet, &entry.key, path, entry.key_span.line)
            });
        }
    }
    Ok(manifest)
}

/// The old list of installed packages: exact versions, transitive ones among them.
pub(super) fn packages_config(path: &str, text: &str) -> Result<Manifest, String> {
    xml::with_root(text, |root, lines| {
        let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::NuGet);
        for package in xml::children(root, "package") {
            let Some(name) = package.attribute("id") else { continue };
            let version = package.attribute("version").map(str::to_string);
            let is_development = package.attribute("developmentDependency") == Some("true");
            manifest.dependencies.push(Dependency {
                requirement: version.clone(),
                resolved: version,
                scope: if is_development { DependencyScope::Development } else { DependencyScope::Runtime },
                ..Dependency::new(Ecosystem::NuGet, name, path, xml::line(package, lines))
            });
        }
        manifest
    })
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
    fn a_web_project() {
        let text = r#"<Project Sdk="Microsoft.NET.Sdk.Web">
  <PropertyGroup>
    <TargetFramework>net8.0</TargetFramework>
    <EfVersion>8.0.3</EfVersion>
  </PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Serilog.AspNetCore" Version="8.0.1" />
    <PackageReference Include="Microsoft.EntityFrameworkCore">
      <Version>$(EfVersion)</Version>
    </PackageReference>
    <PackageReference Include="StyleCop.Analyzers" Version="1.1" PrivateAssets="all" />
    <ProjectReference Include="..\Core\Core.csproj" />
  </ItemGroup>
</Project>"#;
        assert_eq!(
            shown("src/Api/Api.csproj", text),
            [
                ("serilog.aspnetcore".into(), Some("8.0.1".into()), Runtime, true, 7),
                ("microsoft.entityframeworkcore".into(), Some("8.0.3".into()), Runtime, true, 8),
                ("stylecop.analyzers".into(), Some("1.1".into()), Build, true, 11),
            ]
        );
        let manifest = parse("src/Api/Api.csproj", text).unwrap();
        assert_eq!((manifest.runtime_versions[0].spec.as_str(), manifest.runtime_versions[0].line), ("net8.0", 3));
        let package = manifest.package.unwrap();
        assert_eq!((package.name.as_str(), package.has_entry_point), ("api", true));
        assert_eq!(package.local_dependencies, ["../Core/Core.csproj"]);
    }

    #[test]
    fn a_test_project_is_development() {
        let text = r#"<Project Sdk="Microsoft.NET.Sdk">
<PropertyGroup><OutputType>Exe</OutputType><TargetFrameworks>$(X);net8.0</TargetFrameworks></PropertyGroup>
<ItemGroup>
<PackageReference Include="Moq" Version="4.20"/>
<PackageReference Include="xunit.v3" Version="3.2"/>
</ItemGroup></Project>"#;
        assert!(shown("t.csproj", text).iter().all(|found| found.2 == Development));
    }

    #[test]
    fn a_web_application_that_holds_packages_of_tests_is_no_test() {
        let text = r#"<Project Sdk="Microsoft.NET.Sdk.Web">
<ItemGroup>
<PackageReference Include="Microsoft.NET.Test.Sdk" Version="17.5"/>
<PackageReference Include="NUnit" Version="3.13"/>
</ItemGroup></Project>"#;
        let package = |path: &str| parse(path, text).unwrap().package.unwrap();
        assert_eq!((package("Shop/Shop.csproj").is_test, package("Shop/Shop.csproj").has_entry_point), (false, true));
        assert!(package("Shop.Tests/Shop.IntegrationTests.csproj").is_test);
    }

    #[test]
    fn what_a_project_is_built_as() {
        let of = |sdk: &str, property: &str| {
            let text = format!("<Project Sdk=\"{sdk}\"><PropertyGroup>{property}</PropertyGroup></Project>");
            let package = parse("a/a.csproj", &text).unwrap().package.unwrap();
            (package.is_part, package.is_web)
        };
        assert_eq!(of("Microsoft.NET.Sdk", ""), (true, false));
        assert_eq!(of("Microsoft.NET.Sdk.Razor", ""), (true, false));
        assert_eq!(of("Microsoft.NET.Sdk.Web", ""), (false, true));
        assert_eq!(of("Microsoft.NET.Sdk", "<OutputType>Exe</OutputType>"), (false, false));
        assert_eq!(of("Microsoft.NET.Sdk", "<AzureFunctionsVersion>v4</AzureFunctionsVersion>"), (false, false));
        assert_eq!(of("Microsoft.NET.Sdk.Worker", ""), (false, false));
        assert_eq!(of("", ""), (false, false), "IIS starts libraries of the old kind");
    }

    #[test]
    fn central_versions_are_not_asked_for() {
        let text = r#"<Project>
<ItemGroup>
<PackageVersion Include="Dapper" Version="2.1.35" />
</ItemGroup></Project>"#;
        assert_eq!(shown("Directory.Packages.props", text), [("dapper".into(), Some("2.1.35".into()), Runtime, false, 3)]);
        assert!(parse("Directory.Packages.props", text).unwrap().package.is_none());
    }

    #[test]
    fn locks_and_old_lists() {
        let lock = r#"{"version": 1, "dependencies": {"net8.0": {
"Dapper": {"type": "Direct", "requested": "[2.1.35, )", "resolved": "2.1.35"},
"System.X": {"type": "Transitive", "resolved": "1.0.0"},
"core": {"type": "Project"}}}}"#;
        let found = shown("packages.lock.json", lock);
        assert_eq!(
            found,
            [("dapper".into(), Some("[2.1.35, )".into()), Runtime, true, 2), ("system.x".into(), None, Runtime, false, 3),]
        );
        let config = "<packages>\n<package id=\"EntityFramework\" version=\"6.4.4\" targetFramework=\"net472\" />\n</packages>";
        assert_eq!(shown("packages.config", config), [("entityframework".into(), Some("6.4.4".into()), Runtime, true, 2)]);
    }
}

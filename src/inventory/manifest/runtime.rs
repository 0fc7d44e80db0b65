//! Files that only say which version of a runtime is used: `.nvmrc`, `.python-version`, `.tool-versions`, `runtime.txt`, ….
//!
//! To add a file, add a line to [`parser_for`]; to add a tool name of asdf or mise, one to [`runtime_of_tool`].

use super::{Ecosystem, Manifest, ManifestKind, Parser, tree};
use crate::inventory::document::Node;

/// The parser of the version file called `name`.
pub(super) fn parser_for(name: &str) -> Option<Parser> {
    let parser: Parser = match name {
        ".nvmrc" | ".node-version" => |path, text| Ok(plain(path, text, Ecosystem::Npm, "nodejs")),
        ".python-version" => |path, text| Ok(plain(path, text, Ecosystem::PyPi, "python")),
        ".ruby-version" => |path, text| Ok(plain(path, text, Ecosystem::RubyGems, "ruby")),
        ".java-version" => |path, text| Ok(plain(path, text, Ecosystem::Maven, "java")),
        ".go-version" => |path, text| Ok(plain(path, text, Ecosystem::Go, "go")),
        ".php-version" => |path, text| Ok(plain(path, text, Ecosystem::Composer, "php")),
        "runtime.txt" => |path, text| Ok(heroku(path, text)),
        ".tool-versions" => |path, text| Ok(tool_versions(path, text)),
        ".sdkmanrc" => |path, text| Ok(sdkman(path, text)),
        "mise.toml" | ".mise.toml" => mise,
        "rust-toolchain" | "rust-toolchain.toml" => rust_toolchain,
        "global.json" => global_json,
        _ => return None,
    };
    Some(parser)
}

/// The runtime an asdf, mise or SDKMAN tool name stands for.
fn runtime_of_tool(tool: &str) -> Option<&'static str> {
    Some(match tool {
        "nodejs" | "node" => "nodejs",
        "python" => "python",
        "java" => "java",
        "golang" | "go" => "go",
        "ruby" => "ruby",
        "php" => "php",
        "dotnet" | "dotnet-core" => "dotnet",
        "rust" => "rust",
        _ => return None,
    })
}

/// Lines with what is left of each after its comment, blank ones dropped; numbers are 1-based.
fn lines(text: &str) -> impl Iterator<Item = (u32, &str)> {
    (1..).zip(text.lines()).filter_map(|(number, line)| {
        let line = line.split('#').next().unwrap_or(line).trim();
        (!line.is_empty()).then_some((number, line))
    })
}

/// One version per line, with or without the runtime's name before it (`ruby-3.2.1`).
fn plain(path: &str, text: &str, ecosystem: Ecosystem, runtime: &'static str) -> Manifest {
    let mut manifest = Manifest::new(path, ManifestKind::VersionFile, ecosystem);
    for (number, line) in lines(text) {
        let version = line.strip_prefix(runtime).and_then(|rest| rest.strip_prefix('-')).unwrap_or(line);
        manifest.runtime(runtime, version, number);
    }
    manifest
}

/// `python-3.11.4`; any other text file of that name says nothing.
fn heroku(path: &str, text: &str) -> Manifest {
    let mut manifest = Manifest::new(path, ManifestKind::VersionFile, Ecosystem::PyPi);
    for (number, line) in lines(text) {
        if let Some(version) = line.strip_prefix("python-") {
            manifest.runtime("python", version, number);
        }
    }
    manifest
}

/// asdf: `nodejs 20.11.0 system`; the first version is the one used.
fn tool_versions(path: &str, text: &str) -> Manifest {
    let mut manifest = Manifest::new(path, ManifestKind::VersionFile, None);
    for (number, line) in lines(text) {
        let mut words = line.split_whitespace();
        if let (Some(runtime), Some(version)) = (words.next().and_then(runtime_of_tool), words.next()) {
            manifest.runtime(runtime, version, number);
        }
    }
    manifest
}

/// SDKMAN: `java=17.0.2-tem`.
fn sdkman(path: &str, text: &str) -> Manifest {
    let mut manifest = Manifest::new(path, ManifestKind::VersionFile, Ecosystem::Maven);
    for (number, line) in lines(text) {
        if let Some((tool, version)) = line.split_once('=')
            && let Some(runtime) = runtime_of_tool(tool.trim())
        {
            manifest.runtime(runtime, version, number);
        }
    }
    manifest
}

fn mise(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::toml(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::VersionFile, None);
    for entry in document.get("tools").map(Node::entries).unwrap_or_default() {
        let Some(runtime) = runtime_of_tool(&entry.key) else { continue };
        let version = entry.value.items().first().unwrap_or(&entry.value);
        let version = version.scalar().or_else(|| tree::text_of(version, "version"));
        manifest.runtime(runtime, &version.unwrap_or_default(), entry.key_span.line);
    }
    Ok(manifest)
}

/// Either one plain word or a `[toolchain]` table.
fn rust_toolchain(path: &str, text: &str) -> Result<Manifest, String> {
    if !text.contains('[') {
        return Ok(plain(path, text, Ecosystem::Cargo, "rust"));
    }
    let document = tree::toml(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::VersionFile, Ecosystem::Cargo);
    if let Some(entry) = document.get("toolchain").and_then(|table| table.entry("channel")) {
        manifest.runtime("rust", &entry.value.scalar().unwrap_or_default(), entry.key_span.line);
    }
    Ok(manifest)
}

fn global_json(path: &str, text: &str) -> Result<Manifest, String> {
    let document = tree::json(text)?;
    let mut manifest = Manifest::new(path, ManifestKind::VersionFile, Ecosystem::NuGet);
    if let Some(entry) = document.get("sdk").and_then(|sdk| sdk.entry("version")) {
        manifest.runtime("dotnet", &entry.value.scalar().unwrap_or_default(), entry.key_span.line);
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use crate::inventory::manifest::{ManifestKind, parse};

    fn runtimes(path: &str, text: &str) -> Vec<(&'static str, String, u32)> {
        let manifest = parse(path, text).unwrap();
        assert_eq!(manifest.kind, ManifestKind::VersionFile);
        manifest.runtime_versions.into_iter().map(|found| (found.runtime, found.spec, found.line)).collect()
    }

    #[test]
    fn plain_files() {
        assert_eq!(runtimes(".nvmrc", "v20.11.0\n"), [("nodejs", "v20.11.0".into(), 1)]);
        assert_eq!(runtimes("app/.python-version", "# pin\n3.12.1\n"), [("python", "3.12.1".into(), 2)]);
        assert_eq!(runtimes(".ruby-version", "ruby-3.2.1\n"), [("ruby", "3.2.1".into(), 1)]);
        assert_eq!(runtimes("runtime.txt", "python-3.11.4\r\n"), [("python", "3.11.4".into(), 1)]);
        assert_eq!(runtimes("runtime.txt", "took 4 seconds\n"), []);
        assert_eq!(runtimes("rust-toolchain", "stable\n"), [("rust", "stable".into(), 1)]);
    }

    #[test]
    fn files_of_several_runtimes() {
        assert_eq!(
            runtimes(
                ".tool-versions",
                r"terraform 1.5
nodejs 20.11.0 system # lts
python 3.12.1
"
            ),
            [("nodejs", "20.11.0".into(), 2), ("python", "3.12.1".into(), 3)]
        );
        assert_eq!(runtimes(".sdkmanrc", "java=17.0.2-tem\n"), [("java", "17.0.2-tem".into(), 1)]);
        assert_eq!(
            runtimes(
                "mise.toml",
                r#"[tools]
node = "20"
python = ["3.12", "3.11"]
"#
            ),
            [("nodejs", "20".into(), 2), ("python", "3.12".into(), 3)]
        );
    }

    #[test]
    fn structured_files() {
        assert_eq!(runtimes("rust-toolchain.toml", "[toolchain]\nchannel = \"1.80\"\n"), [("rust", "1.80".into(), 2)]);
        assert_eq!(
            runtimes(
                "global.json",
                r#"{
 "sdk": {
  "version": "8.0.100"
 }
}"#
            ),
            [("dotnet", "8.0.100".into(), 3)]
        );
    }
}

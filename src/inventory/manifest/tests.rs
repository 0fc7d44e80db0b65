//! What holds for every format: hostile text costs an error at most, and lines lie inside the file.

use super::*;
use proptest::prelude::*;

/// One path per format; every arm of the dispatch stands here.
const PATHS: &[&str] = &[
    "package.json",
    "package-lock.json",
    "npm-shrinkwrap.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "pnpm-workspace.yaml",
    "bun.lock",
    "requirements.txt",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "Pipfile",
    "Pipfile.lock",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "pylock.toml",
    "environment.yml",
    "Cargo.toml",
    "Cargo.lock",
    "go.mod",
    "go.sum",
    "go.work",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "settings.gradle",
    "libs.versions.toml",
    "gradle.lockfile",
    "Gemfile",
    "Gemfile.lock",
    "a.gemspec",
    "composer.json",
    "composer.lock",
    "a.csproj",
    "Directory.Packages.props",
    "packages.lock.json",
    "packages.config",
    ".nvmrc",
    ".python-version",
    "runtime.txt",
    ".tool-versions",
    ".sdkmanrc",
    "mise.toml",
    "rust-toolchain.toml",
    "global.json",
];

/// Pieces that mean something in one format or another, so that chance text gets past the first line of a parser.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "'",
    "\n",
    "\n  ",
    "\n    ",
    ":",
    "=",
    ",",
    "@",
    "#",
    "\\\n",
    "->",
    "=>",
    "$",
    "${",
    "${a}",
    "%",
    "dependencies",
    "packages",
    "[package]",
    "[[package]]\n",
    "\"name\": \"a\"",
    "name = \"a\"",
    "version",
    "1.2.3",
    "^1",
    "~> 2",
    "gem 'a'",
    "group :test do",
    "end",
    "require (",
    "require a v1",
    "-r x",
    "-e ",
    "--hash=x",
    "<project>",
    "</project>",
    "<a>",
    "</a>",
    "plugins {",
    "implementation",
    "libs.a.b",
    "group:",
    "install_requires=",
    "extras_require={",
    "a@npm:^1:",
    "/a@1(b)",
    "é",
    "\u{feff}",
    "\r\n",
    "\t",
    "\"\"\"",
];

fn text() -> impl Strategy<Value = String> {
    let pieces = proptest::collection::vec(proptest::sample::select(PIECES), 0..60).prop_map(|pieces| pieces.concat());
    prop_oneof![pieces, "\\PC{0,80}", proptest::collection::vec(any::<char>(), 0..80).prop_map(String::from_iter)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics_and_lines_stay_inside(text in text()) {
        let lines = u32::try_from(text.split('\n').count()).unwrap();
        let mut manifests = Vec::new();
        for path in PATHS {
            if let Ok(manifest) = parse(path, &text) {
                for line in manifest.dependencies.iter().map(|d| d.line).chain(manifest.runtime_versions.iter().map(|v| v.line)) {
                    prop_assert!(line >= 1 && line <= lines, "{path}: line {line} of {lines}");
                }
                manifests.push(manifest);
            }
        }
        link::link(&mut manifests);
    }

    #[test]
    fn versions_never_panic(version in "[0-9a-z.+!*~^<>=|,()\\[\\] vx-]{0,24}", range in "[0-9a-z.+!*~^<>=|,()\\[\\] vx-]{0,32}") {
        for ecosystem in Ecosystem::ALL {
            version_matches(*ecosystem, &version, &range);
            version::exact(*ecosystem, &range);
        }
    }

    #[test]
    fn a_version_equals_itself_and_is_not_below_itself(version in "[0-9]{1,3}(\\.[0-9]{1,3}){0,3}(-(rc|beta|dev)\\.?[0-9]{1,2})?") {
        for ecosystem in Ecosystem::ALL {
            let holds = |operator: &str| version_matches(*ecosystem, &version, &format!("{operator}{version}"));
            prop_assert_eq!(holds("=="), Some(true));
            prop_assert_eq!(holds(">="), Some(true));
            prop_assert_eq!(holds("<"), Some(false));
        }
    }
}

#[test]
fn every_path_is_recognised_and_others_are_not() {
    for path in PATHS {
        assert!(recognises(path), "{path}");
        assert!(recognises(&format!("services/api/{path}")), "{path}");
    }
    for path in ["README.md", "package.json.bak", "src/main.rs", "cargo.toml.orig", "a/b.txt", "notes/packages.txt"] {
        assert!(!recognises(path), "{path}");
        assert!(parse(path, "").is_err());
    }
}

#[test]
fn a_byte_order_mark_is_no_content() {
    assert_eq!(parse("package.json", "\u{feff}{\"name\": \"a\"}").unwrap().package.unwrap().name, "a");
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    for path in ["package.json", "pnpm-lock.yaml", "Cargo.toml", "pom.xml", "build.gradle", "setup.py"] {
        let deep = match path {
            "pom.xml" => "<a>".repeat(100_000),
            "Cargo.toml" => format!("a = {}", "[".repeat(100_000)),
            "build.gradle" => "dependencies {".repeat(50_000),
            "setup.py" => format!("setup(install_requires={}", "[".repeat(100_000)),
            _ => "[".repeat(100_000),
        };
        let _ = parse(path, &deep);
    }
}

#[test]
fn broken_documents_say_where() {
    let error = parse("package.json", "{\n  \"name\": \n}").unwrap_err();
    assert!(error.contains("line 3"), "{error}");
}

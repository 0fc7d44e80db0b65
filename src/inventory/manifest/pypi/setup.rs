//! `setup.py` and `setup.cfg`, as far as they can be read without running them.
//!
//! In `setup.py` only literal lists count: `install_requires=[…]`, or a name that is assigned such a list in the same file.

use super::group_scope;
use super::requirement::Requirement;
use crate::inventory::manifest::lexer::{self, Kind, Token};
use crate::inventory::manifest::{Dependency, DependencyScope, Ecosystem, LocalPackage, Manifest, ManifestKind};

/// Keywords of `setup()` that hold lists of requirements.
const LISTS: [(&str, DependencyScope); 3] = [
    ("install_requires", DependencyScope::Runtime),
    ("setup_requires", DependencyScope::Build),
    ("tests_require", DependencyScope::Development),
];

pub(in crate::inventory::manifest) fn setup_py(path: &str, text: &str) -> Result<Manifest, String> {
    let tokens: Vec<Token<'_>> =
        lexer::tokens(text, lexer::PYTHON).into_iter().filter(|token| token.kind != Kind::Newline).collect();
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::PyPi);
    // Any module may be called so.
    if !tokens.windows(2).any(|pair| pair[0].is_word("setup") && pair[1].is_symbol("(")) {
        return Ok(manifest);
    }
    for (keyword, scope) in LISTS {
        if let Some(value) = keyword_value(&tokens, keyword) {
            for text in bracketed(assigned(&tokens, value)).iter().filter(|token| token.kind == Kind::Text) {
                push(text.text, text.line, scope, &mut manifest);
            }
        }
    }
    if let Some(value) = keyword_value(&tokens, "extras_require") {
        extras(bracketed(assigned(&tokens, value)), &mut manifest);
    }
    if let Some(spec) = keyword_value(&tokens, "python_requires").and_then(|value| value.first()).filter(|t| t.kind == Kind::Text)
    {
        manifest.runtime("python", spec.text, spec.line);
    }
    let name = keyword_value(&tokens, "name").and_then(|value| value.first()).filter(|token| token.kind == Kind::Text);
    let mut package = LocalPackage::new(Ecosystem::PyPi, name.map_or("", |token| token.text), path);
    package.has_entry_point = ["entry_points", "scripts"].iter().any(|keyword| keyword_value(&tokens, keyword).is_some());
    manifest.package = Some(package);
    Ok(manifest)
}

fn push(text: &str, line: u32, scope: DependencyScope, manifest: &mut Manifest) {
    if let Some(requirement) = Requirement::parse(text) {
        manifest.dependencies.push(Dependency { scope, ..requirement.dependency(&manifest.path, line) });
    }
}

/// What follows `keyword=` or `"keyword":`.
fn keyword_value<'t, 'a>(tokens: &'t [Token<'a>], keyword: &str) -> Option<&'t [Token<'a>]> {
    let at = tokens.windows(2).position(|pair| {
        pair[0].is_word(keyword) && pair[1].is_symbol("=")
            || pair[0].kind == Kind::Text && pair[0].text == keyword && pair[1].is_symbol(":")
    })?;
    tokens.get(at + 2..)
}

/// The value itself, or what its name is assigned elsewhere in the file.
fn assigned<'t, 'a>(tokens: &'t [Token<'a>], value: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let Some(name) = value.first().filter(|token| token.kind == Kind::Word) else { return value };
    let assignment = tokens
        .windows(3)
        .position(|three| three[0].is_word(name.text) && three[1].is_symbol("=") && matches!(three[2].text, "[" | "{" | "("));
    assignment.map_or(&[], |at| &tokens[at + 2..])
}

/// From the opening bracket at the start to the one that closes it; nothing if there is none.
fn bracketed<'t, 'a>(tokens: &'t [Token<'a>]) -> &'t [Token<'a>] {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate() {
        match token.text {
            "[" | "{" | "(" if token.kind == Kind::Symbol => depth += 1,
            "]" | "}" | ")" if token.kind == Kind::Symbol => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return &tokens[..at];
        }
    }
    tokens
}

/// `{"dev": ["pytest"], …}`.
fn extras(tokens: &[Token<'_>], manifest: &mut Manifest) {
    let mut scope = DependencyScope::Optional;
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.kind == Kind::Text) {
        if tokens.get(at + 1).is_some_and(|next| next.is_symbol(":")) {
            scope = group_scope(token.text);
        } else {
            push(token.text, token.line, scope, manifest);
        }
    }
}

pub(in crate::inventory::manifest) fn setup_cfg(path: &str, text: &str) -> Result<Manifest, String> {
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::PyPi);
    let mut package = LocalPackage::new(Ecosystem::PyPi, "", path);
    let (mut section, mut key) = ("", "");
    for (number, line) in (1..).zip(text.lines()) {
        let content = line.trim();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if let Some(header) = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            (section, key) = (header.trim(), "");
            package.has_entry_point |= section == "options.entry_points";
            continue;
        }
        let value = match content.split_once('=') {
            Some((name, value)) if !line.starts_with([' ', '\t']) => {
                key = name.trim();
                value.trim()
            }
            _ => content,
        };
        match (section, key) {
            ("metadata", "name") => package.name = super::normalise(value),
            ("options", "python_requires") => manifest.runtime("python", value, number),
            ("options", _) => {
                if let Some((_, scope)) = LISTS.iter().find(|(name, _)| *name == key) {
                    push(value, number, *scope, &mut manifest);
                }
            }
            ("options.extras_require", extra) if !extra.is_empty() => push(value, number, group_scope(extra), &mut manifest),
            _ => {}
        }
    }
    manifest.package = Some(package);
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::manifest::parse;
    use DependencyScope::*;

    fn shown(path: &str, text: &str) -> Vec<(String, Option<String>, DependencyScope, u32)> {
        parse(path, text).unwrap().dependencies.into_iter().map(|d| (d.name, d.requirement, d.scope, d.line)).collect()
    }

    #[test]
    fn literal_lists_and_named_lists() {
        let text = r#"from setuptools import setup
REQUIRES = [
    'flask>=2',  # web
    "redis",
]
setup(
    name='My.Tool',
    install_requires=REQUIRES,
    extras_require={'dev': ['pytest'], 'pg': ['psycopg2>=2.9']},
    tests_require=['mock'],
    python_requires='>=3.8',
    entry_points={'console_scripts': ['t=t:main']},
)
"#;
        assert_eq!(
            shown("setup.py", text),
            [
                ("flask".into(), Some(">=2".into()), Runtime, 3),
                ("redis".into(), None, Runtime, 4),
                ("mock".into(), None, Development, 10),
                ("pytest".into(), None, Development, 9),
                ("psycopg2".into(), Some(">=2.9".into()), Optional, 9),
            ]
        );
        let manifest = parse("setup.py", text).unwrap();
        assert_eq!(manifest.runtime_versions[0].spec, ">=3.8");
        let package = manifest.package.unwrap();
        assert_eq!((package.name.as_str(), package.has_entry_point), ("my-tool", true));
    }

    #[test]
    fn a_module_that_is_only_called_so_is_no_package() {
        let module =
            "router = APIRouter()\n@router.get('/setup')\ndef setup_page(): return page(name='x', install_requires=['flask'])";
        let manifest = parse("app/routers/setup.py", module).unwrap();
        assert!(manifest.package.is_none() && manifest.dependencies.is_empty());
        assert!(parse("setup.py", "import setuptools\nsetuptools.setup()").unwrap().package.is_some());
    }

    #[test]
    fn computed_lists_are_left_alone() {
        assert_eq!(shown("setup.py", "setup(install_requires=read('requirements.txt'), classifiers=['x'])"), []);
    }

    #[test]
    fn setup_cfg_sections() {
        let text = r"[metadata]
name = tool
[options]
python_requires = >=3.9
install_requires =
    flask>=2
    requests ; python_version < '4'
packages = find:
[options.extras_require]
dev =
    pytest
[options.entry_points]
console_scripts =
    t = t:main
";
        assert_eq!(
            shown("setup.cfg", text),
            [
                ("flask".into(), Some(">=2".into()), Runtime, 6),
                ("requests".into(), None, Runtime, 7),
                ("pytest".into(), None, Development, 11),
            ]
        );
        let manifest = parse("setup.cfg", text).unwrap();
        assert_eq!(manifest.runtime_versions[0].spec, ">=3.9");
        assert!(manifest.package.unwrap().has_entry_point);
    }
}

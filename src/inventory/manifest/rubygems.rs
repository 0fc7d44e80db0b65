//! Ruby: `Gemfile`, `Gemfile.lock` and `*.gemspec`.
//!
//! A Gemfile is a program; what counts are its `gem`, `group`, `ruby`, `gemspec` and `path` lines. Blocks are followed by their
//! `do`/`end` pairs, conditions are not evaluated.

use super::lexer::{self, Kind, Token};
use super::{Dependency, DependencyScope, Ecosystem, LocalPackage, Manifest, ManifestKind, version};
use std::collections::BTreeSet;

/// Words that open a block closed by `end` when they start a line.
const OPENERS: [&str; 8] = ["if", "unless", "case", "begin", "def", "while", "until", "for"];

pub(super) fn gemfile(path: &str, text: &str) -> Result<Manifest, String> {
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::RubyGems);
    let mut package = LocalPackage::new(Ecosystem::RubyGems, "", path);
    // For every open block the scope it gives to the gems inside.
    let mut blocks: Vec<Option<DependencyScope>> = Vec::new();
    for line in statements(text) {
        let Some(first) = line.first() else { continue };
        let opens = line.iter().any(|token| token.is_word("do")) || OPENERS.iter().any(|word| first.is_word(word));
        let opens = opens && !line.iter().any(|token| token.is_word("end"));
        let scope = blocks.last().copied().flatten();
        match first.text {
            "gem" => gem(&line, scope, &mut manifest, &mut package),
            "ruby" => {
                // `ruby file: ".ruby-version"` names a file instead.
                let spec = texts(&line).next().filter(|token| !token.text.starts_with('.'));
                spec.into_iter().for_each(|spec| manifest.runtime("ruby", spec.text, spec.line));
            }
            "gemspec" => package.local_dependencies.push(".".to_string()),
            "eval_gemfile" => manifest.includes.extend(texts(&line).next().map(|token| token.text.to_string())),
            "path" if opens => package.local_dependencies.extend(texts(&line).next().map(|token| token.text.to_string())),
            "end" => {
                blocks.pop();
            }
            _ => {}
        }
        if opens {
            let own = first.is_word("group").then(|| groups_scope(&symbols(&line[1..])));
            blocks.push(own.or(scope));
        }
    }
    manifest.package = Some(package);
    Ok(manifest)
}

/// The tokens of each line; a line that ends in a comma goes on in the next.
fn statements(text: &str) -> Vec<Vec<Token<'_>>> {
    let mut lines = vec![Vec::new()];
    for token in lexer::tokens(text, lexer::RUBY) {
        let Some(line) = lines.last_mut() else { continue };
        match token.kind {
            Kind::Newline if line.last().is_some_and(|last: &Token<'_>| last.is_symbol(",")) => {}
            Kind::Newline => lines.push(Vec::new()),
            _ if token.is_symbol(";") => lines.push(Vec::new()),
            _ => line.push(token),
        }
    }
    lines
}

fn texts<'t, 'a>(line: &'t [Token<'a>]) -> impl Iterator<Item = &'t Token<'a>> {
    line.iter().filter(|token| token.kind == Kind::Text)
}

/// Names written `:name`, `"name"` or `%i[name name]`; not the values of keyword arguments (`optional: true`).
fn symbols<'a>(line: &[Token<'a>]) -> Vec<&'a str> {
    let mut names = Vec::new();
    let mut depth = 0usize;
    for (at, token) in line.iter().enumerate() {
        let after_colon = at > 0 && line[at - 1].is_symbol(":");
        let is_value = at > 1 && line[at - 2].kind == Kind::Word;
        match (token.kind, token.text) {
            (Kind::Symbol, "[") => depth += 1,
            (Kind::Symbol, "]") => depth = depth.saturating_sub(1),
            (Kind::Word, name) if depth > 0 || after_colon && !is_value => names.push(name),
            (Kind::Text, name) => names.push(name),
            _ => {}
        }
    }
    names
}

/// Development if every group is one that production leaves out.
fn groups_scope(groups: &[&str]) -> DependencyScope {
    let left_out = |group: &&str| {
        ["development", "dev", "test", "ci", "doc", "docs", "lint", "rubocop", "debug", "local", "tools"].contains(group)
    };
    if groups.is_empty() || groups.iter().any(|group| matches!(*group, "default" | "production")) {
        DependencyScope::Runtime
    } else if groups.iter().all(left_out) {
        DependencyScope::Development
    } else {
        DependencyScope::Optional
    }
}

/// `gem "name", "~> 1.0", ">= 1.0.3", group: :test, path: "../x"`.
fn gem(line: &[Token<'_>], block: Option<DependencyScope>, manifest: &mut Manifest, package: &mut LocalPackage) {
    let Some(name) = texts(line).next() else { return };
    let options = options(line);
    let requirement = requirement(line, options);
    let group = option(&line[options..], "group").or_else(|| option(&line[options..], "groups"));
    let scope = group.map(|value| groups_scope(&symbols(value))).or(block).unwrap_or(DependencyScope::Runtime);
    let folder = option(&line[options..], "path").and_then(|value| texts(value).next());
    package.local_dependencies.extend(folder.map(|token| token.text.to_string()));
    manifest.dependencies.push(Dependency {
        resolved: requirement.as_deref().and_then(|text| version::exact(Ecosystem::RubyGems, text)),
        requirement,
        scope,
        ..Dependency::new(Ecosystem::RubyGems, name.text, &manifest.path, name.line)
    });
}

/// Where the keyword arguments start: at the first `word:` or `:word =>`.
fn options(line: &[Token<'_>]) -> usize {
    let at = line.windows(2).position(|pair| pair[0].kind == Kind::Word && pair[1].is_symbol(":"));
    let rocket = line.windows(2).position(|pair| pair[0].is_symbol("=") && pair[1].is_symbol(">"));
    at.into_iter().chain(rocket.map(|at| at.saturating_sub(2))).min().unwrap_or(line.len())
}

/// The version strings after the name.
fn requirement(line: &[Token<'_>], end: usize) -> Option<String> {
    let versions: Vec<&str> = texts(&line[..end]).skip(1).map(|token| token.text).collect();
    (!versions.is_empty()).then(|| versions.join(", "))
}

/// What follows `name:` or `:name =>` up to the next keyword argument.
fn option<'t, 'a>(line: &'t [Token<'a>], name: &str) -> Option<&'t [Token<'a>]> {
    let at = line.iter().position(|token| token.is_word(name))?;
    let rest = &line[at + 1..];
    let mut depth = 0usize;
    let end = rest.iter().position(|token| {
        match token.text {
            "[" => depth += 1,
            "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.is_symbol(",")
    });
    Some(&rest[..end.unwrap_or(rest.len())])
}

pub(super) fn gemspec(path: &str, text: &str) -> Result<Manifest, String> {
    let mut manifest = Manifest::new(path, ManifestKind::Manifest, Ecosystem::RubyGems);
    let mut package = LocalPackage::new(Ecosystem::RubyGems, "", path);
    for line in statements(text) {
        // `spec.method arguments`
        let [_, dot, method, rest @ ..] = line.as_slice() else { continue };
        if !dot.is_symbol(".") {
            continue;
        }
        let scope = match method.text {
            "add_dependency" | "add_runtime_dependency" => DependencyScope::Runtime,
            "add_development_dependency" => DependencyScope::Development,
            other => {
                let value = texts(rest).next();
                match (other, value) {
                    ("name", Some(value)) => package.name = value.text.to_string(),
                    ("required_ruby_version", Some(value)) => manifest.runtime("ruby", value.text, value.line),
                    ("executables", _) => package.has_entry_point = true,
                    _ => {}
                }
                continue;
            }
        };
        let Some(name) = texts(rest).next() else { continue };
        let requirement = requirement(rest, rest.len());
        manifest.dependencies.push(Dependency {
            resolved: requirement.as_deref().and_then(|text| version::exact(Ecosystem::RubyGems, text)),
            requirement,
            scope,
            ..Dependency::new(Ecosystem::RubyGems, name.text, path, name.line)
        });
    }
    manifest.package = Some(package);
    Ok(manifest)
}

/// Sections start at the margin; `specs:` lists gems four blanks deep, `DEPENDENCIES` the direct ones two deep.
pub(super) fn gemfile_lock(path: &str, text: &str) -> Result<Manifest, String> {
    let mut manifest = Manifest::new(path, ManifestKind::Lockfile, Ecosystem::RubyGems);
    let mut direct: BTreeSet<&str> = BTreeSet::new();
    let mut section = "";
    for (number, line) in (1..).zip(text.lines()) {
        let content = line.trim();
        match line.len() - line.trim_start().len() {
            _ if content.is_empty() => {}
            0 => section = content,
            2 if section == "DEPENDENCIES" => {
                direct.insert(content.split([' ', '!']).next().unwrap_or_default());
            }
            _ if section == "RUBY VERSION" => {
                let version = content.trim_start_matches("ruby ");
                manifest.runtime("ruby", version.split('p').next().unwrap_or(version), number);
            }
            4 if matches!(section, "GEM" | "GIT") => {
                let (name, rest) = content.split_once(' ').unwrap_or((content, ""));
                let version = rest.trim_start_matches('(').split([')', '-']).next().unwrap_or_default();
                manifest.dependencies.push(Dependency {
                    resolved: Some(version.to_string()).filter(|version| !version.is_empty()),
                    ..Dependency::new(Ecosystem::RubyGems, name, path, number)
                });
            }
            _ => {}
        }
    }
    for dependency in &mut manifest.dependencies {
        dependency.direct = direct.contains(dependency.name.as_str());
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::manifest::parse;
    use DependencyScope::*;

    #[test]
    fn gemfile_groups_and_options() {
        let text = r"source 'https://rubygems.org'
ruby '3.2.2'

gem 'rails', '~> 7.1', '>= 7.1.2' # web
gem 'puma'
if ENV['X']
  gem 'redis', '5.0.8'
end
group :development, :test, optional: true do
  gem 'rspec-rails', require: false
  platforms :mri do
    gem 'byebug'
  end
end
gem 'rubocop', group: %i[development test], require: false
gem 'capistrano', :group => :development
gem 'engine', path: '../engine'
gem 'datadog', groups: [:production]
gem 'long',
  '~> 1.0'
";
        let manifest = parse("Gemfile", text).unwrap();
        let found: Vec<_> =
            manifest.dependencies.iter().map(|d| (d.name.as_str(), d.requirement.as_deref(), d.scope, d.line)).collect();
        assert_eq!(
            found,
            [
                ("rails", Some("~> 7.1, >= 7.1.2"), Runtime, 4),
                ("puma", None, Runtime, 5),
                ("redis", Some("5.0.8"), Runtime, 7),
                ("rspec-rails", None, Development, 10),
                ("byebug", None, Development, 12),
                ("rubocop", None, Development, 15),
                ("capistrano", None, Development, 16),
                ("engine", None, Runtime, 17),
                ("datadog", None, Runtime, 18),
                ("long", Some("~> 1.0"), Runtime, 19),
            ]
        );
        assert_eq!((manifest.runtime_versions[0].spec.as_str(), manifest.runtime_versions[0].line), ("3.2.2", 2));
        assert_eq!(manifest.package.unwrap().local_dependencies, ["../engine"]);
    }

    #[test]
    fn lock_sections() {
        let text = r"PATH
  remote: ../engine
  specs:
    engine (0.1.0)

GEM
  remote: https://rubygems.org/
  specs:
    nokogiri (1.16.2-x86_64-linux)
      racc (~> 1.4)
    rails (7.1.2)
      nokogiri (>= 1.8.5)

PLATFORMS
  ruby

DEPENDENCIES
  engine!
  rails (~> 7.1)

RUBY VERSION
   ruby 3.2.2p53
";
        let manifest = parse("Gemfile.lock", text).unwrap();
        let found: Vec<_> =
            manifest.dependencies.iter().map(|d| (d.name.as_str(), d.resolved.as_deref(), d.direct, d.line)).collect();
        assert_eq!(found, [("nokogiri", Some("1.16.2"), false, 9), ("rails", Some("7.1.2"), true, 11)]);
        assert_eq!((manifest.runtime_versions[0].spec.as_str(), manifest.runtime_versions[0].line), ("3.2.2", 22));
    }

    #[test]
    fn gemspec_methods() {
        let text = r#"Gem::Specification.new do |spec|
  spec.name = "tool"
  spec.required_ruby_version = ">= 3.0"
  spec.executables = ["tool"]
  spec.add_dependency "thor", "~> 1.2"
  spec.add_development_dependency("rake")
end
"#;
        let manifest = parse("tool.gemspec", text).unwrap();
        let found: Vec<_> =
            manifest.dependencies.iter().map(|d| (d.name.as_str(), d.requirement.as_deref(), d.scope, d.line)).collect();
        assert_eq!(found, [("thor", Some("~> 1.2"), Runtime, 5), ("rake", None, Development, 6)]);
        assert_eq!(manifest.runtime_versions[0].spec, ">= 3.0");
        let package = manifest.package.unwrap();
        assert_eq!((package.name.as_str(), package.has_entry_point), ("tool", true));
    }
}

//! Structured files as value trees: which format a path has, and one front end per format.
//!
//! To add a format: write its front end in this folder (`pub fn parse(text: &str) -> Result<Vec<Node>, ParseError>`, exact 1-based
//! places, no panics, depth at most `MAX_DEPTH`), then give it a value in `Format`, its file names in `Format::of_path` and a line
//! in `parse`.

pub mod compose;
pub mod dockerfile;
mod dockerfile_copies;
mod dockerfile_lines;
pub mod dotenv;
mod error;
mod filter;
pub mod hcl;
pub mod ini;
pub mod json;
pub mod nginx;
pub mod node;
pub mod position;
pub mod query;
pub mod scripts;
mod template;
pub mod toml;
pub mod xml;
pub mod yaml;
mod yaml_scalar;
mod yaml_template;

pub use error::{MAX_DEPTH, ParseError};
pub use node::{Entry, Node, Span, Value};
pub use template::is_template;

use std::cell::Cell;
use std::panic::{self, UnwindSafe, catch_unwind};
use std::sync::Once;

use super::role::is_dockerfile;

/// The structured formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// JSON, JSON with comments, JSON5.
    Json,
    Yaml,
    Toml,
    Ini,
    /// Java properties.
    Properties,
    Dotenv,
    Dockerfile,
    Nginx,
    Hcl,
    Xml,
}

impl Format {
    /// The format a relative POSIX path promises by its name. Lock files are not looked at here.
    pub fn of_path(path: &str) -> Option<Format> {
        let path = path.to_ascii_lowercase();
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
        by_name(folder, name).or_else(|| {
            let (made, _) = name.rsplit_once('.').filter(|(_, end)| TEMPLATE_ENDINGS.contains(end))?;
            // Deployments fill in the configuration of a proxy, whatever it is called; what is none has no document.
            let is_conf = made.ends_with(".conf") || (made.starts_with("nginx") && !made.contains('.'));
            by_name(folder, made).or_else(|| is_conf.then_some(Format::Nginx))
        })
    }
}

/// Endings of files that become a file of the name before them.
const TEMPLATE_ENDINGS: [&str; 9] = ["j2", "jinja", "jinja2", "tmpl", "tpl", "template", "example", "sample", "dist"];

fn by_name(folder: &str, name: &str) -> Option<Format> {
    let under = |part: &str| folder.split('/').any(|folder| folder.contains(part));
    // What is one is said in one place; most names are seen not to be at a glance.
    if (name.contains("dockerfile") || name.contains("containerfile")) && is_dockerfile(name) {
        return Some(Format::Dockerfile);
    }
    if name.starts_with(".env.") {
        return Some(Format::Dotenv);
    }
    match name {
        "default.conf" => return Some(Format::Nginx),
        "supervisord.conf" | "pip.conf" | ".npmrc" | ".pylintrc" | ".flake8" | ".coveragerc" => return Some(Format::Ini),
        "pipfile" => return Some(Format::Toml),
        ".babelrc" | ".eslintrc" | ".swcrc" => return Some(Format::Json),
        ".prettierrc" | ".yamllint" => return Some(Format::Yaml),
        _ => {}
    }
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "json" | "jsonc" | "json5" | "webmanifest" => Some(Format::Json),
        "yaml" | "yml" => Some(Format::Yaml),
        "toml" => Some(Format::Toml),
        "ini" | "cfg" | "cnf" | "editorconfig" | "service" | "timer" => Some(Format::Ini),
        "properties" => Some(Format::Properties),
        "env" => Some(Format::Dotenv),
        "nginx" => Some(Format::Nginx),
        "conf" if name.contains("nginx") || under("nginx") || under("conf.d") => Some(Format::Nginx),
        // Sites are often called after what they serve. What is no configuration has no document.
        "" if under("nginx") || under("conf.d") => Some(Format::Nginx),
        _ if under("sites-available") || under("sites-enabled") => Some(Format::Nginx),
        "tf" | "tfvars" | "hcl" => Some(Format::Hcl),
        "xml" | "csproj" | "fsproj" | "vbproj" | "props" | "targets" | "nuspec" | "config" => Some(Format::Xml),
        _ => None,
    }
}

/// Reads `text`: one node per document of a YAML stream, one node in every other format. Time and memory are linear in the length
/// of the text, which the caller bounds (4 MiB is plenty).
pub fn parse(format: Format, text: &str) -> Result<Vec<Node>, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let front_end = match format {
        Format::Json => json::parse,
        Format::Yaml => yaml::parse,
        Format::Toml => toml::parse,
        Format::Ini => ini::parse,
        Format::Properties => ini::parse_properties,
        Format::Dotenv => dotenv::parse,
        Format::Dockerfile => dockerfile::parse,
        Format::Nginx => nginx::parse,
        Format::Hcl => hcl::parse,
        Format::Xml => xml::parse,
    };
    // Five of these stand on parsers of others. A panic there, on a file nobody foresaw, costs that file and not the run.
    quietly(|| front_end(text)).unwrap_or_else(|| Err(ParseError::new(1, "the parser failed on this file")))
}

thread_local! {
    /// Is a panic on this thread caught and told in words?
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// What `work` returns; `None`, and nothing printed, if it panics.
fn quietly<T>(work: impl FnOnce() -> T + UnwindSafe) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(respect_quiet);
    let outer = QUIET.replace(true);
    let result = catch_unwind(work);
    QUIET.set(outer);
    result.ok()
}

/// Puts a hook before the one in place, which it calls for every panic but those of `quietly`.
fn respect_quiet() {
    let loud = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !QUIET.get() {
            loud(info);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Format; 10] = [
        Format::Json,
        Format::Yaml,
        Format::Toml,
        Format::Ini,
        Format::Properties,
        Format::Dotenv,
        Format::Dockerfile,
        Format::Nginx,
        Format::Hcl,
        Format::Xml,
    ];

    #[test]
    fn formats_follow_from_paths() {
        for (path, format) in [
            ("Dockerfile", Some(Format::Dockerfile)),
            ("docker/Dockerfile.prod", Some(Format::Dockerfile)),
            ("api.dockerfile", Some(Format::Dockerfile)),
            ("Containerfile", Some(Format::Dockerfile)),
            ("Dockerfile.j2", Some(Format::Dockerfile)),
            ("Dockerfile-prod", Some(Format::Dockerfile)),
            ("Dockerfile-notes.md", None),
            ("Dockerfile.dockerignore", None),
            (".env", Some(Format::Dotenv)),
            ("web/.env.production", Some(Format::Dotenv)),
            (".env.example", Some(Format::Dotenv)),
            ("config/prod.env", Some(Format::Dotenv)),
            ("nginx.conf", Some(Format::Nginx)),
            ("deploy/nginx/conf.d/site.conf", Some(Format::Nginx)),
            ("nginx.conf.template", Some(Format::Nginx)),
            ("deploy/shop.conf.tpl", Some(Format::Nginx)),
            ("roles/web/templates/shop.conf.j2", Some(Format::Nginx)),
            ("server/nginx/default.template", Some(Format::Nginx)),
            ("nginx.template", Some(Format::Nginx)),
            ("web/nginx-run.tmpl", Some(Format::Nginx)),
            ("nginx.md.template", None),
            ("nginx", None),
            ("supervisord.conf.j2", Some(Format::Ini)),
            ("deploy/shop.conf", None),
            ("etc/sites-available/shop", Some(Format::Nginx)),
            ("nginx/conf.d/app", Some(Format::Nginx)),
            ("etc/nginx/sites-enabled/shop.example.com", Some(Format::Nginx)),
            ("deploy/conf.d/app.conf", Some(Format::Nginx)),
            ("nginx/entrypoint.sh", None),
            ("bin/app", None),
            ("httpd.conf", None),
            ("main.tf", Some(Format::Hcl)),
            ("prod.tfvars", Some(Format::Hcl)),
            ("main.tf.json", Some(Format::Json)),
            ("pom.xml", Some(Format::Xml)),
            ("src/App.csproj", Some(Format::Xml)),
            ("Directory.Build.props", Some(Format::Xml)),
            ("tsconfig.json", Some(Format::Json)),
            ("chart/templates/web.yaml", Some(Format::Yaml)),
            ("docker-compose.yml.j2", Some(Format::Yaml)),
            ("application.properties", Some(Format::Properties)),
            ("setup.cfg", Some(Format::Ini)),
            ("pyproject.toml", Some(Format::Toml)),
            ("Pipfile", Some(Format::Toml)),
            ("Cargo.lock", None),
            ("README.md", None),
            ("templates/_helpers.tpl", None),
        ] {
            assert_eq!(Format::of_path(path), format, "{path}");
        }
    }

    #[test]
    fn a_panic_of_a_parser_is_silent_and_no_other() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static HEARD: AtomicUsize = AtomicUsize::new(0);
        let (own, before) = (std::thread::current().id(), panic::take_hook());
        panic::set_hook(Box::new(move |info| {
            if std::thread::current().id() == own {
                HEARD.fetch_add(1, Ordering::SeqCst);
            } else {
                before(info);
            }
        }));
        respect_quiet();
        assert_eq!(quietly(|| -> u8 { panic!("a parser") }), None);
        assert_eq!(HEARD.load(Ordering::SeqCst), 0);
        assert!(catch_unwind(|| panic!("somebody else")).is_err());
        assert_eq!(HEARD.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_byte_order_mark_is_no_column() {
        let node = parse(Format::Json, "\u{feff}{\"a\": 1}").unwrap().remove(0);
        assert_eq!(node.entries()[0].key_span.column, 2);
    }

    #[test]
    fn ten_thousand_levels_are_an_error_in_every_format() {
        for format in ALL {
            for open in ["[", "{", "(", "a {", "a = [", "<a>", "- ", "{a: ", "${", "{{", "[a]\n", "a.", "\"${", "[[a]]\n"] {
                let _ = parse(format, &open.repeat(10_000));
            }
        }
    }

    proptest! {
        #[test]
        fn no_format_panics_on_any_text(text in "\\PC{0,80}", lines in "[ -~\n\t\r]{0,200}") {
            for format in ALL {
                let _ = parse(format, &text);
                let _ = parse(format, &lines);
            }
        }
    }
}

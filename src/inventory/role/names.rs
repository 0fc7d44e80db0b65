//! The role that a file's name says. To teach it a name, add it to the function of its role and to the table in the tests.
//!
//! Decisions that are not obvious:
//! - `*.conf.template` is rendered by the nginx image when it starts: infra, not an example; so is `nginx/default.template`.
//! - `db_backup.sh` makes backups, `views_backup.py` is one.
//! - Lockfiles, linter and build configuration are production; the configuration of test tools is test.
//! - A name for development wins over one for production: `.env.production.local`.
//! - `requirements-dev.txt` is development, `requirements-test.txt` is test: neither is installed in production.

use crate::model::role::Role;

use super::Inside;
use super::infra::{is_compose, is_conf_template, is_dockerfile, is_infra_name, is_nginx_template};
use super::trials;

/// A file name.
pub(super) struct Name<'a> {
    /// In lower case.
    pub text: &'a str,
    /// As it is written.
    pub original: &'a str,
    /// Is it in a language with a grammar?
    pub is_code: bool,
    /// Everything before the last dot, in lower case.
    stem: &'a str,
    /// Everything after it; "" without a dot.
    extension: &'a str,
}

impl<'a> Name<'a> {
    /// Of a name in lower case, and as it is written.
    pub(super) fn new(text: &'a str, original: &'a str, is_code: bool) -> Name<'a> {
        let (stem, extension) = text.rsplit_once('.').unwrap_or((text, ""));
        Name { text, original, is_code, stem, extension }
    }

    fn stem(&self) -> &'a str {
        self.stem
    }

    pub(super) fn extension(&self) -> &'a str {
        self.extension
    }

    /// The parts between dots, without the first: `dev` and `yml` of `values.dev.yml`.
    fn suffixes(&self) -> impl Iterator<Item = &'a str> {
        self.text.split('.').skip(1)
    }

    pub(super) fn has_suffix(&self, wanted: &[&str]) -> bool {
        // Most names have one dot, if any.
        if self.stem.contains('.') {
            return self.suffixes().any(|suffix| wanted.contains(&suffix));
        }
        self.stem.len() < self.text.len() && wanted.contains(&self.extension)
    }

    /// Does it start with `word` as a word of its own?
    pub(super) fn begins(&self, word: &str) -> bool {
        self.text.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
    }

    /// Scripts and style sheets of a browser.
    pub(super) fn is_web(&self) -> bool {
        matches!(self.extension(), "js" | "mjs" | "cjs" | "css")
    }

    /// Source of JavaScript or TypeScript.
    pub(super) fn is_of_node(&self) -> bool {
        matches!(self.extension(), "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx")
    }

    pub(super) fn is_yaml(&self) -> bool {
        matches!(self.extension(), "yml" | "yaml")
    }

    /// Prose and notebooks.
    pub(super) fn is_prose(&self) -> bool {
        match self.extension() {
            "md" | "mdx" | "markdown" | "rst" | "adoc" | "asciidoc" | "ipynb" | "txt" => true,
            "" => [
                "readme",
                "license",
                "licence",
                "copying",
                "changelog",
                "notice",
                "authors",
                "contributors",
                "contributing",
                "todo",
            ]
            .iter()
            .any(|word| self.begins(word)),
            _ => false,
        }
    }
}

/// What the name of a file says, most specific first.
pub(super) fn of_name(file: &Name, inside: &Inside) -> Option<Role> {
    type Rule = fn(&Name, &Inside) -> bool;
    let rules: [(Role, Rule); 8] = [
        (Role::Vendored, is_copy),
        (Role::Generated, is_generated),
        (Role::Ci, is_ci),
        (Role::Example, is_example),
        (Role::Test, is_test),
        (Role::Development, is_development),
        (Role::Docs, |file, inside| file.is_prose() && !is_used_text(file, inside)),
        (Role::Infra, |file, inside| is_infra_name(file) || is_nginx_template(file, inside)),
    ];
    let role = rules.into_iter().find(|(_, rule)| rule(file, inside)).map(|(role, _)| role);
    role.or(inside.infra_or_ci)
}

/// `app.4ed993c7.js`: a bundler puts the hash of the content into the name.
fn is_hashed(file: &Name) -> bool {
    let hash = |part: &str| {
        (8..=32).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_hexdigit())
            && part.bytes().any(|byte| byte.is_ascii_digit())
            && part.bytes().any(|byte| byte.is_ascii_alphabetic())
    };
    file.suffixes().any(hash) || file.stem().rsplit_once('-').is_some_and(|(_, last)| hash(last))
}

/// Minified, or an old copy.
fn is_copy(file: &Name, inside: &Inside) -> bool {
    // Published packages hold their source beside what a browser needs: `chart.src.js`.
    let is_source = inside.in_served && file.has_suffix(&["src"]);
    let minified = file.is_web()
        && (is_source || file.has_suffix(&["min", "bundle", "chunk"]) || file.stem().ends_with("-min") || is_hashed(file));
    let stem = file.stem();
    let numberless = stem.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end();
    minified
        || matches!(file.extension(), "map" | "backup" | "swp")
        || file.has_suffix(&["bak", "orig", "original", "old"])
        || (!file.is_code && stem.ends_with("-old"))
        || file.text.ends_with('~')
        || numberless.ends_with(" copy")
        || stem.ends_with("_old")
        || stem.strip_suffix("_backup").is_some_and(|what| !is_backed_up(what))
}

/// `db` of `db_backup.sh`: what is backed up, or the order to do it.
fn is_backed_up(what: &str) -> bool {
    let last = what.rsplit(['_', '-']).next().unwrap_or(what);
    matches!(
        last,
        "auto"
            | "create"
            | "cron"
            | "daily"
            | "data"
            | "database"
            | "db"
            | "do"
            | "etcd"
            | "full"
            | "make"
            | "mariadb"
            | "mongo"
            | "mongodb"
            | "mysql"
            | "nightly"
            | "pg"
            | "postgres"
            | "postgresql"
            | "redis"
            | "restore"
            | "run"
            | "s3"
            | "scheduled"
            | "site"
            | "sqlite"
            | "take"
            | "volume"
            | "weekly"
    )
}

fn is_generated(file: &Name, _: &Inside) -> bool {
    let stem = file.stem();
    file.has_suffix(&["generated"])
        || (file.is_code && file.text.contains(".pb."))
        || ["_pb2", "_pb2_grpc", "_pb", "_pb.d"].iter().any(|end| stem.ends_with(end))
            && matches!(file.extension(), "py" | "pyi" | "js" | "ts")
        || [".g.dart", ".freezed.dart", ".g.cs", ".designer.cs", ".pb.cc", ".pb.h", ".gen.go", ".gen.ts"]
            .iter()
            .any(|end| file.text.ends_with(end))
        || file.text.starts_with("zz_generated.")
        || (file.is_code && stem.ends_with("_generated"))
        || file.text == "next-env.d.ts"
}

fn is_ci(file: &Name, _: &Inside) -> bool {
    match file.text {
        "bitbucket-pipelines.yml"
        | ".travis.yml"
        | "appveyor.yml"
        | ".appveyor.yml"
        | ".cirrus.yml"
        | "wercker.yml"
        | "codecov.yml"
        | ".codecov.yml"
        | "codemagic.yaml"
        | "sonar-project.properties"
        | ".pre-commit-config.yaml"
        | "renovate.json"
        | "renovate.json5"
        | "earthfile"
        | "dagger.json" => true,
        _ if file.begins("jenkinsfile") || file.extension() == "jenkinsfile" => true,
        _ if file.is_yaml() => {
            let tools = [".gitlab-ci", "azure-pipelines", ".drone", ".woodpecker", "cloudbuild", "buildspec"];
            tools.iter().any(|tool| file.begins(tool)) || (is_compose(file) && file.has_suffix(&["ci"]))
        }
        _ => false,
    }
}

fn is_example(file: &Name, inside: &Inside) -> bool {
    let stem = file.stem();
    // A component may be called `use-schema-example.ts`; only settings are copied and filled in.
    let is_filled_in = !file.is_code || ["settings", "config", "local_settings", "secrets"].iter().any(|word| file.begins(word));
    file.has_suffix(&["example", "sample"])
        || file.extension() == "dist"
        || (file.extension() == "template" && !is_conf_template(file) && !is_nginx_template(file, inside))
        || is_filled_in
            && ["-example", "_example", "-sample", "_sample"].iter().any(|end| stem.ends_with(end) || file.text.ends_with(end))
        || matches!(file.text, "example.env" | "sample.env" | "template.env" | ".env-template" | ".env_template")
}

/// The configuration of a test tool, or what its tests share.
fn is_test_support(file: &Name) -> bool {
    let tools =
        ["jest.config", "jest.setup", "vitest", "cypress.config", "playwright.config", "karma.conf", "wdio.conf", ".mocharc"];
    tools.iter().any(|tool| file.begins(tool))
        || (file.begins("playwright") && file.has_suffix(&["config"]))
        || (file.begins(".env") && (matches!(file.extension(), "ci" | "e2e" | "testing") || file.text.starts_with(".env.test_")))
        || (file.text.starts_with("smoketest_") && file.is_code)
        || file.extension() == "feature"
        || matches!(
            file.text,
            "conftest.py"
                | "pytest.ini"
                | "tox.ini"
                | "noxfile.py"
                | ".coveragerc"
                | "locustfile.py"
                | "phpunit.xml"
                | "testng.xml"
        )
        || matches!(file.text, "test-requirements.txt" | "test_requirements.txt" | ".rspec")
        || matches!(
            file.stem(),
            "setuptests"
                | "global-setup"
                | "global-teardown"
                | "globalsetup"
                | "globalteardown"
                | "spec_helper"
                | "rails_helper"
                | "test_helper"
                | "test_helpers"
                | "test-helpers"
                | "test-utils"
                | "test_utils"
        )
}

/// Does a framework run or load every file of the folder, whatever it is called? `management/commands/test_mail.py` is a command.
fn is_executed(file: &Name, inside: &Inside) -> bool {
    match file.extension() {
        "py" => matches!(
            (inside.grandparent, inside.parent),
            ("management", "commands") | (_, "migrations") | ("alembic" | "migrations", "versions")
        ),
        "rb" => {
            inside.grandparent == "app" && matches!(inside.parent, "channels" | "controllers" | "jobs" | "mailers" | "models")
        }
        _ => false,
    }
}

/// What profiles of Spring are called that only tests run with; those that end in `test` say so themselves.
const PROFILES_OF_TESTS: [&str; 4] = ["e2e", "it", "testcontainers", "testing"];

fn is_test(file: &Name, inside: &Inside) -> bool {
    if is_test_support(file) || trials::is_of_tests(file) {
        return true;
    }
    let stem = file.stem();
    let is_config = matches!(
        file.extension(),
        "yml" | "yaml" | "json" | "toml" | "properties" | "env" | "xml" | "txt" | "ini" | "cfg" | "conf"
    );
    if (inside.in_src_main && file.is_code) || is_executed(file, inside) {
        return false;
    }
    if file.extension() == "php" && (inside.grandparent, inside.parent) == ("database", "factories") {
        return true;
    }
    let between = file.suffixes().count().saturating_sub(1);
    let marked =
        file.suffixes().take(between).any(|suffix| matches!(suffix, "test" | "tests" | "spec" | "e2e" | "e2e-spec" | "cy"));
    let ends_in_test = ["_test", "_tests", "-test", "-tests"].iter().any(|end| {
        stem.strip_suffix(end).is_some_and(|before| before != "ab" && !before.ends_with("_ab") && !before.ends_with("-ab"))
    });
    // Profiles that only tests run with.
    let is_profile = is_config && PROFILES_OF_TESTS.iter().any(|profile| stem.strip_prefix("application-") == Some(*profile));
    let ends_in_spec = file.is_code && (stem.ends_with("_spec") || stem.ends_with("-spec"));
    let alone = matches!(stem, "test" | "tests" | "testing")
        && (file.is_code || is_config)
        && (stem != "testing" || inside.parent == "requirements");
    marked
        || is_profile
        || file.extension() == "test"
        || ((file.is_code || is_config || is_dockerfile(file)) && ends_in_test)
        || ends_in_spec
        || (file.extension() == "py"
            && stem.strip_suffix("_testing").is_some_and(|before| before != "ab" && !before.ends_with("_ab")))
        || alone
        || (stem.starts_with("test_") && matches!(file.extension(), "py" | "rb" | "exs"))
        || is_test_class(file)
}

/// `OrderTest.java`, `OrderTests.cs`, `OrderIT.java`.
fn is_test_class(file: &Name) -> bool {
    let stem = file.original.rsplit_once('.').map_or(file.original, |(stem, _)| stem);
    let integration = stem.strip_suffix("IT").or_else(|| stem.strip_suffix("ITCase"));
    match file.extension() {
        "java" | "kt" | "groovy" | "scala" | "php" | "cs" | "swift" | "fs" | "vb" => {
            ["Test", "Tests", "TestCase"].iter().any(|end| stem.ends_with(end) && stem != *end)
                || integration.is_some_and(|before| before.ends_with(|c: char| c.is_ascii_lowercase()))
                || (stem.ends_with("Spec") && matches!(file.extension(), "groovy" | "scala"))
        }
        _ => false,
    }
}

/// Folders with a file or subfolder per environment.
pub(super) fn is_environment_folder(inside: &Inside) -> bool {
    let named = ["overlays", "environments", "envs", "env", "config", "conf", "settings", "vars", "group_vars", "requirements"];
    // Of a chart: `values`, `public-values`.
    inside.infra_or_ci == Some(Role::Infra) || named.contains(&inside.parent) || inside.parent.ends_with("values")
}

const DEVELOPMENT_WORDS: [&str; 4] = ["dev", "local", "development", "develop"];

fn is_development(file: &Name, inside: &Inside) -> bool {
    let stem = file.stem();
    match file.text {
        "tiltfile"
        | "vagrantfile"
        | "devbox.json"
        | ".envrc"
        | ".gitpod.yml"
        | ".gitpod.dockerfile"
        | ".replit"
        | "taskfile.yml"
        | "taskfile.yaml"
        | "launchsettings.json"
        | "local_settings.py"
        | "dev_settings.py"
        | "dev-requirements.txt"
        | "dev_requirements.txt" => return true,
        _ => {}
    }
    if file.text.starts_with(".lando.") && file.is_yaml() || is_proxy_of_development(file, inside) {
        return true;
    }
    let of_images = file.extension() == "dockerfile" || file.text.contains("compose");
    if of_images && DEVELOPMENT_WORDS.iter().any(|word| file.begins(word)) {
        return true;
    }
    if is_compose(file) && (file.has_suffix(&["override", "debug"]) || stem.ends_with("-override")) {
        return true;
    }
    let says = |words: &[&str]| file.text.split(['.', '-', '_']).any(|word| words.contains(&word));
    if is_compose(file) && says(&DEVELOPMENT_WORDS) && !says(&["prod", "production", "staging"]) {
        return true;
    }
    let is_settings = ["settings", "config", "webpack", "rollup"].iter().any(|word| file.begins(word));
    let ends_in_word = stem.rsplit_once(['-', '_']).is_some_and(|(_, last)| DEVELOPMENT_WORDS.contains(&last));
    let script = matches!(inside.parent, "scripts" | "script" | "bin" | "tools" | "hack") && file.begins("dev");
    file.has_suffix(&DEVELOPMENT_WORDS)
        || file.has_suffix(&["stories"])
        || (ends_in_word && (!file.is_code || is_settings || is_environment_folder(inside)))
        || (DEVELOPMENT_WORDS.contains(&stem) && is_environment_folder(inside))
        || script
}

/// `nginx-dev-tls.conf`: a word that says so anywhere behind the name of the proxy.
fn is_proxy_of_development(file: &Name, inside: &Inside) -> bool {
    let is_conf = file.extension() == "conf" || is_conf_template(file) || is_nginx_template(file, inside);
    is_conf && file.begins("nginx") && file.text.split(['.', '-', '_']).any(|word| DEVELOPMENT_WORDS.contains(&word))
}

/// Text that is no prose: requirement lists, and what the application serves or sends.
fn is_used_text(file: &Name, inside: &Inside) -> bool {
    if file.extension() != "txt" {
        return false;
    }
    let named = matches!(
        file.text,
        "cmakelists.txt"
            | "robots.txt"
            | "security.txt"
            | "ads.txt"
            | "app-ads.txt"
            | "llms.txt"
            | "runtime.txt"
            | "packages.txt"
    );
    let stem = file.stem();
    named || inside.in_content || stem.contains("requirements") || file.begins("constraints")
}

//! The syntaxes the mask knows, and what is special in each.

use crate::model::language::Language;

/// How a text is to be lexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Syntax {
    Python,
    /// JavaScript and TypeScript, with or without JSX.
    JavaScript,
    Go,
    Java,
    Kotlin,
    Ruby,
    /// A file: code is between tags.
    Php,
    /// PHP without tags, as in a pattern.
    PhpCode,
    CSharp,
    Rust,
    /// C, Swift, Scala, Groovy, Dart, protobuf, JSON with comments: `//` and `/* */`.
    CLike,
    Css,
    Sql,
    Hcl,
    Toml,
    Yaml,
    Shell,
    Dockerfile,
    Dotenv,
    /// `#` or `;` at the start of a line.
    Ini,
    /// `#` or `!` at the start of a line.
    Properties,
    Nginx,
    /// `#` after a space or at the start of a line, and nothing else: requirements.txt, Makefile, Caddyfile.
    Hash,
    /// `<!-- -->`: HTML, XML, Vue, Svelte, Markdown.
    Markup,
    /// Everything is code.
    Plain,
}

/// Where a line comment's sign counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    Anywhere,
    LineStart,
    /// At the start of a line, after white space or after one of these.
    After(&'static [u8]),
}

/// What the lexer needs to know of a syntax.
pub(super) struct Traits {
    /// The bytes at which code may end. Where code stands in a string, braces count, too; where a heredoc or a line of Ruby begins,
    /// newlines do.
    pub(super) special: &'static [u8],
    /// One-byte signs of a line comment.
    pub(super) line_signs: &'static [u8],
    pub(super) guard: Guard,
    /// `//` to the end of the line.
    pub(super) slashes: bool,
    /// `/* */`
    pub(super) block: bool,
    /// Block comments nest.
    pub(super) nested: bool,
}

impl Traits {
    const fn new(special: &'static [u8], line_signs: &'static [u8], guard: Guard) -> Traits {
        Traits { special, line_signs, guard, slashes: false, block: false, nested: false }
    }

    /// `//` and `/* */`.
    const fn with_slashes(mut self) -> Traits {
        self.slashes = true;
        self.block = true;
        self
    }

    const fn with_block(mut self) -> Traits {
        self.block = true;
        self
    }

    const fn with_nesting(mut self) -> Traits {
        self.nested = true;
        self
    }
}

impl Syntax {
    pub(super) fn traits(self) -> Traits {
        use Guard::{After, Anywhere, LineStart};
        match self {
            Syntax::Python => Traits::new(b"#'\"", b"#", Anywhere),
            Syntax::JavaScript => Traits::new(b"/'\"`", b"", Anywhere).with_slashes(),
            Syntax::Go => Traits::new(b"/'\"`", b"", Anywhere).with_slashes(),
            Syntax::Java | Syntax::CLike => Traits::new(b"/'\"", b"", Anywhere).with_slashes(),
            Syntax::Kotlin => Traits::new(b"/'\"", b"", Anywhere).with_slashes().with_nesting(),
            Syntax::Ruby => Traits::new(b"#'\"`/%<", b"#", Anywhere),
            Syntax::Php | Syntax::PhpCode => Traits::new(b"#/'\"`<?", b"#", Anywhere).with_slashes(),
            Syntax::CSharp => Traits::new(b"/'\"", b"", Anywhere).with_slashes(),
            Syntax::Rust => Traits::new(b"/'\"", b"", Anywhere).with_slashes().with_nesting(),
            Syntax::Css => Traits::new(b"/'\"", b"", Anywhere).with_block(),
            Syntax::Sql => Traits::new(b"-/'\"", b"", Anywhere).with_block(),
            Syntax::Hcl => Traits::new(b"#/\"<", b"#", Anywhere).with_slashes(),
            Syntax::Toml => Traits::new(b"#'\"", b"#", Anywhere),
            Syntax::Yaml => Traits::new(b"#'\"", b"#", After(b"")),
            Syntax::Shell => Traits::new(b"#'\"", b"#", After(b";(&|")),
            Syntax::Dockerfile => Traits::new(b"#", b"#", LineStart),
            Syntax::Dotenv => Traits::new(b"#'\"", b"#", After(b"")),
            Syntax::Ini => Traits::new(b"#;", b"#;", LineStart),
            Syntax::Properties => Traits::new(b"#!", b"#!", LineStart),
            Syntax::Nginx => Traits::new(b"#'\"", b"#", After(b";{}")),
            Syntax::Hash => Traits::new(b"#", b"#", After(b"")),
            Syntax::Markup => Traits::new(b"<", b"", Anywhere),
            Syntax::Plain => Traits::new(b"", b"", Anywhere),
        }
    }

    /// The syntax of the file at this path, by its name.
    pub fn of_path(path: &str) -> Syntax {
        if let Some(language) = Language::of_path(path) {
            return Syntax::from(language);
        }
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        if let Some(syntax) = Syntax::of_name(&name) {
            return syntax;
        }
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match extension {
            "c" | "h" | "cc" | "cpp" | "hpp" | "swift" | "scala" | "groovy" | "gradle" | "dart" | "proto" | "json" | "jsonc"
            | "json5" | "scss" | "less" => Syntax::CLike,
            "css" => Syntax::Css,
            "sql" => Syntax::Sql,
            "tf" | "tfvars" | "hcl" => Syntax::Hcl,
            "toml" => Syntax::Toml,
            "yaml" | "yml" => Syntax::Yaml,
            "sh" | "bash" | "zsh" | "ksh" => Syntax::Shell,
            "ini" | "cfg" | "editorconfig" | "npmrc" => Syntax::Ini,
            "properties" => Syntax::Properties,
            "conf" | "nginx" => Syntax::Nginx,
            "mk" | "cmake" | "graphql" | "gql" | "ex" | "exs" | "pl" | "r" | "ps1" | "rego" | "service" => Syntax::Hash,
            "html" | "htm" | "xhtml" | "xml" | "vue" | "svelte" | "svg" | "md" | "markdown" | "csproj" | "props" | "config"
            | "astro" => Syntax::Markup,
            "gemspec" => Syntax::Ruby,
            "phtml" => Syntax::Php,
            _ => Syntax::Plain,
        }
    }

    fn of_name(name: &str) -> Option<Syntax> {
        Some(match name {
            "gemfile" | "rakefile" | "guardfile" | "capfile" | "vagrantfile" => Syntax::Ruby,
            "jenkinsfile" => Syntax::CLike,
            "makefile" | "gnumakefile" | "caddyfile" | "procfile" | "codeowners" | "justfile" => Syntax::Hash,
            ".gitignore" | ".dockerignore" | ".helmignore" | ".gitattributes" => Syntax::Dockerfile,
            ".bashrc" | ".profile" => Syntax::Shell,
            "pipfile" | "poetry.lock" | "cargo.lock" => Syntax::Toml,
            _ if name.ends_with("dockerfile") || name.ends_with("containerfile") => Syntax::Dockerfile,
            _ if name.starts_with("dockerfile.") || name.starts_with("containerfile.") => Syntax::Dockerfile,
            _ if name == ".env" || name.starts_with(".env.") || name.ends_with(".env") => Syntax::Dotenv,
            _ if name.contains("requirements") && name.ends_with(".txt") => Syntax::Hash,
            _ => return None,
        })
    }
}

impl From<Language> for Syntax {
    fn from(language: Language) -> Syntax {
        match language {
            Language::Python => Syntax::Python,
            Language::JavaScript | Language::TypeScript | Language::Tsx => Syntax::JavaScript,
            Language::Go => Syntax::Go,
            Language::Java => Syntax::Java,
            Language::Kotlin => Syntax::Kotlin,
            Language::Ruby => Syntax::Ruby,
            Language::Php => Syntax::Php,
            Language::CSharp => Syntax::CSharp,
            Language::Rust => Syntax::Rust,
        }
    }
}

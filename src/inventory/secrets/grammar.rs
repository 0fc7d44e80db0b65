//! What the grammar of a file allows between a name and its value, told by the name of the file.
//!
//! A kind of file is a row of `of_path`; what a grammar does differently is asked for in `assignment`.

/// What a file's grammar allows, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grammar {
    Source,
    /// JavaScript and TypeScript.
    Script,
    Python,
    Go,
    Sql,
    Xml,
    Yaml,
    /// `name = value` to the end of the line: properties, ini, dotenv.
    Settings,
    /// `NAME=value` to the next space.
    Shell,
}

impl Grammar {
    /// The grammar of the file at `path`.
    pub(super) fn of_path(path: &str) -> Grammar {
        let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        match extension {
            "py" | "pyi" | "pyx" => Grammar::Python,
            "go" => Grammar::Go,
            "js" | "jsx" | "mjs" | "cjs" | "ts" | "tsx" | "mts" | "cts" | "vue" | "svelte" => Grammar::Script,
            "sql" => Grammar::Sql,
            "xml" | "config" | "csproj" | "plist" => Grammar::Xml,
            "yml" | "yaml" => Grammar::Yaml,
            "properties" | "ini" | "cfg" | "cnf" | "env" | "conf" => Grammar::Settings,
            "sh" | "bash" | "zsh" | "ksh" => Grammar::Shell,
            _ if name.starts_with(".env") || matches!(name.as_str(), ".npmrc" | ".pypirc" | ".netrc") => Grammar::Settings,
            _ => Grammar::Source,
        }
    }

    /// Is it program text, where a literal is what somebody wrote for the program to use?
    pub(super) fn is_source(self) -> bool {
        matches!(self, Grammar::Source | Grammar::Script | Grammar::Python | Grammar::Go)
    }
}

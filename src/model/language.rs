//! The programming languages whose source a check can look into.
//!
//! To add one: a value here, its endings in `Language::of_path`, its grammar in `inventory::syntax`, its comments and strings in
//! `inventory::syntax::mask`.

use super::terms::vocabulary;

vocabulary! {
    /// A language with a grammar.
    Language {
        Python = "python",
        JavaScript = "javascript",
        TypeScript = "typescript",
        Tsx = "tsx",
        Go = "go",
        Java = "java",
        Kotlin = "kotlin",
        Ruby = "ruby",
        Php = "php",
        CSharp = "csharp",
        Rust = "rust",
    }
}

impl Language {
    /// The language a path's ending says, if it is one of these.
    pub fn of_path(path: &str) -> Option<Language> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let extension = name.rsplit_once('.').map(|(_, e)| e)?;
        Some(match extension {
            "py" | "pyw" => Language::Python,
            "js" | "jsx" | "mjs" | "cjs" => Language::JavaScript,
            "ts" | "mts" | "cts" => Language::TypeScript,
            "tsx" => Language::Tsx,
            "go" => Language::Go,
            "java" => Language::Java,
            "kt" | "kts" => Language::Kotlin,
            "rb" | "rake" | "ru" => Language::Ruby,
            // A template of Blade is markup with directives, which no grammar of PHP reads.
            "php" if name.ends_with(".blade.php") => return None,
            "php" => Language::Php,
            "cs" => Language::CSharp,
            "rs" => Language::Rust,
            _ => return None,
        })
    }
}

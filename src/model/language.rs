//! The programming languages whose source a check can look into.
//!
//! To add one: a value here, its endings in `Language::of_path` (or its names in [`NAMES`]), its grammar in `inventory::syntax`, its comments and strings in
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

/// Files without an ending, by the last parts of their path.
const NAMES: &[(&str, Language)] = &[
    // What Express' generator starts the server with.
    ("bin/www", Language::JavaScript),
];

impl Language {
    /// The language a path's ending, or a name that is known without one, says, if it is one of these.
    pub fn of_path(path: &str) -> Option<Language> {
        // Asked for every path, several times.
        let last = memchr::memrchr2(b'.', b'/', path.as_bytes()).filter(|at| path.as_bytes()[*at] == b'.');
        let Some(extension) = last.map(|dot| &path[dot + 1..]) else {
            let is = |known: &str| path.strip_suffix(known).is_some_and(|above| above.is_empty() || above.ends_with('/'));
            return NAMES.iter().find(|(known, _)| is(known)).map(|(_, language)| *language);
        };
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
            "php" if path.ends_with(".blade.php") => return None,
            "php" => Language::Php,
            "cs" => Language::CSharp,
            "rs" => Language::Rust,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ending_counts() {
        for (path, language) in [("a/b.test.ts", Language::TypeScript), (".rb", Language::Ruby), ("a.d/b.php", Language::Php)] {
            assert_eq!(Language::of_path(path), Some(language), "{path}");
        }
    }

    #[test]
    fn what_has_no_ending_is_known_by_its_name() {
        for path in ["bin/www", "services/api/bin/www"] {
            assert_eq!(Language::of_path(path), Some(Language::JavaScript), "{path}");
        }
        for path in ["www", "sbin/www", "bin/www/index", "bin/server", "Makefile", "", "a.py/b", "a.", "b.blade.php", "py"] {
            assert_eq!(Language::of_path(path), None, "{path}");
        }
    }
}

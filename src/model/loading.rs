//! What is known of how source files come to be loaded, besides by imports: `checks/loading.yaml`.
//!
//! Read by `checks::loading`, asked by `inventory::loaded`.

use super::glob::PathGlob;
use super::language::Language;
use super::needs::NeedId;

/// A family of languages whose imports name files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// JavaScript and TypeScript.
    Node,
    Python,
}

impl Family {
    /// The family of a language; `None` where something else than imports of files says what is loaded.
    pub fn of(language: Language) -> Option<Family> {
        match language {
            Language::JavaScript | Language::TypeScript | Language::Tsx => Some(Family::Node),
            Language::Python => Some(Family::Python),
            _ => None,
        }
    }

    /// Its languages.
    pub fn languages(self) -> &'static [Language] {
        match self {
            Family::Node => &[Language::JavaScript, Language::TypeScript, Language::Tsx],
            Family::Python => &[Language::Python],
        }
    }
}

/// What loads files that nothing imports.
#[derive(Debug, Default)]
pub struct Loading {
    /// By family.
    pub conventions: Vec<(Family, Conventions)>,
    /// Packages that bring conventions of their own.
    pub frameworks: Vec<Framework>,
    /// Globs of files that load nothing when the application runs, whatever they search for: configuration of tools.
    pub aside: Vec<PathGlob>,
}

/// What loads files of one family.
#[derive(Debug, Default)]
pub struct Conventions {
    /// Names, without endings, of files that are started or found by their name.
    pub stems: Vec<String>,
    /// Globs over the path within the package of files that are found by where they stand.
    pub entries: Vec<PathGlob>,
    /// Needs whose hits show that a file is started or registers itself.
    pub starts: Vec<NeedId>,
    /// Needs whose hits show that whole folders are loaded.
    pub folders: Vec<NeedId>,
}

/// A package that loads files by where they stand.
#[derive(Debug, Default)]
pub struct Framework {
    /// Names of packages; a trailing `*` stands for any ending.
    pub names: Vec<String>,
    /// Globs over the path within the package that declares it; without one everything in it is loaded.
    pub entries: Vec<PathGlob>,
}

impl Framework {
    /// Is it brought by the package of this name?
    pub fn is_named(&self, package: &str) -> bool {
        self.names.iter().any(|name| match name.strip_suffix('*') {
            Some(start) => package.starts_with(start),
            None => name == package,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_ending() {
        let framework = Framework { names: vec!["@strapi/*".to_owned(), "sails".to_owned()], entries: Vec::new() };
        assert!(framework.is_named("@strapi/strapi") && framework.is_named("sails"));
        assert!(!framework.is_named("sails-disk") && !framework.is_named("strapi"));
    }
}

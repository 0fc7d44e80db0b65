//! What is known of environment variables and config keys, as `checks/env` says it: where they are read, documented, provided.
//!
//! A definition is a code rule, a text pattern or a document query with the name of what its matches are. `inventory::env` joins the
//! matches into a table; nothing there knows a language. To add a language or a platform: a file in `checks/env`. To add a way in which
//! a name is written: a `Form`.

use std::sync::Arc;

use super::needs::{Look, NAME, NeedId, NeedSet, Selector};
use super::pattern::Pattern;
use super::route::SPAN;
use super::terms::vocabulary;

/// Every metavariable that a definition may capture.
pub const CAPTURES: &[&str] = &[SPAN, NAME, DEFAULT, PREFIX];

/// What is used where the variable is not set.
pub const DEFAULT: &str = "DEFAULT";

/// What stands before every name of a group.
pub const PREFIX: &str = "PREFIX";

vocabulary! {
    /// What the matches of a definition are.
    Section {
        /// Code that reads NAME.
        Reads = "reads",
        /// A place that tells people of NAME.
        Documented = "documented",
        /// A place that gives NAME a value where the application runs.
        Provided = "provided",
    }
}

vocabulary! {
    /// How the name of the variable follows from what is written.
    Form {
        /// It is what is written. The default.
        AsIs = "as-is",
        /// In upper case: fields of settings classes.
        Upper = "upper",
        /// In upper case, dots as underscores, dashes left out: properties of Spring.
        Relaxed = "relaxed",
        /// Colons and dots as two underscores: sections of .NET.
        Sections = "sections",
    }
}

vocabulary! {
    /// What a read yields where the variable is not set.
    Fallback {
        /// Nothing: null, an error value that the code looks at, or may forget to.
        None = "none",
        /// An empty text or list.
        Empty = "empty",
        /// A value that stands in the code.
        Literal = "literal",
        /// Another variable, a constant, the result of a call.
        Computed = "computed",
        /// An error that ends what was begun.
        Required = "required",
    }
}

vocabulary! {
    /// What a match is worth.
    Standing {
        /// What its section says. The default.
        Firm = "firm",
        /// Of a read: it hands the value on, under a name of its own. Of what is provided: it may be meant for another program than the
        /// repository's.
        Loose = "loose",
        /// It counts only for names that stand elsewhere, too.
        Faint = "faint",
        /// Of what is provided: a value that ships with the code, as a default.
        Ships = "ships",
    }
}

/// One rule, pattern or query with what its matches are.
#[derive(Debug, Clone)]
pub struct Definition {
    pub section: Section,
    /// One for each language.
    pub looks: Vec<(Selector, Look)>,
    /// What provides, in a word: `compose`.
    pub by: Arc<str>,
    /// Where the name is not what was captured as NAME: `{PREFIX}{NAME}`.
    pub name: Option<String>,
    /// A regular expression over what was captured as NAME, with a group `name`: each match is a variable. The groups `default` (a
    /// value), `code` (an expression), `none`, `empty` and `required` say what it yields where the variable is not set.
    pub split: Option<Pattern>,
    pub form: Form,
    /// Where DEFAULT is not captured.
    pub fallback: Fallback,
    pub standing: Standing,
    /// A regular expression over what was captured as NAME: such are no variables, or none that matter.
    pub leave_out: Option<Pattern>,
}

/// What is known of names.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Set by every platform and shell: nobody documents or provides them. A regular expression.
    pub platform: Pattern,
    /// Read by runtimes, tools and libraries by themselves, so that no code reads them. A regular expression.
    pub library: Pattern,
    /// Everybody knows what they mean: they need no documentation. A regular expression.
    pub known: Pattern,
    /// Stand before names that a bundler hands to the browser.
    pub prefixes: Vec<String>,
    /// Parts of names that people mix up; each list means the same.
    pub alike: Vec<Vec<String>>,
}

/// Everything that `checks/env` says.
#[derive(Debug, Clone, Default)]
pub struct Contract {
    pub definitions: Vec<Definition>,
    pub names: Names,
}

/// The definitions with the needs that answer them.
#[derive(Debug, Clone)]
pub struct EnvNeeds {
    pub contract: Arc<Contract>,
    /// By definition; empty for sections that were not asked for.
    pub needs: Vec<Vec<NeedId>>,
    /// Every need, each once.
    pub all: Arc<[NeedId]>,
}

impl EnvNeeds {
    /// Asks for everything that the definitions of these sections need.
    pub fn ask(contract: &Arc<Contract>, sections: &[Section], set: &mut NeedSet) -> EnvNeeds {
        let of = |definition: &Definition| {
            let looks = definition.looks.iter().filter(|_| sections.contains(&definition.section));
            looks.map(|(selector, look)| set.add(selector.clone(), look.clone())).collect()
        };
        let needs: Vec<Vec<NeedId>> = contract.definitions.iter().map(of).collect();
        let mut all: Vec<NeedId> = needs.iter().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        EnvNeeds { contract: Arc::clone(contract), needs, all: all.into() }
    }
}

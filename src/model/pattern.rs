//! A regular expression in the data of a definition: where its captures or replacements are wanted. What is only held against texts is
//! cheaper as `inventory::automaton::Lazy`.

use std::borrow::Cow;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

/// A regular expression that compiles when first used, once for all who ask.
#[derive(Debug, Clone, Default)]
pub struct Pattern {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// What is written; the empty text matches nothing.
    pub fn new(text: String) -> Pattern {
        Pattern { text, compiled: OnceLock::new() }
    }

    /// The expression, if it is one.
    pub fn get(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Some(&self.text).filter(|text| !text.is_empty()).and_then(|text| build(text))).as_ref()
    }

    /// The text with every match replaced, as `regex::Regex::replace_all` does it; as it was, if this is no expression.
    pub fn replaced<'t>(&self, text: &'t str, with: &str) -> Cow<'t, str> {
        self.get().map_or(Cow::Borrowed(text), |expression| expression.replace_all(text, with))
    }

    /// Does it match anywhere in the text?
    pub fn is_match(&self, text: &str) -> bool {
        self.get().is_some_and(|expression| expression.is_match(text))
    }
}

/// As `inventory::automaton` reads expressions: `\w` and case of ASCII, Unicode where a pattern needs it.
fn build(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).unicode(false).build().or_else(|_| Regex::new(text)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_expression_matches_and_replaces_nothing() {
        let pattern = Pattern::new(r"/\[(\w+)\]".to_owned());
        assert_eq!(pattern.replaced("app/[id]/x", "/:$1"), "app/:id/x");
        for none in ["", "("] {
            let none = Pattern::new(none.to_owned());
            assert!(!none.is_match("a") && none.replaced("a", "b") == "a");
        }
    }
}

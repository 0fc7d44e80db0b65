//! The tree-sitter grammars, and how ast-grep speaks to them.
//!
//! ast-grep writes metavariables with `$`. A grammar that does not accept `$` in an identifier is given another letter in its
//! place (the expando) before a pattern is parsed; a rule's author never sees it.
//!
//! PHP uses the grammar that starts in PHP code: in a pattern there is no `<?php`, and `scan` blanks what stands outside of the
//! tags of a file before parsing it.
//!
//! To add a language: its grammar in `ts_language`, its expando if `$` starts no identifier, its contexts in `pattern`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use ast_grep_core::Language as AstGrepLanguage;
use ast_grep_core::matcher::{Pattern, PatternBuilder, PatternError};
use ast_grep_core::tree_sitter::{LanguageExt, StrDoc, TSLanguage};

use crate::model::language::Language;

/// A language as ast-grep wants to see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Grammar(pub Language);

impl AstGrepLanguage for Grammar {
    fn pre_process_pattern<'q>(&self, query: &'q str) -> Cow<'q, str> {
        match self.expando_char() {
            '$' => Cow::Borrowed(query),
            expando => Cow::Owned(with_expando(query, expando)),
        }
    }

    fn expando_char(&self) -> char {
        match self.0 {
            Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Java => '$',
            _ => 'µ',
        }
    }

    fn kind_to_id(&self, kind: &str) -> u16 {
        // `ERROR` is built into every grammar and not in the table of names.
        if kind == "ERROR" { u16::MAX } else { self.known_kind(kind) }
    }

    fn field_to_id(&self, field: &str) -> Option<u16> {
        self.get_ts_language().field_id_for_name(field).map(|id| id.get())
    }

    fn build_pattern(&self, builder: &PatternBuilder) -> Result<Pattern, PatternError> {
        builder.build(|source| StrDoc::try_new(source, *self))
    }
}

impl Grammar {
    /// The number of a kind. tree-sitter goes through all names to find it, and the rules of a language name the same ones.
    fn known_kind(&self, kind: &str) -> u16 {
        static KNOWN: [Mutex<BTreeMap<String, u16>>; Language::ALL.len()] =
            [const { Mutex::new(BTreeMap::new()) }; Language::ALL.len()];
        let look_up = || self.get_ts_language().id_for_node_kind(kind, true);
        let Some(at) = Language::ALL.iter().position(|language| *language == self.0) else { return look_up() };
        let mut known = KNOWN[at].lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(kind) {
            Some(id) => *id,
            None => *known.entry(kind.to_owned()).or_insert_with(look_up),
        }
    }
}

impl LanguageExt for Grammar {
    fn get_ts_language(&self) -> TSLanguage {
        ts_language(self.0)
    }
}

fn ts_language(language: Language) -> TSLanguage {
    match language {
        Language::Python => tree_sitter_python::LANGUAGE,
        Language::JavaScript => tree_sitter_javascript::LANGUAGE,
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
        Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
        Language::Go => tree_sitter_go::LANGUAGE,
        Language::Java => tree_sitter_java::LANGUAGE,
        Language::Kotlin => tree_sitter_kotlin_sg::LANGUAGE,
        Language::Ruby => tree_sitter_ruby::LANGUAGE,
        Language::Php => tree_sitter_php::LANGUAGE_PHP_ONLY,
        Language::CSharp => tree_sitter_c_sharp::LANGUAGE,
        Language::Rust => tree_sitter_rust::LANGUAGE,
    }
    .into()
}

/// Replaces the `$` of every metavariable (`$A`, `$$A`, `$$$A`, `$$$`), and no other `$`.
fn with_expando(query: &str, expando: char) -> String {
    let mut out = String::with_capacity(query.len() + 8);
    let mut rest = query;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = rest[at..].trim_start_matches('$');
        let dollars = rest.len() - at - after.len();
        let starts_name = after.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
        let sigil = if starts_name || dollars == 3 { expando } else { '$' };
        out.extend(std::iter::repeat_n(sigil, dollars));
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_metavariables_lose_their_dollar() {
        assert_eq!(with_expando("foo($A, $$B, $$$C, $$$)", 'µ'), "foo(µA, µµB, µµµC, µµµ)");
        assert_eq!(with_expando("$request->get($KEY)", 'µ'), "$request->get(µKEY)");
        assert_eq!(with_expando("$", 'µ'), "$");
        assert_eq!(with_expando("", 'µ'), "");
    }

    #[test]
    fn every_language_has_a_grammar_of_this_tree_sitter() {
        for language in Language::ALL {
            let mut parser = tree_sitter::Parser::new();
            assert!(parser.set_language(&ts_language(*language)).is_ok(), "{language}");
            assert_ne!(Grammar(*language).kind_to_id("ERROR"), 0);
            for kind in ["no_such_kind", "comment", "if_statement", "identifier", "comment", "call"] {
                assert_eq!(Grammar(*language).kind_to_id(kind), ts_language(*language).id_for_node_kind(kind, true), "{kind}");
            }
            assert_eq!(Grammar(*language).kind_to_id("no_such_kind"), 0);
        }
    }
}

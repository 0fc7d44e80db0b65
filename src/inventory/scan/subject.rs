//! The file being scanned, and what is known of its text.

use std::borrow::Cow;
use std::cell::OnceCell;

use super::folded::Folded;
use super::position::Lines;
use super::profiles;
use crate::inventory::syntax::{self, Class, Keep, Mask, RustFacts};
use crate::inventory::view::FileId;
use crate::model::language::Language;
use crate::model::needs::Area;

/// The file being scanned, with what is computed from its text at most once.
pub(super) struct Subject<'t> {
    pub(super) id: FileId,
    pub(super) path: &'t str,
    pub(super) text: &'t str,
    pub(super) lines: OnceCell<Lines<'t>>,
    pub(super) language: Option<Language>,
    mask: OnceCell<Mask>,
    folded: OnceCell<Folded>,
    source: OnceCell<Cow<'t, str>>,
    code: OnceCell<Cow<'t, str>>,
    comments: OnceCell<Cow<'t, str>>,
    rust: OnceCell<Option<RustFacts>>,
    beside_production: OnceCell<Vec<(u32, u32)>>,
}

impl<'t> Subject<'t> {
    pub(super) fn new(id: FileId, path: &'t str, text: &'t str, language: Option<Language>) -> Subject<'t> {
        Subject {
            id,
            path,
            text,
            language,
            lines: OnceCell::new(),
            mask: OnceCell::new(),
            folded: OnceCell::new(),
            source: OnceCell::new(),
            code: OnceCell::new(),
            comments: OnceCell::new(),
            rust: OnceCell::new(),
            beside_production: OnceCell::new(),
        }
    }

    pub(super) fn mask(&self) -> &Mask {
        self.mask.get_or_init(|| syntax::mask(self.path, self.text))
    }

    pub(super) fn lines(&self) -> &Lines<'t> {
        self.lines.get_or_init(|| Lines::new(self.text))
    }

    /// Is what stands there whole words outside comments and strings?
    pub(super) fn stands_in_code(&self, start: usize, end: usize) -> bool {
        let bytes = self.text.as_bytes();
        let word = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        let before = start.checked_sub(1).and_then(|at| bytes.get(at));
        let joined_before = word(before) && word(bytes.get(start));
        let joined_after = word(bytes.get(end)) && word(bytes.get(end - 1));
        !joined_before && !joined_after && self.mask().class_at(start) == Class::Code
    }

    /// The text in lower case; offsets are the same.
    pub(super) fn lower(&self) -> &[u8] {
        self.folded().text()
    }

    /// The same with what is known of its lines.
    pub(super) fn folded(&self) -> &Folded {
        self.folded.get_or_init(|| Folded::new(self.text))
    }

    pub(super) fn area(&self, area: Area) -> &str {
        let blanked = |keep| self.mask().blanked(self.text, keep);
        match area {
            Area::All => self.text,
            Area::Source => self.source.get_or_init(|| blanked(Keep::CodeAndStrings)),
            Area::Code => self.code.get_or_init(|| blanked(Keep::Code)),
            Area::Comments => self.comments.get_or_init(|| blanked(Keep::Comments)),
        }
    }

    pub(super) fn rust(&self) -> Option<&RustFacts> {
        self.rust.get_or_init(|| syntax::rust_facts(self.text)).as_ref()
    }

    /// Is this line under `#[cfg(test)]` or in a test function?
    pub(super) fn in_rust_test(&self, line: u32) -> bool {
        self.language == Some(Language::Rust)
            && self.text.contains("test")
            && self.rust().is_some_and(|facts| facts.test_lines.iter().any(|(start, end)| (*start..=*end).contains(&line)))
    }

    /// Is this line of a configuration file for a profile that no deployment runs with?
    pub(super) fn is_beside_production(&self, line: u32) -> bool {
        let lines = self.beside_production.get_or_init(|| profiles::beside_production(self.path, self.text));
        lines.iter().any(|(start, end)| (*start..=*end).contains(&line))
    }
}

/// Where a literal stands, judged when first asked.
pub(super) struct Standing {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) in_code: Option<bool>,
}

impl Standing {
    pub(super) fn in_code(&mut self, subject: &Subject<'_>) -> bool {
        *self.in_code.get_or_insert_with(|| subject.stands_in_code(self.start, self.end))
    }
}

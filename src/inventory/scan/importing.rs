//! Which modules a file imports, each looked for once however many needs ask, and only where its name occurs at all.

use std::ops::Range;

use super::subject::Subject;
use super::{Scanner, imports};
use crate::inventory::syntax::Class;
use crate::model::language::Language;

/// A module that needs ask for.
pub(super) struct Module<'n> {
    pub(super) name: &'n String,
    /// The literal that stands in every import of it.
    pub(super) literal: usize,
}

/// Where something is imported: first byte, byte after the last.
type Place = (usize, usize);

/// What is known of the imports of one file.
pub(super) struct Importing<'s> {
    scanner: &'s Scanner<'s>,
    /// Does the literal occur in the file?
    occurs: &'s dyn Fn(usize) -> bool,
    /// The lines that may import something; `None` within for all lines.
    lines: Option<Option<Vec<Range<usize>>>>,
    /// Where those modules are imported that were asked for and occur.
    known: Vec<(usize, Vec<Place>)>,
}

impl<'s> Importing<'s> {
    /// Nothing is known yet.
    pub(super) fn new(scanner: &'s Scanner<'s>, occurs: &'s dyn Fn(usize) -> bool) -> Importing<'s> {
        Importing { scanner, occurs, lines: None, known: Vec::new() }
    }

    /// Does the file import a module of the list with this number? Number 0 asks for nothing.
    pub(super) fn any(&mut self, list: u32, subject: &Subject<'_>) -> bool {
        let Some(list) = (list as usize).checked_sub(1) else { return true };
        self.scanner.lists[list].iter().any(|module| !self.of(*module, subject).is_empty())
    }

    /// Where the file imports the modules of a list, in order.
    pub(super) fn places(&mut self, list: u32, subject: &Subject<'_>) -> Vec<Place> {
        let Some(list) = (list as usize).checked_sub(1) else { return Vec::new() };
        let mut places: Vec<Place> = Vec::new();
        for module in &self.scanner.lists[list] {
            places.extend(self.of(*module, subject));
        }
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Where the code of the file imports one module.
    fn of(&mut self, module: usize, subject: &Subject<'_>) -> &[Place] {
        let Module { name, literal } = &self.scanner.modules[module];
        let Some(language) = subject.language.filter(|_| (self.occurs)(*literal)) else { return &[] };
        // Few modules occur in a file.
        let at = self.known.iter().position(|(known, _)| *known == module).unwrap_or_else(|| {
            // Inside an import block, a line of Go is nothing but the quoted path.
            let is_code = |(start, _): &Place| match subject.mask().class_at(*start) {
                Class::Code => true,
                Class::String => language == Language::Go && subject.text[*start..].starts_with('"'),
                Class::Comment => false,
            };
            let among = self.lines.get_or_insert_with(|| imports::lines(language, subject.text));
            let mut places = imports::find(language, subject.text, among.as_deref(), name);
            places.retain(is_code);
            self.known.push((module, places));
            self.known.len() - 1
        });
        &self.known[at].1
    }
}

//! The config contract: every environment variable and config key, with the places that read, document and provide it.
//!
//! Matches of the definitions in `checks/env` go in (as hits of needs), rows come out. What reads, documents or provides is data; how
//! a name follows from what was captured, and which names belong together, is here:
//!
//! | file | holds |
//! |---|---|
//! | `read` | from a hit to names and what is used where the variable is not set |
//! | `alike` | which of two names was probably meant to be the other |
//!
//! Values are never kept: a row holds names and places.

mod alike;
mod read;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::view::{FileId, Hit, Snippet, View};
use crate::model::env::{EnvNeeds, Fallback, Names, Section, Standing};
use crate::model::terms::vocabulary;

use alike::Alike;
use read::Found;

/// A place that reads, documents or provides a variable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: FileId,
    /// 1-based.
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    /// Of a read: what it yields where the variable is not set.
    pub fallback: Fallback,
    /// What provides: `compose`.
    pub by: Arc<str>,
    pub standing: Standing,
    snippet: Option<Snippet>,
}

impl Place {
    /// The citation of the place.
    pub fn hit(&self) -> Hit {
        let (column, end_line, snippet) = (self.column, self.end_line, self.snippet.clone());
        Hit { line: Some(self.line), column, end_line, snippet, ..Hit::of_file(self.file) }
    }
}

vocabulary! {
    /// What is conspicuous about a variable.
    Conspicuous {
        /// Read, and no place documents it.
        Undocumented = "read, never documented",
        /// Provided, and nothing reads it.
        Unread = "provided, never read",
        /// One side reads a name, the other side sets another that is much like it.
        Alike = "looks like",
    }
}

/// What is conspicuous about a variable, with the other name if it takes two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub what: Conspicuous,
    pub other: Option<String>,
    /// For `Alike`: the section in which one of the two is missing.
    pub by: Section,
    /// Is what gives the other name meant for the repository's own program?
    pub is_firm: bool,
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.other {
            Some(other) => write!(f, "{} {other}", self.what),
            None => self.what.fmt(f),
        }
    }
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvVar {
    pub name: String,
    pub reads: Vec<Place>,
    pub documented: Vec<Place>,
    pub provided: Vec<Place>,
    /// In the order of `Conspicuous`.
    pub notes: Vec<Note>,
    /// Does everybody know what it means?
    is_known: bool,
}

impl EnvVar {
    fn new(name: String, is_known: bool) -> EnvVar {
        let none = Vec::new;
        EnvVar { name, reads: none(), documented: none(), provided: none(), notes: Vec::new(), is_known }
    }

    /// Does code read it, rather than files that hand it on?
    pub fn is_read(&self) -> bool {
        self.reads.iter().any(|place| place.standing == Standing::Firm)
    }

    /// Is there no need to tell people of it: some place does, a default ships with the code, or everybody knows?
    pub fn is_documented(&self) -> bool {
        self.is_known || !self.documented.is_empty() || self.provided.iter().any(|place| place.standing == Standing::Ships)
    }

    /// Does a place of this section give it to the application, though nothing there takes it?
    fn is_surplus(&self, by: Section) -> bool {
        match by {
            // A name that a file hands on under another one is read.
            Section::Documented => !self.documented.is_empty() && self.reads.is_empty(),
            _ => !self.is_read() && self.provided.iter().any(|place| matches!(place.standing, Standing::Firm | Standing::Loose)),
        }
    }

    /// Does code read it, and nothing of this section give it?
    fn is_missing(&self, by: Section) -> bool {
        let given = if by == Section::Documented { &self.documented } else { &self.provided };
        self.is_read() && given.is_empty()
    }
}

/// The table of a view, ordered by name. Costs nothing but the joining, and that once: the needs are answered already. Notes rest on
/// all three sections, so they say something only where all were asked for.
pub fn table(view: &View<'_>, needs: &EnvNeeds) -> Arc<Vec<EnvVar>> {
    view.inventory.variables.rows(view, &needs.all, || joined(view, needs))
}

fn joined(view: &View<'_>, needs: &EnvNeeds) -> Vec<EnvVar> {
    let names = &needs.contract.names;
    let mut found: Vec<(usize, Found)> = Vec::new();
    for (index, (definition, needs)) in needs.contract.definitions.iter().zip(&needs.needs).enumerate() {
        for hit in needs.iter().flat_map(|need| view.hits(*need)) {
            found.extend(read::found(definition, hit).into_iter().map(|found| (index, found)));
        }
    }
    // Several definitions may see the same thing; the first of them decides. A property that is filled from the variable of its own name
    // reads it and gives it nothing.
    found.sort_by(|(a, x), (b, y)| (x.key(), a).cmp(&(y.key(), b)));
    found.dedup_by(|(a, x), (b, y)| x.is_same_place(y) && a != b);
    let mut rows: BTreeMap<String, EnvVar> = BTreeMap::new();
    for (index, Found { name, place, .. }) in found {
        if names.platform.is_match(&name) {
            continue;
        }
        let empty = || EnvVar::new(name.clone(), names.known.is_match(&name));
        let row = rows.entry(name.clone()).or_insert_with(empty);
        let places = match needs.contract.definitions[index].section {
            Section::Reads => &mut row.reads,
            Section::Documented => &mut row.documented,
            Section::Provided => &mut row.provided,
        };
        places.push(place);
    }
    let mut rows: Vec<EnvVar> = rows.into_values().filter(stands).collect();
    for row in &mut rows {
        for places in [&mut row.reads, &mut row.documented, &mut row.provided] {
            places.sort();
            places.dedup_by(|a, b| (a.file, a.line, a.standing) == (b.file, b.line, b.standing));
        }
    }
    note(&mut rows, names, &Alike::new(names));
    rows
}

/// Is there more of it than places that count only beside others?
fn stands(row: &EnvVar) -> bool {
    [&row.reads, &row.documented, &row.provided].into_iter().flatten().any(|place| place.standing != Standing::Faint)
}

fn note(rows: &mut [EnvVar], names: &Names, alike: &Alike<'_>) {
    let plain = |what| Note { what, other: None, by: Section::Reads, is_firm: true };
    for row in rows.iter_mut() {
        let is_needed = row.reads.iter().any(|place| place.standing == Standing::Firm || place.fallback == Fallback::Required);
        if is_needed && !row.is_documented() {
            row.notes.push(plain(Conspicuous::Undocumented));
        }
        let provided = row.provided.iter().any(|place| place.standing == Standing::Firm);
        if provided && row.reads.is_empty() && !names.library.is_match(&row.name) {
            row.notes.push(plain(Conspicuous::Unread));
        }
    }
    for by in [Section::Provided, Section::Documented] {
        let missing: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].is_missing(by)).collect();
        let surplus: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].is_surplus(by)).collect();
        let named = |list: &[usize]| list.iter().map(|at| rows[*at].name.clone()).collect::<Vec<_>>();
        for (a, b) in alike.pairs(&named(&missing), &named(&surplus)) {
            let (read, given) = (missing[a], surplus[b]);
            let is_firm = by == Section::Documented || rows[given].provided.iter().any(|place| place.standing == Standing::Firm);
            for (one, other) in [(read, given), (given, read)] {
                let other = Some(rows[other].name.clone());
                if !rows[one].notes.iter().any(|note| note.what == Conspicuous::Alike && note.other == other) {
                    rows[one].notes.push(Note { what: Conspicuous::Alike, other, by, is_firm });
                }
            }
        }
    }
}

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
use crate::model::env::{EnvNeeds, Fallback, Section, Standing};
use crate::model::terms::vocabulary;

use alike::Alike;
use read::{Found, Names, Reader};

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
    Note {
        /// Read, and no place documents it.
        Undocumented = "read, never documented",
        /// Provided, and nothing reads it.
        Unread = "provided, never read",
        /// One side reads a name, the other side sets another that is much like it.
        Alike = "looks like",
    }
}

/// One row of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvVar {
    pub name: String,
    pub reads: Vec<Place>,
    pub documented: Vec<Place>,
    pub provided: Vec<Place>,
    /// In the order of `Note`; with the other name, if there is one.
    pub notes: Vec<(Note, Option<String>)>,
}

impl EnvVar {
    /// Does code read it, rather than files that hand it on?
    pub fn is_read(&self) -> bool {
        self.reads.iter().any(|place| place.standing == Standing::Firm)
    }

    /// Does any place tell people of it, or set it as a default that ships with the code?
    pub fn is_documented(&self) -> bool {
        !self.documented.is_empty() || self.provided.iter().any(|place| place.standing == Standing::Ships)
    }

    /// Does anything set or document it?
    fn is_given(&self, by: Given) -> bool {
        !match by {
            Given::Provided => &self.provided,
            Given::Documented => &self.documented,
        }
        .is_empty()
    }
}

/// The two ways in which a variable reaches an environment: a deployment file sets it, or a person who follows the documentation.
#[derive(Debug, Clone, Copy)]
enum Given {
    Provided,
    Documented,
}

/// The table of a view, ordered by name. Costs nothing but the joining: the needs are answered already. Notes rest on all three
/// sections, so they say something only where all were asked for.
pub fn table(view: &View<'_>, needs: &EnvNeeds) -> Vec<EnvVar> {
    let names = Names::new(&needs.contract.names);
    let mut found: Vec<(usize, Found)> = Vec::new();
    for (index, (definition, needs)) in needs.contract.definitions.iter().zip(&needs.needs).enumerate() {
        let reader = Reader::new(definition);
        for hit in needs.iter().flat_map(|need| view.hits(*need)) {
            found.extend(reader.found(hit).into_iter().map(|found| (index, found)));
        }
    }
    // Several definitions may see the same thing; the first of them decides. A property that is filled from the variable of its own name
    // reads it and gives it nothing.
    found.sort_by(|(a, x), (b, y)| (x.key(), a).cmp(&(y.key(), b)));
    found.dedup_by(|(a, x), (b, y)| x.is_same_place(y) && a != b);
    let mut rows: BTreeMap<String, EnvVar> = BTreeMap::new();
    for (index, Found { name, place, .. }) in found {
        if names.is_platform(&name) {
            continue;
        }
        let empty = || EnvVar { name: name.clone(), reads: vec![], documented: vec![], provided: vec![], notes: vec![] };
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
    note(&mut rows, &names, &Alike::new(&needs.contract.names));
    rows
}

/// Is there more of it than places that count only beside others?
fn stands(row: &EnvVar) -> bool {
    [&row.reads, &row.documented, &row.provided].into_iter().flatten().any(|place| place.standing != Standing::Faint)
}

fn note(rows: &mut [EnvVar], names: &Names, alike: &Alike<'_>) {
    for row in rows.iter_mut() {
        let is_needed = row.reads.iter().any(|place| place.standing == Standing::Firm || place.fallback == Fallback::Required);
        if is_needed && !row.is_documented() {
            row.notes.push((Note::Undocumented, None));
        }
        let provided = row.provided.iter().any(|place| place.standing == Standing::Firm);
        if provided && row.reads.is_empty() && !names.is_of_library(&row.name) {
            row.notes.push((Note::Unread, None));
        }
    }
    for by in [Given::Provided, Given::Documented] {
        let missing: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].is_read() && !rows[*at].is_given(by)).collect();
        let surplus: Vec<usize> = (0..rows.len()).filter(|at| !rows[*at].is_read() && rows[*at].is_given(by)).collect();
        let pairs = alike.pairs(
            &missing.iter().map(|at| rows[*at].name.as_str()).collect::<Vec<_>>(),
            &surplus.iter().map(|at| rows[*at].name.as_str()).collect::<Vec<_>>(),
        );
        for (a, b) in pairs {
            let (a, b) = (missing[a], surplus[b]);
            for (one, other) in [(a, b), (b, a)] {
                let note = (Note::Alike, Some(rows[other].name.clone()));
                if !rows[one].notes.contains(&note) {
                    rows[one].notes.push(note);
                }
            }
        }
    }
}

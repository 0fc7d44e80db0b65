//! The config contract of a repository: collected for itself, since no check needs to ask for it.

use std::sync::Arc;

use crate::inventory::collect::{Context, Due, Prepared, collect};
use crate::inventory::env::{self, EnvVar, Place};
use crate::inventory::source::Source;
use crate::inventory::view::{FileId, Inventory};
use crate::model::env::{Contract, EnvNeeds, Fallback, Section, Standing};
use crate::model::needs::NeedSet;

/// A table and the inventory that its places are in.
pub struct EnvTable {
    pub inventory: Inventory,
    pub rows: Arc<Vec<EnvVar>>,
    /// Files that could not be read, with the reason.
    pub gaps: Vec<String>,
}

impl EnvTable {
    /// The component that a file is of; files of none are everybody's.
    pub fn component(&self, file: FileId) -> Option<&str> {
        let layout = &self.inventory.layout;
        let owner = (*layout.owner.get(file.0 as usize)?)?;
        layout.components.get(owner).map(|component| component.id.as_str())
    }

    /// `path:line`.
    pub fn at(&self, place: &Place) -> String {
        format!("{}:{}", self.inventory.file(place.file).path, place.line)
    }
}

/// Collects what the definitions ask for and joins it. `bytes` is about how much there is to scan.
pub fn table(contract: &Arc<Contract>, source: &dyn Source, context: Context) -> EnvTable {
    let mut needs = NeedSet::default();
    let asked = EnvNeeds::ask(contract, Section::ALL, &mut needs);
    let prepared = Prepared::of(&needs, source.entries());
    let mut collector = collect(source, &prepared, context);
    collector.answer(&|_, _, _| Due::Yes);
    let inventory = collector.inventory;
    let rows = env::table(&inventory.whole(), &asked);
    let left_out = |(file, reason): (&FileId, &Arc<str>)| format!("{} was left out: {reason}", inventory.file(*file).path);
    let mut gaps: Vec<String> = inventory.gaps.values().flatten().map(left_out).collect();
    gaps.sort();
    gaps.dedup();
    EnvTable { inventory, rows, gaps }
}

/// A row in a line, as tests of definitions state it: `NAME; read app.py:3 required, b.py:4; documented …; provided … by compose; note`.
pub fn line(row: &EnvVar, table: &EnvTable) -> String {
    let list = |places: &[Place], of: &dyn Fn(&Place) -> String| places.iter().map(of).collect::<Vec<_>>().join(", ");
    let mut parts = vec![row.name.clone()];
    if !row.reads.is_empty() {
        parts.push(format!("read {}", list(&row.reads, &|place| read(place, table))));
    }
    if !row.documented.is_empty() {
        parts.push(format!("documented {}", list(&row.documented, &|place| table.at(place))));
    }
    if !row.provided.is_empty() {
        parts.push(format!("provided {}", list(&row.provided, &|place| format!("{} by {}", table.at(place), place.by))));
    }
    parts.extend(notes(row));
    parts.join("; ")
}

/// The place of a read and what it yields where the variable is not set.
pub fn read(place: &Place, table: &EnvTable) -> String {
    match (place.fallback, place.standing) {
        (Fallback::None, Standing::Firm) => table.at(place),
        (Fallback::None, _) => format!("{} on", table.at(place)),
        (fallback, _) => format!("{} {fallback}", table.at(place)),
    }
}

/// The notes of a row, in words.
pub fn notes(row: &EnvVar) -> impl Iterator<Item = String> {
    row.notes.iter().map(ToString::to_string)
}

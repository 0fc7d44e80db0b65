//! The parts of a repository that are judged on their own, and the collection of what only some of them need.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::checks::check::{Check, Item};
use crate::checks::load::Ruleset;
use crate::checks::wanted::{Asking, Place, Wants};
use crate::inventory::collect::{Collector, Due};
use crate::inventory::file_set::FileSet;
use crate::inventory::view::{Facts, FileId, Inventory, View};
use crate::model::language::Language;
use crate::model::needs::NeedId;
use crate::model::role::RoleSet;
use crate::model::terms::Scope;

use super::asked::needs_of;
use super::observe;

/// A part of the repository that is judged on its own.
pub(super) struct Unit {
    pub(super) name: String,
    pub(super) path: String,
    /// `None`: the whole repository.
    pub(super) component: Option<usize>,
    pub(super) facts: Facts,
    pub(super) languages: Vec<Language>,
    /// The files that it is judged by.
    pub(super) files: FileSet,
}

impl Unit {
    pub(super) fn view<'a>(&'a self, inventory: &'a Inventory) -> View<'a> {
        let view = self.component.map_or_else(|| inventory.whole(), |component| inventory.component(component));
        view.with_facts(&self.facts)
    }
}

/// The units that are judged: every component that is deployed, or that no deployed one includes.
pub(super) fn units(ruleset: &Ruleset, inventory: &Inventory) -> Vec<Unit> {
    let components = &inventory.layout.components;
    let included = |index: usize| components.iter().any(|other| other.deployable && other.includes.contains(&index));
    let judged: Vec<usize> = (0..components.len()).filter(|index| components[*index].deployable || !included(*index)).collect();
    if judged.is_empty() {
        return vec![unit(ruleset, inventory, None)];
    }
    judged.par_iter().map(|index| unit(ruleset, inventory, Some(*index))).collect()
}

pub(super) fn unit(ruleset: &Ruleset, inventory: &Inventory, component: Option<usize>) -> Unit {
    let view = component.map_or_else(|| inventory.whole(), |index| inventory.component(index));
    let facts = observe::facts(&ruleset.facts, view);
    let (mut counted, mut files) = (BTreeMap::new(), FileSet::none_of(inventory.files.len()));
    for (file, id) in inventory.files.iter().zip((0..).map(FileId)).filter(|(_, id)| view.contains(*id)) {
        files.insert(id);
        if RoleSet::DECIDING.contains(file.role) && !file.unloaded {
            *counted.entry(file.language).or_insert(0usize) += 1;
        }
    }
    let mut languages: Vec<(usize, Language)> =
        counted.into_iter().filter_map(|(language, count)| Some((count, language?))).collect();
    languages.sort_by(|a, b| b.cmp(a));
    let (name, path) = component.map_or((".", "."), |index| {
        let component = &inventory.layout.components[index];
        (component.id.as_str(), component.path.as_str())
    });
    Unit {
        name: name.to_owned(),
        path: if path.is_empty() { ".".to_owned() } else { path.to_owned() },
        component,
        facts,
        languages: languages.into_iter().map(|(_, language)| language).collect(),
        files,
    }
}

/// Builds the trees that the facts and then the applicable checks need, and no others.
///
/// Facts rest on facts, so rounds go on until no fact asks for another tree. A check that does not apply to a component never
/// has a file of it parsed.
pub fn complete(ruleset: &Ruleset, selected: &(dyn Fn(&Check) -> bool + Sync), mut collector: Collector<'_>) -> Inventory {
    loop {
        let judged = every_unit(ruleset, &collector.inventory);
        let wanted = wanted(ruleset, &judged, &collector, |_, view, asking| {
            let mut needs = Wants::default();
            ruleset.facts.iter().for_each(|fact| needs_of_items(&fact.from, view, asking, &mut needs));
            needs
        });
        if answer(&mut collector, &judged, &wanted) == 0 {
            return complete_checks(ruleset, selected, collector, &judged);
        }
    }
}

/// The facts are known and stay: what the checks that apply want, until they want nothing more.
fn complete_checks(
    ruleset: &Ruleset,
    selected: &(dyn Fn(&Check) -> bool + Sync),
    mut collector: Collector<'_>,
    judged: &[Unit],
) -> Inventory {
    let checks: Vec<&Check> = ruleset.checks.iter().filter(|check| selected(check)).collect();
    let (needs, mut open) = (OnceLock::new(), None::<Vec<bool>>);
    loop {
        let before = collector.waiting();
        let wanted = wanted(ruleset, judged, &collector, |whole, view, asking| {
            let mut needs = Wants::default();
            let is_open = |number: &usize| open.as_ref().is_none_or(|open| open[*number]);
            let scoped = |check: &&Check| (check.scope == Scope::Repository) == whole;
            for check in (0..checks.len()).filter(is_open).map(|number| checks[number]).filter(scoped) {
                if observe::deciding_clause(&check.applies, view).is_none() {
                    [&check.forbid, &check.look_alike, &check.require]
                        .iter()
                        .for_each(|items| needs_of_items(items, view, asking, &mut needs));
                }
            }
            needs
        });
        if answer(&mut collector, judged, &wanted) == 0 {
            return collector.inventory;
        }
        // What a check wants changes only with what is known of its needs.
        let after = collector.waiting();
        let is_new = |need: &NeedId| before[need.0 as usize] != after[need.0 as usize];
        let needs: &Vec<Vec<NeedId>> = needs.get_or_init(|| checks.par_iter().map(|check| needs_of(check)).collect());
        open = Some(needs.iter().map(|needs| needs.iter().any(is_new)).collect());
    }
}

/// The units that are judged, and the whole repository.
fn every_unit(ruleset: &Ruleset, inventory: &Inventory) -> Vec<Unit> {
    let mut judged = units(ruleset, inventory);
    if judged.iter().all(|unit| unit.component.is_some()) {
        judged.push(unit(ruleset, inventory, None));
    }
    judged
}

fn wanted(
    ruleset: &Ruleset,
    judged: &[Unit],
    collector: &Collector<'_>,
    of: impl Fn(bool, &View<'_>, &Asking<'_>) -> Wants + Sync,
) -> Vec<Wants> {
    let (is_local, waiting) = (collector.is_local(), collector.waiting());
    judged
        .par_iter()
        .map(|unit| {
            let view = unit.view(&collector.inventory);
            let here = collector.waiting_in(&view);
            let asking = Asking { needs: &ruleset.needs, waiting: &waiting, here, is_local: &is_local };
            let mut needs = of(unit.component.is_none(), &view, &asking);
            if unit.component.is_none() && judged.len() == 1 {
                needs.extend(of(false, &view, &asking));
            }
            needs
        })
        .collect()
}

/// Answers what the units want, which stand in the same order.
fn answer(collector: &mut Collector<'_>, judged: &[Unit], wanted: &[Wants]) -> usize {
    // Most needs are wanted by few units, which are asked for each file that waits for an answer.
    type Askers<'w> = Vec<(&'w FileSet, &'w [Place])>;
    let mut by_need: Vec<Askers<'_>> = vec![Vec::new(); collector.inventory.hits.len()];
    for (unit, needs) in judged.iter().zip(wanted) {
        for (need, places) in needs.all() {
            by_need[need.0 as usize].push((&unit.files, places));
        }
    }
    collector.answer(&|_, need, file| {
        let mut due = Due::No;
        for (_, places) in by_need[need.0 as usize].iter().filter(|(files, _)| files.contains(file)) {
            let admits = |place: &&Place| place.files.as_ref().is_none_or(|files| files.contains(&file));
            places.iter().filter(admits).for_each(|place| due.also(place.names.as_ref()));
        }
        due
    })
}

fn needs_of_items(items: &[Item], view: &View<'_>, asking: &Asking<'_>, into: &mut Wants) {
    let counts = |item: &&Item| observe::deciding_clause(&item.when, view).is_none();
    items.iter().filter(counts).for_each(|item| item.expression.wanted(view, asking, &Place::default(), into));
}

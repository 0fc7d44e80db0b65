//! Tools at the root beside components (`scripts/seed.py`): which component they are about.
//!
//! Nobody deploys them, so they are no code of every component. They are judged once: with the component that has most source of
//! their language. What no component shares a language with stays common ground.

use std::collections::BTreeMap;

use crate::model::language::Language;
use crate::model::role::Role;

use super::candidates::{is_source, is_tooling};
use super::{Component, LayoutFile};

/// Languages that call each other count as one.
fn family(path: &str) -> Option<Language> {
    Some(match Language::of_path(path)? {
        Language::TypeScript | Language::Tsx => Language::JavaScript,
        Language::Kotlin => Language::Java,
        language => language,
    })
}

/// Gives every tool at the root that nobody owns to the component it is about.
pub(super) fn assign(files: &[LayoutFile<'_>], components: &[Component], owner: &mut [Option<usize>]) {
    let is_tool = |file: &LayoutFile<'_>| file.role == Role::Production && is_source(file.path) && is_tooling(file.path);
    if components.len() < 2 || !files.iter().zip(owner.iter()).any(|(file, owner)| owner.is_none() && is_tool(file)) {
        return;
    }
    let mut sources: BTreeMap<Language, Vec<usize>> = BTreeMap::new();
    for (file, owner) in files.iter().zip(owner.iter()) {
        let Some(owner) = owner.filter(|owner| components[*owner].deployable) else { continue };
        if let Some(language) = family(file.path).filter(|_| file.role == Role::Production && is_source(file.path)) {
            sources.entry(language).or_insert_with(|| vec![0; components.len()])[owner] += 1;
        }
    }
    // Of several with equally much, the first.
    let most = |counts: &Vec<usize>| (0..counts.len()).rev().max_by_key(|index| counts[*index]);
    for (file, owner) in files.iter().zip(owner).filter(|(file, owner)| owner.is_none() && is_tool(file)) {
        *owner = family(file.path).and_then(|language| sources.get(&language)).and_then(most);
    }
}

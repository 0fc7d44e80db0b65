//! What a check asks of files, worked out once for all units that are judged by it.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::checks::check::{Check, Item};
use crate::inventory::file_set::FileSet;
use crate::inventory::view::Inventory;
use crate::model::needs::{Look, NeedId, NeedSet, SelectorId};

/// What a check asks.
#[derive(Debug)]
pub struct Asked {
    /// Every need, ascending.
    pub(super) needs: Vec<NeedId>,
    /// The needs of bad evidence that may not have been answered everywhere, ascending.
    pub(super) doubtful_against: Vec<NeedId>,
    /// The same of good evidence.
    pub(super) doubtful_support: Vec<NeedId>,
    pub(super) asks_history: bool,
    /// The scanned files that it looks into, wherever they are.
    searched: OnceLock<FileSet>,
}

impl Asked {
    pub(super) fn of(check: &Check, needs: &NeedSet, inventory: &Inventory) -> Asked {
        let mut against = of_items(check.forbid.iter().chain(&check.look_alike));
        let mut support = of_items(check.require.iter());
        let mut all: Vec<NeedId> = against.iter().chain(&support).copied().collect();
        all.sort_unstable();
        all.dedup();
        let is_doubtful = |need: &NeedId| inventory.gaps.contains_key(need) || is_history(&needs.need(*need).look);
        against.retain(is_doubtful);
        support.retain(is_doubtful);
        let asks_history = all.iter().any(|need| is_history(&needs.need(*need).look));
        Asked { needs: all, doubtful_against: against, doubtful_support: support, asks_history, searched: OnceLock::new() }
    }

    /// The scanned files that it looks into, wherever they are.
    pub(super) fn searched(&self, needs: &NeedSet, inventory: &Inventory) -> &FileSet {
        self.searched.get_or_init(|| {
            let selectors: BTreeSet<SelectorId> = self.needs.iter().map(|need| needs.need(*need).selector).collect();
            inventory.searched(&selectors)
        })
    }
}

/// Every need of a check, ascending.
pub(super) fn needs_of(check: &Check) -> Vec<NeedId> {
    of_items(check.forbid.iter().chain(&check.look_alike).chain(&check.require))
}

fn of_items<'c>(items: impl Iterator<Item = &'c Item>) -> Vec<NeedId> {
    let mut asked = Vec::new();
    items.for_each(|item| item.expression.needs(&mut asked));
    asked.sort_unstable();
    asked.dedup();
    asked
}

pub(super) fn is_history(look: &Look) -> bool {
    matches!(look, Look::Secret { history: true, .. })
}

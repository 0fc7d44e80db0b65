//! What was found, as far as it will be reported: for each need the values that were committed first, each where that was.
//!
//! A secret stands in every later version of its file, and versions come in the order of the pack. So a value is noted once, and of
//! more values than are reported the youngest are dropped; one that is met again in an older commit comes back.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use crate::model::needs::NeedId;

use super::seek::Found;
use super::walk::Walked;

/// Places that are reported for one need.
const MAX_HITS: usize = 200;

pub(super) struct Ledger<'w> {
    walked: &'w Walked,
    needs: Mutex<BTreeMap<NeedId, HashMap<String, Found>>>,
}

/// The oldest comes first: commit, path, line and column.
type Age = (Option<(u32, String)>, u32, u32);

impl<'w> Ledger<'w> {
    pub(super) fn new(walked: &'w Walked) -> Ledger<'w> {
        Ledger { walked, needs: Mutex::default() }
    }

    pub(super) fn note(&self, found: Vec<Found>) {
        if found.is_empty() {
            return;
        }
        let mut needs = self.needs.lock().unwrap_or_else(PoisonError::into_inner);
        for found in found {
            let values = needs.entry(found.need).or_default();
            match values.get_mut(&found.value) {
                Some(known) if age(self.walked, &found) < age(self.walked, known) => *known = found,
                Some(_) => {}
                None => drop(values.insert(found.value.clone(), found)),
            }
            if values.len() >= 2 * MAX_HITS {
                let oldest = oldest(self.walked, std::mem::take(values));
                values.extend(oldest.into_iter().map(|found| (found.value.clone(), found)));
            }
        }
    }

    /// Everything, in order of need and age.
    pub(super) fn close(self) -> Vec<Found> {
        let Ledger { walked, needs } = self;
        let needs = needs.into_inner().unwrap_or_else(PoisonError::into_inner);
        needs.into_values().flat_map(|values| oldest(walked, values)).collect()
    }
}

fn age(walked: &Walked, found: &Found) -> Age {
    let origin = walked.origin(found.number);
    (origin.map(|origin| (origin.commit, walked.paths.path(origin.path))), found.line, found.column)
}

/// In order of age, no more than are reported.
fn oldest(walked: &Walked, values: HashMap<String, Found>) -> Vec<Found> {
    let mut values: Vec<Found> = values.into_values().collect();
    values.sort_by_cached_key(|found| (age(walked, found), found.value.clone()));
    values.truncate(MAX_HITS);
    values
}

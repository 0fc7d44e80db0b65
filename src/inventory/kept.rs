//! Tables that are joined from the hits of a view, each once: several probes ask for the same one, and again in each round.
//!
//! A table is kept with the number of hits that it was made of, and made anew when there are more.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::view::{Scope, View};
use crate::model::needs::NeedId;

/// What was asked, the number of hits, and the rows.
type Made<T> = (Box<[NeedId]>, usize, Arc<Vec<T>>);

/// Tables of one kind, by the part of the inventory that they are of.
#[derive(Debug)]
pub struct Kept<T>(Mutex<BTreeMap<Scope, Vec<Made<T>>>>);

impl<T> Default for Kept<T> {
    fn default() -> Kept<T> {
        Kept(Mutex::default())
    }
}

impl<T> Kept<T> {
    /// The rows of a view that rest on these needs; `join` makes them.
    pub fn rows(&self, view: &View<'_>, needs: &[NeedId], join: impl FnOnce() -> Vec<T>) -> Arc<Vec<T>> {
        // Whoever else wants the table waits for it rather than making it, too.
        let Ok(mut made) = self.0.lock() else { return Arc::new(join()) };
        let hits = needs.iter().map(|need| view.inventory.hits[need.0 as usize].len()).sum();
        let made = made.entry(view.scope()).or_default();
        if let Some((_, of, rows)) = made.iter_mut().find(|(asked, ..)| **asked == *needs) {
            if *of != hits {
                (*of, *rows) = (hits, Arc::new(join()));
            }
            return Arc::clone(rows);
        }
        let rows = Arc::new(join());
        made.push((needs.into(), hits, Arc::clone(&rows)));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::collect::{Context, Prepared, collect};
    use crate::inventory::source::Memory;
    use crate::inventory::view::{FileId, Hit};
    use crate::model::needs::NeedSet;

    #[test]
    fn a_table_is_made_once_until_there_is_more_to_make_it_of() {
        let needs = NeedSet::default();
        let prepared = Prepared::new(&needs, 0);
        let source = Memory::new(BTreeMap::new());
        let mut inventory = collect(&source, &prepared, Context::default()).inventory;
        inventory.hits = vec![Vec::new()];
        let (kept, asked) = (Kept::default(), [NeedId(0)]);
        assert_eq!(*kept.rows(&inventory.whole(), &asked, || vec![1]), [1]);
        assert_eq!(*kept.rows(&inventory.whole(), &asked, || vec![2]), [1]);
        assert_eq!(*kept.rows(&inventory.whole(), &[], || vec![3]), [3]);
        assert_eq!(*kept.rows(&inventory.whole().only(FileId(0)), &asked, || vec![4]), [4]);
        inventory.hits[0].push(Hit::of_file(FileId(0)));
        assert_eq!(*kept.rows(&inventory.whole(), &asked, || vec![5]), [5]);
    }
}

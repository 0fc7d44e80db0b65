//! Which selectors a file matches, decided by hash and string tests: one glob set for all, no pattern per selector.

use globset::{Candidate, GlobBuilder, GlobSet, GlobSetBuilder};

use crate::model::language::Language;
use crate::model::needs::{Look, NeedId, NeedSet, SelectorId};
use crate::model::role::Role;

/// The selectors of a need set, ready to be matched.
pub struct Selection<'n> {
    needs: &'n NeedSet,
    globs: GlobSet,
    /// For each glob, the selectors that name it.
    by_glob: Vec<Vec<SelectorId>>,
    /// Selectors without globs.
    free: Vec<SelectorId>,
    /// For each selector, does one of its needs look at content?
    reads: Vec<bool>,
    /// For each selector, its document needs.
    documents_of: Vec<Vec<NeedId>>,
}

impl<'n> Selection<'n> {
    /// Compiles the selectors. A glob that is none was reported by the loader and matches nothing here.
    pub fn new(needs: &'n NeedSet) -> Selection<'n> {
        let selectors = needs.selectors();
        let mut builder = GlobSetBuilder::new();
        let mut by_glob: Vec<Vec<SelectorId>> = Vec::new();
        let mut index = std::collections::HashMap::new();
        let mut free = Vec::new();
        for (number, selector) in selectors.iter().enumerate() {
            let id = SelectorId(number as u32);
            if selector.globs.is_empty() {
                free.push(id);
            }
            for glob in &selector.globs {
                let at = *index.entry(glob.as_str()).or_insert_with(|| {
                    // As in .gitignore: without a slash it matches a name at any depth.
                    let anywhere = if glob.contains('/') { glob.clone() } else { format!("**/{glob}") };
                    let glob = GlobBuilder::new(&anywhere).literal_separator(true).case_insensitive(true).build();
                    builder.add(glob.unwrap_or_else(|_| never()));
                    by_glob.push(Vec::new());
                    by_glob.len() - 1
                });
                by_glob[at].push(id);
            }
        }
        let mut reads = vec![false; selectors.len()];
        let mut documents_of = vec![Vec::new(); selectors.len()];
        for (number, need) in needs.needs().iter().enumerate() {
            let selector = need.selector.0 as usize;
            reads[selector] |= !matches!(need.look, Look::File | Look::GitIgnores { .. });
            if matches!(need.look, Look::Document { .. }) {
                documents_of[selector].push(NeedId(number as u32));
            }
        }
        Selection { needs, globs: builder.build().unwrap_or_else(|_| GlobSet::empty()), by_glob, free, reads, documents_of }
    }

    /// The selectors that a file matches, ascending.
    pub fn of(&self, path: &str, language: Option<Language>, role: Role, tracked: Option<bool>) -> Box<[SelectorId]> {
        let admits = |id: &SelectorId| self.needs.selectors()[id.0 as usize].admits(language, role, tracked);
        let matched = self.globs.matches_candidate(&Candidate::new(path));
        let named = matched.iter().flat_map(|glob| &self.by_glob[*glob]);
        let mut selectors: Vec<SelectorId> = self.free.iter().chain(named).copied().filter(admits).collect();
        selectors.sort_unstable();
        selectors.dedup();
        selectors.into_boxed_slice()
    }

    /// Must the content be read for one of these selectors?
    pub fn reads(&self, selectors: &[SelectorId]) -> bool {
        selectors.iter().any(|id| self.reads[id.0 as usize])
    }

    /// The document needs of a selector.
    pub fn documents_of(&self, selector: SelectorId) -> &[NeedId] {
        &self.documents_of[selector.0 as usize]
    }
}

/// A glob that matches no path, since no path holds a NUL.
fn never() -> globset::Glob {
    #[expect(clippy::expect_used, reason = "a constant pattern that the tests compile")]
    globset::Glob::new("\0").expect("a constant glob")
}

//! Floor 1: the repository at rest. The only code that reads files; immutable once collected.
//!
//! `walk` lists files, `role` and `layout` say what they are for and to whom they belong, `manifest` reads dependencies, `scan`
//! answers every need of every check in one read of each file, `collect` puts it together, `view` is how probes see it.

pub mod automaton;
mod chart_values;
pub mod collect;
mod decode;
mod deferred;
pub mod document;
pub mod env;
pub mod file_set;
pub mod folder;
pub mod fronts;
pub mod git;
mod git_index;
pub mod history;
pub mod ignore_rules;
pub mod kept;
pub mod layout;
pub mod loaded;
pub mod manifest;
mod names;
mod project_imports;
pub mod role;
pub mod routes;
pub mod scan;
pub mod secrets;
pub mod source;
pub mod syntax;
pub mod view;
pub mod walk;

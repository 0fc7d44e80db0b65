//! readyctl says whether an application may go to production, what is missing, in what order to fix it, and on what evidence.
//!
//! ```text
//! checks/**/*.yaml ──load──▶ CheckSpec ──compile──▶ Check ──plan──▶ Plan (needs, each once)
//! repo ──one walk, one read per file──▶ Inventory (roles, components, facts, hits)
//! Plan + Inventory ──observe──▶ Evidence ──judge──▶ Outcome ──waive──▶ ──score──▶ Report ──render──▶ bytes
//! ```
//!
//! | floor | module | holds |
//! |---|---|---|
//! | 0 | [`model`] | plain data, no I/O |
//! | 1 | [`config`], [`inventory`], [`live`], [`render`] | readyctl.toml → policy · the only code that reads files · the only code with the network · Report → bytes |
//! | 2 | [`probes`] | one file per probe kind |
//! | 3 | [`checks`] | YAML → check, lint |
//! | 4 | [`engine`] | plan, observe, judge, waive, score, self-test |
//! | 5 | [`cli`] | arguments, dispatch, exit codes |
//!
//! A module imports only lower floors; `tests/architecture.rs` enforces it.

pub mod checks;
pub mod cli;
pub mod config;
pub mod engine;
pub mod inventory;
pub mod live;
pub mod model;
pub mod probes;
pub mod render;

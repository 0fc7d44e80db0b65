//! Floor 4: the run. Inventory + ruleset → observed → judged → scored → report; pure after the collection.
//!
//! `assess` is the one path from an inventory to a report: the audit takes it, and so does every check's own test.

mod asked;
pub mod assess;
pub mod env;
mod evidence;
pub mod judge;
pub mod live;
pub mod observe;
pub mod routes;
pub mod score;
pub mod selftest;
mod shared;
pub mod units;

//! Floor 0: the plain data every other floor speaks in. No I/O, no YAML, no command line.
//!
//! To add a word here, add it to the file whose topic it belongs to and say in its doc comment what it means, in which unit,
//! and which upper floor makes it.

pub mod code;
pub mod date;
pub mod env;
pub mod evidence;
pub mod glob;
pub mod language;
pub mod live;
pub mod loading;
pub mod needs;
pub mod node;
pub mod pattern;
pub mod redact;
pub mod report;
pub mod role;
pub mod route;
pub mod secret;
pub mod terms;
pub mod text;

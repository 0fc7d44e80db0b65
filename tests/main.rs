//! One test binary for everything that runs the product as its users do. One file per topic; helpers in `support`.

#![allow(clippy::unwrap_used, reason = "a test or bench that cannot go on fails where it stands")]

mod architecture;
mod checks;
mod cli;
mod components;
mod endpoint;
mod fixtures;
mod history;
mod hostile;
mod live;
mod registry;
mod secrets;
mod support;

//! The live side against servers of this process: what is configured must be what is reported, and what is sent must be what
//! may be sent. [`fixture`] is the server; a test starts it with the modes that make it good or bad.

pub mod active;
pub mod answer;
pub mod certificates;
pub mod edge;
pub mod fixture;
pub mod hostile;
pub mod judge;
pub mod legacy;
pub mod mode;

pub mod mutation;
pub mod pages;
mod requests;
pub mod rows;
mod server;
mod site;
mod six;
mod tls;
mod whole;
mod wire;

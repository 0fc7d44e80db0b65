//! Floor 1: the only code with tokio and the network. A plan and a target go in, exchanges come out.
//!
//! Three rules hold everywhere below: nothing leaves the origin under audit, every wait and every read has a bound, and nothing
//! that came from the server or the user as a secret is kept once its facts are known.

pub mod facts;
mod mask;
pub mod roots;

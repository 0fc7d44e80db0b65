//! What of the API answers without credentials: the operations of its description, and the paths that must not.

use super::run::Run;
use crate::model::live::{Facts, LivePlan};

pub(super) async fn explore(_run: &Run, _plan: &LivePlan, _facts: &mut Facts) {}

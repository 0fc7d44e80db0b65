//! One request sent several times.

use super::{Put, Seen};
use crate::model::live::Facts;

pub(super) fn derive(seen: &Seen<'_>, facts: &mut Facts) {
    if seen.key.times <= 1 {
        return;
    }
    let answers = u32::try_from(seen.hops.len()).unwrap_or(u32::MAX);
    facts.int("burst.sent", i64::from(seen.sent.attempts.max(answers)));
    let limited = seen.hops.iter().position(|answer| matches!(answer.status, 429 | 503));
    if let Some(at) = limited {
        facts.int("burst.first-limited", i64::try_from(at).unwrap_or(0) + 1);
        facts.flag("burst.retry-after", seen.hops[at].first("retry-after").is_some());
    }
    let errors = seen.hops.iter().filter(|answer| answer.status >= 500 && answer.status != 503).count();
    facts.int("burst.errors", i64::try_from(errors).unwrap_or(0));
}

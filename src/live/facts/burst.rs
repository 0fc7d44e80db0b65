//! One request sent several times.

use super::{Put, Seen};
use crate::model::live::Facts;

pub(super) fn derive(seen: &Seen<'_>, facts: &mut Facts) {
    if seen.key.times <= 1 {
        return;
    }
    let answers = u32::try_from(seen.hops.len()).unwrap_or(u32::MAX);
    facts.int("burst.sent", i64::from(seen.sent.attempts.max(answers)));
    let mut times: Vec<u64> = seen.hops.iter().map(|answer| answer.ms).collect();
    times.sort_unstable();
    // The nearest rank.
    if let Some(slow) = times.get((times.len() * 95).div_ceil(100).saturating_sub(1)) {
        facts.int("burst.p95", i64::try_from(*slow).unwrap_or(i64::MAX));
    }
    let limited = seen.hops.iter().position(|answer| matches!(answer.status, 429 | 503));
    if let Some(at) = limited {
        facts.int("burst.first-limited", i64::try_from(at).unwrap_or(0) + 1);
        facts.flag("burst.retry-after", seen.hops[at].first("retry-after").is_some());
    }
    let errors = seen.hops.iter().filter(|answer| answer.status >= 500 && answer.status != 503).count();
    facts.int("burst.errors", i64::try_from(errors).unwrap_or(0));
}

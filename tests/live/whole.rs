//! All checks against servers that mean harm: each run ends within its limits and budgets, asks nobody else, and nothing is judged by
//! what was not said.

use std::time::Duration;

use readyctl::engine::live::plan;
use readyctl::live::settings::BUDGET;
use readyctl::live::{Limits, Settings, run};
use readyctl::model::live::Exchanges;

use super::answer::CREDENTIAL;
use super::fixture::{Fixture, Port};
use super::judge::{Verdicts, each, judged, live_checks, told};
use super::mode::Mode;
use super::mutation::good;

/// Requests beside the ordinary ones: active ones, the search for a description, its operations, bursts.
const OTHER_BUDGETS: u32 = 20 + 15 + 25 + 30;

/// What is decided by the start page, TLS and plain HTTP alone.
const BY_THE_ROOT: [&str; 23] = [
    "api/rate-limit-global",
    "auth/session-cookie-flags",
    "cors/no-credentials-with-wildcard",
    "cors/no-localhost-origins",
    "cors/no-origin-reflection",
    "cors/no-wildcard-origin",
    "cors/restricted-methods-headers",
    "governance/privacy-and-terms",
    "infrastructure/reverse-proxy",
    "logging/correlation-ids",
    "performance/compression",
    "tls/certificate-valid",
    "tls/cipher-suites",
    "tls/hsts",
    "tls/http-redirects-to-https",
    "tls/https-enabled",
    "tls/protocol-versions",
    "web/cache-control-sensitive",
    "web/csp",
    "web/csrf-protection",
    "web/frame-protection",
    "web/permissions-policy",
    "web/referrer-policy",
];

/// One run of all checks, with everything told; the limits of waiting are short, as every one of them is met many times.
fn asked(modes: &[Mode], budget: u32) -> Exchanges {
    let fixture = Fixture::start(modes);
    let seconds = Duration::from_secs;
    let limits = Limits { connect: seconds(2), first_byte: seconds(2), request: seconds(3) };
    let plan = plan(live_checks().values().map(|(check, _)| *check));
    let exchanges = run(&Settings { limits, timeout: seconds(6), budget, ..told(&fixture) }, &plan);
    let received = fixture.received();
    assert!(fixture.canary_is_untouched(), "{modes:?}");
    assert_eq!(exchanges.dead, None, "{modes:?}");
    // What was given up before it was written is counted, too.
    assert!(received.len() <= exchanges.requests as usize && exchanges.requests <= budget + OTHER_BUDGETS, "{modes:?}");
    assert!(exchanges.handshakes <= 25, "{modes:?}");
    assert_eq!(exchanges.captures.len() + exchanges.unsent.len(), plan.requests.len(), "{modes:?}");
    assert!(exchanges.unsent.iter().all(|(_, why)| !why.is_empty()), "{modes:?}");
    for request in received.iter().filter(|request| request.header("authorization").is_some()) {
        assert_eq!((request.port, request.path.as_str()), (Port::Https, "/"), "{modes:?}");
        assert_eq!(request.header("authorization"), Some(CREDENTIAL));
    }
    exchanges
}

/// Verdicts other than those of the good site, apart from none at all.
fn judged_otherwise(good: &Verdicts, exchanges: &Exchanges, may: impl Fn(&str) -> bool) -> Vec<String> {
    let decided = |verdict: &str| ["pass", "warn", "fail", "not-applicable"].contains(&verdict);
    let found = judged(exchanges).into_iter().filter(|(_, (verdict, _))| decided(verdict));
    let wrong = found.filter(|(id, (verdict, _))| good[id].0 != *verdict || !may(id));
    wrong.map(|(id, (verdict, say))| format!("    {id}: {verdict}: {say}")).collect()
}

#[test]
fn what_gives_no_answer_is_not_judged() {
    let good = good();
    // Of all but the root nothing is heard, or nothing that can be read.
    let modes = [
        Mode::SlowHeaders,
        Mode::ManyHeaders,
        Mode::LongHeader,
        Mode::ClosesBeforeResponse,
        Mode::NotHttp,
        Mode::SlowBody,
        Mode::ClosesMidResponse,
    ];
    let wrong = each(&modes, |mode| {
        let exchanges = asked(&[Mode::SparesRoot, *mode], BUDGET);
        // Status and headers came before the body broke.
        let headers = ["web/no-server-banner", "web/security-headers-set", "web/x-content-type-options"];
        let broken = matches!(mode, Mode::SlowBody | Mode::ClosesMidResponse);
        let wrong = judged_otherwise(&good, &exchanges, |id| BY_THE_ROOT.contains(&id) || (broken && headers.contains(&id)));
        (!wrong.is_empty()).then(|| format!("{mode:?}:\n{}", wrong.join("\n")))
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_never_ends_leads_away_or_refuses_is_left_within_the_budgets() {
    let good = good();
    // The same endless answer to everything is a page for everything, where no file is found.
    let rows: [(&[Mode], &[&str]); 6] = [
        (&[Mode::SparesRoot, Mode::EndlessBody], &["web/security-txt"]),
        (&[Mode::SparesRoot, Mode::GzipBomb], &["web/security-txt"]),
        (&[Mode::LeadsAway], &[]),
        (&[Mode::RateLimited(40)], &[]),
        (&[Mode::LegacySilent], &[]),
        (&[Mode::Raw(b"\x16\x03\x03\x00\x04\x0b\x00\x00\x00")], &[]),
    ];
    let wrong = each(&rows, |(modes, also)| {
        // Large bodies take an unoptimised build long to look through.
        let exchanges = asked(modes, BUDGET / 2);
        let wrong = judged_otherwise(&good, &exchanges, |_| true);
        let wrong: Vec<String> = wrong.into_iter().filter(|line| !also.iter().any(|id| line.contains(id))).collect();
        (!wrong.is_empty()).then(|| format!("{modes:?}:\n{}", wrong.join("\n")))
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

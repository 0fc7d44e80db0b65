//! One fault at a time: exactly the checks that it concerns may come to another verdict than on the good site.

use std::collections::BTreeMap;

use readyctl::engine::live::{decide, plan};
use readyctl::live::run;

use super::fixture::Fixture;
use super::mode::{Class, Mode, Version};
use crate::support::tokens::ruleset;

/// The checks that are watched. With a check comes its line here and the rows of the modes that concern it.
pub const WATCHED: [&str; 10] = [
    "auth/session-cookie-flags",
    "cors/no-credentials-with-wildcard",
    "cors/no-origin-reflection",
    "cors/no-wildcard-origin",
    "tls/certificate-valid",
    "tls/cipher-suites",
    "tls/hsts",
    "tls/http-redirects-to-https",
    "tls/https-enabled",
    "tls/protocol-versions",
];

/// Verdicts of the watched checks on a site with these modes.
fn verdicts(modes: &[Mode]) -> BTreeMap<&'static str, String> {
    let checks = || ruleset().checks.iter().filter(|check| WATCHED.contains(&check.id.as_str()));
    let fixture = Fixture::start(modes);
    let exchanges = run(&fixture.settings(), &plan(checks()));
    assert_eq!(exchanges.dead, None, "{modes:?}");
    assert!(fixture.canary_is_untouched(), "{modes:?}");
    checks()
        .map(|check| {
            let id = WATCHED.into_iter().find(|id| *id == check.id).unwrap();
            (id, format!("{:?}", decide(check.live.as_ref().unwrap().spec().unwrap(), &exchanges).verdict))
        })
        .collect()
}

#[test]
fn a_fault_changes_the_verdicts_that_it_concerns_and_no_other() {
    const COOKIE: &str = "auth/session-cookie-flags";
    const CREDENTIALS: &str = "cors/no-credentials-with-wildcard";
    const REFLECTION: &str = "cors/no-origin-reflection";
    const STAR: &str = "cors/no-wildcard-origin";
    const CERTIFICATE: &str = "tls/certificate-valid";
    const SUITES: &str = "tls/cipher-suites";
    const HSTS: &str = "tls/hsts";
    const PLAIN: &str = "tls/http-redirects-to-https";
    const HTTPS: &str = "tls/https-enabled";
    const VERSIONS: &str = "tls/protocol-versions";
    // Without trust in the certificate no answer is judged.
    const UNTRUSTED: &[&str] = &[COOKIE, CREDENTIALS, REFLECTION, STAR, CERTIFICATE, HSTS, HTTPS];

    let rows: &[(Mode, &[&str])] = &[
        (Mode::NoHsts, &[HSTS]),
        (Mode::HstsShort, &[HSTS]),
        (Mode::HstsZero, &[HSTS]),
        (Mode::HstsTwice, &[HSTS]),
        (Mode::CookieBare, &[COOKIE]),
        (Mode::CookieCrossSite, &[COOKIE]),
        (Mode::CookiePrefix, &[COOKIE]),
        (Mode::NoCookies, &[COOKIE]),
        (Mode::CorsEcho, &[REFLECTION]),
        (Mode::CorsEchoCredentials, &[REFLECTION, CREDENTIALS]),
        (Mode::PlainServes, &[PLAIN]),
        (Mode::PlainTemporary, &[PLAIN]),
        (Mode::PlainOffHost, &[PLAIN]),
        (Mode::Accepts(Version::Ssl3), &[VERSIONS]),
        (Mode::Accepts(Version::Tls10), &[VERSIONS]),
        (Mode::Accepts(Version::Tls11), &[VERSIONS]),
        (Mode::LegacyReset, &[VERSIONS]),
        (Mode::AcceptsSuites(Class::Rc4), &[SUITES]),
        (Mode::AcceptsSuites(Class::TripleDes), &[SUITES]),
        (Mode::AcceptsSuites(Class::Null), &[SUITES]),
        (Mode::AcceptsSuites(Class::Cbc), &[SUITES]),
        (Mode::Expired, UNTRUSTED),
        (Mode::NotYetValid, UNTRUSTED),
        (Mode::WrongName, UNTRUSTED),
        (Mode::SelfSigned, UNTRUSTED),
        (Mode::MissingIntermediate, UNTRUSTED),
        // These are other checks' business.
        (Mode::PlainRefused, &[]),
        (Mode::NoTls13, &[]),
        (Mode::LegacyEof, &[]),
        (Mode::LegacyAlert(80), &[]),
        (Mode::AcceptsSuites(Class::Dhe), &[]),
        (Mode::NoCsp, &[]),
        (Mode::NoFrame, &[]),
        (Mode::Banner, &[]),
        (Mode::SpaFallback, &[]),
        (Mode::EnvExposed, &[]),
        (Mode::NoHealth, &[]),
        (Mode::NoCompression, &[]),
    ];
    let good = verdicts(&[]);
    assert!(good.values().all(|verdict| verdict == "Table(Pass)"), "{good:?}");
    let mut wrong = Vec::new();
    for (mode, concerned) in rows {
        let found = verdicts(&[*mode]);
        let changed: Vec<&str> = WATCHED.into_iter().filter(|id| found[id] != good[id]).collect();
        let mut expected = concerned.to_vec();
        expected.sort_unstable();
        if changed != expected {
            wrong.push(format!("{mode:?}: {changed:?} instead of {expected:?}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

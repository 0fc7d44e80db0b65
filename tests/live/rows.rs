//! What each mode of the fixture, and each setting of a user, changes: the one table of it. A check with a live part stands in [`GOOD`]
//! with the verdict that it has of a good site of which everything is told, and in at least one row of [`MODES`] or [`GIVEN`].
//!
//! Each part of a row is a verdict and the checks that come to it; checks that a row does not name keep the verdict of the good site.

use std::time::Duration;

use readyctl::live::{OpenApi, Settings};

use super::active::token;
use super::answer::CREDENTIAL;
use super::certificates::now;
use super::mode::{Class, Mode, Version};
use super::server::STREAM;

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// Secrets in pieces, as a scan of this repository finds whole ones.
const TOKEN: &str = concat!("<p>gh", "p_", "0123456789abcdefghijABCDEFGHIJ012345</p>");
const KEY: &str = concat!(
    "<pre>-----BEGIN RSA PRI",
    "VATE KEY-----\nMIIEowIBAAKCAQEA0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789abcdefghijklmnopqrstuvwxyz\
     ABCDEFGHIJ\n-----END RSA PRI",
    "VATE KEY-----</pre>"
);
const TRACE: &str = "Traceback (most recent call last):\n  File \"/srv/app/main.py\", line 12, in handler\nKeyError: 'x'\n";
const METRICS: &str = "# HELP up Whether it is up.\nup 1\n";
const BAD_GATEWAY: &str = "<h1>Bad gateway</h1>";

/// Verdicts of a good site.
pub const GOOD: &[&str] = &[
    "pass api/rate-limit-global api/request-size-limit auth/authentication-present auth/session-cookie-flags cors/no-credentials-with-wildcard \
     cors/no-localhost-origins cors/no-origin-reflection cors/no-wildcard-origin cors/restricted-methods-headers \
     delivery/git-sha-embedded governance/privacy-and-terms infrastructure/reverse-proxy infrastructure/waf-and-ddos \
     logging/correlation-ids observability/health-endpoint observability/readiness-liveness performance/cdn \
     performance/compression tls/certificate-valid tls/cipher-suites tls/hsts tls/http-redirects-to-https tls/https-enabled \
     tls/protocol-versions web/cache-control-sensitive web/csp web/csrf-protection web/frame-protection \
     web/host-header-validation web/no-exposed-files web/no-internal-endpoints web/no-server-banner web/permissions-policy \
     web/production-mode-set web/referrer-policy web/security-headers-set web/security-txt web/x-content-type-options",
    // What an endpoint can only disprove, or only prove by what a good site does not have.
    "inconclusive api/content-type-enforced api/no-panic-on-input api/rate-limit-per-user api/rate-limit-rejections-observable \
     api/stream-concurrency auth/login-throttling auth/object-level-authorization auth/token-expiry auth/token-revocation \
     observability/apm secrets/signing-secret-strength \
     auth/endpoints-require-auth auth/no-credentials-in-url auth/rbac auth/session-expiration delivery/post-deploy-verification \
     delivery/security-regression llm/tool-permissions logging/no-secrets-in-logs observability/metrics \
     performance/frontend-api-url performance/http-cache-headers secrets/no-secrets-in-frontend tls/certificate-renewal \
     tls/forwarded-proto-trusted-proxies web/no-error-details",
];

/// No request over HTTPS is answered: what is known of TLS and of plain HTTP stays.
const UNANSWERED: &str = "inconclusive api/rate-limit-global api/request-size-limit auth/authentication-present auth/session-cookie-flags \
    cors/no-credentials-with-wildcard cors/no-localhost-origins cors/no-origin-reflection cors/no-wildcard-origin \
    cors/restricted-methods-headers delivery/git-sha-embedded governance/privacy-and-terms infrastructure/reverse-proxy \
    infrastructure/waf-and-ddos logging/correlation-ids observability/health-endpoint observability/readiness-liveness \
    performance/cdn performance/compression tls/hsts web/cache-control-sensitive web/csp web/csrf-protection web/frame-protection \
    web/host-header-validation web/no-exposed-files web/no-internal-endpoints web/no-server-banner web/permissions-policy \
    web/production-mode-set web/referrer-policy web/security-headers-set web/security-txt web/x-content-type-options";
/// The certificate is not trusted.
const REFUSED: &str = "warn tls/https-enabled";
/// The start page is data.
const NO_HTML: &str = "not-applicable governance/privacy-and-terms performance/frontend-api-url secrets/no-secrets-in-frontend web/csp \
    web/frame-protection web/permissions-policy web/referrer-policy";
/// It has no token against forgery, is short, and may be kept; and what does not exist is answered by data as well.
const DATA: &str = "inconclusive performance/compression web/cache-control-sensitive web/csrf-protection web/production-mode-set";
/// The start page is not answered with 2xx.
const NO_PAGE: &str = "inconclusive auth/session-cookie-flags governance/privacy-and-terms infrastructure/waf-and-ddos \
    performance/compression web/csp web/csrf-protection web/frame-protection web/permissions-policy web/referrer-policy \
    web/security-headers-set";
/// Nothing shows how an answer to somebody who is signed in is kept.
const UNKEPT: &str = "inconclusive web/cache-control-sensitive";
/// Nor with 404, which would still be an answer of the application.
const NOT_THE_APPLICATION: &str = "inconclusive web/no-server-banner web/x-content-type-options";
/// What the start page says of CORS may come from a broken proxy.
const BROKEN: &str = "inconclusive api/rate-limit-global cors/no-credentials-with-wildcard cors/no-origin-reflection \
    cors/no-wildcard-origin cors/restricted-methods-headers";
/// What does not exist is not answered as such.
const NO_MISSING: &str = "inconclusive web/host-header-validation web/no-exposed-files web/no-internal-endpoints \
    web/production-mode-set";
/// The page for what does not exist is not that of a framework in production.
const OWN_MISSING: &str = "inconclusive web/production-mode-set";

/// A refusal or an error in JSON is no page either.
const NO_MARKUP: &str = "not-applicable performance/frontend-api-url secrets/no-secrets-in-frontend";
/// No path has an answer of its own.
const NOTHING_ELSE: &str = "inconclusive delivery/git-sha-embedded observability/health-endpoint \
    observability/readiness-liveness performance/cdn";
/// It cannot be read.
const UNREAD: &str = "inconclusive web/csp web/csrf-protection web/frame-protection web/permissions-policy web/referrer-policy";

/// Modes, and what they change.
pub type Row = (&'static [Mode], &'static [&'static str]);

pub const MODES: &[Row] = &[
    // Certificates.
    (&[Mode::Expired], &["fail tls/certificate-renewal tls/certificate-valid", REFUSED, UNANSWERED]),
    (&[Mode::NotYetValid], &["fail tls/certificate-valid", REFUSED, UNANSWERED]),
    (&[Mode::WrongName], &["fail tls/certificate-valid", REFUSED, UNANSWERED]),
    (&[Mode::SelfSigned], &["fail tls/certificate-valid", REFUSED, UNANSWERED]),
    (&[Mode::MissingIntermediate], &["fail tls/certificate-valid", REFUSED, UNANSWERED]),
    (&[Mode::ExpiresSoon], &["fail tls/certificate-renewal"]),
    (&[Mode::Lives(90, 20)], &["warn tls/certificate-renewal"]),
    (&[Mode::Lives(90, 22)], &[]),
    (&[Mode::Lives(6, 4)], &["pass tls/certificate-renewal"]),
    (&[Mode::Lives(7, 0)], &["fail tls/certificate-renewal"]),
    // Protocol.
    (&[Mode::Accepts(Version::Ssl3)], &["fail tls/protocol-versions"]),
    (&[Mode::Accepts(Version::Tls10)], &["fail tls/protocol-versions"]),
    (&[Mode::Accepts(Version::Tls11)], &["fail tls/protocol-versions"]),
    (&[Mode::OnlyTls10], &["fail tls/protocol-versions", "warn tls/cipher-suites", "inconclusive tls/https-enabled", UNANSWERED]),
    (&[Mode::NoTls13], &[]),
    (&[Mode::LegacyEof], &[]),
    (&[Mode::LegacyReset], &["inconclusive tls/protocol-versions"]),
    (&[Mode::LegacyAlert(80)], &[]),
    (&[Mode::ForeignAlpn], &["inconclusive tls/https-enabled", UNANSWERED]),
    (&[Mode::AcceptsSuites(Class::Anonymous)], &["fail tls/cipher-suites"]),
    (&[Mode::AcceptsSuites(Class::Null)], &["fail tls/cipher-suites"]),
    (&[Mode::AcceptsSuites(Class::Export)], &["fail tls/cipher-suites"]),
    (&[Mode::AcceptsSuites(Class::Des)], &["fail tls/cipher-suites"]),
    (&[Mode::AcceptsSuites(Class::Rc4)], &["fail tls/cipher-suites"]),
    (&[Mode::AcceptsSuites(Class::TripleDes)], &["fail tls/cipher-suites"]),
    (&[Mode::AcceptsSuites(Class::StaticRsa)], &["warn tls/cipher-suites"]),
    (&[Mode::AcceptsSuites(Class::Cbc)], &["warn tls/cipher-suites"]),
    (&[Mode::AcceptsSuites(Class::Dhe)], &[]),
    // Manners that are allowed.
    (&[Mode::ClosesQuietly], &[]),
    (&[Mode::ClosesEach], &[]),
    (&[Mode::EarlyHints], &[]),
    (&[Mode::Chunked], &[]),
    (&[Mode::AsksForCertificate], &["inconclusive tls/https-enabled", UNANSWERED]),
    (&[Mode::AsksForCertificate, Mode::NoTls13], &["inconclusive tls/https-enabled", UNANSWERED]),
    // Headers.
    (&[Mode::NoHsts], &["fail tls/hsts", "warn web/security-headers-set"]),
    (&[Mode::HstsShort], &["fail tls/hsts"]),
    (&[Mode::HstsZero], &["fail tls/hsts", "warn web/security-headers-set"]),
    (&[Mode::HstsTwice], &["warn tls/hsts"]),
    (&[Mode::Header("Strict-Transport-Security", "max-age=1 year")], &["fail tls/hsts", "warn web/security-headers-set"]),
    (&[Mode::Header("Strict-Transport-Security", "max-age=63072000")], &["warn tls/hsts"]),
    (&[Mode::NoCsp], &["fail web/csp"]),
    (&[Mode::CspReportOnly], &["warn web/csp"]),
    (&[Mode::CspUnsafeInline], &["warn web/csp"]),
    (&[Mode::CspMeta], &[]),
    (&[Mode::Header("Content-Security-Policy", "frame-ancestors 'none'")], &["warn web/csp"]),
    (
        &[Mode::Header("Content-Security-Policy", "default-src 'self'; script-src *; base-uri 'none'; frame-ancestors 'none'")],
        &["warn web/csp"],
    ),
    (
        &[Mode::Header("Content-Security-Policy", "default-src 'self'; base-uri 'none'; frame-ancestors *")],
        &["fail web/frame-protection", "warn web/security-headers-set"],
    ),
    (&[Mode::NoFrame], &["fail web/frame-protection", "warn web/security-headers-set"]),
    (
        &[Mode::NoCsp, Mode::Header("X-Frame-Options", "")],
        &["fail web/csp web/frame-protection", "warn web/security-headers-set"],
    ),
    (
        &[Mode::NoCsp, Mode::Header("X-Frame-Options", "ALLOW-FROM https://a.example")],
        &["fail web/csp web/frame-protection", "warn web/security-headers-set"],
    ),
    (&[Mode::NoNosniff], &["fail web/x-content-type-options", "warn web/security-headers-set"]),
    (&[Mode::Header("X-Content-Type-Options", "none")], &["fail web/x-content-type-options", "warn web/security-headers-set"]),
    (&[Mode::NoNosniff, Mode::NoHsts], &["fail tls/hsts web/security-headers-set web/x-content-type-options"]),
    (&[Mode::HeadersOnSuccessOnly], &["warn web/security-headers-set web/x-content-type-options"]),
    (&[Mode::ReferrerUnsafe], &["fail web/referrer-policy"]),
    (&[Mode::Header("Referrer-Policy", "")], &["warn web/referrer-policy"]),
    (&[Mode::Header("Referrer-Policy", "origin")], &["warn web/referrer-policy"]),
    (&[Mode::Header("Permissions-Policy", "")], &["warn web/permissions-policy"]),
    (&[Mode::Header("Permissions-Policy", "camera 'none'")], &["warn web/permissions-policy"]),
    (
        &[Mode::Header("Permissions-Policy", ""), Mode::Header("Feature-Policy", "camera 'none'")],
        &["warn web/permissions-policy"],
    ),
    // Sent twice, or with a fallback.
    (&[Mode::MoreHeader("Content-Security-Policy", "script-src 'self' 'unsafe-inline' *")], &[]),
    (&[Mode::MoreHeader("Referrer-Policy", "unsafe-url")], &["inconclusive web/referrer-policy"]),
    (&[Mode::Header("Referrer-Policy", "no-referrer, strict-origin-when-cross-origin")], &[]),
    (&[Mode::MoreHeader("X-Content-Type-Options", "nosniff")], &[]),
    (&[Mode::NoCsp, Mode::MoreHeader("X-Frame-Options", "SAMEORIGIN")], &["fail web/csp"]),
    (&[Mode::Banner], &["warn web/no-server-banner"]),
    (&[Mode::NoRequestId], &["inconclusive logging/correlation-ids"]),
    (
        &[Mode::NoRequestId, Mode::NoEdge, Mode::Json],
        &[
            "warn infrastructure/waf-and-ddos logging/correlation-ids",
            "inconclusive infrastructure/reverse-proxy performance/cdn",
            NO_HTML,
            DATA,
        ],
    ),
    (
        &[Mode::Header("Cache-Control", "public, max-age=31536000")],
        &["fail web/cache-control-sensitive", "warn performance/http-cache-headers"],
    ),
    (&[Mode::Header("Cache-Control", "public, max-age=60")], &["fail web/cache-control-sensitive"]),
    (&[Mode::Header("Cache-Control", "")], &["inconclusive web/cache-control-sensitive"]),
    (&[Mode::Header("X-Debug-Token-Link", "/_profiler/1")], &["fail web/production-mode-set"]),
    // What stands in front.
    (
        &[Mode::NoEdge],
        &[
            "warn infrastructure/waf-and-ddos",
            "inconclusive infrastructure/reverse-proxy performance/cdn performance/compression",
        ],
    ),
    (
        &[Mode::NoEdge, Mode::Header("Server", "nginx")],
        &["warn infrastructure/waf-and-ddos", "inconclusive performance/cdn performance/compression"],
    ),
    (&[Mode::NoFilter], &["inconclusive infrastructure/waf-and-ddos"]),
    (&[Mode::NoCompression], &["warn performance/compression"]),
    (&[Mode::NoCache], &[]),
    (
        &[Mode::HeaderAt("/favicon.ico", "CF-Cache-Status", ""), Mode::HeaderAt("/favicon.ico", "Cache-Control", "private")],
        &["warn performance/cdn"],
    ),
    (&[Mode::HeaderAt("/favicon.ico", "CF-Cache-Status", "MISS")], &["inconclusive performance/cdn"]),
    (&[Mode::Status("/favicon.ico", 404)], &["inconclusive performance/cdn"]),
    (&[Mode::IgnoresForwardedHost], &["inconclusive web/host-header-validation"]),
    (&[Mode::ForwardedHostInLink], &["fail tls/forwarded-proto-trusted-proxies web/host-header-validation"]),
    (&[Mode::ForwardedHostInJson], &["warn web/host-header-validation"]),
    (&[Mode::ForwardedProtoRedirect], &["fail tls/forwarded-proto-trusted-proxies"]),
    (&[Mode::NoRateLimit], &["inconclusive api/rate-limit-global"]),
    (&[Mode::NoRateLimit, Mode::Limit(20)], &[]),
    (&[Mode::Limit(20)], &[]),
    (&[Mode::LimitSilent(20)], &["warn api/rate-limit-global api/rate-limit-rejections-observable"]),
    (&[Mode::LimitByForwarded(20)], &["fail api/rate-limit-per-user"]),
    // Cookies.
    (&[Mode::CookieBare], &["fail auth/session-cookie-flags"]),
    (&[Mode::CookieCrossSite], &["fail auth/session-cookie-flags", "inconclusive web/csrf-protection"]),
    (&[Mode::CookiePrefix], &["warn auth/session-cookie-flags"]),
    (&[Mode::NoCookies], &["inconclusive auth/session-cookie-flags web/csrf-protection"]),
    (&[Mode::NoToken], &["inconclusive web/csrf-protection"]),
    (&[Mode::Cookie("__Host-session=fixture-cookie-value; Path=/; Secure; HttpOnly; SameSite=Strict"), Mode::NoToken], &[]),
    (
        &[Mode::Cookie("__Host-session=fixture-cookie-value; Path=/; Secure; HttpOnly; SameSite=None"), Mode::NoToken],
        &["warn auth/session-cookie-flags web/csrf-protection"],
    ),
    (
        &[Mode::Cookie("sessionid=fixture-cookie-value; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=31536000")],
        &["fail auth/session-expiration"],
    ),
    (&[Mode::Cookie("sessionid=; Path=/; Max-Age=0")], &["inconclusive auth/session-cookie-flags web/csrf-protection"]),
    // Of these none holds a session, or all is as it should be.
    (&[Mode::MoreHeader("Set-Cookie", "_ga=GA1.1.2; Path=/")], &[]),
    (&[Mode::MoreHeader("Set-Cookie", "auth_token=abcdef; Path=/; Secure; HttpOnly; SameSite=Lax")], &[]),
    (
        &[Mode::MoreHeader("Set-Cookie", "auth_token=abcdef; Path=/")],
        &["fail auth/session-cookie-flags", "inconclusive web/csrf-protection"],
    ),
    // CORS.
    (&[Mode::CorsStar], &["warn cors/no-wildcard-origin", "inconclusive cors/no-localhost-origins"]),
    (&[Mode::CorsStar, Mode::Json], &["fail cors/no-wildcard-origin", "inconclusive cors/no-localhost-origins", NO_HTML, DATA]),
    (
        &[Mode::CorsStar, Mode::Header("Access-Control-Allow-Credentials", "true")],
        &["warn cors/no-credentials-with-wildcard cors/no-wildcard-origin", "inconclusive cors/no-localhost-origins"],
    ),
    (&[Mode::CorsEcho], &["warn cors/no-origin-reflection", "inconclusive cors/no-localhost-origins"]),
    (
        &[Mode::CorsEchoCredentials],
        &["fail cors/no-credentials-with-wildcard cors/no-origin-reflection", "inconclusive cors/no-localhost-origins"],
    ),
    (&[Mode::CorsNull], &["fail cors/no-origin-reflection"]),
    (&[Mode::CorsLocal], &["fail cors/no-localhost-origins"]),
    (&[Mode::CorsNone], &["inconclusive cors/no-localhost-origins cors/restricted-methods-headers"]),
    // No check asks with origins that are like that of the host.
    (&[Mode::CorsSuffix], &[]),
    (&[Mode::CorsPrefix], &[]),
    (&[Mode::Grants("GET, POST, DELETE", "content-type")], &["inconclusive cors/restricted-methods-headers"]),
    (&[Mode::Grants("*", "*")], &["warn cors/restricted-methods-headers"]),
    (&[Mode::Grants("GET, DELETE", "x-readyctl")], &["warn cors/restricted-methods-headers"]),
    // Redirects.
    (&[Mode::PlainTemporary], &["warn tls/http-redirects-to-https"]),
    (&[Mode::PlainServes], &["fail tls/http-redirects-to-https"]),
    (&[Mode::PlainOffHost], &["fail tls/http-redirects-to-https"]),
    (&[Mode::PlainRefused], &[]),
    (&[Mode::RedirectLoop], &["fail tls/http-redirects-to-https", NO_PAGE, UNKEPT, NOT_THE_APPLICATION]),
    (
        &[Mode::Downgrade],
        &["fail tls/forwarded-proto-trusted-proxies tls/http-redirects-to-https", NO_PAGE, UNKEPT, NOT_THE_APPLICATION],
    ),
    (&[Mode::RedirectCanary], &["fail tls/http-redirects-to-https", NO_PAGE, UNKEPT, NOT_THE_APPLICATION]),
    (
        &[Mode::LoginRedirect],
        &["inconclusive auth/session-cookie-flags infrastructure/waf-and-ddos performance/compression \
           web/cache-control-sensitive web/csrf-protection"],
    ),
    // The page behind a redirect is judged, unless it is somebody else's.
    (
        &[Mode::Redirect("/", 302, "/en"), Mode::Serve("/en", HTML, "<!doctype html><html><body>Hello</body></html>")],
        &[
            "inconclusive auth/session-cookie-flags infrastructure/waf-and-ddos performance/compression web/csrf-protection",
            UNKEPT,
        ],
    ),
    (&[Mode::Redirect("/", 301, "https://www.example.invalid/")], &[NO_PAGE, UNKEPT, NOT_THE_APPLICATION]),
    // Things that do not exist.
    (&[Mode::SpaFallback], &[OWN_MISSING]),
    (&[Mode::WildcardEnv], &["inconclusive web/no-exposed-files"]),
    (&[Mode::DotFilesForbidden], &[]),
    (&[Mode::RandomPage], &[OWN_MISSING]),
    (&[Mode::TracePage], &["fail web/no-error-details", "inconclusive web/no-server-banner", NO_MISSING]),
    (&[Mode::Wall], &["pass auth/endpoints-require-auth", NO_MISSING]),
    (&[Mode::Missing(502, HTML, BAD_GATEWAY)], &["inconclusive web/no-server-banner", NO_MISSING]),
    (&[Mode::Missing(404, HTML, "<h1>Not here</h1>")], &[OWN_MISSING]),
    (
        &[Mode::Missing(404, HTML, "<p>You're seeing this error because you have <code>DEBUG = True</code></p>")],
        &["fail web/production-mode-set"],
    ),
    (
        &[Mode::Missing(404, HTML, "<p>SQLSTATE[42S02]: Base table or view not found</p>")],
        &["fail web/no-error-details", OWN_MISSING],
    ),
    (&[Mode::Missing(500, HTML, TOKEN)], &["fail logging/no-secrets-in-logs", "inconclusive web/no-server-banner", NO_MISSING]),
    (&[Mode::Missing(404, HTML, KEY)], &["fail logging/no-secrets-in-logs", OWN_MISSING]),
    // What is there is found beside a page for everything.
    (&[Mode::SpaFallback, Mode::GitExposed], &["fail web/no-exposed-files", OWN_MISSING]),
    (&[Mode::SpaFallback, Mode::EnvExposed], &["fail web/no-exposed-files", OWN_MISSING]),
    (&[Mode::RandomPage, Mode::GitExposed], &["fail web/no-exposed-files", OWN_MISSING]),
    (&[Mode::WildcardEnv, Mode::EnvExposed], &["fail web/no-exposed-files"]),
    (
        &[Mode::SpaFallback, Mode::Serve("/metrics", TEXT, METRICS)],
        &["fail web/no-internal-endpoints", "warn observability/metrics", OWN_MISSING],
    ),
    (
        &[Mode::SpaFallback, Mode::OpenApiForgotten],
        &["fail auth/endpoints-require-auth", "warn auth/authentication-present delivery/security-regression", OWN_MISSING],
    ),
    (
        &[Mode::SpaFallback, Mode::NoHealth],
        &["inconclusive delivery/git-sha-embedded observability/health-endpoint observability/readiness-liveness", OWN_MISSING],
    ),
    (
        &[Mode::RandomPage, Mode::NoHealth],
        &["inconclusive delivery/git-sha-embedded observability/health-endpoint observability/readiness-liveness", OWN_MISSING],
    ),
    (
        &[
            Mode::Missing(404, HTML, "<h1>Not here</h1>"),
            Mode::Redirect("/healthz", 302, "/health/"),
            Mode::Serve("/health/", TEXT, "OK"),
        ],
        &["inconclusive delivery/git-sha-embedded", OWN_MISSING],
    ),
    // The same to everything.
    (
        &[Mode::All(403, HTML, "<title>Just a moment...</title>")],
        &[
            "inconclusive api/rate-limit-global auth/authentication-present cors/no-credentials-with-wildcard \
             cors/no-origin-reflection cors/no-wildcard-origin web/security-txt",
            NOTHING_ELSE,
            NO_MISSING,
            NO_PAGE,
            UNKEPT,
            NOT_THE_APPLICATION,
        ],
    ),
    (
        &[Mode::All(401, JSON, r#"{"error":"sign in"}"#)],
        &[
            "pass auth/endpoints-require-auth",
            "inconclusive api/rate-limit-global web/security-txt",
            NOTHING_ELSE,
            NO_MISSING,
            NO_PAGE,
            UNKEPT,
            NOT_THE_APPLICATION,
            NO_MARKUP,
        ],
    ),
    (
        &[Mode::All(404, HTML, "<h1>Not Found</h1>")],
        &[
            "warn web/security-txt",
            "inconclusive api/rate-limit-global auth/authentication-present",
            NOTHING_ELSE,
            OWN_MISSING,
            NO_PAGE,
            UNKEPT,
        ],
    ),
    (
        &[Mode::All(200, HTML, "<html><title>This domain is parked</title></html>")],
        &[
            "warn web/security-txt",
            "inconclusive auth/authentication-present governance/privacy-and-terms performance/compression web/csrf-protection",
            NOTHING_ELSE,
            OWN_MISSING,
            UNKEPT,
        ],
    ),
    (
        &[Mode::All(200, JSON, r#"{"status":"ok"}"#)],
        &["warn web/security-txt", "inconclusive auth/authentication-present", NOTHING_ELSE, NO_HTML, DATA],
    ),
    (
        &[Mode::All(204, TEXT, "")],
        &["inconclusive auth/authentication-present auth/session-cookie-flags web/security-txt", NOTHING_ELSE, NO_HTML, DATA],
    ),
    (
        &[Mode::All(500, JSON, r#"{"error":"internal"}"#)],
        &[
            "pass web/no-error-details",
            "warn delivery/post-deploy-verification",
            "inconclusive auth/authentication-present web/security-txt",
            NOTHING_ELSE,
            NO_MISSING,
            NO_PAGE,
            UNKEPT,
            NOT_THE_APPLICATION,
            BROKEN,
            NO_MARKUP,
        ],
    ),
    (
        &[Mode::LoginWall],
        &[
            "pass auth/endpoints-require-auth",
            "warn web/security-txt",
            "inconclusive auth/session-cookie-flags governance/privacy-and-terms infrastructure/waf-and-ddos \
             performance/compression web/csrf-protection web/no-exposed-files web/no-internal-endpoints",
            NOTHING_ELSE,
            OWN_MISSING,
            UNKEPT,
        ],
    ),
    // Exposed files and endpoints.
    (&[Mode::GitExposed], &["fail web/no-exposed-files"]),
    (&[Mode::EnvExposed], &["fail web/no-exposed-files"]),
    (&[Mode::BackupExposed], &["fail web/no-exposed-files"]),
    (&[Mode::Serve("/docker-compose.yml", TEXT, "services:\n  web: {}\n")], &["warn web/no-exposed-files"]),
    (&[Mode::Serve("/uploads/", HTML, "<html><title>Index of /uploads/</title></html>")], &["fail web/no-exposed-files"]),
    (&[Mode::ActuatorExposed], &["fail web/no-internal-endpoints"]),
    // No check asks for a page that shows a description; the description itself is looked for.
    (&[Mode::DocsExposed], &[]),
    (&[Mode::Serve("/metrics", TEXT, METRICS)], &["fail web/no-internal-endpoints", "warn observability/metrics"]),
    (&[Mode::Status("/metrics", 403)], &[]),
    // Without the endpoint for health.
    (
        &[Mode::Serve("/actuator", JSON, r#"{"_links":{}}"#), Mode::Serve("/actuator/prometheus", TEXT, METRICS)],
        &["fail web/no-internal-endpoints", "warn observability/metrics"],
    ),
    (&[Mode::Serve("/adminer.php", HTML, "<html><title>Login - Adminer</title></html>")], &["warn web/no-internal-endpoints"]),
    (
        &[Mode::Reply("/?__debugger__=yes&cmd=resource&f=debugger.js", 200, "text/javascript", "var EVALEX = true;")],
        &["fail web/production-mode-set"],
    ),
    (
        &[Mode::Serve("/mcp", JSON, r#"{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"a","inputSchema":{}}]}}"#)],
        &["fail llm/tool-permissions"],
    ),
    (
        &[Mode::Serve(
            "/mcp",
            JSON,
            r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}}}}"#,
        )],
        &["warn llm/tool-permissions"],
    ),
    (&[Mode::Serve("/graphql", JSON, r#"{"data":{"__typename":"Query"}}"#)], &["fail api/content-type-enforced"]),
    (&[Mode::Status("/.well-known/security.txt", 404)], &["warn web/security-txt"]),
    (&[Mode::Serve("/.well-known/security.txt", TEXT, "Expires: 2099-01-01T00:00:00Z\n")], &["warn web/security-txt"]),
    (
        &[Mode::Serve("/.well-known/security.txt", TEXT, "Contact: mailto:a@b.example\nExpires: 2020-01-01T00:00:00Z\n")],
        &["fail web/security-txt"],
    ),
    // The start page.
    (&[Mode::InPage(TOKEN)], &["fail secrets/no-secrets-in-frontend"]),
    (&[Mode::InPage(KEY)], &["fail secrets/no-secrets-in-frontend"]),
    (
        &[Mode::InPage("<a href=\"/next?access_token=0123456789abcdefghijABCDEFGH\">next</a>")],
        &["fail auth/no-credentials-in-url"],
    ),
    (&[Mode::InPage("<a href=\"/cart;jsessionid=0123456789ABCDEF\">cart</a>")], &["warn auth/no-credentials-in-url"]),
    (&[Mode::InPage("<script src=\"http://127.0.0.1:3000/app.js\"></script>")], &["fail performance/frontend-api-url"]),
    (&[Mode::InPage("<img src=\"http://localhost:3000/a.png\">")], &["warn performance/frontend-api-url"]),
    (&[Mode::InPage("<script type=\"module\" src=\"/@vite/client\"></script>")], &["fail web/production-mode-set"]),
    (&[Mode::Foot("<a href=\"/privacy\">Privacy</a>"), Mode::Status("/terms", 404)], &["warn governance/privacy-and-terms"]),
    (
        &[Mode::Foot("<a href=\"/terms\">Terms of service</a>"), Mode::Status("/privacy", 404)],
        &["warn governance/privacy-and-terms"],
    ),
    (
        &[Mode::Foot(""), Mode::Status("/privacy", 404), Mode::Status("/terms", 404)],
        &["inconclusive governance/privacy-and-terms"],
    ),
    // Pages at their usual paths are found without a link.
    (&[Mode::Foot("")], &[]),
    (
        &[Mode::Serve("/", HTML, "<html><title>Index of /</title><a href=\"backup.sql\">backup.sql</a></html>")],
        &["fail web/no-exposed-files", "inconclusive performance/compression web/cache-control-sensitive web/csrf-protection"],
    ),
    (&[Mode::Reply("/", 502, HTML, BAD_GATEWAY)], &[NO_PAGE, UNKEPT, NOT_THE_APPLICATION, BROKEN]),
    (
        &[Mode::Reply("/", 502, HTML, BAD_GATEWAY), Mode::Missing(502, HTML, BAD_GATEWAY)],
        &["warn delivery/post-deploy-verification", NO_PAGE, UNKEPT, NOT_THE_APPLICATION, BROKEN, NO_MISSING],
    ),
    (&[Mode::Reply("/", 500, HTML, TRACE)], &["fail web/no-error-details", NO_PAGE, UNKEPT, NOT_THE_APPLICATION, BROKEN]),
    (&[Mode::Status("/", 404)], &["inconclusive api/rate-limit-global", NO_PAGE, UNKEPT]),
    (&[Mode::Status("/", 401)], &["inconclusive api/rate-limit-global", NO_PAGE, UNKEPT, NOT_THE_APPLICATION]),
    (&[Mode::Json], &[NO_HTML, DATA]),
    // Nobody here knows the encoding, so nothing of the body is known.
    (&[Mode::HeaderAt("/", "Content-Encoding", "x-own")], &[UNREAD]),
    (&[Mode::HeaderAt("/", "Content-Encoding", "x-own"), Mode::NoFrame], &["inconclusive web/security-headers-set", UNREAD]),
    (
        &[Mode::HeaderAt("/.env", "Content-Encoding", "x-own"), Mode::Serve("/.env", TEXT, "KEY=a\nNAME=b\n")],
        &["inconclusive web/no-exposed-files"],
    ),
    (&[Mode::HeaderAt("/.well-known/security.txt", "Content-Encoding", "x-own")], &["inconclusive web/security-txt"]),
    // Health.
    (
        &[Mode::NoHealth],
        &["inconclusive delivery/git-sha-embedded observability/health-endpoint observability/readiness-liveness"],
    ),
    (
        &[Mode::HealthDown],
        &[
            "fail observability/health-endpoint",
            "warn delivery/post-deploy-verification",
            "inconclusive delivery/git-sha-embedded",
        ],
    ),
    // `/livez` answers in its place.
    (&[Mode::HealthBroken], &["inconclusive delivery/git-sha-embedded"]),
    (
        &[Mode::HealthBroken, Mode::Status("/livez", 404), Mode::Status("/readyz", 404)],
        &["fail observability/health-endpoint", "inconclusive delivery/git-sha-embedded observability/readiness-liveness"],
    ),
    (&[Mode::Serve("/healthz", JSON, r#"{"status":"ok","commit":"unknown"}"#)], &["warn delivery/git-sha-embedded"]),
    (
        &[Mode::Serve("/healthz", JSON, r#"{"status":"ok","db":"postgres://10.0.0.7/app"}"#)],
        &["warn observability/health-endpoint", "inconclusive delivery/git-sha-embedded"],
    ),
    (&[Mode::Serve("/readyz", JSON, r#"{"status":"down"}"#)], &["fail observability/readiness-liveness"]),
    (&[Mode::Status("/livez", 404)], &["inconclusive observability/readiness-liveness"]),
    (&[Mode::Slow("/healthz", 5, 1200)], &["warn observability/apm"]),
    (&[Mode::Slow("/healthz", 5, 2100)], &["fail observability/apm"]),
    // Longer than what is read: what stands behind is not missing.
    (
        &[Mode::Foot("<a href=\"/privacy\">Privacy</a>"), Mode::Long, Mode::Status("/privacy", 404), Mode::Status("/terms", 404)],
        &["inconclusive governance/privacy-and-terms"],
    ),
    // The interface.
    (&[Mode::OpenApi], &[]),
    (
        &[Mode::OpenApiForgotten],
        &["fail auth/endpoints-require-auth", "warn auth/authentication-present delivery/security-regression"],
    ),
    (
        &[Mode::NoAuth],
        &["fail auth/authentication-present auth/endpoints-require-auth auth/rbac", "warn delivery/security-regression"],
    ),
    (
        &[Mode::Serve("/api/admin/users", JSON, r#"[{"id":1}]"#)],
        &["fail auth/endpoints-require-auth auth/rbac", "warn auth/authentication-present delivery/security-regression"],
    ),
    (&[Mode::BreaksOnTornJson], &["fail api/no-panic-on-input"]),
    (&[Mode::BreaksOnBytes], &["warn api/no-panic-on-input", "pass web/no-error-details"]),
    (&[Mode::Reply("/%ff", 400, HTML, TRACE)], &["fail web/no-error-details"]),
    (&[Mode::Reply("/%ff", 500, HTML, "<p>ValueError</p>")], &["warn web/no-error-details"]),
    (&[Mode::TraceEcho], &[]),
];

/// What a user tells otherwise, on a site with these modes, and what that changes.
pub struct Given {
    pub what: &'static str,
    pub set: fn(&mut Settings),
    pub modes: &'static [Mode],
    pub changes: &'static [&'static str],
}

const OPEN: &str = r#"{"openapi":"3.1.0","paths":{"/api/admin/accounts":{"get":{}}}}"#;
const NO_TLS: &str = "not-applicable auth/session-cookie-flags tls/certificate-renewal tls/certificate-valid tls/cipher-suites \
    tls/forwarded-proto-trusted-proxies tls/hsts tls/protocol-versions";
/// Only browsers of the public, or what stands at its edge, are concerned.
const PRIVATE: &str = "not-applicable cors/no-localhost-origins governance/privacy-and-terms infrastructure/reverse-proxy \
    infrastructure/waf-and-ddos performance/cdn performance/frontend-api-url tls/hsts tls/http-redirects-to-https \
    tls/https-enabled web/no-internal-endpoints web/security-txt";
/// A refused burst meets no limit.
const SIGNED_IN: &str = "inconclusive api/rate-limit-global";
const ACTIVE: &str = "unsent api/content-type-enforced api/no-panic-on-input api/rate-limit-global api/rate-limit-per-user \
    api/rate-limit-rejections-observable infrastructure/waf-and-ddos llm/tool-permissions web/host-header-validation";

pub const GIVEN: &[Given] = &[
    Given {
        what: "nothing but the URL",
        set: nothing,
        modes: &[],
        changes: &["inconclusive api/request-size-limit auth/authentication-present", ACTIVE],
    },
    Given {
        what: "no --active",
        set: |settings| settings.active = false,
        modes: &[],
        changes: &["inconclusive api/request-size-limit", ACTIVE],
    },
    Given {
        what: "no description, which is public",
        set: |settings| settings.openapi = None,
        modes: &[Mode::OpenApi],
        changes: &["warn web/no-internal-endpoints"],
    },
    Given {
        what: "a description that protects nothing",
        set: |settings| settings.openapi = Some(OpenApi::Text { name: "open.json".to_owned(), text: OPEN.to_owned() }),
        modes: &[Mode::Serve("/api/admin/accounts", JSON, r#"[{"id":1}]"#)],
        changes: &["warn auth/authentication-present auth/endpoints-require-auth auth/rbac"],
    },
    Given {
        what: "the URL of plain HTTP",
        set: plain,
        modes: &[Mode::PlainServes],
        changes: &["fail tls/http-redirects-to-https tls/https-enabled", "inconclusive web/csrf-protection", NO_TLS],
    },
    Given {
        what: "the URL of the application itself",
        set: plain,
        modes: &[Mode::PlainServes, Mode::NoEdge, Mode::NoRequestId, Mode::Header("Server", "uvicorn")],
        changes: &[
            "fail tls/http-redirects-to-https tls/https-enabled",
            "warn infrastructure/reverse-proxy infrastructure/waf-and-ddos",
            "inconclusive logging/correlation-ids performance/cdn performance/compression web/csrf-protection",
            NO_TLS,
        ],
    },
    Given {
        what: "an address instead of a name",
        set: |settings| settings.url = settings.url.replace("localhost", "127.0.0.1"),
        modes: &[Mode::NoHsts],
        changes: &["not-applicable tls/hsts"],
    },
    Given { what: "no --as-public", set: |settings| settings.as_public = false, modes: &[], changes: &[PRIVATE] },
    Given {
        what: "no --as-public, and metrics",
        set: |settings| settings.as_public = false,
        modes: &[Mode::Serve("/metrics", TEXT, METRICS)],
        changes: &[PRIVATE],
    },
    Given {
        what: "--insecure",
        set: |settings| settings.insecure = true,
        modes: &[Mode::WrongName],
        changes: &["fail tls/certificate-valid", REFUSED],
    },
    Given {
        what: "an account",
        set: |_| {},
        modes: &[Mode::Account, Mode::HeaderAt("/", "Cache-Control", "public, max-age=60")],
        changes: &["warn web/cache-control-sensitive", SIGNED_IN, NO_PAGE, NOT_THE_APPLICATION, NO_MARKUP],
    },
    Given {
        what: "an account whose answers are not kept",
        set: |_| {},
        modes: &[Mode::Account, Mode::HeaderAt("/", "Cache-Control", "private")],
        changes: &[SIGNED_IN, NO_PAGE, NOT_THE_APPLICATION, NO_MARKUP],
    },
    Given {
        what: "an account, and nothing else to know of the interface",
        set: |settings| {
            settings.openapi = None;
            settings.protected.clear();
        },
        modes: &[Mode::Account],
        changes: &["warn web/cache-control-sensitive", SIGNED_IN, NO_PAGE, NOT_THE_APPLICATION, NO_MARKUP],
    },
    Given {
        what: "a health endpoint under another path",
        set: |settings| settings.health = Some("/up/now".to_owned()),
        modes: &[Mode::NoHealth, Mode::Serve("/up/now", JSON, r#"{"status":"ok"}"#)],
        changes: &["inconclusive delivery/git-sha-embedded observability/readiness-liveness"],
    },
    // What a user has to name.
    Given {
        what: "a login that refuses the sixth try",
        set: |settings| settings.login = Some("/login".to_owned()),
        modes: &[Mode::Login("/login", 6)],
        changes: &["pass auth/login-throttling"],
    },
    Given {
        what: "a login that refuses no try as one too many",
        set: |settings| settings.login = Some("/login".to_owned()),
        modes: &[Mode::Login("/login", 99)],
        changes: &["fail auth/login-throttling"],
    },
    Given {
        what: "a login that takes large bodies",
        set: |settings| settings.login = Some("/login".to_owned()),
        modes: &[Mode::Login("/login", 6), Mode::LargeBodies],
        changes: &["fail api/request-size-limit", "pass auth/login-throttling"],
    },
    Given { what: "no login", set: |_| {}, modes: &[Mode::LargeBodies], changes: &["inconclusive api/request-size-limit"] },
    Given {
        what: "a sign-out that ends the session",
        set: session,
        modes: &[Mode::As(CREDENTIAL, "/api/me", 200, r#"{"id":1}"#), Mode::SignsOut("/logout")],
        changes: &["pass auth/token-revocation"],
    },
    Given {
        what: "a sign-out that ends nothing",
        set: session,
        modes: &[Mode::As(CREDENTIAL, "/api/me", 200, r#"{"id":1}"#), Mode::SignsOutInVain("/logout")],
        changes: &["fail auth/token-revocation"],
    },
    Given {
        what: "a sign-out that ends nothing, and a token of ten minutes",
        set: |settings| {
            session(settings);
            settings.protected = vec!["/api/items".to_owned()];
            settings.auth = Some(fresh(600).to_owned());
        },
        modes: &[Mode::SignsOutInVain("/logout")],
        changes: &["warn auth/token-revocation", "pass auth/token-expiry secrets/signing-secret-strength"],
    },
    Given {
        what: "a token of ten minutes",
        set: |settings| settings.auth = Some(fresh(600).to_owned()),
        modes: &[],
        changes: &["pass auth/token-expiry secrets/signing-secret-strength"],
    },
    Given {
        what: "a token of a month",
        set: |settings| settings.auth = Some(fresh(30 * 86_400).to_owned()),
        modes: &[],
        changes: &["fail auth/token-expiry", "pass secrets/signing-secret-strength"],
    },
    Given {
        what: "a token without an end, whose secret everybody knows",
        set: |settings| settings.auth = Some(token(r#"{"sub":"1"}"#, "secret").to_owned()),
        modes: &[],
        changes: &["fail auth/token-expiry secrets/signing-secret-strength"],
    },
    Given {
        what: "an object that its owner alone gets",
        set: owner,
        modes: &[Mode::As(OWNER, OBJECT, 200, r#"{"id":7}"#), Mode::As(CREDENTIAL, OBJECT, 403, "{}")],
        changes: &["pass auth/object-level-authorization"],
    },
    Given {
        what: "an object that others get as well",
        set: owner,
        modes: &[Mode::As(OWNER, OBJECT, 200, r#"{"id":7}"#), Mode::As(CREDENTIAL, OBJECT, 200, r#"{"id":7}"#)],
        changes: &["fail auth/object-level-authorization"],
    },
    Given { what: "streams without end", set: stream, modes: &[Mode::Streams(99)], changes: &["fail api/stream-concurrency"] },
    Given { what: "three streams", set: stream, modes: &[Mode::Streams(3)], changes: &["pass api/stream-concurrency"] },
];

/// An object of the other account, and its credential.
const OBJECT: &str = "/api/orders/7";
const OWNER: &str = "Bearer fixture-owner-0123456789";

fn owner(settings: &mut Settings) {
    (settings.owned, settings.other_auth) = (vec![OBJECT.to_owned()], Some(OWNER.to_owned()));
}

fn session(settings: &mut Settings) {
    (settings.protected, settings.logout) = (vec!["/api/me".to_owned()], Some("/logout".to_owned()));
}

fn stream(settings: &mut Settings) {
    (settings.stream, settings.hold) = (Some(STREAM.to_owned()), Duration::from_millis(700));
}

/// A token that was issued now and lives so many seconds.
fn fresh(seconds: i64) -> &'static str {
    token(&format!(r#"{{"iat":{},"exp":{}}}"#, now(), now() + seconds), "x9Qz-nobody-knows-this-one")
}

fn nothing(settings: &mut Settings) {
    (settings.auth, settings.openapi, settings.active) = (None, None, false);
    settings.protected.clear();
}

fn plain(settings: &mut Settings) {
    settings.url = settings.http_url.clone().unwrap();
}

//! How the fixture server differs from a good one. To add a behaviour, add a mode here and its line in the file that acts on it.

#![allow(dead_code, reason = "the vocabulary is whole, also where a test names only some of its modes")]

/// One difference. Without any the site is good: every check that can pass on it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    // Certificates: certificates.rs.
    Expired,
    NotYetValid,
    /// Five days left of ninety.
    ExpiresSoon,
    WrongName,
    /// As `openssl req -x509` makes them: it says that it is an authority.
    SelfSigned,
    MissingIntermediate,
    /// Days that the certificate lives, and days that are left.
    Lives(i64, i64),

    // Protocol: legacy.rs. Without these: TLS 1.2 and 1.3 with authenticated encryption.
    /// Also accepts a hello of this version, answered by a scripted ServerHello.
    Accepts(Version),
    /// Accepts a hello that offers nothing current but suites of this class.
    AcceptsSuites(Class),
    /// Answers every hello up to TLS 1.2 by TLS 1.0.
    OnlyTls10,
    /// Knows no application protocol that a browser offers, and insists.
    ForeignAlpn,
    /// TLS 1.3 is switched off.
    NoTls13,
    /// Closes the connection on a hello below TLS 1.2, without an alert.
    LegacyEof,
    /// Resets the connection on such a hello.
    LegacyReset,
    /// Never answers such a hello.
    LegacySilent,
    /// Answers a hello below TLS 1.2 with a handshake failure of this code.
    LegacyAlert(u8),
    /// Closes after every hello.
    ClosesAfterHello,
    /// Speaks HTTP on the TLS port.
    PlainOnTlsPort,
    /// Answers every hello with these bytes.
    Raw(&'static [u8]),

    // Headers: answer.rs.
    /// Sends this header on every answer, instead of the good one; an empty value leaves it out.
    Header(&'static str, &'static str),
    /// Sends this header one more time.
    MoreHeader(&'static str, &'static str),
    /// At this path only: sends this header instead of the good one; an empty value leaves it out.
    HeaderAt(&'static str, &'static str, &'static str),
    NoHsts,
    HstsShort,
    HstsZero,
    HstsTwice,
    NoCsp,
    CspReportOnly,
    CspUnsafeInline,
    /// The policy is in a meta element only.
    CspMeta,
    NoNosniff,
    NoFrame,
    ReferrerUnsafe,
    /// Security headers on 2xx only, as nginx does without `always`.
    HeadersOnSuccessOnly,
    /// `Server: nginx/1.18.0`, `X-Powered-By: PHP/7.4.3`.
    Banner,
    /// No answer tells an id of its request.
    NoRequestId,

    // What stands in front: edge.rs.
    /// Nothing: no edge and its headers, no cache, no filter.
    NoEdge,
    /// The edge lets through what looks like an attack.
    NoFilter,
    /// The n-th GET of the root is answered 429 with Retry-After, and all after it.
    Limit(usize),
    /// The same without Retry-After.
    LimitSilent(usize),
    /// The same, counted by what the caller writes in X-Forwarded-For.
    LimitByForwarded(usize),
    /// A caller's X-Forwarded-Host is ignored instead of refused.
    IgnoresForwardedHost,
    /// Links of pages that do not exist have the host of a caller's X-Forwarded-Host.
    ForwardedHostInLink,
    /// JSON of what does not exist has it.
    ForwardedHostInJson,
    /// Whoever says `X-Forwarded-Proto: http` is led to HTTPS.
    ForwardedProtoRedirect,

    // Cookies.
    NoCookies,
    /// This Set-Cookie instead of the good one.
    Cookie(&'static str),
    /// The session cookie lacks Secure and HttpOnly.
    CookieBare,
    /// `SameSite=None` without Secure.
    CookieCrossSite,
    /// `__Host-` with a Domain.
    CookiePrefix,

    // CORS.
    CorsStar,
    CorsEcho,
    CorsEchoCredentials,
    /// `null` is allowed, with credentials.
    CorsNull,
    /// Allows every origin that ends in the name of the host.
    CorsSuffix,
    /// Allows every origin that begins with that of the host.
    CorsPrefix,
    /// Allows origins of development servers, too.
    CorsLocal,
    /// No origin is allowed.
    CorsNone,
    /// Preflights are granted these methods and these headers.
    Grants(&'static str, &'static str),

    // Redirects.
    /// 302 instead of 301 from http to https.
    PlainTemporary,
    /// Plain HTTP serves the site.
    PlainServes,
    /// Plain HTTP redirects to the canary origin.
    PlainOffHost,
    /// Nothing listens on plain HTTP.
    PlainRefused,
    RedirectLoop,
    /// The root redirects to plain HTTP.
    Downgrade,
    /// All but the root redirects to the canary origin.
    LeadsAway,
    /// The root redirects to the canary origin.
    RedirectCanary,
    /// The root redirects to `/login`.
    LoginRedirect,

    // Things that do not exist.
    /// Nothing but the start page does.
    Bare,
    /// Whatever is asked for, by whichever method, is answered with this status, content type and body.
    All(u16, &'static str, &'static str),
    /// Whatever is asked for leads to `/login`.
    LoginWall,
    /// Every path answers 200 with the page of the application.
    SpaFallback,
    /// Every path that ends in `.env` answers 200 with the same text.
    WildcardEnv,
    /// Every path with a part that begins with a dot answers 403.
    DotFilesForbidden,
    /// Unknown paths answer 200 with a page that is different each time.
    RandomPage,
    /// Unknown paths answer this status, content type and body.
    Missing(u16, &'static str, &'static str),
    /// Whatever is not public is refused with 401, whether it exists or not.
    Wall,

    // Exposed files.
    GitExposed,
    EnvExposed,
    BackupExposed,
    ActuatorExposed,
    DocsExposed,
    /// This path answers 200 with this content type and body.
    Serve(&'static str, &'static str, &'static str),
    /// This path answers this status.
    Status(&'static str, u16),
    /// This path, with its query or without, answers this status, content type and body.
    Reply(&'static str, u16, &'static str, &'static str),
    /// This path answers this status and leads there.
    Redirect(&'static str, u16, &'static str),
    /// The start page goes on behind its foot, for longer than is read.
    Long,
    /// The start page has this in its body.
    InPage(&'static str),
    /// The foot of the start page is this, instead of links to privacy and terms.
    Foot(&'static str),
    /// The start page has no token against forged requests.
    NoToken,

    // The application.
    /// The root is JSON, as of an API.
    Json,
    NoHealth,
    /// 200 with `DOWN`.
    HealthDown,
    HealthBroken,
    /// Unknown paths answer 500 with a stack trace.
    TracePage,
    NoCompression,
    NoCache,
    /// 429 with Retry-After from the n-th request on.
    RateLimited(usize),
    /// 429 without Retry-After from the n-th request on.
    RateLimitedSilently(usize),
    /// No RateLimit headers.
    NoRateLimit,
    /// `/openapi.json` describes the API, and the declared authentication is enforced.
    OpenApi,
    /// As above, and one operation forgets it.
    OpenApiForgotten,
    /// The root is data of whoever is signed in, and refuses all others.
    Account,
    /// The API asks nobody for credentials.
    NoAuth,
    /// JSON that is torn is answered with 500.
    BreaksOnTornJson,
    /// A path that is no UTF-8 is answered with 500.
    BreaksOnBytes,
    /// TRACE is answered with the request.
    TraceEcho,
    /// Every answer repeats Authorization and Cookie: in headers, a cookie, a redirect and the body, also encoded.
    EchoCredentials,

    // Manners of connections, all allowed: server.rs and answer.rs.
    /// Closes after each answer, without having said so.
    ClosesQuietly,
    /// Closes after each answer, and says so.
    ClosesEach,
    /// 103 (early hints) before each answer.
    EarlyHints,
    /// Bodies in chunks, without their length.
    Chunked,
    /// Wants a certificate of the client.
    AsksForCertificate,

    // Hostile: hostile.rs. They act on every path.
    /// They act on every path but the root, which is good.
    SparesRoot,
    /// Headers, then one byte of the body now and then, for ever.
    SlowBody,
    /// One byte of the headers now and then, for ever.
    SlowHeaders,
    EndlessBody,
    /// 64 MiB of zeros in 64 KiB.
    GzipBomb,
    /// 100,000 headers.
    ManyHeaders,
    /// One header of 1 MiB.
    LongHeader,
    /// Promises 10,000 bytes and closes after ten.
    ClosesMidResponse,
    /// Closes when the request was read.
    ClosesBeforeResponse,
    /// Answers with bytes that are not HTTP.
    NotHttp,

    // Accounts: answer.rs.
    /// To this Authorization this path answers this status and JSON; to anybody else 401, unless another such mode says otherwise.
    As(&'static str, &'static str, u16, &'static str),
    /// A POST to this path ends all sessions: whatever `As` lets in is refused from then on.
    SignsOut(&'static str),
    /// A POST to this path answers 204, and nothing ends.
    SignsOutInVain(&'static str),
    /// A POST of JSON to this path is refused as a wrong password, from the n-th on as too many.
    Login(&'static str, usize),
    /// The same for forms; JSON is answered 415.
    LoginForm(&'static str, usize),

    // Amounts: server.rs and edge.rs.
    /// Bodies of any length are read.
    LargeBodies,
    /// `/events` is a stream; so many of them may be open.
    Streams(usize),
    /// The n-th request for this path is answered so many milliseconds later.
    Slow(&'static str, usize, u64),
}

/// Protocol versions as on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    Ssl3 = 0x0300,
    Tls10 = 0x0301,
    Tls11 = 0x0302,
    Tls12 = 0x0303,
}

/// Classes of cipher suites; the scripted server picks one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Anonymous = 0x0034,
    Null = 0x0002,
    Export = 0x0003,
    Des = 0x0009,
    Rc4 = 0x0005,
    TripleDes = 0x000a,
    StaticRsa = 0x009c,
    Cbc = 0xc013,
    Dhe = 0x009e,
}

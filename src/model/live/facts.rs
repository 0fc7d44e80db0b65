//! Every fact of the live side: its path, its type, and what it means.
//!
//! To add a fact, add a row; `*` stands for a name that the author of a rule writes (a header, a directive of a policy).

/// The type of a fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Bool,
    Int,
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    List,
    /// Rows with these fields.
    Rows(&'static [(&'static str, Kind)]),
}

/// A declared fact.
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    pub path: &'static str,
    pub kind: Kind,
    pub about: &'static str,
}

const fn fact(path: &'static str, kind: Kind, about: &'static str) -> Fact {
    Fact { path, kind, about }
}

/// Why a request got no answer.
pub const ERRORS: &[&str] =
    &["dns", "refused", "timeout", "reset", "tls", "certificate", "not-http", "not-tls", "too-large", "other"];

/// Fields of a cookie.
pub const COOKIE: &[(&str, Kind)] = &[
    ("name", Kind::Text),
    ("secure", Kind::Bool),
    ("http-only", Kind::Bool),
    ("same-site", Kind::Word(&["strict", "lax", "none", "missing", "invalid"])),
    ("prefix-ok", Kind::Bool),
    ("session-like", Kind::Bool),
    ("deletion", Kind::Bool),
    ("max-age", Kind::Int),
    // Seconds: Max-Age, else from Date to Expires.
    ("lifetime", Kind::Int),
];

/// How tokens are signed (RFC 7518, RFC 8037).
pub const ALGORITHMS: &[&str] = &[
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA", "none",
    "other",
];

/// What a path that should not answer everybody says to somebody.
pub const DOORS: &[&str] = &["open", "closed", "unclear"];

/// Facts of one answer.
pub const OF_CAPTURE: &[Fact] = &[
    fact(
        "error",
        Kind::Word(ERRORS),
        "why there is no answer; absent when there is one, also a redirect from plain HTTP, or to another origin, whose target gave none",
    ),
    fact("status", Kind::Int, "status code of the last hop"),
    fact("header.*", Kind::List, "values of the header, one per line sent, trimmed"),
    fact("body", Kind::Text, "decoded body, at most 256 KiB, invalid UTF-8 replaced"),
    fact("length", Kind::Int, "bytes of the decoded body that were read"),
    fact("json.*", Kind::Text, "scalar of a JSON body by dotted keys, e.g. `json.status`; booleans and numbers as text"),
    fact("html", Kind::Bool, "the content type is HTML"),
    fact("is-json", Kind::Bool, "the content type is JSON and the body parses"),
    fact("ms", Kind::Int, "milliseconds until the first byte; the median if sent several times"),
    fact(
        "found",
        Kind::Bool,
        "2xx, no page where a file is asked for, and not the server's answer for things that do not exist; needs `calibrate`",
    ),
    fact("content-encoding", Kind::Text, "gzip, br, deflate, zstd or another word; absent for identity"),
    fact("path", Kind::Text, "the path that answered, of several candidates"),
    fact("redirects.count", Kind::Int, "redirects followed or refused"),
    fact("redirects.final", Kind::Text, "URL of the last hop, or of the redirect that was not followed"),
    fact("redirects.first-status", Kind::Int, "status of the first redirect"),
    fact("redirects.first-location", Kind::Text, "where the first redirect leads, absolute"),
    fact("redirects.downgrade", Kind::Bool, "a hop leads from https to http"),
    fact("redirects.loop", Kind::Bool, "the chain returns to a URL of its own and sets no cookie on the way"),
    fact("redirects.offhost", Kind::Word(&["none", "first", "later"]), "which hop leaves the host"),
    fact("redirects.login", Kind::Bool, "a hop leads to a page for signing in"),
    fact("hsts.valid", Kind::Bool, "sent once and well-formed; absent when not sent"),
    fact("hsts.max-age", Kind::Int, "seconds"),
    fact("hsts.include-subdomains", Kind::Bool, ""),
    fact("hsts.preload", Kind::Bool, ""),
    fact("csp.enforced", Kind::Bool, "a policy is enforced, by header or meta element"),
    fact("csp.report-only", Kind::Bool, "a policy is reported only"),
    fact(
        "csp.directive.*",
        Kind::List,
        "effective sources of a directive, with the fallback of fetch directives and without those that browsers ignore; of several policies the strictest",
    ),
    fact(
        "csp.unsafe-inline",
        Kind::Bool,
        "inline scripts are allowed: by 'unsafe-inline' that no nonce, hash or 'strict-dynamic' disables, or as no policy is about scripts",
    ),
    fact("csp.unsafe-eval", Kind::Bool, "scripts: 'unsafe-eval' is allowed"),
    fact("csp.frame-ancestors", Kind::List, "of headers only: browsers ignore it in a meta element"),
    fact("cookies", Kind::Rows(COOKIE), "each Set-Cookie of every hop"),
    fact("cors.allow-origin", Kind::Text, "Access-Control-Allow-Origin"),
    fact("cors.echoed", Kind::Bool, "it is the origin that the request sent"),
    fact("cors.credentials", Kind::Bool, "Access-Control-Allow-Credentials is true"),
    fact("cors.methods", Kind::List, "Access-Control-Allow-Methods, upper case"),
    fact("cors.headers", Kind::List, "Access-Control-Allow-Headers, lower case"),
    fact("cors.vary-origin", Kind::Bool, "Vary names Origin or is *"),
    fact("cors.max-age", Kind::Int, "seconds"),
    fact("cache.no-store", Kind::Bool, ""),
    fact("cache.private", Kind::Bool, ""),
    fact("cache.public", Kind::Bool, ""),
    fact("cache.no-cache", Kind::Bool, ""),
    fact("cache.immutable", Kind::Bool, ""),
    fact("cache.max-age", Kind::Int, "seconds"),
    fact("rate-limit", Kind::Bool, "a RateLimit header of any form, or Retry-After, was sent"),
    fact("trace", Kind::Bool, "the body shows a stack trace: a frame line and an exception"),
    fact("version-banner", Kind::List, "Server, X-Powered-By and their like that name a version"),
    fact("mixed", Kind::List, "sub-resources of an https page by http"),
    fact("unpinned-scripts", Kind::List, "scripts of other sites without integrity"),
    fact("secret-like", Kind::List, "names of token formats seen in the body; never a value"),
    fact("links.credential", Kind::List, "names of query parameters like token or password in links and redirects"),
    fact("env-keys", Kind::List, "names assigned in a body that reads as an environment file"),
    fact("burst.sent", Kind::Int, "requests sent, of `times`"),
    fact("burst.first-limited", Kind::Int, "1-based number of the first 429 or 503"),
    fact("burst.retry-after", Kind::Bool, "it told when to come back"),
    fact("burst.p95", Kind::Int, "milliseconds until the first byte that 95 % of the answers kept; of fewer than 20 the slowest"),
    fact("burst.errors", Kind::Int, "answers of 5xx but 503"),
];

/// Facts of the run.
pub const OF_RUN: &[Fact] = &[
    fact("target.scheme", Kind::Word(&["http", "https"]), "of the URL under audit"),
    fact("target.kind", Kind::Word(&["html", "json", "login", "auth-wall", "other"]), "what its root answers"),
    fact("target.private", Kind::Bool, "a loopback, private or local address, without --as-public"),
    fact("target.ip", Kind::Bool, "an IP literal instead of a name"),
    fact("target.plain", Kind::Bool, "a plain HTTP twin is known"),
    fact("target.auth", Kind::Bool, "credentials were given"),
    fact("target.limited", Kind::Bool, "outside bursts a request was answered 429, after others had been answered"),
    fact("target.cdn", Kind::Text, "the CDN that answers, if its headers name it"),
    fact("tls.accepted", Kind::List, "protocol versions the server accepted: ssl3, tls1.0, tls1.1, tls1.2, tls1.3"),
    fact("tls.inconclusive", Kind::List, "versions, and classes of suites, whose test gave no clear answer"),
    fact("tls.weak", Kind::List, "weak classes accepted: anonymous, null, export, des, rc4, 3des"),
    fact("tls.legacy", Kind::List, "outdated classes accepted: cbc-only, static-rsa, dhe"),
    fact("tls.version", Kind::Text, "negotiated by a current client"),
    fact("tls.suite", Kind::Text, "negotiated by a current client"),
    fact("tls.alpn", Kind::Text, "negotiated application protocol"),
    fact("tls.forward-secrecy", Kind::Bool, "the negotiated suite has it"),
    fact("tls.error", Kind::Word(ERRORS), "why no handshake came about"),
    fact("certificate.trusted", Kind::Bool, "a path to a trusted root exists, at a time when the leaf is valid"),
    fact("certificate.name-matches", Kind::Bool, "it is for the host under audit"),
    fact("certificate.expired", Kind::Bool, ""),
    fact("certificate.not-yet-valid", Kind::Bool, ""),
    fact("certificate.days-left", Kind::Int, "negative when expired"),
    fact("certificate.lifetime-days", Kind::Int, ""),
    fact("certificate.expires-soon", Kind::Bool, "fewer days left than 14 and than a quarter of its lifetime, whichever is less"),
    fact("certificate.self-signed", Kind::Bool, ""),
    fact("certificate.chain-complete", Kind::Bool, "the server sends the intermediates that the path needs"),
    fact("certificate.key", Kind::Word(&["rsa", "ec", "ed25519", "other"]), ""),
    fact("certificate.key-bits", Kind::Int, ""),
    fact("certificate.weak-key", Kind::Bool, "RSA below 2048 or an elliptic curve below 256 bits"),
    fact("certificate.weak-signature", Kind::Bool, "MD5 or SHA-1 below the root"),
    fact("certificate.issuer", Kind::Text, ""),
    fact("openapi.found", Kind::Text, "where the description was found"),
    fact("openapi.operations", Kind::Int, "GET operations"),
    fact("openapi.declared", Kind::Int, "GET operations that declare a security scheme and were called"),
    fact("openapi.protected", Kind::Int, "of these, refused without credentials"),
    fact("openapi.open", Kind::Int, "of these, answered without credentials"),
    fact("openapi.open-list", Kind::List, "their paths"),
    fact("openapi.inconclusive", Kind::Int, "of these, without a clear answer"),
    fact("openapi.private-looking", Kind::List, "undeclared operations with private names that answered 2xx with data"),
    fact("openapi.server-errors", Kind::List, "operations that answered 5xx"),
    fact("protected.asked", Kind::Int, "paths given with --protected"),
    fact("protected.open", Kind::List, "of these, those that answered 2xx without credentials"),
    fact("protected.closed", Kind::Int, "of these, those that refused"),
    fact(
        "credential.kind",
        Kind::Word(&["jwt", "several", "opaque", "none"]),
        "of what --auth-env, --cookie and --header give: one signed token, several, none but something else, or nothing",
    ),
    fact(
        "credential.proof",
        Kind::Word(&["accepted", "refused", "open", "unclear", "withheld"]),
        "what a path of --protected says of the token: taken, refused, not needed, no clear answer, or not sent for want of trust in the server; absent without such a path",
    ),
    fact("credential.path", Kind::Text, "that path"),
    fact("credential.doubt", Kind::Text, "why the token says nothing about the endpoint; absent where it is shown to be taken"),
    fact("credential.algorithm", Kind::Word(ALGORITHMS), "how the token is signed"),
    fact("credential.expires", Kind::Bool, "the token says when it ends"),
    fact("credential.lifetime", Kind::Int, "seconds from its issue to its end"),
    fact("credential.remaining", Kind::Int, "seconds from now to its end; negative when that has passed"),
    fact("credential.weak-secret", Kind::Bool, "a well-known secret signed it; absent unless it is signed with a secret"),
    fact("owned.unsent", Kind::Text, "why no object of another account was asked for"),
    fact("owned.asked", Kind::Int, "objects of another account, given with --owned, that were asked for"),
    fact("owned.closed", Kind::Int, "of these, refused to the user with 403 or 404, and given to their owner"),
    fact("owned.shared", Kind::List, "of these, those that the user got as their owner does"),
    fact("owned.unclear", Kind::Int, "of these, without a clear answer: not there, or for everybody"),
    fact("login.unsent", Kind::Text, "why no wrong password was tried"),
    fact("login.path", Kind::Text, "where wrong passwords of a user that does not exist were tried, given with --login"),
    fact("login.sent", Kind::Int, "how many were tried"),
    fact("login.status", Kind::Int, "status code of the last answer"),
    fact("login.refused", Kind::Int, "of these, refused as wrong before one was refused as one too many"),
    fact(
        "login.limited",
        Kind::Int,
        "1-based number of the one that was one too many: 423, 429, 403 after others, Retry-After, or words",
    ),
    fact("login.slowed", Kind::Bool, "the last answers took three times as long as the first, and more than a second"),
    fact("logout.unsent", Kind::Text, "why no session was ended"),
    fact("logout.path", Kind::Text, "where the session was ended, given with --logout"),
    fact("logout.protected", Kind::Text, "the path of --protected that shows whether the session lives"),
    fact("logout.nobody", Kind::Word(DOORS), "what that path says to nobody"),
    fact("logout.before", Kind::Word(DOORS), "what it says to the user before; absent if nobody is not refused"),
    fact("logout.status", Kind::Int, "status code of signing out; absent if the path did not answer the user before"),
    fact("logout.done", Kind::Bool, "that status says that it was done, and it is no page for everything"),
    fact("logout.after", Kind::Word(DOORS), "what the path says to the user afterwards"),
    fact("upload.unsent", Kind::Text, "why no body that is too large was announced"),
    fact("upload.path", Kind::Text, "where it was"),
    fact(
        "upload.named",
        Kind::Bool,
        "the user named the path (--login); else it does not exist, and the size was only announced",
    ),
    fact("upload.size", Kind::Int, "bytes announced"),
    fact("upload.taken", Kind::Int, "bytes that the server let go out before it answered or closed"),
    fact("upload.whole", Kind::Bool, "these are all"),
    fact("upload.closed", Kind::Bool, "the server closed the connection before"),
    fact("upload.status", Kind::Int, "status code of the answer; absent if none came"),
    fact("stream.unsent", Kind::Text, "why no stream was opened"),
    fact("stream.path", Kind::Text, "the stream, given with --stream"),
    fact("stream.status", Kind::Int, "status code of the first"),
    fact(
        "stream.is-stream",
        Kind::Bool,
        "the first is a stream of events, open to everybody; only then the others are asked for",
    ),
    fact("stream.sent", Kind::Int, "streams asked for, at once and without credentials"),
    fact("stream.open", Kind::Int, "of these, open until the time was over"),
    fact("stream.refused", Kind::Int, "of these, refused with 429 or 503"),
    fact("stream.closed", Kind::Int, "of these, ended by the server, or not let in"),
];

/// The type of `path`: of an answer (`of_run` false) or of the run.
pub fn kind(path: &str, of_run: bool) -> Option<Kind> {
    let table = if of_run { OF_RUN } else { OF_CAPTURE };
    table
        .iter()
        .find(|fact| match fact.path.strip_suffix('*') {
            Some(prefix) => path.len() > prefix.len() && path.starts_with(prefix),
            None => fact.path == path,
        })
        .map(|fact| fact.kind)
}

/// Is `path` a fact of the run: does its first part name a group of those?
pub fn of_run(path: &str) -> bool {
    let group = path.split('.').next().unwrap_or(path);
    OF_RUN.iter().any(|fact| fact.path.split('.').next() == Some(group))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_types() {
        assert_eq!(kind("header.x-frame-options", false), Some(Kind::List));
        assert_eq!(kind("header.", false), None);
        assert_eq!(kind("hsts.max-age", false), Some(Kind::Int));
        assert_eq!(kind("hsts.max_age", false), None);
        assert!(of_run("tls.accepted") && !of_run("status"));
    }
}

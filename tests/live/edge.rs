//! What stands in front of a good site: an edge with a cache and a filter, a limit of requests, and what is believed of headers that
//! proxies write.

use super::answer::Answer;
use super::fixture::{Port, Received, Shared};
use super::mode::Mode;
use super::server::LARGE;

/// The answer to what does not reach the application.
pub fn refused(request: &Received, shared: &Shared) -> Option<Answer> {
    if limited(request, shared) {
        let mut answer = Answer::json(429, r#"{"error":"too many requests"}"#);
        if !shared.modes.iter().any(|mode| matches!(mode, Mode::LimitSilent(_))) {
            answer.add("Retry-After", "1");
        }
        return Some(answer);
    }
    let has = |mode| shared.has(mode);
    if request.length() > LARGE && !has(Mode::LargeBodies) {
        return Some(Answer::html(413, "<h1>Too large</h1>"));
    }
    let query = request.path.split_once('?').map_or("", |(_, query)| query);
    if !has(Mode::NoEdge) && !has(Mode::NoFilter) && ["%3Cscript", "/etc/passwd"].iter().any(|attack| query.contains(attack)) {
        return Some(Answer::html(403, "<h1>Refused</h1>"));
    }
    if let Some(host) = request.header("x-forwarded-host") {
        if has(Mode::ForwardedHostInLink) {
            return Some(Answer::html(404, format!("<!doctype html><a href=\"https://{host}/\">Home</a>")));
        }
        if has(Mode::ForwardedHostInJson) {
            return Some(Answer::json(404, &format!("{{\"self\":\"https://{host}/\"}}")));
        }
        if !has(Mode::IgnoresForwardedHost) {
            return Some(Answer::html(421, "<h1>Misdirected</h1>"));
        }
    }
    if has(Mode::ForwardedProtoRedirect) && request.header("x-forwarded-proto") == Some("http") {
        let mut answer = Answer::html(301, "");
        answer.add("Location", &format!("{}{}", shared.url(Port::Https), request.path));
        return Some(answer);
    }
    None
}

/// Has this client asked for the root as often as it may? The request itself is recorded already.
fn limited(request: &Received, shared: &Shared) -> bool {
    let limit = shared.modes.iter().find_map(|mode| match *mode {
        Mode::Limit(most) | Mode::LimitSilent(most) => Some((most, false)),
        Mode::LimitByForwarded(most) => Some((most, true)),
        _ => None,
    });
    let Some((most, believes)) = limit else { return false };
    let client = |own: &Received| own.header("x-forwarded-for").filter(|_| believes).map(str::to_owned);
    let counts = |own: &Received| own.method == "GET" && own.path == "/" && own.port == Port::Https;
    counts(request) && shared.count(|own| counts(own) && client(own) == client(request)) >= most
}

/// The headers of the edge, and the id of the request.
pub fn decorate(answer: &mut Answer, request: &Received, shared: &Shared) {
    if !shared.has(Mode::NoRequestId) {
        answer.add("X-Request-Id", "5e0c7d2a9b314f68");
    }
    if shared.has(Mode::NoEdge) {
        return;
    }
    answer.add("Server", "cloudflare");
    answer.add("CF-RAY", "8d41f0c2ab3e91d7-FRA");
    if request.path == "/favicon.ico" && answer.status == 200 {
        answer.add("CF-Cache-Status", "HIT");
        answer.add("Cache-Control", "public, max-age=86400");
    }
}

//! The credential of the user: which headers it is, what a token shows by itself, and whether the endpoint really takes it.
//!
//! A token is read and its signature tried here, on this machine; neither it nor a secret that fits leaves this file. A further
//! well-known secret is a line in `weak.txt`.

use serde_json::Value as Json;

use super::ask::{Who, is_credential};
use super::pace::Purpose;
use super::perform::{Run, rooted};
use super::settings::Settings;
use super::surface::{Door, door};
use super::{roots, scrub};
use crate::model::live::facts::ALGORITHMS;
use crate::model::live::{Facts, Value};

/// Secrets of documentations, examples and habit, one on each line.
const WEAK: &str = include_str!("weak.txt");
/// Longer texts are no tokens.
const LONGEST: usize = 16 * 1024;
/// Paths of `--protected` that are tried until one shows that the token is taken.
pub(super) const TRIED: usize = 3;

/// The headers that carry the credentials of somebody.
pub(super) fn of(settings: &Settings, who: Who) -> Vec<(String, String)> {
    let header = |name: &str, value: &Option<String>| value.as_ref().map(|value| (name.to_owned(), value.clone()));
    let user = || {
        let named = settings.headers.iter().filter(|(name, _)| is_credential(name)).cloned();
        header("Authorization", &settings.auth).into_iter().chain(header("Cookie", &settings.cookie)).chain(named)
    };
    match who {
        Who::Nobody => Vec::new(),
        Who::User => user().collect(),
        Who::Other => header("Authorization", &settings.other_auth).into_iter().collect(),
        Who::WithoutToken => {
            let tokens = tokens(settings);
            user().filter_map(|(name, value)| Some((name.clone(), without(&name, value, &tokens)?))).collect()
        }
    }
}

/// The value of a header without tokens; of cookies the others stay.
fn without(name: &str, value: String, tokens: &[String]) -> Option<String> {
    let holds = |text: &str| tokens.iter().any(|token| text.contains(token.as_str()));
    if !holds(&value) {
        return Some(value);
    }
    let rest: Vec<&str> = value.split(';').map(str::trim).filter(|pair| !holds(pair)).collect();
    (name.eq_ignore_ascii_case("cookie") && !rest.is_empty()).then(|| rest.join("; "))
}

/// The tokens among the credentials of the user, each once.
fn tokens(settings: &Settings) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    for (_, value) in of(settings, Who::User) {
        for part in value.split([' ', ';', ',', '=', '"']).filter(|part| Token::read(part).is_some()) {
            if !tokens.iter().any(|own| own == part) {
                tokens.push(part.to_owned());
            }
        }
    }
    tokens
}

/// Is there one token to judge?
pub(super) fn is_judged(settings: &Settings) -> bool {
    tokens(settings).len() == 1
}

/// A signed token (RFC 7519).
struct Token<'a> {
    /// Header and claims as they were signed.
    signed: &'a str,
    signature: Vec<u8>,
    algorithm: &'static str,
    issued: Option<i64>,
    expires: Option<i64>,
}

impl<'a> Token<'a> {
    fn read(text: &'a str) -> Option<Token<'a>> {
        if text.len() > LONGEST {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let object = |part: &str| -> Option<Json> { serde_json::from_slice(&scrub::decode(part)?).ok().filter(Json::is_object) };
        let (header, claims) = (object(header)?, object(claims)?);
        let named = header.get("alg")?.as_str()?;
        let algorithm = ALGORITHMS.iter().find(|own| own.eq_ignore_ascii_case(named)).copied().unwrap_or("other");
        let time = |name: &str| seconds(claims.get(name)?);
        Some(Token { signed, signature: scrub::decode(signature)?, algorithm, issued: time("iat"), expires: time("exp") })
    }

    /// Was it signed with a secret that everybody knows? `None`: it was not signed with a secret.
    fn is_weak(&self) -> Option<bool> {
        let bits = match self.algorithm {
            "HS256" => 256,
            "HS384" => 384,
            "HS512" => 512,
            _ => return None,
        };
        let fits = |secret: &[u8]| roots::signs(bits, secret, self.signed.as_bytes(), &self.signature);
        // Some libraries take a secret for base64.
        let is = |secret: &str| fits(secret.as_bytes()) || scrub::decode(secret).is_some_and(|bytes| fits(&bytes));
        Some(fits(b"") || WEAK.lines().any(is))
    }
}

/// A point in time of a claim; some libraries write numbers as text.
fn seconds(claim: &Json) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second, and what no date reaches")]
    let whole = |number: f64| number as i64;
    claim.as_i64().or_else(|| claim.as_f64().map(whole)).or_else(|| claim.as_str()?.trim().parse().ok())
}

/// What the credential shows by itself; nothing is sent. `now` in seconds since 1970.
fn facts(settings: &Settings, now: i64) -> Facts {
    let mut facts = Facts::new();
    let mut put = |name: &str, value: Value| drop(facts.insert(format!("credential.{name}"), value));
    let tokens = tokens(settings);
    let kind = match tokens.len() {
        0 if settings.has_credentials() => "opaque",
        0 => "none",
        1 => "jwt",
        _ => "several",
    };
    put("kind", Value::Text(kind.to_owned()));
    if let [token] = tokens.as_slice()
        && let Some(token) = Token::read(token)
    {
        put("algorithm", Value::Text(token.algorithm.to_owned()));
        put("expires", Value::Bool(token.expires.is_some()));
        if let Some(expires) = token.expires {
            put("remaining", Value::Int(expires.saturating_sub(now)));
            if let Some(issued) = token.issued.filter(|issued| *issued <= expires) {
                put("lifetime", Value::Int(expires.saturating_sub(issued)));
            }
        }
        if let Some(weak) = token.is_weak() {
            put("weak-secret", Value::Bool(weak));
        }
    }
    facts
}

/// Adds `credential.*`.
pub(super) async fn explore(run: &Run, now: i64, facts: &mut Facts) {
    facts.extend(self::facts(&run.asker.settings, now));
    let word = |facts: &Facts, name: &str| match facts.get(name) {
        Some(Value::Text(word)) => word.clone(),
        _ => String::new(),
    };
    let kind = word(facts, "credential.kind");
    if kind == "jwt" {
        prove(run, facts).await;
    }
    if let Some(doubt) = doubt(&kind, &word(facts, "credential.proof"), &word(facts, "credential.path")) {
        facts.insert("credential.doubt".to_owned(), Value::Text(doubt));
    }
}

/// Why the token says nothing about the endpoint.
fn doubt(kind: &str, proof: &str, path: &str) -> Option<String> {
    Some(match (kind, proof) {
        ("none", _) => "no token was given: name the variable that holds one with --auth-env NAME".to_owned(),
        ("opaque", _) => "the credential is no signed token: nothing can be read from it".to_owned(),
        ("several", _) => "several tokens were given, and which of them the endpoint takes is not known".to_owned(),
        (_, "accepted") => return None,
        (_, "refused") => format!("the endpoint does not take the token: {path} refuses with it, too"),
        (_, "open") => format!("whether the endpoint takes the token is not known: {path} answers without it, too"),
        (_, "unclear") => format!("whether the endpoint takes the token is not known: {path} gives no clear answer"),
        (_, "withheld") => "the token was not sent: the certificate of the server is not trusted, or there is none".to_owned(),
        _ => "whether the endpoint takes the token is not known: name a path that needs it with --protected PATH".to_owned(),
    })
}

/// Does the endpoint take the token? A path that must refuse anonymous calls is asked with all credentials, and with all but the
/// token.
async fn prove(run: &Run, facts: &mut Facts) {
    let mut best: Option<(u8, &str, String)> = None;
    for path in run.asker.settings.protected.iter().take(TRIED) {
        let path = rooted(path);
        let (rank, word) = taken(run, &path).await;
        if best.as_ref().is_none_or(|(least, ..)| rank > *least) {
            best = Some((rank, word, path));
        }
        if rank == 4 {
            break;
        }
    }
    if let Some((_, word, path)) = best {
        facts.insert("credential.proof".to_owned(), Value::Text(word.to_owned()));
        facts.insert("credential.path".to_owned(), Value::Text(run.path(&path)));
    }
}

/// What a path says about the token, and how much that tells.
async fn taken(run: &Run, path: &str) -> (u8, &'static str) {
    if !run.asker.may_sign_in() {
        return (0, "withheld");
    }
    match door(run, path, Who::WithoutToken, Purpose::Check).await {
        Some((Door::Closed, _)) => {}
        Some((Door::Open, _)) => return (2, "open"),
        _ => return (1, "unclear"),
    }
    match door(run, path, Who::User, Purpose::Check).await {
        Some((Door::Open, _)) => (4, "accepted"),
        Some((Door::Closed, _)) => (3, "refused"),
        _ => (1, "unclear"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token that this secret signs.
    fn token(algorithm: &str, claims: &str, secret: &[u8]) -> String {
        let url = |bytes: &[u8]| scrub::encode(bytes).trim_end_matches('=').replace('+', "-").replace('/', "_");
        let header = format!("{{\"typ\":\"JWT\",\"alg\":\"{algorithm}\"}}");
        let signed = format!("{}.{}", url(header.as_bytes()), url(claims.as_bytes()));
        let hash = match algorithm {
            "HS384" => ring::hmac::HMAC_SHA384,
            "HS512" => ring::hmac::HMAC_SHA512,
            _ => ring::hmac::HMAC_SHA256,
        };
        let tag = ring::hmac::sign(&ring::hmac::Key::new(hash, secret), signed.as_bytes());
        format!("{signed}.{}", url(tag.as_ref()))
    }

    fn of_auth(value: &str) -> Facts {
        facts(&Settings { auth: Some(value.to_owned()), ..Settings::default() }, 1_000)
    }

    fn text(facts: &Facts, name: &str) -> String {
        match facts.get(&format!("credential.{name}")) {
            None => "-".to_owned(),
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Int(number)) => number.to_string(),
            Some(Value::Bool(flag)) => flag.to_string(),
            Some(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn claims_are_read() {
        let rows = [
            (r#"{"iat":100,"exp":1000}"#, ["true", "900", "0"]),
            (r#"{"iat":100.7,"exp":"1900"}"#, ["true", "1800", "900"]),
            (r#"{"exp":1700}"#, ["true", "-", "700"]),
            (r#"{"iat":5000,"exp":1700}"#, ["true", "-", "700"]),
            (r#"{"iat":100}"#, ["false", "-", "-"]),
            (r#"{"exp":null}"#, ["false", "-", "-"]),
            (r#"{"iat":-9223372036854775807,"exp":9223372036854775807}"#, ["true", "9223372036854775807", "9223372036854774807"]),
        ];
        for (claims, expected) in rows {
            let facts = of_auth(&format!("Bearer {}", token("HS256", claims, b"x9")));
            assert_eq!(["expires", "lifetime", "remaining"].map(|name| text(&facts, name)), expected, "{claims}");
        }
    }

    #[test]
    fn well_known_secrets_are_found_with_every_length_of_the_hash() {
        for algorithm in ["HS256", "HS384", "HS512"] {
            let weak = |secret: &[u8]| text(&of_auth(&token(algorithm, "{}", secret)), "weak-secret");
            assert_eq!(weak(b"secret"), "true", "{algorithm}");
            assert_eq!(weak(b""), "true", "{algorithm}");
            assert_eq!(weak(&scrub::decode("secretkey").unwrap()), "true", "{algorithm}");
            assert_eq!(weak(b"x9Qz-nobody-knows-this-one"), "false", "{algorithm}");
            assert_eq!(text(&of_auth(&token(algorithm, "{}", b"secret")), "algorithm"), algorithm);
        }
        assert!(WEAK.lines().all(|line| !line.is_empty() && line.trim() == line));
        for (alg, shown) in [("none", "none"), ("RS256", "RS256"), ("X", "other"), ("hs256", "HS256")] {
            let facts = of_auth(&token(alg, "{}", b"secret"));
            assert_eq!(text(&facts, "algorithm"), shown);
            assert_eq!(text(&facts, "weak-secret") != "-", shown == "HS256", "{alg}");
        }
    }

    #[test]
    fn what_is_no_single_token_is_not_judged() {
        let (one, other) = (token("HS256", "{}", b"1"), token("HS256", "{}", b"2"));
        assert_eq!(text(&facts(&Settings::default(), 0), "kind"), "none");
        for opaque in ["Bearer abc.def.ghi", "Basic YWJj", "a.b.c.d.e", "..", "Bearer ."] {
            let facts = of_auth(opaque);
            assert_eq!((text(&facts, "kind").as_str(), facts.len()), ("opaque", 1), "{opaque}");
        }
        let settings =
            |cookie: String| Settings { auth: Some(format!("Bearer {one}")), cookie: Some(cookie), ..Settings::default() };
        assert_eq!(text(&facts(&settings(format!("t={one}")), 0), "kind"), "jwt");
        let several = facts(&settings(format!("a=b; t={other}")), 0);
        assert_eq!((text(&several, "kind").as_str(), several.len()), ("several", 1));
    }

    #[test]
    fn without_the_token_the_other_credentials_stay() {
        let jwt = token("HS256", "{}", b"1");
        let settings = Settings {
            cookie: Some(format!("a=b; t={jwt}; c=d")),
            headers: vec![("X-Api-Key".to_owned(), "k".to_owned()), ("X-Team".to_owned(), "blue".to_owned())],
            other_auth: Some("Bearer other".to_owned()),
            ..Settings::default()
        };
        let shown = |who| of(&settings, who).into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>();
        assert_eq!(shown(Who::WithoutToken), ["Cookie=a=b; c=d", "X-Api-Key=k"]);
        assert_eq!(shown(Who::User), [format!("Cookie=a=b; t={jwt}; c=d"), "X-Api-Key=k".to_owned()]);
        assert_eq!(shown(Who::Other), ["Authorization=Bearer other"]);
        assert!(shown(Who::Nobody).is_empty());
        let alone = Settings { auth: Some(format!("Bearer {jwt}")), cookie: Some(format!("t={jwt}")), ..Settings::default() };
        assert!(of(&alone, Who::WithoutToken).is_empty());
    }
}

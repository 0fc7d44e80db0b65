//! One run: find the target, ask what the plan wants, and turn what came back into facts.
//!
//! The order: the URL under audit itself (nothing else is sent if that fails), the requests of checks by priority, the operations
//! of the API, what needs credentials, and bursts, because they use up what the server allows. Last of all the session is ended.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ask::{Ask, Asker, Chain, Who};
use super::facts::{self, Answer, Sent};
use super::failure::Failure;
use super::pace::Pace;
use super::perform::{Run, Variables, exchange};
use super::roots::Roots;
use super::settings::Settings;
use super::target::Target;
use super::tls;
use crate::model::live::{Base, Capture, Class, Exchanges, Facts, Hop, LivePlan, Method, RequestKey, Value};

/// What came back for one request of the plan, before it becomes facts.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Exchange {
    pub sent: Sent,
    pub hops: Vec<Answer>,
    pub log: Vec<Hop>,
}

/// A run as a recording holds it: everything but the facts of answers, which are derived.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Raw {
    pub url: String,
    pub facts: Facts,
    pub exchanges: Vec<(RequestKey, Result<Exchange, String>)>,
    pub dead: Option<String>,
    pub requests: u32,
    pub handshakes: u32,
    pub notes: Vec<String>,
}

impl Raw {
    /// The facts of every answer.
    pub fn exchanges(self) -> Exchanges {
        let mut out = Exchanges {
            url: self.url,
            facts: self.facts,
            dead: self.dead,
            requests: self.requests,
            handshakes: self.handshakes,
            notes: self.notes,
            ..Exchanges::default()
        };
        for (key, exchange) in self.exchanges {
            match exchange {
                Ok(Exchange { sent, hops, log }) => {
                    let facts = facts::derive(&key, &sent, &hops);
                    out.captures.push((key, Capture { facts, hops: log }));
                }
                Err(reason) => out.unsent.push((key, reason)),
            }
        }
        out
    }
}

/// Runs the plan. Never fails: what went wrong stands in the result.
pub(super) fn run(settings: &Settings, plan: &LivePlan) -> Raw {
    let mut raw = Raw { url: super::mask::url(&settings.url), ..Raw::default() };
    let mut target = match Target::parse(settings) {
        Ok(target) => target,
        Err(sentence) => return Raw { dead: Some(sentence), ..raw },
    };
    raw.url = super::mask::url(target.url.as_str());
    if let Err(failure) = target.resolve(settings) {
        raw.facts = of_target(settings, &target);
        return Raw { dead: Some(failure.dead(&target)), ..raw };
    }
    raw.facts = of_target(settings, &target);
    match session(settings, target, plan, &mut raw) {
        Ok(()) => raw,
        Err(sentence) => Raw { dead: Some(sentence), ..raw },
    }
}

fn session(settings: &Settings, target: Target, plan: &LivePlan, raw: &mut Raw) -> Result<(), String> {
    let deadline = Instant::now() + settings.timeout;
    let roots = Roots::load(settings.ca_file.as_deref())?;
    let variables = Variables::new(&target)?;
    let usual = if target.is_loopback() { Duration::ZERO } else { Duration::from_millis(200) };
    let pace = Pace::new(settings.budget, settings.pace.unwrap_or(usual), deadline);
    let asker = Asker::new(settings.clone(), target, &roots, pace, variables.random.clone())?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| format!("no runtime: {error}"))?;
    let done = runtime.block_on(work(asker, variables, &roots, plan, raw));
    // Connections that linger are not waited for.
    runtime.shutdown_background();
    done
}

/// The requests of one run, in their order.
async fn work(mut asker: Asker, variables: Variables, roots: &Roots, plan: &LivePlan, raw: &mut Raw) -> Result<(), String> {
    if asker.target.had_user {
        asker.note("user and password in the URL are not used: give them by --auth-env".to_owned());
    }
    if asker.target.is_https() {
        asker.note(format!("certificates are judged by {}", roots.used()));
    }
    let root_key = root_key(plan);
    let first = first(&mut asker, &root_key, &variables, roots).await;
    let dead = match &first {
        Ok(chain) => chain.failure.as_ref().filter(|_| chain.hops.is_empty() && asker.blocked.is_none()),
        Err(_) => None,
    };
    let dead = dead.map(|failure| failure.dead(&asker.target)).or_else(|| wrong_scheme(&asker.target, first.as_ref().ok()?));
    raw.url = asker.shown(&raw.url);
    if let Some(sentence) = dead {
        raw.requests = asker.pace.sent();
        raw.notes = asker.notes();
        return Err(asker.shown(&sentence));
    }
    of_root(&first, &mut raw.facts);
    let leads = first.as_ref().ok().and_then(Chain::answer).and_then(facts::target);
    if let Some(to) = leads.filter(|to| to.origin() != asker.target.url.origin()) {
        let to = super::mask::url(to.as_str());
        asker.note(format!("{} leads to {to}, which is not under audit: give it as --url to have it judged", raw.url));
    }
    handshakes(&asker, roots, plan, raw).await;
    let run = Arc::new(Run::new(asker, variables));
    let mut done = requests(&run, plan, &root_key, first).await;
    explore(&run, roots, plan, &mut done, &mut raw.facts).await;
    let missing = || Err("it was not reached".to_owned());
    raw.exchanges =
        plan.requests.iter().enumerate().map(|(at, key)| (key.clone(), done.remove(&at).unwrap_or_else(missing))).collect();
    raw.requests = run.asker.pace.sent();
    raw.facts.insert("target.limited".to_owned(), Value::Bool(run.asker.pace.limited()));
    if run.asker.pace.throttled() {
        run.asker.note("the server limited requests (429, 503 or Retry-After): they were sent more slowly".to_owned());
    }
    if let Some(Value::Text(name)) = raw.facts.get("target.cdn") {
        run.asker.note(format!("{name} answers in front of the server: verdicts about TLS and headers describe it"));
    }
    raw.notes = run.asker.notes();
    Ok(())
}

/// What is no single request, in the order in which the one spares the other; the session ends last.
async fn explore(
    run: &Run,
    roots: &Roots,
    plan: &LivePlan,
    done: &mut BTreeMap<usize, Result<Exchange, String>>,
    facts: &mut Facts,
) {
    let asks = |group: &str| plan.groups.contains(group);
    super::surface::explore(run, plan, facts).await;
    if asks("credential") {
        super::credential::explore(run, now(), facts).await;
    }
    if asks("owned") {
        super::owned::explore(run, facts).await;
    }
    if asks("upload") {
        super::upload::explore(run, roots, facts).await;
    }
    if asks("stream") {
        super::streams::explore(run, roots, facts).await;
    }
    for (at, key) in plan.requests.iter().enumerate().filter(|(_, key)| key.times > 1) {
        done.insert(at, run.burst(key).await);
    }
    if asks("login") {
        super::signin::login(run, facts).await;
    }
    if asks("logout") {
        super::signin::logout(run, facts).await;
    }
}

/// What TLS shows, if rules ask for it. It waits by itself, so it runs aside.
async fn handshakes(asker: &Asker, roots: &Roots, plan: &LivePlan, raw: &mut Raw) {
    if !asker.target.is_https() || !plan.groups.iter().any(|group| group == "tls" || group == "certificate") {
        return;
    }
    let host = asker.target.url.host_str().unwrap_or("").trim_start_matches('[').trim_end_matches(']').to_owned();
    let endpoint = tls::Endpoint { host, addresses: asker.target.addresses.clone() };
    // A server that lets every hello wait must leave time for requests.
    let deadline = asker.pace.deadline().min(Instant::now() + asker.settings.timeout / 3);
    let roots = roots.clone();
    let mut budget = tls::Handshakes { each: asker.settings.limits.connect, ..tls::Handshakes::default() };
    let aside = tokio::task::spawn_blocking(move || (tls::inspect(&endpoint, &roots, now(), deadline, &mut budget), budget.used));
    if let Ok((inspection, used)) = aside.await {
        raw.facts.extend(inspection.facts);
        raw.handshakes = used;
        inspection.notes.into_iter().for_each(|note| asker.note(note));
    }
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().and_then(|since| i64::try_from(since.as_secs()).ok()).unwrap_or_default()
}

/// Asks for the URL under audit. With a certificate that is not trusted, or no common TLS, no other HTTPS request is sent.
async fn first(asker: &mut Asker, key: &RequestKey, variables: &Variables, roots: &Roots) -> Result<Chain, String> {
    let ask = Ask { follow: key.follow, who: Who::of(key.auth), ..Ask::get(variables.url(&asker.target, Base::Target, "")?) };
    let mut chain = asker.ask(&ask).await?;
    let word = chain.failure.as_ref().filter(|_| asker.target.is_https()).map(|failure| failure.word);
    if word == Some("certificate") && asker.settings.insecure {
        asker.trust_any(roots)?;
        asker.note("the certificate is not trusted: requests were sent nevertheless, without credentials".to_owned());
        chain = asker.ask(&ask).await?;
    } else if matches!(word, Some("certificate" | "tls")) {
        let failure = chain.failure.clone();
        let cause = failure.as_ref().map_or("", |failure| failure.cause.as_str());
        asker.note(format!("no HTTPS request could be judged: {cause}"));
        asker.blocked = failure;
    }
    Ok(chain)
}

/// The requests of the plan that are sent once, two at a time.
async fn requests(
    run: &Arc<Run>,
    plan: &LivePlan,
    root_key: &RequestKey,
    first: Result<Chain, String>,
) -> BTreeMap<usize, Result<Exchange, String>> {
    let mut done = BTreeMap::new();
    let mut tasks = tokio::task::JoinSet::new();
    for (at, key) in plan.requests.iter().enumerate().filter(|(_, key)| key.times <= 1) {
        if key == root_key {
            let exchange = first.clone().map(|chain| exchange(run.path(""), Vec::new(), chain));
            done.insert(at, exchange.and_then(not_limited));
            continue;
        }
        let (run, key, low) = (run.clone(), key.clone(), at >= plan.requests.len().div_ceil(2));
        tasks.spawn(async move { (at, run.perform(&key, low).await.and_then(not_limited)) });
    }
    while let Some(joined) = tasks.join_next().await {
        if let Ok((at, exchange)) = joined {
            done.insert(at, exchange);
        }
    }
    done
}

/// An answer of "too many requests" says nothing about what was asked.
fn not_limited(exchange: Exchange) -> Result<Exchange, String> {
    match exchange.hops.last() {
        Some(answer) if answer.status == 429 => Err("throttled: the server answered 429 (too many requests)".to_owned()),
        _ => Ok(exchange),
    }
}

/// The request of the plan that asks for the URL under audit itself, or one like it.
fn root_key(plan: &LivePlan) -> RequestKey {
    let root = |key: &&RequestKey| {
        key.base == Base::Target
            && key.method == Method::Get
            && key.paths.iter().all(String::is_empty)
            && key.headers.is_empty()
            && key.calibrate.is_none()
            && key.times <= 1
            && key.class == Class::Passive
    };
    let found = plan.requests.iter().filter(root).max_by_key(|key| key.follow).cloned();
    found.unwrap_or_else(|| RequestKey { follow: true, ..RequestKey::get("") })
}

/// A server of HTTPS that tells a plain request to come by HTTPS, in words of nginx, Apache and Go.
fn wrong_scheme(target: &Target, chain: &Chain) -> Option<String> {
    let answer = chain.answer().filter(|answer| answer.status == 400 && !target.is_https())?;
    let text = answer.text();
    let told =
        ["plain HTTP request was sent to HTTPS port", "speaking plain HTTP to an SSL-enabled", "HTTP request to an HTTPS server"];
    let told = told.iter().any(|words| text.contains(words));
    told.then(|| Failure::new("not-http", "it answers that it wants TLS").dead(target))
}

/// Facts of the target that need no request.
fn of_target(settings: &Settings, target: &Target) -> Facts {
    let text = |text: &str| Value::Text(text.to_owned());
    Facts::from([
        ("target.scheme".to_owned(), text(target.url.scheme())),
        ("target.private".to_owned(), Value::Bool(target.is_private() && !settings.as_public)),
        ("target.ip".to_owned(), Value::Bool(target.is_ip())),
        ("target.plain".to_owned(), Value::Bool(target.plain.is_some())),
        ("target.auth".to_owned(), Value::Bool(settings.has_credentials())),
    ])
}

/// Headers that only a CDN sends, and its name.
const CDNS: &[(&str, &str, &str)] = &[
    ("cf-ray", "", "Cloudflare"),
    ("x-amz-cf-id", "", "CloudFront"),
    ("x-vercel-id", "", "Vercel"),
    ("x-fastly-request-id", "", "Fastly"),
    ("x-served-by", "cache-", "Fastly"),
    ("x-nf-request-id", "", "Netlify"),
    ("fly-request-id", "", "Fly.io"),
    ("x-azure-ref", "", "Azure Front Door"),
    ("x-akamai-request-id", "", "Akamai"),
    ("server", "AkamaiGHost", "Akamai"),
    ("x-github-request-id", "", "GitHub Pages"),
    ("via", "1.1 google", "Google Cloud CDN"),
];

/// Facts that the answer of the URL under audit gives.
fn of_root(first: &Result<Chain, String>, facts: &mut Facts) {
    let Ok(chain) = first else { return };
    let Some(answer) = chain.answer() else { return };
    let cdn = CDNS.iter().find(|(name, start, _)| answer.first(name).is_some_and(|value| value.starts_with(start)));
    if let Some((_, _, name)) = cdn {
        facts.insert("target.cdn".to_owned(), Value::Text((*name).to_owned()));
    }
    let login = chain.hops.iter().filter_map(facts::target).any(|to| facts::is_login(&to));
    let media = answer.media_type();
    let kind = match answer.status {
        _ if login => "login",
        401 | 403 | 407 => "auth-wall",
        // The page for an error is not what the target serves.
        _ if answer.is_html() && answer.status < 400 => "html",
        _ if media == "application/json" || media == "text/json" || media.ends_with("+json") => "json",
        _ => "other",
    };
    facts.insert("target.kind".to_owned(), Value::Text(kind.to_owned()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_tells_what_the_target_is() {
        let kind = |hops: &[(u16, &str, &str)]| {
            let answer = |(status, name, value): &(u16, &str, &str)| Answer {
                url: "https://app.example/".to_owned(),
                status: *status,
                headers: vec![((*name).to_owned(), (*value).to_owned())],
                ..Answer::default()
            };
            let chain = Chain { hops: hops.iter().map(answer).collect(), ..Chain::default() };
            let mut facts = Facts::new();
            of_root(&Ok(chain), &mut facts);
            (facts.remove("target.kind"), facts.remove("target.cdn"))
        };
        let word = |word: &str| Some(Value::Text(word.to_owned()));
        let html = (200, "Content-Type", "text/html; charset=utf-8");
        assert_eq!(kind(&[html]).0, word("html"));
        assert_eq!(kind(&[(404, "Content-Type", "text/html")]).0, word("other"));
        assert_eq!(kind(&[(404, "Content-Type", "application/problem+json")]).0, word("json"));
        assert_eq!(kind(&[(401, "Content-Type", "text/html")]).0, word("auth-wall"));
        assert_eq!(kind(&[(302, "Location", "/users/sign_in"), html]).0, word("login"));
        assert_eq!(kind(&[(302, "Location", "/en"), html]).0, word("html"));
        assert_eq!(kind(&[(200, "X-Served-By", "cache-fra-1")]), (word("other"), word("Fastly")));
        assert_eq!(kind(&[(200, "X-Served-By", "web-3")]).1, None);
    }
}

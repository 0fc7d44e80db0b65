//! What a run would send, without sending or resolving anything.

use super::openapi::{self, Operation};
use super::perform::{Variables, candidates, head_of_folder, permitted, rooted};
use super::settings::{LOGIN_BUDGET, OPENAPI_BUDGET, OWNED_PATHS, OpenApi, STREAM_BUDGET, Settings};
use super::target::Target;
use super::{credential, owned, signin, streams, upload};
use crate::model::live::{Base, Facts, LivePlan, RequestKey, Shape};

/// One line for each request, in order, at most as often as it would be sent. Random parts are shown as `RANDOM`.
pub(super) fn lines(settings: &Settings, plan: &LivePlan) -> Vec<String> {
    let target = match Target::parse(settings) {
        Ok(target) => target,
        Err(sentence) => return vec![sentence],
    };
    let variables = Variables::of("RANDOM".to_owned(), &target);
    let show = |url: &str| super::mask::url(url);
    let mut lines = vec![format!("GET {}", show(target.url.as_str()))];
    let mut shapes: Vec<(Base, Shape)> = Vec::new();
    for key in &plan.requests {
        if let (Some(shape), Ok(())) = (key.calibrate, permitted(settings, key)) {
            missing(&mut lines, &mut shapes, (key.base, shape));
        }
        for (at, path) in candidates(settings, key).iter().enumerate() {
            let prefix = if at > 0 { "else " } else { "" };
            let mut asked = vec![line(settings, &target, &variables, key, path)];
            if let (Some(first), Ok(())) = (head_of_folder(key, path), permitted(settings, key)) {
                asked.insert(0, line(settings, &target, &variables, key, first));
                asked[1].push_str(&format!(", if {first} is there"));
            }
            for line in asked {
                // The same is sent once, whoever asks.
                if !lines.iter().any(|own| own.strip_prefix("else ").unwrap_or(own) == line) {
                    lines.push(format!("{prefix}{line}"));
                }
            }
        }
    }
    if has_doors(settings, plan) {
        missing(&mut lines, &mut shapes, (Base::Target, Shape::Page));
    }
    lines.extend(
        settings
            .protected
            .iter()
            .map(|path| format!("GET {} (must refuse)", show(&format!("{}{}", target.origin(), rooted(path))))),
    );
    if plan.groups.contains("openapi") {
        api(settings, &target, &mut lines);
    }
    named(settings, &target, &variables, plan, &mut lines);
    if target.is_https() && plan.groups.iter().any(|group| group == "tls" || group == "certificate") {
        lines.push(format!("TLS handshakes with {}, at most {}", target.authority(), super::tls::Handshakes::default().limit));
    }
    lines
}

/// The line for things of a shape that do not exist, once.
fn missing(lines: &mut Vec<String>, shapes: &mut Vec<(Base, Shape)>, shape: (Base, Shape)) {
    if !shapes.contains(&shape) {
        shapes.push(shape);
        lines.push(format!("GET a {} that does not exist, once or twice, if one answers 2xx", shape.1));
    }
}

/// Are there paths of which is asked whether they let somebody in?
fn has_doors(settings: &Settings, plan: &LivePlan) -> bool {
    let named = |group: &str, given: bool| given && plan.groups.contains(group);
    !settings.protected.is_empty()
        || named("openapi", true)
        || named("owned", !settings.owned.is_empty())
        || named("logout", settings.logout.is_some())
}

fn line(settings: &Settings, target: &Target, variables: &Variables, key: &RequestKey, path: &str) -> String {
    let url = match (permitted(settings, key), variables.url(target, key.base, path)) {
        (Err(reason), _) | (Ok(()), Err(reason)) => return format!("{} {path} is not sent: {reason}", key.method),
        (Ok(()), Ok(url)) => super::mask::url(url.as_str()),
    };
    let mut line = format!("{} {url}", key.method);
    if key.times > 1 {
        line.push_str(&format!(", {} times", key.times));
    }
    for (name, value) in &key.headers {
        line.push_str(&format!(", {name}: {}", variables.fill(value)));
    }
    if key.auth && settings.has_credentials() {
        line.push_str(", with credentials");
    }
    line
}

/// What is sent to paths that the user names, and once for a body that is too large.
fn named(settings: &Settings, target: &Target, variables: &Variables, plan: &LivePlan, lines: &mut Vec<String>) {
    let at = |path: &str| super::mask::url(&format!("{}{}", target.origin(), variables.fill(&rooted(path))));
    let mut say = |line: String, refused: Option<String>| {
        lines.push(match refused {
            None => line,
            Some(reason) => {
                format!("{} is not sent: {reason}", line.split_once(", ").map_or(line.as_str(), |(request, _)| request))
            }
        });
    };
    let asks = |group: &str| plan.groups.contains(group);
    if asks("credential") && credential::is_judged(settings) {
        for path in settings.protected.iter().take(credential::TRIED) {
            say(format!("GET {}, with and without the token", at(path)), None);
        }
    }
    for path in settings.owned.iter().filter(|_| asks("owned")).take(OWNED_PATHS) {
        say(format!("GET {}, as its owner, as nobody, and with credentials", at(path)), owned::missing(settings));
    }
    if asks("upload") {
        let (path, is_named) = upload::path(settings);
        let sent = if is_named { "is sent" } else { "is announced, and not sent" };
        let line = format!("POST {}, Expect: 100-continue: a body of {} MiB {sent}", at(&path), upload::SIZE >> 20);
        say(line, super::perform::permits_active(settings).err());
    }
    if let Some(path) = settings.stream.as_ref().filter(|_| asks("stream")) {
        let line = format!("GET {}, Accept: text/event-stream, at most {STREAM_BUDGET} at once", at(path));
        say(line, streams::missing(settings));
    }
    if let Some(path) = settings.login.as_ref().filter(|_| asks("login")) {
        let line = format!("POST {}, a wrong password of a user that does not exist, at most {LOGIN_BUDGET} times", at(path));
        say(line, signin::login_missing(settings));
    }
    if let Some(path) = settings.logout.as_ref().filter(|_| asks("logout")) {
        let refused = signin::logout_missing(settings);
        let witness = at(&signin::witness(settings, &Facts::new()));
        if refused.is_none() {
            say(format!("GET {witness}, with and without credentials"), None);
        }
        say(format!("POST {}, with credentials, which ends the session", at(path)), refused.clone());
        if refused.is_none() {
            say(format!("GET {witness}, with credentials, again"), None);
        }
    }
}

/// The description, and its operations if it is at hand.
fn api(settings: &Settings, target: &Target, lines: &mut Vec<String>) {
    let origin = target.origin();
    let operations: Option<Vec<Operation>> = match &settings.openapi {
        Some(OpenApi::Text { text, .. }) => openapi::parse(text).map(|description| openapi::operations(&description, "RANDOM")),
        Some(OpenApi::Path(path)) => {
            lines.push(format!("GET {path} (the description of the API)"));
            None
        }
        None => {
            lines.extend(
                openapi::PLACES.iter().map(|place| format!("GET {origin}{place}, until the description of the API is found")),
            );
            None
        }
    };
    match operations {
        Some(operations) => {
            let chosen = openapi::choose(&operations, OPENAPI_BUDGET as usize);
            lines.extend(chosen.iter().filter_map(|own| Some(format!("GET {origin}{}", own.path.as_ref()?))));
        }
        None => lines.push(format!("GET of its operations, at most {OPENAPI_BUDGET}, without credentials")),
    }
}

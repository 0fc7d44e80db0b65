//! What a run would send, without sending or resolving anything.

use super::openapi::{self, Operation};
use super::perform::{Variables, candidates, permitted, rooted};
use super::settings::{OPENAPI_BUDGET, OpenApi, Settings};
use super::target::Target;
use crate::model::live::{Base, LivePlan, RequestKey, Shape};

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
        if let (Some(shape), Ok(())) = (key.calibrate, permitted(settings, key))
            && !shapes.contains(&(key.base, shape))
        {
            shapes.push((key.base, shape));
            lines.push(format!("GET a {shape} that does not exist, once or twice"));
        }
        for (at, path) in candidates(settings, key).iter().enumerate() {
            let prefix = if at > 0 { "else " } else { "" };
            let line = line(settings, &target, &variables, key, path);
            // The same is sent once, whoever asks.
            if !lines.iter().any(|own| own.strip_prefix("else ").unwrap_or(own) == line) {
                lines.push(format!("{prefix}{line}"));
            }
        }
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
    if target.is_https() && plan.groups.iter().any(|group| group == "tls" || group == "certificate") {
        lines.push(format!("TLS handshakes with {}, at most {}", target.authority(), super::tls::Handshakes::default().limit));
    }
    lines
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

//! What a user reads before anything is sent: whom, where, how, and how much at most.

use super::settings::{
    ACTIVE_BUDGET, BURST_BUDGET, LOGIN_BUDGET, LOGOUT_BUDGET, OPENAPI_BUDGET, OWNED_BUDGET, Pin, SEARCH_BUDGET, STREAM_BUDGET,
    Settings,
};
use super::target::Target;
use super::{owned, signin, streams};
use crate::model::live::LivePlan;

/// Handshakes beside those of requests, at most.
const HANDSHAKES: u32 = 25;

/// The line that names host, addresses, class and ceiling. The addresses it names are those that the run uses.
///
/// # Errors
/// When a URL cannot be audited, in one sentence.
pub fn announce(settings: &mut Settings, plan: &LivePlan) -> Result<String, String> {
    let mut target = Target::parse(settings)?;
    // A name that is not found is the run's to report.
    let found = target.resolve(settings).is_ok();
    let host = target.authority();
    let addresses: Vec<String> = target.addresses.iter().map(|address| address.ip().to_string()).collect();
    if found && settings.resolve.is_empty() && !target.is_ip() {
        let host = target.url.host_str().unwrap_or_default().to_ascii_lowercase();
        let pin = |address: &std::net::SocketAddr| Pin { host: host.clone(), port: None, address: address.ip() };
        settings.resolve = target.addresses.iter().map(pin).collect();
    }
    let class = if settings.active { "active" } else { "passive" };
    let openapi = if plan.groups.contains("openapi") { SEARCH_BUDGET + OPENAPI_BUDGET } else { 0 };
    let active = if settings.active { ACTIVE_BUDGET + BURST_BUDGET } else { 0 };
    let most = settings.budget + openapi + active + named(settings, plan);
    let at = if addresses.is_empty() || target.is_ip() { String::new() } else { format!(" at {}", addresses.join(", ")) };
    Ok(format!("asking {host}{at}: {class}, at most {most} requests and {HANDSHAKES} handshakes"))
}

/// Requests to paths that the user names, at most.
fn named(settings: &Settings, plan: &LivePlan) -> u32 {
    let ceilings = [
        ("owned", owned::missing(settings).is_none(), OWNED_BUDGET),
        ("stream", streams::missing(settings).is_none(), STREAM_BUDGET),
        ("login", signin::login_missing(settings).is_none(), LOGIN_BUDGET),
        ("logout", signin::logout_missing(settings).is_none(), LOGOUT_BUDGET),
    ];
    ceilings.iter().filter(|(group, sent, _)| *sent && plan.groups.contains(*group)).map(|(_, _, most)| most).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_host_address_class_and_ceiling() {
        let mut settings = Settings {
            url: "https://u:p@app.example:8443/x".to_owned(),
            resolve: vec!["app.example:8443:10.0.0.7".parse().unwrap()],
            ..Settings::default()
        };
        let plan = LivePlan::default();
        let line = announce(&mut settings, &plan).unwrap();
        assert_eq!(line, "asking app.example:8443 at 10.0.0.7: passive, at most 80 requests and 25 handshakes");
        settings.active = true;
        assert!(announce(&mut settings, &plan).unwrap().ends_with("active, at most 130 requests and 25 handshakes"));
        // What the user names has ceilings of its own, if a check asks for it.
        settings.login = Some("/login".to_owned());
        settings.stream = Some("/events".to_owned());
        assert!(announce(&mut settings, &plan).unwrap().contains("at most 130 requests"));
        let plan = LivePlan { groups: ["login", "stream", "logout"].map(str::to_owned).into(), ..plan };
        assert!(announce(&mut settings, &plan).unwrap().contains("at most 165 requests"));
        settings.active = false;
        assert!(announce(&mut settings, &plan).unwrap().contains("passive, at most 80 requests"));
        settings.url = "ftp://app.example".to_owned();
        assert!(announce(&mut settings, &plan).unwrap_err().contains("only http and https"));
    }
}

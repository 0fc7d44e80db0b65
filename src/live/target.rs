//! The endpoint under audit: its URL, its plain HTTP twin, and the addresses that the whole run uses.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc;
use std::time::Duration;

use reqwest::Url;

use super::failure::Failure;
use super::settings::{Family, Settings, is_metadata, is_private};

/// What is audited. Addresses are empty until [`Target::resolve`].
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// Without user, password and fragment.
    pub url: Url,
    pub plain: Option<Url>,
    pub addresses: Vec<SocketAddr>,
    pub plain_addresses: Vec<SocketAddr>,
    /// The URL held a user or a password, which were dropped.
    pub had_user: bool,
}

impl Target {
    /// Reads the URLs; an error is one sentence.
    pub fn parse(settings: &Settings) -> Result<Target, String> {
        let mut url = read(&settings.url)?;
        let had_user = !url.username().is_empty() || url.password().is_some();
        strip(&mut url);
        let plain = match &settings.http_url {
            Some(text) => {
                let mut plain = read(text)?;
                if plain.scheme() != "http" {
                    return Err(format!("{}: the plain HTTP twin begins with http://", super::mask::url(text)));
                }
                strip(&mut plain);
                Some(plain)
            }
            None if url.scheme() == "http" => Some(url.clone()),
            None if url.port_or_known_default() == Some(443) => {
                let mut plain = url.clone();
                let changed = plain.set_scheme("http").is_ok() && plain.set_port(None).is_ok();
                changed.then_some(plain)
            }
            // Which port serves plain HTTP beside an unusual port for HTTPS is anybody's guess.
            None => None,
        };
        Ok(Target { url, plain, addresses: Vec::new(), plain_addresses: Vec::new(), had_user })
    }

    /// Looks the host up, once for the whole run.
    pub fn resolve(&mut self, settings: &Settings) -> Result<(), Failure> {
        self.addresses = addresses(&self.url, settings)?;
        let Some(plain) = &self.plain else { return Ok(()) };
        let port = plain.port_or_known_default().unwrap_or(80);
        let host = plain.host_str().unwrap_or("").to_ascii_lowercase();
        // The same host has the same addresses, unless this port of it was given its own.
        if Some(host.as_str()) == self.url.host_str() && !settings.resolve.iter().any(|pin| pin.is_for(&host, port)) {
            self.plain_addresses = self.addresses.iter().map(|address| SocketAddr::new(address.ip(), port)).collect();
            return Ok(());
        }
        match addresses(plain, settings) {
            Ok(found) => self.plain_addresses = found,
            Err(_) => self.plain = None,
        }
        Ok(())
    }

    /// Host and port, as messages name them.
    pub fn authority(&self) -> String {
        let host = self.url.host_str().unwrap_or("");
        match self.url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Path and query of the URL under audit.
    pub fn path(&self) -> String {
        match self.url.query() {
            Some(query) => format!("{}?{query}", self.url.path()),
            None => self.url.path().to_owned(),
        }
    }

    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    pub fn is_ip(&self) -> bool {
        literal(&self.url).is_some()
    }

    /// Every address is on this machine.
    pub fn is_loopback(&self) -> bool {
        !self.addresses.is_empty() && self.addresses.iter().all(|address| address.ip().is_loopback())
    }

    /// A name or address that the public does not reach.
    pub fn is_private(&self) -> bool {
        let host = self.url.host_str().unwrap_or("").trim_end_matches('.').to_ascii_lowercase();
        let local = host == "localhost"
            || [".localhost", ".local", ".test", ".internal", ".home.arpa", ".lan"].iter().any(|end| host.ends_with(end));
        local || self.addresses.iter().any(|address| is_private(address.ip()))
    }
}

fn read(text: &str) -> Result<Url, String> {
    let shown = super::mask::url(text);
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(whole.trim()).map_err(|error| format!("{shown}: {error}; write https://HOST/PATH"))?;
    match (url.scheme(), url.host_str()) {
        ("http" | "https", Some(host)) if !host.is_empty() => Ok(url),
        _ => Err(format!("{shown}: only http and https can be audited")),
    }
}

fn strip(url: &mut Url) {
    // Both fail only for URLs without a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_fragment(None);
}

/// The address that stands in the URL itself.
fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// The addresses of a URL: its own, those given, or the system's.
fn addresses(url: &Url, settings: &Settings) -> Result<Vec<SocketAddr>, Failure> {
    let host = url.host_str().unwrap_or("").to_ascii_lowercase();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let port = url.port_or_known_default().unwrap_or(443);
    let pins = settings.resolve.iter().filter(|pin| pin.is_for(bare, port));
    let pinned: Vec<SocketAddr> = pins.map(|pin| SocketAddr::new(pin.address, port)).collect();
    let mut found = match literal(url) {
        Some(address) => vec![SocketAddr::new(address, port)],
        None if !pinned.is_empty() => pinned,
        None => look_up(bare, port, settings.limits.connect)?,
    };
    if let Some(metadata) = found.iter().find(|address| is_metadata(address.ip())) {
        let cause = format!("{} is an address from which a cloud hands out credentials; it is never contacted", metadata.ip());
        return Err(Failure::new("other", cause));
    }
    let family = |address: &SocketAddr| match settings.family {
        None => true,
        Some(Family::V4) => address.is_ipv4(),
        Some(Family::V6) => address.is_ipv6(),
    };
    found.retain(family);
    let mut seen = Vec::new();
    found.retain(|address| {
        !seen.contains(address) && {
            seen.push(*address);
            true
        }
    });
    if found.is_empty() {
        let kind = if settings.family == Some(Family::V6) { "IPv6" } else { "IPv4" };
        return Err(Failure::new("dns", format!("{bare} has no {kind} address")));
    }
    Ok(found)
}

/// The system's resolver knows no time limit, so it runs aside.
fn look_up(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, Failure> {
    let (tell, told) = mpsc::channel();
    let name = host.to_owned();
    std::thread::spawn(move || {
        let _ = tell.send((name.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>));
    });
    match told.recv_timeout(limit) {
        Ok(Ok(found)) if !found.is_empty() => Ok(found),
        Ok(_) => Err(Failure::new("dns", format!("the name {host} was not found"))),
        Err(_) => Err(Failure::new("dns", format!("no answer about the name {host} within {} s", limit.as_secs()))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        Target::parse(&Settings { url: url.to_owned(), ..Settings::default() }).unwrap()
    }

    #[test]
    fn urls_and_their_twins() {
        let twin = |url: &str| target(url).plain.map(|plain| plain.to_string());
        assert_eq!(twin("https://app.example/x?y=1"), Some("http://app.example/x?y=1".to_owned()));
        assert_eq!(twin("app.example"), Some("http://app.example/".to_owned()));
        assert_eq!(twin("https://app.example:8443/"), None);
        assert_eq!(twin("http://app.example:8080/"), Some("http://app.example:8080/".to_owned()));
        let own = target("https://u:p@App.Example/a?b#c");
        assert_eq!((own.url.as_str(), own.had_user, own.path().as_str()), ("https://app.example/a?b", true, "/a?b"));
        assert_eq!(target("https://bücher.example/").authority(), "xn--bcher-kva.example");
        for wrong in ["ftp://x.example", "https://", "http://exa mple"] {
            assert!(Target::parse(&Settings { url: wrong.into(), ..Settings::default() }).is_err(), "{wrong}");
        }
        let twin =
            Settings { url: "https://x.example".into(), http_url: Some("https://x.example".into()), ..Settings::default() };
        assert!(Target::parse(&twin).is_err());
    }

    #[test]
    fn addresses_are_pinned_and_metadata_is_refused() {
        let settings = |url: &str, resolve: &[&str]| Settings {
            url: url.into(),
            resolve: resolve.iter().map(|pin| pin.parse().unwrap()).collect(),
            ..Settings::default()
        };
        let resolved = |settings: &Settings| {
            let mut target = Target::parse(settings).unwrap();
            target.resolve(settings).map(|()| target)
        };
        let pre = resolved(&settings("https://app.example", &["app.example:443:10.0.0.7"])).unwrap();
        assert_eq!(pre.plain_addresses, ["10.0.0.7:80".parse().unwrap()], "no look-up of a name that is pinned");
        let own =
            resolved(&settings("https://app.example:8443", &["app.example:8443:10.0.0.7", "app.example:80:10.0.0.8"])).unwrap();
        assert_eq!(own.addresses, ["10.0.0.7:8443".parse().unwrap()]);
        assert!(own.is_private() && !own.is_ip() && !own.is_loopback());
        let six = resolved(&settings("https://[::1]:8443/", &[])).unwrap();
        assert!(six.is_ip() && six.is_loopback() && six.addresses == ["[::1]:8443".parse().unwrap()]);
        for url in
            ["http://169.254.169.254/latest", "http://[fd00:ec2::254]/", "http://[::ffff:169.254.169.254]/", "http://2852039166/"]
        {
            assert!(resolved(&settings(url, &[])).unwrap_err().cause.contains("never contacted"), "{url}");
        }
        assert!(resolved(&settings("https://app.example", &["app.example:169.254.169.254"])).is_err());
        let four = Settings { family: Some(Family::V4), ..settings("https://[::1]/", &[]) };
        assert_eq!(resolved(&four).unwrap_err().word, "dns");
        assert!(target("https://shop.test").is_private() && !target("https://shop.example").is_private());
    }
}

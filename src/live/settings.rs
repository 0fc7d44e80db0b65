//! What the user decides about a live run. The command line fills it in; nothing here touches the network.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Settings of one run. `Settings { url, ..Settings::default() }` is an ordinary passive run.
#[derive(Clone)]
pub struct Settings {
    /// The URL under audit; without a scheme it is https.
    pub url: String,
    /// Its plain HTTP twin, where that is not port 80 of the same host.
    pub http_url: Option<String>,
    /// Addresses to use instead of what the system resolves.
    pub resolve: Vec<Pin>,
    /// Judge a private or local target as if it were public.
    pub as_public: bool,
    /// Further roots of trust, PEM.
    pub ca_file: Option<PathBuf>,
    /// Send requests even if the certificate is not trusted; without credentials.
    pub insecure: bool,
    /// The value of Authorization.
    pub auth: Option<String>,
    /// Further request headers. Those with the name of a credential are sent as credentials are.
    pub headers: Vec<(String, String)>,
    /// The value of Cookie.
    pub cookie: Option<String>,
    pub user_agent: Option<String>,
    /// Use only addresses of this family.
    pub family: Option<Family>,
    /// For the whole live side.
    pub timeout: Duration,
    /// Send active requests, too.
    pub active: bool,
    /// Paths that must not answer without credentials.
    pub protected: Vec<String>,
    /// The path that signs in by POST; wrong passwords are tried there.
    pub login: Option<String>,
    /// The path that signs out by POST; it ends the session of the credentials.
    pub logout: Option<String>,
    /// A path that answers with a stream of events.
    pub stream: Option<String>,
    /// Paths of objects that only the other account may have.
    pub owned: Vec<String>,
    /// The value of Authorization of that other account.
    pub other_auth: Option<String>,
    /// The path of the health endpoint, instead of guesses.
    pub health: Option<String>,
    pub openapi: Option<OpenApi>,
    /// GET routes of the repository without parameters, and whether they are public; asked if there is no OpenAPI description.
    pub routes: Vec<(String, bool)>,
    /// Most requests, without those that only `--active` sends and those of OpenAPI.
    pub budget: u32,
    /// How long streams are held open.
    pub hold: Duration,
    /// Between the starts of two requests; `None`: five a second, and no pause on loopback.
    pub pace: Option<Duration>,
    pub limits: Limits,
}

/// How long one request may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Until a connection stands, its TLS handshake included.
    pub connect: Duration,
    /// Until the headers are there.
    pub first_byte: Duration,
    /// Until the body is there.
    pub request: Duration,
}

/// Addresses of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    V4,
    V6,
}

/// Where the description of the API comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OpenApi {
    /// A path or URL at the target.
    Path(String),
    /// A file that was read, by its name.
    Text { name: String, text: String },
}

/// An address for a host: `HOST:PORT:IP` as in curl, or `HOST:IP` for every port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// In lower case, without brackets.
    pub host: String,
    pub port: Option<u16>,
    pub address: IpAddr,
}

/// Requests of a run at most, without those that only `--active` sends and those of OpenAPI.
pub const BUDGET: u32 = 80;
/// Requests that only `--active` sends, bursts aside, at most.
pub const ACTIVE_BUDGET: u32 = 20;
/// Requests to find the description of an API, at most.
pub const SEARCH_BUDGET: u32 = 15;
/// Requests for the operations of an OpenAPI description, at most.
pub const OPENAPI_BUDGET: u32 = 25;
/// Requests of bursts, at most.
pub const BURST_BUDGET: u32 = 30;
/// Wrong passwords that are tried, at most.
pub const LOGIN_BUDGET: u32 = 15;
/// Streams that are opened, at most.
pub const STREAM_BUDGET: u32 = 20;
/// Objects of another account that are asked for, at most.
pub const OWNED_PATHS: usize = 5;
/// Requests for these: as nobody, as their owner and as the user.
pub const OWNED_BUDGET: u32 = 15;
/// Requests around signing out: before, the POST itself, and behind.
pub const LOGOUT_BUDGET: u32 = 4;

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            url: String::new(),
            http_url: None,
            resolve: Vec::new(),
            as_public: false,
            ca_file: None,
            insecure: false,
            auth: None,
            headers: Vec::new(),
            cookie: None,
            user_agent: None,
            family: None,
            timeout: Duration::from_secs(120),
            active: false,
            protected: Vec::new(),
            login: None,
            logout: None,
            stream: None,
            owned: Vec::new(),
            other_auth: None,
            health: None,
            openapi: None,
            routes: Vec::new(),
            budget: BUDGET,
            hold: Duration::from_secs(10),
            pace: None,
            limits: Limits::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Limits {
        let seconds = Duration::from_secs;
        Limits { connect: seconds(5), first_byte: seconds(10), request: seconds(15) }
    }
}

impl Settings {
    /// Was anything given that signs the run in?
    pub(super) fn has_credentials(&self) -> bool {
        self.auth.is_some() || self.cookie.is_some() || self.headers.iter().any(|(name, _)| super::ask::is_credential(name))
    }

    /// Everything that no output may show.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        let named = self.headers.iter().filter(|(name, _)| super::ask::is_credential(name)).map(|(_, value)| value.as_str());
        [&self.auth, &self.cookie, &self.other_auth].into_iter().filter_map(|own| own.as_deref()).chain(named)
    }

    /// Are the URLs such that a run can begin? An error is one sentence for the command line. Touches no network.
    pub fn check(&self) -> Result<(), String> {
        super::target::Target::parse(self).map(drop)
    }
}

/// Without credentials.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("url", &super::mask::url(&self.url))
            .field("active", &self.active)
            .finish_non_exhaustive()
    }
}

impl Pin {
    /// Is it the address of this host, given in lower case, at this port?
    pub(super) fn is_for(&self, host: &str, port: u16) -> bool {
        self.host == host && self.port.is_none_or(|own| own == port)
    }
}

impl FromStr for Pin {
    type Err = String;

    fn from_str(text: &str) -> Result<Pin, String> {
        let wrong = || format!("{text}: write HOST:PORT:ADDRESS, as in app.example:443:10.0.0.7");
        let (host, rest) = match text.strip_prefix('[') {
            Some(rest) => rest.split_once("]:").ok_or_else(wrong)?,
            None => text.split_once(':').ok_or_else(wrong)?,
        };
        let address = |text: &str| text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        // An IPv6 address could read as a port and an address: the whole rest comes first.
        let (port, address) = match address(rest) {
            Some(found) => (None, Some(found)),
            None => {
                let (port, rest) = rest.split_once(':').ok_or_else(wrong)?;
                (Some(port.parse::<u16>().map_err(|_| wrong())?), address(rest))
            }
        };
        let address = address.ok_or_else(wrong)?;
        if host.is_empty() {
            return Err(wrong());
        }
        Ok(Pin { host: host.to_ascii_lowercase(), port, address })
    }
}

/// Addresses from which clouds hand out credentials to whoever asks: never contacted.
pub fn is_metadata(address: IpAddr) -> bool {
    let address = match address {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(address, IpAddr::V4),
        four @ IpAddr::V4(_) => four,
    };
    match address {
        IpAddr::V4(four) => {
            matches!(
                four.octets(),
                [169, 254, 169, 254] | [169, 254, 170, 2 | 23] | [100, 100, 100, 200] | [168, 63, 129, 16] | [192, 0, 0, 192]
            )
        }
        IpAddr::V6(six) => {
            six == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
                || six == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23)
                || six == Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)
        }
    }
}

/// Is it an address that only this machine or its network reaches?
pub fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let [first, second, ..] = four.octets();
            four.is_loopback()
                || four.is_private()
                || four.is_link_local()
                || four.is_unspecified()
                || (first == 100 && second & 0xc0 == 64)
        }
        IpAddr::V6(six) => {
            six.to_ipv4_mapped().is_some_and(|four| is_private(IpAddr::V4(four)))
                || six.is_loopback()
                || six.is_unspecified()
                || six.is_unique_local()
                || six.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_read_as_curl_does() {
        let pin = |text: &str| text.parse::<Pin>();
        let four = "10.0.0.7".parse().unwrap();
        assert_eq!(pin("App.example:443:10.0.0.7"), Ok(Pin { host: "app.example".into(), port: Some(443), address: four }));
        assert_eq!(pin("app.example:10.0.0.7"), Ok(Pin { host: "app.example".into(), port: None, address: four }));
        assert_eq!(pin("app.example:443:[::1]").map(|pin| pin.address), Ok("::1".parse().unwrap()));
        assert_eq!(pin("app.example:::1").map(|pin| (pin.port, pin.address)), Ok((None, "::1".parse().unwrap())));
        for wrong in ["app.example", "app.example:443", ":443:10.0.0.7", "app.example:x:10.0.0.7", "app.example:443:name"] {
            assert!(pin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_of_clouds_and_of_networks_are_known() {
        for address in ["169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254", "100.100.100.200", "169.254.170.2"] {
            assert!(is_metadata(address.parse().unwrap()), "{address}");
        }
        for address in
            ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.1.1", "::1", "fc00::1", "fe80::1", "100.64.0.1"]
        {
            let address = address.parse().unwrap();
            assert!(is_private(address) && !is_metadata(address), "{address}");
        }
        for address in ["93.184.216.34", "2606:2800::1", "172.32.0.1"] {
            assert!(!is_private(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn settings_do_not_show_credentials() {
        let settings =
            Settings { url: "https://u:hunter2@x.example/".into(), auth: Some("Bearer hunter2".into()), ..Settings::default() };
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}

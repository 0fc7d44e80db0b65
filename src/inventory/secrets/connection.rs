//! Connection strings with a password: URLs (`scheme://user:password@host`) and lists of settings (`Server=…;Password=…`).
//!
//! A server on the same machine or in the same compose network is development; a stand-in for user, password or host is
//! documentation. Settings that are published with a .NET application are in force wherever it runs: there a name of the compose
//! network counts, in either form.

use crate::model::terms::Confidence;

use super::{field, placeholder};

/// Longest user information, in bytes.
const MAX_USERINFO: usize = 256;
/// Longest list of settings on either side of the password, in bytes.
const MAX_SETTINGS: usize = 400;

/// A password in a connection string; byte offsets of the password, and where the string begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Password {
    pub(super) from: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) confidence: Confidence,
}

/// Passwords that stand for one.
const GENERIC: &[&str] = &[
    "password",
    "passwd",
    "pass",
    "pwd",
    "pw",
    "secret",
    "user",
    "username",
    "token",
    "key",
    "apikey",
    "mypassword",
    "mypass",
    "yourpassword",
    "userpass",
    "userpassword",
    "dbpassword",
    "pass123",
    "foo",
    "bar",
    "baz",
    "p",
    "x-oauth-basic",
    "x-access-token",
    "x-token-auth",
    "pa55word",
    "p4ssw0rd",
    "p@ssw0rd",
    "s3cret",
    "abc",
    "test",
    "123",
    "1234",
    "12345",
];
/// Users that stand for one.
const ANYONE: &[&str] =
    &["user", "username", "usr", "u", "myuser", "me", "foo", "login", "name", "account", "db_user", "dbuser", "someuser", "test"];

/// Environments of .NET that run on a laptop, in tests, in the network of a compose file, or nowhere.
const ELSEWHERE: &[&str] = &[
    "development",
    "dev",
    "local",
    "localhost",
    "test",
    "testing",
    "tests",
    "ci",
    "docker",
    "compose",
    "sample",
    "example",
    "template",
    "integration",
    "integrationtests",
    "e2e",
];

/// Is the file published with a .NET application and in force in production?
pub(super) fn is_published(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let environment = name.strip_prefix("appsettings.").and_then(|rest| rest.strip_suffix("json"));
    environment.is_some_and(|environment| !environment.split(['.', '-', '_']).any(|word| ELSEWHERE.contains(&word)))
}

/// The password in the URL whose `://` starts at `at`. `published`: see [`is_published`].
pub(super) fn url(text: &str, at: usize, published: bool) -> Option<Password> {
    let bytes = text.as_bytes();
    let is_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    let from = bytes[at.saturating_sub(32)..at]
        .iter()
        .rposition(|byte| !is_scheme(byte))
        .map_or(at.saturating_sub(32), |p| at.saturating_sub(32) + p + 1);
    let info_start = at + 3;
    let stop = |byte: &u8| {
        byte.is_ascii_whitespace()
            || byte.is_ascii_control()
            || matches!(byte, b'/' | b'?' | b'"' | b'\'' | b'`' | b'\\' | b',' | b'|')
    };
    let rest = bytes.get(info_start..)?;
    let window = &rest[..rest.len().min(MAX_USERINFO)];
    let window = &window[..window.iter().position(stop).unwrap_or(window.len())];
    let sign = window.iter().rposition(|byte| *byte == b'@')?;
    let colon = window[..sign].iter().position(|byte| *byte == b':')?;
    let (start, end) = (info_start + colon + 1, info_start + sign);
    let (scheme, user, password) = (text.get(from..at)?, text.get(info_start..start - 1)?, text.get(start..end)?);
    let host_end = bytes[end + 1..]
        .iter()
        .take(MAX_USERINFO)
        .position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')));
    let host = text.get(end + 1..host_end.map_or((end + 1 + MAX_USERINFO).min(bytes.len()), |length| end + 1 + length))?;
    // Testcontainers starts a server of its own.
    if bytes[..from].ends_with(b":") && bytes[from.saturating_sub(48)..from].windows(8).any(|part| part == b"jdbc:tc:") {
        return None;
    }
    // `ssh://git:22@` is no password, and a port is none either.
    if scheme.is_empty() || (password.len() <= 5 && password.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let host = if host.is_empty() { socket(&text[end + 1..]) } else { host.to_owned() };
    let confidence = judge(user, password, &host, published)?;
    Some(Password { from, start, end, confidence })
}

/// The password in the data source name of Go's MySQL driver whose `@tcp(` starts at `at`: `user:password@tcp(host:3306)/db`.
pub(super) fn dsn(text: &str, at: usize) -> Option<Password> {
    let bytes = text.as_bytes();
    let stop = |byte: &u8| byte.is_ascii_whitespace() || byte.is_ascii_control() || matches!(byte, b'"' | b'\'' | b'`' | b'\\');
    let first = at.saturating_sub(MAX_USERINFO);
    let mut from = first + bytes[first..at].iter().rposition(stop).map_or(0, |stop| stop + 1);
    // `DSN=user:…`, `mysql://user:…`
    for start in ["=", "://"] {
        from += text
            .get(from..at)?
            .rfind(start)
            .filter(|cut| text[from..from + cut].bytes().all(is_word))
            .map_or(0, |cut| cut + start.len());
    }
    let colon = from + text.get(from..at)?.find(':')?;
    let host = text.get(at + "@tcp(".len()..)?;
    let host = &host[..host.bytes().take(MAX_USERINFO).position(|byte| matches!(byte, b')' | b':'))?];
    let user = text.get(from..colon)?;
    if user.is_empty() || !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')) {
        return None;
    }
    let confidence = judge(user, text.get(colon + 1..at)?, host, false)?;
    Some(Password { from, start: colon + 1, end: at, confidence })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The server of a URL that names it behind the path only: `/shop?host=/cloudsql/acme:europe-west1:main`.
///
/// A socket of Cloud SQL leads to a server elsewhere; any other socket is on this machine.
fn socket(rest: &str) -> String {
    let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '\\' | ',' | '|');
    let rest = rest.get(..rest.floor_char_boundary(MAX_SETTINGS)).unwrap_or(rest);
    let query = rest.split(ends).next().and_then(|rest| rest.split_once('?')).map_or("", |(_, query)| query);
    let named = ["host=", "unix_sock=", "unix_socket=", "unixSocketPath=", "socket="];
    let host = query.split('&').find_map(|part| named.iter().find_map(|name| part.strip_prefix(name))).unwrap_or("");
    let host = host.replace("%2F", "/").replace("%2f", "/").replace("%3A", ":").replace("%3a", ":");
    match host.strip_prefix("/cloudsql/") {
        // The parts of `project:region:instance` as the labels of a host.
        Some(instance) => instance.split('/').next().unwrap_or(instance).replace(':', "."),
        None if host.starts_with('/') => "localhost".to_owned(),
        None => host,
    }
}

/// The password in a list of settings, whose key is at these bytes; `Server=db.acme.com;User Id=sa;Password=…`. `published`: see
/// [`is_published`].
pub(super) fn settings(text: &str, key: (usize, usize), published: bool) -> Option<Password> {
    let bytes = text.as_bytes();
    let equals = key.1 + bytes[key.1..].iter().take(2).position(|byte| *byte == b'=')?;
    let start = equals + 1;
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b';' | b'&' | b'"' | b'\'' | b'`' | b'\\' | b'<');
    let end = start + bytes[start..].iter().take(MAX_USERINFO).position(ends)?;
    // Back to where the literal, value or line begins.
    let first = key.0.saturating_sub(MAX_SETTINGS);
    let from = bytes[first..key.0]
        .iter()
        .rposition(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'\n' | b'>'))
        .map_or(first, |at| first + at + 1);
    let last = (end + MAX_SETTINGS).min(bytes.len());
    let to =
        bytes[end..last].iter().position(|byte| matches!(byte, b'"' | b'\'' | b'`' | b'\n' | b'<')).map_or(last, |at| end + at);
    let string = String::from_utf8_lossy(&bytes[from..to]).to_ascii_lowercase();
    let host = host_of(&string).filter(|_| !string.contains("jdbc:tc:"))?;
    let user = ["user id=", "uid=", "user=", "username="].iter().find_map(|name| after(&string, name)).unwrap_or("");
    let confidence = judge(user, text.get(start..end)?, host, published)?;
    Some(Password { from, start, end, confidence })
}

/// The server that a list of settings, in lower case, names.
fn host_of(string: &str) -> Option<&str> {
    let host = ["server=", "data source=", "datasource=", "host=", "addr=", "address=", "hostname="]
        .iter()
        .find_map(|name| after(string, name));
    let host = host.or_else(|| string.split_once("://").or_else(|| string.split_once(":@")).map(|(_, rest)| rest))?;
    let host = host.trim_start_matches("tcp:").trim_start_matches("//");
    host.split([',', ':', ';', '/', ' ', '\\', '?']).next()
}

fn after<'t>(string: &'t str, name: &str) -> Option<&'t str> {
    let rest = &string[string.find(name)? + name.len()..];
    rest.split([';', '&', ' ']).next()
}

fn judge(user: &str, password: &str, host: &str, published: bool) -> Option<Confidence> {
    let (user, lower, host) = (user.to_ascii_lowercase(), password.to_ascii_lowercase(), host.to_ascii_lowercase());
    if password.len() < 3
        || !password.bytes().all(|byte| byte.is_ascii_graphic())
        || placeholder::is_placeholder(&lower)
        || placeholder::is_templated(&user)
        || password.contains(['$', '{', '}', '<', '>', '(', ')', '[', ']'])
        || is_stand_in(&host)
    {
        return None;
    }
    let generic = GENERIC.contains(&lower.as_str()) || field::is_field_name(password);
    if (is_local(&host) && !(published && is_service(&host)))
        || (generic && (ANYONE.contains(&user.as_str()) || user == lower || user.is_empty()))
    {
        return None;
    }
    if generic || lower == user {
        return Some(Confidence::Medium);
    }
    Some(Confidence::High)
}

/// A name that only the network of one compose file knows.
fn is_service(host: &str) -> bool {
    host != "localhost"
        && !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// On this machine, or in the network of one compose file: names without a dot resolve nowhere else.
fn is_local(host: &str) -> bool {
    let suffixes = [".local", ".localhost", ".localdomain", ".test", ".lan"];
    !host.contains('.')
        || host == "."
        || host.starts_with("127.")
        || host.starts_with("192.168.")
        || host.starts_with("0.0.0.0")
        || host == "host.docker.internal"
        || suffixes.iter().any(|suffix| host.ends_with(suffix))
}

/// A host of the documentation.
fn is_stand_in(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let stands = |label: &&str| {
        [
            "example",
            "yourdomain",
            "your-domain",
            "yourhost",
            "mydomain",
            "hostname",
            "domain",
            "myhost",
            "yourserver",
            "foo",
            "bar",
            "acme-corp",
            "xxx",
        ]
        .contains(label)
            || label.starts_with("your")
            || label.contains("xxxx")
            || label.contains("example")
    };
    host.is_empty()
        || host.contains(['$', '{', '<'])
        || (labels.len() == 3 && labels[0].starts_with("project") && labels[1] == "region")
        || labels.iter().any(stands)
        || ["host.com", "server.com", "email.com", "site.com", "test.com"].contains(&host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_url(text: &str) -> Option<(String, Confidence)> {
        let found = url(text, text.find("://")?, false)?;
        Some((text[found.start..found.end].to_owned(), found.confidence))
    }

    fn in_settings(text: &str) -> Option<String> {
        let at = text.to_ascii_lowercase().find("p")?;
        let at = text.to_ascii_lowercase()[at..].find("password").map(|found| at + found)?;
        let found = settings(text, (at, at + 8), false)?;
        Some(text[found.start..found.end].to_owned())
    }

    #[test]
    fn passwords_for_servers_elsewhere_are_found() {
        let lit = "Heron-Lantern-88";
        for text in [
            format!("postgresql://app:{lit}@db.acme.internal:5432/app"),
            format!("'mongodb+srv://app:{lit}@cluster0.ab1cd.mongodb.net/x?retryWrites=true'"),
            format!("redis://:{lit}@cache.acme.io:6379/0"),
            format!("https://ci:{lit}@git.acme.io/team/repo.git"),
            format!("amqps://app:{lit}@mq.acme.io"),
            format!("\"postgresql+pg8000://app:{lit}@/shop?unix_sock=/cloudsql/acme:europe-west1:main/.s.PGSQL.5432\""),
            format!("postgresql://app:{lit}@/shop?sslmode=disable&host=/cloudsql/acme-shop:europe-west1:main"),
            format!("postgresql://app:{lit}@/shop?host=db.acme.io"),
        ] {
            assert_eq!(in_url(&text), Some((lit.to_owned(), Confidence::High)), "{text}");
        }
        assert_eq!(in_url("postgres://postgres:postgres@db.acme.io/x"), Some(("postgres".to_owned(), Confidence::Medium)));
        assert_eq!(in_url("mysql://root:password@db.acme.io/x").map(|found| found.1), Some(Confidence::Medium));
    }

    #[test]
    fn urls_without_a_secret_are_not() {
        for text in [
            "https://acme.io/a:b@c",
            "postgres://localhost/app",
            "postgres://app@db.acme.io/app",
            "postgres://postgres:postgres@localhost:5432/x",
            "postgres://app:S3cret-x9@db:5432/app",
            "redis://:S3cret-x9@127.0.0.1",
            "postgres://user:password@db.acme.io/x",
            "postgres://app:${DB_PASSWORD}@db.acme.io",
            "postgres://app:<password>@db.acme.io",
            "postgres://{user}:{pw}@db.acme.io",
            "postgres://app:$PW@db.acme.io",
            "postgres://app:****@db.acme.io",
            "postgres://app:S3cret-x9@db.example.com/x",
            "postgres://app:%s@db.acme.io",
            "https://user:pass@host.com",
            "ssh://git@host.acme.io:22/x",
            "http://a.acme.io:8080/@scope",
            "://",
            "x://:@",
            "postgres://app:changeme@db.acme.io",
            "postgresql://app:S3cret-x9@/shop?host=/var/run/postgresql",
            "postgresql://app:S3cret-x9@/shop?host=/cloudsql/your-project:region:instance",
            "postgresql://app:S3cret-x9@/shop?host=/cloudsql/PROJECT_ID:REGION:INSTANCE",
            "postgresql://app:S3cret-x9@/shop?host=/cloudsql/${INSTANCE}",
            "postgresql://app:S3cret-x9@/shop",
            "postgresql://app:S3cret-x9@/shop?host=db",
            "//cdn.acme.io:443/@x",
            "https://fonts.acme.io/css?family=A:1,2@3",
        ] {
            assert_eq!(in_url(text), None, "{text}");
        }
    }

    #[test]
    fn data_source_names_of_go() {
        let found = |text: &str| dsn(text, text.find("@tcp(")?).map(|found| text[found.start..found.end].to_owned());
        let lit = "Heron-Lantern-88";
        for text in [
            format!("dsn := \"app:{lit}@tcp(db.acme.io:3306)/shop?parseTime=true\""),
            format!("`app:{lit}@tcp(10.2.0.7)/shop`"),
            format!("DSN=app:{lit}@tcp(db.acme.io:3306)/shop"),
            format!("\"mysql://app:{lit}@tcp(db.acme.io:3306)/shop\""),
        ] {
            assert_eq!(found(&text).as_deref(), Some(lit), "{text}");
        }
        for text in [
            format!("\"app:{lit}@tcp(localhost:3306)/shop\""),
            format!("\"app:{lit}@tcp(127.0.0.1:3306)/shop\""),
            format!("\"app:{lit}@tcp(db:3306)/shop\""),
            "\"user:password@tcp(db.acme.io:3306)/shop\"".to_owned(),
            "\"%s:%s@tcp(%s:%d)/%s\"".to_owned(),
            "\"app:%s@tcp(db.acme.io)/x\"".to_owned(),
            "\"app@tcp(db.acme.io)/x\"".to_owned(),
            format!("\"app:{lit}@tcp(db.example.com:3306)/shop\""),
            "@tcp(".to_owned(),
        ] {
            assert_eq!(found(&text), None, "{text}");
        }
    }

    #[test]
    fn settings_of_environments_that_are_deployed_are_published() {
        for name in ["appsettings.json", "src/appsettings.Production.json", "appsettings.UAT.json", "AppSettings.Prod-EU.json"] {
            assert!(is_published(name), "{name}");
        }
        for name in
            ["appsettings.Development.json", "appsettings.Docker.json", "appsettings.sample.json", "a.json", "appsettings.xml"]
        {
            assert!(!is_published(name), "{name}");
        }
    }

    #[test]
    fn settings_with_a_password_are_found() {
        let lit = "Heron-Lantern-88";
        for text in [
            format!("\"Server=db.acme.io;Database=x;User Id=sa;Password={lit};Encrypt=true\""),
            format!("\"Server=tcp:acme.database.windows.net,1433;Password={lit};\""),
            format!("\"jdbc:mysql://db.acme.io:3306/x?user=app&password={lit}\""),
            format!("'host=db.acme.io user=app password={lit} dbname=x'"),
        ] {
            assert_eq!(in_settings(&text).as_deref(), Some(lit), "{text}");
        }
        for text in [
            format!("\"Server=localhost;User Id=sa;Password={lit};\""),
            format!("\"Server=(localdb);Password={lit};\""),
            format!("\"Server=sqldata;Password={lit};\""),
            "\"Server=db.acme.io;Password={0};\"".to_owned(),
            "\"Server=db.acme.io;Password=${DB};\"".to_owned(),
            format!("\"Password={lit};\""),
            "password=".to_owned(),
        ] {
            assert_eq!(in_settings(&text), None, "{text}");
        }
    }

    #[test]
    fn a_service_of_compose_counts_in_published_settings_in_either_form() {
        let list = "\"Host=db;Username=postgres;Password=postgres\"";
        let at = list.find("Password").expect("a name");
        let address = "\"postgresql://postgres:postgres@db:5432/shop\"";
        let scheme = address.find("://").expect("a URL");
        for published in [false, true] {
            assert_eq!(settings(list, (at, at + 8), published).is_some(), published);
            assert_eq!(url(address, scheme, published).is_some(), published);
        }
        for local in ["localhost", "127.0.0.1", "(localdb)", ".", "host.docker.internal"] {
            let list = list.replace("Host=db", &format!("Server={local}"));
            let at = list.find("Password").expect("a name");
            assert!(settings(&list, (at, at + 8), true).is_none(), "{local}");
        }
        assert!(is_published("src/Api/appsettings.json") && !is_published("appsettings.Development.json"));
    }
}

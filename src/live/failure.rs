//! Why a request got no answer: one word for rules, one sentence for people.
//!
//! To tell another cause apart, add its word to `model::live::facts::ERRORS` and recognise it here.

use std::error::Error;
use std::io::{self, ErrorKind};

use super::target::Target;

/// No answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// A word of `ERRORS`.
    pub word: &'static str,
    /// What happened, without a full stop.
    pub cause: String,
}

impl Failure {
    pub fn new(word: &'static str, cause: impl Into<String>) -> Failure {
        Failure { word, cause: cause.into() }
    }

    /// What the client's error says, by its innermost causes.
    pub fn of(error: &reqwest::Error) -> Failure {
        let mut cause: Option<&(dyn Error + 'static)> = Some(error);
        let mut shown = String::new();
        while let Some(own) = cause {
            if let Some(io) = own.downcast_ref::<io::Error>()
                && let Some(found) = of_io(io)
            {
                return found;
            }
            if let Some(tls) = own.downcast_ref::<rustls::Error>() {
                return of_tls(tls);
            }
            shown = own.to_string();
            if let Some(found) = of_text(&shown) {
                return found;
            }
            cause = own.source();
        }
        if error.is_timeout() {
            return Failure::new("timeout", "no answer in time");
        }
        Failure::new("other", shown)
    }

    /// A live side that could not begin: what happened, and what to do.
    pub fn dead(&self, target: &Target) -> String {
        let place = target.authority();
        let cause = &self.cause;
        match self.word {
            "dns" => format!("{cause}: check the URL, or name the address with --resolve {place}:IP"),
            "refused" => format!("{place} refused the connection: is the server running, and is the port right?"),
            "timeout" => format!("{place} did not answer ({cause}): is it up, and does a firewall let this machine in?"),
            "reset" => {
                format!("{place} closed the connection ({cause}): look into the log of the server or of what stands before it")
            }
            "not-tls" => format!("{place} does not speak TLS: use --url http://{place} or give its HTTPS port"),
            "not-http" if target.is_https() => format!("{place} speaks TLS, but no HTTP ({cause}): is it the right port?"),
            "not-http" => format!("{place} speaks no HTTP ({cause}): if it is an HTTPS port, use --url https://{place}"),
            "too-large" => format!("{place} sent more headers than an answer may have: is it the right server?"),
            _ => format!("{place} gave no answer: {cause}"),
        }
    }
}

fn of_io(error: &io::Error) -> Option<Failure> {
    // The connector of the client wraps an error of TLS twice.
    if let Some(found) = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>()).and_then(of_io) {
        return Some(found);
    }
    if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return Some(of_tls(tls));
    }
    if let Some(found) = error.get_ref().and_then(|inner| of_text(&inner.to_string())) {
        return Some(found);
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => Some(Failure::new("refused", "connection refused")),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => {
            Some(Failure::new("reset", "connection reset"))
        }
        ErrorKind::UnexpectedEof => Some(Failure::new("reset", "connection closed")),
        ErrorKind::TimedOut => Some(Failure::new("timeout", "no connection in time")),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Some(Failure::new("refused", "no route to the address")),
        _ => None,
    }
}

fn of_tls(error: &rustls::Error) -> Failure {
    match error {
        rustls::Error::InvalidCertificate(why) => {
            Failure::new("certificate", format!("the certificate is not trusted: {}", of_certificate(why)))
        }
        rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => {
            Failure::new("not-tls", "the answer to a TLS hello is no TLS")
        }
        rustls::Error::AlertReceived(alert) => {
            Failure::new("tls", format!("the server refused the TLS handshake: alert {alert:?}"))
        }
        other => Failure::new("tls", format!("no TLS handshake: {other}")),
    }
}

/// What is wrong with a certificate; the first that was found.
fn of_certificate(why: &rustls::CertificateError) -> String {
    use rustls::CertificateError as Why;
    let sentence = match why {
        Why::Expired | Why::ExpiredContext { .. } => "it has expired",
        Why::NotValidYet | Why::NotValidYetContext { .. } => "it is not valid yet",
        Why::NotValidForNameContext { expected, .. } => return format!("it is not for the name {}", expected.to_str()),
        Why::NotValidForName => "it is not for this name",
        Why::UnknownIssuer => "no authority that is trusted here has issued it, or the certificate of one in between is missing",
        Why::Revoked => "it was revoked",
        Why::BadSignature => "its signature is wrong, or made with a key that is too short",
        Why::BadEncoding => "it cannot be read",
        Why::InvalidPurpose | Why::InvalidPurposeContext { .. } => "it is not meant for servers",
        // The cause of a certificate that calls itself an authority, as self-signed ones do, has no name of its own.
        Why::Other(other) if other.0.to_string().contains("CaUsedAsEndEntity") => {
            "it is self-signed, or that of an authority and not of a server"
        }
        _ => "it cannot be verified",
    };
    sentence.to_owned()
}

/// Causes that the libraries below give by their text only.
fn of_text(text: &str) -> Option<Failure> {
    let has = |part: &str| text.contains(part);
    if has("tls handshake eof") {
        return Some(Failure::new("tls", "the server closed the connection during the TLS handshake"));
    }
    if has("message head is too large") || has("header list too large") || has("too many headers") {
        return Some(Failure::new("too-large", "the headers are too large"));
    }
    if has("connection closed before message completed") || has("stream error received") || has("connection error received") {
        return Some(Failure::new("reset", "the connection closed before an answer"));
    }
    if text.starts_with("invalid HTTP")
        || text.starts_with("invalid header")
        || has("frame with invalid size")
        || has("invalid status")
    {
        return Some(Failure::new("not-http", "the answer is no HTTP"));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_judged_in_our_words() {
        use rustls::{CertificateError as Why, OtherError};
        let other = |text: &'static str| Why::Other(OtherError(std::sync::Arc::new(io::Error::other(text))));
        for (why, part) in [
            (Why::Expired, "has expired"),
            (Why::NotValidYet, "not valid yet"),
            (Why::NotValidForName, "not for this name"),
            (Why::UnknownIssuer, "no authority"),
            (other("CaUsedAsEndEntity"), "self-signed"),
            (other("SomethingElse"), "cannot be verified"),
        ] {
            let failure = of_tls(&rustls::Error::InvalidCertificate(why));
            assert_eq!(failure.word, "certificate");
            assert!(failure.cause.contains(part) && !failure.cause.contains("EndEntity"), "{}", failure.cause);
        }
    }
}

//! What no request may be, whoever writes it: a check, a description of an API, a redirect.
//!
//! The loader says it to the author, the wire holds to it; both ask here.

/// Words of paths behind which even a GET may change something.
const CHANGING: [&str; 17] = [
    "logout",
    "signout",
    "delete",
    "remove",
    "reset",
    "revoke",
    "unsubscribe",
    "confirm",
    "activate",
    "verify",
    "callback",
    "cancel",
    "purge",
    "flush",
    "restart",
    "shutdown",
    "export",
];

/// Headers that the engine alone sets: credentials, the host, and how a message ends.
const OF_ENGINE: [&str; 9] = [
    "authorization",
    "cookie",
    "host",
    "proxy-authorization",
    "content-length",
    "transfer-encoding",
    "connection",
    "te",
    "upgrade",
];

/// The word by which a path, or the name of an operation, looks as if asking for it changed something. Also found inside of longer
/// words and across `-` and `_`: asking once too little costs an answer, once too often somebody's session.
pub fn changing(text: &str) -> Option<&'static str> {
    let compact = text.to_ascii_lowercase().replace(['-', '_'], "");
    CHANGING.into_iter().find(|word| compact.contains(word))
}

/// Does the engine alone set this header?
pub fn is_of_engine(name: &str) -> bool {
    OF_ENGINE.iter().any(|own| own.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_however_they_are_written() {
        for (path, word) in
            [("/auth/logout", "logout"), ("/sign-out", "signout"), ("/Log_Out/all", "logout"), ("/verifyEmail", "verify")]
        {
            assert_eq!(changing(path), Some(word), "{path}");
        }
        assert_eq!(changing("/health/ready"), None);
    }

    #[test]
    fn headers_are_compared_without_case() {
        assert!(is_of_engine("Cookie") && is_of_engine("HOST") && !is_of_engine("Origin"));
    }
}

//! What stands around a literal: what it is for, and whether it runs on a developer's machine only.
//!
//! Read from the text by indentation and by words: a few hundred bytes for each literal that is suspected, never the whole file.

use std::cell::OnceCell;

/// Bytes to either side of a literal that say what it is for.
const WINDOW: usize = 240;
/// How far up enclosing lines are looked for.
const MAX_LINES: usize = 300;
const MAX_BYTES: usize = 16 * 1024;

/// The surroundings of a literal, read when first asked for.
pub(super) struct Context<'t> {
    bytes: &'t [u8],
    start: usize,
    end: usize,
    /// What stands before and after, in lower case.
    sides: OnceCell<(String, String)>,
}

impl<'t> Context<'t> {
    pub(super) fn new(text: &'t str, start: usize, end: usize) -> Context<'t> {
        Context { bytes: text.as_bytes(), start, end, sides: OnceCell::new() }
    }

    fn sides(&self) -> &(String, String) {
        self.sides.get_or_init(|| {
            let lower = |from: usize, to: usize| String::from_utf8_lossy(&self.bytes[from..to]).to_ascii_lowercase();
            (lower(self.start.saturating_sub(WINDOW), self.start), lower(self.end, (self.end + WINDOW).min(self.bytes.len())))
        })
    }

    fn any(&self, words: &[&str]) -> bool {
        let (before, after) = self.sides();
        words.iter().any(|word| before.contains(word) || after.contains(word))
    }

    /// Beside a user, a host or a role, as in the settings of a connection or a list of accounts.
    pub(super) fn is_account(&self) -> bool {
        self.any(&[
            "user:", "user\"", "user'", "user =", "user=", "username", "login\"", "host:", "host\"", "host'", "host=", "host =",
            "\"role\"", "'role'", "role:", "email\":", "email:",
        ])
    }

    /// For signing: tokens, sessions, cookies.
    pub(super) fn is_signing(&self) -> bool {
        ["jwt", "session", "passport", "cookie", "hmac", "secretorkey", "strategy", "sign("]
            .iter()
            .any(|word| self.sides().0.contains(word))
    }

    /// Part of a form, a validation or a translation.
    pub(super) fn is_interface(&self) -> bool {
        self.any(&[
            "placeholder",
            "label",
            "<input",
            "errormessage",
            "validation",
            "translat",
            "i18n",
            "autocomplete",
            "getbylabel",
            "formcontrol",
            "aria-",
        ])
    }

    /// For a server that Testcontainers starts and throws away.
    pub(super) fn is_thrown_away(&self) -> bool {
        self.any(&["jdbc:tc:"])
    }

    /// For a server on this machine.
    pub(super) fn is_local(&self) -> bool {
        self.any(&["localhost", "127.0.0.1", "host.docker.internal"])
    }
}

/// Does the literal at this byte stand in a branch, class or section for development or tests, or does it replace a value that is
/// missing? The latter is a default, which is judged elsewhere.
pub(super) fn is_elsewhere(text: &str, at: usize, name: &str) -> bool {
    let head = &text.as_bytes()[at.saturating_sub(MAX_BYTES)..at];
    let head = String::from_utf8_lossy(head);
    let mut lines = head.rsplit('\n');
    let own = lines.next().unwrap_or("");
    if is_gate(own) {
        return true;
    }
    let mut indent = indentation(own);
    for line in lines.take(MAX_LINES) {
        if line.trim().is_empty() || indentation(line) >= indent {
            continue;
        }
        indent = indentation(line);
        if is_gate(line) || is_missing_test(line, name) {
            return true;
        }
        if indent == 0 {
            break;
        }
    }
    false
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// `if (!secret) {`, `if secret == "":`, `unless secret`.
fn is_missing_test(line: &str, name: &str) -> bool {
    let line = line.trim().to_ascii_lowercase();
    let opens = ["if ", "if(", "elif ", "else if", "unless ", "} else if"].iter().any(|word| line.starts_with(word));
    let missing = ["!", "not ", "none", "null", "nil", "undefined", "\"\"", "''", "empty", "len(", "unless", "blank"];
    opens && !name.is_empty() && line.contains(&name.to_ascii_lowercase()) && missing.iter().any(|word| line.contains(word))
}

/// Does this line open something that does not run in production?
fn is_gate(line: &str) -> bool {
    const OPENERS: &[&str] = &[
        "if",
        "elif",
        "elsif",
        "unless",
        "class",
        "case",
        "when",
        "module",
        "profile",
        "configure",
        "environment",
        "group",
        "namespace",
        "describe",
        "cfg",
    ];
    const PLACES: &[&str] =
        &["development", "dev", "debug", "test", "testing", "tests", "local", "staging", "mock", "demo_mode", "e2e"];
    let words = super::name::words(line.trim().get(..line.trim().len().min(160)).unwrap_or(""));
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    // A section of a file that is keyed by environment.
    let section = line.trim().trim_matches(['"', '\'', '{', ':', ' ', '[', ']']);
    if PLACES.contains(&section.to_ascii_lowercase().as_str()) && line.trim().ends_with([':', '{', ']']) {
        return true;
    }
    let negated = line.contains('!') || words.iter().any(|word| word == "not" || word == "unless");
    let production = words.iter().any(|word| word == "production" || word == "prod");
    has(OPENERS) && if production { negated } else { has(PLACES) && !negated }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gated(text: &str) -> bool {
        is_elsewhere(text, text.find("LIT").expect("a literal"), "secret")
    }

    #[test]
    fn branches_classes_and_sections_for_development_are_seen() {
        for text in [
            "if settings.DEBUG:\n    password = 'LIT'",
            "if not is_production:\n    password = 'LIT'",
            "if (process.env.NODE_ENV !== 'production') {\n  seed({\n    password: 'LIT',",
            "class DevelopmentConfig(Config):\n    SECRET_KEY = 'LIT'",
            "class TestConfig:\n    x = 1\n\n    SECRET_KEY = 'LIT'",
            "development:\n  password: LIT",
            "test:\n  db:\n    password: LIT",
            "  \"development\": {\n    \"password\": \"LIT\"",
            "if (!options.secret) {\n  options.secret = 'LIT'",
            "if secret == \"\" {\n\tsecret = \"LIT\"",
            "if (env.IsDevelopment()) {\n  var password = \"LIT\";",
        ] {
            assert!(gated(text), "{text}");
        }
    }

    #[test]
    fn production_code_is_not() {
        for text in [
            "password = 'LIT'",
            "class Config:\n    SECRET_KEY = 'LIT'",
            "if not settings.DEBUG:\n    password = 'LIT'",
            "if (process.env.NODE_ENV === 'production') {\n  password: 'LIT'",
            "production:\n  password: LIT",
            "development:\n  host: x\nproduction:\n  password: LIT",
            "if (secret) {\n  password = 'LIT'",
            "if settings.DEBUG:\n    x = 1\npassword = 'LIT'",
            "def connect():\n    return login(password='LIT')",
        ] {
            assert!(!gated(text), "{text}");
        }
    }
}

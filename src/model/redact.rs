//! Redaction: what looks like a secret value is replaced by its first characters and its length.
//!
//! To teach it a way of writing a secret, add a pattern to `redact` (a name before the value) or the name of a function to
//! `takes_key` (the value is an argument), and a line to the tests.

use std::sync::OnceLock;

use regex::bytes::{Captures, Regex as BytesRegex, RegexBuilder};

/// Replaces whatever looks like a secret value by its first characters and its length.
///
/// Runs once, when evidence is built, so that no output format ever sees a value. It prefers to redact too much: a quoted
/// literal behind a secret-like name, a password in a URL, a long token with a provider's prefix, private key material.
pub fn redact(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut text = text.to_owned();
    for (literals, pattern, compiled) in &PATTERNS {
        // Compiling an expression costs more than a report full of lines in which it cannot match.
        if !literals.is_empty() && !literals.iter().any(|literal| lower.contains(literal)) {
            continue;
        }
        let Some(pattern) = compiled.get_or_init(|| bytewise(pattern)) else { continue };
        let replaced = pattern.replace_all(text.as_bytes(), |found: &Captures<'_>| match &found["value"] {
            // `{"name": "API_TOKEN", "value": …}`: the word is a key.
            b"value" | b"valueFrom" => found[0].to_owned(),
            value if REFERENCES.iter().any(|start| value.starts_with(start)) => found[0].to_owned(),
            value if found["keep"].trim_ascii_end().ends_with(b":") && is_type(value, rest(&text, found)) => found[0].to_owned(),
            value => [&found["keep"], mask(&String::from_utf8_lossy(value)).as_bytes(), &found["after"]].concat(),
        });
        text = String::from_utf8_lossy(&replaced).into_owned();
    }
    if CALLS.iter().any(|word| lower.contains(word)) { mask_arguments(&text) } else { text }
}

/// How code refers to a variable of the environment, whose name is no secret and whose default is quoted.
const REFERENCES: [&[u8]; 4] = [b"process.env.", b"import.meta.env.", b"os.environ.get(", b"os.getenv("];

/// What stands behind a match, up to the end of its line.
fn rest<'t>(text: &'t str, found: &Captures<'_>) -> &'t [u8] {
    let end = found.get(0).map_or(0, |whole| whole.end());
    let rest = &text.as_bytes()[end..];
    &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())]
}

/// Is this, behind a name and a colon, the type of a parameter, field or variable?
///
/// The types of the languages are, in whatever stands there; a name of one's own only where code goes on behind it.
fn is_type(value: &[u8], rest: &[u8]) -> bool {
    const BUILT_IN: [&[u8]; 13] = [
        b"String",
        b"string",
        b"&str",
        b"boolean",
        b"Boolean",
        b"number",
        b"ByteArray",
        b"CharArray",
        b"SecretStr",
        b"Optional",
        b"unknown",
        b"undefined",
        b"CharSequence",
    ];
    const OWN: [&[u8]; 10] =
        [b"Service", b"Token", b"Key", b"Request", b"Dto", b"Provider", b"Manager", b"Repository", b"Encoder", b"Payload"];
    let name = &value[..value.iter().rposition(|byte| !b"?!):*]>".contains(byte)).map_or(0, |at| at + 1)];
    let goes_on = value.ends_with(b")")
        || value.ends_with(b"):")
        || [&b"="[..], b"|", b"->", b"{"].iter().any(|sign| rest.starts_with(sign));
    let is_own = name.first().is_some_and(u8::is_ascii_uppercase)
        && name.iter().all(u8::is_ascii_alphabetic)
        && OWN.iter().any(|end| name.ends_with(end));
    BUILT_IN.contains(&name) || (is_own && goes_on)
}

/// Words of which one stands in every name of `takes_key`.
const CALLS: [&str; 12] = [
    "jwt",
    "sign",
    "verify",
    "hmac",
    "cipher",
    "keyspec",
    "securitykey",
    "from_secret",
    "from_slice",
    "fernet",
    "cookie",
    "serializer",
];

/// Without Unicode's classes, which cost ten times as much to build. What surrounds a value is ASCII, so no character is cut.
fn bytewise(pattern: &str) -> Option<BytesRegex> {
    RegexBuilder::new(pattern).unicode(false).build().ok()
}

/// One of these literals, in lower case, must occur for the pattern to match; without any, it is always tried.
type Pattern = (&'static [&'static str], &'static str, OnceLock<Option<BytesRegex>>);

static PATTERNS: [Pattern; 7] = [
    (&["://"], r"(?P<keep>://[^/\s:@]*:)(?P<value>[^@\s/$\{<]{1,})(?P<after>@)", OnceLock::new()),
    (
        &["pass", "pwd", "secret", "token", "key", "credential"],
        r#"(?i)(?P<keep>(?:passw(?:or)?d|passwd|pwd|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credential)[\w.\-\]"']{0,40}?\s*(?:[:=]>?|:=|,|\|\||\?\?|\bor\b)\s*[bfr]?["'`])(?P<value>[^"'`\s$\{<][^"'`]*)(?P<after>["'`])"#,
        OnceLock::new(),
    ),
    (
        &["pass", "secret", "token", "key"],
        r#"(?i)(?P<keep>(?:passw(?:or)?d|passwd|secret|token|api_?key|private_?key|access_?key)\w{0,40}\s*[=:]\s?)(?P<value>[^\s"'`$\{<(\[,;]{6,})(?P<after>[\s;,"'`]|$)"#,
        OnceLock::new(),
    ),
    (
        &[],
        r"(?P<keep>)(?P<value>(?:AKIA|ASIA|gh[pousr]_|github_pat_|glpat-|sk-|sk_live_|rk_live_|xox[abprs]-|AIza|ya29\.|hf_|npm_|pypi-|dop_v1_|shpat_|eyJ[A-Za-z0-9_-]{8,}\.)[A-Za-z0-9_\-.]{12,})(?P<after>)",
        OnceLock::new(),
    ),
    (
        &["value"],
        r#"(?i)(?P<keep>\b(?:name|key)["']?\s*[:=]\s*["']?[\w.-]*(?:passw(?:or)?d|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credential)[\w.-]*["']?\s*,?\s*["']?value["']?\s*[:=]\s*["']?)(?P<value>[^\s"'$\{<][^\s"',}]*)(?P<after>)"#,
        OnceLock::new(),
    ),
    (&["private key"], r"(?P<keep>-----BEGIN [A-Z ]*PRIVATE KEY-----)(?P<value>.+)(?P<after>)", OnceLock::new()),
    // `APP_KEY=…`, whatever the word before: a line of an environment file holds little else that is worth reading. A call is no
    // value, and what is masked (`…` begins with the byte e2) stays as it is.
    (
        &["key", "salt", "pwd", "pass", "dsn", "credential"],
        r#"(?m)(?P<keep>^[ \t]*(?:export[ \t]+|-[ \t]+)?["']?[A-Z0-9_]*(?:KEY|SALT|PWD|PASS|DSN|CREDENTIALS?)[A-Z0-9_]*["']?[ \t]*[=:][ \t]*["']?)(?P<value>[^\s"'$\{<(\[][^\s"'(\xe2]{5,})(?P<after>["'\s]|$)"#,
        OnceLock::new(),
    ),
];

/// A secret value as reports may show it: at most its first four characters, and its length.
pub fn mask(value: &str) -> String {
    let length = value.chars().count();
    let shown: String = value.chars().take(if length >= 12 { 4 } else { usize::from(length >= 6) }).collect();
    format!("{shown}…({length} characters)")
}

/// Masks the literals among the arguments of functions that take a key: `createHmac('sha256', '…')`.
fn mask_arguments(text: &str) -> String {
    let (mut out, mut done) = (String::with_capacity(text.len()), 0);
    for call in takes_key().into_iter().flat_map(|pattern| pattern.find_iter(text.as_bytes())) {
        for (start, end) in arguments(text, call.end()) {
            if start >= done {
                out.push_str(&text[done..start]);
                out.push_str(&mask(&text[start..end]));
                done = end;
            }
        }
    }
    out.push_str(&text[done..]);
    out
}

/// The beginning of a call that signs, verifies or encrypts, up to its parenthesis.
fn takes_key() -> Option<&'static BytesRegex> {
    static PATTERN: OnceLock<Option<BytesRegex>> = OnceLock::new();
    let names = r"(?i)(?:\bjwt\w*(?:\.|::|->)(?:sign|verify|encode|decode)\w*|\b(?:sign|verify)(?:async|with|edstring)?|createHmac|create(?:De)?cipher(?:iv)?|hash_hmac|hmac\w*(?:(?:\.|::)\w+)?|SecretKeySpec|SymmetricSecurityKey|from_secret|new_from_slice|Fernet|cookieParser|cookieSession|\w*Serializer)\s*\(";
    PATTERN.get_or_init(|| bytewise(names)).as_ref()
}

/// The literals that stand as arguments of the call whose parenthesis ends at `from`, as byte ranges without their quotes.
///
/// The value of a named argument or of a member of an object, an index and the argument of a look-up (`env('NAME')`) are none.
fn arguments(text: &str, from: usize) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let (mut depth, mut at, mut found) = (1usize, from, Vec::new());
    while at < bytes.len() && depth > 0 {
        match bytes[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            quote @ (b'"' | b'\'' | b'`') => {
                let start = at + 1;
                let Some(length) = memchr::memchr(quote, &bytes[start..]) else { break };
                let before = text[..at].trim_end_matches(|c: char| c.is_ascii_alphabetic()).trim_end();
                let looked_up = lookup().is_some_and(|pattern| pattern.is_match(before.as_bytes()));
                if before.ends_with(['(', ',']) && !looked_up && is_key(&text[start..start + length]) {
                    found.push((start, start + length));
                }
                at = start + length;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// A function that looks a name up, before its argument.
fn lookup() -> Option<&'static BytesRegex> {
    static PATTERN: OnceLock<Option<BytesRegex>> = OnceLock::new();
    let names = r"(?i)(?:\bget(?:env|Env\w*|Secret\w*|Property|String|Value|Or\w*)?|env\w*|fetch|config|var|require|import|lookup|read\w*|open)\s*\($";
    PATTERN.get_or_init(|| bytewise(names)).as_ref()
}

/// Is this literal no reference, and no name of an algorithm, encoding or duration?
fn is_key(value: &str) -> bool {
    static WORDS: OnceLock<Option<BytesRegex>> = OnceLock::new();
    let words = r"(?i)^(?:.{0,3}|[HREP]S\d{3}|EdDSA|none|(?:hmac)?sha-?\d*|md5|hex|base64(?:url)?|utf-?8|ascii|latin1|binary|aes[\w-]*|\d+ ?[smhdwy]\w*|\$.*|\{.*)$";
    WORDS.get_or_init(|| bytewise(words)).as_ref().is_some_and(|words| !words.is_match(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn values_behind_secret_names_are_masked() {
        for line in [
            r#"JWT_SECRET = "my-very-own-value""#,
            r#"const token = process.env.TOKEN || 'my-very-own-value'"#,
            r#"os.getenv("JWT_SECRET", "my-very-own-value")"#,
            "POSTGRES_PASSWORD: my-very-own-value",
            "APP_KEY=base64:my-very-own-value=",
            "export PUSHER_APP_KEY='my-very-own-value'",
            "- SENTRY_DSN=my-very-own-value",
            "url: \"Server=db;User Id=app;Password=my-very-own-value;Encrypt=True\"",
            "postgres://app:my-very-own-value@db:5432/app",
            "private static SECRET = process.env.JWT_SECRET || 'my-very-own-value';",
            "SECRET=process.environment-my-very-own-value",
        ] {
            let redacted = redact(line);
            assert!(!redacted.contains("my-very-own-value"), "{redacted}");
        }
    }

    #[test]
    fn references_to_variables_stay_readable() {
        let line = "POSTGRES_PASSWORD: ${POSTGRES_PASSWORD:?set it}";
        assert_eq!(redact(line), line);
        for line in [
            "APP_KEY=${APP_KEY}",
            "APP_KEY=",
            "const KEY_LENGTH = lengthOf(options);",
            "KEYS: [a, b]",
            "API_KEY = os.getenv(\"API_KEY\")",
            "private static SECRET = process.env.JWT_SECRET;",
            "router.get('/:id', AuthController.verify(['user'], '*'), show)",
        ] {
            assert_eq!(redact(line), line);
        }
        let line = r#"password: str = Field(min_length=12)"#;
        assert_eq!(redact(line), line);
    }

    #[test]
    fn types_are_no_values() {
        for line in [
            "fun checkLogout(accessToken: String): Boolean {",
            "fun logIn(password: String?): Token",
            "password: string | null",
            "def log_in(password: SecretStr) -> Token:",
            "fn verify(token: &str) -> bool {",
            "func verify(token: String) -> Bool {",
            "val tokenService: TokenService = TokenService()",
            "fun logIn(user: User, accessToken: AccessToken): Boolean",
        ] {
            assert_eq!(redact(line), line);
        }
        for line in [
            "password: Stringent)x",
            "password: Hunter2Token",
            "password: HunterToken",
            "password=String):x",
            "token = HunterToken = x",
        ] {
            assert_ne!(redact(line), line);
        }
    }

    #[test]
    fn a_value_below_its_name_is_masked() {
        for line in [
            "- name: JWT_SECRET\n  value: my-very-own-value",
            r#"{"name": "API_TOKEN", "value": "my-very-own-value"}"#,
            r#"{ name = "DB_PASSWORD", value = "my-very-own-value" }"#,
        ] {
            let redacted = redact(line);
            assert!(!redacted.contains("my-very-own-value") && redacted.contains("value"), "{redacted}");
        }
        let line = r#"{"name": "API_TOKEN", "valueFrom": "arn:aws:ssm:eu-west-1:1:parameter/x"}"#;
        assert_eq!(redact(line), line);
    }

    #[test]
    fn keys_that_are_arguments_are_masked() {
        for line in [
            "jwt.sign(payload, 'my-very-own-value', { expiresIn: '15m' })",
            "jwt.verify(token, \"my-very-own-value\")",
            "createHmac('sha256', 'my-very-own-value').update(body)",
            "hmac.new(b'my-very-own-value', body, sha256)",
            "mac := hmac.New(sha256.New, []byte(\"my-very-own-value\"))",
            "token.SignedString([]byte(\"my-very-own-value\"))",
            "EncodingKey::from_secret(b\"my-very-own-value\")",
            "JWT::encode($payload, 'my-very-own-value', 'HS256')",
            "Jwts.builder().signWith(Keys.hmacShaKeyFor(\"my-very-own-value\".getBytes()))",
            "new SymmetricSecurityKey(Encoding.UTF8.GetBytes(\"my-very-own-value\"))",
            "app.use(cookieParser('my-very-own-value'))",
        ] {
            let redacted = redact(line);
            assert!(!redacted.contains("own-value"), "{redacted}");
        }
    }

    #[test]
    fn algorithms_and_names_of_variables_stay_readable() {
        for line in [
            "createHmac('sha256', process.env['WEBHOOK_SECRET'])",
            "jwt.sign(payload, config.get('JWT_SECRET'), { algorithm: 'HS256', expiresIn: '15m' })",
            "jwt.encode(payload, os.environ[\"JWT_SECRET\"], algorithm=\"HS256\")",
            "const design = redesign(page, 'a new colour')",
        ] {
            assert_eq!(redact(line), line);
        }
    }
}

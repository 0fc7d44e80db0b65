//! What the name of a variable, key or parameter says about the value it is given.
//!
//! The last word decides, as in speech: `jwt_secret` is a secret, `secret_name` is a name, `token_url` a URL, `tokenizer` neither.
//! To teach it a word, add it to one of the lists; the table in the tests shows what they are for.

/// What kind of secret a name announces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noun {
    /// Chosen by a person, possibly weak.
    Password,
    /// A shared secret, or a key that signs or encrypts.
    Secret,
    /// A key that a provider issued.
    ApiKey,
    /// Names that often mean something else: only what looks random counts.
    Token,
    /// The header with that name.
    Authorization,
}

/// A name that announces a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) noun: Noun,
    /// In lower case.
    pub(super) words: Vec<String>,
}

/// Texts of which every such name holds one, without regard to case: what the scan looks for.
pub(super) const KEYWORDS: &[&str] = &[
    "pass",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "accesskey",
    "access_key",
    "access-key",
    "privatekey",
    "private_key",
    "private-key",
    "credential",
    "encryptionkey",
    "encryption_key",
    "encryption-key",
    "signingkey",
    "signing_key",
    "signing-key",
    "masterkey",
    "master_key",
    "master-key",
    "authkey",
    "auth_key",
    "auth-key",
    "jwtkey",
    "jwt_key",
    "jwt-key",
    "app_key",
    "appkey",
    "hmac_key",
    "hmackey",
    "authorization",
];

/// Words at the end that say in which form or for what the secret is, not what it is.
const FORM: &[&str] = &[
    "value",
    "val",
    "string",
    "str",
    "text",
    "plain",
    "plaintext",
    "raw",
    "literal",
    "const",
    "prod",
    "production",
    "live",
    "staging",
    "v",
    "b64",
    "base64",
    "hex",
    "current",
    "previous",
    "prev",
    "primary",
    "secondary",
    "main",
    "old",
    "new",
    "env",
];

/// Words that make it something else, wherever they stand.
const OTHER: &[&str] = &[
    "invalid",
    "missing",
    "wrong",
    "incorrect",
    "forgot",
    "forgotten",
    "show",
    "hide",
    "toggle",
    "min",
    "max",
    "minimum",
    "maximum",
    "is",
    "has",
    "no",
    "require",
    "required",
    "requires",
    "error",
    "err",
    "label",
    "placeholder",
    "hint",
    "pattern",
    "regex",
    "regexp",
    "rule",
    "rules",
    "field",
    "column",
    "header",
    "validate",
    "validation",
    "validator",
    "expired",
    "expires",
    "change",
    "changed",
    "reset",
    "update",
    "updated",
    "hash",
    "hashed",
    "encrypted",
    "encode",
    "public",
    "pub",
    "publishable",
    "expected",
    "url",
    "uri",
    "path",
    "file",
    "filename",
    "type",
    "name",
    "param",
    "parameter",
    "prefix",
    "suffix",
    "format",
    "length",
    "len",
    "size",
    "ttl",
    "expiry",
    "test",
    "testing",
    "dev",
    "development",
    "local",
    "localhost",
    "mock",
    "fake",
    "dummy",
    "example",
    "sample",
    "stub",
    "fixture",
    "unsafe",
    "insecure",
    "bypass",
    "compass",
    "link",
    "href",
    "icon",
    "title",
    "message",
    "msg",
    "description",
    "help",
    "count",
    "limit",
    "css",
    "class",
    "selector",
    "strength",
    "policy",
    "display",
    "displayed",
    "masked",
    "preview",
    "verify",
    "compare",
    "match",
    "matches",
    "mismatch",
    "re",
    "repeat",
    "confirm",
    "confirmation",
    "without",
];

/// Words before `token` that make it part of a text or a page.
const TEXT_TOKEN: &[&str] = &[
    "pad",
    "eos",
    "bos",
    "unk",
    "mask",
    "stop",
    "sep",
    "cls",
    "start",
    "end",
    "next",
    "page",
    "sync",
    "csrf",
    "xsrf",
    "cancel",
    "cancellation",
    "cancelation",
    "injection",
    "di",
    "design",
    "syntax",
    "punctuation",
    "punctuator",
    "last",
    "first",
    "special",
    "continuation",
    "pagination",
    "antiforgery",
    "lex",
    "parse",
    "ast",
    "semantic",
    "theme",
    "color",
    "colour",
    "image",
    "bot_name",
];

/// Words before `key` that make it a secret.
const SIGNING: &[&str] =
    &["secret", "signing", "encryption", "encrypt", "crypto", "cipher", "jwt", "hmac", "aes", "master", "private"];
/// Words before `key` that make it an issued key.
const ISSUED: &[&str] = &["api", "access", "service", "subscription", "license", "role"];
/// Words before `key` that often mean the name of an entry.
const ENTRY: &[&str] = &["auth", "app", "session", "account", "webhook", "server", "cookie", "client"];

/// What the last segment of a dotted name announces, if it announces a secret.
pub(super) fn judge(name: &str) -> Option<Name> {
    let words = words(name);
    let end = words.iter().rposition(|word| !is_form(word))? + 1;
    let (last, before) = words[..end].split_last()?;
    if words.iter().any(|word| OTHER.contains(&word.as_str())) {
        return None;
    }
    let previous = before.last().map_or("", String::as_str);
    let noun = match last.as_str() {
        "password" | "passwd" | "pwd" | "passphrase" | "passwort" | "userpassword" | "dbpassword" => Noun::Password,
        // Alone it is a keyword of several languages, or something else that passes.
        "pass" if !before.is_empty() => Noun::Password,
        "secret" | "secretkey" | "clientsecret" | "signingkey" | "encryptionkey" | "masterkey" | "jwtsecret" | "jwtkey"
        | "hmackey" | "privatekey" | "appsecret" => Noun::Secret,
        "base" if words[..end].ends_with(&["secret".to_owned(), "key".to_owned(), "base".to_owned()]) => Noun::Secret,
        "apikey" | "accesskey" | "apisecret" => Noun::ApiKey,
        "key" if SIGNING.contains(&previous) => Noun::Secret,
        "key" if ISSUED.contains(&previous) => Noun::ApiKey,
        "key" if ENTRY.contains(&previous) => Noun::Token,
        "token" if !TEXT_TOKEN.contains(&previous) => Noun::Token,
        "authkey" | "appkey" | "authtoken" | "accesstoken" | "refreshtoken" | "bearertoken" | "credential" | "credentials" => {
            Noun::Token
        }
        "authorization" => Noun::Authorization,
        _ => return None,
    };
    Some(Name { noun, words })
}

fn is_form(word: &str) -> bool {
    FORM.contains(&word) || word.strip_prefix('v').unwrap_or(word).bytes().all(|byte| byte.is_ascii_digit())
}

/// Does the name end like one that holds a key, so that a provider's name in it and the format of the value suffice?
pub(super) fn ends_like_a_key(words: &[String]) -> bool {
    const ENDS: &[&str] =
        &["key", "token", "secret", "password", "pass", "pwd", "auth", "apikey", "pat", "credential", "appkey", "authtoken"];
    !words.iter().any(|word| OTHER.contains(&word.as_str()))
        && words.iter().rfind(|word| !is_form(word)).is_some_and(|word| ENDS.contains(&word.as_str()))
}

/// `APIKeyOf-db_2` → api, key, of, db, 2; in lower case.
pub(super) fn words(name: &str) -> Vec<String> {
    let bytes = name.as_bytes();
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for (index, byte) in bytes.iter().enumerate() {
        let (before, after) = (index.checked_sub(1).map(|at| bytes[at]), bytes.get(index + 1));
        let is_lower = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_lowercase);
        let digit_edge = before.is_some_and(|b| b.is_ascii_alphabetic()) && byte.is_ascii_digit();
        let camel = byte.is_ascii_uppercase()
            && before
                .is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || (b.is_ascii_uppercase() && is_lower(after)));
        // `b64` and `base64` stay one word.
        let keeps_digits = matches!(word.as_str(), "b" | "base" | "sha" | "md" | "utf" | "v");
        if !byte.is_ascii_alphanumeric() || camel || (digit_edge && !keeps_digits) {
            words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty()));
        }
        if byte.is_ascii_alphanumeric() {
            word.push(char::from(byte.to_ascii_lowercase()));
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noun(name: &str) -> Option<Noun> {
        judge(name).map(|name| name.noun)
    }

    #[test]
    fn names_split_into_words() {
        assert_eq!(words("APIKeyOf-db_2"), ["api", "key", "of", "db", "2"]);
        assert_eq!(words("JWT_SECRET_B64"), ["jwt", "secret", "b64"]);
        assert_eq!(words("password2"), ["password", "2"]);
        assert_eq!(words("$dbPass"), ["db", "pass"]);
        assert!(words("").is_empty());
    }

    #[test]
    fn names_of_secrets() {
        for (name, expected) in [
            ("password", Noun::Password),
            ("DB_PASSWORD", Noun::Password),
            ("dbPass", Noun::Password),
            ("smtp_pwd", Noun::Password),
            ("JWT_SECRET", Noun::Secret),
            ("SECRET_KEY", Noun::Secret),
            ("secretKey", Noun::Secret),
            ("SECRET_KEY_BASE", Noun::Secret),
            ("clientSecret", Noun::Secret),
            ("encryption-key", Noun::Secret),
            ("jwt_secret_v2", Noun::Secret),
            ("privateKey", Noun::Secret),
            ("UPSTREAM_API_KEY", Noun::ApiKey),
            ("x-api-key", Noun::ApiKey),
            ("awsSecretAccessKey", Noun::ApiKey),
            ("apikey", Noun::ApiKey),
            ("accessToken", Noun::Token),
            ("APP_KEY", Noun::Token),
            ("credentials", Noun::Token),
            ("Authorization", Noun::Authorization),
        ] {
            assert_eq!(noun(name), Some(expected), "{name}");
        }
    }

    #[test]
    fn names_of_something_else() {
        for name in [
            "token_url",
            "password_field",
            "secretName",
            "passwordPlaceholder",
            "tokenizer",
            "csrf_token_name",
            "csrf_token",
            "pad_token",
            "max_tokens",
            "passwordHash",
            "password_reset",
            "invalid_password",
            "is_secret",
            "TOKEN_TTL",
            "secretRef",
            "passes",
            "bypass",
            "pass",
            "passport",
            "compassKey",
            "public_key",
            "access_key_id",
            "storage_key",
            "primary_key",
            "showPassword",
            "password_min_length",
            "tokens",
            "secrets",
            "secretsmanager",
            "testPassword",
            "UNSAFE_SECRET_KEY",
            "insecureJwtSecret",
            "FAKE_API_KEY",
            "DUMMY_PASSWORD",
            "EXAMPLE_TOKEN",
            "keyPrefix",
            "authorizationUrl",
            "nextToken",
            "confirmPassword",
            "key",
            "",
        ] {
            assert_eq!(noun(name), None, "{name}");
        }
    }
}

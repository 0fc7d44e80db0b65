//! Whether a literal is a secret value: placeholders, references, hashes, words, and what looks random.
//!
//! Everything here judges the text alone. To teach it a placeholder or a reference, add it to its list and to the tests.

/// Parts of a text that nobody would use as a secret.
const PLACEHOLDER: &[&str] = &[
    "changeme",
    "change-me",
    "change_me",
    "changeit",
    "change-this",
    "change_this",
    "changethis",
    "please-change",
    "placeholder",
    "example",
    "replace",
    "your-",
    "your_",
    "yourkey",
    "yoursecret",
    "yourpass",
    "yourtoken",
    "yourown",
    "my-key-here",
    "xxxx",
    "****",
    "....",
    "todo",
    "fixme",
    "redacted",
    "dummy",
    "fake",
    "sample",
    "notreal",
    "not-a-real",
    "not_a_real",
    "goes-here",
    "goes_here",
    "goeshere",
    "insert-",
    "insert_",
    "enter-",
    "enter_",
    "put-",
    "put_",
    "-here",
    "_here",
    "…",
    "•",
    "snip",
    "foobar",
    "lorem",
    "not-set",
    "not_set",
    "unset",
    "set-me",
    "set_me",
    "setme",
    "fill-in",
    "fill_in",
    "generate-",
    "generate_",
    "generated",
    "some-secret",
    "some_secret",
    "for-testing",
    "test-only",
    "test_only",
    "do-not-use",
    "00000000",
    "deadbeef",
];

/// Whole texts that are no secret.
const NOTHING: &[&str] = &[
    "none",
    "null",
    "nil",
    "undefined",
    "true",
    "false",
    "empty",
    "n/a",
    "tbd",
    "disabled",
    "enabled",
    "optional",
    "required",
    "nullable",
    "confirmed",
    "encrypted",
    "hashed",
    "hidden",
    "masked",
    "redacted",
    "configured",
    "missing",
    "present",
    "absent",
    "set",
    "unset",
    "mock",
    "unused",
    "unknown",
    "default",
    "string",
    "text",
    "number",
    "boolean",
    "object",
    "bearer",
    "basic",
    "digest",
    "inherit",
    "write",
    "read",
    "auto",
    "vault",
    "keychain",
    "keyring",
    "env",
    "prompt",
    "plain",
    "plaintext",
    "trust",
    "scram-sha-256",
    "not-needed",
    "not_needed",
    "no-key",
    "no-key-required",
    "sk-no-key-required",
    "ollama",
    "lm-studio",
    "anonymous",
];

/// Words that name secrets and fields; a text of nothing else is a name, not a value.
const FIELD: &[&str] = &[
    "password",
    "passwd",
    "pwd",
    "pass",
    "passphrase",
    "secret",
    "secrets",
    "token",
    "tokens",
    "key",
    "keys",
    "api",
    "apikey",
    "access",
    "refresh",
    "client",
    "private",
    "public",
    "jwt",
    "auth",
    "authorization",
    "user",
    "username",
    "login",
    "credential",
    "credentials",
    "current",
    "new",
    "old",
    "confirm",
    "confirmation",
    "repeat",
    "again",
    "field",
    "input",
    "form",
    "label",
    "name",
    "id",
    "value",
    "type",
    "header",
    "hash",
    "reset",
    "forgot",
    "change",
    "update",
    "set",
    "get",
    "create",
    "delete",
    "show",
    "hide",
    "toggle",
    "csrf",
    "xsrf",
    "session",
    "cookie",
    "app",
    "application",
    "service",
    "server",
    "account",
    "db",
    "database",
    "admin",
    "my",
    "the",
    "x",
    "is",
    "not",
    "of",
    "to",
    "for",
    "and",
    "invalid",
    "incorrect",
    "missing",
    "error",
    "expired",
    "wrong",
    "config",
    "settings",
    "grant",
    "code",
    "bearer",
    "oauth",
    "oidc",
    "signing",
    "encryption",
    "master",
    "device",
    "verification",
    "verify",
    "email",
    "file",
    "path",
    "url",
    "strong",
    "weak",
    "storage",
    "data",
    "text",
    "provider",
];

/// Beginnings of references to where a secret is kept.
const REFERENCE: &[&str] = &[
    "$",
    "%",
    "@",
    "!",
    "env:",
    "env.",
    "env(",
    "process.env",
    "os.environ",
    "vault:",
    "vault.",
    "arn:",
    "projects/",
    "op://",
    "ref+",
    "ref:",
    "file:",
    "classpath:",
    "/",
    "./",
    "../",
    "~/",
    "data:",
    "http://",
    "https://",
    "secretsmanager",
    "ssm:",
    "aws-secret",
    "gcp-sm:",
    "sm://",
    "keyvault",
    "kv:",
    "sops:",
    "enc[",
    "enc(",
    "encrypted:",
    "hashed:",
    "{",
    "[",
    "(",
    "<",
    "#",
    "ssh-",
    "-----begin",
    "ecdsa-",
    "age1",
    "did:",
    "urn:",
    "secrets.",
    "secret:",
    "var.",
    "local.",
    "data.",
    "module.",
    "self.",
    "this.",
    "config.",
    "credentials(",
    "cn=",
    "c:\\",
    "spiffe:",
];

/// Beginnings of digests, from which nobody gets the secret back.
const DIGEST: &[&str] = &[
    "$2a$",
    "$2b$",
    "$2y$",
    "$argon2",
    "$1$",
    "$5$",
    "$6$",
    "$y$",
    "$pbkdf2",
    "$scrypt",
    "pbkdf2:",
    "pbkdf2_",
    "scrypt:",
    "argon2",
    "bcrypt",
    "sha1-",
    "sha1:",
    "sha1$",
    "sha256-",
    "sha256:",
    "sha256$",
    "sha384-",
    "sha512-",
    "sha512:",
    "md5:",
    "md5$",
    "{bcrypt}",
    "{sha",
    "{ssha",
    "{noop}",
    "{argon2",
    "scram-sha",
    "h1:",
    "crypt:",
];

/// Algorithms and encodings, which have digits as passwords do.
const ALGORITHM: &[&str] = &[
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "md5",
    "hs256",
    "hs384",
    "hs512",
    "rs256",
    "rs384",
    "rs512",
    "es256",
    "es384",
    "es512",
    "ps256",
    "aes128",
    "aes192",
    "aes256",
    "aes",
    "argon2",
    "argon2i",
    "argon2id",
    "pbkdf2",
    "bcrypt",
    "scrypt",
    "oauth",
    "oauth1",
    "oauth2",
    "utf",
    "utf8",
    "utf16",
    "base64",
    "base32",
    "ed25519",
    "x509",
    "p256",
    "p384",
    "ssha",
    "hmac",
    "gcm",
    "cbc",
    "ripemd160",
    "blake2b",
    "latin1",
    "ascii",
    "http1",
    "http2",
    "tls1",
    "pkcs1",
    "pkcs8",
    "pkcs12",
    "rsa",
    "ecdsa",
    "ecdh",
    "dsa",
    "cram",
    "ntlm",
    "sasl",
    "scram",
];

/// Is it empty of information: a placeholder, a reference, a digest, or a name of nothing?
pub(super) fn is_harmless(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    is_placeholder(&lower)
        || REFERENCE.iter().any(|start| lower.starts_with(start))
        || DIGEST.iter().any(|start| lower.starts_with(start))
        || is_algorithm(&lower)
        || (lower.contains("://") && !lower.contains('@'))
}

/// Is it, in lower case, a stand-in for a value, or templated?
pub(super) fn is_placeholder(lower: &str) -> bool {
    let mut bytes = lower.bytes();
    let first = bytes.next();
    NOTHING.contains(&lower)
        || PLACEHOLDER.iter().any(|part| lower.contains(part))
        || ["your", "mysecretkey", "secretkey", "some"].contains(&lower)
        || first.is_none_or(|first| bytes.all(|byte| byte == first))
        || is_templated(lower)
        || is_of_tests(lower)
}

/// `test-secret`, `dev_jwt_key_1`: says that it is none, and then what it would be.
fn is_of_tests(lower: &str) -> bool {
    const MARKERS: &[&str] = &["test", "testing", "dev", "dummy", "fake", "mock", "sample", "example"];
    let Some((marker, rest)) = lower.split_once(['-', '_']) else { return false };
    let mut words = rest.split(['-', '_']).map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()));
    MARKERS.contains(&marker)
        && words.clone().any(|word| ["secret", "token", "key", "password"].contains(&word))
        && words.all(|word| word.is_empty() || FIELD.contains(&word))
}

/// Does something fill it in?
pub(super) fn is_templated(value: &str) -> bool {
    ["${", "{{", "}}", "$(", "#{", "%(", "<%", "%s", "%v", "%d", "{0}", "`"].iter().any(|mark| value.contains(mark))
        || value.find('<').is_some_and(|at| value[at..].contains('>'))
        || value.find('{').is_some_and(|at| value[at..].contains('}'))
        || value.starts_with('%') && value.ends_with('%')
}

fn is_algorithm(lower: &str) -> bool {
    lower
        .split(['-', '_', '.', '/', ':', ' '])
        .all(|part| part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit()) || ALGORITHM.contains(&part))
}

/// Does it consist of words that name secrets and fields (`new-password`, `ACCESS_TOKEN`, `password2`)?
pub(super) fn is_field_name(value: &str) -> bool {
    let words = super::name::words(value);
    let digits = words.iter().filter(|word| word.bytes().all(|byte| byte.is_ascii_digit())).count();
    let short_number = |word: &String| word.len() == 1 && word.bytes().all(|byte| byte.is_ascii_digit());
    !words.is_empty() && digits <= 1 && words.iter().all(|word| FIELD.contains(&word.as_str()) || short_number(word))
}

/// `JWT_SECRET`: the name of a variable.
pub(super) fn is_constant_name(value: &str) -> bool {
    value.contains('_')
        && value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit())
        && value.split('_').all(|part| {
            part.bytes().all(|b| b.is_ascii_digit()) || part.bytes().all(|b| b.is_ascii_uppercase()) || part.len() < 5
        })
}

/// `auth.password.reset`: the path of a property or a message.
pub(super) fn is_dotted_path(value: &str) -> bool {
    let mut parts = value.split('.');
    value.contains('.')
        && parts.all(|part| {
            !part.is_empty()
                && looks_like_words(part)
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        })
}

/// Parts between separators are words, numbers or a word with a short number: an identifier, not a key.
pub(super) fn looks_like_words(value: &str) -> bool {
    value.split(['-', '_', '.', '/', ':', '+', '=', '~', '@', '|', ',']).all(|part| !is_random(part))
}

/// A stretch of letters and digits in which both alternate as in no word.
fn is_random(part: &str) -> bool {
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    let letters = part.bytes().filter(u8::is_ascii_alphabetic).count();
    if part.len() < 8 || letters == 0 || entropy(part) < 2.5 {
        return false;
    }
    if digits == 0 {
        // Letters alone: only mixed case without any word in it.
        return part.len() >= 20
            && entropy(part) >= 3.8
            && case_changes(part) * 4 >= part.len()
            && capital_pairs(part) * 8 >= part.len();
    }
    let word_with_number = part.trim_end_matches(|c: char| c.is_ascii_digit());
    let number_with_word = part.trim_start_matches(|c: char| c.is_ascii_digit());
    let all_letters = |text: &str| text.bytes().all(|b| b.is_ascii_alphabetic());
    digits > 4 || !(all_letters(word_with_number) || all_letters(number_with_word))
}

fn case_changes(text: &str) -> usize {
    let bytes = text.as_bytes();
    bytes.windows(2).filter(|pair| pair[0].is_ascii_lowercase() != pair[1].is_ascii_lowercase()).count()
}

/// Words in camel case have none.
fn capital_pairs(text: &str) -> usize {
    text.as_bytes().windows(2).filter(|pair| pair.iter().all(u8::is_ascii_uppercase)).count()
}

/// Do at least half of the parts between dashes mix letters and digits?
pub(super) fn has_mixed_parts(value: &str) -> bool {
    let mixed = |part: &&str| part.bytes().any(|b| b.is_ascii_digit()) && part.bytes().any(|b| b.is_ascii_alphabetic());
    value.split('-').filter(mixed).count() * 2 >= value.split('-').count()
}

/// Does it look as if a machine had made it? At least `length` characters.
pub(super) fn looks_random(value: &str, length: usize) -> bool {
    value.len() >= length
        && value.bytes().all(|byte| byte.is_ascii_graphic())
        && !looks_like_words(value)
        && !has_sequence(value)
        && entropy(value) >= expected_entropy(value.len())
}

/// Is it certain that a machine made it: a key in hexadecimal digits, or random and long?
pub(super) fn is_made(value: &str) -> bool {
    looks_random(value, 20) || is_digest(value) && entropy(value) >= 3.0
}

/// `12345678`, `abcdefgh`, `aaaaaa`: what a keyboard or a manual gives.
pub(super) fn has_sequence(value: &str) -> bool {
    let (mut rising, mut same) = (1, 1);
    for pair in value.as_bytes().windows(2) {
        let (a, b) = (pair[0].to_ascii_lowercase(), pair[1].to_ascii_lowercase());
        rising = if b == a + 1 || (a == b'9' && b == b'0') || (a == b'9' && b == b'a') { rising + 1 } else { 1 };
        same = if a == b { same + 1 } else { 1 };
        if rising >= 7 || same >= 6 {
            return true;
        }
    }
    false
}

/// Shannon entropy in bits per character.
pub(super) fn entropy(value: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in value.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = value.len() as f64;
    counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / total).map(|share| -share * share.log2()).sum()
}

/// The entropy below which a text of this length is not random.
pub(super) fn expected_entropy(length: usize) -> f64 {
    (0.7 * (length.max(2) as f64).log2()).min(3.0)
}

/// `8-4-4-4-12` hexadecimal digits.
pub(super) fn is_uuid(value: &str) -> bool {
    let lengths: Vec<usize> = value.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// Hexadecimal digits in the length of a digest.
pub(super) fn is_digest(value: &str) -> bool {
    matches!(value.len(), 32 | 40 | 56 | 64 | 96 | 128) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_references_and_digests_are_harmless() {
        for value in [
            "changeme",
            "your-api-key",
            "<token>",
            "${SECRET}",
            "{{ secret }}",
            "xxxxxxxx",
            "none",
            "",
            "********",
            "%s",
            "$ENV",
            "arn:aws:x",
            "/run/secrets/db",
            "op://vault/item",
            "$2b$12$abc",
            "sha256-abcdef",
            "https://example.org/token",
            "HS256",
            "aes-256-gcm",
            "todo",
            "sk-your-key-here",
            "{password}",
            "%PASSWORD%",
            "#password",
            "ssh-rsa AAAA",
            "aaaaaaaa",
            "scrypt:32768:8:1$x",
            "test-secret",
            "dev_token",
            "test_jwt_secret_123",
            "dev-key-2",
            "mock-password1",
        ] {
            assert!(is_harmless(value), "{value}");
        }
        for value in [
            "dev-lantern-key",
            "latest-secret",
            "test-admin-x9",
            "admin123",
            "Heron-Lantern-88",
            "lab-models-5b81e07c",
            "my-super-secret-key-2024",
            "S3cure!Pass",
            "postgres",
        ] {
            assert!(!is_harmless(value), "{value}");
        }
    }

    #[test]
    fn names_are_no_values() {
        for value in ["password", "new-password", "ACCESS_TOKEN", "clientSecret", "password2", "user.password", "x-api-key"] {
            assert!(is_field_name(value), "{value}");
        }
        assert!(!is_field_name("admin123"));
        assert!(is_constant_name("JWT_SECRET") && is_constant_name("API_KEY_2") && !is_constant_name("Jwt_Secret"));
        assert!(is_dotted_path("auth.password.reset") && !is_dotted_path("a1b2c3d4e5f6.x") && !is_dotted_path("plain"));
    }

    #[test]
    fn random_texts_are_told_from_words() {
        for value in ["lab-models-5b81e07c", "9f8e7d6c5b4a39281706f5e4", "q8Zr2LmX0pVt", "Zm9v2YmFy9Xo1Kd8"] {
            assert!(looks_random(value, 12), "{value}");
        }
        for value in [
            "my-super-secret-key-2024",
            "access-token-v2",
            "authentication",
            "user_profile_42",
            "1234567890abcdef",
            "production2024",
        ] {
            assert!(!looks_random(value, 12), "{value}");
        }
    }

    #[test]
    fn shapes_of_identifiers() {
        assert!(is_uuid("01234567-89ab-cdef-0123-456789abcdef"));
        assert!(!is_uuid("01234567-89ab-cdef-0123-456789abcdeg"));
        assert!(is_digest(&"a1".repeat(32)) && !is_digest(&"a1".repeat(15)));
    }
}

//! Whether a literal says nothing: it stands in for a value, refers to where one is kept, or is what nobody gets one back from.
//!
//! To teach it a placeholder, a reference or a digest, add it to its list and to the tests.

use super::field::FIELD;

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

/// Beginnings of references to where a secret is kept.
const REFERENCE: &[&str] = &[
    "$",
    "%",
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
        || is_named_reference(&lower)
        || DIGEST.iter().any(|start| lower.starts_with(start))
        || is_algorithm(&lower)
        || is_time(&lower)
        || lower.ends_with("...")
        || (lower.contains("://") && !lower.contains('@'))
}

/// `@string/key`, `@Vault(secret/db)`, `!Ref Password`. Where only digits follow, or letters and digits without a path, it is a password that
/// begins so.
fn is_named_reference(lower: &str) -> bool {
    let Some(name) = lower.strip_prefix(['@', '!']) else { return false };
    !name.bytes().any(|byte| byte.is_ascii_digit()) || name.contains(['(', '/', ':', ' '])
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

/// A day, or a time on it, as ISO 8601 writes it.
fn is_time(lower: &str) -> bool {
    let Some((day, rest)) = lower.split_at_checked("2000-01-01".len()) else { return false };
    day.bytes().zip("2000-01-01".bytes()).all(|(byte, model)| if model == b'-' { byte == b'-' } else { byte.is_ascii_digit() })
        && (rest.is_empty() || rest.starts_with(['t', ' ']))
}

fn is_algorithm(lower: &str) -> bool {
    lower
        .split(['-', '_', '.', '/', ':', ' '])
        .all(|part| part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit()) || ALGORITHM.contains(&part))
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
            "@string/password2",
            "@vault(SecretUri=https://v.example/1)",
            "!Ref Password2",
            "@password",
            "ssh-rsa AAAA",
            "aaaaaaaa",
            "scrypt:32768:8:1$x",
            "test-secret",
            "dev_token",
            "test_jwt_secret_123",
            "dev-key-2",
            "mock-password1",
            "2024-04-30",
            "2024-04-30T15:33:19.000Z",
            "eyJhbGciOiJIUz...",
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
            "@Heron88!x",
            "!Heron88",
            "postgres",
            "2024-04-30x9",
            "2024/04/30",
        ] {
            assert!(!is_harmless(value), "{value}");
        }
    }
}

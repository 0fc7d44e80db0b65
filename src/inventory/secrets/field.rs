//! Whether a literal is a name rather than a value: of a field, a variable, a property, a message.
//!
//! To teach it a word, add it to `FIELD` and to the tests.

use super::random;

/// Words that name secrets and fields; a text of nothing else is a name, not a value.
pub(super) const FIELD: &[&str] = &[
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
                && random::looks_like_words(part)
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_values() {
        for value in ["password", "new-password", "ACCESS_TOKEN", "clientSecret", "password2", "user.password", "x-api-key"] {
            assert!(is_field_name(value), "{value}");
        }
        assert!(!is_field_name("admin123"));
        assert!(is_constant_name("JWT_SECRET") && is_constant_name("API_KEY_2") && !is_constant_name("Jwt_Secret"));
        assert!(is_dotted_path("auth.password.reset") && !is_dotted_path("a1b2c3d4e5f6.x") && !is_dotted_path("plain"));
    }
}

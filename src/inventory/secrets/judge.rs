//! Whether an assignment gives a secret away: name, value, form and surroundings together.
//!
//! Weak passwords count, names and labels do not. What decides is in `password`, `secret` and `issued`, one for each kind of
//! name; to correct a wrong judgement add the case to the tables in `secrets::tests` first.

use crate::model::terms::Confidence;

use super::assignment::Form;
use super::context::Context;
use super::grammar::Grammar;
use super::name::{Name, Noun};
use super::{checksum, field, placeholder, random};

/// An assignment to be judged.
pub(super) struct Suspect<'t> {
    pub(super) name: &'t Name,
    pub(super) value: &'t str,
    pub(super) form: Form,
    pub(super) grammar: Grammar,
    pub(super) context: &'t Context<'t>,
    /// The file is packaged with the application as its settings, whatever server they name.
    pub(super) is_packaged: bool,
    /// The name is in capitals, or the literal is the argument of a function that signs.
    pub(super) is_constant: bool,
}

/// Servers and accounts before `password` that make any word a password.
const ACCOUNTS: &[&str] = &[
    "db",
    "database",
    "postgres",
    "postgresql",
    "pg",
    "mysql",
    "mariadb",
    "mongo",
    "mongodb",
    "redis",
    "smtp",
    "mail",
    "ldap",
    "rabbitmq",
    "amqp",
    "kafka",
    "elastic",
    "elasticsearch",
    "root",
    "admin",
    "superuser",
    "sa",
    "ftp",
    "sftp",
    "ssh",
    "datasource",
    "oracle",
    "mssql",
    "sql",
    "neo4j",
    "keystore",
    "truststore",
    "minio",
    "grafana",
    "opensearch",
    "cassandra",
    "clickhouse",
    "basic",
    "seed",
    "default",
    "demo",
    "initial",
];

/// How sure it is that the assignment gives a secret away; `None` if it does not.
pub(super) fn judge(suspect: &Suspect<'_>) -> Option<Confidence> {
    let value = suspect.value;
    if suspect.name.noun == Noun::Authorization {
        return authorization(suspect);
    }
    if is_passphrase_of_manual(suspect) {
        return Some(Confidence::Medium);
    }
    if value.len() < 4
        || !value.bytes().all(|byte| byte.is_ascii_graphic())
        || (placeholder::is_harmless(value) && !is_compared_number(suspect))
        || field::is_constant_name(value)
        || field::is_dotted_path(value)
    {
        return None;
    }
    if suspect.form == Form::Compared && suspect.name.noun != Noun::Password {
        return None;
    }
    match suspect.name.noun {
        Noun::Password => password(suspect),
        Noun::Secret => secret(suspect),
        Noun::ApiKey => issued(value, 12),
        Noun::Token | Noun::Authorization => issued(value, 16).map(|_| Confidence::Medium),
    }
}

/// Chosen by a person: a word with a digit or a sign suffices, a mere word only where it is clear what it is for.
fn password(suspect: &Suspect<'_>) -> Option<Confidence> {
    let value = suspect.value;
    if is_expression(value) || value.len() > 128 || suspect.context.is_thrown_away() {
        return None;
    }
    if random::is_digest(value) || random::is_uuid(value) {
        return Some(Confidence::Low);
    }
    if random::looks_random(value, 12) {
        return Some(Confidence::High);
    }
    if is_compared_number(suspect) {
        return Some(Confidence::Medium);
    }
    let has = |test: fn(&u8) -> bool| value.bytes().any(|byte| test(&byte));
    let (digit, letter) = (has(u8::is_ascii_digit), has(u8::is_ascii_alphabetic));
    let sign = value.trim_end_matches('!').bytes().any(|byte| b"!@#$%^&*+~".contains(&byte));
    let named_account = suspect.name.words.iter().any(|word| ACCOUNTS.contains(&word.as_str()));
    if repeats_name(suspect) {
        return None;
    }
    if field::is_field_name(value) && (!named_account || value.contains(['_', '-', '.'])) {
        return None;
    }
    if digit && letter || sign && letter && value.len() >= 6 {
        return (!is_markup(value) && !suspect.context.is_interface()).then_some(Confidence::Medium);
    }
    let known = (named_account || suspect.context.is_account()) && !suspect.context.is_interface() && !is_markup(value);
    if !known || suspect.form == Form::Passed {
        return None;
    }
    if suspect.context.is_local() && !suspect.is_packaged {
        return Some(Confidence::Low);
    }
    let is_word = letter && !value.bytes().next().is_some_and(|first| first.is_ascii_uppercase());
    (is_word || (digit && value.len() >= 6)).then_some(Confidence::Medium)
}

/// `password == "1202"`: a number says nothing about a form or a type, so it is what opens the door.
fn is_compared_number(suspect: &Suspect<'_>) -> bool {
    suspect.form == Form::Compared
        && suspect.name.noun == Noun::Password
        && suspect.value.len() <= 12
        && suspect.value.bytes().all(|byte| byte.is_ascii_digit())
}

/// A key that somebody made up for signing or encryption.
fn secret(suspect: &Suspect<'_>) -> Option<Confidence> {
    let value = suspect.value;
    if random::looks_random(value, 12) || (random::is_digest(value) && random::entropy(value) >= 3.0) {
        return Some(Confidence::High);
    }
    // In configuration and markup such a name often holds the name of a secret.
    if !suspect.grammar.is_source()
        || value.len() < 5
        || is_expression(value)
        || value.contains('/')
        || suspect.form == Form::Passed
    {
        return None;
    }
    let specific = suspect.is_constant || suspect.name.words.len() > 1 && !suspect.name.words.iter().any(|word| word == "client");
    let signing = specific || suspect.context.is_signing();
    if !signing || suspect.context.is_interface() || is_name_of_itself(suspect) {
        return None;
    }
    Some(Confidence::Medium)
}

/// `clientSecret: 'client-secret'`: the name of a field. `secret: 'my-secret'`, where something is signed, is not.
fn is_name_of_itself(suspect: &Suspect<'_>) -> bool {
    if repeats_name(suspect) {
        return true;
    }
    let words = super::name::words(suspect.value);
    let adds = words.iter().any(|word| !suspect.name.words.contains(word));
    let single = words.len() == 1 && !suspect.value.contains(['_', '-']);
    let signs = suspect.context.is_signing()
        || suspect.name.words.iter().any(|word| ["jwt", "session", "cookie", "flask"].contains(&word.as_str()));
    field::is_field_name(suspect.value) && !(single && (adds || signs) || (adds && (suspect.is_constant || signs)))
}

/// `totpSecret: text('totp_secret')`, `LDAPSearchPwd = "ldap_search_password"`: the name once more, in another spelling, without
/// its prefix, or with more words.
fn repeats_name(suspect: &Suspect<'_>) -> bool {
    let short = |word: &String| match word.as_str() {
        "pwd" | "passwd" | "pass" => "password".to_owned(),
        _ => word.clone(),
    };
    let name: Vec<String> = suspect.name.words.iter().map(short).collect();
    let words: Vec<String> = super::name::words(suspect.value).iter().map(short).collect();
    if words.len() < 2 || !suspect.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')) {
        return false;
    }
    // Capitals do not say where the words of `PostGreSQLPassword` begin.
    let (joined, value) = (name.concat(), words.concat());
    let is_camel = !suspect.value.contains(['_', '-', '.']) && words.len() > name.len();
    joined == value
        || name.len() > words.len() && name.ends_with(&words)
        || is_camel && name.len() > 1 && name.last() == words.last() && name.iter().all(|word| words.contains(word))
}

/// A key that a provider issued: only what a machine made.
fn issued(value: &str, length: usize) -> Option<Confidence> {
    if !random::looks_random(value, length) || is_expression(value) || random::is_uuid(value) && length > 12 {
        return None;
    }
    Some(if value.len() >= 20 && !value.contains('-') { Confidence::High } else { Confidence::Medium })
}

/// `Basic …` with a user and a password, `Bearer …` with a token.
fn authorization(suspect: &Suspect<'_>) -> Option<Confidence> {
    let (scheme, value) = suspect.value.split_once(' ')?;
    if value.contains(' ') || placeholder::is_harmless(value) {
        return None;
    }
    match scheme.to_ascii_lowercase().as_str() {
        "basic" => {
            let decoded = String::from_utf8(checksum::base64(value)?).ok()?;
            let (user, password) = decoded.split_once(':')?;
            let plausible = decoded.bytes().all(|byte| byte.is_ascii_graphic()) && password.len() >= 4 && !user.is_empty();
            (plausible && !placeholder::is_harmless(password) && !field::is_field_name(password)).then_some(Confidence::Medium)
        }
        // What is sent as a credential is one, whatever it is used for elsewhere.
        "bearer" | "token" | "apikey" => {
            let is_made = issued(value, 16).is_some() || random::is_uuid(value) && !is_example(value);
            is_made.then_some(Confidence::Medium)
        }
        _ => None,
    }
}

/// A UUID that manuals show, or one without entropy.
fn is_example(value: &str) -> bool {
    let manuals = ["123e4567", "550e8400", "f81d4fae"];
    random::has_sequence(value) || manuals.iter().any(|start| value.to_ascii_lowercase().starts_with(start))
}

/// The session secret that half of all tutorials use.
fn is_passphrase_of_manual(suspect: &Suspect<'_>) -> bool {
    suspect.name.noun == Noun::Secret && suspect.value == "keyboard cat"
}

/// A regular expression, a rule of validation, a selector.
fn is_expression(value: &str) -> bool {
    value.contains(['(', ')', '[', ']', '{', '}', '\\', '<', '>', '|', ';', '"', '\'', ','])
        || value.starts_with(['.', ':', '*', '^', '?', '&', '='])
        || value.ends_with([':', '?', '=', ',']) && !value.ends_with('=')
}

/// Types and labels: `String!`, `Password:`, `MyPassword`.
fn is_markup(value: &str) -> bool {
    let word = value.trim_end_matches(['!', '*', ':', '?']);
    word.len() < value.len() && word.bytes().all(|byte| byte.is_ascii_alphabetic()) && field::is_field_name(word)
        || ["string!", "id!", "int!"].contains(&value.to_ascii_lowercase().as_str())
}

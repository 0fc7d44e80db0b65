//! Signing in with wrong passwords, and signing out: is the one slowed down, and does the other end the session?

use super::ask::{Ask, Chain, Who};
use super::facts::{self, Answer};
use super::owned::distrust;
use super::pace::Purpose;
use super::perform::{Run, permits_active, rooted};
use super::settings::{LOGIN_BUDGET, Settings};
use super::surface::{Door, asks_password, door};
use crate::model::live::{Base, Facts, Shape, Value};

/// Words with which a login says that it was tried too often.
const TOO_OFTEN: [&str; 8] = [
    "too many",
    "captcha",
    "try again later",
    "try again in",
    "rate limit",
    "temporarily locked",
    "temporarily blocked",
    "account is locked",
];
/// Words with which a login says that name or password are wrong, where the status does not.
const WRONG: [&str; 9] = [
    "credentials",
    "invalid_grant",
    "incorrect",
    "wrong password",
    "do not match",
    "does not match",
    "or password",
    "unable to log in",
    "login failed",
];
/// Words with which it says that something else is.
const INCOMPLETE: [&str; 3] = ["required", "missing", "must not be"];

/// What an answer to a wrong password means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reply {
    /// Name or password are wrong.
    Refused,
    /// It was tried too often.
    Limited,
    Unclear,
}

/// What the user did not give for trying passwords.
pub(super) fn login_missing(settings: &Settings) -> Option<String> {
    match settings.login {
        None => Some("no path that signs in is known: name it with --login PATH".to_owned()),
        Some(_) => permits_active(settings).err(),
    }
}

/// Adds `login.*`: wrong passwords of a user that cannot exist, until one is refused as one too many.
pub(super) async fn login(run: &Run, facts: &mut Facts) {
    let mut put = |name: &str, value: Value| drop(facts.insert(format!("login.{name}"), value));
    if let Some(reason) = login_missing(&run.asker.settings) {
        return put("unsent", Value::Text(reason));
    }
    let path = rooted(run.asker.settings.login.as_deref().unwrap_or_default());
    let (mut sent, mut form, mut last) = (0u32, false, None);
    let (mut first, mut times, mut limited): (Option<Answer>, Vec<u64>, Option<u32>) = (None, Vec::new(), None);
    while sent < LOGIN_BUDGET {
        let answer = match post(run, &path, Who::Nobody, Some(form), Purpose::Login).await {
            Ok(chain) => chain.answer().cloned(),
            Err(reason) if sent == 0 => return put("unsent", Value::Text(reason)),
            Err(_) => break,
        };
        sent += 1;
        let Some(answer) = answer else { break };
        last = Some(answer.status);
        match judge(&answer, first.as_ref()) {
            Reply::Limited => {
                limited = Some(sent);
                break;
            }
            Reply::Refused => {
                times.push(answer.ms);
                first.get_or_insert(answer);
            }
            // It may want a form.
            Reply::Unclear if sent == 1 && matches!(answer.status, 400 | 415 | 422) => form = true,
            Reply::Unclear => break,
        }
    }
    put("path", Value::Text(run.path(&path)));
    put("sent", Value::Int(i64::from(sent)));
    put("refused", Value::Int(super::surface::count(times.len())));
    put("slowed", Value::Bool(slowed(&times)));
    if let Some(status) = last {
        put("status", Value::Int(i64::from(status)));
    }
    if let Some(at) = limited {
        put("limited", Value::Int(i64::from(at)));
    }
}

/// `first`: the first refusal, if there was one.
fn judge(answer: &Answer, first: Option<&Answer>) -> Reply {
    let says = |answer: &Answer, words: &[&str]| {
        let text = answer.text().to_ascii_lowercase();
        words.iter().any(|word| text.contains(word))
    };
    // What it says from the start is not about how often.
    let turned =
        |first: &Answer| (first.status != 403 && answer.status == 403) || !says(first, &TOO_OFTEN) && says(answer, &TOO_OFTEN);
    match answer.status {
        423 | 429 => Reply::Limited,
        _ if answer.first("retry-after").is_some() => Reply::Limited,
        _ if first.is_some_and(turned) => Reply::Limited,
        401 => Reply::Refused,
        400 | 422 if says(answer, &WRONG) && !says(answer, &INCOMPLETE) => Reply::Refused,
        200 if asks_password(answer) => Reply::Refused,
        302 | 303 if facts::target(answer).is_some_and(|to| facts::is_login(&to)) => Reply::Refused,
        _ => Reply::Unclear,
    }
}

/// Did the last answers take much longer than the first?
fn slowed(times: &[u64]) -> bool {
    let middle = |part: &[u64]| {
        let mut part = part.to_vec();
        part.sort_unstable();
        part[part.len() / 2]
    };
    times.len() >= 6 && {
        let (early, late) = (middle(&times[..3]), middle(&times[times.len() - 3..]));
        late >= 1000 && late / 3 >= early
    }
}

/// What the user did not give for signing out.
pub(super) fn logout_missing(settings: &Settings) -> Option<String> {
    let need = |sentence: &str| Some(sentence.to_owned());
    match settings.logout {
        None => need("no path that signs out is known: name it with --logout PATH"),
        Some(_) if settings.protected.is_empty() => {
            need("no path is known that needs the session: name one with --protected PATH")
        }
        Some(_) if !settings.has_credentials() => {
            need("no session is known that could be ended: give its credential with --auth-env NAME or --cookie")
        }
        Some(_) => permits_active(settings).err(),
    }
}

/// The path that shows whether the session lives: one that is known to take it, else the first.
pub(super) fn witness(settings: &Settings, facts: &Facts) -> String {
    match (facts.get("credential.proof"), facts.get("credential.path")) {
        (Some(Value::Text(proof)), Some(Value::Text(path))) if proof == "accepted" => path.clone(),
        _ => rooted(settings.protected.first().map_or("", String::as_str)),
    }
}

/// Adds `logout.*`. Nothing is ended unless it is clear before that the session lives.
pub(super) async fn logout(run: &Run, facts: &mut Facts) {
    let settings = &run.asker.settings;
    let protected = witness(settings, facts);
    let mut put = |name: &str, value: Value| drop(facts.insert(format!("logout.{name}"), value));
    if let Some(reason) = logout_missing(settings).or_else(|| distrust(&run.asker)) {
        return put("unsent", Value::Text(reason));
    }
    let path = rooted(settings.logout.as_deref().unwrap_or_default());
    put("path", Value::Text(run.path(&path)));
    put("protected", Value::Text(run.path(&protected)));
    for (name, who, wanted) in [("nobody", Who::Nobody, Door::Closed), ("before", Who::User, Door::Open)] {
        let found = seen(run, &protected, who).await;
        put(name, Value::Text(found.word().to_owned()));
        if found != wanted {
            return;
        }
    }
    let chain = match post(run, &path, Who::User, None, Purpose::Logout).await {
        Ok(chain) => chain,
        Err(reason) => return put("unsent", Value::Text(reason)),
    };
    let Some(answer) = chain.answer() else { return };
    put("status", Value::Int(i64::from(answer.status)));
    let ended = match answer.status {
        302 | 303 => true,
        200..=299 => {
            // Known, since the door of the session was judged by it.
            let misses = run.misses(Base::Target, Shape::Page, false).await.unwrap_or_default();
            facts::found(answer, &path, Shape::Page, &misses)
        }
        _ => false,
    };
    put("done", Value::Bool(ended));
    if ended {
        put("after", Value::Text(seen(run, &protected, Who::User).await.word().to_owned()));
    }
}

async fn seen(run: &Run, path: &str, who: Who) -> Door {
    door(run, path, who, Purpose::Logout).await.map_or(Door::Unclear, |(door, _)| door)
}

/// One POST. `form`: a wrong password of a user that cannot exist, as a form or as JSON; else without a body.
async fn post(run: &Run, path: &str, who: Who, form: Option<bool>, purpose: Purpose) -> Result<Chain, String> {
    let url = run.variables.url(&run.asker.target, Base::Target, path)?;
    // No such domain can be registered.
    let (user, password) = ("readyctl-{{random}}@readyctl.invalid", "readyctl-{{random}}-wrong");
    let (media, body) = match form {
        None => (None, String::new()),
        Some(false) => (Some("application/json"), format!(r#"{{"username":"{user}","email":"{user}","password":"{password}"}}"#)),
        Some(true) => {
            let user = user.replace('@', "%40");
            (Some("application/x-www-form-urlencoded"), format!("username={user}&email={user}&password={password}"))
        }
    };
    let headers = media.map(|media| ("Content-Type".to_owned(), media.to_owned())).into_iter().collect();
    let body = Some(run.variables.fill(&body));
    run.asker.ask(&Ask { method: "POST", who, headers, body, purpose, again: true, ..Ask::get(url) }).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        Answer {
            url: "https://app.example/login".to_owned(),
            status,
            headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            body: body.as_bytes().to_vec(),
            ..Answer::default()
        }
    }

    #[test]
    fn refusals_limits_and_neither() {
        let html = [("Content-Type", "text/html")];
        let form = "<form><input type=\"password\"></form>";
        let before = answer(401, &[], "no");
        let rows = [
            (answer(401, &[], "no"), None, Reply::Refused),
            (answer(400, &[], "{\"error\":\"invalid_grant\"}"), None, Reply::Refused),
            (answer(422, &[], "These credentials do not match our records."), None, Reply::Refused),
            (answer(200, &html, form), None, Reply::Refused),
            (answer(302, &[("Location", "/login?error")], ""), None, Reply::Refused),
            (answer(429, &[], ""), None, Reply::Limited),
            (answer(423, &[], ""), Some(&before), Reply::Limited),
            (answer(401, &[("Retry-After", "60")], ""), Some(&before), Reply::Limited),
            (answer(403, &[], ""), Some(&before), Reply::Limited),
            (answer(401, &[], "Too many tries"), Some(&before), Reply::Limited),
            // Not a word about the password.
            (answer(400, &[], "Missing credentials"), None, Reply::Unclear),
            (answer(422, &[], "{\"detail\":\"field required\"}"), None, Reply::Unclear),
            (answer(403, &[], "CSRF"), None, Reply::Unclear),
            (answer(404, &[], ""), None, Reply::Unclear),
            (answer(405, &[], ""), None, Reply::Unclear),
            (answer(500, &[], ""), Some(&before), Reply::Unclear),
            (answer(200, &html, "<div id=app></div>"), None, Reply::Unclear),
            (answer(302, &[("Location", "/")], ""), None, Reply::Unclear),
        ];
        for (own, first, expected) in rows {
            assert_eq!(judge(&own, first), expected, "{own:?}");
        }
        // What stood there from the start is no limit.
        let captcha = answer(401, &[], "solve the captcha");
        assert_eq!(judge(&captcha, Some(&captcha.clone())), Reply::Refused);
    }

    #[test]
    fn growing_delay() {
        assert!(slowed(&[100, 90, 110, 400, 800, 1600, 3200, 6400]));
        assert!(!slowed(&[1200, 1100, 1300, 1250, 1100, 1900, 1200]), "a slow hash");
        assert!(!slowed(&[5, 5, 5, 30, 40, 50]), "nobody waits for that");
        assert!(!slowed(&[10, 10, 10, 2000, 10, 10]), "one that was slow");
        assert!(!slowed(&[10, 2000]) && !slowed(&[]));
    }
}

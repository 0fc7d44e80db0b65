//! Objects of another account: its owner has them, and the user must not.

use std::collections::BTreeMap;

use super::ask::{Asker, Who};
use super::facts::Answer;
use super::pace::Purpose;
use super::perform::{Run, permits_active, rooted};
use super::settings::{OWNED_PATHS, Settings};
use super::surface::{Door, count, door, put_list};
use crate::model::live::{Base, Facts, Shape, Value};

/// From this share of common words on, two answers show the same object.
const SAME: f64 = 0.9;

/// What became of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The user was refused.
    Closed,
    /// The user got what its owner gets.
    Shared,
    Unclear,
}

/// Adds `owned.*`.
pub(super) async fn explore(run: &Run, facts: &mut Facts) {
    if let Some(reason) = missing(&run.asker.settings).or_else(|| distrust(&run.asker)) {
        facts.insert("owned.unsent".to_owned(), Value::Text(reason));
        return;
    }
    let accepted = facts.get("credential.proof") == Some(&Value::Text("accepted".to_owned()));
    let paths: Vec<String> = run.asker.settings.owned.iter().take(OWNED_PATHS).map(|path| rooted(path)).collect();
    let (mut shared, mut closed, mut unclear) = (Vec::new(), 0, 0);
    for path in &paths {
        match ask(run, path, accepted).await {
            Outcome::Closed => closed += 1,
            Outcome::Shared => shared.push(run.path(path)),
            Outcome::Unclear => unclear += 1,
        }
    }
    for (name, number) in [("asked", count(paths.len())), ("closed", closed), ("unclear", unclear)] {
        facts.insert(format!("owned.{name}"), Value::Int(number));
    }
    put_list(facts, "owned.shared", shared);
}

/// What the user did not give.
pub(super) fn missing(settings: &Settings) -> Option<String> {
    let need = |sentence: &str| Some(sentence.to_owned());
    match &settings.other_auth {
        _ if settings.owned.is_empty() => need("no object of another account is known: name some with --owned PATH"),
        None => need("the owner of the objects is not known: give the credential with --other-auth-env NAME"),
        Some(_) if !settings.has_credentials() => {
            need("nobody is signed in who must not have the objects: give the credential with --auth-env NAME")
        }
        Some(other) if settings.auth.as_ref() == Some(other) => need("both credentials are those of one account"),
        Some(_) => permits_active(settings).err(),
    }
}

/// Why no credential may be sent.
pub(super) fn distrust(asker: &Asker) -> Option<String> {
    let reason = "no credential is sent over plain HTTP, or to a server whose certificate is not trusted";
    (!asker.may_sign_in()).then(|| reason.to_owned())
}

/// Asks for one object as its owner, as nobody and as the user. `accepted`: the user's token is known to be taken.
async fn ask(run: &Run, path: &str, accepted: bool) -> Outcome {
    let Some((Door::Open, owner)) = door(run, path, Who::Other, Purpose::Owned).await else { return Outcome::Unclear };
    // What everybody may have shows nothing.
    let nobody = match door(run, path, Who::Nobody, Purpose::Owned).await {
        Some((Door::Open, _)) | None => return Outcome::Unclear,
        Some((_, chain)) => chain.answer().map(|answer| answer.status),
    };
    let Some((door, user)) = door(run, path, Who::User, Purpose::Owned).await else { return Outcome::Unclear };
    let (Some(owner), Some(user)) = (owner.answer(), user.answer()) else { return Outcome::Unclear };
    match user.status {
        // Whoever is refused like nobody may be refused for a credential that is worth nothing.
        403 | 404 if accepted || nobody.is_some_and(|status| status != user.status) => Outcome::Closed,
        _ if door == Door::Open => {
            // Known, since the door of the owner was judged by it.
            let misses = run.misses(Base::Target, Shape::Page, false).await.unwrap_or_default();
            if is_same(owner, user, misses.first()) { Outcome::Shared } else { Outcome::Unclear }
        }
        _ => Outcome::Unclear,
    }
}

/// Do two answers show the same object? What the page for everything else says, too, is left out.
fn is_same(owner: &Answer, user: &Answer, miss: Option<&Answer>) -> bool {
    if owner.opaque || user.opaque || owner.media_type() != user.media_type() {
        return false;
    }
    let common = miss.map(words).unwrap_or_default();
    let own = |answer: &Answer| {
        let mut words = words(answer);
        words.retain(|word, _| !common.contains_key(word));
        words
    };
    let (left, right) = (own(owner), own(user));
    let total: usize = left.values().chain(right.values()).sum();
    let both: usize = left.iter().map(|(word, times)| right.get(word).copied().unwrap_or(0).min(*times)).sum();
    #[expect(clippy::cast_precision_loss, reason = "counts of words of a body of at most 256 KiB")]
    let share = 2.0 * both as f64 / total as f64;
    total > 0 && share >= SAME
}

/// How often each word and number occurs: unlike with pages, it is the values that count.
fn words(answer: &Answer) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in answer.text().split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        *counts.entry(word.to_owned()).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_make_the_object() {
        let answer = |media: &str, body: &str| Answer {
            status: 200,
            headers: vec![("Content-Type".to_owned(), media.to_owned())],
            body: body.as_bytes().to_vec(),
            ..Answer::default()
        };
        let json = |body: &str| answer("application/json", body);
        let order = json(r#"{"id":7,"owner":"alice","total":"12.50"}"#);
        assert!(is_same(&order, &order.clone(), None));
        assert!(!is_same(&order, &json(r#"{"id":8,"owner":"bob","total":"99.10"}"#), None));
        assert!(!is_same(&order, &json("{}"), None) && !is_same(&json("{}"), &json("{}"), None));
        assert!(!is_same(&order, &answer("text/html", r#"{"id":7,"owner":"alice","total":"12.50"}"#), None));
        let frame = "menu home shop basket help imprint ".repeat(20);
        let page = |text: &str| answer("text/html", &format!("<p>{frame}</p><p>{text}</p>"));
        let miss = page("nothing here");
        assert!(is_same(&page("order 7 of alice"), &page("order 7 of alice"), Some(&miss)));
        assert!(!is_same(&page("order 7 of alice"), &page("you may not see this"), Some(&miss)));
    }

    #[test]
    fn it_says_what_to_give() {
        let mut settings = Settings { active: true, ..Settings::default() };
        let said = |settings: &Settings, part: &str| assert!(missing(settings).unwrap().contains(part), "{part}");
        said(&settings, "--owned");
        settings.owned = vec!["/a".to_owned()];
        said(&settings, "--other-auth-env");
        settings.other_auth = Some("Bearer b".to_owned());
        said(&settings, "--auth-env");
        settings.auth = Some("Bearer b".to_owned());
        said(&settings, "one account");
        settings.auth = Some("Bearer a".to_owned());
        assert_eq!(missing(&settings), None);
        settings.active = false;
        said(&settings, "--active");
    }
}

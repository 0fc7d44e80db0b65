//! Which of two names was probably meant to be the other: a name that is read and not set, and one that is set and not read.

use std::collections::BTreeMap;

use crate::model::env::Names;

/// A name has at least this many characters before one slip of the finger counts.
const MIN_SLIP: usize = 6;

/// Pairs of names that are compared for slips; more are no list that a person wrote.
const MAX_COMPARED: usize = 4_000_000;

/// What makes names alike.
pub(super) struct Alike<'n> {
    names: &'n Names,
    /// Words of one meaning, singular and between underscores: one, and what it is replaced by.
    same: Vec<(String, String)>,
}

impl<'n> Alike<'n> {
    pub(super) fn new(names: &'n Names) -> Alike<'n> {
        let words = |text: &String| format!("_{}_", text.split('_').map(singular).collect::<Vec<_>>().join("_"));
        let groups = names.alike.iter().filter_map(|group| group.split_first());
        let same = groups.flat_map(|(first, others)| others.iter().map(move |other| (words(other), words(first)))).collect();
        Alike { names, same }
    }

    /// Pairs of indexes, each name of one list with those of the other that are alike, in order. Names of the same normal form come
    /// before slips, and a name that has such a partner is compared with no other.
    pub(super) fn pairs(&self, missing: &[String], surplus: &[String]) -> Vec<(usize, usize)> {
        let mut by_form: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (index, name) in surplus.iter().enumerate() {
            by_form.entry(self.normal(name)).or_default().push(index);
        }
        let mut pairs = Vec::new();
        for (index, name) in missing.iter().enumerate() {
            match by_form.get(&self.normal(name)) {
                Some(same) => pairs.extend(same.iter().map(|other| (index, *other))),
                None if missing.len() * surplus.len() <= MAX_COMPARED => {
                    pairs.extend((0..surplus.len()).filter(|other| is_slip(name, &surplus[*other])).map(|other| (index, other)));
                }
                None => {}
            }
        }
        pairs
    }

    /// The name without what people mix up: prefixes for the browser, plurals, words of one meaning, underscores.
    fn normal(&self, name: &str) -> String {
        let upper = name.to_uppercase();
        let bare = self.names.prefixes.iter().find_map(|prefix| upper.strip_prefix(prefix.as_str())).unwrap_or(&upper);
        let parts: Vec<String> = bare.split('_').filter(|part| !part.is_empty()).map(singular).collect();
        let mut joined = format!("_{}_", parts.join("_"));
        for (other, first) in &self.same {
            if joined.contains(other.as_str()) {
                joined = joined.replace(other, first);
            }
        }
        joined.replace('_', "")
    }
}

/// A word without the s of its plural.
fn singular(word: &str) -> String {
    match word.strip_suffix('S') {
        Some(stem) if stem.len() >= 3 && !stem.ends_with(['S', 'U', 'I']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// Is one name the other with one letter more, less, changed or swapped with its neighbour? Numbers and short words at the place of the
/// difference tell things apart: `REDIS_1`, `REDIS_2`.
fn is_slip(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() < MIN_SLIP || long.len() - short.len() > 1 || !a.is_ascii() || !b.is_ascii() {
        return false;
    }
    let (short, long) = (short.as_bytes(), long.as_bytes());
    let at = short.iter().zip(long).take_while(|(x, y)| x == y).count();
    let (left, right) = (&short[at..], &long[at..]);
    let is_one = match long.len() - short.len() {
        1 => left == &right[1..],
        _ if left.is_empty() => false,
        _ => left[1..] == right[1..] || (left.len() > 1 && (left[0], left[1]) == (right[1], right[0]) && left[2..] == right[2..]),
    };
    let letter = |text: &[u8]| text.first().is_none_or(u8::is_ascii_alphabetic);
    is_one && letter(left) && letter(right) && word_at(short, at) >= 4 && word_at(long, at) >= 4
}

/// Length of the word around a place.
fn word_at(name: &[u8], at: usize) -> usize {
    let at = at.min(name.len());
    let before = name[..at].iter().rev().take_while(|byte| **byte != b'_').count();
    before + name[at..].iter().take_while(|byte| **byte != b'_').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_alike(a: &str, b: &str) -> bool {
        let names = Names {
            prefixes: ["NEXT_PUBLIC_", "VITE_"].map(str::to_owned).into(),
            alike: [vec!["URL", "URI"], vec!["EXPIRES_IN", "EXPIRATION"]]
                .map(|group| group.into_iter().map(str::to_owned).collect())
                .into(),
            ..Names::default()
        };
        let alike = Alike::new(&names);
        let (a, b) = ([a.to_owned()], [b.to_owned()]);
        let (one, other) = (alike.pairs(&a, &b), alike.pairs(&b, &a));
        assert_eq!(one, other, "{a:?} {b:?}: it does not matter which side reads");
        !one.is_empty()
    }

    #[test]
    fn what_people_mix_up_is_alike() {
        for (a, b) in [
            ("CORS_ORIGIN", "CORS_ORIGINS"),
            ("MONGO_URI", "MONGO_URL"),
            ("API_URL", "VITE_API_URL"),
            ("NEXT_PUBLIC_API_URL", "VITE_API_URI"),
            ("JWT_EXPIRES_IN", "JWT_EXPIRATION"),
            ("DATABASE_URL", "DATABASEURL"),
            ("SESSION_SECRET", "SESION_SECRET"),
            ("SESSION_SECRET", "SESSION_SERCET"),
            ("STRIPE_KEY", "STRIPA_KEY"),
        ] {
            assert!(is_alike(a, b), "{a} {b}");
        }
    }

    #[test]
    fn what_differs_for_a_reason_is_not() {
        for (a, b) in [
            ("REDIS_HOST", "REDIS_PORT"),
            ("DATABASE_1", "DATABASE_2"),
            ("S3_KEY_A", "S3_KEY_B"),
            ("DB_USER", "DB_URL"),
            ("MAX_SIZE", "MIN_SIZE"),
            ("JWT_PRIVATE_KEY", "JWT_PUBLIC_KEY"),
            ("SMTP_PASS", "SMTP_USER"),
            ("ACCESS_TOKEN", "REFRESH_TOKEN"),
            ("AB", "AC"),
        ] {
            assert!(!is_alike(a, b), "{a} {b}");
        }
    }
}

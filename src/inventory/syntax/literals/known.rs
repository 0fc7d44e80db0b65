//! What is known of the expressions in the built-in pack, derived when the program was built.
//!
//! Parsing an expression costs tens of microseconds, and nothing at start-up may grow with the number of checks. An expression that
//! is not in the tables, from a pack of the user's, is parsed.

use std::borrow::Cow;

use super::branch::{self, Branch};
use super::clause::Literal;
use super::regex;

/// A branch as it stands in the table.
type KnownBranch = (Option<u32>, &'static [&'static str], &'static [&'static [&'static str]]);

include!(concat!(env!("OUT_DIR"), "/literals.rs"));

/// What an expression requires, as `regex::derive` derives it.
pub(super) fn derived(pattern: &str, case_insensitive: bool) -> Result<Vec<Vec<Literal>>, String> {
    let Ok(at) = LITERALS.binary_search_by(|(known, ignore_case, ..)| (*known, *ignore_case).cmp(&(pattern, case_insensitive)))
    else {
        return regex::derive(pattern, case_insensitive);
    };
    let owned = |text: &&str| Literal { text: (*text).to_owned(), in_code: false };
    Ok(LITERALS[at].2.iter().map(|clause| clause.iter().map(owned).collect()).collect())
}

/// The alternatives of an expression that is held against texts, as `branch::derive` derives them.
pub fn branches(pattern: &str, case_insensitive: bool) -> Option<Vec<Branch<Cow<'static, str>>>> {
    let Ok(at) = BRANCHES.binary_search_by(|(known, ignore_case, _)| (*known, *ignore_case).cmp(&(pattern, case_insensitive)))
    else {
        return Some(branch::derive(pattern, case_insensitive)?.into_iter().map(owned).collect());
    };
    let texts = |clause: &&[&'static str]| clause.iter().map(|text| Cow::Borrowed(*text)).collect();
    let known = |(crossings, lead, others): &KnownBranch| Branch {
        crossings: *crossings,
        lead: texts(lead),
        others: others.iter().map(texts).collect(),
    };
    Some(BRANCHES[at].2?.iter().map(known).collect())
}

fn owned(branch: Branch) -> Branch<Cow<'static, str>> {
    let texts = |clause: Vec<String>| clause.into_iter().map(Cow::Owned).collect();
    Branch { crossings: branch.crossings, lead: texts(branch.lead), others: branch.others.into_iter().map(texts).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_say_what_would_be_derived() {
        assert!(LITERALS.len() > 500 && LITERALS.is_sorted_by_key(|(pattern, ignore_case, _)| (*pattern, *ignore_case)));
        for (pattern, ignore_case, _) in LITERALS {
            assert_eq!(derived(pattern, *ignore_case), regex::derive(pattern, *ignore_case), "{pattern}");
        }
        assert!(BRANCHES.len() > 300 && BRANCHES.is_sorted_by_key(|(pattern, ignore_case, _)| (*pattern, *ignore_case)));
        for (pattern, ignore_case, _) in BRANCHES {
            let derived = branch::derive(pattern, *ignore_case).map(|found| found.into_iter().map(owned).collect::<Vec<_>>());
            assert_eq!(branches(pattern, *ignore_case), derived, "{pattern}");
        }
    }
}

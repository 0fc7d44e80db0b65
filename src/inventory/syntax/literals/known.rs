//! What is known of the expressions in the built-in pack, derived when the program was built.
//!
//! Parsing an expression costs tens of microseconds, and nothing at start-up may grow with the number of checks. An expression that
//! is not in the table, from a pack of the user's, is parsed.

use super::clause::Literal;
use super::regex::{self, Derived};

include!(concat!(env!("OUT_DIR"), "/literals.rs"));

/// What is known of an expression, as `regex::derive` derives it.
pub(super) fn derived(pattern: &str, case_insensitive: bool) -> Result<Derived, String> {
    let Ok(at) = LITERALS.binary_search_by(|(known, ignore_case, ..)| (*known, *ignore_case).cmp(&(pattern, case_insensitive)))
    else {
        return regex::derive(pattern, case_insensitive);
    };
    let (_, _, crossings, clauses) = LITERALS[at];
    let owned = |text: &&str| Literal { text: (*text).to_owned(), in_code: false };
    Ok(Derived { clauses: clauses.iter().map(|clause| clause.iter().map(owned).collect()).collect(), crossings })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_would_be_derived() {
        assert!(LITERALS.len() > 500 && LITERALS.is_sorted_by_key(|(pattern, ignore_case, ..)| (*pattern, *ignore_case)));
        for (pattern, ignore_case, ..) in LITERALS {
            assert_eq!(derived(pattern, *ignore_case), regex::derive(pattern, *ignore_case), "{pattern}");
        }
    }
}

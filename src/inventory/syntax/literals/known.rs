//! The required literals of the expressions in the built-in pack, derived when the program was built.
//!
//! Parsing an expression costs tens of microseconds, and nothing at start-up may grow with the number of checks. An expression that
//! is not in the table, from a pack of the user's, is parsed.

use super::clause::Literal;
use super::regex;

include!(concat!(env!("OUT_DIR"), "/literals.rs"));

/// The clauses of an expression, as `regex::clauses_of` derives them.
pub(super) fn clauses_of(pattern: &str, case_insensitive: bool) -> Result<Vec<Vec<Literal>>, String> {
    let Ok(at) = LITERALS.binary_search_by(|(known, ignore_case, _)| (*known, *ignore_case).cmp(&(pattern, case_insensitive)))
    else {
        return regex::clauses_of(pattern, case_insensitive);
    };
    let owned = |text: &&str| Literal { text: (*text).to_owned(), in_code: false };
    Ok(LITERALS[at].2.iter().map(|clause| clause.iter().map(owned).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_would_be_derived() {
        assert!(LITERALS.len() > 500 && LITERALS.is_sorted_by_key(|(pattern, ignore_case, _)| (*pattern, *ignore_case)));
        for (pattern, ignore_case, _) in LITERALS {
            assert_eq!(clauses_of(pattern, *ignore_case), regex::clauses_of(pattern, *ignore_case), "{pattern}");
        }
    }
}

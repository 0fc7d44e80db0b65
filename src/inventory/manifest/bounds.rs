//! The ends of a version range that a manifest allows (`>=1,<2`), to tell whether all of it lies in the range that a check asks for.
//!
//! To read another operator, add it to `ends`.

use super::{Ecosystem, version_matches};

/// Stands for any later number.
const LATEST: &str = "999999999";

/// Does every version that `requirement` allows lie in `range`? `None` if either cannot be understood.
///
/// Judged by the two ends, which is exact unless `range` has a hole.
pub fn requirement_within(ecosystem: Ecosystem, requirement: &str, range: &str) -> Option<bool> {
    let mut within = true;
    for alternative in requirement.split('|').filter(|part| !part.is_empty()) {
        let (low, high) = ends(ecosystem, alternative)?;
        within &= version_matches(ecosystem, &low, range)? && version_matches(ecosystem, &high, range)?;
    }
    (!requirement.is_empty()).then_some(within)
}

/// The lowest and the highest version that `>=1.2, <2`, `^1.2` and their like allow.
fn ends(ecosystem: Ecosystem, requirement: &str) -> Option<(String, String)> {
    let (mut low, mut high) = (None, None);
    let mut rest = requirement.trim();
    while !rest.is_empty() {
        let operand = rest.trim_start_matches(['<', '>', '=', '!', '~', '^']);
        let operator = &rest[..rest.len() - operand.len()];
        let operand = operand.trim_start();
        let end = operand.find([',', ' ']).unwrap_or(operand.len());
        let version = operand[..end].trim_start_matches('v');
        if !version.starts_with(|c: char| c.is_ascii_digit()) || version.contains(['*', 'x']) {
            return None;
        }
        match operator {
            ">=" | ">" => low = Some(version.to_owned()),
            "<" => high = Some(before(version)),
            "<=" => high = Some(version.to_owned()),
            "==" | "=" | "===" => (low, high) = (Some(version.to_owned()), Some(version.to_owned())),
            "~=" | "~>" => (low, high) = (Some(version.to_owned()), Some(last_compatible(version))),
            "~" if ecosystem == Ecosystem::Composer => (low, high) = (Some(version.to_owned()), Some(last_compatible(version))),
            "~" => (low, high) = (Some(version.to_owned()), Some(joined(release(version).get(..2).unwrap_or(&release(version))))),
            "^" => (low, high) = (Some(version.to_owned()), Some(last_below_caret(version))),
            "" if ecosystem == Ecosystem::Cargo => (low, high) = (Some(version.to_owned()), Some(last_below_caret(version))),
            "!=" => {}
            _ => return None,
        }
        rest = operand[end..].trim_start_matches([',', ' ']);
    }
    if low.is_none() && high.is_none() {
        return None;
    }
    Some((low.unwrap_or_else(|| "0".to_owned()), high.unwrap_or_else(|| LATEST.to_owned())))
}

/// The numbers of a release, without a tail.
fn release(version: &str) -> Vec<u64> {
    version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect()
}

/// The last version before this one: `2.0` → `1.999999999`.
fn before(version: &str) -> String {
    let mut numbers = release(version);
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    let Some(last) = numbers.last_mut() else { return "0".to_owned() };
    *last -= 1;
    joined(&numbers)
}

/// The last version that `~=` allows: `2.2.1` → `2.2.999999999`.
fn last_compatible(version: &str) -> String {
    let mut numbers = release(version);
    if numbers.len() > 1 {
        numbers.pop();
    }
    joined(&numbers)
}

/// The last version that `^` allows, which keeps the first number that is not 0: `1.2.3` → `1.999999999`.
fn last_below_caret(version: &str) -> String {
    let numbers = release(version);
    let kept = numbers.iter().position(|number| *number != 0).unwrap_or(numbers.len().saturating_sub(1));
    joined(&numbers[..=kept])
}

/// The latest version below these numbers.
fn joined(numbers: &[u64]) -> String {
    numbers.iter().map(u64::to_string).chain([LATEST.to_owned()]).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_within_another_by_both_ends() {
        for (requirement, range, expected) in [
            (">=1,<2", "<3.4.0", Some(true)),
            (">=1,<2", "<2", Some(true)),
            (">=1,<2.0.0", "<2.0", Some(true)),
            (">=3,<4", "<3.4.0", Some(false)),
            (">=4,<5", "<3.4.0", Some(false)),
            (">=4,<5", ">=4", Some(true)),
            (">=2.0", "<3.4.0", Some(false)),
            (">=2.0", ">=2", Some(true)),
            ("<2", "<2", Some(true)),
            ("<=2", "<2", Some(false)),
            (">= 1.2, != 1.5, < 2", "<2", Some(true)),
            (">=1.2 <2", "<2", Some(true)),
            ("~=2.2.1", "<2.3", Some(true)),
            ("~=2.2", "<2.3", Some(false)),
            ("==1.4", "<2", Some(true)),
            ("^8.5.0", "<9.0.0", Some(true)),
            ("^3.3.0", "<3.4.0", Some(false)),
            ("^0.3.1", "<0.4", Some(true)),
            ("^0.3.1", "<0.3.2", Some(false)),
            ("^0.0.3", "<0.0.4", Some(true)),
            ("^0", "<1", Some(true)),
            ("~3.3.0", "<3.4.0", Some(true)),
            ("~3.3", "<3.4.0", Some(true)),
            ("~3", "<3.4.0", Some(false)),
            ("^8.0.0", ">=8.0.0", Some(true)),
            ("^7.0.0", ">=8.0.0", Some(false)),
            ("^7.0 || ^8.0", "<9", Some(true)),
            ("^7.0|^9.0", "<9", Some(false)),
            ("*", "<2", None),
            ("", "<2", None),
            ("==1.*", "<2", None),
            ("git+https://x", "<2", None),
        ] {
            assert_eq!(requirement_within(Ecosystem::PyPi, requirement, range), expected, "{requirement} in {range}");
        }
        assert_eq!(requirement_within(Ecosystem::Composer, "~9.1", "<9.2.0"), Some(false));
        assert_eq!(requirement_within(Ecosystem::Npm, "~9.1", "<9.2.0"), Some(true));
        assert_eq!(requirement_within(Ecosystem::Cargo, "3", "<4"), Some(true));
        assert_eq!(requirement_within(Ecosystem::Cargo, "4.1", "<4.5"), Some(false));
        assert_eq!(requirement_within(Ecosystem::Npm, "4.1", "<5"), None);
    }
}

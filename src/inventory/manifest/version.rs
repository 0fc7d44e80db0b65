//! Versions and version ranges of all ecosystems, compared by one set of rules.
//!
//! A version is an epoch, a release (`1.2.3`) and a tail (`-rc.1`, `.post2`, `.Final`). Releases compare number by number, a missing
//! number is 0; tails compare by the usual meaning of their words. Unlike the package managers, `<3.0` here includes the
//! pre-releases of 3.0: whoever asks for "older than the fix" means them. Bounds that are only implied (`^2.1`, `~>2.1`, `2.x`) exclude
//! them. To teach a qualifier, add it to [`rank_of_word`]; an operator, to [`clause`].

use super::Ecosystem;
use std::cmp::Ordering;

/// Longer texts are not versions; keeps every comparison short.
const MAX_LENGTH: usize = 256;

/// Whether `version` lies in `range`: clauses joined by `,` or blanks (all must hold), alternatives by `||`. Clauses are
/// `<1 <=1 >1 >=1 =1 ==1 !=1 ^1 ~1 ~=1 ~>1 1.x * 1-2`, Maven intervals `[1,2)`, or a bare version, which means what it means in
/// `ecosystem` (caret for cargo, minimum for nuget and go, else that version). `None` if either cannot be understood.
pub fn version_matches(ecosystem: Ecosystem, version: &str, range: &str) -> Option<bool> {
    let version = Version::parse(version)?;
    if range.len() > MAX_LENGTH * 4 {
        return None;
    }
    let mut any = false;
    for alternative in range.split('|').filter(|part| !part.is_empty()) {
        any |= alternative_matches(ecosystem, &version, alternative.trim())?;
    }
    Some(any || range.trim().is_empty())
}

/// The version to which `requirement` pins, if it allows exactly one (or, for maven, nuget and go, names the one that is taken).
pub(super) fn exact(ecosystem: Ecosystem, requirement: &str) -> Option<String> {
    let requirement = requirement.trim();
    let bare = requirement.trim_start_matches('=').trim_start();
    let pinned = bare.len() < requirement.len();
    let (needs_operator, least_numbers) = match ecosystem {
        Ecosystem::Cargo => (true, 3),
        Ecosystem::PyPi => (true, 1),
        Ecosystem::Npm | Ecosystem::Composer => (false, 3),
        _ => (false, 1),
    };
    let bare = match ecosystem {
        Ecosystem::Maven | Ecosystem::NuGet => bare.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(bare),
        _ => bare,
    };
    let version = Version::parse(bare)?;
    let open = bare.ends_with(".x") || version.is_wild() || needs_operator && !pinned || version.release.len() < least_numbers;
    (!open).then(|| bare.to_string())
}

/// A parsed version; borrows its text.
#[derive(Debug)]
struct Version<'a> {
    epoch: &'a str,
    release: Vec<&'a str>,
    tail: Vec<Part<'a>>,
}

#[derive(Debug, Clone, Copy)]
enum Part<'a> {
    Number(&'a str),
    Word(&'a str),
}

impl<'a> Version<'a> {
    fn parse(text: &'a str) -> Option<Version<'a>> {
        let text = text.trim();
        let text = text.strip_prefix(['v', 'V']).unwrap_or(text);
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || b".-_+!~".contains(&byte);
        if text.len() > MAX_LENGTH || !text.starts_with(|c: char| c.is_ascii_digit()) || !text.bytes().all(legal) {
            return None;
        }
        let text = text.split('+').next().unwrap_or(text);
        let (epoch, text) = text.split_once('!').unwrap_or(("0", text));
        let mut release = Vec::new();
        let mut rest = text;
        loop {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            release.push(&rest[..digits]);
            rest = &rest[digits..];
            match rest.strip_prefix('.') {
                Some(next) if next.starts_with(|c: char| c.is_ascii_digit()) => rest = next,
                _ => break,
            }
        }
        (!release[0].is_empty()).then(|| Version { epoch, release, tail: tail(rest) })
    }

    /// `1.x` is a pattern, not a version.
    fn is_wild(&self) -> bool {
        matches!(self.tail.first(), Some(Part::Word("x" | "X")))
    }

    fn compare(&self, other: &Version<'_>, ecosystem: Ecosystem) -> Ordering {
        compare_numbers(self.epoch, other.epoch)
            .then_with(|| self.compare_release(&other.release))
            .then_with(|| compare_tails(&self.tail, &other.tail, ecosystem))
    }

    fn compare_release(&self, other: &[&str]) -> Ordering {
        let numbers = self.release.len().max(other.len());
        (0..numbers)
            .map(|at| compare_numbers(self.release.get(at).unwrap_or(&"0"), other.get(at).unwrap_or(&"0")))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    }

    fn starts_with(&self, prefix: &[&str]) -> bool {
        prefix.iter().enumerate().all(|(at, number)| compare_numbers(self.release.get(at).unwrap_or(&"0"), number).is_eq())
    }
}

/// Splits at separators and between letters and digits.
fn tail(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    for piece in text.split(['.', '-', '_', '~', '!']).filter(|piece| !piece.is_empty()) {
        let mut rest = piece;
        while let Some(first) = rest.chars().next() {
            let digits = first.is_ascii_digit();
            let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
            parts.push(if digits { Part::Number(&rest[..end]) } else { Part::Word(&rest[..end]) });
            rest = &rest[end..];
        }
    }
    parts
}

/// Compares digit strings of any length.
fn compare_numbers(a: &str, b: &str) -> Ordering {
    let (a, b) = (a.trim_start_matches('0'), b.trim_start_matches('0'));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

fn compare_tails(a: &[Part<'_>], b: &[Part<'_>], ecosystem: Ecosystem) -> Ordering {
    for at in 0..a.len().max(b.len()) {
        let order = match (a.get(at), b.get(at)) {
            (Some(Part::Number(x)), Some(Part::Number(y))) => compare_numbers(x, y),
            (x, y) => rank(x, at, ecosystem).cmp(&rank(y, at, ecosystem)).then_with(|| match (x, y) {
                (Some(Part::Word(x)), Some(Part::Word(y))) if rank_of_word(x).is_none() => x.cmp(y),
                _ => Ordering::Equal,
            }),
        };
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Where a part of a tail stands relative to the plain release, which is 0.
fn rank(part: Option<&Part<'_>>, position: usize, ecosystem: Ecosystem) -> i8 {
    let words_follow_release = matches!(ecosystem, Ecosystem::Maven | Ecosystem::PyPi);
    match part {
        None => 0,
        Some(Part::Number(_)) if position > 0 || words_follow_release => 2,
        Some(Part::Number(_)) => -9,
        Some(Part::Word(word)) => rank_of_word(word).unwrap_or(if words_follow_release { 1 } else { -8 }),
    }
}

fn rank_of_word(word: &str) -> Option<i8> {
    Some(match word.to_ascii_lowercase().as_str() {
        "dev" => -7,
        "a" | "alpha" => -6,
        "b" | "beta" => -5,
        "m" | "milestone" => -4,
        "c" | "rc" | "cr" | "pre" | "preview" => -3,
        "snapshot" => -2,
        "final" | "ga" | "release" | "jre" | "android" => 0,
        "sp" | "post" | "rev" | "r" | "p" | "pl" | "patch" => 3,
        _ => return None,
    })
}

fn alternative_matches(ecosystem: Ecosystem, version: &Version<'_>, text: &str) -> Option<bool> {
    if text.starts_with(['[', '(']) {
        return intervals(ecosystem, version, text);
    }
    if let Some((low, high)) = text.split_once(" - ") {
        let at_least = version.compare(&Version::parse(low)?, ecosystem).is_ge();
        let high = Version::parse(high)?;
        let at_most = if high.release.len() < 3 {
            version.starts_with(&high.release) || version.compare(&high, ecosystem).is_le()
        } else {
            version.compare(&high, ecosystem).is_le()
        };
        return Some(at_least && at_most);
    }
    let mut rest = text;
    let mut all = true;
    loop {
        rest = rest.trim_start_matches(|c: char| c == ',' || c == '&' || c.is_whitespace());
        if rest.is_empty() {
            return Some(all);
        }
        let operator_end = rest.find(|c: char| !"<>=!~^".contains(c)).unwrap_or(rest.len());
        let (operator, after) = rest.split_at(operator_end);
        let after = after.trim_start();
        let operand_end = after.find(|c: char| c == ',' || c.is_whitespace()).unwrap_or(after.len());
        all &= clause(ecosystem, version, operator, &after[..operand_end])?;
        rest = &after[operand_end..];
    }
}

/// One operator and its operand.
fn clause(ecosystem: Ecosystem, version: &Version<'_>, operator: &str, operand: &str) -> Option<bool> {
    let (operand, wild) = without_wildcard(operand);
    if operand.is_empty() {
        return (wild && matches!(operator, "" | "=" | "==" | ">=" | "^" | "~")).then_some(true);
    }
    let bound = Version::parse(operand)?;
    let order = version.compare(&bound, ecosystem);
    let partial = bound.release.len() < 3 && bound.tail.is_empty() && matches!(ecosystem, Ecosystem::Npm | Ecosystem::Cargo);
    let equal = if wild || partial { version.starts_with(&bound.release) } else { order.is_eq() };
    Some(match operator {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        "=" | "==" | "===" => equal,
        "!=" => !equal,
        "^" => order.is_ge() && version.starts_with(caret_prefix(&bound)),
        "~" if ecosystem == Ecosystem::Composer => order.is_ge() && version.starts_with(all_but_last(&bound)),
        "~" => order.is_ge() && version.starts_with(&bound.release[..bound.release.len().min(2)]),
        "~=" | "~>" => order.is_ge() && version.starts_with(all_but_last(&bound)),
        "" if wild => equal,
        "" if ecosystem == Ecosystem::Cargo => order.is_ge() && version.starts_with(caret_prefix(&bound)),
        "" if matches!(ecosystem, Ecosystem::NuGet | Ecosystem::Go) => order.is_ge(),
        "" => equal,
        _ => return None,
    })
}

/// `1.2.*` → `1.2`, true.
fn without_wildcard(operand: &str) -> (&str, bool) {
    let is_wild = |c: char| matches!(c, '*' | 'x' | 'X' | '.');
    let plain = operand.trim_end_matches(is_wild);
    (plain, operand[plain.len()..].contains(['*', 'x', 'X']))
}

/// What a caret keeps fixed: everything up to and including the leftmost number that is not 0.
fn caret_prefix<'a, 'b>(bound: &'b Version<'a>) -> &'b [&'a str] {
    let is_zero = |number: &&str| number.trim_start_matches('0').is_empty();
    let fixed = bound.release.iter().position(|number| !is_zero(number)).map_or(bound.release.len(), |at| at + 1);
    &bound.release[..fixed]
}

fn all_but_last<'a, 'b>(bound: &'b Version<'a>) -> &'b [&'a str] {
    &bound.release[..bound.release.len().saturating_sub(1).max(1)]
}

/// `[1,2)`, `(,1.5]`, `[1.0]`, and unions of them joined by commas.
fn intervals(ecosystem: Ecosystem, version: &Version<'_>, text: &str) -> Option<bool> {
    let mut any = false;
    let mut rest = text;
    while !rest.is_empty() {
        let includes_low = match rest.as_bytes()[0] {
            b'[' => true,
            b'(' => false,
            _ => return None,
        };
        let end = rest.find([']', ')'])?;
        let includes_high = rest.as_bytes()[end] == b']';
        let inside = &rest[1..end];
        any |= match inside.split_once(',') {
            None => version.compare(&Version::parse(inside)?, ecosystem).is_eq(),
            Some((low, high)) => {
                let above = bound_holds(ecosystem, version, low, includes_low, Ordering::Greater)?;
                above && bound_holds(ecosystem, version, high, includes_high, Ordering::Less)?
            }
        };
        rest = rest[end + 1..].trim_start_matches(|c: char| c == ',' || c.is_whitespace());
    }
    Some(any)
}

fn bound_holds(ecosystem: Ecosystem, version: &Version<'_>, bound: &str, inclusive: bool, side: Ordering) -> Option<bool> {
    if bound.trim().is_empty() {
        return Some(true);
    }
    let order = version.compare(&Version::parse(bound)?, ecosystem);
    Some(order == side || inclusive && order.is_eq())
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ecosystem::*;

    #[test]
    fn operators_hold_where_they_should() {
        for (ecosystem, version, range) in [
            (PyPi, "3.3.9", "<3.4.0"),
            (PyPi, "3.4.0rc1", "<3.4.0"),
            (PyPi, "6.2", ">=5, <8"),
            (PyPi, "1.0.post1", ">1.0"),
            (PyPi, "1!0.1", ">99"),
            (PyPi, "2.2.5", "~=2.2.1"),
            (PyPi, "1.10", ">1.9"),
            (PyPi, "1.0.dev3", "<1.0a1"),
            (PyPi, "1.2.7", "==1.2.*"),
            (Npm, "4.17.21", "^4.17.0"),
            (Npm, "0.2.9", "^0.2.3"),
            (Npm, "1.0.0-beta.11", "<1.0.0-rc.1"),
            (Npm, "1.0.0-alpha", "<1.0.0-alpha.1"),
            (Npm, "1.4.0", "1.x"),
            (Npm, "1.4.0", "1"),
            (Npm, "2.0.0", "<1 || >=2"),
            (Npm, "2.3.4", "1.2 - 2.3"),
            (Npm, "7.0.0", "*"),
            (Cargo, "1.9.0", "1.2"),
            (Go, "v0.17.0", ">=v0.16.0"),
            (Go, "v0.0.0-20200101120000-abcdefabcdef", "<v0.1.0"),
            (Maven, "2.17.1", "[2.13,2.18)"),
            (Maven, "31.1-jre", "31.1"),
            (Maven, "5.3.9.RELEASE", ">=5.3.9"),
            (Maven, "2.0-SNAPSHOT", "<2.0"),
            (Maven, "1.0", "(,1.0],[2.0,)"),
            (RubyGems, "7.1.0", "~> 7.0"),
            (RubyGems, "7.0.0.rc2", "<7.0.0"),
            (Composer, "v1.9.0", "~1.2"),
            (NuGet, "8.0.3", "8.0.1"),
        ] {
            assert_eq!(version_matches(ecosystem, version, range), Some(true), "{ecosystem} {version} in {range}");
        }
    }

    #[test]
    fn operators_fail_where_they_should() {
        for (ecosystem, version, range) in [
            (PyPi, "3.4.0", "<3.4.0"),
            (PyPi, "3.0", "~=2.2"),
            (PyPi, "1.2", "!=1.2.0"),
            (Npm, "0.3.0", "^0.2.3"),
            (Npm, "2.0.0-rc.1", "^1.2.3"),
            (Npm, "1.3.0", "~1.2.9"),
            (Npm, "1.5.0", "<1 || >=2"),
            (Cargo, "0.2.0", "0.1.5"),
            (Maven, "1.0", "(1.0,2.0]"),
            (Maven, "1.0.1", "[1.0]"),
            (Composer, "1.3.0", "~1.2.3"),
            (RubyGems, "8.0", "~> 7.0"),
        ] {
            assert_eq!(version_matches(ecosystem, version, range), Some(false), "{ecosystem} {version} in {range}");
        }
    }

    #[test]
    fn what_cannot_be_compared_is_none() {
        for (version, range) in
            [("latest", ">1"), ("dev-main", ">1"), ("${x}", ">1"), ("1.0", "latest"), ("1.0", "<>2"), ("1", ">")]
        {
            assert_eq!(version_matches(Npm, version, range), None, "{version} in {range}");
        }
    }

    #[test]
    fn numbers_of_any_length_compare() {
        assert_eq!(version_matches(Npm, "99999999999999999999999.0.0", ">99999999999999999999998.9.9"), Some(true));
    }

    #[test]
    fn exact_is_what_the_ecosystem_calls_exact() {
        assert_eq!(exact(Npm, "4.17.1").as_deref(), Some("4.17.1"));
        assert_eq!(exact(Npm, "4.17"), None);
        assert_eq!(exact(Npm, "^4.17.1"), None);
        assert_eq!(exact(PyPi, "==1.2").as_deref(), Some("1.2"));
        assert_eq!(exact(PyPi, "1.2"), None);
        assert_eq!(exact(Cargo, "1.2.3"), None);
        assert_eq!(exact(Cargo, "=1.2.3").as_deref(), Some("1.2.3"));
        assert_eq!(exact(Maven, "[1.0]").as_deref(), Some("1.0"));
        assert_eq!(exact(Maven, "${v}"), None);
        assert_eq!(exact(RubyGems, "= 1.2").as_deref(), Some("1.2"));
    }
}

//! A literal that has to occur, and how requirements are joined. The build script shares this file.

/// Shortest literal worth looking for, in bytes.
const MIN_LENGTH: usize = 2;
/// Longest literal kept, in bytes.
const MAX_LENGTH: usize = 64;
/// Most alternatives of a clause.
pub(super) const MAX_ALTERNATIVES: usize = 96;

/// A text that has to occur.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Literal {
    /// ASCII letters in lower case; found without regard to ASCII case.
    pub text: String,
    /// It has to occur outside comments and strings.
    pub in_code: bool,
}

/// A literal, if it is worth looking for.
pub(super) fn literal(text: &str, in_code: bool) -> Option<Literal> {
    let end = (0..=MAX_LENGTH.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let text = text[..end].to_ascii_lowercase();
    // Two letters are in every text; as a whole word of code they say something.
    let says_nothing = !in_code && text.len() == MIN_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (text.len() >= MIN_LENGTH && !says_nothing).then_some(Literal { text, in_code })
}

/// How selective a clause is: its shortest literal decides, then the number of alternatives.
pub(super) fn weight(clause: &[Literal]) -> (usize, std::cmp::Reverse<usize>) {
    (clause.iter().map(|literal| literal.text.len()).min().unwrap_or(0), std::cmp::Reverse(clause.len()))
}

/// Whatever satisfies `known` satisfies `clause`.
pub(super) fn implies(known: &[Literal], clause: &[Literal]) -> bool {
    known.iter().all(|k| clause.iter().any(|c| k.text.contains(&c.text) && (k.in_code || !c.in_code)))
}

/// What is required if one of the branches has to match: a clause from the best of each, another from the second best of each, and
/// so on as long as every branch has one.
pub(super) fn any_of(branches: impl Iterator<Item = Vec<Vec<Literal>>>) -> Vec<Vec<Literal>> {
    let mut ranked: Vec<Vec<Vec<Literal>>> = branches.collect();
    for branch in &mut ranked {
        branch.sort_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.cmp(b)));
        branch.dedup();
    }
    let most = ranked.iter().map(Vec::len).min().unwrap_or(0);
    let mut out = Vec::new();
    for rank in 0..most {
        let mut union: Vec<Literal> = ranked.iter().flat_map(|branch| branch[rank].iter().cloned()).collect();
        union.sort();
        union.dedup();
        if !union.is_empty() && union.len() <= MAX_ALTERNATIVES {
            out.push(union);
        }
    }
    out
}

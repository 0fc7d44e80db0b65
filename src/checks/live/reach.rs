//! Which rows of a decision table can never decide: those whose condition implies that of an earlier row, and those behind a row that
//! always holds.
//!
//! The proof is by structure only: what it calls unreachable is, what it lets pass may be, too.

use crate::model::live::{Condition, Rule, Test, Value};
use crate::model::node::Span;
use crate::probes::params::Problems;

/// Notes every row that can never decide.
pub fn note_unreachable(rows: &[(Rule, Span)], problems: &Problems) {
    for (index, (rule, span)) in rows.iter().enumerate() {
        let earlier = &rows[..index];
        if let Some((_, always)) = earlier.iter().find(|(earlier, _)| always(&earlier.when)) {
            problems.note(*span, format!("this rule is never reached: the one in line {} always holds", always.line));
        } else if let Some((_, other)) = earlier.iter().find(|(earlier, _)| implies(&rule.when, &earlier.when)) {
            problems.note(*span, format!("this rule is never reached: where it holds, the one in line {} does", other.line));
        }
        if always(&rule.when) {
            problems.note(*span, "this rule always holds; say so with `otherwise`");
        }
    }
}

/// Does the condition hold whatever the facts are?
fn always(condition: &Condition) -> bool {
    match condition {
        Condition::All(parts) => parts.iter().all(always),
        Condition::Any(parts) => {
            parts.iter().any(always)
                || parts.iter().any(|part| parts.iter().any(|other| *part == Condition::Not(Box::new(other.clone()))))
                || parts.iter().any(|part| {
                    matches!(part, Condition::Fact { path, test: Test::Absent }
                        if parts.contains(&Condition::Fact { path: path.clone(), test: Test::Present }))
                })
        }
        _ => false,
    }
}

/// Wherever `a` holds, does `b`?
fn implies(a: &Condition, b: &Condition) -> bool {
    if a == b {
        return true;
    }
    match (a, b) {
        (Condition::Any(parts), _) => parts.iter().all(|part| implies(part, b)),
        (_, Condition::All(parts)) => parts.iter().all(|part| implies(a, part)),
        (Condition::All(parts), _) if parts.iter().any(|part| implies(part, b)) => true,
        (_, Condition::Any(parts)) => parts.iter().any(|part| implies(a, part)),
        (Condition::Not(a), Condition::Not(b)) => implies(b, a),
        (Condition::Fact { path, test }, Condition::Fact { path: other, test: wanted }) => path == other && narrows(test, wanted),
        (Condition::Some { path, meets }, Condition::Some { path: other, meets: wanted })
        | (Condition::Each { path, meets }, Condition::Each { path: other, meets: wanted })
        | (Condition::Each { path, meets }, Condition::Some { path: other, meets: wanted }) => {
            path == other && implies(meets, wanted)
        }
        (Condition::Some { path, .. } | Condition::Each { path, .. }, Condition::Fact { path: other, test: Test::Present }) => {
            path == other
        }
        _ => false,
    }
}

/// Does every value that passes `a` pass `b`?
fn narrows(a: &Test, b: &Test) -> bool {
    let values = |test: &Test| match test {
        Test::Equal(value) => Some(vec![value.clone()]),
        Test::In(values) => Some(values.clone()),
        _ => None,
    };
    if let Some(values) = values(a) {
        return values.iter().all(|value| passes(value, b));
    }
    match (a, b) {
        (Test::Absent, _) => *b == Test::Absent,
        (_, Test::Present) => true,
        (Test::Less(a), Test::Less(b)) | (Test::AtMost(a), Test::AtMost(b)) | (Test::Less(a), Test::AtMost(b)) => a <= b,
        (Test::AtMost(a), Test::Less(b)) => a < b,
        (Test::Greater(a), Test::Greater(b)) | (Test::AtLeast(a), Test::AtLeast(b)) | (Test::Greater(a), Test::AtLeast(b)) => {
            a >= b
        }
        (Test::AtLeast(a), Test::Greater(b)) => a > b,
        (Test::Contains(a), Test::Contains(b)) => a.iter().all(|text| b.contains(text)),
        (Test::Lacks(a), Test::Lacks(b)) => b.iter().all(|text| a.contains(text)),
        _ => a == b,
    }
}

fn passes(value: &Value, test: &Test) -> bool {
    match (test, value) {
        (Test::Present, _) => true,
        (Test::Equal(wanted), _) => value == wanted,
        (Test::NotEqual(wanted), _) => value != wanted,
        (Test::In(wanted), _) => wanted.contains(value),
        (Test::NotIn(wanted), _) => !wanted.contains(value),
        (Test::Less(bound), Value::Int(value)) => value < bound,
        (Test::AtMost(bound), Value::Int(value)) => value <= bound,
        (Test::Greater(bound), Value::Int(value)) => value > bound,
        (Test::AtLeast(bound), Value::Int(value)) => value >= bound,
        (Test::Matches(regex), Value::Text(value)) => regex.is_match(value),
        (Test::NotMatches(regex), Value::Text(value)) => !regex.is_match(value),
        (Test::Contains(wanted), Value::Text(value)) => wanted.iter().any(|text| value.contains(text)),
        (Test::Lacks(wanted), Value::Text(value)) => !wanted.iter().any(|text| value.contains(text)),
        _ => false,
    }
}

//! Rules about checks beyond what loading demands.
//!
//! To add one, add a function that notes what it finds and call it in `lint`.

use crate::inventory::syntax::Prefilter;
use crate::model::needs::Look;

use super::load::Ruleset;

/// A remark about a check; not an error.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    pub id: String,
    pub message: String,
}

/// Everything worth a remark, ordered by id.
pub fn lint(ruleset: &Ruleset) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for check in &ruleset.checks {
        let mut note = |message: String| remarks.push(Remark { id: check.id.clone(), message });
        if check.title.ends_with('.') {
            note("the title ends with a full stop".to_owned());
        }
        if check.fix.summary.chars().next().is_some_and(char::is_lowercase) {
            note("`fix.summary` starts in lower case".to_owned());
        }
        for item in check.forbid.iter().chain(&check.look_alike).chain(&check.require) {
            if item.say.ends_with('.') {
                note(format!("`say` ends with a full stop: {}", item.say));
            }
            let mut needs = std::collections::BTreeSet::new();
            item.expression.needs(&mut needs);
            for need in needs {
                if is_expensive(&ruleset.needs.need(need).look) {
                    note(format!("no literal gates this, so it looks into every file that its path or language admits: {}", item.say));
                }
            }
        }
    }
    remarks.sort();
    remarks.dedup();
    remarks
}

/// Would the look parse or search every file that its selector admits?
fn is_expensive(look: &Look) -> bool {
    match look {
        Look::Code { language, source, .. } => {
            let rule = serde_json::from_str(source).unwrap_or_default();
            Prefilter::from_rule(*language, &rule).clauses.is_empty()
        }
        _ => false,
    }
}


//! Roles that the configuration gives, whatever a path or the first lines of a file say.

use globset::{GlobSet, GlobSetBuilder};

use crate::model::glob;
use crate::model::role::{Role, RoleOverride};

/// The overrides, ready to be matched.
pub struct Overrides {
    rules: Vec<RoleOverride>,
    globs: GlobSet,
}

impl Overrides {
    /// Compiles the rules. The configuration refused globs that are none, so a set that does not build is empty.
    pub fn new(rules: Vec<RoleOverride>) -> Overrides {
        let mut builder = GlobSetBuilder::new();
        let rules: Vec<RoleOverride> =
            rules.into_iter().filter(|rule| glob::compile(&rule.glob).map(|glob| builder.add(glob)).is_ok()).collect();
        Overrides { rules, globs: builder.build().unwrap_or_else(|_| GlobSet::empty()) }
    }

    /// The role that the last matching rule gives.
    pub fn of(&self, path: &str) -> Option<Role> {
        self.globs.matches(&*glob::folded(path)).into_iter().max().map(|rule| self.rules[rule].role)
    }

    /// What the rules did, for the reader of the report: how many files have their role from here, and which rule is idle.
    pub fn notes<'p>(&self, paths: impl Iterator<Item = &'p str>) -> Vec<String> {
        let mut decided = vec![0usize; Role::ALL.len()];
        let mut used = vec![false; self.rules.len()];
        for path in paths.filter(|_| !self.rules.is_empty()) {
            let matched = self.globs.matches(&*glob::folded(path));
            matched.iter().for_each(|rule| used[*rule] = true);
            if let Some(last) = matched.into_iter().max() {
                decided[self.rules[last].role as usize] += 1;
            }
        }
        let counted = Role::ALL.iter().zip(decided).filter(|(_, files)| *files > 0);
        let counted: Vec<String> = counted.map(|(role, files)| format!("{role} to {files}")).collect();
        let mut notes = Vec::new();
        if !counted.is_empty() {
            notes.push(format!("the configuration gives files their role: {}", counted.join(", ")));
        }
        let idle = self.rules.iter().zip(used).filter(|(_, used)| !used);
        notes.extend(idle.map(|(rule, _)| format!("`{}` in the configuration's roles.{} matches no file", rule.glob, rule.role)));
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overrides() -> Overrides {
        let rule = |glob: &str, role| RoleOverride { glob: glob.to_owned(), role };
        Overrides::new(vec![
            rule("checks/**", Role::Test),
            rule("checks/live/**", Role::Production),
            rule("*.sample", Role::Example),
        ])
    }

    #[test]
    fn the_last_rule_that_matches_decides() {
        let overrides = overrides();
        assert_eq!(overrides.of("checks/cors/a.yaml"), Some(Role::Test));
        assert_eq!(overrides.of("checks/live/a.yaml"), Some(Role::Production));
        assert_eq!(overrides.of("src/a.rs"), None);
    }

    #[test]
    fn idle_rules_are_named() {
        let notes = overrides().notes(["checks/a.yaml", "checks/b.yaml", "checks/live/c.yaml"].into_iter());
        assert_eq!(notes[0], "the configuration gives files their role: production to 1, test to 2");
        assert_eq!(notes[1], "`*.sample` in the configuration's roles.example matches no file");
        assert_eq!(notes.len(), 2);
    }
}

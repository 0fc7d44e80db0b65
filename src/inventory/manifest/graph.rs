//! Scopes of the packages of a lockfile that does not state them: whatever is reachable from a runtime dependency is a runtime
//! package, else from a build, optional or development dependency.

use super::DependencyScope;
use std::collections::BTreeMap;

/// The order in which scopes claim packages.
const PRECEDENCE: [DependencyScope; 4] =
    [DependencyScope::Runtime, DependencyScope::Build, DependencyScope::Optional, DependencyScope::Development];

/// Who needs whom, by the keys of the lockfile.
#[derive(Default)]
pub(super) struct Graph {
    edges: BTreeMap<String, Vec<String>>,
    roots: BTreeMap<String, Vec<DependencyScope>>,
}

impl Graph {
    /// `package` needs `dependency`.
    pub(super) fn edge(&mut self, package: &str, dependency: &str) {
        self.edges.entry(package.to_string()).or_default().push(dependency.to_string());
    }

    /// A package of the repository needs `dependency` itself.
    pub(super) fn root(&mut self, dependency: &str, scope: DependencyScope) {
        self.roots.entry(dependency.to_string()).or_default().push(scope);
    }

    /// Whether a package of the repository needs `key` itself.
    pub(super) fn is_root(&self, key: &str) -> bool {
        self.roots.contains_key(key)
    }

    /// The scope of every reachable package. Each is visited once.
    pub(super) fn scopes(&self) -> BTreeMap<&str, DependencyScope> {
        let mut scopes = BTreeMap::new();
        for scope in PRECEDENCE {
            let started = self.roots.iter().filter(|(_, scopes)| scopes.contains(&scope));
            let mut open: Vec<&str> = started.map(|(key, _)| key.as_str()).collect();
            while let Some(key) = open.pop() {
                if scopes.contains_key(key) {
                    continue;
                }
                scopes.insert(key, scope);
                open.extend(self.edges.get(key).into_iter().flatten().map(String::as_str));
            }
        }
        scopes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtime_wins_and_cycles_end() {
        let mut graph = Graph::default();
        graph.root("app", DependencyScope::Runtime);
        graph.root("lint", DependencyScope::Development);
        graph.edge("app", "shared");
        graph.edge("lint", "shared");
        graph.edge("lint", "only-lint");
        graph.edge("only-lint", "lint");
        let scopes = graph.scopes();
        assert_eq!(scopes["shared"], DependencyScope::Runtime);
        assert_eq!(scopes["only-lint"], DependencyScope::Development);
        assert!(graph.is_root("lint") && !graph.is_root("shared"));
    }
}

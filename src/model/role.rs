//! The role of a file: what it is for, and therefore what it may prove.
//!
//! Roles are given to files by `inventory::role`, or by the configuration; checks name them in `roles:`.

use super::terms::vocabulary;

vocabulary! {
    /// What a file is for. Only `production`, `infra` and `ci` files decide a check that does not ask for others.
    Role {
        /// Source and configuration of the running application.
        Production = "production",
        /// How it is deployed: containers, compose, Kubernetes, Terraform, proxies.
        Infra = "infra",
        /// Pipelines.
        Ci = "ci",
        /// Tests, fixtures, mocks.
        Test = "test",
        /// Samples and templates: they prove that something is documented, never that it is used.
        Example = "example",
        /// Prose and notebooks.
        Docs = "docs",
        /// Written by a tool.
        Generated = "generated",
        /// Somebody else's code, build output, backup copies.
        Vendored = "vendored",
        /// Used on a developer's machine only.
        Development = "development",
    }
}

/// A role that the configuration gives to the files that a glob matches, whatever path and content say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleOverride {
    pub glob: String,
    pub role: Role,
}

/// A set of roles, as a check or a need names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleSet(u16);

impl RoleSet {
    /// The roles that decide unless a check says otherwise: production, infra, ci.
    pub const DECIDING: RoleSet = RoleSet(1 << Role::Production as u16 | 1 << Role::Infra as u16 | 1 << Role::Ci as u16);
    /// No role at all; the start for `with`.
    pub const NONE: RoleSet = RoleSet(0);

    /// This set and `role`.
    pub fn with(self, role: Role) -> RoleSet {
        RoleSet(self.0 | 1 << role as u16)
    }

    /// Every role.
    pub fn all() -> RoleSet {
        Role::ALL.iter().fold(RoleSet::NONE, |set, role| set.with(*role))
    }

    /// Is `role` in the set?
    pub fn contains(self, role: Role) -> bool {
        self.0 & (1 << role as u16) != 0
    }

    /// The roles of either set.
    pub fn union(self, other: RoleSet) -> RoleSet {
        RoleSet(self.0 | other.0)
    }
}

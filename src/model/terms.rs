//! The closed vocabularies of checks and reports: priorities, efforts, strengths, statuses, confidences, planes.
//!
//! Every enum here has one spelling (`as_str`) used by the YAML loader, by every output format and by the command line. To add a
//! value, add it to `vocabulary!` below; the loader's did-you-mean and the schema follow by themselves.

/// A closed vocabulary, for loaders that read any of them.
pub trait Word: Sized {
    /// Every spelling, in declared order.
    fn words() -> Vec<&'static str>;
    /// The value spelled `text`.
    fn from_word(text: &str) -> Option<Self>;
}

/// Declares an enum whose variants have exactly one spelling each.
macro_rules! vocabulary {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every value, in the order in which it is declared.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The one spelling of this value.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            /// The value spelled `text`, if there is one.
            pub fn parse(text: &str) -> Option<$name> {
                match text { $($text => Some($name::$variant),)+ _ => None }
            }
        }

        impl crate::model::terms::Word for $name {
            fn words() -> Vec<&'static str> {
                $name::ALL.iter().map(|value| value.as_str()).collect()
            }

            fn from_word(text: &str) -> Option<$name> {
                $name::parse(text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}
pub(crate) use vocabulary;

vocabulary! {
    /// When a failing check has to be fixed.
    Priority {
        /// Blocks go-live.
        P0 = "P0",
        /// Within days of go-live.
        P1 = "P1",
        /// In the first weeks.
        P2 = "P2",
        /// Planned improvement.
        P3 = "P3",
    }
}

vocabulary! {
    /// How much work the fix is.
    Effort { Low = "low", Medium = "medium", High = "high" }
}

vocabulary! {
    /// How strongly good evidence proves. Ordered: a later value proves more.
    Strength {
        /// The package is a direct runtime dependency, or the file exists.
        Declared = "declared",
        /// The object is constructed with sane values.
        Configured = "configured",
        /// The object is attached to the running application.
        Wired = "wired",
        /// Seen on the deployed endpoint.
        Observed = "observed",
    }
}

vocabulary! {
    /// How sure a probe is that what it matched means what the check says. Ordered: a later value is surer.
    Confidence { Low = "low", Medium = "medium", High = "high" }
}

vocabulary! {
    /// How settled a check is.
    Stage { Experimental = "experimental", Stable = "stable", Deprecated = "deprecated" }
}

vocabulary! {
    /// Whether a check is judged once per deployable unit or once per repository.
    Scope { Component = "component", Repository = "repository" }
}

vocabulary! {
    /// What it means when nothing decisive was seen.
    Absent { Pass = "pass", Fail = "fail", Unknown = "unknown" }
}

vocabulary! {
    /// The outcome of a check, as machine output spells it.
    Status {
        Fail = "fail",
        Error = "error",
        Partial = "partial",
        Waived = "waived",
        /// Only a person can answer.
        Manual = "manual",
        /// Something else could answer: a `--url`, an import, more of the repository.
        Unknown = "unknown",
        Pass = "pass",
        NotApplicable = "not_applicable",
    }
}

vocabulary! {
    /// Where evidence comes from.
    Plane { Static = "static", Live = "live", Attested = "attested" }
}

vocabulary! {
    /// May the application go to production?
    Verdict {
        Go = "GO",
        GoWithConditions = "GO WITH CONDITIONS",
        Inconclusive = "INCONCLUSIVE",
        NoGo = "NO-GO",
    }
}

impl Status {
    /// Decided outcomes count in the score; the others are in neither of its sums.
    pub fn is_decided(self) -> bool {
        matches!(self, Status::Pass | Status::Fail | Status::Partial)
    }
}

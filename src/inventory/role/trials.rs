//! Names after kinds of tests: `api-tests/`, `tests_integration/`, `Dockerfile.postman_test`.
//!
//! An application may be about tests (`exam_test`, `health_tests`, `ab-testing`), so a word for tests alone decides nothing: beside it stands
//! a kind of test, which no application is about. To teach it a kind, add it to [`KINDS`].

use super::infra::{is_compose, is_dockerfile};
use super::names::Name;

/// What tests of software are called after: how they are made, or what they look at. Sorted.
const KINDS: [&str; 26] = [
    "acceptance",
    "api",
    "bdd",
    "browser",
    "contract",
    "cypress",
    "e2e",
    "end-to-end",
    "end2end",
    "end_to_end",
    "functional",
    "integration",
    "k6",
    "load",
    "locust",
    "newman",
    "perf",
    "performance",
    "postman",
    "regression",
    "sanity",
    "smoke",
    "stress",
    "system",
    "ui",
    "unit",
];

/// A word for tests; one that also means the trade is none for kinds that may be traded in.
const WORDS: [&str; 3] = ["tests", "test", "testing"];

/// Kinds of testing that are sold as a service.
const TRADES: [&str; 6] = ["api", "browser", "performance", "system", "ui", "unit"];

/// `api-tests`, `smoke_test`, `e2e-testing`, `tests-integration`.
pub(super) fn is_kind_of_tests(folder: &str) -> bool {
    if !folder.contains("test") {
        return false;
    }
    let is_kind = |kind: &str, word: &str| KINDS.binary_search(&kind).is_ok() && (word != "testing" || !TRADES.contains(&kind));
    WORDS.iter().any(|word| {
        let before = folder.strip_suffix(word).and_then(|rest| rest.strip_suffix(['-', '_']));
        let behind = folder.strip_prefix(word).and_then(|rest| rest.strip_prefix(['-', '_'])).filter(|_| *word != "testing");
        before.or(behind).is_some_and(|kind| is_kind(kind, word))
    })
}

/// Tools that do nothing but test, as images and compose files are called after them.
const TOOLS: [&str; 5] = ["cypress", "e2e", "k6", "newman", "postman"];

/// Applications that are about tests.
const SUBJECTS: [&str; 8] = ["ab", "exam", "exams", "health", "lab", "labs", "online", "quiz"];

/// Is it an image or a compose file of tests: `Dockerfile.postman_test`, `e2e.Dockerfile`, `docker-compose.testing.yml`?
pub(super) fn is_of_tests(file: &Name) -> bool {
    if !is_dockerfile(file) && !is_compose(file) {
        return false;
    }
    file.text.split('.').any(|part| {
        let mut words = part.split(['-', '_']).rev();
        let last = words.next().unwrap_or_default();
        let is_subject = words.next().is_some_and(|before| SUBJECTS.contains(&before));
        (WORDS.contains(&last) && !is_subject)
            || part.split(['-', '_']).any(|word| TOOLS.contains(&word))
            || matches!(part, "test-runner" | "test_runner")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::role::of_path;
    use crate::model::role::Role;

    #[test]
    fn tests_are_told_from_applications_about_tests() {
        assert!(KINDS.is_sorted());
        for path in [
            "api-tests/login.ts",
            "backend/tests-integration/src/lib.rs",
            "smoke_test/run.py",
            "e2e-testing/compose.yaml",
            "end-to-end-tests/a.ts",
            "bcda/testUtils/utils.go",
            "src/a/__test__/utils.js",
            "Tests.Integration/Doubles/Mail.cs",
            "src/Shop.Tests.Shared/Mail.cs",
            "docker/test-runner/Dockerfile",
            "docker/Dockerfile.postman_test",
            "Dockerfile.fhir_testing",
            "docker/Dockerfile.tests",
            "Dockerfile.e2e",
            "client/e2e.Dockerfile",
            "Dockerfile.test-runner",
            "compose.e2e.yaml",
            "docker-compose.e2e-tests.yml",
            "docker-compose.testing.yml",
            "docker-compose-test.yml",
        ] {
            assert_eq!(of_path(path), Role::Test, "{path}");
        }
        for path in [
            "exam_test/views.py",
            "apps/health_tests/models.py",
            "ab-testing/assign.py",
            "apps/testing-platform/src/a.ts",
            "apps/api-testing/src/a.ts",
            "services/test-runner/main.go",
            "tests-service/main.go",
            "lab-tests/app.py",
            "contest/main.go",
            "src/main/java/x/testUtils/A.java",
        ] {
            assert_eq!(of_path(path), Role::Production, "{path}");
        }
        for path in ["Dockerfile.exam_test", "docker-compose.ab-testing.yml", "Dockerfile.contest", "docker-compose.latest.yml"] {
            assert_eq!(of_path(path), Role::Infra, "{path}");
        }
    }
}

//! What a glob means, everywhere in checks and configuration: as in .gitignore, without a slash it matches a name at any depth.
//!
//! `*` and `?` stay inside a folder, `**/` crosses them, `{a,b}` is either, case is ignored.

use globset::{Glob, GlobBuilder};

/// What is wrong with a glob, in a sentence.
pub fn problem(glob: &str) -> Option<String> {
    if glob.starts_with('!') {
        return Some(format!("`{glob}` would match nothing: no glob takes files back"));
    }
    if glob.starts_with('/') || glob.split('/').any(|part| part == "..") {
        return Some(format!("`{glob}` leaves the repository; globs are relative to its root"));
    }
    compile(glob).err().map(|error| format!("`{glob}` is no glob: {}", error.kind()))
}

/// The glob, ready to be matched against a relative path.
///
/// # Errors
/// When it is none.
pub fn compile(glob: &str) -> Result<Glob, globset::Error> {
    let anywhere = if glob.contains('/') { glob.to_owned() } else { format!("**/{glob}") };
    GlobBuilder::new(&anywhere).literal_separator(true).case_insensitive(true).build()
}

#[cfg(test)]
mod tests {
    use super::{compile, problem};

    #[test]
    fn a_name_matches_at_any_depth_and_a_path_where_it_stands() {
        let matches = |glob: &str, path: &str| compile(glob).unwrap().compile_matcher().is_match(path);
        assert!(matches("*.yml", "deploy/a.YML") && matches("deploy/**", "deploy/a/b.yml"));
        assert!(!matches("deploy/*.yml", "deploy/a/b.yml") && !matches("deploy/*.yml", "x/deploy/a.yml"));
    }

    #[test]
    fn globs_that_could_match_nothing_are_refused() {
        for (glob, expected) in [("!dist/**", "takes files back"), ("/etc/*", "leaves"), ("a/../b", "leaves"), ("{a", "no glob")]
        {
            assert!(problem(glob).is_some_and(|problem| problem.contains(expected)), "{glob}: {:?}", problem(glob));
        }
        assert_eq!(problem("src/**/*.{ts,tsx}"), None);
    }
}

//! What a glob means, everywhere in checks and configuration: as in .gitignore, without a slash it matches a name at any depth.
//!
//! `*` and `?` stay inside a folder, `**/` crosses them, `{a,b}` is either, case is ignored.

use std::borrow::Cow;

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

/// The glob, ready to be matched against a relative path in lower case (`folded`). Without a flag for case, most globs are compared
/// as texts and need no automaton.
///
/// # Errors
/// When it is none.
pub fn compile(glob: &str) -> Result<Glob, globset::Error> {
    let glob = glob.to_lowercase();
    let anywhere = if glob.contains('/') { glob } else { format!("**/{glob}") };
    GlobBuilder::new(&anywhere).literal_separator(true).build()
}

/// The path as globs are matched against it.
pub fn folded(path: &str) -> Cow<'_, str> {
    if path.chars().any(char::is_uppercase) { Cow::Owned(path.to_lowercase()) } else { Cow::Borrowed(path) }
}

/// The globs that a glob with `{a,b}` in its last part stands for, which are compared as texts where it would need an automaton. A
/// glob that is nested, or stands for many, is left as it is; so are the folders, of which each would cost an automaton.
pub fn alternatives(glob: &str) -> Vec<String> {
    const MOST: usize = 64;
    let name_start = glob.rfind('/').map_or(0, |at| at + 1);
    if glob[..name_start].matches('{').count() != glob[..name_start].matches('}').count() {
        return vec![glob.to_owned()];
    }
    let mut done = vec![glob[..name_start].to_owned()];
    let mut rest = &glob[name_start..];
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|at| open + at) else { return vec![glob.to_owned()] };
        let inside = &rest[open + 1..close];
        let parts: Vec<&str> = inside.split(',').collect();
        if inside.contains(['{', '[', '\\']) || done.len() * parts.len() > MOST {
            return vec![glob.to_owned()];
        }
        done = done.iter().flat_map(|start| parts.iter().map(move |part| format!("{start}{}{part}", &rest[..open]))).collect();
        rest = &rest[close + 1..];
    }
    done.iter().map(|start| format!("{start}{rest}")).collect()
}

#[cfg(test)]
mod tests {
    use super::{alternatives, compile, folded, problem};

    #[test]
    fn a_name_matches_at_any_depth_and_a_path_where_it_stands() {
        let matches = |glob: &str, path: &str| compile(glob).unwrap().compile_matcher().is_match(&*folded(path));
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

    #[test]
    fn alternatives_match_together_what_the_glob_matches() {
        assert_eq!(alternatives("*.{yml,yaml}"), ["*.yml", "*.yaml"]);
        assert_eq!(alternatives("{a,b}/x{1,}.c"), ["{a,b}/x1.c", "{a,b}/x.c"]);
        for kept in ["{a,{b,c}}", "{a", "{[ab],c}", "*.ts", "{a,b/c}.ts", "{a,b}/**"] {
            assert_eq!(alternatives(kept), [kept]);
        }
    }
}

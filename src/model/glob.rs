//! What a glob means, everywhere in checks and configuration: as in .gitignore, without a slash it matches a name at any depth.
//!
//! `*` and `?` stay inside a folder, `**/` crosses them, `{a,b}` is either, case is ignored.

use std::borrow::Cow;

use globset::{Glob, GlobBuilder};
use memchr::memmem::Finder;

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

/// A glob for names at any depth whose only wildcard is `*`, such as `*settings*.py`. Compared as text, it needs no automaton.
#[derive(Debug)]
pub struct NameGlob {
    start: String,
    between: Vec<Finder<'static>>,
    end: String,
}

impl NameGlob {
    /// `None` for every other glob, and for `*.py`: a glob set finds extensions by their hash.
    pub fn of(glob: &str) -> Option<NameGlob> {
        let name = glob.strip_prefix("**/").unwrap_or(glob).to_lowercase();
        if name.contains(['/', '?', '[', ']', '{', '}', '\\']) || name.contains("**") {
            return None;
        }
        let (start, rest) = name.split_once('*')?;
        let (between, end) = rest.rsplit_once('*').map_or((None, rest), |(between, end)| (Some(between), end));
        let parts = between.into_iter().flat_map(|between| between.split('*'));
        let between: Vec<_> = parts.map(|part| Finder::new(part).into_owned()).collect();
        let is_extension = start.is_empty() && between.is_empty() && end.rfind('.') == Some(0);
        (!is_extension).then(|| NameGlob { start: start.to_owned(), between, end: end.to_owned() })
    }

    /// The first and the last byte of the names that it matches, where it says so.
    pub fn ends(&self) -> (Option<u8>, Option<u8>) {
        (self.start.as_bytes().first().copied(), self.end.as_bytes().last().copied())
    }

    /// Does it match a name without folders, in lower case?
    pub fn is_match(&self, name: &str) -> bool {
        let inner = name.strip_prefix(self.start.as_str()).and_then(|rest| rest.strip_suffix(self.end.as_str()));
        let Some(mut rest) = inner.map(str::as_bytes) else { return false };
        self.between.iter().all(|part| {
            let found = part.find(rest);
            rest = found.map_or(&[], |at| &rest[at + part.needle().len()..]);
            found.is_some()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{NameGlob, alternatives, compile, folded, problem};

    #[test]
    fn a_name_glob_matches_what_the_glob_does() {
        let names = [
            "a",
            "a.py",
            "ab.py",
            "settings.py",
            "settings_prod.py",
            "x.settings.py",
            ".env",
            ".env.prod",
            "dev.env",
            "settings.pyc",
            "aa",
            "aba",
        ];
        for glob in ["*settings*.py", "settings*", ".env*", "*.e*v", "**/*", "a*a", "a*b*a", "*SETTINGS.py", "*.py*", "a*"] {
            let (by_name, by_glob) = (NameGlob::of(glob).unwrap(), compile(glob).unwrap().compile_matcher());
            for name in names {
                assert_eq!(by_name.is_match(name), by_glob.is_match(format!("src/{name}")), "{glob} {name}");
            }
        }
        for other in ["settings.py", "*.py", "a/*.py", "a?*", "*.{a,b}", "**/a/*", "a**b", "[ab]*"] {
            assert!(NameGlob::of(other).is_none(), "{other}");
        }
    }

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

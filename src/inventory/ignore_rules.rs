//! What git would ignore: the rules of every `.gitignore` of the tree and of `.git/info/exclude`.
//!
//! Rule files are read by the sources, which bound what they open; this module only compiles and asks. The globs are those of the
//! `ignore` crate. Each one carries the line that wrote it, so that an answer can be cited.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder, Glob};

/// Ignore files above this size, in bytes, are taken for empty: compiling globs costs far more than reading them.
pub(super) const MAX_RULE_FILE_BYTES: u64 = 256 * 1024;
/// No path is this long, in bytes, so no rule has to be.
const MAX_RULE_BYTES: usize = 4096;

/// The rules of one ignore file, and the ignore files that stand behind it.
#[derive(Debug)]
pub(super) struct Chain {
    /// The folder the rules apply to, relative to the audited root; "" for the root.
    folder: String,
    /// What leads from that folder to the audited root, ending in `/`, when it lies above it.
    above: String,
    matcher: Gitignore,
    parent: Option<Arc<Chain>>,
}

impl Chain {
    /// Compiles `content`, the ignore file at `path` in `folder`. `None` when it has no rules.
    pub(super) fn of_file(folder: &str, path: &str, content: &[u8], parent: Option<Arc<Chain>>) -> Option<Chain> {
        let matcher = compile(path, content)?;
        Some(Chain { folder: folder.to_string(), above: String::new(), matcher, parent })
    }

    /// The same for an ignore file above the audited root, which is `below` (without a final `/`) seen from there.
    pub(super) fn of_file_above(below: &str, path: &str, content: &[u8], parent: Option<Arc<Chain>>) -> Option<Chain> {
        let matcher = compile(path, content)?;
        let above = if below.is_empty() { String::new() } else { format!("{below}/") };
        Some(Chain { folder: String::new(), above, matcher, parent })
    }

    /// The rule of this file alone that decides about `path`.
    fn verdict(&self, path: &str, is_folder: bool) -> Verdict<'_> {
        let Some(inside) = strip_folder(path, &self.folder) else { return Verdict::Silent };
        let found = if self.above.is_empty() {
            self.matcher.matched(Path::new(inside), is_folder)
        } else {
            self.matcher.matched(Path::new(&format!("{}{inside}", self.above)), is_folder)
        };
        match found {
            Match::None => Verdict::Silent,
            Match::Whitelist(_) => Verdict::Kept,
            Match::Ignore(glob) => Verdict::Ignored(glob),
        }
    }

    /// Does this file, or one behind it, ignore `path`? The folders above `path` are taken for kept.
    pub(super) fn ignores(chain: Option<&Arc<Chain>>, path: &str, is_folder: bool) -> bool {
        let mut link = chain;
        while let Some(chain) = link {
            match chain.verdict(path, is_folder) {
                Verdict::Silent => link = chain.parent.as_ref(),
                Verdict::Kept => return false,
                Verdict::Ignored(_) => return true,
            }
        }
        false
    }
}

/// What one ignore file says about one path.
enum Verdict<'a> {
    Silent,
    Kept,
    Ignored(&'a Glob),
}

/// `file:line` of a rule.
fn citation(glob: &Glob) -> String {
    glob.from().map(|from| from.to_string_lossy().into_owned()).unwrap_or_default()
}

/// `path` seen from `folder`, if it lies inside.
fn strip_folder<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    if folder.is_empty() {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

fn compile(path: &str, content: &[u8]) -> Option<Gitignore> {
    if content.len() as u64 > MAX_RULE_FILE_BYTES {
        return None;
    }
    let text = String::from_utf8_lossy(content);
    let mut builder = GitignoreBuilder::new("");
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        if line.len() <= MAX_RULE_BYTES {
            // Git, too, passes over a rule it cannot parse. The rule's origin carries its line, which the crate does not keep.
            let _ = builder.add_line(Some(PathBuf::from(format!("{path}:{}", index + 1))), line);
        }
    }
    builder.build().ok().filter(|matcher| !matcher.is_empty())
}

/// All ignore rules of a tree.
#[derive(Debug, Default)]
pub struct IgnoreRules {
    /// By folder, relative to the audited root.
    folders: BTreeMap<String, Arc<Chain>>,
    /// Rules from above the audited root and from `.git/info/exclude`, most decisive first.
    behind: Option<Arc<Chain>>,
}

impl IgnoreRules {
    /// Rules that stand behind those of every folder.
    pub(super) fn behind(behind: Option<Arc<Chain>>) -> IgnoreRules {
        IgnoreRules { folders: BTreeMap::new(), behind }
    }

    /// Adds the rules of one folder.
    pub(super) fn insert(&mut self, chain: Arc<Chain>) {
        self.folders.insert(chain.folder.clone(), chain);
    }

    /// Would git ignore `path` (relative, POSIX; a trailing `/` for a folder), whether or not it exists? Returns `file:line` of
    /// the deciding rule. As in git, nothing inside an ignored folder can be kept.
    pub fn would_ignore(&self, path: &str) -> Option<String> {
        if self.folders.is_empty() && self.behind.is_none() {
            return None;
        }
        let (path, is_folder) = match path.strip_suffix('/') {
            Some(folder) => (folder, true),
            None => (path, false),
        };
        path.match_indices('/')
            .map(|(end, _)| (&path[..end], true))
            .chain(std::iter::once((path, is_folder)))
            .find_map(|(step, is_folder)| self.deciding_rule(step, is_folder))
    }

    /// [`IgnoreRules::would_ignore`] for a file, without the citation.
    pub(super) fn ignores(&self, path: &str) -> bool {
        self.would_ignore(path).is_some()
    }

    /// The rule that ignores exactly `path`, nearest ignore file first.
    fn deciding_rule(&self, path: &str, is_folder: bool) -> Option<String> {
        let mut folder = path;
        while !folder.is_empty() {
            folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
            match self.folders.get(folder).map_or(Verdict::Silent, |chain| chain.verdict(path, is_folder)) {
                Verdict::Silent => {}
                Verdict::Kept => return None,
                Verdict::Ignored(rule) => return Some(citation(rule)),
            }
        }
        let mut link = self.behind.as_ref();
        while let Some(chain) = link {
            match chain.verdict(path, is_folder) {
                Verdict::Silent => link = chain.parent.as_ref(),
                Verdict::Kept => return None,
                Verdict::Ignored(rule) => return Some(citation(rule)),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(files: &[(&str, &str)]) -> IgnoreRules {
        let mut rules = IgnoreRules::default();
        for (folder, text) in files {
            let path = if folder.is_empty() { ".gitignore".to_string() } else { format!("{folder}/.gitignore") };
            if let Some(chain) = Chain::of_file(folder, &path, text.as_bytes(), None) {
                rules.insert(Arc::new(chain));
            }
        }
        rules
    }

    #[test]
    fn the_deciding_rule_is_cited() {
        let rules = rules(&[("", "# build\n\n*.log\n/dist/\n.env*\n!.env.example\n")]);
        assert_eq!(rules.would_ignore("a/b/x.log").as_deref(), Some(".gitignore:3"));
        assert_eq!(rules.would_ignore("dist/app.js").as_deref(), Some(".gitignore:4"));
        assert_eq!(rules.would_ignore("dist/").as_deref(), Some(".gitignore:4"));
        assert_eq!(rules.would_ignore("dist"), None, "the rule is for folders only");
        assert_eq!(rules.would_ignore("web/dist/app.js"), None, "the rule is anchored");
        assert_eq!(rules.would_ignore(".env.production").as_deref(), Some(".gitignore:5"));
        assert_eq!(rules.would_ignore(".env.example"), None);
        assert_eq!(rules.would_ignore("main.py"), None);
    }

    #[test]
    fn the_nearest_file_wins() {
        let rules = rules(&[("", "*.pem\n.env\n"), ("api", "!*.pem\n"), ("api/certs", "*.pem\n")]);
        assert_eq!(rules.would_ignore("x.pem").as_deref(), Some(".gitignore:1"));
        assert_eq!(rules.would_ignore("api/x.pem"), None);
        assert_eq!(rules.would_ignore("api/certs/x.pem").as_deref(), Some("api/certs/.gitignore:1"));
        assert_eq!(rules.would_ignore("apix/x.pem").as_deref(), Some(".gitignore:1"));
        assert_eq!(rules.would_ignore("api/.env").as_deref(), Some(".gitignore:2"));
    }

    #[test]
    fn nothing_inside_an_ignored_folder_is_kept() {
        let rules = rules(&[("", "secrets/\n"), ("secrets", "!*.pem\n")]);
        assert_eq!(rules.would_ignore("secrets/a.pem").as_deref(), Some(".gitignore:1"));
    }

    #[test]
    fn rules_from_above_and_from_exclude_stand_behind() {
        let exclude = Chain::of_file_above("services/api", ".git/info/exclude", b"*.swp\n", None).map(Arc::new);
        let above = Chain::of_file_above("services/api", "../../.gitignore", b"/services/*/.env\n", exclude).map(Arc::new);
        let rules = IgnoreRules::behind(above);
        assert_eq!(rules.would_ignore(".env").as_deref(), Some("../../.gitignore:1"));
        assert_eq!(rules.would_ignore("deep/.env"), None);
        assert_eq!(rules.would_ignore("deep/.a.swp").as_deref(), Some(".git/info/exclude:1"));
    }

    #[test]
    fn odd_files_do_no_harm() {
        assert_eq!(rules(&[("", "")]).would_ignore("a"), None);
        assert_eq!(rules(&[("", "\u{feff}a\r\nb\r\n")]).would_ignore("b").as_deref(), Some(".gitignore:2"));
        assert_eq!(rules(&[("", "\u{feff}a\n")]).would_ignore("a").as_deref(), Some(".gitignore:1"));
        assert_eq!(rules(&[("", "[\n{a\n\\\nx\n")]).would_ignore("x").as_deref(), Some(".gitignore:4"));
        let bytes = Chain::of_file("", ".gitignore", b"\xff\xfe\nkeep\n", None).map(Arc::new);
        assert!(Chain::ignores(bytes.as_ref(), "keep", false));
        let long = format!("{}\nx\n", "a".repeat(5000));
        assert_eq!(rules(&[("", &long)]).would_ignore("x").as_deref(), Some(".gitignore:2"));
        assert_eq!(rules(&[("", "x\n")]).would_ignore(""), None);
        assert_eq!(rules(&[("", "x\n")]).would_ignore("/"), None);
        assert!(Chain::of_file("", ".gitignore", "x\n".repeat(200_000).as_bytes(), None).is_none());
    }
}

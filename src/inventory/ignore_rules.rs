//! What git would ignore: the rules of every `.gitignore` of the tree and of `.git/info/exclude`.
//!
//! Rule files are read by the sources, which bound what they open; this module only compiles and asks. Each rule carries the line that
//! wrote it, so that an answer can be cited.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::glob::{Divided, PathGlob};

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
    /// In the order of the file: the last one that matches decides.
    rules: Vec<Rule>,
    parent: Option<Arc<Chain>>,
}

/// A line of an ignore file.
#[derive(Debug)]
struct Rule {
    glob: PathGlob,
    /// It takes back what earlier rules ignore.
    keeps: bool,
    /// Only folders match.
    is_for_folders: bool,
    /// `file:line`.
    origin: String,
}

impl Chain {
    /// Compiles `content`, the ignore file at `path` in `folder`. `None` when it has no rules.
    pub(super) fn of_file(folder: &str, path: &str, content: &[u8], parent: Option<Arc<Chain>>) -> Option<Chain> {
        let rules = compile(path, content)?;
        Some(Chain { folder: folder.to_string(), above: String::new(), rules, parent })
    }

    /// The same for an ignore file above the audited root, which is `below` (without a final `/`) seen from there.
    pub(super) fn of_file_above(below: &str, path: &str, content: &[u8], parent: Option<Arc<Chain>>) -> Option<Chain> {
        let rules = compile(path, content)?;
        let above = if below.is_empty() { String::new() } else { format!("{below}/") };
        Some(Chain { folder: String::new(), above, rules, parent })
    }

    /// The rule of this file alone that decides about a path.
    fn verdict(&self, path: &mut Divided<'_>, is_folder: bool) -> Verdict<'_> {
        if !path.look_from(&self.folder) {
            return Verdict::Silent;
        }
        let decides = |rule: &&Rule, path: &Divided<'_>| (is_folder || !rule.is_for_folders) && rule.glob.is_match(path);
        let rule = if self.above.is_empty() {
            self.rules.iter().rev().find(|rule| decides(rule, path))
        } else {
            let from_above = format!("{}{}", self.above, path.path());
            let path = Divided::new(&from_above);
            self.rules.iter().rev().find(|rule| decides(rule, &path))
        };
        match rule {
            None => Verdict::Silent,
            Some(Rule { keeps: true, .. }) => Verdict::Kept,
            Some(rule) => Verdict::Ignored(&rule.origin),
        }
    }

    /// Does this file, or one behind it, ignore `path`? The folders above `path` are taken for kept.
    pub(super) fn ignores(chain: Option<&Arc<Chain>>, path: &str, is_folder: bool) -> bool {
        let Some(mut chain) = chain else { return false };
        let mut path = Divided::new(path);
        loop {
            match (chain.verdict(&mut path, is_folder), &chain.parent) {
                (Verdict::Silent, Some(parent)) => chain = parent,
                (Verdict::Silent | Verdict::Kept, _) => return false,
                (Verdict::Ignored(_), _) => return true,
            }
        }
    }
}

/// What one ignore file says about one path.
enum Verdict<'a> {
    Silent,
    Kept,
    /// By the rule of this `file:line`.
    Ignored(&'a str),
}

fn compile(path: &str, content: &[u8]) -> Option<Vec<Rule>> {
    if content.len() as u64 > MAX_RULE_FILE_BYTES {
        return None;
    }
    let text = String::from_utf8_lossy(content);
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate().filter(|(_, line)| line.len() <= MAX_RULE_BYTES);
    let rules: Vec<Rule> = lines.filter_map(|(index, line)| rule(line, || format!("{path}:{}", index + 1))).collect();
    (!rules.is_empty()).then_some(rules)
}

/// The rule of a line. One that is no glob matches nothing: git, too, passes over it.
fn rule(line: &str, origin: impl FnOnce() -> String) -> Option<Rule> {
    // A space at the end counts if it is escaped.
    let line = if line.ends_with("\\ ") { line } else { line.trim_end() };
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (keeps, line, is_anchored) = match line.strip_prefix('\\').filter(|rest| rest.starts_with(['!', '#'])) {
        Some(rest) => (false, rest, false),
        None => {
            let (keeps, line) = line.strip_prefix('!').map_or((false, line), |rest| (true, rest));
            let (is_anchored, line) = line.strip_prefix('/').map_or((false, line), |rest| (true, rest));
            (keeps, line, is_anchored)
        }
    };
    let folders = line.strip_suffix('/').map(|line| line.strip_suffix('\\').unwrap_or(line));
    let (is_for_folders, line) = folders.map_or((false, line), |line| (true, line));
    let is_anywhere = !is_anchored && !line.contains('/') && line != "**";
    let mut glob = if is_anywhere { format!("**/{line}") } else { line.to_owned() };
    // What is inside of a folder, not the folder itself.
    if glob.ends_with("/**") {
        glob.push_str("/*");
    }
    Some(Rule { glob: PathGlob::verbatim(glob), keeps, is_for_folders, origin: origin() })
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
        let (mut folder, mut divided) = (path, Divided::new(path));
        while !folder.is_empty() {
            folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
            match self.folders.get(folder).map_or(Verdict::Silent, |chain| chain.verdict(&mut Divided::new(path), is_folder)) {
                Verdict::Silent => {}
                Verdict::Kept => return None,
                Verdict::Ignored(origin) => return Some(origin.to_owned()),
            }
        }
        let mut link = self.behind.as_ref();
        while let Some(chain) = link {
            match chain.verdict(&mut divided, is_folder) {
                Verdict::Silent => link = chain.parent.as_ref(),
                Verdict::Kept => return None,
                Verdict::Ignored(origin) => return Some(origin.to_owned()),
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

    /// What the `ignore` crate makes of a rule file.
    fn theirs(text: &str) -> ignore::gitignore::Gitignore {
        let mut builder = ignore::gitignore::GitignoreBuilder::new("");
        text.lines().for_each(|line| {
            let _ = builder.add_line(None, line);
        });
        builder.build().expect("rules that are none were left out")
    }

    #[test]
    fn rules_mean_what_they_mean_to_others() {
        let lines = [
            "a", "/a", "a/", "/a/", "*.b", "!*.b", "!a", "!/a/b", "a/b", "a/*", "a/**", "**/b", "**/a/b", "a/**/b", "/*", "*",
            "!*/", "**", "/**", "[ab]", "a?", "*.[bc]", "{a,b}.c", "a/{b,c}", "#a", "\\#a", "\\!a", "a\\*", "a ", "a\\ ", "!",
            "/", "a//b", "//", "a\\/", "A", "*a*", "a.b/", "[]a]", "{a", "[a", "**a", "a**", "./a", "x/*.b", "!x/a.b", "*/",
            "a/*/b", "**/", "\\a",
        ];
        let names = ["a", "b", "ab", "a.b", "a.c", "x", "#a", "!a", "A", "a "];
        let mut paths: Vec<String> = names.map(str::to_owned).into();
        for from in [0, names.len()] {
            let longer: Vec<String> = paths[from..].iter().flat_map(|path| names.map(|name| format!("{path}/{name}"))).collect();
            paths.extend(longer);
        }
        let pairs =
            lines.iter().enumerate().flat_map(|(at, first)| lines[at..].iter().map(move |second| format!("{first}\n{second}")));
        for text in lines.map(str::to_owned).into_iter().chain(pairs.step_by(7)) {
            let (ours, theirs) = (Chain::of_file("", "", text.as_bytes(), None), theirs(&text));
            for (path, is_folder) in paths.iter().flat_map(|path| [(path, false), (path, true)]) {
                let ours = match ours.as_ref().map_or(Verdict::Silent, |chain| chain.verdict(&mut Divided::new(path), is_folder))
                {
                    Verdict::Silent => 0,
                    Verdict::Kept => 1,
                    Verdict::Ignored(_) => 2,
                };
                let theirs = match theirs.matched(path, is_folder) {
                    ignore::Match::None => 0,
                    ignore::Match::Whitelist(_) => 1,
                    ignore::Match::Ignore(_) => 2,
                };
                assert_eq!(ours, theirs, "{text:?} {path:?} {is_folder}");
            }
        }
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

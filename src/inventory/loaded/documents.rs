//! Files that something else than source names: scripts of a manifest, commands of images and pipelines, handlers, pages.

use aho_corasick::AhoCorasick;

/// Finds in documents the names of files.
pub struct Names<'p> {
    files: Vec<(&'p str, &'p str)>,
    finder: Option<AhoCorasick>,
    /// By text that is looked for, the files of that name.
    by_text: Vec<Vec<usize>>,
}

/// Words of a line of prose that shows a command.
const COMMANDS: [&str; 16] = [
    "python",
    "python3",
    "node",
    "ts-node",
    "tsx",
    "bun",
    "deno",
    "npx",
    "uvicorn",
    "gunicorn",
    "hypercorn",
    "celery",
    "streamlit",
    "flask",
    "nodemon",
    "uv",
];

/// Where a program is built to: what stands below it is named as below its source.
const BUILT: [&str; 8] = ["src", "dist", "build", "lib", "out", "app", ".", ".."];

impl<'p> Names<'p> {
    /// Of files by their paths without endings.
    pub fn of(stems: impl Iterator<Item = &'p str>) -> Names<'p> {
        let files: Vec<(&str, &str)> = stems.map(|stem| stem.rsplit_once('/').unwrap_or(("", stem))).collect();
        let mut texts: Vec<&str> = files.iter().map(|(_, name)| *name).collect();
        texts.sort_unstable();
        texts.dedup();
        let mut by_text = vec![Vec::new(); texts.len()];
        for (file, (_, name)) in files.iter().enumerate() {
            if let Ok(at) = texts.binary_search(name) {
                by_text[at].push(file);
            }
        }
        let finder = AhoCorasick::builder().ascii_case_insensitive(true).build(&texts).ok();
        Names { files, finder, by_text }
    }

    /// Calls `named` with the number of each file that a text names. Of prose only commands count.
    pub fn find(&self, text: &str, is_prose: bool, mut named: impl FnMut(usize)) {
        // Without a search that could be built nothing is known, so that everything counts as named.
        let Some(finder) = &self.finder else { return (0..self.files.len()).for_each(named) };
        for found in finder.find_overlapping_iter(text) {
            let (start, end) = (found.start(), found.end());
            if is_prose && !is_command(text, start) {
                continue;
            }
            for file in &self.by_text[found.pattern().as_usize()] {
                if self.is_named(*file, text, start, end) {
                    named(*file);
                }
            }
        }
    }

    /// Is the word at this place the name of a file?
    fn is_named(&self, file: usize, text: &str, start: usize, end: usize) -> bool {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let (before, after) = (&text[..start], &text[end..]);
        if before.ends_with(is_word) || after.starts_with(is_word) {
            return false;
        }
        let goes_on = |mark: char| {
            after.strip_prefix(mark).is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic() || "_{*".contains(c)))
        };
        if goes_on('.') || goes_on(':') {
            return true;
        }
        let Some(above) = before.strip_suffix(['/', '\\', '.']) else { return false };
        let above = &above[above.rfind(|c: char| !is_word(c) && c != '.').map_or(0, |at| at + 1)..];
        let folder = self.files[file].0.rsplit('/').next().unwrap_or_default();
        let last = above.rsplit('.').next().unwrap_or(above);
        !above.is_empty() && (last == folder || BUILT.contains(&above))
    }
}

/// Does the line up to this place begin a program?
fn is_command(text: &str, at: usize) -> bool {
    let line = &text[text[..at].rfind('\n').map_or(0, |before| before + 1)..at];
    line.split(|c: char| c.is_whitespace() || c == '`').any(|word| COMMANDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_by_commands_handlers_and_paths() {
        for (text, expected) in [
            ("\"start\": \"node lib/limit.js\"", true),
            ("handler: src/limit.handler", true),
            ("command: uvicorn limit:app", true),
            ("command: python -m app.lib.limit", true),
            ("\"main\": \"./dist/limit\"", true),
            ("CMD [\"node\", \"dist/lib/limit\"]", true),
            ("\"limit\": \"^4.0.0\"", false),
            ("limit: 5", false),
            ("rate-limit.js", false),
            ("\"@scope/limit\": \"1\"", false),
            ("Sets the limit. Then", false),
        ] {
            let mut named = 0;
            Names::of(["lib/limit"].into_iter()).find(text, false, |_| named += 1);
            assert_eq!(named > 0, expected, "{text}");
        }
    }

    #[test]
    fn of_prose_only_commands_count() {
        let is_named = |text: &str| {
            let mut named = false;
            Names::of(["lib/limit"].into_iter()).find(text, true, |_| named = true);
            named
        };
        assert!(is_named("Run `python lib/limit.py`") && is_named("    node lib/limit.js"));
        assert!(!is_named("- `lib/limit.ts`: limits requests") && !is_named("├── limit.js"));
    }
}

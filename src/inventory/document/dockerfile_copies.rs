//! What of the build context a stage holds, and where: so that `COPY --from=build /app/.env .` is known to take a file of the context.
//!
//! Only what is written is followed: `WORKDIR`, and `COPY` and `ADD` without `--from`. What a `RUN` moves is not.

use super::dockerfile_lines::Instruction;

/// Copies of one stage that are followed; a stage with more of them is not.
const MAX_COPIES: usize = 200;

/// Files whose names have no ending.
const FILES: &[&str] =
    &["gradlew", "mvnw", "artisan", "Gemfile", "Makefile", "Pipfile", "Procfile", "Rakefile", "LICENSE", "VERSION"];

/// Where a stage stands, and what of the context lies in it.
#[derive(Clone)]
pub(super) struct Copies {
    /// The working directory, absolute.
    folder: String,
    /// Paths in the stage, each with the path in the context that lies there.
    landed: Vec<(String, String)>,
    /// Could everything be followed?
    is_known: bool,
}

impl Default for Copies {
    fn default() -> Copies {
        Copies { folder: "/".to_owned(), landed: Vec::new(), is_known: true }
    }
}

impl Copies {
    /// Those of a stage that is not followed.
    pub(super) fn unknown() -> Copies {
        Copies { is_known: false, ..Copies::default() }
    }

    /// How much it remembers.
    pub(super) fn len(&self) -> usize {
        self.landed.len()
    }

    /// Takes a `WORKDIR` whose variables are filled in.
    pub(super) fn enter(&mut self, folder: &str) {
        match absolute(&self.folder, folder) {
            Some(folder) => self.folder = folder,
            None => self.is_known = false,
        }
    }

    /// Takes what a `COPY` or `ADD` without `--from` brings in; `paths` are its sources and then its destination, variables filled in.
    pub(super) fn bring(&mut self, instruction: &Instruction, paths: &[String]) {
        let Some((target, sources)) = paths.split_last().filter(|(_, sources)| !sources.is_empty()) else { return };
        let Some(folder) = absolute(&self.folder, target).filter(|_| self.landed.len() + sources.len() <= MAX_COPIES) else {
            self.is_known = false;
            return;
        };
        let keeps_folders = instruction.flags.iter().any(|(name, _)| name == "parents");
        let into_folder = target.ends_with('/') || target.ends_with('.') || sources.len() > 1;
        for source in sources.iter().filter(|source| !source.starts_with("<<") && !source.contains("://")) {
            let Some(source) = absolute("/", source) else {
                self.is_known = false;
                continue;
            };
            let source = source.trim_start_matches('/');
            let name = source.rsplit('/').next().unwrap_or(source);
            // The content of a folder is copied, a file keeps its name; a name with an ending is a file's.
            let is_file = name.trim_start_matches('.').contains('.') || name.starts_with('.') || FILES.contains(&name);
            let landed = match (keeps_folders, is_file && into_folder) {
                (true, _) => below(&folder, source),
                (false, true) => below(&folder, name),
                (false, false) => folder.clone(),
            };
            self.landed.push((landed, source.to_owned()));
        }
    }

    /// The paths in the context that lie, or would lie, at this path of the stage or below it, `.` for the whole; `None` where that
    /// cannot be followed.
    pub(super) fn at(&self, path: &str) -> Option<Vec<String>> {
        let path = absolute("/", path).filter(|_| self.is_known)?;
        let of = |(landed, source): &(String, String)| {
            let source = if let Some(rest) = inside(landed, &path) {
                below(source, rest)
            } else if inside(&path, landed).is_some() {
                source.clone()
            } else {
                return None;
            };
            Some(if source.is_empty() { ".".to_owned() } else { source.trim_start_matches('/').to_owned() })
        };
        let mut found: Vec<String> = self.landed.iter().filter_map(of).collect();
        found.sort_unstable();
        found.dedup();
        Some(found)
    }
}

/// What of `path` is below `folder`; "" for the folder itself.
fn inside<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/'))
}

fn below(folder: &str, path: &str) -> String {
    match (folder.trim_end_matches('/'), path) {
        (folder, "") => folder.to_owned(),
        (folder, path) => format!("{folder}/{path}"),
    }
}

/// A path without `.` and `..`; `None` if a variable is left in it.
fn absolute(folder: &str, path: &str) -> Option<String> {
    if path.contains('$') {
        return None;
    }
    let base = if path.starts_with('/') { "" } else { folder };
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use crate::inventory::document::dockerfile::parse;
    use crate::model::node::Node;

    /// What the last instruction takes of the context.
    fn taken(text: &str) -> Option<Vec<String>> {
        let file = parse(text).unwrap().remove(0);
        let last = file.get("stages").unwrap().items().last().unwrap().get("instructions").unwrap().items().last().unwrap();
        let text = |node: &Node| node.as_str().unwrap().to_owned();
        last.get("context").map(|paths| paths.items().iter().map(text).collect())
    }

    #[track_caller]
    fn takes(stage: &str, copy: &str, context: &[&str]) {
        let file = format!("FROM golang AS build\n{stage}\nFROM alpine\nCOPY --from=build {copy}\n");
        assert_eq!(taken(&file).unwrap_or_else(|| panic!("{file}: not followed")), context, "{file}");
    }

    #[test]
    fn a_copy_from_a_stage_says_what_of_the_context_it_takes() {
        takes("WORKDIR /app\nCOPY . .", "/app/.env .", &[".env"]);
        takes("WORKDIR /app\nCOPY . .", "/app /app", &["."]);
        takes("WORKDIR /app\nCOPY . .", "/app/dist ./", &["dist"]);
        takes("WORKDIR /app\nCOPY . ./", "/bin/server /server", &[]);
        takes("ENV HOME=/srv\nWORKDIR $HOME\nWORKDIR api\nCOPY server/ .\nCOPY go.mod go.sum ./", "srv/api/x /x", &["server/x"]);
        takes("WORKDIR /src\nCOPY package.json ./", "/src /app", &["package.json"]);
        takes("WORKDIR /src\nCOPY package.json ./", "/src/dist /app", &[]);
        takes("WORKDIR /src\nCOPY gradlew ./", "/src/build /app", &[]);
        takes("COPY .env /run/settings", "/run/settings /app/", &[".env"]);
        takes("COPY --parents api/.env /src", "/src/api /app/", &["api/.env"]);
        takes("COPY [\"a b\", \"/c\"]", "/c /c", &["a b"]);
        takes("ADD https://example.com/x.tar /x", "/x /x", &[]);
        takes("COPY --from=other . /x", "/x /x", &[]);
    }

    #[test]
    fn stages_begin_where_others_end_and_are_named_by_number() {
        let file = "FROM node AS base\nWORKDIR /a\nCOPY . .\nFROM base AS build\nRUN make\nFROM alpine\nCOPY --from=1 /a/x /x";
        assert_eq!(taken(file), Some(vec!["x".to_owned()]));
        assert_eq!(taken("FROM alpine\nCOPY --from=ghcr.io/acme/tool /a /a"), None, "another image");
    }

    #[test]
    fn what_cannot_be_followed_is_not_said() {
        let file = |stage: &str, path: &str| format!("FROM node AS build\n{stage}\nFROM alpine\nCOPY --from=build {path} /x");
        assert_eq!(taken(&file("ARG DIR\nWORKDIR $DIR\nCOPY . .", "/a")), None);
        assert_eq!(taken(&file("WORKDIR /a\nCOPY . .", "/$X/b")), None);
        let many = "COPY a.txt /a/\n".repeat(300);
        assert_eq!(taken(&file(&many, "/a")), None);
    }
}

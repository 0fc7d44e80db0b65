//! Which folders commands start: `dotnet Shop.Worker.dll` in an image, `dotnet publish src/Worker` in a pipeline, `node api/server.js`,
//! `./gradlew :api:bootRun`.
//!
//! A part of something else is not named there, however many entry points it has. That an image copies or restores a project says nothing:
//! it does so with every library. To teach it a command, see [`Unit::is_started_by`]; a file that holds commands, [`holds_commands`].

use std::collections::BTreeSet;

use super::folder_of;
use crate::inventory::role::is_dockerfile;
use crate::model::role::Role;

/// Longest file that is read, in bytes, and longest line.
const MAX_BYTES: usize = 256 * 1024;
const MAX_LINE: usize = 4 * 1024;

/// Those of the folders that a command starts. `files` are paths and roles, `read` gives the text of the file with a number.
pub fn launched<'p>(
    folders: &[String],
    files: impl Iterator<Item = (&'p str, Role)> + Clone,
    read: &dyn Fn(usize) -> Option<String>,
) -> BTreeSet<String> {
    let units: Vec<Unit<'_>> = folders.iter().map(|folder| Unit::new(folder, files.clone().map(|(path, _)| path))).collect();
    let mut found = BTreeSet::new();
    for (index, (path, role)) in files.enumerate() {
        if matches!(role, Role::Test | Role::Example | Role::Docs | Role::Vendored | Role::Generated) || !holds_commands(path) {
            continue;
        }
        let Some(text) = read(index).filter(|text| text.len() <= MAX_BYTES) else { continue };
        // A command may go on in the next line.
        let text = text.replace("\\\n", " ").replace("\\\r\n", " ");
        for line in text.lines().filter(|line| line.len() <= MAX_LINE && !line.trim_start().starts_with('#')) {
            for command in commands(line) {
                let started = units.iter().filter(|unit| unit.is_started_by(&command));
                found.extend(started.map(|unit| unit.folder.to_owned()));
            }
        }
    }
    found
}

/// Is it a file in which commands stand: of images, pipelines, machines?
pub fn holds_commands(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    is_dockerfile(path)
        || (is_yaml && (name.contains("compose") || name.contains("pipeline") || name.starts_with(".gitlab-ci")))
        || (is_yaml && folder_of(path).ends_with(".github/workflows"))
        || matches!(name.rsplit_once('.'), Some((_, "sh" | "ps1" | "service" | "bat" | "cmd")))
        || matches!(
            name,
            "Procfile" | "Makefile" | "fly.toml" | "render.yaml" | "railway.toml" | "Jenkinsfile" | "supervisord.conf"
        )
}

/// What may be started, by its names.
struct Unit<'a> {
    folder: &'a str,
    /// The last part of the folder.
    last: &'a str,
    /// Project files of .NET in it, without their endings: assemblies are called after them.
    projects: Vec<&'a str>,
}

impl<'a> Unit<'a> {
    fn new<'p: 'a>(folder: &'a str, paths: impl Iterator<Item = &'p str>) -> Unit<'a> {
        let inside = paths.filter(|path| folder_of(path) == folder);
        let project = |path: &'p str| path.rsplit('/').next()?.rsplit_once('.').filter(|(_, end)| end.ends_with("proj"));
        let projects = inside.filter_map(|path| Some(project(path)?.0)).collect();
        Unit { folder, last: folder.rsplit('/').next().unwrap_or(folder), projects }
    }

    fn is_started_by(&self, words: &[&str]) -> bool {
        let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
        let any =
            |test: &dyn Fn(&str) -> bool| words.iter().any(|word| test(word.trim_start_matches("./").trim_end_matches('/')));
        let is_it = |word: &str| word == self.folder || self.is_project(word);
        let is_below = |word: &str, kind: &str| {
            let inside = word.split_once(self.folder).filter(|_| !self.folder.is_empty());
            inside.is_some_and(|(before, rest)| (before.is_empty() || before.ends_with('/')) && rest.starts_with(kind))
        };
        let is_assembly = |word: &str| {
            let name = word.rsplit('/').next().and_then(|name| name.strip_suffix(".dll"));
            name.is_some_and(|name| self.projects.contains(&name))
        };
        // `--filter=@shop/api`, `-w api`
        let is_package = |word: &str| {
            let name = word.rsplit(['=', '/']).next().unwrap_or(word);
            is_it(word) || (name == self.last && !word.starts_with("http"))
        };
        let is_task = |word: &str| {
            let task =
                word.strip_prefix(':').and_then(|path| path.rsplit_once(':')).filter(|(project, _)| project.ends_with(self.last));
            task.is_some_and(|(_, task)| matches!(task, "bootRun" | "bootJar" | "bootBuildImage" | "run" | "installDist" | "jib"))
        };
        let is_main = |word: &str| {
            let stem = word.rsplit('/').next().and_then(|name| name.split('.').next()).unwrap_or_default();
            is_below(word, "/") && matches!(stem, "main" | "server" | "index" | "app")
        };
        let of_dotnet = any(&|word| word.ends_with("dotnet")) && !has(&["test", "vstest"]);
        let of_node = has(&["npm", "pnpm", "yarn", "bun", "turbo", "nx", "lerna"]) && !has(&["migrate"]);
        (of_dotnet && (any(&is_assembly) || has(&["publish", "run", "watch"]) && any(&is_it)))
            || (of_node && has(&["start", "start:prod", "serve", "prune", "deploy"]) && any(&is_package))
            || (has(&["node", "tsx", "ts-node", "bun", "pm2"]) && any(&is_main))
            || any(&is_task)
            || (has(&["spring-boot:run", "quarkus:run", "jib:build"]) && any(&is_package))
            || any(&|word| is_below(word, "/target/") || is_below(word, "/build/libs/"))
    }

    /// `src/Worker/Worker.csproj`, `Worker.csproj`
    fn is_project(&self, word: &str) -> bool {
        let name = word.rsplit('/').next().and_then(|name| name.rsplit_once('.'));
        name.is_some_and(|(stem, end)| end.ends_with("proj") && self.projects.contains(&stem))
    }
}

/// The words of each command of a line, and the folder to which one before it went.
fn commands(line: &str) -> impl Iterator<Item = Vec<&str>> {
    let mut place = None;
    line.split(['&', ';', '|']).map(move |command| {
        let mut words: Vec<&str> = words(command).collect();
        words.extend(place);
        if let Some(at) = words.iter().position(|word| *word == "cd") {
            place = words.get(at + 1).copied();
        }
        words
    })
}

/// The words of a text, however the file writes its commands.
pub fn words(line: &str) -> impl Iterator<Item = &str> {
    let breaks = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '[' | ']' | ',' | '`' | ';' | '&' | '|' | '(' | ')');
    line.split(breaks).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::role::of_path;

    fn starts(path: &str, text: &str) -> bool {
        let folders = ["src/Shop.Worker".to_owned(), "libs/api".to_owned()];
        let paths = ["src/Shop.Worker/Shop.Worker.csproj", "libs/api/package.json", path];
        let files = paths.iter().map(|path| (*path, of_path(path)));
        !launched(&folders, files, &|index| (index == 2).then(|| text.to_owned())).is_empty()
    }

    #[test]
    fn commands_that_start_a_folder() {
        for (path, command) in [
            ("docker/worker.Dockerfile", "ENTRYPOINT [\"dotnet\", \"Shop.Worker.dll\"]"),
            ("Dockerfile", "RUN dotnet publish \"src/Shop.Worker/Shop.Worker.csproj\" -c Release"),
            (".github/workflows/a.yml", "      run: dotnet publish \\\n  src/Shop.Worker"),
            ("compose.yaml", "    command: dotnet run --project ./src/Shop.Worker/"),
            ("deploy/run.sh", "node /app/libs/api/dist/main.js"),
            ("Procfile", "web: pnpm --filter @shop/api start"),
            ("Procfile", "web: cd libs/api && npm start"),
            ("docker/Dockerfile", "RUN turbo prune api --docker"),
            ("Makefile", "\t./gradlew :libs:api:bootRun"),
            ("docker/Dockerfile", "COPY libs/api/target/*.jar app.jar"),
            ("run.sh", "mvn -pl libs/api spring-boot:run"),
        ] {
            assert!(starts(path, &format!("{command}\n")), "{command}");
        }
    }

    #[test]
    fn commands_that_build_or_test_a_library_and_files_that_do_not_count() {
        for (path, command) in [
            ("Dockerfile", "COPY [\"src/Shop.Worker/Shop.Worker.csproj\", \"src/Shop.Worker/\"]"),
            ("Dockerfile", "RUN dotnet restore src/Shop.Worker/Shop.Worker.csproj"),
            (".github/workflows/a.yml", "      run: dotnet test src/Shop.Worker && npm start"),
            ("Dockerfile", "RUN pnpm --filter @shop/api build"),
            ("Dockerfile", "# ENTRYPOINT [\"dotnet\", \"Shop.Worker.dll\"]"),
            ("Dockerfile", "ENTRYPOINT [\"dotnet\", \"Shop.dll\"]"),
            ("tests/Dockerfile", "ENTRYPOINT [\"dotnet\", \"Shop.Worker.dll\"]"),
            ("src/run.js", "// dotnet Shop.Worker.dll"),
            ("run.sh", "node libs/api/scripts/codegen.js"),
            ("Makefile", "\t./gradlew :libs:api:test"),
            ("run.sh", "docker compose start api"),
            ("run.sh", "pnpm --filter api exec prisma migrate deploy"),
        ] {
            assert!(!starts(path, &format!("{command}\n")), "{command}");
        }
    }
}

//! Which lines of a configuration file of Spring or Quarkus count for a laptop or a test only.
//!
//! `application-local.yml` is known by its name. The same stands in one file, too: documents that `on-profile` switches on, and keys
//! under `%dev`. Lines are told, not parsed: whatever the file is asked for, patterns or values, these lines are not production.
//!
//! To add a profile that is never production: a name in `BESIDE`.

/// Profiles that no deployment runs with.
const BESIDE: &[&str] =
    &["ci", "dev", "develop", "development", "e2e", "it", "local", "localhost", "mock", "test", "testing", "tests"];

/// First and last lines, 1-based, of the parts of a file that stand beside production; empty for files of other names.
pub(super) fn beside_production(path: &str, text: &str) -> Vec<(u32, u32)> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    if !name.starts_with("application") || !(is_yaml || name.ends_with(".properties")) {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut found = documents(&lines, is_yaml);
    found.extend(if is_yaml { sections(&lines) } else { keys(&lines) });
    found
}

/// The documents that only such profiles switch on.
fn documents(lines: &[&str], is_yaml: bool) -> Vec<(u32, u32)> {
    let is_end =
        |line: &str| if is_yaml { line.starts_with("---") } else { line.starts_with("#---") || line.starts_with("!---") };
    let mut found = Vec::new();
    let mut start = 0;
    for end in (0..=lines.len()).filter(|at| lines.get(*at).is_none_or(|line| is_end(line))) {
        let mut switches = lines[start..end].iter().enumerate().filter_map(|(at, line)| profiles(&lines[start..end], at, line));
        if switches.next_back().is_some_and(|written| is_beside(&written)) {
            found.push((start as u32 + 1, end as u32));
        }
        start = end + 1;
    }
    found
}

/// The profiles that switch a document on, if this line of it says so.
fn profiles(document: &[&str], at: usize, line: &str) -> Option<String> {
    let (key, value) = line.split_once([':', '='])?;
    let (key, value) = (key.trim(), value.split(" #").next().unwrap_or(value).trim());
    // `spring.profiles` switched documents on before `on-profile` did; with a list of active ones it is a section.
    let is_old = key == "spring.profiles" || (key == "profiles" && at > 0 && document[at - 1].trim() == "spring:");
    (key.ends_with("on-profile") || is_old).then(|| value.to_owned()).filter(|value| !value.is_empty())
}

/// Are all profiles that are named such? A negation or a conjunction may hold in production.
fn is_beside(written: &str) -> bool {
    let names = || written.split([',', '|']).map(|name| name.trim_matches(|c: char| c.is_whitespace() || "\"'[]()".contains(c)));
    !written.is_empty() && names().all(|name| BESIDE.contains(&name))
}

/// Quarkus: what stands below `"%dev":` at the top of a YAML file.
fn sections(lines: &[&str]) -> Vec<(u32, u32)> {
    let is_top = |line: &&str| line.starts_with(|c: char| !c.is_whitespace() && c != '#');
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let key = line.trim_end().trim_end_matches(':').trim_matches(['"', '\'']);
        if line.trim_end().ends_with(':') && key.strip_prefix('%').is_some_and(is_beside) {
            let length = lines[at + 1..].iter().position(is_top).unwrap_or(lines.len() - at - 1);
            found.push((at as u32 + 1, (at + 1 + length) as u32));
        }
    }
    found
}

/// Quarkus: `%dev.key=value`.
fn keys(lines: &[&str]) -> Vec<(u32, u32)> {
    let is_beside = |line: &&str| {
        line.trim_start().strip_prefix('%').and_then(|rest| rest.split_once('.')).is_some_and(|(profile, _)| is_beside(profile))
    };
    (1..).zip(lines).filter(|(_, line)| is_beside(line)).map(|(number, _)| (number, number)).collect()
}

#[cfg(test)]
mod tests {
    use super::beside_production;

    #[test]
    fn documents_of_profiles_that_no_deployment_runs_with_are_beside_production() {
        let text = "a: 1\n---\nspring:\n  config:\n    activate:\n      on-profile: local\nb: 2\n---\nspring.config.activate.on-profile: \"prod\"\nc: 3\n---\nspring:\n  profiles: dev, test\nd: 4\n";
        assert_eq!(beside_production("src/main/resources/application.yml", text), [(3, 7), (12, 14)]);
        for other in ["!local", "local & cloud", "local | prod", "staging", ""] {
            let text = format!("a: 1\n---\nspring.config.activate.on-profile: {other}\nb: 2\n");
            assert_eq!(beside_production("application.yaml", &text), [], "{other}");
        }
        assert_eq!(beside_production("application.yml", "spring:\n  profiles:\n    active: dev\nb: 2\n"), []);
        assert_eq!(beside_production("values.yml", text), []);
        let properties = "a=1\n#---\nspring.config.activate.on-profile=dev\nb=2\n#---\nc=3\n";
        assert_eq!(beside_production("application.properties", properties), [(3, 4)]);
        assert_eq!(beside_production("application.yml", ""), []);
    }

    #[test]
    fn what_quarkus_reads_in_development_is_beside_production() {
        let text = "quarkus:\n  a: 1\n\"%dev\":\n  quarkus:\n    a: 2\n# between\n'%test,dev':\n  b: 1\n\"%prod\":\n  b: 2\n";
        assert_eq!(beside_production("application.yaml", text), [(3, 6), (7, 8)]);
        let properties = "a=1\n%dev.a=2\n%prod.a=3\n%test.a=4\n";
        assert_eq!(beside_production("application.properties", properties), [(2, 2), (4, 4)]);
    }
}

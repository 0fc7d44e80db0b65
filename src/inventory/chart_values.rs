//! Values files of Helm charts that are not called so: `helm upgrade shop charts/shop -f deploy/production.yaml`, or one that an Argo
//! application or a helmfile names. They count as `deploy/values-production.yaml` would.
//!
//! To teach it a file that names some, see [`is_list`]; commands are read where [`layout::holds_commands`] says.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{self, below, folder_of};

/// Longest file that is read, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// What values files would be called, by path.
#[derive(Debug, Default)]
pub struct ChartValues {
    names: BTreeMap<String, String>,
}

impl ChartValues {
    /// Looks at all paths, relative and POSIX; `read` gives the text of the file with a number. Without a chart there are none.
    pub fn find<'p>(paths: impl Iterator<Item = &'p str> + Clone, read: &dyn Fn(usize) -> Option<String>) -> ChartValues {
        let charts: Vec<&str> = paths.clone().filter(|path| name_of(path) == "Chart.yaml").map(folder_of).collect();
        if charts.is_empty() {
            return ChartValues::default();
        }
        let known: BTreeSet<&str> = paths.clone().collect();
        let mut names = BTreeMap::new();
        for (index, path) in paths.enumerate().filter(|(_, path)| layout::holds_commands(path) || is_list(path)) {
            let Some(text) = read(index).filter(|text| text.len() <= MAX_BYTES) else { continue };
            let mut written = if is_list(path) { listed(&text) } else { Vec::new() };
            if text.contains("helm") {
                written.extend(commanded(&text));
            }
            for file in written {
                // What is written may count from the root, from the file that says it, or from the chart.
                let places = ["", folder_of(path)].into_iter().chain(charts.iter().copied());
                let found = places.filter_map(|folder| below(folder, file)).find(|path| known.contains(path.as_str()));
                names.extend(found.and_then(|path| values_name(&path).map(|name| (path, name))));
            }
        }
        ChartValues { names }
    }

    /// The path that a values file would have if it were called so; `None` for a file that is none, or is.
    pub fn name_of(&self, path: &str) -> Option<&str> {
        self.names.get(path).map(String::as_str)
    }
}

fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Applications of Argo and helmfiles list values files.
fn is_list(path: &str) -> bool {
    let name = name_of(path);
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    is_yaml && (["argo", "application", "helmfile"].iter().any(|word| name.contains(word)) || folder_of(path).contains("argo"))
}

/// `deploy/values-production.yaml` for `deploy/production.yaml`.
fn values_name(path: &str) -> Option<String> {
    let name = name_of(path);
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    (is_yaml && !name.contains("values")).then(|| format!("{}values-{name}", &path[..path.len() - name.len()]))
}

/// What `-f` and `--values` name in commands of Helm, which may take several lines.
fn commanded(text: &str) -> Vec<&str> {
    let words: Vec<&str> = layout::words(text).collect();
    let mut found = Vec::new();
    let mut is_helm = false;
    for (at, word) in words.iter().enumerate() {
        match *word {
            "helm" => is_helm = true,
            "kubectl" | "docker" | "docker-compose" | "podman" => is_helm = false,
            "-f" | "--values" if is_helm => found.extend(words.get(at + 1)),
            _ if is_helm => found.extend(word.strip_prefix("--values=").or_else(|| word.strip_prefix("-f="))),
            _ => {}
        }
    }
    found
}

/// The items below `valueFiles` or `values`.
fn listed(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_inside = false;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let opened = ["valueFiles:", "values:"].iter().find_map(|key| line.trim_start_matches("- ").strip_prefix(key));
        let items = match opened {
            Some(rest) => rest,
            None if is_inside && line.starts_with("- ") => &line[1..],
            None => "",
        };
        is_inside = opened.is_some() || !items.is_empty();
        found.extend(layout::words(items).map(|word| word.trim_start_matches("$values/")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str, text: &str) -> Vec<(String, String)> {
        let paths = ["charts/shop/Chart.yaml", "charts/shop/prod.yaml", "deploy/live.yaml", "deploy/values-eu.yaml", path];
        let found = ChartValues::find(paths.into_iter(), &|index| (index == 4).then(|| text.to_owned()));
        assert!(ChartValues::find(paths.into_iter().skip(1), &|_| Some(text.to_owned())).names.is_empty(), "without a chart");
        found.names.into_iter().collect()
    }

    #[test]
    fn values_that_are_passed_or_listed_are_called_so() {
        let live = [("deploy/live.yaml".to_owned(), "deploy/values-live.yaml".to_owned())];
        for (path, text) in [
            ("deploy/run.sh", "helm upgrade shop ../charts/shop \\\n  --install -f live.yaml\n"),
            (".github/workflows/a.yml", "run: helm template charts/shop --values=./deploy/live.yaml -f deploy/values-eu.yaml"),
            (
                "argocd/shop.yaml",
                "spec:\n  helm:\n    valueFiles:\n      # of the cluster\n      - ../../deploy/live.yaml\n  x: 1\n",
            ),
            ("apps/application.yaml", "valueFiles: [\"$values/deploy/live.yaml\"]\n"),
            ("deploy/helmfile.yaml", "releases:\n  - values:\n      - live.yaml\n"),
        ] {
            assert_eq!(names(path, text), live, "{path}");
        }
        let of_chart = [("charts/shop/prod.yaml".to_owned(), "charts/shop/values-prod.yaml".to_owned())];
        assert_eq!(names("argo/a.yaml", "valueFiles:\n- prod.yaml\n"), of_chart);
    }

    #[test]
    fn other_files_are_no_values() {
        for (path, text) in [
            ("run.sh", "helm repo update\nkubectl apply -f deploy/live.yaml\n"),
            ("run.sh", "helm upgrade shop charts/shop -f deploy/$ENV.yaml -f gone.yaml\n"),
            ("run.sh", "docker compose -f deploy/live.yaml up\n"),
            ("argo/a.yaml", "valueFiles:\n- values-eu.yaml\nsources:\n- deploy/live.yaml\n"),
            ("src/a.py", "helm -f deploy/live.yaml"),
        ] {
            assert_eq!(names(path, text), [], "{text}");
        }
    }
}

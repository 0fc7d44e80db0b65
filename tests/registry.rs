//! Lists that must exist are compared with the folder they list.

use std::collections::BTreeSet;

use crate::support::root;

fn stems(folder: &str, except: &[&str]) -> BTreeSet<String> {
    std::fs::read_dir(root().join(folder))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().to_str()?.strip_suffix(".rs").map(str::to_owned))
        .filter(|stem| !except.contains(&stem.as_str()))
        .collect()
}

#[test]
fn every_probe_file_is_a_kind_of_its_name() {
    let registered: BTreeSet<String> = readyctl::probes::KINDS.iter().map(|kind| kind.name.to_owned()).collect();
    assert_eq!(registered, stems("src/probes", &["mod", "params", "shared"]));
}

#[test]
fn every_format_has_a_file() {
    for format in readyctl::render::FORMATS {
        assert!(root().join("src/render").join(format!("{}.rs", format.name)).is_file(), "{}", format.name);
    }
}

#[test]
fn every_parameter_of_every_probe_is_documented() {
    let guide = std::fs::read_to_string(root().join(".github/CONTRIBUTING.md")).unwrap();
    for kind in readyctl::probes::KINDS {
        let row = guide.lines().find(|line| line.starts_with(&format!("| `{}` |", kind.name)));
        let row = row.unwrap_or_else(|| panic!("no row for `{}` in .github/CONTRIBUTING.md", kind.name));
        // Explained once, above the table.
        let common = ["path", "exclude", "roles", "language"];
        for (key, _) in kind.keys.iter().filter(|(key, _)| !key.starts_with('(') && !common.contains(key)) {
            assert!(row.contains(&format!("`{key}")), "`{key}` of `{}` is not in .github/CONTRIBUTING.md", kind.name);
        }
    }
}

#[test]
fn every_probe_that_takes_path_takes_exclude() {
    for kind in readyctl::probes::KINDS {
        let takes = |wanted| kind.keys.iter().any(|(key, _)| *key == wanted);
        assert_eq!(takes("path"), takes("exclude"), "{}", kind.name);
    }
}

//! The floors: a module imports only lower ones, and I/O stays where it belongs. Budgets for files and functions.

use std::path::Path;

use syn::visit::Visit;

use crate::support::{files, root};

/// Floor of each top-level module.
const FLOORS: &[(&str, u8)] = &[
    ("model", 0),
    ("config", 1),
    ("inventory", 1),
    ("live", 1),
    ("render", 1),
    ("probes", 2),
    ("checks", 3),
    ("engine", 4),
    ("cli", 5),
];

fn floor(module: &str) -> Option<u8> {
    FLOORS.iter().find(|(name, _)| *name == module).map(|(_, floor)| *floor)
}

fn module_of(path: &Path) -> Option<String> {
    let relative = path.strip_prefix(root().join("src")).ok()?;
    let first = relative.components().next()?.as_os_str().to_str()?;
    Some(first.trim_end_matches(".rs").to_owned())
}

/// Collects the top-level modules that `crate::` paths name, outside tests.
struct Imports(Vec<(String, usize)>);

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let is_test = item.attrs.iter().any(|attribute| attribute.path().is_ident("cfg"));
        if !is_test {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_use_tree(&mut self, tree: &'ast syn::UseTree) {
        if let syn::UseTree::Path(path) = tree
            && path.ident == "crate"
        {
            collect(&path.tree, &mut self.0);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 && path.segments[0].ident == "crate" {
            let ident = &path.segments[1].ident;
            self.0.push((ident.to_string(), ident.span().start().line));
        }
        syn::visit::visit_path(self, path);
    }
}

fn collect(tree: &syn::UseTree, into: &mut Vec<(String, usize)>) {
    match tree {
        syn::UseTree::Path(path) => into.push((path.ident.to_string(), path.ident.span().start().line)),
        syn::UseTree::Name(name) => into.push((name.ident.to_string(), name.ident.span().start().line)),
        syn::UseTree::Group(group) => group.items.iter().for_each(|item| collect(item, into)),
        _ => {}
    }
}

fn upward(source: &str, module: &str) -> Vec<String> {
    let mut imports = Imports(Vec::new());
    imports.visit_file(&syn::parse_file(source).unwrap());
    let own = floor(module);
    imports
        .0
        .into_iter()
        .filter(|(target, _)| target != module)
        .filter(|(target, _)| matches!((own, floor(target)), (Some(own), Some(other)) if other >= own))
        .map(|(target, line)| format!("{line}: {module} imports {target}"))
        .collect()
}

#[test]
fn a_planted_upward_import_is_found() {
    assert_eq!(upward("use crate::engine::x;\nfn f() { crate::cli::y(); }", "probes").len(), 2);
    assert_eq!(upward("use crate::{model::a, checks::b};", "inventory").len(), 1);
    assert!(upward("use crate::model::a;", "probes").is_empty());
}

#[test]
fn modules_import_only_lower_floors() {
    let mut wrong = Vec::new();
    for path in files(&root().join("src"), "rs") {
        let Some(module) = module_of(&path).filter(|module| floor(module).is_some()) else { continue };
        let source = std::fs::read_to_string(&path).unwrap();
        wrong.extend(upward(&source, &module).into_iter().map(|problem| format!("{}:{problem}", path.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_read_only_where_they_may_be() {
    let allowed = ["inventory", "config", "build"];
    for path in files(&root().join("src"), "rs") {
        let module = module_of(&path).unwrap();
        let source = production(&std::fs::read_to_string(&path).unwrap());
        if !allowed.contains(&module.as_str()) {
            for word in ["std::fs", "File::open", "std::process", "std::net"] {
                let code = source.lines().find(|line| line.contains(word) && !line.trim_start().starts_with("//"));
                let exempt = (word == "std::net" && module == "live")
                    || word == "std::process"
                        && code.is_some_and(|line| line.contains("ExitCode") || line.contains("process::id"));
                assert!(code.is_none() || exempt, "{}: {word}", path.display());
            }
        }
    }
}

/// The source without its test modules.
fn production(source: &str) -> String {
    let end = source.find("\n#[cfg(test)]\nmod ").unwrap_or(source.len());
    source[..end].to_owned()
}

#[test]
fn every_file_says_what_it_is_for_and_stays_a_room() {
    let mut wrong = Vec::new();
    for folder in ["src", "tests"] {
        for path in files(&root().join(folder), "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            if !source.starts_with("//!") {
                wrong.push(format!("{}: does not open with //!", path.display()));
            }
            let lines = production(&source).lines().count();
            if folder == "src" && lines > 600 {
                wrong.push(format!("{}: {lines} lines of production code", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_stands_in_the_table_of_floors() {
    for entry in std::fs::read_dir(root().join("src")).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().trim_end_matches(".rs").to_owned();
        if !["lib", "main", "build"].contains(&name.as_str()) {
            assert!(floor(&name).is_some(), "src/{name} has no floor");
        }
    }
}

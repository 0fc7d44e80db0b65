//! Which files of small applications nothing loads.

use crate::inventory::collect::{Context, Prepared, collect};
use crate::inventory::source::Memory;
use crate::inventory::view::Inventory;
use crate::model::glob::PathGlob;
use crate::model::loading::{Conventions, Family, Framework, Loading};
use crate::model::needs::{Area, Look, NeedSet, Selector};
use crate::model::role::{Role, RoleOverride, RoleSet};

fn needs() -> NeedSet {
    let mut needs = NeedSet::default();
    let mut text = |pattern: &str| {
        let need = needs.add(Selector::any(), Look::text(pattern, Area::Code));
        needs.await_answer(need);
        need
    };
    let (listens, lists) = (text(r"\.listen\("), text("readdirSync"));
    text("limiter");
    // Something is asked of prose, so that it is read.
    let look = Look::Import { modules: Vec::new() };
    needs.add(Selector { roles: RoleSet::NONE.with(Role::Docs), ..Selector::any() }, look);
    let conventions = |stems: &[&str]| Conventions {
        stems: stems.iter().map(|stem| (*stem).to_owned()).collect(),
        entries: vec![PathGlob::new("**/pages/**")],
        starts: vec![listens],
        folders: vec![lists],
    };
    needs.loading = Loading {
        conventions: vec![(Family::Node, conventions(&["index", "main"])), (Family::Python, conventions(&["main", "__init__"]))],
        frameworks: vec![Framework { names: vec!["strapi".to_owned()], entries: Vec::new() }],
        aside: vec![PathGlob::new("*.config.*")],
    };
    needs
}

fn inventory(needs: &NeedSet, files: &[(&str, &str)], roles: Vec<RoleOverride>) -> Inventory {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    let memory = Memory::new(files.collect());
    let prepared = Prepared::new(needs, 0);
    collect(&memory, &prepared, Context { roles, ..Context::default() }).inventory
}

fn unloaded(files: &[(&str, &str)]) -> Vec<String> {
    let inventory = inventory(&needs(), files, Vec::new());
    inventory.files.iter().filter(|file| file.unloaded).map(|file| file.path.to_string()).collect()
}

/// An application of JavaScript with a module that nothing imports.
const NODE: [(&str, &str); 6] = [
    ("package.json", "{ \"name\": \"shop\", \"dependencies\": { \"express\": \"4.0.0\" } }"),
    ("src/index.js", "const express = require('express');\nconst users = require('./routes/users');\nexpress().listen(1);\n"),
    ("src/routes/users.js", "const db = require('../lib/db');\n"),
    ("src/lib/db.js", "module.exports = {};\n"),
    ("src/lib/limit.js", "const store = require('./store');\nmodule.exports = limiter(store);\n"),
    ("src/lib/orders.js", "module.exports = {};\n"),
];

fn node_with<'f>(more: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let replaced = |path: &str| more.iter().any(|(other, _)| *other == path);
    let used = ("src/lib/zusers.js", "require('./orders');\n");
    let main = ("src/main.js", "require('./lib/zusers'); require('./lib/db');\n");
    NODE.iter().copied().chain([used, main]).filter(|(path, _)| !replaced(path)).chain(more.iter().copied()).collect()
}

#[test]
fn a_module_that_nothing_imports_shows_nothing() {
    assert_eq!(unloaded(&node_with(&[])), ["src/lib/limit.js"]);
    let needs = needs();
    let inventory = inventory(&needs, &node_with(&[]), Vec::new());
    assert!(inventory.hits[2].is_empty(), "what stands in it does not count");
    assert_eq!(inventory.notes, ["1 source file that nothing loads was left out: src/lib/limit.js"]);
}

#[test]
fn what_only_such_modules_import_is_one_too() {
    let files = node_with(&[("src/lib/store.js", "module.exports = 1;\n")]);
    assert_eq!(unloaded(&files), ["src/lib/limit.js", "src/lib/store.js"]);
}

#[test]
fn whatever_may_load_a_module_counts() {
    for more in [
        ("src/routes/users.js", "require('../lib/limit');\n"),
        ("src/routes/users.js", "import limit from '@/lib/limit';\n"),
        ("src/routes/users.js", "import { limit } from 'lib/limit';\n"),
        ("src/routes/users.js", "await import(`./${name}`);\n"),
        ("src/routes/users.js", "fs.readdirSync(__dirname);\n"),
        ("src/routes/users.js", "const files = ['lib/*.js'];\n"),
        ("src/lib/limit.js", "limiter.listen(2);\n"),
        ("src/Page.vue", "<script>\nimport limit from './lib/limit'\n</script>\n"),
        ("package.json", "{ \"name\": \"shop\", \"scripts\": { \"limit\": \"node src/lib/limit.js\" } }"),
        ("package.json", "{ \"name\": \"shop\", \"dependencies\": { \"strapi\": \"3.0.0\" } }"),
        ("Dockerfile", "FROM node:22\nCMD [\"node\", \"src/lib/limit.js\"]\n"),
        ("README.md", "Start it with `node src/lib/limit.js`.\n"),
        ("src/lib/package.json", "{ \"name\": \"lib\" }"),
    ] {
        assert!(unloaded(&node_with(&[more])).is_empty(), "{more:?}");
    }
}

#[test]
fn tests_comments_and_other_files_of_the_name_do_not_count() {
    for more in [
        ("src/lib/limit.test.js", "require('./limit');\n"),
        ("src/routes/users.js", "require('./limit');\n// const limit = require('../lib/limit');\n"),
        ("README.md", "- `src/lib/limit.js` limits requests\n"),
        ("vite.config.js", "export default { test: ['src/**/*.js'] };\n"),
    ] {
        let more = [more, ("src/routes/limit.js", "module.exports = 1;\n"), ("src/routes/a.js", "require('./limit');\n")];
        let main = ("src/main.js", "require('./lib/zusers'); require('./lib/db'); require('./routes/a');\n");
        let files = node_with(&[&more[..], &[main]].concat());
        assert_eq!(unloaded(&files), ["src/lib/limit.js"], "{more:?}");
    }
}

#[test]
fn where_too_much_would_be_left_out_nothing_is() {
    let more: Vec<(String, &str)> = (0..4).map(|number| (format!("src/lib/part{number}.js"), "x();\n")).collect();
    let more: Vec<(&str, &str)> = more.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    assert!(unloaded(&node_with(&more)).is_empty());
}

#[test]
fn in_few_files_nothing_is_left_out() {
    let few: Vec<(&str, &str)> = node_with(&[]).into_iter().filter(|(path, _)| !path.contains("orders")).collect();
    assert_eq!(unloaded(&few), ["src/lib/limit.js"]);
    let fewer: Vec<(&str, &str)> = few.into_iter().filter(|(path, _)| !path.contains("zusers")).collect();
    assert!(unloaded(&fewer).is_empty());
}

#[test]
fn the_configuration_may_say_that_it_is_production() {
    let given = RoleOverride { glob: "src/lib/**".to_owned(), role: Role::Production };
    let inventory = inventory(&needs(), &node_with(&[]), vec![given]);
    assert!(inventory.files.iter().all(|file| !file.unloaded));
}

#[test]
fn modules_of_python() {
    let files = |main: &'static str| {
        [
            ("requirements.txt", "fastapi==0.115.0\n"),
            ("app/__init__.py", ""),
            ("app/main.py", main),
            ("app/core/__init__.py", ""),
            ("app/core/auth.py", "from app import settings\n"),
            ("app/core/limit.py", "limiter = 1\n"),
            ("app/settings.py", "DEBUG = False\n"),
        ]
    };
    assert_eq!(unloaded(&files("from app.core import auth\n")), ["app/core/limit.py"]);
    for main in [
        "from app.core import (\n    auth,\n    limit,\n)\n",
        "from .core.limit import limiter\nfrom .core import auth\n",
        "import app.core.auth, app.core.limit\n",
        "from app.core import auth\nadd('app.core.limit.Limiter')\n",
    ] {
        assert!(unloaded(&files(main)).is_empty(), "{main}");
    }
}

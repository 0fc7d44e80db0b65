//! The role that the content of a file says: generated, minified, a browser library, or a load test. To add a marker, see
//! [`says_generated`], [`is_library`] and [`LOAD_TESTS`].

use crate::model::language::Language;
use crate::model::role::Role;

/// A generator says so within this many bytes.
const HEADER_BYTES: usize = 2_048;
/// Lines are measured within this many bytes.
const MEASURED_BYTES: usize = 65_536;
/// Nobody writes a line of this many bytes.
const MINIFIED_LINE_BYTES: usize = 5_000;
/// Nor lines that are this long on average; a single embedded image does not make a file minified.
const MINIFIED_AVERAGE_BYTES: usize = 500;

/// A line of this many bytes is minified code if it is dense.
const DENSE_LINE_BYTES: usize = 1_000;
/// Of a hundred bytes of minified code, at least this many are brackets or semicolons; of an embedded image, none are.
const DENSE_PERCENT: usize = 2;
/// A bundle has a readable head (a banner, a licence) and then, up to what is measured, this share of dense lines.
const BUNDLE_PERCENT: usize = 80;
/// Smaller files are judged by their average line.
const BUNDLE_BYTES: usize = 16 * 1024;

/// Folders whose scripts a browser gets as they are.
pub(super) const SERVED_FOLDERS: [&str; 7] = ["assets", "htdocs", "public", "static", "staticfiles", "webroot", "wwwroot"];
/// Nobody writes a script of this many bytes for a browser.
const LIBRARY_BYTES: usize = 384 * 1024;

/// Folders in which scripts of others are kept, beside own ones.
const KEPT_FOLDERS: [&str; 11] =
    ["contrib", "deps", "external", "externals", "lib", "libraries", "libs", "plugins", "resources", "vendor", "vendors"];
/// Nobody writes a script of this many bytes at all.
const KEPT_LIBRARY_BYTES: usize = 1024 * 1024;

/// The role that the content of a production file says.
///
/// Only source code is asked: lockfiles, rendered manifests and pipelines also say "generated, do not edit", and still decide.
pub fn of_content(path: &str, content: &[u8]) -> Option<Role> {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_web = matches!(extension, "js" | "mjs" | "cjs" | "css");
    let is_other_source =
        matches!(extension, "c" | "cc" | "cpp" | "h" | "hpp" | "dart" | "swift" | "scala" | "sql" | "graphql" | "scss");
    if !is_web && !is_other_source && Language::of_path(path).is_none() {
        return None;
    }
    let header = &content[..content.len().min(HEADER_BYTES)];
    if has_generated_header(header) || (is_web && is_bundled(header)) {
        return Some(Role::Generated);
    }
    if is_load_test(extension, header) {
        return Some(Role::Test);
    }
    let is_library = || is_served_script(path) && (content.len() > LIBRARY_BYTES || is_library(header));
    let is_kept = || content.len() > KEPT_LIBRARY_BYTES && path.split('/').any(|folder| KEPT_FOLDERS.contains(&folder));
    (is_web && (is_minified(&content[..content.len().min(MEASURED_BYTES)]) || is_library() || is_kept()))
        .then_some(Role::Vendored)
}

/// Modules of tools that put an application under load, as scripts of node name them behind `from`.
const LOAD_TESTS: [&str; 4] = ["'k6'", "\"k6\"", "'k6/", "\"k6/"];

/// Does it import a tool that runs it to put an application under load?
fn is_load_test(extension: &str, header: &[u8]) -> bool {
    let tool: &[u8] = match extension {
        "js" | "mjs" | "ts" => b"k6",
        "py" => b"locust",
        _ => return false,
    };
    // Hardly any file names one.
    if memchr::memmem::find(header, tool).is_none() {
        return false;
    }
    let imports = |line: &[u8]| match extension {
        "py" => line.starts_with(b"from locust import") || line.starts_with(b"import locust"),
        _ => {
            line.starts_with(b"import") && LOAD_TESTS.iter().any(|module| memchr::memmem::find(line, module.as_bytes()).is_some())
        }
    };
    header.split(|byte| *byte == b'\n').any(imports)
}

/// Is it a script or style sheet that a browser gets as it is?
pub fn is_served_script(path: &str) -> bool {
    let is_web = matches!(path.rsplit_once('.'), Some((_, "js" | "mjs" | "cjs" | "css")));
    is_web && path.split('/').any(|folder| SERVED_FOLDERS.contains(&folder))
}

/// Does it open with the banner of a published package: a licence or copyright, and a version?
fn is_library(header: &[u8]) -> bool {
    let header = String::from_utf8_lossy(header).to_lowercase();
    let text = header.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n', ';']);
    let banner: Vec<&str> = if text.starts_with("/*") {
        text.split("*/").next().unwrap_or(text).lines().collect()
    } else {
        text.lines().take_while(|line| line.trim_start().starts_with("//")).collect()
    };
    let owned = ["(c)", "\u{a9}", "copyright", "@license", "@preserve", "license"];
    banner.iter().any(|line| owned.iter().any(|mark| line.contains(mark))) && banner.iter().any(|line| has_version(line))
}

/// `1.2.3`, `v1.2`, or `1.2` where no licence is named, which have versions, too.
fn has_version(line: &str) -> bool {
    let bytes = line.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let names_licence = ["license", "licence", "gpl", "http:", "https:"].iter().any(|word| line.contains(word));
    memchr::memchr_iter(b'.', bytes).filter(|dot| *dot > 0 && digit(dot - 1) && digit(dot + 1)).any(|dot| {
        let number = bytes[..dot].iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let minor = bytes[dot + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let has_third = bytes.get(dot + 1 + minor) == Some(&b'.') && digit(dot + 2 + minor);
        !names_licence || has_third || bytes[..dot - number].ends_with(b"v")
    })
}

const COMMENT_LEADS: [&[u8]; 8] = [b"//", b"#", b"/*", b"*", b"--", b"<!--", b"\"\"\"", b"'"];

fn has_generated_header(head: &[u8]) -> bool {
    mentions_generated(head)
        && head.split(|byte| *byte == b'\n').any(|line| {
            let line = line.trim_ascii();
            COMMENT_LEADS.iter().any(|lead| line.starts_with(lead))
                && says_generated(&String::from_utf8_lossy(line).to_ascii_lowercase())
        })
}

/// Does the word stand in it, in any case? It is part of all that generators say, and of few other headers.
fn mentions_generated(head: &[u8]) -> bool {
    let rest = |at: usize| head.get(at + 1..at + "generated".len());
    memchr::memchr2_iter(b'g', b'G', head).any(|at| rest(at).is_some_and(|rest| rest.eq_ignore_ascii_case(b"enerated")))
}

/// Does this comment, in lower case, say that a tool wrote the file?
fn says_generated(line: &str) -> bool {
    let marked = line.split_once("@generated").is_some_and(|(before, after)| {
        let joined = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
        !before.ends_with(joined) && !after.starts_with(|c: char| joined(c) && c != '.')
    });
    marked || line.contains("<auto-generated") || (line.contains("generated") && line.contains("do not edit"))
}

fn is_minified(head: &[u8]) -> bool {
    let longest = head.split(|byte| *byte == b'\n').map(<[u8]>::len).max().unwrap_or(0);
    let lines = memchr::memchr_iter(b'\n', head).count() + 1;
    if longest > MINIFIED_LINE_BYTES && head.len() / lines > MINIFIED_AVERAGE_BYTES {
        return true;
    }
    let dense: usize = head.split(|byte| *byte == b'\n').filter(|line| is_dense(line)).map(<[u8]>::len).sum();
    head.len() >= BUNDLE_BYTES && dense * 100 >= head.len() * BUNDLE_PERCENT
}

fn is_dense(line: &[u8]) -> bool {
    let marks = || line.iter().filter(|byte| matches!(byte, b'(' | b')' | b'{' | b'}' | b';')).count();
    line.len() >= DENSE_LINE_BYTES && marks() * 100 >= line.len() * DENSE_PERCENT
}

/// Does a bundler say that it put the file together?
fn is_bundled(header: &[u8]) -> bool {
    if ["webpack", "For license information"].iter().all(|mark| memchr::memmem::find(header, mark.as_bytes()).is_none()) {
        return false;
    }
    let header = String::from_utf8_lossy(header);
    header.lines().map(str::trim).any(|line| {
        (line.starts_with("/***") && line.contains("webpackBootstrap"))
            || line.starts_with("/*! For license information please see ")
            || (line.starts_with('(') && (line.contains("[\"webpackJsonp") || line.contains("[\"webpackChunk")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generators_say_so() {
        for (path, text) in [
            ("a.go", "// Code generated by protoc-gen-go. DO NOT EDIT.\npackage a"),
            ("a.ts", "/**\n * @generated by codegen\n */\n"),
            ("A.cs", "//------\n// <auto-generated>\n//     This code\n"),
            ("a_grpc.py", "# Generated by the gRPC compiler. DO NOT EDIT!\n"),
            ("a.rs", "// @generated\n"),
            ("a.js", "// gGENERATED, DO NOT EDIT"),
            ("a.py", "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# This file was generated by Swagger; Do not edit.\n"),
        ] {
            assert_eq!(of_content(path, text.as_bytes()), Some(Role::Generated), "{path}");
        }
    }

    #[test]
    fn what_a_tool_for_load_runs_is_a_test() {
        for (path, text, role) in [
            ("perf/login.js", "import http from 'k6/http';\nexport default function () {}\n", Some(Role::Test)),
            ("load.ts", "/* peak */\nimport { sleep } from \"k6\";\n", Some(Role::Test)),
            ("perf/users.py", "import os\nfrom locust import HttpUser\n", Some(Role::Test)),
            ("a.js", "import http from 'http';\nconst tool = 'k6';\n", None),
            ("a.py", "# from locust import HttpUser\n", None),
        ] {
            assert_eq!(of_content(path, text.as_bytes()), role, "{path}");
        }
    }

    #[test]
    fn people_do_not() {
        let late = format!("{}\n// Code generated by x. DO NOT EDIT.\n", "\n".repeat(HEADER_BYTES));
        for (path, text) in [
            ("gen.go", "w.Write(\"// Code generated by x. DO NOT EDIT.\")"),
            ("a.py", "# Generated by Django 5.0 on 2024-01-01\n"),
            ("a.ts", "// mail bot@generated.example\n// @generatedValue\n"),
            ("a.go", late.as_str()),
            ("yarn.lock", "# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT THIS FILE DIRECTLY.\n"),
            ("requirements.txt", "# autogenerated by pip-compile, do not edit\n"),
            (".github/workflows/ci.yml", "# generated by maturin, do not edit\n"),
            ("a.js", ""),
        ] {
            assert_eq!(of_content(path, text.as_bytes()), None, "{path}");
        }
    }

    #[test]
    fn bundles_are_not_ours() {
        for head in [
            "/******/ (() => { // webpackBootstrap\n/******/ \tvar __webpack_modules__ = ({\n",
            "/*! For license information please see app.js.LICENSE.txt */\n!function(){}();\n",
            "\"use strict\";\n(self[\"webpackChunkshop\"] = self[\"webpackChunkshop\"] || []).push([[\"app\"],{\n",
        ] {
            assert_eq!(of_content("public/js/app.js", head.as_bytes()), Some(Role::Generated), "{head}");
        }
        let banner = "/* a licence, in lines that people read */\n".repeat(60);
        let bundle = format!("{banner}{}\n", "function(e,t){return e(t)};".repeat(2_000));
        assert_eq!(of_content("public/js/app.js", bundle.as_bytes()), Some(Role::Vendored));
        let image = format!("{}const logo = '{}';\n", "draw(logo);\n".repeat(200), "QkFTRTY0".repeat(7_000));
        assert_eq!(of_content("web/logo.js", image.as_bytes()), None);
        assert_eq!(of_content("webpack.config.js", b"module.exports = { plugins: [webpackBootstrapFree] };\n"), None);
    }

    #[test]
    fn served_libraries_are_not_ours() {
        let chart =
            "/*\n Chart JS v9.1.2 (2021-06-16)\n\n (c) 2009-2021 A Person\n\n License: www.example.com/license\n*/\nf();\n";
        let picker = "/**\n * @license Picker v4.0.3\n */\nf();\n";
        let library = "/*!\n * Library 1.6.4\n * Copyright 2011, A Person\n */\nf();\n";
        let fonts = "/*!\n * Icons 6.4.0 by @icons - https://icons.example\n * License - https://icons.example/license (Fonts: SIL OFL 1.1)\n */\nf();\n";
        let lines = "// jquery.thing.js 2.0\n// Copyright (c) 2010 A Person\nf();\n";
        for text in [chart, picker, library, fonts, lines] {
            assert_eq!(of_content("shop/static/js/boost.js", text.as_bytes()), Some(Role::Vendored), "{text}");
            assert_eq!(of_content("src/boost.js", text.as_bytes()), None);
        }
        let long = "let a = 1;\n".repeat(LIBRARY_BYTES / 10);
        assert_eq!(of_content("public/a.js", long.as_bytes()), Some(Role::Vendored));
        assert_eq!(of_content("src/a.js", long.as_bytes()), None);
        assert_eq!(of_content("resources/vis/vis.js", long.as_bytes()), None, "this much may be one's own");
        let longer = "let a = 1;\n".repeat(KEPT_LIBRARY_BYTES / 10);
        for path in ["resources/vis/vis.js", "lib/chart.js", "app/libs/ext.mjs", "web/plugins/pdf/viewer.css"] {
            assert_eq!(of_content(path, longer.as_bytes()), Some(Role::Vendored), "{path}");
        }
        for path in ["src/server.js", "lib/words.py", "libraries.js"] {
            assert_eq!(of_content(path, longer.as_bytes()), None, "{path}");
        }
        for ours in [
            "/*\n * Copyright 2020 Acme\n * Licensed under the Apache License, Version 2.0\n */\nf();\n",
            "// (c) Acme\nconst version = 'v1.2.3';\n",
            "/* since v1.2 */\nf();\n/* (c) Acme */\n",
        ] {
            assert_eq!(of_content("public/app.js", ours.as_bytes()), None, "{ours}");
        }
    }

    #[test]
    fn minified_code_is_not_ours() {
        let line = "a".repeat(6_000);
        assert_eq!(of_content("app.js", line.as_bytes()), Some(Role::Vendored));
        assert_eq!(of_content("app.css", format!("/* x */\n{line}").as_bytes()), Some(Role::Vendored));
        assert_eq!(of_content("app.ts", line.as_bytes()), None);
        let with_image = format!("{}{line}\n", "let a = 1;\n".repeat(100));
        assert_eq!(of_content("app.js", with_image.as_bytes()), None);
        assert_eq!(of_content("app.js", &[0xff; 10]), None);
    }
}

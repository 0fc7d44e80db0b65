//! Which lines import a module: a line-wise test per language, cheaper than a tree and as good for this purpose.

use std::ops::Range;

use memchr::memmem;

use crate::model::language::Language;

/// The part of a module's name that stands in every import of it.
pub(super) fn anchor(module: &str) -> &str {
    // Python writes `from google import generativeai` for `google.generativeai`.
    module.rsplit(['.', '\\']).next().filter(|last| last.len() > 2).unwrap_or(module)
}

/// Longest line that is taken for an import, in bytes; longer ones are minified code.
const MAX_LINE: usize = 1_000;

/// The lines of a text that may import something, found once for all modules; `None` where any line may.
pub(super) fn lines(language: Language, text: &str) -> Option<Vec<Range<usize>>> {
    let starts: &[&str] = match language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => {
            return Some(lines_with(text, &["from", "require", "import"]));
        }
        Language::Python => &["import ", "from "],
        Language::Java | Language::Kotlin => &["import "],
        Language::Ruby => &["require"],
        Language::Php => &["use "],
        Language::CSharp => &["using ", "global using "],
        Language::Go | Language::Rust => return None,
    };
    let mut lines = lines_with(text, starts);
    lines.retain(|line| starts.iter().any(|start| text[line.clone()].trim_start().starts_with(start)));
    Some(lines)
}

/// The lines that hold one of these words, in order.
fn lines_with(text: &str, words: &[&str]) -> Vec<Range<usize>> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    for word in words {
        let finder = memmem::Finder::new(word);
        let mut from = 0;
        while let Some(at) = finder.find(&text.as_bytes()[from..]) {
            let line = line_at(text.as_bytes(), from + at);
            from = line.end;
            lines.push(line);
        }
    }
    lines.sort_unstable_by_key(|line| line.start);
    lines.dedup();
    lines
}

/// The line around a place, without its end.
fn line_at(bytes: &[u8], at: usize) -> Range<usize> {
    let start = memchr::memrchr(b'\n', &bytes[..at]).map_or(0, |before| before + 1);
    start..memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |after| at + after)
}

/// Byte offsets of the lines that import a module, ascending; `among` are the lines that may (`lines`).
pub(super) fn find(language: Language, text: &str, among: Option<&[Range<usize>]>, module: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    // Only lines in which the name occurs at all are looked at.
    let anchor = memmem::Finder::new(anchor(module));
    let place = |line: Range<usize>| {
        let Range { start, end } = line;
        let line = text.get(start..end).filter(|line| line.len() <= MAX_LINE)?;
        let is_import = imports(language, line.trim(), module) && !is_type_only(language, &text[..start], line.trim());
        is_import.then(|| (end - line.trim_start().len(), start + line.trim_end().len()))
    };
    let mut places: Vec<(usize, usize)> = match among {
        Some(lines) => {
            lines.iter().filter(|line| anchor.find(&bytes[(*line).clone()]).is_some()).cloned().filter_map(place).collect()
        }
        None => anchor.find_iter(bytes).map(|at| line_at(bytes, at)).filter_map(place).collect(),
    };
    places.dedup();
    places
}

/// What a file imports for all files of its .NET project, as lines of C#: `global using X;`, or `<Using Include="X" />` of a
/// project file.
pub(super) fn for_project(path: &str, language: Option<Language>, text: &str) -> Vec<String> {
    let lines = |mark: &'static str| {
        let bytes = text.as_bytes();
        let lines = memmem::find_iter(bytes, mark).filter_map(move |at| text.get(line_at(bytes, at)));
        lines.map(str::trim).filter(|line| line.len() <= MAX_LINE)
    };
    let is_project = matches!(path.rsplit_once('.'), Some((_, "csproj" | "props")));
    match language {
        Some(Language::CSharp) => {
            lines("global using ").filter(|line| line.starts_with("global using ")).map(str::to_owned).collect()
        }
        _ if is_project => {
            let included = |line: &str| {
                line.strip_prefix("<Using Include=\"").and_then(|rest| rest.split_once('"')).map(|(name, _)| name.to_owned())
            };
            lines("<Using Include=").filter_map(included).map(|name| format!("global using {name};")).collect()
        }
        _ => Vec::new(),
    }
}

/// Does one of these lines import one of these modules into a file of C#?
pub(crate) fn is_imported_by(lines: &[String], modules: &[String]) -> bool {
    modules.iter().any(|module| lines.iter().any(|line| imports(Language::CSharp, line, module)))
}

/// Does this trimmed line import `module` or something below it?
fn imports(language: Language, line: &str, module: &str) -> bool {
    match language {
        Language::Python => python(line, module),
        Language::JavaScript | Language::TypeScript | Language::Tsx => javascript(line, module),
        Language::Go => go(line, module),
        Language::Java | Language::Kotlin => {
            line.strip_prefix("import ").is_some_and(|rest| below(rest.trim_start_matches("static ").trim(), module, "."))
        }
        Language::Rust => rust(line, module),
        Language::Ruby => quoted_after(line, "require", module),
        Language::Php => line.strip_prefix("use ").is_some_and(|rest| below(rest.trim_start_matches('\\'), module, "\\")),
        Language::CSharp => {
            let rest = line.strip_prefix("global ").unwrap_or(line);
            rest.strip_prefix("using ").is_some_and(|rest| below(rest.trim_start_matches("static "), module, "."))
        }
    }
}

/// Is `text` the module, or something below it, up to a character that no name continues with?
fn below(text: &str, module: &str, separator: &str) -> bool {
    text.strip_prefix(module).is_some_and(|rest| {
        rest.is_empty() || rest.starts_with(separator) || !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-')
    })
}

fn python(line: &str, module: &str) -> bool {
    if let Some(rest) = line.strip_prefix("import ") {
        return rest.split(',').any(|name| below(name.trim(), module, "."));
    }
    let Some(rest) = line.strip_prefix("from ") else { return false };
    if below(rest, module, ".") {
        return true;
    }
    // `from google import generativeai`
    let Some((parent, last)) = module.rsplit_once('.') else { return false };
    rest.strip_prefix(parent)
        .and_then(|rest| rest.trim_start().strip_prefix("import "))
        .is_some_and(|names| names.trim_matches(['(', ')']).split(',').any(|name| below(name.trim(), last, ".")))
}

fn javascript(line: &str, module: &str) -> bool {
    let quoted = |text: &str| {
        text.strip_prefix(['\'', '"', '`'])
            .is_some_and(|inside| inside.strip_prefix(module).is_some_and(|rest| rest.starts_with(['\'', '"', '`', '/'])))
    };
    let after = |keyword: &str| {
        line.match_indices(keyword).any(|(at, _)| quoted(line[at + keyword.len()..].trim_start_matches([' ', '('])))
    };
    after("from") || after("require") || after("import")
}

/// How far above its last line an import of JavaScript begins at most, in bytes.
const MAX_IMPORT: usize = 4_000;

/// Does this import of TypeScript bring in types alone, which are gone when the program runs? `before` is what stands above the line.
fn is_type_only(language: Language, before: &str, line: &str) -> bool {
    if !matches!(language, Language::TypeScript | Language::Tsx) {
        return false;
    }
    let begins = |line: &str| ["import ", "import{", "export ", "export{"].iter().any(|word| line.starts_with(word));
    let above = if begins(line) { "" } else { &before[before.floor_char_boundary(before.len().saturating_sub(MAX_IMPORT))..] };
    let start = above.rmatch_indices('\n').map(|(at, _)| at + 1).chain([0]).find(|start| begins(&above[*start..]));
    let statement = match start {
        _ if begins(line) => line.to_owned(),
        Some(start) if line.starts_with('}') => format!("{}{line}", &above[start..]),
        // `require(…)` and `import(…)` inside code; `typeof import(…)` is a type.
        _ => return line.contains("typeof import(") && !line.contains("await import("),
    };
    let Some((head, names)) = statement.split_once('{') else {
        return statement.starts_with("import type ") && !is_named_type(&statement);
    };
    let head = head.trim();
    if matches!(head, "import type" | "export type") {
        return true;
    }
    let names = names.split('}').next().unwrap_or(names);
    let mut names = names.split(',').map(str::trim).filter(|name| !name.is_empty()).peekable();
    matches!(head, "import" | "export") && names.peek().is_some() && names.all(|name| name.starts_with("type "))
}

/// `import type from 'x'` brings in a value that is called `type`.
fn is_named_type(statement: &str) -> bool {
    statement["import type ".len()..].trim_start().starts_with("from ")
}

fn go(line: &str, module: &str) -> bool {
    // `import ("fmt"; "net/http")`
    if let Some(list) = line.strip_prefix("import").and_then(|rest| rest.trim_start().strip_prefix('(')) {
        return list.trim_end().trim_end_matches(')').split(';').any(|one| go_spec(one.trim(), module));
    }
    go_spec(line, module)
}

fn go_spec(line: &str, module: &str) -> bool {
    let rest = line.strip_prefix("import ").unwrap_or(line);
    let quoted = rest.split_once('"').filter(|(alias, _)| alias.trim().chars().all(|c| c.is_alphanumeric() || "._".contains(c)));
    quoted.is_some_and(|(_, path)| {
        path.split_once('"').is_some_and(|(path, after)| {
            below(path, module, "/") && (after.trim().is_empty() || after.trim_start().starts_with("//"))
        })
    })
}

fn rust(line: &str, module: &str) -> bool {
    let line = line.trim_start_matches("pub ");
    if let Some(rest) = line.strip_prefix("use ").or_else(|| line.strip_prefix("extern crate ")) {
        return below(rest.trim_start_matches("::"), module, "::");
    }
    // A path used without an import.
    line.match_indices(module).any(|(at, _)| {
        let free = !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '"');
        free && line[at + module.len()..].starts_with("::") && !line.starts_with("//")
    })
}

fn quoted_after(line: &str, keyword: &str, module: &str) -> bool {
    line.strip_prefix(keyword).is_some_and(|rest| {
        let rest = rest.trim_start_matches([' ', '(']);
        rest.strip_prefix(['\'', '"']).is_some_and(|inside| below(inside, module, "/"))
    })
}

#[cfg(test)]
mod tests {
    use super::{find, for_project, imports, is_imported_by, lines};
    use crate::model::language::Language::{self, CSharp, Go, Java, JavaScript, Kotlin, Php, Python, Ruby, Rust, TypeScript};

    /// Where a module is imported: the lines that may import say the same as all lines.
    fn found(language: Language, text: &str, module: &str) -> Vec<(usize, usize)> {
        let found = find(language, text, lines(language, text).as_deref(), module);
        assert_eq!(found, find(language, text, None, module), "{text}");
        found
    }

    #[test]
    fn imports_are_told_from_mentions() {
        for (language, line, module, expected) in [
            (Python, "from fastapi.middleware.cors import CORSMiddleware", "fastapi", true),
            (Python, "import os, redis", "redis", true),
            (Python, "from google import generativeai as genai", "google.generativeai", true),
            (Python, "from fastapi_users import x", "fastapi", false),
            (Python, "# import redis", "redis", false),
            (JavaScript, "const cors = require('cors');", "cors", true),
            (TypeScript, "} from \"@nestjs/jwt\";", "@nestjs/jwt", true),
            (TypeScript, "import x from 'express-session'", "express", false),
            (TypeScript, "import x from 'next/server'", "next", true),
            (Go, "\"github.com/gin-gonic/gin\"", "github.com/gin-gonic/gin", true),
            (Go, "jwt \"github.com/golang-jwt/jwt/v5\"", "github.com/golang-jwt/jwt", true),
            (Go, "import (\"fmt\"; \"github.com/gin-gonic/gin\")", "github.com/gin-gonic/gin", true),
            (Go, "import (g \"github.com/gin-gonic/gin\"; \"fmt\")", "github.com/gin-gonic/gin", true),
            (Go, "import (\"fmt\"; \"github.com/gin-gonic/ginx\")", "github.com/gin-gonic/gin", false),
            (Go, "fmt.Println(\"github.com/gin-gonic/gin\")", "github.com/gin-gonic/gin", false),
            (Java, "import org.springframework.web.bind.annotation.*;", "org.springframework.web", true),
            (Rust, "use tower_http::cors::CorsLayer;", "tower_http", true),
            (Rust, "let app = axum::Router::new();", "axum", true),
            (Rust, "let x = my_axum::Router::new();", "axum", false),
            (CSharp, "using Microsoft.AspNetCore.Builder;", "Microsoft.AspNetCore", true),
            (CSharp, "global using Serilog;", "Serilog", true),
            (Kotlin, "import io.ktor.server.cors.*", "io.ktor", true),
            (Ruby, "require 'jwt'", "jwt", true),
            (Ruby, "# require 'jwt'", "jwt", false),
            (Php, "use Monolog\\Logger;", "Monolog", true),
        ] {
            assert_eq!(imports(language, line, module), expected, "{line}");
            let text = format!("import from require\n  {line}  \nx");
            let place = (22, 22 + line.len());
            assert_eq!(found(language, &text, module), if expected { vec![place] } else { Vec::new() }, "{line}");
        }
    }

    #[test]
    fn a_project_of_dotnet_imports_for_all_of_its_files() {
        let text = "// global using Moq;\nglobal using Serilog;\n  global using static System.Math;\nusing Hangfire;\n";
        let lines = for_project("a/Usings.cs", Some(CSharp), text);
        let imported = |module: &str| is_imported_by(&lines, &[module.to_owned()]);
        assert!(imported("Serilog") && imported("System.Math") && !imported("Hangfire") && !imported("Moq") && !imported("Seri"));
        let project = for_project("a/A.csproj", None, "<ItemGroup>\n  <Using Include=\"Serilog\" />\n</ItemGroup>\n");
        assert_eq!(project, ["global using Serilog;"]);
        assert!(for_project("a/a.py", Some(Python), text).is_empty());
    }

    #[test]
    fn types_alone_are_no_use_of_a_module() {
        let used = |text: &str| !found(TypeScript, text, "express").is_empty();
        for text in [
            "import type { Foo } from 'express';",
            "import type express from 'express';",
            "import type * as express from 'express';",
            "import type {\n  Request,\n  Response,\n} from 'express';",
            "import { type Request, type Response } from 'express';",
            "import {\n  type Request,\n  type Response,\n} from 'express';",
            "export type { Request } from 'express';",
            "import fs from 'fs';\nimport type {\n  Request,\n} from 'express';",
            "let app: typeof import('express');",
        ] {
            assert!(!used(text), "{text}");
        }
        for text in [
            "import express from 'express';",
            "import express, { type Request } from 'express';",
            "import {\n  type Request,\n  Router,\n} from 'express';",
            "import type { A } from 'fs';\nimport {\n  Router,\n} from 'express';",
            "import type from 'express';",
            "import 'express';",
            "const express = await import('express');",
            "const express = require('express');",
        ] {
            assert!(used(text), "{text}");
        }
    }
}

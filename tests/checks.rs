//! Every check loads without a remark that matters, passes its own tests, and flips when its evidence is removed.

use crate::support::{run, stdout};

#[test]
fn every_check_passes_its_tests_and_flips_when_its_evidence_is_removed() {
    let output = run(&["checks", "test", "--mutate"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
}

#[test]
fn every_check_is_free_of_remarks() {
    let output = run(&["checks", "lint"]);
    assert_eq!(output.status.code(), Some(0));
    // Rules that only common words gate are slow, not wrong.
    let text = stdout(&output);
    let wrong: Vec<&str> = text.lines().filter(|line| line.contains(": ") && !line.contains(" gate")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_broken_check_names_every_mistake_with_its_place() {
    let folder = crate::support::tree(&[(
        "web/broken.yaml",
        "titel: x\npriority: P9\neffort: low\nwhy: y\nfix: { summary: Do. }\nabsent: fail\nforbid:\n  - say: z\n    txet: { pattern: '(' }\ntests: []\n",
    )]);
    let output = run(&["checks", "lint", "--checks", folder.path().to_str().unwrap()]);
    let error = crate::support::stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{error}");
    for expected in [
        "broken.yaml:1:1: unknown key `titel`",
        "did you mean `title`",
        "broken.yaml:2:11: `P9` is no priority",
        "did you mean `text`",
    ] {
        assert!(error.contains(expected), "{expected} is not in:\n{error}");
    }
}

#[test]
fn a_negation_in_one_file_does_not_hide_the_code_of_another() {
    let pack = crate::support::tree(&[(
        "logging/no-console.yaml",
        "title: t\npriority: P1\neffort: low\nwhy: y\nfix: { summary: Do. }\nabsent: pass\nforbid:\n  - say: it logs\n    within: file\n    all:\n      - code: { language: node, rule: { pattern: console.log($X) } }\n      - not: { file: { path: ['tools/**'] } }\ntests:\n  - { name: code, expect: fail, files: { src/a.js: 'console.log(1)', tools/b.js: 'console.log(2)' }, at: ['src/a.js:1'] }\n  - { name: tools alone, expect: pass, files: { src/a.js: 'f(1)', tools/b.js: 'console.log(2)' } }\n",
    )]);
    let output = run(&["checks", "test", "logging/no-console", "--checks", pack.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), crate::support::stderr(&output));
}

#[test]
fn a_check_may_ask_the_route_table() {
    let check = r#"title: Routes that change data are guarded
priority: P0
effort: low
why: Otherwise anybody changes it.
fix: { summary: Guard them. }
absent: pass
forbid:
  - say: a route that changes data has no guard
    route: { access: open, method: [POST, PUT, PATCH, DELETE], not-matches: 'login' }
tests:
  - name: one is open
    expect: fail
    at: ["main.py:3"]
    files: &files
      main.py: |
        from fastapi import Depends, FastAPI
        app = FastAPI()
        @app.post("/orders")
        def orders(): ...
        @app.post("/login")
        def login(): ...
        @app.get("/open")
        def read(): ...
  - name: guarded
    expect: pass
    files:
      main.py: |
        from fastapi import Depends, FastAPI
        app = FastAPI(dependencies=[Depends(get_current_user)])
        @app.post("/orders")
        def orders(): ...
"#;
    let folder = crate::support::tree(&[("auth/guarded-writes.yaml", check)]);
    let path = folder.path().to_str().unwrap();
    let output = run(&["checks", "test", "auth/guarded-writes", "--mutate", "--checks", path]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), crate::support::stderr(&output));
    assert!(stdout(&output).starts_with("2 tests"), "{}", stdout(&output));
}

#[test]
fn a_line_that_is_found_wanting_supports_nothing() {
    let check = r#"title: The header is set
priority: P2
effort: low
why: It matters.
forbid:
  - say: the header is empty
    text: { language: python, pattern: 'HEADER = ""' }
require:
  - say: the header is set
    strength: configured
    text: { language: python, pattern: 'HEADER = "' }
strength: configured
absent: fail
fix: { summary: Set it. }
tests:
  - name: empty
    expect: fail
    files: { main.py: 'HEADER = ""' }
  - name: set
    expect: pass
    files: { main.py: 'HEADER = "x"' }
"#;
    let pack = crate::support::tree(&[("web/own-header.yaml", check)]);
    let folder = crate::support::tree(&[("main.py", "HEADER = \"\"\nOTHER_HEADER = \"x\"\n")]);
    let (pack, path) = (pack.path().to_str().unwrap(), folder.path().to_str().unwrap());
    let output = run(&["audit", path, "--checks", pack, "--only", "web/own-header", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let evidence = report["checks"][0]["evidence"].as_array().unwrap();
    let cited: Vec<_> = evidence.iter().map(|one| (one["kind"].as_str().unwrap(), one["line"].as_u64().unwrap())).collect();
    assert_eq!(cited, [("finding", 1), ("support", 2)], "{}", stdout(&output));
}

/// The outcomes of a pack's own tests; nothing but what the check itself says decides them.
fn assert_pack(name: &str, check: &str) {
    let pack = crate::support::tree(&[(name, check)]);
    let output = run(&["checks", "test", "--checks", pack.path().to_str().unwrap(), name.trim_end_matches(".yaml")]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), crate::support::stderr(&output));
}

#[test]
fn a_check_may_ask_what_a_command_starts() {
    assert_pack(
        "database/started.yaml",
        r#"title: The start of the container migrates
priority: P1
effort: low
why: Otherwise somebody has to.
fix: { summary: Migrate. }
absent: fail
require:
  - say: what starts the image migrates
    strength: wired
    document: { kind: dockerfile, select: "$.stages[?@.final]", where: [{ at: cmd.resolved, matches: &migrates '\bprisma migrate deploy\b' }] }
  - say: a service migrates
    strength: wired
    document: { kind: compose, select: "$.services[*]", where: [{ at: resolved, matches: *migrates }] }
  - say: a workflow migrates
    strength: wired
    document: { kind: github-workflow, select: "$.jobs[*].steps[*]", where: [{ at: resolved, matches: *migrates }] }
  - say: a process migrates
    strength: wired
    document: { kind: yaml, path: [Procfile], select: "$.resolved[*]", where: [{ matches: *migrates }] }
tests:
  - name: the image
    expect: pass
    at: ["Dockerfile:2"]
    files:
      package.json: &package |
        {"scripts": {"prestart:prod": "npm run db:up", "db:up": "prisma migrate deploy", "start:prod": "node dist", "start": "node ."}}
      Dockerfile: |
        FROM node:22
        CMD ["npm", "run", "start:prod"]
  - name: a service of a stack that is deployed
    expect: pass
    at: ["docker-stack.yml:4"]
    files:
      package.json: *package
      docker-stack.yml: |
        services:
          api:
            image: acme/api
            command: yarn start:prod
  - name: a workflow
    expect: pass
    at: [".github/workflows/deploy.yml:6"]
    files:
      package.json: *package
      .github/workflows/deploy.yml: |
        on: push
        jobs:
          deploy:
            runs-on: ubuntu-latest
            steps:
              - run: pnpm run start:prod
  - name: a process
    expect: pass
    at: ["Procfile:1"]
    files:
      package.json: *package
      Procfile: |
        web: npm run start:prod
  - name: a start that does not
    expect: fail
    files:
      package.json: *package
      Dockerfile: |
        FROM node:22
        CMD ["npm", "start"]
"#,
    );
}

#[test]
fn symbols_of_ruby_join_with_what_they_name() {
    assert_pack(
        "auth/callbacks.yaml",
        r#"title: What is called before actions refuses
priority: P1
effort: low
why: Otherwise it guards nothing.
fix: { summary: Refuse. }
absent: fail
require:
  - say: what is called before actions refuses
    strength: wired
    join: NAME
    all:
      - code: { language: ruby, capture: [NAME], rule: { kind: call, all: [{ has: { field: method, regex: '^before_action$' } }, { has: { field: arguments, has: { kind: simple_symbol, pattern: $NAME } } }] } }
      - code: { language: ruby, capture: [NAME], rule: { kind: method, all: [{ has: { field: name, pattern: $NAME } }, { has: { kind: call, stopBy: end, regex: '^head :forbidden' } }] } }
tests:
  - name: it does
    expect: pass
    at: ["app/a.rb:2"]
    files: &files
      app/a.rb: |
        class A
          before_action :ensure_owner
        end
      app/b.rb: |
        module B
          def ensure_owner
            head :forbidden
          end
        end
  - name: another one does
    expect: fail
    files:
      <<: *files
      app/a.rb: |
        class A
          before_action :ensure_member
        end
"#,
    );
}

#[test]
fn a_block_of_terraform_has_its_own_name() {
    assert_pack(
        "infrastructure/buckets.yaml",
        r#"title: Buckets of logs are none
priority: P1
effort: low
why: They are large.
fix: { summary: Remove them. }
absent: pass
forbid:
  - say: it is a bucket of logs
    document: { kind: hcl, select: "$.resource.aws_s3_bucket.*[*]", where: [{ key: 'logs' }] }
tests:
  - name: one
    expect: fail
    at: ["main.tf:2"]
    files:
      main.tf: |
        resource "aws_s3_bucket" "data" {}
        resource "aws_s3_bucket" "logs" {}
  - name: none
    expect: pass
    files:
      main.tf: |
        resource "aws_s3_bucket" "data" {}
"#,
    );
}

#[test]
fn what_is_joined_may_be_without_what_another_names() {
    assert_pack(
        "database/keys.yaml",
        r#"title: Foreign keys have an index
priority: P2
effort: low
why: Otherwise a filter by one reads the whole table.
fix: { summary: Add one. }
absent: pass
forbid:
  - say: a foreign key has no index
    join: COLUMN
    all:
      - text: { path: ["*.sql"], ignore-case: true, capture: COLUMN, pattern: '^\s*(?P<at>\w+)\s+\w+\s+references\b' }
      - without: { text: { path: ["*.{sql,rb}"], ignore-case: true, capture: COLUMN, pattern: '\b(?:create\s+index\s+\w+\s+on\s+\w+\s*\(\s*|add_index\s+:\w+,\s*:)(?P<at>\w+)' } }
tests:
  - name: one of two
    expect: fail
    at: ["a.sql:3"]
    files: &files
      a.sql: |
        CREATE TABLE notes (
          Author_Id int REFERENCES users,
          folder_id int REFERENCES folders
        );
      b.sql: CREATE INDEX by_author ON notes (author_id);
  - name: both, in two languages
    expect: pass
    files:
      <<: *files
      c.rb: "add_index :notes, :folder_id"
  - name: none at all
    expect: fail
    at: ["a.sql:2", "a.sql:3"]
    files:
      <<: *files
      b.sql: SELECT 1;
"#,
    );
}

#[test]
fn names_are_taken_only_from_what_is_joined() {
    let folder = crate::support::tree(&[(
        "web/taking.yaml",
        "title: x\npriority: P1\neffort: low\nwhy: y\nfix: { summary: Do. }\nabsent: pass\nforbid:\n  - say: z\n    all:\n      - text: { path: ['*.sql'], pattern: abc }\n      - without: { text: { path: ['*.sql'], pattern: abd } }\ntests:\n  - { name: a, expect: pass, files: { a.sql: x } }\n",
    )]);
    let error = crate::support::stderr(&run(&["checks", "lint", "--checks", folder.path().to_str().unwrap()]));
    assert!(error.contains("taking.yaml:10:7: `without` takes names from what is joined"), "{error}");
}

#[test]
fn a_part_in_one_file_joins_by_the_names_of_the_files_that_hold_it_all() {
    assert_pack(
        "database/seeds.yaml",
        r#"title: What the service calls writes no demo data
priority: P1
effort: low
why: Anybody knows it.
fix: { summary: Remove it. }
absent: pass
forbid:
  - say: it does
    join: NAME
    all:
      - code: { language: python, capture: [NAME], rule: { kind: call, has: { field: function, kind: identifier, pattern: $NAME, regex: '^seed' } } }
      - within: file
        all:
          - code: { language: python, capture: [NAME], rule: { kind: function_definition, has: { field: name, pattern: $NAME } } }
          - given: { text: { language: python, pattern: '@example\.com' } }
tests:
  - name: another function does
    expect: pass
    files: &files
      a.py: seed_database()
      b.py: |
        def seed_database():
            load()
      c.py: |
        def seed_demo():
            add("x@example.com")
  - name: the called one does
    expect: fail
    at: ["a.py:1", "c.py:1"]
    files:
      <<: *files
      a.py: seed_demo()
"#,
    );
}

#[test]
fn what_is_found_in_few_places_is_partial() {
    assert_pack(
        "logging/few.yaml",
        r#"title: Code does not print
priority: P1
effort: low
why: Nobody reads it.
fix: { summary: Log. }
absent: pass
forbid:
  - say: code prints
    few: 2
    text: { path: ["*.py"], in: code, pattern: '\bprint\(' }
tests:
  - { name: none, expect: pass, files: { a.py: 'x = 1' } }
  - { name: two on two lines, expect: partial, at: ["a.py:1", "b.py:1"], files: { a.py: 'print(1)', b.py: 'print(1); print(2)' } }
  - { name: three, expect: fail, at: ["a.py:1", "b.py:1"], files: { a.py: 'print(1)', b.py: "print(1)\nprint(2)" } }
"#,
    );
}

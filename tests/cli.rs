//! The command line as users meet it: exit codes, formats, determinism, gates.

use serde_json::Value;

use crate::support::{fixture, run, stderr, stdout};

fn without_run(output: &std::process::Output) -> Value {
    let mut report: Value = serde_json::from_slice(&output.stdout).unwrap();
    report.as_object_mut().unwrap().remove("run");
    report
}

#[test]
fn two_runs_and_any_number_of_threads_give_the_same_report() {
    let folder = fixture("chat-demo");
    let path = folder.path().to_str().unwrap();
    let first = run(&["audit", path, "--format", "json", "--threads", "1"]);
    let second = run(&["audit", path, "--format", "json", "--threads", "4"]);
    assert_eq!(without_run(&first), without_run(&second));
    let text = |threads| run(&["audit", path, "--format", "markdown", "--threads", threads]).stdout;
    assert_eq!(text("1"), text("3"));
}

#[test]
fn gates_decide_the_exit_code_and_filters_do_not() {
    let folder = fixture("chat-demo");
    let path = folder.path().to_str().unwrap();
    assert_eq!(run(&["audit", path]).status.code(), Some(0));
    assert_eq!(run(&["audit", path, "--fail-on", "P0"]).status.code(), Some(1));
    assert_eq!(run(&["audit", path, "--fail-on", "p0", "--verbose"]).status.code(), Some(1));
    assert_eq!(run(&["audit", path, "--min-score", "99"]).status.code(), Some(1));
    assert_eq!(run(&["audit", path, "--require-verdict"]).status.code(), Some(1));
}

#[test]
fn unknown_words_are_exit_2_with_a_suggestion() {
    for (arguments, expected) in [
        (vec!["audit", "--frmat", "json"], "--format"),
        (vec!["audit", ".", "--only", "cros"], "did you mean `cors`"),
        (vec!["explain", "cors/no-wildcard-orign"], "did you mean `cors/no-wildcard-origin`"),
        (vec!["checks", "new", "NoSlash"], "category/name"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn several_formats_go_to_their_files_whole_or_not_at_all() {
    let folder = fixture("chat-demo");
    let out = tempfile::tempdir().unwrap();
    let (markdown, json) = (out.path().join("report.md"), out.path().join("report.json"));
    let path = folder.path().to_str().unwrap();
    let output = run(&["audit", path, "--output", markdown.to_str().unwrap(), "--output", json.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(std::fs::read_to_string(markdown).unwrap().contains("NO-GO"));
    let report: Value = serde_json::from_slice(&std::fs::read(json).unwrap()).unwrap();
    assert_eq!(report["schema_version"], "1");
    let lost = run(&["audit", path, "--output", "/nonexistent/report.md"]);
    assert_eq!(lost.status.code(), Some(4));
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 2);
}

#[test]
fn explain_speaks_of_checks_and_accounts_for_the_score() {
    let output = run(&["explain", "cors/no-wildcard-origin"]);
    assert!(stdout(&output).contains("Fails when:"), "{}", stdout(&output));
    let folder = fixture("chat-demo");
    let output = run(&["explain", "score", folder.path().to_str().unwrap()]);
    let text = stdout(&output);
    assert!(text.contains("Cheapest next points"), "{text}");
}

#[test]
fn the_skeleton_of_a_new_check_loads_and_fails_only_where_it_says() {
    let skeleton = stdout(&run(&["checks", "new", "web/my-own"]));
    let pack = crate::support::tree(&[("web/my-own.yaml", &skeleton)]);
    let output = run(&["checks", "test", "web/my-own", "--mutate", "--checks", pack.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
}

#[test]
fn the_schema_is_json_and_knows_every_probe() {
    let schema: Value = serde_json::from_slice(&run(&["checks", "schema"]).stdout).unwrap();
    for kind in readyctl::probes::KINDS {
        assert!(schema["$defs"]["expression"]["properties"].get(kind.name).is_some(), "{}", kind.name);
    }
}

#[test]
fn roles_of_the_configuration_decide_what_counts() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    std::fs::create_dir(folder.path().join("samples-of-bugs")).unwrap();
    std::fs::write(folder.path().join("requirements.txt"), "fastapi==0.115.0\n").unwrap();
    std::fs::write(folder.path().join("main.py"), "from fastapi import FastAPI\n\napp = FastAPI()\n").unwrap();
    let leak = format!("{}: {}\n", "stripe_key", ["sk", "live", "T7mQ2xVbN8kLpR4wZ9cYhD3f"].join("_"));
    std::fs::write(folder.path().join("samples-of-bugs/config.yaml"), leak).unwrap();
    let check = ["audit", path, "--only", "secrets/no-hardcoded-credentials", "--fail-on", "P0"];
    assert_eq!(run(&check).status.code(), Some(1));
    std::fs::write(folder.path().join("readyctl.toml"), "[roles]\ntest = [\"samples-of-bugs/**\", \"nothing/**\"]\n").unwrap();
    let output = run(&check);
    assert_ne!(output.status.code(), Some(1), "{}", stdout(&output));
    assert!(stdout(&output).contains("test to 1"), "{}", stdout(&output));
    assert!(stdout(&output).contains("`nothing/**` in the configuration's roles.test matches no file"), "{}", stdout(&output));
}

#[test]
fn an_unknown_names_the_file_that_could_not_be_judged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    std::fs::write(folder.path().join("requirements.txt"), "fastapi==0.115.0\npsycopg==3.2.1\n").unwrap();
    std::fs::write(folder.path().join("main.py"), "import psycopg\nfrom fastapi import FastAPI\n\napp = FastAPI()\n").unwrap();
    std::fs::write(folder.path().join("compose.yaml"), "services:\n  db: [image: postgres\n").unwrap();
    let output = run(&["audit", path, "--only", "secrets/no-plaintext-in-manifests", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let reason = report["checks"][0]["reason"].as_str().unwrap();
    assert!(reason.starts_with("compose.yaml could not be judged: line "), "{reason}");
}

#[test]
fn a_category_may_be_written_as_the_folder_of_its_checks() {
    let folder = crate::support::tree(&[("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n")]);
    let ids = |selection: [&str; 4]| {
        let output = run(&[&["audit", folder.path().to_str().unwrap(), "--format", "json"], &selection[..]].concat());
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rows = report["checks"].as_array().unwrap().clone();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let selected = ids(["--only", "cors/", "--skip", "cors/no-localhost-origins"]);
    assert!(selected.len() >= 5 && selected.iter().all(|id| id.starts_with("cors/")), "{selected:?}");
    assert_eq!(selected, ids(["--only", "cors", "--skip", "cors/no-localhost-origins/"]));
}

#[test]
fn every_command_that_a_report_names_exists() {
    let folder = fixture("chat-demo");
    let path = folder.path().to_str().unwrap();
    let words = regex::Regex::new(r"readyctl ([a-z]+)((?: --[a-z-]+)*)").unwrap();
    for format in ["terminal", "markdown"] {
        let text = stdout(&run(&["audit", path, "--format", format, "--verbose"]));
        let commands: std::collections::BTreeSet<&str> =
            words.captures_iter(&text).map(|found| found.get(1).unwrap().as_str()).collect();
        assert!(commands.contains("explain"), "{commands:?}");
        for command in commands {
            assert_eq!(run(&[command, "--help"]).status.code(), Some(0), "`readyctl {command}` does not exist");
        }
    }
}

#[test]
fn the_route_table_says_who_may_call_what() {
    let folder = crate::support::tree(&[(
        "main.py",
        "from fastapi import Depends, FastAPI\napp = FastAPI()\n@app.get('/a')\ndef a(): ...\n@app.post('/b', dependencies=[Depends(get_current_user)])\ndef b(): ...\n@app.put(PATH)\ndef c(): ...\n",
    )]);
    let path = folder.path().to_str().unwrap();
    let text = stdout(&run(&["routes", path]));
    assert!(text.contains("GET   /a  open     main.py:3  a  -"), "{text}");
    assert!(text.contains("POST  /b  guarded  main.py:5  b  get_current_user"), "{text}");
    assert!(text.contains("? the path is `PATH`") && text.contains("3 routes: 1 guarded, 0 public, 2 open, 0 ?"), "{text}");
    let json: Value = serde_json::from_str(&stdout(&run(&["routes", path, "--format", "json"]))).unwrap();
    let row = &json["routes"][1];
    assert_eq!((&row["methods"][0], &row["path"], &row["access"]), (&"POST".into(), &"/b".into(), &"guarded".into()));
    assert_eq!((&row["guards"][0]["name"], &row["guards"][0]["line"]), (&"get_current_user".into(), &5.into()));
}

#[test]
fn the_config_contract_names_what_differs_and_no_value() {
    let folder = crate::support::tree(&[
        ("package.json", r#"{"dependencies": {"express": "4"}}"#),
        ("src/app.js", "cors(process.env.CORS_ORIGIN || 'http://localhost');\nconnect(process.env.DATABASE_URL);\n"),
        (".env.example", "DATABASE_URL=postgres://app:hunter2-value@db/app\n"),
        (
            "compose.yaml",
            "services:\n  app:\n    build: .\n    environment:\n      CORS_ORIGINS: https://hidden.example\n      OLD_FLAG: hidden-flag\n",
        ),
    ]);
    let path = folder.path().to_str().unwrap();
    for width in ["80", "120"] {
        let text = stdout(&run(&["env", path, "--width", width]));
        assert!(text.lines().all(|line| line.chars().count() <= width.parse().unwrap()), "{text}");
        assert!(text.contains("CORS_ORIGIN   src/app.js:1 literal"), "{text}");
        assert!(text.contains("! read, never documented; looks like CORS_ORIGINS"), "{text}");
        assert!(text.contains("! provided, never read; looks like CORS_ORIGIN"), "{text}");
        assert!(text.contains("DATABASE_URL  src/app.js:2") && text.contains(".env.example:1"), "{text}");
        assert!(text.contains("4 names: 2 read, 1 documented, 2 provided, 3 with a note"), "{text}");
        assert!(!text.contains("hidden") && !text.contains("hunter2") && !text.contains("localhost"), "{text}");
    }
    let text = stdout(&run(&["env", path, "--format", "json"]));
    assert!(!text.contains("hidden") && !text.contains("hunter2") && !text.contains("localhost"), "{text}");
    let json: Value = serde_json::from_str(&text).unwrap();
    let row = &json["env"][0];
    assert_eq!(
        (&row["name"], &row["reads"][0]["default"], &row["reads"][0]["line"]),
        (&"CORS_ORIGIN".into(), &"literal".into(), &1.into())
    );
    assert_eq!((&json["env"][1]["provided"][0]["by"], &json["env"][3]["name"]), (&"compose".into(), &"OLD_FLAG".into()));
}

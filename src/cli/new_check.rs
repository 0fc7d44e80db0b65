//! `readyctl checks new`: the skeleton of a check, with every key explained.

use super::error::{Exit, Failure};
use super::output::print;

/// Prints the skeleton.
///
/// # Errors
/// When the id is not `category/name` in kebab-case.
pub(super) fn run(id: &str) -> Result<Exit, Failure> {
    let kebab = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    let well_formed = id.split_once('/').is_some_and(|(category, stem)| kebab(category) && kebab(stem));
    if !well_formed {
        return Err(Failure::new(Exit::Usage, format!("`{id}` is no id; write category/name in lower case with hyphens")));
    }
    print(SKELETON.replace("<id>", id).as_bytes())?;
    Ok(Exit::Met)
}

const SKELETON: &str = r#"# Save as checks/<id>.yaml, then: readyctl checks test <id> --mutate --checks checks
title: What is true when this passes
priority: P1            # P0 blocks go-live, P1 within days, P2 first weeks, P3 planned
effort: low             # low medium high
applies: [web-service]  # facts, ANDed; a|b is OR, !x negates
why: What goes wrong in production without it.
cannot-see: What files alone cannot show.
fix:
  summary: Do this.
  python: Do it like this in Python.
references: [CWE-0]
strength: wired         # how strongly evidence must prove: declared configured wired observed
absent: unknown         # pass fail unknown, when nothing decisive is seen
forbid:
  - say: What is observed when it is wrong
    confidence: high    # low can only make it partial
    code: { language: python, rule: { pattern: dangerous($$$) } }
require:
  - say: What is observed when it is right
    strength: wired
    code: { language: python, rule: { pattern: safe($$$) } }
live:                   # what the deployed endpoint is asked, with --url; leave out what it cannot show
  send:
    - { as: root }      # no path: the URL under audit itself
  rules:                # the first that holds decides: pass warn fail not-applicable inconclusive
    - { if: { header.x-safe: absent }, verdict: fail, say: X-Safe is not sent }
  otherwise: { verdict: pass, say: "X-Safe is {{header.x-safe}}" }
tests:
  - name: wrong
    expect: fail
    at: ["main.py:3"]
    files:
      requirements.txt: fastapi==0.115.0
      main.py: |
        from fastapi import FastAPI
        app = FastAPI()
        dangerous()
  - name: right
    expect: pass
    files:
      requirements.txt: fastapi==0.115.0
      main.py: |
        from fastapi import FastAPI
        app = FastAPI()
        safe()
  - name: live, not sent
    expect: fail
    live:
      root: { status: 200 }
  - name: live, sent
    expect: pass
    live:
      root: { headers: { X-Safe: "yes" } }
  - name: not a service
    expect: not_applicable
    files: { main.py: print("hello") }
"#;

//! Floor 3: the rule pack. YAML → written node → `Check`, with every mistake reported at its place.
//!
//! A pack is a folder: `<category>/<stem>.yaml` are checks, `facts/<name>.yaml` define facts, `utils/<language>.yaml` hold shared
//! ast-grep rules, `tokens/<group>.yaml` the formats of providers' tokens, `loading.yaml` what loads source files, `categories.yaml` the titles and order of categories, `scoring.yaml` the weights. To add a key to checks: read
//! it in `load`, keep it in `check`, document it in `.github/CONTRIBUTING.md`.

mod assemble;
pub mod bundle;
pub mod cases;
pub mod check;
mod env;
pub mod expression;
pub mod gitleaks;
mod go_regex;
pub mod lint;
pub mod live;
pub mod load;
mod loading;
pub mod pack;
mod routes;
mod tokens;
pub mod wanted;

#[cfg(test)]
mod differential;

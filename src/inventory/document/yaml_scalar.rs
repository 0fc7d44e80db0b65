//! What an unquoted YAML scalar means: the core schema of YAML 1.2.
//!
//! `yes`, `on` and `0755` are thus the strings and the number they look like, as every current parser of the audited tools reads
//! them; only `true` and `false` are booleans.

use super::node::Value;

/// The value of a plain scalar.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ if text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.')) => number(text),
        _ => Value::String(text.into()),
    }
}

fn number(text: &str) -> Value {
    let radix = [("0o", 8), ("0x", 16)].into_iter().find_map(|(prefix, radix)| {
        let digits = text.strip_prefix(prefix)?;
        i64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with(['-', '+']))
    });
    if let Some(value) = radix {
        return Value::Int(value);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => Value::Float(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }),
        _ if matches!(text, ".nan" | ".NaN" | ".NAN") => Value::Float(f64::NAN),
        _ if unsigned.bytes().all(|byte| byte.is_ascii_digit()) && !unsigned.is_empty() => {
            text.parse().map(Value::Int).or_else(|_| text.parse().map(Value::Float)).unwrap_or(Value::String(text.into()))
        }
        _ if is_decimal(unsigned) => text.parse().map_or_else(|_| Value::String(text.into()), Value::Float),
        _ => Value::String(text.into()),
    }
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_decimal(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) =
        text.split_once(['e', 'E']).map_or((text, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    exponent_fits && digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn follows_the_core_schema() {
        for (text, value) in [
            ("", Value::Null),
            ("~", Value::Null),
            ("true", Value::Bool(true)),
            ("12", Value::Int(12)),
            ("-3", Value::Int(-3)),
            ("0755", Value::Int(755)),
            ("0o17", Value::Int(15)),
            ("0xFF", Value::Int(255)),
            ("3.10", Value::Float(3.1)),
            (".5", Value::Float(0.5)),
            ("1e3", Value::Float(1000.0)),
            ("-.inf", Value::Float(f64::NEG_INFINITY)),
            ("99999999999999999999", Value::Float(1e20)),
        ] {
            assert_eq!(plain(text), value, "{text}");
        }
        for text in
            ["yes", "on", "1.2.3", "10s", "1_000", "-", "+", ".", "1:30", "0x", "0x-1", "1e", "inf", "nan", "--1", "250m", "..1"]
        {
            assert_eq!(plain(text), Value::String(text.into()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn never_panics(text in "[-+.0-9a-fxoeEé_]{0,12}") {
            let _ = plain(&text);
        }
    }
}

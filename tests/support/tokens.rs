//! Secrets and look-alikes, generated: no token-shaped text stands in this repository.

use std::sync::OnceLock;

use readyctl::checks::load::Ruleset;
use readyctl::checks::pack::{Selection, open};
use readyctl::model::secret::{Checksum, TokenFormat};
use regex_syntax::hir::{Class, Hir, HirKind};

pub const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
pub const BASE64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
pub const HEX: &str = "0123456789abcdef";
pub const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";

/// Random numbers, the same in every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        ((self.0 >> 11) % sides as u64) as usize
    }

    pub fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.roll(list.len())]
    }

    /// Text of an alphabet.
    pub fn text(&mut self, alphabet: &str, length: usize) -> String {
        (0..length).map(|_| char::from(alphabet.as_bytes()[self.roll(alphabet.len())])).collect()
    }

    pub fn uuid(&mut self) -> String {
        [8, 4, 4, 4, 12].map(|length| self.text(HEX, length)).join("-")
    }

    /// A text that the expression matches.
    fn sample(&mut self, hir: &Hir, out: &mut String) {
        match hir.kind() {
            HirKind::Literal(literal) => out.push_str(std::str::from_utf8(&literal.0).unwrap()),
            HirKind::Class(Class::Unicode(class)) => {
                let all: Vec<char> = class.ranges().iter().flat_map(|range| range.start()..=range.end()).collect();
                out.push(all[self.roll(all.len())]);
            }
            HirKind::Repetition(repetition) => {
                let most = repetition.max.unwrap_or(repetition.min + 4);
                for _ in 0..repetition.min as usize + self.roll((most - repetition.min) as usize + 1) {
                    self.sample(&repetition.sub, out);
                }
            }
            HirKind::Capture(capture) => self.sample(&capture.sub, out),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.sample(part, out)),
            HirKind::Alternation(branches) => {
                let branch = self.roll(branches.len());
                self.sample(&branches[branch], out);
            }
            _ => {}
        }
    }
}

/// The built-in checks, loaded once.
pub fn ruleset() -> &'static Ruleset {
    static RULESET: OnceLock<Ruleset> = OnceLock::new();
    RULESET.get_or_init(|| open(&Selection::default()).unwrap())
}

/// Every format of the built-in pack.
pub fn formats() -> &'static [TokenFormat] {
    &ruleset().needs.token_formats
}

/// A token of this format, with its checksum if it has one.
pub fn token(format: &TokenFormat, dice: &mut Dice) -> String {
    let hir = regex_syntax::Parser::new().parse(&format.pattern).unwrap();
    let mut token = String::new();
    dice.sample(&hir, &mut token);
    let sum = |token: &str, length: usize| crc32(&token.as_bytes()[..token.len() - length]);
    let sum = match format.checksum {
        Some(Checksum::Crc32Base62) => based(sum(&token[token.rfind('_').unwrap() + 1..], 6), 62, 6),
        Some(Checksum::Crc32Hex) => format!("{:08x}", sum(&token, 8)),
        Some(Checksum::Crc32HexLe) => format!("{:08x}", sum(&token, 9).swap_bytes()),
        Some(Checksum::Crc32Base36) if token.contains('.') => based(sum(&token, 7), 36, 7).to_lowercase(),
        Some(Checksum::Crc32Base36) | None => String::new(),
    };
    token.replace_range(token.len() - sum.len().., &sum);
    token
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

fn based(mut number: u32, base: u32, length: usize) -> String {
    let digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".as_bytes();
    let mut text = Vec::new();
    for _ in 0..length {
        text.push(digits[(number % base) as usize]);
        number /= base;
    }
    text.reverse();
    String::from_utf8(text).unwrap()
}

/// A private key as PEM, and the first line of its material.
pub fn private_key(dice: &mut Dice) -> (String, String) {
    let label = dice.pick(&["RSA ", "EC ", "", "OPENSSH ", "DSA "]);
    let start = if label == "OPENSSH " { "b3BlbnNzaC1rZXktdjE" } else { "MIIEow" };
    let first = format!("{start}{}", dice.text(BASE64, 64 - start.len()));
    let body: Vec<String> = (0..6).map(|_| dice.text(BASE64, 64)).collect();
    let dashes = "-".repeat(5);
    let text = format!(
        "{dashes}BEGIN {label}PRIVATE KEY{dashes}\n{first}\n{}\n{dashes}END {label}PRIVATE KEY{dashes}\n",
        body.join("\n")
    );
    (text, first)
}

/// A signed JSON web token.
pub fn jwt(dice: &mut Dice) -> String {
    let header = encoded(b"{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
    let payload = format!("{{\"sub\":\"{}\",\"iat\":1{}}}", dice.text(HEX, 12), dice.text("0123456789", 9));
    format!("{header}.{}.{}", encoded(payload.as_bytes()), dice.text(ALNUM, 43))
}

fn encoded(bytes: &[u8]) -> String {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".as_bytes();
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        (0..=chunk.len()).for_each(|at| text.push(char::from(alphabet[(bits >> (18 - 6 * at)) as usize & 63])));
    }
    text
}

/// A connection string to a server elsewhere, and its password.
pub fn connection(dice: &mut Dice) -> (String, String) {
    let password = dice.text(ALNUM, 14);
    let (host, user) = (dice.text(LOWER, 8), dice.pick(&["app", "service", "writer", "etl"]));
    let scheme = dice.pick(&["postgres", "postgresql+asyncpg", "mysql", "mongodb+srv", "rediss", "amqps", "mysql+pymysql"]);
    let text = match dice.roll(4) {
        0 => format!("Server={host}.acme.io;Database=shop;User Id={user};Password={password};Encrypt=True"),
        _ => format!("{scheme}://{user}:{password}@{host}.acme.io/shop"),
    };
    (text, password)
}

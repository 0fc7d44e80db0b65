//! Kinds of secrets, and the formats of the tokens that providers issue, as packs define them in `tokens/`.
//!
//! Plain data: `inventory::secrets` compiles and looks for it. To teach the scan a provider, add a format to `checks/tokens/`.

use super::terms::{Confidence, vocabulary};

vocabulary! {
    /// What makes a text a secret.
    SecretKind {
        /// It has the format in which a provider issues its tokens.
        Provider = "provider",
        /// Key material: a PEM block, or a service account that holds one.
        PrivateKey = "private-key",
        /// A URL or a list of settings with a password, for a server elsewhere.
        ConnectionString = "connection-string",
        /// A signed JSON web token.
        Jwt = "jwt",
        /// A literal that is given to the name of a password, key, token or secret.
        Assignment = "assignment",
    }
}

vocabulary! {
    /// How a token proves that it is one.
    Checksum {
        /// Its last six characters are the CRC-32 of those between prefix and checksum, in base 62.
        Crc32Base62 = "crc32-base62",
        /// Its last eight characters are the CRC-32 of everything before them, as a hexadecimal number.
        Crc32Hex = "crc32-hex",
        /// The same with the lowest byte first; an underscore before it is not part of what is summed up.
        Crc32HexLe = "crc32-hex-le",
        /// Its last seven characters are the CRC-32 of everything before them, in base 36. A token that does not end in a full
        /// stop and nine characters is of an older form, which has none.
        Crc32Base36 = "crc32-base36",
    }
}

/// How one kind of a provider's tokens looks.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenFormat {
    /// Its key in the file that defines it.
    pub id: String,
    /// Who issues it.
    pub provider: String,
    /// ASCII regular expression over the whole token. It starts with a literal, unless `names` is given.
    pub pattern: String,
    /// Words of which the name of the variable must have one; then the token needs no prefix of its own.
    pub names: Vec<String>,
    /// What a match is; a provider's token unless the format says `private-key`.
    pub kind: SecretKind,
    pub confidence: Confidence,
    /// Lowest entropy of the token without its prefix, in bits per character; `None` for what its length lets expect.
    pub entropy: Option<f64>,
    pub checksum: Option<Checksum>,
    /// Made to be published, or for tests: never a finding, whatever the name it is given to.
    pub public: bool,
    /// Texts beside which, some lines away at most, the token is a published identifier.
    pub public_beside: Vec<String>,
}

#[cfg(test)]
impl TokenFormat {
    /// For tests: a format that is nothing but its pattern.
    pub fn example(id: &str, pattern: &str) -> TokenFormat {
        TokenFormat {
            id: id.to_owned(),
            provider: "Acme".to_owned(),
            pattern: pattern.to_owned(),
            names: Vec::new(),
            kind: SecretKind::Provider,
            confidence: Confidence::High,
            entropy: None,
            checksum: None,
            public: false,
            public_beside: Vec::new(),
        }
    }
}

/// Rules and exceptions of a user, as another scanner's configuration file says them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecretRules {
    pub rules: Vec<SecretRule>,
    /// For the findings of every rule and format.
    pub allow: Vec<Allow>,
    /// Formats that are not looked for, by id.
    pub disabled: Vec<String>,
}

/// A rule of a user. Its patterns are those of the regex crate.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SecretRule {
    pub id: String,
    pub pattern: String,
    /// One of these must stand in the file, in lower case; none asks for nothing.
    pub keywords: Vec<String>,
    /// The secret's entropy must be above this, in bits per character.
    pub entropy: Option<f64>,
    /// The group that is the secret; 0 for the first group that matched, or everything.
    pub group: usize,
    /// The path must match.
    pub path: Option<String>,
    pub allow: Vec<Allow>,
}

/// What is no finding.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Allow {
    /// Ids of the rules and formats that it is about; empty for all.
    pub rules: Vec<String>,
    /// Must every list that is not empty match, rather than any?
    pub all: bool,
    pub target: AllowTarget,
    pub patterns: Vec<String>,
    pub paths: Vec<String>,
    /// In lower case, anywhere in the secret.
    pub stopwords: Vec<String>,
    /// Ids of commits, or how they begin.
    pub commits: Vec<String>,
}

/// What the patterns of an exception are matched with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AllowTarget {
    #[default]
    Secret,
    /// Everything that the rule matched.
    Match,
    Line,
}

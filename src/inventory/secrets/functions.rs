//! Functions around, behind and in front of a literal through which it stays the value of a name. Names are in lower case.

/// Functions around a literal that make it what it is, and no other value of it.
pub(super) const WRAPPERS: &[&str] = &[
    "secretstr",
    "secret",
    "secretstring",
    "securestring",
    "string",
    "from",
    "some",
    "ok",
    "bytes",
    "byte",
    "getbytes",
    "str",
    "box",
    "new",
    "password",
    "symmetricsecuritykey",
    "secretkeyspec",
    "hmacshakeyfor",
    "b",
    "text",
    "of",
    "from_static",
    "from_str",
    "sensitivestring",
];

/// Methods behind a literal that leave it what it is.
pub(super) const CONVERSIONS: &[&str] = &[
    "to_string",
    "to_owned",
    "into",
    "encode",
    "getbytes",
    "tochararray",
    "trim",
    "as_bytes",
    "as_str",
    "freeze",
    "strip",
    "tobytearray",
    "bytes",
];

/// Functions that store their second argument under the name that is their first.
pub(super) const SETTERS: &[&str] = &[
    "define",
    "set",
    "put",
    "setproperty",
    "property",
    "option",
    "addheader",
    "setheader",
    "header",
    "append",
    "withproperty",
    "with",
    "add",
    "setrequestheader",
    "insert",
];

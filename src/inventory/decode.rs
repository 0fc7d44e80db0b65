//! From the bytes of a file to its text.

/// The text of a file: UTF-8, or UTF-16 with a byte order mark, as PowerShell writes `pip freeze > requirements.txt`.
pub(super) fn decode(bytes: Vec<u8>) -> String {
    if let Some(big_endian) = utf16(&bytes) {
        let units = bytes[2..].chunks_exact(2).map(|pair| {
            let pair = [pair[0], pair[1]];
            if big_endian { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
        });
        return char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Do the bytes begin with the mark of UTF-16, and is it the big-endian one?
pub(super) fn utf16(bytes: &[u8]) -> Option<bool> {
    match bytes {
        [0xff, 0xfe, ..] => Some(false),
        [0xfe, 0xff, ..] => Some(true),
        _ => None,
    }
}

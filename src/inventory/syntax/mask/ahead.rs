//! Where the next of some bytes stands: looked for many bytes at a time.

use memchr::{memchr, memchr2, memchr3};

use super::strings::{Body, Close, Holes};

/// Up to three bytes that one search looks for.
#[derive(Debug, Clone, Copy, Default)]
struct Few {
    bytes: [u8; 3],
    count: usize,
}

impl Few {
    /// Adds a byte; false if there is no room for it.
    fn add(&mut self, byte: u8) -> bool {
        let Some(place) = self.bytes.get_mut(self.count) else { return false };
        *place = byte;
        self.count += 1;
        true
    }

    /// The first of them in `from..end`, or `end`.
    fn find(&self, text: &[u8], from: usize, end: usize) -> usize {
        let part = text.get(from..end).unwrap_or_default();
        let [a, b, c] = self.bytes;
        let found = match self.count {
            0 => None,
            1 => memchr(a, part),
            2 => memchr2(a, b, part),
            _ => memchr3(a, b, c, part),
        };
        found.map_or(end, |found| from + found)
    }
}

/// Bytes whose next place is remembered until it is passed.
#[derive(Debug)]
pub(super) struct Ahead {
    bytes: Few,
    /// The first of them from where they were last looked for.
    next: Option<usize>,
}

impl Ahead {
    /// Of at most three bytes.
    pub(super) fn of(bytes: &[u8]) -> Ahead {
        let mut few = Few::default();
        bytes.iter().for_each(|byte| {
            few.add(*byte);
        });
        Ahead { bytes: few, next: None }
    }

    /// The first of them from here on, or the end of the text. Places are asked for in ascending order.
    pub(super) fn next(&mut self, text: &[u8], from: usize) -> usize {
        match self.next {
            Some(next) if next >= from => next,
            _ => *self.next.insert(self.bytes.find(text, from, text.len())),
        }
    }
}

/// How far one search looks: where a text is full of what another search finds, each looks but a little further than it has to.
const WINDOW: usize = 256;

/// The bytes of a string's body at which anything may happen: it ends, something is escaped, code begins.
#[derive(Debug, Default)]
pub(super) struct Stops {
    some: Few,
    others: Few,
}

impl Stops {
    pub(super) fn of(body: &Body, holes: Holes) -> Stops {
        let mut stops = Stops::default();
        match body.close {
            Close::Byte(byte) | Close::Run { byte, .. } => stops.add(&[byte]),
            Close::Hashes(_) => stops.add(b"\""),
            Close::Bracket { open, close, .. } => stops.add(&[open, close]),
            Close::Heredoc { .. } => stops.add(b"\n"),
        }
        if body.escape {
            stops.add(b"\\");
        }
        if !body.multiline {
            stops.add(b"\n");
        }
        match holes {
            Holes::None => {}
            Holes::DollarBrace => stops.add(b"$%"),
            Holes::Kotlin => stops.add(b"$"),
            Holes::Php => stops.add(b"${"),
            Holes::HashBrace => stops.add(b"#"),
            Holes::Brace | Holes::Braces(_) => stops.add(b"{"),
        }
        stops
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let has_room = self.some.add(*byte) || self.others.add(*byte);
            debug_assert!(has_room, "a body has at most five such bytes");
        }
    }

    /// The first of them from here on.
    pub(super) fn next(&self, text: &[u8], mut from: usize) -> Option<usize> {
        while from < text.len() {
            let end = text.len().min(from + WINDOW);
            let found = self.others.find(text, from, self.some.find(text, from, end));
            if found < end {
                return Some(found);
            }
            from = end;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_of_some_bytes_is_the_first_that_is_one_of_them() {
        let text: Vec<u8> = b"ab'c\"d'`e/f".iter().copied().cycle().take(2_000).chain([b'x'; 700]).collect();
        for bytes in [&b""[..], b"'", b"'/", b"`/x"] {
            let naive =
                |from: usize| text[from..].iter().position(|byte| bytes.contains(byte)).map_or(text.len(), |at| from + at);
            let mut ahead = Ahead::of(bytes);
            for from in (0..=text.len()).filter(|from| from % 7 != 3) {
                assert_eq!(ahead.next(&text, from), naive(from), "{bytes:?} from {from}");
            }
        }
    }

    #[test]
    fn a_string_stops_where_anything_of_its_kind_may_happen() {
        let stops = |body: Body| Stops::of(&body, body.holes);
        let text = b"a$b%c{d\ne\\f\"";
        let template = Body::line(b'"').with_holes(Holes::DollarBrace);
        let places = |stops: &Stops| (0..text.len()).filter(|at| stops.next(text, *at) == Some(*at)).collect::<Vec<_>>();
        assert_eq!(places(&stops(template)), [1, 3, 7, 9, 11]);
        assert_eq!(places(&stops(Body::raw(Close::Byte(b'"')))), [11]);
        assert_eq!(
            places(&stops(Body::raw(Close::Bracket { open: b'a', close: b'f', depth: 0 }).with_holes(Holes::Php))),
            [0, 1, 5, 10]
        );
        assert_eq!(stops(Body::raw(Close::Byte(b'z'))).next(&[b'y'; 1_000], 3), None);
        let far = [vec![b'y'; 1_000], vec![b'z']].concat();
        assert_eq!(stops(Body::raw(Close::Byte(b'z'))).next(&far, 3), Some(1_000));
    }
}

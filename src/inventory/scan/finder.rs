//! Where literals occur in a text: all of thousands in one pass.
//!
//! Each literal is known by its rarest four bytes, the fewest others share. A step looks at four bytes of the text and a bit of a table that fits the fastest
//! cache; only where the bit is set, which is rare, are literals compared. An automaton over the same literals is larger than the
//! caches, so that each of its steps waits for memory, and building it is a noticeable part of a short run.

use memchr::memmem;

/// Bits of the number of a gram of four bytes in its table.
const QUAD_BITS: u32 = 17;
/// Words of the tables of grams of four bytes, and of pairs, of which there are as many as the table has places.
const QUAD_WORDS: usize = 1 << (QUAD_BITS - 6);
const PAIR_WORDS: usize = 1 << (16 - 6);
/// Length of the grams of long literals; shorter literals are grams themselves.
const LONGEST: usize = 4;
/// Places that are looked at before what is found at them is compared.
const BLOCK: usize = 256;
/// Low bits of a place that say what may end there: a known gram of four bytes, or a shorter one.
const CLASSES: u32 = 2;
const LONG: u32 = 1;
const SHORT: u32 = 2;
/// Spreads grams over a table.
const SPREAD: u32 = 0x9E37_79B1;
/// Most places where literals that share a gram are counted, a power of two.
const MAX_SHARED: usize = 1 << 16;
/// Up to so many literals are sought one by one: of large data files, all that is asked is whether they hold a key.
const FEW: usize = 8;
/// Says that a slot is free.
const FREE: u32 = u32::MAX;

/// Finds literals.
pub(super) struct Finder {
    pairs: Grams<2>,
    triples: Grams<3>,
    quads: Grams<4>,
    /// One bit for each number that a gram of four bytes has.
    long: Vec<u64>,
    /// One bit for each pair of bytes with which a shorter gram ends.
    short: Vec<u64>,
    /// Literals of one byte, with their numbers: a module may be called so.
    single: Vec<(usize, u8)>,
    /// All literals, with their numbers, if they are so few that each is sought by itself.
    few: Vec<(usize, memmem::Finder<'static>)>,
}

/// The literals that are known by grams of `N` bytes.
struct Grams<const N: usize> {
    /// Open addressing: the gram, and where its entries begin.
    slots: Vec<(u32, u32)>,
    /// By gram.
    entries: Vec<Entry>,
    /// What follows the heads of the long literals, one after the other.
    rests: Vec<u8>,
}

/// Bytes of a literal that stand in its entry.
const HEAD: usize = 8;

/// A literal of a gram.
struct Entry {
    literal: u32,
    /// Its first bytes: most literals differ here, and need not be fetched.
    head: u64,
    /// Where what follows them begins in `rests`.
    rest: u32,
    length: u32,
    /// Where the gram ends in it, and at `LAST`, whether it is the last of its gram.
    end: u32,
}

/// The bit that says that an entry is the last of its gram.
const LAST: u32 = 1 << 31;

impl Finder {
    /// For these literals; their numbers are their places here.
    pub(super) fn new<L: AsRef<str>>(literals: &[L]) -> Finder {
        let literals: Vec<&str> = literals.iter().map(AsRef::as_ref).collect();
        let literals = literals.as_slice();
        let one = |(number, literal): (usize, &&str)| {
            (!literal.is_empty()).then(|| (number, memmem::Finder::new(*literal).into_owned()))
        };
        let single = |(number, literal): (usize, &&str)| (literal.len() == 1).then(|| (number, literal.as_bytes()[0]));
        let (pairs, triples, quads): (Grams<2>, Grams<3>, Grams<4>) =
            (Grams::new(literals), Grams::new(literals), Grams::new(literals));
        let bits = |words: usize, numbers: &mut dyn Iterator<Item = usize>| {
            let mut bits = vec![0_u64; words];
            numbers.for_each(|number| bits[number / 64] |= 1 << (number % 64));
            bits
        };
        let long = bits(QUAD_WORDS, &mut quads.all().map(quad));
        let short = bits(PAIR_WORDS, &mut pairs.all().chain(triples.all().map(|gram| gram >> 8)).map(|pair| pair as usize));
        Finder {
            long,
            short,
            pairs,
            triples,
            quads,
            single: literals.iter().enumerate().filter_map(single).collect(),
            few: if literals.len() <= FEW { literals.iter().enumerate().filter_map(one).collect() } else { Vec::new() },
        }
    }

    /// Calls `found` with the number of each literal and where it begins, for every place in the text. The places of one literal come
    /// in order.
    pub(super) fn find(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        for (number, literal) in &self.few {
            let mut from = 0;
            while let Some(at) = text.get(from..).and_then(|rest| literal.find(rest)) {
                found(*number, from + at);
                from += at + 1;
            }
        }
        if !self.few.is_empty() {
            return;
        }
        for (number, byte) in &self.single {
            memchr::memchr_iter(*byte, text).for_each(|start| found(*number, start));
        }
        // What is shorter than a gram of four bytes with what is before it.
        (2..LONGEST.min(text.len() + 1)).for_each(|end| self.compare(text, end, SHORT, &mut found));
        let mut hits = [0; BLOCK];
        let places = text.len().saturating_sub(LONGEST - 1);
        for from in (0..places).step_by(BLOCK) {
            let block = &text[from..(from + BLOCK + LONGEST - 1).min(text.len())];
            let count = self.places(block, &mut hits);
            for hit in &hits[..count] {
                self.compare(text, from + (hit >> CLASSES) as usize + LONGEST, hit & (LONG | SHORT), &mut found);
            }
        }
    }

    /// The literals that are known by a gram of these classes that ends here.
    #[inline]
    fn compare(&self, text: &[u8], end: usize, classes: u32, found: &mut impl FnMut(usize, usize)) {
        let gram = gram_before(text, end);
        if classes & LONG != 0 {
            self.quads.compare(text, end, gram, found);
        }
        if classes & SHORT != 0 {
            self.triples.compare(text, end, gram >> 8, found);
            self.pairs.compare(text, end, gram >> 16, found);
        }
    }

    /// Notes at which places of a block four bytes begin of which a gram is known, and of which class; returns how many. Without a branch
    /// on what is found: at every fifth byte there is something, which no processor foresees.
    fn places(&self, bytes: &[u8], hits: &mut [u32; BLOCK]) -> usize {
        // Tables of a known length, so that no place in them needs a check.
        let long: Result<&[u64; QUAD_WORDS], _> = self.long.as_slice().try_into();
        let short: Result<&[u64; PAIR_WORDS], _> = self.short.as_slice().try_into();
        let (Ok(long), Ok(short)) = (long, short) else { return 0 };
        let bit = |number: usize, word: u64| (word >> (number % 64) & 1) as u32;
        let mut count = 0;
        for (at, four) in bytes.array_windows::<LONGEST>().enumerate() {
            let gram = u32::from_le_bytes(*four);
            let (number, pair) = (quad(gram), (gram >> 16) as usize);
            let classes = (bit(number, long[number / 64]) * LONG) | (bit(pair, short[pair / 64]) * SHORT);
            hits[count % BLOCK] = (at as u32) << CLASSES | classes;
            count += usize::from(classes != 0);
        }
        count
    }
}

impl<const N: usize> Grams<N> {
    fn new(literals: &[&str]) -> Grams<N> {
        let known_so = |literal: &&str| if N == LONGEST { literal.len() >= N } else { literal.len() == N };
        let (mut grams, mut rests): (Vec<(u32, Entry)>, Vec<u8>) = (Vec::new(), Vec::new());
        let known: Vec<_> = literals.iter().enumerate().filter(|(_, literal)| known_so(literal)).collect();
        let shared = Shared::of(known.len(), known.iter().flat_map(|(_, literal)| places_of::<N>(literal)));
        for (number, literal) in known {
            let rarest = places_of::<N>(literal).enumerate().min_by_key(|(_, gram)| bytes_cost(*gram) + shared.cost(*gram));
            if let Some((at, gram)) = rarest {
                let (head, rest) = literal.as_bytes().split_at(literal.len().min(HEAD));
                let (length, end) = (literal.len() as u32, (at + N) as u32);
                grams.push((gram, Entry { literal: number as u32, head: head_of(head), rest: rests.len() as u32, length, end }));
                rests.extend_from_slice(rest);
            }
        }
        grams.sort_by_key(|(gram, entry)| (*gram, entry.literal));
        let size = (grams.len() * 2).next_power_of_two().max(2);
        let mut slots = vec![(FREE, 0); size];
        for at in 0..grams.len() {
            let gram = grams[at].0;
            if grams.get(at + 1).is_none_or(|(next, _)| *next != gram) {
                grams[at].1.end |= LAST;
            }
            if at > 0 && grams[at - 1].0 == gram {
                continue;
            }
            let mut slot = slot_of(gram, size);
            while slots[slot].0 != FREE {
                slot = (slot + 1) & (size - 1);
            }
            slots[slot] = (gram, at as u32);
        }
        let mut entries = Vec::with_capacity(grams.len());
        entries.extend(grams.into_iter().map(|(_, entry)| entry));
        Grams { slots, entries, rests }
    }

    /// Each gram once.
    fn all(&self) -> impl Iterator<Item = u32> {
        self.slots.iter().map(|(gram, _)| *gram).filter(|gram| *gram != FREE)
    }

    /// What follows the head of a long literal.
    fn rest(&self, entry: &Entry) -> &[u8] {
        let (from, length) = (entry.rest as usize, entry.length as usize - HEAD);
        &self.rests[from..from + length]
    }

    /// The literals that are known by this gram, which ends here.
    fn compare(&self, text: &[u8], end: usize, gram: u32, found: &mut impl FnMut(usize, usize)) {
        let mut slot = slot_of(gram, self.slots.len());
        let mut from = loop {
            match self.slots[slot] {
                (FREE, _) => return,
                (known, from) if known == gram => break from as usize,
                _ => slot = (slot + 1) & (self.slots.len() - 1),
            }
        };
        loop {
            let entry = &self.entries[from];
            if let Some(start) = end.checked_sub((entry.end & !LAST) as usize)
                && start + entry.length as usize <= text.len()
                && head_of(&text[start..]) & mask_of(entry.length as usize) == entry.head
                && (entry.length as usize <= HEAD || text[start + HEAD..].starts_with(self.rest(entry)))
            {
                found(entry.literal as usize, start);
            }
            if entry.end & LAST != 0 {
                return;
            }
            from += 1;
        }
    }
}

/// Which bytes of a head count in a literal of this length, which is not 0.
#[inline]
pub(super) fn mask_of(length: usize) -> u64 {
    u64::MAX >> (8 * HEAD.saturating_sub(length))
}

/// The first bytes of a text as a number, the first in the lowest place; zeros stand for those that it does not have.
pub(super) fn head_of(text: &[u8]) -> u64 {
    match text.first_chunk::<HEAD>() {
        Some(head) => u64::from_le_bytes(*head),
        None => text.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

/// The last bytes before a place, the last in the highest place; zeros stand for those before the text.
fn gram_before(text: &[u8], end: usize) -> u32 {
    match text[..end].last_chunk() {
        Some(bytes) => u32::from_le_bytes(*bytes),
        None => text[..end].iter().fold(0, |gram, byte| gram >> 8 | u32::from(*byte) << 24),
    }
}

/// The number of a gram of four bytes in its table.
#[inline]
fn quad(gram: u32) -> usize {
    (gram.wrapping_mul(SPREAD) >> (32 - QUAD_BITS)) as usize
}

/// The first slot of a gram; the number of slots is a power of two.
fn slot_of(gram: u32, slots: usize) -> usize {
    (gram.wrapping_mul(SPREAD) >> 8) as usize & (slots - 1)
}

/// How many literals share each gram, about: what stands in many of them is a word that texts hold, too, and at each of its places all
/// of them are compared.
struct Shared(Vec<u8>);

impl Shared {
    /// Counts the grams of so many literals.
    fn of(literals: usize, grams: impl Iterator<Item = u32>) -> Shared {
        let mut shared = Shared(vec![0; (literals * 8).next_power_of_two().clamp(1, MAX_SHARED)]);
        for gram in grams {
            let place = shared.place(gram);
            shared.0[place] = shared.0[place].saturating_add(1);
        }
        shared
    }

    /// In the measure of `commonness`: twice as many literals weigh as much as bytes that are a little more common.
    fn cost(&self, gram: u32) -> u32 {
        4 * u32::from(self.0[self.place(gram)].max(1)).ilog2()
    }

    fn place(&self, gram: u32) -> usize {
        (gram.wrapping_mul(SPREAD) >> 16) as usize & (self.0.len() - 1)
    }
}

/// The grams of a literal, from its start; a byte stands above the one before it.
fn places_of<const N: usize>(literal: &str) -> impl Iterator<Item = u32> {
    let mut gram = 0_u32;
    let grams = literal.bytes().map(move |byte| {
        gram = gram >> 8 | u32::from(byte) << (8 * (N - 1));
        gram
    });
    grams.skip(N - 1)
}

/// How common the bytes of a gram are, together.
fn bytes_cost(gram: u32) -> u32 {
    gram.to_le_bytes().iter().filter(|byte| **byte != 0).map(|byte| u32::from(COMMONNESS[usize::from(*byte)])).sum()
}

/// `commonness` of every byte.
const COMMONNESS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = commonness(byte as u8);
        byte += 1;
    }
    table
};

/// How common a byte is in source code, in lower case: about the logarithm of its frequency.
const fn commonness(byte: u8) -> u8 {
    match byte {
        b' ' | b'e' | b't' => 14,
        b'a' | b'i' | b'n' | b'o' | b'r' | b's' => 13,
        b'l' | b'c' | b'd' | b'u' | b'p' | b'm' => 12,
        b'.' | b'(' | b'"' | b'f' | b'g' | b'h' | b'_' | b'\n' | b'=' => 11,
        b'b' | b'y' | b'v' | b'/' | b'-' | b'\'' | b',' | b':' | b'0' | b'1' => 10,
        b'k' | b'w' | b'x' | b'{' | b')' | b'2' => 9,
        b'j' | b'q' | b'z' | b'3'..=b'9' | b'<' | b'[' => 7,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use aho_corasick::AhoCorasick;
    use proptest::prelude::*;

    use super::*;

    /// The places of literals, which are the same beside many others and alone.
    fn places(literals: &[String], text: &str) -> Vec<(usize, usize)> {
        let places = |literals: &[String]| {
            let mut places = Vec::new();
            Finder::new(literals).find(text.as_bytes(), |literal, start| places.push((literal, start)));
            places.sort_unstable();
            places
        };
        let others = (0..=FEW).map(|other| format!("x{other}x"));
        let found = places(literals);
        assert_eq!(places(&literals.iter().cloned().chain(others).collect::<Vec<_>>()), found);
        found
    }

    #[test]
    fn literals_are_found_wherever_they_stand() {
        let literals = ["password", "ss", "word", "db", "passwor", "é", "b"].map(str::to_owned);
        assert_eq!(places(&literals, "password db"), [(0, 0), (1, 2), (2, 4), (3, 9), (4, 0), (6, 10)]);
        assert_eq!(places(&literals, "dé"), [(5, 1)]);
        assert_eq!(places(&literals, "ss"), [(1, 0)]);
        assert_eq!(places(&literals, "s"), []);
        assert_eq!(places(&literals, ""), []);
        assert_eq!(places(&[], "password"), []);
        // Zeros that are not there are no literal.
        let long = ["passwords\0", "\0\0", "password:"].map(str::to_owned);
        assert_eq!(places(&long, "passwords password:password"), [(2, 10)]);
        assert_eq!(places(&long, "x\0\0"), [(1, 1)]);
        assert_eq!(places(&long, "x\0"), []);
    }

    proptest! {
        #[test]
        fn nothing_is_missed_and_nothing_made_up(
            literals in proptest::collection::btree_set("[abcé]{1,5}[ab]", 0..40),
            text in "[abcdé]{0,60}",
        ) {
            let literals: Vec<String> = BTreeSet::into_iter(literals).collect();
            let automaton = AhoCorasick::new(&literals).unwrap();
            let mut expected: Vec<_> =
                automaton.find_overlapping_iter(&text).map(|found| (found.pattern().as_usize(), found.start())).collect();
            expected.sort_unstable();
            prop_assert_eq!(places(&literals, &text), expected);
        }
    }
}

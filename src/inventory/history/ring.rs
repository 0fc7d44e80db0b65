//! The texts that were put in last, in one piece of memory that never grows past its size: what comes in takes the place of what
//! has been there longest. Texts of all sizes come and go by the million; apart from each other they would leave memory in holes.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// There is a text for so many bytes at most: what says where one is takes memory, too.
const MIN_AVERAGE: usize = 256;

pub(super) struct Ring<K, V> {
    bytes: Vec<u8>,
    size: usize,
    /// Where the next text goes.
    next: usize,
    places: HashMap<K, (Place, V)>,
    /// The places in the order in which they are given up.
    order: VecDeque<(K, Place)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    start: u32,
    length: u32,
    /// Up to where the place is its own.
    room: u32,
}

impl<K: Copy + Eq + Hash, V: Copy> Ring<K, V> {
    /// Room for `size` bytes, under 4 GiB. Memory is taken when it is needed.
    pub(super) fn new(size: usize) -> Ring<K, V> {
        Ring { bytes: Vec::new(), size, next: 0, places: HashMap::new(), order: VecDeque::new() }
    }

    pub(super) fn get(&self, key: K) -> Option<(V, &[u8])> {
        let (place, value) = self.places.get(&key)?;
        Some((*value, &self.bytes[place.start as usize..(place.start + place.length) as usize]))
    }

    /// Puts a text in, instead of what the key had before. One that would displace most others is not kept.
    pub(super) fn put(&mut self, key: K, value: V, text: &[u8]) {
        if text.len() > self.size / 8 {
            self.places.remove(&key);
            return;
        }
        if let Some((place, known)) = self.places.get_mut(&key).filter(|(place, _)| place.room as usize >= text.len()) {
            (place.length, *known) = (text.len() as u32, value);
            let start = place.start as usize;
            self.bytes[start..start + text.len()].copy_from_slice(text);
            return;
        }
        // The next version of a text is about as long. No place is empty, so that places tell texts apart.
        let room = text.len() + text.len() / 16 + 1;
        if self.next + room > self.size {
            self.give_up(|place, next| place.start as usize >= next);
            self.next = 0;
        }
        let end = self.next + room;
        self.give_up(|place, next| (place.start as usize) < end && (place.start + place.room) as usize > next);
        if self.order.len() >= self.size / MIN_AVERAGE {
            self.give_up_first();
        }
        if self.bytes.len() < end {
            if self.bytes.capacity() < end {
                let doubled = (self.bytes.capacity() * 2).clamp(end, self.size);
                self.bytes.reserve_exact(doubled - self.bytes.len());
            }
            self.bytes.resize(end, 0);
        }
        self.bytes[self.next..self.next + text.len()].copy_from_slice(text);
        let place = Place { start: self.next as u32, length: text.len() as u32, room: room as u32 };
        self.places.insert(key, (place, value));
        self.order.push_back((key, place));
        self.next = end;
    }

    /// Gives up the oldest texts as long as they stand where `is_in_the_way`, given the next place, says.
    fn give_up(&mut self, is_in_the_way: impl Fn(&Place, usize) -> bool) {
        while self.order.front().is_some_and(|(_, place)| is_in_the_way(place, self.next)) {
            self.give_up_first();
        }
    }

    fn give_up_first(&mut self) {
        let Some((key, place)) = self.order.pop_front() else { return };
        // The key may have a later place.
        if self.places.get(&key).is_some_and(|(known, _)| known.start == place.start) {
            self.places.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::proptest;

    use super::*;

    #[test]
    fn the_oldest_text_makes_room() {
        let mut ring = Ring::new(2048);
        for key in 0..10u8 {
            ring.put(key, (), &[key; 240]);
        }
        let known: Vec<u8> = (0..10).filter(|key| ring.get(*key).is_some()).collect();
        assert_eq!(known, [2, 3, 4, 5, 6, 7, 8, 9]);
        ring.put(5, (), b"short");
        assert_eq!(ring.get(5), Some(((), &b"short"[..])));
        ring.put(5, (), &[0; 900]);
        assert_eq!((ring.get(5), ring.bytes.len() <= 2048), (None, true));
    }

    proptest! {
        #[test]
        fn what_is_there_is_what_was_put_in_last(
            texts in proptest::collection::vec((0..12u8, 0..400usize), 0..200),
        ) {
            let mut ring = Ring::new(3200);
            let mut last = BTreeMap::new();
            for (turn, (key, length)) in texts.into_iter().enumerate() {
                let text = vec![turn as u8; length];
                ring.put(key, turn, &text);
                assert!(ring.get(key) == Some((turn, &text[..])));
                last.insert(key, (turn, text));
                for (key, (turn, text)) in &last {
                    assert!(ring.get(*key).is_none_or(|known| known == (*turn, text.as_slice())));
                }
                assert!(ring.bytes.capacity() <= 3200 && ring.order.len() <= 12 && ring.places.len() <= ring.order.len());
            }
        }
    }
}

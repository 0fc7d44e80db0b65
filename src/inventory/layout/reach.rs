//! Which component includes which others, directly and through others.

/// Which component includes which, as one row of bits per component.
pub(super) struct Reach {
    rows: Vec<Vec<u64>>,
}

impl Reach {
    /// None includes another yet.
    pub(super) fn new(size: usize) -> Reach {
        Reach { rows: vec![vec![0; size.div_ceil(64)]; size] }
    }

    /// Notes that one includes another.
    pub(super) fn add(&mut self, from: usize, to: usize) {
        self.rows[from][to / 64] |= 1 << (to % 64);
    }

    fn has(&self, from: usize, to: usize) -> bool {
        self.rows[from][to / 64] & (1 << (to % 64)) != 0
    }

    /// Adds what is included through others, and drops the inclusion of oneself.
    pub(super) fn close(mut self) -> Vec<Vec<usize>> {
        let size = self.rows.len();
        for through in 0..size {
            let row = self.rows[through].clone();
            for from in 0..size {
                if self.has(from, through) {
                    self.rows[from].iter_mut().zip(&row).for_each(|(bits, more)| *bits |= more);
                }
            }
        }
        (0..size).map(|from| (0..size).filter(|to| *to != from && self.has(from, *to)).collect()).collect()
    }
}

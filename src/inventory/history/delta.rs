//! Deltas: a text as copies out of another one and insertions.
//!
//! Nothing in a delta is trusted: lengths are compared before anything is copied, and the result never grows past its cap.

/// Why an object cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bad {
    /// What it says about itself does not fit, or does not inflate.
    Corrupt,
    /// It, or what it is built from, is larger than the cap.
    TooLarge,
    /// It, or what it is built from, is not in this repository.
    Missing,
}

/// A step of a delta.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step<'d> {
    /// These bytes of the base.
    Copy {
        from: usize,
        length: usize,
    },
    Insert(&'d [u8]),
}

/// A delta whose lengths were read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Delta<'d> {
    base_length: usize,
    length: usize,
    steps: &'d [u8],
}

impl<'d> Delta<'d> {
    /// Reads the lengths. The result must not be longer than `cap`.
    pub(super) fn parse(mut bytes: &'d [u8], cap: usize) -> Result<Delta<'d>, Bad> {
        let base_length = length(&mut bytes)?;
        let length = length(&mut bytes)?;
        if length > cap {
            return Err(Bad::TooLarge);
        }
        Ok(Delta { base_length, length, steps: bytes })
    }

    /// Makes its text of `base`, in `out`. `each` sees every step, with the place in the result at which it begins.
    pub(super) fn apply(&self, base: &[u8], out: &mut Vec<u8>, mut each: impl FnMut(usize, Step<'d>)) -> Result<(), Bad> {
        if base.len() != self.base_length {
            return Err(Bad::Corrupt);
        }
        out.clear();
        out.reserve(self.length);
        let mut steps = self.steps;
        while let Some(step) = next(&mut steps)? {
            let at = out.len();
            let piece = match step {
                Step::Copy { from, length } => {
                    from.checked_add(length).and_then(|end| base.get(from..end)).ok_or(Bad::Corrupt)?
                }
                Step::Insert(piece) => piece,
            };
            if at + piece.len() > self.length {
                return Err(Bad::Corrupt);
            }
            out.extend_from_slice(piece);
            each(at, step);
        }
        if out.len() == self.length { Ok(()) } else { Err(Bad::Corrupt) }
    }
}

/// A length in groups of seven bits, lowest first.
fn length(bytes: &mut &[u8]) -> Result<usize, Bad> {
    let mut value = 0u64;
    for shift in (0..).step_by(7) {
        let (byte, rest) = bytes.split_first().ok_or(Bad::Corrupt)?;
        *bytes = rest;
        if shift > 56 {
            return Err(Bad::Corrupt);
        }
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            break;
        }
    }
    usize::try_from(value).map_err(|_| Bad::TooLarge)
}

/// The next step.
fn next<'d>(steps: &mut &'d [u8]) -> Result<Option<Step<'d>>, Bad> {
    let Some((&code, mut rest)) = steps.split_first() else { return Ok(None) };
    let step = if code & 0x80 == 0 {
        if code == 0 {
            return Err(Bad::Corrupt);
        }
        let (piece, after) = rest.split_at_checked(usize::from(code)).ok_or(Bad::Corrupt)?;
        rest = after;
        Step::Insert(piece)
    } else {
        let mut number = |bits: u8, count: usize| {
            let mut value = 0usize;
            for index in (0..count).filter(|index| bits & (1 << index) != 0) {
                let (byte, after) = rest.split_first().ok_or(Bad::Corrupt)?;
                rest = after;
                value |= usize::from(*byte) << (8 * index);
            }
            Ok(value)
        };
        let from = number(code & 0x0f, 4)?;
        let length = number((code >> 4) & 0x07, 3)?;
        Step::Copy { from, length: if length == 0 { 0x10000 } else { length } }
    };
    *steps = rest;
    Ok(Some(step))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::*;

    fn made(base: &[u8], delta: &[u8]) -> Result<Vec<u8>, Bad> {
        let mut out = vec![1; 3];
        Delta::parse(delta, 1000)?.apply(base, &mut out, |_, _| {})?;
        Ok(out)
    }

    #[test]
    fn copies_and_insertions_make_the_text() {
        // Of 11 bytes: copy 6 from 5, insert "!!".
        assert_eq!(made(b"hello world", &[11, 8, 0x91, 5, 6, 2, b'!', b'!']), Ok(b" world!!".to_vec()));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for delta in [
            &[][..],
            &[11],
            &[11, 8, 0x91, 5, 7, 1, b'!'],
            &[11, 8, 0x91, 5, 6],
            &[11, 1, 2, b'!', b'!'],
            &[11, 1, 0],
            &[11, 1, 9, b'!'],
            &[10, 1, 1, b'!'],
            &[11, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ] {
            assert_eq!(made(b"hello world", delta), Err(Bad::Corrupt), "{delta:?}");
        }
        assert_eq!(made(b"hello world", &[11, 0xff, 0x7f]), Err(Bad::TooLarge));
    }

    proptest! {
        #[test]
        fn any_bytes_end(base in proptest::collection::vec(any::<u8>(), 0..40), delta in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = made(&base, &delta);
        }
    }
}

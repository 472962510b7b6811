//! Which k-gram each window of a text chooses.

use xxhash_rust::xxh3::xxh3_128;

use super::hash::GramHash;

/// Least length of a repeat in bytes.
pub const MIN_LENGTH: usize = 8;
/// Greatest length of a repeat in bytes.
pub const MAX_LENGTH: usize = 1 << 16;

/// Neighbouring windows of a text that choose the same k-gram, or several such groups of windows that are equal and follow each
/// other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Hash of the k-gram.
    pub gram: u64,
    /// Hash of all the text that the windows of the first group cover.
    pub text: u128,
    /// Where the first window starts in the text, in bytes.
    pub start: u32,
    /// Windows of a group, at least 1; also the distance from one group to the next.
    pub windows: u32,
    /// Number of groups, at least 1.
    pub times: u32,
}

impl Stretch {
    /// Bytes of one that is written.
    pub const WIDTH: usize = 36;

    /// Appends it in little-endian numbers.
    pub fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.gram.to_le_bytes());
        bytes.extend_from_slice(&self.text.to_le_bytes());
        [self.start, self.windows, self.times].iter().for_each(|number| bytes.extend_from_slice(&number.to_le_bytes()));
    }

    /// The stretches that were written to `bytes`; what is left over at the end is none.
    pub fn read_all(bytes: &[u8]) -> impl Iterator<Item = Self> {
        bytes.as_chunks::<{ Self::WIDTH }>().0.iter().filter_map(|bytes| {
            let (gram, rest) = bytes.split_first_chunk()?;
            let (text, rest) = rest.split_first_chunk()?;
            let [start, windows, times] = rest.as_chunks().0 else { return None };
            Some(Self {
                gram: u64::from_le_bytes(*gram),
                text: u128::from_le_bytes(*text),
                start: u32::from_le_bytes(*start),
                windows: u32::from_le_bytes(*windows),
                times: u32::from_le_bytes(*times),
            })
        })
    }
}

/// Finds the stretches of texts.
#[derive(Debug, Clone)]
pub struct Repeats {
    length: usize,
    /// Bytes of a k-gram: half of a window, so that a k-gram that occurs twice by accident is rare, and few are chosen.
    k: usize,
}

impl Repeats {
    /// For repeats of at least `length` bytes, from [`MIN_LENGTH`] to [`MAX_LENGTH`]; others are taken as the nearest.
    pub fn new(length: usize) -> Self {
        let length = length.clamp(MIN_LENGTH, MAX_LENGTH);
        Self { length, k: length / 2 }
    }

    /// Bytes of a window.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Appends the stretches of `text`, in order; a text of 4 GiB and more has none.
    pub fn stretches(&self, text: &[u8], found: &mut Vec<Stretch>) {
        if text.len() < self.length || u32::try_from(text.len()).is_err() {
            return;
        }
        let from = found.len();
        let mut folder = Folder { text, length: self.length, found, from, periodic: (0, 0) };
        let mut open: Option<(Choice, usize)> = None;
        self.choices(text, |window, choice| match open {
            Some((chosen, _)) if chosen.at == choice.at => {}
            _ => {
                if let Some((chosen, start)) = open {
                    folder.push(chosen.hash, start, window - start);
                }
                open = Some((choice, window));
            }
        });
        if let Some((chosen, start)) = open {
            folder.push(chosen.hash, start, text.len() - self.length + 1 - start);
        }
    }

    /// Calls `take` with each window and what it chooses: the least of the hashes of its k-grams, the last of equal ones.
    ///
    /// The k-grams are cut into blocks of as many as a window has. A window reaches over two blocks at most: it takes the
    /// least from its start to the end of the first one, which is known for all starts when a block is complete, or the least of
    /// the second one so far.
    fn choices(&self, text: &[u8], mut take: impl FnMut(usize, Choice)) {
        let per_window = self.length - self.k + 1;
        let mut gram = GramHash::new(self.k);
        let (first, rest) = text.split_at(self.k);
        first.iter().for_each(|byte| gram.push(*byte));
        // What lies from each place of the block before to its end.
        let mut tails: Vec<Choice> = Vec::new();
        let mut block: Vec<Choice> = Vec::with_capacity(per_window);
        let mut least = Choice::NONE;
        let hashes = std::iter::once(gram.value()).chain(text.iter().zip(rest).map(|(gone, byte)| {
            gram.roll(*gone, *byte);
            gram.value()
        }));
        for (at, hash) in hashes.enumerate() {
            let choice = Choice { hash, at };
            block.push(choice);
            least = least.or(choice);
            if let Some(window) = (at + 1).checked_sub(per_window) {
                // The window that ends with a block is that block.
                let chosen = tails.get(block.len()).map_or(least, |tail| tail.or(least));
                take(window, chosen);
            }
            if block.len() == per_window {
                tails.clone_from(&block);
                let mut least = Choice::NONE;
                for choice in tails.iter_mut().rev() {
                    least = choice.or(least);
                    *choice = least;
                }
                block.clear();
            }
            if block.is_empty() {
                least = Choice::NONE;
            }
        }
    }
}

/// A k-gram and where it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Choice {
    hash: u64,
    at: usize,
}

impl Choice {
    const NONE: Self = Self { hash: u64::MAX, at: usize::MAX };

    /// The lesser of itself and a later one, which comes first where they are equal.
    fn or(self, later: Self) -> Self {
        // A hash may be as great as that of none.
        if later.at != usize::MAX && later.hash <= self.hash { later } else { self }
    }
}

/// Puts stretches together where they are the same text again and again.
struct Folder<'a> {
    text: &'a [u8],
    length: usize,
    found: &'a mut Vec<Stretch>,
    /// Stretches before are of other texts.
    from: usize,
    /// A period, and the place before which each byte is known to be the one a period later.
    periodic: (usize, usize),
}

impl Folder<'_> {
    fn push(&mut self, gram: u64, start: usize, windows: usize) {
        let end = start + windows - 1 + self.length;
        if self.repeats_the_last(gram, start, windows, end) {
            if let Some(last) = self.found.last_mut() {
                last.times += 1;
            }
            return;
        }
        let text = xxh3_128(self.text.get(start..end).unwrap_or_default());
        // Texts of 4 GiB have no stretches.
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        self.found.push(Stretch { gram, text, start: number(start), windows: number(windows), times: 1 });
    }

    /// Whether `start..end` is the text of the last stretch, `windows` bytes later.
    fn repeats_the_last(&mut self, gram: u64, start: usize, windows: usize, end: usize) -> bool {
        let last = self.found.get(self.from..).and_then(<[Stretch]>::last);
        if last.is_none_or(|last| last.gram != gram || last.windows as usize != windows) {
            return false;
        }
        // Only what was not compared before: a run is compared once, however many stretches it has.
        let (period, known) = self.periodic;
        let before = start - windows;
        let from = if period == windows { known.max(before) } else { before };
        let to = end - windows;
        let same = from >= to || self.text.get(from..to) == self.text.get(from + windows..end);
        if same {
            self.periodic = (windows, to.max(from));
        }
        same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches(length: usize, text: &[u8]) -> Vec<Stretch> {
        let mut found = Vec::new();
        Repeats::new(length).stretches(text, &mut found);
        found
    }

    fn mixed(len: usize, letters: u64) -> Vec<u8> {
        let mut state = 7_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            state >> 33
        };
        (0..len).map(|_| b'a' + u8::try_from(next() % letters).expect("a letter")).collect()
    }

    #[test]
    fn every_window_chooses_the_last_of_the_least() {
        for (length, letters) in [(8, 2), (11, 4), (50, 26), (64, 1)] {
            let text = mixed(700, letters);
            let repeats = Repeats::new(length);
            let hash = |at: usize| {
                let mut gram = GramHash::new(repeats.k);
                text[at..at + repeats.k].iter().for_each(|byte| gram.push(*byte));
                gram.value()
            };
            let mut windows = 0;
            repeats.choices(&text, |window, choice| {
                assert_eq!(window, windows);
                windows += 1;
                let grams = window..=window + length - repeats.k;
                let expected = grams.map(|at| (hash(at), std::cmp::Reverse(at))).min().expect("some");
                assert_eq!((choice.hash, choice.at), (expected.0, expected.1.0), "{length} {window}");
            });
            assert_eq!(windows, text.len() - length + 1);
        }
    }

    #[test]
    fn stretches_cover_every_window_once() {
        for (length, letters) in [(8, 2), (9, 1), (50, 26), (200, 3)] {
            for len in [length, length + 1, 2 * length, 3_000] {
                let text = mixed(len, letters);
                let mut next = 0;
                for stretch in stretches(length, &text) {
                    assert_eq!(stretch.start, next);
                    let end = (stretch.start + stretch.windows) as usize - 1 + length;
                    assert_eq!(stretch.text, xxh3_128(&text[stretch.start as usize..end]));
                    // Each further time is the same text.
                    for time in 1..stretch.times {
                        let shift = (time * stretch.windows) as usize;
                        assert_eq!(
                            text[stretch.start as usize..end],
                            text[stretch.start as usize + shift..end + shift]
                        );
                    }
                    next += stretch.windows * stretch.times;
                }
                assert_eq!(next as usize, len - length + 1, "{length} {len}");
            }
        }
        assert!(stretches(50, &[b'x'; 49]).is_empty() && stretches(50, b"").is_empty());
    }

    #[test]
    fn text_of_a_short_period_is_few_records() {
        let dashes = stretches(500, &vec![b'-'; 5_000_000]);
        assert!(dashes.len() <= 2 && dashes[0].windows == 1 && dashes[0].times > 4_990_000, "{dashes:?}");
        let lines = stretches(500, "All rights reserved, whatever that means here.\n".repeat(100_000).as_bytes());
        assert!(lines.len() < 10, "{}", lines.len());
    }

    #[test]
    fn few_kgrams_are_chosen_of_text_without_repeats() {
        let text = mixed(1_000_000, 26);
        // 2 / (w + 1) of the places, with w = 251 k-grams in a window of 500 bytes.
        let found = stretches(500, &text).len();
        assert!((7_000..9_000).contains(&found), "{found}");
    }

    #[test]
    fn what_is_written_is_read_again() {
        let found = stretches(20, &mixed(500, 3));
        let mut bytes = Vec::new();
        found.iter().for_each(|stretch| stretch.write(&mut bytes));
        assert_eq!(bytes.len(), found.len() * Stretch::WIDTH);
        assert_eq!(Stretch::read_all(&bytes).collect::<Vec<_>>(), found);
    }
}

//! Runs of words (n-grams): the most frequent one, and those that repeat an earlier one.
//!
//! 1. Runs of n + 1 words are counted only where both the run of n words and the word after it are there more than once;
//!    and not at all where even the frequencies of their parts could not reach what is asked for.
//! 2. Repeated runs of [`SHORTEST`] words and more are equal as they are written, wherever their words end. Such runs of
//!    [`ANCHOR`] bytes and more begin with the same [`ANCHOR`] bytes, so that only the places of which these are found
//!    twice are looked at, and the few places where a run is shorter.

use xxhash_rust::xxh3::xxh3_64;

use super::Scratch;
use super::table::{Table, mix};
use crate::Word;

/// Bytes by which the beginnings of runs are compared.
const ANCHOR: usize = 16;
/// Words of the shortest run for which the list of places to look at is made.
const SHORTEST: usize = 5;

/// What is known of the words of a text. All positions are numbers of words.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// The words one after the other, then [`ANCHOR`] zeros.
    joined: Vec<u8>,
    /// Where each word starts in `joined`, and at the end where the last one ends.
    starts: Vec<usize>,
    /// Characters before each word, and at the end those of all.
    chars: Vec<u64>,
    /// For each word the first position at which it stands.
    words: Vec<u32>,
    /// How often the word at each position is there.
    word_counts: Vec<u32>,
    /// For each run of the length at hand the first position at which it stands, which is the run's own where it is
    /// there once.
    runs: Vec<u32>,
    /// How often the run that stands first at a position is there.
    run_counts: Vec<u32>,
    /// The same of runs of one word less, while they are counted.
    shorter_counts: Vec<u32>,
    /// Positions at which a run of [`SHORTEST`] words or more may be one that stands twice, ascending.
    places: Vec<u32>,
    /// Whether a place's beginning is there twice.
    twice: Vec<bool>,
}

/// The words of a document as its n-grams need them.
#[derive(Debug)]
pub struct NGrams {
    /// There until the end.
    scratch: Option<Box<Scratch>>,
    /// Words of the runs that `runs` and `run_counts` are of; 0 before words are counted.
    length: usize,
    has_places: bool,
}

impl Drop for NGrams {
    fn drop(&mut self) {
        if let Some(scratch) = self.scratch.take() {
            scratch.give_back();
        }
    }
}

impl NGrams {
    /// Prepares `words`.
    pub fn of(words: &[Word<'_>]) -> Self {
        let mut scratch = Scratch::take();
        scratch.buffers.join(words);
        Self { scratch: Some(scratch), length: 0, has_places: false }
    }

    /// Characters of the most frequent n-gram in all its places, with a space between its words; of several that are
    /// most frequent, the first one counts. `None` where there are fewer than `n` words.
    pub fn top_chars(&mut self, n: usize) -> Option<u64> {
        self.top_chars_above(n, |_| true)
    }

    /// As [`top_chars`](Self::top_chars), but `None` also where the n-gram certainly has no number of characters that
    /// `matters`. What is above a number that matters must matter too.
    pub(crate) fn top_chars_above(&mut self, n: usize, matters: impl Fn(u64) -> bool) -> Option<u64> {
        let Scratch { table, buffers, .. } = &mut **self.scratch.as_mut()?;
        if n == 0 || buffers.words() < n {
            return None;
        }
        if self.length == 0 || self.length > n {
            buffers.count_words(table);
            self.length = 1;
        }
        while self.length < n {
            if !matters(buffers.most_chars(self.length, n)) {
                return None;
            }
            buffers.count_longer(self.length, table);
            self.length += 1;
        }
        let (start, count) = buffers.top();
        Some((buffers.chars_of(start, n) + n as u64 - 1) * u64::from(count))
    }

    /// Characters of the n-grams that repeat an earlier one, without spaces and without counting any character twice: the
    /// words of a repeated n-gram start no other. Two n-grams are equal where they are written alike, wherever their
    /// words end.
    pub fn duplicate_chars(&mut self, n: usize) -> u64 {
        let Some(scratch) = self.scratch.as_mut() else { return 0 };
        let Scratch { table, buffers, .. } = &mut **scratch;
        if n < SHORTEST {
            let all: Vec<u32> = (0..narrow(buffers.words())).collect();
            return buffers.duplicate_chars(n, &all, table);
        }
        if !self.has_places {
            buffers.find_places(table);
            self.has_places = true;
        }
        buffers.duplicate_chars(n, &buffers.places, table)
    }
}

impl Buffers {
    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        let wide = self.starts.capacity() + self.chars.capacity();
        let narrow = self.words.capacity()
            + self.word_counts.capacity()
            + self.runs.capacity()
            + self.run_counts.capacity()
            + self.shorter_counts.capacity()
            + self.places.capacity();
        self.joined.capacity() + self.twice.capacity() + wide * size_of::<u64>() + narrow * size_of::<u32>()
    }

    fn join(&mut self, words: &[Word<'_>]) {
        let Self { joined, starts, chars, .. } = self;
        joined.clear();
        starts.clear();
        chars.clear();
        starts.reserve(words.len() + 1);
        chars.reserve(words.len() + 1);

        let mut before = 0;
        for word in words {
            starts.push(joined.len());
            chars.push(before);
            joined.extend_from_slice(word.text.as_bytes());
            before += u64::from(word.chars);
        }
        starts.push(joined.len());
        chars.push(before);
        joined.extend_from_slice(&[0; ANCHOR]);
    }

    /// Number of words.
    #[inline]
    fn words(&self) -> usize {
        self.starts.len() - 1
    }

    #[inline]
    fn chars_of(&self, start: usize, n: usize) -> u64 {
        self.chars[start + n] - self.chars[start]
    }

    /// How a run is written, without spaces.
    #[inline]
    fn written(&self, start: usize, n: usize) -> &[u8] {
        &self.joined[self.starts[start]..self.starts[start + n]]
    }

    /// Finds equal words.
    fn count_words(&mut self, table: &mut Table) {
        let count = self.words();
        self.words.clear();
        self.words.reserve(count);
        self.run_counts.clear();
        self.run_counts.resize(count, 0);

        table.begin(count);
        for position in 0..count {
            let first = self.first_of_word(position, table);
            self.words.push(narrow(first));
            self.run_counts[first] += 1;
        }
        self.word_counts.clear();
        self.word_counts.extend(self.words.iter().map(|first| self.run_counts[*first as usize]));
        self.runs.clone_from(&self.words);
    }

    /// The first position of the word at `position`.
    #[inline]
    fn first_of_word(&self, position: usize, table: &mut Table) -> usize {
        let word = self.written(position, 1);
        if word.len() > ANCHOR {
            let same = |known: usize| self.written(known, 1) == word;
            return table.earlier(xxh3_64(word), position, same).unwrap_or(position);
        }
        // Short words are compared as two numbers. A word may end in zeros, so that its length counts too.
        let head = head_of(&self.joined, self.starts[position], word.len());
        let same = |known: usize| {
            let length = self.starts[known + 1] - self.starts[known];
            length == word.len() && head_of(&self.joined, self.starts[known], length) == head
        };
        table.earlier(mix(head[0], head[1]), position, same).unwrap_or(position)
    }

    /// From runs of `length` words to those of one more.
    fn count_longer(&mut self, length: usize, table: &mut Table) {
        let Self { words, word_counts, runs, run_counts, shorter_counts, .. } = self;
        let count = words.len() - length;
        std::mem::swap(run_counts, shorter_counts);
        run_counts.clear();
        run_counts.resize(count, 0);

        table.begin(count);
        for (position, run) in runs.iter_mut().enumerate().take(count) {
            let next = position + length;
            let is_repeated = shorter_counts[*run as usize] > 1 && word_counts[next] > 1;
            let first = if is_repeated {
                let same = |known: usize| is_same(words, known, position, length + 1);
                table.earlier(mix(u64::from(*run), u64::from(words[next])), position, same).unwrap_or(position)
            } else {
                position
            };
            *run = narrow(first);
            run_counts[first] += 1;
        }
        runs.truncate(count);
    }

    /// The most characters that a run of `n` words can have in all its places, as far as its parts of `length` words tell.
    fn most_chars(&self, length: usize, n: usize) -> u64 {
        let (spaces, parts) = (n as u64 - 1, n - length);
        let mut most = 0;
        for start in 0..=self.words() - n {
            let mut count = u32::MAX;
            for run in &self.runs[start..=start + parts] {
                count = count.min(self.run_counts[*run as usize]);
            }
            most = most.max((self.chars_of(start, n) + spaces) * u64::from(count));
        }
        most
    }

    /// Position and number of the most frequent run; of several the first.
    fn top(&self) -> (usize, u32) {
        let mut best = (0, 0);
        for (position, count) in self.run_counts.iter().enumerate() {
            if *count > best.1 {
                best = (position, *count);
            }
        }
        best
    }

    /// Finds the places where runs may stand that are there twice.
    fn find_places(&mut self, table: &mut Table) {
        let count = self.words();
        let end = self.starts[count];
        let mut twice = std::mem::take(&mut self.twice);
        twice.clear();
        twice.resize(count, false);

        table.begin(count);
        for position in 0..count {
            let start = self.starts[position];
            if end - start < ANCHOR {
                break;
            }
            let head = head_of(&self.joined, start, ANCHOR);
            let same = |known: usize| head_of(&self.joined, self.starts[known], ANCHOR) == head;
            if let Some(known) = table.earlier(mix(head[0], head[1]), position, same) {
                twice[position] = true;
                twice[known] = true;
            }
        }

        self.places.clear();
        for (start, is_twice) in twice.iter().enumerate().take((count + 1).saturating_sub(SHORTEST)) {
            let is_short = self.starts[start + SHORTEST] - self.starts[start] < ANCHOR;
            if *is_twice || is_short {
                self.places.push(narrow(start));
            }
        }
        self.twice = twice;
    }

    /// Characters of repeated runs of `n` words, of which only those that start at `places` may stand twice.
    fn duplicate_chars(&self, n: usize, places: &[u32], table: &mut Table) -> u64 {
        let (mut from, mut repeated) = (0, 0);
        table.begin(self.words());
        for place in places {
            let start = *place as usize;
            if start + n > self.words() {
                break;
            }
            if start < from {
                continue;
            }
            let written = self.written(start, n);
            if table.earlier(xxh3_64(written), start, |known| self.written(known, n) == written).is_some() {
                repeated += self.chars_of(start, n);
                from = start + n;
            }
        }
        repeated
    }
}

/// Whether the runs of `n` words at `a` and `b` are the same, by the first positions of their words.
#[inline]
fn is_same(words: &[u32], a: usize, b: usize, n: usize) -> bool {
    (0..n).all(|at| words[a + at] == words[b + at])
}

/// The first `length` bytes, at most [`ANCHOR`], from `start` on as two numbers.
#[inline]
fn head_of(joined: &[u8], start: usize, length: usize) -> [u64; 2] {
    let bytes = joined.get(start..).and_then(|rest| rest.first_chunk::<ANCHOR>()).copied().unwrap_or_default();
    let whole = u128::from_le_bytes(bytes);
    let kept = if length < ANCHOR { whole & ((1 << (8 * length)) - 1) } else { whole };
    [low(kept), low(kept >> 64)]
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is meant")]
fn low(whole: u128) -> u64 {
    whole as u64
}

/// Texts have at most 4 GiB, and a word has a byte at least.
#[inline]
fn narrow(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;

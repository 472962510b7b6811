use std::collections::BTreeSet;
use std::io::{BufRead, Write};

use textmill_large_pages::LargeVec;

use crate::FastTextError;
use crate::hash::{FNV_START, HEAD, Modulus, fnv, fnv_step, head, spread};
use crate::header::Header;
use crate::prune::Prune;
use crate::sink::Sink;
use crate::source::Source;

/// The word that stands for the end of a line.
pub(crate) const END: &[u8] = b"</s>";
/// What fastText puts before labels in training data; words that start so are never words of a text.
pub(crate) const LABEL_PREFIX: &str = "__label__";
/// Bytes of an entry with an empty word: the NUL, the count, the kind.
const SMALLEST_ENTRY: usize = 10;
const FREE: u32 = u32::MAX;

/// What a token of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    /// A word of the dictionary, with its row.
    Known(u32),
    /// Any other word.
    Unknown,
    /// A label: not a part of the text.
    Label,
}

/// A slot of the table: the hash and the number of an entry, which is [`FREE`] where there is none, and the [`head`] of its
/// word, so that short words are told without a look into all words.
#[derive(Debug, Clone, Copy)]
struct Slot {
    hash: u32,
    id: u32,
    head: u64,
}

impl Slot {
    #[expect(clippy::cast_possible_truncation, reason = "one half each")]
    fn read([numbers, head]: [u64; 2]) -> Self {
        // The number 0 is that of a free slot, whose memory is zero.
        Self { hash: numbers as u32, id: ((numbers >> 32) as u32).wrapping_sub(1), head }
    }

    fn bits(self) -> [u64; 2] {
        [u64::from(self.hash) | u64::from(self.id.wrapping_add(1)) << 32, self.head]
    }
}

/// Words and labels of a model, with the rows of words and n-grams in the input matrix.
#[derive(Debug, Clone)]
pub(crate) struct Dictionary {
    /// Words and labels, one after the other.
    bytes: Vec<u8>,
    /// Where each one ends.
    ends: Vec<u32>,
    /// Open addressing by hash.
    table: LargeVec<[u64; 2]>,
    words: u32,
    labels: Vec<String>,
    /// How often each word and label was there in training.
    counts: Vec<i64>,
    /// Words, labels and ends of lines in training.
    tokens: i64,
    prune: Option<Prune>,
    bucket: Modulus,
    min_chars: u32,
    max_chars: u32,
}

impl Dictionary {
    pub(crate) fn read(source: &mut Source<impl BufRead>, header: &Header) -> Result<Self, FastTextError> {
        let size = source.i32("size")?;
        let size = source.length("size", i64::from(size), SMALLEST_ENTRY)?;
        let words = source.i32("nwords")?;
        let labels = source.i32("nlabels")?;
        if i64::from(words) + i64::from(labels) != i64::try_from(size).unwrap_or(i64::MAX) || words < 0 || labels < 1 {
            return Err(source.range("nlabels", i64::from(labels), "at least 1, and with nwords the size"));
        }
        let tokens = source.i64("ntokens")?;
        let pruned = source.i64("pruneidx_size")?;
        if pruned < -1 {
            return Err(source.range("pruneidx_size", pruned, "-1 or more"));
        }
        let words = words.unsigned_abs();
        let mut dictionary = Self::empty(header, words, tokens, size);
        for _ in 0..size {
            dictionary.read_entry(source)?;
        }
        dictionary.check_labels()?;
        dictionary.index();
        dictionary.prune = if pruned < 0 { None } else { Some(Prune::read(source, pruned, words)?) };
        Ok(dictionary)
    }

    /// A dictionary of `words` words that are still to be added, then labels; `size` in all.
    pub(crate) fn empty(header: &Header, words: u32, tokens: i64, size: usize) -> Self {
        Self {
            bytes: Vec::new(),
            ends: Vec::with_capacity(size),
            table: LargeVec::zeroed(1),
            words,
            labels: Vec::new(),
            counts: Vec::with_capacity(size),
            tokens,
            prune: None,
            bucket: Modulus::new(header.bucket),
            min_chars: header.min_chars,
            max_chars: header.longest_subword(),
        }
    }

    fn read_entry(&mut self, source: &mut Source<impl BufRead>) -> Result<(), FastTextError> {
        let start = self.bytes.len();
        source.until_nul("word", &mut self.bytes)?;
        let count = source.i64("count")?;
        let kind = source.u8("type")?;
        if kind != u8::from(self.ends.len() >= self.words as usize) {
            return Err(source.range("type", i64::from(kind), "0 for words, then 1 for labels"));
        }
        if u32::try_from(self.bytes.len()).is_err() {
            return Err(source.range("size", i64::MAX, "at most 4 GiB of words"));
        }
        self.end_entry(start, count)
    }

    /// Adds a word or a label; labels come after the words.
    pub(crate) fn add(&mut self, word: &[u8], count: i64) -> Result<(), FastTextError> {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(word);
        self.end_entry(start, count)
    }

    fn end_entry(&mut self, start: usize, count: i64) -> Result<(), FastTextError> {
        let is_label = self.ends.len() >= self.words as usize;
        self.ends.push(u32::try_from(self.bytes.len()).map_err(|_| FastTextError::TooLarge)?);
        self.counts.push(count);
        if is_label {
            let label = self.bytes.get(start..).unwrap_or_default();
            let index = self.labels.len();
            let Ok(label) = str::from_utf8(label) else {
                return Err(FastTextError::Label { index, problem: "not valid UTF-8" });
            };
            self.labels.push(label.strip_prefix(LABEL_PREFIX).unwrap_or(label).to_owned());
        }
        Ok(())
    }

    pub(crate) fn write(&self, sink: &mut Sink<impl Write>) -> Result<(), FastTextError> {
        sink.count(self.ends.len())?;
        sink.i32(self.words.cast_signed())?;
        sink.count(self.labels.len())?;
        sink.i64(self.tokens)?;
        let kept = self.prune.as_ref().map(Prune::pairs);
        match &kept {
            Some(kept) => sink.long_count(kept.len())?,
            None => sink.i64(-1)?,
        }
        for (id, count) in (0..).zip(&self.counts) {
            sink.bytes(self.word(id))?;
            sink.bytes(&[0])?;
            sink.i64(*count)?;
            sink.bool(id >= self.words)?;
        }
        for (id, row) in kept.into_iter().flatten() {
            sink.i32(id.cast_signed())?;
            sink.i32((row - self.words).cast_signed())?;
        }
        Ok(())
    }

    /// The same with only some of the rows: `words` in ascending order, then the n-grams, numbered from 0.
    pub(crate) fn keep(&self, header: &Header, words: &[u32], ngrams: &[u32]) -> Result<Self, FastTextError> {
        let count = u32::try_from(words.len()).map_err(|_| FastTextError::TooLarge)?;
        let labels = self.words..self.words + u32::try_from(self.labels.len()).map_err(|_| FastTextError::TooLarge)?;
        let mut kept = Self::empty(header, count, self.tokens, words.len() + self.labels.len());
        for id in words.iter().copied().chain(labels) {
            kept.add(self.word(id), self.counts.get(id as usize).copied().unwrap_or_default())?;
        }
        kept.index();
        let pairs = ngrams.iter().copied().zip(count..);
        kept.prune = Some(Prune::new(ngrams.len(), pairs));
        Ok(kept)
    }

    fn check_labels(&self) -> Result<(), FastTextError> {
        let mut seen = BTreeSet::new();
        for (index, label) in self.labels.iter().enumerate() {
            if label.is_empty() {
                return Err(FastTextError::Label { index, problem: "empty" });
            }
            if !seen.insert(label) {
                return Err(FastTextError::Label { index, problem: "there twice" });
            }
        }
        Ok(())
    }

    /// Of words that are there twice the last one counts, as in fastText.
    pub(crate) fn index(&mut self) {
        let size = self.ends.len();
        self.table = LargeVec::zeroed((size + size / 2 + 1).next_power_of_two());
        for id in 0..u32::try_from(size).unwrap_or(FREE) {
            let word = self.word(id);
            let (hash, head) = (fnv(word), head(word));
            let (slot, _) = self.find(word, hash);
            if let Some(entry) = self.table.get_mut(slot) {
                *entry = Slot { hash, id, head }.bits();
            }
        }
    }

    /// The word or label with the number `id`.
    pub(crate) fn word(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let end = |id: usize| self.ends.get(id).copied().unwrap_or_default() as usize;
        let start = id.checked_sub(1).map_or(0, end);
        self.bytes.get(start..end(id)).unwrap_or_default()
    }

    /// The place of `word`, or the free one where it belongs, and its number. One is always free.
    fn find(&self, word: &[u8], hash: u32) -> (usize, u32) {
        let mask = self.table.len() - 1;
        let head = head(word);
        let mut place = spread(hash) & mask;
        while let Some(slot) = self.table.get(place) {
            let slot = Slot::read(*slot);
            let same = slot.hash == hash && slot.head == head && (word.len() < HEAD || self.word(slot.id) == word);
            if slot.id == FREE || same {
                return (place, slot.id);
            }
            place = (place + 1) & mask;
        }
        (place, FREE)
    }

    /// What `word`, whose [`fnv`] is `hash`, is.
    pub(crate) fn token(&self, word: &[u8], hash: u32) -> Token {
        match self.find(word, hash) {
            (_, id) if id < self.words => Token::Known(id),
            (_, id) if id != FREE => Token::Label,
            _ if word.starts_with(LABEL_PREFIX.as_bytes()) => Token::Label,
            _ => Token::Unknown,
        }
    }

    /// The row of a word of the dictionary.
    pub(crate) fn row_of(&self, word: &[u8]) -> Option<u32> {
        match self.token(word, fnv(word)) {
            Token::Known(row) => Some(row),
            Token::Unknown | Token::Label => None,
        }
    }

    /// Calls `each` with the row of every character n-gram of `marked`, a word between `<` and `>`.
    pub(crate) fn each_subword(&self, marked: &[u8], mut each: impl FnMut(u32)) {
        self.each_ngram(marked, |id| {
            if let Some(row) = self.ngram_row(id) {
                each(row);
            }
        });
    }

    /// Adds the same rows to `rows`. First the numbers of all n-grams are computed, then all are looked up together, so
    /// that the processor waits for the memory once and not for each. `ids` is for the numbers.
    pub(crate) fn subword_rows(&self, marked: &[u8], ids: &mut Vec<u32>, rows: &mut Vec<u32>) {
        ids.clear();
        self.each_ngram(marked, |id| ids.push(id));
        match &self.prune {
            None => rows.extend(ids.iter().map(|id| self.words + id)),
            Some(prune) => prune.add_rows(ids, rows),
        }
    }

    /// Calls `each` with the number of every character n-gram of `marked`.
    #[inline]
    fn each_ngram(&self, marked: &[u8], mut each: impl FnMut(u32)) {
        if self.max_chars == 0 {
            return;
        }
        if marked.is_ascii() {
            self.each_ascii_ngram(marked, each);
            return;
        }
        for (start, first) in marked.iter().enumerate() {
            if is_continuation(*first) {
                continue;
            }
            let tail = marked.get(start..).unwrap_or_default();
            let (mut hash, mut chars) = (FNV_START, 0);
            for (index, byte) in tail.iter().enumerate() {
                hash = fnv_step(hash, *byte);
                let next = tail.get(index + 1);
                if next.is_some_and(|next| is_continuation(*next)) {
                    continue;
                }
                chars += 1;
                // The marks are no n-grams of their own.
                let mark = chars == 1 && (start == 0 || next.is_none());
                if chars >= self.min_chars && !mark {
                    each(self.bucket.of(hash));
                }
                if chars == self.max_chars {
                    break;
                }
            }
        }
    }

    /// The same where every byte is a character.
    #[inline]
    fn each_ascii_ngram(&self, marked: &[u8], mut each: impl FnMut(u32)) {
        let last = marked.len().saturating_sub(1);
        for start in 0..marked.len() {
            let end = marked.len().min(start + self.max_chars as usize);
            let (mut hash, mut chars) = (FNV_START, 0);
            for byte in &marked[start..end] {
                hash = fnv_step(hash, *byte);
                chars += 1;
                let mark = chars == 1 && (start == 0 || start == last);
                if chars >= self.min_chars && !mark {
                    each(self.bucket.of(hash));
                }
            }
        }
    }

    /// Calls `each` with the row of every n-gram of 2 to `longest` words, given the words' hashes.
    pub(crate) fn each_word_ngram(&self, hashes: &[u32], longest: usize, mut each: impl FnMut(u32)) {
        let bucket = u64::from(self.bucket.divisor);
        if longest < 2 || bucket == 0 {
            return;
        }
        // fastText keeps the hashes as signed numbers and widens them so.
        let widen = |hash: u32| i64::from(hash.cast_signed()).cast_unsigned();
        for start in 0..hashes.len() {
            let mut words = hashes.iter().skip(start).take(longest);
            let mut hash = words.next().map_or(0, |hash| widen(*hash));
            for next in words {
                hash = hash.wrapping_mul(116_049_371).wrapping_add(widen(*next));
                #[expect(clippy::cast_possible_truncation, reason = "the rest of a division by a u32")]
                if let Some(row) = self.ngram_row((hash % bucket) as u32) {
                    each(row);
                }
            }
        }
    }

    fn ngram_row(&self, id: u32) -> Option<u32> {
        match &self.prune {
            None => Some(self.words + id),
            Some(prune) => prune.row(id),
        }
    }

    /// Rows that the input matrix must have, so that every row that can come up is there.
    pub(crate) fn rows_needed(&self, header: &Header) -> u64 {
        let ngrams = match &self.prune {
            Some(prune) => return prune.rows_needed().max(u64::from(self.words)),
            None if self.max_chars > 0 || header.longest_ngram() > 1 => header.bucket,
            None => 0,
        };
        u64::from(self.words) + u64::from(ngrams)
    }

    pub(crate) fn is_pruned(&self) -> bool {
        self.prune.is_some()
    }

    /// Whether words have rows for their n-grams of characters.
    pub(crate) fn has_subwords(&self) -> bool {
        self.max_chars > 0
    }

    pub(crate) fn words(&self) -> u32 {
        self.words
    }

    pub(crate) fn labels(&self) -> &[String] {
        &self.labels
    }

    pub(crate) fn label_counts(&self) -> &[i64] {
        self.counts.get(self.words as usize..).unwrap_or_default()
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0xC0 == 0x80
}

use xxhash_rust::xxh3::xxh3_64;

use crate::LmError;
use crate::table::Table;

/// The number of words that are not known.
pub(crate) const UNKNOWN: u32 = 0;
/// The word for unknown words.
pub(crate) const UNKNOWN_WORD: &[u8] = b"<unk>";
/// The word before a sentence.
pub(crate) const BEGIN: &[u8] = b"<s>";
/// The word after a sentence.
pub(crate) const END: &[u8] = b"</s>";

/// The words of a model and their numbers. Words are found by their hash.
#[derive(Debug, Clone)]
pub(crate) struct Vocabulary {
    numbers: Table<u32>,
    /// All words one after the other, and where each ends.
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Default for Vocabulary {
    fn default() -> Self {
        let mut new = Self { numbers: Table::new(16), text: Vec::new(), ends: Vec::new() };
        new.append(UNKNOWN_WORD);
        new
    }
}

impl Vocabulary {
    fn append(&mut self, word: &[u8]) -> u32 {
        let number = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.text.extend_from_slice(word);
        self.ends.push(self.text.len());
        self.numbers.insert(xxh3_64(word), number);
        number
    }

    /// The number of `word`, which is new if need be.
    pub(crate) fn add(&mut self, word: &[u8]) -> Result<u32, LmError> {
        match self.numbers.get(xxh3_64(word)) {
            Some(known) if self.word(known) == word => Ok(known),
            Some(known) => {
                let text = |word: &[u8]| String::from_utf8_lossy(word).into_owned();
                Err(LmError::Collision(text(self.word(known)), text(word)))
            }
            None if self.ends.len() < u32::MAX as usize - 1 => Ok(self.append(word)),
            None => Err(LmError::TooLarge("words")),
        }
    }

    /// The number of `word`, [`UNKNOWN`] if it has none.
    pub(crate) fn number(&self, word: &[u8]) -> u32 {
        self.number_of(Self::key(word))
    }

    /// What a word is found by.
    pub(crate) fn key(word: &[u8]) -> u64 {
        xxh3_64(word)
    }

    /// As [`number`](Self::number), by the word's key.
    pub(crate) fn number_of(&self, key: u64) -> u32 {
        self.numbers.get(key).unwrap_or(UNKNOWN)
    }

    /// Has the memory of keys fetched.
    pub(crate) fn fetch(&self, keys: &[u64]) {
        self.numbers.fetch(keys);
    }

    pub(crate) fn word(&self, number: u32) -> &[u8] {
        let end = |number: usize| self.ends.get(number).copied().unwrap_or_default();
        let number = number as usize;
        self.text.get(number.checked_sub(1).map_or(0, end)..end(number)).unwrap_or_default()
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_one_number_each() {
        let mut vocabulary = Vocabulary::default();
        let numbers: Vec<u32> = (0..5000).map(|n| vocabulary.add(format!("w{n}").as_bytes()).expect("new")).collect();
        assert!(numbers.is_sorted() && numbers[0] == 1 && vocabulary.len() == 5001);
        for (n, number) in numbers.iter().enumerate() {
            assert_eq!(vocabulary.number(format!("w{n}").as_bytes()), *number);
            assert_eq!(vocabulary.word(*number), format!("w{n}").as_bytes());
        }
        assert_eq!((vocabulary.number(b"w"), vocabulary.number(b"<unk>")), (UNKNOWN, UNKNOWN));
    }
}

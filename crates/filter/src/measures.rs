use std::cell::OnceCell;

use memchr::{memchr_iter, memmem};

use crate::{LineTotals, Word, WordSplitter, WordTotals};

/// Counts of symbols in a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SymbolCounts {
    /// `#`.
    pub hashes: u64,
    /// `...` (not overlapping) and `…`.
    pub ellipses: u64,
}

impl SymbolCounts {
    fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let ellipses = memmem::find_iter(bytes, "...").count() + memmem::find_iter(bytes, "…").count();
        Self { hashes: memchr_iter(b'#', bytes).count() as u64, ellipses: ellipses as u64 }
    }
}

/// One document and what the rules in use have counted in it. Each count is made when the first rule
/// asks for it and shared by all that follow.
#[derive(Debug)]
pub struct Measures<'a> {
    text: &'a str,
    splitter: WordSplitter,
    words: OnceCell<Vec<Word<'a>>>,
    word_totals: OnceCell<WordTotals>,
    chars: OnceCell<u64>,
    lines: OnceCell<LineTotals>,
    symbols: OnceCell<SymbolCounts>,
}

impl<'a> Measures<'a> {
    /// Nothing is counted yet.
    pub fn new(text: &'a str, splitter: WordSplitter) -> Self {
        Self {
            text,
            splitter,
            words: OnceCell::new(),
            word_totals: OnceCell::new(),
            chars: OnceCell::new(),
            lines: OnceCell::new(),
            symbols: OnceCell::new(),
        }
    }

    /// The document.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// What counts as a word here.
    pub fn splitter(&self) -> WordSplitter {
        self.splitter
    }

    /// The words, in order.
    pub fn words(&self) -> &[Word<'a>] {
        self.words.get_or_init(|| self.splitter.split(self.text))
    }

    /// Counts over the words.
    pub fn word_totals(&self) -> &WordTotals {
        self.word_totals.get_or_init(|| WordTotals::of(self.words()))
    }

    /// Length of the text in characters.
    pub fn chars(&self) -> u64 {
        *self.chars.get_or_init(|| self.text.chars().count() as u64)
    }

    /// Counts over the lines.
    pub fn lines(&self) -> &LineTotals {
        self.lines.get_or_init(|| LineTotals::of(self.text))
    }

    /// Counts of symbols.
    pub fn symbols(&self) -> &SymbolCounts {
        self.symbols.get_or_init(|| SymbolCounts::of(self.text))
    }
}

/// `part / whole`; 0 where there is nothing to have a part of.
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ellipses_do_not_overlap() {
        let counts = |text| *Measures::new(text, WordSplitter::Whitespace).symbols();
        assert_eq!(counts("....."), SymbolCounts { hashes: 0, ellipses: 1 });
        assert_eq!(counts("......…#.. ."), SymbolCounts { hashes: 1, ellipses: 3 });
        assert_eq!(counts(""), SymbolCounts::default());
    }
}

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokenizers::Tokenizer;

/// A tokenizer, and what it puts around a text.
pub(super) struct TextTokenizer {
    tokenizer: Tokenizer,
    before: Vec<Token>,
    after: Vec<Token>,
    /// The type of the tokens between.
    kind: u32,
    /// What fills up a fixed length.
    filler: u32,
    /// The highest number of a token.
    highest: u32,
}

/// A special token: its number and type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token {
    id: u32,
    kind: u32,
}

/// What a model is given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tokens {
    pub(super) ids: Vec<u32>,
    pub(super) types: Vec<u32>,
}

impl TextTokenizer {
    /// Reads the bytes of a `tokenizer.json`.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        // Some malformed files end the library in a panic.
        let read = catch_unwind(AssertUnwindSafe(|| Tokenizer::from_bytes(bytes)));
        let read = read.map_err(|_| "the tokenizers library fails on it".to_owned())?;
        let mut tokenizer = read.map_err(|error| error.to_string())?;
        let padding = tokenizer.get_padding().map(|padding| padding.pad_id);
        let by_name = || ["[PAD]", "<pad>"].into_iter().find_map(|name| tokenizer.token_to_id(name));
        let filler = padding.or_else(by_name).unwrap_or(0);
        // A text is cut, and a length filled up, here.
        tokenizer.with_truncation(None).map_err(|error| error.to_string())?.with_padding(None);
        let highest = tokenizer.get_vocab(true).into_values().max().ok_or_else(|| "it has no tokens".to_owned())?;
        let mut read = Self { tokenizer, before: Vec::new(), after: Vec::new(), kind: 0, filler, highest };
        read.find_frame()?;
        Ok(read)
    }

    /// Learns from an example what stands around a text.
    fn find_frame(&mut self) -> Result<(), String> {
        let bare = self.encode("a")?;
        let whole = self.tokenizer.encode("a", true).map_err(|error| error.to_string())?;
        let (ids, kinds) = (whole.get_ids(), whole.get_type_ids());
        let begin = (0..=ids.len().saturating_sub(bare.len()))
            .find(|at| ids.get(*at..).is_some_and(|rest| rest.starts_with(&bare)));
        let begin = begin
            .filter(|_| !bare.is_empty())
            .ok_or_else(|| "it changes the tokens of a text when it adds special ones".to_owned())?;
        let tokens: Vec<Token> = ids.iter().zip(kinds).map(|(id, kind)| Token { id: *id, kind: *kind }).collect();
        let (before, rest) = tokens.split_at(begin);
        let (text, after) = rest.split_at(bare.len());
        self.kind = text.first().map_or(0, |token| token.kind);
        (self.before, self.after) = (before.to_vec(), after.to_vec());
        Ok(())
    }

    /// The tokens of a text, without special ones.
    pub(super) fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoded = self.tokenizer.encode_fast(text, false).map_err(|error| error.to_string())?;
        Ok(encoded.get_ids().to_vec())
    }

    /// Tokens of a text with the special ones around.
    pub(super) fn frame(&self, ids: &[u32]) -> Tokens {
        let text = ids.iter().map(|id| Token { id: *id, kind: self.kind });
        let tokens = self.before.iter().copied().chain(text).chain(self.after.iter().copied());
        let (ids, types) = tokens.map(|token| (token.id, token.kind)).unzip();
        Tokens { ids, types }
    }

    /// Special tokens around every text.
    pub(super) fn special(&self) -> usize {
        self.before.len() + self.after.len()
    }

    pub(super) fn filler(&self) -> u32 {
        self.filler
    }

    pub(super) fn highest(&self) -> u32 {
        self.highest
    }
}

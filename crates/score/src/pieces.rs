use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tokenizers::Tokenizer;

use crate::Tokens;

/// The tokenizer of a model out of its `tokenizer.json`. Threads share it.
#[derive(Debug, Clone)]
pub struct Pieces {
    tokenizer: Arc<Tokenizer>,
    digest: String,
}

/// Why a tokenizer cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PiecesError {
    /// The file cannot be read.
    #[error("the tokenizer {} cannot be read: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is no tokenizer, or none that gives the same pieces twice.
    #[error("{} is no tokenizer that can be used: {reason}; the file must be a `tokenizer.json` of Hugging Face's format", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl PiecesError {
    /// The file at fault.
    pub fn path(&self) -> &Path {
        match self {
            Self::Read { path, .. } | Self::Malformed { path, .. } => path,
        }
    }
}

/// Why a text has no pieces: the tokenizer has none for a part of it, and none for what it does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the tokenizer cannot take the text apart: {0}")]
pub struct NoPieces(String);

impl Pieces {
    /// Reads a file. Bounds on length and padding, which some have for their model, do not count.
    pub fn load(path: &Path) -> Result<Self, PiecesError> {
        let bytes = std::fs::read(path).map_err(|source| PiecesError::Read { path: path.to_owned(), source })?;
        let malformed = |reason: String| PiecesError::Malformed { path: path.to_owned(), reason };
        let tree: Value = serde_json::from_slice(&bytes).map_err(|error| malformed(format!("no JSON: {error}")))?;
        if tree.pointer("/model/dropout").and_then(Value::as_f64).is_some_and(|share| share > 0.0) {
            return Err(malformed("`model.dropout` makes its pieces a matter of chance; set it to null".to_owned()));
        }
        let mut tokenizer = Tokenizer::from_bytes(&bytes).map_err(|error| malformed(error.to_string()))?;
        tokenizer.with_truncation(None).map_err(|error| malformed(error.to_string()))?;
        tokenizer.with_padding(None);
        if tokenizer.get_vocab_size(true) == 0 {
            return Err(malformed("it has no tokens".to_owned()));
        }
        Ok(Self { tokenizer: Arc::new(tokenizer), digest: blake3::hash(&bytes).to_hex().to_string() })
    }

    /// BLAKE3 of the file, hexadecimal.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Number of pieces of a text, without those that a model wants at its ends.
    pub fn count(&self, text: &str) -> Result<usize, NoPieces> {
        let found = self.tokenizer.encode_fast(text, false).map_err(|error| NoPieces(error.to_string()))?;
        Ok(found.len())
    }

    /// Adds the pieces of a text to `buffer`, separated by blanks. A blank inside a piece becomes `▁`.
    pub fn join(&self, text: &str, buffer: &mut String) -> Result<(), NoPieces> {
        let found = self.tokenizer.encode(text, false).map_err(|error| NoPieces(error.to_string()))?;
        // The fast way has numbers only.
        for piece in found.get_tokens() {
            if !buffer.is_empty() {
                buffer.push(' ');
            }
            buffer.extend(piece.chars().map(|char| if is_blank(char) { '▁' } else { char }));
        }
        Ok(())
    }
}

/// Whether a language model ends words here.
fn is_blank(char: char) -> bool {
    matches!(char, '\0' | '\t'..='\r' | ' ')
}

/// The form of texts for a model of words: one of [`Tokens`], or the pieces of a tokenizer.
#[derive(Debug, Clone)]
pub enum Form {
    /// Words.
    Tokens(Tokens),
    /// Pieces of words.
    Pieces(Pieces),
}

impl Form {
    /// `text` in this form; `buffer` holds it where it differs.
    pub fn apply<'a>(&self, text: &'a str, buffer: &'a mut String) -> Result<&'a str, NoPieces> {
        match self {
            Self::Tokens(tokens) => Ok(tokens.apply(text, buffer)),
            Self::Pieces(pieces) => {
                buffer.clear();
                pieces.join(text, buffer)?;
                Ok(buffer)
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    /// A tokenizer of whole words, with and without one for those that it does not know.
    pub(crate) fn words(words: &[&str], unknown: bool) -> Value {
        let mut vocabulary: serde_json::Map<String, Value> =
            words.iter().enumerate().map(|(id, word)| ((*word).to_owned(), id.into())).collect();
        if unknown {
            vocabulary.insert("[UNK]".to_owned(), words.len().into());
        }
        json!({
            "version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": {"type": "Lowercase"},
            "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
            "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
        })
    }

    /// A tokenizer of letters and one pair of them.
    fn pairs() -> Value {
        json!({
            "version": "1.0", "truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
            "padding": {"strategy": {"Fixed": 64}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 0,
                "pad_type_id": 0, "pad_token": "a"},
            "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "Metaspace", "replacement": "▁",
                "prepend_scheme": "always", "split": true},
            "post_processor": null, "decoder": null,
            "model": {"type": "BPE", "dropout": null, "unk_token": "?", "continuing_subword_prefix": null,
                "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false,
                "vocab": {"?": 0, "a": 1, "b": 2, "▁": 3, "ab": 4, "▁ab": 5}, "merges": ["a b", "▁ ab"]},
        })
    }

    pub(crate) fn write(folder: &Path, tokenizer: &Value) -> PathBuf {
        let path = folder.join("tokenizer.json");
        std::fs::write(&path, tokenizer.to_string()).expect("written");
        path
    }

    #[test]
    fn pieces_are_those_of_the_tokenizer_whatever_its_bounds() {
        let folder = tempfile::tempdir().expect("a folder");
        let pieces = Pieces::load(&write(folder.path(), &pairs())).expect("readable");
        let join = |text: &str| {
            let mut buffer = String::new();
            pieces.join(text, &mut buffer).expect("pieces");
            buffer
        };
        assert_eq!(join("ab abb"), "▁ab ▁ab b");
        assert_eq!(join("abc"), "▁ab ?");
        assert_eq!(join(""), "");
        assert_eq!(["", "ab", "ab abb", "ab ab ab ab"].map(|text| pieces.count(text).expect("pieces")), [0, 1, 3, 4]);
        assert_eq!(pieces.digest().len(), 64);
    }

    #[test]
    fn blanks_in_pieces_end_no_word() {
        let mut tokenizer = words(&["a"], true);
        tokenizer["pre_tokenizer"] = Value::Null;
        tokenizer["model"]["vocab"]["x y"] = 7.into();
        let folder = tempfile::tempdir().expect("a folder");
        let form = Form::Pieces(Pieces::load(&write(folder.path(), &tokenizer)).expect("readable"));
        assert_eq!(form.apply("X Y", &mut String::new()), Ok("x▁y"));
    }

    #[test]
    fn a_text_without_pieces_is_an_error_and_not_an_empty_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let pieces = Pieces::load(&write(folder.path(), &words(&["a"], false))).expect("readable");
        assert_eq!(pieces.count("A a"), Ok(2));
        assert!(pieces.count("b").is_err() && pieces.join("a b", &mut String::new()).is_err());
    }

    #[test]
    fn what_is_no_tokenizer_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let refused = |text: String| {
            let path = folder.path().join("tokenizer.json");
            std::fs::write(&path, text).expect("written");
            Pieces::load(&path).expect_err("refused").to_string()
        };
        let mut dropout = pairs();
        dropout["model"]["dropout"] = json!(0.1);
        let mut kind = pairs();
        kind["model"]["type"] = json!("Unheard");
        let mut merges = pairs();
        merges["model"]["merges"] = json!(["x y"]);
        let empty = words(&[], false);
        let cut = pairs().to_string().split_at(300).0.to_owned();
        let cases = [
            (String::new(), "no JSON"),
            (cut, "no JSON"),
            ("{}".to_owned(), "is no tokenizer"),
            (kind.to_string(), "is no tokenizer"),
            (merges.to_string(), "is no tokenizer"),
            (dropout.to_string(), "a matter of chance"),
            (empty.to_string(), "no tokens"),
        ];
        for (text, part) in cases {
            let message = refused(text);
            assert!(message.contains(part) && message.contains("tokenizer.json"), "{message}");
        }
        let none = Pieces::load(&folder.path().join("none.json")).expect_err("no file");
        assert!(none.to_string().contains("none.json") && none.path().ends_with("none.json"));
    }
}

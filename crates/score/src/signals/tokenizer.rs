use std::path::Path;

use bpe_openai::{cl100k_base, o200k_base};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::byte_pairs;
use crate::{NoPieces, Pieces, PiecesError};

/// What counts tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenizerChoice {
    /// That of GPT-4, 100,000 tokens; inside the program.
    #[default]
    Cl100kBase,
    /// That of GPT-4o, 200,000 tokens, fewer of them for Chinese; inside the program.
    O200kBase,
    /// That of any model: the path of its `tokenizer.json`.
    File(String),
}

/// A tokenizer, loaded.
#[derive(Debug, Clone)]
pub(super) enum Counter {
    Cl100kBase,
    O200kBase,
    File(Pieces),
}

impl Counter {
    pub(super) fn load(choice: &TokenizerChoice) -> Result<Self, PiecesError> {
        Ok(match choice {
            TokenizerChoice::Cl100kBase => Self::Cl100kBase,
            TokenizerChoice::O200kBase => Self::O200kBase,
            TokenizerChoice::File(path) => Self::File(Pieces::load(Path::new(path))?),
        })
    }

    /// Number of tokens of a text; marks such as `<|endoftext|>` are text for those inside the program.
    pub(super) fn count(&self, text: &str) -> Result<usize, NoPieces> {
        match self {
            Self::Cl100kBase => Ok(byte_pairs::count(cl100k_base(), byte_pairs::cl100k_end, 0, text)),
            Self::O200kBase => Ok(byte_pairs::count(o200k_base(), byte_pairs::o200k_end, 1, text)),
            Self::File(pieces) => pieces.count(text),
        }
    }

    /// Digest of the file, where there is one.
    pub(super) fn digest(&self) -> Option<&str> {
        match self {
            Self::File(pieces) => Some(pieces.digest()),
            Self::Cl100kBase | Self::O200kBase => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pieces::tests::{words, write};

    #[test]
    fn counts_are_those_of_the_published_tokenizers() {
        // As tiktoken 0.12 counts them.
        let cases = [("hello world", 2, 2), ("", 0, 0), ("tiktoken is great!", 6, 6), ("お誕生日おめでとう", 9, 8)];
        for (text, cl100k, o200k) in cases {
            assert_eq!(Counter::Cl100kBase.count(text), Ok(cl100k), "{text}");
            assert_eq!(Counter::O200kBase.count(text), Ok(o200k), "{text}");
        }
    }

    #[test]
    fn a_file_counts_its_own_tokens() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = write(folder.path(), &words(&["hello"], true)).display().to_string();
        let counter = Counter::load(&TokenizerChoice::File(path)).expect("readable");
        assert_eq!(counter.count("Hello, world"), Ok(3));
        assert!(counter.digest().is_some() && Counter::Cl100kBase.digest().is_none());
        assert!(Counter::load(&TokenizerChoice::File("none.json".to_owned())).is_err());
    }
}

use bpe_openai::{Tokenizer, cl100k_base, o200k_base};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A byte-pair tokenizer that is inside the program.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenizerName {
    /// That of GPT-4, 100,000 tokens.
    #[default]
    Cl100kBase,
    /// That of GPT-4o, 200,000 tokens; fewer of them for Chinese.
    O200kBase,
}

impl TokenizerName {
    /// Number of tokens of a text; marks such as `<|endoftext|>` are text.
    pub fn count(self, text: &str) -> usize {
        self.tokenizer().count(text)
    }

    fn tokenizer(self) -> &'static Tokenizer {
        match self {
            Self::Cl100kBase => cl100k_base(),
            Self::O200kBase => o200k_base(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_the_published_tokenizers() {
        // As tiktoken 0.12 counts them.
        let cases = [("hello world", 2, 2), ("", 0, 0), ("tiktoken is great!", 6, 6), ("お誕生日おめでとう", 9, 8)];
        for (text, cl100k, o200k) in cases {
            assert_eq!(TokenizerName::Cl100kBase.count(text), cl100k, "{text}");
            assert_eq!(TokenizerName::O200kBase.count(text), o200k, "{text}");
        }
    }
}

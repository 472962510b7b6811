use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a text becomes the words, separated by blanks, that a model of words sees. A model must be used with the form
/// that it was trained with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tokens {
    /// The text as it is: words are what stands between blanks, as fastText and `KenLM` read it. For models trained
    /// elsewhere on such text.
    #[default]
    Blanks,
    /// Lower case, punctuation and symbols apart from words, and every character of a script without blanks between
    /// words (Han, Kana, Thai, Lao, Khmer, Myanmar) a word of its own.
    Words,
    /// As `words`, but runs of Han characters are cut by jieba (dictionary only), as `ChineseWebText` does it.
    Jieba,
}

impl Tokens {
    /// Its name in configurations and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blanks => "blanks",
            Self::Words => "words",
            Self::Jieba => "jieba",
        }
    }

    /// `text` in this form; `buffer` holds it where it differs.
    pub fn apply<'a>(self, text: &'a str, buffer: &'a mut String) -> &'a str {
        if self == Self::Blanks {
            return text;
        }
        buffer.clear();
        buffer.reserve(text.len() + text.len() / 4);
        let mut writer = Writer { buffer, word: false };
        match self {
            Self::Jieba => jieba_runs(text, &mut writer),
            _ => text.chars().for_each(|char| writer.push(char)),
        }
        buffer
    }
}

/// Puts blanks between tokens.
struct Writer<'a> {
    buffer: &'a mut String,
    /// Whether the last character belongs to a word that may go on.
    word: bool,
}

impl Writer<'_> {
    fn push(&mut self, char: char) {
        if char.is_ascii_alphanumeric() {
            self.begin(true);
            self.buffer.push(char.to_ascii_lowercase());
        } else if char.is_whitespace() {
            self.word = false;
        } else if char.is_ascii() || alone(char) || !joins(char) {
            self.begin(false);
            self.buffer.push(char);
        } else {
            self.begin(true);
            self.buffer.extend(char.to_lowercase());
        }
    }

    /// A blank before the next character, unless it goes on with a word.
    fn begin(&mut self, word: bool) {
        let goes_on = word && self.word;
        if !goes_on && !self.buffer.is_empty() {
            self.buffer.push(' ');
        }
        self.word = word;
    }

    fn token(&mut self, token: &str) {
        self.begin(false);
        self.buffer.push_str(token);
    }
}

/// Whether a character is part of words: letters, digits and the marks that are written on them.
fn joins(char: char) -> bool {
    char.is_alphanumeric()
        || matches!(char, '\u{0300}'..='\u{036F}' | '\u{0900}'..='\u{0DFF}' | '\u{0591}'..='\u{06ED}')
}

pub(crate) fn is_han(char: char) -> bool {
    matches!(char, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3134F}')
}

/// Whether a character belongs to a script that puts no blanks between words.
fn alone(char: char) -> bool {
    is_han(char)
        || matches!(char, '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{FF66}'..='\u{FF9D}')
        || matches!(char, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}')
}

/// Longest run that the dictionary cuts at once: its memory grows with the run.
const LONGEST_RUN: usize = 16 << 10;

fn jieba_runs(text: &str, writer: &mut Writer<'_>) {
    let jieba = crate::cut::jieba();
    let mut run = String::new();
    let flush = |run: &mut String, writer: &mut Writer<'_>| {
        jieba.cut(run, false).into_iter().for_each(|token| writer.token(token.word));
        run.clear();
    };
    for char in text.chars() {
        if is_han(char) && run.len() < LONGEST_RUN {
            run.push(char);
            continue;
        }
        flush(&mut run, writer);
        if is_han(char) { run.push(char) } else { writer.push(char) }
    }
    flush(&mut run, writer);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(tokens: Tokens, text: &str) -> String {
        tokens.apply(text, &mut String::new()).to_owned()
    }

    #[test]
    fn blanks_changes_nothing() {
        assert_eq!(of(Tokens::Blanks, " A,b\n中文 "), " A,b\n中文 ");
    }

    #[test]
    fn words_are_lower_case_without_punctuation_and_characters_alone() {
        assert_eq!(of(Tokens::Words, "  Don't PANIC!\n42km "), "don ' t panic ! 42km");
        assert_eq!(of(Tokens::Words, "ÉTÉ à Köln…"), "été à köln …");
        assert_eq!(of(Tokens::Words, "我爱Rust语言。カナ"), "我 爱 rust 语 言 。 カ ナ");
        assert_eq!(of(Tokens::Words, "한국어 텍스트"), "한국어 텍스트");
        assert_eq!(of(Tokens::Words, ""), "");
    }

    #[test]
    fn jieba_cuts_han_only() {
        assert_eq!(of(Tokens::Jieba, "我们爱Rust编程。"), "我们 爱 rust 编程 。");
        let long = "中".repeat(20_000);
        assert_eq!(of(Tokens::Jieba, &long).split(' ').map(|token| token.chars().count()).sum::<usize>(), 20_000);
    }

    #[test]
    fn tokens_of_tokens_are_the_same_words() {
        for text in ["A b-c 中文、テスト", "x  y\tz", "ไทย ok"] {
            let once = of(Tokens::Words, text);
            assert_eq!(of(Tokens::Words, &once), once);
        }
    }
}

//! Rules for single lines: each looks at one line and keeps it, shortens it or deletes it.

mod boilerplate;
mod counter;
mod navigation;
mod numeric;
mod one_word;
mod short_chinese;
mod symbols;
mod truncated_end;
mod uppercase;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rule for lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineRule {
    /// Deletes lines of which more than half of the letters and digits are upper-case letters (`RefinedWeb`; bound as
    /// DCLM's).
    Uppercase,
    /// Deletes lines of nothing but digits, with or without punctuation (`RefinedWeb`).
    Numeric,
    /// Deletes counters such as `3 likes` and `1.2K followers` (`RefinedWeb`; words as DCLM's).
    Counter,
    /// Deletes lines of a single word (`RefinedWeb`); Chinese, which has no spaces, is left alone.
    OneWord,
    /// Cuts `sign-in` at the start, `read more...` at the end and `items in cart` out of lines of at most 10 words
    /// (`RefinedWeb`).
    Navigation,
    /// Deletes lines of nothing but `|` and white space, the rests of tables (`FineWeb-2`).
    Symbols,
    /// Deletes lines with what C4 takes for boilerplate (`javascript`, terms, cookies, privacy policies), and lines
    /// that are a Chinese page's navigation (`上一篇：…`, `返回顶部`).
    Boilerplate,
    /// Deletes lines with fewer than 10 Chinese characters (MNBVC's web rules); for Chinese documents only.
    ShortChinese,
    /// Cuts an unfinished last sentence: what follows the last sentence end of a line that has one (`WuDao`,
    /// `FlagData`).
    TruncatedEnd,
}

impl LineRule {
    /// Every rule, in the order in which lists show them.
    pub const ALL: [Self; 9] = [
        Self::Uppercase,
        Self::Numeric,
        Self::Counter,
        Self::OneWord,
        Self::Navigation,
        Self::Symbols,
        Self::Boilerplate,
        Self::ShortChinese,
        Self::TruncatedEnd,
    ];

    /// Its name in the pipeline file and in the ledger.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uppercase => "uppercase",
            Self::Numeric => "numeric",
            Self::Counter => "counter",
            Self::OneWord => "one_word",
            Self::Navigation => "navigation",
            Self::Symbols => "symbols",
            Self::Boilerplate => "boilerplate",
            Self::ShortChinese => "short_chinese",
            Self::TruncatedEnd => "truncated_end",
        }
    }

    /// What the rule does with a line that is not blank.
    pub fn judge(self, line: &str) -> Verdict {
        match self {
            Self::Uppercase => uppercase::judge(line),
            Self::Numeric => numeric::judge(line),
            Self::Counter => counter::judge(line),
            Self::OneWord => one_word::judge(line),
            Self::Navigation => navigation::judge(line),
            Self::Symbols => symbols::judge(line),
            Self::Boilerplate => boilerplate::judge(line),
            Self::ShortChinese => short_chinese::judge(line),
            Self::TruncatedEnd => truncated_end::judge(line),
        }
    }
}

/// What becomes of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It stays as it is.
    Keep,
    /// It goes.
    Delete,
    /// This shorter line takes its place.
    Shorten(String),
}

impl Verdict {
    fn delete_if(condition: bool) -> Self {
        if condition { Self::Delete } else { Self::Keep }
    }
}

/// A text after its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleanLines {
    /// The text; `None` where nothing changed.
    pub text: Option<String>,
    /// Words before, and of these deleted: what white space separates, each Chinese character one.
    pub words: u64,
    /// Words deleted.
    pub deleted_words: u64,
    /// Characters deleted by each rule of the list, in its order.
    pub deleted_chars: Vec<(LineRule, u64)>,
}

/// `text` with `rules` applied to each line, in order, until none has anything more to do with it. Blank lines stay.
pub fn clean_lines(text: &str, rules: &[LineRule]) -> CleanLines {
    let mut deleted_chars: Vec<(LineRule, u64)> = rules.iter().map(|rule| (*rule, 0)).collect();
    let mut output = String::new();
    let (mut words, mut deleted_words, mut changed) = (0, 0, false);
    for line in text.split('\n') {
        let before = words_of(line);
        words += before;
        match judged(line, &mut deleted_chars) {
            Verdict::Keep => push_line(&mut output, line),
            Verdict::Shorten(rest) => {
                changed = true;
                deleted_words += before - words_of(&rest).min(before);
                push_line(&mut output, &rest);
            }
            Verdict::Delete => {
                changed = true;
                deleted_words += before;
            }
        }
    }
    // Each kept line is followed by a line feed, which the last one has not.
    output.pop();
    CleanLines { text: changed.then_some(output), words, deleted_words, deleted_chars }
}

fn push_line(output: &mut String, line: &str) {
    output.push_str(line);
    output.push('\n');
}

/// What all rules together do with `line`; adds the characters that each deletes.
fn judged(line: &str, deleted: &mut [(LineRule, u64)]) -> Verdict {
    if line.trim().is_empty() {
        return Verdict::Keep;
    }
    let mut current: Option<String> = None;
    loop {
        let mut shortened = false;
        for (rule, deleted) in &mut *deleted {
            let now = current.as_deref().unwrap_or(line);
            let length = |line: &str| line.chars().count() as u64;
            match rule.judge(now) {
                Verdict::Keep => {}
                Verdict::Shorten(rest) if !rest.trim().is_empty() => {
                    *deleted += length(now) - length(&rest).min(length(now));
                    shortened = true;
                    current = Some(rest);
                }
                Verdict::Shorten(_) | Verdict::Delete => {
                    *deleted += length(now) + 1;
                    return Verdict::Delete;
                }
            }
        }
        if !shortened {
            return current.map_or(Verdict::Keep, Verdict::Shorten);
        }
    }
}

/// Words of a line: what white space separates, each Chinese character one.
fn words_of(line: &str) -> u64 {
    let (mut words, mut inside) = (0, false);
    for char in line.chars() {
        if is_chinese(char) {
            words += 1;
            inside = false;
        } else if char.is_whitespace() {
            inside = false;
        } else if !inside {
            words += 1;
            inside = true;
        }
    }
    words
}

/// A Chinese character: the blocks in which modern text is written.
fn is_chinese(char: char) -> bool {
    matches!(char, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_go_and_the_rest_stays() {
        let text = "A first line of text.\n3 likes\n\nSign-in Read more...\nRead on here. Read more...\nLast line.";
        let clean = clean_lines(text, &[LineRule::Counter, LineRule::Navigation]);
        assert_eq!(clean.text.as_deref(), Some("A first line of text.\n\nRead on here.\nLast line."));
        assert_eq!((clean.words, clean.deleted_words), (17, 7));
        assert_eq!(clean.deleted_chars, [(LineRule::Counter, 8), (LineRule::Navigation, 34)]);
        assert_eq!(clean_lines("Nothing to do here.\n", &[LineRule::OneWord]).text, None);
        assert_eq!(clean_lines("", &LineRule::ALL).text, None);
        assert_eq!(clean_lines("5 likes\n", &[LineRule::Counter]).text.as_deref(), Some(""));
    }

    #[test]
    fn rules_see_what_others_left_of_a_line() {
        let clean = clean_lines("Home read more...\nand on", &[LineRule::OneWord, LineRule::Navigation]);
        assert_eq!(clean.text.as_deref(), Some("and on"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn twice_is_once(
            text in "(a|B|7|,|\\.|。|中| |\\n|\\||likes|Read more\\.\\.\\.|sign-in|items in cart\\.|javascript|展开){0,40}",
            picked in proptest::sample::subsequence(LineRule::ALL.to_vec(), 0..=9).prop_shuffle(),
        ) {
            let once = clean_lines(&text, &picked);
            let left = once.text.as_deref().unwrap_or(&text);
            let twice = clean_lines(left, &picked);
            prop_assert_eq!(&twice.text, &None);
            prop_assert!(once.deleted_words <= once.words);
            prop_assert_eq!(twice.words, once.words - once.deleted_words);
        }
    }
}

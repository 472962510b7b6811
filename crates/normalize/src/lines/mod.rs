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

pub use symbols::SymbolLines;

/// A rule for lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineRule {
    /// Deletes lines of which more than half of the letters and digits are upper-case letters (`RefinedWeb`; bound as
    /// DCLM's).
    Uppercase,
    /// Deletes lines of nothing but digits, with or without punctuation (`RefinedWeb`); rows of a table stay.
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
    /// `FlagData`). The point of a list's number, of a decimal or an abbreviation ends none; a line stays where a
    /// quotation, a bracket, a question or an ellipsis leaves it open, and a table's row always.
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

    /// Decides about a line that is not blank and has these `around` it.
    pub fn judge(self, line: &str, around: Around<'_>) -> Verdict {
        match self {
            Self::Uppercase => uppercase::judge(line),
            Self::Numeric => numeric::judge(line, around),
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

/// The lines before and after a line; `None` at the ends of the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Around<'t> {
    /// The line before.
    pub before: Option<&'t str>,
    /// The line after.
    pub after: Option<&'t str>,
}

/// The decision about a line.
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
    clean_lines_leaving(text, rules, SymbolLines::Nothing)
}

/// The same; `symbols` takes the place of lines that the rule of this name deletes.
pub fn clean_lines_leaving(text: &str, rules: &[LineRule], symbols: SymbolLines) -> CleanLines {
    let mut deleted_chars: Vec<(LineRule, u64)> = rules.iter().map(|rule| (*rule, 0)).collect();
    let mut clean = pass(text, symbols, &mut deleted_chars);
    // A rule may look at the lines around, and those may be gone now. Each pass makes the text shorter, so this ends.
    let mut settled = clean.text.is_none();
    while !settled {
        let again = pass(clean.text.as_deref().unwrap_or_default(), symbols, &mut deleted_chars);
        settled = again.text.is_none();
        clean.deleted_words += again.deleted_words;
        clean.text = again.text.or(clean.text);
    }
    CleanLines { deleted_chars, ..clean }
}

/// One pass over all lines; adds the characters that each rule deletes.
fn pass(text: &str, symbols: SymbolLines, deleted_chars: &mut [(LineRule, u64)]) -> CleanLines {
    let mut output = String::new();
    let (mut words, mut deleted_words, mut changed, mut in_symbols) = (0, 0, false, false);
    let mut around = Around::default();
    let mut lines = text.split('\n').peekable();
    while let Some(line) = lines.next() {
        around.after = lines.peek().copied();
        let before = words_of(line);
        words += before;
        let judged = judged(line, around, deleted_chars);
        let is_symbols = judged == Judged::Delete(LineRule::Symbols);
        match judged {
            Judged::Keep => push_line(&mut output, line),
            Judged::Shorten(rest) => {
                changed = true;
                deleted_words += before - words_of(&rest).min(before);
                push_line(&mut output, &rest);
            }
            Judged::Delete(_) => {
                changed = true;
                deleted_words += before;
                if is_symbols && !in_symbols && symbols == SymbolLines::Paragraph {
                    push_line(&mut output, "\n");
                }
            }
        }
        in_symbols = is_symbols;
        around.before = Some(line);
    }
    // Each kept line is followed by a line feed, which the last one has not.
    output.pop();
    CleanLines { text: changed.then_some(output), words, deleted_words, deleted_chars: Vec::new() }
}

fn push_line(output: &mut String, line: &str) {
    output.push_str(line);
    output.push('\n');
}

/// What all rules together do with a line.
#[derive(Debug, PartialEq, Eq)]
enum Judged {
    Keep,
    Shorten(String),
    Delete(LineRule),
}

/// Judges `line`; adds the characters that each rule deletes.
fn judged(line: &str, around: Around<'_>, deleted: &mut [(LineRule, u64)]) -> Judged {
    if line.trim().is_empty() {
        return Judged::Keep;
    }
    let mut current: Option<String> = None;
    loop {
        let mut shortened = false;
        for (rule, deleted) in &mut *deleted {
            let now = current.as_deref().unwrap_or(line);
            let length = |line: &str| line.chars().count() as u64;
            match rule.judge(now, around) {
                Verdict::Keep => {}
                Verdict::Shorten(rest) if !rest.trim().is_empty() => {
                    *deleted += length(now) - length(&rest).min(length(now));
                    shortened = true;
                    current = Some(rest);
                }
                Verdict::Shorten(_) | Verdict::Delete => {
                    *deleted += length(now) + 1;
                    return Judged::Delete(*rule);
                }
            }
        }
        if !shortened {
            return current.map_or(Judged::Keep, Judged::Shorten);
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

    #[test]
    fn rows_of_bars_leave_a_paragraph_where_asked_for() {
        let leaving = |text: &str, symbols| clean_lines_leaving(text, &[LineRule::Symbols], symbols).text;
        // What datatrove's `SymbolLinesFormatter(["|"], "\n")` makes of these.
        for (text, expected) in
            [("a\n|\n| |\nb", "a\n\n\nb"), ("a\n|\n\n|\nb", "a\n\n\n\n\n\nb"), ("|\na", "\n\na"), ("a\n||", "a\n\n")]
        {
            assert_eq!(leaving(text, SymbolLines::Paragraph).as_deref(), Some(expected), "{text:?}");
            assert_eq!(leaving(expected, SymbolLines::Paragraph), None);
        }
        assert_eq!(leaving("a\n|\n| |\nb", SymbolLines::Nothing).as_deref(), Some("a\nb"));
        assert_eq!(leaving("a | b\n \nc", SymbolLines::Paragraph), None);
    }

    #[test]
    fn chinese_poems_lists_headings_dialogue_and_tables_stay() {
        let rules: Vec<LineRule> = LineRule::ALL.into_iter().filter(|rule| *rule != LineRule::ShortChinese).collect();
        for text in [
            "床前明月光\n疑是地上霜\n举头望明月\n低头思故乡",
            "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。",
            "步骤：\n1. 打开阀门\n2. 放水\n3. 关闭阀门\n完成。",
            "年份 产量\n2019 120\n2020 135\n2021 150",
            "第一章\n总则\n第一条 为了规范管理，制定本办法。",
            "“你来了？”她问\n“来了。”他说，“路上有雨。”",
            "目录\n一、总则\n（二）职责",
        ] {
            assert_eq!(clean_lines(text, &rules).text, None, "{text}");
        }
    }

    #[test]
    fn a_row_whose_neighbours_go_is_judged_again() {
        // The header is upper case; what is left of the table is one line of numbers.
        let clean = clean_lines("YEAR\tTONS\n2019\t120\nend of it", &[LineRule::Uppercase, LineRule::Numeric]);
        assert_eq!(clean.text.as_deref(), Some("end of it"));
        assert_eq!((clean.words, clean.deleted_words), (7, 4));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn twice_is_once(
            text in "(a|B|7|7 |\t|,|\\.|\\. |。|？|”|…|中| |\\n|\\||Dr|likes|Read more\\.\\.\\.|sign-in|items in cart\\.|javascript|展开){0,40}",
            paragraph in any::<bool>(),
            picked in proptest::sample::subsequence(LineRule::ALL.to_vec(), 0..=9).prop_shuffle(),
        ) {
            let symbols = if paragraph { SymbolLines::Paragraph } else { SymbolLines::Nothing };
            let once = clean_lines_leaving(&text, &picked, symbols);
            let left = once.text.as_deref().unwrap_or(&text);
            let twice = clean_lines_leaving(left, &picked, symbols);
            prop_assert_eq!(&twice.text, &None);
            prop_assert!(once.deleted_words <= once.words);
            prop_assert_eq!(twice.words, once.words - once.deleted_words);
        }
    }
}

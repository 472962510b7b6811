use super::*;
use crate::WordSplitter;

fn none() -> FinewebQuality {
    FinewebQuality {
        min_punctuated_line_ratio: None,
        keep_without_punctuation: false,
        max_short_line_ratio: None,
        short_line_chars: 30,
        max_repeated_line_char_ratio: None,
        max_newline_word_ratio: None,
    }
}

fn reason(config: &FinewebQuality, text: &str) -> Option<&'static str> {
    let rule = config.build().expect("valid bounds");
    rule.decide(&Measures::new(text, WordSplitter::Whitespace)).map(|found| found.reason.code)
}

/// `count` lines `first` and the rest of `all` lines `other`, each with its number.
fn lines(first: &str, count: usize, other: &str, all: usize) -> String {
    let line = |number: usize| format!("{number}{}", if number < count { first } else { other });
    (0..all).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_bound_is_kept_when_reached_and_broken_one_step_beyond() {
    let ends = FinewebQuality { min_punctuated_line_ratio: Some(0.12), ..none() };
    assert_eq!(reason(&ends, &lines(" ends.", 12, " ends not", 100)), None);
    assert_eq!(reason(&ends, &lines(" 完。", 11, " ends not", 100)), Some("too_few_lines_end_a_sentence"));
    let short = FinewebQuality { max_short_line_ratio: Some(0.67), ..none() };
    let long = "a line that has more than thirty characters";
    assert_eq!(reason(&short, &lines(" short", 67, long, 100)), None);
    assert_eq!(reason(&short, &lines(" short", 68, long, 100)), Some("too_many_short_lines"));
    let repeated = FinewebQuality { max_repeated_line_char_ratio: Some(0.1), ..none() };
    assert_eq!(reason(&repeated, "ab\nab\nabcdefghijklmnop"), None, "2 of 20");
    assert_eq!(reason(&repeated, "ab\nab\nabcdefghijklmno"), Some("too_many_repeated_line_chars"));
    let breaks = FinewebQuality { max_newline_word_ratio: Some(0.3), ..none() };
    assert_eq!(reason(&breaks, "a b c d e f g\nh\ni\nj"), None);
    assert_eq!(reason(&breaks, "a b c d e f\ng\nh\ni"), Some("too_many_line_breaks"));
}

#[test]
fn a_line_of_thirty_characters_is_short() {
    let all_short = FinewebQuality { max_short_line_ratio: Some(0.99), ..none() };
    assert_eq!(reason(&all_short, &"字".repeat(30)), Some("too_many_short_lines"));
    assert_eq!(reason(&all_short, &"字".repeat(31)), None);
}

#[test]
fn blank_texts_and_texts_without_punctuation() {
    for blank in ["", " \n\t\n", "\u{3000}"] {
        assert_eq!(reason(&none(), blank), Some("no_line"));
    }
    let ends = FinewebQuality { min_punctuated_line_ratio: Some(0.12), ..none() };
    assert_eq!(reason(&ends, "no end"), Some("too_few_lines_end_a_sentence"));
    assert_eq!(reason(&FinewebQuality { keep_without_punctuation: true, ..ends }, "no end"), None);
}

#[test]
fn the_published_bounds_differ_from_the_code_in_one() {
    assert_eq!(FinewebQuality::default().max_repeated_line_char_ratio, Some(0.01));
    let config = FinewebQuality { max_newline_word_ratio: Some(-0.1), ..none() };
    assert_eq!(config.build().expect_err("below 0").field(), Some("max_newline_word_ratio"));
}

proptest::proptest! {
    #[test]
    fn words_are_only_left_uncounted_where_they_are_enough(text in "([ab1.,\n\t ]|中|é|don't|\u{3000}){0,60}", max in 0.0..2.0_f64) {
        if has_words_enough(&text, max) {
            for words in [
                WordSplitter::Whitespace,
                WordSplitter::Unicode,
                WordSplitter::SpacyEn,
                WordSplitter::Jieba,
                WordSplitter::Character,
            ] {
                let document = Measures::new(&text, words);
                proptest::prop_assert!(newline_ratio(&document) <= max, "{:?} {}", text, newline_ratio(&document));
            }
        }
    }
}

use super::*;
use crate::WordSplitter;

fn none() -> GopherRepetition {
    GopherRepetition {
        max_duplicate_paragraph_ratio: None,
        max_duplicate_paragraph_char_ratio: None,
        max_duplicate_line_ratio: None,
        max_duplicate_line_char_ratio: None,
        max_top_2gram_char_ratio: None,
        max_top_3gram_char_ratio: None,
        max_top_4gram_char_ratio: None,
        max_duplicate_5gram_char_ratio: None,
        max_duplicate_6gram_char_ratio: None,
        max_duplicate_7gram_char_ratio: None,
        max_duplicate_8gram_char_ratio: None,
        max_duplicate_9gram_char_ratio: None,
        max_duplicate_10gram_char_ratio: None,
    }
}

fn found(config: &GopherRepetition, text: &str) -> Option<(&'static str, f64, f64)> {
    let rule = config.build().expect("valid bounds");
    rule.decide(&Measures::new(text, WordSplitter::Whitespace))
        .map(|found| (found.reason.code, found.value, found.bound))
}

/// `repeated` equal parts among `all`, with `between` between them.
fn parts(repeated: usize, all: usize, between: &str) -> String {
    let different = (repeated..all).map(|part| format!("part number {part:03}"));
    let same = std::iter::repeat_n("part number aaa".to_owned(), repeated);
    different.chain(same).collect::<Vec<_>>().join(between)
}

#[test]
fn repeated_paragraphs_and_lines_at_and_beyond_their_bounds() {
    let paragraphs = GopherRepetition { max_duplicate_paragraph_ratio: Some(0.3), ..none() };
    // Of four equal ones, three repeat.
    assert_eq!(found(&paragraphs, &parts(4, 10, "\n\n")), None);
    assert_eq!(found(&paragraphs, &parts(5, 10, "\n\n\n")), Some(("too_many_duplicate_paragraphs", 0.4, 0.3)));
    assert_eq!(found(&paragraphs, &parts(5, 10, "\n")), None, "lines are no paragraphs");
    let lines = GopherRepetition { max_duplicate_line_ratio: Some(0.3), ..none() };
    assert_eq!(found(&lines, &parts(4, 10, "\n")), None);
    assert_eq!(found(&lines, &parts(5, 10, "\n\n")), Some(("too_many_duplicate_lines", 0.4, 0.3)));
}

#[test]
fn characters_of_repeated_parts_are_of_the_whole_text() {
    // 3 characters repeated of 15, with the line feeds.
    let text = "abc\nabc\ndefghij";
    let exactly = GopherRepetition { max_duplicate_line_char_ratio: Some(0.2), ..none() };
    assert_eq!(found(&exactly, text), None);
    let below = GopherRepetition { max_duplicate_line_char_ratio: Some(0.199), ..none() };
    assert_eq!(found(&below, text), Some(("too_many_chars_in_duplicate_lines", 0.2, 0.199)));
    let paragraphs = GopherRepetition { max_duplicate_paragraph_char_ratio: Some(0.16), ..none() };
    let text = "abc\n\nabc\n\ndefgh 789";
    assert_eq!(found(&paragraphs, text), None, "3 of 19");
    let paragraphs = GopherRepetition { max_duplicate_paragraph_char_ratio: Some(0.15), ..none() };
    assert_eq!(found(&paragraphs, text), Some(("too_many_chars_in_duplicate_paragraphs", 3.0 / 19.0, 0.15)));
}

/// Sets one bound of the rule.
type Set = fn(&mut GopherRepetition, Option<f64>);

#[test]
fn each_ngram_has_its_own_bound() {
    let text = format!("{} {}", "one two three four five six seven eight nine ten ".repeat(2).trim(), "x".repeat(100));
    let chars = text.chars().count() as f64;
    // The runs of n different words that stand twice, with and without spaces.
    let top: [(Set, &str, f64); 3] = [
        (|config, bound| config.max_top_2gram_char_ratio = bound, "top_2gram_too_frequent", 14.0),
        (|config, bound| config.max_top_3gram_char_ratio = bound, "top_3gram_too_frequent", 26.0),
        (|config, bound| config.max_top_4gram_char_ratio = bound, "top_4gram_too_frequent", 36.0),
    ];
    let duplicate: [(Set, &str, f64); 6] = [
        (|config, bound| config.max_duplicate_5gram_char_ratio = bound, "too_many_duplicate_5grams", 39.0),
        (|config, bound| config.max_duplicate_6gram_char_ratio = bound, "too_many_duplicate_6grams", 22.0),
        (|config, bound| config.max_duplicate_7gram_char_ratio = bound, "too_many_duplicate_7grams", 27.0),
        (|config, bound| config.max_duplicate_8gram_char_ratio = bound, "too_many_duplicate_8grams", 32.0),
        (|config, bound| config.max_duplicate_9gram_char_ratio = bound, "too_many_duplicate_9grams", 36.0),
        (|config, bound| config.max_duplicate_10gram_char_ratio = bound, "too_many_duplicate_10grams", 39.0),
    ];
    for (set, code, repeated) in top.into_iter().chain(duplicate) {
        let mut config = none();
        set(&mut config, Some(repeated / chars));
        assert_eq!(found(&config, &text), None, "{code}");
        let bound = repeated / chars - 1e-9;
        set(&mut config, Some(bound));
        assert_eq!(found(&config, &text), Some((code, repeated / chars, bound)));
    }
}

#[test]
fn an_empty_text_is_dropped_and_a_bound_beyond_its_range_refused() {
    assert_eq!(found(&GopherRepetition::default(), ""), Some(("empty", 0.0, 1.0)));
    let config = GopherRepetition { max_top_3gram_char_ratio: Some(18.0), ..none() };
    assert_eq!(config.build().expect_err("no ratio").field(), Some("max_top_3gram_char_ratio"));
}

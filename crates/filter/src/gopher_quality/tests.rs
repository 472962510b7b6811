use proptest::prelude::*;

use super::*;
use crate::WordSplitter;
use crate::chars::{is_letter, is_punctuation, is_space};

fn signals(text: &str) -> GopherQualitySignals {
    GopherQuality::default().measure(&Measures::new(text, WordSplitter::Whitespace))
}

fn reason(rule: &GopherQuality, text: &str) -> Option<&'static str> {
    rule.decide(&rule.measure(&Measures::new(text, WordSplitter::Whitespace))).map(|finding| finding.reason.code)
}

/// All checks off but the one that a test is about.
fn only(change: impl FnOnce(&mut GopherQuality)) -> GopherQuality {
    let mut rule = GopherQuality {
        min_words: None,
        max_words: None,
        min_mean_word_chars: None,
        max_mean_word_chars: None,
        max_symbol_word_ratio: None,
        max_bullet_line_ratio: None,
        max_ellipsis_line_ratio: None,
        min_alpha_word_ratio: None,
        min_stop_words: None,
        ..GopherQuality::default()
    };
    change(&mut rule);
    rule
}

#[test]
fn every_bound_is_kept_when_reached_and_broken_one_step_beyond() {
    let published = GopherQuality::default();
    let words = |count: usize| "word ".repeat(count);
    let lines = |first: &str, count: usize| format!("{}{}", first.repeat(count), "plain\n".repeat(100 - count));
    let cases = [
        (only(|rule| rule.min_words = published.min_words), words(50), words(49), "too_few_words"),
        (only(|rule| rule.max_words = published.max_words), words(100_000), words(100_001), "too_many_words"),
        (
            only(|rule| rule.min_mean_word_chars = published.min_mean_word_chars),
            "ab abcd".to_owned(),
            "ab abcd ab".to_owned(),
            "mean_word_too_short",
        ),
        (
            only(|rule| rule.max_mean_word_chars = published.max_mean_word_chars),
            "abcdefghij".to_owned(),
            "abcdefghij abcdefghijk".to_owned(),
            "mean_word_too_long",
        ),
        (
            only(|rule| rule.max_symbol_word_ratio = published.max_symbol_word_ratio),
            format!("{}#x", words(9)),
            format!("{}##x", words(9)),
            "too_many_hashes",
        ),
        (
            only(|rule| rule.max_symbol_word_ratio = published.max_symbol_word_ratio),
            format!("{}x...", words(9)),
            format!("{}x...…", words(9)),
            "too_many_ellipses",
        ),
        (
            only(|rule| rule.max_bullet_line_ratio = published.max_bullet_line_ratio),
            lines("• item\n", 90),
            lines("- item\n", 91),
            "too_many_bullet_lines",
        ),
        (
            only(|rule| rule.max_ellipsis_line_ratio = published.max_ellipsis_line_ratio),
            lines("more...\n", 30),
            lines("more…\n", 31),
            "too_many_ellipsis_lines",
        ),
        (
            only(|rule| rule.min_alpha_word_ratio = published.min_alpha_word_ratio),
            format!("{}1 2", words(8)),
            format!("{}1 2 3", words(8)),
            "too_few_alphabetic_words",
        ),
        (
            only(|rule| rule.min_stop_words = published.min_stop_words),
            "the of".to_owned(),
            "the The the of, with.".to_owned(),
            "too_few_stop_words",
        ),
    ];
    for (rule, kept, dropped, code) in cases {
        assert_eq!(reason(&rule, &kept), None, "{code}");
        assert_eq!(reason(&rule, &dropped), Some(code));
        assert_eq!(reason(&only(|_| ()), &dropped), None, "{code} is off");
    }
}

#[test]
fn the_first_failed_check_is_the_reason() {
    // Fails every check but the upper bounds of words and lengths.
    let text = "#...\n- …\n";
    let mut rule = GopherQuality::default();
    let mut codes = Vec::new();
    let switch_off: [fn(&mut GopherQuality); 6] = [
        |rule| rule.min_words = None,
        |rule| rule.min_mean_word_chars = None,
        |rule| rule.max_symbol_word_ratio = None,
        |rule| rule.max_ellipsis_line_ratio = None,
        |rule| rule.min_alpha_word_ratio = None,
        |rule| rule.min_stop_words = None,
    ];
    for off in switch_off {
        codes.extend(reason(&rule, text));
        off(&mut rule);
    }
    assert_eq!(
        codes,
        [
            "too_few_words",
            "mean_word_too_short",
            "too_many_hashes",
            "too_many_ellipsis_lines",
            "too_few_alphabetic_words",
            "too_few_stop_words"
        ]
    );
    assert_eq!(reason(&rule, text), None);
}

#[test]
fn a_text_without_words_has_no_ratios() {
    for text in ["", " \n\t", "\u{3000}"] {
        let found = signals(text);
        assert_eq!(
            (found.words, found.mean_word_chars, found.hash_word_ratio, found.alpha_word_ratio),
            (0, 0.0, 0.0, 0.0)
        );
    }
}

#[test]
fn bad_parameters_are_named() {
    type Change = fn(&mut GopherQuality);
    let cases: [(Change, &str); 8] = [
        (|rule| rule.max_bullet_line_ratio = Some(1.1), "max_bullet_line_ratio"),
        (|rule| rule.max_ellipsis_line_ratio = Some(-0.1), "max_ellipsis_line_ratio"),
        (|rule| rule.min_alpha_word_ratio = Some(f64::NAN), "min_alpha_word_ratio"),
        (|rule| rule.max_symbol_word_ratio = Some(-1.0), "max_symbol_word_ratio"),
        (|rule| rule.min_words = Some(200_000), "min_words"),
        (|rule| rule.min_mean_word_chars = Some(11.0), "min_mean_word_chars"),
        (|rule| rule.stop_words = vec!["the".to_owned(); 2], "min_stop_words"),
        (|rule| rule.stop_words.clear(), "min_stop_words"),
    ];
    for (change, name) in cases {
        let mut rule = GopherQuality::default();
        change(&mut rule);
        assert_eq!(rule.build().expect_err(name).field(), Some(name));
    }
    let rule = GopherQuality { max_words: Some(50), max_mean_word_chars: Some(3.0), ..GopherQuality::default() };
    assert!(rule.build().is_ok(), "equal bounds leave a document to pass");
}

/// The definition, word by word and line by line, without any sharing.
fn naive(text: &str) -> GopherQualitySignals {
    let words: Vec<&str> = text.split(is_space).filter(|word| !word.is_empty()).collect();
    let counted: Vec<&&str> = words.iter().filter(|word| !word.chars().all(is_punctuation)).collect();
    let breaks = ['\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];
    let unified = text.replace("\r\n", "\n");
    let mut lines: Vec<&str> = unified.split(breaks).map(|line| line.trim_matches(is_space)).collect();
    if unified.is_empty() || unified.ends_with(breaks) {
        lines.pop();
    }
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let starts = |line: &&&str| line.starts_with('•') || line.starts_with('-');
    let ends = |line: &&&str| line.ends_with("...") || line.ends_with('…');
    GopherQualitySignals {
        words: counted.len() as u64,
        mean_word_chars: share(counted.iter().map(|word| word.chars().count()).sum(), counted.len()),
        hash_word_ratio: share(text.matches('#').count(), words.len()),
        ellipsis_word_ratio: share(text.matches("...").count() + text.matches('…').count(), words.len()),
        bullet_line_ratio: share(lines.iter().filter(starts).count(), lines.len()),
        ellipsis_line_ratio: share(lines.iter().filter(ends).count(), lines.len()),
        alpha_word_ratio: share(words.iter().filter(|word| word.chars().any(is_letter)).count(), words.len()),
        stop_words: DEFAULT_STOP_WORDS.iter().filter(|stop| words.contains(stop)).count() as u64,
    }
}

fn text() -> impl Strategy<Value = String> {
    let pieces = [
        "the",
        "The",
        "of",
        "with",
        "and",
        "word",
        "Übergröße",
        "中文",
        "1",
        "٣",
        "１",
        "Ⅷ",
        "#",
        "##x",
        ".",
        "...",
        "....",
        "…",
        "•",
        "-",
        "。",
        "!",
        "_",
        "\u{301}",
        "\u{e9}",
        " ",
        " ",
        " ",
        "\t",
        "\n",
        "\n",
        "\r\n",
        "\r",
        "\u{85}",
        "\u{a0}",
        "\u{3000}",
        "\u{2028}",
        "\u{1c}",
        "\u{1f}",
        "\0",
        "\u{7f}",
    ];
    let piece = prop_oneof![9 => proptest::sample::select(pieces.to_vec()).prop_map(str::to_owned), 1 => "\\PC"];
    proptest::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn signals_equal_the_naive_ones(text in text()) {
        prop_assert_eq!(signals(&text), naive(&text));
    }

    #[test]
    fn columns_and_decision_come_from_the_same_signals(text in text()) {
        let rule = GopherQuality::default();
        let built = rule.build().expect("published parameters are valid");
        let document = Measures::new(&text, WordSplitter::Whitespace);
        prop_assert_eq!(built.decide(&document), rule.decide(&naive(&text)));
        let columns = built.measure(&document);
        prop_assert_eq!(columns.len(), built.signals().len());
        prop_assert!(columns.iter().all(|value| value.is_finite()));
    }
}

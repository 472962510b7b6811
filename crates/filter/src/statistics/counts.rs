//! Statistics that count characters or words of a kind.

use std::collections::HashMap;
use std::hash::Hash;

use crate::Measures;
use crate::chars::{is_letter, is_punctuation, is_space};
use crate::measures::ratio;

/// Share of the characters of the text that are of a kind.
fn share(document: &Measures<'_>, kind: impl Fn(char) -> bool) -> f64 {
    ratio(count(document, kind), document.chars())
}

fn count(document: &Measures<'_>, kind: impl Fn(char) -> bool) -> u64 {
    document.text().chars().filter(|char| kind(*char)).count() as u64
}

/// Lines that are not blank.
pub(crate) fn text_lines<'a>(document: &Measures<'a>) -> impl Iterator<Item = &'a str> {
    document.text().split('\n').filter(|line| !line.chars().all(is_space))
}

pub(super) fn chars(document: &Measures<'_>) -> f64 {
    document.chars() as f64
}

pub(super) fn non_space_chars(document: &Measures<'_>) -> f64 {
    count(document, |char| !is_space(char)) as f64
}

pub(super) fn bytes(document: &Measures<'_>) -> f64 {
    document.text().len() as f64
}

pub(super) fn words(document: &Measures<'_>) -> f64 {
    document.words().len() as f64
}

pub(super) fn lines(document: &Measures<'_>) -> f64 {
    text_lines(document).count() as f64
}

pub(super) fn mean_word_chars(document: &Measures<'_>) -> f64 {
    let words = document.words();
    ratio(words.iter().map(|word| u64::from(word.chars)).sum(), words.len() as u64)
}

pub(super) fn longest_word_chars(document: &Measures<'_>) -> f64 {
    document.words().iter().map(|word| f64::from(word.chars)).fold(0.0, f64::max)
}

pub(super) fn mean_line_chars(document: &Measures<'_>) -> f64 {
    let (lines, chars) =
        text_lines(document).fold((0, 0), |(lines, chars), line| (lines + 1, chars + line.chars().count() as u64));
    ratio(chars, lines)
}

pub(super) fn longest_line_chars(document: &Measures<'_>) -> f64 {
    text_lines(document).map(|line| line.chars().count() as f64).fold(0.0, f64::max)
}

/// Characters of a long line (mC4; datatrove's `C4ParagraphFilter`).
const LONG_LINE_CHARS: usize = 200;

pub(super) fn long_lines(document: &Measures<'_>) -> f64 {
    text_lines(document).filter(|line| line.chars().nth(LONG_LINE_CHARS - 1).is_some()).count() as f64
}

pub(super) fn content_word_chars(document: &Measures<'_>) -> f64 {
    let content = document.words().iter().filter(|word| word.text.chars().all(is_letter));
    content.map(|word| f64::from(word.chars)).sum()
}

pub(super) fn alphanumeric_ratio(document: &Measures<'_>) -> f64 {
    share(document, char::is_alphanumeric)
}

pub(super) fn digit_ratio(document: &Measures<'_>) -> f64 {
    let digits = count(document, char::is_numeric);
    ratio(digits, count(document, |char| !is_space(char) && !is_punctuation(char)))
}

pub(super) fn uppercase_ratio(document: &Measures<'_>) -> f64 {
    share(document, char::is_uppercase)
}

pub(super) fn whitespace_ratio(document: &Measures<'_>) -> f64 {
    share(document, is_space)
}

pub(super) fn newline_ratio(document: &Measures<'_>) -> f64 {
    share(document, |char| char == '\n')
}

pub(super) fn punctuation_ratio(document: &Measures<'_>) -> f64 {
    share(document, is_punctuation)
}

pub(super) fn symbol_ratio(document: &Measures<'_>) -> f64 {
    share(document, |char| !char.is_alphanumeric() && !is_space(char) && !is_punctuation(char))
}

pub(super) fn curly_bracket_ratio(document: &Measures<'_>) -> f64 {
    share(document, |char| matches!(char, '{' | '}'))
}

pub(super) fn parenthesis_ratio(document: &Measures<'_>) -> f64 {
    share(document, |char| matches!(char, '(' | ')' | '（' | '）'))
}

pub(super) fn replacement_ratio(document: &Measures<'_>) -> f64 {
    ratio(count(document, |char| matches!(char, '\u{fffd}' | '□')), count(document, |char| !is_space(char)))
}

pub(super) fn chinese_ratio(document: &Measures<'_>) -> f64 {
    share(document, |char| ('\u{4e00}'..='\u{9fa5}').contains(&char))
}

pub(super) fn emoji_ratio(document: &Measures<'_>) -> f64 {
    share(
        document,
        |char| matches!(char, '\u{1f300}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{1f1e6}'..='\u{1f1ff}'),
    )
}

pub(super) fn unique_char_ratio(document: &Measures<'_>) -> f64 {
    ratio(counts(document.text().chars()).len() as u64, document.chars())
}

pub(super) fn unique_word_ratio(document: &Measures<'_>) -> f64 {
    let words = document.words();
    ratio(counts(words.iter().map(|word| word.text)).len() as u64, words.len() as u64)
}

pub(super) fn char_entropy(document: &Measures<'_>) -> f64 {
    entropy(document.text().chars()) / std::f64::consts::LN_2
}

pub(super) fn word_entropy(document: &Measures<'_>) -> f64 {
    entropy(document.words().iter().map(|word| word.text))
}

fn counts<T: Hash + Eq>(items: impl Iterator<Item = T>) -> HashMap<T, u64> {
    let mut counts = HashMap::new();
    items.for_each(|item| *counts.entry(item).or_default() += 1);
    counts
}

/// Entropy in nats. Summed in the order of the counts, so that the same text gives the same bits.
fn entropy<T: Hash + Eq>(items: impl Iterator<Item = T>) -> f64 {
    let mut counts: Vec<u64> = counts(items).into_values().collect();
    counts.sort_unstable();
    let all: u64 = counts.iter().sum();
    counts.iter().map(|count| ratio(*count, all)).map(|share| -share * share.ln()).sum::<f64>().abs()
}

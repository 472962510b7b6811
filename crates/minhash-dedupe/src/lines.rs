//! Keys of parts of documents: CCNet's paragraphs, lines, and C4's spans of sentences.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use crate::{NormalBuffer, Normalizer};

/// The key of a paragraph or line: the xxh3-64 of its normal form (CCNet takes the first 64 bits of its SHA-1; the keys
/// of one system mean nothing to the other). None if nothing is left of it.
pub fn line_key(normalizer: &Normalizer, line: &str, buffer: &mut NormalBuffer) -> Option<u64> {
    let normal = normalizer.normalize(line, buffer);
    (!normal.is_empty()).then(|| xxh3_64(normal.as_bytes()))
}

/// The lines of a text (cut at line feeds, each without it) with their byte ranges and keys. With
/// [`crate::Normalization::CCNET`] these are CCNet's paragraphs.
pub fn lines(normalizer: &Normalizer, text: &str) -> Vec<(Range<usize>, Option<u64>)> {
    let (mut start, mut buffer) = (0, NormalBuffer::default());
    let mut found = Vec::new();
    for line in text.split('\n') {
        let range = start..start + line.len();
        start = range.end + 1;
        found.push((range, line_key(normalizer, line, &mut buffer)));
    }
    found
}

/// The byte ranges of the sentences of a text, white space around them left out. A sentence ends at a line feed, at
/// `。！？；…` and their like, and at `. ! ?` (and closing quotation marks and brackets behind them) before white space.
/// It knows no abbreviations: C4 itself cuts with a trained splitter, so spans differ from C4's after an abbreviation.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut ending) = (0, false);
    for (at, character) in text.char_indices() {
        let cut = character == '\n' || ending && character.is_whitespace();
        ending =
            matches!(character, '.' | '!' | '?') || ending && matches!(character, '"' | '\'' | ')' | ']' | '”' | '’');
        let wide = matches!(character, '。' | '！' | '？' | '；' | '｡' | '։' | '۔' | '؟' | '।' | '॥' | '။' | '።');
        if cut || wide {
            let end = at + character.len_utf8();
            push_trimmed(text, start..end, &mut found);
            start = end;
        }
    }
    push_trimmed(text, start..text.len(), &mut found);
    found
}

fn push_trimmed(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let part = text.get(range.clone()).unwrap_or_default();
    let trimmed = part.trim_start();
    let start = range.end - trimmed.len();
    let trimmed = trimmed.trim_end();
    if !trimmed.is_empty() {
        found.push(start..start + trimmed.len());
    }
}

/// The keys of all spans of `length` neighbouring sentences (C4: 3), in order: one per sentence that has `length - 1`
/// behind it; the xxh3-64 of their normal forms with a line feed between. None if there are fewer sentences.
pub fn span_keys(normalizer: &Normalizer, text: &str, sentences: &[Range<usize>], length: usize) -> Vec<u64> {
    let (mut forms, mut starts, mut buffer) =
        (String::new(), Vec::with_capacity(sentences.len()), NormalBuffer::default());
    for sentence in sentences {
        starts.push(forms.len());
        forms.push_str(normalizer.normalize(text.get(sentence.clone()).unwrap_or_default(), &mut buffer));
        forms.push('\n');
    }
    let ends = starts.iter().skip(1).copied().chain([forms.len()]).skip(length.max(1) - 1);
    let key = |(start, end): (&usize, usize)| forms.as_bytes().get(*start..end).map(xxh3_64);
    starts.iter().zip(ends).filter_map(key).collect()
}

/// The sentences that belong to a repeated span: `repeated` says it of each key of [`span_keys`]. Sorted, each once.
pub fn repeated_sentences(keys: &[u64], length: usize, mut repeated: impl FnMut(u64) -> bool) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    for (first, key) in keys.iter().enumerate() {
        if repeated(*key) {
            let from = found.last().map_or(first, |last| first.max(last + 1));
            found.extend(from..first + length.max(1));
        }
    }
    found
}

/// `text` without `ranges`, which are in order and do not overlap. What lies between two parts that are cut stays.
pub fn cut(text: &str, ranges: impl IntoIterator<Item = Range<usize>>) -> String {
    let (mut kept, mut from) = (String::with_capacity(text.len()), 0);
    for range in ranges {
        kept.push_str(text.get(from..range.start).unwrap_or_default());
        from = range.end.max(from);
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Normalization;

    fn parts(text: &str) -> Vec<&str> {
        sentences(text).into_iter().map(|range| text.get(range).expect("a range of the text")).collect()
    }

    #[test]
    fn sentences_of_both_kinds() {
        assert_eq!(parts("One. Two!  (\"Three?\") 3.5 is\nfour"), ["One.", "Two!", "(\"Three?\")", "3.5 is", "four"]);
        assert_eq!(parts("今天好。明天呢？ 好；"), ["今天好。", "明天呢？", "好；"]);
        assert!(parts(" \n ").is_empty() && parts("").is_empty());
    }

    #[test]
    fn paragraphs_that_differ_in_digits_and_case_are_one() {
        let ccnet = Normalizer::new(Normalization::CCNET);
        let found = lines(&ccnet, "Page 12 \n\npage 34\nother");
        let keys: Vec<Option<u64>> = found.iter().map(|(_, key)| *key).collect();
        assert_eq!(keys.first(), keys.get(2));
        assert_eq!(keys.get(1), Some(&None));
        assert_ne!(keys.first(), keys.last());
        assert_eq!(found.last().map(|(range, _)| range.clone()), Some(18..23));
    }

    #[test]
    fn repeated_spans_are_cut() {
        let normalizer = Normalizer::new(Normalization::DATATROVE);
        let (first, second) = ("Own one. A b. C d. E f. Tail here.", "Else. A B! c d. e f. G h.");
        let keys = |text| span_keys(&normalizer, text, &sentences(text), 3);
        let (left, right) = (keys(first), keys(second));
        assert_eq!((left.len(), right.len()), (3, 3));
        assert_eq!(left.get(1), right.get(1));
        let gone = repeated_sentences(&left, 3, |key| right.contains(&key));
        assert_eq!(gone, [1, 2, 3]);
        let all = sentences(first);
        let ranges = gone.iter().filter_map(|place| all.get(*place).cloned());
        assert_eq!(cut(first, ranges), "Own one.    Tail here.");
        assert_eq!(repeated_sentences(&[1, 1, 0, 1], 3, |key| key == 1), [0, 1, 2, 3, 4, 5]);
        assert!(span_keys(&normalizer, "One. Two.", &sentences("One. Two."), 3).is_empty());
    }
}

//! Where a text is cut.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Bytes that are looked back for a place from which words or sentences are told.
const LOOK_BACK: usize = 1 << 12;

/// Where a cut may begin and end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Border {
    /// Between any two characters.
    #[default]
    Character,
    /// Between words (Unicode's, UAX #29): never inside a word; between any two characters of scripts without blanks.
    Word,
    /// Between sentences (UAX #29).
    Sentence,
    /// At the start of a line, or the end of the text.
    Line,
}

/// How repeats become cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cuts {
    /// Where a cut may begin and end. A repeat shrinks to the borders inside.
    pub border: Border,
    /// Text of fewer bytes between two cuts is cut too. Default 0: none.
    pub min_gap: usize,
}

impl Cuts {
    /// The ranges to cut out of `text`, where `repeats` (in order, none touching another) are repeats. All begin and end
    /// between characters, and none is empty.
    pub fn of(&self, text: &str, repeats: impl IntoIterator<Item = Range<usize>>) -> Vec<Range<usize>> {
        let mut cuts: Vec<Range<usize>> = Vec::new();
        for repeat in repeats {
            let start = self.border.after(text, repeat.start.min(text.len()));
            let end = self.border.before(text, repeat.end.min(text.len()));
            if start >= end {
                continue;
            }
            match cuts.last_mut() {
                Some(last) if start - last.end < self.min_gap => last.end = end,
                _ => cuts.push(start..end),
            }
        }
        cuts
    }

    /// `text` without `cuts`, which are in order.
    pub fn without(text: &str, cuts: &[Range<usize>]) -> String {
        let (mut left, mut from) = (String::with_capacity(text.len()), 0);
        for cut in cuts {
            left.push_str(text.get(from..cut.start).unwrap_or_default());
            from = cut.end;
        }
        left.push_str(text.get(from..).unwrap_or_default());
        left
    }
}

impl Border {
    /// The first border from `at` on.
    fn after(self, text: &str, at: usize) -> usize {
        let at = text.ceil_char_boundary(at);
        if at == 0 {
            return 0;
        }
        match self {
            Self::Character => at,
            Self::Line if text.as_bytes().get(at - 1) == Some(&b'\n') => at,
            Self::Line => text.get(at..).and_then(|rest| rest.find('\n')).map_or(text.len(), |feed| at + feed + 1),
            Self::Word | Self::Sentence => {
                let from = self.sure(text, at);
                self.each(text.get(from..).unwrap_or_default())
                    .map(|place| from + place)
                    .find(|place| *place >= at)
                    .unwrap_or(text.len())
            }
        }
    }

    /// The last border up to `at`.
    fn before(self, text: &str, at: usize) -> usize {
        let at = text.floor_char_boundary(at);
        if at == text.len() {
            return at;
        }
        match self {
            Self::Character => at,
            Self::Line => text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |feed| feed + 1),
            Self::Word | Self::Sentence => {
                let from = self.sure(text, at);
                let places = self.each(text.get(from..).unwrap_or_default()).map(|place| from + place);
                places.take_while(|place| *place <= at).last().unwrap_or(from)
            }
        }
    }

    /// A border at or before `at` that holds whatever comes before it: behind white space, behind a line feed, or, where
    /// there is none for long, some character.
    fn sure(self, text: &str, at: usize) -> usize {
        let earliest = text.floor_char_boundary(at.saturating_sub(LOOK_BACK));
        let before = text.get(earliest..at).unwrap_or_default();
        let is_sure = |character: char| match self {
            Self::Sentence => character == '\n',
            _ => character.is_whitespace(),
        };
        before
            .char_indices()
            .rfind(|(_, character)| is_sure(*character))
            .map_or(earliest, |(place, character)| earliest + place + character.len_utf8())
    }

    /// The borders in `text`, the end among them.
    fn each(self, text: &str) -> Box<dyn Iterator<Item = usize> + '_> {
        let starts: Box<dyn Iterator<Item = usize>> = match self {
            Self::Sentence => Box::new(text.split_sentence_bound_indices().map(|(place, _)| place)),
            _ => Box::new(text.split_word_bound_indices().map(|(place, _)| place)),
        };
        Box::new(starts.chain(std::iter::once(text.len())))
    }
}

#[cfg(test)]
mod tests {
    use std::iter::once;

    use super::*;

    fn cut(border: Border, text: &str, repeat: Range<usize>) -> Option<&str> {
        let cuts = Cuts { border, min_gap: 0 }.of(text, once(repeat));
        cuts.first().and_then(|cut| text.get(cut.clone()))
    }

    #[test]
    fn cuts_shrink_to_borders() {
        let text = "One two. Three fours\nfive. Six";
        assert_eq!(cut(Border::Character, text, 1..6), Some("ne tw"));
        assert_eq!(cut(Border::Word, text, 1..6), Some(" "));
        assert_eq!(cut(Border::Word, text, 0..7), Some("One two"));
        assert_eq!(cut(Border::Word, text, 1..20), Some(" two. Three fours"));
        assert_eq!(cut(Border::Sentence, text, 1..29), Some("Three fours\nfive. "));
        assert_eq!(cut(Border::Sentence, text, 0..text.len()), Some(text));
        assert_eq!(cut(Border::Line, text, 0..25), Some("One two. Three fours\n"));
        assert_eq!(cut(Border::Line, text, 1..25), None);
        assert_eq!(cut(Border::Line, text, 21..text.len()), Some("five. Six"));
        assert_eq!(cut(Border::Word, text, 1..3), None);
    }

    #[test]
    fn no_character_is_cut() {
        let text = "床前明月光。疑是地上霜";
        for start in 0..text.len() {
            for end in start..=text.len() {
                for border in [Border::Character, Border::Word, Border::Sentence, Border::Line] {
                    for found in (Cuts { border, min_gap: 0 }).of(text, once(start..end)) {
                        assert!(start <= found.start && found.end <= end && text.get(found).is_some());
                    }
                }
            }
        }
        assert_eq!(cut(Border::Character, text, 1..8), Some("前"));
        assert_eq!(cut(Border::Word, text, 1..9), Some("前明"), "each character of a script without blanks is a word");
        assert_eq!(cut(Border::Sentence, text, 3..text.len()), Some("疑是地上霜"));
    }

    #[test]
    fn short_text_between_cuts_goes_too() {
        let text = "0123456789";
        let cuts = |min_gap| Cuts { border: Border::Character, min_gap }.of(text, [0..3, 5..7, 9..10]);
        assert_eq!(cuts(2), [0..3, 5..7, 9..10]);
        assert_eq!(cuts(3), once(0..10).collect::<Vec<_>>());
        let word = Cuts { border: Border::Word, min_gap: 3 };
        assert_eq!(word.of("one two and six", [0..4, 6..12]), [0..4, 7..12]);
    }

    #[test]
    fn long_text_without_blanks_is_not_looked_through() {
        let text = "漢".repeat(1 << 20);
        for border in [Border::Word, Border::Sentence] {
            let found = Cuts { border, min_gap: 0 }.of(&text, once(1_000_001..2_000_000));
            assert!(found.iter().all(|range| range.start >= 1_000_001 && range.end <= 2_000_000));
        }
    }
}

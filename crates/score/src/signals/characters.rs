use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use icu_properties::CodePointSetData;
use icu_properties::props::{EmojiPresentation, GeneralCategory, GeneralCategoryGroup};

use super::mixed::Mixed;
use super::share;

/// What can be told of single characters.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Characters {
    pub(crate) all: usize,
    /// White space.
    pub(crate) spaces: usize,
    /// Decimal digits.
    pub(crate) digits: usize,
    /// Punctuation of Unicode.
    pub(crate) punctuation: usize,
    pub(crate) emoji: usize,
    /// `�` and `□`: what is left of characters that were lost.
    pub(crate) lost: usize,
    pub(crate) line_feeds: usize,
    /// The longest run of white space.
    pub(crate) longest_space: usize,
    /// Shannon entropy, bits.
    pub(crate) entropy: f64,
    /// Standard deviation of the code points.
    pub(crate) deviation: f64,
    /// Mean distance of neighbouring code points.
    pub(crate) distance: f64,
}

/// Characters of ASCII are counted in an array, others in a map.
const ASCII: usize = 128;

impl Characters {
    pub(crate) fn of(text: &str) -> Self {
        let mut found = Self::default();
        let mut counts = Counts::default();
        let (mut run, mut before) = (0, None);
        let (mut sum, mut squares, mut distances) = (0.0, 0.0, 0.0);
        for char in text.chars() {
            counts.add(char);
            let code = f64::from(u32::from(char));
            sum += code;
            squares += code * code;
            distances += before.map_or(0.0, |before: f64| (code - before).abs());
            before = Some(code);
            if char.is_whitespace() {
                found.line_feeds += usize::from(char == '\n');
                found.spaces += 1;
                run += 1;
                found.longest_space = found.longest_space.max(run);
            } else {
                run = 0;
                found.class(char);
            }
        }
        found.all = counts.all;
        if found.all > 0 {
            let all = found.all as f64;
            found.deviation = (squares / all - (sum / all).powi(2)).max(0.0).sqrt();
            found.distance = if found.all > 1 { distances / (all - 1.0) } else { 0.0 };
            found.entropy = counts.entropy();
        }
        found
    }

    fn class(&mut self, char: char) {
        if char.is_ascii() {
            self.digits += usize::from(char.is_ascii_digit());
            // The symbols of ASCII ($+<=>^`|~) are no punctuation in Unicode.
            let symbol = matches!(char, '$' | '+' | '<' | '=' | '>' | '^' | '`' | '|' | '~');
            self.punctuation += usize::from(char.is_ascii_punctuation() && !symbol);
            return;
        }
        if is_plain_letter(char) {
            return;
        }
        self.lost += usize::from(matches!(char, '\u{FFFD}' | '\u{25A1}'));
        let category = category(char);
        self.digits += usize::from(category == GeneralCategory::DecimalNumber);
        self.punctuation += usize::from(GeneralCategoryGroup::Punctuation.contains(category));
        self.emoji += usize::from(CodePointSetData::new::<EmojiPresentation>().contains(char));
    }

    /// Characters that are not white space.
    pub(crate) fn visible(&self) -> usize {
        self.all - self.spaces
    }

    pub(crate) fn share(&self, part: usize) -> f64 {
        share(part, self.all)
    }
}

/// Whether `char` stands in a large block of nothing but letters: Chinese characters, hangul.
fn is_plain_letter(char: char) -> bool {
    matches!(char, '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}')
}

pub(super) fn category(char: char) -> GeneralCategory {
    icu_properties::CodePointMapData::<GeneralCategory>::new().get(char)
}

#[derive(Debug)]
struct Counts {
    ascii: [usize; ASCII],
    others: HashMap<char, usize, BuildHasherDefault<Mixed>>,
    all: usize,
}

impl Default for Counts {
    fn default() -> Self {
        Self { ascii: [0; ASCII], others: HashMap::default(), all: 0 }
    }
}

impl Counts {
    fn add(&mut self, char: char) {
        self.all += 1;
        match self.ascii.get_mut(u32::from(char) as usize) {
            Some(count) => *count += 1,
            None => *self.others.entry(char).or_default() += 1,
        }
    }

    fn entropy(&self) -> f64 {
        let mut counts: Vec<usize> = self.ascii.iter().chain(self.others.values()).copied().collect();
        // Sums of floating-point numbers depend on their order, and that of the map is chance.
        counts.sort_unstable();
        let bits = |count: usize| {
            let share = count as f64 / self.all as f64;
            -share * share.log2()
        };
        counts.into_iter().filter(|count| *count > 0).map(bits).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_letters_are_of_no_other_class() {
        for char in ('\0'..=char::MAX).filter(|char| is_plain_letter(*char)) {
            let category = category(char);
            let emoji = CodePointSetData::new::<EmojiPresentation>().contains(char);
            assert!(category == GeneralCategory::OtherLetter && !emoji && !char.is_whitespace(), "{char:?}");
        }
    }

    #[test]
    fn characters_are_counted_by_class() {
        let found = Characters::of("a1, 。\n\t ٣😀�$");
        let Characters { all, spaces, digits, punctuation, emoji, lost, line_feeds, longest_space, .. } = found;
        assert_eq!((all, spaces, digits, punctuation), (12, 4, 2, 2));
        assert_eq!((emoji, lost, line_feeds, longest_space), (1, 1, 1, 3));
        assert_eq!(found.visible(), 8);
    }

    #[test]
    fn entropy_and_spread_are_those_of_their_formulas() {
        let found = Characters::of("aabb");
        assert!((found.entropy - 1.0).abs() < 1e-12);
        assert!((found.deviation - 0.5).abs() < 1e-9 && (found.distance - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(Characters::of("中中").entropy.to_bits() & !(1 << 63), 0);
        assert_eq!(Characters::of(""), Characters::default());
    }
}

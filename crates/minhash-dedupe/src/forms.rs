//! The normal forms in which documents are compared, and which of them the published corpora use.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::marks::Marks;

/// The normal form in which texts are compared. The constants are the published forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Normalization {
    /// Upper case letters become lower case. Character by character: every capital sigma becomes `σ`.
    pub lowercase: bool,
    /// Treatment of numbers.
    pub numbers: Numbers,
    /// Treatment of punctuation.
    pub punctuation: Punctuation,
    /// Treatment of white space.
    pub blanks: Blanks,
    /// Treatment of accents and other marks on letters.
    pub accents: Accents,
}

/// Treatment of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Numbers {
    /// They stay.
    Keep,
    /// Every decimal digit of any script becomes `0` (CCNet).
    DigitsToZero,
    /// A whole number, with at most one part after a separator, becomes one `0` (datatrove).
    NumbersToZero,
}

/// Treatment of punctuation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Punctuation {
    /// It stays.
    Keep,
    /// It goes without a trace: `don't` becomes `dont`.
    Remove(Marks),
    /// It becomes a blank: `don't` becomes `don t`.
    Blank(Marks),
}

/// Treatment of white space.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Blanks {
    /// It stays as it is.
    Keep,
    /// It goes at both ends of the text.
    Trim,
    /// A run of it becomes one blank, and it goes at both ends.
    Collapse,
    /// All of it goes.
    Remove,
}

/// Treatment of accents and other marks on letters. Hangul syllables stay whole in each case, so that a character
/// is a syllable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Accents {
    /// They stay as they are written.
    Keep,
    /// They are written apart from their letter (Unicode NFD).
    Decompose,
    /// They are written apart (NFD), then marks without width of their own (category Mn) go.
    Remove,
}

/// The keys of a normal form that are set in a pipeline file; those that are not stay as the preset has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NormalizationKeys {
    /// Upper case letters become lower case. Character by character: every capital sigma becomes `σ`.
    pub lowercase: Option<bool>,
    /// Treatment of numbers.
    pub numbers: Option<Numbers>,
    /// Treatment of punctuation.
    pub punctuation: Option<Punctuation>,
    /// Treatment of white space.
    pub blanks: Option<Blanks>,
    /// Treatment of accents and other marks on letters.
    pub accents: Option<Accents>,
}

impl NormalizationKeys {
    /// `base` with these keys in place of its own.
    pub fn over(self, base: Normalization) -> Normalization {
        Normalization {
            lowercase: self.lowercase.unwrap_or(base.lowercase),
            numbers: self.numbers.unwrap_or(base.numbers),
            punctuation: self.punctuation.unwrap_or(base.punctuation),
            blanks: self.blanks.unwrap_or(base.blanks),
            accents: self.accents.unwrap_or(base.accents),
        }
    }
}

impl Normalization {
    /// textmill's own: lower case, marks of sentences to blanks, one blank between words. Numbers, signs of formulas and
    /// programs, accents, tones, vowel signs and points stay: texts that differ in these say different things. Accents are
    /// written apart, so that it does not matter how a text was composed.
    pub const TEXTMILL: Self = Self {
        lowercase: true,
        numbers: Numbers::Keep,
        punctuation: Punctuation::Blank(Marks::Sentence),
        blanks: Blanks::Collapse,
        accents: Accents::Decompose,
    };

    /// The text as it is: MAP-NEO's (Matrix) for Chinese.
    pub const NONE: Self = Self {
        lowercase: false,
        numbers: Numbers::Keep,
        punctuation: Punctuation::Keep,
        blanks: Blanks::Keep,
        accents: Accents::Keep,
    };

    /// datatrove's, which made `FineWeb` and `FineWeb-2`: lower case, numbers to `0`, punctuation to blanks, one blank
    /// between words, no marks on letters: no accents, and also no tones of Vietnamese, vowel signs of Hindi and Thai,
    /// points of Arabic and Hebrew.
    pub const DATATROVE: Self = Self {
        lowercase: true,
        numbers: Numbers::NumbersToZero,
        punctuation: Punctuation::Blank(Marks::Datatrove),
        blanks: Blanks::Collapse,
        accents: Accents::Remove,
    };

    /// RedPajama-V2's: ASCII punctuation goes, lower case, one blank between words, accents apart.
    pub const REDPAJAMA: Self = Self {
        lowercase: true,
        numbers: Numbers::Keep,
        punctuation: Punctuation::Remove(Marks::Ascii),
        blanks: Blanks::Collapse,
        accents: Accents::Decompose,
    };

    /// CCNet's for paragraphs: no white space at the ends, lower case, digits to `0`, its list of non-ASCII
    /// punctuation and control characters go. Accents and ASCII punctuation stay.
    pub const CCNET: Self = Self {
        lowercase: true,
        numbers: Numbers::DigitsToZero,
        punctuation: Punctuation::Remove(Marks::Ccnet),
        blanks: Blanks::Trim,
        accents: Accents::Keep,
    };

    /// Lower case, ASCII punctuation goes, one blank between words: `SlimPajama`, `TxT360` and Matrix for English.
    pub const LOWER_NO_PUNCTUATION: Self = Self {
        lowercase: true,
        numbers: Numbers::Keep,
        punctuation: Punctuation::Remove(Marks::Ascii),
        blanks: Blanks::Collapse,
        accents: Accents::Keep,
    };
}

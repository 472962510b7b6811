use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Cost, Example, Mode, StageConfig, columns};

use crate::NormalizeStage;
use crate::steps::{UnicodeForm, WidthClass};

/// Default of [`NormalizeConfig::column`].
pub const DEFAULT_COLUMN: &str = columns::TEXT;

/// Languages written in Arabic script, for which [`ArabicMode::Auto`] keeps joiners: ISO 639-1 codes
/// where there is one, else ISO 639-3.
pub const ARABIC_SCRIPT_LANGUAGES: &[&str] = &[
    "ar", "arz", "azb", "bal", "bqi", "ckb", "fa", "glk", "khw", "ks", "lrc", "mzn", "pnb", "prs", "ps", "sd", "skr",
    "trw", "ug", "ur",
];

/// Languages other than Chinese that are written with Chinese characters: `simplified` leaves their texts alone. ISO 639-1
/// and 639-3 codes; what follows a `-` or `_` (`ja-JP`, `jpn_Jpan`) does not count.
pub const HAN_LANGUAGES: &[&str] = &["ja", "jpn", "jp", "ko", "kor", "okm", "ojp", "ryu"];

/// Whether the characters that shape Arabic script are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ArabicMode {
    /// Kept where the column `language` names a language in Arabic script; off where there is no
    /// such column.
    #[default]
    Auto,
    /// Kept in every document.
    On,
    /// Deleted in every document.
    Off,
}

/// Brings every text to one kind of line break and one kind of space, without invisible characters.
///
/// # What it removes
/// No document. From the text: zero-width characters, soft hyphens, control characters except TAB,
/// private-use characters, and one space at the very start (two or more are an indentation and stay). It replaces every line break (CR LF,
/// CR, VT, FF, U+0085, U+2028, U+2029) by LF and every visible space (U+00A0, U+2000-200A, U+202F,
/// U+205F, U+3000) by U+0020.
///
/// # Why
/// The same sentence should be the same bytes: rules that count words and lines, and deduplication,
/// otherwise see differences that no reader sees. Zero-width joiners go too, also inside emoji
/// sequences and Indic words; for Arabic script, where they change the reading, see `arabic`.
/// Characters keep their width and composition unless an option says otherwise.
///
/// # Parameters
/// See below. The options are steps in this order: `mojibake` and `html_entities`; the characters;
/// `strip_bidi_controls`, `cjk_radicals`, `unicode`, `half_width`, `chinese_punctuation`, `simplified`, then white space;
/// again until nothing changes. The ledger counts the documents and characters that each step changed.
///
/// # Source
/// `character_normalize` and `ar_character_normalize` of `llm_web_kit`
/// (`model/basic_functions/char_norm.py`), step by step in the same order, but for indentations at the very start.
/// `unicode`: UAX #15. `cjk_radicals`: Unicode's `EquivalentUnifiedIdeograph`, and UAX #15 for compatibility ideographs.
/// `simplified`: `OpenCC`'s `t2s`. `mojibake`: ftfy 6.3.1. `html_entities`: HTML, section 13.5.
///
/// # Cost
/// One pass; more than 1 GB/s per core where nothing has to change. Each option is another pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own in the pipeline file")]
pub struct NormalizeConfig {
    /// `decide` rewrites the column; `annotate` leaves it and writes how many characters would be
    /// deleted and replaced, to `normalize_removed_chars` and `normalize_replaced_chars`, and, where there are
    /// options, which of them would change the text, to `normalize_steps`. Default `decide`.
    pub mode: Mode,
    /// Name of the text column to normalise. Default `text`.
    #[schemars(length(min = 1))]
    pub column: String,
    /// `on` keeps what shapes Arabic script (U+200B-200D, and also U+00AD, U+FFFC, U+2061-2063, as the source
    /// does), `off` deletes it, `auto` decides by the column `language`. Default `auto`.
    pub arabic: ArabicMode,
    /// Text that was UTF-8 and was read in another encoding (`schÃ¶n`) is repaired, as ftfy's `fix_encoding` does.
    /// Default false.
    pub mojibake: bool,
    /// Character references that extraction left over (`&amp;nbsp;`) become characters. Default false.
    pub html_entities: bool,
    /// Bidirectional controls (U+061C, U+200E-200F, U+202A-202E, U+2066-2069) are deleted. Default false.
    pub strip_bidi_controls: bool,
    /// Normal form of Unicode: `as_is`, `nfc` or `nfkc`. Default `as_is`.
    pub unicode: UnicodeForm,
    /// Full-width characters that become ASCII: any of `letters`, `digits`, `punctuation`. Default none.
    pub half_width: Vec<WidthClass>,
    /// Kangxi radicals, CJK radicals and compatibility ideographs, as text out of PDF files has them, become the ideographs
    /// that they look like (`⽂` becomes `文`, `⻓` `长`); nothing else changes. Default false.
    pub cjk_radicals: bool,
    /// ASCII punctuation of Chinese sentences becomes Chinese punctuation; numbers, addresses, code and smileys stay.
    /// Default false.
    pub chinese_punctuation: bool,
    /// Traditional Chinese characters become simplified ones. Japanese and Korean texts stay as they are: those that the
    /// column `language` says are, else those with Kana or Hangul; of other texts, lines in these scripts. Default false.
    pub simplified: bool,
    /// Longest run of line feeds that is kept, 1 or more; null for any. Default null.
    #[schemars(range(min = 1))]
    pub max_newlines: Option<u32>,
    /// Longest run of spaces that is kept, 1 or more; null for any. Indentation at the start of lines stays. Default null.
    #[schemars(range(min = 1))]
    pub max_spaces: Option<u32>,
    /// Deletes spaces and tabs at the ends of lines, and white space at both ends of the text; the first line keeps its
    /// indentation where other lines have one. Default false.
    pub trim: bool,
}

impl Default for NormalizeConfig {
    fn default() -> Self {
        Self {
            mode: Mode::Decide,
            column: DEFAULT_COLUMN.to_owned(),
            arabic: ArabicMode::Auto,
            mojibake: false,
            html_entities: false,
            strip_bidi_controls: false,
            unicode: UnicodeForm::AsIs,
            half_width: Vec::new(),
            cjk_radicals: false,
            chinese_punctuation: false,
            simplified: false,
            max_newlines: None,
            max_spaces: None,
            trim: false,
        }
    }
}

impl StageConfig for NormalizeConfig {
    type Stage = NormalizeStage;

    const NAME: &'static str = "normalize";
    const EXAMPLES: &'static [Example] = &[
        Example::text("{}", "Plain text,\nwith a\ttab.").kept(),
        Example::text("{}", "one\r\ntwo\u{3000}three").rewritten("one\ntwo three"),
        Example::text(r#"{"mojibake": true}"#, "schÃ¶n").rewritten("schön"),
    ];
    const COST: Option<Cost> = Some(Cost::measured(61.0, "scripts/bench/normalize, all options"));
    // Decides about Arabic joiners by it.
    const MAY_READ: &'static [&'static str] = &[columns::LANGUAGE];

    fn build(self, _: Option<&Schema>) -> Result<NormalizeStage, Vec<ConfigFault>> {
        Ok(NormalizeStage::new(self)?)
    }
}

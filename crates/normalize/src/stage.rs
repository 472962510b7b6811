use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, StringViewArray};
use arrow::datatypes::{DataType, Field};
use textmill_document::{
    Applied, ColumnRead, ConfigFault, DocumentBatch, DocumentError, Mode, Reason, Stage, StageConfig, StageError,
    columns, value_at,
};

use crate::{
    ARABIC_SCRIPT_LANGUAGES, ArabicMode, Chain, Changes, HAN_LANGUAGES, HanLanguage, NormalizeConfig, Options,
};

/// Column of annotate mode: characters that normalising would delete.
pub const REMOVED_CHARS: &str = "normalize_removed_chars";
/// Column of annotate mode: characters that normalising would replace.
pub const REPLACED_CHARS: &str = "normalize_replaced_chars";
/// Column of annotate mode: options that would change the text, apart by commas.
pub const STEPS: &str = "normalize_steps";

/// The stage `normalize`.
#[derive(Debug, Clone)]
pub struct NormalizeStage {
    config: NormalizeConfig,
    chain: Chain,
}

impl NormalizeStage {
    /// The stage as configured.
    pub fn new(config: NormalizeConfig) -> Result<Self, ConfigFault> {
        if config.column.is_empty() {
            return Err(ConfigFault::new("column", "`column` is empty; name a text column, such as `text`"));
        }
        Ok(Self { chain: Chain::new(&config)?, config })
    }

    /// The languages to look at, or `None` where every document is treated alike.
    fn languages<'a>(&self, batch: &'a DocumentBatch) -> Result<Option<&'a StringViewArray>, DocumentError> {
        let asked = self.config.arabic == ArabicMode::Auto || self.config.simplified;
        if asked { batch.optional_strings(columns::LANGUAGE) } else { Ok(None) }
    }

    fn options(&self, languages: Option<&StringViewArray>, row: usize) -> Options {
        let language = value_at(languages, row);
        let arabic = match self.config.arabic {
            ArabicMode::On => true,
            ArabicMode::Off => false,
            ArabicMode::Auto => language.is_some_and(|language| ARABIC_SCRIPT_LANGUAGES.contains(&language)),
        };
        Options { arabic, han: language.map_or(HanLanguage::Unknown, han_language) }
    }

    fn apply_counted<'a>(
        &self,
        text: &'a str,
        options: Options,
        changes: &mut textmill_document::Changes,
    ) -> Cow<'a, str> {
        // Of one document, kind by kind: a step may change it in several rounds.
        let mut kinds: Vec<(&'static str, u64)> = Vec::new();
        let normal = self.chain.apply_counted(text, options, |kind, characters| {
            match kinds.iter_mut().find(|(known, _)| *known == kind) {
                Some((_, total)) => *total += characters,
                None => kinds.push((kind, characters)),
            }
        });
        kinds.into_iter().for_each(|(kind, characters)| changes.add(kind, characters));
        normal
    }

    fn rewrite(&self, batch: &DocumentBatch) -> Result<Applied, StageError> {
        let texts = batch.strings(&self.config.column)?;
        let languages = self.languages(batch)?;
        let mut changes = textmill_document::Changes::default();
        let normal = texts.iter().enumerate().map(|(row, text)| {
            match self.apply_counted(text?, self.options(languages, row), &mut changes) {
                Cow::Owned(normal) => Some(normal),
                Cow::Borrowed(_) => None,
            }
        });
        let kept = batch.with_texts(&self.config.column, normal)?;
        Ok(Applied { changes, ..Applied::all(kept) })
    }

    fn annotate(&self, batch: &DocumentBatch) -> Result<Applied, StageError> {
        let texts = batch.strings(&self.config.column)?;
        let languages = self.languages(batch)?;
        let changes: Vec<Option<Changes>> = (texts.iter().enumerate())
            .map(|(row, text)| text.map(|text| crate::measure(text, self.options(languages, row))))
            .collect();
        let column = |count: fn(&Changes) -> u64| -> ArrayRef {
            // A text has fewer than 2^63 characters.
            Arc::new(changes.iter().map(|row| row.as_ref().map(|row| count(row).cast_signed())).collect::<Int64Array>())
        };
        let mut arrays = vec![column(|row| row.removed), column(|row| row.replaced)];
        if !self.chain.is_empty() {
            let steps = |(row, text): (usize, Option<&str>)| {
                text.map(|text| self.chain.changing(text, self.options(languages, row)).join(","))
            };
            arrays.push(Arc::new(texts.iter().enumerate().map(steps).collect::<StringViewArray>()));
        }
        Ok(Applied::all(batch.with_columns(self.adds().into_iter().zip(arrays).collect())?))
    }
}

/// What a language code says of the Chinese characters of a text.
fn han_language(code: &str) -> HanLanguage {
    let primary = code.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
    match primary.as_str() {
        "zh" | "zho" | "chi" | "cmn" | "yue" | "wuu" | "nan" | "hak" | "gan" | "lzh" => HanLanguage::Chinese,
        other if HAN_LANGUAGES.contains(&other) => HanLanguage::Other,
        _ => HanLanguage::Unknown,
    }
}

impl Stage for NormalizeStage {
    fn name(&self) -> &'static str {
        NormalizeConfig::NAME
    }

    fn version(&self) -> u32 {
        3
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead { name: self.config.column.clone(), data_type: Some(DataType::Utf8View) }]
    }

    fn adds(&self) -> Vec<Field> {
        match self.config.mode {
            Mode::Decide => vec![columns::text_field(&self.config.column)],
            Mode::Annotate => {
                let counts = [REMOVED_CHARS, REPLACED_CHARS].map(|name| Field::new(name, DataType::Int64, true));
                let steps = (!self.chain.is_empty()).then(|| columns::text_field(STEPS));
                counts.into_iter().chain(steps).collect()
            }
        }
    }

    fn reasons(&self) -> Vec<Reason> {
        Vec::new()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        match self.config.mode {
            Mode::Decide => self.rewrite(&batch),
            Mode::Annotate => self.annotate(&batch),
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    use textmill_document::testing::{assert_stage_compliance, text_batch};

    use super::*;

    fn stage(mode: Mode, arabic: ArabicMode) -> NormalizeStage {
        NormalizeStage::new(NormalizeConfig { mode, arabic, ..NormalizeConfig::default() }).expect("a valid config")
    }

    fn texts(batch: &DocumentBatch) -> Vec<Option<&str>> {
        batch.text().expect("a text column").iter().collect()
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        for mode in [Mode::Decide, Mode::Annotate] {
            for arabic in [ArabicMode::Auto, ArabicMode::On, ArabicMode::Off] {
                assert_stage_compliance(&stage(mode, arabic));
            }
        }
    }

    #[test]
    fn options_are_applied_or_named() {
        let config = |mode| NormalizeConfig { mode, simplified: true, trim: true, ..NormalizeConfig::default() };
        let input = text_batch(&[Some("報告 \n完"), Some("clean"), None]);
        let decide = NormalizeStage::new(config(Mode::Decide)).expect("a valid config");
        assert_stage_compliance(&decide);
        assert_eq!(texts(&decide.apply(input.clone()).expect("applies").kept), [Some("报告\n完"), Some("clean"), None]);
        let annotate = NormalizeStage::new(config(Mode::Annotate)).expect("a valid config");
        assert_stage_compliance(&annotate);
        let output = annotate.apply(input).expect("applies").kept;
        let steps: Vec<_> = output.strings(STEPS).expect("added").iter().collect();
        assert_eq!(steps, [Some("simplified,layout"), Some(""), None]);
    }

    #[test]
    fn the_characters_changed_are_counted_by_kind() {
        let config = NormalizeConfig { mojibake: true, html_entities: true, trim: true, ..NormalizeConfig::default() };
        let stage = NormalizeStage::new(config).expect("a valid config");
        let input = text_batch(&[Some("cafÃ©\u{200b} &amp; more  "), Some("a\r\nb"), Some("clean"), None]);
        let applied = stage.apply(input).expect("applies");
        let found: Vec<_> =
            applied.changes.iter().map(|(kind, count)| (kind, count.documents, count.characters)).collect();
        let expected = [("characters_removed", 2, 2), ("html_entities", 1, 4), ("layout", 1, 2), ("mojibake", 1, 2)];
        assert_eq!(found, expected);
    }

    #[test]
    fn only_changed_texts_are_rewritten() {
        let long = "a text that is too long to lie inside its view";
        let input =
            text_batch(&[Some(long), Some("b\r\nc"), None, Some("a\u{200b} text that was rewritten and is long")]);
        let output = stage(Mode::Decide, ArabicMode::Auto).apply(input.clone()).expect("applies").kept;
        let expected = [Some(long), Some("b\nc"), None, Some("a text that was rewritten and is long")];
        assert_eq!(texts(&output), expected);
        let address = |batch: &DocumentBatch| batch.text().expect("a text column").value(0).as_ptr();
        assert_eq!(address(&input), address(&output), "an unchanged text was copied");
    }

    #[test]
    fn annotate_counts_and_leaves_the_text() {
        let input = text_batch(&[Some("a\r\nb\u{a0}"), None, Some("clean")]);
        let output = stage(Mode::Annotate, ArabicMode::Auto).apply(input.clone()).expect("applies").kept;
        assert_eq!(texts(&output), texts(&input));
        let counts = |name: &str| -> Vec<Option<i64>> {
            output.column(name).expect("added").as_primitive::<Int64Type>().iter().collect()
        };
        assert_eq!(counts(REMOVED_CHARS), [Some(1), None, Some(0)]);
        assert_eq!(counts(REPLACED_CHARS), [Some(1), None, Some(0)]);
    }

    #[test]
    fn arabic_joiners_stay_where_the_language_says_so() {
        let word = "می\u{200c}خواهم";
        let input = text_batch(&[Some(word), Some(word), Some(word)]);
        let languages: ArrayRef = Arc::new(StringViewArray::from(vec![Some("fa"), Some("en"), None]));
        let tagged = input.with_column(columns::text_field(columns::LANGUAGE), languages).expect("three rows");
        let plain = "میخواهم";
        for (arabic, batch, expected) in [
            (ArabicMode::Auto, &tagged, [word, plain, plain]),
            (ArabicMode::Auto, &input, [plain; 3]),
            (ArabicMode::On, &input, [word; 3]),
            (ArabicMode::Off, &tagged, [plain; 3]),
        ] {
            let output = stage(Mode::Decide, arabic).apply(batch.clone()).expect("applies").kept;
            assert_eq!(texts(&output), expected.map(Some), "{arabic:?}");
        }
    }

    #[test]
    fn japanese_and_korean_keep_their_characters() {
        let config = NormalizeConfig { simplified: true, ..NormalizeConfig::default() };
        let stage = NormalizeStage::new(config).expect("a valid config");
        let word = "發表會議";
        let rows = [Some("ja"), Some("ko-KR"), Some("jpn_Jpan"), Some("zh"), Some("en"), Some("und"), None];
        let languages: ArrayRef = Arc::new(StringViewArray::from(rows.to_vec()));
        let input = text_batch(&[Some(word); 7]);
        let tagged = input.with_column(columns::text_field(columns::LANGUAGE), languages).expect("seven rows");
        let simple = "发表会议";
        let output = stage.apply(tagged).expect("applies").kept;
        assert_eq!(texts(&output), [word, word, word, simple, simple, simple, simple].map(Some));
        // Without a language the script decides.
        let input = text_batch(&[Some("會議で發表しました"), Some("국회에서 發表 하였다"), Some("發表會議")]);
        let output = stage.apply(input).expect("applies").kept;
        assert_eq!(texts(&output), ["會議で發表しました", "국회에서 發表 하였다", simple].map(Some));
    }

    #[test]
    fn an_empty_column_name_is_refused() {
        let config = NormalizeConfig { column: String::new(), ..NormalizeConfig::default() };
        let error = NormalizeStage::new(config).expect_err("no column");
        assert_eq!(error.field(), Some("column"));
    }
}

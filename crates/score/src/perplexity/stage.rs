use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, StringViewArray};
use arrow::datatypes::{DataType, Field};
use textmill_document::{
    Applied, ColumnRead, ConfigFault, DocumentBatch, Reason, Stage, StageConfig, StageError, columns, value_at,
};
use textmill_ngram_lm::{LmError, NgramModel};

use super::config::{ANY, Cutoffs, PerplexityConfig, unreadable};
use crate::bounds::{Bounds, score_array};
use crate::files::digest;
use crate::unit::head;
use crate::{Form, NoPieces};

/// The stage `perplexity`.
#[derive(Debug)]
pub struct PerplexityStage {
    config: PerplexityConfig,
    bounds: Bounds,
    model: Arc<NgramModel>,
    form: Form,
    digests: Vec<String>,
}

impl PerplexityStage {
    /// The stage as configured. Loads the model.
    pub fn new(config: PerplexityConfig) -> Result<Self, ConfigFault> {
        let bounds = config.check()?;
        let form = config.form()?;
        let path = Path::new(&config.model);
        let failed = |error| unreadable(path, &error);
        let model = Arc::new(NgramModel::load(path).map_err(failed)?);
        let mut digests = vec![digest(path).map_err(|error| failed(LmError::Read(error)))?];
        if let Form::Pieces(pieces) = &form {
            digests.push(pieces.digest().to_owned());
        }
        Ok(Self { config, bounds, model, form, digests })
    }

    /// The perplexity of each text; nothing for one without a word.
    fn perplexities<'a>(&self, texts: impl Iterator<Item = Option<&'a str>>) -> Result<Vec<Option<f64>>, NoPieces> {
        let most = self.config.max_chars.map(std::num::NonZeroU32::get);
        let (mut line_buffer, mut lines) = (String::new(), String::new());
        let mut of = |text: &str| -> Result<Option<f64>, NoPieces> {
            // Lines are sentences, also where tokens know no line feeds.
            lines.clear();
            for line in head(text, most).split('\n') {
                lines.push_str(self.form.apply(line, &mut line_buffer)?);
                lines.push('\n');
            }
            Ok(Some(self.model.score_lines(&lines)).filter(|score| score.words > 0).map(|score| score.perplexity()))
        };
        texts.map(|text| text.map_or(Ok(None), &mut of)).collect()
    }

    /// The bucket of each document.
    fn buckets(&self, batch: &DocumentBatch, perplexities: &[Option<f64>]) -> Result<ArrayRef, StageError> {
        let languages = batch.optional_strings(columns::LANGUAGE)?;
        let cutoffs = |row: usize| -> Option<Cutoffs> {
            let language = value_at(languages, row).unwrap_or(ANY);
            self.config.cutoffs.get(language).or_else(|| self.config.cutoffs.get(ANY)).copied()
        };
        let bucket = |(row, perplexity): (usize, &Option<f64>)| Some(cutoffs(row)?.bucket((*perplexity)?));
        Ok(Arc::new(perplexities.iter().enumerate().map(bucket).collect::<StringViewArray>()))
    }
}

impl Stage for PerplexityStage {
    fn name(&self) -> &'static str {
        PerplexityConfig::NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead::standard(columns::TEXT)]
    }

    fn adds(&self) -> Vec<Field> {
        let mut fields = vec![Field::new(&self.config.column, DataType::Float64, true)];
        if !self.config.cutoffs.is_empty() {
            fields.push(columns::text_field(&format!("{}_bucket", self.config.column)));
        }
        fields
    }

    fn reasons(&self) -> Vec<Reason> {
        self.bounds.reasons()
    }

    fn digests(&self) -> Vec<String> {
        self.digests.clone()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let found = self.perplexities(batch.text()?.iter()).map_err(|error| StageError::Compute(error.to_string()))?;
        let mut arrays = vec![score_array(&found)];
        if !self.config.cutoffs.is_empty() {
            arrays.push(self.buckets(&batch, &found)?);
        }
        self.bounds.apply(&batch, &found, self.adds().into_iter().zip(arrays).collect())
    }
}

#[cfg(test)]
mod tests {
    use textmill_document::Mode;
    use textmill_document::testing::{assert_stage_compliance, text_batch};
    use textmill_ngram_lm::{TrainOptions, Trainer};

    use super::*;
    use crate::Tokens;
    use crate::bounds::{NO_SCORE, SCORE_TOO_HIGH};
    use crate::pieces::tests::{words, write};

    fn config(folder: &Path) -> PerplexityConfig {
        let options = TrainOptions { order: 3, discount_fallback: true, ..TrainOptions::default() };
        let mut trainer = Trainer::new(options).expect("good options");
        for number in 0..500 {
            trainer.push(&format!("the {} cat saw a dog number {} .", number % 13, number % 7)).expect("room");
        }
        let path = folder.join("model.arpa");
        trainer.finish(std::fs::File::create(&path).expect("created")).expect("trained");
        PerplexityConfig { tokens: Tokens::Words, ..PerplexityConfig::new(path.display().to_string()) }
    }

    fn stage(config: PerplexityConfig) -> PerplexityStage {
        PerplexityStage::new(config).expect("valid")
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = config(folder.path());
        assert_stage_compliance(&stage(config.clone()));
        assert_stage_compliance(&stage(PerplexityConfig { mode: Mode::Annotate, ..config.clone() }));
        let cutoffs = [("any".to_owned(), Cutoffs { head: 5.0, middle: 50.0 })].into();
        assert_stage_compliance(&stage(PerplexityConfig { min: Some(1.0), max: Some(9.0), cutoffs, ..config }));
    }

    #[test]
    fn known_text_is_kept_and_noise_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let cutoffs = [("any".to_owned(), Cutoffs { head: 10.0, middle: 20.0 })].into();
        let stage = stage(PerplexityConfig { max: Some(100.0), cutoffs, ..config(folder.path()) });
        let batch =
            text_batch(&[Some("The 3 cat saw a dog number 4."), Some("dog the . a a ?? number zz"), Some(" \n"), None]);
        let applied = stage.apply(batch).expect("applies");
        let dropped: Vec<_> = applied.dropped.iter().map(|drop| (drop.row, drop.reason)).collect();
        assert_eq!(dropped, [(1, SCORE_TOO_HIGH), (2, NO_SCORE), (3, NO_SCORE)]);
        let buckets = applied.kept.strings("perplexity_bucket").expect("added");
        assert_eq!(buckets.iter().collect::<Vec<_>>(), [Some("head")]);
    }

    #[test]
    fn buckets_go_by_language() {
        let cutoffs = Cutoffs { head: 340.0, middle: 520.0 };
        assert_eq!(
            [340.0, 340.1, 520.0, 520.1].map(|found| cutoffs.bucket(found)),
            ["head", "middle", "middle", "tail"]
        );
        let folder = tempfile::tempdir().expect("a folder");
        let wide = Cutoffs { head: 1e9, middle: 1e9 };
        let cutoffs = [("zh".to_owned(), Cutoffs { head: 0.0, middle: 0.0 }), ("en".to_owned(), wide)].into();
        let stage = stage(PerplexityConfig { cutoffs, ..config(folder.path()) });
        let batch = text_batch(&[Some("the cat"); 3]);
        let languages: ArrayRef = Arc::new(StringViewArray::from(vec![Some("zh"), Some("en"), Some("fr")]));
        let batch = batch.with_column(columns::text_field(columns::LANGUAGE), languages).expect("fits");
        let applied = stage.apply(batch).expect("applies");
        let buckets = applied.kept.strings("perplexity_bucket").expect("added");
        assert_eq!(buckets.iter().collect::<Vec<_>>(), [Some("tail"), Some("head"), None]);
    }

    #[test]
    fn pieces_of_a_tokenizer_are_the_words_of_the_model() {
        let folder = tempfile::tempdir().expect("a folder");
        let arpa =
            "\\data\\\nngram 1=5\n\n\\1-grams:\n-2\t<unk>\n-99\t<s>\n-1\t</s>\n-0.5\thello\n-0.25\t,\n\n\\end\\\n";
        let model = folder.path().join("pieces.arpa");
        std::fs::write(&model, arpa).expect("written");
        let tokenizer = write(folder.path(), &words(&["hello", ","], true)).display().to_string();
        let blanks = PerplexityConfig::new(model.display().to_string());
        let pieces = PerplexityConfig { tokenizer: Some(tokenizer), ..blanks.clone() };
        let of = |config: &PerplexityConfig, text: &str| {
            let found = stage(config.clone()).perplexities([Some(text)].into_iter()).expect("pieces");
            found[0].expect("has words").log10()
        };
        // Two pieces, or one unknown word, and the end of the line.
        assert!((of(&pieces, "Hello,") - (0.5 + 0.25 + 1.0) / 3.0).abs() < 1e-6);
        assert!((of(&blanks, "Hello,") - f64::midpoint(2.0, 1.0)).abs() < 1e-6);
        assert!((of(&pieces, "Hello,\nHello") - (0.5 + 0.25 + 1.0 + 0.5 + 1.0) / 5.0).abs() < 1e-6);
        let stage = stage(pieces.clone());
        assert_eq!(stage.digests().len(), 2);
        assert_stage_compliance(&stage);

        let refused = |config| PerplexityStage::new(config).expect_err("refused").field().map(ToOwned::to_owned);
        assert_eq!(refused(PerplexityConfig { tokens: Tokens::Words, ..pieces.clone() }).as_deref(), Some("tokens"));
        let none = Some("none.json".to_owned());
        assert_eq!(refused(PerplexityConfig { tokenizer: none, ..pieces }).as_deref(), Some("tokenizer"));
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_field() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = config(folder.path());
        let crossed = Cutoffs { head: 2.0, middle: 1.0 };
        let cases = [
            (PerplexityConfig { model: "no/such.arpa".to_owned(), ..config.clone() }, "model"),
            (PerplexityConfig { column: "text".to_owned(), ..config.clone() }, "column"),
            (PerplexityConfig { max: Some(f64::NAN), ..config.clone() }, "max"),
            (PerplexityConfig { min: Some(-1.0), ..config.clone() }, "min"),
            (PerplexityConfig { min: Some(2.0), max: Some(1.0), ..config.clone() }, "min"),
            (PerplexityConfig { mode: Mode::Annotate, max: Some(1.0), ..config.clone() }, "max"),
            (PerplexityConfig { cutoffs: [("zh".to_owned(), crossed)].into(), ..config.clone() }, "cutoffs.zh"),
        ];
        for (config, field) in cases {
            let error = PerplexityStage::new(config).expect_err("refused");
            assert_eq!(error.field(), Some(field), "{error}");
        }
        std::fs::write(folder.path().join("bad.arpa"), "\\data\\\nngram 1=x\n").expect("written");
        let bad = PerplexityStage::new(PerplexityConfig::new(folder.path().join("bad.arpa").display().to_string()));
        assert!(bad.expect_err("refused").to_string().contains("line 2"));
    }
}

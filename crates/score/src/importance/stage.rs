use std::path::Path;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field};
use textmill_document::{
    Applied, ColumnRead, ConfigFault, DocumentBatch, Reason, Stage, StageConfig, StageError, columns,
};

use super::config::ImportanceConfig;
use super::model::{ImportanceError, ImportanceModel};
use crate::bounds::{Bounds, score_array};
use crate::files::digest;
use crate::unit::head;

/// The stage `importance`.
#[derive(Debug)]
pub struct ImportanceStage {
    config: ImportanceConfig,
    bounds: Bounds,
    model: Arc<ImportanceModel>,
    digest: String,
}

impl ImportanceStage {
    /// The stage as configured. Loads the model.
    pub fn new(config: ImportanceConfig) -> Result<Self, ConfigFault> {
        let bounds = config.check()?;
        let path = Path::new(&config.model);
        let wrong = |error: ImportanceError| ConfigFault::new("model", error);
        let model = Arc::new(ImportanceModel::load(path).map_err(wrong)?);
        let digest = digest(path).map_err(|source| wrong(ImportanceError::Read { path: path.to_owned(), source }))?;
        Ok(Self { config, bounds, model, digest })
    }

    /// The weight of a text; nothing for one without a word.
    fn weight(&self, text: &str, buffer: &mut String) -> Option<f64> {
        let text = head(text, self.config.max_chars.map(std::num::NonZeroU32::get));
        let (sum, ngrams) = self.model.score(text, buffer);
        let divisor = if self.config.per_ngram { ngrams as f64 } else { 1.0 };
        (ngrams > 0).then(|| sum / divisor)
    }
}

impl Stage for ImportanceStage {
    fn name(&self) -> &'static str {
        ImportanceConfig::NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead::standard(columns::TEXT)]
    }

    fn adds(&self) -> Vec<Field> {
        vec![Field::new(&self.config.column, DataType::Float64, true)]
    }

    fn reasons(&self) -> Vec<Reason> {
        self.bounds.reasons()
    }

    fn digests(&self) -> Vec<String> {
        vec![self.digest.clone()]
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let mut buffer = String::new();
        let weights = batch.text()?.iter().map(|text| text.and_then(|text| self.weight(text, &mut buffer)));
        let weights: Vec<Option<f64>> = weights.collect();
        let columns = self.adds().into_iter().zip([score_array(&weights)]).collect();
        self.bounds.apply(&batch, &weights, columns)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use textmill_document::Mode;
    use textmill_document::testing::{assert_stage_compliance, text_batch};

    use super::*;
    use crate::bounds::{NO_SCORE, SCORE_TOO_LOW};
    use crate::{ImportanceOptions, ImportanceTrainer, Side};

    /// A model of articles against advertisements.
    fn config(folder: &Path) -> ImportanceConfig {
        let mut trainer = ImportanceTrainer::new(ImportanceOptions::default()).expect("good options");
        for number in 0..50 {
            trainer.push(Side::Target, &format!("The committee published report {number} in March."));
            trainer.push(Side::Raw, &format!("Buy {number} now! Free shipping in March."));
        }
        let path = folder.join("articles.json");
        std::fs::write(&path, trainer.finish().expect("trained").to_json().expect("JSON")).expect("written");
        ImportanceConfig::new(path.display().to_string())
    }

    fn stage(config: ImportanceConfig) -> ImportanceStage {
        ImportanceStage::new(config).expect("valid")
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = config(folder.path());
        assert_stage_compliance(&stage(config.clone()));
        assert_stage_compliance(&stage(ImportanceConfig { mode: Mode::Annotate, per_ngram: true, ..config.clone() }));
        assert_stage_compliance(&stage(ImportanceConfig { min: Some(-10.0), max: Some(10.0), ..config }));
    }

    #[test]
    fn texts_like_the_target_are_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let stage = stage(ImportanceConfig { min: Some(0.0), ..config(folder.path()) });
        let batch = text_batch(&[Some("The committee published."), Some("Buy now!"), Some(" "), None]);
        let applied = stage.apply(batch).expect("applies");
        let dropped: Vec<_> = applied.dropped.iter().map(|drop| (drop.row, drop.reason)).collect();
        assert_eq!(dropped, [(1, SCORE_TOO_LOW), (2, NO_SCORE), (3, NO_SCORE)]);
        assert!(applied.kept.floats("importance").expect("added").value(0) > 1.0);
        assert_eq!(stage.digests().len(), 1);
    }

    #[test]
    fn a_weight_per_ngram_does_not_grow_with_the_text() {
        let folder = tempfile::tempdir().expect("a folder");
        let weight = |per_ngram, text: &str| {
            stage(ImportanceConfig { per_ngram, ..config(folder.path()) }).weight(text, &mut String::new())
        };
        let text = "committee ".repeat(100);
        let (sum, mean) = (weight(false, &text).expect("words"), weight(true, &text).expect("words"));
        assert!((sum / mean - 199.0).abs() < 1e-6, "100 words and 99 pairs");
        let config = ImportanceConfig { max_chars: NonZeroU32::new(9), per_ngram: true, ..config(folder.path()) };
        assert_eq!(stage(config).weight(&text, &mut String::new()), weight(false, "committee"));
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_field() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = config(folder.path());
        let damaged = folder.path().join("damaged.json");
        std::fs::write(&damaged, "{}").expect("written");
        let damaged = damaged.display().to_string();
        let cases = [
            (ImportanceConfig { model: "no/such.json".to_owned(), ..config.clone() }, "model", "no/such.json"),
            (ImportanceConfig { model: damaged, ..config.clone() }, "model", "train importance"),
            (ImportanceConfig { column: "id".to_owned(), ..config.clone() }, "column", "`id`"),
            (ImportanceConfig { min: Some(f64::NAN), ..config.clone() }, "min", "NaN"),
            (ImportanceConfig { min: Some(1.0), max: Some(-1.0), ..config.clone() }, "min", "no document"),
            (ImportanceConfig { mode: Mode::Annotate, max: Some(1.0), ..config }, "max", "annotate"),
        ];
        for (config, field, part) in cases {
            let error = ImportanceStage::new(config).expect_err("refused");
            assert!(error.field() == Some(field) && error.to_string().contains(part), "{field}: {error}");
        }
    }
}

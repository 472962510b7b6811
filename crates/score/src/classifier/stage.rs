use arrow::datatypes::{DataType, Field};
use textmill_document::{
    Applied, ColumnRead, ConfigFault, DocumentBatch, Reason, Remarks, Stage, StageConfig, StageError, columns,
};

use super::config::{Checked, ClassifierConfig};
use crate::bounds::score_array;
use crate::unit::head;

/// The stage `classifier`.
#[derive(Debug)]
pub struct ClassifierStage {
    config: ClassifierConfig,
    checked: Checked,
}

impl std::fmt::Debug for Checked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Checked").field("column", &self.column).field("bounds", &self.bounds).finish_non_exhaustive()
    }
}

impl ClassifierStage {
    /// The stage as configured. Loads the model.
    pub fn new(config: ClassifierConfig) -> Result<Self, ConfigFault> {
        Ok(Self { checked: config.check()?, config })
    }

    /// That an optional model is not there, and what makes it.
    pub fn warnings(&self) -> Vec<String> {
        let Checked { scorer: None, column, .. } = &self.checked else { return Vec::new() };
        vec![format!("`{column}` stays empty and nothing is dropped by it (`optional`): {}", self.config.no_model())]
    }

    /// The score of each text.
    pub fn scores<'a>(&self, texts: impl IntoIterator<Item = Option<&'a str>>) -> Vec<Option<f64>> {
        let ClassifierConfig { tokens, unit, aggregate, max_chars, .. } = self.config;
        let mut buffer = String::new();
        let Some(scorer) = &self.checked.scorer else { return texts.into_iter().map(|_| None).collect() };
        scorer.with(|predictor| {
            let mut score = |text: &str| scorer.score(predictor, tokens.apply(text, &mut buffer));
            let looked_at = |text| head(text, max_chars.map(std::num::NonZeroU32::get));
            let mut of = |text| unit.score(looked_at(text), aggregate, &mut score);
            texts.into_iter().map(|text| text.and_then(&mut of)).collect()
        })
    }
}

impl Stage for ClassifierStage {
    fn name(&self) -> &'static str {
        ClassifierConfig::NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        vec![ColumnRead::standard(columns::TEXT)]
    }

    fn adds(&self) -> Vec<Field> {
        vec![Field::new(&self.checked.column, DataType::Float64, true)]
    }

    fn reasons(&self) -> Vec<Reason> {
        self.checked.bounds.reasons()
    }

    fn digests(&self) -> Vec<String> {
        self.checked.digests.clone()
    }

    fn remarks(&self) -> Remarks {
        Remarks { warnings: self.warnings(), ..Remarks::default() }
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let scores = self.scores(batch.text()?.iter());
        let columns = self.adds().into_iter().zip([score_array(&scores)]).collect();
        self.checked.bounds.apply(&batch, &scores, columns)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::path::Path;

    use textmill_document::Mode;
    use textmill_document::testing::{assert_stage_compliance, text_batch};
    use textmill_fasttext::TrainOptions;

    use super::*;
    use crate::bounds::{NO_SCORE, SCORE_TOO_HIGH};
    use crate::{Aggregate, KeepShare, Tokens, Trainer, TrainingOptions, Unit};

    /// A model that tells lovely from awful, with its calibration beside it.
    fn model(folder: &Path) -> ClassifierConfig {
        let fasttext = TrainOptions { dim: 8, epochs: 20, learning_rate: 0.5, ..TrainOptions::default() };
        let options = TrainingOptions { fasttext, held_out: 0.3, ..TrainingOptions::new("bad") };
        let mut trainer = Trainer::new(options).expect("good options");
        for number in 0..300 {
            let (label, word) = if number % 3 == 0 { ("bad", "awful") } else { ("good", "lovely") };
            trainer.push(label, &format!("Text {number} is {word}.")).expect("a label");
        }
        let trained = trainer.finish().expect("trained");
        let path = folder.join("model.bin");
        trained.model.save(&path).expect("saved");
        let digest = crate::files::digest(&path).expect("readable");
        let calibration = serde_json::to_string(&trained.calibration(digest)).expect("JSON");
        std::fs::write(folder.join("model.json"), calibration).expect("written");
        let path = path.display().to_string();
        ClassifierConfig { tokens: Tokens::Words, ..ClassifierConfig::new(path, "bad") }
    }

    fn stage(config: ClassifierConfig) -> ClassifierStage {
        ClassifierStage::new(config).expect("a valid configuration")
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = model(folder.path());
        assert_stage_compliance(&stage(config.clone()));
        assert_stage_compliance(&stage(ClassifierConfig { mode: Mode::Annotate, ..config.clone() }));
        assert_stage_compliance(&stage(ClassifierConfig { min: Some(0.2), max: Some(0.5), ..config.clone() }));
        let column = Some("badness".to_owned());
        let unit = Unit::Line;
        assert_stage_compliance(&stage(ClassifierConfig { column, unit, ..config }));
    }

    #[test]
    fn scores_become_a_column_and_a_decision() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = ClassifierConfig { max: Some(0.5), ..model(folder.path()) };
        let stage = stage(config);
        assert_eq!(stage.digests().len(), 1);
        let batch = text_batch(&[Some("How lovely."), Some("How AWFUL."), None]);
        let applied = stage.apply(batch).expect("applies");
        let dropped: Vec<_> = applied.dropped.iter().map(|drop| (drop.row, drop.reason)).collect();
        assert_eq!(dropped, [(1, SCORE_TOO_HIGH), (2, NO_SCORE)]);
        assert!(applied.kept.schema().column_with_name("bad_score").is_some());
    }

    #[test]
    fn lines_are_scored_apart_and_heads_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = model(folder.path());
        let text = "It is lovely.\nIt is awful.\nIt is lovely.";
        let score = |config| stage(config).scores([Some(text)])[0].expect("known words");
        let lines = |aggregate| score(ClassifierConfig { unit: Unit::Line, aggregate, ..config.clone() });
        assert!(lines(Aggregate::Max) > 0.8 && lines(Aggregate::Min) < 0.2);
        assert!((0.2..0.5).contains(&lines(Aggregate::Mean)));
        assert!(score(ClassifierConfig { max_chars: NonZeroU32::new(13), ..config.clone() }) < 0.2);
    }

    #[test]
    fn a_share_is_kept_by_the_calibration() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = model(folder.path());
        let bounds = |keep| stage(ClassifierConfig { keep: Some(keep), ..config.clone() }).checked.bounds;
        // A third of the examples is bad.
        let half = bounds(KeepShare::Highest(0.2)).min.expect("a lower bound");
        let most = bounds(KeepShare::Lowest(0.5)).max.expect("an upper bound");
        assert!(half > 0.5 && most < 0.5, "{half} {most}");
        let stage = stage(ClassifierConfig { keep: Some(KeepShare::Lowest(0.5)), ..config });
        assert_eq!(stage.digests().len(), 2);
    }

    #[test]
    fn an_optional_model_that_is_not_there_drops_nothing_and_says_so() {
        let config =
            ClassifierConfig { tokens: Tokens::Words, max: Some(0.5), ..ClassifierConfig::new("no/such.ftz", "bad") };
        let error = ClassifierStage::new(config.clone()).expect_err("no model").to_string();
        let command = "textmill train classifier --positive WITH --negative WITHOUT --label bad --tokens words --output no/such.ftz";
        assert!(error.contains(command), "{error}");
        let several = ClassifierConfig { label: "广告, spam".to_owned(), optional: true, ..config.clone() };
        assert_eq!(stage(several).adds()[0].name(), "广告_spam_score");
        let stage = stage(ClassifierConfig { optional: true, ..config });
        assert_stage_compliance(&stage);
        assert!(stage.warnings()[0].contains(command) && stage.digests().is_empty(), "{:?}", stage.warnings());
        let applied = stage.apply(text_batch(&[Some("How AWFUL."), None])).expect("applies");
        assert!(applied.dropped.is_empty() && applied.kept.schema().column_with_name("bad_score").is_some());
    }

    #[test]
    fn an_optional_model_that_is_there_is_as_any_other() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = ClassifierConfig { optional: true, max: Some(0.5), ..model(folder.path()) };
        let stage = stage(config.clone());
        assert!(stage.warnings().is_empty());
        let applied = stage.apply(text_batch(&[Some("How AWFUL."), Some("How lovely.")])).expect("applies");
        assert_eq!(applied.dropped.iter().map(|drop| drop.row).collect::<Vec<_>>(), [0]);
        std::fs::write(folder.path().join("bad.ftz"), b"no model").expect("written");
        let damaged = folder.path().join("bad.ftz").display().to_string();
        assert!(ClassifierStage::new(ClassifierConfig { model: damaged, ..config }).is_err(), "damaged is not absent");
    }

    #[test]
    fn what_cannot_work_is_refused_with_its_field() {
        let folder = tempfile::tempdir().expect("a folder");
        let config = model(folder.path());
        let refused = |config: ClassifierConfig| {
            let error = ClassifierStage::new(config).expect_err("refused");
            (error.field().unwrap_or_default().to_owned(), error.to_string())
        };
        let keep = Some(KeepShare::Highest(0.5));
        let cases = [
            (ClassifierConfig { model: "no/such.bin".to_owned(), ..config.clone() }, "model", "no/such.bin"),
            (ClassifierConfig { label: "ugly".to_owned(), ..config.clone() }, "label", "it has: "),
            (ClassifierConfig { column: Some("text".to_owned()), ..config.clone() }, "column", "`text`"),
            (ClassifierConfig { min: Some(1.5), ..config.clone() }, "min", "1.5"),
            (ClassifierConfig { max: Some(f64::NAN), ..config.clone() }, "max", "NaN"),
            (ClassifierConfig { min: Some(0.6), max: Some(0.5), ..config.clone() }, "min", "no document"),
            (ClassifierConfig { mode: Mode::Annotate, min: Some(0.5), ..config.clone() }, "min", "annotate"),
            (ClassifierConfig { keep, min: Some(0.5), ..config.clone() }, "min", "by itself"),
            (ClassifierConfig { keep: Some(KeepShare::Lowest(0.0)), ..config.clone() }, "keep", "0"),
            (ClassifierConfig { calibration: Some("x".to_owned()), ..config.clone() }, "calibration", "keep"),
            (ClassifierConfig { keep, label: "good".to_owned(), ..config.clone() }, "calibration", "the label"),
            (ClassifierConfig { keep, tokens: Tokens::Jieba, ..config.clone() }, "calibration", "the tokens"),
            (ClassifierConfig { keep, calibration: Some("none".to_owned()), ..config }, "calibration", "none"),
        ];
        for (config, field, part) in cases {
            let (found, message) = refused(config);
            assert!(found == field && message.contains(part), "{field}: {found}: {message}");
        }
        std::fs::write(folder.path().join("bad.ftz"), b"no model").expect("written");
        let bad = folder.path().join("bad.ftz").display().to_string();
        assert_eq!(refused(ClassifierConfig::new(bad, "x")).0, "model");
    }
}

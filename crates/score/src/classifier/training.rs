use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use textmill_fasttext::{
    Corpus, Counts, Example, FastTextError, FastTextModel, Grid, QuantizeOptions, TrainOptions, Trial, autotune_on,
    evaluate, train_on,
};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::model::Scorer;
use crate::Tokens;
use crate::calibration::Calibration;

/// How [`Trainer`] makes a model.
#[derive(Debug, Clone)]
pub struct TrainingOptions {
    /// What the model is trained with.
    pub fasttext: TrainOptions,
    /// The form of the texts. Default `words`.
    pub tokens: Tokens,
    /// The label whose probability is the score.
    pub label: String,
    /// Share of the examples, above 0 and below 1, that the model is not trained on but measured with. Equal texts are on
    /// the same side. Default 0.1.
    pub held_out: f64,
    /// Whether learning rate, epochs and word n-grams are chosen by trying. Default false.
    pub autotune: bool,
    /// Whether the model is compressed, and how. Default no.
    pub quantize: Option<QuantizeOptions>,
}

impl TrainingOptions {
    /// Defaults, with `label` as the score.
    pub fn new(label: impl Into<String>) -> Self {
        Self {
            fasttext: TrainOptions::default(),
            tokens: Tokens::Words,
            label: label.into(),
            held_out: 0.1,
            autotune: false,
            quantize: None,
        }
    }
}

/// Takes examples, then trains and measures.
#[derive(Debug)]
pub struct Trainer {
    options: TrainingOptions,
    corpus: Corpus,
    /// Label and text, in their form.
    held_out: Vec<(String, String)>,
    classes: BTreeMap<String, Class>,
    buffer: String,
}

/// The examples of a label.
#[derive(Debug, Clone, Copy, Default)]
struct Class {
    examples: u64,
    /// With a word.
    worded: u64,
    /// With a word, and not held out.
    trained: u64,
}

/// Largest learning rate: above it models are noise where they do not diverge. fastText's own is 0.1, and 1 is large.
const MAX_LEARNING_RATE: f64 = 10.0;
/// Labels that an error lists.
const LISTED: usize = 20;

/// How well a label is told, on held-out examples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelReport {
    /// The label.
    pub label: String,
    /// Held-out examples that have it.
    pub examples: u64,
    /// Share of the answers with this label that are right.
    pub precision: f64,
    /// Share of its examples that get it.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
}

/// What keeping a share of the held-out examples means.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShareReport {
    /// The share with the highest scores, 0 to 1.
    pub share: f64,
    /// The lowest score among them.
    pub threshold: f64,
    /// Share of them that has the label.
    pub precision: f64,
    /// Share of the examples with the label that is among them.
    pub recall: f64,
}

/// What was trained, and how good it is on examples that it was not trained on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrainingReport {
    /// Examples trained on.
    pub trained_on: u64,
    /// Examples measured with.
    pub held_out: u64,
    /// Share of the held-out examples whose best label is right.
    pub accuracy: f64,
    /// Each label.
    pub labels: Vec<LabelReport>,
    /// For the score: a row for every tenth.
    pub shares: Vec<ShareReport>,
    /// Learning rate that was used.
    pub learning_rate: f64,
    /// Epochs that were used.
    pub epochs: u32,
    /// Longest word n-grams that were used.
    pub word_ngrams: u32,
    /// Combinations tried by autotune, and the share of held-out answers that were right with each; 0 where training
    /// diverged.
    pub tried: Vec<(f64, u32, u32, f64)>,
    /// Seconds that training took, without reading.
    #[serde(skip)]
    pub seconds: f64,
}

/// A finished training.
#[derive(Debug)]
pub struct Trained {
    /// The model, compressed if that was asked for.
    pub model: Arc<FastTextModel>,
    /// How good it is.
    pub report: TrainingReport,
    /// Scores of the label on the held-out examples, descending.
    pub scores: Vec<f64>,
    options: TrainingOptions,
}

impl Trainer {
    /// A trainer without examples.
    pub fn new(options: TrainingOptions) -> Result<Self, FastTextError> {
        options.fasttext.check()?;
        let rate = options.fasttext.learning_rate;
        if rate > MAX_LEARNING_RATE {
            let (option, allowed) = ("learning_rate", "above 0 and at most 10");
            return Err(FastTextError::Option { option, value: rate.to_string(), allowed });
        }
        if !(options.held_out > 0.0 && options.held_out < 1.0) {
            let value = options.held_out.to_string();
            return Err(FastTextError::Option { option: "held_out", value, allowed: "above 0 and below 1" });
        }
        let (held_out, classes, buffer) = (Vec::new(), BTreeMap::new(), String::new());
        Ok(Self { options, corpus: Corpus::default(), held_out, classes, buffer })
    }

    /// Takes an example. Whether it is held out depends on its text and the seed only.
    pub fn push(&mut self, label: &str, text: &str) -> Result<(), FastTextError> {
        let place = xxh3_64_with_seed(text.as_bytes(), u64::from(self.options.fasttext.seed));
        let held_out = (place >> 11) as f64 / (1_u64 << 53) as f64;
        let text = self.options.tokens.apply(text, &mut self.buffer);
        let (held, worded) = (held_out < self.options.held_out, u64::from(!text.trim().is_empty()));
        let class = self.classes.entry(label.to_owned()).or_default();
        class.examples += 1;
        class.worded += worded;
        class.trained += if held { 0 } else { worded };
        if held {
            self.held_out.push((label.to_owned(), text.to_owned()));
            return Ok(());
        }
        self.corpus.push(&[label], text)
    }

    /// Whether there is something of everything that training and measuring need.
    fn check(&self) -> Result<(), FastTextError> {
        let mut labels = self.classes.keys();
        match (labels.next(), labels.next()) {
            (None, _) => return Err(FastTextError::NoExamples),
            (Some(only), None) => return Err(FastTextError::OneLabel(only.clone())),
            _ => {}
        }
        let score = &self.options.label;
        if !self.classes.contains_key(score) {
            let known = self.classes.keys().take(LISTED).cloned().collect();
            return Err(FastTextError::UnknownLabel { label: score.clone(), known });
        }
        let blank = self.classes.iter().find(|(_, class)| class.worded == 0);
        if let Some((label, Class { examples, .. })) = blank {
            return Err(FastTextError::BlankLabel { label: label.clone(), examples: *examples });
        }
        let untrained = self.classes.iter().find(|(_, class)| class.trained == 0);
        if let Some((label, _)) = untrained {
            return Err(FastTextError::AllHeldOut { label: label.clone() });
        }
        if self.held_out.is_empty() {
            let examples = self.classes.values().map(|class| class.examples).sum();
            return Err(FastTextError::NothingHeldOut { examples, share: self.options.held_out });
        }
        Ok(())
    }

    /// Trains on what was pushed and measures with what was held out.
    pub fn finish(self) -> Result<Trained, FastTextError> {
        self.check()?;
        let Self { mut options, mut corpus, held_out, .. } = self;
        // Files often have one label after the other.
        corpus.shuffle(options.fasttext.seed);
        let examples: Vec<Example<'_>> =
            held_out.iter().map(|(label, text)| Example { labels: vec![label.as_str()], text }).collect();
        let begin = std::time::Instant::now();
        let mut tried = Vec::new();
        if options.autotune {
            let tuned = autotune_on(&corpus, &examples, &options.fasttext, &Grid::default())?;
            tried = tuned.trials.iter().map(trial).collect();
            options.fasttext = tuned.best;
        }
        let mut model = train_on(&corpus, &options.fasttext)?;
        if let Some(quantize) = &options.quantize {
            model = model.quantize(quantize)?;
        }
        let seconds = begin.elapsed().as_secs_f64();
        let model = Arc::new(model);
        let found = evaluate(&model, examples.iter().cloned(), 1, 0.0)?;
        let scores = scores(&model, &options.label, &held_out)?;
        let TrainOptions { learning_rate, epochs, word_ngrams, .. } = options.fasttext;
        let report = TrainingReport {
            trained_on: corpus.len() as u64,
            held_out: found.examples,
            accuracy: found.all.precision(),
            labels: found.labels.iter().map(|(label, counts)| LabelReport::of(label, counts)).collect(),
            shares: shares(&scores),
            learning_rate,
            epochs,
            word_ngrams,
            tried,
            seconds,
        };
        let scores = scores.into_iter().map(|(score, _)| score).collect();
        Ok(Trained { model, report, scores, options })
    }
}

fn trial(trial: &Trial) -> (f64, u32, u32, f64) {
    let TrainOptions { learning_rate, epochs, word_ngrams, .. } = trial.options;
    (learning_rate, epochs, word_ngrams, trial.evaluation.as_ref().map_or(0.0, |found| found.all.precision()))
}

/// The score of each example, descending, with whether it has the label.
fn scores(
    model: &Arc<FastTextModel>,
    label: &str,
    examples: &[(String, String)],
) -> Result<Vec<(f64, bool)>, FastTextError> {
    let unknown =
        || FastTextError::Option { option: "label", value: label.to_owned(), allowed: "a label of the examples" };
    let scorer = Scorer::new(Arc::clone(model), label).ok_or_else(unknown)?;
    let mut scores: Vec<(f64, bool)> = scorer.with(|predictor| {
        let mut score =
            |(of, text): &(String, String)| (scorer.score(predictor, text).unwrap_or_default(), *of == label);
        examples.iter().map(&mut score).collect()
    });
    scores.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    Ok(scores)
}

impl LabelReport {
    fn of(label: &str, counts: &Counts) -> Self {
        let (precision, recall, f1) = (counts.precision(), counts.recall(), counts.f1());
        Self { label: label.to_owned(), examples: counts.given, precision, recall, f1 }
    }
}

impl Trained {
    /// How the scores are spread over the held-out examples; `digest` is the BLAKE3 of the model's file.
    pub fn calibration(&self, digest: String) -> Option<Calibration> {
        Calibration::of(digest, self.options.label.clone(), self.options.tokens, self.scores.clone())
    }
}

/// Keeping a tenth, two tenths, ... of the examples; `scores` descend, each with whether it has the label.
fn shares(scores: &[(f64, bool)]) -> Vec<ShareReport> {
    let with_label = scores.iter().filter(|(_, has)| *has).count();
    let ratio = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let row = |tenth: usize| {
        let count = (scores.len() * tenth).div_ceil(10);
        let kept = scores.get(..count)?;
        let has = kept.iter().filter(|(_, has)| *has).count();
        let threshold = kept.last()?.0;
        let share = tenth as f64 / 10.0;
        Some(ShareReport { share, threshold, precision: ratio(has, count), recall: ratio(has, with_label) })
    };
    (1..10).filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trainer(options: TrainingOptions) -> Trained {
        let mut trainer = Trainer::new(options).expect("good options");
        for number in 0..600 {
            let (label, word) = if number % 2 == 0 { ("good", "lovely") } else { ("bad", "awful") };
            let text = format!("Text {number} is {word}, and number {} too.", number % 7);
            trainer.push(label, &text).expect("a label");
        }
        trainer.finish().expect("trained")
    }

    fn options() -> TrainingOptions {
        let fasttext =
            TrainOptions { dim: 8, epochs: 20, learning_rate: 0.5, buckets: 1000, ..TrainOptions::default() };
        TrainingOptions { fasttext, held_out: 0.2, ..TrainingOptions::new("good") }
    }

    #[test]
    fn what_was_held_out_is_told_apart() {
        let trained = trainer(options());
        let TrainingReport { trained_on, held_out, accuracy, ref shares, .. } = trained.report;
        assert_eq!(trained_on + held_out, 600);
        assert!((80..160).contains(&held_out), "{held_out}");
        assert!((accuracy - 1.0).abs() < 1e-9, "{accuracy}");
        assert_eq!(shares.len(), 9);
        assert!((shares[0].precision - 1.0).abs() < 1e-9 && (shares[8].recall - 1.0).abs() < 1e-9);
        let calibration = trained.calibration("m".to_owned()).expect("scores");
        assert!(calibration.quantile(0.1) < 0.5 && calibration.quantile(0.9) > 0.5);
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let bytes = |options| {
            let mut bytes = Vec::new();
            trainer(options).model.write(&mut bytes).expect("written");
            bytes
        };
        assert!(bytes(options()) == bytes(options()));
    }

    #[test]
    fn autotune_takes_what_is_best_on_held_out_examples() {
        let trained = trainer(TrainingOptions { autotune: true, ..options() });
        assert_eq!(trained.report.tried.len(), 16);
        let best = trained.report.tried.iter().map(|trial| trial.3).fold(0.0, f64::max);
        assert!((trained.report.accuracy - best).abs() < 1e-9);
    }

    #[test]
    fn a_label_without_examples_and_a_bad_share_are_errors() {
        let mut none = Trainer::new(TrainingOptions { label: "none".to_owned(), ..options() }).expect("good options");
        for number in 0..200 {
            let label = if number % 2 == 0 { "good" } else { "bad" };
            none.push(label, &format!("a text {number}")).expect("a label");
        }
        let error = none.finish().expect_err("no such label").to_string();
        assert!(error.contains("`none`") && error.contains("bad, good"), "{error}");
        for held_out in [0.0, 1.0, f64::NAN] {
            assert!(Trainer::new(TrainingOptions { held_out, ..options() }).is_err());
        }
    }

    #[test]
    fn what_little_text_lacks_is_said() {
        let said = |examples: &[(&str, &str)], held_out: f64| {
            let mut trainer = Trainer::new(TrainingOptions { held_out, ..options() }).expect("good options");
            for (label, text) in examples {
                trainer.push(label, text).expect("a label");
            }
            trainer.finish().map(|_| ()).expect_err("too little").to_string()
        };
        for (examples, held_out, part) in [
            (&[][..], 0.1, "no text to train on"),
            (&[("good", "a"), ("good", "b")], 0.1, "the same label `good`"),
            (&[("good", "a"), ("bad", " \n"), ("bad", "")], 0.1, "none of the 2 texts of `bad`"),
            (&[("good", "a b"), ("bad", "c d")], 0.000_001, "none of the 2 texts was held out"),
            (&[("good", "a b"), ("bad", "c d")], 0.999_999, "were held out"),
            (&[("fine", "a b"), ("bad", "c d")], 0.1, "the labels are: bad, fine"),
        ] {
            let error = said(examples, held_out);
            assert!(error.contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn labels_of_several_words_come_back() {
        let labels = ["广告, spam", "正常 text"];
        let mut trainer =
            Trainer::new(TrainingOptions { label: labels[0].to_owned(), ..options() }).expect("good options");
        for number in 0..200 {
            let word = ["buy", "read"][number % 2];
            trainer.push(labels[number % 2], &format!("{word} this number {number}")).expect("a label");
        }
        let mut bytes = Vec::new();
        trainer.finish().expect("trained").model.write(&mut bytes).expect("written");
        let model = FastTextModel::read(bytes.as_slice(), bytes.len() as u64).expect("read again");
        let mut found = model.labels().to_vec();
        found.sort_unstable();
        assert_eq!(found, {
            let mut labels = labels.map(ToOwned::to_owned).to_vec();
            labels.sort_unstable();
            labels
        });
    }

    #[test]
    fn learning_rates_that_make_noise_are_refused() {
        for rate in [10.1, 100.0, f64::NAN, 0.0, -1.0, f64::INFINITY] {
            let fasttext = TrainOptions { learning_rate: rate, ..TrainOptions::default() };
            let error = Trainer::new(TrainingOptions { fasttext, ..options() }).expect_err("refused").to_string();
            assert!(error.contains("`learning_rate`"), "{error}");
        }
    }
}

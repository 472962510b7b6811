use std::path::Path;

use serde::Serialize;
use textmill_document::Stage;
use textmill_fasttext::{Loss, QuantizeOptions, TrainOptions};
use textmill_score::{
    Calibration, ClassifierConfig, ClassifierStage, Tokens, Trained, Trainer, TrainingOptions, TrainingReport,
};

use super::classes::Classes;
use crate::args::{ClassifierArgs, TableFormat};
use crate::exit::CommandError;
use crate::texts::{Read, Texts};
use crate::{Exit, output};

/// What is printed as JSON.
#[derive(Serialize)]
struct Printed<'a> {
    model: String,
    calibration: String,
    #[serde(flatten)]
    report: &'a TrainingReport,
    calibrated_on: u64,
    left_out: u64,
    unusable: u64,
}

pub(super) fn run(args: &ClassifierArgs) -> Result<Exit, CommandError> {
    crate::commands::run::refuse_unexpanded(&args.output.to_string_lossy())?;
    let extension = args.output.extension().and_then(|extension| extension.to_str());
    if !matches!(extension, Some("bin" | "ftz")) {
        let hint = "name it .bin, or .ftz to have it compressed";
        return Err(CommandError::usage(format!("{} is not a name for a model", args.output.display()), hint));
    }
    let label = score_label(args)?;
    let options = options(args, label.clone(), extension == Some("ftz"));
    let tokens = options.tokens;
    let mut trainer = Trainer::new(options)?;
    let (read, left_out) = examples(args, &label, &mut trainer)?;
    output::line(&format!("training on {} texts", read.texts - left_out));
    let trained = trainer.finish()?;
    super::make_folder(&args.output)?;
    trained.model.save(&args.output)?;
    let calibration = calibrate(args, &trained, &label, tokens)?;
    let beside = args.output.with_extension("json");
    write_json(&beside, &calibration)?;
    let printed = Printed {
        model: args.output.display().to_string(),
        calibration: beside.display().to_string(),
        report: &trained.report,
        calibrated_on: calibration.documents,
        left_out,
        unusable: read.unusable,
    };
    match args.format {
        TableFormat::Json => output::json(&printed)?,
        TableFormat::Text => output::data(&table(&printed, &label))?,
    }
    Ok(Exit::Done)
}

/// The label whose probability is the score.
fn score_label(args: &ClassifierArgs) -> Result<String, CommandError> {
    match &args.label {
        Some(label) => Ok(label.clone()),
        None if args.labelled.is_empty() => Ok("positive".to_owned()),
        None => Err(CommandError::usage("no label to score", "--label names the one whose probability is the score")),
    }
}

fn options(args: &ClassifierArgs, label: String, compress: bool) -> TrainingOptions {
    let fasttext = TrainOptions {
        dim: args.dim,
        epochs: args.epochs,
        learning_rate: args.learning_rate,
        word_ngrams: args.word_ngrams,
        min_n: args.min_n,
        max_n: args.max_n,
        buckets: args.buckets,
        min_count: args.min_count,
        loss: Loss::Softmax,
        threads: usize::from(args.threads),
        seed: args.seed,
        ..TrainOptions::default()
    };
    let tokens = args.tokens.tokens();
    let quantize = compress.then(|| QuantizeOptions { cutoff: args.cutoff, ..QuantizeOptions::default() });
    TrainingOptions { fasttext, tokens, held_out: args.held_out, autotune: args.autotune, quantize, label }
}

/// Hands all examples to the trainer; how many were read, and how many of them are of no class.
fn examples(args: &ClassifierArgs, label: &str, trainer: &mut Trainer) -> Result<(Read, u64), CommandError> {
    let (mut read, mut left_out) = (Read::default(), 0);
    let mut add = |found: Read| {
        read.texts += found.texts;
        read.unusable += found.unusable;
    };
    if args.labelled.is_empty() {
        let other = format!("not_{label}");
        for (paths, label) in [(&args.positive, label), (&args.negative, other.as_str())] {
            let texts = Texts { paths, text: &args.text, label: None };
            add(texts.each(|text, _| Ok(trainer.push(label, text)?))?);
        }
        return Ok((read, 0));
    }
    let classes = Classes::parse(&args.classes)?;
    let texts = Texts { paths: &args.labelled, text: &args.text, label: args.label_column.as_deref() };
    add(texts.each(|text, found| {
        match found.and_then(|found| classes.of(found)) {
            Some(class) => trainer.push(class, text)?,
            None => left_out += 1,
        }
        Ok(())
    })?);
    Ok((read, left_out))
}

/// How the scores are spread: over the texts given for that, else over the held-out examples.
fn calibrate(
    args: &ClassifierArgs,
    trained: &Trained,
    label: &str,
    tokens: Tokens,
) -> Result<Calibration, CommandError> {
    let model = args.output.display().to_string();
    let stage = ClassifierStage::new(ClassifierConfig { tokens, ..ClassifierConfig::new(model, label) });
    let stage =
        stage.map_err(|error| CommandError::usage(error.to_string(), "the model just written cannot be read"))?;
    let digest = stage.digests().first().cloned().unwrap_or_default();
    let none = || CommandError::usage("there is no text to calibrate with", "give --calibrate-on files with texts");
    if args.calibrate_on.is_empty() {
        return trained.calibration(digest).ok_or_else(none);
    }
    let mut scores = Vec::new();
    let texts = Texts { paths: &args.calibrate_on, text: &args.text, label: None };
    texts.each(|text, _| {
        scores.extend(stage.scores([Some(text)]).into_iter().flatten());
        Ok(())
    })?;
    Calibration::of(digest, label.to_owned(), tokens, scores).ok_or_else(none)
}

fn write_json(path: &Path, value: &impl Serialize) -> Result<(), CommandError> {
    let failed = |source| CommandError::Write { path: path.to_owned(), source };
    let text = serde_json::to_vec(value).map_err(|error| failed(error.into()))?;
    let part = path.with_extension(format!("json.{}.part", std::process::id()));
    std::fs::write(&part, text).and_then(|()| std::fs::rename(&part, path)).map_err(failed)
}

fn table(printed: &Printed<'_>, score: &str) -> String {
    let TrainingReport {
        trained_on,
        held_out,
        accuracy,
        labels,
        shares,
        learning_rate,
        epochs,
        word_ngrams,
        seconds,
        ..
    } = printed.report;
    let mut text = format!(
        "{} and {}\ntrained on {trained_on} texts in {seconds:.1} s: learning rate {learning_rate}, {epochs} epochs, word \
         n-grams up to {word_ngrams}\n",
        printed.model, printed.calibration
    );
    if printed.left_out + printed.unusable > 0 {
        text += &format!("left out: {} of no class, {} without a text\n", printed.left_out, printed.unusable);
    }
    text += &format!("\n{held_out} held-out texts, accuracy {:.2} %\n\n", 100.0 * accuracy);
    text += &format!("{:<24} {:>8} {:>10} {:>8} {:>8}\n", "label", "texts", "precision", "recall", "F1");
    for label in labels {
        let (precision, recall, f1) = (label.precision, label.recall, label.f1);
        let name = output::printable(&label.label);
        text += &format!("{name:<24} {:>8} {precision:>10.4} {recall:>8.4} {f1:>8.4}\n", label.examples);
    }
    text += &format!("\nkeeping the texts with the highest probability of `{}`\n", output::printable(score));
    text += &format!("{:>8} {:>10} {:>10} {:>8}\n", "kept", "threshold", "precision", "recall");
    for row in shares {
        let (percent, precision, recall) = (100.0 * row.share, row.precision, row.recall);
        text += &format!("{percent:>6.0} % {:>10.6} {precision:>10.4} {recall:>8.4}\n", row.threshold);
    }
    text
}

//! Trains and tests a model on files in fastText's own format, a line per text: `__label__LABEL TEXT`.
//!
//! `fasttext_training train FILE MODEL [OPTION=VALUE...]`: trains and writes a model; options as in `TrainOptions`.
//! `fasttext_training quantize MODEL SMALLER [ROWS]`: compresses it, to ROWS rows.
//! `fasttext_training test FILE MODEL`: accuracy, and megabytes per CPU second of one thread.
//! `fasttext_training tune FILE VALIDATION [OPTION=VALUE...]`: F1 of every combination of a small grid.
#![expect(clippy::print_stdout, reason = "its results")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use textmill_fasttext::{
    Example, FastTextModel, Grid, LineFeed, Loss, Predictor, QuantizeOptions, TrainOptions, autotune, evaluate, train,
};

/// How often, and for how many CPU seconds, answers are timed.
const TESTS: usize = 3;
const TEST_SECONDS: f64 = 0.5;

type Outcome = Result<(), Box<dyn Error>>;

fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["train", file, model, options @ ..] => train_file(file, model, &read_options(options)?),
        ["quantize", model, smaller, rows @ ..] => quantize(model, smaller, rows.first().copied()),
        ["test", file, model] => test(file, model),
        ["tune", file, validation, options @ ..] => tune(file, validation, &read_options(options)?),
        _ => Err("fasttext_training train|quantize|test|tune; see the head of its source".into()),
    }
}

fn read_options(arguments: &[&str]) -> Result<TrainOptions, Box<dyn Error>> {
    let mut options = TrainOptions::default();
    for argument in arguments {
        let (name, value) = argument.split_once('=').ok_or("options are NAME=VALUE")?;
        match name {
            "dim" => options.dim = value.parse()?,
            "epochs" => options.epochs = value.parse()?,
            "learning_rate" => options.learning_rate = value.parse()?,
            "word_ngrams" => options.word_ngrams = value.parse()?,
            "min_n" => options.min_n = value.parse()?,
            "max_n" => options.max_n = value.parse()?,
            "buckets" => options.buckets = value.parse()?,
            "min_count" => options.min_count = value.parse()?,
            "threads" => options.threads = value.parse()?,
            "seed" => options.seed = value.parse()?,
            "loss" => options.loss = loss(value)?,
            other => return Err(format!("no option `{other}`").into()),
        }
    }
    Ok(options)
}

fn loss(name: &str) -> Result<Loss, String> {
    match name {
        "softmax" => Ok(Loss::Softmax),
        "hs" => Ok(Loss::HierarchicalSoftmax),
        "ns" => Ok(Loss::Negative),
        "ova" => Ok(Loss::OneVsAll),
        other => Err(format!("no loss `{other}`")),
    }
}

/// One example for each line.
fn examples(text: &str) -> impl Iterator<Item = Example<'_>> {
    text.lines().map(|mut line| {
        let mut labels = Vec::new();
        while let Some(rest) = line.strip_prefix("__label__") {
            let (label, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            labels.push(label);
            line = rest;
        }
        Example { labels, text: line }
    })
}

fn train_file(file: &str, path: &str, options: &TrainOptions) -> Outcome {
    let (before, start) = (cpu_seconds()?, std::time::Instant::now());
    let text = std::fs::read_to_string(file)?;
    let model = train(examples(&text), options)?;
    let (cpu, wall) = (cpu_seconds()? - before, start.elapsed().as_secs_f64());
    let megabytes = text.len() as f64 * f64::from(options.epochs) / 1e6;
    model.save(Path::new(path))?;
    println!("{cpu:.3} CPU seconds, {wall:.3} seconds, {:.2} MB/s cpu, {} words", megabytes / cpu, model.words());
    Ok(())
}

fn quantize(model: &str, smaller: &str, rows: Option<&str>) -> Outcome {
    let cutoff = rows.map(str::parse).transpose()?;
    let options = QuantizeOptions { cutoff, norms: true, ..QuantizeOptions::default() };
    let quantized = FastTextModel::load(Path::new(model))?.quantize(&options)?;
    quantized.save(Path::new(smaller))?;
    println!("{} bytes, {} before", std::fs::metadata(smaller)?.len(), std::fs::metadata(model)?.len());
    Ok(())
}

fn test(file: &str, model: &str) -> Outcome {
    let text = std::fs::read_to_string(file)?;
    let model = Arc::new(FastTextModel::load(Path::new(model))?);
    let found = evaluate(&model, examples(&text), 1, 0.0)?;
    let texts: Vec<&str> = examples(&text).map(|example| example.text).collect();
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let mut predictor = Predictor::new(model);
    // The best of a few, as other programs on the machine slow some.
    let mut speed = 0.0_f64;
    for _ in 0..TESTS {
        let (mut rounds, before) = (0_u32, cpu_seconds()?);
        while cpu_seconds()? - before < TEST_SECONDS {
            texts.iter().for_each(|text| drop(predictor.predict(text, LineFeed::Space, 1, 0.0)));
            rounds += 1;
        }
        speed = speed.max(bytes as f64 * f64::from(rounds) / 1e6 / (cpu_seconds()? - before));
    }
    println!("accuracy {:.4}, {speed:.2} MB/s cpu, {} texts", found.all.precision(), found.examples);
    Ok(())
}

fn tune(file: &str, validation: &str, base: &TrainOptions) -> Outcome {
    let (text, validation) = (std::fs::read_to_string(file)?, std::fs::read_to_string(validation)?);
    let validation: Vec<Example> = examples(&validation).collect();
    let tuned = autotune(examples(&text), &validation, base, &Grid::default())?;
    for trial in &tuned.trials {
        let TrainOptions { learning_rate, epochs, word_ngrams, .. } = &trial.options;
        let f1 = trial.evaluation.as_ref().map_or(f64::NAN, |evaluation| evaluation.all.f1());
        println!("learning_rate={learning_rate} epochs={epochs} word_ngrams={word_ngrams} f1={f1:.4}");
    }
    let TrainOptions { learning_rate, epochs, word_ngrams, .. } = &tuned.best;
    println!("best: learning_rate={learning_rate} epochs={epochs} word_ngrams={word_ngrams} f1={:.4}", tuned.f1);
    Ok(())
}

/// CPU time of all threads of this process: user and system ticks, hundredths of a second (Linux).
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/stat")?;
    let numbers = status.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = numbers.skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / 100.0)
}

//! Answers and speed of a fastText model.
//!
//! `fasttext predict MODEL K < lines`: per line the best K labels with probabilities, as `fasttext predict-prob`.
//! `fasttext speed MODEL FILE.jsonl.zst...`: megabytes of `text` per CPU second, in one thread.
#![expect(clippy::print_stdout, reason = "its results")]

use std::error::Error;
use std::fs::File;
use std::io::BufRead;
use std::path::Path;
use std::sync::Arc;

use textmill_fasttext::{FastTextModel, LineFeed, Predictor};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [mode, model, rest @ ..] = arguments.as_slice() else {
        return Err("fasttext predict MODEL K < lines | fasttext speed MODEL FILE.jsonl.zst...".into());
    };
    let predictor = Predictor::new(Arc::new(FastTextModel::load(Path::new(model))?));
    if mode == "predict" { predict(predictor, rest) } else { speed(predictor, rest) }
}

fn predict(mut predictor: Predictor, rest: &[String]) -> Result<(), Box<dyn Error>> {
    let k = rest.first().map_or(Ok(1), |k| k.parse())?;
    for line in std::io::stdin().lines() {
        let found = predictor.predict(&line?, LineFeed::Space, k, 0.0);
        let found = found.iter().map(|found| format!("{} {:.6}", found.label, found.probability));
        println!("{}", found.collect::<Vec<_>>().join(" "));
    }
    Ok(())
}

fn speed(mut predictor: Predictor, paths: &[String]) -> Result<(), Box<dyn Error>> {
    for path in paths {
        let lines = std::io::BufReader::new(zstd::Decoder::new(File::open(path)?)?).lines();
        let mut texts = Vec::new();
        for line in lines {
            let document: serde_json::Value = serde_json::from_str(&line?)?;
            texts.extend(document.get("text").and_then(|text| text.as_str()).map(ToOwned::to_owned));
        }
        let bytes: usize = texts.iter().map(String::len).sum();
        let before = cpu_seconds()?;
        let answered = texts.iter().filter(|text| !predictor.predict(text, LineFeed::Space, 1, 0.0).is_empty()).count();
        let seconds = cpu_seconds()? - before;
        println!("textmill {:.2} MB/s cpu ({answered} of {} texts) {path}", bytes as f64 / 1e6 / seconds, texts.len());
    }
    Ok(())
}

/// CPU time of this thread, from the first number of `schedstat` (nanoseconds; Linux).
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = status.split(' ').next().unwrap_or_default().parse()?;
    Ok(nanoseconds / 1e9)
}

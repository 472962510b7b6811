//! Trains a language model, scores sentences, and measures both.
//!
//! ```text
//! lm train ORDER MODEL.arpa [MEMORY-MIB [PRUNE,PRUNE,...]] < sentences
//! lm compact MODEL.arpa MODEL.lm
//! lm score MODEL ROUNDS < sentences        prints log10 of each line, then words a CPU second to standard error
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::error::Error;
use std::fs::File;
use std::io::{BufRead, Write};
use std::path::Path;
use std::time::Instant;

use textmill_ngram_lm::{NgramModel, TrainOptions, Trainer};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["train", order, model, rest @ ..] => train(order.parse()?, model, rest),
        ["compact", from, to] => Ok(std::fs::write(to, NgramModel::load(Path::new(from))?.to_compact())?),
        ["score", model, rounds] => score(model, rounds.parse()?),
        _ => Err("usage: lm train ORDER MODEL [MIB [PRUNE]] | compact FROM TO | score MODEL ROUNDS".into()),
    }
}

fn train(order: usize, model: &str, rest: &[&str]) -> Result<(), Box<dyn Error>> {
    let memory = rest.first().map_or(Ok(1024), |memory| memory.parse::<usize>())? << 20;
    let prune = rest.get(1).map_or(Ok(Vec::new()), |prune| prune.split(',').map(str::parse).collect())?;
    let mut trainer = Trainer::new(TrainOptions { order, memory, prune, ..TrainOptions::default() })?;
    let begin = Instant::now();
    for line in std::io::stdin().lock().lines() {
        trainer.push(&line?)?;
    }
    let trained = trainer.finish(File::create(model)?)?;
    eprintln!("{trained:?} in {:.2} s", begin.elapsed().as_secs_f64());
    Ok(())
}

fn score(model: &str, rounds: usize) -> Result<(), Box<dyn Error>> {
    let before = cpu_seconds()?;
    let model = NgramModel::load(Path::new(model))?;
    eprintln!("read {:.3}", cpu_seconds()? - before);
    let sentences = std::io::stdin().lock().lines().collect::<Result<Vec<_>, _>>()?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for sentence in &sentences {
        writeln!(out, "{:.7}", model.score(sentence).log10)?;
    }
    let before = cpu_seconds()?;
    let (mut words, mut sum) = (0, 0.0);
    for _ in 0..rounds {
        for sentence in &sentences {
            let score = model.score(sentence);
            words += score.words;
            sum += score.log10;
        }
    }
    eprintln!("score {:.0} ({sum:.1})", words as f64 / (cpu_seconds()? - before));
    Ok(())
}

/// User and system time of this process, in hundredths of a second.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/stat")?;
    let numbers = status.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = numbers.skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / 100.0)
}

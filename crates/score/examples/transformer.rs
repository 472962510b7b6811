//! Scores texts with a transformer, for `scripts/compare/onnx`: JSON texts on standard input, a line each; their scores on
//! standard output, a line each; seconds on standard error.
//!
//! ```text
//! transformer MODEL.onnx TOKENIZER.json MAX_TOKENS LABEL,LABEL,... LABEL TRUNCATION
//! ```

use std::io::{BufRead, Write};
use std::time::Instant;

use textmill_score::{TransformerConfig, TransformerStage};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [model, tokenizer, max_tokens, labels, label, truncation] = args.as_slice() else {
        return Err("usage: transformer MODEL TOKENIZER MAX_TOKENS LABELS LABEL TRUNCATION".into());
    };
    let labels: Vec<&str> = labels.split(',').collect();
    let config = TransformerConfig {
        max_tokens: max_tokens.parse()?,
        truncation: serde_json::from_value(truncation.as_str().into())?,
        ..TransformerConfig::new(model, tokenizer, &labels, label)
    };
    let begin = Instant::now();
    let stage = TransformerStage::new(&config)?;
    let loaded = begin.elapsed().as_secs_f64();
    let mut texts: Vec<String> = Vec::new();
    for line in std::io::stdin().lock().lines() {
        texts.push(serde_json::from_str(&line?)?);
    }
    let begin = Instant::now();
    let scores = stage.scores(texts.iter().map(|text| Some(text.as_str())))?;
    let seconds = begin.elapsed().as_secs_f64();
    let mut out = std::io::stdout().lock();
    for score in scores {
        writeln!(out, "{}", score.map_or_else(|| "none".to_owned(), |score| score.to_string()))?;
    }
    writeln!(std::io::stderr(), "load {loaded:.3} score {seconds:.3}")?;
    Ok(())
}

//! Speed of normalisation in one thread: `speed FILE.jsonl.zst...` prints megabytes of `text` per CPU second for the
//! character rules, the full Chinese chain and masking.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::fs::File;
use std::io::BufRead;

use textmill_normalize::pii::{PiiAction, PiiKind, mask};
use textmill_normalize::steps::{UnicodeForm, WidthClass};
use textmill_normalize::{Chain, NormalizeConfig, Options, normalize};

fn main() {
    for path in std::env::args().skip(1) {
        let texts = texts(&path);
        let clean: Vec<String> = texts.iter().map(|text| normalize(text, Options::default()).into_owned()).collect();
        let chinese = NormalizeConfig {
            mojibake: true,
            html_entities: true,
            strip_bidi_controls: true,
            unicode: UnicodeForm::Nfc,
            half_width: vec![WidthClass::Letters, WidthClass::Digits],
            chinese_punctuation: true,
            simplified: true,
            max_newlines: Some(2),
            max_spaces: Some(1),
            trim: true,
            ..NormalizeConfig::default()
        };
        let chain = Chain::new(&chinese).unwrap();
        let without: Vec<String> =
            clean.iter().map(|text| mask(text, &PiiKind::ALL, PiiAction::Mask).0.into_owned()).collect();
        measure("characters, text as it is", &path, &texts, |text| normalize(text, Options::default()).len());
        measure("characters, clean text", &path, &clean, |text| normalize(text, Options::default()).len());
        measure("full Chinese chain", &path, &texts, |text| chain.apply(text, Options::default()).len());
        measure("personal data, text without", &path, &without, |text| {
            mask(text, &PiiKind::ALL, PiiAction::Mask).0.len()
        });
    }
}

fn texts(path: &str) -> Vec<String> {
    let lines = std::io::BufReader::new(zstd::Decoder::new(File::open(path).unwrap()).unwrap()).lines();
    let text = |line: String| {
        let document: serde_json::Value = serde_json::from_str(&line).unwrap();
        document["text"].as_str().map(ToOwned::to_owned)
    };
    lines.filter_map(|line| text(line.unwrap())).collect()
}

fn measure(name: &str, path: &str, texts: &[String], work: impl Fn(&str) -> usize) {
    let bytes: usize = texts.iter().map(String::len).sum();
    let (mut rounds, mut kept) = (0.0, 0);
    // Tables are made once a process.
    work("tables are made: Ã© 報告");
    let before = cpu_seconds();
    while cpu_seconds() - before < 0.5 {
        kept = texts.iter().map(|text| work(text)).sum::<usize>();
        rounds += 1.0;
    }
    let speed = rounds * bytes as f64 / 1e6 / (cpu_seconds() - before);
    println!("{speed:8.0} MB/s cpu  {name}  {path} ({bytes} bytes in, {kept} out)");
}

/// CPU time of this thread, from the first number of `schedstat` (nanoseconds; Linux).
fn cpu_seconds() -> f64 {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    status.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

//! What four rule families decide about each document, each for itself: `decisions en|zh < DOCS.jsonl` prints a JSON
//! object a line, and the megabytes per CPU second on standard error. `zh` has the thresholds of `FineWeb-2` for Chinese.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, clippy::panic, missing_docs)]

use serde_json::{Value, json};
use textmill_filter::{
    C4Quality, FilterConfig, FinewebQuality, GopherQuality, GopherRepetition, Measures, Rule, RuleUse, Verdict,
    WordSplitter,
};

fn rules(language: &str) -> (Vec<Box<dyn Rule>>, WordSplitter) {
    let c4 = C4Quality { terminal_punctuation: false, ..C4Quality::default() };
    let english = vec![RuleUse::GopherRepetition, RuleUse::GopherQuality, RuleUse::C4Quality, RuleUse::FinewebQuality];
    let chinese = vec![RuleUse::GopherRepetition, RuleUse::FinewebQuality, RuleUse::GopherQuality];
    match language {
        "en" => {
            let config = FilterConfig { c4_quality: Some(c4), ..FilterConfig::published(english) };
            (config.rules().unwrap(), WordSplitter::SpacyEn)
        }
        "zh" => {
            let config = FilterConfig {
                gopher_repetition: Some(chinese_repetition()),
                gopher_quality: Some(chinese_quality()),
                fineweb_quality: Some(chinese_fineweb()),
                ..FilterConfig::published(chinese)
            };
            (config.rules().unwrap(), WordSplitter::Jieba)
        }
        other => panic!("en or zh, not {other}"),
    }
}

fn chinese_repetition() -> GopherRepetition {
    GopherRepetition {
        max_duplicate_paragraph_ratio: None,
        max_duplicate_paragraph_char_ratio: None,
        max_duplicate_line_ratio: Some(0.287),
        max_duplicate_line_char_ratio: None,
        max_top_2gram_char_ratio: Some(0.256),
        max_top_3gram_char_ratio: Some(0.201),
        max_top_4gram_char_ratio: Some(0.171),
        max_duplicate_5gram_char_ratio: Some(0.198),
        max_duplicate_6gram_char_ratio: Some(0.182),
        max_duplicate_7gram_char_ratio: Some(0.167),
        max_duplicate_8gram_char_ratio: Some(0.154),
        max_duplicate_9gram_char_ratio: Some(0.14),
        max_duplicate_10gram_char_ratio: Some(0.127),
    }
}

fn chinese_quality() -> GopherQuality {
    GopherQuality {
        min_mean_word_chars: Some(1.0),
        max_mean_word_chars: Some(5.0),
        min_alpha_word_ratio: Some(0.735),
        stop_words: "的年在月是和日了於·為有被人中为他與後也而由".chars().map(String::from).collect(),
        ..GopherQuality::default()
    }
}

fn chinese_fineweb() -> FinewebQuality {
    FinewebQuality {
        min_punctuated_line_ratio: Some(0.106),
        max_short_line_ratio: None,
        max_repeated_line_char_ratio: Some(0.1),
        max_newline_word_ratio: Some(0.178),
        ..FinewebQuality::default()
    }
}

fn main() {
    let language = std::env::args().nth(1).unwrap();
    let (rules, words) = rules(&language);
    let documents: Vec<Value> =
        std::io::stdin().lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
    // The dictionary is read once a process.
    drop(words.split("热身 warm up"));
    let bytes: usize = documents.iter().map(|document| document["text"].as_str().unwrap().len()).sum();
    let started = cpu_seconds();
    let mut lines = Vec::with_capacity(documents.len());
    for document in &documents {
        let measures = Measures::new(document["text"].as_str().unwrap(), words);
        let mut row = json!({"id": document["id"]});
        for rule in &rules {
            row[rule.name()] = match rule.apply(&measures) {
                Verdict::Drop(found) => Value::from(found.reason.code),
                Verdict::Keep => Value::from("keep"),
                Verdict::Rewrite(text) => {
                    row["c4_text"] = Value::from(text);
                    Value::from("keep")
                }
            };
        }
        lines.push(row);
    }
    let seconds = cpu_seconds() - started;
    eprintln!("{:.1} MB, {:.1} MB/s cpu", bytes as f64 / 1e6, bytes as f64 / 1e6 / seconds);
    lines.iter().for_each(|line| println!("{line}"));
}

/// CPU time of this thread, from the first number of `schedstat` (nanoseconds; Linux).
fn cpu_seconds() -> f64 {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    status.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

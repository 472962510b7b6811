//! Extracts the pages of a JSONL file (`{"id":…,"html":…}` a line), or dumps what the model is trained on.
//!
//! `extract_pages main_content|full_text|trafilatura [text|markdown] < PAGES > OUT`: a line `{"id":…,"text":…}` per
//! page; pages, and megabytes of HTML per CPU second of `extract()`, on standard error.
//! `extract_pages blocks < PAGES`: per page its blocks with their features.
//! `extract_pages decode < FILES`: decodes `{"id":…,"bytes":[…]}`, a line `{"id":…,"text":…,"charset":…}` each.

#![allow(clippy::print_stderr, clippy::unwrap_used, missing_docs)]

use std::io::{BufRead, Write};

use serde_json::{Value, json};
use textmill_extract::{Method, Options, TextFormat, decode, extract, training};

fn main() {
    let mode = std::env::args().nth(1).unwrap_or_default();
    let format = std::env::args().nth(2).unwrap_or_else(|| "text".to_owned());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (mut pages, mut bytes, mut seconds) = (0, 0, 0.0);
    for line in std::io::stdin().lock().lines() {
        let page: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let id = &page["id"];
        let html = page["html"].as_str().unwrap_or_default();
        let answer = match mode.as_str() {
            "blocks" => {
                let blocks = training::blocks(html);
                let texts: Vec<&str> = blocks.iter().map(|(text, _, _)| text.as_str()).collect();
                let lengths: Vec<f32> = blocks.iter().map(|(_, length, _)| *length).collect();
                let rows: Vec<&[f32]> = blocks.iter().map(|(_, _, row)| row.as_slice()).collect();
                json!({"id": id, "texts": texts, "lengths": lengths, "rows": rows})
            }
            "decode" => {
                let raw: Vec<u8> = serde_json::from_value(page["bytes"].clone()).unwrap();
                let found = decode(&raw, None, None);
                json!({"id": id, "text": found.text, "charset": found.charset, "source": found.source.name()})
            }
            method => {
                let method: Method = serde_json::from_value(json!(method)).unwrap();
                let format: TextFormat = serde_json::from_value(json!(format)).unwrap();
                let options = Options { method, format, ..Options::default() };
                let before = cpu_seconds();
                let text = extract(html, &options).map(|page| page.text).unwrap_or_default();
                seconds += cpu_seconds() - before;
                json!({"id": id, "text": text})
            }
        };
        pages += 1;
        bytes += html.len();
        writeln!(out, "{answer}").unwrap();
    }
    if seconds > 0.0 {
        let megabytes = bytes as f64 / 1e6;
        eprintln!("{mode}: {pages} pages, {megabytes:.1} MB of HTML, {:.1} MB per CPU second", megabytes / seconds);
    }
}

/// CPU time of this thread: the machine may be busy with other things.
fn cpu_seconds() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

//! Near-duplicates of a file in memory: `dedupe DOCUMENTS.jsonl.zst [PRESET [none|signature|exact [THRESHOLD]]]` reads
//! documents with `id` and `text` and prints `{"id": ..., "cluster": ...}` for each. Default: internlm2, exact, 0.7.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, missing_docs)]

use std::fs::File;
use std::io::{BufRead, BufReader, Write};

use textmill_minhash_dedupe::memory::{Settings, cluster};
use textmill_minhash_dedupe::{DEFAULT_SEED, PRESETS, Verify, preset};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let argument = |place: usize, default: &str| arguments.get(place).map_or(default.to_owned(), Clone::clone);
    let Some(preset) = preset(&argument(1, "internlm2")) else {
        eprintln!("presets: {:?}", PRESETS.iter().map(|preset| preset.name).collect::<Vec<_>>());
        return;
    };
    let settings = Settings {
        normalization: preset.normalization,
        shingler: preset.shingler(),
        hashes: preset.hashes,
        seed: DEFAULT_SEED,
        bands: preset.bands,
        verify: match argument(2, "exact").as_str() {
            "none" => Verify::None,
            "signature" => Verify::Signature,
            _ => Verify::Exact,
        },
        threshold: argument(3, "0.7").parse().unwrap(),
        max_cluster: u32::MAX,
        max_bucket: 10_000,
    };
    let lines = BufReader::new(zstd::Decoder::new(File::open(argument(0, "")).unwrap()).unwrap()).lines();
    let (mut ids, mut texts) = (Vec::new(), Vec::new());
    for line in lines {
        let document: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        ids.push(document["id"].as_str().unwrap().to_owned());
        texts.push(document["text"].as_str().unwrap().to_owned());
    }
    let found = cluster(&texts, &settings);
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (id, root) in ids.iter().zip(&found.roots) {
        writeln!(out, "{}", serde_json::json!({"id": id, "cluster": ids[*root as usize]})).unwrap();
    }
    let kept = found.roots.iter().zip(0_u32..).filter(|(root, number)| **root == *number).count();
    eprintln!(
        "{} documents, {kept} clusters; {} pairs compared, {} passed; {} large buckets, {} joins refused",
        ids.len(),
        found.compared,
        found.passed,
        found.large_buckets,
        found.refused
    );
}

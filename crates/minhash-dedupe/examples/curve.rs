//! How surely each preset finds pairs: `curve DOCUMENTS.jsonl.zst PAIRS.jsonl.zst [PRESET [SEED]]` takes pairs of documents (`id_a`,
//! `id_b`, `lang`), computes their Jaccard similarity over the preset's own shingles, and prints for each tenth of it the
//! share of pairs that meet in a band beside the theoretical one (the mean of the curve over the same pairs).
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};

use textmill_minhash_dedupe::{DEFAULT_SEED, MinHasher, Normalizer, PRESETS, Preset, jaccard};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let texts: HashMap<String, String> =
        rows(&arguments[0]).map(|row| (field(&row, "id"), field(&row, "text"))).collect();
    let pairs: Vec<_> = rows(&arguments[1]).map(|row| ["id_a", "id_b", "lang"].map(|name| field(&row, name))).collect();
    let seed = arguments.get(3).map_or(DEFAULT_SEED, |seed| seed.parse().unwrap());
    let wanted = |preset: &&Preset| arguments.get(2).is_none_or(|name| name == preset.name);
    for preset in PRESETS.iter().filter(wanted) {
        for language in ["en", "zh"] {
            let chosen = pairs.iter().filter(|pair| pair[2] == language);
            print_curve(
                preset,
                seed,
                language,
                &chosen.map(|[a, b, _]| (a.as_str(), b.as_str())).collect::<Vec<_>>(),
                &texts,
            );
        }
    }
}

fn print_curve(preset: &Preset, seed: u64, language: &str, pairs: &[(&str, &str)], texts: &HashMap<String, String>) {
    let normalizer = Normalizer::new(preset.normalization);
    let hasher = MinHasher::new(preset.hashes, seed);
    let mut known: HashMap<&str, (Vec<u64>, Vec<u32>)> = HashMap::new();
    for id in pairs.iter().flat_map(|(a, b)| [*a, *b]) {
        known.entry(id).or_insert_with(|| {
            let normal = normalizer.normalized(&texts[id]);
            let signature = hasher.signature(preset.shingler(), &normal).unwrap_or_default();
            (preset.shingler().set(&normal), signature)
        });
    }
    let mut bins = [(0_u32, 0_u32, 0.0); 10];
    for (a, b) in pairs {
        let (left, right) = (&known[a], &known[b]);
        let similarity = jaccard(&left.0, &right.0);
        let mut bands = preset.bands.split(&left.1).zip(preset.bands.split(&right.1));
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10")]
        let bin = &mut bins[((similarity * 10.0) as usize).min(9)];
        bin.0 += u32::from(bands.any(|(left, right)| left == right));
        bin.1 += 1;
        bin.2 += preset.bands.detection_probability(similarity);
    }
    let cells: Vec<String> = bins
        .iter()
        .map(|(met, all, theory)| {
            let all_or_one = f64::from((*all).max(1));
            format!("{:.3}/{:.3} ({all})", f64::from(*met) / all_or_one, theory / all_or_one)
        })
        .collect();
    println!("{:18} {language} measured/theory (pairs) by tenths: {}", preset.name, cells.join(" "));
}

fn rows(path: &str) -> impl Iterator<Item = serde_json::Value> {
    let lines = BufReader::new(zstd::Decoder::new(File::open(path).unwrap()).unwrap()).lines();
    lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap())
}

fn field(row: &serde_json::Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}

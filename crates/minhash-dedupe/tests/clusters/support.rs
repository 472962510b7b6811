//! Documents and settings for the tests.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::num::NonZeroU32;
use std::path::PathBuf;

use textmill_minhash_dedupe::memory::Settings;
use textmill_minhash_dedupe::{Bands, DEFAULT_SEED, Normalization, Shingler, Unit, Verify};

/// 128 hashes in 14 bands of 9, 5-grams by script, exact check at 0.7.
pub fn settings() -> Settings {
    Settings {
        normalization: Normalization::DATATROVE,
        shingler: Shingler::new(Unit::Auto, NonZeroU32::new(5).unwrap()),
        hashes: 128,
        seed: DEFAULT_SEED,
        bands: Bands::for_threshold(0.7, 128),
        verify: Verify::Exact,
        threshold: 0.7,
        max_cluster: u32::MAX,
        max_bucket: usize::MAX,
    }
}

/// Small random numbers that are the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    pub fn words(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| word(self.below(5000))).collect()
    }
}

/// A word of letters for a number; digits would all become zeros.
pub fn word(number: u64) -> String {
    number.to_string().bytes().map(|digit| char::from(digit + b'A')).collect()
}

/// The near-duplicates of the development data as (id, text); none, said aloud, where it is absent.
pub fn neardup() -> Option<Vec<(String, String)>> {
    let data = std::env::var_os("TEXTMILL_DATA")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    let path = data.join("neardup/docs.jsonl.zst");
    let Ok(file) = File::open(&path) else {
        #[allow(clippy::print_stderr, reason = "a skipped test says so")]
        {
            eprintln!("SKIPPED: {} is not there; set TEXTMILL_DATA", path.display());
        }
        return None;
    };
    let lines = BufReader::new(zstd::Decoder::new(file).unwrap()).lines();
    let document = |line: std::io::Result<String>| {
        let value: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let field = |name: &str| value.get(name).and_then(|field| field.as_str()).unwrap().to_owned();
        (field("id"), field("text"))
    };
    Some(lines.map(document).collect())
}

//! Speed of signatures in one thread: `speed FILE.jsonl.zst...` prints megabytes of `text` per CPU second for
//! normalisation, normalisation and shingles, and the whole way to 112 hashes.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::fs::File;
use std::io::BufRead;
use std::num::NonZeroU32;

use textmill_minhash_dedupe::{DEFAULT_SEED, MinHasher, NormalBuffer, Normalization, Normalizer, Shingler, Unit};

fn main() {
    let mut all: [(f64, f64); 2] = [(0.0, 0.0); 2];
    for path in std::env::args().skip(1) {
        let texts = texts(&path);
        let length = NonZeroU32::new(5).unwrap();
        for (unit, sums) in [Unit::Word, Unit::Auto].into_iter().zip(&mut all) {
            let (bytes, seconds) = measure(&format!("{unit:?} 5-grams"), &path, &texts, Shingler::new(unit, length));
            sums.0 += bytes;
            sums.1 += seconds;
        }
    }
    for (unit, (bytes, seconds)) in [Unit::Word, Unit::Auto].into_iter().zip(all) {
        println!("textmill {unit:?} 5-grams, 112 hashes: {:.2} MB/s cpu over all files", bytes / 1e6 / seconds);
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

/// Prints the three figures of one file; bytes and seconds of one round of the whole way.
fn measure(name: &str, path: &str, texts: &[String], shingler: Shingler) -> (f64, f64) {
    let bytes = texts.iter().map(String::len).sum::<usize>() as f64;
    let normalizer = Normalizer::new(Normalization::DATATROVE);
    let hasher = MinHasher::new(112, DEFAULT_SEED);
    let (mut buffer, mut minima, mut out) = (NormalBuffer::default(), hasher.minima(), Vec::new());
    let (mut length, mut sum, mut shingles) = (0, 0_u64, 0_u64);
    let normal = seconds(|| {
        length = texts.iter().map(|text| normalizer.normalize(text, &mut buffer).len()).sum::<usize>();
    });
    let cut = seconds(|| {
        shingles = 0;
        for text in texts {
            shingler.for_each(normalizer.normalize(text, &mut buffer), |hash| {
                sum ^= hash;
                shingles += 1;
            });
        }
    });
    let whole = seconds(|| {
        out.clear();
        for text in texts {
            minima.read(shingler, normalizer.normalize(text, &mut buffer), &mut out);
        }
    });
    let speed = |seconds: f64| bytes / 1e6 / seconds;
    println!(
        "{:7.0} normal form  {:7.0} and shingles  {:7.0} and 112 hashes  MB/s cpu  {name}  {path} ({bytes} bytes, \
         {length} normal, {shingles} shingles, {} signatures, {sum:x})",
        speed(normal),
        speed(cut),
        speed(whole),
        out.len() / 112,
    );
    (bytes, whole)
}

/// CPU seconds of one round of `work`, the mean of as many as fit into half a second.
fn seconds(mut work: impl FnMut()) -> f64 {
    let (before, mut rounds) = (cpu_seconds(), 0.0);
    while rounds < 1.0 || cpu_seconds() - before < 0.5 {
        work();
        rounds += 1.0;
    }
    (cpu_seconds() - before) / rounds
}

/// CPU time of this thread, from the first number of `schedstat` (nanoseconds; Linux).
fn cpu_seconds() -> f64 {
    let nanoseconds = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    nanoseconds.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

//! fastText models against the answers of fastText's C++, and against damage.
//!
//! Needs the development data (`$TEXTMILL_DATA` or `../shared/data` next to the repository); says so where it is absent.
#![expect(clippy::print_stderr, reason = "a skipped test must be seen")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use textmill_fasttext::{FastTextModel, LineFeed, Predictor};

fn data(test: &str) -> Option<PathBuf> {
    let beside =
        || Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../../../shared/data");
    let folder = std::env::var_os("TEXTMILL_DATA").map_or_else(beside, PathBuf::from).join("lid");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED {test}: no development data at {} (set TEXTMILL_DATA)", folder.display());
    None
}

fn json_lines(path: &Path) -> Vec<Value> {
    let file = std::fs::File::open(path).expect("the data is there");
    let lines = BufReader::new(zstd::Decoder::new(file).expect("zstd")).lines();
    lines.map(|line| serde_json::from_str(&line.expect("UTF-8")).expect("JSON")).collect()
}

fn read(bytes: &[u8]) -> Result<FastTextModel, String> {
    FastTextModel::read(bytes, bytes.len() as u64).map_err(|error| error.to_string())
}

#[test]
fn answers_are_those_of_the_cpp_program() {
    let Some(folder) = data("answers_are_those_of_the_cpp_program") else { return };
    let model = FastTextModel::load(&folder.join("lid.176.ftz")).expect("a good model");
    let mut predictor = Predictor::new(Arc::new(model));
    let sentences = json_lines(&folder.join("sentences.jsonl.zst"));
    let expected = json_lines(&folder.join("fasttext-cpp.jsonl.zst"));
    assert_eq!(sentences.len(), expected.len());
    let mut equal = 0;
    for (sentence, expected) in sentences.iter().zip(&expected) {
        let found = predictor.predict(sentence["text"].as_str().expect("a text"), LineFeed::Space, 2, 0.0);
        let first = found.first().expect("an answer");
        if expected["top"][0][0] == first.label {
            equal += 1;
            let probability = expected["top"][0][1].as_f64().expect("a number");
            assert!((probability - f64::from(first.probability)).abs() <= 1e-5, "{sentence}: {first:?}, {probability}");
        }
    }
    assert!(equal * 1000 >= sentences.len() * 999, "{equal} of {} are equal", sentences.len());
}

#[test]
fn damaged_headers_and_cut_files_are_named_errors() {
    let Some(folder) = data("damaged_headers_and_cut_files_are_named_errors") else { return };
    let good = std::fs::read(folder.join("lid.176.ftz")).expect("the model");
    for length in (0..100).map(|step| good.len() * step / 100) {
        let error = read(good.get(..length).expect("shorter")).expect_err("cut");
        assert!(error.contains("too early") || error.contains("damaged"), "{length}: {error}");
    }
    // magic, version, dim, then wordNgrams, loss, model; size, nwords, nlabels, pruneidx_size.
    let offsets = [0, 4, 8, 28, 32, 68, 72, 84, 88];
    let large =
        [0x00FF_FFFF, 0x0100_0000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x0FFF_FFFF, 0x1000_0000, 0x2000_0000];
    let larger = [0x3FFF_FFFF, 0x4000_0000, 0x5555_5555, 0x6000_0000, 0x7000_0000, 0x7FFF_FF00, i32::MAX];
    let negative = [i32::MIN, i32::MIN + 1, -2_000_000_000, -0x4000_0000, -65_536, -1_000, -3, -2];
    let mut patched = 0;
    for offset in offsets {
        for value in large.iter().chain(&larger).chain(&negative) {
            let mut bytes = good.clone();
            bytes[offset..offset + 4].copy_from_slice(&value.to_le_bytes());
            let error = read(&bytes).expect_err("a patched header must not be believed");
            assert!(error.contains('`') || error.contains("fastText"), "{value} at {offset}: {error}");
            patched += 1;
        }
    }
    assert!(patched >= 200, "{patched} headers");
}

/// Peak resident memory of this process in bytes.
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    line.split_whitespace().next().and_then(|kib| kib.parse::<usize>().ok()).expect("a number") * 1024
}

#[test]
fn a_model_takes_at_most_a_fifth_more_memory_than_its_file() {
    if !Path::new("/proc/self/status").exists() {
        eprintln!("SKIPPED a_model_takes_at_most_a_fifth_more_memory_than_its_file: not Linux");
        return;
    }
    // The small model with two million more buckets for n-grams, 64 MB of zeros.
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| Path::new(".").into(), PathBuf::from);
    let mut bytes = std::fs::read(folder.join("tests/models/softmax-1.bin")).expect("the model");
    let (columns, labels, more) = (8_usize, 4_usize, 2_000_000_usize);
    let output = bytes.len() - (1 + 16 + labels * columns * 4);
    let bucket = i32::from_le_bytes(bytes[40..44].try_into().expect("four bytes"));
    bytes[40..44].copy_from_slice(&(bucket + i32::try_from(more).expect("small")).to_le_bytes());
    // The input matrix ends at `output`: rows and columns stand before its numbers.
    let rows_at = (0..output).rev().find(|at| {
        let number = |at: usize| i64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let rows = usize::try_from(number(*at)).unwrap_or(0);
        *at + 16 <= output && number(*at + 8) == 8 && *at + 16 + rows.saturating_mul(columns * 4) == output
    });
    let rows_at = rows_at.expect("the input matrix");
    let rows = i64::from_le_bytes(bytes[rows_at..rows_at + 8].try_into().expect("eight bytes"))
        + i64::try_from(more).expect("small");
    bytes[rows_at..rows_at + 8].copy_from_slice(&rows.to_le_bytes());
    let path = std::env::temp_dir().join(format!("textmill-large-{}.bin", std::process::id()));
    let mut file = std::fs::File::create(&path).expect("a file");
    let zeros = vec![0_u8; columns * 4 * 1000];
    std::io::Write::write_all(&mut file, &bytes[..output]).expect("written");
    (0..more / 1000).for_each(|_| std::io::Write::write_all(&mut file, &zeros).expect("written"));
    std::io::Write::write_all(&mut file, &bytes[output..]).expect("written");
    drop(file);
    let size = usize::try_from(std::fs::metadata(&path).expect("the file").len()).expect("64 bits");
    let before = peak_memory();
    let model = FastTextModel::load(&path);
    let grown = peak_memory() - before;
    std::fs::remove_file(&path).expect("the file can be removed");
    assert_eq!(model.expect("a good model").labels().len(), labels);
    assert!(grown as f64 <= 1.2 * size as f64, "a file of {size} bytes took {grown}");
}

#[test]
fn flipped_bits_never_panic() {
    let Some(folder) = data("flipped_bits_never_panic") else { return };
    let good = std::fs::read(folder.join("lid.176.ftz")).expect("the model");
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for round in 0..200_usize {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Half of them in the header and the first words, half anywhere.
        let range = if round % 2 == 0 { 400 } else { good.len() };
        let offset = usize::try_from(state >> 33).expect("31 bits") % range;
        let mut bytes = good.clone();
        bytes[offset] ^= 1 << (state >> 20 & 7);
        if let Ok(model) = read(&bytes) {
            let found = Predictor::new(Arc::new(model)).predict("ein Satz, 一句话\n", LineFeed::End, 3, 0.0).len();
            assert!(found <= 3);
        }
    }
}

#[test]
fn what_is_remembered_changes_no_answer() {
    let Some(folder) = data("what_is_remembered_changes_no_answer") else { return };
    let model = Arc::new(FastTextModel::load(&folder.join("lid.176.ftz")).expect("a good model"));
    let mut warm = Predictor::new(Arc::clone(&model));
    for sentence in json_lines(&folder.join("sentences.jsonl.zst")).iter().step_by(20) {
        let text = sentence["text"].as_str().expect("a text");
        let mut cold = Predictor::new(Arc::clone(&model));
        assert_eq!(warm.predict(text, LineFeed::Space, 5, 0.0), cold.predict(text, LineFeed::Space, 5, 0.0));
    }
}

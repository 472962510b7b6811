//! Any bytes as a web archive: planned and read to the end; every record has its number.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use textmill_ingest::{InputConfig, ReadOptions, open_split, plan_input};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime")
});
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("textmill-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
});

/// The first byte of an input chooses what the rest is taken for.
const NAMES: [&str; 4] = ["a.warc", "a.warc.gz", "a.warc.zst", "a.wet"];

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let path = FOLDER.join(NAMES[usize::from(*choice) % NAMES.len()]);
    std::fs::write(&path, bytes).expect("a file");
    let options = ReadOptions::new(InputConfig::new(vec![path.display().to_string()]));
    // What is no archive at all is refused before it is read.
    let Ok(plan) = RUNTIME.block_on(plan_input(&options.input)) else { return };
    for split in &plan.splits {
        let mut rows = Vec::new();
        for batch in open_split(split, &options, RUNTIME.handle()).expect("the file is there") {
            let batch = batch.expect("damage is no failure");
            rows.extend_from_slice(batch.documents.rows().values());
            rows.extend(batch.quarantined.iter().map(|record| record.row));
        }
        rows.sort_unstable();
        assert!(rows.iter().copied().eq(0..rows.len() as u64), "rows are missing or doubled: {rows:?}");
    }
});

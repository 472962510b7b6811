//! Stores and rows that the tests share.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, RecordBatch, StringViewArray};
use arrow::datatypes::{DataType, Field, Schema};
use object_store::memory::InMemory;
use tempfile::TempDir;
use textmill_document::{Ledger, columns};
use textmill_store::Store;
use textmill_store::manifest::{Dataset, FORMAT_VERSION, FileEntry, TaskManifest, TaskMetrics};
use textmill_store::testing::{FaultStore, without_pauses};

/// A local store that is deleted with the directory.
pub fn local() -> (TempDir, Store) {
    let directory = tempfile::tempdir().expect("a directory");
    let store = Store::open(&directory.path().join("out").to_string_lossy()).expect("opens");
    (directory, store)
}

/// The same kind of store in a bucket, in memory.
pub fn memory() -> Store {
    Store::with_object_store(Arc::new(InMemory::new()), "some/prefix", "mem://bucket/some/prefix")
}

/// A bucket with faults, added by `with`.
pub fn faulty(with: impl FnOnce(FaultStore) -> FaultStore) -> Store {
    without_pauses();
    Store::with_object_store(Arc::new(with(FaultStore::new(Arc::new(InMemory::new())))), "", "mem://faulty")
}

/// The paths of everything in the store.
pub async fn paths(store: &Store) -> Vec<String> {
    store.list("").await.expect("lists").into_iter().map(|found| found.path).collect()
}

/// `count` rows of awkward sizes: mostly short texts, some nulls, some long ones.
pub fn rows(count: usize) -> RecordBatch {
    let length = |row: usize| match row % 97 {
        0 => 40_000,
        1..=3 => 0,
        n => n * 13,
    };
    let text = |row: usize| format!("{row} über 中文 ").chars().cycle().take(length(row)).collect::<String>();
    let ids: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..count).map(|row| format!("d{row}"))));
    let texts: ArrayRef =
        Arc::new((0..count).map(|row| (row % 50 != 7).then(|| text(row))).collect::<StringViewArray>());
    let languages: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..count).map(|row| ["en", "zh"][row % 2])));
    let scores: ArrayRef =
        Arc::new((0..count).map(|row| (row % 5 > 0).then_some(row as f64 / 7.0)).collect::<Float64Array>());
    let schema = Schema::new(vec![
        columns::text_field(columns::ID),
        columns::text_field(columns::TEXT),
        columns::text_field(columns::LANGUAGE),
        Field::new(columns::LANGUAGE_SCORE, DataType::Float64, true),
    ]);
    RecordBatch::try_new(Arc::new(schema), vec![ids, texts, languages, scores]).expect("columns of one length")
}

/// The manifest of an attempt that wrote `files`.
pub fn manifest(key: &str, attempt: &str, files: &[&str]) -> TaskManifest {
    let entry = |path: &&str| FileEntry {
        path: (*path).to_owned(),
        bytes: 1,
        rows: 1,
        blake3: "0".repeat(64),
        row_hash: "0".repeat(32),
    };
    TaskManifest {
        format_version: FORMAT_VERSION,
        key: key.to_owned(),
        phase: "p0".to_owned(),
        task: "00000".to_owned(),
        attempt: attempt.to_owned(),
        owner_epoch: 1,
        textmill_version: "0".to_owned(),
        outputs: BTreeMap::from([(Dataset::Data, files.iter().map(entry).collect())]),
        handed_over: BTreeMap::new(),
        keys: BTreeMap::new(),
        ledger: Ledger::default(),
        metrics: TaskMetrics::default(),
        input: textmill_store::manifest::InputFacts::default(),
        given_up: None,
    }
}

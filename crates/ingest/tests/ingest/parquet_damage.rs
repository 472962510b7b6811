use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use parquet::file::properties::WriterProperties;
use textmill_ingest::{IngestErrorKind, OnUnreadable, ReadOptions};

use crate::helpers::{Folder, all_rows, parquet, parquet_with};

const ROWS: u64 = 600;

fn table() -> RecordBatch {
    let text: ArrayRef =
        Arc::new(StringArray::from_iter_values((0..ROWS).map(|n| format!("{n} {}", "word ".repeat(40)))));
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values((0..ROWS).map(|n| format!("d{n}"))));
    RecordBatch::try_from_iter([("id", ids), ("text", text)]).expect("two columns")
}

fn file() -> Vec<u8> {
    parquet(&table(), 100)
}

fn footer_start(file: &[u8]) -> usize {
    let length: [u8; 4] = file[file.len() - 8..file.len() - 4].try_into().expect("four bytes");
    file.len() - 8 - u32::from_le_bytes(length) as usize
}

/// Reads `bytes` as a whole; every row that its plan promises must be a document or in quarantine.
fn read_damaged(folder: &Folder, bytes: &[u8]) {
    folder.write("a.parquet", bytes);
    let mut options = ReadOptions::new(folder.config("a.parquet"));
    options.input.on_unreadable = OnUnreadable::Quarantine;
    let Ok(plan) = folder.plan(&options.input) else {
        return;
    };
    assert_eq!(plan.unreadable.len() + plan.shards.len(), 1);
    for split in &plan.splits {
        match folder.try_read(std::slice::from_ref(split), &options) {
            Ok(read) => assert_eq!(Some(read.rows().len() as u64), split.rows),
            Err(error) => assert_eq!(error.kind(), IngestErrorKind::Unreadable, "{error}"),
        }
    }
}

/// The `SplitMix64` generator: the same damage in every run.
struct Random(u64);

impl Random {
    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 16).expect("64-bit machine") % bound
    }
}

#[test]
fn damaged_footers_never_panic_out() {
    let folder = Folder::new();
    let whole = file();
    let footer = footer_start(&whole);
    let mut random = Random(7);
    for _ in 0..200 {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(3) {
            let at = footer + random.below(whole.len() - footer);
            bytes[at] = u8::try_from(random.below(256)).expect("a byte");
        }
        read_damaged(&folder, &bytes);
    }
}

#[test]
fn damaged_pages_never_panic_out_and_every_row_is_counted() {
    let folder = Folder::new();
    let whole = file();
    let footer = footer_start(&whole);
    let mut random = Random(7);
    for _ in 0..200 {
        let mut bytes = whole.clone();
        let at = 4 + random.below(footer - 4);
        bytes[at] ^= 1 << random.below(8);
        read_damaged(&folder, &bytes);
    }
    for cut in [0, 3, 100, footer, whole.len() - 9, whole.len() - 1] {
        read_damaged(&folder, &whole[..cut]);
    }
}

/// Invalid UTF-8 in the text of row 250.
fn spoil(bytes: &mut [u8]) {
    let at = bytes.windows(5).position(|window| window == b"250 w").expect("row 250 is stored as it is");
    bytes[at + 4] = 0xff;
}

#[test]
fn a_damaged_dictionary_costs_its_row_group_only() {
    let folder = Folder::new();
    let mut bytes = file();
    spoil(&mut bytes);
    folder.write("a.parquet", &bytes);
    let read = folder.read("a.parquet");
    assert_eq!(read.rows(), all_rows(ROWS));
    assert_eq!(read.causes(), (200..300).map(|row| (row, "malformed")).collect::<Vec<_>>());
    let detail = &read.quarantined[99].detail;
    assert!(detail.starts_with("row group 2: ") && detail.contains("non UTF-8 data"), "{detail}");
}

#[test]
fn a_damaged_value_costs_its_row_only() {
    let folder = Folder::new();
    let properties = WriterProperties::builder().set_dictionary_enabled(false);
    let mut bytes = parquet_with(&table(), properties.set_max_row_group_row_count(Some(100)).build());
    spoil(&mut bytes);
    folder.write("a.parquet", &bytes);
    let read = folder.read("a.parquet");
    assert_eq!(read.rows(), all_rows(ROWS));
    assert_eq!(read.causes(), [(250, "malformed")]);
}

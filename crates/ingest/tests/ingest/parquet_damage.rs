use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringArray, StringBuilder, StructArray};
use arrow::datatypes::Field;
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use textmill_ingest::{ColumnSource, Columns, IngestErrorKind, OnUnreadable, OtherFields, ReadOptions};

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
    let plain = WriterProperties::builder().set_dictionary_enabled(false).set_data_page_row_count_limit(50);
    let plain = plain.set_write_batch_size(50).set_max_row_group_row_count(Some(100)).build();
    let files = [file(), parquet_with(&table(), plain), include_bytes!("../data/checksums.parquet").to_vec()];
    for (kind, whole) in files.into_iter().enumerate() {
        let footer = footer_start(&whole);
        let mut random = Random(7 + kind as u64);
        for _ in 0..500 {
            let mut bytes = whole.clone();
            let at = 4 + random.below(footer - 4);
            bytes[at] ^= 1 << random.below(8);
            read_damaged(&folder, &bytes);
        }
        for cut in [0, 3, 100, footer, whole.len() - 9, whole.len() - 1] {
            read_damaged(&folder, &whole[..cut]);
        }
    }
}

/// Invalid UTF-8 in the text of row 250.
fn spoil(bytes: &mut [u8]) {
    let at = bytes.windows(5).position(|window| window == b"250 w").expect("row 250 is stored as it is");
    bytes[at + 4] = 0xff;
}

/// Row 250 of `properties`' file is no UTF-8: only it is lost, and the quarantine shows its bytes.
fn one_bad_value_costs_its_row(properties: WriterPropertiesBuilder) {
    let folder = Folder::new();
    let mut bytes = parquet_with(&table(), properties.set_max_row_group_row_count(Some(100)).build());
    spoil(&mut bytes);
    folder.write("a.parquet", &bytes);
    let read = folder.read("a.parquet");
    assert_eq!(read.rows(), all_rows(ROWS));
    assert_eq!(read.causes(), [(250, "invalid_utf8")]);
    let record = &read.quarantined[0];
    assert_eq!(record.detail, "column `text`: invalid UTF-8 at byte 4 of the value");
    assert!(record.bytes > 100 && record.head.starts_with(b"250 \xff"), "{record:?}");
    assert_eq!(read.documents[251].1[0], "d252", "the rows behind it are read as ever");
}

#[test]
fn a_bad_value_costs_its_row_only() {
    let properties = || WriterProperties::builder();
    one_bad_value_costs_its_row(properties());
    one_bad_value_costs_its_row(properties().set_dictionary_enabled(false));
    one_bad_value_costs_its_row(
        properties().set_writer_version(WriterVersion::PARQUET_2_0).set_data_page_row_count_limit(7),
    );
}

#[test]
fn many_bad_values_cost_their_rows_only() {
    let folder = Folder::new();
    let mut bytes = file();
    // The rows 100 to 199 of a group, every second of them.
    for row in (100..200).step_by(2) {
        let value = format!("{row} word ");
        let at = bytes.windows(value.len()).position(|window| window == value.as_bytes()).expect("stored as it is");
        bytes[at + 5] = 0xc3;
    }
    folder.write("a.parquet", &bytes);
    let read = folder.read("a.parquet");
    assert_eq!(read.rows(), all_rows(ROWS));
    let expected: Vec<_> = (100..200).step_by(2).map(|row| (row, "invalid_utf8")).collect();
    assert_eq!(read.causes(), expected);
}

#[test]
fn bad_text_inside_lists_and_structs_costs_its_row_only() {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in 0..ROWS {
        (0..row % 4).for_each(|n| lists.values().append_value(format!("tag {row}.{n} end")));
        lists.append(true);
    }
    let lists: ArrayRef = Arc::new(lists.finish());
    let field = Arc::new(Field::new("tags", lists.data_type().clone(), true));
    let inner: ArrayRef = Arc::new(StructArray::from(vec![(field, lists)]));
    let text = Arc::clone(table().column(1));
    let batch = RecordBatch::try_from_iter([("text", text), ("meta", inner)]).expect("two columns");
    let mut bytes = parquet(&batch, 100);
    let at = bytes.windows(8).position(|window| window == b"tag 250.").expect("stored as it is");
    bytes[at + 3] = 0xff;
    let folder = Folder::new();
    folder.write("a.parquet", &bytes);
    let mut options = ReadOptions::new(folder.config("a.parquet"));
    options.input.columns = Columns::new(vec![
        ("text".to_owned(), ColumnSource::string("text")),
        ("meta".to_owned(), ColumnSource::string("meta")),
    ]);
    let read = folder.read_with(&options);
    assert_eq!(read.rows(), all_rows(ROWS));
    assert_eq!(read.causes(), [(250, "invalid_utf8")]);
    assert_eq!(read.documents[251].1[2], "{\"tags\":[]}");
    assert_eq!(read.documents[253].1[2], "{\"tags\":[\"tag 254.0 end\",\"tag 254.1 end\"]}");
}

#[test]
fn a_page_that_differs_from_its_checksum_is_not_read_as_data() {
    let folder = Folder::new();
    // Uncompressed pages of ten rows or so, each with its checksum, in two row groups.
    let mut bytes = include_bytes!("../data/checksums.parquet").to_vec();
    folder.write("a.parquet", &bytes);
    let read = folder.read("a.parquet");
    assert_eq!((read.documents.len(), read.quarantined.len()), (200, 0), "right checksums are right");
    let at = bytes.windows(12).position(|window| window == b"document 53 ").expect("stored as it is");
    // The first and the last text of a page are in its header too; this one is in its data alone.
    bytes[at + 9] = b'7';
    folder.write("a.parquet", &bytes);
    let read = folder.read("a.parquet");
    assert_eq!(read.rows(), all_rows(200));
    let lost: Vec<u64> = read.quarantined.iter().map(|record| record.row).collect();
    assert!(lost.contains(&53) && lost.len() <= 20, "its page, and no more: {lost:?}");
    assert!(lost.windows(2).all(|pair| pair[1] == pair[0] + 1), "{lost:?}");
    assert!(read.quarantined[0].detail.contains("CRC checksum mismatch"), "{}", read.quarantined[0].detail);
    assert_eq!(read.column(1).iter().filter(|text| text.starts_with("document 73 ")).count(), 1);
}

#[test]
fn encrypted_files_are_refused_before_the_run_and_named() {
    let folder = Folder::new();
    folder.write("footer.parquet", include_bytes!("../data/encrypted_footer.parquet"));
    folder.write("text.parquet", include_bytes!("../data/encrypted_text.parquet"));
    folder.write("other.parquet", include_bytes!("../data/encrypted_other.parquet"));
    let advice = "(Parquet modular encryption), and textmill has no keys; write it without encryption; repair or remove the \
                  file, or set `input.on_unreadable: quarantine`";
    assert_eq!(
        folder.plan_errors(&folder.config("*.parquet")),
        [
            format!("footer.parquet: it is a Parquet file whose footer is encrypted {advice}"),
            format!("text.parquet: column `text` is encrypted {advice}"),
        ]
    );
    let mut config = folder.config("*.parquet");
    config.on_unreadable = OnUnreadable::Quarantine;
    let plan = folder.plan(&config).expect("a plan");
    assert_eq!((plan.unreadable.len(), plan.splits.len()), (2, 1));
    // A column that nobody reads may be encrypted; one that passes with all others may not.
    assert_eq!(folder.read("other.parquet").column(1), ["one", "two"]);
    let mut config = folder.config("other.parquet");
    config.other_fields = OtherFields::Metadata;
    assert_eq!(folder.plan_errors(&config), [format!("other.parquet: column `secret` is encrypted {advice}")]);
}

/// The file with a footer that says `rows` rows, as a Thrift number, in place of 600; its row groups stay.
fn with_declared_rows(rows: &[u8]) -> Vec<u8> {
    let file = file();
    let footer = footer_start(&file);
    // Field 3, a number: 1200, which is 600 in Thrift's way of writing signed ones. Then a list.
    let told = [0x16, 0xb0, 0x09, 0x19];
    let at = footer + file[footer..].windows(4).position(|window| window == told).expect("the number of rows");
    let mut written = [&file[..=at], rows, &file[at + 3..file.len() - 8]].concat();
    let length = u32::try_from(written.len() - footer).expect("a small footer");
    written.extend(length.to_le_bytes());
    written.extend(b"PAR1");
    written
}

#[test]
fn row_groups_say_how_many_rows_there_are() {
    for (declared, number) in [(0, &[0_u8][..]), (599, &[0xae, 0x09]), (601, &[0xb2, 0x09]), (-1, &[1])] {
        let folder = Folder::new();
        folder.write("a.parquet", with_declared_rows(number));
        let plan = folder.plan(&folder.config("a.parquet")).expect("a plan");
        let note = format!(
            "{}: the footer declares {declared} rows, its row groups 600; these are read",
            folder.path("a.parquet")
        );
        assert_eq!(plan.notes.first(), Some(&note));
        assert_eq!(folder.read("a.parquet").documents.len(), 600);
    }
    let folder = Folder::new();
    folder.write("a.parquet", with_declared_rows(&[0xb0, 0x09]));
    assert_eq!(folder.plan(&folder.config("a.parquet")).expect("a plan").notes, Vec::<String>::new());
}

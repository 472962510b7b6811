use proptest::prelude::*;
use textmill_document::ByteSize;
use textmill_ingest::{ColumnSource, ColumnType, Columns, Compression, Format, OtherFields, ReadOptions, Shard, Split};

use crate::helpers::{Folder, all_rows, lines};

fn source(from: &str, data_type: ColumnType) -> ColumnSource {
    ColumnSource::typed(from, data_type)
}

#[test]
fn each_bad_line_goes_to_quarantine_with_its_cause_and_the_rest_is_kept() {
    let folder = Folder::new();
    let mut file = Vec::new();
    let bad: [(&[u8], &str, &str); 12] = [
        (b"{\"text\": \"open", "malformed", "line 2: EOF while parsing a string at column 14"),
        (b"[1, 2]", "malformed", "line 3: not a JSON object: [1, 2]"),
        (b"{\"text\": \"a\xff\"}", "invalid_utf8", "line 4: invalid UTF-8 at byte 11 of the line"),
        (b"{\"id\": \"x\"}", "missing_text", "line 5: field `text` is absent or null"),
        (b"{\"text\": null}", "missing_text", "line 6: field `text` is absent or null"),
        (b"{\"text\": 7}", "wrong_type", "line 7: invalid type: integer `7`, expected a string at column 10"),
        (b"{\"text\": NaN}", "missing_text", "line 8: field `text` is absent or null"),
        (
            b"{\"text\": \"\\ud800\"}",
            "malformed",
            "line 9: half a character (`\\ud800` to `\\udfff` alone) in a field that is read",
        ),
        (b"{\"text\": \"a\", \"text\": \"b\"}", "malformed", "line 10: duplicate key `text` at column 20"),
        (b"{\"text\": \"a\"} {}", "malformed", "line 11: trailing characters at column 15"),
        (
            b"{\"text\": \"a\", \"id\": [1]}",
            "wrong_type",
            "line 12: field `id`: expected string, found [1] at column 24",
        ),
        (b"<html>", "malformed", "line 13: not a JSON object: <html>"),
    ];
    file.extend(b"{\"id\": \"first\", \"text\": \"good\"}\n");
    for (line, ..) in bad {
        file.extend(line);
        file.push(b'\n');
    }
    file.extend(b"{\"id\": \"last\", \"text\": \"good\"}");
    folder.write("a.jsonl", &file);
    let read = folder.read("a.jsonl");
    assert_eq!(read.column(0), ["first", "last"]);
    assert_eq!(read.rows(), all_rows(14));
    let mut offset = 32;
    for (record, (line, cause, detail)) in read.quarantined.iter().zip(bad) {
        assert_eq!((record.cause.code(), record.detail.as_str()), (cause, detail));
        assert_eq!((record.offset, record.bytes), (Some(offset), line.len() as u64));
        assert_eq!(record.head, line);
        assert_eq!(record.blake3, blake3::hash(line).to_hex().to_string());
        offset += line.len() as u64 + 1;
    }
    assert_eq!(read.quarantined.len(), bad.len());
}

#[test]
fn values_are_read_as_declared() {
    let folder = Folder::new();
    let records = [
        r#"{"doc": 12345678901234567890123, "body": "a\n\u00e9", "n": -3, "q": 0.25, "ok": true, "u": 1.50}"#,
        r#"{"doc": "x\"y", "body": "", "n": null, "q": 7, "ok": null, "u": "s"}"#,
        r#"{"body": "no more"}"#,
        r#"{"body": "bad", "n": 1.5}"#,
        r#"{"body": "bad", "n": "1"}"#,
        r#"{"body": "bad", "q": 1e999}"#,
        r#"{"body": "bad", "ok": 1}"#,
        r#"{"body": "bad", "u": {"a": 1}}"#,
    ];
    folder.write("a.jsonl", records.join("\n"));
    let mut options = ReadOptions::new(folder.config("a.jsonl"));
    options.input.columns = Columns::new(vec![
        ("id".to_owned(), source("doc", ColumnType::String)),
        ("text".to_owned(), source("body", ColumnType::String)),
        ("n".to_owned(), source("n", ColumnType::Int64)),
        ("score".to_owned(), source("q", ColumnType::Float64)),
        ("ok".to_owned(), source("ok", ColumnType::Boolean)),
        ("url".to_owned(), source("u", ColumnType::String)),
        ("again".to_owned(), source("u", ColumnType::String)),
    ]);
    let read = folder.read_with(&options);
    let rows: Vec<_> = read.documents.iter().map(|(_, row)| row.join("|")).collect();
    assert_eq!(
        rows,
        ["12345678901234567890123|a\né|-3|0.25|true|1.50|1.50", "x\"y||-|7.0|-|s|s", "a.jsonl:2|no more|-|-|-|-|-",]
    );
    let causes: Vec<_> = read.quarantined.iter().map(|record| record.cause.code()).collect();
    assert_eq!(causes, ["wrong_type"; 5]);
}

#[test]
fn line_ends_blank_lines_and_byte_order_mark_are_no_records() {
    let folder = Folder::new();
    folder.write("a.jsonl", "\u{feff}{\"text\": \"a\"}\r\n\r\n  \n{\"text\": \"b\"}\n\n{\"text\": \"c\"}\r\n\n");
    let read = folder.read("a.jsonl");
    assert_eq!(read.column(0), ["a.jsonl:0", "a.jsonl:1", "a.jsonl:2"]);
    assert_eq!(read.column(1), ["a", "b", "c"]);
    assert_eq!(read.quarantined, []);
}

#[test]
fn undeclared_fields_are_kept_on_request() {
    let folder = Folder::new();
    folder.write("a.jsonl", "{\"a\\n\": 1.0, \"text\": \"t\", \"b\": {\"c\": [\"\\u00e9\"]}}\n{\"text\": \"u\"}\n");
    let mut options = ReadOptions::new(folder.config("a.jsonl"));
    options.input.other_fields = OtherFields::Metadata;
    let read = folder.read_with(&options);
    assert_eq!(read.column(2), [r#"{"a\n":1.0,"b":{"c": ["\u00e9"]}}"#, "{}"]);
    options.projection = Some(vec!["id".to_owned()]);
    assert_eq!(folder.read_with(&options).documents[0].1, ["a.jsonl:0", "t"]);
}

#[test]
fn a_line_over_the_limit_is_skipped_as_a_stream() {
    let folder = Folder::new();
    let long = format!("{{\"text\": \"{}\"}}", "x".repeat(3 << 20));
    folder.write("a.jsonl", format!("{}{long}\n{}{long}", lines(0, 2), lines(2, 1)));
    let mut options = ReadOptions::new(folder.config("a.jsonl"));
    options.input.limits.max_document_bytes = ByteSize(1 << 20);
    let read = folder.read_with(&options);
    assert_eq!(read.column(0), ["d0", "d1", "d2"]);
    assert_eq!(read.causes(), [(2, "too_large"), (4, "too_large")]);
    for record in &read.quarantined {
        assert_eq!(record.bytes, long.len() as u64);
        assert_eq!(record.blake3, blake3::hash(long.as_bytes()).to_hex().to_string());
        assert_eq!(record.head, &long.as_bytes()[..1024]);
    }
}

#[test]
fn deep_nesting_costs_nothing_where_it_is_not_read() {
    let folder = Folder::new();
    let deep = "[".repeat(1_000_000);
    let closed = format!("{deep}{}", "]".repeat(1_000_000));
    folder.write("a.jsonl", format!("{{\"x\": {closed}, \"text\": \"t\"}}\n{{\"text\": {closed}}}\n{deep}\n"));
    let read = folder.read("a.jsonl");
    assert_eq!(read.column(1), ["t"]);
    assert_eq!(read.causes(), [(1, "wrong_type"), (2, "malformed")]);
}

#[test]
fn batches_are_bounded_and_their_size_changes_nothing_else() {
    let folder = Folder::new();
    let mut file = lines(0, 500);
    file.push_str("broken\n");
    file.push_str(&format!("{{\"id\": \"big\", \"text\": \"{}\"}}\n", "y".repeat(5000)));
    file.push_str(&lines(500, 500));
    folder.write("a.jsonl", file);
    let mut options = ReadOptions::new(folder.config("a.jsonl"));
    let reference = folder.read_with(&options);
    assert_eq!(reference.rows(), all_rows(1002));
    for (rows, bytes) in [(1, 1 << 20), (7, 1 << 20), (1024, 100), (1024, 4000), (8192, 1 << 30)] {
        (options.batch_rows, options.batch_bytes) = (rows, bytes);
        let read = folder.read_with(&options);
        assert_eq!((&read.documents, &read.quarantined), (&reference.documents, &reference.quarantined));
        for (documents, payload) in read.batches {
            assert!(documents <= rows && (payload <= bytes as u64 || documents == 1), "{documents} {payload}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn any_bytes_are_records_or_quarantine(
        parts in prop::collection::vec(
            prop_oneof![
                Just(b"{\"text\": \"good\"}".to_vec()),
                Just(b"{\"text\": ".to_vec()),
                Just(b"\n".to_vec()),
                Just("\u{feff}\r".as_bytes().to_vec()),
                prop::collection::vec(any::<u8>(), 0..40),
            ],
            0..40,
        ),
        ending in prop::sample::select(vec!["jsonl", "jsonl.gz", "jsonl.zst"]),
        batch_rows in 1_usize..5,
    ) {
        // The first line says that there are lines: other text may be laid out otherwise.
        let bytes = [&b"{\"text\": \"first\"}\n"[..], &parts.concat()].concat();
        let folder = Folder::new();
        let path = folder.write(&format!("a.{ending}"), &bytes);
        let metadata = path.metadata().expect("written");
        let modified = metadata.modified().expect("a time").duration_since(std::time::UNIX_EPOCH).expect("later");
        let compression = match ending {
            "jsonl" => Compression::None,
            "jsonl.gz" => Compression::Gzip,
            _ => Compression::Zstd,
        };
        let shard = Shard {
            location: path.display().to_string(),
            name: "a".to_owned(),
            bytes: metadata.len(),
            version: format!("mtime:{}", modified.as_nanos()),
            format: Format::Jsonl,
            compression,
            blake3: None,
        };
        let split = Split { shard, row_groups: None, part: None, first_row: 0, rows: None, bytes: metadata.len() };
        let mut options = ReadOptions::new(folder.config("a"));
        options.batch_rows = batch_rows;
        let read = folder.try_read(&[split], &options).expect("damage is no error");
        prop_assert_eq!(read.rows(), all_rows(read.rows().len() as u64));
        if compression == Compression::None {
            let records = bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
            prop_assert_eq!(read.rows().len(), records.count());
        }
    }
}

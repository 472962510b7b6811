//! JSON lines as they are found: numbers that are none, half characters, nested fields, fields that come late.

use textmill_ingest::{ColumnSource, ColumnType, Columns, OtherFields, ReadOptions};

use crate::helpers::{Folder, lines};

fn options(folder: &Folder, name: &str, columns: Vec<(&str, ColumnSource)>) -> ReadOptions {
    let mut options = ReadOptions::new(folder.config(name));
    options.input.columns = Columns::new(columns.into_iter().map(|(name, source)| (name.to_owned(), source)).collect());
    options
}

fn text(from: &str) -> ColumnSource {
    ColumnSource::string(from)
}

#[test]
fn numbers_that_are_none_are_null_wherever_they_stand() {
    let folder = Folder::new();
    let records = [
        r#"{"text": "a", "x": NaN, "n": 1}"#,
        r#"{"text": "b NaN", "score": NaN, "n": -Infinity, "ok": NaN, "name": Infinity}"#,
        r#"{"text": "c", "score": -Infinity, "x": {"y": [Infinity, "NaN"]}}"#,
        r#"{"text": NaN}"#,
        r#"{"text": "d", "score": nan}"#,
    ];
    folder.write("a.jsonl", records.join("\n"));
    let mut options = options(
        &folder,
        "a.jsonl",
        vec![
            ("text", text("text")),
            ("score", ColumnSource::typed("score", ColumnType::Float64)),
            ("n", ColumnSource::typed("n", ColumnType::Int64)),
            ("ok", ColumnSource::typed("ok", ColumnType::Boolean).or_null()),
            ("name", text("name").or_null()),
        ],
    );
    options.input.other_fields = OtherFields::Metadata;
    let read = folder.read_with(&options);
    let rows: Vec<_> = read.documents.iter().map(|(_, row)| row[1..].join("|")).collect();
    assert_eq!(rows, ["a|-|1|-|-|{\"x\":null}", "b NaN|-|-|-|-|{}", "c|-|-|-|-|{\"x\":{\"y\": [null, \"NaN\"]}}"]);
    assert_eq!(read.causes(), [(3, "missing_text"), (4, "malformed")]);
}

#[test]
fn half_a_character_costs_the_record_where_a_column_would_hold_it_and_else_nothing() {
    let folder = Folder::new();
    let half = r"\ud83d";
    let records = [
        format!(r#"{{"text": "a {half} b", "title": "t"}}"#),
        format!(r#"{{"text": "a", "title": "{half}"}}"#),
        format!(r#"{{"text": "a", "title": "t", "other": "{half}"}}"#),
        format!(r#"{{"text": "a", "title": "t", "{half}": 1}}"#),
        format!(r#"{{"text": "a", "title": "t", "other": {{"x": ["{half}x"]}}}}"#),
        r#"{"text": "\ud83d\ude00 and \\ud83d", "title": "t", "other": "\uD83D\uDE00"}"#.to_owned(),
        format!(r#"{{"text": "a", "title": {{"x": "{half}"}}}}"#),
        format!(r#"{{"text": "{half}"#),
    ];
    folder.write("a.jsonl", records.join("\n"));
    let mut options = options(&folder, "a.jsonl", vec![("text", text("text")), ("title", text("title"))]);
    let read = folder.read_with(&options);
    assert_eq!(read.causes(), [(0, "malformed"), (1, "malformed"), (6, "wrong_type"), (7, "truncated")]);
    assert_eq!(read.column(1), ["a", "a", "a", "😀 and \\ud83d"]);
    let detail = "line 1: half a character (`\\ud800` to `\\udfff` alone) in a field that is read";
    assert_eq!(read.quarantined[0].detail, detail);
    options.input.other_fields = OtherFields::Metadata;
    let read = folder.read_with(&options);
    let expected: Vec<_> = [0, 1, 2, 3, 4].map(|row| (row, "malformed")).into();
    let malformed: Vec<_> = read.causes().into_iter().filter(|(row, _)| *row < 6).collect();
    assert_eq!((malformed, read.documents.len()), (expected, 1));
    assert_eq!(read.column(3), [r#"{"other":"\uD83D\uDE00"}"#]);
}

#[test]
fn keys_may_be_escaped_and_are_the_same_keys() {
    let folder = Folder::new();
    let records = [
        r#"{"\u0069d": "1", "te\u0078t": "First."}"#,
        r#"{"id": "2", "text": "Second.", "a\/b": "slash"}"#,
        r#"{"id": "3", "text": "plain", "te\u0078t": "escaped"}"#,
        r#"{"id": "4", "text": "Fourth.", "\u0061/b": "x", "d": {"\u0065": "y"}}"#,
    ];
    folder.write("a.jsonl", records.join("\n"));
    let columns = vec![("id", text("id")), ("text", text("text")), ("ab", text("a/b")), ("de", text("d.e"))];
    let read = folder.read_with(&options(&folder, "a.jsonl", columns));
    let rows: Vec<_> = read.documents.iter().map(|(_, row)| row.join("|")).collect();
    assert_eq!(rows, ["1|First.|-|-", "2|Second.|slash|-", "4|Fourth.|x|y"]);
    assert_eq!(read.causes(), [(2, "malformed")]);
    assert!(read.quarantined[0].detail.contains("duplicate key `text`"), "{}", read.quarantined[0].detail);
}

#[test]
fn nested_fields_are_read_by_their_path() {
    let folder = Folder::new();
    let records = [
        r#"{"id": "a", "data": {"text": "one", "meta": {"lang": "en"}, "score": 0.5}}"#,
        r#"{"id": "b", "data.text": "two", "data": {"text": "not this", "score": 1}}"#,
        r#"{"id": "c", "data": {"text": "not this"}, "data.text": "three"}"#,
        r#"{"id": "d", "data": {"meta.lang": "de", "text": "four", "meta": {"lang": "fr"}}}"#,
        r#"{"id": "e", "data": {"text": null}}"#,
        r#"{"id": "f", "data": "five"}"#,
        r#"{"id": "g", "data": {"text": ["six"]}}"#,
        r#"{"id": "h", "data": {"text": "x", "text": "y"}}"#,
        r#"{"id": "i", "data": {"text": "x"}, "data": {"text": "y"}}"#,
    ];
    folder.write("a.jsonl", records.join("\n"));
    let columns = vec![
        ("id", text("id")),
        ("text", text("data.text")),
        ("lang", text("data.meta.lang")),
        ("score", ColumnSource::typed("data.score", ColumnType::Float64)),
    ];
    let mut options = options(&folder, "a.jsonl", columns);
    let plan = folder.plan(&options.input).expect("a plan");
    assert_eq!(plan.notes, Vec::<String>::new());
    let read = folder.read_with(&options);
    let rows: Vec<_> = read.documents.iter().map(|(_, row)| row.join("|")).collect();
    assert_eq!(rows, ["a|one|en|0.5", "b|two|-|1.0", "c|three|-|-", "d|four|de|-"]);
    let expected = [(4, "missing_text"), (5, "missing_text"), (6, "wrong_type"), (7, "malformed"), (8, "malformed")];
    assert_eq!(read.causes(), expected);
    assert!(
        read.quarantined[2].detail.contains("field `data.text`: expected string"),
        "{}",
        read.quarantined[2].detail
    );
    options.input.other_fields = OtherFields::Metadata;
    assert_eq!(folder.read_with(&options).column(4)[1], r#"{"data":{"text": "not this", "score": 1}}"#);
    folder.write("b.jsonl", "{\"data\": {\"body\": \"x\"}}\n{\"text\": \"y\"}\n");
    options.input.paths = vec![folder.path("b.jsonl")];
    let errors = folder.plan_errors(&options.input);
    assert!(errors[0].contains("field `data.text`, which is missing in its first 2 records"), "{errors:?}");
}

#[test]
fn a_field_may_come_late_or_in_other_files_only() {
    let folder = Folder::new();
    let columns = || vec![("id", text("id")), ("text", text("text")), ("url", text("url"))];
    let with_url = "{\"id\": \"u\", \"text\": \"t\", \"url\": \"http://e.org\"}\n";
    folder.write("late.jsonl", format!("{}{with_url}", lines(0, 500)));
    let read = folder.read_with(&options(&folder, "late.jsonl", columns()));
    assert_eq!((read.documents.len(), read.quarantined.len()), (501, 0));
    assert_eq!((read.column(2)[0], read.column(2)[500]), ("-", "http://e.org"));

    folder.write("two/a.jsonl", lines(0, 5));
    folder.write("two/b.jsonl", with_url);
    let two = options(&folder, "two/*.jsonl", columns());
    let notes = folder.plan(&two.input).expect("a plan").notes;
    assert!(notes.len() == 1 && notes[0].starts_with("column `url` is missing in 1 of 2 files"), "{notes:?}");
    assert_eq!(folder.read_with(&two).column(2), ["-", "-", "-", "-", "-", "http://e.org"]);

    folder.write("none.jsonl", lines(0, 5));
    let errors = folder.plan_errors(&options(&folder, "none.jsonl", columns()).input);
    assert!(errors[0].contains("field `url`, which is missing in its first 5 records"), "{errors:?}");
    assert!(errors[0].contains("write `{from: NAME, optional: true}`"), "{errors:?}");
    let mut optional = columns();
    optional[2].1 = text("url").or_null();
    let read = folder.read_with(&options(&folder, "none.jsonl", optional));
    assert_eq!(read.column(2), ["-"; 5]);

    // A field of a similar name may be meant, whatever other files have.
    folder.write("two/c.jsonl", "{\"id\": \"c\", \"text\": \"t\", \"urls\": \"x\"}\n");
    let errors = folder.plan_errors(&two.input);
    assert!(errors.len() == 1 && errors[0].contains("did you mean `urls`?"), "{errors:?}");
}

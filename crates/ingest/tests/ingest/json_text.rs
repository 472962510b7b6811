//! JSON as it is written by others: encodings, arrays, objects over several lines.

use proptest::prelude::*;

use crate::helpers::{Folder, Read, all_rows, gzip, lines};

fn read(bytes: impl AsRef<[u8]>) -> Read {
    let folder = Folder::new();
    folder.write("a.jsonl", bytes);
    folder.read("a.jsonl")
}

fn utf16(text: &str, mark: bool, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let mark = mark.then_some(0xfeff);
    mark.into_iter().chain(text.encode_utf16()).flat_map(bytes).collect()
}

#[test]
fn utf_16_is_read_in_either_order_with_and_without_a_mark() {
    let text = lines(0, 9000).replace("number", "数𠀀");
    let plain = read(&text);
    for mark in [true, false] {
        for bytes in [u16::to_le_bytes as fn(u16) -> [u8; 2], u16::to_be_bytes] {
            let read = read(utf16(&text, mark, bytes));
            assert_eq!((&read.documents, &read.quarantined), (&plain.documents, &vec![]));
        }
    }
    let folder = Folder::new();
    folder.write("b.jsonl.gz", gzip(&utf16(&text, true, u16::to_le_bytes)));
    assert_eq!(folder.read("b.jsonl.gz").documents, plain.documents);
    // Half a pair costs its line, a cut is one.
    let mut units: Vec<u16> = lines(0, 3).encode_utf16().collect();
    let at = lines(0, 1).len() + 20;
    units[at] = 0xd800;
    let bytes: Vec<u8> = [0xfeff].into_iter().chain(units).flat_map(u16::to_le_bytes).collect();
    assert_eq!(read(&bytes).causes(), [(1, "invalid_utf8")]);
    let cut = read(&bytes[..bytes.len() - 9]);
    assert_eq!((cut.causes(), cut.cuts.len()), (vec![(1, "invalid_utf8"), (2, "truncated")], 1));
}

#[test]
fn one_set_of_documents_however_it_is_laid_out() {
    let objects: Vec<_> = lines(0, 2000).lines().map(str::to_owned).collect();
    let values: Vec<serde_json::Value> = objects.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let pretty: Vec<_> = values.iter().map(|value| serde_json::to_string_pretty(value).expect("JSON")).collect();
    let layouts = [
        ("an array on one line", format!("[{}]", objects.join(", "))),
        ("an array, one object a line", format!("[\n{}\n]\n", objects.join(",\n"))),
        ("a printed array", serde_json::to_string_pretty(&values).expect("JSON")),
        ("printed objects", pretty.join("\n")),
        ("printed objects of Windows", pretty.join("\r\n").replace("\r\n", "\n").replace('\n', "\r\n")),
        ("carriage returns", objects.join("\r")),
        ("nothing between", objects.concat()),
        ("commas at the ends", objects.join(",\n")),
        ("a mark before", format!("\u{feff}[{}]", objects.join(","))),
        ("lines", objects.join("\n")),
        ("lines of Windows", objects.join("\r\n")),
    ];
    let plain = read(lines(0, 2000));
    for (layout, text) in &layouts {
        let found = read(text);
        assert_eq!((&found.documents, &found.quarantined), (&plain.documents, &vec![]), "{layout}");
        assert_eq!(found.cuts.len(), 0, "{layout}");
    }
    for (layout, text) in &layouts {
        let found = read(utf16(text.trim_start_matches('\u{feff}'), true, u16::to_be_bytes));
        assert_eq!(found.documents, plain.documents, "UTF-16, {layout}");
    }
    assert!(read("[]").documents.is_empty());
    assert!(read("[\n]\n").quarantined.is_empty());
}

#[test]
fn a_broken_object_costs_itself_and_a_cut_array_is_named() {
    let values: Vec<serde_json::Value> =
        lines(0, 50).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let text = serde_json::to_string_pretty(&values).expect("JSON");
    // Any one character of the middle object taken away.
    let begin = text.find("\"d25\"").expect("an object") - 10;
    let end = text.find("\"d26\"").expect("an object") - 20;
    for at in (begin..end).filter(|at| !text.as_bytes()[*at].is_ascii_whitespace()) {
        let mut bytes = text.clone().into_bytes();
        bytes.remove(at);
        let found = read(&bytes);
        let ids = found.column(0);
        let others = (0..50).filter(|n| *n != 25).all(|n| ids.contains(&format!("d{n}").as_str()));
        assert!(others, "byte {at} ({:?}): {:?}", char::from(text.as_bytes()[at]), found.quarantined);
        assert_eq!(found.rows(), all_rows(found.documents.len() as u64 + found.quarantined.len() as u64));
    }
    let found = read(text.get(..begin + 15).unwrap_or_default());
    assert_eq!((found.documents.len(), found.causes()), (25, vec![(25, "truncated")]));
    assert_eq!(found.cuts.len(), 1, "{:?}", found.cuts);
}

#[test]
fn what_is_no_json_is_one_message_for_the_file() {
    let folder = Folder::new();
    folder.write("a.jsonl", "id,text\n1,one\n2,two\n");
    folder.write("b.jsonl", "[\"a\", 1]\n[\"b\", 2]\n");
    let errors = folder.plan_errors(&folder.config("*.jsonl"));
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(errors[0].starts_with("a.jsonl: none of its first 3 lines is a JSON object; the first is `id,text`"));
    assert!(errors[1].contains("`[\"a\", 1]`"), "{}", errors[1]);
    // Lines with a first bad one are lines.
    assert_eq!(read(format!("id,text\n{}", lines(0, 3))).causes(), [(0, "malformed")]);
    assert_eq!(read(format!("{{\"id\": \"x\",\n{}", lines(0, 3))).causes(), [(0, "malformed")]);
}

#[test]
fn a_cut_last_line_is_named_and_a_bad_one_is_not() {
    let text = format!("{}{{\"id\": \"ö\", \"text\": \"ünd\"}}", lines(0, 3));
    assert_eq!(read(&text).documents.len(), 4);
    for cut in lines(0, 3).len() + 1..text.len() {
        let found = read(&text.as_bytes()[..cut]);
        assert_eq!((found.causes(), found.cuts.len()), (vec![(3, "truncated")], 1), "at {cut}");
    }
    for last in ["{\"id\": 1}x", "broken", "{\"id\": \"a\" \"b\"}", "{\"id\": \"x\"}"] {
        let found = read(format!("{}{last}", lines(0, 3)));
        assert_eq!((found.quarantined.len(), found.cuts.len()), (1, 0), "{last}");
    }
    assert_eq!(read(format!("{}{{\"id\": \"cut\n", lines(0, 3))).cuts.len(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Texts with quotes, brackets and line ends come out of an array as they went in.
    #[test]
    fn any_texts_come_out_of_an_array(
        texts in prop::collection::vec("[a-z\"\\\\\\[\\]{},:\n\r\t中]{1,12}", 1..20),
        pretty in any::<bool>(),
    ) {
        let values: Vec<_> = texts.iter().map(|text| serde_json::json!({"id": "x", "text": text})).collect();
        let json = if pretty { serde_json::to_string_pretty(&values) } else { serde_json::to_string(&values) };
        let found = read(json.expect("JSON"));
        prop_assert_eq!(&found.quarantined, &vec![]);
        prop_assert_eq!(found.column(1), texts.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

//! ARC, the format of web archives before WARC.

use textmill_ingest::ReadOptions;

use crate::helpers::{Folder, Read, gzip};

fn record(line: &str, content: &str) -> Vec<u8> {
    format!("{line} {}\n{content}\n", content.len()).into_bytes()
}

fn page(number: usize, words: usize) -> String {
    let body = format!("<p>Page {number}</p>\n\n{}", "word\n".repeat(words));
    format!("HTTP/1.0 20{number} Document follows\r\nContent-Type: text/html; n={number}\r\n\r\n{body}")
}

/// An archive of version 1 or 2 with three pages between other records.
fn records(version: usize) -> Vec<Vec<u8>> {
    let behind = |kind: &str, status: &str| match version {
        1 => kind.to_owned(),
        _ => format!("{kind} {status} fac069150613fe55599cc7fa88aa089d - 209 IA-001102.arc"),
    };
    let names = match version {
        1 => "URL IP-address Archive-date Content-type Archive-length",
        _ => "URL IP-address Archive-date Content-type Result-code Checksum Location Offset Filename Archive-length",
    };
    let about = format!("{version} 0 Some Archive\n{names}\n");
    let line = |url: &str, number: usize, kind: &str| {
        let kind = behind(kind, "200");
        format!("{url} 192.0.2.{number} 1996092314210{number} {kind}")
    };
    vec![
        record(&format!("filedesc://a.arc 0.0.0.0 19960923142103 {}", behind("text/plain", "200")), &about),
        record(&line("http://one.org/", 1, "text/html"), &page(1, 3)),
        record(&line("dns:two.org", 2, "text/dns"), "19960923142103\ntwo.org. A 192.0.2.2\n"),
        record(&line("http://two.org/a b", 2, "text/html; charset=x"), &page(2, 120)),
        record(&line("https://three.org/c", 3, "text/html"), &page(3, 5)),
        record(&line("http://old.org/plain", 4, "text/html"), "<p>A page without a header of HTTP</p>"),
    ]
}

fn rows(read: &Read) -> Vec<Vec<String>> {
    read.documents.iter().map(|(_, row)| row.iter().skip(1).cloned().collect()).collect()
}

#[test]
fn both_versions_give_the_columns_of_warc() {
    let folder = Folder::new();
    for version in [1, 2] {
        let records = records(version);
        folder.write("a.arc", records.concat());
        folder.write("a.arc.gz", records.iter().flat_map(|part| gzip(part)).collect::<Vec<_>>());
        folder.write("one.arc.gz", gzip(&records.concat()));
        folder.write("blocks.arc.gz", records.concat().chunks(100).flat_map(gzip).collect::<Vec<_>>());
        for name in ["a.arc", "a.arc.gz", "one.arc.gz", "blocks.arc.gz"] {
            let read = folder.read(name);
            assert_eq!(read.quarantined, [], "{name} of version {version}");
            let skipped: Vec<_> = read.skipped.iter().map(|(kind, count)| (*kind, *count)).collect();
            assert_eq!(skipped, [("dns", 1), ("filedesc", 1)], "{name}");
            assert_eq!(read.column(0), (0..4).map(|row| format!("{name}:{row}")).collect::<Vec<_>>());
            assert_eq!(
                read.column(1),
                ["http://one.org/", "http://two.org/a b", "https://three.org/c", "http://old.org/plain"]
            );
            assert_eq!(read.column(2)[..2], ["1996-09-23T14:21:01Z", "1996-09-23T14:21:02Z"]);
            assert_eq!(read.column(3), ["201", "202", "203", "-"]);
            assert_eq!(read.column(4), ["text/html; n=1", "text/html; n=2", "text/html; n=3", "text/html"]);
            assert!(read.column(8)[0].starts_with("3c703e50616765203"), "{}", read.column(8)[0]);
        }
    }
    let mut options = ReadOptions::new(folder.config("a.arc"));
    let source = textmill_ingest::ColumnSource::string;
    options.input.columns = textmill_ingest::Columns::new(vec![("ip".to_owned(), source("WARC-IP-Address"))]);
    assert_eq!(folder.read_with(&options).column(1)[0], "192.0.2.1");
}

#[test]
fn a_cut_record_costs_itself_and_mixes_nothing() {
    let folder = Folder::new();
    for version in [1, 2] {
        let records = records(version);
        folder.write("a.arc", records.concat());
        let sound = rows(&folder.read("a.arc"));
        for cut in [1, 3, 4] {
            for at in 1..records[cut].len() {
                let mut parts = records.clone();
                parts[cut].truncate(at);
                let members: Vec<u8> = parts.iter().flat_map(|part| gzip(part)).collect();
                for (name, bytes) in [("a.arc", parts.concat()), ("a.arc.gz", members)] {
                    if name == "a.arc.gz" && at > 150 && at % 11 != 0 {
                        continue;
                    }
                    folder.write(name, bytes);
                    let read = folder.read(name);
                    let context = || format!("{name} of version {version}, {cut} cut at {at}: {:?}", read.quarantined);
                    // An address that ends in a slash may have another one behind it: nothing tells.
                    let is_address = name == "a.arc" && records[cut].get(at - 1) == Some(&b'/') && at < 60;
                    let rows = rows(&read);
                    assert!(is_address || rows.iter().all(|row| sound.contains(row)), "{rows:?} of {}", context());
                    assert!(rows.len() >= 3, "{rows:?} of {}", context());
                    assert!(is_address || rows.len() == 4 || !read.quarantined.is_empty(), "{}", context());
                }
            }
        }
    }
}

#[test]
fn damage_costs_the_records_that_it_touches() {
    let folder = Folder::new();
    let records = records(1);
    let altered = |from: &str, to: &str| {
        let text = String::from_utf8(records.concat()).expect("text");
        assert!(text.contains(from));
        text.replacen(from, to, 1)
    };
    for (what, file) in [
        ("a length that is no number", altered("charset=x 678", "charset=x x78")),
        ("a length that is too small", altered("charset=x 678", "charset=x 578")),
        ("a length that is too large", altered("charset=x 678", "charset=x 700")),
        ("a length beyond the file", altered("charset=x 678", "charset=x 67800")),
        ("a date that is none", altered("19960923142102 text/html", "1996092314 text/html")),
    ] {
        folder.write("a.arc", file);
        let read = folder.read("a.arc");
        assert_eq!(read.column(3), ["201", "203", "-"], "{what}: {:?}", read.quarantined);
        assert_eq!(read.causes(), [(1, "malformed")], "{what}: {:?}", read.quarantined);
    }
    folder.write("a.arc", "http://a.org/ is no header line\n");
    assert!(folder.plan_errors(&folder.config("a.arc"))[0].contains("no header line of an ARC record begins here"));
}

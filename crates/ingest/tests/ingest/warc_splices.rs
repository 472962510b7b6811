//! Archives that lost bytes: a document is kept as it was, or its record goes to quarantine; never is one made of two.

use std::fmt::Write as _;

use sha1::{Digest, Sha1};
use textmill_ingest::{OnUnreadable, ReadOptions};

use crate::helpers::{Folder, Read, gzip, is_seamless};

/// A record as an archive has it. `first` is the header that comes first after the version.
fn record(number: usize, first: &str, body: &str) -> Vec<u8> {
    let http = format!(
        "HTTP/1.1 20{number} OK\r\nContent-Type: text/html; n={number}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let digest: String = Sha1::digest(http.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("memory");
        hex
    });
    let mut lines = [
        "WARC-Type: response".to_owned(),
        format!("WARC-Record-ID: <urn:uuid:{number}>"),
        format!("WARC-Date: 2024-01-0{number}T00:00:00Z"),
        format!("WARC-Target-URI: http://e.org/{number}"),
        format!("WARC-Block-Digest: sha1:{digest}"),
        "Content-Type: application/http; msgtype=response".to_owned(),
        format!("Content-Length: {}", http.len()),
    ];
    lines.sort_by_key(|line| !line.starts_with(first));
    format!("WARC/1.0\r\n{}\r\n\r\n{http}\r\n\r\n", lines.join("\r\n")).into_bytes()
}

/// Four records, the second of which is longer than the third with its header: a cut of it can end where that one ends.
fn records(first: &str) -> Vec<Vec<u8>> {
    let body = |number: usize, words: usize| format!("<p>Page {number}.\n\n{}</p>", "word\n\n".repeat(words));
    [3, 110, 4, 5].into_iter().zip(1..).map(|(words, number)| record(number, first, &body(number, words))).collect()
}

/// The rows of the sound archive.
fn sound(folder: &Folder, records: &[Vec<u8>]) -> Vec<Vec<String>> {
    folder.write("sound.warc", records.concat());
    let read = folder.read("sound.warc");
    assert_eq!((read.documents.len(), read.quarantined.len()), (4, 0), "{:?}", read.quarantined);
    read.documents.into_iter().map(|(_, row)| row).collect()
}

/// What is read of `bytes`, if there is any record.
fn read(folder: &Folder, name: &str, bytes: &[u8], verify: bool) -> Option<Read> {
    folder.write(name, bytes);
    let mut options = ReadOptions::new(folder.config(name));
    options.input.verify_digests = verify;
    options.input.on_unreadable = OnUnreadable::Quarantine;
    let plan = folder.plan(&options.input).expect("a plan");
    if plan.shards.is_empty() {
        assert_eq!(plan.unreadable.len(), 1);
        return None;
    }
    Some(folder.try_read(&plan.splits, &options).expect("damage is no failure"))
}

/// Checks that every document is one of `sound`, in order, that those of `whole` are there, and that what is missing is in
/// quarantine.
fn check(read: &Read, sound: &[Vec<String>], whole: &[usize], what: &str) {
    let context = || format!("{what}: {:?}", read.quarantined);
    let kept: Vec<usize> = read
        .documents
        .iter()
        .map(|(_, row)| {
            sound.iter().position(|right| right == row).unwrap_or_else(|| panic!("{row:?} of {}", context()))
        })
        .collect();
    assert!(kept.is_sorted() && whole.iter().all(|number| kept.contains(number)), "{kept:?} of {}", context());
    assert!(kept.len() == sound.len() || !read.quarantined.is_empty(), "{kept:?} of {}", context());
    assert!(read.skipped.is_empty(), "{:?} of {}", read.skipped, context());
}

#[test]
fn a_record_that_was_cut_anywhere_is_kept_right_or_quarantined() {
    let folder = Folder::new();
    for first in ["WARC-Type", "Content-Length", "WARC-Target-URI"] {
        let records = records(first);
        let sound = sound(&folder, &records);
        for cut in 0..records.len() {
            let others: Vec<_> = (0..records.len()).filter(|other| *other != cut).collect();
            for at in 1..records[cut].len() {
                let mut parts = records.clone();
                parts[cut].truncate(at);
                let what = format!("{first} first, record {cut} cut at {at}");
                let found = read(&folder, "a.warc", &parts.concat(), false).expect("other records");
                check(&found, &sound, &others, &what);
                let members: Vec<u8> = parts.iter().flat_map(|part| gzip(part)).collect();
                let found = read(&folder, "a.warc.gz", &members, false).expect("other records");
                check(&found, &sound, &others, &format!("{what}, by member"));
            }
        }
    }
}

#[test]
fn an_archive_without_its_end_or_begin_has_the_records_that_are_whole() {
    let folder = Folder::new();
    let records = records("WARC-Type");
    let sound = sound(&folder, &records);
    let (whole, packed) = (records.concat(), gzip(&records.concat()));
    // Nothing is missing where the file ends, or begins, between two records.
    let ends = records.iter().scan(0, |end, record| {
        *end += record.len();
        Some(*end)
    });
    let between: Vec<usize> = ends.flat_map(|end| end - 4..=end).collect();
    for at in (1..whole.len()).filter(|at| !between.contains(at)) {
        for (part, what) in [(&whole[..at], "before"), (&whole[at..], "behind")] {
            if let Some(found) = read(&folder, "a.warc", part, false) {
                check(&found, &sound, &[], &format!("what is {what} byte {at}"));
            }
        }
    }
    for at in 20..packed.len() {
        if let Some(found) = read(&folder, "a.warc.gz", &packed[..at], false) {
            check(&found, &sound, &[], &format!("the first {at} bytes of one member"));
        }
    }
}

#[test]
fn a_lost_stretch_that_begins_in_a_page_mixes_nothing_where_digests_tell() {
    let folder = Folder::new();
    let records = records("WARC-Type");
    let sound = sound(&folder, &records);
    let whole = records.concat();
    let exact = [records[1].len(), records[2].len(), records[1].len() + records[2].len()];
    let lengths = [1, 2, 3, 4, 5, 17, 100, 333, 512, 700].into_iter().chain(exact);
    let begin = records[0].len();
    for length in lengths {
        for at in (begin + 420..begin + records[1].len() - 5).step_by(5) {
            let end = (at + length).min(whole.len());
            if is_seamless(&whole, &(at..end), b"WARC/1.") {
                continue;
            }
            let lost = [&whole[..at], &whole[end..]].concat();
            let found = read(&folder, "a.warc", &lost, true).expect("the first record");
            check(&found, &sound, &[0], &format!("{length} bytes lost at {at}"));
        }
    }
}

/// The record with a Content-Length that is `by` off.
fn off(record: &[u8], by: i64) -> Vec<u8> {
    let text = String::from_utf8(record.to_vec()).expect("text");
    let line = text.lines().find(|line| line.starts_with("Content-Length: ")).expect("a length");
    let length: i64 = line.trim_start_matches("Content-Length: ").parse().expect("a number");
    text.replacen(line, &format!("Content-Length: {}", length + by), 1).into_bytes()
}

#[test]
fn lengths_that_are_a_few_bytes_off_cost_nothing() {
    let folder = Folder::new();
    let records = records("WARC-Type");
    let sound = sound(&folder, &records);
    for by in (-4..=4).filter(|by| *by != 0) {
        let parts: Vec<_> = records.iter().map(|record| off(record, by)).collect();
        let members: Vec<u8> = parts.iter().flat_map(|part| gzip(part)).collect();
        for (name, bytes) in [("a.warc", parts.concat()), ("a.warc.gz", members), ("b.warc.gz", gzip(&parts.concat()))]
        {
            let found = read(&folder, name, &bytes, false).expect("records");
            check(&found, &sound, &[0, 1, 2, 3], &format!("{by} bytes off, {name}"));
            assert_eq!(found.quarantined, [], "{by} bytes off, {name}");
        }
    }
    let far: Vec<_> = records.iter().skip(1).map(|record| off(record, -9)).collect();
    let found = read(&folder, "a.warc", &[&records[0][..], &far.concat()].concat(), false).expect("the first record");
    assert_eq!(found.causes(), [(1, "malformed"), (2, "malformed"), (3, "malformed")]);
}

#[test]
fn records_need_no_blank_line_behind_them() {
    let folder = Folder::new();
    let records = records("WARC-Type");
    let sound = sound(&folder, &records);
    for separator in ["", "\n", "\r\n", "\n\n", "\r\n\r\n\r\n\r\n"] {
        let part = |record: &Vec<u8>| [&record[..record.len() - 4], separator.as_bytes()].concat();
        let parts: Vec<_> = records.iter().map(part).collect();
        let members: Vec<u8> = parts.iter().flat_map(|part| gzip(part)).collect();
        for (name, bytes) in [("a.warc", parts.concat()), ("a.warc.gz", members), ("b.warc.gz", gzip(&parts.concat()))]
        {
            let found = read(&folder, name, &bytes, false).expect("records");
            check(&found, &sound, &[0, 1, 2, 3], &format!("{separator:?}, {name}"));
            assert_eq!(found.quarantined, [], "{separator:?}, {name}");
        }
    }
}

#[test]
fn pages_about_archives_and_archives_as_pages_are_pages() {
    let folder = Folder::new();
    let inner = String::from_utf8(records("WARC-Type")[3].clone()).expect("text");
    let digest_line = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.lines().find(|line| line.starts_with("WARC-Block-Digest")).expect("a digest").to_owned()
    };
    let bodies = [
        format!("<pre>{inner}</pre>"),
        format!("An archive:\r\n{inner}"),
        format!("{inner}{inner}"),
        "WARC/1.0\r\nWARC-Type: response\r\n is how a record begins".to_owned(),
        format!("one that ends with the page: {}", inner.get(..inner.len() - 4).unwrap_or_default()),
    ];
    for (number, body) in bodies.iter().enumerate() {
        let page = record(9, "WARC-Type", body);
        let files = [(page.clone(), true), (off_digest(&page, &digest_line(&page)), number != 4)];
        for (page, is_kept) in files {
            let file = [page, records("WARC-Type")[0].clone()].concat();
            let found = read(&folder, "a.warc", &file, false).expect("records");
            let ids = found.column(0);
            assert_eq!(ids.contains(&"urn:uuid:9"), is_kept, "{number}: {ids:?} {:?}", found.quarantined);
            assert_eq!(ids.last(), Some(&"urn:uuid:1"));
            if is_kept {
                let expected: String = body.bytes().fold(String::new(), |mut hex, byte| {
                    write!(hex, "{byte:02x}").expect("memory");
                    hex
                });
                assert_eq!(found.documents[0].1.last(), Some(&expected), "{number}");
            }
        }
    }
}

/// The record without its digest.
fn off_digest(record: &[u8], line: &str) -> Vec<u8> {
    let text = String::from_utf8(record.to_vec()).expect("text");
    text.replacen(&format!("{line}\r\n"), "", 1).into_bytes()
}

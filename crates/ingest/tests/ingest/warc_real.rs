//! Counts and digests of real archives, as Python's warcio has them (`scripts/compare/warcio` prints
//! both side by side). Skipped, with a line on standard error, where the data is absent.

use std::path::PathBuf;

use textmill_ingest::{InputConfig, ReadOptions};

use crate::helpers::{Folder, Read};

fn real(name: &str) -> Option<InputConfig> {
    let data = std::env::var_os("TEXTMILL_DATA").map(PathBuf::from);
    let beside =
        || PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("../../../shared/data");
    let path = data.unwrap_or_else(beside).join("warc").join(name);
    if path.is_file() {
        return Some(InputConfig::new(vec![path.display().to_string()]));
    }
    let line = format!("SKIPPED: {} is not here; set TEXTMILL_DATA\n", path.display());
    // Not `eprintln!`: the test harness would hide it.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), line.as_bytes());
    None
}

fn read(config: InputConfig) -> Read {
    let mut options = ReadOptions::new(config);
    options.input.verify_digests = true;
    Folder::new().read_with(&options)
}

#[test]
fn all_pages_of_a_real_archive_are_read_and_their_digests_hold() {
    let Some(config) = real("realpages.warc.gz") else {
        return;
    };
    let read = read(config);
    assert_eq!((read.documents.len(), read.quarantined.len()), (142, 0));
    assert_eq!(read.skipped.into_iter().collect::<Vec<_>>(), [("warcinfo", 1)]);
    assert!(read.documents.iter().all(|(_, row)| row[3] == "200" && row[6].starts_with("sha1:")));
}

#[test]
fn a_page_of_common_crawl_is_read_as_warc_and_as_wet() {
    let Some(config) = real("whirlwind.warc.gz") else {
        return;
    };
    let warc = read(config);
    assert_eq!(warc.quarantined, []);
    assert_eq!(warc.skipped.into_iter().collect::<Vec<_>>(), [("metadata", 1), ("request", 1), ("warcinfo", 1)]);
    let [(0, row)] = &warc.documents[..] else {
        panic!("one page: {:?}", warc.documents);
    };
    assert_eq!(row[1], "https://an.wikipedia.org/wiki/Escopete");
    assert_eq!((row[3].as_str(), row[4].as_str()), ("200", "text/html; charset=UTF-8"));
    let Some(config) = real("whirlwind.warc.wet.gz") else {
        return;
    };
    let wet = read(config);
    assert_eq!((wet.quarantined.len(), wet.skipped.into_iter().collect::<Vec<_>>()), (0, vec![("warcinfo", 1)]));
    let [(0, row)] = &wet.documents[..] else {
        panic!("one text: {:?}", wet.documents);
    };
    assert_eq!((row[3].as_str(), row[4].as_str()), ("spa", "sha1:RDTSR52RUHWDA7QK4BK7OUHU3EXTXYUL"));
    assert!(row[6].starts_with("Escopete - Biquipedia") && row[6].len() == 4456);
}

use std::io::Write;

use arrow::array::AsArray;
use arrow::datatypes::DataType;
use textmill_ingest::{Format, OtherFields, ReadOptions, document_schema, open_split};

use crate::helpers::{Folder, all_rows, gzip, zstd};

/// A record with the given header lines and a right Content-Length.
pub fn record(kind: &str, lines: &str, block: &[u8]) -> Vec<u8> {
    let length = block.len();
    let header = format!("WARC/1.0\r\nWARC-Type: {kind}\r\n{lines}Content-Length: {length}\r\n\r\n");
    [header.as_bytes(), block, b"\r\n\r\n"].concat()
}

/// A page as a response record with the id `urn:uuid:page-N`.
pub fn page(number: usize) -> Vec<u8> {
    let body = format!("<html><body>This is page {number}.</body></html>\n");
    let lines = format!(
        "WARC-Record-ID: <urn:uuid:page-{number}>\r\nWARC-Target-URI: https://example.org/{number}\r\n\
         WARC-Date: 2024-05-18T01:58:10Z\r\nContent-Type: application/http; msgtype=response\r\n"
    );
    let http = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=UTF-8\r\n\r\n{body}");
    record("response", &lines, http.as_bytes())
}

fn other(kind: &str) -> Vec<u8> {
    record(kind, "Content-Type: application/warc-fields\r\n", b"software: test\r\n")
}

#[test]
fn responses_become_rows_and_other_records_are_counted() {
    let folder = Folder::new();
    let http =
        b"HTTP/1.1 404 Not Found\r\nContent-Type: text/html;charset=gbk\r\nContent-Language: zh-CN\r\n\r\n\xc4\xe3";
    let lines = "WARC-Record-ID: <urn:uuid:a>\r\nWARC-Target-URI: <http://a.cn/>\r\nWARC-Date: 2024-01-02T03:04:05Z\r\n\
                 WARC-Payload-Digest: sha1:ABC\r\nWARC-Truncated: length\r\nContent-Type: application/http\r\n";
    let dns = "Content-Type: text/dns\r\n";
    let resource = "WARC-Target-URI: file:///b\r\nContent-Type: text/plain\r\n";
    let parts = [
        other("warcinfo"),
        other("request"),
        record("response", lines, http),
        other("Metadata"),
        other("revisit"),
        record("response", dns, b"20240102 a.cn. A 1.2.3.4"),
        record("resource", resource, b"a resource"),
        other("request"),
        other("conversion"),
        other("made-up"),
    ];
    let whole = parts.concat();
    folder.write("a.warc", &whole);
    folder.write("a.warc.gz", parts.iter().flat_map(|part| gzip(part)).collect::<Vec<_>>());
    folder.write("one-member.warc.gz", gzip(&whole));
    folder.write("blocks.warc.gz", whole.chunks(100).flat_map(gzip).collect::<Vec<_>>());
    folder.write("a.warc.zst", parts.iter().flat_map(|part| zstd(part)).collect::<Vec<_>>());
    for name in ["a.warc", "a.warc.gz", "one-member.warc.gz", "blocks.warc.gz", "a.warc.zst"] {
        let read = folder.read(name);
        assert_eq!(read.quarantined, [], "{name}");
        assert_eq!(read.rows(), all_rows(2), "{name}");
        let (_, first) = &read.documents[0];
        let expected = [
            "urn:uuid:a",
            "http://a.cn/",
            "2024-01-02T03:04:05Z",
            "404",
            "text/html;charset=gbk",
            "zh-CN",
            "sha1:ABC",
            "length",
            "c4e3",
        ];
        assert_eq!(first, &expected, "{name}");
        let (_, second) = &read.documents[1];
        let id = format!("{name}:1");
        let body = "61207265736f75726365";
        assert_eq!(second, &[&id, "file:///b", "-", "-", "text/plain", "-", "-", "-", body], "{name}");
        let skipped: Vec<_> = read.skipped.iter().map(|(kind, count)| (*kind, *count)).collect();
        let expected = [
            ("conversion", 1),
            ("metadata", 1),
            ("request", 2),
            ("response_not_http", 1),
            ("revisit", 1),
            ("unknown", 1),
            ("warcinfo", 1),
        ];
        assert_eq!(skipped, expected, "{name}");
    }
}

#[test]
fn wet_records_are_text() {
    let folder = Folder::new();
    let lines = "WARC-Record-ID: <urn:uuid:t>\r\nWARC-Target-URI: http://a.es/\r\nWARC-Identified-Content-Language: spa,eng\r\n\
                 Content-Type: text/plain\r\n";
    let bad = record("conversion", lines, b"caf\xe9");
    let file = [other("warcinfo"), record("conversion", lines, "Qué tal\n".as_bytes()), bad, page(1)].concat();
    for name in ["a.warc.wet.gz", "b.wet.gz"] {
        folder.write(name, gzip(&file));
        let read = folder.read(name);
        assert_eq!(
            read.documents,
            [(0, ["urn:uuid:t", "http://a.es/", "-", "spa,eng", "-", "-", "Qué tal\n"].map(str::to_owned).to_vec())]
        );
        assert_eq!(read.causes(), [(1, "invalid_utf8")]);
        assert_eq!(read.skipped.into_iter().collect::<Vec<_>>(), [("response", 1), ("warcinfo", 1)]);
    }
}

#[test]
fn columns_can_be_chosen_and_types_are_the_fields_own() {
    let folder = Folder::new();
    folder.write("a.warc", record("response", "WARC-IP-Address: 1.2.3.4\r\n", b"HTTP/1.1 200 OK\r\n\r\nHi"));
    let mut options = ReadOptions::new(folder.config("a.warc"));
    options.input.columns = columns(&[("ip", "WARC-IP-Address"), ("status", "http_status")]);
    assert_eq!(options.input.check().len(), 0);
    let schema = document_schema(&options.input);
    let types: Vec<_> =
        schema.fields().iter().map(|field| (field.name().as_str(), field.data_type().clone())).collect();
    let expected = [
        ("id", DataType::Utf8View),
        ("ip", DataType::Utf8View),
        ("status", DataType::Int64),
        ("body", DataType::BinaryView),
    ];
    assert_eq!(types, expected);
    assert_eq!(folder.read_with(&options).documents[0].1, ["a.warc:0", "1.2.3.4", "200", "4869"]);
    options.projection = Some(vec!["status".to_owned()]);
    assert_eq!(folder.read_with(&options).documents[0].1, ["a.warc:0", "200", "4869"]);

    options.input.columns = columns(&[("text", "content"), ("html", "body"), ("body", "url")]);
    options.input.other_fields = OtherFields::Metadata;
    let errors: Vec<_> = options.input.check().iter().map(ToString::to_string).collect();
    assert_eq!(errors.len(), 4, "{errors:?}");
    assert!(
        errors[1].contains("column `text` is mapped to field `content`, which web archives do not have"),
        "{}",
        errors[1]
    );
    assert!(errors[2].contains("column `body` and field `body` belong together"), "{}", errors[2]);
}

fn columns(pairs: &[(&str, &str)]) -> textmill_ingest::Columns {
    let source = |from: &str| textmill_ingest::ColumnSource::string(from);
    textmill_ingest::Columns::new(pairs.iter().map(|(name, from)| ((*name).to_owned(), source(from))).collect())
}

#[test]
fn archives_are_told_from_names_before_any_file_is_seen() {
    let folder = Folder::new();
    let archive = |paths: &[&str]| {
        let mut config = folder.config("x");
        config.paths = paths.iter().map(|path| (*path).to_owned()).collect();
        config.archive()
    };
    assert_eq!(archive(&["s3://c/**/*.warc.gz", "/a/b.warc.zst"]), Some(Format::Warc));
    assert_eq!(archive(&["/x/*.warc.wet.gz"]), Some(Format::Wet));
    assert_eq!(archive(&["/x/*.warc.gz", "/x/*.jsonl"]), None);
    assert_eq!(archive(&["/x"]), None);
    folder.write("d/a.warc", page(0));
    let errors = folder.plan_errors(&folder.config("d"));
    assert!(errors[0].starts_with("d/a.warc: a web archive, which `input.paths` does not tell"), "{errors:?}");
    let mut options = ReadOptions::new(folder.config("d"));
    options.input.format = Some(Format::Warc);
    assert_eq!(folder.read_with(&options).documents.len(), 1);
}

#[test]
fn what_is_no_archive_is_found_before_the_run() {
    let folder = Folder::new();
    folder.write("html.warc", "<html>504 Gateway Timeout</html>");
    folder.write("jpeg.warc.gz", b"\xff\xd8\xff\xe0 a picture of some size, and not a compressed file at all");
    folder.write("text.warc.gz", gzip(b"{\"text\": \"not a record\"}\n"));
    let mut config = folder.config("*");
    config.format = Some(Format::Warc);
    let errors = folder.plan_errors(&config);
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors[0].contains("it is an HTML page"), "{}", errors[0]);
    assert!(errors[1].contains("it is an image"), "{}", errors[1]);
    assert!(errors[2].contains("it holds JSON"), "{}", errors[2]);
    folder.write("o/text.warc", "words, and no record");
    folder.write("o/text.warc.gz", b"words of some size, and not a compressed file at all");
    config.paths = vec![folder.path("o/*")];
    let errors = folder.plan_errors(&config);
    assert!(errors[0].contains("no record of WARC 0.x or 1.x begins here but `words, and no re`"), "{}", errors[0]);
    assert!(errors[1].contains("are no gzip member"), "{}", errors[1]);
    folder.write("e/empty.warc.gz", gzip(b""));
    folder.write("e/nothing.warc.gz", b"");
    assert_eq!(folder.read("e/*.warc.gz").rows(), all_rows(0));
}

#[test]
fn digests_are_compared_on_demand() {
    let folder = Folder::new();
    let http = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    // Of `abc`, of the chunked bytes, of something else, and by an algorithm that is not known.
    let digests = [
        ("sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5", true),
        ("sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", true),
        ("sha1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", false),
        ("crc32:00", true),
    ];
    let of = |digest: &str| {
        let lines = format!("WARC-Payload-Digest: {digest}\r\nContent-Type: application/http\r\n");
        record("response", &lines, http.as_bytes())
    };
    folder.write("a.warc", digests.iter().flat_map(|(digest, _)| of(digest)).collect::<Vec<_>>());
    let mut options = ReadOptions::new(folder.config("a.warc"));
    assert_eq!(folder.read_with(&options).documents.len(), 4);
    options.input.verify_digests = true;
    let read = folder.read_with(&options);
    assert_eq!(read.causes(), [(2, "digest_mismatch")]);
    assert!(read.quarantined[0].detail.contains("but the content has sha1:"), "{}", read.quarantined[0].detail);
    let block = record("resource", "WARC-Block-Digest: sha1:AAAA\r\n", b"abc");
    folder.write("a.warc", block);
    assert_eq!(folder.read_with(&options).causes(), [(0, "digest_mismatch")]);
}

#[test]
fn zstd_archives_may_have_a_dictionary() {
    let folder = Folder::new();
    let pages: Vec<_> = (0..200).map(page).collect();
    // Any bytes will do as a dictionary.
    let dictionary: Vec<u8> = pages[..5].concat();
    let frame = |page: &Vec<u8>| {
        let mut encoder = zstd::stream::Encoder::with_dictionary(Vec::new(), 3, &dictionary).expect("an encoder");
        encoder.write_all(page).expect("memory");
        encoder.finish().expect("memory")
    };
    let first = |content: &[u8]| {
        let length = u32::try_from(content.len()).expect("small");
        [b"\x5d\x2a\x4d\x18", &length.to_le_bytes()[..], content].concat()
    };
    let frames: Vec<u8> = pages.iter().flat_map(frame).collect();
    for stored in [dictionary.clone(), zstd::encode_all(&dictionary[..], 3).expect("memory")] {
        folder.write("a.warc.zst", [first(&stored), frames.clone()].concat());
        let read = folder.read("a.warc.zst");
        assert_eq!((read.rows(), read.quarantined.len()), (all_rows(200), 0));
    }
    // Without its dictionary the file cannot be read, and a lie about its size is not believed.
    folder.write("a.warc.zst", &frames);
    assert!(folder.plan_errors(&folder.config("a.warc.zst"))[0].contains("no record of a web archive at its begin"));
    folder.write("a.warc.zst", [b"\x5d\x2a\x4d\x18\xff\xff\xff\xff", &frames[..]].concat());
    let errors = folder.plan_errors(&folder.config("a.warc.zst"));
    assert!(errors[0].contains("the dictionary has 4294967295 bytes, above"), "{errors:?}");
}

#[test]
fn batches_differ_in_nothing_but_their_ends() {
    let folder = Folder::new();
    let mut parts: Vec<_> = (0..50).map(page).collect();
    parts[20] = gzip(b"no record");
    parts.push(other("request"));
    folder.write("a.warc.gz", parts.iter().flat_map(|part| gzip(part)).collect::<Vec<_>>());
    let mut options = ReadOptions::new(folder.config("a.warc.gz"));
    let whole = folder.read_with(&options);
    assert_eq!((whole.documents.len(), whole.causes()), (49, vec![(20, "malformed")]));
    for (rows, bytes) in [(1, 1 << 20), (7, 1 << 20), (1000, 1), (1000, 200)] {
        (options.batch_rows, options.batch_bytes) = (rows, bytes);
        let read = folder.read_with(&options);
        assert_eq!((read.documents, read.quarantined), (whole.documents.clone(), whole.quarantined.clone()));
        assert_eq!(read.skipped, whole.skipped);
    }
}

#[test]
fn bodies_are_bytes_and_count_as_payload() {
    let folder = Folder::new();
    let http = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
    let body = b"\xfe\xff\x00<\x00p and bytes that are no text \xff";
    let gzipped = gzip(body);
    let record = record("response", "", &[&http[..], &gzipped].concat());
    folder.write("a.warc", record);
    let plan = folder.plan(&folder.config("a.warc")).expect("a plan");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let options = ReadOptions::new(folder.config("a.warc"));
    let batch = open_split(&plan.splits[0], &options, runtime.handle()).expect("opens").next().expect("a batch");
    let documents = batch.expect("a batch").documents;
    assert_eq!(documents.column("body").expect("a body").as_binary_view().value(0), body);
    assert_eq!(documents.payload_bytes(), [body.len() as u64]);
}

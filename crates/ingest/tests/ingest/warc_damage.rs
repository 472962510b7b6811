//! Damaged archives: each costs the records that the damage touches, counted, and nothing else.

use textmill_document::ByteSize;
use textmill_ingest::{Format, ReadOptions};

use crate::helpers::{Folder, Read, gzip, zstd};
use crate::warc::{page, record};

/// Pages of every archive before it is damaged.
const PAGES: usize = 10;

/// A damaged archive and what must be read of it.
struct Variant {
    what: &'static str,
    name: &'static str,
    bytes: Vec<u8>,
    /// Numbers of the pages that are lost.
    lost: &'static [usize],
    causes: &'static [&'static str],
}

fn variant(
    what: &'static str,
    name: &'static str,
    bytes: Vec<u8>,
    lost: &'static [usize],
    causes: &'static [&'static str],
) -> Variant {
    Variant { what, name, bytes, lost, causes }
}

fn pages() -> Vec<Vec<u8>> {
    (0..PAGES).map(page).collect()
}

/// Page 4 with `from` replaced by `to`, once.
fn altered(from: &str, to: &str) -> Vec<Vec<u8>> {
    let mut pages = pages();
    let text = String::from_utf8(pages[4].clone()).expect("text");
    assert!(text.contains(from), "{from}");
    pages[4] = text.replacen(from, to, 1).into_bytes();
    pages
}

fn gzipped(pages: &[Vec<u8>]) -> Vec<Vec<u8>> {
    pages.iter().map(|page| gzip(page)).collect()
}

fn length(pages: &[Vec<u8>]) -> String {
    let text = String::from_utf8(pages[4].clone()).expect("text");
    let line = text.lines().find(|line| line.starts_with("Content-Length: ")).expect("a length");
    line.to_owned()
}

/// The gzip members with one altered by `damage`.
fn member(index: usize, damage: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut members = gzipped(&pages());
    damage(&mut members[index]);
    members.concat()
}

fn with_length(to: &str) -> Vec<Vec<u8>> {
    altered(&length(&pages()), to)
}

/// Page 4 with a Content-Length that is `by` off.
fn off_by(by: i64) -> Vec<Vec<u8>> {
    let pages = pages();
    let declared: i64 = length(&pages).trim_start_matches("Content-Length: ").parse().expect("a number");
    with_length(&format!("Content-Length: {}", declared + by))
}

fn compression() -> Vec<Variant> {
    let whole = gzipped(&pages()).concat();
    let gz = "a.warc.gz";
    let corrupt: &[_] = &["corrupt_compression"];
    let frames = |damage: fn(&mut Vec<u8>)| {
        let mut frames: Vec<_> = pages().iter().map(|page| zstd(page)).collect();
        damage(&mut frames[4]);
        frames.concat()
    };
    vec![
        variant("cut inside the last member", gz, whole[..whole.len() - 30].to_vec(), &[9], &["truncated"]),
        variant("cut inside the last checksum", gz, whole[..whole.len() - 3].to_vec(), &[9], &["truncated"]),
        variant("a member cut short, more behind", gz, member(4, |bytes| bytes.truncate(60)), &[4], corrupt),
        variant("a member without its checksum", gz, member(4, |bytes| bytes.truncate(bytes.len() - 8)), &[4], corrupt),
        variant("a wrong checksum", gz, member(4, |bytes| flip(bytes, 8)), &[4], corrupt),
        variant("a wrong size", gz, member(4, |bytes| flip(bytes, 1)), &[4], corrupt),
        variant("a flipped bit in the data", gz, member(4, |bytes| flip(bytes, 40)), &[4], corrupt),
        variant("a member without its magic", gz, member(4, |bytes| bytes[0] = 0), &[4], corrupt),
        variant("garbage behind the last member", gz, [&whole[..], &[b'x'; 100]].concat(), &[], corrupt),
        variant("garbage between members", gz, member(4, |bytes| bytes.extend([b'x'; 100])), &[], corrupt),
        variant("zeros behind the last member", gz, [&whole[..], &[0; 5000]].concat(), &[], &[]),
        variant("cut zstd", "a.warc.zst", frames(|bytes| bytes.truncate(50)), &[4], corrupt),
        variant("a bomb between members", gz, member(4, |bytes| *bytes = bomb()), &[4], &["decompression_bomb"]),
        variant("an empty member", gz, member(4, |bytes| *bytes = gzip(b"")), &[4], &[]),
    ]
}

fn flip(bytes: &mut [u8], from_end: usize) {
    let at = bytes.len() - from_end;
    bytes[at] ^= 0x55;
}

/// 200 MB of zeros.
fn bomb() -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut encoder, &vec![0; 200 << 20]).expect("memory");
    encoder.finish().expect("memory")
}

fn lengths() -> Vec<Variant> {
    let (plain, gz) = ("a.warc", "a.warc.gz");
    let bad: &[_] = &["malformed"];
    let gz_of = |pages: Vec<Vec<u8>>| gzipped(&pages).concat();
    let huge = "Content-Length: 9223372036854775808";
    let twice = "Content-Length: 7\r\nContent-Length: 8";
    vec![
        variant("length too small, plain", plain, off_by(-20).concat(), &[4], bad),
        variant("length too small, gzip", gz, gz_of(off_by(-20)), &[4], bad),
        variant("length too large, plain", plain, off_by(500).concat(), &[4], bad),
        variant("length too large, gzip", gz, gz_of(off_by(500)), &[4], bad),
        variant("length beyond the file", plain, off_by(100_000).concat(), &[4], bad),
        variant("length negative", gz, gz_of(with_length("Content-Length: -5")), &[4], bad),
        variant("length 2^63, plain", plain, with_length(huge).concat(), &[4], bad),
        variant("length 2^63, gzip", gz, gz_of(with_length(huge)), &[4], bad),
        variant(
            "length of 300 digits",
            gz,
            gz_of(with_length(&format!("Content-Length: {}", "9".repeat(300)))),
            &[4],
            bad,
        ),
        variant("no length", plain, with_length("X: y").concat(), &[4], bad),
        variant("two lengths", gz, gz_of(with_length(twice)), &[4], bad),
        variant("a plain file cut inside a record", plain, cut(pages().concat(), 40), &[9], &["truncated"]),
        variant("a plain file cut inside a header", plain, cut(pages().concat(), 290), &[9], &["truncated"]),
    ]
}

fn cut(mut bytes: Vec<u8>, by: usize) -> Vec<u8> {
    bytes.truncate(bytes.len() - by);
    bytes
}

fn contents() -> Vec<Variant> {
    let (plain, gz) = ("a.warc", "a.warc.gz");
    let bad: &[_] = &["malformed"];
    let gz_of = |pages: Vec<Vec<u8>>| gzipped(&pages).concat();
    let many = "x: y\r\n".repeat(100_000);
    let mut two = altered("WARC/1.0", "WARC/7.0");
    two[6] = b"not a record at all, but some text\n".to_vec();
    let mut noise = pages();
    noise[4] = (0..5000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    vec![
        variant("an unknown version and a text", gz, gz_of(two), &[4, 6], &["malformed", "malformed"]),
        variant("no type", plain, altered("WARC-Type: response", "X-Type: none").concat(), &[4], bad),
        variant("a header line without a colon", gz, gz_of(altered("WARC-Date:", "WARC-Date")), &[4], bad),
        variant("a line that is no header", gz, gz_of(altered("WARC-Date: 2024", "no header\r\nx: ")), &[4], bad),
        variant("NUL in a header's name", plain, altered("WARC-Date", "WARC\0Date").concat(), &[4], bad),
        variant("100,000 header lines", gz, gz_of(altered("WARC-Date", &format!("{many}WARC-Date"))), &[4], bad),
        variant("no HTTP", gz, gz_of(altered("HTTP/1.1 200 OK", "GET / HTTP/1.1 ")), &[4], bad),
        variant("random bytes for a record", plain, noise.concat(), &[4], bad),
    ]
}

fn numbers(read: &Read) -> Vec<usize> {
    let number = |id: &str| id.trim_start_matches("urn:uuid:page-").parse().expect("a page");
    read.column(0).into_iter().map(number).collect()
}

#[test]
fn each_of_the_damaged_archives_costs_what_was_damaged() {
    let folder = Folder::new();
    let mut variants = compression();
    variants.extend(lengths());
    variants.extend(contents());
    assert!(variants.len() >= 30, "{}", variants.len());
    for Variant { what, name, bytes, lost, causes } in variants {
        folder.write(name, &bytes);
        let read = folder.read(name);
        let kept: Vec<_> = (0..PAGES).filter(|page| !lost.contains(page)).collect();
        assert_eq!(numbers(&read), kept, "{what}: {:?}", read.quarantined);
        let found: Vec<_> = read.quarantined.iter().map(|record| record.cause.code()).collect();
        assert_eq!(found, causes, "{what}: {:?}", read.quarantined);
        let rows = u64::try_from(kept.len() + causes.len()).expect("small");
        assert_eq!(read.rows(), crate::helpers::all_rows(rows), "{what}");
        assert!(read.quarantined.iter().all(|record| record.offset.is_some() && !record.detail.is_empty()), "{what}");
    }
}

#[test]
fn a_large_member_with_a_wrong_checksum_costs_its_record() {
    let folder = Folder::new();
    let body = "a line of a large page\n".repeat(400_000);
    let http = format!("HTTP/1.1 200 OK\r\n\r\n{body}");
    let large = gzip(&record("response", "", http.as_bytes()));
    let mut damaged = large.clone();
    flip(&mut damaged, 8);
    let members = [gzip(&page(0)), large, damaged.clone(), gzip(&page(1)), cut(damaged, 5)];
    folder.write("a.warc.gz", members.concat());
    let read = folder.read("a.warc.gz");
    assert_eq!(read.causes(), [(2, "corrupt_compression"), (4, "truncated")]);
    assert_eq!(read.documents.len(), 3);
}

/// Peak resident memory of this process in MiB.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok()).unwrap_or_default() / 1024
}

/// A file of `count` times `piece` behind `head`, without holding it.
fn write_repeated(folder: &Folder, name: &str, head: &[u8], piece: &[u8], count: usize, tail: &[u8]) {
    use std::io::Write;
    let mut file = std::fs::File::create(folder.write(name, b"")).expect("a file");
    let mut encoder: Box<dyn Write> = if name.contains(".gz") {
        // Only the best level makes zeros smaller than a thousandth.
        let best = name.starts_with("bomb");
        let level = if best { flate2::Compression::best() } else { flate2::Compression::fast() };
        Box::new(flate2::write::GzEncoder::new(&mut file, level))
    } else {
        Box::new(&mut file)
    };
    encoder.write_all(head).expect("disk");
    (0..count).for_each(|_| encoder.write_all(piece).expect("disk"));
    encoder.flush().expect("disk");
    drop(encoder);
    std::fs::OpenOptions::new().append(true).open(folder.path(name)).expect("a file").write_all(tail).expect("disk");
}

/// Tests of other modules run beside in the same process with `cargo test`; their memory is far
/// below these bounds.
#[test]
fn endless_lines_and_bombs_cost_bounded_memory_and_time() {
    let folder = Folder::new();
    let piece = vec![b'a'; 1 << 20];
    let zeros = vec![0; 1 << 20];
    let declared = format!("WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {}\r\n\r\n", 3_u64 << 30);
    write_repeated(&folder, "line.warc", b"WARC/1.0\r\nX: ", &piece, 100, &[b"\n\n", &page(0)[..]].concat());
    write_repeated(&folder, "line.warc.gz", b"WARC/1.0\r\nX: ", &piece, 100, &gzip(&page(0)));
    write_repeated(&folder, "bomb.warc.gz", b"", &zeros, 2048, &gzip(&page(0)));
    write_repeated(&folder, "record-bomb.warc.gz", declared.as_bytes(), &zeros, 2048, &gzip(&page(0)));
    write_repeated(&folder, "newlines.warc.gz", &page(1), &vec![b'\n'; 1 << 20], 500, &gzip(&page(0)));
    let before = peak_mib();
    let expected = [
        ("line.warc", 1, &["malformed"][..]),
        ("line.warc.gz", 1, &["malformed"]),
        ("bomb.warc.gz", 1, &["decompression_bomb"]),
        ("record-bomb.warc.gz", 1, &["malformed"]),
        ("newlines.warc.gz", 2, &[]),
    ];
    for (name, documents, causes) in expected {
        let mut options = ReadOptions::new(folder.config(name));
        options.input.format = Some(Format::Warc);
        options.input.on_unreadable = textmill_ingest::OnUnreadable::Fail;
        let read = read_unplanned(&folder, name, &options);
        let found: Vec<_> = read.quarantined.iter().map(|record| record.cause.code()).collect();
        assert_eq!((read.documents.len(), &found[..]), (documents, causes), "{name}: {:?}", read.quarantined);
        let grown = peak_mib().saturating_sub(before);
        assert!(grown <= 128, "{name}: memory grew by {grown} MiB");
    }
}

/// Reads a file that planning refuses, since its first record is not at its begin.
fn read_unplanned(folder: &Folder, name: &str, options: &ReadOptions) -> Read {
    folder.write("seed.warc", page(0));
    let seed = folder.plan(&folder.config("seed.warc")).expect("a plan").splits.remove(0);
    let metadata = std::fs::metadata(folder.path(name)).expect("a file");
    let modified = metadata.modified().expect("a time").duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let mut split = seed;
    split.shard.location = folder.path(name);
    split.shard.bytes = metadata.len();
    split.shard.version = format!("mtime:{}", modified.as_nanos());
    if name.contains(".gz") {
        split.shard.compression = textmill_ingest::Compression::Gzip;
    }
    folder.try_read(&[split], options).expect("readable")
}

#[test]
fn a_record_above_the_limit_is_passed_over_and_bodies_that_expand_are_refused() {
    let folder = Folder::new();
    let large = record("response", "", &[&b"HTTP/1.1 200 OK\r\n\r\n"[..], &vec![b'a'; 300_000]].concat());
    let encoded = gzip(&vec![b'a'; 300_000]);
    let http = [b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", &encoded[..]].concat();
    let parts = [page(0), large, page(1), record("response", "", &http), page(2)];
    folder.write("a.warc", parts.concat());
    folder.write("a.warc.gz", gzipped(&parts).concat());
    for name in ["a.warc", "a.warc.gz"] {
        let mut options = ReadOptions::new(folder.config(name));
        options.input.limits.max_document_bytes = ByteSize(100_000);
        let read = folder.read_with(&options);
        assert_eq!(read.causes(), [(1, "too_large"), (3, "too_large")], "{name}: {:?}", read.quarantined);
        options.input.limits.max_decompression_ratio = 10;
        assert_eq!(folder.read_with(&options).causes()[1], (3, "decompression_bomb"), "{name}");
    }
}

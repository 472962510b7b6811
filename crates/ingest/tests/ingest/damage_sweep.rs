//! Five hundred seeded damages of each format: every row is right, or in quarantine, or its file is named.
//!
//! Where a format has checksums over all its data (gzip, zstd, pages of Parquet with them, bodies of WARC with digests), no
//! row may come out altered. Without them nothing can tell a changed letter: such rows are counted, and may only be those
//! that the damage touched.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray};
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use sha1::{Digest, Sha1};
use textmill_ingest::{OnUnreadable, ReadOptions};

use crate::helpers::{Folder, gzip, is_seamless, parquet_with};

const DAMAGES: usize = 500;
const ROWS: usize = 60;
/// Rows of a member, frame or row group.
const GROUP: usize = 10;

/// The `SplitMix64` generator: the same damage in every run.
struct Random(u64);

impl Random {
    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 16).expect("64-bit machine") % bound.max(1)
    }
}

/// A flipped bit, another byte, a lost stretch, an overwritten one, or a lost end; where it is.
fn damage(bytes: &mut Vec<u8>, within: Range<usize>, random: &mut Random) -> Range<usize> {
    let at = within.start + random.below(within.len());
    let end = (at + 1 + random.below(40)).min(within.end);
    match random.below(5) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = bytes[at].wrapping_add(1 + u8::try_from(random.below(255)).expect("a byte")),
        2 => drop(bytes.drain(at..end)),
        3 => bytes[at..end].fill(0),
        _ if within.end == bytes.len() => {
            let lost = at..bytes.len();
            bytes.truncate(at);
            return lost;
        }
        _ => bytes[at] = 0xff,
    }
    at..end
}

/// A file and what must be read of it.
struct Sample {
    what: &'static str,
    name: &'static str,
    bytes: Vec<u8>,
    /// Where it is damaged.
    within: Range<usize>,
    /// Whether the format tells every alteration of a row.
    is_checked: bool,
    /// The rows that damage of a stretch may alter.
    touched: fn(&Sample, Range<usize>) -> Vec<usize>,
    /// Offsets of the rows, where they lie one behind the other.
    offsets: Vec<usize>,
}

/// What became of the rows, over all damages.
#[derive(Debug, Default)]
struct Counts {
    right: usize,
    quarantined: usize,
    altered: usize,
    lost: usize,
    /// Damages that change no row.
    harmless: usize,
    /// Damages after which the file is refused.
    files_named: usize,
}

fn id(row: usize) -> String {
    format!("row-{row:03}")
}

fn text(row: usize) -> String {
    (0..6).fold(String::new(), |mut text, word| {
        write!(text, "{} ", (row * 7919 + word * 104_729) % 99_991).expect("memory");
        text
    })
}

fn line(row: usize) -> String {
    format!("{{\"id\": \"{}\", \"text\": \"{}\"}}\n", id(row), text(row))
}

fn page(row: usize) -> Vec<u8> {
    let http = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n{}", text(row));
    let digest = Sha1::digest(http.as_bytes()).iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("memory");
        hex
    });
    format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <{}>\r\nWARC-Date: 2024-05-18T01:58:10Z\r\n\
         WARC-Block-Digest: sha1:{digest}\r\nContent-Type: application/http\r\nContent-Length: {}\r\n\r\n{http}\r\n\r\n",
        id(row),
        http.len()
    )
    .into_bytes()
}

fn table() -> RecordBatch {
    let ids: ArrayRef = Arc::new(StringArray::from_iter_values((0..ROWS).map(id)));
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..ROWS).map(text)));
    RecordBatch::try_from_iter([("id", ids), ("text", texts)]).expect("two columns")
}

fn no_row(_: &Sample, _: Range<usize>) -> Vec<usize> {
    Vec::new()
}

/// The rows at the offsets, the one before, whose end may be gone, and the one behind.
fn neighbours(sample: &Sample, damaged: Range<usize>) -> Vec<usize> {
    let first = sample.offsets.partition_point(|offset| *offset <= damaged.start).saturating_sub(2);
    let last = sample.offsets.partition_point(|offset| *offset <= damaged.end);
    (first..=last).collect()
}

/// Any row: values are shared, and the footer is of all.
fn any_row(_: &Sample, _: Range<usize>) -> Vec<usize> {
    (0..ROWS).collect()
}

fn footer_start(file: &[u8]) -> usize {
    let length: [u8; 4] = file[file.len() - 8..file.len() - 4].try_into().expect("four bytes");
    file.len() - 8 - u32::from_le_bytes(length) as usize
}

fn samples() -> Vec<Sample> {
    let grouped = |pack: &dyn Fn(&[u8]) -> Vec<u8>| -> Vec<u8> {
        let rows: Vec<_> = (0..ROWS).collect();
        rows.chunks(GROUP)
            .flat_map(|rows| pack(rows.iter().map(|row| line(*row)).collect::<String>().as_bytes()))
            .collect()
    };
    let zstd = |bytes: &[u8]| {
        let mut encoder = zstd::stream::Encoder::new(Vec::new(), 3).expect("an encoder");
        encoder.include_checksum(true).expect("a checksum");
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    };
    let offsets = |lengths: Vec<usize>| -> Vec<usize> {
        lengths.into_iter().scan(0, |end, length| Some(std::mem::replace(end, *end + length))).collect()
    };
    let lines: String = (0..ROWS).map(line).collect();
    let pages: Vec<_> = (0..ROWS).map(page).collect();
    let packed_pages: Vec<u8> = pages.iter().flat_map(|page| gzip(page)).collect();
    let properties = || {
        WriterProperties::builder().set_max_row_group_row_count(Some(GROUP)).set_compression(Compression::UNCOMPRESSED)
    };
    let plain = parquet_with(&table(), properties().set_dictionary_enabled(false).build());
    let dictionary = parquet_with(&table(), properties().build());
    let sample = |what, name, bytes: Vec<u8>, is_checked| {
        let within = 0..bytes.len();
        let touched: fn(&Sample, Range<usize>) -> Vec<usize> = if is_checked { no_row } else { any_row };
        Sample { what, name, bytes, within, is_checked, touched, offsets: Vec::new() }
    };
    vec![
        Sample {
            touched: neighbours,
            offsets: offsets((0..ROWS).map(|row| line(row).len()).collect()),
            ..sample("JSON lines", "a.jsonl", lines.clone().into_bytes(), false)
        },
        sample("JSON lines in gzip", "a.jsonl.gz", grouped(&gzip), true),
        sample("JSON lines in zstd", "a.jsonl.zst", grouped(&zstd), true),
        Sample {
            touched: neighbours,
            offsets: offsets(pages.iter().map(Vec::len).collect()),
            ..sample("WARC", "a.warc", pages.concat(), false)
        },
        sample("WARC in gzip", "a.warc.gz", packed_pages, true),
        sample("Parquet, plain", "a.parquet", plain, false),
        sample("Parquet, dictionary", "a.parquet", dictionary, false),
    ]
}

/// Reads the damaged file: its rows, and how many records are told of otherwise, in quarantine or counted as no documents.
/// `None` where it is refused, which names it.
fn rows(folder: &Folder, name: &str, bytes: &[u8]) -> Option<(HashMap<String, Vec<String>>, usize)> {
    folder.write(name, bytes);
    let mut options = ReadOptions::new(folder.config(name));
    options.input.on_unreadable = OnUnreadable::Quarantine;
    options.input.verify_digests = true;
    let plan = folder.plan(&options.input).ok()?;
    if !plan.unreadable.is_empty() {
        return None;
    }
    let read = folder.try_read(&plan.splits, &options).ok()?;
    let mut rows: HashMap<_, Vec<_>> = HashMap::new();
    for (_, row) in &read.documents {
        let (id, text) = (row.first().cloned().unwrap_or_default(), row.last().cloned().unwrap_or_default());
        rows.entry(id).or_default().push(text);
    }
    let counted: u64 = read.skipped.values().sum();
    Some((rows, read.quarantined.len() + usize::try_from(counted).expect("small")))
}

fn sweep(folder: &Folder, sample: &Sample) -> Counts {
    let (right, _) = rows(folder, sample.name, &sample.bytes).expect("the sound file is read");
    let total = right.len();
    let mut counts = Counts::default();
    for seed in 0..DAMAGES {
        let mut random = Random(u64::try_from(seed).expect("small"));
        let mut bytes = sample.bytes.clone();
        let damaged = damage(&mut bytes, sample.within.clone(), &mut random);
        let context = || format!("{}, damage {seed} at {damaged:?}", sample.what);
        let Some((found, quarantined)) = rows(folder, sample.name, &bytes) else {
            counts.files_named += 1;
            continue;
        };
        let kept = right.iter().filter(|(id, text)| found.get(*id) == Some(*text)).count();
        let altered: usize =
            found.iter().filter(|(id, text)| right.get(*id) != Some(*text)).map(|(_, texts)| texts.len()).sum();
        let touched = (sample.touched)(sample, damaged.clone());
        assert!(!sample.is_checked || altered == 0, "{altered} rows are altered: {}", context());
        assert!(altered <= touched.len(), "{altered} rows are altered: {}", context());
        // What is not there any more has left a trace, unless whole rows, members or frames are gone.
        let lost = total.saturating_sub(kept + altered);
        let ends_between = bytes.len() + damaged.len() == sample.bytes.len()
            && is_seamless(&sample.bytes, &damaged, &sample.bytes[..3]);
        assert!(
            lost == 0 || quarantined > 0 || altered > 0 || ends_between,
            "{lost} rows are gone without a trace: {}",
            context()
        );
        if !sample.offsets.is_empty() {
            for row in (0..ROWS).filter(|row| !touched.contains(row)) {
                assert!(found.contains_key(&id(row)), "row {row} is untouched and gone: {}", context());
            }
        }
        counts.right += kept;
        counts.altered += altered;
        counts.lost += lost;
        counts.quarantined += quarantined;
        counts.harmless += usize::from(kept == total && quarantined == 0);
    }
    counts
}

#[test]
fn damaged_files_give_rows_that_are_right_or_quarantined_or_are_named() {
    let folder = Folder::new();
    for sample in samples() {
        let counts = sweep(&folder, &sample);
        report(sample.what, &counts);
        assert!(counts.right > DAMAGES * GROUP, "{}: {counts:?}", sample.what);
        assert!(counts.quarantined + counts.files_named > 0, "{}: {counts:?}", sample.what);
    }
    // Written by another program, since the crate cannot write checksums: damage lies in the pages, since the footer has none.
    let bytes = include_bytes!("../data/checksums.parquet").to_vec();
    let within = 4..footer_start(&bytes);
    let (touched, offsets, name) = (no_row as fn(&Sample, Range<usize>) -> Vec<usize>, Vec::new(), "a.parquet");
    let sample = Sample { what: "Parquet with checksums", name, bytes, within, is_checked: true, touched, offsets };
    report(sample.what, &sweep(&folder, &sample));
}

#[allow(clippy::print_stdout, reason = "the counts are what the test is for")]
fn report(what: &str, counts: &Counts) {
    println!("{what}: {DAMAGES} damages, {counts:?}");
}

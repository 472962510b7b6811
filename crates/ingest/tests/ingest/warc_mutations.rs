//! Archives with random damage: nothing may end the process, every record has its number, and what
//! lies behind the damage is still read.

use std::time::{Duration, Instant};

use textmill_ingest::ReadOptions;

use crate::helpers::{Folder, all_rows, gzip, zstd};
use crate::warc::{page, record};

/// Seconds that the loop runs; `TEXTMILL_FUZZ_SECS` is the time for a longer search.
const DEFAULT_SECS: u64 = 3;

/// Xorshift: the same numbers from the same seed everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).expect("64 bits") % bound.max(1)
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let http = |head: &str, body: &[u8]| [head.as_bytes(), b"\r\n\r\n", body].concat();
    let text = "<p>Some text of a page.</p>\n".repeat(20);
    let encoded = [("gzip", gzip(text.as_bytes())), ("zstd", zstd(text.as_bytes())), ("br", brotli(text.as_bytes()))];
    let mut parts: Vec<_> = (0..4).map(page).collect();
    for (coding, body) in &encoded {
        parts.push(record("response", "", &http(&format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}"), body)));
    }
    let chunked = b"5\r\nHello\r\n6\r\n world\r\n0\r\n\r\n";
    parts.push(record("response", "", &http("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", chunked)));
    parts.push(record("conversion", "Content-Type: text/plain\r\n", "Ein Text".as_bytes()));
    parts.extend((4..6).map(page));
    parts
}

fn brotli(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = brotli::CompressorWriter::new(&mut out, 4096, 5, 22);
    std::io::Write::write_all(&mut writer, bytes).expect("memory");
    drop(writer);
    out
}

/// Words that parsers look for.
const WORDS: [&[u8]; 10] = [
    b"WARC/1.0\r\n",
    b"\r\n\r\n",
    b"Content-Length: ",
    b"\x1f\x8b\x08",
    b"\x28\xb5\x2f\xfd",
    b":",
    b"\0",
    b"999999999999",
    b"-1",
    b"\xff\xff\xff\xff",
];

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len());
    match random.below(6) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes.truncate(at),
        2 => drop(bytes.drain(at..(at + random.below(200)).min(bytes.len()))),
        3 => drop(bytes.splice(at..at, WORDS[random.below(WORDS.len())].iter().copied())),
        4 => {
            let from = random.below(bytes.len());
            let piece = bytes[from..(from + random.below(300)).min(bytes.len())].to_vec();
            drop(bytes.splice(at..at, piece));
        }
        _ => bytes[at] = u8::try_from(random.below(256)).expect("a byte"),
    }
}

#[test]
fn random_damage_never_ends_the_reader_nor_loses_what_is_behind() {
    let folder = Folder::new();
    let secs = std::env::var("TEXTMILL_FUZZ_SECS").ok().and_then(|secs| secs.parse().ok()).unwrap_or(DEFAULT_SECS);
    let seed = std::env::var("TEXTMILL_FUZZ_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7);
    let (parts, begin, mut random) = (seeds(), Instant::now(), Random(seed));
    let (mut runs, mut documents) = (0_u64, 0);
    // Sound records behind the damage: the last of them must be read whatever lies before.
    let (first, last) = (page(100), page(200));
    while begin.elapsed() < Duration::from_secs(secs) {
        let name = ["a.warc", "a.warc.gz", "a.warc.zst", "a.wet", "b.warc.gz"][random.below(5)];
        let compress = |bytes: &[u8]| match name.rsplit('.').next() {
            Some("gz") => gzip(bytes),
            Some("zst") => zstd(bytes),
            _ => bytes.to_vec(),
        };
        let mut parts = parts.clone();
        // Damage below the compression, or above it.
        let above = name == "b.warc.gz";
        if above {
            (0..=random.below(3)).for_each(|_| {
                let index = random.below(parts.len());
                if !parts[index].is_empty() {
                    mutate(&mut parts[index], &mut random);
                }
            });
        }
        let mut middle: Vec<u8> = parts.iter().flat_map(|part| compress(part)).collect();
        if !above {
            (0..=random.below(4)).for_each(|_| {
                if !middle.is_empty() {
                    mutate(&mut middle, &mut random);
                }
            });
        }
        let plain = !name.contains(".gz") && !name.contains(".zst");
        middle.extend(b"\n".repeat(usize::from(plain)));
        folder.write(name, [compress(&first), middle, compress(&last)].concat());
        let options = ReadOptions::new(folder.config(name));
        // Where no record is left at the begin, the file is refused before the run.
        let Ok(plan) = folder.plan(&options.input) else {
            continue;
        };
        let read = folder.try_read(&plan.splits, &options).expect("damage is no failure");
        let context = || format!("run {runs} of seed {seed}, {name}: {:?}", read.quarantined);
        let count = u64::try_from(read.documents.len() + read.quarantined.len()).expect("64 bits");
        assert_eq!(read.rows(), all_rows(count), "{}", context());
        if above || name == "a.warc" {
            let ids = read.column(0);
            assert!(!above || ids.first() == Some(&"urn:uuid:page-100"), "{}", context());
            assert_eq!(ids.last(), Some(&"urn:uuid:page-200"), "{}", context());
        }
        runs += 1;
        documents += read.documents.len();
    }
    assert!(runs > 20 && documents > 0, "{runs} runs, {documents} documents");
}

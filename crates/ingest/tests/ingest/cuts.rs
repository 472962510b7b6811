//! Large files of JSON lines, cut into splits: they read as the whole file does.

use std::io::Write;

use textmill_document::ByteSize;
use textmill_ingest::{InputConfig, ReadOptions};

use crate::helpers::{Folder, Read, gzip, zstd};

/// Reads `name`, cut at about `split_bytes`; also the number of splits and the notes on the file.
fn read_cut(folder: &Folder, name: &str, split_bytes: u64) -> (Read, usize, Vec<String>) {
    let mut config = folder.config(name);
    config.split_bytes = ByteSize(split_bytes);
    config.limits.max_document_bytes = ByteSize(200);
    read_planned(folder, config)
}

fn read_planned(folder: &Folder, config: InputConfig) -> (Read, usize, Vec<String>) {
    let plan = folder.plan(&config).expect("a plan");
    let options = ReadOptions { batch_rows: 7, ..ReadOptions::new(config) };
    let mut end = 0;
    for split in plan.splits.iter().filter(|split| split.part.is_some()) {
        let part = split.part.expect("cut");
        assert_eq!((part.start, part.end - part.start), (end, split.bytes), "splits follow each other");
        let read = folder.try_read(std::slice::from_ref(split), &options).expect("readable");
        let rows: Vec<u64> = (split.first_row..split.first_row + split.rows.expect("counted")).collect();
        assert_eq!(read.rows(), rows, "every split has the records that were counted");
        end = part.end;
    }
    let read = folder.try_read(&plan.splits, &options).expect("readable");
    let notes = plan.notes.into_iter().filter(|note| note.contains("one task")).collect();
    (read, plan.splits.len(), notes)
}

fn assert_same(found: &Read, expected: &Read, when: &str) {
    assert_eq!(found.documents, expected.documents, "{when}");
    assert_eq!(found.quarantined, expected.quarantined, "{when}");
    assert_eq!((found.lost_bytes, &found.cuts), (expected.lost_bytes, &expected.cuts), "{when}");
}

/// Lines of many kinds: documents with and without ids, blank ones, bad ones, too long ones, with `\r\n`; the last one is cut.
fn lines(count: usize) -> Vec<String> {
    let line = |n: usize| match n % 11 {
        0 => "\n".to_owned(),
        1 => "   \r\n".to_owned(),
        2 => format!("{{\"text\": \"no id {n}\"}}\r\n"),
        3 => "not JSON\n".to_owned(),
        4 => format!("{{\"id\": \"d{n}\", \"text\": {n}}}\n"),
        5 => format!("{{\"id\": \"d{n}\", \"text\": \"{}\"}}\n", "x".repeat(300)),
        6 => format!("{{\"id\": \"d{n}\", \"text\": \"é漢\\n {n}\"}}\n"),
        _ => format!("{{\"id\": \"d{n}\", \"text\": \"{}\"}}\n", "word ".repeat(n % 7)),
    };
    let first = "\u{feff}{\"text\": \"behind a byte order mark\"}\n".to_owned();
    let last = "{\"id\": \"cut\", \"text\": \"the file ends".to_owned();
    std::iter::once(first).chain((0..count).map(line)).chain([last]).collect()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

#[test]
fn plain_files_cut_anywhere_read_as_the_whole_file() {
    let folder = Folder::new();
    let text = lines(60).concat();
    folder.write("a.jsonl", &text);
    let (whole, splits, _) = read_cut(&folder, "a.jsonl", 1 << 30);
    assert_eq!((splits, whole.cuts.len()), (1, 1));
    let mut most = 0;
    for split_bytes in 1..=text.len() as u64 {
        let (read, splits, notes) = read_cut(&folder, "a.jsonl", split_bytes);
        assert_same(&read, &whole, &format!("splits of {split_bytes} bytes"));
        assert_eq!(notes, Vec::<String>::new());
        assert_eq!(splits > 1, split_bytes <= text.len() as u64 / 2, "splits of {split_bytes} bytes");
        most = most.max(splits);
    }
    assert!(most > 40, "{most} splits");
}

type Compress = fn(&[u8]) -> Vec<u8>;

#[test]
fn compressed_files_are_cut_where_members_and_lines_end() {
    let folder = Folder::new();
    let compressors: [(&str, Compress); 4] = [("gz", gzip), ("zst", zstd), ("bz2", bzip2), ("xz", xz)];
    for (ending, compress) in compressors {
        for together in [1, 3, 20] {
            let name = format!("{together}.jsonl.{ending}");
            let members = lines(60).chunks(together).map(|some| compress(some.concat().as_bytes())).collect::<Vec<_>>();
            // An empty member, and one that ends inside a line, are no places to cut at, and harm nothing.
            let mut file = members.concat();
            file.extend(compress(b""));
            file.extend(compress(b" of this member\"}\n"));
            folder.write(&name, &file);
            let (whole, splits, _) = read_cut(&folder, &name, 1 << 30);
            assert_eq!(splits, 1);
            for split_bytes in [1, 2, 50, 100, 333, 1000, file.len() as u64 / 2] {
                let (read, splits, _) = read_cut(&folder, &name, split_bytes);
                assert_same(&read, &whole, &format!("{name}, splits of {split_bytes} bytes"));
                assert!(
                    split_bytes > 2 || splits > 60 / together / 2,
                    "{name}: {splits} splits of {split_bytes} bytes"
                );
            }
        }
    }
}

#[test]
fn what_cannot_be_cut_is_one_task_and_says_so() {
    let folder = Folder::new();
    let text = "{\"id\": \"a\", \"text\": \"a few words\"}\n".repeat(100);
    let (first, second) = text.split_at(text.len() / 2 + 7);
    folder.write("one.jsonl.gz", gzip(text.as_bytes()));
    folder.write("inside.jsonl.zst", [zstd(first.as_bytes()), zstd(second.as_bytes())].concat());
    folder.write("array.json", format!("[{}]", text.trim_end().replace('\n', ",\n")));
    folder.write("spread.json", text.replace(", ", ",\n"));
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    folder.write("wide.jsonl", [b"\xff\xfe".to_vec(), utf16].concat());
    let mut damaged = [gzip(first.as_bytes()), gzip(second.as_bytes()), gzip(text.as_bytes())].concat();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    folder.write("damaged.jsonl.gz", damaged);
    for (name, reason) in [
        ("one.jsonl.gz", "it is one gzip member"),
        ("inside.jsonl.zst", "where a zstd frame ends no line ends"),
        ("array.json", "it is not one JSON object a line"),
        ("spread.json", "it is not one JSON object a line"),
        ("wide.jsonl", "it is not one JSON object a line"),
        ("damaged.jsonl.gz", "it is damaged"),
    ] {
        let (whole, _, none) = read_cut(&folder, name, 1 << 30);
        let (read, splits, notes) = read_cut(&folder, name, 10);
        assert_same(&read, &whole, name);
        assert_eq!((splits, none.len(), notes.len()), (1, 0, 1), "{name}: {notes:?}");
        assert!(notes[0].contains(&format!("one task reads all of it, since {reason}")), "{}", notes[0]);
    }
}

#[test]
fn one_of_many_files_is_not_read_twice() {
    let folder = Folder::new();
    let text = "{\"id\": \"a\", \"text\": \"a few words\"}\n".repeat(10);
    for number in 0..64 {
        folder.write(&format!("in/{number}.jsonl"), &text);
    }
    let mut config = folder.config("in");
    config.split_bytes = ByteSize(100);
    let (read, splits, notes) = read_planned(&folder, config.clone());
    assert_eq!((splits, notes.len(), read.documents.len()), (64, 0, 640));
    // One that is larger than the others is a large part of the input.
    folder.write("in/large.jsonl", text.repeat(2));
    let (_, splits, _) = read_planned(&folder, config);
    assert!(splits > 65, "{splits} splits");
}

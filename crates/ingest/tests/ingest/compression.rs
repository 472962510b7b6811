use textmill_ingest::ReadOptions;

use crate::helpers::{Folder, all_rows, gzip, lines, zstd};

#[test]
fn all_gzip_members_and_zstd_frames_are_read() {
    let folder = Folder::new();
    let text = lines(0, 300);
    // Members may end anywhere, also inside a line.
    let pieces: Vec<_> = text.as_bytes().chunks(1000).collect();
    let gz: Vec<u8> = pieces.iter().flat_map(|piece| gzip(piece)).collect();
    let skippable = b"\x50\x2a\x4d\x18\x05\x00\x00\x00hello";
    let zst: Vec<u8> = pieces.iter().flat_map(|piece| [zstd(piece), skippable.to_vec()].concat()).collect();
    folder.write("a.jsonl.gz", gz);
    folder.write("a.jsonl.zst", zst);
    folder.write("a.jsonl", &text);
    let plain = folder.read("a.jsonl");
    assert_eq!(plain.rows(), all_rows(300));
    for name in ["a.jsonl.gz", "a.jsonl.zst"] {
        let read = folder.read(name);
        assert_eq!((read.documents, read.quarantined), (plain.documents.clone(), vec![]), "{name}");
    }
}

#[test]
fn a_damaged_member_costs_itself_only() {
    let folder = Folder::new();
    let members: Vec<_> = (0..5).map(|n| gzip(lines(n * 10, 10).as_bytes())).collect();
    let start = members[0].len() + members[1].len();
    let whole = members.concat();
    // Every byte of the member in the middle, except the fields of its header that say nothing.
    for at in (0..members[2].len()).filter(|at| !(4..10).contains(at)) {
        let mut bytes = whole.clone();
        bytes[start + at] ^= 0x55;
        folder.write("a.jsonl.gz", &bytes);
        let read = folder.read("a.jsonl.gz");
        assert_eq!(read.documents.len(), 40, "byte {at}: {:?}", read.quarantined);
        assert_eq!(read.causes(), [(20, "corrupt_compression")], "byte {at}");
        let record = &read.quarantined[0];
        assert_eq!((record.offset, record.bytes), (Some(start as u64), members[2].len() as u64), "byte {at}");
        let damaged = &bytes[start..start + members[2].len()];
        assert_eq!(record.blake3, blake3::hash(damaged).to_hex().to_string());
        assert_eq!(read.documents[20].1[0], "d30");
    }
}

#[test]
fn damaged_zstd_frames_cost_themselves_only() {
    let folder = Folder::new();
    let frame = |n: usize| {
        let mut encoder = zstd::stream::Encoder::new(Vec::new(), 3).expect("an encoder");
        encoder.include_checksum(true).expect("a checksum");
        std::io::Write::write_all(&mut encoder, lines(n * 10, 10).as_bytes()).expect("memory");
        encoder.finish().expect("memory")
    };
    let frames: Vec<_> = (0..3).map(frame).collect();
    let mut bytes = frames.concat();
    bytes[frames[0].len() + frames[1].len() / 2] ^= 0xff;
    folder.write("a.jsonl.zst", bytes);
    let read = folder.read("a.jsonl.zst");
    assert_eq!(read.causes(), [(10, "corrupt_compression")]);
    assert_eq!(read.documents.len(), 20);
    assert_eq!(read.documents[10].1[0], "d20");
}

#[test]
fn a_truncated_file_keeps_what_came_before_and_is_flagged() {
    let folder = Folder::new();
    let text = lines(0, 20_000);
    for (name, whole) in [("a.jsonl.gz", gzip(text.as_bytes())), ("a.jsonl.zst", zstd(text.as_bytes()))] {
        for cut in [whole.len() / 2, whole.len() - 1] {
            folder.write(name, &whole[..cut]);
            let read = folder.read(name);
            let kept = read.documents.len() as u64;
            assert_eq!(read.causes(), [(kept, "truncated")], "{name} at {cut}");
            assert!(kept > 5000, "{name} at {cut}");
            assert!(read.quarantined[0].detail.contains("the file ends inside the"), "{}", read.quarantined[0].detail);
        }
    }
}

#[test]
fn padding_is_tolerated_and_other_bytes_between_members_are_counted() {
    let folder = Folder::new();
    let member = gzip(lines(0, 3).as_bytes());
    let zeros = vec![0; 10_000];
    folder.write("a.jsonl.gz", [&member[..], &zeros, &member, &zeros].concat());
    let read = folder.read("a.jsonl.gz");
    assert_eq!((read.documents.len(), read.quarantined.len()), (6, 0));
    folder.write("a.jsonl.gz", [&member[..], b"trailer"].concat());
    assert_eq!(folder.read("a.jsonl.gz").causes(), []);
    folder.write("a.jsonl.gz", [&member[..], &member[..7]].concat());
    assert_eq!(folder.read("a.jsonl.gz").causes(), [(3, "truncated")]);
    folder.write("a.jsonl.gz", [&member[..], b"what may have been a member", &member].concat());
    let read = folder.read("a.jsonl.gz");
    assert_eq!((read.documents.len(), read.causes()), (6, vec![(3, "corrupt_compression")]));
    assert_eq!(read.quarantined[0].bytes, 27);
}

#[test]
fn a_large_member_is_read_as_a_stream() {
    let folder = Folder::new();
    let text = lines(0, 200_000);
    let mut bytes = gzip(text.as_bytes());
    folder.write("a.jsonl.gz", &bytes);
    assert_eq!(folder.read("a.jsonl.gz").rows(), all_rows(200_000));
    // A wrong checksum is found at its end only: the documents are kept, and the record says so.
    let at = bytes.len() - 8;
    bytes[at] ^= 1;
    folder.write("a.jsonl.gz", [&bytes[..], &gzip(lines(0, 1).as_bytes())].concat());
    let read = folder.read("a.jsonl.gz");
    assert_eq!((read.documents.len(), read.causes()), (200_001, vec![(200_000, "corrupt_compression")]));
    assert!(read.quarantined[0].detail.ends_with("what came before was read and may be altered"));
}

#[test]
fn a_bomb_is_cut_off_and_the_next_member_is_read() {
    let folder = Folder::new();
    let bomb = vec![b'\n'; 100 << 20];
    folder.write("a.jsonl.gz", [gzip(&bomb), gzip(lines(0, 2).as_bytes())].concat());
    let mut options = ReadOptions::new(folder.config("a.jsonl.gz"));
    options.input.limits.max_decompression_ratio = 100;
    let read = folder.read_with(&options);
    assert_eq!((read.documents.len(), read.causes()), (2, vec![(0, "decompression_bomb")]));
    options.input.limits.max_decompression_ratio = 100_000;
    assert_eq!(folder.read_with(&options).causes(), []);
}

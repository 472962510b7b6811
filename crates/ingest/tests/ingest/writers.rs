//! Compressed files and archives as their writers make them, byte by byte where no writer is at hand.

use flate2::{Compression, Crc, GzBuilder};
use textmill_ingest::ReadOptions;

use crate::helpers::{Folder, Read, gzip, lines, zstd};

/// A gzip member with this header and content; the header ends before the compressed bytes.
fn member(header: &[u8], content: &[u8]) -> Vec<u8> {
    let plain = gzip(content);
    [header, &plain[10..]].concat()
}

/// A header of ten bytes.
fn header(flags: u8, level: u8, system: u8) -> Vec<u8> {
    vec![0x1f, 0x8b, 8, flags, 1, 2, 3, 4, level, system]
}

fn read(name: &str, bytes: &[u8]) -> Read {
    let folder = Folder::new();
    folder.write(name, bytes);
    folder.read(name)
}

fn all_of(read: &Read, count: usize) -> bool {
    read.quarantined.is_empty() && read.documents.len() == count
}

/// Headers of gzip writers, and of none that is known.
fn headers() -> Vec<(&'static str, Vec<u8>)> {
    let crc = |header: Vec<u8>| {
        let mut crc = Crc::new();
        crc.update(&header);
        let [low, high, ..] = crc.sum().to_le_bytes();
        [header, vec![low, high]].concat()
    };
    let with = |flags: u8, level, system, more: &[u8]| [header(flags, level, system), more.to_vec()].concat();
    vec![
        ("gzip 1.12 with a name", with(0x08, 0, 3, b"part-0.jsonl\0")),
        ("zlib on macOS", with(0, 0, 19, b"")),
        ("pigz -9, a name", with(0x08, 2, 3, b"x\0")),
        ("Java before 16", with(0, 0, 0, b"")),
        ("Java", with(0, 0, 255, b"")),
        (".NET on Windows", with(0, 4, 10, b"")),
        (".NET on Linux", with(0, 0, 3, b"")),
        ("Go, name and comment", with(0x18, 0, 255, b"a\0a comment\0")),
        ("7-Zip, a name", with(0x08, 2, 0, b"part.jsonl\0")),
        ("Python with a level of its own", with(0, 2, 255, b"")),
        ("an extra field of dictzip", with(0x04, 0, 3, b"\x08\0RA\x04\0\x01\0\x02\0")),
        ("text flag", with(0x01, 0, 3, b"")),
        ("a checksum of the header", crc(header(0x02, 0, 3))),
        ("everything", crc(with(0x1f, 77, 200, b"\x02\0abname\0comment\0"))),
        ("any level and system", with(0, 1, 254, b"")),
    ]
}

#[test]
fn gzip_of_every_writer_is_read_alone_first_last_and_between() {
    let ours = gzip(lines(100, 3).as_bytes());
    for (writer, header) in headers() {
        let theirs = member(&header, lines(0, 3).as_bytes());
        assert!(all_of(&read("a.jsonl.gz", &theirs), 3), "{writer}: alone");
        assert!(all_of(&read("a.jsonl.gz", &[&theirs[..], &ours].concat()), 6), "{writer}: first");
        assert!(all_of(&read("a.jsonl.gz", &[&ours[..], &theirs].concat()), 6), "{writer}: last");
        assert!(all_of(&read("a.jsonl.gz", &[&ours[..], &theirs, &ours].concat()), 9), "{writer}: between");
        let padded = [&theirs[..], &[0; 1000], &theirs, &[0; 3]].concat();
        assert!(all_of(&read("a.jsonl.gz", &padded), 6), "{writer}: padding");
    }
}

/// Behind damage a member of the same writer is found, whatever its header says.
#[test]
fn behind_damage_members_of_odd_writers_are_found() {
    for (writer, header) in headers() {
        let members: Vec<_> = (0..4).map(|n| member(&header, lines(n * 10, 10).as_bytes())).collect();
        let mut bytes = members.concat();
        bytes[members[0].len() + members[1].len() / 2 + header.len() / 2] ^= 0xff;
        let found = read("a.jsonl.gz", &bytes);
        assert_eq!(found.documents.len(), 30, "{writer}: {:?}", found.quarantined);
        assert_eq!(found.causes(), [(10, "corrupt_compression")], "{writer}");
        assert_eq!(found.lost_bytes, members[1].len() as u64, "{writer}");
    }
}

#[test]
fn blocked_gzip_and_empty_members_are_read() {
    // BGZF: an extra field with the size of the block, and an empty block at the end.
    let block = |content: &[u8]| {
        let plain = member(&[header(4, 0, 255), b"\x06\0BC\x02\0\0\0".to_vec()].concat(), content);
        let size = u16::try_from(plain.len() - 1).expect("a small block").to_le_bytes();
        [&plain[..16], &size, &plain[18..]].concat()
    };
    let text = lines(0, 200);
    let blocks: Vec<u8> = text.as_bytes().chunks(333).flat_map(block).collect();
    let end = b"\x1f\x8b\x08\x04\0\0\0\0\0\xff\x06\0BC\x02\0\x1b\0\x03\0\0\0\0\0\0\0\0\0";
    assert!(all_of(&read("a.jsonl.gz", &[&blocks[..], end].concat()), 200));
    let empty = gzip(b"");
    let some = gzip(lines(0, 2).as_bytes());
    assert!(all_of(&read("a.jsonl.gz", &[&empty[..], &empty, &some, &empty].concat()), 2));
    let named = GzBuilder::new().filename("x").comment("y").extra(vec![1, 2]).operating_system(99);
    let mut writer = named.write(Vec::new(), Compression::best());
    std::io::Write::write_all(&mut writer, lines(0, 5).as_bytes()).expect("memory");
    assert!(all_of(&read("a.jsonl.gz", &writer.finish().expect("memory")), 5));
}

#[test]
fn frames_of_zstd_as_writers_make_them() {
    use zstd::zstd_safe::CParameter;
    let text = lines(0, 3000);
    let with = |parameters: &[CParameter]| {
        let mut encoder = zstd::stream::Encoder::new(Vec::new(), 3).expect("an encoder");
        parameters.iter().for_each(|parameter| encoder.set_parameter(*parameter).expect("a parameter"));
        std::io::Write::write_all(&mut encoder, text.as_bytes()).expect("memory");
        encoder.finish().expect("memory")
    };
    let no_size = with(&[CParameter::ContentSizeFlag(false)]);
    let long = with(&[CParameter::EnableLongDistanceMatching(true), CParameter::WindowLog(27)]);
    let sized = zstd::bulk::compress(text.as_bytes(), 3).expect("memory");
    // pzstd puts the size of each frame before it, seekable files have a table at the end.
    let skippable = |content: &[u8]| {
        let size = u32::try_from(content.len()).expect("small").to_le_bytes();
        [&b"\x50\x2a\x4d\x18"[..], &size, content].concat()
    };
    let pzstd = [skippable(&[1, 2, 3, 4]), sized.clone(), skippable(&[]), zstd(b""), skippable(&[9; 300])].concat();
    for (writer, bytes) in [("no size", no_size), ("long", long), ("one segment", sized), ("pzstd", pzstd)] {
        assert!(all_of(&read("a.jsonl.zst", &bytes), 3000), "{writer}");
    }
}

#[test]
fn what_zstd_and_xz_ask_for_is_refused_with_the_reason() {
    let folder = Folder::new();
    // A window of 2 GiB, as `zstd --long=31` declares it, and a dictionary that is not there.
    let window = b"\x28\xb5\x2f\xfd\x00\xa8\x01\x00\x00";
    folder.write("a.jsonl.zst", [&window[..], &[0; 20]].concat());
    folder.write("b.jsonl.zst", b"\x28\xb5\x2f\xfd\x23\x39\x30\x00\x00\x05\x29\x00\x00hello and more");
    folder.write("c.jsonl.xz", large_dictionary(xz(lines(0, 3).as_bytes())));
    let errors = folder.plan_errors(&folder.config("*"));
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors[0].contains("2048 MiB of memory") && errors[0].contains("--long=27"), "{}", errors[0]);
    assert!(errors[1].contains("dictionary 12345"), "{}", errors[1]);
    assert!(errors[2].contains("128 MiB of memory") && errors[2].contains("xz -9"), "{}", errors[2]);
}

/// The same stream, as if it had been written with a dictionary of 1 GiB.
fn large_dictionary(mut stream: Vec<u8>) -> Vec<u8> {
    // The header of the first block: its size, flags, one filter (LZMA2, one byte of properties), a checksum.
    assert_eq!(stream[13..16], [0, 0x21, 1]);
    stream[16] = 36;
    let end = 12 + (usize::from(stream[12]) + 1) * 4 - 4;
    let mut crc = Crc::new();
    crc.update(&stream[12..end]);
    stream[end..end + 4].copy_from_slice(&crc.sum().to_le_bytes());
    stream
}

fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    std::io::Write::write_all(&mut writer, content).expect("memory");
    writer.finish().expect("memory")
}

fn xz(content: &[u8]) -> Vec<u8> {
    let mut writer = liblzma::write::XzEncoder::new(Vec::new(), 6);
    std::io::Write::write_all(&mut writer, content).expect("memory");
    writer.finish().expect("memory")
}

#[test]
fn bzip2_and_xz_are_read_whole_joined_damaged_and_cut() {
    for (name, pack) in [("a.jsonl.bz2", bzip2 as fn(&[u8]) -> Vec<u8>), ("a.ndjson.xz", xz), ("a.json.gzip", gzip)] {
        // Streams may end anywhere, also inside a line.
        let text = lines(0, 500);
        let joined: Vec<u8> = text.as_bytes().chunks(7001).flat_map(pack).collect();
        assert!(all_of(&read(name, &joined), 500), "{name}: joined");
        let parts: Vec<_> = (0..3).map(|n| pack(lines(n * 10, 10).as_bytes())).collect();
        let mut damaged = parts.concat();
        damaged[parts[0].len() + parts[1].len() / 2] ^= 0x55;
        let found = read(name, &damaged);
        assert_eq!((found.documents.len(), found.causes()), (20, vec![(10, "corrupt_compression")]), "{name}");
        assert_eq!(found.lost_bytes, parts[1].len() as u64, "{name}");
        // 5 MB: more than one block of bzip2.
        let large = pack(lines(0, 100_000).as_bytes());
        let found = read(name, &large[..large.len() / 3 * 2]);
        assert_eq!(found.causes().last().map(|(_, cause)| *cause), Some("truncated"), "{name}");
        assert!((30_000..100_000).contains(&found.documents.len()), "{name}: {}", found.documents.len());
        assert_eq!(found.cuts.len(), 1, "{name}: {:?}", found.cuts);
        assert_eq!(found.rows(), crate::helpers::all_rows(found.documents.len() as u64 + 1), "{name}");
    }
    let padded = [xz(lines(0, 2).as_bytes()), vec![0; 8], xz(lines(2, 2).as_bytes()), vec![0; 4]].concat();
    assert!(all_of(&read("a.jsonl.xz", &padded), 4));
}

#[test]
fn a_bomb_of_bzip2_or_xz_is_cut_off() {
    for (name, pack) in [("a.jsonl.bz2", bzip2 as fn(&[u8]) -> Vec<u8>), ("a.jsonl.xz", xz)] {
        let folder = Folder::new();
        folder.write(name, [pack(&vec![b'\n'; 100 << 20]), pack(lines(0, 2).as_bytes())].concat());
        let mut options = ReadOptions::new(folder.config(name));
        options.input.limits.max_decompression_ratio = 100;
        let found = folder.read_with(&options);
        assert_eq!((found.documents.len(), found.causes()), (2, vec![(0, "decompression_bomb")]), "{name}");
    }
}

//! Tar archives as their writers make them.

use crate::helpers::{Folder, Read, gzip, lines, zstd};

fn content(first: usize, count: usize) -> String {
    lines(first, count).replace("\"text\"", "\"content\"")
}

/// A header by hand: V7 without a magic, or with one.
fn header(name: &[u8], size: usize, kind: u8, magic: &[u8], signed: bool) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len().min(100)].copy_from_slice(&name[..name.len().min(100)]);
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[136..148].copy_from_slice(b"14000000000\0");
    block[148..156].copy_from_slice(b"        ");
    block[156] = kind;
    block[257..257 + magic.len()].copy_from_slice(magic);
    let sum: i32 = block.iter().map(|byte| if signed { i32::from(byte.cast_signed()) } else { i32::from(*byte) }).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

fn entry(header: &[u8], content: &[u8]) -> Vec<u8> {
    let mut entry = [header, content].concat();
    entry.resize(entry.len().next_multiple_of(512), 0);
    entry
}

const USTAR: &[u8] = b"ustar\x0000";
const GNU: &[u8] = b"ustar  \0";

fn file(name: &[u8], content: &str) -> Vec<u8> {
    entry(&header(name, content.len(), b'0', USTAR, false), content.as_bytes())
}

fn read_as(name: &str, bytes: &[u8]) -> Read {
    let folder = Folder::new();
    folder.write(name, bytes);
    folder.read(name)
}

fn read(parts: &[Vec<u8>]) -> Read {
    read_as("a.jsonl.tar.gz", &gzip(&[parts.concat(), vec![0; 1024]].concat()))
}

fn ids(read: &Read) -> Vec<&str> {
    read.column(0)
}

#[test]
fn archives_of_v7_ustar_gnu_and_pax_are_read() {
    let one = content(0, 2);
    let pax = |records: &str| entry(&header(b"PaxHeaders/x", records.len(), b'x', USTAR, false), records.as_bytes());
    let global = "19 comment=archive\n";
    let long = "a".repeat(150) + ".jsonl\0";
    let archives: Vec<(&str, Vec<Vec<u8>>)> = vec![
        (
            "V7",
            vec![
                entry(&header(b"folder/", 0, 0, b"", false), b""),
                entry(&header(b"folder/a.jsonl", one.len(), 0, b"", false), one.as_bytes()),
            ],
        ),
        ("ustar", vec![entry(&header(b"d", 0, b'5', USTAR, false), b""), file(b"d/a.jsonl", &one)]),
        (
            "GNU with a long name",
            vec![
                entry(&header(b"././@LongLink", long.len(), b'L', GNU, false), long.as_bytes()),
                entry(&header(long.as_bytes(), one.len(), b'0', GNU, false), one.as_bytes()),
            ],
        ),
        (
            "pax",
            vec![
                entry(&header(b"pax_global_header", global.len(), b'g', USTAR, false), global.as_bytes()),
                pax("22 path=ä/part.jsonl\n30 mtime=1700000000.123456789\n"),
                file(b"x", &one),
            ],
        ),
        ("a name in GBK", vec![file(b"\xcd\xf8\xd2\xb3/\xca\xfd\xbe\xdd.jsonl", &one)]),
        (
            "a sum of signed bytes",
            vec![entry(&header(b"\xcd\xf8.jsonl", one.len(), b'0', USTAR, true), one.as_bytes())],
        ),
    ];
    for (writer, parts) in &archives {
        let found = read(parts);
        assert_eq!((ids(&found), found.quarantined.len()), (vec!["d0", "d1"], 0), "{writer}");
        // Two archives joined.
        let twice = read(&[parts.concat(), vec![0; 1024], file(b"z.jsonl", &content(7, 1))]);
        assert_eq!(ids(&twice), ["d0", "d1", "d7"], "{writer}");
    }
}

#[test]
fn a_pax_size_counts_and_sparse_or_packed_members_are_named() {
    let one = content(0, 3);
    let records = format!("12 size={}\n", one.len());
    let pax = entry(&header(b"p", records.len(), b'x', USTAR, false), records.as_bytes());
    assert_eq!(records.len(), 12, "{records:?}");
    let found =
        read(&[pax, entry(&header(b"a.jsonl", 0, b'0', USTAR, false), one.as_bytes()), file(b"b", &content(5, 1))]);
    assert_eq!(ids(&found), ["d0", "d1", "d2", "d5"]);
    let packed = gzip(one.as_bytes());
    let sparse = entry(&header(b"s.jsonl", 20, b'S', GNU, false), b"twenty bytes of data");
    let member = entry(&header(b"p.jsonl.gz", packed.len(), b'0', USTAR, false), &packed);
    let found = read(&[file(b"a.jsonl", &one), sparse, member, file(b"b.jsonl", &content(5, 1))]);
    assert_eq!((ids(&found), found.causes()), (vec!["d0", "d1", "d2", "d5"], vec![(3, "malformed"), (4, "malformed")]));
    assert!(found.quarantined[0].detail.contains("`s.jsonl`"), "{}", found.quarantined[0].detail);
    assert!(found.quarantined[1].detail.contains("`p.jsonl.gz`"), "{}", found.quarantined[1].detail);
    assert!(found.lost_bytes > 0);
}

#[test]
fn a_damaged_header_costs_its_member_and_the_next_is_found() {
    let members: Vec<Vec<u8>> =
        (0..4).map(|number| file(format!("{number}.jsonl").as_bytes(), &content(number * 10, 3))).collect();
    let of = |numbers: &[usize]| -> Vec<String> {
        numbers.iter().flat_map(|number| (0..3).map(move |row| format!("d{}", number * 10 + row))).collect()
    };
    let damage = |member: usize, at: usize| {
        let mut members = members.clone();
        members[member][at] ^= 0x11;
        [members.concat(), vec![0; 1024]].concat()
    };
    // A name, a size, a checksum, the magic.
    for at in [0, 130, 150, 258] {
        for (member, expected) in [(1, &[0, 2, 3][..]), (2, &[0, 1, 3]), (3, &[0, 1, 2])] {
            let tar = damage(member, at);
            for (name, bytes) in
                [("a.jsonl.tar", tar.clone()), ("a.jsonl.tar.gz", gzip(&tar)), ("a.jsonl.tar.zst", zstd(&tar))]
            {
                let found = read_as(name, &bytes);
                assert_eq!(ids(&found), of(expected), "{name}: byte {at} of member {member}");
                assert_eq!(found.quarantined.len(), 2, "{name}: {:?}", found.quarantined);
                assert!(found.lost_bytes > 0, "{name}");
            }
        }
    }
    // Several members in a row, and an extended header before the next.
    let mut several = members.clone();
    several[1][0] ^= 1;
    several[2][0] ^= 1;
    let found = read(&several);
    assert_eq!((ids(&found).join(" "), found.quarantined.len()), (of(&[0, 3]).join(" "), 2));
    let long = "a".repeat(150) + ".jsonl\0";
    let name = entry(&header(b"././@LongLink", long.len(), b'L', GNU, false), long.as_bytes());
    let mut bad = members[0].clone();
    bad[0] ^= 1;
    let found = read(&[members[3].clone(), bad, name, members[1].clone()]);
    assert_eq!(ids(&found).join(" "), of(&[3, 1]).join(" "));
}

#[test]
fn members_behind_a_lost_stretch_are_found_wherever_they_begin() {
    let noise = |length: usize| {
        let number = |at: usize| at.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29) % 20;
        (0..length).map(|at| b"ustar 0123456789\0\n{}"[number(at)]).collect::<Vec<u8>>()
    };
    let last = [file(b"z.jsonl", &content(7, 2)), vec![0; 1024]].concat();
    for length in [1, 255, 511, 512, 513, 5_000, 200_003] {
        let mut bad = file(b"b.jsonl", &content(3, 2));
        bad[0] ^= 1;
        let found = read(&[file(b"a.jsonl", &content(0, 2)), bad, noise(length), last.clone()]);
        assert_eq!(ids(&found), ["d0", "d1", "d7", "d8"], "{length}");
        let lost = format!("{} bytes of the tar archive", 1024 + length);
        assert!(found.quarantined.iter().any(|record| record.detail.starts_with(&lost)), "{:?}", found.quarantined);
    }
}

#[test]
fn files_of_file_managers_and_texts_are_left_out() {
    let found = read(&[
        file(b"./._part.jsonl", "\0\x05\x16\x07\0\x02\0\0Mac OS X        "),
        file(b"./part.jsonl", &content(0, 2)),
        file(b"./.DS_Store", "\0\0\0\x01Bud1\0\n\0\n"),
        file(b"__MACOSX/._part.jsonl", "{\"id\": \"no\", \"content\": \"no\"}\n"),
        file(b"README.md", "# About\n\nWords.\n"),
        file(b"SHA256SUMS", "ab12  part.jsonl\n"),
        file(b"part-000", &content(2, 1)),
    ]);
    assert_eq!((ids(&found), found.quarantined.len()), (vec!["d0", "d1", "d2"], 0));
}

#[test]
fn an_archive_is_read_in_any_packing_and_under_any_name() {
    let tar = [file(b"a.jsonl", &content(0, 2)), vec![0; 1024]].concat();
    let bzip2 = || {
        let mut writer = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        std::io::Write::write_all(&mut writer, &tar).expect("memory");
        writer.finish().expect("memory")
    };
    for (name, bytes) in [
        ("a.jsonl.tar.gz", gzip(&tar)),
        ("a.jsonl.tgz", gzip(&tar)),
        ("a.jsonl.tar", tar.clone()),
        ("a.jsonl.tar.zst", zstd(&tar)),
        ("a.jsonl.tar.bz2", bzip2()),
        ("a.jsonl.tar.gz", zstd(&tar)),
        ("a.jsonl.tar.gz", tar.clone()),
        ("a.jsonl.tar.gz", gzip(content(0, 2).as_bytes())),
        ("a.jsonl.tar.gz", content(0, 2).into_bytes()),
    ] {
        let found = read_as(name, &bytes);
        assert_eq!((ids(&found), found.quarantined.len()), (vec!["d0", "d1"], 0), "{name}");
    }
}

#[test]
fn every_cut_of_an_archive_is_named_or_loses_nothing() {
    let first = file(b"a.jsonl", &content(0, 20));
    let tar = [first.clone(), file(b"b.jsonl", &content(20, 20)), vec![0; 1024]].concat();
    let ends = tar.len() - 1024;
    for cut in 600..tar.len() {
        let found = read_as("a.jsonl.tar", &tar[..cut]);
        // Between two members nothing is missing that could be known.
        let whole = cut >= ends || cut == first.len();
        assert_eq!(found.cuts.is_empty(), whole, "at {cut}: {:?}", found.quarantined);
        assert_eq!(
            found.rows(),
            crate::helpers::all_rows(found.documents.len() as u64 + found.quarantined.len() as u64)
        );
    }
    let packed = gzip(&tar);
    for cut in packed.len() / 2..packed.len() {
        let found = read_as("a.jsonl.tar.gz", &packed[..cut]);
        assert_eq!(found.cuts.len(), 1, "at {cut}: {:?}", found.quarantined);
    }
}

//! What kind of file begins so.

/// A kind of file that is known by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Magic {
    Gzip,
    Zstd,
    Bzip2,
    Xz,
    Parquet,
    Zip,
    LfsPointer,
    Link,
    Html,
    Xml,
    Utf32,
    Other(&'static str),
    /// One that may hold records.
    Unread(&'static str),
}

/// Files that are not read, by their first bytes.
const OTHERS: &[(&[u8], Magic)] = &[
    (b"\x04\x22\x4d\x18", Magic::Unread("lz4, which is not read")),
    (b"\xff\x06\x00\x00sNaPpY", Magic::Unread("snappy, which is not read")),
    (b"LZIP", Magic::Unread("lzip, which is not read")),
    (b"\x1f\x9d", Magic::Unread("compressed by `compress`, which is not read")),
    (b"7z\xbc\xaf\x27\x1c", Magic::Unread("a 7z archive, which is not read")),
    (b"Rar!\x1a\x07", Magic::Unread("a RAR archive, which is not read")),
    (b"ARROW1\0\0", Magic::Unread("an Arrow (Feather) file, which is not read; write it as Parquet")),
    (b"Obj\x01", Magic::Unread("an Avro file, which is not read; write it as Parquet")),
    (b"ORC", Magic::Unread("an ORC file, which is not read; write it as Parquet")),
    (b"SQLite format 3\0", Magic::Unread("an SQLite database, which is not read; write it as JSON lines or Parquet")),
    (
        b"PARE",
        Magic::Unread(
            "a Parquet file whose footer is encrypted (Parquet modular encryption), and textmill has no keys; write it \
                 without encryption",
        ),
    ),
    (b"%PDF-", Magic::Other("a PDF")),
    (b"\x89PNG\r\n", Magic::Other("an image")),
    (b"\xff\xd8\xff", Magic::Other("an image")),
    (b"GIF8", Magic::Other("an image")),
    (b"\x7fELF", Magic::Other("a program")),
    (b"\x89HDF\r\n", Magic::Other("an HDF5 file")),
    (b"\x93NUMPY", Magic::Other("a NumPy array")),
];

/// Begin of every Git LFS pointer.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";
/// Longest content of a file that is a link written as text.
const LONGEST_LINK: usize = 1024;

impl Magic {
    /// What such a file is, as in "it is ...".
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Parquet => "a Parquet file",
            Self::Zip => "a zip archive, which is not read",
            Self::LfsPointer => {
                "a Git LFS pointer and not the file itself: run `git lfs pull` where it was cloned, or download it"
            }
            Self::Link => {
                "the text of a link and not the file itself: copy with links followed, or download the file again"
            }
            Self::Html => {
                "an HTML page: where a server sent it instead of a file, download that again; where it is to be read, \
                 write it into a field of JSON lines first, one page a line"
            }
            Self::Xml => "XML, such as a server sends instead of a file: download it again",
            Self::Utf32 => "UTF-32, which is not read; write it as UTF-8",
            Self::Other(name) | Self::Unread(name) => name,
        }
    }

    /// Whether such a file may hold records, so that it is missed where it is left out.
    pub(crate) fn may_hold_records(self) -> bool {
        !matches!(self, Self::Html | Self::Xml | Self::Other(_))
    }
}

/// The kind of a file that begins with `head`.
pub(crate) fn magic(head: &[u8]) -> Option<Magic> {
    match head {
        [0x1f, 0x8b, 8, ..] => return Some(Magic::Gzip),
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => return Some(Magic::Zstd),
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, ..] | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, ..] => {
            return Some(Magic::Bzip2);
        }
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => return Some(Magic::Xz),
        [b'P', b'A', b'R', b'1', ..] => return Some(Magic::Parquet),
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => return Some(Magic::Zip),
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Some(Magic::Utf32),
        _ => {}
    }
    if head.starts_with(LFS) {
        return Some(Magic::LfsPointer);
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins = |with: &[u8]| text.get(..with.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(with));
    if begins(b"<!doctype html") || begins(b"<html") {
        return Some(Magic::Html);
    }
    if begins(b"<?xml") {
        return Some(Magic::Xml);
    }
    if is_link(head) {
        return Some(Magic::Link);
    }
    OTHERS.iter().find(|(begin, _)| head.starts_with(begin)).map(|(_, magic)| *magic)
}

/// Whether the whole file is a relative path, as version control writes links where the system has none.
fn is_link(whole: &[u8]) -> bool {
    whole.len() <= LONGEST_LINK
        && whole.starts_with(b"../")
        && whole.trim_ascii_end().iter().all(|byte| !byte.is_ascii_whitespace() && !byte.is_ascii_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_and_text_is_none() {
        assert_eq!(magic(b"version https://git-lfs.github.com/spec/v1\noid sha256:ab"), Some(Magic::LfsPointer));
        assert_eq!(magic(b"\n <!DOCTYPE HTML><html>"), Some(Magic::Html));
        assert_eq!(magic(b"../../../blobs/9f86d081884c7d65"), Some(Magic::Link));
        assert_eq!(magic(b"\x5d\x2a\x4d\x18\0\0\0\0"), Some(Magic::Zstd));
        for text in [&b""[..], b"{", b"{\"id\": 1}", b"BZh is a text", b"WARC/1.0\r\n", b"../ two words", b"P"] {
            assert_eq!(magic(text), None, "{}", String::from_utf8_lossy(text));
        }
    }
}

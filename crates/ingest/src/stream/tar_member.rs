//! What the members of a tar archive are, by their names and first bytes.

use crate::magic::{Magic, magic};
use crate::quarantine::printable;

/// Bytes of a member that are looked at.
pub(super) const LOOK: usize = 4096;
/// Characters of a member's name in messages.
const SHOWN: usize = 80;

/// What is to be done with a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Member {
    /// Its content is read.
    Data,
    /// It holds no records.
    LeftOut,
    /// It holds records that cannot be read as they are; why.
    Refused(String),
}

/// Judges the member `path` that begins with `head`.
pub(super) fn judge(path: &[u8], head: &[u8]) -> Member {
    if is_system_file(path) {
        return Member::LeftOut;
    }
    if let Some(magic) = magic(head)
        && magic.may_hold_records()
    {
        let (name, what) = (shown(path), magic.name());
        return Member::Refused(match magic {
            Magic::LfsPointer => format!("the member {name} of the tar archive is {what}"),
            _ => format!("the member {name} of the tar archive is {what}; unpack the archive and read its files"),
        });
    }
    if named_json(path) || head.is_empty() || looks_like_json(head) { Member::Data } else { Member::LeftOut }
}

/// A name for messages; names of old archives are in any encoding.
pub(super) fn shown(path: &[u8]) -> String {
    format!("`{}`", printable(&String::from_utf8_lossy(path), SHOWN))
}

/// What file managers put beside the files of an archive.
fn is_system_file(path: &[u8]) -> bool {
    let mut parts = path.split(|byte| *byte == b'/').filter(|part| !part.is_empty());
    let name = parts.clone().next_back().unwrap_or_default();
    parts.any(|part| part == b"__MACOSX")
        || name.starts_with(b"._")
        || [&b".DS_Store"[..], b"Thumbs.db", b"desktop.ini"].contains(&name)
}

fn named_json(path: &[u8]) -> bool {
    let name = path.to_ascii_lowercase();
    [&b".jsonl"[..], b".ndjson", b".json"].iter().any(|ending| name.ends_with(ending))
}

/// Whether any line could begin an object.
fn looks_like_json(head: &[u8]) -> bool {
    let begins = |line: &[u8]| matches!(line.trim_ascii_start().first(), Some(b'{' | b'['));
    super::utf16::detect(head).is_some()
        || head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).split(|byte| matches!(byte, b'\n' | b'\r')).any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_file_managers_and_texts_are_no_data() {
        for path in ["./._part.jsonl", "a/.DS_Store", "__MACOSX/part.jsonl", "x/__MACOSX/._p.jsonl", "Thumbs.db"] {
            assert_eq!(judge(path.as_bytes(), b"{}"), Member::LeftOut, "{path}");
        }
        assert_eq!(judge(b"README.md", b"# Corpus\nwords\n"), Member::LeftOut);
        assert_eq!(judge(b"checksums", b"d41d8cd98f00b204 part.jsonl\n"), Member::LeftOut);
        for path in [&b"part.jsonl"[..], b"\xcd\xf8\xd2\xb3/\xca\xfd.JSONL", b"a.json"] {
            assert_eq!(judge(path, b"not json at all"), Member::Data);
        }
        assert_eq!(judge(b"part-000", b"broken\n{\"id\": 1}"), Member::Data);
        assert_eq!(judge(b"part-000", b"\xff\xfe{\0"), Member::Data);
        assert!(matches!(judge(b"a.jsonl.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03"), Member::Refused(_)));
        assert!(matches!(judge(b"a.jsonl", b"PAR1\x15\x04"), Member::Refused(_)));
    }
}

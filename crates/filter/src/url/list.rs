//! Reading lists from files.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};

use super::entry::Line;
use super::{UrlList, UrlListError};

/// Longest line of a list in bytes: more is a damaged file.
const MAX_LINE_BYTES: u64 = 64 * 1024;
const BUFFER_BYTES: usize = 256 * 1024;
/// Names of the files of an archive that an error shows.
const NAMES_SHOWN: usize = 10;

/// Characters of a line that a message shows.
const SHOWN_CHARS: usize = 60;

/// What was loaded of all lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loaded {
    /// A digest of each file's (unpacked) bytes.
    pub digests: Vec<String>,
    /// What was read of each file, and of the entries in the configuration.
    pub sources: Vec<Source>,
}

impl Loaded {
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.sources.iter().filter_map(Source::warning).collect()
    }

    pub(crate) fn notes(&self) -> Vec<String> {
        self.sources.iter().filter(|source| !source.file.is_empty()).map(Source::note).collect()
    }
}

/// What was read of a file, or of the entries in the configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Source {
    field: &'static str,
    /// The file; empty for entries in the configuration.
    file: String,
    /// Lines that are neither blank nor remarks.
    lines: u64,
    entries: u64,
    odd: u64,
    first_odd: Option<Odd>,
}

/// A line that gives no entry.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Odd {
    line: u64,
    text: String,
    why: &'static str,
}

impl Source {
    fn add(&mut self, number: u64, text: &str, read: Line) {
        match read {
            Line::Passed => return,
            Line::Taken(entries) => self.entries += entries,
            Line::Odd(why) => {
                self.odd += 1;
                let text = || text.chars().take(SHOWN_CHARS).collect();
                self.first_odd.get_or_insert_with(|| Odd { line: number, text: text(), why });
            }
        }
        self.lines += 1;
    }

    /// What is wrong with it though it can be used.
    pub(crate) fn warning(&self) -> Option<String> {
        let Self { field, file, lines, entries, odd, first_odd } = self;
        let Some(Odd { line, text, why }) = first_odd else {
            return (*lines == 0).then(|| format!("`{field}`: {file} has no entry"));
        };
        let (name, unit) = if file.is_empty() { ("`entries`", "entry") } else { (file.as_str(), "line") };
        let units = if file.is_empty() { "entries" } else { "lines" };
        Some(format!(
            "`{field}`: {odd} of {lines} {units} of {name} were not understood and do nothing, {entries} were taken; the \
             first is {unit} {line}, `{text}`: {why}"
        ))
    }

    /// What was read.
    pub(crate) fn note(&self) -> String {
        let Self { field, file, entries, .. } = self;
        let name = if file.is_empty() { "the configuration" } else { file };
        format!("`{field}`: {entries} entries of {name}")
    }

    /// A source of which nothing was understood would silently do nothing.
    fn checked(self) -> Result<Self, UrlListError> {
        match self.first_odd.as_ref() {
            Some(&Odd { line, ref text, why }) if self.entries == 0 => Err(UrlListError::NothingUnderstood {
                field: self.field,
                file: if self.file.is_empty() { "`entries`".to_owned() } else { self.file },
                lines: self.odd,
                line,
                text: text.clone(),
                why,
            }),
            _ => Ok(self),
        }
    }
}

/// Calls `each` with every line of `list` that is neither blank nor begins with `#`; what it says of the line is counted.
pub(super) fn read(
    list: &UrlList,
    field: &'static str,
    loaded: &mut Loaded,
    mut each: impl FnMut(&str) -> Result<Line, UrlListError>,
) -> Result<(), UrlListError> {
    for file in &list.files {
        let mut source = Source { field, file: file.clone(), ..Source::default() };
        let digest = read_file(file, field, &mut |number, line| {
            source.add(number, line, each(line)?);
            Ok(())
        })?;
        loaded.digests.push(digest);
        loaded.sources.push(source.checked()?);
    }
    if list.entries.is_empty() {
        return Ok(());
    }
    let mut source = Source { field, ..Source::default() };
    for (number, entry) in (1..).zip(list.entries.iter().map(|entry| entry.trim())) {
        if !entry.is_empty() {
            source.add(number, entry, each(entry)?);
        }
    }
    loaded.sources.push(source.checked()?);
    Ok(())
}

fn read_file(
    file: &str,
    field: &'static str,
    each: &mut impl FnMut(u64, &str) -> Result<(), UrlListError>,
) -> Result<String, UrlListError> {
    let unreadable = |source: io::Error| UrlListError::Unreadable { field, file: file.to_owned(), source };
    let (path, member) = match file.rsplit_once('!') {
        Some((path, member)) => (path, Some(member)),
        None => (file, None),
    };
    let plain = unpacked(path).map_err(unreadable)?;
    let Some(member) = member else { return read_lines(plain, file, field, each) };
    let mut archive = tar::Archive::new(plain);
    let mut names = Vec::new();
    for entry in archive.entries().map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.path().map_err(unreadable)?.to_string_lossy().into_owned();
        if name.trim_start_matches("./") == member {
            return read_lines(entry, file, field, each);
        }
        if names.len() < NAMES_SHOWN {
            names.push(name);
        }
    }
    let found = names.join(", ");
    Err(UrlListError::NoMember { field, file: path.to_owned(), member: member.to_owned(), found })
}

/// The bytes of a file, decompressed if they start as gzip or Zstandard do.
fn unpacked(path: &str) -> io::Result<Box<dyn Read>> {
    let mut raw = BufReader::with_capacity(BUFFER_BYTES, File::open(path)?);
    let start = raw.fill_buf()?;
    Ok(if start.starts_with(&[0x1f, 0x8b]) {
        Box::new(flate2::bufread::MultiGzDecoder::new(raw))
    } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        Box::new(zstd::Decoder::with_buffer(raw)?)
    } else {
        Box::new(raw)
    })
}

fn read_lines(
    plain: impl Read,
    file: &str,
    field: &'static str,
    each: &mut impl FnMut(u64, &str) -> Result<(), UrlListError>,
) -> Result<String, UrlListError> {
    let mut lines = BufReader::with_capacity(BUFFER_BYTES, Hashed { inner: plain, hasher: blake3::Hasher::new() });
    let mut line = Vec::new();
    let mut number = 0_u64;
    loop {
        line.clear();
        let read = lines
            .by_ref()
            .take(MAX_LINE_BYTES)
            .read_until(b'\n', &mut line)
            .map_err(|source| UrlListError::Unreadable { field, file: file.to_owned(), source })?;
        if read == 0 {
            break;
        }
        number += 1;
        let bad = |problem| UrlListError::BadLine { field, file: file.to_owned(), line: number, problem };
        if read as u64 == MAX_LINE_BYTES && line.last() != Some(&b'\n') {
            return Err(bad("is longer than 64 KiB"));
        }
        let text = std::str::from_utf8(&line).map_err(|_| bad("is not UTF-8"))?;
        let entry = text.trim_start_matches('\u{feff}').trim();
        if !entry.is_empty() && !entry.starts_with('#') {
            each(number, entry)?;
        }
    }
    Ok(format!("blake3:{}", lines.get_ref().hasher.finalize()))
}

/// Hashes what is read through it.
struct Hashed<R> {
    inner: R,
    hasher: blake3::Hasher,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const PLAIN: &[u8] = b"\xef\xbb\xbf# a comment\n b.com \r\n\na.com\nlast.org";

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    fn tarred(bytes: &[u8]) -> Vec<u8> {
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        archive.append_data(&mut header, "domains", bytes).expect("memory");
        archive.into_inner().expect("memory")
    }

    fn entries(bytes: &[u8], member: &str) -> Result<(Vec<String>, Vec<String>), UrlListError> {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(bytes).expect("written");
        let list = UrlList { files: vec![format!("{}{member}", file.path().display())], entries: vec![] };
        let (mut found, mut loaded) = (Vec::new(), Loaded::default());
        read(&list, "hosts", &mut loaded, |entry| {
            found.push(entry.to_owned());
            Ok(Line::Taken(1))
        })?;
        Ok((found, loaded.digests))
    }

    #[test]
    fn all_packings_give_the_same_entries_and_digest() {
        let zstd = zstd::encode_all(PLAIN, 1).expect("memory");
        let plain = entries(PLAIN, "").expect("a list");
        assert_eq!(plain.0, ["b.com", "a.com", "last.org"]);
        assert_eq!(plain.1, [format!("blake3:{}", blake3::hash(PLAIN))]);
        assert_eq!(entries(&gzip(PLAIN), "").expect("a list"), plain);
        assert_eq!(entries(&zstd, "").expect("a list"), plain);
        assert_eq!(entries(&gzip(&tarred(PLAIN)), "!domains").expect("a list"), plain);
    }

    #[test]
    fn damage_is_an_error_that_says_where() {
        let whole = gzip(PLAIN);
        let cut = whole.get(..whole.len() - 12).expect("longer");
        let cases = [
            (entries(cut, ""), "cannot be read"),
            (entries(b"a.com\n\xff\n", ""), "line 2 is not UTF-8"),
            (entries(&vec![b'a'; 200_000], ""), "line 1 is longer"),
            (entries(&gzip(&tarred(PLAIN)), "!other"), "it has domains"),
        ];
        for (result, message) in cases {
            let fault = textmill_document::ConfigFault::from(result.expect_err(message));
            assert!(fault.message.contains(message), "{fault}");
            assert_eq!(fault.field(), Some("hosts"));
        }
    }

    #[test]
    fn lines_that_were_not_understood_are_counted_and_shown() {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut read_all = |bytes: &[u8], each: fn(&str) -> Line| {
            file.as_file_mut().set_len(0).expect("emptied");
            io::Seek::rewind(file.as_file_mut()).expect("rewound");
            file.write_all(bytes).expect("written");
            let list = UrlList { files: vec![file.path().display().to_string()], entries: vec![] };
            let mut loaded = Loaded::default();
            read(&list, "hosts", &mut loaded, |line| Ok(each(line))).map(|()| loaded.sources)
        };
        let odd = |line: &str| if line.starts_with('?') { Line::Odd("it asks") } else { Line::Taken(1) };
        let sources = read_all(b"# one\n\na\n?b\n?c\n", odd).expect("one entry");
        let warning = sources[0].warning().expect("two lines");
        for part in ["`hosts`", "2 of 3 lines", "1 were taken", "line 4, `?b`: it asks"] {
            assert!(warning.contains(part), "{part}: {warning}");
        }
        assert!(read_all(b"a\nb\n", odd).expect("entries")[0].warning().is_none());
        assert!(read_all(b"# nothing\n", odd).expect("empty")[0].warning().expect("said").contains("no entry"));
        let error = read_all(b"?a\n?b\n", odd).expect_err("nothing is left").to_string();
        assert!(error.contains("none of its 2 lines") && error.contains("`?a`"), "{error}");
    }
}

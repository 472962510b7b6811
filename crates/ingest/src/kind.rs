//! What a file is: by its name, and by its first bytes where the name says nothing or something else.

use std::io::Cursor;

use crate::formats::Packing;
use crate::magic::{Magic, magic};
use crate::quarantine::printable;
use crate::stream::{Event, Losses, decompressed, is_tar, is_utf16};
use crate::{Compression, Format, Limits};

/// Bytes of a file, and of what is compressed in it, that are looked at: 64 KiB.
pub(crate) const HEAD: usize = 64 << 10;
/// The same for bzip2, which gives nothing before a whole block of 900 kB has been read: 1 MiB.
pub(crate) const BZIP2_HEAD: usize = 1 << 20;
/// What is said of WAT files.
pub(crate) const WAT: &str = "it is a web archive of metadata (WAT) without documents";
/// Characters of an unknown file that a message shows.
const SHOWN: usize = 24;

/// Endings that tell the compression.
const COMPRESSIONS: &[(&str, Compression)] = &[
    (".tar.gz", Compression::TarGzip),
    (".tgz", Compression::TarGzip),
    (".tar.zst", Compression::TarZstd),
    (".tar.bz2", Compression::TarBzip2),
    (".tar.xz", Compression::TarXz),
    (".tar", Compression::Tar),
    (".gz", Compression::Gzip),
    (".gzip", Compression::Gzip),
    (".zst", Compression::Zstd),
    (".zstd", Compression::Zstd),
    (".bz2", Compression::Bzip2),
    (".xz", Compression::Xz),
];

/// Format and compression of the file `location` by its name; `format` is what the pipeline says.
pub(crate) fn kind_of(location: &str, format: Option<Format>) -> Option<(Format, Compression)> {
    let name = location.to_ascii_lowercase();
    let packed = COMPRESSIONS.iter().find_map(|(ending, packed)| Some((name.strip_suffix(ending)?, *packed)));
    let (rest, compression) = packed.unwrap_or((&name, Compression::None));
    if let Some(format) = format {
        let is_packed = format.known().packing() != Packing::Never;
        return Some((format, if is_packed { compression } else { Compression::None }));
    }
    Some((Format::named(rest, compression)?, compression))
}

/// Whether `ending` tells a compression and no format.
pub(crate) fn is_packing(ending: &str) -> bool {
    COMPRESSIONS.iter().any(|(packed, _)| packed.eq_ignore_ascii_case(ending))
}

/// What is known of a file before it is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected {
    /// By its name.
    pub named: Option<(Format, Compression)>,
    /// The format that the pipeline declares for all files.
    pub format: Option<Format>,
}

/// What a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub format: Format,
    pub compression: Compression,
    /// The kind of file, where its name says something else.
    pub surprise: Option<String>,
}

/// Why a file cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Neither its name nor its first bytes tell the format.
    Unknown(String),
    /// It is something that is not read, or not what it is called.
    Other(String),
}

impl Refusal {
    /// What it is, as in "it is ...".
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Unknown(reason) | Self::Other(reason) => reason,
        }
    }
}

/// What the decompressed bytes of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    Json,
    /// Some line could be a JSON object, though not the first.
    PerhapsJson,
    Warc,
    Wet,
    /// Records of metadata on web pages (WAT), or none that hold documents.
    Wat,
    Magic(Magic),
    Nothing,
    Unknown,
}

impl Content {
    /// Whether it was told by the first bytes.
    fn is_told(self) -> bool {
        matches!(self, Self::Json | Self::Warc | Self::Wet | Self::Wat)
    }
}

/// What the file that begins with `head` is, or why it cannot be read.
pub(crate) fn identify(head: &[u8], expected: Expected, limits: &Limits) -> Result<Identity, Refusal> {
    let Expected { named, format } = expected;
    if head.is_empty() {
        let (format, compression) = expected.kind().ok_or_else(|| Refusal::Unknown("it is empty".to_owned()))?;
        return Ok(Identity { format, compression, surprise: None });
    }
    let outside = magic(head);
    let codec = match outside {
        Some(Magic::Gzip) => Some(Compression::Gzip),
        Some(Magic::Zstd) => Some(Compression::Zstd),
        Some(Magic::Bzip2) => Some(Compression::Bzip2),
        Some(Magic::Xz) => Some(Compression::Xz),
        Some(magic) => {
            let told = Format::of_magic(magic).filter(|told| format.is_none_or(|said| said == *told));
            let told = told.ok_or_else(|| Refusal::Other(format!("it is {}", magic.name())))?;
            let surprise = named.is_some_and(|(format, _)| format != told);
            let surprise = surprise.then(|| magic.name().to_owned());
            return Ok(Identity { format: told, compression: Compression::None, surprise });
        }
        None => None,
    };
    let wanted = format.or(named.map(|(format, _)| format));
    if let Some(format) = wanted.filter(|format| format.known().packing() == Packing::Never) {
        // Its reader says what is wrong with it.
        let unpacked = codec.is_none().then_some(Identity { format, compression: Compression::None, surprise: None });
        let (packed, whole) = (outside.map_or("", Magic::name), format.known().magic().map_or("", Magic::name));
        let whole = whole.strip_prefix("a ").unwrap_or(whole);
        return unpacked.ok_or_else(|| Refusal::Other(format!("it is {packed}, and no {whole}; unpack it")));
    }
    let (inside, tar) = match codec {
        Some(codec) => unpack(head, codec, limits),
        None => (head.to_vec(), is_tar(head)),
    };
    let content = if tar { Content::Json } else { content(&inside) };
    let by_name = named.map_or(Compression::None, |(_, compression)| compression);
    let compression = match (codec, tar) {
        (Some(codec), true) => codec.in_tar(),
        // What is no JSON may be a damaged archive: its reader says so.
        (Some(codec), false) if by_name.parts().0 == codec && content != Content::Json => by_name,
        (Some(codec), false) => codec,
        (None, true) => Compression::Tar,
        (None, false) if content.is_told() => Compression::None,
        (None, false) => by_name,
    };
    let format = settle(content, wanted, format, &inside)?;
    let surprise = (named.is_some() && compression != by_name).then(|| compression.name().to_owned());
    Ok(Identity { format, compression, surprise })
}

impl Expected {
    fn kind(self) -> Option<(Format, Compression)> {
        let format = self.format.or(self.named.map(|(format, _)| format))?;
        Some((format, self.named.map_or(Compression::None, |(_, compression)| compression)))
    }
}

/// The format of a file with `content`, where `wanted` is what its name or the pipeline says.
fn settle(content: Content, wanted: Option<Format>, said: Option<Format>, inside: &[u8]) -> Result<Format, Refusal> {
    let other = |reason: String| Err(Refusal::Other(reason));
    match (wanted.or_else(|| Format::of_content(content)), content) {
        (_, Content::Magic(inner)) => other(format!("what is compressed in it is {}", inner.name())),
        (Some(format), Content::Json) if format.is_archive() => {
            other(format!("it holds JSON, and its format is to be {}", format.name()))
        }
        (Some(format), Content::Warc | Content::Wet | Content::Wat) if !format.is_archive() => {
            let hint = if said.is_none() { "; name it .warc or .wet, or set `input.format`" } else { "" };
            other(format!("it is a web archive, and its format is to be {}{hint}", format.name()))
        }
        (Some(format), _) => Ok(format),
        (None, Content::Wat) => other(WAT.to_owned()),
        (None, Content::Nothing) => Err(Refusal::Unknown("it holds nothing that can be read".to_owned())),
        (None, _) => {
            let begin = inside.get(..SHOWN * 4).unwrap_or(inside);
            let begin = printable(&String::from_utf8_lossy(begin), SHOWN);
            Err(Refusal::Unknown(format!("neither its name nor its begin, `{begin}`, tells the format")))
        }
    }
}

/// Whether the first bytes of a file speak for `format`; a file that is found by chance is read only then.
pub(crate) fn fits(head: &[u8], identity: &Identity, limits: &Limits) -> Result<(), String> {
    let (codec, tar) = identity.compression.parts();
    if tar {
        return Ok(());
    }
    let inside = if codec == Compression::None { head.to_vec() } else { unpack(head, codec, limits).0 };
    let format = identity.format;
    let other = || format!("it does not begin as {} does", format.name());
    format.known().fits(content(&inside)).map_err(|reason| reason.map_or_else(other, ToOwned::to_owned))
}

/// Why no file of this name is ever read, whatever the pipeline says.
pub(crate) fn never_read(location: &str) -> Option<&'static str> {
    const ENDINGS: &[(&str, &str)] = &[
        (".wacz", WACZ),
        (".zip", "it is a zip archive, which is not read; unpack it and name what is inside"),
        (".7z", "it is a 7z archive, which is not read; unpack it and name what is inside"),
        (".rar", "it is a RAR archive, which is not read; unpack it and name what is inside"),
    ];
    let name = location.to_ascii_lowercase();
    ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, reason)| *reason)
}

/// What is said of WACZ files.
const WACZ: &str = "it is a WACZ, a web archive in a zip; unpack it (`unzip FILE 'archive/*'`) and read its \
                    archive/*.warc.gz with `format: warc`";

/// The first decompressed bytes, and whether they begin a tar archive.
fn unpack(head: &[u8], codec: Compression, limits: &Limits) -> (Vec<u8>, bool) {
    let mut stream = decompressed(Box::new(Cursor::new(head.to_vec())), codec, limits, &Losses::default());
    let mut inside = Vec::new();
    while inside.len() < HEAD {
        match stream.fill(&mut inside) {
            Ok(Event::Data | Event::Boundary) => {}
            // The head itself is cut off somewhere.
            Ok(Event::Damage(_) | Event::End) | Err(_) => break,
        }
    }
    let tar = is_tar(&inside);
    inside.truncate(HEAD);
    (inside, tar)
}

fn content(bytes: &[u8]) -> Content {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    if let Some(magic) = magic(bytes) {
        return Content::Magic(magic);
    }
    if is_utf16(bytes) || matches!(text.first(), Some(b'{' | b'[')) {
        return Content::Json;
    }
    if text.starts_with(b"WARC/") {
        return archive(text);
    }
    // The file's own record, with which every ARC begins.
    if text.starts_with(b"filedesc://") {
        return Content::Warc;
    }
    if text.is_empty() {
        return Content::Nothing;
    }
    let begins = |line: &[u8]| line.trim_ascii_start().first() == Some(&b'{');
    if text.split(|byte| matches!(byte, b'\n' | b'\r')).any(begins) { Content::PerhapsJson } else { Content::Unknown }
}

/// Which archive it is, by the types of its first records.
fn archive(text: &[u8]) -> Content {
    let has = |kind: &str| {
        let line = format!("warc-type: {kind}");
        text.split(|byte| *byte == b'\n')
            .any(|found| found.get(..line.len()).is_some_and(|found| found.eq_ignore_ascii_case(line.as_bytes())))
    };
    match () {
        () if has("response") || has("resource") || has("request") => Content::Warc,
        () if has("conversion") => Content::Wet,
        () if has("metadata") => Content::Wat,
        () => Content::Warc,
    }
}

//! Planning: find the files, pin them, look into each, and cut them into splits.

use std::collections::BTreeSet;

use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use crate::kind::{BZIP2_HEAD, Expected, HEAD, Refusal, fits, identify, never_read};
use crate::lacking::{self, Lacking};
use crate::listing::{Candidate, Listing, list};
use crate::source::Source;
use crate::{Format, IngestError, InputConfig, OnUnreadable};

/// Files that are looked into at once: enough to hide the latency of an object store.
const INSPECTED_AT_ONCE: usize = 16;
/// A file is cut that is more than one in so many parts of the input: with more files than that of one size, all cores are
/// busy anyway, and counting the records of all of them would read the input twice.
const FEW_FILES: u64 = 64;
/// Unread fields that a note names.
const SHOWN_FIELDS: usize = 20;

/// How a file is compressed and packed: told from its name, or from its first bytes where these say something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Not at all, or inside the format (Parquet).
    None,
    /// Gzip, any number of members.
    Gzip,
    /// Zstandard, any number of frames.
    Zstd,
    /// Bzip2, any number of streams.
    Bzip2,
    /// The .xz format, any number of streams.
    Xz,
    /// A tar archive.
    Tar,
    /// A tar archive in gzip.
    TarGzip,
    /// A tar archive in zstd.
    TarZstd,
    /// A tar archive in bzip2.
    TarBzip2,
    /// A tar archive in xz.
    TarXz,
}

impl Compression {
    /// The compression of the bytes, and whether what they hold is a tar archive.
    pub(crate) fn parts(self) -> (Self, bool) {
        match self {
            Self::Tar => (Self::None, true),
            Self::TarGzip => (Self::Gzip, true),
            Self::TarZstd => (Self::Zstd, true),
            Self::TarBzip2 => (Self::Bzip2, true),
            Self::TarXz => (Self::Xz, true),
            codec => (codec, false),
        }
    }

    /// A tar archive that is compressed so.
    pub(crate) fn in_tar(self) -> Self {
        match self {
            Self::None => Self::Tar,
            Self::Gzip => Self::TarGzip,
            Self::Zstd => Self::TarZstd,
            Self::Bzip2 => Self::TarBzip2,
            Self::Xz => Self::TarXz,
            tar => tar,
        }
    }

    /// For messages, as in "it is ...".
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "not compressed",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
            Self::Tar => "a tar archive",
            Self::TarGzip => "a tar archive in gzip",
            Self::TarZstd => "a tar archive in zstd",
            Self::TarBzip2 => "a tar archive in bzip2",
            Self::TarXz => "a tar archive in xz",
        }
    }
}

/// One input file, pinned: every reader compares size and version before it reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shard {
    /// Absolute path, or URL.
    pub location: String,
    /// Path relative to the fixed part of the entry of `input.paths` it was found by; generated
    /// ids begin with it. The location where that would not be unique.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// The store's `ETag`, or `mtime:` and the time of the last change in nanoseconds since 1970.
    pub version: String,
    /// Format.
    pub format: Format,
    /// Compression.
    pub compression: Compression,
    /// BLAKE3 that the output of textmill which it belongs to has published, hex; absent for all other files. It is
    /// compared when the first split of the file is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blake3: Option<String>,
}

/// The part of a shard that one task reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The file.
    pub shard: Shard,
    /// Row groups of a Parquet file, first and one behind the last; `None` reads the whole file.
    pub row_groups: Option<(u32, u32)>,
    /// The part of a file of lines; `None` reads the whole file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// Record number in the shard of the first record.
    pub first_row: u64,
    /// Records, where that is known (of Parquet, and of parts of files). Documents and quarantined records of the split
    /// together are this many.
    pub rows: Option<u64>,
    /// Compressed bytes, to order and weigh tasks by.
    pub bytes: u64,
}

impl Split {
    /// All of `shard`.
    pub(crate) fn whole(shard: &Shard) -> Self {
        Self { shard: shard.clone(), row_groups: None, part: None, first_row: 0, rows: None, bytes: shard.bytes }
    }
}

/// A part of a file of lines, which begins with a line and, where the file is compressed, with a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// First byte in the file.
    pub start: u64,
    /// Byte behind the last one.
    pub end: u64,
    /// Decompressed bytes before it.
    pub decoded: u64,
    /// Lines before it, blank ones included.
    pub line: u64,
}

/// What became of a file that is a large part of the input.
#[derive(Debug)]
pub(crate) enum Cut {
    /// Its splits, two or more.
    Into(Vec<Split>),
    /// It stays one, since ...
    Whole(String),
}

/// A file that could not be opened and that `on_unreadable: quarantine` lets pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnreadableShard {
    /// The file.
    pub shard: Shard,
    /// Why it could not be opened.
    pub detail: String,
}

/// The inputs of a run. Made once, written into the run and never made again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputPlan {
    /// All readable files, sorted by location; empty ones have no split.
    pub shards: Vec<Shard>,
    /// All splits, in the order of the shards and of their rows.
    pub splits: Vec<Split>,
    /// Files for the quarantine.
    pub unreadable: Vec<UnreadableShard>,
    /// Notes for the user: empty files, fields that are not read, and so on.
    pub notes: Vec<String>,
}

/// What looking into one file brought.
#[derive(Debug, Default)]
pub(crate) struct Inspected {
    pub splits: Vec<Split>,
    /// Names of its top-level fields.
    pub fields: BTreeSet<String>,
    pub note: Option<String>,
    /// Mapped columns that it lacks; other files decide what that means.
    pub lacking: Option<Lacking>,
    /// Document columns that it has.
    pub found: Vec<String>,
}

/// Finds, pins and checks the input and cuts it into splits.
///
/// Every Parquet file's footer and the first 100 records of every other file are compared with
/// the column mapping. All errors are collected, one a file.
pub async fn plan_input(config: &InputConfig) -> Result<InputPlan, Vec<IngestError>> {
    let wrong = config.check();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let Listing { files, repeated, mut left_out, notes, mut errors } = list(config).await?;
    let mut looked =
        futures::stream::iter(files.into_iter().map(|file| look(file, config.clone()))).buffered(INSPECTED_AT_ONCE);
    let mut plan = InputPlan { notes, ..InputPlan::default() };
    let (mut fields, mut empty) = (BTreeSet::new(), 0_usize);
    let (mut lacking, mut found) = (Vec::new(), BTreeSet::new());
    while let Some((shard, looked)) = looked.next().await {
        match looked {
            Ok(Looked::Read(shard, inspected)) => {
                fields.extend(unread_fields(&shard, config, inspected.fields));
                plan.notes.extend(inspected.note);
                lacking.extend(inspected.lacking);
                found.extend(inspected.found);
                empty += usize::from(inspected.splits.is_empty());
                plan.splits.extend(inspected.splits);
                plan.shards.push(*shard);
            }
            Ok(Looked::LeftOut(reason)) => left_out.add(shard.name, reason),
            Err(IngestError::Unreadable { reason, .. }) if config.on_unreadable == OnUnreadable::Quarantine => {
                plan.unreadable.push(UnreadableShard { shard, detail: reason });
            }
            Err(error) => errors.push(error),
        }
    }
    let (wrong, notes) = lacking::judge(lacking, &found, plan.shards.len());
    errors.extend(wrong);
    plan.notes.extend(notes);
    let nothing = plan.shards.is_empty() && plan.unreadable.is_empty();
    if nothing && errors.is_empty() {
        let left_out = [left_out.notes(), plan.notes].concat();
        errors.push(IngestError::NothingToRead { paths: config.paths.clone(), left_out });
        return Err(errors);
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    cut_large(&mut plan, config).await?;
    plan.notes.extend(left_out.notes());
    plan.notes.extend(summary_notes(empty, repeated, &fields));
    Ok(plan)
}

/// Cuts files of which one task each would be left when all others have ended: those of more than two splits and more than
/// a share of the input. What they are and where they lie decides alone, so that every machine plans the same.
async fn cut_large(plan: &mut InputPlan, config: &InputConfig) -> Result<(), Vec<IngestError>> {
    let total: u64 = plan.shards.iter().map(|shard| shard.bytes).sum();
    let is_large = |split: &Split| {
        let is_whole = split.bytes == split.shard.bytes && split.row_groups.is_none();
        let is_one_of_few = split.bytes.saturating_mul(FEW_FILES) > total;
        is_whole && is_one_of_few && split.shard.format.is_cut() && split.bytes / 2 >= config.split_bytes.bytes()
    };
    let splits = std::mem::take(&mut plan.splits).into_iter().map(|split| {
        let (large, config, runtime) = (is_large(&split), config.clone(), Handle::current());
        async move {
            if !large {
                return Ok((vec![split], None));
            }
            let location = split.shard.location.clone();
            let cut = tokio::task::spawn_blocking(move || cut_one(split, &config, &runtime)).await;
            cut.unwrap_or_else(|error| Err(IngestError::unreadable(&location, error.to_string())))
        }
    });
    let mut cut = futures::stream::iter(splits).buffered(INSPECTED_AT_ONCE);
    let mut errors = Vec::new();
    while let Some(found) = cut.next().await {
        match found {
            Ok((splits, note)) => {
                plan.splits.extend(splits);
                plan.notes.extend(note);
            }
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// The splits of a large file, and a note where it is one.
fn cut_one(split: Split, config: &InputConfig, runtime: &Handle) -> Result<(Vec<Split>, Option<String>), IngestError> {
    let source = Source::open(&split.shard, runtime)?;
    match split.shard.format.known().cut(&split.shard, &source, config)? {
        Cut::Into(splits) => Ok((splits, None)),
        Cut::Whole(reason) => {
            let note = format!("{}: one task reads all of it, since {reason}", split.shard.location);
            Ok((vec![split], Some(note)))
        }
    }
}

/// What a look at one file came to.
enum Looked {
    /// It is read.
    Read(Box<Shard>, Inspected),
    /// It is no input; why.
    LeftOut(String),
}

async fn look(file: Candidate, config: InputConfig) -> (Shard, Result<Looked, IngestError>) {
    let runtime = Handle::current();
    let shard = file.shard.clone();
    let task = tokio::task::spawn_blocking(move || inspect(file, &config, &runtime));
    let looked = task.await.unwrap_or_else(|error| Err(IngestError::unreadable(&shard.location, error.to_string())));
    (shard, looked)
}

/// Tells what a file is, and looks at its first records.
fn inspect(file: Candidate, config: &InputConfig, runtime: &Handle) -> Result<Looked, IngestError> {
    let source = Source::open(&file.shard, runtime)?;
    let (shard, surprise) = match tell(file, &source, config)? {
        Told::Input(shard, surprise) => (shard, surprise),
        Told::LeftOut(reason) => return Ok(Looked::LeftOut(reason)),
    };
    let mut inspected = inspect_as(&shard, &source, config)?;
    if let Some(surprise) = surprise {
        let note =
            format!("{}: it is {surprise}, although its name says something else, and is read so", shard.location);
        inspected.note = Some(inspected.note.map_or(note.clone(), |other| format!("{note}; {other}")));
    }
    Ok(Looked::Read(shard, inspected))
}

/// What the first bytes of a file tell.
enum Told {
    /// Its format and compression, and what it is although its name says something else.
    Input(Box<Shard>, Option<String>),
    /// It is no input; why.
    LeftOut(String),
}

fn tell(file: Candidate, source: &Source, config: &InputConfig) -> Result<Told, IngestError> {
    let Candidate { mut shard, named, asked_for } = file;
    let mut head = source.head(HEAD)?;
    if head.starts_with(b"BZh") {
        head = source.head(BZIP2_HEAD)?;
    }
    // A file that its folder or a `*` brought along is read if it speaks for itself.
    let said = config.format;
    let by_chance = !asked_for && named.is_none_or(|(format, _)| said.is_some_and(|said| said != format));
    let identity = match identify(&head, Expected { named, format: said }, &config.limits) {
        Ok(identity) => identity,
        Err(refusal) => {
            let reason = never_read(&shard.location).unwrap_or_else(|| refusal.reason()).to_owned();
            return match refusal {
                _ if by_chance => Ok(Told::LeftOut(reason)),
                Refusal::Unknown(_) => Err(IngestError::UnknownFormat { location: shard.location, reason }),
                Refusal::Other(_) => Err(IngestError::unreadable(&shard.location, reason)),
            };
        }
    };
    if by_chance && let Err(reason) = fits(&head, &identity, &config.limits) {
        return Ok(Told::LeftOut(reason));
    }
    // The columns were settled before the files were known.
    if identity.format.is_archive() && config.archive() != Some(identity.format) {
        return Err(IngestError::UnexpectedArchive { location: shard.location });
    }
    shard.format = identity.format;
    shard.compression = identity.compression;
    Ok(Told::Input(Box::new(shard), identity.surprise))
}

/// Those of `files` that are input, each as what its first bytes tell that it is. One that cannot be looked into stays as
/// its name has it: who reads it says what is wrong.
pub(crate) async fn input_files(files: Vec<Candidate>, config: &InputConfig) -> Vec<Shard> {
    let told = files.into_iter().map(|file| {
        let (config, runtime) = (config.clone(), Handle::current());
        let shard = file.shard.clone();
        async move {
            let tell = move || tell(file.clone(), &Source::open(&file.shard, &runtime)?, &config);
            match tokio::task::spawn_blocking(tell).await {
                Ok(Ok(Told::Input(shard, _))) => Some(*shard),
                Ok(Ok(Told::LeftOut(_))) => None,
                Ok(Err(_)) | Err(_) => Some(shard),
            }
        }
    });
    let told = futures::stream::iter(told).buffered(INSPECTED_AT_ONCE);
    told.filter_map(std::future::ready).collect().await
}

fn inspect_as(shard: &Shard, source: &Source, config: &InputConfig) -> Result<Inspected, IngestError> {
    if shard.bytes == 0 {
        return Ok(Inspected::default());
    }
    shard.format.known().inspect(shard, source, config)
}

/// Fields of a file that no column takes.
fn unread_fields(shard: &Shard, config: &InputConfig, mut fields: BTreeSet<String>) -> BTreeSet<String> {
    if config.keeps_metadata() || (config.columns.has_rest() && shard.format.has_schema()) {
        return BTreeSet::new();
    }
    for column in crate::config::planned_columns(config, shard.format, None) {
        if let Some(from) = column.from
            && !fields.remove(&from)
        {
            // A field in a struct: what else is in it was not asked for.
            if let Some((outer, _)) = from.split_once('.') {
                fields.remove(outer);
            }
        }
    }
    for known in shard.format.known().known_fields() {
        fields.remove(*known);
    }
    fields
}

fn summary_notes(empty: usize, repeated: usize, unread: &BTreeSet<String>) -> Vec<String> {
    let mut notes = Vec::new();
    if empty > 0 {
        let files = if empty == 1 { "file holds" } else { "files hold" };
        notes.push(format!("{empty} input {files} no records"));
    }
    if repeated > 0 {
        notes.push(format!("{repeated} input files are named more than once and are read once"));
    }
    if !unread.is_empty() {
        let shown: Vec<_> = unread.iter().take(SHOWN_FIELDS).map(String::as_str).collect();
        let more = if unread.len() > SHOWN_FIELDS { ", ..." } else { "" };
        notes.push(format!(
            "fields that are not read: {}{more}; declare them in input.columns, or keep them with \
             input.other_fields: metadata",
            shown.join(", ")
        ));
    }
    notes
}

//! Planning: find the files, pin them, look into each, and cut them into splits.

use std::collections::BTreeSet;

use futures::StreamExt;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

use crate::lacking::{self, Lacking};
use crate::listing::{Listing, list};
use crate::source::Source;
use crate::{Format, IngestError, InputConfig, OnUnreadable, folders, jsonl, parquet, warc};

/// Files that are looked into at once: enough to hide the latency of an object store.
const INSPECTED_AT_ONCE: usize = 16;
/// Unread fields that a note names.
const SHOWN_FIELDS: usize = 20;

/// How a file is compressed, told from its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// Not at all, or inside the format (Parquet).
    None,
    /// Gzip, any number of members.
    Gzip,
    /// Zstandard, any number of frames.
    Zstd,
    /// A tar archive in gzip.
    TarGzip,
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
}

/// The part of a shard that one task reads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The file.
    pub shard: Shard,
    /// Row groups of a Parquet file, first and one behind the last; `None` reads the whole file.
    pub row_groups: Option<(u32, u32)>,
    /// Record number in the shard of the first record.
    pub first_row: u64,
    /// Records, where the file says so (Parquet). Documents and quarantined records of the split
    /// together are this many.
    pub rows: Option<u64>,
    /// Compressed bytes, to order and weigh tasks by.
    pub bytes: u64,
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

/// What a run reads. Made once, written into the run and never made again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputPlan {
    /// All readable files, sorted by location; empty ones have no split.
    pub shards: Vec<Shard>,
    /// All splits, in the order of the shards and of their rows.
    pub splits: Vec<Split>,
    /// Files for the quarantine.
    pub unreadable: Vec<UnreadableShard>,
    /// What a person should know: empty files, fields that are not read, and so on.
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
    let mut errors = config.check();
    if !errors.is_empty() {
        return Err(errors);
    }
    let Listing { shards, repeated } = list(config).await?;
    let mut looked =
        futures::stream::iter(shards.into_iter().map(|shard| look(shard, config.clone()))).buffered(INSPECTED_AT_ONCE);
    let mut plan = InputPlan::default();
    let (mut fields, mut empty) = (BTreeSet::new(), 0_usize);
    let (mut lacking, mut found) = (Vec::new(), BTreeSet::new());
    while let Some((shard, inspected)) = looked.next().await {
        match inspected {
            Ok(inspected) => {
                fields.extend(unread_fields(&shard, config, inspected.fields));
                plan.notes.extend(inspected.note);
                lacking.extend(inspected.lacking);
                found.extend(inspected.found);
                empty += usize::from(inspected.splits.is_empty());
                plan.splits.extend(inspected.splits);
                plan.shards.push(shard);
            }
            Err(IngestError::Unreadable { reason, .. }) if config.on_unreadable == OnUnreadable::Quarantine => {
                plan.unreadable.push(UnreadableShard { shard, detail: reason });
            }
            Err(error) => errors.push(error),
        }
    }
    let (wrong, notes) = lacking::judge(lacking, &found, plan.shards.len());
    errors.extend(wrong);
    plan.notes.extend(notes);
    if !errors.is_empty() {
        return Err(errors);
    }
    plan.notes.extend(summary_notes(empty, repeated, &fields));
    Ok(plan)
}

async fn look(shard: Shard, config: InputConfig) -> (Shard, Result<Inspected, IngestError>) {
    let runtime = Handle::current();
    let task = {
        let shard = shard.clone();
        tokio::task::spawn_blocking(move || inspect(&shard, &config, &runtime))
    };
    let inspected = task.await.unwrap_or_else(|error| Err(IngestError::unreadable(&shard.location, error.to_string())));
    (shard, inspected)
}

fn inspect(shard: &Shard, config: &InputConfig, runtime: &Handle) -> Result<Inspected, IngestError> {
    let source = Source::open(shard, runtime)?;
    if shard.bytes == 0 {
        return Ok(Inspected::default());
    }
    if shard.format == Format::Parquet {
        return parquet::inspect(shard, &source, config);
    }
    if shard.format.is_archive() {
        warc::inspect(shard, &source, config)?;
        let split = Split { shard: shard.clone(), row_groups: None, first_row: 0, rows: None, bytes: shard.bytes };
        return Ok(Inspected { splits: vec![split], ..Inspected::default() });
    }
    let mut seen = jsonl::inspect(shard, &source, config)?;
    seen.problems.retain(|problem| !problem.is_missing() || folders::called(shard, &problem.from).is_none());
    let fields: Vec<_> = seen.fields.iter().cloned().collect();
    if !seen.problems.is_empty() {
        return Err(IngestError::Columns {
            location: shard.location.clone(),
            problems: seen.problems,
            available: fields,
        });
    }
    let split = Split { shard: shard.clone(), row_groups: None, first_row: 0, rows: None, bytes: shard.bytes };
    let note = seen.no_objects.then(|| format!("{}: none of the first records is a JSON object", shard.location));
    let columns = crate::config::planned_columns(config, shard.format, None).into_iter();
    let found = columns.filter(|column| column.from.as_ref().is_some_and(|from| seen.fields.contains(from)));
    let found = found.map(|column| column.name).collect();
    Ok(Inspected { splits: vec![split], fields: seen.fields, note, found, lacking: None })
}

/// Fields of a file that no column takes.
fn unread_fields(shard: &Shard, config: &InputConfig, mut fields: BTreeSet<String>) -> BTreeSet<String> {
    if config.keeps_metadata() || (config.columns.has_rest() && shard.format == Format::Parquet) {
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
    for known in jsonl::known_fields(shard.format) {
        fields.remove(*known);
    }
    fields
}

fn summary_notes(empty: usize, repeated: usize, unread: &BTreeSet<String>) -> Vec<String> {
    let mut notes = Vec::new();
    if empty > 0 {
        notes.push(format!("{empty} input files hold no records"));
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

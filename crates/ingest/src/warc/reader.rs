use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use textmill_document::{Cause, Count};

use super::builder::BatchBuilder;
use super::cut::{Found, Kind, Limits, RecordCutter};
use super::encoding::Bounds;
use super::fields::Dialect;
use super::record::{Content, Rejection, Rules, interpret};
use crate::config::{ReadOptions, batch_schema};
use crate::quarantine::Damage;
use crate::source::Source;
use crate::stream::{Losses, member_stream};
use crate::{Compression, IngestError, InputConfig, QuarantinedRecord, ReadBatch, Shard};

/// Decompressed bytes in which a web archive must have its first record.
const SAMPLED_BYTES: u64 = 4 << 20;
/// What a small compressed file may hold whatever its ratio: a bit more than one member may before
/// its ratio is looked at.
const POSSIBLE_ANYWAY: u64 = 128 << 20;

/// Reads the records of one web archive as batches.
#[derive(Debug)]
pub(crate) struct WarcReader {
    location: String,
    records: RecordCutter,
    rules: Rules,
    builder: BatchBuilder,
    quarantined: Vec<QuarantinedRecord>,
    skipped: BTreeMap<&'static str, Count>,
    batch_rows: usize,
    batch_bytes: usize,
    /// Number of the next document or quarantined record.
    row: u64,
    ended: bool,
    losses: Losses,
}

fn cutter(shard: &Shard, source: &Source, config: &InputConfig, losses: &Losses) -> Result<RecordCutter, IngestError> {
    let limits = &config.limits;
    let possible = shard.bytes.saturating_mul(u64::from(limits.max_decompression_ratio)).max(POSSIBLE_ANYWAY);
    let largest_possible = if shard.compression == Compression::None { shard.bytes } else { possible };
    let stream = member_stream(source.reader()?, shard.compression, limits, losses);
    Ok(RecordCutter::new(stream, Limits { most_block: limits.max_document_bytes.bytes(), largest_possible }))
}

/// Looks for the first record of `shard`, so that a file that is no web archive is found before the
/// run.
pub(crate) fn inspect(shard: &Shard, source: &Source, config: &InputConfig) -> Result<(), IngestError> {
    let mut records = cutter(shard, source, config, &Losses::default())?;
    let mut first_damage = None;
    while records.offset() < SAMPLED_BYTES {
        match records.advance().map_err(|error| IngestError::read(&shard.location, error))? {
            Some(Found::Record { .. }) => return Ok(()),
            Some(Found::Damage(damage)) => first_damage = first_damage.or(Some(damage)),
            None => break,
        }
    }
    match first_damage {
        Some(damage) => {
            let reason = format!("no record of a web archive at its begin: {}", damage.detail);
            Err(IngestError::unreadable(&shard.location, reason))
        }
        // A compressed file may hold nothing.
        None => Ok(()),
    }
}

impl WarcReader {
    pub(crate) fn open(
        shard: &Shard,
        source: &Source,
        options: &ReadOptions,
        dialect: Dialect,
    ) -> Result<Self, IngestError> {
        let columns = options.columns(shard);
        let limits = &options.input.limits;
        let most_bytes = usize::try_from(limits.max_document_bytes.bytes()).unwrap_or(usize::MAX);
        Ok(Self {
            location: shard.location.clone(),
            records: cutter(shard, source, &options.input, source.losses())?,
            rules: Rules {
                dialect,
                bounds: Bounds { most_bytes, max_ratio: limits.max_decompression_ratio },
                verify_digests: options.input.verify_digests,
            },
            builder: BatchBuilder::new(Arc::new(batch_schema(&columns)), &columns, &shard.name),
            quarantined: Vec::new(),
            skipped: BTreeMap::new(),
            batch_rows: options.batch_rows.max(1),
            batch_bytes: options.batch_bytes,
            row: 0,
            ended: false,
            losses: source.losses().clone(),
        })
    }

    /// Reads the next batch; `None` at the end.
    pub(crate) fn next_batch(&mut self) -> Result<Option<ReadBatch>, IngestError> {
        while !self.ended {
            let found = self.records.advance().map_err(|error| IngestError::read(&self.location, error))?;
            match found {
                Some(Found::Record { kind, header, block, offset }) => {
                    if let Some(full) = self.record(kind, header, block, offset)? {
                        return Ok(Some(full));
                    }
                }
                Some(Found::Damage(damage)) => {
                    self.lose(&damage);
                    self.quarantine(*damage);
                }
                None => self.ended = true,
            }
            let records = self.builder.rows() + self.quarantined.len();
            if records >= self.batch_rows || (self.ended && (records > 0 || !self.skipped.is_empty())) {
                return self.finish().map(Some);
            }
        }
        Ok(None)
    }

    /// Takes one record in; the batch before it, where the document does not fit into it any more.
    fn record(
        &mut self,
        kind: Kind,
        header: std::ops::Range<usize>,
        block: std::ops::Range<usize>,
        offset: u64,
    ) -> Result<Option<ReadBatch>, IngestError> {
        let (lines, bytes) = (self.records.bytes(header.clone()), self.records.bytes(block.clone()));
        let rules = self.rules;
        // The decoders of content codings are given whatever a server sent.
        let content = catch_unwind(AssertUnwindSafe(|| interpret(kind, lines, bytes, rules)));
        let content = content.unwrap_or_else(|_| Err(Rejection::new(Cause::Panic, "the record's decoder panicked")));
        match content {
            Ok(Content::Skipped(kind)) => {
                *self.skipped.entry(kind).or_default() += Count::one(bytes.len() as u64);
                Ok(None)
            }
            Ok(Content::Document(page)) => {
                let (builder, row) = (&mut self.builder, self.row);
                self.row += 1;
                if builder.rows() == 0 || builder.payload_bytes() + page.body.len() <= self.batch_bytes {
                    builder.append(&page, row);
                    return Ok(None);
                }
                let full = finish(builder, &mut self.quarantined, &mut self.skipped, &self.location)?;
                self.builder.append(&page, row);
                Ok(Some(full))
            }
            Err(Rejection { cause, detail }) => {
                let id = record_id(lines);
                let damage = Damage::of(cause, detail, Some(offset), self.records.bytes(header.start..block.end));
                let damage = damage.with_id(id);
                self.quarantine(damage);
                Ok(None)
            }
        }
    }

    /// Counts a stretch between records, which may have held several. What the decompression lost it has counted.
    fn lose(&self, damage: &Damage) {
        match damage.cause {
            Cause::Malformed => self.losses.decoded(damage.bytes),
            Cause::Truncated => self.losses.cut(&damage.detail),
            _ => {}
        }
    }

    fn quarantine(&mut self, damage: Damage) {
        self.quarantined.push(damage.at_row(self.row));
        self.row += 1;
    }

    fn finish(&mut self) -> Result<ReadBatch, IngestError> {
        finish(&mut self.builder, &mut self.quarantined, &mut self.skipped, &self.location)
    }
}

/// The id in the header of a record, as documents have it.
fn record_id(header: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"warc-record-id:";
    let mut lines = header.split(|byte| *byte == b'\n');
    let line = lines.find(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)))?;
    let value = std::str::from_utf8(line.get(NAME.len()..)?).ok()?.trim();
    Some(value.trim_start_matches('<').trim_end_matches('>').to_owned())
}

fn finish(
    builder: &mut BatchBuilder,
    quarantined: &mut Vec<QuarantinedRecord>,
    skipped: &mut BTreeMap<&'static str, Count>,
    location: &str,
) -> Result<ReadBatch, IngestError> {
    let documents = builder
        .finish()
        .map_err(|error| IngestError::Internal { location: location.to_owned(), reason: error.to_string() })?;
    let skipped = std::mem::take(skipped);
    Ok(ReadBatch { skipped, ..ReadBatch::new(documents, std::mem::take(quarantined)) })
}

use std::ops::Range;
use std::sync::Arc;

use serde::de::IgnoredAny;
use textmill_document::Cause;

use super::builders::BatchBuilder;
use super::row::{Rejection, RowParser};
use crate::config::{ReadOptions, batch_schema};
use crate::plan::Part;
use crate::quarantine::Damage;
use crate::source::Source;
use crate::stream::{Found, JsonText, LineSplitter, Losses, decompressed, decompressed_part};
use crate::{IngestError, QuarantinedRecord, ReadBatch, Split};

/// Reads the records of one JSON lines file as batches.
#[derive(Debug)]
pub(crate) struct JsonlReader {
    location: String,
    lines: LineSplitter,
    parser: RowParser,
    builder: BatchBuilder,
    quarantined: Vec<QuarantinedRecord>,
    batch_rows: usize,
    batch_bytes: usize,
    /// Number of the next record.
    row: u64,
    ended: bool,
    losses: Losses,
}

impl JsonlReader {
    pub(crate) fn open(split: &Split, source: &Source, options: &ReadOptions) -> Result<Self, IngestError> {
        let shard = &split.shard;
        let columns = options.columns(shard);
        let schema = Arc::new(batch_schema(&columns));
        let limits = &options.input.limits;
        let max_line_bytes = usize::try_from(limits.max_document_bytes.bytes()).unwrap_or(usize::MAX);
        let lines = match &split.part {
            None => {
                let stream = decompressed(source.reader()?, shard.compression, limits, source.losses());
                LineSplitter::new(Box::new(JsonText::new(stream)), max_line_bytes)
            }
            // Only files of lines are cut.
            Some(Part { start, end, decoded, line }) => {
                let bytes = source.range_reader(*start, *end)?;
                let stream = decompressed_part(bytes, *start, shard.compression, limits, source.losses());
                LineSplitter::continued(stream, max_line_bytes, *decoded, *line)
            }
        };
        Ok(Self {
            location: shard.location.clone(),
            lines,
            parser: RowParser::new(&columns, shard.format),
            builder: BatchBuilder::new(schema, &columns, &shard.name),
            quarantined: Vec::new(),
            batch_rows: options.batch_rows.max(1),
            batch_bytes: options.batch_bytes,
            row: split.first_row,
            ended: false,
            losses: source.losses().clone(),
        })
    }

    /// Reads the next batch; `None` at the end.
    pub(crate) fn next_batch(&mut self) -> Result<Option<ReadBatch>, IngestError> {
        while !self.ended {
            let found = self.lines.advance().map_err(|error| IngestError::read(&self.location, error))?;
            let full = match found {
                Some(Found::Line { range, offset, number, is_last }) => self.record(range, offset, number, is_last)?,
                Some(Found::Damage(damage)) => {
                    self.quarantine(*damage);
                    None
                }
                None => {
                    self.ended = true;
                    None
                }
            };
            if full.is_some() {
                return Ok(full);
            }
            let records = self.builder.rows() + self.quarantined.len();
            if records >= self.batch_rows || (self.ended && records > 0) {
                return self.finish().map(Some);
            }
        }
        Ok(None)
    }

    fn record(
        &mut self,
        range: Range<usize>,
        offset: u64,
        number: u64,
        is_last: bool,
    ) -> Result<Option<ReadBatch>, IngestError> {
        let line = self.lines.bytes(range);
        match self.parser.parse(line) {
            Ok(()) => self.append(),
            Err(Rejection { cause, detail }) => {
                let damage = Damage::of(cause, format!("line {number}: {detail}"), Some(offset), line);
                let mut damage = damage.with_id(self.parser.id_of(line));
                if is_last && is_cut(line) {
                    damage.cause = Cause::Truncated;
                    damage.detail.push_str("; the file ends inside this line");
                    self.losses.cut(&format!("the file ends inside line {number}"));
                }
                self.quarantine(damage);
                Ok(None)
            }
        }
    }

    /// Adds the parsed document; the batch before it, where it does not fit into it any more.
    fn append(&mut self) -> Result<Option<ReadBatch>, IngestError> {
        let bytes = self.parser.payload().len();
        let fits = self.builder.rows() == 0 || self.builder.payload_bytes() + bytes <= self.batch_bytes;
        let full = if fits { None } else { Some(self.finish()?) };
        self.builder.append(self.parser.cells(), bytes, self.row);
        self.row += 1;
        Ok(full)
    }

    fn quarantine(&mut self, damage: Damage) {
        self.quarantined.push(damage.at_row(self.row));
        self.row += 1;
    }

    fn finish(&mut self) -> Result<ReadBatch, IngestError> {
        let documents = self
            .builder
            .finish()
            .map_err(|error| IngestError::Internal { location: self.location.clone(), reason: error.to_string() })?;
        Ok(ReadBatch::new(documents, std::mem::take(&mut self.quarantined)))
    }
}

/// Whether a line without a line end, the last of a file, is the first part of a record.
fn is_cut(line: &[u8]) -> bool {
    if std::str::from_utf8(line).is_err_and(|error| error.error_len().is_none()) {
        return true;
    }
    let line = line.trim_ascii_start();
    line.starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(line).is_err_and(|error| error.is_eof())
}

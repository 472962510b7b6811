use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch, StringViewArray};
use arrow::datatypes::SchemaRef;
use textmill_document::columns::ID;
use textmill_document::{Cause, DocumentBatch};

use super::bad::BadValue;
use super::footer::Footer;
use super::group::{Failed, Group, to_usize};
use super::guarded;
use crate::config::{ReadOptions, batch_schema};
use crate::quarantine::Damage;
use crate::source::Source;
use crate::{IngestError, QuarantinedRecord, ReadBatch, Shard, Split};

/// Most rows that are decoded at once, whatever the batch size: decoded pages stay in memory until
/// the batch is done.
const MOST_DECODED_ROWS: u64 = 1024;
/// Reads row groups of one Parquet file as batches.
#[derive(Debug)]
pub(crate) struct ParquetReader {
    shard: Shard,
    footer: Footer,
    schema: SchemaRef,
    payload: usize,
    max_document_bytes: u64,
    batch_rows: u64,
    batch_bytes: u64,
    groups: Range<usize>,
    group: Option<Group>,
    /// Record number in the shard of the first row of the next row group.
    next_row: u64,
    ready: VecDeque<ReadBatch>,
}

impl ParquetReader {
    pub(crate) fn open(split: &Split, source: &Source, options: &ReadOptions) -> Result<Self, IngestError> {
        let columns = options.columns(&split.shard);
        let footer = Footer::open(&split.shard, source, &columns)?;
        let all = footer.metadata.metadata().num_row_groups();
        let (start, end) = split.row_groups.map_or((0, all), |(start, end)| (start as usize, end as usize));
        Ok(Self {
            shard: split.shard.clone(),
            schema: Arc::new(batch_schema(&columns)),
            payload: columns.iter().position(|column| column.is_payload).unwrap_or_default(),
            max_document_bytes: options.input.limits.max_document_bytes.bytes(),
            batch_rows: options.batch_rows.max(1) as u64,
            batch_bytes: options.batch_bytes as u64,
            groups: start.min(all)..end.min(all),
            group: None,
            next_row: split.first_row,
            ready: VecDeque::new(),
            footer,
        })
    }

    /// Reads the next batch; `None` at the end.
    pub(crate) fn next_batch(&mut self) -> Result<Option<ReadBatch>, IngestError> {
        loop {
            if let Some(batch) = self.ready.pop_front() {
                return Ok(Some(batch));
            }
            let group = match self.group.take() {
                Some(group) if group.done < group.rows => group,
                finished => {
                    if let Some(group) = finished {
                        self.check_exhausted(group)?;
                    }
                    let Some(index) = self.groups.next() else {
                        return Ok(None);
                    };
                    self.enter(index)
                }
            };
            if group.done < group.rows {
                self.step(group)?;
            }
        }
    }

    fn enter(&mut self, index: usize) -> Group {
        let rows = self.footer.group_rows(index);
        let first_row = self.next_row;
        self.next_row += rows;
        Group::new(&self.footer, index, first_row, rows)
    }

    /// Reads some rows of `group`, or gives some up.
    fn step(&mut self, mut group: Group) -> Result<(), IngestError> {
        let wanted = self.rows_at_once(&group);
        if let Some((until, reason)) = group.lost.clone() {
            let rows = wanted.min(until.saturating_sub(group.done)).max(1);
            self.lose(&mut group, rows, &reason)?;
            self.group = Some(group);
            return Ok(());
        }
        let failed = match group.decode(&self.footer, wanted) {
            Ok(Some(records)) => {
                let rows = (records.num_rows() as u64).min(group.rows - group.done);
                let first_row = group.first_row + group.done;
                match self.convert(&group, &records.slice(0, to_usize(rows)), first_row) {
                    Ok((converted, bad)) => {
                        group.read(rows);
                        self.emit(converted, bad, first_row)?;
                        None
                    }
                    Err(reason) => Some(reason),
                }
            }
            Ok(None) => {
                let missing = group.rows - group.done;
                group.lost = Some((group.rows, format!("row group {} ends {missing} rows early", group.index)));
                None
            }
            Err(reason) => Some(reason),
        };
        if let Some(reason) = failed
            && let Failed::LoseOne(reason) = group.failed(&self.footer, wanted, reason)
        {
            self.lose(&mut group, 1, &reason)?;
        }
        self.group = Some(group);
        Ok(())
    }

    /// Rows to decode at once: as many as fill a batch by the footer's sizes.
    fn rows_at_once(&self, group: &Group) -> u64 {
        if group.done < group.single_until && group.lost.is_none() {
            return 1;
        }
        if let Some(rows) = group.rows_at_once() {
            return rows.clamp(1, self.batch_rows);
        }
        let by_bytes = self.batch_bytes / self.footer.bytes_a_row(group.index).max(1);
        by_bytes.clamp(1, self.batch_rows.min(MOST_DECODED_ROWS))
    }

    /// Puts the next rows of `group`, at most `rows`, into quarantine.
    fn lose(&mut self, group: &mut Group, rows: u64, reason: &str) -> Result<(), IngestError> {
        let rows = rows.min(group.rows - group.done);
        let start = group.first_row + group.done;
        let detail = format!("row group {}: {reason}", group.index);
        let record = |row| Damage::of(Cause::Malformed, detail.clone(), None, &[]).at_row(row);
        let quarantined = (start..start + rows).map(record).collect();
        group.lose(rows);
        let documents = self.batch(RecordBatch::new_empty(Arc::clone(&self.schema)), start)?;
        self.ready.push_back(ReadBatch::new(documents, quarantined));
        Ok(())
    }

    /// A group whose pages hold more rows than its footer says has rows that nobody counted.
    fn check_exhausted(&self, group: Group) -> Result<(), IngestError> {
        let (index, rows) = (group.index, group.rows);
        if group.has_more() {
            let reason = format!("row group {index} has more rows than the footer's {rows}");
            return Err(IngestError::unreadable(&self.shard.location, reason));
        }
        Ok(())
    }

    /// The documents' columns, and the values among them that are none.
    fn convert(
        &self,
        group: &Group,
        records: &RecordBatch,
        first_row: u64,
    ) -> Result<(RecordBatch, Vec<BadValue>), String> {
        guarded(|| {
            let (records, mut bad) = group.restored(&self.footer, records.clone())?;
            let mut columns = Vec::with_capacity(self.footer.conversions.len());
            for conversion in &self.footer.conversions {
                let made = conversion.apply(&records, &self.shard.name, first_row);
                let (column, found) = made.map_err(|error| error.to_string())?;
                columns.push(column);
                bad.extend(found);
            }
            let made = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|error| error.to_string())?;
            Ok::<_, String>((made, bad))
        })
    }

    /// Takes out the rows that are no documents and cuts the others into batches.
    fn emit(&mut self, records: RecordBatch, bad: Vec<BadValue>, first_row: u64) -> Result<(), IngestError> {
        let Some(payload) = records.columns().get(self.payload).and_then(|column| column.as_string_view_opt()) else {
            return Err(self.internal("the payload is no string column"));
        };
        let mut quarantined: Vec<_> = bad.into_iter().map(|value| value.record(first_row)).collect();
        quarantined.extend(self.bad_rows(&records, payload, first_row));
        // The first thing that is wrong with a row stands for it.
        quarantined.sort_by_key(|record| record.row);
        quarantined.dedup_by_key(|record| record.row);
        let mut documents = self.batch(records, first_row)?;
        if !quarantined.is_empty() {
            let mut keep = vec![true; documents.num_rows()];
            for record in &quarantined {
                if let Some(flag) = keep.get_mut(to_usize(record.row - first_row)) {
                    *flag = false;
                }
            }
            documents = documents.filter(&keep).map_err(|error| self.internal(&error.to_string()))?;
        }
        let sizes = documents.payload_bytes();
        let mut quarantined = quarantined.into_iter().peekable();
        let mut start = 0;
        while start < sizes.len() {
            let length = batch_length(sizes.get(start..).unwrap_or_default(), self.batch_bytes);
            let slice = documents.slice(start, length);
            let end = slice.rows().values().last().map_or(u64::MAX, |last| last + 1);
            let before = std::iter::from_fn(|| quarantined.next_if(|record| record.row < end));
            let quarantined = before.collect();
            self.ready.push_back(ReadBatch::new(slice, quarantined));
            start += length;
        }
        let behind: Vec<_> = quarantined.collect();
        if !behind.is_empty() {
            self.ready.push_back(ReadBatch::new(documents.slice(0, 0), behind));
        }
        Ok(())
    }

    fn bad_rows(&self, records: &RecordBatch, payload: &StringViewArray, first_row: u64) -> Vec<QuarantinedRecord> {
        let limit = self.max_document_bytes;
        let too_large = |length: u64| length > limit;
        if payload.null_count() == 0 && !payload.lengths().any(|length| too_large(u64::from(length))) {
            return Vec::new();
        }
        let ids = records.column_by_name(ID).and_then(|column| column.as_string_view_opt());
        let id = |row: u64| {
            let index = to_usize(row - first_row);
            ids.filter(|ids| ids.is_valid(index)).map(|ids| ids.value(index).to_owned())
        };
        let rows = (first_row..).zip(payload);
        let bad = rows.filter_map(|(row, text)| match text {
            None => {
                let damage = Damage::of(Cause::MissingText, "the document is null", None, &[]);
                Some(damage.with_id(id(row)).at_row(row))
            }
            Some(text) if too_large(text.len() as u64) => {
                let detail = format!("{} bytes, above limits.max_document_bytes ({limit})", text.len());
                Some(Damage::of(Cause::TooLarge, detail, None, text.as_bytes()).with_id(id(row)).at_row(row))
            }
            Some(_) => None,
        });
        bad.collect()
    }

    fn batch(&self, records: RecordBatch, first_row: u64) -> Result<DocumentBatch, IngestError> {
        if records.num_rows() > 0 && first_row.checked_add(records.num_rows() as u64).is_none() {
            return Err(self.internal("row numbers overflow"));
        }
        Ok(DocumentBatch::new(records, first_row))
    }

    fn internal(&self, reason: &str) -> IngestError {
        IngestError::Internal { location: self.shard.location.clone(), reason: reason.to_owned() }
    }
}

/// How many of the first documents fit into `batch_bytes`; at least one.
fn batch_length(sizes: &[u64], batch_bytes: u64) -> usize {
    let mut total: u64 = 0;
    let fitting = sizes.iter().take_while(|size| {
        total = total.saturating_add(**size);
        total <= batch_bytes
    });
    fitting.count().max(1)
}

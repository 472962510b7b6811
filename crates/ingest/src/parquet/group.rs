//! The row group that is being read, and what of it cannot be.

use arrow::array::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::footer::Footer;
use super::guarded;
use super::restore::restore;
use super::stripes::{Stripes, joined, own, stripes};

/// Rows that are given up one by one before the next readable row is looked for. A single bad value costs one row;
/// where a page is damaged, so are all rows in it.
const MOST_BAD_ROWS: u32 = 8;
/// Stretches of rows in one group that are given up before all the rest of it is.
const MOST_STRETCHES: u32 = 16;

/// The row group that is being read.
#[derive(Debug)]
pub(super) struct Group {
    pub index: usize,
    /// Record number in the shard of its first row.
    pub first_row: u64,
    pub rows: u64,
    /// Rows that were read or given up.
    pub done: u64,
    /// Rows are decoded one at a time up to here, to find the one that fails.
    pub single_until: u64,
    /// Up to where rows are given up, and why.
    pub lost: Option<(u64, String)>,
    bad_rows: u32,
    stretches: u32,
    decoder: Option<ParquetRecordBatchReader>,
    /// Where there are too many columns to be read at once.
    stripes: Option<Stripes>,
    /// Set once decoding failed: text is then read as bytes, since it may be no UTF-8.
    bytes: Option<ArrowReaderMetadata>,
}

/// What is to be done after decoding some rows failed.
#[derive(Debug)]
pub(super) enum Failed {
    /// They are tried again in another way.
    Again,
    /// The next row is given up for this reason.
    LoseOne(String),
}

impl Group {
    pub(super) fn new(footer: &Footer, index: usize, first_row: u64, rows: u64) -> Self {
        let metadata = footer.metadata.metadata();
        let group = metadata.row_groups().get(index);
        let descriptor = metadata.file_metadata().schema_descr();
        Self {
            stripes: group.and_then(|group| stripes(group, descriptor, &footer.mask)),
            index,
            first_row,
            rows,
            done: 0,
            single_until: 0,
            lost: None,
            bad_rows: 0,
            stretches: 0,
            decoder: None,
            bytes: None,
        }
    }

    /// Decodes the next `rows` rows; `None` where the pages hold no more.
    pub(super) fn decode(&mut self, footer: &Footer, rows: u64) -> Result<Option<RecordBatch>, String> {
        if let Some(stripes) = &self.stripes {
            return self.decode_stripes(footer, stripes, rows);
        }
        let mut decoder = match self.decoder.take() {
            Some(decoder) => decoder,
            None => self.decoder(footer, &footer.mask, self.done, rows)?,
        };
        let records = guarded(|| decoder.next().transpose())?;
        self.decoder = Some(decoder);
        Ok(records)
    }

    /// Decodes the next rows, some columns at a time.
    fn decode_stripes(&self, footer: &Footer, stripes: &Stripes, rows: u64) -> Result<Option<RecordBatch>, String> {
        let wanted = rows.min(self.rows - self.done);
        let mut decoded = Vec::with_capacity(stripes.masks.len());
        for mask in &stripes.masks {
            let mut decoder = self.decoder(footer, mask, self.done, wanted)?;
            match guarded(|| decoder.next().transpose())? {
                Some(records) => decoded.push(own(&records)?),
                None => return Ok(None),
            }
        }
        // A file whose columns end at different rows fails here.
        joined(decoded).map(Some)
    }

    /// Rows to decode at once where the pages are decoded anew each time.
    pub(super) fn rows_at_once(&self) -> Option<u64> {
        self.stripes.as_ref().map(|stripes| stripes.rows)
    }

    fn decoder(
        &self,
        footer: &Footer,
        mask: &ProjectionMask,
        from: u64,
        rows: u64,
    ) -> Result<ParquetRecordBatchReader, String> {
        let metadata = self.bytes.as_ref().unwrap_or(&footer.metadata).clone();
        guarded(|| {
            ParquetRecordBatchReaderBuilder::new_with_metadata(footer.chunks.clone(), metadata)
                .with_projection(mask.clone())
                .with_row_groups(vec![self.index])
                .with_offset(to_usize(from))
                .with_batch_size(to_usize(rows))
                .build()
        })
    }

    /// The batch with its text as text, where it was read as bytes; and the rows whose text is none.
    pub(super) fn restored(
        &self,
        footer: &Footer,
        records: RecordBatch,
    ) -> Result<(RecordBatch, Vec<super::bad::BadValue>), String> {
        if self.bytes.is_none() {
            return Ok((records, Vec::new()));
        }
        let schema = records.schema();
        let (mut fields, mut columns, mut bad) = (Vec::new(), Vec::new(), Vec::new());
        for (field, column) in schema.fields().iter().zip(records.columns()) {
            let target = footer.plain.field_with_name(field.name()).map_err(|error| error.to_string())?;
            let (column, found) = restore(column, target.data_type()).map_err(|error| error.to_string())?;
            bad.extend(found.into_iter().map(|value| value.of_column(field.name())));
            fields.push(field.as_ref().clone().with_data_type(column.data_type().clone()));
            columns.push(column);
        }
        let schema = std::sync::Arc::new(arrow::datatypes::Schema::new(fields));
        let records = RecordBatch::try_new(schema, columns).map_err(|error| error.to_string())?;
        Ok((records, bad))
    }

    /// Goes on in the usual way after rows were read one by one.
    pub(super) fn read(&mut self, rows: u64) {
        self.done += rows;
        self.bad_rows = 0;
        if self.done >= self.single_until && self.single_until > 0 {
            self.single_until = 0;
            self.decoder = None;
        }
    }

    /// Whether pages hold more rows than the footer says.
    pub(super) fn has_more(mut self) -> bool {
        let Some(mut decoder) = self.decoder.take() else { return false };
        guarded(|| decoder.next().transpose()).is_ok_and(|more| more.is_some_and(|more| more.num_rows() > 0))
    }

    /// Decoding the next `wanted` rows failed: tries other ways, looks for the row that fails, or gives it up, or gives
    /// up all rows up to the next one that can be read.
    pub(super) fn failed(&mut self, footer: &Footer, wanted: u64, reason: String) -> Failed {
        self.decoder = None;
        if self.bytes.is_none()
            && let Ok(bytes) = footer.with_text_as_bytes()
        {
            self.bytes = Some(bytes);
            return Failed::Again;
        }
        if wanted > 1 {
            self.single_until = self.done + wanted;
            return Failed::Again;
        }
        if self.bad_rows < MOST_BAD_ROWS {
            self.bad_rows += 1;
            return Failed::LoseOne(reason);
        }
        self.stretches += 1;
        self.bad_rows = 0;
        let until = if self.stretches > MOST_STRETCHES { self.rows } else { self.next_readable(footer) };
        self.single_until = 0;
        self.lost = Some((until, reason));
        Failed::Again
    }

    /// The first row after the damage: found in growing steps, then between the last two. What is behind a damaged page
    /// is reached without decoding it.
    fn next_readable(&self, footer: &Footer) -> u64 {
        let readable = |row: u64| {
            let all = std::slice::from_ref(&footer.mask);
            let masks = self.stripes.as_ref().map_or(all, |stripes| &stripes.masks);
            masks.iter().all(|mask| {
                let decoder = self.decoder(footer, mask, row, 1);
                decoder.and_then(|mut decoder| guarded(|| decoder.next().transpose())).is_ok_and(|rows| rows.is_some())
            })
        };
        let (mut damaged, mut step) = (self.done, 1);
        let mut found = loop {
            let next = damaged.saturating_add(step);
            if next >= self.rows {
                if damaged + 1 >= self.rows || !readable(self.rows - 1) {
                    return self.rows;
                }
                break self.rows - 1;
            }
            if readable(next) {
                break next;
            }
            (damaged, step) = (next, step * 2);
        };
        while found - damaged > 1 {
            let middle = damaged + (found - damaged) / 2;
            if readable(middle) { found = middle } else { damaged = middle }
        }
        found
    }

    /// Puts an end to what is given up, once it is.
    pub(super) fn lose(&mut self, rows: u64) {
        self.done += rows;
        if self.lost.as_ref().is_some_and(|(until, _)| self.done >= *until) {
            self.lost = None;
        }
        self.decoder = None;
    }
}

pub(super) fn to_usize(rows: u64) -> usize {
    usize::try_from(rows).unwrap_or(usize::MAX)
}

//! Values that cannot be what their column says: each costs its row.

use textmill_document::Cause;

use crate::QuarantinedRecord;
use crate::quarantine::Damage;

/// A value that cannot be used, by its row in the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BadValue {
    pub row: usize,
    pub cause: Cause,
    pub detail: String,
    /// Its bytes, where it has some.
    pub bytes: Vec<u8>,
}

impl BadValue {
    /// `bytes` are no UTF-8.
    pub(super) fn no_utf8(row: usize, bytes: &[u8]) -> Self {
        let at = std::str::from_utf8(bytes).err().map_or(0, |error| error.valid_up_to());
        let detail = format!("invalid UTF-8 at byte {at} of the value");
        Self { row, cause: Cause::InvalidUtf8, detail, bytes: bytes.to_vec() }
    }

    pub(super) fn wrong_type(row: usize, detail: String) -> Self {
        Self { row, cause: Cause::WrongType, detail, bytes: Vec::new() }
    }

    /// The same, said of `column`.
    pub(super) fn of_column(self, column: &str) -> Self {
        Self { detail: format!("column `{column}`: {}", self.detail), ..self }
    }

    /// The record of the row, for the quarantine; `first_row` is the record number of the batch's first row.
    pub(super) fn record(self, first_row: u64) -> QuarantinedRecord {
        Damage::of(self.cause, self.detail, None, &self.bytes).at_row(first_row + self.row as u64)
    }
}

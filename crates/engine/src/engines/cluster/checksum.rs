//! The checksum that both sides of a sorted run carry.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, UInt32Array, UInt64Array};
use arrow::datatypes::{UInt32Type, UInt64Type};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

/// Number of rows, and wrapping sum of a 128-bit hash of each, whatever their order. It changes when a row is lost,
/// doubled or altered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Checksum {
    rows: u64,
    /// 32 hexadecimal digits.
    #[serde(with = "hex")]
    sum: u128,
}

impl Checksum {
    /// Adds the rows of `batch`, whose columns are whole numbers of 32 and 64 bits; columns of other types count as null.
    pub(super) fn add(&mut self, batch: &RecordBatch) {
        let columns: Vec<Numbers<'_>> = batch.columns().iter().map(Numbers::of).collect();
        // One buffer for all rows: a streaming hash would set up half a kilobyte of state for each.
        let mut bytes = Vec::new();
        for row in 0..batch.num_rows() {
            bytes.clear();
            for column in &columns {
                let value = column.value(row);
                bytes.push(u8::from(value.is_some()));
                bytes.extend_from_slice(&value.unwrap_or_default().to_le_bytes());
            }
            self.sum = self.sum.wrapping_add(xxh3_128(&bytes));
        }
        self.rows += batch.num_rows() as u64;
    }

    /// For messages.
    pub(super) fn describe(&self) -> String {
        format!("{} rows with hash sum {:032x}", self.rows, self.sum)
    }
}

/// A column of whole numbers.
enum Numbers<'a> {
    Long(&'a UInt64Array),
    Short(&'a UInt32Array),
    Other,
}

impl<'a> Numbers<'a> {
    fn of(column: &'a ArrayRef) -> Self {
        let long = column.as_primitive_opt::<UInt64Type>().map(Self::Long);
        long.or_else(|| column.as_primitive_opt::<UInt32Type>().map(Self::Short)).unwrap_or(Self::Other)
    }

    fn value(&self, row: usize) -> Option<u64> {
        match self {
            Self::Long(column) => column.is_valid(row).then(|| column.value(row)),
            Self::Short(column) => column.is_valid(row).then(|| u64::from(column.value(row))),
            Self::Other => None,
        }
    }
}

mod hex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "the form that serde asks for")]
    pub(super) fn serialize<S: Serializer>(sum: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{sum:032x}"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn batch(keys: &[Option<u64>], documents: &[u32]) -> RecordBatch {
        let keys: ArrayRef = Arc::new(UInt64Array::from(keys.to_vec()));
        let documents: ArrayRef = Arc::new(UInt32Array::from(documents.to_vec()));
        RecordBatch::try_from_iter_with_nullable([("key", keys, true), ("document", documents, false)]).expect("batch")
    }

    fn sum(batches: &[RecordBatch]) -> Checksum {
        let mut checksum = Checksum::default();
        batches.iter().for_each(|batch| checksum.add(batch));
        checksum
    }

    #[test]
    fn order_and_batches_do_not_matter_and_everything_else_does() {
        let whole = sum(&[batch(&[Some(1), Some(2), None], &[1, 2, 3])]);
        let parts = [batch(&[None, Some(2)], &[3, 2]), batch(&[Some(1)], &[1])];
        assert_eq!(sum(&parts), whole);
        let doubled = [parts[0].clone(), parts[1].clone(), parts[1].clone()];
        for other in [
            sum(&doubled),
            sum(&parts[..1]),
            sum(&[batch(&[Some(1), Some(2), Some(0)], &[1, 2, 3])]),
            sum(&[batch(&[Some(1), Some(2), None], &[1, 3, 2])]),
        ] {
            assert_ne!(other, whole);
        }
    }

    #[test]
    fn it_survives_json() {
        let checksum = sum(&[batch(&[Some(u64::MAX)], &[7])]);
        let text = serde_json::to_string(&checksum).expect("JSON");
        assert_eq!(serde_json::from_str::<Checksum>(&text).expect("parses"), checksum);
    }
}

//! Folders called `name=value`, as Hive and Spark lay out tables: a column whose value is in no file.

use arrow::array::{Array, StringViewArray};
use arrow::compute::kernels::zip::zip;
use arrow::compute::{cast, is_null};
use textmill_document::columns::ID;

use crate::config::PlannedColumn;
use crate::quarantine::ReadBatch;
use crate::{IngestError, Shard};

/// The value of a folder that stands for null.
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// Names and values of the folders that `shard` lies in, the innermost first.
fn around(shard: &Shard) -> Vec<(String, Option<String>)> {
    of_path(&shard.location)
}

/// Those below the path that the pipeline names: what is above it is not part of the data.
pub(crate) fn below_the_path(shard: &Shard) -> Vec<(String, Option<String>)> {
    of_path(&shard.name)
}

/// The folder around `shard` that is called `name`, with its value.
pub(crate) fn called(shard: &Shard, name: &str) -> Option<(String, Option<String>)> {
    around(shard).into_iter().find(|(known, _)| known == name)
}

/// Values of folders for columns of JSON lines, whose records may have them or not.
#[derive(Debug)]
pub(crate) struct FolderValues {
    location: String,
    /// Names of columns, each with the folder's value.
    values: Vec<(String, String)>,
}

impl FolderValues {
    /// The columns of `planned` that folders around `shard` give a value.
    pub(crate) fn of(shard: &Shard, planned: &[PlannedColumn]) -> Self {
        let given = planned.iter().filter(|column| !column.is_payload && column.name != ID).filter_map(|column| {
            let (_, value) = called(shard, column.from.as_deref()?)?;
            Some((column.name.clone(), value?))
        });
        Self { location: shard.location.clone(), values: given.collect() }
    }

    /// Puts the values where the records have none.
    pub(crate) fn fill(&self, mut batch: ReadBatch) -> Result<ReadBatch, IngestError> {
        let failed = |reason: String| IngestError::Internal { location: self.location.clone(), reason };
        for (name, value) in &self.values {
            let column = batch.documents.column(name).map_err(|error| failed(error.to_string()))?;
            if column.null_count() == 0 {
                continue;
            }
            let text = StringViewArray::from_iter_values(std::iter::repeat_n(value, column.len()));
            let filled = cast(&text, column.data_type())
                .and_then(|given| zip(&is_null(column)?, &given, column))
                .map_err(|error| failed(error.to_string()))?;
            let schema = batch.documents.schema();
            let field = schema.field_with_name(name).map_err(|error| failed(error.to_string()))?.clone();
            let documents = batch.documents.with_column(field, filled);
            batch.documents = documents.map_err(|error| failed(error.to_string()))?;
        }
        Ok(batch)
    }
}

fn of_path(path: &str) -> Vec<(String, Option<String>)> {
    let mut folders: Vec<_> = path.split('/').collect();
    folders.pop();
    let pairs = folders.into_iter().rev().filter_map(|folder| folder.split_once('='));
    let pairs = pairs.filter(|(name, _)| !name.is_empty());
    pairs.map(|(name, value)| (decoded(name), (value != NULL).then(|| decoded(value)))).collect()
}

/// `text` with `%2F` and the like decoded; what is no such escape, or would be no UTF-8, stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = (*first == b'%').then(|| behind.get(..2)).flatten();
        let code = digits.filter(|pair| pair.iter().all(u8::is_ascii_hexdigit));
        let code = code.and_then(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        bytes.push(code.unwrap_or(*first));
        rest = if code.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_pairs_and_files_are_not() {
        let pair = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(of_path("a/lang=en/date=2024-01-01/x=y.parquet"), [pair("date", "2024-01-01"), pair("lang", "en")]);
        assert_eq!(of_path("lang=__HIVE_DEFAULT_PARTITION__/x"), [("lang".to_owned(), None)]);
        assert_eq!(of_path("k=a%2Fb%20c=d/x"), [pair("k", "a/b c=d")]);
        let odd = [pair("k4", ""), pair("k3", "%ff"), pair("k2", "%zz"), pair("k", "100%")];
        assert_eq!(of_path("k=100%/k2=%zz/k3=%ff/k4=/=v/x"), odd);
        assert!(of_path("x=1").is_empty());
    }
}

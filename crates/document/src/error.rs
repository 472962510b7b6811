use arrow::datatypes::DataType;
use arrow::error::ArrowError;

/// What can be wrong with a batch of documents.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// A stage or reader asked for a column that the batch does not have.
    #[error("column `{name}` is missing; the batch has: {}", .available.join(", "))]
    MissingColumn {
        /// The column asked for.
        name: String,
        /// The columns that are there.
        available: Vec<String>,
    },
    /// A column has another type than the one its name stands for.
    #[error("column `{name}` has type {found}, expected {expected}")]
    WrongType {
        /// The column.
        name: String,
        /// Its type in the batch.
        found: DataType,
        /// The type it must have.
        expected: DataType,
    },
    /// Arrow refused an operation (different lengths, or a size over its limits).
    #[error("arrow: {0}")]
    Arrow(#[from] ArrowError),
}

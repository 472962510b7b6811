use std::io;
use std::path::PathBuf;

/// What can go wrong with sorted records.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// A file of segments cannot be made, written or read.
    #[error("cannot {action} {}: {error}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// The file, or the folder of a file without a name.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
    /// A file is not what was written.
    #[error("{} is damaged: {what}", path.display())]
    Damaged {
        /// The file, or the folder of a file without a name.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A file holds other records than are asked of it.
    #[error("{} has records of {found} bytes in {found_partitions} partitions, not of {wanted} bytes in {wanted_partitions}", path.display())]
    OtherRecords {
        /// The file.
        path: PathBuf,
        /// Width of its records in bytes.
        found: usize,
        /// Width that was asked for, in bytes.
        wanted: usize,
        /// Its number of partitions.
        found_partitions: u32,
        /// The number of partitions that was asked for.
        wanted_partitions: u32,
    },
    /// More different numbers in one memory than 32 bits count.
    #[error("{0} different numbers are joined at once, more than 4294967295; give less memory")]
    TooManyNumbers(usize),
    /// The documents of a second pass are not those of the first.
    #[error("the text at position {position} is not what it was: {what}")]
    OtherText {
        /// Position in all texts, in bytes.
        position: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The documents cannot be read.
    #[error(transparent)]
    Documents(Box<dyn std::error::Error + Send + Sync>),
}

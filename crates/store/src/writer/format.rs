//! What a format of data files must do, and the formats there are: one file and one line each.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::files::{Files, Sink};
use super::jsonl::Jsonl;
use super::parquet::Parquet;
use super::{Rows, WriterOptions};
use crate::StoreError;
use crate::manifest::FileEntry;
use crate::store::Store;

/// A format of data files: how rows become groups of rows, and groups a file.
///
/// ```text
///  push, rest ──▶ jobs ──▶ groups, encoded in parallel ──▶ append, in order ──▶ take ──▶ the store
/// ```
///
/// Where a group ends, and what bytes it has, may depend on the rows and the options only. Everything else that
/// makes a committed dataset (its files, their sizes, digests and row hashes) is done for every format alike by
/// [`Files`].
pub(super) trait Format: fmt::Debug + Send + Sized + 'static {
    /// Name of the format in messages.
    const NAME: &'static str;
    /// A group of rows, encoded.
    type Group: fmt::Debug + Send + 'static;
    /// A file that gathers what is to be sent to the store.
    type File: fmt::Debug + Send;

    /// A writer without rows yet. What cannot be written with these options is said by the first call that needs it.
    fn new(options: &WriterOptions) -> Self;

    /// Takes rows and returns the groups that they complete, to be encoded on any thread.
    fn push(&mut self, rows: Rows) -> impl Future<Output = Result<Vec<Job<Self::Group>>, String>> + Send;

    /// The group of the rows that are left; none where there are none.
    fn rest(&mut self) -> Result<Option<Job<Self::Group>>, String>;

    /// Begins a file.
    fn create(&mut self) -> Result<Self::File, String>;

    /// Appends a group to a file.
    fn append(file: &mut Self::File, group: Self::Group) -> Result<(), String>;

    /// Bytes of all groups of a file so far.
    fn written(file: &Self::File) -> u64;

    /// Ends a file. One without any group must be readable too.
    fn finish(file: &mut Self::File) -> Result<(), String>;

    /// Takes the bytes that wait to be sent to the store.
    fn take(file: &mut Self::File) -> Result<Vec<u8>, String>;

    /// Opens a committed file, which was compared with its digest, to copy its rows into another file of the format.
    fn read(store: &Store, entry: &FileEntry) -> impl Future<Output = Result<RowReader, StoreError>> + Send;
}

/// The encoding of one group, done on any thread.
pub(super) type Job<G> = Box<dyn FnOnce() -> Result<Encoded<G>, String> + Send>;

/// An encoded group that is not in a file yet.
#[derive(Debug)]
pub(super) struct Encoded<G> {
    pub group: G,
    pub rows: u64,
    /// Sum of the rows' hashes.
    pub hash: u128,
}

/// The rows of a committed file, piece by piece, as a writer of its format takes them.
#[derive(Debug)]
pub enum RowReader {
    /// As Arrow columns.
    Columns(crate::verify::ParquetReader),
    /// As they are written.
    Lines(Box<super::jsonl::LineReader>),
}

impl RowReader {
    /// Compares a committed file with its digest and opens it; its name tells the format.
    pub async fn open(store: &Store, entry: &FileEntry) -> Result<Self, StoreError> {
        crate::verify::check_file(store, entry).await?;
        OutputFormat::of(&entry.path).read(store, entry).await
    }

    /// The next rows, in order; `None` after the last ones.
    pub async fn next(&mut self) -> Result<Option<Rows>, StoreError> {
        match self {
            Self::Columns(reader) => Ok(reader.next().await?.map(Rows::Columns)),
            Self::Lines(reader) => Ok(reader.next().await?.map(Rows::Lines)),
        }
    }
}

macro_rules! formats {
    ($($(#[$about:meta])* $name:ident = $ending:literal;)+) => {
        /// Format of the output: the ending of its data files.
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        pub enum OutputFormat {
            $($(#[$about])* #[serde(rename = $ending)] $name,)+
        }

        impl OutputFormat {
            /// All formats.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Ending of the names of its files, without the dot before it; its name in pipeline files.
            pub fn ending(self) -> &'static str {
                match self { $(Self::$name => $ending),+ }
            }

            /// Its name in messages.
            pub fn name(self) -> &'static str {
                match self { $(Self::$name => <$name as Format>::NAME),+ }
            }

            pub(super) fn sink(self, store: Store, prefix: &str, options: &WriterOptions) -> Box<dyn Sink> {
                match self { $(Self::$name => Box::new(Files::<$name>::new(store, prefix, options))),+ }
            }

            async fn read(self, store: &Store, entry: &FileEntry) -> Result<RowReader, StoreError> {
                match self { $(Self::$name => <$name as Format>::read(store, entry).await),+ }
            }
        }
    };
}

formats! {
    /// Apache Parquet, compressed with zstd.
    #[default]
    Parquet = "parquet";
    /// JSON lines, one object a document, compressed with zstd.
    Jsonl = "jsonl.zst";
}

impl OutputFormat {
    /// The format of a file by its name; Parquet where it tells none.
    pub fn of(path: &str) -> Self {
        let is_it = |format: &&Self| path.strip_suffix(format.ending()).is_some_and(|rest| rest.ends_with('.'));
        Self::ALL.iter().find(is_it).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_tells_its_format() {
        for format in OutputFormat::ALL {
            assert_eq!(OutputFormat::of(&format!("data/part-00000-0123.{}", format.ending())), *format);
            let name = serde_json::to_value(format).expect("has a JSON form");
            assert_eq!(name, format.ending());
        }
        assert_eq!(OutputFormat::of("data/jsonl.zst"), OutputFormat::Parquet);
    }
}

//! The formats of input files: a file and a line each.
//!
//! What is decided by format anywhere in this crate is asked of [`InputFormat`]; what a method does not say, its default
//! says for most formats.

mod jsonl;
mod parquet;
mod wanjuan;
mod warc;
mod wet;

use std::fmt;

use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::columns::TEXT;
use tokio::runtime::Handle;

use crate::columns::Columns;
use crate::config::PlannedColumn;
use crate::kind::Content;
use crate::magic::Magic;
use crate::plan::{Cut, Inspected};
use crate::source::Source;
use crate::{Compression, IngestError, InputConfig, ReadBatch, ReadOptions, Shard, Split};

/// What must be known of a format to find its files, check them and read them.
pub(crate) trait InputFormat: Sync {
    /// Endings of file names, in small letters with the dot; one of a compression may follow where [`Self::packing`]
    /// lets it. Two formats may share one where their packings differ.
    fn endings(&self) -> &'static [&'static str];

    /// What may be around the records of a file whose name has one of the endings.
    fn packing(&self) -> Packing;

    /// By which first bytes a file is told at once, whatever its name is. Only for formats that are never packed.
    fn magic(&self) -> Option<Magic> {
        None
    }

    /// Whether decompressed bytes that begin with `content` speak for the format; else why not, where that can be said.
    fn fits(&self, content: Content) -> Result<(), Option<&'static str>>;

    /// Whether its files are web archives: their columns are known before any file is looked at, so that they are read
    /// alone.
    fn is_archive(&self) -> bool {
        false
    }

    /// The field that is the document's text where no column is declared.
    fn text_field(&self) -> &'static str {
        TEXT
    }

    /// Fields that a file may have without being declared or reported as unread.
    fn known_fields(&self) -> &'static [&'static str] {
        &[]
    }

    /// All columns to read with these declared ones, where the format has columns of its own.
    fn own_columns(&self, _declared: &Columns) -> Option<Vec<PlannedColumn>> {
        None
    }

    /// What is wrong with declared columns before any file is looked at.
    fn check_columns(&self, _declared: &Columns) -> Vec<IngestError> {
        Vec::new()
    }

    /// How to look up the columns of a file with their types, where its files say them: then `"*"` passes them.
    fn schema_of(&self) -> Option<SchemaOf> {
        None
    }

    /// Looks into a file that is not empty, compares it with the declared columns and cuts it into splits.
    fn inspect(&self, shard: &Shard, source: &Source, config: &InputConfig) -> Result<Inspected, IngestError>;

    /// Whether a file may be several splits.
    fn may_be_cut(&self) -> bool {
        false
    }

    /// Cuts a file that [`Self::inspect`] made one split of, and that is a large part of the input. May read all of it.
    fn cut(&self, _shard: &Shard, _source: &Source, _config: &InputConfig) -> Result<Cut, IngestError> {
        Ok(Cut::Whole("files of its format are not cut".to_owned()))
    }

    /// Opens a split of a file that is not empty.
    fn open(&self, split: &Split, source: &Source, options: &ReadOptions) -> Result<Box<dyn Batches>, IngestError>;
}

/// Looks up the columns of a file, and whether it has rows.
pub(crate) type SchemaOf = fn(&Shard, &Handle) -> Result<(Schema, bool), IngestError>;

/// The batches of a split.
pub(crate) trait Batches: fmt::Debug + Send {
    /// Reads the next batch; `None` at the end.
    fn next_batch(&mut self) -> Result<Option<ReadBatch>, IngestError>;
}

/// What may be around the records of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Nothing: the format compresses its content itself.
    Never,
    /// A compression or nothing.
    Compressed,
    /// A tar archive, which may be compressed.
    Tar,
}

impl Packing {
    fn allows(self, compression: Compression) -> bool {
        match (self, compression.parts()) {
            (Self::Never, parts) => parts == (Compression::None, false),
            (Self::Compressed, (_, is_tar)) => !is_tar,
            (Self::Tar, (_, is_tar)) => is_tar,
        }
    }
}

macro_rules! formats {
    ($($(#[$about:meta])* $name:ident = $text:literal => $format:expr;)+) => {
        /// Format of input files.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum Format {
            $($(#[$about])* #[serde(rename = $text)] $name,)+
        }

        impl Format {
            /// All formats. Of those that fit what a file begins with, the first one is meant where nothing else tells.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name in pipeline files.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// What is known of it.
            pub(crate) fn known(self) -> &'static dyn InputFormat {
                match self { $(Self::$name => &$format),+ }
            }
        }
    };
}

formats! {
    /// Apache Parquet.
    Parquet = "parquet" => parquet::Parquet;
    /// One JSON object a line, plain or compressed; also arrays of objects, and objects over several lines.
    Jsonl = "jsonl" => jsonl::Jsonl;
    /// `WanJuan` 1.0: JSON lines, usually in a .jsonl.tar.gz; rows are `{id, content}`, or exam items,
    /// which are rendered to text (see the crate documentation).
    Wanjuan = "wanjuan" => wanjuan::Wanjuan;
    /// WARC 1.0 and 1.1, plain or compressed (zstd also with a dictionary): responses and
    /// resources are documents, other records are counted by type.
    Warc = "warc" => warc::Warc;
    /// WET, the text that was extracted from a WARC: conversion records are documents, other records
    /// are counted by type.
    Wet = "wet" => wet::Wet;
}

impl Format {
    /// Whether files of this format are web archives, whose columns differ from other formats'.
    pub fn is_archive(self) -> bool {
        self.known().is_archive()
    }

    /// Whether a file of this format may be read by several tasks.
    pub fn is_cut(self) -> bool {
        self.known().may_be_cut()
    }

    /// Whether its files say their columns and types.
    pub(crate) fn has_schema(self) -> bool {
        self.known().schema_of().is_some()
    }

    /// The format that a name without the ending of a compression, in small letters, and the compression tell.
    pub(crate) fn named(rest: &str, compression: Compression) -> Option<Self> {
        let is_it = |format: &&Self| {
            let known = format.known();
            known.packing().allows(compression) && known.endings().iter().any(|ending| rest.ends_with(ending))
        };
        Self::ALL.iter().find(is_it).copied()
    }

    /// The format that the first bytes of a file tell at once.
    pub(crate) fn of_magic(magic: Magic) -> Option<Self> {
        Self::ALL.iter().find(|format| format.known().magic() == Some(magic)).copied()
    }

    /// The first format that decompressed bytes speak for.
    pub(crate) fn of_content(content: Content) -> Option<Self> {
        Self::ALL.iter().find(|format| format.known().fits(content).is_ok()).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_tells_one_format_and_is_what_pipeline_files_say() {
        let packed = [Compression::None, Compression::Gzip, Compression::Tar, Compression::TarZstd];
        for format in Format::ALL {
            assert_eq!(serde_json::to_value(format).expect("has a JSON form"), format.name());
            let known = format.known();
            assert!(!known.endings().is_empty());
            for ending in known.endings() {
                assert_eq!(*ending, ending.to_ascii_lowercase());
                for compression in packed.into_iter().filter(|compression| known.packing().allows(*compression)) {
                    assert_eq!(Format::named(&format!("x{ending}"), compression), Some(*format), "{ending}");
                }
            }
            // A file is told by its first bytes before it is unpacked, or after.
            assert!(known.magic().is_none() || known.packing() == Packing::Never);
        }
    }
}

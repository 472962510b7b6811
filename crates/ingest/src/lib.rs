//! Input: finds the files of a run, pins them, cuts them into splits, and reads splits as batches
//! of documents. What cannot be read is counted and kept as evidence, never dropped in silence.
//!
//! What this crate does not do: it runs no stages, writes nothing and follows no links in documents.
//!
//! ```text
//!  InputConfig ─▶ plan_input ─▶ InputPlan ─▶ Split ─▶ open_split ─▶ SplitReader
//!                 list, pin,                                        │
//!                 check columns, cut                                ├─▶ documents
//!                                                                   └─▶ quarantined records
//! ```
//!
//! Formats: Parquet; JSON lines, and JSON that is laid out otherwise; `WanJuan` 1.0; WARC, WET and ARC. All but
//! Parquet plain, or in gzip, zstd (also with a dictionary in its first frame), bzip2 or xz, with any number of
//! members. A file is what its first bytes say, whatever its name is.
//!
//! A document of a WARC is a response or resource record. Its `body` is the bytes without transfer and
//! content coding, and `content_type` is what the server said of them: the charset is left to the stage
//! that extracts, so that no HTML is decoded twice or written in between. A document of a WET is a
//! conversion record with its `text`. Records of other types are counted by type and have no row.
//!
//! `WanJuan` 1.0's `part-*.jsonl.tar.gz` are read file by file. A row with `content` is that text. A
//! row of its exam part has none and is rendered, one line each: the question (`q_main`); `A. ` to
//! `E. ` and each option that is not empty (`option_a` ... `option_e`); `答案：` and `std_ans`, or `answer`
//! where that is empty; `解析：` and `answer_detail`. What is empty or null is left out, and the kind of
//! question is not shown.
//!
//! Invariants:
//! 1. Documents and quarantined records of a split together are all its records, each once, under
//!    ascending record numbers of the shard. Blank lines are no records, and records of web
//!    archives that hold no document are counted apart; a damaged stretch of a compressed file is one.
//! 2. Batch sizes change where batches end, and nothing else.
//! 3. Memory is bounded by the batch, the largest document allowed and the row group's pages; no
//!    length that a file declares is allocated before it was compared with the file's size.
//! 4. A file that is found and not read is named in the plan's notes; a file that ends before its own end, and
//!    stretches that may have held any number of records, are in [`ReadBatch::lost`].
//! 5. A large file may be cut into splits; they read as the whole file does, with the same numbers of records.
//! 6. A file that is not the one that was planned is an error, not another input.
//!
//! ```
//! use textmill_ingest::{InputConfig, ReadOptions, open_split, plan_input};
//!
//! # let folder = tempfile::tempdir()?;
//! let path = folder.path().join("part-0.jsonl");
//! std::fs::write(&path, "{\"text\": \"Hello.\"}\n{\"text\": 7}\n")?;
//!
//! let runtime = tokio::runtime::Runtime::new()?;
//! let config = InputConfig::new(vec![path.display().to_string()]);
//! let plan = runtime.block_on(plan_input(&config)).map_err(|errors| format!("{errors:?}"))?;
//! let options = ReadOptions::new(config);
//! for batch in open_split(&plan.splits[0], &options, runtime.handle())? {
//!     let batch = batch?;
//!     assert_eq!(batch.documents.text()?.value(0), "Hello.");
//!     assert_eq!(batch.quarantined[0].cause.code(), "wrong_type");
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bind;
mod column_source;
mod columns;
mod config;
mod error;
mod exclude;
mod folder_read;
mod folders;
mod formats;
mod jsonl;
mod kind;
mod lacking;
mod left_out;
mod listing;
mod magic;
mod outputs;
mod parquet;
mod pin;
mod plan;
mod quarantine;
mod reader;
mod source;
pub mod stream;
mod warc;

pub use bind::{Passed, look_up_passed};
pub use column_source::ColumnSource;
pub use columns::{ColumnFault, ColumnProblem, ColumnType, Columns};
pub use config::{
    DEFAULT_BATCH_BYTES, DEFAULT_BATCH_ROWS, DEFAULT_MAX_DECOMPRESSION_RATIO, DEFAULT_MAX_DOCUMENT_BYTES,
    DEFAULT_SPLIT_BYTES, InputConfig, Limits, OnUnreadable, OtherFields, ReadOptions, document_schema,
};
pub use error::{IngestError, IngestErrorKind};
pub use folder_read::{FolderRead, folder_read};
pub use formats::Format;
pub use pin::{list_input, local_digest, local_pin};
pub use plan::{Compression, InputPlan, Part, Shard, Split, UnreadableShard, plan_input};
pub use quarantine::{Damage, QuarantinedRecord, ReadBatch};
pub use reader::{SplitReader, open_split};
pub use stream::Lost;

//! WARC and WET: records of web archives (ISO 28500, versions 1.0 and 1.1).
//!
//! ```text
//!  ByteSource ─▶ RecordCutter ─▶ header + block ─▶ interpret ─▶ document ─▶ BatchBuilder
//!                │                                 ├─▶ skipped by type (request, warcinfo, ...)
//!                └─▶ damage                        └─▶ rejected (bad HTTP, wrong digest, ...)
//! ```
//!
//! Invariants:
//! 1. Every record that holds a document ends as a row or as a quarantined record; every other
//!    record is counted by its type.
//! 2. A record is handed on only when its end was seen: line ends and the next record, the end of
//!    its compressed member, or the end of the file.
//! 3. A damaged record costs itself only. Reading goes on at the next member that begins with a
//!    record, or at the next line that begins one.
//! 4. At most one record of at most `limits.max_document_bytes` is in memory, and nothing is
//!    allocated because a length says so.

mod body;
mod builder;
mod chunked;
mod cut;
mod digest;
mod encoding;
mod fault;
mod fields;
mod headers;
mod marks;
mod reader;
mod record;

pub(crate) use fields::{check, planned};
pub(crate) use reader::{WarcReader, inspect};

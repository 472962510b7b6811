//! WARC and WET: records of web archives (ISO 28500, versions 1.0 and 1.1), and ARC, which came before.
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
//! 2. A record is handed on only when its end was seen: the next record, the end of its compressed
//!    member, or the end of the file; and only when nothing in it is of another record.
//! 3. A damaged record costs itself only. Reading goes on at the next member that begins with a
//!    record, or at the next line that begins one.
//! 4. At most one record of at most `limits.max_document_bytes` is in memory, and nothing is
//!    allocated because a length says so.

mod arc;
mod body;
mod builder;
mod chunked;
mod cut;
mod digest;
mod encoding;
mod ends;
mod fault;
mod fields;
mod headers;
mod marks;
mod reader;
mod record;
mod resync;
mod splice;

pub(crate) use fields::{Dialect, check, planned};
pub(crate) use reader::{WarcReader, inspect};

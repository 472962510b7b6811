//! Algorithms that compare what does not fit into memory: records of a fixed width in order, connected components, and
//! text that stands elsewhere too.
//!
//! ```text
//!  records ─▶ Sorter ─▶ runs, cut by the top bits of the key, in one file ─▶ Sorted: in order, or by partition
//!  pairs ───▶ ComponentSorter ─▶ union-find, or rounds of large-star and small-star ─▶ smallest document of each
//!  texts ───▶ Repeats ─▶ stretches around chosen k-grams ─▶ Stretches ─▶ OpenWindows ─▶ Marks ─▶ spans to cut
//! ```
//!
//! Everything works within [`Limits`]: the memory given bounds what is held, the rest is in temporary files. Threads and
//! memory change how fast an answer comes, never the answer. This crate knows no store and no engine: whoever uses it
//! brings the records and takes the results.
//!
//! ```
//! use textmill_exchange::{Limits, Partitioning, Sorter};
//!
//! // Sixteen bytes are room for one record: everything else goes to disk.
//! let limits = Limits { memory: 16, ..Limits::default() };
//! let mut sorter = Sorter::new(Partitioning::of_rows(3, 16), &limits);
//! for record in [[7, 1], [3, 2], [7, 0]] {
//!     sorter.push(record)?;
//! }
//! let mut sorted = sorter.finish()?.into_cursor();
//! let mut found = Vec::new();
//! while let Some(record) = sorted.next()? {
//!     found.push(record);
//! }
//! assert_eq!(found, [[3, 2], [7, 0], [7, 1]]);
//! # Ok::<(), textmill_exchange::ExchangeError>(())
//! ```

mod components;
mod error;
mod radix;
mod record;
mod segments;
mod sorter;
pub mod substrings;

pub use components::{ComponentSorter, Components};
pub use error::ExchangeError;
pub use radix::sort_records;
pub use record::{Record, WORD};
pub use segments::{Segment, SegmentFile, SegmentWriter};
pub use sorter::{Cursor, Limits, Partitioning, Sorted, Sorter};

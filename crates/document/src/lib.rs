//! The words every other crate shares: the document batch, its column names, the [`Stage`] trait,
//! drop [`Reason`]s and the [`Ledger`] that accounts for every document.
//!
//! What this crate does not do: it reads no files, knows no configuration format and runs nothing.
//!
//! ```text
//!            DocumentBatch                     Applied
//!  rows in ───────────────▶ Stage::apply ───▶ kept    ─▶ next stage
//!                                         └─▶ dropped ─▶ (reason, value, bound) ─▶ Ledger
//! ```
//!
//! A stage sees a whole Arrow batch and returns which rows it keeps; [`apply_checked`] is how the
//! engine calls it, so that a panic or an error on one document costs that document only and so
//! that a stage which loses a row is caught at once:
//!
//! ```
//! use textmill_document::{Count, StageLedger};
//!
//! let mut ledger = StageLedger::new("rules", "filter");
//! ledger.input += Count::new(3, 300);
//! ledger.kept += Count::new(2, 250);
//! ledger.add_dropped("too_few_words", Count::new(1, 50));
//! assert!(ledger.check().is_ok());
//! ```

mod apply;
mod batch;
pub mod carried;
mod changes;
mod clusters;
pub mod columns;
mod config;
mod error;
mod example;
mod fault;
mod ledger;
mod reason;
mod rewrite;
mod size;
mod stage;
pub mod testing;

pub use apply::{Checked, apply_checked, output_schema};
pub use batch::{DocumentBatch, row_hash_sum, value_at};
pub use changes::{Changed, Changes};
pub use clusters::{ClusterReport, RepeatReport};
pub use config::{Cost, Remarks, StageConfig};
pub use error::DocumentError;
pub use example::{Document, Example, Given, Outcome};
pub use fault::ConfigFault;
pub use ledger::{Count, Imbalance, Ledger, Missing, StageLedger};
pub use reason::{Cause, Reason};
pub use rewrite::rewritten;
pub use size::{ByteSize, ParseByteSizeError};
pub use stage::{Applied, ColumnRead, Dropped, Failed, Mode, Stage, StageError};

//! Reports of what a run did to its documents, for people and for programs.
//!
//! From the counts of a run this crate makes the cleaning table: per stage the documents and bytes
//! in and out, the drops by reason, and the two ratios by which published corpora report their
//! stages, *removed against the previous stage* and *retained against the raw input*. It renders
//! the table as text, Markdown, JSON and HTML, sets it beside published tables, and renders samples
//! of dropped documents.
//!
//! What it does not do: it reads no files and knows neither manifests nor pipelines; its callers
//! pass plain values.
//!
//! ```text
//! RunSummary ─▶ cleaning_table ─▶ CleaningTable ─┬▶ to_text · to_markdown · to_json · to_html
//!                                                └▶ compare(name) ─▶ Comparison ─▶ text · Markdown · JSON
//! DropSample ─▶ drops_text · json_lines
//! ```
//!
//! Everything that came from documents or configuration (names, ids, details, excerpts) is shown
//! with control and direction-changing characters escaped, so that no input can steer a terminal.
//!
//! ```
//! use textmill_document::{Count, Ledger, StageLedger};
//! use textmill_report::{RunSummary, cleaning_table, to_markdown};
//!
//! let mut rules = StageLedger::new("rules", "filter");
//! rules.input = Count::new(3, 300);
//! rules.kept = Count::new(2, 250);
//! rules.add_dropped("too_few_words", Count::new(1, 50));
//! let ledger = Ledger { stages: vec![rules], output: Count::new(2, 250), ..Ledger::default() };
//!
//! let table = cleaning_table(&RunSummary { ledger, ..RunSummary::default() });
//! assert_eq!(table.rows[0].retained_vs_input, Some(2.0 / 3.0));
//! assert!(to_markdown(&table).contains("66.7 %"));
//! ```

mod clusters;
mod compare;
mod drops;
mod error;
mod format;
mod grid;
mod html;
mod measure;
pub mod published;
mod quarantine;
mod render;
mod samples;
mod table;
#[cfg(test)]
mod test_runs;
mod view;

pub use compare::{Comparison, ComparisonRow, compare};
pub use drops::{DropSample, DropsOptions, drops_text};
pub use error::ReportError;
pub use format::{count, duration, escape, percent};
pub use html::to_html;
pub use measure::cleaning_table;
pub use quarantine::{QuarantineSample, quarantine_text};
pub use render::{to_json, to_markdown, to_text};
pub use samples::json_lines;
pub use table::{Balance, CleaningTable, CodeCount, DatasetSize, FORMAT_VERSION, RunSummary, StageRow, Totals};

use std::fmt;

use arrow::datatypes::{DataType, Field};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Cause, Changes, DocumentBatch, DocumentError, Reason, Remarks};

/// A column that a stage needs in its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnRead {
    /// Name of the column.
    pub name: String,
    /// Type it must have; `None` takes any.
    pub data_type: Option<DataType>,
}

impl ColumnRead {
    /// The column `name` with its standard type, or any type where the name has none.
    pub fn standard(name: &str) -> Self {
        Self { name: name.to_owned(), data_type: crate::columns::standard_type(name) }
    }
}

/// Whether a stage decides or only measures.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Documents that break a bound are dropped with their reason.
    #[default]
    Decide,
    /// The measured signals are written as columns; no document is dropped.
    Annotate,
}

/// One document that a stage dropped.
#[derive(Debug, Clone, PartialEq)]
pub struct Dropped {
    /// Row of the document in the batch that the stage was given.
    pub row: usize,
    /// Why it was dropped: one of [`Stage::reasons`].
    pub reason: Reason,
    /// The measured value, in the unit of the rule's parameter.
    pub value: Option<f64>,
    /// The bound that the value broke.
    pub bound: Option<f64>,
    /// What a number cannot say (the language found, the word that matched).
    pub detail: Option<String>,
}

impl Dropped {
    /// A drop of `row` for `reason` because `value` broke `bound`.
    pub fn measured(row: usize, reason: Reason, value: f64, bound: f64) -> Self {
        Self { row, reason, value: Some(value), bound: Some(bound), detail: None }
    }
}

/// One document that a stage could not process.
#[derive(Debug, Clone, PartialEq)]
pub struct Failed {
    /// Row of the document in the batch that the stage was given.
    pub row: usize,
    /// What went wrong.
    pub cause: Cause,
    /// The error's text.
    pub detail: String,
}

/// What a stage made of a batch. Every input row is in exactly one of the three.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The rows that go on, in input order, with the stage's columns added or rewritten.
    pub kept: DocumentBatch,
    /// The rows that were dropped, in ascending row order.
    pub dropped: Vec<Dropped>,
    /// The rows that could not be processed, in ascending row order.
    pub failed: Vec<Failed>,
    /// What was rewritten inside the rows that go on.
    pub changes: Changes,
}

impl Applied {
    /// All rows go on.
    pub fn all(kept: DocumentBatch) -> Self {
        Self { kept, dropped: Vec::new(), failed: Vec::new(), changes: Changes::default() }
    }

    /// The rows of `batch` without the `dropped` ones.
    pub fn without(batch: &DocumentBatch, dropped: Vec<Dropped>) -> Result<Self, DocumentError> {
        if dropped.is_empty() {
            return Ok(Self::all(batch.clone()));
        }
        let mut keep = vec![true; batch.num_rows()];
        for drop in &dropped {
            keep[drop.row] = false;
        }
        Ok(Self { kept: batch.filter(&keep)?, dropped, failed: Vec::new(), changes: Changes::default() })
    }
}

/// Why a stage could not process a batch.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StageError {
    /// The batch has not the columns that the stage declared.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The stage's own computation failed on these rows.
    #[error("{0}")]
    Compute(String),
}

/// One row-wise step on documents: it needs no other document than the one it looks at, so it may
/// be given any batch of any size in any order and must treat each row alike.
pub trait Stage: fmt::Debug + Send + Sync {
    /// The name under which the stage is registered: `normalize`, `filter`, ...
    fn name(&self) -> &'static str;

    /// Raised whenever the stage's result for some input changes. It is part of the task key, so
    /// results of an older version are never mixed with those of a newer one.
    fn version(&self) -> u32;

    /// Columns that must be in the input.
    fn reads(&self) -> Vec<ColumnRead>;

    /// Columns that the output has besides the input's; one with the name of an input column
    /// replaces it.
    fn adds(&self) -> Vec<Field>;

    /// Every reason for which this stage, as configured, can drop a document.
    fn reasons(&self) -> Vec<Reason>;

    /// Digests of the files that the stage decides by, such as models and lists, in a fixed order. Default none.
    fn digests(&self) -> Vec<String> {
        Vec::new()
    }

    /// What the stage says of itself, as configured. Default nothing.
    fn remarks(&self) -> Remarks {
        Remarks::default()
    }

    /// What it warns of where the column `language` can have the codes `arriving`; none where they are not known.
    /// Default nothing.
    fn language_warnings(&self, arriving: &[String]) -> Vec<String> {
        let _ = arriving;
        Vec::new()
    }

    /// Processes one batch. An `Err` or a panic makes the caller try the rows one by one and
    /// quarantine those that fail alone (see [`apply_checked`](crate::apply_checked)).
    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError>;
}

use std::sync::Arc;

use arrow::array::RecordBatch;
use textmill_document::{DocumentBatch, Stage, StageError};
use textmill_minhash_dedupe::{DedupeStage, LineDedupeStage, SubstringDedupeStage};
use textmill_score::KeepHighestStage;

/// A stage that needs all documents at hand: it makes keys of each, and what is found of them comes back.
#[derive(Debug, Clone)]
pub enum Exchange {
    /// Whole documents are removed.
    Documents(Arc<DedupeStage>),
    /// Parts of documents are cut.
    Parts(Arc<LineDedupeStage>),
    /// Text that stands elsewhere too is cut.
    Repeats(Arc<SubstringDedupeStage>),
    /// The best documents of all are kept.
    Highest(Arc<KeepHighestStage>),
}

impl Exchange {
    /// A row of keys for each document.
    pub fn keys(&self, batch: &DocumentBatch) -> Result<RecordBatch, StageError> {
        match self {
            Self::Documents(stage) => stage.keys(batch),
            Self::Parts(stage) => stage.keys(batch),
            Self::Repeats(stage) => stage.keys(batch),
            Self::Highest(stage) => stage.keys(batch),
        }
    }

    /// The stage, as one that looks at one document at a time.
    pub fn stage(&self) -> Arc<dyn Stage> {
        match self {
            Self::Documents(stage) => Arc::clone(stage) as Arc<dyn Stage>,
            Self::Parts(stage) => Arc::clone(stage) as Arc<dyn Stage>,
            Self::Repeats(stage) => Arc::clone(stage) as Arc<dyn Stage>,
            Self::Highest(stage) => Arc::clone(stage) as Arc<dyn Stage>,
        }
    }

    /// The stage that removes documents in whose place others stay.
    pub fn documents(&self) -> Option<&Arc<DedupeStage>> {
        match self {
            Self::Documents(stage) => Some(stage),
            Self::Parts(_) | Self::Repeats(_) | Self::Highest(_) => None,
        }
    }
}

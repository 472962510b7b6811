use std::sync::Arc;

use arrow::array::RecordBatch;
use textmill_document::{DocumentBatch, Stage, StageError};
use textmill_minhash_dedupe::{DedupeStage, LineDedupeStage, SubstringDedupeStage};
use textmill_score::KeepHighestStage;

/// Makes [`Exchange`] out of the list of stages that need all documents at hand. Each has a method `keys`, which gives a
/// row of keys for each document; what the keys decide is the engine's part (`engine/src/exchange/`).
macro_rules! exchanges {
    ($($(#[$doc:meta])* $name:ident($stage:ty),)*) => {
        /// A stage that needs all documents at hand: it makes keys of each, and what is found of them comes back.
        #[derive(Debug, Clone)]
        pub enum Exchange {
            $($(#[$doc])* $name(Arc<$stage>),)*
        }

        impl Exchange {
            /// A row of keys for each document.
            pub fn keys(&self, batch: &DocumentBatch) -> Result<RecordBatch, StageError> {
                match self {
                    $(Self::$name(stage) => stage.keys(batch),)*
                }
            }

            /// The stage, as one that looks at one document at a time.
            pub fn stage(&self) -> Arc<dyn Stage> {
                match self {
                    $(Self::$name(stage) => Arc::clone(stage) as Arc<dyn Stage>,)*
                }
            }
        }

        $(impl From<Arc<$stage>> for Exchange {
            fn from(stage: Arc<$stage>) -> Self {
                Self::$name(stage)
            }
        })*
    };
}

exchanges! {
    /// Whole documents are removed.
    Documents(DedupeStage),
    /// Parts of documents are cut.
    Parts(LineDedupeStage),
    /// Text that occurs elsewhere too is cut.
    Repeats(SubstringDedupeStage),
    /// The best documents of all are kept.
    Highest(KeepHighestStage),
}

//! What an exchange over so many documents costs.

use serde::Serialize;
use textmill_minhash_dedupe::{DedupeStage, key_columns};
use textmill_pipeline::{Exchange, Node};

use super::Amount;

/// Bytes of an id: a UUID.
const ID_BYTES: f64 = 36.0;
/// Bytes of text for each word and each line, of which there are keys: web pages in English.
const WORD_BYTES: f64 = 6.0;
const LINE_BYTES: f64 = 33.0;
/// Union-find, its result and the choice of who stays.
const DOCUMENT_MEMORY: f64 = 16.0;
/// The exchange leaves a quarter of its budget to sorting, however many documents there are.
const MEMORY_SHARE: f64 = 0.75;
/// A sort holds three times its rows of a key and a number, in half of what the documents leave.
const SORT_MEMORY: f64 = 2.0 * 3.0 * 12.0;
const SORT_ROW: f64 = 12.0;
const PART_ROW: f64 = 16.0;
/// A stretch of text as a task writes it, as it is sorted, and with room to sort it in within its share of the memory.
const REPEAT_KEY: f64 = 36.0;
const REPEAT_ROW: f64 = 40.0;
const REPEAT_MEMORY: f64 = 8.0 * REPEAT_ROW;
/// Group, rank, tie and number.
const RANK_ROW: f64 = 28.0;

/// One comparison of all documents.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExchangeEstimate {
    /// Id of the stage.
    pub stage: String,
    /// Documents that are compared.
    pub documents: u64,
    /// Keys that tasks write and the exchange reads, often more than once: what is shuffled.
    pub key_bytes: u64,
    /// Runs that the input has to be cut into: an exchange numbers 4,294,967,295 documents.
    pub runs: u64,
    /// Memory that the process needs which compares the documents of one run. It does so alone.
    pub memory_bytes: u64,
    /// Memory with which it need not sort on disk.
    pub memory_without_spill_bytes: u64,
    /// Space in the temporary folder of that process with less than that.
    pub spill_bytes: u64,
}

pub(super) fn estimate(node: &Node, exchange: &Exchange, given: Amount) -> ExchangeEstimate {
    let documents = given.documents;
    let runs = (documents / f64::from(u32::MAX)).ceil().max(1.0);
    let (keys, memory, sort_memory, spill) = match exchange {
        Exchange::Documents(stage) => {
            let keys = documents * row_bytes(node, stage, given.bytes / documents.max(1.0));
            let run = documents / runs;
            (keys, run * DOCUMENT_MEMORY / MEMORY_SHARE, run * (DOCUMENT_MEMORY + SORT_MEMORY), run * SORT_ROW)
        }
        Exchange::Parts(_) => {
            let parts = given.bytes / LINE_BYTES;
            let run = parts / runs;
            (parts * 8.0, run / 8.0, run / 8.0 + run * 3.0 * PART_ROW, run * PART_ROW)
        }
        Exchange::Repeats(stage) => {
            // Of the places, 2 / (w + 1) are chosen, with as many k-grams in a window as half of its bytes.
            let chosen = given.bytes * 2.0 / (f64::from(stage.config().min_bytes) / 2.0 + 2.0);
            let run = chosen / runs;
            (chosen * REPEAT_KEY + documents * 4.0, 0.0, run * REPEAT_MEMORY, run * REPEAT_ROW)
        }
        Exchange::Highest(_) => {
            let run = documents / runs;
            (documents * 24.0, run / 8.0, run / 8.0 + run * 3.0 * RANK_ROW, run * RANK_ROW)
        }
    };
    ExchangeEstimate {
        stage: node.id.clone(),
        documents: super::whole(documents),
        key_bytes: super::whole(keys),
        runs: super::whole(runs),
        memory_bytes: super::whole(memory),
        memory_without_spill_bytes: super::whole(sort_memory),
        spill_bytes: super::whole(spill),
    }
}

/// Bytes of one document's row of keys; hashes do not compress.
fn row_bytes(node: &Node, stage: &DedupeStage, document: f64) -> f64 {
    let schema = stage.key_schema(&node.columns_in);
    let column = |name: &str| match name {
        key_columns::SIGNATURE => stage.settings().minhash.map_or(0.0, |minhash| 4.0 * f64::from(minhash.hashes)),
        key_columns::SHINGLES => 8.0 * document / WORD_BYTES,
        key_columns::ID => ID_BYTES,
        _ => 8.0,
    };
    schema.fields().iter().map(|field| column(field.name())).sum()
}

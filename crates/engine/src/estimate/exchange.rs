//! What an exchange over so many documents costs.

use serde::Serialize;
use textmill_pipeline::Node;

use super::Amount;
use crate::exchange::{Cost, Load, exchange_of};

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

/// What `node` costs where it is given so much; none where it compares nothing.
pub(super) fn estimate(node: &Node, given: Amount) -> Option<ExchangeEstimate> {
    let Amount { documents, bytes } = given;
    let runs = (documents / f64::from(u32::MAX)).ceil().max(1.0);
    let Cost { key_bytes, memory, memory_without_spill, spill } =
        exchange_of(node)?.cost(Load { documents, bytes, runs });
    Some(ExchangeEstimate {
        stage: node.id.clone(),
        documents: super::whole(documents),
        key_bytes: super::whole(key_bytes),
        runs: super::whole(runs),
        memory_bytes: super::whole(memory),
        memory_without_spill_bytes: super::whole(memory_without_spill),
        spill_bytes: super::whole(spill),
    })
}

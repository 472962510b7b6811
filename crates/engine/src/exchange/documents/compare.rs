//! Similarity of pairs of documents whose signatures or shingles need not fit into memory together.
//!
//! The documents of the pairs are read in blocks. A block is held while the partners of its documents are read, block by
//! block: with documents of `b` blocks at most `b² / 2` blocks are read, and two are in memory at once.

use arrow::array::{Array, AsArray};
use textmill_minhash_dedupe::{Verify, agreement, jaccard, key_columns};

use crate::EngineError;
use crate::exchange::keys::KeyFiles;

/// Two documents, the lesser number first.
pub(super) type Pair = (u32, u32);

/// Compares pairs within a bound of memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comparer<'a> {
    pub files: &'a KeyFiles,
    pub verify: Verify,
    /// Bytes of signatures or shingles in one block.
    pub block_bytes: usize,
}

impl Comparer<'_> {
    /// Calls `take` with each of `pairs` (sorted, without repetition) and its similarity, in no particular order; none
    /// where a document has no shingles.
    pub(super) async fn each(
        &self,
        pairs: &[Pair],
        mut take: impl FnMut(Pair, Option<f64>),
    ) -> Result<(), EngineError> {
        let documents = documents(pairs.iter().flat_map(|pair| [pair.0, pair.1]));
        let mut start = 0;
        while let Some(first) = documents.get(start) {
            let block = self.load(&documents[start..]).await?;
            let end = start + block.documents.len();
            let last = documents[end - 1];
            let of_block = &pairs[pairs.partition_point(|pair| pair.0 < *first)..];
            let of_block = &of_block[..of_block.partition_point(|pair| pair.0 <= last)];
            for pair in of_block.iter().filter(|pair| pair.1 <= last) {
                take(*pair, similarity(&block, &block, *pair));
            }
            let partners = documents_beyond(of_block, last);
            let mut at = 0;
            while at < partners.len() {
                let other = self.load(&partners[at..]).await?;
                at += other.documents.len();
                let (from, to) = (other.documents[0], other.documents[other.documents.len() - 1]);
                for pair in of_block.iter().filter(|pair| (from..=to).contains(&pair.1)) {
                    take(*pair, similarity(&block, &other, *pair));
                }
            }
            start = end;
        }
        Ok(())
    }

    /// The first of `documents`, as many as a block holds and at least one.
    async fn load(&self, documents: &[u32]) -> Result<Block, EngineError> {
        let exact = self.verify == Verify::Exact;
        let column = if exact { key_columns::SHINGLES } else { key_columns::SIGNATURE };
        let mut block = Block { documents: Vec::new(), ends: Vec::new(), hashes: Vec::new(), shingles: Vec::new() };
        let mut next = 0;
        self.files
            .read(documents, column, |first, values| {
                let values = values.as_binary_view();
                while let Some(document) = documents.get(next) {
                    let row = (*document - first) as usize;
                    if row >= values.len() {
                        break;
                    }
                    if block.bytes() >= self.block_bytes && !block.documents.is_empty() {
                        return false;
                    }
                    let bytes = if values.is_valid(row) { values.value(row) } else { &[] };
                    block.push(*document, bytes, exact);
                    next += 1;
                }
                true
            })
            .await?;
        if block.documents.is_empty() {
            return Err(EngineError::Bug("a document has no keys".to_owned()));
        }
        Ok(block)
    }
}

/// The different numbers, in order.
pub(super) fn documents(numbers: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut documents: Vec<u32> = numbers.collect();
    documents.sort_unstable();
    documents.dedup();
    documents
}

fn documents_beyond(pairs: &[Pair], last: u32) -> Vec<u32> {
    documents(pairs.iter().map(|pair| pair.1).filter(|partner| *partner > last))
}

/// Signatures or sets of shingles of some documents.
#[derive(Debug)]
struct Block {
    documents: Vec<u32>,
    /// Where the hashes or shingles of each document end.
    ends: Vec<usize>,
    hashes: Vec<u32>,
    shingles: Vec<u64>,
}

impl Block {
    fn bytes(&self) -> usize {
        4 * self.hashes.len() + 8 * self.shingles.len()
    }

    fn push(&mut self, document: u32, bytes: &[u8], exact: bool) {
        if exact {
            self.shingles.extend(bytes.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes)));
        } else {
            self.hashes.extend(bytes.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)));
        }
        self.documents.push(document);
        self.ends.push(self.hashes.len().max(self.shingles.len()));
    }

    fn range(&self, document: u32) -> std::ops::Range<usize> {
        let Ok(index) = self.documents.binary_search(&document) else { return 0..0 };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        start..self.ends[index]
    }
}

fn similarity(left: &Block, right: &Block, pair: Pair) -> Option<f64> {
    let (left_range, right_range) = (left.range(pair.0), right.range(pair.1));
    if left_range.is_empty() || right_range.is_empty() {
        return None;
    }
    Some(if left.shingles.is_empty() {
        agreement(&left.hashes[left_range], &right.hashes[right_range])
    } else {
        jaccard(&left.shingles[left_range], &right.shingles[right_range])
    })
}

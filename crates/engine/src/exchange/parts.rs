//! Which parts of documents stand in others too.
//!
//! All parts are numbered in the order of the documents. Their keys are sorted with these numbers; of equal neighbours all
//! but the first are marked, a bit a part. The marks then become verdicts, file by file.

use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{UInt32Type, UInt64Type};
use async_trait::async_trait;
use textmill_document::{DocumentBatch, StageError};
use textmill_minhash_dedupe::{LineDedupeConfig, LineDedupeStage, PARTS};
use textmill_pipeline::Node;
use textmill_store::manifest::FileEntry;

use super::cost::{Cost, Load, SORT_COPIES};
use super::exchange::{AllDocuments, Decided, Exchange, Outcome};
use super::keys::{KEY, KeyFiles, Numbering, PART, PartScan, column};
use super::resources::Resources;
use super::sorted::Sorted;
use super::verdict::{Verdict, VerdictKind};
use crate::EngineError;

/// Cuts parts out of texts that other texts have too.
#[derive(Debug)]
struct Parts(Arc<LineDedupeStage>);

/// The exchange of a node that compares parts of documents.
pub(super) fn of(node: &Node) -> Option<Arc<dyn Exchange>> {
    let Some(textmill_pipeline::Exchange::Parts(stage)) = &node.exchange else { return None };
    Some(Arc::new(Parts(Arc::clone(stage))))
}

/// Bytes of text for each line, of which there are keys: web pages in English.
const LINE_BYTES: f64 = 33.0;
/// Bytes of a key.
const KEY_BYTES: f64 = 8.0;
/// Bytes of a key and the number of its part.
const SORT_ROW: f64 = 16.0;

#[async_trait]
impl Exchange for Parts {
    fn keys(&self, documents: &DocumentBatch) -> Result<RecordBatch, StageError> {
        self.0.keys(documents)
    }

    fn verdicts(&self) -> VerdictKind {
        VerdictKind::Cut
    }

    async fn decide(&self, all: &AllDocuments<'_>) -> Result<Decided, EngineError> {
        let numbering = Arc::new(Numbering::read(&all.files).await?);
        let marks = repeated(&all.resources, &all.files, &numbering, *self.0.config()).await?;
        Ok(Decided { verdicts: write(all, &marks).await?, ..Decided::default() })
    }

    fn apply(&self, documents: &DocumentBatch, verdicts: Vec<(usize, Verdict)>) -> Result<Outcome, StageError> {
        let cuts: Vec<_> = verdicts
            .into_iter()
            .filter_map(|(row, verdict)| if let Verdict::Cut(parts) = verdict { Some((row, parts)) } else { None })
            .collect();
        Ok(self.0.cut(documents, &cuts)?.into())
    }

    fn cost(&self, load: Load) -> Cost {
        let parts = load.bytes / LINE_BYTES;
        let run = parts / load.runs;
        // A bit for each part.
        let marks = run / 8.0;
        Cost {
            key_bytes: parts * KEY_BYTES,
            memory: marks,
            memory_without_spill: marks + run * SORT_COPIES * SORT_ROW,
            spill: run * SORT_ROW,
        }
    }
}

/// A bit for each part.
struct Marks(Vec<u64>);

impl Marks {
    fn set(&mut self, part: u64) {
        if let Some(word) = self.0.get_mut(usize::try_from(part / 64).unwrap_or(usize::MAX)) {
            *word |= 1 << (part % 64);
        }
    }

    fn get(&self, part: u64) -> bool {
        let word = self.0.get(usize::try_from(part / 64).unwrap_or(usize::MAX));
        word.is_some_and(|word| word >> (part % 64) & 1 == 1)
    }
}

/// Marks the parts that occur often enough, except the first of each where it stays.
async fn repeated(
    resources: &Resources<'_>,
    files: &Arc<KeyFiles>,
    numbering: &Arc<Numbering>,
    config: LineDedupeConfig,
) -> Result<Marks, EngineError> {
    let words = usize::try_from(numbering.parts().div_ceil(64)).unwrap_or(usize::MAX);
    let mut marks = Marks(vec![0; words]);
    let scan = PartScan::new(files, numbering);
    let mut sorted = Sorted::new(resources, scan, &format!("{KEY}, {PART}")).await?;
    let mut group = EqualParts { key: 0, waiting: Vec::new(), enough: false, config };
    while let Some(batch) = sorted.next().await? {
        let (keys, parts) = (column::<UInt64Type>(&batch, 0)?, column::<UInt64Type>(&batch, 1)?);
        for (key, part) in keys.values().iter().zip(parts.values()) {
            group.add(*key, *part, &mut marks);
        }
    }
    Ok(marks)
}

/// The parts of one key.
struct EqualParts {
    key: u64,
    /// Parts seen before there are enough of them.
    waiting: Vec<u64>,
    enough: bool,
    config: LineDedupeConfig,
}

impl EqualParts {
    fn add(&mut self, key: u64, part: u64, marks: &mut Marks) {
        if key != self.key {
            (self.key, self.enough) = (key, false);
            self.waiting.clear();
        }
        if self.enough {
            marks.set(part);
            return;
        }
        self.waiting.push(part);
        if self.waiting.len() >= self.config.min_count as usize {
            self.enough = true;
            let stays = usize::from(self.config.keep_first);
            self.waiting.drain(..).skip(stays).for_each(|part| marks.set(part));
        }
    }
}

/// Writes the marked parts of all documents that have any.
async fn write(all: &AllDocuments<'_>, marks: &Marks) -> Result<Vec<Vec<FileEntry>>, EngineError> {
    let mut writer = all.writer(VerdictKind::Cut);
    let (mut document, mut next) = (0, 0);
    for file in 0..all.files.files() {
        let mut reader = all.files.open(file, &[PARTS]).await?;
        while let Some(batch) = reader.next().await? {
            if all.resources.cancel.is_cancelled() {
                return Err(EngineError::Interrupted);
            }
            let counts = column::<UInt32Type>(&batch, 0)?.values();
            writer.write(&mut marked(counts, marks, &mut document, &mut next)).await?;
        }
    }
    writer.finish().await
}

/// A verdict on each document with marked parts. `counts` has the number of parts of each document from number `document`
/// on, whose first part has number `next`.
fn marked(counts: &[u32], marks: &Marks, document: &mut u32, next: &mut u64) -> Vec<(u32, Verdict)> {
    let mut verdicts = Vec::new();
    for count in counts {
        let parts: Vec<u32> = (0..*count).filter(|part| marks.get(*next + u64::from(*part))).collect();
        if !parts.is_empty() {
            verdicts.push((*document, Verdict::Cut(parts)));
        }
        *next += u64::from(*count);
        *document += 1;
    }
    verdicts
}

//! Writes what was found of each document, task by task, in the order of the documents.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, RecordBatch, StringViewArray, UInt32Array, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use textmill_document::columns;
use textmill_minhash_dedupe::{DedupeSettings, Verify, key_columns};
use textmill_store::Store;
use textmill_store::manifest::FileEntry;
use textmill_store::writer::{DatasetWriter, WriterOptions};

use super::compare::{Comparer, Pair, documents};
use super::keepers::{Cluster, Kept};
use super::origins::{Place, Places};
use crate::exchange::keys::KeyFiles;
use crate::exchange::resources::Resources;
use crate::{EngineError, layout};

/// Rows of a batch of verdicts.
const BATCH_ROWS: usize = 8192;

/// Writes verdicts under a key that no other exchange has.
pub(super) struct Verdicts<'a> {
    pub resources: &'a Resources<'a>,
    pub store: &'a Store,
    pub files: &'a Arc<KeyFiles>,
    pub settings: &'a DedupeSettings,
    pub kept: &'a Kept,
    pub places: &'a Places<'a>,
    pub key: &'a str,
    pub attempt: &'a str,
}

/// A document of a cluster.
type Member = (u32, Cluster);

impl Verdicts<'_> {
    /// Writes the verdicts of all tasks; a task without any has no file.
    pub(super) async fn write(&self) -> Result<Vec<Vec<FileEntry>>, EngineError> {
        let mut written: Vec<Vec<FileEntry>> = Vec::new();
        let mut members: Vec<Member> = Vec::new();
        let mut open: Option<(usize, DatasetWriter)> = None;
        for range in self.files.tasks() {
            for document in range.clone() {
                if let Some(cluster) = self.kept.cluster(document) {
                    members.push((document, cluster));
                }
                if members.len() >= self.resources.budget.pairs {
                    self.append(&mut open, &mut written, &members).await?;
                    members.clear();
                }
            }
        }
        self.append(&mut open, &mut written, &members).await?;
        close(&mut open, &mut written).await?;
        written.resize(self.files.tasks().len(), Vec::new());
        Ok(written)
    }

    /// Appends the verdicts on `members`, which may be of several tasks, to the file of each.
    async fn append(
        &self,
        open: &mut Option<(usize, DatasetWriter)>,
        written: &mut Vec<Vec<FileEntry>>,
        members: &[Member],
    ) -> Result<(), EngineError> {
        if self.resources.cancel.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        let similar = self.similarities(members).await?;
        let keepers = documents(members.iter().map(|(_, cluster)| cluster.keeper));
        let ids = texts(self.files, &keepers, key_columns::ID).await?;
        let places = self.places.of(self.files, &keepers).await?;
        let keepers = Keepers { documents: &keepers, ids: &ids, places: &places };
        let tasks = self.files.tasks();
        let mut at = 0;
        while let Some((first, _)) = members.get(at) {
            let task = tasks.partition_point(|range| range.end <= *first);
            let of_task = members[at..].partition_point(|(document, _)| tasks[task].contains(document));
            let members = &members[at..at + of_task];
            at += of_task;
            if open.as_ref().is_none_or(|(opened, _)| *opened != task) {
                close(open, written).await?;
                written.resize(task, Vec::new());
            }
            let (_, writer) = open.get_or_insert_with(|| (task, self.writer(task)));
            for rows in members.chunks(BATCH_ROWS) {
                let batch = batch(rows, tasks[task].start, &keepers, &similar)?;
                writer.write(batch).await?;
            }
        }
        Ok(())
    }

    fn writer(&self, task: usize) -> DatasetWriter {
        let prefix = layout::verdicts(self.resources.stage, self.key, self.attempt, task);
        DatasetWriter::new(self.store.clone(), &prefix, WriterOptions::new(schema()))
    }

    /// Similarity of each removed document of `members` to the one that stays, in the order of the pairs.
    async fn similarities(&self, members: &[Member]) -> Result<Vec<(Pair, Option<f64>)>, EngineError> {
        let removed = members.iter().filter(|(document, cluster)| *document != cluster.keeper);
        let mut pairs: Vec<Pair> = removed.map(|(document, cluster)| pair(*document, cluster.keeper)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        // Equal texts are as similar as can be, also where they have no shingles.
        let equal = (self.settings.by_text && !self.settings.by_url).then_some(1.0);
        let Some(minhash) = &self.settings.minhash else {
            return Ok(pairs.into_iter().map(|pair| (pair, equal)).collect());
        };
        let verify = if minhash.verify == Verify::Exact { Verify::Exact } else { Verify::Signature };
        let comparer = Comparer { files: self.files, verify, block_bytes: self.resources.budget.block_bytes };
        let mut similar = Vec::with_capacity(pairs.len());
        comparer.each(&pairs, |pair, similarity| similar.push((pair, similarity.or(equal)))).await?;
        similar.sort_unstable_by_key(|(pair, _)| *pair);
        Ok(similar)
    }
}

fn pair(left: u32, right: u32) -> Pair {
    (left.min(right), left.max(right))
}

async fn close(
    open: &mut Option<(usize, DatasetWriter)>,
    written: &mut Vec<Vec<FileEntry>>,
) -> Result<(), EngineError> {
    if let Some((task, writer)) = open.take() {
        written.resize(task, Vec::new());
        written.push(writer.finish().await?);
    }
    Ok(())
}

fn schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("document", DataType::UInt32, false),
        Field::new("removed", DataType::Boolean, false),
        columns::text_field("keeper_id"),
        Field::new("similarity", DataType::Float64, true),
        Field::new("cluster_size", DataType::UInt64, false),
        columns::text_field("keeper_shard"),
        Field::new("keeper_row", DataType::UInt64, true),
    ]))
}

/// What is written of the documents that stay.
struct Keepers<'a> {
    /// Their numbers, ascending.
    documents: &'a [u32],
    ids: &'a [String],
    places: &'a [Option<Place<'a>>],
}

impl<'a> Keepers<'a> {
    fn id(&self, cluster: &Cluster) -> Option<&'a str> {
        let index = self.documents.binary_search(&cluster.keeper).ok()?;
        self.ids.get(index).map(String::as_str)
    }

    fn place(&self, cluster: &Cluster) -> Option<Place<'a>> {
        let index = self.documents.binary_search(&cluster.keeper).ok()?;
        self.places.get(index).copied()?
    }
}

fn batch(
    members: &[Member],
    first: u32,
    keepers: &Keepers<'_>,
    similar: &[(Pair, Option<f64>)],
) -> Result<RecordBatch, EngineError> {
    let places: Vec<_> = members.iter().map(|(_, cluster)| keepers.place(cluster)).collect();
    let similarity = |(document, cluster): &Member| {
        let of = pair(*document, cluster.keeper);
        similar[similar.binary_search_by_key(&of, |(pair, _)| *pair).ok()?].1
    };
    let arrays: Vec<ArrayRef> = vec![
        Arc::new(UInt32Array::from_iter_values(members.iter().map(|(document, _)| document - first))),
        Arc::new(members.iter().map(|(document, of)| Some(*document != of.keeper)).collect::<BooleanArray>()),
        Arc::new(members.iter().map(|(_, cluster)| keepers.id(cluster)).collect::<StringViewArray>()),
        Arc::new(members.iter().map(similarity).collect::<Float64Array>()),
        Arc::new(UInt64Array::from_iter_values(members.iter().map(|(_, cluster)| u64::from(cluster.size)))),
        Arc::new(places.iter().map(|place| place.map(|(shard, _)| shard)).collect::<StringViewArray>()),
        Arc::new(places.iter().map(|place| place.map(|(_, row)| row)).collect::<UInt64Array>()),
    ];
    RecordBatch::try_new(schema(), arrays).map_err(|error| EngineError::Bug(format!("verdicts: {error}")))
}

/// The texts of `column` of some documents (ascending numbers); an empty one where there is none.
pub(super) async fn texts(files: &KeyFiles, wanted: &[u32], column: &str) -> Result<Vec<String>, EngineError> {
    let mut texts = Vec::with_capacity(wanted.len());
    files
        .read(wanted, column, |first, values| {
            let Some(values) = values.as_string_view_opt() else { return false };
            while let Some(document) = wanted.get(texts.len()) {
                let row = (*document - first) as usize;
                if row >= values.len() {
                    break;
                }
                texts.push(if values.is_valid(row) { values.value(row).to_owned() } else { String::new() });
            }
            texts.len() < wanted.len()
        })
        .await?;
    if texts.len() == wanted.len() {
        return Ok(texts);
    }
    Err(EngineError::Bug(format!("column `{column}` has {} of {} values", texts.len(), wanted.len())))
}

//! Where documents are from: the file, and the row in it. Ids need not tell them apart.

use arrow::array::AsArray;
use arrow::datatypes::UInt64Type;
use textmill_store::Store;
use textmill_store::manifest::{FileEntry, TaskManifest};
use textmill_store::verify::open_parquet;

use crate::EngineError;
use crate::exchange::keys::KeyFiles;
use crate::exchange::verdict::Origin;
use crate::plan::{ROW, TaskSpec};

/// What the tasks handed over to an exchange.
pub(super) struct Origins<'a> {
    store: &'a Store,
    /// Name of the file and the documents of each task.
    tasks: Vec<(&'a str, &'a [FileEntry])>,
}

impl<'a> Origins<'a> {
    /// The documents that `tasks` handed over to the exchange of `stage`.
    pub(super) fn new(store: &'a Store, stage: &str, tasks: &'a [(TaskSpec, TaskManifest)]) -> Self {
        let handed = |task: &'a TaskManifest| task.handed_over.get(stage).map_or(&[][..], Vec::as_slice);
        Self { store, tasks: tasks.iter().map(|(spec, task)| (spec.shard(), handed(task))).collect() }
    }

    /// The origin of each of `documents` (ascending numbers of `files`); none for those of earlier runs.
    pub(super) async fn of(&self, files: &KeyFiles, documents: &[u32]) -> Result<Vec<Option<Origin>>, EngineError> {
        let mut origins = vec![None; documents.partition_point(|document| *document < files.earlier())];
        for (range, (shard, handed)) in files.tasks().iter().zip(&self.tasks) {
            let from = documents.partition_point(|document| *document < range.start);
            let to = documents.partition_point(|document| *document < range.end);
            let Some(wanted) = documents.get(from..to).filter(|wanted| !wanted.is_empty()) else { continue };
            let wanted: Vec<u64> = wanted.iter().map(|document| u64::from(document - range.start)).collect();
            let rows = self.rows(handed, &wanted).await?;
            origins.extend(rows.into_iter().map(|row| Some(Origin { shard: (*shard).to_owned(), row })));
        }
        if origins.len() == documents.len() {
            return Ok(origins);
        }
        Err(EngineError::Bug(format!("{} of {} documents have a place", origins.len(), documents.len())))
    }

    /// Row numbers of the documents at `wanted` (ascending) of those in `handed`.
    async fn rows(&self, handed: &[FileEntry], wanted: &[u64]) -> Result<Vec<u64>, EngineError> {
        let mut rows = Vec::with_capacity(wanted.len());
        let mut first = 0;
        for file in handed {
            let end = first + file.rows;
            if wanted.get(rows.len()).is_some_and(|next| *next < end) {
                let mut reader = open_parquet(self.store, file, Some(&[ROW.to_owned()])).await?;
                let mut at = first;
                while let Some(batch) = reader.next().await? {
                    let numbers = batch.columns().first().and_then(|column| column.as_primitive_opt::<UInt64Type>());
                    let numbers =
                        numbers.ok_or_else(|| EngineError::Bug("documents have no row numbers".to_owned()))?;
                    while let Some(number) = wanted.get(rows.len()).and_then(|next| usize::try_from(next - at).ok()) {
                        let Some(row) = numbers.values().get(number) else { break };
                        rows.push(*row);
                    }
                    at += batch.num_rows() as u64;
                }
            }
            first = end;
        }
        Ok(rows)
    }
}

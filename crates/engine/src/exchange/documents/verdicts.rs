//! Writes what was found of each document, task by task, in the order of the documents.

use arrow::array::{Array, AsArray};
use textmill_minhash_dedupe::{DedupeSettings, Verify, key_columns};
use textmill_store::manifest::FileEntry;

use super::compare::{Comparer, Pair, documents};
use super::keepers::{Cluster, Kept};
use crate::EngineError;
use crate::exchange::keys::KeyFiles;
use crate::exchange::origins::Origins;
use crate::exchange::resources::Resources;
use crate::exchange::verdict::{Membership, Origin, Verdict};
use crate::exchange::verdict_writer::VerdictWriter;

/// Rows of a batch of verdicts.
const BATCH_ROWS: usize = 8192;

/// Makes verdicts of the clusters.
pub(super) struct Verdicts<'a> {
    pub resources: &'a Resources<'a>,
    pub files: &'a KeyFiles,
    pub settings: &'a DedupeSettings,
    pub kept: &'a Kept,
    pub origins: &'a Origins<'a>,
}

/// A document of a cluster.
type Member = (u32, Cluster);

impl Verdicts<'_> {
    /// Gives the verdicts on the documents of all tasks to `writer`, and returns their files.
    pub(super) async fn write(&self, mut writer: VerdictWriter<'_>) -> Result<Vec<Vec<FileEntry>>, EngineError> {
        let mut members: Vec<Member> = Vec::new();
        for document in self.files.tasks().iter().cloned().flatten() {
            if let Some(cluster) = self.kept.cluster(document) {
                members.push((document, cluster));
            }
            if members.len() >= self.resources.budget.pairs {
                self.append(&mut writer, &members).await?;
                members.clear();
            }
        }
        self.append(&mut writer, &members).await?;
        writer.finish().await
    }

    /// Appends the verdicts on `members`, which may be of several tasks.
    ///
    /// What a verdict says of the keeper (similarity, id, origin) lies in other files than that of the document, anywhere
    /// in the input. Looked up member by member, it would be a random read each. So as many members as memory allows are
    /// taken together, and what they need of each file is read in one pass over it, in the order of the files.
    async fn append(&self, writer: &mut VerdictWriter<'_>, members: &[Member]) -> Result<(), EngineError> {
        if self.resources.cancel.is_cancelled() {
            return Err(EngineError::Interrupted);
        }
        let similar = self.similarities(members).await?;

        let keepers = documents(members.iter().map(|(_, cluster)| cluster.keeper));
        let ids = texts(self.files, &keepers, key_columns::ID).await?;
        let origins = self.origins.of(self.files, &keepers).await?;
        let keepers = Keepers { documents: &keepers, ids: &ids, origins: &origins };

        for rows in members.chunks(BATCH_ROWS) {
            let verdict = |member: &Member| (member.0, Verdict::Clustered(membership(member, &keepers, &similar)));
            let mut verdicts: Vec<(u32, Verdict)> = rows.iter().map(verdict).collect();
            writer.write(&mut verdicts).await?;
        }
        Ok(())
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

/// What is written of the documents that stay.
struct Keepers<'a> {
    /// Their numbers, ascending.
    documents: &'a [u32],
    ids: &'a [String],
    origins: &'a [Option<Origin>],
}

impl Keepers<'_> {
    /// Id and origin of the document that stays of `cluster`.
    fn of(&self, cluster: &Cluster) -> (Option<&String>, Option<&Origin>) {
        let Ok(index) = self.documents.binary_search(&cluster.keeper) else { return (None, None) };
        (self.ids.get(index), self.origins.get(index).and_then(Option::as_ref))
    }
}

fn membership((document, cluster): &Member, keepers: &Keepers<'_>, similar: &[(Pair, Option<f64>)]) -> Membership {
    let (id, origin) = keepers.of(cluster);
    let of = pair(*document, cluster.keeper);
    let compared = similar.binary_search_by_key(&of, |(pair, _)| *pair).ok();
    Membership {
        removed: *document != cluster.keeper,
        keeper: id.cloned().unwrap_or_default(),
        keeper_origin: origin.cloned(),
        similarity: compared.and_then(|index| similar[index].1),
        size: u64::from(cluster.size),
    }
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

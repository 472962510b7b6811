//! Which documents belong together: equal texts, equal URLs, and pairs that share a band and pass the check.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, UInt32Type, UInt64Type};
use textmill_minhash_dedupe::{DedupeSettings, Join, MinhashSettings, UnionFind, Verify, key_columns};
use textmill_store::manifest::ClusterReport;

use super::compare::{Comparer, Pair};
use crate::EngineError;
use crate::exchange::keys::{Bits, DOCUMENT, KEY, KeyFiles, Scan, Wanted, column};
use crate::exchange::resources::Resources;
use crate::exchange::sorted::Sorted;

/// The clusters of all documents.
#[derive(Debug)]
pub(super) struct Clusters {
    /// For each document the first document of its cluster.
    pub roots: Vec<u32>,
    /// First document and size of each cluster of two and more, in order.
    pub clusters: Vec<(u32, u32)>,
}

/// Groups the documents of `files`.
pub(super) async fn group(
    resources: &Resources<'_>,
    files: &Arc<KeyFiles>,
    settings: &DedupeSettings,
    report: &mut ClusterReport,
) -> Result<Clusters, EngineError> {
    let documents = files.documents();
    let mut grouping = Grouping {
        resources,
        files,
        sets: UnionFind::new(documents),
        copies: Arc::new(Bits::new(documents)),
        similar: Vec::new(),
        report,
    };
    if settings.by_text {
        grouping.same_texts().await?;
    }
    if settings.by_url {
        grouping.same_urls().await?;
    }
    if let Some(minhash) = &settings.minhash {
        let bands: Vec<u32> = (0..minhash.bands.bands()).collect();
        for bands in bands.chunks(resources.budget.bands) {
            grouping.bands(minhash, bands).await?;
        }
        if let Some(cap) = minhash.max_cluster {
            return Ok(grouping.capped(cap));
        }
    }
    let (roots, clusters) = grouping.sets.into_clusters();
    Ok(Clusters { roots, clusters })
}

struct Grouping<'a> {
    resources: &'a Resources<'a>,
    files: &'a Arc<KeyFiles>,
    sets: UnionFind,
    /// Documents with the text of an earlier one: it stands for them.
    copies: Arc<Bits>,
    /// Pairs that passed, where a bound on clusters asks for the most similar ones first.
    similar: Vec<(f64, Pair)>,
    report: &'a mut ClusterReport,
}

impl Grouping<'_> {
    async fn same_texts(&mut self) -> Result<(), EngineError> {
        let mut copies = Bits::new(self.files.documents());
        let sets = &mut self.sets;
        let mut found = 0;
        let columns = [key_columns::TEXT_HIGH, key_columns::TEXT_LOW];
        equal_keys(self.resources, self.files, columns, |first, document| {
            sets.join(first, document);
            copies.set(document);
            found += 1;
        })
        .await?;
        self.report.same_text = found;
        self.copies = Arc::new(copies);
        Ok(())
    }

    async fn same_urls(&mut self) -> Result<(), EngineError> {
        let sets = &mut self.sets;
        let mut found = 0;
        let columns = [key_columns::URL_HIGH, key_columns::URL_LOW];
        equal_keys(self.resources, self.files, columns, |first, document| {
            found += u64::from(sets.join(first, document) == Join::Joined);
        })
        .await?;
        self.report.same_url = found;
        Ok(())
    }

    /// Compares the documents that share a key of one of `bands`. Keys of different bands never meet: the number of the
    /// band is the seed of its hash.
    async fn bands(&mut self, minhash: &MinhashSettings, bands: &[u32]) -> Result<(), EngineError> {
        let copies = Arc::clone(&self.copies);
        let columns = bands.iter().map(|band| key_columns::band(*band)).collect();
        let scan = Scan::stacked(self.files, columns, Wanted::AllBut(copies));
        let mut sorted = Sorted::new(self.resources, scan, &format!("{KEY}, {DOCUMENT}")).await?;
        let mut bucket = Bucket::new(minhash.max_bucket);
        let mut pairs = Pairs::default();
        let room = self.resources.budget.pairs;
        while let Some(batch) = sorted.next().await? {
            let (keys, documents) = (column::<UInt64Type>(&batch, 0)?, column::<UInt32Type>(&batch, 1)?);
            for (key, document) in keys.values().iter().zip(documents.values()) {
                if let Some(size) = bucket.enter(*key) {
                    self.count_bucket(size, minhash.max_bucket);
                }
                bucket.each_before(|distance, other| {
                    self.candidate(minhash, &mut pairs, distance, other, *document);
                });
                bucket.push(*document);
                if pairs.len() >= room {
                    self.compare(minhash, &mut pairs).await?;
                }
            }
        }
        self.count_bucket(bucket.size, minhash.max_bucket);
        self.compare(minhash, &mut pairs).await
    }

    fn count_bucket(&mut self, size: u64, bound: u32) {
        self.report.large_buckets += u64::from(size > u64::from(bound));
        self.report.largest_bucket = self.report.largest_bucket.max(size);
    }

    /// Takes a pair for comparison unless its documents are in one cluster already. A bound on clusters asks for all.
    fn candidate(&mut self, minhash: &MinhashSettings, pairs: &mut Pairs, distance: usize, left: u32, right: u32) {
        let every = minhash.max_cluster.is_some();
        // Keys of two bands of one document may be equal by accident.
        if left == right {
            return;
        }
        if minhash.verify == Verify::None && !every {
            // With its neighbour alone the whole bucket comes together.
            if distance == 1 {
                self.report.compared += 1;
                self.report.passed += 1;
                self.sets.join(left, right);
            }
        } else if every || self.sets.root(left) != self.sets.root(right) {
            let list = if distance == 1 { &mut pairs.near } else { &mut pairs.far };
            list.push((left, right));
        }
    }

    /// Compares the pairs taken so far: neighbours first, which makes most of the others needless where all of a bucket
    /// are alike.
    async fn compare(&mut self, minhash: &MinhashSettings, pairs: &mut Pairs) -> Result<(), EngineError> {
        let every = minhash.max_cluster.is_some();
        for list in [&mut pairs.near, &mut pairs.far] {
            if !every {
                list.retain(|(left, right)| self.sets.root(*left) != self.sets.root(*right));
            }
            list.sort_unstable();
            list.dedup();
            let (sets, similar, report) = (&mut self.sets, &mut self.similar, &mut *self.report);
            let comparer =
                Comparer { files: self.files, verify: minhash.verify, block_bytes: self.resources.budget.block_bytes };
            comparer
                .each(list, |(left, right), similarity| {
                    report.compared += 1;
                    let similarity = similarity.unwrap_or(0.0);
                    if similarity >= minhash.threshold || minhash.verify == Verify::None {
                        report.passed += 1;
                        if every {
                            similar.push((similarity, (left, right)));
                        } else {
                            sets.join(left, right);
                        }
                    }
                })
                .await?;
            list.clear();
            if self.similar.len() > self.resources.budget.pairs {
                // The same pair is found in several bands.
                self.similar.sort_unstable_by(most_similar_first);
                self.similar.dedup();
            }
            if self.similar.len() > self.resources.budget.pairs {
                return Err(EngineError::TooManyPairs { stage: self.resources.stage.to_owned() });
            }
        }
        Ok(())
    }

    /// Joins the pairs that passed, the most similar first, into clusters of at most `cap` different texts.
    fn capped(mut self, cap: u32) -> Clusters {
        self.similar.sort_unstable_by(most_similar_first);
        self.similar.dedup();
        let documents = self.files.documents();
        let mut capped = UnionFind::with_cap(documents, cap);
        for (_, (left, right)) in &self.similar {
            // Equal URLs have joined some of them already.
            let (left, right) = (self.sets.root(*left), self.sets.root(*right));
            capped.join(left, right);
        }
        self.report.refused = capped.refused();
        let mut sizes = vec![0_u32; documents as usize];
        let mut roots = Vec::with_capacity(documents as usize);
        for document in 0..documents {
            let root = capped.root(self.sets.root(document));
            sizes[root as usize] += 1;
            roots.push(root);
        }
        let clusters = (0..documents).zip(sizes).filter(|(_, size)| *size > 1).collect();
        Clusters { roots, clusters }
    }
}

fn most_similar_first(left: &(f64, Pair), right: &(f64, Pair)) -> std::cmp::Ordering {
    right.0.total_cmp(&left.0).then(left.1.cmp(&right.1))
}

/// Pairs that wait to be compared.
#[derive(Default)]
struct Pairs {
    /// Of neighbours in a bucket.
    near: Vec<Pair>,
    far: Vec<Pair>,
}

impl Pairs {
    fn len(&self) -> usize {
        self.near.len() + self.far.len()
    }
}

/// The documents with one key, as far as they are still compared with later ones.
struct Bucket {
    key: Option<u64>,
    window: VecDeque<u32>,
    bound: usize,
    size: u64,
}

impl Bucket {
    fn new(bound: u32) -> Self {
        Self { key: None, window: VecDeque::new(), bound: bound as usize, size: 0 }
    }

    /// Begins another bucket where the key is another one; returns the size of the one that ended.
    fn enter(&mut self, key: u64) -> Option<u64> {
        if self.key == Some(key) {
            return None;
        }
        self.key = Some(key);
        self.window.clear();
        Some(std::mem::take(&mut self.size))
    }

    /// Calls `take` with the documents that the next one is compared with and how far back they are, the nearest first.
    fn each_before(&self, mut take: impl FnMut(usize, u32)) {
        self.window.iter().rev().enumerate().for_each(|(index, other)| take(index + 1, *other));
    }

    fn push(&mut self, document: u32) {
        self.size += 1;
        if self.window.len() == self.bound {
            self.window.pop_front();
        }
        self.window.push_back(document);
    }
}

/// Calls `join` with the first document that has a key of two halves and each later one that has it.
async fn equal_keys(
    resources: &Resources<'_>,
    files: &Arc<KeyFiles>,
    columns: [&str; 2],
    mut join: impl FnMut(u32, u32),
) -> Result<(), EngineError> {
    let fields = columns.map(|name| Field::new(name, DataType::UInt64, true)).to_vec();
    let scan = Scan::new(files, fields, true, Wanted::All);
    let order = format!("{}, {}, {DOCUMENT}", columns[0], columns[1]);
    let mut sorted = Sorted::new(resources, scan, &order).await?;
    let mut first: Option<((u64, u64), u32)> = None;
    while let Some(batch) = sorted.next().await? {
        let (high, low) = (column::<UInt64Type>(&batch, 0)?, column::<UInt64Type>(&batch, 1)?);
        let documents = column::<UInt32Type>(&batch, 2)?;
        for ((high, low), document) in high.values().iter().zip(low.values()).zip(documents.values()) {
            match first {
                Some((key, first)) if key == (*high, *low) => join(first, *document),
                _ => first = Some(((*high, *low), *document)),
            }
        }
    }
    Ok(())
}

//! Near-duplicates of documents that fit into memory: the whole way from texts to clusters, in one thread.
//!
//! 1. Documents with the same normal form are one document from then on; the first stands for them.
//! 2. Of the others, a signature each, and the documents in order of the key of each band: what has the same key in one
//!    band is a bucket.
//! 3. In a bucket every pair is a candidate and is verified; a pair that is in one cluster already is not looked at. In a
//!    bucket of more than `max_bucket` documents, each is compared with the `max_bucket` before it only, so that no
//!    bucket costs more than its size times a constant.
//! 4. Candidates that pass are joined: without a cap the clusters are the connected components of the pairs that pass,
//!    whatever their order. With a cap, the most similar pairs are joined first.

use std::collections::BTreeMap;

use crate::{
    Bands, MinHasher, NormalBuffer, Normalization, Normalizer, Shingler, UnionFind, Verify, agreement, jaccard,
    text_key,
};

/// How documents in memory are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// The normal form of texts.
    pub normalization: Normalization,
    /// How it is cut.
    pub shingler: Shingler,
    /// Hashes per signature; at least those of the bands are made.
    pub hashes: u32,
    /// Seed of the hash functions.
    pub seed: u64,
    /// The bands.
    pub bands: Bands,
    /// How candidates are checked.
    pub verify: Verify,
    /// Similarity from which a checked candidate passes, 0 to 1.
    pub threshold: f64,
    /// Largest cluster, in documents that differ in normal form.
    pub max_cluster: u32,
    /// Largest bucket in which every pair is compared, in documents that differ in normal form.
    pub max_bucket: usize,
}

/// The clusters found.
#[derive(Debug, Clone, PartialEq)]
pub struct Clusters {
    /// For every document the number of the first document of its cluster; its own if it is alone.
    pub roots: Vec<u32>,
    /// Pairs that met in a band and were compared.
    pub compared: u64,
    /// Of these, the pairs that passed.
    pub passed: u64,
    /// Buckets that were larger than allowed.
    pub large_buckets: u64,
    /// Joins that a cap refused.
    pub refused: u64,
}

/// What is known of a document that is the first with its normal form.
struct Document {
    number: u32,
    signature: Vec<u32>,
    /// For exact verification.
    shingles: Vec<u64>,
}

/// A pair that passed: how similar, and the numbers of both.
type Pass = (f64, u32, u32);

/// The clusters of `texts`, at most `u32::MAX` of them (any more stay out).
pub fn cluster<T: AsRef<str>>(texts: &[T], settings: &Settings) -> Clusters {
    let count = u32::try_from(texts.len()).unwrap_or(u32::MAX);
    let (documents, copies) = distinct(texts, settings);
    let mut found = Clusters { roots: Vec::new(), compared: 0, passed: 0, large_buckets: 0, refused: 0 };
    let mut sets = UnionFind::new(count);
    let mut passes = Vec::new();
    for band in 0..settings.bands.bands() {
        for bucket in buckets(&documents, settings.bands, band) {
            found.large_buckets += u64::from(bucket.len() > settings.max_bucket);
            compare_bucket(&bucket, settings, &mut sets, &mut passes, &mut found);
        }
    }
    if settings.max_cluster < u32::MAX {
        // The most similar first, so that a cap keeps what belongs together most.
        passes.sort_by(|left, right| right.0.total_cmp(&left.0).then((left.1, left.2).cmp(&(right.1, right.2))));
        sets = UnionFind::with_cap(count, settings.max_cluster);
        passes.iter().for_each(|(_, left, right)| {
            sets.join(*left, *right);
        });
        found.refused = sets.refused();
    }
    found.roots = sets.roots();
    for (copy, first) in copies {
        let root = found.roots.get(first as usize).copied();
        if let (Some(slot), Some(root)) = (found.roots.get_mut(copy as usize), root) {
            *slot = root;
        }
    }
    found
}

/// The documents that have shingles, each normal form once, and the others with the number of the first of their form.
fn distinct<T: AsRef<str>>(texts: &[T], settings: &Settings) -> (Vec<Document>, Vec<(u32, u32)>) {
    let normalizer = Normalizer::new(settings.normalization);
    let hasher = MinHasher::new(settings.hashes.max(settings.bands.hashes()), settings.seed);
    let (mut minima, mut buffer) = (hasher.minima(), NormalBuffer::default());
    let (mut documents, mut copies, mut firsts) = (Vec::new(), Vec::new(), BTreeMap::new());
    for (number, text) in (0_u32..).zip(texts) {
        let normal = normalizer.normalize(text.as_ref(), &mut buffer);
        let Some(key) = text_key(normal) else { continue };
        let first = *firsts.entry(key).or_insert(number);
        if first != number {
            copies.push((number, first));
            continue;
        }
        let mut signature = Vec::new();
        if minima.read(settings.shingler, normal, &mut signature) {
            let exact = settings.verify == Verify::Exact;
            let shingles = if exact { settings.shingler.set(normal) } else { Vec::new() };
            documents.push(Document { number, signature, shingles });
        }
    }
    (documents, copies)
}

/// The documents that share the key of a band, in order of their number; buckets of one are left out.
fn buckets(documents: &[Document], bands: Bands, band: u32) -> Vec<Vec<&Document>> {
    let mut keyed: Vec<(u64, &Document)> = Vec::with_capacity(documents.len());
    for document in documents {
        if let Some(key) = bands.key(&document.signature, band) {
            keyed.push((key, document));
        }
    }
    keyed.sort_by_key(|(key, document)| (*key, document.number));
    let runs = keyed.chunk_by(|left, right| left.0 == right.0).filter(|run| run.len() > 1);
    runs.map(|run| run.iter().map(|(_, document)| *document).collect()).collect()
}

fn compare_bucket<'d>(
    bucket: &[&'d Document],
    settings: &Settings,
    sets: &mut UnionFind,
    passes: &mut Vec<Pass>,
    found: &mut Clusters,
) {
    // A capped run needs every pair, to join the most similar first; otherwise one path between two is enough.
    let every = settings.max_cluster < u32::MAX;
    for (place, document) in bucket.iter().enumerate() {
        let from = place.saturating_sub(settings.max_bucket);
        let before: &[&'d Document] = bucket.get(from..place).unwrap_or_default();
        for other in before.iter().rev() {
            if sets.root(document.number) == sets.root(other.number) && !every {
                continue;
            }
            found.compared += 1;
            let similarity = match settings.verify {
                Verify::None => 1.0,
                Verify::Signature => agreement(&document.signature, &other.signature),
                Verify::Exact => jaccard(&document.shingles, &other.shingles),
            };
            if similarity >= settings.threshold {
                found.passed += 1;
                if every {
                    passes.push((similarity, other.number, document.number));
                }
                sets.join(other.number, document.number);
            }
        }
    }
}

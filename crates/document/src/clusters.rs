use serde::{Deserialize, Serialize};

/// What a deduplication found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterReport {
    /// Documents that were compared.
    pub documents: u64,
    /// Clusters of two documents and more.
    pub clusters: u64,
    /// Documents that were removed: those in clusters less one for each cluster.
    pub removed: u64,
    /// Of these, the documents with the same normal form as an earlier one.
    pub same_text: u64,
    /// Of these, the documents with the same URL as an earlier one and another text.
    pub same_url: u64,
    /// Pairs that shared a band and were compared.
    pub compared: u64,
    /// Of these, the pairs that passed.
    pub passed: u64,
    /// Groups of documents with a band in common that were larger than `max_bucket`.
    pub large_buckets: u64,
    /// The largest of them, in documents.
    pub largest_bucket: u64,
    /// Joins that `max_cluster` refused.
    pub refused: u64,
    /// Number of clusters by size: `2`, `3-4`, `5-8` and so on.
    pub sizes: Vec<(String, u64)>,
    /// The largest clusters, at most 20: id of the document that stayed, and documents.
    pub largest: Vec<(String, u64)>,
    /// Documents compared and removed of each source, where the stage names a column; at most 100, most removed first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<(String, u64, u64)>,
    /// Repeats of text that were found, where the stage cuts them; those in one text that touch are one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<RepeatReport>,
}

/// What was found of text that stands elsewhere too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepeatReport {
    /// Documents with any.
    pub documents: u64,
    /// Repeats.
    pub spans: u64,
    /// Bytes of text in them. Less is cut where borders shrink them, more where short text between goes too.
    pub bytes: u64,
    /// Of the repeats, those whose first occurrence is in the same document.
    pub within: u64,
}

//! How alike two candidates really are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a candidate pair is checked before its documents are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verify {
    /// Not at all: a band in common is enough, as in most published pipelines.
    None,
    /// By the share of hashes in which the signatures agree: no text is read again; off by a standard deviation of
    /// sqrt(j (1 - j) / hashes), 0.04 for 128 hashes at 0.7.
    Signature,
    /// By the Jaccard similarity of the sets of shingles.
    #[default]
    Exact,
}

/// Jaccard similarity of two sets of shingles, each sorted and without repetition ([`crate::Shingler::set`]): members
/// in common by members of either. 0 if both are empty: a document without shingles is like no other.
pub fn jaccard(left: &[u64], right: &[u64]) -> f64 {
    let common = common(left, right);
    match left.len() + right.len() - common {
        0 => 0.0,
        either => common as f64 / either as f64,
    }
}

/// Members in common of two sorted sets.
fn common(left: &[u64], right: &[u64]) -> usize {
    let (small, large) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    if small.len() < large.len() / 32 {
        return small.iter().filter(|member| large.binary_search(member).is_ok()).count();
    }
    let (mut at_small, mut at_large, mut common) = (0, 0, 0);
    while let (Some(a), Some(b)) = (small.get(at_small), large.get(at_large)) {
        common += usize::from(a == b);
        at_small += usize::from(a <= b);
        at_large += usize::from(b <= a);
    }
    common
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn similarity_of_sets() {
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        close(jaccard(&[1, 2, 3], &[2, 3, 4]), 0.5);
        close(jaccard(&[], &[]), 0.0);
        close(jaccard(&[1], &[]), 0.0);
        close(jaccard(&[5], &[5]), 1.0);
        let large: Vec<u64> = (0..1000).collect();
        close(jaccard(&[7, 2000], &large), 1.0 / 1001.0);
    }
}

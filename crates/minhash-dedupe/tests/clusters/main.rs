//! Clustering in memory against a brute-force reference, and where clustering is known to go wrong elsewhere.
#![allow(clippy::unwrap_used, missing_docs)]

mod brute;
mod over_merge;
mod support;

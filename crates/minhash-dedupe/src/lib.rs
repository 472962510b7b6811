//! Exact and MinHash near-duplicate detection.

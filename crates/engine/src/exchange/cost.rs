//! What an exchange costs, by the number of documents that it is given.

/// Documents that an exchange is given, and bytes of their text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Load {
    pub documents: f64,
    pub bytes: f64,
    /// Runs that the documents are cut into; each compares its share.
    pub runs: f64,
}

/// What it costs to decide of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Cost {
    /// Bytes of keys that tasks write and the exchange reads.
    pub key_bytes: f64,
    /// Bytes of memory that the process needs which compares the documents of one run.
    pub memory: f64,
    /// Bytes of memory with which it need not sort on disk.
    pub memory_without_spill: f64,
    /// Bytes in its temporary folder with less than that.
    pub spill: f64,
}

/// A sort holds about three times its rows.
pub(crate) const SORT_COPIES: f64 = 3.0;

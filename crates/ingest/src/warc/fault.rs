//! Why a record is none, and what is passed over because of it.

use textmill_document::Cause;

use crate::quarantine::Evidence;

/// A stretch that is being passed over until the next record.
pub(super) struct Lost {
    pub evidence: Evidence,
    pub cause: Cause,
    pub detail: String,
    /// Whether the record needs more bytes: then it is cut off, unless another record begins.
    pub incomplete: bool,
}

/// Why a record is none.
pub(super) struct Fault {
    pub cause: Cause,
    pub detail: String,
    pub incomplete: bool,
}

impl Fault {
    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self { cause: Cause::Malformed, detail: detail.into(), incomplete: false }
    }

    pub(super) fn incomplete(detail: impl Into<String>) -> Self {
        Self { cause: Cause::Truncated, detail: detail.into(), incomplete: true }
    }
}

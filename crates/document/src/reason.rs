use std::fmt;

/// One code of a stage's closed list of reasons for dropping a document.
///
/// The code names why the document left, in the past tense of the finding (`too_few_words`), never
/// the parameter that was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reason {
    /// Stable code, snake case, unique within its stage.
    pub code: &'static str,
    /// One line for people: what was found.
    pub summary: &'static str,
}

impl Reason {
    /// Several lists of reasons as one, at compile time; `N` is the number of all reasons.
    ///
    /// # Panics
    /// When `N` is another number, which the compiler reports.
    pub const fn join<const N: usize>(lists: &[&[Self]]) -> [Self; N] {
        let mut all = [Self { code: "", summary: "" }; N];
        let (mut list, mut place) = (0, 0);
        while list < lists.len() {
            let mut index = 0;
            while index < lists[list].len() {
                all[place] = lists[list][index];
                (index, place) = (index + 1, place + 1);
            }
            list += 1;
        }
        assert!(place == N, "`N` is the number of all reasons");
        all
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

/// Why a document or record could not be processed and lies in quarantine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The record is not valid in its format (JSON syntax, Parquet page).
    Malformed,
    /// The record is valid but a mapped field is absent or null.
    MissingText,
    /// A mapped field holds another type than the declared one.
    WrongType,
    /// The bytes are not UTF-8 where the format demands it.
    InvalidUtf8,
    /// The content is not the one that its record has a digest of.
    DigestMismatch,
    /// The record is larger than `limits.max_document_bytes`.
    TooLarge,
    /// The file ends inside the record.
    Truncated,
    /// A compressed block is damaged (bad checksum, bad code).
    CorruptCompression,
    /// A compressed block expands beyond `limits.max_decompression_ratio`.
    DecompressionBomb,
    /// The whole shard could not be opened.
    UnreadableShard,
    /// A stage returned an error for this document.
    StageError,
    /// A stage panicked on this document.
    Panic,
}

impl Cause {
    /// Every cause, in the order of their declaration.
    pub const ALL: &'static [Self] = &[
        Self::Malformed,
        Self::MissingText,
        Self::WrongType,
        Self::InvalidUtf8,
        Self::DigestMismatch,
        Self::TooLarge,
        Self::Truncated,
        Self::CorruptCompression,
        Self::DecompressionBomb,
        Self::UnreadableShard,
        Self::StageError,
        Self::Panic,
    ];

    /// Stable snake-case code used in ledgers, files and reports.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::MissingText => "missing_text",
            Self::WrongType => "wrong_type",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::DigestMismatch => "digest_mismatch",
            Self::TooLarge => "too_large",
            Self::Truncated => "truncated",
            Self::CorruptCompression => "corrupt_compression",
            Self::DecompressionBomb => "decompression_bomb",
            Self::UnreadableShard => "unreadable_shard",
            Self::StageError => "stage_error",
            Self::Panic => "panic",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::Cause;

    #[test]
    fn cause_codes_are_unique() {
        let mut codes: Vec<_> = Cause::ALL.iter().map(|cause| cause.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Cause::ALL.len());
    }
}

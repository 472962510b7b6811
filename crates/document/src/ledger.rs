use std::collections::BTreeMap;
use std::fmt;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::Changes;

/// A number of documents and the UTF-8 bytes of their payload (text, or HTML before extraction).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Count {
    /// Documents.
    pub documents: u64,
    /// Payload bytes.
    pub bytes: u64,
}

impl Count {
    /// A count of `documents` with `bytes` of payload together.
    pub fn new(documents: u64, bytes: u64) -> Self {
        Self { documents, bytes }
    }

    /// One document of `bytes`.
    pub fn one(bytes: u64) -> Self {
        Self::new(1, bytes)
    }

    /// Whether nothing was counted.
    pub fn is_zero(self) -> bool {
        self == Self::default()
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.documents += other.documents;
        self.bytes += other.bytes;
    }
}

impl std::iter::Sum for Count {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::default(), |mut total, count| {
            total += count;
            total
        })
    }
}

/// What is missing of the input beyond the records in quarantine, of which nobody can say how many documents it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// Bytes of input files, as they are stored, in damaged stretches that may have held any number of records.
    pub bytes: u64,
    /// Files that end before their own end (a download that broke off), each with how.
    pub cut_files: Vec<String>,
}

impl Missing {
    /// Whether nothing is known to be missing.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what `other` misses.
    pub fn merge(&mut self, other: &Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.cut_files.extend(other.cut_files.iter().cloned());
    }
}

/// What happened to the documents that reached one stage.
///
/// It balances when `input = kept + dropped + elsewhere + duplicates + quarantined` in documents,
/// and the same in bytes with `rewritten_bytes` (bytes that kept documents gained or lost inside
/// the stage) added to the input.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageLedger {
    /// The stage's id in the pipeline file.
    pub id: String,
    /// What it runs: `filter`, `normalize`, ...
    pub stage: String,
    /// Documents offered to the stage.
    pub input: Count,
    /// Documents that went on.
    pub kept: Count,
    /// Documents dropped, by reason code.
    pub dropped: BTreeMap<String, Count>,
    /// Documents that this branch did not take and a sibling branch did.
    pub elsewhere: Count,
    /// Documents removed as duplicates of a named keeper.
    pub duplicates: Count,
    /// Documents or records that could not be processed, by cause.
    pub quarantined: BTreeMap<String, Count>,
    /// Records of the input that are no documents, by type (`request`, `warcinfo`, ...); they are no
    /// part of the balance. Only the input itself has them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skipped: BTreeMap<String, Count>,
    /// What is missing of the input; no part of the balance. Only the input itself has it.
    #[serde(default, skip_serializing_if = "Missing::is_none")]
    pub missing: Missing,
    /// Bytes that kept documents gained (positive) or lost (negative) by being rewritten.
    pub rewritten_bytes: i64,
    /// What was rewritten inside kept documents, by kind.
    #[serde(default, skip_serializing_if = "Changes::is_empty")]
    pub changed: Changes,
}

impl StageLedger {
    /// An empty ledger of the stage `id` that runs `stage`.
    pub fn new(id: impl Into<String>, stage: impl Into<String>) -> Self {
        Self { id: id.into(), stage: stage.into(), ..Self::default() }
    }

    /// Counts documents dropped for `reason`.
    pub fn add_dropped(&mut self, reason: &str, count: Count) {
        add_to(&mut self.dropped, reason, count);
    }

    /// Counts documents quarantined for `cause`.
    pub fn add_quarantined(&mut self, cause: &str, count: Count) {
        add_to(&mut self.quarantined, cause, count);
    }

    /// Counts records that are no documents.
    pub fn add_skipped(&mut self, kind: &str, count: Count) {
        add_to(&mut self.skipped, kind, count);
    }

    /// All drops together.
    pub fn dropped_total(&self) -> Count {
        self.dropped.values().copied().sum()
    }

    /// All quarantined documents together.
    pub fn quarantined_total(&self) -> Count {
        self.quarantined.values().copied().sum()
    }

    /// Whether every document and byte is accounted for.
    pub fn check(&self) -> Result<(), Imbalance> {
        let mut out = self.kept;
        for count in [self.dropped_total(), self.elsewhere, self.duplicates, self.quarantined_total()] {
            out += count;
        }
        let bytes_in = i128::from(self.input.bytes) + i128::from(self.rewritten_bytes);
        if self.input.documents == out.documents && bytes_in == i128::from(out.bytes) {
            return Ok(());
        }
        Err(Imbalance {
            id: self.id.clone(),
            documents_in: self.input.documents,
            documents_out: out.documents,
            bytes_in,
            bytes_out: i128::from(out.bytes),
        })
    }

    fn merge(&mut self, other: &Self) {
        self.input += other.input;
        self.kept += other.kept;
        self.elsewhere += other.elsewhere;
        self.duplicates += other.duplicates;
        self.rewritten_bytes += other.rewritten_bytes;
        for (reason, count) in &other.dropped {
            self.add_dropped(reason, *count);
        }
        for (cause, count) in &other.quarantined {
            self.add_quarantined(cause, *count);
        }
        for (kind, count) in &other.skipped {
            self.add_skipped(kind, *count);
        }
        self.missing.merge(&other.missing);
        self.changed.merge(&other.changed);
    }
}

fn add_to(map: &mut BTreeMap<String, Count>, key: &str, count: Count) {
    if let Some(total) = map.get_mut(key) {
        *total += count;
    } else {
        map.insert(key.to_owned(), count);
    }
}

/// Documents or bytes that a stage took in and did not account for: a bug of the highest rank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imbalance {
    /// The stage's id.
    pub id: String,
    /// Documents that came in.
    pub documents_in: u64,
    /// Documents accounted for.
    pub documents_out: u64,
    /// Bytes that came in, with the bytes rewritten added.
    pub bytes_in: i128,
    /// Bytes accounted for.
    pub bytes_out: i128,
}

impl fmt::Display for Imbalance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "stage `{}` does not balance: {} documents ({} bytes) in, {} documents ({} bytes) accounted for",
            self.id, self.documents_in, self.bytes_in, self.documents_out, self.bytes_out
        )
    }
}

impl std::error::Error for Imbalance {}

/// The stage ledgers of one task, phase or run, in pipeline order. The first is the input itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ledger {
    /// One entry a stage.
    pub stages: Vec<StageLedger>,
    /// Extra copies made where a document went down more than one branch.
    pub branch_copies: Count,
    /// Documents written to the output.
    pub output: Count,
}

impl Ledger {
    /// Adds the counts of `other`; stages are matched by id, unknown ones are appended.
    pub fn merge(&mut self, other: &Self) {
        for theirs in &other.stages {
            match self.stages.iter_mut().find(|ours| ours.id == theirs.id) {
                Some(ours) => ours.merge(theirs),
                None => self.stages.push(theirs.clone()),
            }
        }
        self.branch_copies += other.branch_copies;
        self.output += other.output;
    }

    /// Documents and records read from the input.
    pub fn input(&self) -> Count {
        self.stages.first().map(|stage| stage.input).unwrap_or_default()
    }

    /// What is missing of the input.
    pub fn missing(&self) -> Missing {
        self.stages.first().map(|stage| stage.missing.clone()).unwrap_or_default()
    }

    /// All documents dropped.
    pub fn dropped(&self) -> Count {
        self.stages.iter().map(StageLedger::dropped_total).sum()
    }

    /// All duplicates removed.
    pub fn duplicates(&self) -> Count {
        self.stages.iter().map(|stage| stage.duplicates).sum()
    }

    /// All documents and records quarantined.
    pub fn quarantined(&self) -> Count {
        self.stages.iter().map(StageLedger::quarantined_total).sum()
    }

    /// Checks every stage, then that input and branch copies equal everything that left:
    /// `input + branch_copies + rewritten = output + dropped + duplicates + quarantined`.
    pub fn check(&self) -> Result<(), Imbalance> {
        for stage in &self.stages {
            stage.check()?;
        }
        let (input, copies) = (self.input(), self.branch_copies);
        let rewritten: i128 = self.stages.iter().map(|stage| i128::from(stage.rewritten_bytes)).sum();
        let out: Count = [self.output, self.dropped(), self.duplicates(), self.quarantined()].into_iter().sum();
        let documents_in = input.documents + copies.documents;
        let bytes_in = i128::from(input.bytes) + i128::from(copies.bytes) + rewritten;
        if documents_in == out.documents && bytes_in == i128::from(out.bytes) {
            return Ok(());
        }
        Err(Imbalance {
            id: "run".to_owned(),
            documents_in,
            documents_out: out.documents,
            bytes_in,
            bytes_out: i128::from(out.bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn balanced() -> StageLedger {
        let mut stage = StageLedger::new("rules", "filter");
        stage.input = Count::new(10, 1000);
        stage.kept = Count::new(6, 550);
        stage.add_dropped("too_few_words", Count::new(3, 200));
        stage.add_quarantined("panic", Count::new(1, 100));
        stage.rewritten_bytes = -150;
        stage
    }

    #[test]
    fn a_lost_document_or_byte_is_an_imbalance() {
        assert_eq!(balanced().check(), Ok(()));
        let mut lost_document = balanced();
        lost_document.kept.documents -= 1;
        assert!(lost_document.check().is_err());
        let mut lost_byte = balanced();
        lost_byte.kept.bytes -= 1;
        assert!(lost_byte.check().is_err());
    }

    #[test]
    fn merging_adds_and_keeps_the_order_of_stages() {
        let mut run = Ledger { stages: vec![balanced()], output: Count::new(6, 550), ..Ledger::default() };
        run.merge(&run.clone());
        assert_eq!(run.stages.len(), 1);
        assert_eq!(run.stages[0].dropped["too_few_words"], Count::new(6, 400));
        assert_eq!(run.check(), Ok(()));
    }

    #[test]
    fn skipped_records_add_up_and_are_no_part_of_the_balance() {
        let mut stage = balanced();
        assert!(!serde_json::to_string(&stage).expect("JSON").contains("skipped"));
        stage.add_skipped("request", Count::new(2, 700));
        let mut run = Ledger { stages: vec![stage], output: Count::new(6, 550), ..Ledger::default() };
        run.merge(&run.clone());
        assert_eq!(run.stages[0].skipped["request"], Count::new(4, 1400));
        assert_eq!(run.check(), Ok(()));
    }

    #[test]
    fn what_is_missing_adds_up_and_is_no_part_of_the_balance() {
        let mut stage = balanced();
        assert!(!serde_json::to_string(&stage).expect("JSON").contains("missing"));
        stage.missing = Missing { bytes: 7, cut_files: vec!["a.gz: cut".to_owned()] };
        let mut run = Ledger { stages: vec![stage], output: Count::new(6, 550), ..Ledger::default() };
        run.merge(&run.clone());
        assert_eq!((run.missing().bytes, run.missing().cut_files.len()), (14, 2));
        assert_eq!(run.check(), Ok(()));
    }

    #[test]
    fn a_run_that_writes_more_than_it_kept_does_not_balance() {
        let run = Ledger { stages: vec![balanced()], output: Count::new(7, 550), ..Ledger::default() };
        assert!(run.check().is_err());
    }
}

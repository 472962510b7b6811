//! Records in order, within a bound of memory.
//!
//! What fits is sorted in memory. What does not is written as sorted runs, cut by partition. A partition is then read from
//! all runs and sorted again, which is quicker than merging; only one that does not fit (its keys are hardly different) is
//! merged, run by run, and where there are too many runs for that, in several passes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::path::PathBuf;
use std::sync::Arc;

use crate::segments::{Segment, SegmentFile, SegmentWriter};
use crate::{ExchangeError, Record, sort_records};

/// Bytes of a partition at which its size is aimed.
const PARTITION_BYTES: u64 = 128 << 20;
/// Most partitions, as bits: each costs a segment in each run.
const MAX_PARTITION_BITS: u32 = 16;
/// Fewest records held at once.
const MIN_HELD: usize = 16;
/// Bytes that merging holds of a run.
const MERGED_BYTES: usize = 1 << 20;
/// Records that a merge gives at once.
const MERGED_RECORDS: usize = 1 << 12;

/// What may be used.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes held for records, those being sorted and room to sort them in. Default 64 MiB.
    pub memory: usize,
    /// Threads that sort. Default 1.
    pub threads: usize,
    /// Folder for temporary files. Default that of the system.
    pub folder: PathBuf,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 64 << 20, threads: 1, folder: std::env::temp_dir() }
    }
}

impl Limits {
    /// The same with `share` of the memory, in parts of `of`.
    #[must_use]
    pub fn share(&self, share: usize, of: usize) -> Self {
        Self { memory: self.memory / of.max(1) * share, ..self.clone() }
    }
}

/// How records are cut into partitions: by the highest bits of their first word. It follows from numbers of records
/// alone, never from machines, threads or memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partitioning {
    bits: u32,
    /// Bits that first words have.
    key_bits: u32,
}

impl Partitioning {
    /// `1 << bits` partitions of records whose first words are hashes; at most 65,536.
    pub fn of_hashes(bits: u32) -> Self {
        Self { bits: bits.min(MAX_PARTITION_BITS), key_bits: u64::BITS }
    }

    /// `1 << bits` partitions of records whose first words are below `end`, evenly; at most 65,536.
    pub fn below(end: u64, bits: u32) -> Self {
        let key_bits = (u64::BITS - end.saturating_sub(1).leading_zeros()).max(1);
        Self { bits: bits.min(MAX_PARTITION_BITS).min(key_bits), key_bits }
    }

    /// Partitions of about 128 MiB for `rows` records of `width` bytes whose first words are hashes.
    pub fn of_rows(rows: u64, width: usize) -> Self {
        let partitions = rows.saturating_mul(width as u64).div_ceil(PARTITION_BYTES).max(1);
        Self::of_hashes(partitions.checked_next_power_of_two().map_or(MAX_PARTITION_BITS, u64::ilog2))
    }

    /// Number of partitions, a power of two.
    pub fn partitions(self) -> u32 {
        1 << self.bits
    }

    /// The partition of a record.
    pub fn of<R: Record>(self, record: &R) -> u32 {
        let lead = record.lead();
        let number = if self.bits == 0 { 0 } else { lead >> (self.key_bits - self.bits) };
        u32::try_from(number).unwrap_or(u32::MAX).min(self.partitions() - 1)
    }
}

/// Takes records in any order.
#[derive(Debug)]
pub struct Sorter<R> {
    partitioning: Partitioning,
    limits: Limits,
    held: Vec<R>,
    scratch: Vec<R>,
    most: usize,
    rows: u64,
    spill: Option<SegmentWriter<R>>,
}

impl<R: Record> Sorter<R> {
    /// A sorter that holds at most `limits.memory` bytes (and sixteen records).
    pub fn new(partitioning: Partitioning, limits: &Limits) -> Self {
        let most = held(limits, R::WIDTH);
        Self { partitioning, limits: limits.clone(), held: Vec::new(), scratch: Vec::new(), most, rows: 0, spill: None }
    }

    /// Takes a record.
    pub fn push(&mut self, record: R) -> Result<(), ExchangeError> {
        if self.held.len() == self.most {
            self.spill()?;
        }
        if self.held.len() == self.held.capacity() {
            // Doubling would overshoot the bound.
            let more = self.held.len().max(1 << 10).min(self.most - self.held.len());
            self.held.reserve_exact(more);
        }
        self.held.push(record);
        self.rows += 1;
        Ok(())
    }

    fn sort(&mut self) {
        sort_records(&mut self.held, &mut self.scratch, self.limits.threads);
    }

    fn spill(&mut self) -> Result<(), ExchangeError> {
        self.sort();
        if self.spill.is_none() {
            self.spill = Some(SegmentWriter::temporary(&self.limits.folder, self.partitioning)?);
        }
        if let Some(spill) = &mut self.spill {
            spill.write_run(&self.held)?;
        }
        self.held.clear();
        Ok(())
    }

    /// All records in order.
    pub fn finish(mut self) -> Result<Sorted<R>, ExchangeError> {
        if self.spill.is_some() {
            self.spill()?;
            self.held = Vec::new();
        } else {
            self.sort();
        }
        let file = self.spill.map(SegmentWriter::finish).transpose()?;
        let files = file.into_iter().map(Arc::new).collect();
        Ok(Sorted { partitioning: self.partitioning, limits: self.limits, held: self.held, files, rows: self.rows })
    }

    /// Writes all records to a new file at `path` that others read with [`Sorted::open`].
    pub fn finish_to(mut self, path: &std::path::Path) -> Result<u64, ExchangeError> {
        let mut writer = SegmentWriter::create(path, self.partitioning)?;
        if self.spill.is_none() {
            self.sort();
            writer.write_run(&self.held)?;
            writer.finish()?;
            return Ok(self.rows);
        }
        let rows = self.rows;
        let mut sorted = self.finish()?.into_cursor();
        while let Some(records) = sorted.next_records()? {
            writer.continue_run(&records)?;
        }
        writer.end_run();
        writer.finish()?;
        Ok(rows)
    }
}

/// Records that are held at once within `limits`: half of the memory is room to sort in.
fn held(limits: &Limits, width: usize) -> usize {
    (limits.memory / 2 / width).max(MIN_HELD)
}

/// Records in order: in memory, or as runs in files.
#[derive(Debug)]
pub struct Sorted<R> {
    partitioning: Partitioning,
    limits: Limits,
    held: Vec<R>,
    files: Vec<Arc<SegmentFile<R>>>,
    rows: u64,
}

impl<R: Record> Sorted<R> {
    /// The records of files that producers wrote with [`Sorter::finish_to`], all with `partitioning`.
    pub fn open<'p>(
        paths: impl IntoIterator<Item = &'p std::path::Path>,
        partitioning: Partitioning,
        limits: &Limits,
    ) -> Result<Self, ExchangeError> {
        let files = paths.into_iter().map(|path| SegmentFile::open(path, partitioning).map(Arc::new));
        let files = files.collect::<Result<Vec<_>, _>>()?;
        let rows = files.iter().flat_map(|file| file.segments()).map(|segment| segment.rows).sum();
        Ok(Self { partitioning, limits: limits.clone(), held: Vec::new(), files, rows })
    }

    /// Number of records.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Number of partitions.
    pub fn partitions(&self) -> u32 {
        self.partitioning.partitions()
    }

    /// Number of runs on disk; 0 where all is in memory.
    pub fn runs(&self) -> u32 {
        self.files.iter().map(|file| file.runs()).sum()
    }

    /// All records, one after the other.
    pub fn into_cursor(self) -> Cursor<R> {
        let partitions = self.partitions();
        Cursor::new(self, 0..partitions)
    }

    /// The records of one partition, one after the other.
    pub fn into_partition(self, partition: u32) -> Cursor<R> {
        Cursor::new(self, partition..partition.saturating_add(1))
    }
}

/// Gives records in order.
#[derive(Debug)]
pub struct Cursor<R> {
    sorted: Sorted<R>,
    partitions: std::ops::Range<u32>,
    /// Segments by partition, file and run.
    segments: Vec<(usize, Segment)>,
    /// Segments before are read.
    at: usize,
    records: Vec<R>,
    next: usize,
    scratch: Vec<R>,
    merge: Option<Merge<R>>,
}

impl<R: Record> Cursor<R> {
    fn new(mut sorted: Sorted<R>, partitions: std::ops::Range<u32>) -> Self {
        let mut segments: Vec<_> = (sorted.files.iter().enumerate())
            .flat_map(|(file, segments)| segments.segments().iter().map(move |segment| (file, *segment)))
            .filter(|(_, segment)| partitions.contains(&segment.partition))
            .collect();
        // Stable: segments of a run stay in order.
        segments.sort_by_key(|(file, segment)| (segment.partition, *file, segment.run));
        let mut records = std::mem::take(&mut sorted.held);
        if partitions.start > 0 || partitions.end < sorted.partitioning.partitions() {
            records.retain(|record| partitions.contains(&sorted.partitioning.of(record)));
        }
        Self { sorted, partitions, segments, at: 0, records, next: 0, scratch: Vec::new(), merge: None }
    }

    /// Partitions that it goes through.
    pub fn partitions(&self) -> std::ops::Range<u32> {
        self.partitions.clone()
    }

    /// The next record.
    #[allow(
        clippy::should_implement_trait,
        reason = "an iterator of results would be easy to use without looking at errors"
    )]
    pub fn next(&mut self) -> Result<Option<R>, ExchangeError> {
        loop {
            if let Some(record) = self.records.get(self.next) {
                self.next += 1;
                return Ok(Some(*record));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// The next record, which stays the next.
    pub fn peek(&mut self) -> Result<Option<R>, ExchangeError> {
        while self.next >= self.records.len() {
            if !self.fill()? {
                return Ok(None);
            }
        }
        Ok(self.records.get(self.next).copied())
    }

    /// The next records, at most `most`; none at the end.
    pub fn take(&mut self, most: usize) -> Result<Vec<R>, ExchangeError> {
        if self.peek()?.is_none() {
            return Ok(Vec::new());
        }
        let rest = self.records.get(self.next..).unwrap_or_default();
        let some = rest.get(..most).unwrap_or(rest).to_vec();
        self.next += some.len();
        Ok(some)
    }

    /// The next records, some of them.
    pub fn next_records(&mut self) -> Result<Option<Vec<R>>, ExchangeError> {
        if self.peek()?.is_none() {
            return Ok(None);
        }
        let mut records = std::mem::take(&mut self.records);
        records.drain(..std::mem::take(&mut self.next));
        Ok(Some(records))
    }

    /// Reads the next records; false at the end.
    fn fill(&mut self) -> Result<bool, ExchangeError> {
        self.next = 0;
        self.records.clear();
        if let Some(merge) = &mut self.merge {
            if merge.fill(&mut self.records)? {
                return Ok(true);
            }
            self.merge = None;
        }
        let Some((_, first)) = self.segments.get(self.at) else { return Ok(false) };
        let of_partition = self.segments.get(self.at..).unwrap_or_default();
        let count = of_partition.partition_point(|(_, segment)| segment.partition == first.partition);
        let of_partition = of_partition.get(..count).unwrap_or_default();
        let rows: u64 = of_partition.iter().map(|(_, segment)| segment.rows).sum();
        if rows <= held(&self.sorted.limits, R::WIDTH) as u64 {
            for (file, segment) in of_partition {
                read(&self.sorted.files, *file, segment, &mut self.records)?;
            }
            sort_records(&mut self.records, &mut self.scratch, self.sorted.limits.threads);
        } else {
            let mut merge = merged(&self.sorted, of_partition)?;
            merge.fill(&mut self.records)?;
            self.merge = Some(merge);
        }
        self.at += count;
        Ok(true)
    }
}

fn read<R: Record>(
    files: &[Arc<SegmentFile<R>>],
    file: usize,
    segment: &Segment,
    records: &mut Vec<R>,
) -> Result<(), ExchangeError> {
    files.get(file).map_or(Ok(()), |file| file.read(segment, records))
}

/// A merge of the runs in `segments`, after passes that leave few enough of them.
fn merged<R: Record>(sorted: &Sorted<R>, segments: &[(usize, Segment)]) -> Result<Merge<R>, ExchangeError> {
    let fan_in = (sorted.limits.memory / MERGED_BYTES).max(2);
    let mut runs: Vec<Run<R>> = Vec::new();
    for run in segments.chunk_by(|left, right| (left.0, left.1.run) == (right.0, right.1.run)) {
        let file = run.first().and_then(|(file, _)| sorted.files.get(*file));
        let segments = run.iter().map(|(_, segment)| *segment).collect();
        runs.extend(file.map(|file| Run::new(file, segments)));
    }
    while runs.len() > fan_in {
        let mut writer = SegmentWriter::temporary(&sorted.limits.folder, Partitioning::of_hashes(0))?;
        let mut waiting = runs.into_iter();
        loop {
            let group: Vec<Run<R>> = waiting.by_ref().take(fan_in).collect();
            if group.is_empty() {
                break;
            }
            let (mut merge, mut records) = (Merge::new(group)?, Vec::new());
            while merge.fill(&mut records)? {
                writer.continue_run(&records)?;
                records.clear();
            }
            writer.end_run();
        }
        let file = Arc::new(writer.finish()?);
        let of_run = file.segments().chunk_by(|left, right| left.run == right.run);
        runs = of_run.map(|segments| Run::new(&file, segments.to_vec())).collect();
    }
    Merge::new(runs)
}

/// A run that is being read.
#[derive(Debug)]
struct Run<R> {
    file: Arc<SegmentFile<R>>,
    segments: std::vec::IntoIter<Segment>,
    records: Vec<R>,
    next: usize,
}

impl<R: Record> Run<R> {
    fn new(file: &Arc<SegmentFile<R>>, segments: Vec<Segment>) -> Self {
        Self { file: Arc::clone(file), segments: segments.into_iter(), records: Vec::new(), next: 0 }
    }

    fn next(&mut self) -> Result<Option<R>, ExchangeError> {
        loop {
            if let Some(record) = self.records.get(self.next) {
                self.next += 1;
                return Ok(Some(*record));
            }
            let Some(segment) = self.segments.next() else { return Ok(None) };
            self.records.clear();
            self.next = 0;
            self.file.read(&segment, &mut self.records)?;
        }
    }
}

/// Several runs, of which the least record comes next.
#[derive(Debug)]
struct Merge<R> {
    runs: Vec<Run<R>>,
    /// The next record of each run that has any.
    heads: BinaryHeap<Reverse<(R, usize)>>,
}

impl<R: Record> Merge<R> {
    fn new(mut runs: Vec<Run<R>>) -> Result<Self, ExchangeError> {
        let mut heads = BinaryHeap::with_capacity(runs.len());
        for (number, run) in runs.iter_mut().enumerate() {
            heads.extend(run.next()?.map(|record| Reverse((record, number))));
        }
        Ok(Self { runs, heads })
    }

    /// Appends the next records; false at the end.
    fn fill(&mut self, records: &mut Vec<R>) -> Result<bool, ExchangeError> {
        let before = records.len();
        while records.len() - before < MERGED_RECORDS {
            let Some(mut head) = self.heads.peek_mut() else { break };
            let Reverse((record, number)) = *head;
            records.push(record);
            match self.runs.get_mut(number).map(Run::next).transpose()?.flatten() {
                Some(next) => *head = Reverse((next, number)),
                None => drop(PeekMut::pop(head)),
            }
        }
        Ok(records.len() > before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Pair = [u64; 2];

    fn limits(memory: usize) -> Limits {
        Limits { memory, threads: 2, ..Limits::default() }
    }

    fn records(count: u64, mask: u64) -> Vec<Pair> {
        let mix = |number: u64| (number ^ number >> 31).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        (0..count).map(|number| [mix(number) & mask, mix(number + 1) % 50]).collect()
    }

    fn all(mut cursor: Cursor<Pair>) -> Vec<Pair> {
        let mut found = Vec::new();
        while let Some(record) = cursor.next().expect("reads") {
            found.push(record);
        }
        found
    }

    fn sorted(records: &[Pair], partitioning: Partitioning, memory: usize) -> Sorted<Pair> {
        let mut sorter = Sorter::new(partitioning, &limits(memory));
        records.iter().for_each(|record| sorter.push(*record).expect("takes"));
        sorter.finish().expect("sorts")
    }

    #[test]
    fn the_order_is_that_of_a_plain_sort_in_any_memory_and_partitioning() {
        // Even keys, and keys that are all in one partition: those are merged, in several passes.
        for mask in [u64::MAX, 0xFF, 0] {
            let records = records(20_000, mask);
            let mut expected = records.clone();
            expected.sort_unstable();
            for memory in [0, 5_000, 100_000, 10 << 20] {
                for bits in [0, 4] {
                    let sorted = sorted(&records, Partitioning::of_hashes(bits), memory);
                    assert_eq!((sorted.rows(), sorted.runs() > 0), (20_000, memory < 320_000));
                    assert!(all(sorted.into_cursor()) == expected, "{mask:x} {memory} {bits}");
                }
            }
        }
    }

    #[test]
    fn partitions_are_ranges_of_the_whole() {
        let records = records(5_000, 0xFFFF);
        let mut expected = records.clone();
        expected.sort_unstable();
        for memory in [1_000, 1 << 20] {
            let partitioning = Partitioning::below(1 << 16, 3);
            let mut found = Vec::new();
            for partition in 0..partitioning.partitions() {
                let part = all(sorted(&records, partitioning, memory).into_partition(partition));
                assert!(part.len() > 400 && part.iter().all(|record| record[0] >> 13 == u64::from(partition)));
                found.extend(part);
            }
            assert!(found == expected);
        }
    }

    #[test]
    fn partitions_follow_from_numbers_alone() {
        let partitions = |rows| Partitioning::of_rows(rows, 16).partitions();
        assert_eq!((partitions(0), partitions(1 << 23), partitions((1 << 23) + 1)), (1, 1, 2));
        assert_eq!((partitions(100 << 23), partitions(u64::MAX)), (128, 1 << 16));
        assert_eq!(Partitioning::below(0, 5).of(&[0, 0]), 0);
        assert_eq!(Partitioning::below(1, 5).partitions(), 2);
        assert_eq!(Partitioning::below(u64::MAX, 2).of(&[u64::MAX, 0]), 3);
        assert_eq!(Partitioning::below(100, 2).of(&[u64::MAX, 0]), 3, "beyond the end: the last");
    }

    #[test]
    fn files_of_several_producers_are_one_dataset() {
        let folder = tempfile::tempdir().expect("a folder");
        let records = records(9_000, u64::MAX);
        let partitioning = Partitioning::of_hashes(3);
        let mut paths = Vec::new();
        for (number, share) in records.chunks(4_000).enumerate() {
            let path = folder.path().join(number.to_string());
            let mut sorter = Sorter::new(partitioning, &limits(if number == 1 { 2_000 } else { 1 << 20 }));
            share.iter().for_each(|record| sorter.push(*record).expect("takes"));
            assert_eq!(sorter.finish_to(&path).expect("writes"), share.len() as u64);
            paths.push(path);
        }
        let mut expected = records.clone();
        expected.sort_unstable();
        let open =
            |partitioning| Sorted::<Pair>::open(paths.iter().map(PathBuf::as_path), partitioning, &limits(50_000));
        let found = open(partitioning).expect("opens");
        assert_eq!((found.rows(), found.runs()), (9_000, 3));
        assert!(all(found.into_cursor()) == expected);
        // What is written does not depend on the memory that it was sorted in.
        let again = folder.path().join("again");
        let mut sorter = Sorter::new(partitioning, &limits(1 << 20));
        records[4_000..8_000].iter().for_each(|record| sorter.push(*record).expect("takes"));
        sorter.finish_to(&again).expect("writes");
        assert!(std::fs::read(&paths[1]).expect("reads") == std::fs::read(&again).expect("reads"));

        let error = open(Partitioning::of_hashes(2)).expect_err("other partitions");
        assert!(
            matches!(error, ExchangeError::OtherRecords { found_partitions: 8, wanted_partitions: 4, .. }),
            "{error}"
        );
        let error = Sorter::<Pair>::new(partitioning, &limits(0)).finish_to(&again).expect_err("there already");
        assert!(matches!(error, ExchangeError::Io { action: "create", .. }), "{error}");
    }

    #[test]
    fn every_changed_byte_and_every_cut_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("segments");
        let mut sorter = Sorter::new(Partitioning::of_hashes(1), &limits(1 << 20));
        records(20, u64::MAX).iter().for_each(|record| sorter.push(*record).expect("takes"));
        sorter.finish_to(&path).expect("writes");
        let whole = std::fs::read(&path).expect("reads");
        let read = |bytes: &[u8]| -> Result<(), ExchangeError> {
            std::fs::write(&path, bytes).expect("writes");
            let partitioning = Partitioning::of_hashes(1);
            let mut cursor = Sorted::<Pair>::open([path.as_path()], partitioning, &limits(1 << 20))?.into_cursor();
            while cursor.next()?.is_some() {}
            Ok(())
        };
        read(&whole).expect("whole");
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            let error = read(&changed).expect_err("changed");
            assert!(error.to_string().contains("segments"), "byte {at}: {error}");
            read(&whole[..at]).expect_err("cut");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let limits = Limits { memory: 0, folder: PathBuf::from("/nowhere/at/all"), ..Limits::default() };
        let mut sorter = Sorter::new(Partitioning::of_hashes(0), &limits);
        let error = (0..100).find_map(|number| sorter.push([number, 0]).err()).expect("no room and no folder");
        assert!(error.to_string().contains("/nowhere/at/all"), "{error}");
    }
}

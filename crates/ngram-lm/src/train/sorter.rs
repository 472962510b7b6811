//! Sorting of more records than memory holds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, Write};

use super::{MAX_TRAINED, Reversed};
use crate::LmError;

/// A record of a key and what belongs to it.
pub(crate) trait Record: Copy + Send {
    /// Bytes on disk.
    const BYTES: usize;
    /// What records are sorted by.
    fn key(&self) -> Reversed;
    /// Adds a record with the same key to this one; false where both stay.
    fn merge(&mut self, other: &Self) -> bool;
    fn write(&self, into: &mut Vec<u8>);
    fn read(bytes: &[u8]) -> Self;
}

fn write_key(key: &Reversed, into: &mut Vec<u8>) {
    key.iter().for_each(|word| into.extend_from_slice(&word.to_le_bytes()));
}

fn read_key(bytes: &[u8]) -> (Reversed, &[u8]) {
    let mut key = [0; MAX_TRAINED];
    let (head, rest) = bytes.split_at(4 * MAX_TRAINED);
    key.iter_mut().zip(head.as_chunks().0).for_each(|(word, bytes)| *word = u32::from_le_bytes(*bytes));
    (key, rest)
}

/// A number behind a key.
pub(crate) trait Payload: Copy + Send {
    const BYTES: usize;
    fn write(&self, into: &mut Vec<u8>);
    fn read(bytes: &[u8]) -> Self;
    /// Whether payloads of equal keys are added up.
    fn add(&mut self, other: &Self) -> bool;
}

impl Payload for u64 {
    const BYTES: usize = 8;
    fn write(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.to_le_bytes());
    }
    fn read(bytes: &[u8]) -> Self {
        bytes.first_chunk().copied().map(Self::from_le_bytes).unwrap_or_default()
    }
    fn add(&mut self, other: &Self) -> bool {
        *self += other;
        true
    }
}

impl Payload for f64 {
    const BYTES: usize = 8;
    fn write(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.to_le_bytes());
    }
    fn read(bytes: &[u8]) -> Self {
        bytes.first_chunk().copied().map(Self::from_le_bytes).unwrap_or_default()
    }
    fn add(&mut self, _: &Self) -> bool {
        false
    }
}

/// Two numbers that are not added up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair<A, B>(pub(crate) A, pub(crate) B);

impl<A: Payload, B: Payload> Payload for Pair<A, B> {
    const BYTES: usize = A::BYTES + B::BYTES;
    fn write(&self, into: &mut Vec<u8>) {
        self.0.write(into);
        self.1.write(into);
    }
    fn read(bytes: &[u8]) -> Self {
        let (first, second) = bytes.split_at(A::BYTES.min(bytes.len()));
        Self(A::read(first), B::read(second))
    }
    fn add(&mut self, _: &Self) -> bool {
        false
    }
}

impl<P: Payload> Record for (Reversed, P) {
    const BYTES: usize = 4 * MAX_TRAINED + P::BYTES;
    fn key(&self) -> Reversed {
        self.0
    }
    fn merge(&mut self, other: &Self) -> bool {
        self.1.add(&other.1)
    }
    fn write(&self, into: &mut Vec<u8>) {
        write_key(&self.0, into);
        self.1.write(into);
    }
    fn read(bytes: &[u8]) -> Self {
        let (key, rest) = read_key(bytes);
        (key, P::read(rest))
    }
}

/// Takes records in any order.
#[derive(Debug)]
pub(crate) struct Sorter<R> {
    records: Vec<R>,
    most: usize,
    runs: Vec<File>,
}

impl<R: Record> Sorter<R> {
    /// A sorter in about `memory` bytes.
    pub(crate) fn new(memory: usize) -> Self {
        // At least enough to be worth a file.
        Self { records: Vec::new(), most: (memory / size_of::<R>()).max(1 << 12), runs: Vec::new() }
    }

    pub(crate) fn push(&mut self, record: R) -> Result<(), LmError> {
        self.records.push(record);
        if self.records.len() < self.most {
            return Ok(());
        }
        self.settle();
        // Where much was added up there is room for more.
        if self.records.len() > self.most / 2 { self.spill() } else { Ok(()) }
    }

    /// Sorts what is in memory and adds up equal records.
    fn settle(&mut self) {
        // Stable: records that are not added up keep their order.
        self.records.sort_by_key(Record::key);
        self.records.dedup_by(|next, before| next.key() == before.key() && before.merge(next));
    }

    fn spill(&mut self) -> Result<(), LmError> {
        let mut file = tempfile::tempfile().map_err(LmError::Write)?;
        let mut writer = BufWriter::with_capacity(1 << 18, &mut file);
        let mut bytes = Vec::with_capacity(R::BYTES);
        for record in &self.records {
            bytes.clear();
            record.write(&mut bytes);
            writer.write_all(&bytes).map_err(LmError::Write)?;
        }
        writer.flush().map_err(LmError::Write)?;
        drop(writer);
        self.records.clear();
        self.runs.push(file);
        Ok(())
    }

    /// All records by key, equal ones added up.
    pub(crate) fn finish(mut self) -> Result<Sorted<R>, LmError> {
        self.settle();
        if self.runs.is_empty() {
            return Ok(Sorted {
                memory: self.records.into_iter(),
                runs: Vec::new(),
                heap: BinaryHeap::new(),
                held: None,
            });
        }
        self.spill()?;
        self.records = Vec::new();
        let mut runs = Vec::with_capacity(self.runs.len());
        for mut file in self.runs {
            file.rewind().map_err(LmError::Write)?;
            runs.push(Run { reader: BufReader::with_capacity(1 << 18, file), next: None, bytes: vec![0; R::BYTES] });
        }
        let mut sorted = Sorted { memory: Vec::new().into_iter(), runs, heap: BinaryHeap::new(), held: None };
        (0..sorted.runs.len()).try_for_each(|run| sorted.refill(run))?;
        Ok(sorted)
    }
}

#[derive(Debug)]
struct Run<R> {
    reader: BufReader<File>,
    next: Option<R>,
    bytes: Vec<u8>,
}

/// Records in order.
#[derive(Debug)]
pub(crate) struct Sorted<R> {
    memory: std::vec::IntoIter<R>,
    runs: Vec<Run<R>>,
    /// The key of the next record of each run; of equal ones the earlier run first.
    heap: BinaryHeap<Reverse<(Reversed, usize)>>,
    held: Option<R>,
}

impl<R: Record> Sorted<R> {
    fn refill(&mut self, run: usize) -> Result<(), LmError> {
        let Some(of) = self.runs.get_mut(run) else { return Ok(()) };
        of.next = match of.reader.read_exact(&mut of.bytes) {
            Ok(()) => Some(R::read(&of.bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => None,
            Err(error) => return Err(LmError::Read(error)),
        };
        if let Some(record) = &of.next {
            self.heap.push(Reverse((record.key(), run)));
        }
        Ok(())
    }

    fn raw(&mut self) -> Result<Option<R>, LmError> {
        if self.runs.is_empty() {
            return Ok(self.memory.next());
        }
        let Some(Reverse((_, run))) = self.heap.pop() else { return Ok(None) };
        let record = self.runs.get_mut(run).and_then(|run| run.next.take());
        self.refill(run)?;
        Ok(record)
    }

    /// The next record.
    pub(crate) fn next(&mut self) -> Result<Option<R>, LmError> {
        let first = match self.held.take() {
            Some(held) => Some(held),
            None => self.raw()?,
        };
        let Some(mut record) = first else { return Ok(None) };
        while let Some(other) = self.raw()? {
            if other.key() != record.key() || !record.merge(&other) {
                self.held = Some(other);
                break;
            }
        }
        Ok(Some(record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(memory: usize) -> Vec<(Reversed, u64)> {
        let mut sorter = Sorter::new(memory);
        let mut state = 1_u32;
        for _ in 0..30_000 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            sorter.push(([state >> 20, state % 7, 0, 0, 0, 0], 1)).expect("room");
        }
        let mut sorted = sorter.finish().expect("sorted");
        std::iter::from_fn(|| sorted.next().expect("readable")).collect()
    }

    #[test]
    fn spilled_records_come_as_those_in_memory() {
        let (small, large) = (sorted(1), sorted(1 << 30));
        assert!(small == large && large.is_sorted_by_key(|record| record.0));
        assert_eq!(large.iter().map(|record| record.1).sum::<u64>(), 30_000);
    }
}

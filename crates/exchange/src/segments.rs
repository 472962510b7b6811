//! One file of segments: records of one partition and one run each, with their place, number and hash.
//!
//! ```text
//!  segment, segment, ...          records in little-endian words
//!  index                          for each segment: partition u32, run u32, rows u64, offset u64, xxh3-128
//!  trailer of 56 bytes            offset of the index u64, segments u64, width u32, partitions u32, xxh3-128 of all
//!                                 before in index and trailer, version and name
//! ```
//!
//! Runs are in order one after the other, and in a run segments are in order of their partitions, so that a run is the
//! records of its segments in order. Nothing of a segment is used before its hash was compared.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use xxhash_rust::xxh3::{Xxh3, xxh3_128};

use crate::sorter::Partitioning;
use crate::{ExchangeError, Record};

/// Bytes of a segment at most: what a reader holds of a run.
const SEGMENT_BYTES: usize = 1 << 20;
const MAGIC: [u8; 16] = *b"textmill-segm-1\n";
const ENTRY_BYTES: usize = 40;
const TRAILER_BYTES: usize = 56;

/// Where the records of a segment are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// The partition, from 0.
    pub partition: u32,
    /// The run, from 0.
    pub run: u32,
    /// Number of records.
    pub rows: u64,
    offset: u64,
    hash: u128,
}

impl Segment {
    fn write(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.partition.to_le_bytes());
        bytes.extend_from_slice(&self.run.to_le_bytes());
        bytes.extend_from_slice(&self.rows.to_le_bytes());
        bytes.extend_from_slice(&self.offset.to_le_bytes());
        bytes.extend_from_slice(&self.hash.to_le_bytes());
    }

    fn read(bytes: &[u8; ENTRY_BYTES]) -> Option<Self> {
        Some(Self {
            partition: u32::from_le_bytes(*bytes.first_chunk()?),
            run: u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?),
            rows: u64::from_le_bytes(*bytes.get(8..)?.first_chunk()?),
            offset: u64::from_le_bytes(*bytes.get(16..)?.first_chunk()?),
            hash: u128::from_le_bytes(*bytes.get(24..)?.first_chunk()?),
        })
    }
}

/// Writes a file of segments.
#[derive(Debug)]
pub struct SegmentWriter<R> {
    file: File,
    path: PathBuf,
    partitioning: Partitioning,
    segments: Vec<Segment>,
    runs: u32,
    offset: u64,
    bytes: Vec<u8>,
    records: PhantomData<R>,
}

impl<R: Record> SegmentWriter<R> {
    /// A new file at `path`, which must not be there.
    pub fn create(path: &Path, partitioning: Partitioning) -> Result<Self, ExchangeError> {
        let file = File::options().read(true).write(true).create_new(true).open(path);
        let file = file.map_err(|error| ExchangeError::Io { action: "create", path: path.to_owned(), error })?;
        Ok(Self::new(file, path, partitioning))
    }

    /// A file in `folder` that has no name, so that nothing is left of it whatever becomes of the process.
    pub fn temporary(folder: &Path, partitioning: Partitioning) -> Result<Self, ExchangeError> {
        let file = tempfile::tempfile_in(folder);
        let action = "create a temporary file in";
        let file = file.map_err(|error| ExchangeError::Io { action, path: folder.to_owned(), error })?;
        Ok(Self::new(file, folder, partitioning))
    }

    fn new(file: File, path: &Path, partitioning: Partitioning) -> Self {
        Self {
            file,
            path: path.to_owned(),
            partitioning,
            segments: Vec::new(),
            runs: 0,
            offset: 0,
            bytes: Vec::new(),
            records: PhantomData,
        }
    }

    /// Writes a run: `records`, which are in order.
    pub fn write_run(&mut self, records: &[R]) -> Result<(), ExchangeError> {
        self.continue_run(records)?;
        self.end_run();
        Ok(())
    }

    /// Writes more records of a run, which come behind those before.
    pub(crate) fn continue_run(&mut self, mut records: &[R]) -> Result<(), ExchangeError> {
        let most = (SEGMENT_BYTES / R::WIDTH).max(1);
        while let Some(first) = records.first() {
            let partition = self.partitioning.of(first);
            let few = records.get(..most).unwrap_or(records);
            let end = few.partition_point(|record| self.partitioning.of(record) == partition);
            let (segment, rest) = records.split_at(end);
            self.write_segment(partition, segment)?;
            records = rest;
        }
        Ok(())
    }

    pub(crate) fn end_run(&mut self) {
        self.runs += 1;
    }

    fn write_segment(&mut self, partition: u32, records: &[R]) -> Result<(), ExchangeError> {
        self.bytes.clear();
        records.iter().for_each(|record| record.write(&mut self.bytes));
        let hash = xxh3_128(&self.bytes);
        self.file.write_all(&self.bytes).map_err(|error| self.failed(error))?;
        let (run, offset, rows) = (self.runs, self.offset, records.len() as u64);
        self.segments.push(Segment { partition, run, rows, offset, hash });
        self.offset += self.bytes.len() as u64;
        Ok(())
    }

    fn failed(&self, error: std::io::Error) -> ExchangeError {
        ExchangeError::Io { action: "write", path: self.path.clone(), error }
    }

    /// Writes the index and gives the file to read. It is not forced to disk: what is lost with the machine is made again.
    pub fn finish(mut self) -> Result<SegmentFile<R>, ExchangeError> {
        let mut bytes = Vec::with_capacity(self.segments.len() * ENTRY_BYTES + TRAILER_BYTES);
        self.segments.iter().for_each(|segment| segment.write(&mut bytes));
        bytes.extend_from_slice(&self.offset.to_le_bytes());
        bytes.extend_from_slice(&(self.segments.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(R::WIDTH).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(&self.partitioning.partitions().to_le_bytes());
        bytes.extend_from_slice(&hash_of(&bytes).to_le_bytes());
        bytes.extend_from_slice(&MAGIC);
        self.file.write_all(&bytes).and_then(|()| self.file.flush()).map_err(|error| self.failed(error))?;
        Ok(SegmentFile {
            file: Mutex::new(self.file),
            path: self.path,
            segments: self.segments,
            runs: self.runs,
            records: PhantomData,
        })
    }
}

fn hash_of(bytes: &[u8]) -> u128 {
    let mut hasher = Xxh3::new();
    hasher.update(&MAGIC);
    hasher.update(bytes);
    hasher.digest128()
}

/// A finished file of segments.
#[derive(Debug)]
pub struct SegmentFile<R> {
    file: Mutex<File>,
    path: PathBuf,
    segments: Vec<Segment>,
    runs: u32,
    records: PhantomData<R>,
}

impl<R: Record> SegmentFile<R> {
    /// Opens the file at `path`, which must have such records in as many partitions.
    pub fn open(path: &Path, partitioning: Partitioning) -> Result<Self, ExchangeError> {
        let failed = |error| ExchangeError::Io { action: "read", path: path.to_owned(), error };
        let damaged = |what: &str| ExchangeError::Damaged { path: path.to_owned(), what: what.to_owned() };
        let mut file = File::open(path).map_err(failed)?;
        let len = file.metadata().map_err(failed)?.len();
        let at = len.checked_sub(TRAILER_BYTES as u64).ok_or_else(|| damaged("it is too short"))?;
        let mut trailer = [0; TRAILER_BYTES];
        file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(&mut trailer)).map_err(failed)?;
        let word = |place: usize| {
            trailer.get(place..).and_then(|bytes| bytes.first_chunk()).map_or(0, |bytes| u64::from_le_bytes(*bytes))
        };
        if !trailer.ends_with(&MAGIC) {
            return Err(damaged("it does not end as a finished file of segments"));
        }
        let (index_at, count, shape) = (word(0), word(8), word(16));
        let size = count.checked_mul(ENTRY_BYTES as u64).filter(|size| index_at.checked_add(*size) == Some(at));
        let size = size.and_then(|size| usize::try_from(size).ok()).ok_or_else(|| damaged("its index has no place"))?;

        let mut index = vec![0; size];
        file.seek(SeekFrom::Start(index_at)).and_then(|_| file.read_exact(&mut index)).map_err(failed)?;
        let hash = u128::from(word(24)) | u128::from(word(32)) << 64;
        let (head, _) = trailer.split_at(24);
        index.extend_from_slice(head);
        if hash_of(&index) != hash {
            return Err(damaged("its index has another hash than was written"));
        }
        let (width, partitions) = (shape & u64::from(u32::MAX), shape >> 32);
        if (width, partitions) != (R::WIDTH as u64, u64::from(partitioning.partitions())) {
            return Err(ExchangeError::OtherRecords {
                path: path.to_owned(),
                found: usize::try_from(width).unwrap_or(usize::MAX),
                wanted: R::WIDTH,
                found_partitions: u32::try_from(partitions).unwrap_or(u32::MAX),
                wanted_partitions: partitioning.partitions(),
            });
        }

        let entries = index.get(..size).unwrap_or_default().as_chunks().0;
        let segments: Vec<Segment> = entries.iter().filter_map(Segment::read).collect();
        let runs = segments.iter().map(|segment| segment.run + 1).max().unwrap_or(0);
        Ok(Self { file: Mutex::new(file), path: path.to_owned(), segments, runs, records: PhantomData })
    }

    /// All segments, run by run.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Number of runs.
    pub fn runs(&self) -> u32 {
        self.runs
    }

    /// Appends the records of `segment` to `records`.
    pub fn read(&self, segment: &Segment, records: &mut Vec<R>) -> Result<(), ExchangeError> {
        let what =
            || format!("segment of partition {}, run {}, at byte {}", segment.partition, segment.run, segment.offset);
        let damaged = |what: String| ExchangeError::Damaged { path: self.path.clone(), what };
        let len = usize::try_from(segment.rows).ok().and_then(|rows| rows.checked_mul(R::WIDTH));
        let len = len.filter(|len| *len <= SEGMENT_BYTES.max(R::WIDTH));
        let mut bytes = vec![0; len.ok_or_else(|| damaged(format!("{} has {} records", what(), segment.rows)))?];
        {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            let read = file.seek(SeekFrom::Start(segment.offset)).and_then(|_| file.read_exact(&mut bytes));
            read.map_err(|error| ExchangeError::Io { action: "read", path: self.path.clone(), error })?;
        }
        if xxh3_128(&bytes) != segment.hash {
            return Err(damaged(format!("{} has another hash than was written", what())));
        }
        R::read_all(&bytes, records);
        Ok(())
    }
}

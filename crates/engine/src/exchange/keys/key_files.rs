//! The keys that the tasks committed, read column by column.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

use arrow::array::{ArrayRef, RecordBatch};
use textmill_store::Store;
use textmill_store::manifest::FileEntry;
use textmill_store::verify::{ParquetReader, check_file, open_parquet};

use super::described::{KeyWork, NumberedFile};
use crate::EngineError;

/// All key files of an exchange. Documents are numbered from 0: those of earlier runs first, then the tasks in order.
#[derive(Debug)]
pub(crate) struct KeyFiles {
    pub(super) files: Vec<KeyFile>,
    /// Documents of earlier runs.
    pub(super) earlier: u32,
    tasks: Vec<Range<u32>>,
}

/// A file of keys with the numbers of its documents.
#[derive(Debug)]
pub(super) struct KeyFile {
    pub(super) store: Store,
    pub(super) entry: FileEntry,
    /// Numbers of its documents.
    pub(super) documents: Range<u32>,
    /// Whether its digest was compared.
    checked: AtomicBool,
}

impl KeyFiles {
    /// The key files of `earlier` runs and of each task in `store`, in order. None if there are more documents than can
    /// be numbered.
    pub(crate) fn new(earlier: &[(Store, Vec<FileEntry>)], store: &Store, tasks: &[Vec<FileEntry>]) -> Option<Self> {
        let mut all = Self { files: Vec::new(), earlier: 0, tasks: Vec::new() };
        for (store, files) in earlier {
            all.push(store, files)?;
        }
        all.earlier = all.end();
        for files in tasks {
            let first = all.end();
            all.push(store, files)?;
            all.tasks.push(first..all.end());
        }
        Some(all)
    }

    fn push(&mut self, store: &Store, files: &[FileEntry]) -> Option<()> {
        for entry in files {
            let first = self.end();
            let documents = first..first.checked_add(u32::try_from(entry.rows).ok()?)?;
            let (store, entry, checked) = (store.clone(), entry.clone(), AtomicBool::new(false));
            self.files.push(KeyFile { store, entry, documents, checked });
        }
        Some(())
    }

    fn end(&self) -> u32 {
        self.files.last().map_or(0, |file| file.documents.end)
    }

    /// Number of documents of earlier runs: the first ones, which stay in any case.
    pub(crate) fn earlier(&self) -> u32 {
        self.earlier
    }

    /// Number of documents.
    pub(crate) fn documents(&self) -> u32 {
        self.end()
    }

    /// Numbers of the documents of each task.
    pub(crate) fn tasks(&self) -> &[Range<u32>] {
        &self.tasks
    }

    /// The files `range`, each with the number `first` gives to it.
    pub(crate) fn numbered(&self, range: Range<usize>, first: impl Fn(usize) -> u64) -> Vec<NumberedFile> {
        let numbered = |index: usize| {
            let file = self.files.get(index)?;
            Some(NumberedFile { store: file.store.url(), entry: file.entry.clone(), first: first(index) })
        };
        range.filter_map(numbered).collect()
    }

    /// The files of `work`, numbered for themselves.
    pub(crate) fn described(work: &KeyWork) -> Result<Self, EngineError> {
        let mut all = Self { files: Vec::new(), earlier: 0, tasks: Vec::new() };
        for file in &work.files {
            let store = Store::open(&file.store)?;
            all.push(&store, std::slice::from_ref(&file.entry))
                .ok_or_else(|| EngineError::Bug(format!("{} has too many documents", file.entry.path)))?;
        }
        Ok(all)
    }

    /// The files of `work`, with the numbers that it gives to their documents.
    pub(super) fn with_numbers(work: &KeyWork) -> Result<Self, EngineError> {
        let files = work.files.iter().map(KeyFile::open_described).collect::<Result<_, _>>()?;
        Ok(Self { files, earlier: 0, tasks: Vec::new() })
    }

    /// Number of files.
    pub(crate) fn files(&self) -> usize {
        self.files.len()
    }

    /// The files that hold `documents`, which are those of a task.
    pub(crate) fn files_of(&self, documents: &Range<u32>) -> Range<usize> {
        let start = self.files.partition_point(|file| file.documents.start < documents.start);
        start..self.files.partition_point(|file| file.documents.end <= documents.end).max(start)
    }

    /// Number of the first document of a file.
    pub(crate) fn first_document(&self, file: usize) -> u32 {
        self.files[file].documents.start
    }

    /// Opens some columns of a file.
    pub(crate) async fn open(&self, file: usize, columns: &[&str]) -> Result<ParquetReader, EngineError> {
        let columns: Vec<String> = columns.iter().map(|column| (*column).to_owned()).collect();
        self.files[file].open(&columns).await
    }

    /// The first document of each file of the tasks that has any.
    pub(crate) fn starts(&self) -> Vec<u32> {
        let own = self.files.iter().filter(|file| file.documents.start >= self.earlier);
        let some = own.filter(|file| !file.documents.is_empty());
        some.map(|file| file.documents.start).collect()
    }

    /// Reads `column` of the files that hold any of `wanted` (ascending numbers), and gives each batch with the number
    /// of its first document to `take`, until that returns false.
    pub(crate) async fn read(
        &self,
        wanted: &[u32],
        column: &str,
        mut take: impl FnMut(u32, &ArrayRef) -> bool,
    ) -> Result<(), EngineError> {
        let columns = [column.to_owned()];
        for file in &self.files {
            let from = wanted.partition_point(|document| *document < file.documents.start);
            if wanted.get(from).is_none_or(|document| *document >= file.documents.end) {
                continue;
            }
            let mut reader = file.open(&columns).await?;
            let mut first = file.documents.start;
            while let Some(batch) = reader.next().await? {
                if !take(first, batch.column(0)) {
                    return Ok(());
                }
                first += rows(&batch);
            }
        }
        Ok(())
    }
}

impl KeyFile {
    fn open_described(file: &NumberedFile) -> Result<Self, EngineError> {
        let bounds = || Some((u32::try_from(file.first).ok()?, u32::try_from(file.first + file.entry.rows).ok()?));
        let broken = || EngineError::Bug(format!("{} has numbers beyond those of documents", file.entry.path));
        let (first, end) = bounds().ok_or_else(broken)?;
        let (store, entry, checked) = (Store::open(&file.store)?, file.entry.clone(), AtomicBool::new(false));
        Ok(Self { store, entry, documents: first..end, checked })
    }

    /// A damaged file is named before anything of it is used; it is compared once.
    pub(super) async fn open(&self, columns: &[String]) -> Result<ParquetReader, EngineError> {
        if !self.checked.load(Ordering::Acquire) {
            check_file(&self.store, &self.entry).await?;
            self.checked.store(true, Ordering::Release);
        }
        Ok(open_parquet(&self.store, &self.entry, Some(columns)).await?)
    }
}

pub(super) fn rows(batch: &RecordBatch) -> u32 {
    u32::try_from(batch.num_rows()).unwrap_or(u32::MAX)
}

//! The files of one dataset, whatever their format: groups encoded in parallel and appended in order.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use async_trait::async_trait;
use rayon::ThreadPool;
use tokio::sync::oneshot;

use super::format::{Encoded, Format, Job};
use super::{Rows, WriterOptions};
use crate::StoreError;
use crate::manifest::FileEntry;
use crate::object_writer::ObjectWriter;
use crate::store::Store;

/// Takes the rows of one dataset.
#[async_trait]
pub(super) trait Sink: fmt::Debug + Send {
    /// Appends rows. Returns when they are taken over, which can be before they are encoded.
    async fn push(&mut self, rows: Rows) -> Result<(), StoreError>;

    /// Writes what is left, and a file without rows where there were none and one is wanted.
    async fn drain(&mut self, or_empty: bool) -> Result<(), StoreError>;

    /// The files that were finished, in row order.
    fn finished(self: Box<Self>) -> Vec<FileEntry>;

    /// Gives everything up and deletes what was written.
    async fn abort(self: Box<Self>);
}

/// Files of the format `F`: `<prefix>-000.ENDING`, `<prefix>-001.ENDING`, ...
#[derive(Debug)]
pub(super) struct Files<F: Format> {
    store: Store,
    prefix: String,
    ending: &'static str,
    shard_bytes: u64,
    most_in_flight: usize,
    pool: Option<Arc<ThreadPool>>,
    format: F,
    in_flight: VecDeque<oneshot::Receiver<Result<Encoded<F::Group>, String>>>,
    open: Option<OpenFile<F>>,
    finished: Vec<FileEntry>,
}

impl<F: Format> Files<F> {
    pub(super) fn new(store: Store, prefix: &str, options: &WriterOptions) -> Self {
        Self {
            store,
            prefix: prefix.to_owned(),
            ending: options.format.ending(),
            shard_bytes: options.shard_bytes,
            most_in_flight: options.in_flight.max(1),
            pool: options.pool.clone(),
            format: F::new(options),
            in_flight: VecDeque::new(),
            open: None,
            finished: Vec::new(),
        }
    }

    /// Hands a group to the encoders, after making room for it.
    async fn encode(&mut self, job: Job<F::Group>) -> Result<(), StoreError> {
        while self.in_flight.len() >= self.most_in_flight {
            self.append_next().await?;
        }
        let (sender, receiver) = oneshot::channel();
        let work = move || {
            let encoded = catch_unwind(AssertUnwindSafe(job));
            let panicked = |_| Err(format!("the {} encoder panicked; please report it", F::NAME));
            // Nobody listens after an abort.
            let _ = sender.send(encoded.unwrap_or_else(panicked));
        };
        match &self.pool {
            Some(pool) => pool.spawn(work),
            None => rayon::spawn(work),
        }
        self.in_flight.push_back(receiver);
        Ok(())
    }

    /// Appends the oldest group in flight to its file; `false` if there is none.
    async fn append_next(&mut self) -> Result<bool, StoreError> {
        let Some(oldest) = self.in_flight.pop_front() else { return Ok(false) };
        let encoded = oldest.await.unwrap_or_else(|_| Err("its encoder was shut down".to_owned()));
        let group = encoded.map_err(|reason| self.unwritable(&reason))?;
        let mut open = match self.open.take() {
            Some(open) => open,
            None => self.create().await?,
        };
        let appended = open.append(group).await;
        let full = F::written(&open.file) >= self.shard_bytes;
        self.open = Some(open);
        appended?;
        if full {
            self.close_file().await?;
        }
        Ok(true)
    }

    async fn create(&mut self) -> Result<OpenFile<F>, StoreError> {
        let path = format!("{}-{:03}.{}", self.prefix, self.finished.len(), self.ending);
        let file = self.format.create().map_err(|error| StoreError::unwritable(&path, F::NAME, &error))?;
        let object = self.store.writer(&path).await?;
        Ok(OpenFile { path, file, object, rows: 0, hash: 0 })
    }

    async fn close_file(&mut self) -> Result<(), StoreError> {
        if let Some(open) = self.open.take() {
            self.finished.push(open.finish().await?);
        }
        Ok(())
    }

    fn unwritable(&self, error: &impl ToString) -> StoreError {
        StoreError::unwritable(&self.prefix, F::NAME, error)
    }
}

#[async_trait]
impl<F: Format> Sink for Files<F> {
    async fn push(&mut self, rows: Rows) -> Result<(), StoreError> {
        let jobs = self.format.push(rows).await.map_err(|error| self.unwritable(&error))?;
        for job in jobs {
            self.encode(job).await?;
        }
        Ok(())
    }

    async fn drain(&mut self, or_empty: bool) -> Result<(), StoreError> {
        if let Some(job) = self.format.rest().map_err(|error| self.unwritable(&error))? {
            self.encode(job).await?;
        }
        while self.append_next().await? {}
        self.close_file().await?;

        if or_empty && self.finished.is_empty() {
            self.open = Some(self.create().await?);
            self.close_file().await?;
        }
        Ok(())
    }

    fn finished(self: Box<Self>) -> Vec<FileEntry> {
        self.finished
    }

    async fn abort(self: Box<Self>) {
        drop(self.in_flight);
        if let Some(open) = self.open {
            open.object.abort().await;
        }
        for file in self.finished {
            if let Err(error) = self.store.delete(&file.path).await {
                tracing::warn!(path = file.path, error = %error, "a given-up file could not be deleted");
            }
        }
    }
}

/// One file on its way to the store.
#[derive(Debug)]
struct OpenFile<F: Format> {
    path: String,
    file: F::File,
    object: ObjectWriter,
    rows: u64,
    hash: u128,
}

impl<F: Format> OpenFile<F> {
    async fn append(&mut self, encoded: Encoded<F::Group>) -> Result<(), StoreError> {
        self.rows += encoded.rows;
        self.hash = self.hash.wrapping_add(encoded.hash);
        F::append(&mut self.file, encoded.group)
            .map_err(|error| StoreError::unwritable(&self.path, F::NAME, &error))?;
        self.send().await
    }

    async fn finish(mut self) -> Result<FileEntry, StoreError> {
        F::finish(&mut self.file).map_err(|error| StoreError::unwritable(&self.path, F::NAME, &error))?;
        self.send().await?;
        let digest = self.object.finish().await?;
        let row_hash = format!("{:032x}", self.hash);
        Ok(FileEntry { path: self.path, bytes: digest.bytes, rows: self.rows, blake3: digest.blake3, row_hash })
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        let bytes = F::take(&mut self.file).map_err(|error| StoreError::unwritable(&self.path, F::NAME, &error))?;
        self.object.write(bytes.into()).await
    }
}

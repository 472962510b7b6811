//! Writing one large object in parts, in the knowledge that the answer to each request can be lost.
//!
//! 1. An object of at most one part is a single request: there is nothing to leave behind.
//! 2. Else an upload is started and, before its first part, recorded (see [`crate::unfinished`]), so that `gc` finds
//!    what a killed process left. An upload that is not recorded holds no bytes.
//! 3. Whatever the server answers to the last request, size and digest of what lies there decide.

use bytes::Bytes;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{Error, ObjectStoreExt, PutPayload, Result};
use tokio::task::JoinSet;

use crate::StoreError;
use crate::object_writer::FileDigest;
use crate::patient::Failures;
use crate::remote::Remote;
use crate::unfinished::Marker;

/// Part size of an upload; with [`PARTS_IN_FLIGHT`] it bounds the memory of a writer to 40 MiB.
const PART_BYTES: usize = 10 << 20;
const PARTS_IN_FLIGHT: usize = 3;

/// An object that is being written.
#[derive(Debug)]
pub(crate) struct Upload {
    remote: Remote,
    path: String,
    key: Path,
    /// The part that is being filled.
    pieces: Vec<Bytes>,
    filled: usize,
    parts: Vec<Option<PartId>>,
    running: JoinSet<Result<(usize, PartId)>>,
    started: Option<Marker>,
}

impl Upload {
    pub(crate) fn new(remote: Remote, path: &str) -> Result<Self, StoreError> {
        let key = remote.key(path)?;
        Ok(Self {
            remote,
            path: path.to_owned(),
            key,
            pieces: Vec::new(),
            filled: 0,
            parts: Vec::new(),
            running: JoinSet::new(),
            started: None,
        })
    }

    pub(crate) async fn write(&mut self, mut piece: Bytes) -> Result<(), StoreError> {
        while !piece.is_empty() {
            let taken = piece.split_to(piece.len().min(PART_BYTES - self.filled));
            self.filled += taken.len();
            self.pieces.push(taken);
            if self.filled == PART_BYTES {
                self.send_part().await?;
            }
        }
        Ok(())
    }

    async fn send_part(&mut self) -> Result<(), StoreError> {
        let payload: PutPayload = std::mem::take(&mut self.pieces).into_iter().collect();
        self.filled = 0;
        let id = match &self.started {
            Some(marker) => marker.upload_id.clone(),
            None => self.start().await?,
        };
        while self.running.len() >= PARTS_IN_FLIGHT {
            self.join_part().await?;
        }
        let (store, key, number) = (self.remote.store().clone(), self.key.clone(), self.parts.len());
        self.parts.push(None);
        self.running.spawn(async move { Ok((number, store.put_part(&key, &id, number, payload).await?)) });
        Ok(())
    }

    async fn start(&mut self) -> Result<String, StoreError> {
        let created = self.remote.store().create_multipart(&self.key).await;
        let id = created.map_err(|error| self.remote.error(&self.path, "write", &error))?;
        let marker = Marker::new(&self.path, &id);
        // Known before it is recorded: what fails from here on is given up.
        self.started = Some(marker.clone());
        marker.record(&self.remote).await?;
        Ok(id)
    }

    async fn join_part(&mut self) -> Result<(), StoreError> {
        let Some(done) = self.running.join_next().await else { return Ok(()) };
        let done = done.map_err(|error| StoreError::lost_task(&self.path, &error))?;
        let (number, part) = done.map_err(|error| self.remote.error(&self.path, "write", &error))?;
        if let Some(place) = self.parts.get_mut(number) {
            *place = Some(part);
        }
        Ok(())
    }

    /// Gives the object its name. `digest` is of everything that was written.
    pub(crate) async fn finish(mut self, digest: &FileDigest) -> Result<(), StoreError> {
        if self.started.is_none() {
            let payload: PutPayload = std::mem::take(&mut self.pieces).into_iter().collect();
            let put = self.remote.store().put(&self.key, payload).await;
            return put.map(drop).map_err(|error| self.remote.error(&self.path, "write", &error));
        }
        if self.filled > 0 {
            self.send_part().await?;
        }
        while !self.running.is_empty() {
            self.join_part().await?;
        }
        self.complete(digest).await?;
        if let Some(marker) = self.started.take() {
            marker.forget(&self.remote).await;
        }
        Ok(())
    }

    async fn complete(&self, digest: &FileDigest) -> Result<(), StoreError> {
        let Some(marker) = &self.started else { return Ok(()) };
        let parts: Vec<PartId> = self.parts.iter().flatten().cloned().collect();
        let store = self.remote.store();
        let mut failures = Failures::default();
        loop {
            let completed = store.complete_multipart(&self.key, &marker.upload_id, parts.clone()).await;
            let Err(error) = completed else { return Ok(()) };
            // It may have been carried out all the same, perhaps by an earlier try of the client.
            if self.is_there(digest).await? {
                return Ok(());
            }
            if matches!(error, Error::NotFound { .. }) {
                let reason = "the upload is gone and the object is not there; something else gave it up".to_owned();
                return Err(StoreError::Io { path: self.remote.shown(&self.path), operation: "write", reason });
            }
            let next = failures.after("completing an upload", &self.key, error).await;
            next.map_err(|error| self.remote.error(&self.path, "write", &error))?;
        }
    }

    async fn is_there(&self, digest: &FileDigest) -> Result<bool, StoreError> {
        if self.remote.head(&self.path).await? != Some(digest.bytes) {
            return Ok(false);
        }
        Ok(self.remote.hash(&self.path).await?.as_ref() == Some(digest))
    }

    /// Gives everything up that was sent so far.
    pub(crate) async fn abort(mut self) {
        self.running.shutdown().await;
        if let Some(marker) = self.started.take() {
            give_up(self.remote.clone(), marker).await;
        }
    }
}

async fn give_up(remote: Remote, marker: Marker) {
    if let Err(error) = marker.give_up(&remote).await {
        tracing::warn!(path = marker.path, error = %error, "an upload could not be given up; `textmill gc` will");
    }
}

/// After an error nobody waits for the upload to be given up; what is missed here is left to `gc`.
impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(marker) = self.started.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            self.running.abort_all();
            runtime.spawn(give_up(self.remote.clone(), marker));
        }
    }
}

//! A prefix in an object store, in terms of paths below it. Patience with the store is in [`crate::patient`].

use std::ops::Range;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{Error, GetResult, ObjectStore, ObjectStoreExt, PutMode, PutPayload};

use crate::StoreError;
use crate::object_writer::FileDigest;
use crate::patient::Patient;
use crate::store::{Created, ObjectInfo};

/// A prefix in an object store.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    store: Patient,
    prefix: Arc<str>,
    display: Arc<str>,
}

impl Remote {
    pub(crate) fn new(store: Patient, prefix: &str, display: Arc<str>) -> Self {
        Self { store, prefix: prefix.trim_matches('/').into(), display }
    }

    pub(crate) fn store(&self) -> &Patient {
        &self.store
    }

    /// Where `path` lies in the object store.
    pub(crate) fn key(&self, path: &str) -> Result<Path, StoreError> {
        let joined = if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) };
        Path::parse(joined).map_err(|error| StoreError::config(&self.shown(path), error.to_string()))
    }

    pub(crate) fn shown(&self, path: &str) -> String {
        format!("{}/{path}", self.display.trim_end_matches('/'))
    }

    pub(crate) fn error(&self, path: &str, operation: &'static str, error: &Error) -> StoreError {
        StoreError::remote(&self.shown(path), operation, error)
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Bytes, StoreError> {
        let key = self.key(path)?;
        let result = self.store.get(&key).await.map_err(|error| self.error(path, "read", &error))?;
        let mut body = BytesMut::new();
        self.body(path, result, |piece| body.extend_from_slice(piece)).await?;
        Ok(body.freeze())
    }

    pub(crate) async fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, StoreError> {
        let read = self.store.get_ranges(&self.key(path)?, ranges).await;
        let read = read.map_err(|error| self.error(path, "read", &error))?;
        for (bytes, range) in read.iter().zip(ranges) {
            self.whole(path, bytes.len() as u64, range.end.saturating_sub(range.start))?;
        }
        Ok(read)
    }

    pub(crate) async fn hash(&self, path: &str) -> Result<Option<FileDigest>, StoreError> {
        let key = self.key(path)?;
        let result = match self.store.get(&key).await {
            Err(Error::NotFound { .. }) => return Ok(None),
            result => result.map_err(|error| self.error(path, "read", &error))?,
        };
        let mut hasher = blake3::Hasher::new();
        self.body(path, result, |piece| {
            hasher.update(piece);
        })
        .await?;
        Ok(Some(FileDigest { bytes: hasher.count(), blake3: hasher.finalize().to_hex().to_string() }))
    }

    async fn body(&self, path: &str, result: GetResult, mut each: impl FnMut(&[u8])) -> Result<(), StoreError> {
        let (announced, mut read) = (result.meta.size, 0);
        let mut stream = result.into_stream();
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(|error| self.error(path, "read", &error))?;
            read += piece.len() as u64;
            each(&piece);
        }
        self.whole(path, read, announced)
    }

    /// A body shorter than announced must never be taken for the object.
    fn whole(&self, path: &str, read: u64, announced: u64) -> Result<(), StoreError> {
        if read == announced {
            return Ok(());
        }
        let reason = format!("the body broke off after {read} of {announced} bytes");
        Err(StoreError::Io { path: self.shown(path), operation: "read", reason })
    }

    pub(crate) async fn head(&self, path: &str) -> Result<Option<u64>, StoreError> {
        match self.store.head(&self.key(path)?).await {
            Ok(found) => Ok(Some(found.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.error(path, "look-up", &error)),
        }
    }

    pub(crate) async fn list(&self, prefix: &str) -> Result<Vec<ObjectInfo>, StoreError> {
        let key = self.key(prefix)?;
        let root = if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) };
        let listed: Vec<_> =
            self.store.list(Some(&key)).try_collect().await.map_err(|error| self.error(prefix, "list", &error))?;
        let relative = listed.into_iter().filter_map(|meta| {
            let path = meta.location.as_ref().strip_prefix(&root)?;
            Some(ObjectInfo { path: path.to_owned(), size: meta.size })
        });
        let mut found: Vec<_> = relative.collect();
        found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    pub(crate) async fn put(&self, path: &str, bytes: &Bytes) -> Result<(), StoreError> {
        let put = self.store.put(&self.key(path)?, PutPayload::from_bytes(bytes.clone())).await;
        put.map(drop).map_err(|error| self.error(path, "write", &error))
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<(), StoreError> {
        match self.store.delete(&self.key(path)?).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(self.error(path, "delete", &error)),
        }
    }

    /// What exists with exactly these bytes is what this call wrote: the answer to it was lost, or came from a second
    /// try of the client.
    pub(crate) async fn create(&self, path: &str, bytes: &Bytes) -> Result<Created, StoreError> {
        let key = self.key(path)?;
        let payload = PutPayload::from_bytes(bytes.clone());
        match self.store.put_opts(&key, payload, PutMode::Create.into()).await {
            Ok(_) => Ok(Created::New),
            Err(Error::AlreadyExists { .. }) if self.get(path).await? == *bytes => Ok(Created::New),
            Err(Error::AlreadyExists { .. }) => Ok(Created::AlreadyExists),
            Err(error) => Err(self.error(path, "create", &error)),
        }
    }

    /// Copies inside the store unless something has the target name.
    pub(crate) async fn copy(&self, from: &str, to: &str) -> Result<Created, StoreError> {
        if self.head(to).await?.is_some() {
            return Ok(Created::AlreadyExists);
        }
        let copied = self.store.copy(&self.key(from)?, &self.key(to)?).await;
        copied.map_err(|error| self.error(from, "publish", &error))?;
        Ok(Created::New)
    }
}

//! Operations on an object store that stay correct when responses are lost, bodies are cut short
//! or the server answers 5xx.

use std::future::Future;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::{StreamExt, TryStreamExt};
use object_store::buffered::BufWriter;
use object_store::path::Path;
use object_store::{Error, GetResult, ObjectStore, ObjectStoreExt, PutMode, PutPayload};

use crate::StoreError;
use crate::object_writer::FileDigest;
use crate::store::{Created, ObjectInfo};

/// The clients retry single requests by themselves; this covers what they cannot: a body that
/// breaks off, and an answer that was lost. Four tries in all.
const BACKOFF: [Duration; 3] = [Duration::from_millis(50), Duration::from_millis(250), Duration::from_secs(1)];

/// Part size of an upload; with [`PARTS_IN_FLIGHT`] it bounds the memory of a writer to 40 MiB.
const PART_BYTES: usize = 10 << 20;
const PARTS_IN_FLIGHT: usize = 3;

/// A prefix in an object store.
#[derive(Debug, Clone)]
pub(crate) struct Remote {
    store: Arc<dyn ObjectStore>,
    prefix: Arc<str>,
    display: Arc<str>,
}

impl Remote {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, prefix: &str, display: Arc<str>) -> Self {
        Self { store, prefix: prefix.trim_matches('/').into(), display }
    }

    /// Where `path` lies in the object store.
    fn key(&self, path: &str) -> Result<Path, StoreError> {
        let joined = if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) };
        Path::parse(joined).map_err(|error| StoreError::config(&self.shown(path), error.to_string()))
    }

    fn shown(&self, path: &str) -> String {
        format!("{}/{path}", self.display.trim_end_matches('/'))
    }

    pub(crate) fn error(&self, path: &str, operation: &'static str, error: &Error) -> StoreError {
        StoreError::remote(&self.shown(path), operation, error)
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Bytes, StoreError> {
        let key = self.key(path)?;
        let fetch = || async {
            let result = self.store.get(&key).await.map_err(|error| self.error(path, "read", &error))?;
            let size = result.meta.size;
            let mut body = BytesMut::new();
            self.body(path, result, |piece| body.extend_from_slice(piece)).await?;
            self.whole(path, body.len() as u64, size)?;
            Ok(body.freeze())
        };
        retry(fetch).await
    }

    pub(crate) async fn get_ranges(&self, path: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, StoreError> {
        let key = self.key(path)?;
        let fetch = || async {
            let read = self.store.get_ranges(&key, ranges).await.map_err(|error| self.error(path, "read", &error))?;
            for (bytes, range) in read.iter().zip(ranges) {
                self.whole(path, bytes.len() as u64, range.end.saturating_sub(range.start))?;
            }
            Ok(read)
        };
        retry(fetch).await
    }

    pub(crate) async fn hash(&self, path: &str) -> Result<Option<FileDigest>, StoreError> {
        let key = self.key(path)?;
        let fetch = || async {
            let result = self.store.get(&key).await.map_err(|error| self.error(path, "read", &error))?;
            let size = result.meta.size;
            let mut hasher = blake3::Hasher::new();
            self.body(path, result, |piece| {
                hasher.update(piece);
            })
            .await?;
            self.whole(path, hasher.count(), size)?;
            Ok(FileDigest { bytes: size, blake3: hasher.finalize().to_hex().to_string() })
        };
        absent_is_none(retry(fetch).await)
    }

    async fn body(&self, path: &str, result: GetResult, mut each: impl FnMut(&[u8])) -> Result<(), StoreError> {
        let mut stream = result.into_stream();
        while let Some(piece) = stream.next().await {
            each(&piece.map_err(|error| self.error(path, "read", &error))?);
        }
        Ok(())
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
        let key = self.key(path)?;
        let look = || async {
            let found = self.store.head(&key).await.map_err(|error| self.error(path, "look-up", &error))?;
            Ok(found.size)
        };
        absent_is_none(retry(look).await)
    }

    pub(crate) async fn list(&self, prefix: &str) -> Result<Vec<ObjectInfo>, StoreError> {
        let key = self.key(prefix)?;
        let root = if self.prefix.is_empty() { String::new() } else { format!("{}/", self.prefix) };
        let list = || async {
            let listed: Vec<_> =
                self.store.list(Some(&key)).try_collect().await.map_err(|error| self.error(prefix, "list", &error))?;
            let relative = listed.into_iter().filter_map(|meta| {
                let path = meta.location.as_ref().strip_prefix(&root)?;
                Some(ObjectInfo { path: path.to_owned(), size: meta.size })
            });
            let mut found: Vec<_> = relative.collect();
            found.sort_unstable_by(|a, b| a.path.cmp(&b.path));
            Ok(found)
        };
        retry(list).await
    }

    pub(crate) async fn put(&self, path: &str, bytes: &Bytes) -> Result<(), StoreError> {
        let key = self.key(path)?;
        let put = || async {
            let payload = PutPayload::from_bytes(bytes.clone());
            self.store.put(&key, payload).await.map_err(|error| self.error(path, "write", &error))?;
            Ok(())
        };
        retry(put).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<(), StoreError> {
        let key = self.key(path)?;
        let delete = || async {
            match self.store.delete(&key).await {
                Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(self.error(path, "delete", &error)),
            }
        };
        retry(delete).await
    }

    /// A failed create may have been carried out, and some servers answer 409 where nothing exists
    /// yet. So after every answer but success, what is there decides: something → it exists;
    /// nothing → try again.
    pub(crate) async fn create(&self, path: &str, bytes: &Bytes) -> Result<Created, StoreError> {
        let key = self.key(path)?;
        let create = || async {
            let payload = PutPayload::from_bytes(bytes.clone());
            let error = match self.store.put_opts(&key, payload, PutMode::Create.into()).await {
                Ok(_) => return Ok(Created::New),
                Err(error) => self.error(path, "create", &error),
            };
            if is_transient(&error) && self.head(path).await?.is_some() {
                return Ok(Created::AlreadyExists);
            }
            Err(error)
        };
        retry(create).await
    }

    /// Copies inside the store unless something has the target name.
    pub(crate) async fn copy(&self, from: &str, to: &str) -> Result<Created, StoreError> {
        if self.head(to).await?.is_some() {
            return Ok(Created::AlreadyExists);
        }
        let (source, target) = (self.key(from)?, self.key(to)?);
        let copy =
            || async { self.store.copy(&source, &target).await.map_err(|error| self.error(from, "publish", &error)) };
        retry(copy).await?;
        Ok(Created::New)
    }

    pub(crate) fn upload(&self, path: &str) -> Result<BufWriter, StoreError> {
        let writer = BufWriter::with_capacity(Arc::clone(&self.store), self.key(path)?, PART_BYTES);
        Ok(writer.with_max_concurrency(PARTS_IN_FLIGHT))
    }
}

fn absent_is_none<T>(result: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(StoreError::NotFound { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether trying again can help, and whether the request may have been carried out all the same.
fn is_transient(error: &StoreError) -> bool {
    matches!(error, StoreError::Io { .. })
}

async fn retry<T, W, F>(mut work: W) -> Result<T, StoreError>
where
    W: FnMut() -> F,
    F: Future<Output = Result<T, StoreError>>,
{
    for pause in BACKOFF {
        match work().await {
            Err(error) if is_transient(&error) => {
                tracing::warn!(error = %error, "object store failed; trying again in {} ms", pause.as_millis());
                tokio::time::sleep(pause).await;
            }
            result => return result,
        }
    }
    work().await
}

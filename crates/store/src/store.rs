use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::location::{Location, client, parse};
use crate::object_writer::{FileDigest, ObjectWriter};
use crate::patient::{Objects, Patient};
use crate::redact::redact;
use crate::remote::Remote;
use crate::unfinished::{self, UnfinishedUpload};
use crate::upload::Upload;
use crate::{StoreError, local};

/// The result of a conditional create.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    /// The object is new and durable.
    New,
    /// Something else has the name. In an object store, an object of exactly the same bytes counts as created by the
    /// call: the response to it may have been lost. Where it matters who created it, have an id in the bytes.
    AlreadyExists,
}

/// An object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectInfo {
    /// Path relative to the store's root, with `/` between its parts.
    pub path: String,
    /// Size in bytes.
    pub size: u64,
}

/// Everything below one location: a local directory, or a prefix in a bucket. Cheap to clone.
///
/// All paths are relative to the location, use `/` and have no `.` or `..` parts.
#[derive(Debug, Clone)]
pub struct Store {
    backend: Backend,
    display: Arc<str>,
}

#[derive(Debug, Clone)]
enum Backend {
    Local(Arc<Path>),
    Remote(Remote),
}

impl Store {
    /// The store at `location`: a plain path, or a `file://`, `s3://`, `gs://` or `az://` URL.
    /// Nothing is read or created yet; a local directory comes with the first file in it.
    pub fn open(location: &str) -> Result<Self, StoreError> {
        match parse(location)? {
            Location::Local(root) if root.is_file() => {
                Err(StoreError::config(location, "is a file; an output location is a folder"))
            }
            Location::Local(root) => Ok(Self { backend: Backend::Local(root.into()), display: location.into() }),
            Location::Remote { scheme, bucket, path } => {
                Ok(Self::with_patient(client(location, scheme, &bucket)?, path.as_ref(), &redact(location)))
            }
        }
    }

    /// The objects below `prefix` of `store`, which messages call `display`.
    pub fn with_object_store(store: Arc<dyn Objects>, prefix: &str, display: &str) -> Self {
        Self::with_patient(Patient::new(store), prefix, display)
    }

    fn with_patient(store: Patient, prefix: &str, display: &str) -> Self {
        let display: Arc<str> = display.into();
        let remote = Remote::new(store, prefix, Arc::clone(&display));
        Self { backend: Backend::Remote(remote), display }
    }

    /// The location as the user wrote it, without secrets.
    pub fn location(&self) -> &str {
        &self.display
    }

    /// The location that another process, in whatever folder, gives to [`Store::open`] to reach the same objects.
    pub fn url(&self) -> String {
        match &self.backend {
            Backend::Local(root) => root.to_string_lossy().into_owned(),
            Backend::Remote(_) => self.display.to_string(),
        }
    }

    /// Where `path` lies on this machine, if this store is a local directory.
    pub fn local_path(&self, path: &str) -> Option<PathBuf> {
        match &self.backend {
            Backend::Local(root) => inside(root, path).ok(),
            Backend::Remote(_) => None,
        }
    }

    /// The object's bytes, whole.
    pub async fn get(&self, path: &str) -> Result<Bytes, StoreError> {
        match &self.backend {
            Backend::Local(root) => blocking(inside(root, path)?, local::get).await,
            Backend::Remote(remote) => remote.get(path).await,
        }
    }

    /// The object's bytes, or `None` where there is none.
    pub async fn get_opt(&self, path: &str) -> Result<Option<Bytes>, StoreError> {
        match self.get(path).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(StoreError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The object's bytes in each of the ranges, which must lie inside it.
    pub(crate) async fn get_ranges(&self, path: &str, ranges: Vec<Range<u64>>) -> Result<Vec<Bytes>, StoreError> {
        match &self.backend {
            Backend::Local(root) => blocking(inside(root, path)?, move |path| local::get_ranges(path, &ranges)).await,
            Backend::Remote(remote) => remote.get_ranges(path, &ranges).await,
        }
    }

    /// The object's size, or `None` where there is none.
    pub async fn head(&self, path: &str) -> Result<Option<ObjectInfo>, StoreError> {
        let size = match &self.backend {
            Backend::Local(root) => blocking(inside(root, path)?, local::head).await?,
            Backend::Remote(remote) => remote.head(path).await?,
        };
        Ok(size.map(|size| ObjectInfo { path: path.to_owned(), size }))
    }

    /// As [`head`](Self::head), and never out of what a network file system remembers of the directory.
    pub(crate) async fn head_uncached(&self, path: &str) -> Result<Option<ObjectInfo>, StoreError> {
        let size = match &self.backend {
            Backend::Local(root) => blocking(inside(root, path)?, local::head_uncached).await?,
            Backend::Remote(remote) => remote.head(path).await?,
        };
        Ok(size.map(|size| ObjectInfo { path: path.to_owned(), size }))
    }

    /// Fails where the store creates an object though there is one of that name, as servers do that ignore
    /// `If-None-Match`. `path` must exist; it is removed in that case, since it is no longer what it was.
    pub(crate) async fn refuse_unconditional(&self, path: &str) -> Result<(), StoreError> {
        let Backend::Remote(remote) = &self.backend else { return Ok(()) };
        let second = Bytes::from_static(b"a second object of this name\n");
        if remote.create(path, &second).await? == Created::AlreadyExists {
            return Ok(());
        }
        remote.delete(path).await?;
        let reason = "this store carries out a conditional create though the object exists (it ignores `If-None-Match`), so \
                      that two runs could not be kept apart; write to a store that obeys it, or to a local disk and copy";
        Err(StoreError::config(self.location(), reason))
    }

    /// All objects below the directory `prefix` (`""`: all), sorted by path. Includes files that
    /// textmill did not write, but none that is or was [being written](crate::is_temporary).
    pub async fn list(&self, prefix: &str) -> Result<Vec<ObjectInfo>, StoreError> {
        let mut listed = self.list_all(prefix).await?;
        listed.retain(|found| !local::is_temporary(&found.path));
        Ok(listed)
    }

    /// As [`list`](Self::list), with the files that killed processes left half-written.
    pub async fn list_all(&self, prefix: &str) -> Result<Vec<ObjectInfo>, StoreError> {
        match &self.backend {
            Backend::Local(root) => {
                let root = Arc::clone(root);
                blocking(inside(&root, prefix)?, move |directory| local::list(&root, directory)).await
            }
            Backend::Remote(remote) => remote.list(prefix).await,
        }
    }

    /// Creates the object unless one has the name. Of any number of callers, exactly one creates.
    pub async fn create(&self, path: &str, bytes: Bytes) -> Result<Created, StoreError> {
        match &self.backend {
            Backend::Local(root) => blocking(inside(root, path)?, move |path| local::create(path, &bytes)).await,
            Backend::Remote(remote) => remote.create(path, &bytes).await,
        }
    }

    /// Writes the object, replacing what has the name. Readers see the old or the new bytes.
    pub async fn put(&self, path: &str, bytes: Bytes) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Local(root) => blocking(inside(root, path)?, move |path| local::put(path, &bytes)).await,
            Backend::Remote(remote) => remote.put(path, &bytes).await,
        }
    }

    /// Deletes the object; it is fine if there is none.
    pub async fn delete(&self, path: &str) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Local(root) => blocking(inside(root, path)?, local::delete).await,
            Backend::Remote(remote) => remote.delete(path).await,
        }
    }

    /// Opens a new object for writing piece by piece. It has its name only once it is finished.
    pub async fn writer(&self, path: &str) -> Result<ObjectWriter, StoreError> {
        match &self.backend {
            Backend::Local(root) => {
                let pending = blocking(inside(root, path)?, local::PendingFile::create).await?;
                Ok(ObjectWriter::local(path, pending))
            }
            Backend::Remote(remote) => Ok(ObjectWriter::remote(path, Upload::new(remote.clone(), path)?)),
        }
    }

    /// Uploads in parts of textmill below this location that were started at least `age` ago and neither finished nor
    /// given up: their process was killed, or is still at work. A local directory has none.
    pub async fn unfinished_uploads(&self, age: Duration) -> Result<Vec<UnfinishedUpload>, StoreError> {
        match &self.backend {
            Backend::Local(_) => Ok(Vec::new()),
            Backend::Remote(remote) => unfinished::list(remote, age).await,
        }
    }

    /// Has the store forget an upload and its parts.
    pub async fn give_up_upload(&self, upload: &UnfinishedUpload) -> Result<(), StoreError> {
        match &self.backend {
            Backend::Local(_) => Ok(()),
            Backend::Remote(remote) => upload.give_up(remote).await,
        }
    }

    /// Size and BLAKE3 of the object, or `None` where there is none. Memory use is bounded.
    pub async fn hash(&self, path: &str) -> Result<Option<FileDigest>, StoreError> {
        match &self.backend {
            Backend::Local(root) => blocking(inside(root, path)?, local::hash).await,
            Backend::Remote(remote) => remote.hash(path).await,
        }
    }

    /// Gives the finished object `from` the name `to` as well: a hard link where there are such,
    /// else a copy. Doing it again is fine; other content at `to` is an error.
    pub async fn publish(&self, from: &str, to: &str) -> Result<(), StoreError> {
        let done = match &self.backend {
            Backend::Local(root) => {
                let to = inside(root, to)?;
                blocking(inside(root, from)?, move |from| local::link(from, &to)).await?
            }
            Backend::Remote(remote) => remote.copy(from, to).await?,
        };
        if done == Created::New {
            return Ok(());
        }
        let (source, target) = (self.hash(from).await?, self.hash(to).await?);
        match source {
            None => Err(StoreError::NotFound { path: from.to_owned() }),
            Some(_) if source == target => Ok(()),
            Some(_) => Err(StoreError::integrity(to, format!("holds other bytes than {from}, which belong there"))),
        }
    }
}

/// Paths come from manifests too; one that would leave the root is refused.
fn inside(root: &Path, path: &str) -> Result<PathBuf, StoreError> {
    if Path::new(path).components().all(|part| matches!(part, Component::Normal(_))) {
        return Ok(root.join(path));
    }
    Err(StoreError::config(path, "is no path below the output; `.`, `..` and absolute paths are not allowed"))
}

async fn blocking<T, F>(path: PathBuf, work: F) -> Result<T, StoreError>
where
    T: Send + 'static,
    F: FnOnce(&Path) -> Result<T, StoreError> + Send + 'static,
{
    let shown = path.clone();
    let done = tokio::task::spawn_blocking(move || work(&path)).await;
    done.map_err(|error| StoreError::lost_task(&shown.display().to_string(), &error))?
}

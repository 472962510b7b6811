//! The bytes of one pinned file, local or remote: as a stream, or at any offset.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use futures::StreamExt;
use futures::stream::BoxStream;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use textmill_store::StoreError;
use tokio::runtime::Handle;

use crate::stream::Losses;
use crate::{IngestError, Shard};

/// How a version begins that is a time stamp and no tag of the store.
const MODIFIED: &str = "mtime:";
/// Remote files are fetched in aligned blocks of 4 MiB.
const BLOCK: u64 = 4 << 20;
/// Blocks of one remote file that are kept: 64 MiB. A Parquet reader walks all columns at once.
const CACHED_BLOCKS: usize = 16;

/// Where the path begins in a location on this machine; `None` for a remote one.
///
/// A `file://` URL is taken literally: no `%20` is decoded, so that every name can be written.
pub(crate) fn local_path(location: &str) -> Option<&Path> {
    match location.strip_prefix("file://") {
        Some(path) => Some(Path::new(path)),
        None if location.contains("://") => None,
        None => Some(Path::new(location)),
    }
}

/// Size and version of a local file.
pub(crate) fn local_version(metadata: &std::fs::Metadata) -> String {
    let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    format!("{MODIFIED}{}", modified.map_or(0, |age| age.as_nanos()))
}

/// Version of a remote object.
pub(crate) fn remote_version(meta: &ObjectMeta) -> String {
    let time = || format!("{MODIFIED}{}", meta.last_modified.timestamp_nanos_opt().unwrap_or_default());
    meta.e_tag.clone().unwrap_or_else(time)
}

/// A file that was found as it was planned.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    location: String,
    bytes: u64,
    version: String,
    place: Place,
    losses: Losses,
}

#[derive(Debug, Clone)]
enum Place {
    Local(PathBuf),
    Remote { store: Arc<dyn ObjectStore>, path: object_store::path::Path, runtime: Handle },
}

impl Source {
    /// Finds `shard` and compares it with its pin. Must not run on a thread of the runtime itself.
    pub(crate) fn open(shard: &Shard, runtime: &Handle) -> Result<Self, IngestError> {
        let location = shard.location.clone();
        let (place, bytes, version) = if let Some(path) = local_path(&location) {
            let metadata = path.metadata().map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => changed(shard, "missing".to_owned()),
                _ => IngestError::unreadable(&location, error.to_string()),
            })?;
            (Place::Local(path.to_owned()), metadata.len(), local_version(&metadata))
        } else {
            let (store, path) = textmill_store::resolve(&location)?;
            let meta = runtime.block_on(store.head(&path)).map_err(|error| match error {
                object_store::Error::NotFound { .. } => changed(shard, "missing".to_owned()),
                error => StoreError::remote(&location, "look-up", &error).into(),
            })?;
            let version = remote_version(&meta);
            (Place::Remote { store, path, runtime: runtime.clone() }, meta.size, version)
        };
        if (bytes, &version) != (shard.bytes, &shard.version) {
            return Err(changed(shard, format!("{bytes} bytes, {version}")));
        }
        Ok(Self { location, bytes, version, place, losses: Losses::of_reading() })
    }

    /// The account of what is missing of the file.
    pub(crate) fn losses(&self) -> &Losses {
        &self.losses
    }

    /// The first `most` bytes, or all there are.
    pub(crate) fn head(&self, most: usize) -> Result<Vec<u8>, IngestError> {
        let mut head = Vec::new();
        let read = self.reader()?.take(most as u64).read_to_end(&mut head);
        read.map_err(|error| IngestError::read(&self.location, error))?;
        Ok(head)
    }

    /// The bytes from the start. A stream that ends early is a failure, not an end.
    pub(crate) fn reader(&self) -> Result<Box<dyn Read + Send>, IngestError> {
        let inner: Box<dyn Read + Send> = match &self.place {
            Place::Local(path) => Box::new(self.open_local(path)?),
            Place::Remote { store, path, runtime } => {
                self.remote_reader(store.as_ref(), path, self.pinned(), runtime)?
            }
        };
        Ok(Box::new(WholeReader { inner, left: self.bytes }))
    }

    /// The bytes from `start` to `end`. A stream that ends early is a failure, not an end.
    pub(crate) fn range_reader(&self, start: u64, end: u64) -> Result<Box<dyn Read + Send>, IngestError> {
        let inner: Box<dyn Read + Send> = match &self.place {
            Place::Local(path) => {
                let mut file = self.open_local(path)?;
                file.seek(SeekFrom::Start(start)).map_err(|error| IngestError::read(&self.location, error))?;
                Box::new(file)
            }
            Place::Remote { store, path, runtime } => {
                let options = GetOptions { range: Some(GetRange::Bounded(start..end)), ..self.pinned() };
                self.remote_reader(store.as_ref(), path, options, runtime)?
            }
        };
        Ok(Box::new(WholeReader { inner, left: end.saturating_sub(start) }))
    }

    fn remote_reader(
        &self,
        store: &dyn ObjectStore,
        path: &object_store::path::Path,
        options: GetOptions,
        runtime: &Handle,
    ) -> Result<Box<dyn Read + Send>, IngestError> {
        let object = runtime.block_on(store.get_opts(path, options));
        let object = object.map_err(|error| IngestError::read(&self.location, unreadable(&self.location, &error)))?;
        Ok(Box::new(StreamReader {
            location: self.location.clone(),
            stream: object.into_stream(),
            chunk: Bytes::new(),
            runtime: runtime.clone(),
        }))
    }

    /// Compares the whole file with the BLAKE3 that was published.
    pub(crate) fn check_digest(&self, published: &str) -> Result<(), IngestError> {
        let found = crate::pin::digest(self.reader()?).map_err(|error| IngestError::read(&self.location, error))?;
        if found == published {
            return Ok(());
        }
        let reason = format!("damaged since it was published: it has BLAKE3 {found}, {published} is in the manifest");
        Err(IngestError::Output { location: self.location.clone(), reason })
    }

    /// The bytes at any offset, as Parquet wants them.
    pub(crate) fn chunks(&self) -> Result<Chunks, IngestError> {
        let inner = match &self.place {
            Place::Local(path) => ChunkSource::Local(self.open_local(path)?),
            Place::Remote { store, path, runtime } => ChunkSource::Remote {
                location: self.location.clone(),
                store: Arc::clone(store),
                path: path.clone(),
                pinned: self.pinned(),
                runtime: runtime.clone(),
                cache: Mutex::default(),
            },
        };
        Ok(Chunks(Arc::new(ChunkFile { inner, bytes: self.bytes })))
    }

    /// Asks for the object only if it is still the one that was planned, where the store has tags that tell.
    fn pinned(&self) -> GetOptions {
        // A weak tag never matches, by the rules of HTTP.
        let tells = |version: &String| !version.starts_with(MODIFIED) && !version.starts_with("W/");
        let tag = Some(self.version.clone()).filter(tells);
        GetOptions { if_match: tag, ..GetOptions::default() }
    }

    fn open_local(&self, path: &Path) -> Result<File, IngestError> {
        File::open(path).map_err(|error| IngestError::unreadable(&self.location, error.to_string()))
    }
}

fn unreadable(location: &str, error: &object_store::Error) -> io::Error {
    io::Error::other(StoreError::remote(location, "read", error))
}

fn changed(shard: &Shard, found: String) -> IngestError {
    let planned = format!("{} bytes, {}", shard.bytes, shard.version);
    IngestError::Changed { location: shard.location.clone(), planned, found }
}

/// Reads exactly the planned number of bytes.
struct WholeReader {
    inner: Box<dyn Read + Send>,
    left: u64,
}

impl Read for WholeReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 || out.is_empty() {
            return Ok(0);
        }
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        let read = self.inner.read(out.get_mut(..wanted).unwrap_or_default())?;
        if read == 0 {
            return Err(io::Error::other(format!("the file ended {} bytes early", self.left)));
        }
        self.left -= read as u64;
        Ok(read)
    }
}

/// A remote object as it comes in.
struct StreamReader {
    location: String,
    stream: BoxStream<'static, object_store::Result<Bytes>>,
    chunk: Bytes,
    runtime: Handle,
}

impl Read for StreamReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.runtime.block_on(self.stream.next()) {
                Some(chunk) => self.chunk = chunk.map_err(|error| unreadable(&self.location, &error))?,
                None => return Ok(0),
            }
        }
        let count = self.chunk.len().min(out.len());
        let taken = self.chunk.split_to(count);
        taken.as_ref().read(out)
    }
}

/// A file that is read at any offset. No read goes beyond the file's end, so a declared length
/// never makes an allocation larger than the file.
#[derive(Debug, Clone)]
pub(crate) struct Chunks(Arc<ChunkFile>);

#[derive(Debug)]
struct ChunkFile {
    inner: ChunkSource,
    bytes: u64,
}

#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is one for each open file")]
enum ChunkSource {
    Local(File),
    Remote {
        location: String,
        store: Arc<dyn ObjectStore>,
        path: object_store::path::Path,
        pinned: GetOptions,
        runtime: Handle,
        /// Block numbers and blocks, the least recently used first.
        cache: Mutex<VecDeque<(u64, Bytes)>>,
    },
}

impl ChunkFile {
    /// Reads at most to the end of the file or, of a remote one, of a block.
    fn read_at(&self, out: &mut [u8], offset: u64) -> io::Result<usize> {
        match &self.inner {
            ChunkSource::Local(file) => file.read_at(out, offset),
            ChunkSource::Remote { .. } => {
                let block = self.block(offset / BLOCK)?;
                let inside = usize::try_from(offset % BLOCK).unwrap_or(usize::MAX);
                block.get(inside..).unwrap_or_default().read(out)
            }
        }
    }

    fn block(&self, number: u64) -> io::Result<Bytes> {
        let ChunkSource::Remote { location, store, path, pinned, runtime, cache } = &self.inner else {
            return Ok(Bytes::new());
        };
        // A panic while the cache was held leaves it whole: it holds finished blocks only.
        let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = cache.iter().position(|(known, _)| *known == number)
            && let Some(entry) = cache.remove(index)
        {
            let block = entry.1.clone();
            cache.push_back(entry);
            return Ok(block);
        }
        let range = number * BLOCK..((number + 1) * BLOCK).min(self.bytes);
        if range.is_empty() {
            return Ok(Bytes::new());
        }
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..pinned.clone() };
        let block = runtime.block_on(async { store.get_opts(path, options).await?.bytes().await });
        let block = block.map_err(|error| unreadable(location, &error))?;
        cache.push_back((number, block.clone()));
        if cache.len() > CACHED_BLOCKS {
            cache.pop_front();
        }
        Ok(block)
    }
}

/// Reads on from an offset.
#[derive(Debug)]
pub(crate) struct ChunkStream {
    file: Chunks,
    offset: u64,
}

impl Read for ChunkStream {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.file.0.read_at(out, self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}

impl Length for Chunks {
    fn len(&self) -> u64 {
        self.0.bytes
    }
}

impl ChunkReader for Chunks {
    type T = BufReader<ChunkStream>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        // Page headers are some tens of bytes; large statistics make them longer.
        Ok(BufReader::with_capacity(512, ChunkStream { file: self.clone(), offset: start }))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.0.bytes) {
            let size = self.0.bytes;
            return Err(ParquetError::EOF(format!("{length} bytes at byte {start} are beyond the file's {size}")));
        }
        let mut bytes = Vec::with_capacity(length);
        let stream = ChunkStream { file: self.clone(), offset: start };
        let read = stream.take(length as u64).read_to_end(&mut bytes)?;
        if read < length {
            return Err(ParquetError::EOF(format!("the file ends {} bytes early", length - read)));
        }
        Ok(bytes.into())
    }
}

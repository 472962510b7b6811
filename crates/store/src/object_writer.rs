use bytes::Bytes;

use crate::StoreError;
use crate::local::PendingFile;
use crate::upload::Upload;

/// Small pieces are gathered to this size, so that each trip to the disk is worth its cost.
const GATHER_BYTES: usize = 1 << 20;

/// Size and digest of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileDigest {
    /// Size in bytes.
    pub bytes: u64,
    /// BLAKE3 of the bytes, 64 lowercase hexadecimal digits.
    pub blake3: String,
}

/// Writes one new object piece by piece and hashes it on the way. Until [`finish`](Self::finish)
/// returns, nothing has the object's name; a writer that is dropped leaves nothing.
#[derive(Debug)]
pub struct ObjectWriter {
    path: String,
    gathered: Vec<u8>,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// `None` after a failure: the half-written file is gone.
    Local(Option<Box<(PendingFile, blake3::Hasher)>>),
    Remote(Box<RemoteTarget>),
}

#[derive(Debug)]
struct RemoteTarget {
    upload: Upload,
    hasher: blake3::Hasher,
}

impl ObjectWriter {
    pub(crate) fn local(path: &str, pending: PendingFile) -> Self {
        let target = Target::Local(Some(Box::new((pending, blake3::Hasher::new()))));
        Self { path: path.to_owned(), gathered: Vec::new(), target }
    }

    pub(crate) fn remote(path: &str, upload: Upload) -> Self {
        let target = Target::Remote(Box::new(RemoteTarget { upload, hasher: blake3::Hasher::new() }));
        Self { path: path.to_owned(), gathered: Vec::new(), target }
    }

    /// Appends `bytes`.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), StoreError> {
        if self.gathered.len() + bytes.len() < GATHER_BYTES {
            self.gathered.extend_from_slice(&bytes);
            return Ok(());
        }
        let gathered = Bytes::from(std::mem::take(&mut self.gathered));
        self.flush(vec![gathered, bytes]).await
    }

    async fn flush(&mut self, pieces: Vec<Bytes>) -> Result<(), StoreError> {
        match &mut self.target {
            Target::Local(state) => {
                let Some(open) = state.take() else { return Err(closed(&self.path)) };
                *state = Some(append(&self.path, open, pieces).await?);
            }
            Target::Remote(target) => {
                for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
                    target.hasher.update(&piece);
                    target.upload.write(piece).await?;
                }
            }
        }
        Ok(())
    }

    /// Makes the object durable under its name and returns what was written.
    pub async fn finish(mut self) -> Result<FileDigest, StoreError> {
        let gathered = Bytes::from(std::mem::take(&mut self.gathered));
        self.flush(vec![gathered]).await?;
        match self.target {
            Target::Local(None) => Err(closed(&self.path)),
            Target::Local(Some(open)) => {
                let (pending, hasher) = *open;
                let replaced = tokio::task::spawn_blocking(move || pending.replace()).await;
                replaced.map_err(|error| StoreError::lost_task(&self.path, &error))??;
                Ok(digest(&hasher))
            }
            Target::Remote(target) => {
                let digest = digest(&target.hasher);
                target.upload.finish(&digest).await?;
                Ok(digest)
            }
        }
    }

    /// Gives the object up.
    pub async fn abort(self) {
        match self.target {
            Target::Local(open) => {
                // Dropping removes the file, which may block on a busy disk.
                let _ = tokio::task::spawn_blocking(move || drop(open)).await;
            }
            Target::Remote(target) => target.upload.abort().await,
        }
    }
}

fn digest(hasher: &blake3::Hasher) -> FileDigest {
    FileDigest { bytes: hasher.count(), blake3: hasher.finalize().to_hex().to_string() }
}

fn closed(path: &str) -> StoreError {
    let reason = "an earlier write failed".to_owned();
    StoreError::Io { path: path.to_owned(), operation: "write", reason }
}

type Open = Box<(PendingFile, blake3::Hasher)>;

async fn append(path: &str, mut open: Open, pieces: Vec<Bytes>) -> Result<Open, StoreError> {
    let work = move || {
        for piece in &pieces {
            open.1.update(piece);
            open.0.write(piece)?;
        }
        Ok(open)
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| StoreError::lost_task(path, &error))?
}

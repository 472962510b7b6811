//! Uploads in parts that were started and not finished: no listing shows them, and stores charge for them.
//!
//! The `object_store` crate cannot list uploads, and a bucket holds those of other programs too. So every upload is
//! recorded as a small object under `_textmill/uploads/` before its first part, and forgotten after its last.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use object_store::multipart::MultipartStore;
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::remote::Remote;
use crate::sealed::{seal, unseal};

const FOLDER: &str = "_textmill/uploads";

/// What is recorded of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Marker {
    /// Tells apart the records.
    name: String,
    /// The object to be, below the store's root.
    pub path: String,
    /// The store's name for the upload.
    pub upload_id: String,
    /// When it was started, in seconds since 1970 by the clock of that machine.
    started_at_secs: u64,
}

/// An upload that was started and not finished.
#[derive(Debug, Clone)]
pub struct UnfinishedUpload(Marker);

impl Marker {
    pub(crate) fn new(path: &str, upload_id: &str) -> Self {
        Self {
            name: uuid::Uuid::new_v4().to_string(),
            path: path.to_owned(),
            upload_id: upload_id.to_owned(),
            started_at_secs: now_secs(),
        }
    }

    fn file(&self) -> String {
        format!("{FOLDER}/{}.json", self.name)
    }

    pub(crate) async fn record(&self, remote: &Remote) -> Result<(), StoreError> {
        remote.put(&self.file(), &seal(self)?).await
    }

    /// A record that stays is one more thing for `gc` to find out that there is nothing to do.
    pub(crate) async fn forget(&self, remote: &Remote) {
        if let Err(error) = remote.delete(&self.file()).await {
            tracing::warn!(path = self.path, error = %error, "the record of a finished upload could not be deleted");
        }
    }

    pub(crate) async fn give_up(&self, remote: &Remote) -> Result<(), StoreError> {
        let key = remote.key(&self.path)?;
        let aborted = remote.store().abort_multipart(&key, &self.upload_id).await;
        aborted.map_err(|error| remote.error(&self.path, "give-up of an upload", &error))?;
        remote.delete(&self.file()).await
    }
}

impl UnfinishedUpload {
    /// The object that was to be written.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    pub(crate) async fn give_up(&self, remote: &Remote) -> Result<(), StoreError> {
        self.0.give_up(remote).await
    }
}

/// The uploads that were started at least `age` ago.
pub(crate) async fn list(remote: &Remote, age: Duration) -> Result<Vec<UnfinishedUpload>, StoreError> {
    let mut found = Vec::new();
    for info in remote.list(FOLDER).await? {
        let bytes = match remote.get(&info.path).await {
            Err(StoreError::NotFound { .. }) => continue,
            read => read?,
        };
        let marker: Marker = unseal(&info.path, &bytes)?;
        if now_secs().saturating_sub(marker.started_at_secs) >= age.as_secs() {
            found.push(UnfinishedUpload(marker));
        }
    }
    Ok(found)
}

fn now_secs() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs())
}

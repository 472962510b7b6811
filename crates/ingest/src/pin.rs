//! What tells whether a file is still the one that was planned.

use std::fs::File;
use std::io;

use crate::InputConfig;
use crate::listing::{Listing, list};
use crate::plan::input_files;
use crate::source::{local_path, local_version};
use crate::{IngestError, Shard};

/// Size and version of a file of this machine as it is now; `None` for one elsewhere.
pub fn local_pin(location: &str) -> Option<io::Result<(u64, String)>> {
    let path = local_path(location)?;
    Some(path.metadata().map(|metadata| (metadata.len(), local_version(&metadata))))
}

/// BLAKE3 of a file of this machine as it is now, hex; `None` for one elsewhere. Reads all of it.
pub fn local_digest(location: &str) -> Option<io::Result<String>> {
    let path = local_path(location)?;
    Some(File::open(path).and_then(digest))
}

/// BLAKE3 of what `bytes` holds, hex.
pub(crate) fn digest(bytes: impl io::Read) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(bytes)?;
    Ok(hasher.finalize().to_hex().to_string())
}

/// The files that `config` stands for, as they are now. Only their first bytes are looked at.
pub async fn list_input(config: &InputConfig) -> Result<Vec<Shard>, Vec<IngestError>> {
    let Listing { files, errors, .. } = list(config).await?;
    if errors.is_empty() { Ok(input_files(files, config).await) } else { Err(errors) }
}

//! One Parquet file on its way to the store.

use parquet::errors::Result;
use parquet::file::writer::SerializedFileWriter;

use super::encode::{Encoder, RowGroup};
use crate::StoreError;
use crate::manifest::FileEntry;
use crate::object_writer::ObjectWriter;
use crate::store::Store;

#[derive(Debug)]
pub(super) struct OpenFile {
    path: String,
    parquet: SerializedFileWriter<Vec<u8>>,
    object: ObjectWriter,
    rows: u64,
    hash: u128,
}

impl OpenFile {
    pub(super) async fn create(
        store: &Store,
        path: String,
        encoder: &Encoder,
    ) -> std::result::Result<Self, StoreError> {
        let parquet = encoder.file().map_err(|error| StoreError::unwritable(&path, &error))?;
        let object = store.writer(&path).await?;
        Ok(Self { path, parquet, object, rows: 0, hash: 0 })
    }

    /// Bytes of all row groups so far.
    pub(super) fn bytes_written(&self) -> u64 {
        self.parquet.bytes_written() as u64
    }

    pub(super) async fn append(&mut self, group: RowGroup) -> std::result::Result<(), StoreError> {
        self.rows += group.rows;
        self.hash = self.hash.wrapping_add(group.hash);
        append(&mut self.parquet, group).map_err(|error| StoreError::unwritable(&self.path, &error))?;
        self.send().await
    }

    pub(super) async fn finish(mut self) -> std::result::Result<FileEntry, StoreError> {
        self.parquet.finish().map_err(|error| StoreError::unwritable(&self.path, &error))?;
        self.send().await?;
        let digest = self.object.finish().await?;
        let row_hash = format!("{:032x}", self.hash);
        Ok(FileEntry { path: self.path, bytes: digest.bytes, rows: self.rows, blake3: digest.blake3, row_hash })
    }

    pub(super) async fn abort(self) {
        self.object.abort().await;
    }

    async fn send(&mut self) -> std::result::Result<(), StoreError> {
        self.parquet.flush().map_err(|error| StoreError::unwritable(&self.path, &error))?;
        let bytes = std::mem::take(self.parquet.inner_mut());
        self.object.write(bytes.into()).await
    }
}

fn append(file: &mut SerializedFileWriter<Vec<u8>>, group: RowGroup) -> Result<()> {
    let mut target = file.next_row_group()?;
    for column in group.columns {
        column.append_to_row_group(&mut target)?;
    }
    target.close()?;
    Ok(())
}

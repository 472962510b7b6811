//! Writing numbers as fastText does, little-endian.

use std::io::Write;

use crate::FastTextError;

/// Bytes gathered before they are handed on.
const CHUNK: usize = 64 * 1024;

/// A model file that is being written.
#[derive(Debug)]
pub(crate) struct Sink<W> {
    writer: W,
}

impl<W: Write> Sink<W> {
    pub(crate) fn new(writer: W) -> Self {
        Self { writer }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<(), FastTextError> {
        self.writer.write_all(bytes).map_err(FastTextError::Write)
    }

    pub(crate) fn bool(&mut self, value: bool) -> Result<(), FastTextError> {
        self.bytes(&[u8::from(value)])
    }

    pub(crate) fn i32(&mut self, value: i32) -> Result<(), FastTextError> {
        self.bytes(&value.to_le_bytes())
    }

    pub(crate) fn i64(&mut self, value: i64) -> Result<(), FastTextError> {
        self.bytes(&value.to_le_bytes())
    }

    /// A count as an `i32`.
    pub(crate) fn count(&mut self, count: usize) -> Result<(), FastTextError> {
        self.i32(i32::try_from(count).map_err(|_| FastTextError::TooLarge)?)
    }

    /// A count as an `i64`.
    pub(crate) fn long_count(&mut self, count: usize) -> Result<(), FastTextError> {
        self.i64(i64::try_from(count).map_err(|_| FastTextError::TooLarge)?)
    }

    pub(crate) fn f32s(&mut self, values: &[f32]) -> Result<(), FastTextError> {
        let mut bytes = Vec::with_capacity(CHUNK.min(size_of_val(values)));
        for part in values.chunks(CHUNK / size_of::<f32>()) {
            bytes.clear();
            bytes.extend(part.iter().flat_map(|value| value.to_le_bytes()));
            self.bytes(&bytes)?;
        }
        Ok(())
    }

    /// Hands everything on.
    pub(crate) fn finish(mut self) -> Result<(), FastTextError> {
        self.writer.flush().map_err(FastTextError::Write)
    }
}

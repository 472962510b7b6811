//! Reading that never trusts a length: it is compared with what is left of the file before memory is asked for.

use std::io::{BufRead, Read};

use crate::FastTextError;

/// Bytes read at once while converting numbers.
const CHUNK: usize = 64 * 1024;

/// A model file with the bytes that it still has.
#[derive(Debug)]
pub(crate) struct Source<R> {
    reader: R,
    left: u64,
    offset: u64,
}

impl<R: BufRead> Source<R> {
    /// A source of exactly `length` bytes.
    pub(crate) fn new(reader: R, length: u64) -> Self {
        Self { reader, left: length, offset: 0 }
    }

    fn fill(&mut self, field: &'static str, buffer: &mut [u8]) -> Result<(), FastTextError> {
        let needed = buffer.len() as u64;
        self.require(field, needed)?;
        (self.reader.read_exact(buffer)).map_err(|source| FastTextError::Read { offset: self.offset, source })?;
        self.left -= needed;
        self.offset += needed;
        Ok(())
    }

    fn require(&self, field: &'static str, needed: u64) -> Result<(), FastTextError> {
        let Self { left, offset, .. } = *self;
        if needed > left { Err(FastTextError::Truncated { field, offset, needed, left }) } else { Ok(()) }
    }

    fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], FastTextError> {
        let mut bytes = [0; N];
        self.fill(field, &mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn i32(&mut self, field: &'static str) -> Result<i32, FastTextError> {
        self.array(field).map(i32::from_le_bytes)
    }

    pub(crate) fn i64(&mut self, field: &'static str) -> Result<i64, FastTextError> {
        self.array(field).map(i64::from_le_bytes)
    }

    /// A byte that must be 0 or 1.
    pub(crate) fn bool(&mut self, field: &'static str) -> Result<bool, FastTextError> {
        let [byte] = self.array(field)?;
        if byte > 1 {
            return Err(self.range(field, i64::from(byte), "0 or 1"));
        }
        Ok(byte == 1)
    }

    pub(crate) fn u8(&mut self, field: &'static str) -> Result<u8, FastTextError> {
        self.array(field).map(|[byte]| byte)
    }

    /// An `i32` from 0 to `most`.
    pub(crate) fn up_to(&mut self, field: &'static str, most: u32) -> Result<u32, FastTextError> {
        let value = self.i32(field)?;
        match u32::try_from(value) {
            Ok(value) if value <= most => Ok(value),
            _ => Err(self.range(field, i64::from(value), "small and not negative")),
        }
    }

    /// `count` as a length of things of `size` bytes each, all of which the file still has.
    pub(crate) fn length(&self, field: &'static str, count: i64, size: usize) -> Result<usize, FastTextError> {
        let Ok(length) = usize::try_from(count) else {
            return Err(self.range(field, count, "not negative"));
        };
        self.require(field, length.checked_mul(size).map_or(u64::MAX, |bytes| bytes as u64))?;
        Ok(length)
    }

    /// The product of two lengths, which must fit the file as things of `size` bytes.
    pub(crate) fn area(
        &self,
        field: &'static str,
        rows: usize,
        columns: usize,
        size: usize,
    ) -> Result<usize, FastTextError> {
        let area = rows.checked_mul(columns).and_then(|area| i64::try_from(area).ok()).unwrap_or(i64::MAX);
        self.length(field, area, size)
    }

    pub(crate) fn u8s(&mut self, field: &'static str, count: usize) -> Result<Vec<u8>, FastTextError> {
        self.require(field, count as u64)?;
        let mut bytes = vec![0; count];
        self.fill(field, &mut bytes)?;
        Ok(bytes)
    }

    /// `count` finite numbers.
    pub(crate) fn f32s(&mut self, field: &'static str, count: usize) -> Result<Vec<f32>, FastTextError> {
        self.area(field, count, 1, size_of::<f32>())?;
        let mut values = vec![0.0; count];
        self.fill_f32s(field, &mut values)?;
        Ok(values)
    }

    /// Reads finite numbers. Whether the file can hold so many is checked before memory for them is asked for.
    pub(crate) fn fill_f32s(&mut self, field: &'static str, values: &mut [f32]) -> Result<(), FastTextError> {
        let mut buffer = vec![0; CHUNK.min(size_of_val(values))];
        let mut finite = true;
        for values in values.chunks_mut(CHUNK / size_of::<f32>()) {
            let (part, _) = buffer.split_at_mut(size_of_val(values));
            self.fill(field, part)?;
            for (value, bytes) in values.iter_mut().zip(part.as_chunks().0) {
                *value = f32::from_le_bytes(*bytes);
                finite &= value.is_finite();
            }
        }
        if finite { Ok(()) } else { Err(FastTextError::NotFinite { field, offset: self.offset }) }
    }

    /// Appends the bytes before the next NUL, and reads over that.
    pub(crate) fn until_nul(&mut self, field: &'static str, into: &mut Vec<u8>) -> Result<(), FastTextError> {
        let read = ((&mut self.reader).take(self.left))
            .read_until(0, into)
            .map_err(|source| FastTextError::Read { offset: self.offset, source })? as u64;
        if into.last() != Some(&0) || read == 0 {
            let Self { left, offset, .. } = *self;
            return Err(FastTextError::Truncated { field, offset, needed: left.saturating_add(1), left });
        }
        into.pop();
        self.left -= read;
        self.offset += read;
        Ok(())
    }

    /// The error for the number read last.
    pub(crate) fn range(&self, field: &'static str, value: i64, allowed: &'static str) -> FastTextError {
        FastTextError::Range { field, offset: self.offset, value, allowed }
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<(), FastTextError> {
        if self.left == 0 { Ok(()) } else { Err(FastTextError::Trailing(self.left)) }
    }
}

//! Cuts incoming rows where only their content says so.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, GenericByteViewArray, OffsetSizeTrait, RecordBatch};
use arrow::buffer::Buffer;
use arrow::compute::concat_batches;
use arrow::datatypes::{
    BinaryViewType, ByteArrayType, ByteViewType, DataType, GenericBinaryType, GenericStringType, StringViewType,
};
use arrow::error::ArrowError;

/// Payload at which a chunk ends: it bounds what is joined at once where documents are large.
const CHUNK_BYTES: u64 = 4 << 20;

/// Buffers that a batch may hold beyond twice what its rows use, before they are copied out.
const SLACK_BYTES: usize = 64 << 10;

/// Longest value that a view holds itself.
const INLINE_BYTES: usize = 12;

/// Rows that are encoded together.
#[derive(Debug)]
pub(super) struct Chunk {
    pub rows: RecordBatch,
    /// Sum of the rows' payloads, in bytes.
    pub payload: u64,
}

/// Gathers rows until a chunk is full.
#[derive(Debug)]
pub(super) struct Chunker {
    chunk_rows: usize,
    pieces: Vec<RecordBatch>,
    rows: usize,
    payload: u64,
}

impl Chunker {
    pub(super) fn new(chunk_rows: usize) -> Self {
        Self { chunk_rows: chunk_rows.max(1), pieces: Vec::new(), rows: 0, payload: 0 }
    }

    /// Takes the rows and returns the chunks that they complete.
    pub(super) fn push(&mut self, batch: &RecordBatch) -> Result<Vec<Chunk>, ArrowError> {
        let mut complete = Vec::new();
        let mut start = 0;
        for (row, payload) in payloads(batch).into_iter().enumerate() {
            self.rows += 1;
            self.payload += payload;
            if self.rows >= self.chunk_rows || self.payload >= CHUNK_BYTES {
                self.pieces.push(batch.slice(start, row + 1 - start));
                complete.extend(self.finish()?);
                start = row + 1;
            }
        }
        if start < batch.num_rows() {
            self.pieces.push(batch.slice(start, batch.num_rows() - start));
        }
        Ok(complete)
    }

    /// The rows gathered so far.
    pub(super) fn finish(&mut self) -> Result<Option<Chunk>, ArrowError> {
        let pieces = std::mem::take(&mut self.pieces);
        let payload = std::mem::take(&mut self.payload);
        self.rows = 0;
        let rows = match pieces.as_slice() {
            [] => return Ok(None),
            // Nothing is copied where a slice of one batch is a whole chunk.
            [only] => only.clone(),
            [first, ..] => concat_batches(&first.schema(), &pieces)?,
        };
        Ok(Some(Chunk { rows, payload }))
    }
}

/// The batch with its text copied out of buffers that are mostly unused, so that a few rows that
/// passed a filter do not keep the text of all others in memory.
pub(super) fn compact(batch: &RecordBatch) -> RecordBatch {
    let compacted: Vec<ArrayRef> = batch.columns().iter().map(compact_column).collect();
    // The columns have their old types and lengths, so this cannot fail; if it could, the
    // batch as it came would do as well.
    RecordBatch::try_new(batch.schema(), compacted).unwrap_or_else(|_| batch.clone())
}

fn compact_column(column: &ArrayRef) -> ArrayRef {
    if let Some(array) = column.as_string_view_opt().filter(|array| is_wasteful(array)) {
        return Arc::new(array.gc());
    }
    if let Some(array) = column.as_binary_view_opt().filter(|array| is_wasteful(array)) {
        return Arc::new(array.gc());
    }
    Arc::clone(column)
}

fn is_wasteful<T: ByteViewType + ?Sized>(array: &GenericByteViewArray<T>) -> bool {
    let held: usize = array.data_buffers().iter().map(Buffer::len).sum();
    if held <= SLACK_BYTES {
        return false;
    }
    let used: usize = view_lengths(array).filter(|&length| length > INLINE_BYTES).sum();
    held > 2 * used + SLACK_BYTES
}

fn view_lengths<T: ByteViewType + ?Sized>(array: &GenericByteViewArray<T>) -> impl Iterator<Item = usize> {
    // The low 32 bits of a view are the length. The view of a null can be anything.
    #[allow(clippy::cast_possible_truncation)]
    let length = |view: &u128| *view as u32 as usize;
    let views = array.views().iter().enumerate();
    views.map(move |(row, view)| if array.is_valid(row) { length(view) } else { 0 })
}

/// Payload bytes of each row: the lengths of its values, whatever buffers they lie in.
fn payloads(batch: &RecordBatch) -> Vec<u64> {
    let mut sizes = vec![0; batch.num_rows()];
    for column in batch.columns() {
        add_sizes(column.as_ref(), &mut sizes);
    }
    sizes
}

fn add_sizes(array: &dyn Array, sizes: &mut [u64]) {
    match array.data_type() {
        DataType::Utf8View => add_views::<StringViewType>(array, sizes),
        DataType::BinaryView => add_views::<BinaryViewType>(array, sizes),
        DataType::Utf8 => add_bytes::<GenericStringType<i32>>(array, sizes),
        DataType::LargeUtf8 => add_bytes::<GenericStringType<i64>>(array, sizes),
        DataType::Binary => add_bytes::<GenericBinaryType<i32>>(array, sizes),
        DataType::LargeBinary => add_bytes::<GenericBinaryType<i64>>(array, sizes),
        DataType::List(_) => {
            let list = array.as_list::<i32>();
            add_ranges(list.values().as_ref(), array, sizes, |row| range(list.value_offsets(), row));
        }
        DataType::LargeList(_) => {
            let list = array.as_list::<i64>();
            add_ranges(list.values().as_ref(), array, sizes, |row| range(list.value_offsets(), row));
        }
        DataType::Map(..) => {
            let map = array.as_map();
            add_ranges(map.entries(), array, sizes, |row| range(map.value_offsets(), row));
        }
        DataType::FixedSizeList(_, width) => {
            let (list, width) = (array.as_fixed_size_list(), usize::try_from(*width).unwrap_or_default());
            add_ranges(list.values().as_ref(), array, sizes, |row| (row * width, (row + 1) * width));
        }
        DataType::Struct(_) => {
            for column in array.as_struct().columns() {
                add_sizes(column.as_ref(), sizes);
            }
        }
        // By type alone, so that equal rows count the same.
        other => {
            let width = other.primitive_width().unwrap_or(8) as u64;
            sizes.iter_mut().for_each(|size| *size += width);
        }
    }
}

fn add_views<T: ByteViewType>(array: &dyn Array, sizes: &mut [u64]) {
    for (size, length) in sizes.iter_mut().zip(view_lengths(array.as_byte_view::<T>())) {
        *size += length as u64;
    }
}

fn add_bytes<T: ByteArrayType>(array: &dyn Array, sizes: &mut [u64]) {
    let offsets = array.as_bytes::<T>().value_offsets();
    for (row, size) in sizes.iter_mut().enumerate().filter(|(row, _)| array.is_valid(*row)) {
        let (start, end) = range(offsets, row);
        *size += (end - start) as u64;
    }
}

/// The range of `row`; Arrow guarantees one offset more than rows, ascending.
fn range<O: OffsetSizeTrait>(offsets: &[O], row: usize) -> (usize, usize) {
    (offsets[row].as_usize(), offsets[row + 1].as_usize())
}

fn add_ranges(values: &dyn Array, array: &dyn Array, sizes: &mut [u64], range: impl Fn(usize) -> (usize, usize)) {
    let mut inner = vec![0; values.len()];
    add_sizes(values, &mut inner);
    for (row, size) in sizes.iter_mut().enumerate().filter(|(row, _)| array.is_valid(*row)) {
        let (start, end) = range(row);
        *size += inner.get(start..end).unwrap_or_default().iter().sum::<u64>();
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Int32Array, ListArray, StringArray, StringViewArray, StructArray};
    use arrow::datatypes::{Field, Int32Type, Schema};

    use super::*;

    fn batch(columns: Vec<ArrayRef>) -> RecordBatch {
        let field =
            |(index, column): (usize, &ArrayRef)| Field::new(index.to_string(), column.data_type().clone(), true);
        let schema = Schema::new(columns.iter().enumerate().map(field).collect::<Vec<_>>());
        RecordBatch::try_new(Arc::new(schema), columns).expect("columns of one length")
    }

    #[test]
    fn payload_is_counted_by_content_in_all_layouts() {
        let long = "x".repeat(50);
        let views: ArrayRef = Arc::new(StringViewArray::from(vec![Some("abc"), None, Some(long.as_str())]));
        let strings: ArrayRef = Arc::new(StringArray::from(vec![Some("abc"), None, Some(long.as_str())]));
        let list = |rows: [Option<Vec<Option<i32>>>; 3]| -> ArrayRef {
            Arc::new(ListArray::from_iter_primitive::<Int32Type, _, _>(rows))
        };
        let lists = list([Some(vec![Some(1), None]), None, Some(vec![])]);
        let inner: ArrayRef = Arc::new(Int32Array::from(vec![1, 2, 3]));
        let structs: ArrayRef =
            Arc::new(StructArray::from(vec![(Arc::new(Field::new("a", DataType::Int32, true)), inner)]));
        let whole = batch(vec![views, strings, lists, structs]);
        assert_eq!(payloads(&whole), [3 + 3 + 8 + 4, 4, 50 + 50 + 4]);
        assert_eq!(payloads(&whole.slice(1, 2)), [4, 104]);
    }

    #[test]
    fn chunks_end_by_rows_or_payload_whatever_comes_in() {
        let texts: Vec<String> = (0..40).map(|row| "y".repeat(row * 40_000)).collect();
        let whole = batch(vec![Arc::new(StringViewArray::from_iter_values(&texts))]);
        let cut = |step: usize| -> Vec<(usize, u64)> {
            let mut chunker = Chunker::new(10);
            let mut chunks = Vec::new();
            for start in (0..40).step_by(step) {
                chunks.extend(chunker.push(&whole.slice(start, step.min(40 - start))).expect("chunks"));
            }
            chunks.extend(chunker.finish().expect("joins"));
            chunks.iter().map(|chunk| (chunk.rows.num_rows(), chunk.payload)).collect()
        };
        let expected = cut(40);
        assert_eq!(expected[0], (10, 45 * 40_000));
        assert!(expected.iter().skip(1).all(|(rows, payload)| *rows < 10 && *payload < CHUNK_BYTES + 40 * 40_000));
        for step in [1, 3, 7, 39] {
            assert_eq!(cut(step), expected, "batches of {step}");
        }
    }

    #[test]
    fn only_mostly_unused_buffers_are_copied() {
        let texts: Vec<String> = (0..100).map(|row| format!("{row:0>5000}")).collect();
        let whole = batch(vec![Arc::new(StringViewArray::from_iter_values(&texts))]);
        let held = |batch: &RecordBatch| -> usize {
            compact(batch).column(0).as_string_view().data_buffers().iter().map(Buffer::len).sum()
        };
        assert_eq!(held(&whole), 500_000);
        assert_eq!(held(&whole.slice(0, 60)), 500_000);
        assert_eq!(held(&whole.slice(7, 3)), 15_000);
        assert_eq!(compact(&whole.slice(7, 3)), whole.slice(7, 3));
    }
}

use std::io::{BufRead, Write};

use textmill_large_pages::LargeVec;

use crate::FastTextError;
use crate::kernels::Kernels;
use crate::sink::Sink;
use crate::source::Source;

/// Centroids per part of a quantized vector: codes are bytes.
pub(crate) const CENTROIDS: usize = 256;

/// A matrix of weights, one row per word, n-gram or label.
#[derive(Debug, Clone)]
pub(crate) enum Matrix {
    Dense(Dense),
    Quantized(Quantized),
}

#[derive(Debug, Clone)]
pub(crate) struct Dense {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) values: LargeVec<f32>,
    kernels: Kernels,
}

/// Rows as codes of a product quantizer: each run of `part` columns is one of 256 centroids; the length of a row
/// may be coded apart.
#[derive(Debug, Clone)]
pub(crate) struct Quantized {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) coded: Coded,
    pub(crate) norms: Option<Coded>,
}

/// Vectors as codes, with what the codes stand for.
#[derive(Debug, Clone)]
pub(crate) struct Coded {
    /// Columns of a vector.
    pub(crate) columns: usize,
    /// Codes per vector.
    pub(crate) parts: usize,
    /// Columns per code; the last code of a vector may stand for fewer.
    pub(crate) part: usize,
    pub(crate) codes: Vec<u8>,
    pub(crate) centroids: Vec<f32>,
}

impl Matrix {
    pub(crate) fn read(
        source: &mut Source<impl BufRead>,
        quantized: bool,
        field: &'static str,
    ) -> Result<Self, FastTextError> {
        if quantized { Quantized::read(source, field).map(Self::Quantized) } else { Dense::read(source, field) }
    }

    pub(crate) fn write(&self, sink: &mut Sink<impl Write>) -> Result<(), FastTextError> {
        match self {
            Self::Dense(matrix) => {
                sink.long_count(matrix.rows)?;
                sink.long_count(matrix.columns)?;
                sink.f32s(&matrix.values)
            }
            Self::Quantized(matrix) => matrix.write(sink),
        }
    }

    pub(crate) fn is_quantized(&self) -> bool {
        matches!(self, Self::Quantized(_))
    }

    pub(crate) fn rows(&self) -> usize {
        match self {
            Self::Dense(matrix) => matrix.rows,
            Self::Quantized(matrix) => matrix.rows,
        }
    }

    pub(crate) fn columns(&self) -> usize {
        match self {
            Self::Dense(matrix) => matrix.columns,
            Self::Quantized(matrix) => matrix.columns,
        }
    }

    /// Adds rows to `sum`.
    pub(crate) fn add_rows(&self, rows: &[u32], sum: &mut [f32]) {
        match self {
            Self::Dense(matrix) => matrix.kernels.add_rows(sum, &matrix.values, rows),
            Self::Quantized(matrix) => {
                for row in rows {
                    matrix.add_row(*row as usize, sum);
                }
            }
        }
    }

    /// The dot product of a row with `vector`.
    pub(crate) fn dot_row(&self, row: usize, vector: &[f32]) -> f32 {
        match self {
            Self::Dense(matrix) => matrix.kernels.dot(matrix.row(row), vector),
            Self::Quantized(matrix) => matrix.dot_row(row, vector),
        }
    }
}

/// `values[start..][..length]`, or nothing where that is outside (which loading rules out).
fn slice<T>(values: &[T], start: usize, length: usize) -> &[T] {
    values.get(start..start + length).unwrap_or_default()
}

fn read_shape(source: &mut Source<impl BufRead>, field: &'static str) -> Result<(usize, usize), FastTextError> {
    let (rows, columns) = (source.i64(field)?, source.i64(field)?);
    // A row takes at least a byte in the file, and so does a column (of a row, or of a centroid).
    Ok((source.length(field, rows, 1)?, source.length(field, columns, 1)?))
}

impl Dense {
    /// A matrix of whole rows.
    pub(crate) fn new(columns: usize, values: LargeVec<f32>) -> Self {
        Self { rows: values.len() / columns.max(1), columns, values, kernels: Kernels::new() }
    }

    fn read(source: &mut Source<impl BufRead>, field: &'static str) -> Result<Matrix, FastTextError> {
        let (rows, columns) = read_shape(source, field)?;
        let area = source.area(field, rows, columns, size_of::<f32>())?;
        let mut values = LargeVec::zeroed(area);
        source.fill_f32s(field, &mut values)?;
        Ok(Matrix::Dense(Self { rows, columns, values, kernels: Kernels::new() }))
    }

    pub(crate) fn row(&self, row: usize) -> &[f32] {
        slice(&self.values, row * self.columns, self.columns)
    }
}

impl Quantized {
    fn read(source: &mut Source<impl BufRead>, field: &'static str) -> Result<Self, FastTextError> {
        let has_norms = source.bool("qnorm")?;
        let (rows, columns) = read_shape(source, field)?;
        let code_count = source.i32("codesize")?;
        let code_count = source.length("codesize", i64::from(code_count), 1)?;
        let codes = source.u8s("codes", code_count)?;
        let coded = read_quantizer(source, columns, codes)?;
        if rows.checked_mul(coded.parts) != Some(code_count) {
            return Err(source.range("codesize", i64::try_from(code_count).unwrap_or(i64::MAX), "rows times nsubq"));
        }
        let norms = has_norms.then(|| {
            let codes = source.u8s("norm_codes", rows)?;
            read_quantizer(source, 1, codes)
        });
        Ok(Self { rows, columns, coded, norms: norms.transpose()? })
    }

    fn write(&self, sink: &mut Sink<impl Write>) -> Result<(), FastTextError> {
        sink.bool(self.norms.is_some())?;
        sink.long_count(self.rows)?;
        sink.long_count(self.columns)?;
        sink.count(self.coded.codes.len())?;
        self.coded.write(sink)?;
        self.norms.as_ref().map_or(Ok(()), |norms| norms.write(sink))
    }

    #[inline]
    fn norm(&self, row: usize) -> f32 {
        let Some(norms) = &self.norms else { return 1.0 };
        let code = norms.codes.get(row).copied().unwrap_or_default();
        norms.centroids.get(usize::from(code)).copied().unwrap_or_default()
    }

    #[inline]
    fn add_row(&self, row: usize, sum: &mut [f32]) {
        let norm = self.norm(row);
        let Coded { parts, part, codes, centroids, .. } = &self.coded;
        let codes = slice(codes, row * parts, *parts);
        if *part == 2 && self.columns.is_multiple_of(2) {
            // fastText's default: a fixed length lets the compiler unroll.
            let tables = centroids.as_chunks::<2>().0.as_chunks::<CENTROIDS>().0;
            for ((code, table), [a, b]) in codes.iter().zip(tables).zip(sum.as_chunks_mut::<2>().0) {
                let [x, y] = table[usize::from(*code)];
                *a += norm * x;
                *b += norm * y;
            }
            return;
        }
        for ((index, code), sum) in codes.iter().enumerate().zip(sum.chunks_mut(*part)) {
            let centroid = self.coded.centroid(index, *code, sum.len());
            sum.iter_mut().zip(centroid).for_each(|(sum, value)| *sum += norm * value);
        }
    }

    fn dot_row(&self, row: usize, vector: &[f32]) -> f32 {
        let Coded { parts, part, codes, .. } = &self.coded;
        let codes = slice(codes, row * parts, *parts);
        let parts = codes.iter().enumerate().zip(vector.chunks(*part));
        let dots = parts.map(|((index, code), vector)| {
            self.coded.centroid(index, *code, vector.len()).iter().zip(vector).map(|(a, b)| a * b).sum::<f32>()
        });
        dots.sum::<f32>() * self.norm(row)
    }
}

impl Coded {
    /// The centroids of one part stand together; those of the last part may be shorter.
    fn centroid(&self, index: usize, code: u8, length: usize) -> &[f32] {
        slice(&self.centroids, index * CENTROIDS * self.part + usize::from(code) * length, length)
    }

    /// Columns of the last code.
    pub(crate) fn last(&self) -> usize {
        self.columns - (self.parts - 1) * self.part
    }

    fn write(&self, sink: &mut Sink<impl Write>) -> Result<(), FastTextError> {
        sink.bytes(&self.codes)?;
        for count in [self.columns, self.parts, self.part, self.last()] {
            sink.count(count)?;
        }
        sink.f32s(&self.centroids)
    }
}

/// A product quantizer for vectors of `columns`, whose codes were read before.
fn read_quantizer(source: &mut Source<impl BufRead>, columns: usize, codes: Vec<u8>) -> Result<Coded, FastTextError> {
    let dim = source.i32("pq.dim")?;
    if usize::try_from(dim) != Ok(columns) {
        return Err(source.range("pq.dim", i64::from(dim), "the number of columns of its matrix"));
    }
    let parts = source.i32("pq.nsubq")?;
    let part = source.i32("pq.dsub")?;
    let last = source.i32("pq.lastdsub")?;
    let fits = || {
        let before = usize::try_from(parts).ok()?.checked_sub(1)?.checked_mul(usize::try_from(part).ok()?)?;
        (part >= 1 && last >= 1 && last <= part && before.checked_add(usize::try_from(last).ok()?)? == columns)
            .then_some((before, part))
    };
    let Some((before, _)) = fits() else {
        return Err(source.range(
            "pq.nsubq",
            i64::from(parts),
            "parts that make up the columns, with dsub and lastdsub",
        ));
    };
    let count = source.area("pq.centroids", columns, CENTROIDS, size_of::<f32>())?;
    let centroids = source.f32s("pq.centroids", count)?;
    let part = usize::try_from(part).unwrap_or(1);
    Ok(Coded { columns, parts: before / part + 1, part, codes, centroids })
}

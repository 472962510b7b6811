use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use crate::FastTextError;
use crate::dictionary::Dictionary;
use crate::header::Header;
use crate::matrix::Matrix;
use crate::output::Output;
use crate::source::Source;

/// A supervised fastText model. It never changes, so that threads can share it; see [`Predictor`].
#[derive(Debug)]
pub struct FastTextModel {
    pub(crate) header: Header,
    pub(crate) dictionary: Dictionary,
    pub(crate) input: Matrix,
    pub(crate) output: Output,
}

impl FastTextModel {
    /// Reads a model from a file.
    pub fn load(path: &Path) -> Result<Self, FastTextError> {
        let open = |source| FastTextError::Open { path: path.to_owned(), source };
        let file = File::open(path).map_err(open)?;
        let length = file.metadata().map_err(open)?.len();
        Self::read(BufReader::with_capacity(1 << 16, file), length)
    }

    /// Reads a model of exactly `length` bytes.
    pub fn read(reader: impl BufRead, length: u64) -> Result<Self, FastTextError> {
        let mut source = Source::new(reader, length);
        let header = Header::read(&mut source)?;
        let dictionary = Dictionary::read(&mut source, &header)?;
        let quantized = source.bool("quant_input")?;
        if !quantized && dictionary.is_pruned() {
            return Err(source.range("quant_input", 0, "1, as n-grams were pruned"));
        }
        let input = Matrix::read(&mut source, quantized, "input")?;
        if input.columns() != header.dim || (input.rows() as u64) < dictionary.rows_needed(&header) {
            let rows = i64::try_from(input.rows()).unwrap_or(i64::MAX);
            return Err(source.range("input", rows, "rows for all words and n-grams, of `dim` columns"));
        }
        let quantized_output = source.bool("qout")?;
        let matrix = Matrix::read(&mut source, quantized && quantized_output, "output")?;
        if matrix.columns() != header.dim || matrix.rows() != dictionary.labels().len() {
            let rows = i64::try_from(matrix.rows()).unwrap_or(i64::MAX);
            return Err(source.range("output", rows, "one row for each label, of `dim` columns"));
        }
        source.finish()?;
        let output = Output::new(header.loss, matrix, dictionary.label_counts())?;
        Ok(Self { header, dictionary, input, output })
    }

    /// The labels that the model can answer, without `__label__`.
    pub fn labels(&self) -> &[String] {
        self.dictionary.labels()
    }
}

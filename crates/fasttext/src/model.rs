use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use crate::FastTextError;
use crate::dictionary::Dictionary;
use crate::header::Header;
use crate::matrix::Matrix;
use crate::output::Output;
use crate::sink::Sink;
use crate::source::Source;

/// A supervised fastText model. It never changes, so that threads can share it; see [`Predictor`](crate::Predictor).
#[derive(Debug)]
pub struct FastTextModel {
    pub(crate) header: Header,
    pub(crate) dictionary: Dictionary,
    pub(crate) input: Matrix,
    pub(crate) output: Output,
    /// What the file says of the output layer; it is only compressed where the input is.
    pub(crate) quantized_output: bool,
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
        Ok(Self { header, dictionary, input, output, quantized_output })
    }

    /// The labels that the model can answer, without `__label__`.
    pub fn labels(&self) -> &[String] {
        self.dictionary.labels()
    }
    /// Writes the model to a file, `.bin` or, after [`quantize`](Self::quantize), `.ftz` by custom. The file is written
    /// beside its place and renamed, so that a model that is there is never half a model.
    pub fn save(&self, path: &Path) -> Result<(), FastTextError> {
        let failed = |source| FastTextError::Save { path: path.to_owned(), source };
        let mut part = path.as_os_str().to_owned();
        part.push(format!(".{}.part", std::process::id()));
        let written = File::create(&part).map_err(failed).and_then(|file| {
            self.write(BufWriter::with_capacity(1 << 16, &file))?;
            file.sync_all().map_err(failed)
        });
        let renamed = written.and_then(|()| std::fs::rename(&part, path).map_err(failed));
        if renamed.is_err() {
            // The first error is the one to report.
            let _ = std::fs::remove_file(&part);
        }
        renamed
    }

    /// Writes the model in version 12 of fastText's format.
    pub fn write(&self, writer: impl Write) -> Result<(), FastTextError> {
        let mut sink = Sink::new(writer);
        self.header.write(&mut sink)?;
        self.dictionary.write(&mut sink)?;
        sink.bool(self.input.is_quantized())?;
        self.input.write(&mut sink)?;
        sink.bool(self.quantized_output)?;
        self.output.matrix.write(&mut sink)?;
        sink.finish()
    }

    /// Numbers in the vector of a text.
    pub fn dim(&self) -> usize {
        self.header.dim
    }

    /// Words of the dictionary, with the end of a line.
    pub fn words(&self) -> u32 {
        self.dictionary.words()
    }

    /// Whether the matrix of words and n-grams is compressed.
    pub fn is_quantized(&self) -> bool {
        self.input.is_quantized()
    }
}

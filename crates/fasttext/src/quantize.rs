use crate::FastTextError;
use crate::dictionary::END;
use crate::matrix::{Dense, Matrix};
use crate::model::FastTextModel;
use crate::output::Output;
use crate::quantizer::{length, quantize};
use crate::train::within;

/// How a model is compressed. The names of the arguments of `fasttext quantize` stand in brackets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuantizeOptions {
    /// Rows of words and n-grams to keep, the longest vectors first (`cutoff`); all if `None`. At least 256, and by
    /// default `None`. The words that are left are not trained again.
    pub cutoff: Option<u32>,
    /// Whether the length of a vector is coded apart (`qnorm`), a byte more for each row. By default no.
    pub norms: bool,
    /// Whether the output layer is compressed as well (`qout`), which takes at least 256 labels. By default no.
    pub output: bool,
    /// Numbers of a vector for each byte (`dsub`). 1 to `dim`, by default 2.
    pub part: u32,
}

impl Default for QuantizeOptions {
    fn default() -> Self {
        Self { cutoff: None, norms: false, output: false, part: 2 }
    }
}

/// Columns for each byte of a compressed output layer, whatever `part` says, as in fastText.
const OUTPUT_PART: usize = 2;

impl FastTextModel {
    /// The model compressed by product quantization, for a file `.ftz`: with the default options about an eighth of
    /// the size (Joulin et al., "FastText.zip", 2016). Errors: the model is compressed already, an option is out of its
    /// range, a matrix has fewer than 256 rows.
    pub fn quantize(&self, options: &QuantizeOptions) -> Result<Self, FastTextError> {
        let (Matrix::Dense(input), Matrix::Dense(output)) = (&self.input, &self.output.matrix) else {
            return Err(FastTextError::Quantized);
        };
        let dim = u32::try_from(self.header.dim).unwrap_or(u32::MAX);
        within("part", options.part, 1..=dim, "from 1 to `dim`")?;
        let cutoff = options.cutoff.map(|cutoff| cutoff as usize).filter(|cutoff| *cutoff < input.rows);
        let (dictionary, input) = match cutoff {
            Some(cutoff) => {
                let (words, ngrams) = self.longest_rows(input, cutoff);
                let ids: Vec<u32> = ngrams.iter().map(|row| row - self.dictionary.words()).collect();
                let kept: Vec<_> =
                    words.iter().chain(&ngrams).flat_map(|row| input.row(*row as usize)).copied().collect();
                (self.dictionary.keep(&self.header, &words, &ids)?, Dense::new(input.columns, kept.into()))
            }
            None => (self.dictionary.clone(), input.clone()),
        };
        let input = quantize(input, options.part as usize, options.norms)?;
        let matrix = if options.output {
            Matrix::Quantized(quantize(output.clone(), OUTPUT_PART, options.norms)?)
        } else {
            Matrix::Dense(output.clone())
        };
        let output = Output::new(self.header.loss, matrix, dictionary.label_counts())?;
        let quantized_output = options.output;
        Ok(Self { header: self.header, dictionary, input: Matrix::Quantized(input), output, quantized_output })
    }

    /// The rows of the `count` longest vectors: words in ascending order, then n-grams. The end mark is always among
    /// them.
    fn longest_rows(&self, input: &Dense, count: usize) -> (Vec<u32>, Vec<u32>) {
        let end = self.dictionary.row_of(END);
        let lengths: Vec<f32> = input.values.chunks(input.columns).map(length).collect();
        let mut order: Vec<u32> = (0..u32::try_from(input.rows).unwrap_or(u32::MAX)).collect();
        let length = |row: &u32| lengths.get(*row as usize).copied().unwrap_or_default();
        order.sort_by(|a, b| (end == Some(*b)).cmp(&(end == Some(*a))).then(length(b).total_cmp(&length(a))));
        order.truncate(count);
        let (mut words, ngrams): (Vec<u32>, Vec<u32>) =
            order.into_iter().partition(|row| *row < self.dictionary.words());
        words.sort_unstable();
        (words, ngrams)
    }
}

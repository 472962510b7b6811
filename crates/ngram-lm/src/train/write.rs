use std::io::{BufWriter, Write};

use super::interpolate::Interpolated;
use super::sorter::Pair;
use crate::LmError;
use crate::vocabulary::Vocabulary;

/// Writes the model in ARPA form; the number of n-grams of each order.
pub(crate) fn write(into: impl Write, orders: Vec<Interpolated>, vocabulary: &Vocabulary) -> Result<Vec<u64>, LmError> {
    let mut out = BufWriter::with_capacity(1 << 18, into);
    let failed = LmError::Write;
    let counts: Vec<u64> = orders.iter().map(|order| order.count).collect();
    out.write_all(b"\\data\\\n").map_err(failed)?;
    for (order, count) in (1..).zip(&counts) {
        writeln!(out, "ngram {order}={count}").map_err(failed)?;
    }
    let highest = orders.len();
    for Interpolated { order, mut ngrams, .. } in orders {
        write!(out, "\n\\{order}-grams:\n").map_err(failed)?;
        while let Some((ngram, Pair(probability, backoff))) = ngrams.next()? {
            write!(out, "{}", logarithm(probability)).map_err(failed)?;
            for (place, word) in ngram.iter().take(order).rev().enumerate() {
                out.write_all(if place == 0 { b"\t" } else { b" " }).map_err(failed)?;
                out.write_all(vocabulary.word(*word)).map_err(failed)?;
            }
            if order < highest {
                write!(out, "\t{}", logarithm(backoff)).map_err(failed)?;
            }
            out.write_all(b"\n").map_err(failed)?;
        }
    }
    out.write_all(b"\n\\end\\\n").map_err(failed)?;
    out.flush().map_err(failed)?;
    Ok(counts)
}

/// The logarithm to base 10 as a model holds it.
fn logarithm(probability: f64) -> f32 {
    #[allow(clippy::cast_possible_truncation, reason = "models hold single precision")]
    let logarithm = probability.log10() as f32;
    // A context that hands nothing down, which only pruning nothing of one word can give.
    logarithm.clamp(-99.0, 0.0)
}

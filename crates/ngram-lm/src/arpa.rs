//! ARPA files.

use std::io::BufRead;

use crate::model::{NgramModel, Weights, hash};
use crate::table::Table;
use crate::vocabulary::{UNKNOWN, UNKNOWN_WORD, Vocabulary};
use crate::{LmError, MAX_ORDER, words};

/// What `KenLM` takes for the probability of unknown words where a file has none.
const NO_UNKNOWN: f32 = -100.0;
/// Longest line that is read: the longest n-gram with room for long words.
const LONGEST_LINE: usize = 1 << 20;
/// Most n-grams that memory is asked for before they were read.
const TRUSTED_COUNT: u64 = 1 << 22;
/// n-grams that are put into a table together, so that memory is asked for all of them at once.
const BATCH: usize = 32;

/// The lines of a file with their numbers.
struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Goes to the next line that is not blank; false at the end.
    fn next(&mut self) -> Result<bool, LmError> {
        loop {
            self.buffer.clear();
            self.number += 1;
            let mut limited = std::io::Read::take(&mut self.reader, LONGEST_LINE as u64);
            if limited.read_until(b'\n', &mut self.buffer).map_err(LmError::Read)? == 0 {
                return Ok(false);
            }
            if self.buffer.len() == LONGEST_LINE {
                return Err(self.wrong("is longer than a mebibyte"));
            }
            if !self.buffer.trim_ascii().is_empty() {
                break;
            }
        }
        Ok(true)
    }

    /// The line, without blanks around it.
    fn line(&self) -> &[u8] {
        self.buffer.trim_ascii()
    }

    fn wrong(&self, problem: impl Into<String>) -> LmError {
        wrong_at(self.number, problem)
    }

    fn expect(&mut self, wanted: &str) -> Result<(), LmError> {
        if !self.next()? {
            return Err(self.wrong(format!("the file ends where `{wanted}` was expected")));
        }
        if self.line() == wanted.as_bytes() {
            return Ok(());
        }
        let found = String::from_utf8_lossy(self.line()).into_owned();
        Err(self.wrong(format!("`{wanted}` was expected, not `{}`", shortened(&found))))
    }
}

fn wrong_at(line: u64, problem: impl Into<String>) -> LmError {
    LmError::Arpa { line, problem: problem.into() }
}

fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

impl NgramModel {
    /// Reads a model in ARPA form: probabilities and backoffs as logarithms to base 10. n-grams whose shorter forms the
    /// file leaves out, as some programs do, get them computed.
    pub fn read_arpa(reader: impl BufRead) -> Result<Self, LmError> {
        let mut lines = Lines { reader, buffer: Vec::new(), number: 0 };
        lines.expect("\\data\\")?;
        let counts = counts(&mut lines)?;
        let (vocabulary, unigrams) = unigrams(&mut lines, counts.first().copied().unwrap_or_default())?;
        let mut model = Self::new(vocabulary, unigrams, Vec::new());
        // n-grams whose forms without the first word are not in the file.
        let mut lonely: Vec<Vec<u32>> = Vec::new();
        for (order, count) in (2..).zip(counts.iter().skip(1)) {
            lines.expect(&format!("\\{order}-grams:"))?;
            let longest = order == counts.len();
            read_ngrams(&mut lines, &mut model, (order, *count, longest), &mut lonely)?;
        }
        lines.expect("\\end\\")?;
        lonely.sort_by_key(Vec::len);
        for ngram in &lonely {
            model.add_shorter(ngram.get(1..).unwrap_or_default());
        }
        Ok(model)
    }

    /// Adds an n-gram that a longer one needs, and its own shorter ones, with what backing off gives.
    fn add_shorter(&mut self, ngram: &[u32]) -> f32 {
        let Some(table) = ngram.len().checked_sub(2) else {
            return self
                .unigrams
                .get(ngram.first().map_or(0, |word| *word as usize))
                .map_or(0.0, |found| found.probability);
        };
        let key = hash(ngram);
        if let Some(found) = self.tables.get(table).and_then(|table| table.get(key)) {
            return found.probability;
        }
        let lower = self.add_shorter(ngram.get(1..).unwrap_or_default());
        let context = ngram.get(..ngram.len() - 1).unwrap_or_default();
        let probability = lower + self.backoff(context);
        if let Some(table) = self.tables.get_mut(table) {
            table.insert(key, Weights { probability, backoff: 0.0 });
        }
        probability
    }

    fn backoff(&self, context: &[u32]) -> f32 {
        let found = match context {
            [word] => self.unigrams.get(*word as usize).copied(),
            _ => context
                .len()
                .checked_sub(2)
                .and_then(|table| self.tables.get(table))
                .and_then(|table| table.get(hash(context))),
        };
        found.map_or(0.0, |found| found.backoff)
    }
}

/// The numbers of n-grams in the head, up to the line of the unigrams.
fn counts(lines: &mut Lines<impl BufRead>) -> Result<Vec<u64>, LmError> {
    let mut counts = Vec::new();
    loop {
        if !lines.next()? {
            return Err(lines.wrong("the file ends in its head"));
        }
        let line = lines.line();
        if line == b"\\1-grams:" {
            break;
        }
        let text = String::from_utf8_lossy(line).into_owned();
        let count = text.strip_prefix("ngram ").and_then(|rest| rest.split_once('='));
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let count = count.and_then(|(order, count)| Some((number(order)?, number(count)?)));
        match count {
            Some((order, count)) if order == counts.len() as u64 + 1 && order <= MAX_ORDER as u64 => counts.push(count),
            Some(_) => {
                let wanted = counts.len() + 1;
                return Err(lines.wrong(format!("`ngram {wanted}=` was expected; models have 1 to {MAX_ORDER} orders")));
            }
            None => return Err(lines.wrong(format!("`{}` is no number of n-grams", shortened(&text)))),
        }
    }
    if counts.is_empty() { Err(lines.wrong("there is no `ngram 1=` before the unigrams")) } else { Ok(counts) }
}

fn unigrams(lines: &mut Lines<impl BufRead>, count: u64) -> Result<(Vocabulary, Vec<Weights>), LmError> {
    let mut vocabulary = Vocabulary::default();
    let mut unigrams = vec![Weights { probability: NO_UNKNOWN, backoff: 0.0 }];
    let mut unknown = false;
    for _ in 0..count {
        if !lines.next()? {
            return Err(lines.wrong("the file ends in its unigrams"));
        }
        let line = lines.line();
        let mut fields = words(line);
        let weights = (fields.next(), fields.next(), fields.next());
        let known = vocabulary.len();
        let (Some(probability), Some(word), backoff, None) = (weights.0, weights.1, weights.2, fields.next()) else {
            return Err(lines.wrong("is no unigram: probability, word, backoff"));
        };
        let weights = parse(probability, backoff);
        let number = vocabulary.add(word)?;
        let twice = (number as usize) < known && (word != UNKNOWN_WORD || unknown);
        let Some(weights) = weights else { return Err(lines.wrong("has a weight that is no logarithm")) };
        if twice {
            return Err(lines.wrong("has a word that was there before"));
        }
        if number == UNKNOWN {
            unknown = true;
            unigrams[0] = weights;
        } else {
            unigrams.push(weights);
        }
    }
    Ok((vocabulary, unigrams))
}

fn parse(probability: &[u8], backoff: Option<&[u8]>) -> Option<Weights> {
    let number = |text: &[u8]| std::str::from_utf8(text).ok()?.parse::<f32>().ok().filter(|number| !number.is_nan());
    let probability = number(probability).filter(|probability| *probability <= 0.0)?;
    let backoff = backoff.map_or(Some(0.0), number).filter(|backoff| backoff.is_finite())?;
    // Some programs write -99 or -inf for <s>; an infinity would make every sum of it one.
    Some(Weights { probability: probability.max(f32::MIN / 2.0), backoff })
}

fn read_ngrams(
    lines: &mut Lines<impl BufRead>,
    model: &mut NgramModel,
    (order, count, longest): (usize, u64, bool),
    lonely: &mut Vec<Vec<u32>>,
) -> Result<(), LmError> {
    #[allow(clippy::cast_possible_truncation, reason = "bounded")]
    let mut table = Table::new(count.min(TRUSTED_COUNT) as usize);
    let mut batch = Batch::default();
    for read in 1..=count {
        let ngram = read_ngram(lines, &model.vocabulary, (order, longest))?;
        batch.push(lines.number, ngram);
        if batch.ngrams.len() == BATCH || read == count {
            batch.empty(order, &mut table, &model.tables, lonely)?;
        }
    }
    model.tables.push(table);
    Ok(())
}

/// The words of an n-gram, with what the file has about it.
type Ngram = ([u32; MAX_ORDER], Weights);

fn read_ngram(
    lines: &mut Lines<impl BufRead>,
    vocabulary: &Vocabulary,
    (order, longest): (usize, bool),
) -> Result<Ngram, LmError> {
    if !lines.next()? {
        return Err(lines.wrong(format!("the file ends in its {order}-grams")));
    }
    let mut fields = words(lines.line());
    let probability = fields.next().unwrap_or_default();
    let mut keys = [0; MAX_ORDER];
    for key in &mut keys[..order] {
        *key = Vocabulary::key(fields.next().unwrap_or_default());
    }
    vocabulary.fetch(&keys[..order]);
    let mut ngram = [UNKNOWN; MAX_ORDER];
    let mut unknown = false;
    for (number, key) in ngram.iter_mut().zip(&keys[..order]) {
        *number = vocabulary.number_of(*key);
        unknown |= *number == UNKNOWN && *key != Vocabulary::key(UNKNOWN_WORD);
    }
    let weights = parse(probability, fields.next());
    if unknown || fields.next().is_some() {
        return Err(lines.wrong(format!("is no {order}-gram of the words in the unigrams")));
    }
    let Some(weights) = weights else { return Err(lines.wrong("has a weight that is no logarithm")) };
    Ok((ngram, if longest { Weights { backoff: 0.0, ..weights } } else { weights }))
}

/// n-grams that were read and are not in their table yet, with their lines.
#[derive(Default)]
struct Batch {
    ngrams: Vec<(u64, Ngram)>,
    hashes: Vec<u64>,
    /// Hashes of the n-grams without their first words.
    shorter: Vec<u64>,
}

impl Batch {
    fn push(&mut self, line: u64, ngram: Ngram) {
        self.ngrams.push((line, ngram));
    }

    /// Puts all n-grams, of `order` words, into `table`. Those whose shorter forms are not in the last of `tables` are
    /// added to `lonely`.
    fn empty(
        &mut self,
        order: usize,
        table: &mut Table<Weights>,
        tables: &[Table<Weights>],
        lonely: &mut Vec<Vec<u32>>,
    ) -> Result<(), LmError> {
        self.hashes.clear();
        self.shorter.clear();
        for (_, (ngram, _)) in &self.ngrams {
            self.hashes.push(hash(&ngram[..order]));
            self.shorter.push(hash(&ngram[1..order]));
        }
        table.fetch(&self.hashes);
        if let Some(lower) = tables.last() {
            lower.fetch(&self.shorter);
        }
        for ((line, (ngram, weights)), (hash, shorter)) in
            self.ngrams.drain(..).zip(self.hashes.iter().zip(&self.shorter))
        {
            if table.insert(*hash, weights).is_some() {
                return Err(wrong_at(line, format!("has a {order}-gram that was there before")));
            }
            if tables.last().is_some_and(|lower| lower.get(*shorter).is_none()) {
                lonely.push(ngram[..order].to_vec());
            }
        }
        Ok(())
    }
}

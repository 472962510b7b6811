//! The texts of evaluation sets: JSON lines, JSON, Parquet.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use arrow::json::LineDelimitedWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use textmill_document::ConfigFault;

use super::fields;
use super::overlap::{Added, Index};
use super::report::SetReport;
use super::tokens::Token;

/// Longest line of an evaluation set.
const LONGEST_LINE: u64 = 64 << 20;
/// Largest evaluation set that is one JSON value, in bytes: it is read as a whole.
const LARGEST_VALUE: u64 = 1 << 30;

/// Adds every item of a file; its digest and what was found in it.
pub(super) fn add(path: &Path, names: &[String], index: &mut Index) -> Result<(String, SetReport), ConfigFault> {
    let read = |error: std::io::Error| unreadable(path, &error);
    let digest = crate::files::digest(path).map_err(read)?;
    let mut file = BufReader::new(File::open(path).map_err(read)?);
    let start = file.fill_buf().map_err(read)?;
    let mut set = Set { path, names, index, buffer: Vec::new(), report: SetReport::new(path, names) };
    if start.starts_with(b"PAR1") {
        set.parquet(file.into_inner())?;
    } else {
        let plain: Box<dyn Read> = if start.starts_with(&[0x1f, 0x8b]) {
            Box::new(flate2::bufread::MultiGzDecoder::new(file))
        } else if start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Box::new(zstd::Decoder::with_buffer(file).map_err(read)?)
        } else {
            Box::new(file)
        };
        set.json(BufReader::new(plain))?;
    }
    let report = set.report;
    if report.usable == 0 {
        return Err(report.no_texts(path));
    }
    Ok((digest, report))
}

fn unreadable(path: &Path, error: &std::io::Error) -> ConfigFault {
    ConfigFault::new("against", format!("{}: {error}", path.display()))
}

/// An evaluation set while it is read.
struct Set<'a> {
    path: &'a Path,
    names: &'a [String],
    index: &'a mut Index,
    buffer: Vec<Token>,
    report: SetReport,
}

impl Set<'_> {
    fn wrong(&self, line: u64, problem: impl Into<String>) -> ConfigFault {
        ConfigFault::new("against", format!("{}:{line}: {}", self.path.display(), problem.into()))
    }

    /// An item, whose texts are looked for; `number` is its line, or its place.
    fn item(&mut self, number: u64, item: &Value) -> Result<(), ConfigFault> {
        if !item.is_object() && !item.is_string() {
            return Err(self.wrong(number, "is no object"));
        }
        let texts = fields::texts(item, self.names);
        let (mut added, file) = (false, self.report.file.clone());
        for (field, text) in &texts {
            self.report.count(field);
            let found = self.index.add(|| format!("{file}:{number}"), text, &mut self.buffer);
            added |= found != Added::TooShort;
        }
        self.report.item(number, item, !texts.is_empty(), added);
        Ok(())
    }

    /// JSON lines; else one JSON value, or several over many lines.
    fn json(&mut self, mut reader: impl BufRead) -> Result<(), ConfigFault> {
        let (mut line, mut number) = (Vec::new(), 0_u64);
        let path = self.path;
        let read = |error: std::io::Error| unreadable(path, &error);
        while (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(read)? > 0 {
            number += 1;
            let text = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&line).trim_ascii();
            if !text.is_empty() {
                match serde_json::from_slice::<Value>(text) {
                    Ok(item) if !item.is_array() => self.item(number, &item)?,
                    _ if self.report.items == 0 => return self.values(line, reader),
                    Ok(_) => return Err(self.wrong(number, "is no object")),
                    Err(error) => return Err(self.wrong(number, error.to_string())),
                }
            }
            line.clear();
        }
        Ok(())
    }

    /// JSON that is no lines: the items are the elements of arrays, and objects.
    fn values(&mut self, mut all: Vec<u8>, rest: impl Read) -> Result<(), ConfigFault> {
        let path = self.path;
        let read = |error: std::io::Error| unreadable(path, &error);
        rest.take(LARGEST_VALUE).read_to_end(&mut all).map_err(read)?;
        if all.len() as u64 > LARGEST_VALUE {
            return Err(self.wrong(1, "is one JSON value of more than 1 GiB; give JSON lines, or Parquet"));
        }
        let text = all.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&all);
        let mut number = 0;
        for value in serde_json::Deserializer::from_slice(text).into_iter::<Value>() {
            let value = value.map_err(|error| self.wrong(error.line() as u64, error.to_string()))?;
            let items = if let Value::Array(items) = value { items } else { vec![value] };
            for item in items {
                number += 1;
                self.item(number, &item)?;
            }
        }
        Ok(())
    }

    fn parquet(&mut self, file: File) -> Result<(), ConfigFault> {
        let path = self.path.to_owned();
        let failed = |problem: &dyn std::fmt::Display| {
            ConfigFault::new("against", format!("{} cannot be read as Parquet: {problem}", path.display()))
        };
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).and_then(ParquetRecordBatchReaderBuilder::build);
        let mut number = 0;
        for batch in reader.map_err(|error| failed(&error))? {
            let batch = batch.map_err(|error| failed(&error))?;
            let mut writer = LineDelimitedWriter::new(Vec::new());
            writer.write(&batch).and_then(|()| writer.finish()).map_err(|error| failed(&error))?;
            let lines = writer.into_inner();
            for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                number += 1;
                let item: Value = serde_json::from_slice(line).map_err(|error| failed(&error))?;
                self.item(number, &item)?;
            }
        }
        Ok(())
    }
}

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use serde_json::Value;

use super::config::DecontaminateConfigError as Error;
use super::overlap::Index;

/// Fields that evaluation sets have their texts in.
pub(super) const FIELDS: &[&str] = &[
    "question", "problem", "prompt", "input", "query", "text", "passage", "context", "premise", "sentence", "content",
];

/// Longest line of an evaluation set.
const LONGEST_LINE: u64 = 64 << 20;

/// Adds every item of a file of JSON lines; its digest.
pub(super) fn add(path: &Path, fields: &[String], index: &mut Index) -> Result<String, Error> {
    let read = |source| Error::Read { path: path.to_owned(), source };
    let digest = crate::files::digest(path).map_err(read)?;
    let file = File::open(path).map_err(read)?;
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let reader: Box<dyn Read> = match extension {
        "gz" => Box::new(flate2::read::MultiGzDecoder::new(file)),
        "zst" => Box::new(zstd::Decoder::new(file).map_err(read)?),
        _ => Box::new(file),
    };
    let mut reader = BufReader::new(reader);
    let (mut line, mut number, mut found) = (Vec::new(), 0_u64, false);
    let mut buffer = Vec::new();
    let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    loop {
        line.clear();
        if (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut line).map_err(read)? == 0 {
            break;
        }
        number += 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let wrong = |problem: String| Error::Line { path: path.to_owned(), line: number, problem };
        let value: Value = serde_json::from_slice(&line).map_err(|error| wrong(error.to_string()))?;
        let item = value.as_object().ok_or_else(|| wrong("is no object".to_owned()))?;
        let names: Vec<&str> =
            if fields.is_empty() { FIELDS.to_vec() } else { fields.iter().map(String::as_str).collect() };
        for text in names.iter().filter_map(|name| item.get(*name)).filter_map(Value::as_str) {
            found = true;
            index.add(|| format!("{name}:{number}"), text, &mut buffer);
        }
    }
    if !found {
        let known = if fields.is_empty() { FIELDS.join(", ") } else { fields.join(", ") };
        return Err(Error::NoTexts { path: path.to_owned(), fields: known });
    }
    Ok(digest)
}

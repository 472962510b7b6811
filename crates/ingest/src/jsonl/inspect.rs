//! A look at the first records of a file, so that a wrong mapping is found before the run.

use std::collections::BTreeSet;

use serde_json::Value;
use textmill_document::columns::{HTML, ID, TEXT};

use super::sample::Sample;
use crate::columns::{ColumnProblem, ColumnType};
use crate::config::{PlannedColumn, planned_columns};
use crate::lacking::Lacking;
use crate::plan::Inspected;
use crate::quarantine::printable;
use crate::source::Source;
use crate::stream::{Found, JsonText, LineSplitter, Losses, decompressed};
use crate::{IngestError, InputConfig, Shard, Split, folders};

/// Records that are looked at; more where a mapped field is in none of them.
const SAMPLED_RECORDS: usize = 100;
/// Decompressed bytes after which no further record is looked at.
const SAMPLED_BYTES: u64 = 4 << 20;

/// Characters of a line that a message shows.
const SHOWN: usize = 40;

/// What the first records of a file show.
#[derive(Debug, Default)]
struct Inspection {
    /// Mapped columns that do not fit.
    problems: Vec<ColumnProblem>,
    /// Columns that have their field in some record.
    found: Vec<String>,
    /// All fields seen.
    fields: BTreeSet<String>,
    /// Whether no record could be read as an object, although there were some.
    no_objects: bool,
}

/// Looks into `shard`, which is one split.
pub(crate) fn inspect(shard: &Shard, source: &Source, config: &InputConfig) -> Result<Inspected, IngestError> {
    let mut seen = look(shard, source, config)?;
    seen.problems.retain(|problem| !problem.is_missing() || folders::called(shard, &problem.from).is_none());
    let (location, available) = (shard.location.clone(), seen.fields.iter().cloned().collect());
    let is_hard =
        |problem: &ColumnProblem| !problem.is_missing() || [ID, TEXT, HTML].contains(&problem.column.as_str());
    if seen.problems.iter().any(is_hard) {
        return Err(IngestError::Columns { location, problems: seen.problems, available });
    }
    let problems = seen.problems;
    let lacking = (!problems.is_empty()).then_some(Lacking { location, problems, available });
    let note = seen.no_objects.then(|| format!("{}: none of the first records is a JSON object", shard.location));
    Ok(Inspected { splits: vec![Split::whole(shard)], fields: seen.fields, note, lacking, found: seen.found })
}

/// Looks at the first records of `shard`.
fn look(shard: &Shard, source: &Source, config: &InputConfig) -> Result<Inspection, IngestError> {
    let stream = decompressed(source.reader()?, shard.compression, &config.limits, &Losses::default());
    let stream = Box::new(JsonText::new(stream));
    let max_line_bytes = usize::try_from(config.limits.max_document_bytes.bytes()).unwrap_or(usize::MAX);
    let mut lines = LineSplitter::new(stream, max_line_bytes);
    let columns = planned_columns(config, shard.format, None);
    let mut missing: Vec<&str> =
        columns.iter().filter(|column| !column.may_be_absent()).filter_map(|column| column.from.as_deref()).collect();
    let (mut samples, mut records, mut first_damage) = (Vec::new(), 0, None);
    let (mut first_line, mut begun) = (String::new(), 0);
    while (records < SAMPLED_RECORDS || !missing.is_empty()) && lines.consumed() < SAMPLED_BYTES {
        match lines.advance().map_err(|error| IngestError::read(&shard.location, error))? {
            Some(Found::Line { range, .. }) => {
                records += 1;
                let line = lines.bytes(range);
                if records == 1 {
                    first_line = printable(&String::from_utf8_lossy(line.get(..4 * SHOWN).unwrap_or(line)), SHOWN);
                }
                begun += usize::from(line.trim_ascii_start().starts_with(b"{"));
                let sample = Sample::of(line);
                let before = missing.len();
                missing.retain(|from| sample.as_ref().is_none_or(|sample| sample.get(from).is_none()));
                samples.extend(sample.filter(|_| records <= SAMPLED_RECORDS || missing.len() < before));
            }
            Some(Found::Damage(damage)) => first_damage = first_damage.or(Some(damage)),
            None => {
                if let (0, Some(damage)) = (records, first_damage) {
                    return Err(IngestError::unreadable(&shard.location, damage.detail));
                }
                break;
            }
        }
    }
    // One such line may be damage, a file of them is something else.
    if records > 1 && begun == 0 {
        let reason = format!("none of its first {records} lines is a JSON object; the first is `{first_line}`");
        return Err(IngestError::unreadable(&shard.location, reason));
    }
    let mut inspection = Inspection { no_objects: records > 0 && samples.is_empty(), ..Inspection::default() };
    for Sample(fields) in &samples {
        inspection.fields.extend(fields.keys().cloned());
    }
    if !samples.is_empty() {
        let available: Vec<_> = inspection.fields.iter().cloned().collect();
        let look = Look { shard, samples: &samples, available: &available, records };
        inspection.problems = columns.iter().filter_map(|column| look.problem(column)).collect();
        let is_there = |column: &&PlannedColumn| {
            column.from.as_deref().is_some_and(|from| samples.iter().any(|sample| sample.get(from).is_some()))
        };
        inspection.found = columns.iter().filter(is_there).map(|column| column.name.clone()).collect();
    }
    Ok(inspection)
}

/// The records that were looked at.
struct Look<'a> {
    shard: &'a Shard,
    samples: &'a [Sample],
    available: &'a [String],
    records: usize,
}

impl Look<'_> {
    fn problem(&self, column: &PlannedColumn) -> Option<ColumnProblem> {
        let (name, data_type) = (&column.name, column.data_type);
        let from = column.from.as_ref()?;
        // Rows of another kind, which have none of the columns.
        let told_by = self.shard.format.known().known_fields().first();
        if told_by.is_some_and(|first| self.available.iter().any(|field| field == first)) {
            return None;
        }
        let mut values = self.samples.iter().filter_map(|sample| sample.get(from)).peekable();
        if values.peek().is_none() {
            let missing = || ColumnProblem::missing(name, from, self.available).within(self.records);
            return (!column.may_be_absent()).then(missing);
        }
        let mut wrong = None;
        for value in values.filter(|value| !value.is_null()) {
            if fits(value, data_type, column.is_payload) {
                return None;
            }
            wrong = wrong.or(Some(value));
        }
        wrong.map(|value| ColumnProblem::mistyped(name, from, data_type.name(), kind(value)))
    }
}

fn fits(value: &Value, data_type: ColumnType, is_payload: bool) -> bool {
    match data_type {
        ColumnType::String => value.is_string() || (!is_payload && (value.is_number() || value.is_boolean())),
        ColumnType::Int64 => value.is_i64(),
        ColumnType::Float64 => value.is_number(),
        ColumnType::Boolean => value.is_boolean(),
        ColumnType::Binary => false,
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

//! The column mapping against the columns of one file.

use arrow::datatypes::{DataType, Field, Fields, Schema};
use textmill_document::columns::METADATA;

use super::convert::Conversion;
use super::schema::{is_uuid, steps_to};
use crate::columns::ColumnProblem;
use crate::config::PlannedColumn;
use crate::{IngestError, Shard, folders};

/// How the columns of a document are made of a file's.
#[derive(Debug)]
pub(super) struct Mapping {
    /// One for each document column, in their order.
    pub conversions: Vec<Conversion>,
    /// Columns that the file lacks, although nothing says that it may; they are null if that is accepted.
    pub lacking: Vec<ColumnProblem>,
    /// The document columns that the file has.
    pub found: Vec<String>,
}

/// Maps `columns` to those of `shard`, whose types are those of `schema`.
pub(super) fn map(shard: &Shard, schema: &Schema, columns: &[PlannedColumn]) -> Result<Mapping, IngestError> {
    let mut available = Vec::new();
    add_paths(schema.fields(), "", &mut available);
    let mut mapping = Mapping { conversions: Vec::new(), lacking: Vec::new(), found: Vec::new() };
    let mut problems = Vec::new();
    for column in columns {
        let Some(from) = column.from.as_deref() else {
            match made(column, columns, schema) {
                Ok(conversion) => mapping.conversions.push(conversion),
                Err(problem) => problems.push(problem),
            }
            continue;
        };
        match steps_to(schema.fields(), from) {
            Some(steps) => match convert(column, from, &steps, schema) {
                Ok(conversion) => {
                    mapping.found.push(column.name.clone());
                    mapping.conversions.push(conversion);
                }
                Err(problem) => problems.push(problem),
            },
            None => match folders::called(shard, from) {
                Some((_, value)) => match Conversion::folder(column, value.clone()) {
                    Ok(conversion) => {
                        mapping.found.push(column.name.clone());
                        mapping.conversions.push(conversion);
                    }
                    Err(expected) => {
                        let found = format!("`{}` in the name of a folder", value.unwrap_or_default());
                        problems.push(ColumnProblem::mistyped(&column.name, from, expected, found));
                    }
                },
                None => {
                    if column.is_payload {
                        problems.push(ColumnProblem::missing(&column.name, from, &available));
                    } else if !column.may_be_absent() {
                        mapping.lacking.push(ColumnProblem::missing(&column.name, from, &available));
                    }
                    mapping.conversions.push(Conversion::absent(column));
                }
            },
        }
    }
    if problems.is_empty() {
        return Ok(mapping);
    }
    // All that is wrong with the file is said at once.
    problems.extend(mapping.lacking);
    Err(IngestError::Columns { location: shard.location.clone(), problems, available })
}

/// The paths of all fields, those in structs included.
fn add_paths(fields: &Fields, outer: &str, paths: &mut Vec<String>) {
    for field in fields {
        let path = format!("{outer}{}", field.name());
        if let DataType::Struct(below) = field.data_type() {
            add_paths(below, &format!("{path}."), paths);
        }
        paths.push(path);
    }
}

fn convert(column: &PlannedColumn, from: &str, steps: &[&Field], schema: &Schema) -> Result<Conversion, ColumnProblem> {
    let times = times(schema, steps);
    if times > 1 {
        return Err(ColumnProblem::repeated(&column.name, from, times));
    }
    let path = steps.iter().map(|field| field.name().clone()).collect();
    let Some(field) = steps.last() else { return Ok(Conversion::absent(column)) };
    Conversion::new(column, path, field.data_type(), is_uuid(field))
        .map_err(|expected| ColumnProblem::mistyped(&column.name, from, expected, field.data_type().to_string()))
}

/// How many fields of the file answer to the path: any step that is there twice leaves open which one is meant.
fn times(schema: &Schema, steps: &[&Field]) -> usize {
    let mut fields = schema.fields();
    let mut most = 1;
    for step in steps {
        most = most.max(fields.iter().filter(|field| field.name() == step.name()).count());
        let DataType::Struct(below) = step.data_type() else { break };
        fields = below;
    }
    most
}

/// A column that comes from no field of its own: an id to be generated, or the rest of the fields.
fn made(column: &PlannedColumn, columns: &[PlannedColumn], schema: &Schema) -> Result<Conversion, ColumnProblem> {
    if column.name != METADATA {
        return Ok(Conversion::absent(column));
    }
    let is_taken = |name: &str| columns.iter().any(|column| column.from.as_deref() == Some(name));
    let rest: Vec<String> =
        schema.fields().iter().map(|field| field.name().clone()).filter(|name| !is_taken(name)).collect();
    for name in &rest {
        let times = rest.iter().filter(|other| *other == name).count();
        if times > 1 {
            return Err(ColumnProblem::repeated(METADATA, name, times));
        }
    }
    Ok(Conversion::rest(column, rest))
}

//! How one document column is made of the file's columns.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringViewArray, StringViewBuilder, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, FieldRef};
use arrow::error::ArrowError;
use textmill_document::columns::ID;

use super::bad::BadValue;
use super::json::{Json, quoted};
use super::text::{lost, text_of};
use crate::columns::ColumnType;
use crate::config::PlannedColumn;
use crate::jsonl::generated_id;

/// A cast that fails leaves a null, which is then told from a null that was there.
const SAFE: CastOptions<'static> =
    CastOptions { safe: true, format_options: arrow::util::display::FormatOptions::new() };

/// How one document column is made.
#[derive(Debug)]
pub(super) struct Conversion {
    field: FieldRef,
    rule: Rule,
}

#[derive(Debug)]
enum Rule {
    /// The file has nothing for it: ids are generated, other columns are null.
    Absent,
    /// A folder around the file has its name and this value.
    Folder(String),
    /// A column of the file, or a field inside one.
    Column { path: Vec<String>, kind: Kind },
    /// The columns of these names, as one JSON object.
    Rest(Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Uuid,
    /// The type of the column's field.
    Cast,
}

/// A column that was made, and what of it is bad.
pub(super) type Converted = (ArrayRef, Vec<BadValue>);

impl Conversion {
    /// The conversion of the field at `path`, whose type in the file is `found`; otherwise the types that would do.
    pub(super) fn new(
        column: &PlannedColumn,
        path: Vec<String>,
        found: &DataType,
        is_uuid: bool,
    ) -> Result<Self, String> {
        let field = Arc::new(column.field());
        if !is_readable(column, field.data_type(), found, is_uuid) {
            let name =
                if column.passed.is_some() { field.data_type().to_string() } else { column.data_type.name().into() };
            return Err(format!("{name} ({})", accepted(column)));
        }
        let kind = match column.data_type {
            _ if column.passed.is_some() => Kind::Cast,
            ColumnType::String if is_uuid => Kind::Uuid,
            ColumnType::String => Kind::Text,
            _ => Kind::Cast,
        };
        Ok(Self { field, rule: Rule::Column { path, kind } })
    }

    /// A column that the file does not have.
    pub(super) fn absent(column: &PlannedColumn) -> Self {
        Self { field: Arc::new(column.field()), rule: Rule::Absent }
    }

    /// A column whose value is that of a folder; otherwise the type that it should have.
    pub(super) fn folder(column: &PlannedColumn, value: Option<String>) -> Result<Self, String> {
        let Some(value) = value else { return Ok(Self::absent(column)) };
        let conversion = Self { field: Arc::new(column.field()), rule: Rule::Folder(value) };
        match conversion.folder_value(1) {
            Ok(array) if array.null_count() == 0 => Ok(conversion),
            _ => Err(conversion.field.data_type().to_string()),
        }
    }

    /// The columns called `names` as one JSON object.
    pub(super) fn rest(column: &PlannedColumn, names: Vec<String>) -> Self {
        Self { field: Arc::new(column.field()), rule: Rule::Rest(names) }
    }

    /// The fields of the file that are read, each by its path.
    pub(super) fn paths(&self) -> Vec<&[String]> {
        match &self.rule {
            Rule::Absent | Rule::Folder(_) => Vec::new(),
            Rule::Column { path, .. } => vec![path],
            Rule::Rest(names) => names.iter().map(std::slice::from_ref).collect(),
        }
    }

    /// The column for `records`, whose first row is record `first_row` of `shard`.
    pub(super) fn apply(&self, records: &RecordBatch, shard: &str, first_row: u64) -> Result<Converted, ArrowError> {
        let (column, mut bad) = match &self.rule {
            Rule::Absent => (new_null_array(self.field.data_type(), records.num_rows()), Vec::new()),
            Rule::Folder(_) => (self.folder_value(records.num_rows())?, Vec::new()),
            Rule::Rest(names) => (rest(records, names)?, Vec::new()),
            Rule::Column { path, kind } => {
                let column = column_at(records, path)?;
                match kind {
                    Kind::Text | Kind::Uuid => text_of(&column, *kind == Kind::Uuid)?,
                    Kind::Cast => self.cast(&column)?,
                }
            }
        };
        let name = self.field.name();
        bad = bad.into_iter().map(|value| value.of_column(name)).collect();
        if name == ID && column.null_count() > 0 {
            let ids = column
                .as_string_view_opt()
                .ok_or_else(|| ArrowError::SchemaError(format!("column `{name}` is no string")))?;
            return Ok((Arc::new(with_generated(ids, shard, first_row)), bad));
        }
        Ok((column, bad))
    }

    fn cast(&self, column: &ArrayRef) -> Result<Converted, ArrowError> {
        let target = self.field.data_type();
        if column.data_type() == target {
            return Ok((Arc::clone(column), Vec::new()));
        }
        if column.data_type().is_null() {
            return Ok((new_null_array(target, column.len()), Vec::new()));
        }
        let made = cast_with_options(column, target, &SAFE)?;
        let bad = lost(column, &made).map(|row| {
            let value = arrow::util::display::array_value_to_string(column, row).unwrap_or_default();
            BadValue::wrong_type(row, format!("{value} is no {target}"))
        });
        let bad = bad.collect();
        Ok((made, bad))
    }

    /// The folder's value in `rows` rows.
    fn folder_value(&self, rows: usize) -> Result<ArrayRef, ArrowError> {
        let Rule::Folder(value) = &self.rule else { return Ok(new_null_array(self.field.data_type(), rows)) };
        let text = StringViewArray::from_iter_values(std::iter::repeat_n(value, rows));
        cast_with_options(&text, self.field.data_type(), &SAFE)
    }
}

/// The field of `records` at `path`: null where a struct around it is.
fn column_at(records: &RecordBatch, path: &[String]) -> Result<ArrayRef, ArrowError> {
    let missing = || ArrowError::SchemaError(format!("field `{}` was not read", path.join(".")));
    let (root, inner) = path.split_first().ok_or_else(missing)?;
    let mut column = Arc::clone(records.column_by_name(root).ok_or_else(missing)?);
    for name in inner {
        let outer = column;
        let field = outer.as_struct_opt().and_then(|fields| fields.column_by_name(name)).ok_or_else(missing)?;
        column = if outer.null_count() == 0 || field.data_type().is_null() {
            Arc::clone(field)
        } else {
            arrow::compute::nullif(field, &arrow::compute::is_null(&outer)?)?
        };
    }
    Ok(column)
}

/// The columns called `names` as one JSON object a row.
fn rest(records: &RecordBatch, names: &[String]) -> Result<ArrayRef, ArrowError> {
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let column = column_at(records, std::slice::from_ref(name))?;
        columns.push((quoted(name), Json::new(&column)?));
    }
    let mut objects = StringViewBuilder::with_capacity(records.num_rows());
    let mut object = String::new();
    for row in 0..records.num_rows() {
        object.clear();
        for (name, values) in &columns {
            object.push(if object.is_empty() { '{' } else { ',' });
            object.push_str(name);
            object.push(':');
            values.write(row, &mut object);
        }
        object.push_str(if object.is_empty() { "{}" } else { "}" });
        objects.append_value(&object);
    }
    Ok(Arc::new(objects.finish()))
}

fn with_generated(ids: &StringViewArray, shard: &str, first_row: u64) -> StringViewArray {
    let mut filled = StringViewBuilder::with_capacity(ids.len());
    let mut scratch = String::new();
    for (row, id) in (first_row..).zip(ids) {
        filled.append_value(id.unwrap_or_else(|| generated_id(&mut scratch, shard, row)));
    }
    filled.finish()
}

fn is_readable(column: &PlannedColumn, target: &DataType, found: &DataType, is_uuid: bool) -> bool {
    use DataType::{
        Binary, BinaryView, Boolean, Decimal32, Decimal64, Decimal128, Decimal256, FixedSizeBinary, LargeBinary,
        LargeUtf8, Null, Utf8, Utf8View,
    };
    let is_bytes = matches!(found, Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView);
    // A column without any value has no type of its own.
    if found == &Null {
        return true;
    }
    if column.passed.is_some() {
        return found == target || arrow::compute::can_cast_types(found, target);
    }
    match column.data_type {
        ColumnType::String if column.is_payload => is_bytes,
        // An id must be a text: bytes of a fixed size, such as a digest, are written in hex then.
        ColumnType::String => is_uuid || column.name == ID || !matches!(found, FixedSizeBinary(_)),
        ColumnType::Int64 => found.is_integer(),
        ColumnType::Float64 => {
            found.is_integer()
                || found.is_floating()
                || matches!(found, Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..))
        }
        ColumnType::Boolean => found == &Boolean,
        ColumnType::Binary => false,
    }
}

fn accepted(column: &PlannedColumn) -> &'static str {
    if column.passed.is_some() {
        return "the type that the other files have";
    }
    match column.data_type {
        ColumnType::String if column.is_payload => "a column of strings or of bytes, plain or dictionary-encoded",
        ColumnType::String => "any column but one of fixed-size bytes, which `type: any` passes on",
        ColumnType::Int64 => "an integer column",
        ColumnType::Float64 => "a floating-point, integer or decimal column",
        ColumnType::Boolean => "a boolean column",
        ColumnType::Binary => "no column of Parquet",
    }
}

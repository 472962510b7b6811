use std::collections::BTreeMap;

use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use textmill_document::{
    Applied, ColumnRead, ConfigFault, DocumentBatch, Example, Reason, Stage, StageConfig, StageError, columns,
};

use crate::sql::{self, Compiled};

/// Adds columns computed by SQL expressions, or replaces columns.
///
/// # What it removes
/// Nothing. It is also how a `keep_where` expression is looked at without dropping: write it to a
/// column.
///
/// # Why
/// To compute what a later stage or the output needs (lengths, flags, parts of the URL) without
/// another program.
///
/// # Parameters
/// A mapping from column to expression, in the SQL of Apache DataFusion over the columns of the
/// input; see `keep_where` for what is refused. No expression sees a column that another one of the
/// same stage adds. Text results are strings like all text columns.
///
/// # Source
/// The SQL reference of Apache DataFusion 55: "Scalar Functions" and "Operators".
///
/// # Cost
/// That of the expressions.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(example = serde_json::json!({"char_num": "char_length(text)"}))]
#[schemars(extend("minProperties" = 1))]
#[schemars(extend("propertyNames" = {"pattern": r"^\S+$", "description": "a column has a name without blanks"}))]
pub(crate) struct WithColumns(
    // In the order of the file, in which the columns are added.
    #[schemars(with = "BTreeMap<String, Expression>")] Map<String, Value>,
);

/// An SQL expression.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "only its schema is used")]
#[schemars(inline)]
struct Expression(#[schemars(length(min = 1))] String);

/// The stage `with_columns`.
#[derive(Debug)]
pub(crate) struct WithColumnsStage {
    columns: Vec<(Field, Compiled)>,
}

impl StageConfig for WithColumns {
    type Stage = WithColumnsStage;

    const NAME: &'static str = "with_columns";
    const EXAMPLES: &'static [Example] =
        &[Example::text(r#"{"char_num": "char_length(text)"}"#, "four")
            .kept_with(r#"{"text": "four", "char_num": 4}"#)];

    fn build(self, input: Option<&Schema>) -> Result<WithColumnsStage, Vec<ConfigFault>> {
        let mut columns = Vec::new();
        let mut faults = Vec::new();
        for (name, text) in &self.0 {
            match sql::compile(text.as_str().unwrap_or_default(), input) {
                Ok(compiled) => match column_type(name, compiled.data_type()) {
                    Ok(data_type) => columns.push((Field::new(name, data_type, true), compiled)),
                    Err((message, hint)) => faults.push(ConfigFault::new(name, message).with_hint(hint)),
                },
                Err(found) => faults.extend(found.into_iter().map(|fault| fault.into_config_fault(Some(name)))),
            }
        }
        // Without known input columns nothing compiles, and there may be nothing to report either.
        if !faults.is_empty() || input.is_none() {
            return Err(faults);
        }
        Ok(WithColumnsStage { columns })
    }
}

/// The type that column `name` gets from an expression of type `found`.
fn column_type(name: &str, found: &DataType) -> Result<DataType, (String, String)> {
    let data_type = if sql::is_text(found) { DataType::Utf8View } else { found.clone() };
    let shown = sql::type_name(found);
    match columns::standard_type(name) {
        Some(standard) if standard != data_type => {
            let wanted = sql::type_name(&standard);
            let cast = if standard == DataType::Utf8View { "VARCHAR" } else { "DOUBLE" };
            Err((
                format!("column `{name}` must be {wanted}, but the expression gives {shown}"),
                format!("convert it with `CAST(... AS {cast})`, or choose another name"),
            ))
        }
        _ if is_storable(&data_type) => Ok(data_type),
        _ => Err((
            format!("a column of type {shown} cannot be written"),
            "convert it, for example with `CAST(... AS VARCHAR)`".to_owned(),
        )),
    }
}

fn is_storable(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8View | DataType::Boolean | DataType::Date32 | DataType::Binary | DataType::BinaryView => true,
        DataType::Timestamp(..) | DataType::Decimal128(..) => true,
        DataType::List(item) | DataType::LargeList(item) => {
            is_storable(item.data_type()) || sql::is_text(item.data_type())
        }
        other => other.is_integer() || matches!(other, DataType::Float32 | DataType::Float64),
    }
}

impl Stage for WithColumnsStage {
    fn name(&self) -> &'static str {
        WithColumns::NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        let mut reads: Vec<ColumnRead> = Vec::new();
        for read in self.columns.iter().flat_map(|(_, expression)| expression.reads()) {
            if !reads.contains(&read) {
                reads.push(read);
            }
        }
        reads
    }

    fn adds(&self) -> Vec<Field> {
        self.columns.iter().map(|(field, _)| field.clone()).collect()
    }

    fn reasons(&self) -> Vec<Reason> {
        Vec::new()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let mut added = Vec::with_capacity(self.columns.len());
        for (field, expression) in &self.columns {
            let array = expression.evaluate(&batch)?;
            let array = if array.data_type() == field.data_type() {
                array
            } else {
                cast(&array, field.data_type()).map_err(|error| StageError::Compute(error.to_string()))?
            };
            added.push((field.clone(), array));
        }
        Ok(Applied::all(batch.with_columns(added)?))
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    use serde_json::json;
    use textmill_document::testing::{assert_stage_compliance, text_batch};

    use super::*;

    fn built(config: Value) -> Result<WithColumnsStage, Vec<ConfigFault>> {
        let config: WithColumns = serde_json::from_value(config).expect("a mapping");
        config.build(Some(&text_batch::<&str>(&[]).schema()))
    }

    #[test]
    fn adds_and_replaces_in_the_given_order() {
        let stage = built(json!({"short": "upper(text)", "text": "'x'", "n": "CAST(char_length(text) AS BIGINT)"}));
        let stage = stage.expect("valid");
        let applied = stage.apply(text_batch(&[Some("añb"), None])).expect("evaluates");
        let names: Vec<_> = applied.kept.schema().fields().iter().map(|field| field.name().clone()).collect();
        assert_eq!(names, ["id", "text", "short", "n"]);
        assert_eq!(applied.kept.strings("short").expect("text").iter().collect::<Vec<_>>(), [Some("AÑB"), None]);
        assert_eq!(applied.kept.text().expect("text").iter().collect::<Vec<_>>(), [Some("x"), Some("x")]);
        let lengths = applied.kept.column("n").expect("added").as_primitive::<Int64Type>();
        assert_eq!(lengths.iter().collect::<Vec<_>>(), [Some(3), None]);
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        let stage = built(json!({"head": "substr(text, 1, 3)", "blank": "text = ''", "text": "trim(text)"}));
        assert_stage_compliance(&stage.expect("valid"));
    }

    #[test]
    fn types_that_do_not_fit_are_refused_at_their_column() {
        let errors =
            built(json!({"language_score": "'high'", "x": "NULL", "y": "txt"})).expect_err("all three are bad");
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_deref()).collect();
        assert_eq!(fields, [Some("language_score"), Some("x"), Some("y")], "{errors:?}");
    }
}

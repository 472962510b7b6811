//! SQL expressions over document columns: parsed, checked and compiled once, then run per batch.

mod inspect;
mod patterns;

use std::sync::{Arc, LazyLock};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::{DFSchema, DataFusionError};
use datafusion::logical_expr::ExprSchemable;
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_expr::PhysicalExpr;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::sqlparser::parser::ParserError;
use textmill_document::{ColumnRead, ConfigFault, DocumentBatch, StageError};

/// Longest expression in bytes. It leaves room for a list of thousands of domains.
const MAX_SQL_BYTES: usize = 64 << 10;

/// Knows the functions; no tables. Column names are taken as they are written: documents have
/// columns such as `charNum`, and SQL would look for `charnum`.
static CONTEXT: LazyLock<SessionContext> = LazyLock::new(|| {
    let mut config = SessionConfig::new();
    config.options_mut().sql_parser.enable_ident_normalization = false;
    SessionContext::new_with_config(config)
});

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SqlFault {
    /// Line and column inside the expression, from 1, in characters.
    pub at: Option<(usize, usize)>,
    pub message: String,
    pub hint: Option<String>,
}

impl SqlFault {
    fn new(at: Option<(usize, usize)>, message: impl Into<String>, hint: Option<String>) -> Self {
        Self { at, message: message.into(), hint }
    }

    pub(crate) fn into_config_fault(self, field: Option<&str>) -> ConfigFault {
        ConfigFault { field: field.map(ToOwned::to_owned), at: self.at, message: self.message, hint: self.hint }
    }
}

/// An expression that is ready to run.
#[derive(Debug, Clone)]
pub(crate) struct Compiled {
    expression: Arc<dyn PhysicalExpr>,
    /// Only the columns that it reads, so that it runs on any batch that has them.
    schema: SchemaRef,
    data_type: DataType,
}

/// Compiles `sql` for documents with `columns`. Where these are not known, only what needs no
/// columns is checked and the list of faults may be empty.
pub(crate) fn compile(sql: &str, columns: Option<&Schema>) -> Result<Compiled, Vec<SqlFault>> {
    let one = |fault| vec![fault];
    if sql.len() > MAX_SQL_BYTES {
        let message = format!("the expression has {} bytes; at most {MAX_SQL_BYTES} are read", sql.len());
        return Err(one(SqlFault::new(None, message, None)));
    }
    let state = CONTEXT.state();
    let dialect = state.config().options().sql_parser.dialect;
    let parsed = state.sql_to_expr_with_alias(sql, &dialect).map_err(|error| one(syntax(&error, sql)))?;
    let used = inspect::inspect(&parsed, &state, columns)?;
    let Some(columns) = columns else { return Err(Vec::new()) };

    let fields: Vec<Field> = columns
        .fields()
        .iter()
        .filter(|field| used.contains(field.name()))
        .map(|field| field.as_ref().clone().with_nullable(true))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    plan(parsed, &state, schema).map_err(|error| one(SqlFault::new(None, planning(&error), None)))
}

fn plan(
    parsed: datafusion::sql::sqlparser::ast::ExprWithAlias,
    state: &datafusion::execution::SessionState,
    schema: SchemaRef,
) -> Result<Compiled, DataFusionError> {
    let df_schema = DFSchema::try_from(schema.as_ref().clone())?;
    let expression = state.create_logical_expr_from_sql_expr(parsed, &df_schema)?;
    let context = SimplifyContext::builder()
        .with_schema(Arc::new(df_schema.clone()))
        .with_config_options(Arc::clone(state.config_options()))
        .build();
    let simplifier = ExprSimplifier::new(context);
    // Types first, then constants: a list such as `IN ('a', 'b')` becomes one set of views.
    let expression = simplifier.simplify(simplifier.coerce(expression, &df_schema)?)?;
    let data_type = expression.get_type(&df_schema)?;
    let expression = state.create_physical_expr(expression, &df_schema)?;
    Ok(Compiled { expression, schema, data_type })
}

impl Compiled {
    /// Type of the result.
    pub(crate) fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// The columns that the expression needs.
    pub(crate) fn reads(&self) -> Vec<ColumnRead> {
        let read =
            |field: &Arc<Field>| ColumnRead { name: field.name().clone(), data_type: Some(field.data_type().clone()) };
        self.schema.fields().iter().map(read).collect()
    }

    /// One value per document.
    pub(crate) fn evaluate(&self, batch: &DocumentBatch) -> Result<ArrayRef, StageError> {
        let columns = self.schema.fields().iter().map(|field| batch.column(field.name()).cloned());
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let failed = |error: &DataFusionError| StageError::Compute(clean(error));
        let arrays = columns.collect::<Result<Vec<_>, _>>()?;
        let records = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options)
            .map_err(|error| StageError::Compute(error.to_string()))?;
        let value = self.expression.evaluate(&records).map_err(|error| failed(&error))?;
        value.into_array(batch.num_rows()).map_err(|error| failed(&error))
    }
}

/// The parser's message; it ends in ` at Line: 1, Column: 14`.
fn syntax(error: &DataFusionError, sql: &str) -> SqlFault {
    let text = match root(error) {
        DataFusionError::SQL(parser, _) => match parser.as_ref() {
            ParserError::ParserError(text) | ParserError::TokenizerError(text) => text.clone(),
            ParserError::RecursionLimitExceeded => "the expression is nested too deeply".to_owned(),
        },
        other => clean(other),
    };
    let place = text.rsplit_once(" at Line: ").and_then(|(message, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((message.to_owned(), (line.trim().parse().ok()?, column.trim().parse().ok()?)))
    });
    let (message, at) = match place {
        Some((message, at)) => (message, Some(at)),
        None if text.ends_with("EOF") => (text, Some(end_of(sql))),
        None => (text, None),
    };
    let message = message.replace("found: EOF", "found: the end");
    SqlFault::new(at, format!("not readable as SQL: {}", lower_first(&message)), None)
}

/// The error below the diagnostics and contexts around it.
fn root(error: &DataFusionError) -> &DataFusionError {
    match error {
        DataFusionError::Diagnostic(_, inner) | DataFusionError::Context(_, inner) => root(inner),
        other => other,
    }
}

/// Line and column one after the last character.
fn end_of(sql: &str) -> (usize, usize) {
    let last = sql.lines().last().unwrap_or_default();
    (sql.lines().count().max(1), last.chars().count() + 1)
}

/// A message about types, in the words of pipeline files.
fn planning(error: &DataFusionError) -> String {
    let text = clean(error).replace("Utf8View", "string").replace("LargeUtf8", "string").replace("Utf8", "string");
    lower_first(text.lines().next().unwrap_or_default())
}

/// The message without the prefixes that name DataFusion's layers.
fn clean(error: &DataFusionError) -> String {
    let mut text = error.strip_backtrace();
    let prefixes = ["Error during planning: ", "Execution error: ", "Schema error: ", "Arrow error: ", "SQL error: "];
    while let Some(rest) = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)) {
        text = rest.to_owned();
    }
    text
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}

/// Whether values of the type are text.
pub(crate) fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, value) => is_text(value),
        _ => false,
    }
}

/// A type as pipeline files call it.
pub(crate) fn type_name(data_type: &DataType) -> String {
    match data_type {
        data_type if is_text(data_type) => "string".to_owned(),
        DataType::Null => "null".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use textmill_document::columns;

    use super::*;

    fn fault(sql: &str) -> SqlFault {
        let score = Field::new("language_score", DataType::Float64, true);
        let schema = Schema::new(vec![columns::text_field("text"), columns::text_field("language"), score]);
        let mut faults = compile(sql, Some(&schema)).expect_err(sql);
        assert_eq!(faults.len(), 1, "{faults:?}");
        faults.remove(0)
    }

    #[test]
    fn faults_are_placed_in_the_expression() {
        let cases = [
            ("language = ", (1, 12), "not readable as SQL"),
            ("language == = 'en'", (1, 13), "not readable as SQL"),
            ("lang = 'en'", (1, 1), "no column `lang`"),
            ("language = 'en' AND\n  scor > 1", (2, 3), "no column `scor`"),
            ("lenght(text) > 3", (1, 1), "no function `lenght`"),
            ("count(text) > 3", (1, 1), "aggregate"),
            ("row_number() OVER () > 3", (1, 1), "window"),
            ("random() < 0.5", (1, 1), "not the same in every run"),
            ("now() > text", (1, 1), "not the same in every run"),
            ("language = 'en' AND current_date > text", (1, 21), "not the same in every run"),
        ];
        for (sql, at, message) in cases {
            let fault = fault(sql);
            assert!(fault.message.contains(message), "{sql}: {fault:?}");
            assert_eq!(fault.at, Some(at), "{sql}: {fault:?}");
        }
    }

    #[test]
    fn subqueries_aliases_and_depth_are_refused() {
        assert!(fault("text IN (SELECT text FROM x)").message.contains("subquer"));
        assert!(fault("EXISTS (SELECT 1)").message.contains("subquer"));
        assert!(fault("text = 'a' AS b").message.contains("alias"));
        assert!(fault(&vec!["text = 'a'"; 4000].join(" OR ")).message.contains("deep"));
        let nested = fault(&format!("{}true{}", "(".repeat(3000), ")".repeat(3000)));
        assert!(nested.message.contains("deep"), "{nested:?}");
        assert!(fault(&"x".repeat(MAX_SQL_BYTES + 1)).message.contains("bytes"));
    }

    #[test]
    fn a_double_quoted_text_is_explained() {
        let hint = fault("language = \"en\"").hint.expect("a hint");
        assert!(hint.contains("'en'"), "{hint}");
    }

    #[test]
    fn without_columns_the_syntax_and_the_functions_are_still_checked() {
        assert_eq!(compile("whatever > 1", None).map(|_| ()), Err(Vec::new()));
        assert!(!compile("whatever >", None).expect_err("bad syntax").is_empty());
        assert!(!compile("random() > x", None).expect_err("changes").is_empty());
    }
}

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Field, Schema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{
    Applied, ColumnRead, ConfigFault, Cost, DocumentBatch, Dropped, Example, Reason, Stage, StageConfig, StageError,
};

use crate::sql::{self, Compiled, SqlFault};

const PREDICATE_FALSE: Reason = Reason { code: "predicate_false", summary: "the expression is false" };
const PREDICATE_NULL: Reason =
    Reason { code: "predicate_null", summary: "the expression is null: a column in it has no value" };

/// Keeps the documents for which an SQL expression is true.
///
/// # What it removes
/// Documents for which the expression is false (`predicate_false`) or null (`predicate_null`).
/// Beside other stages that take the same input it is a branch: a document that one of them takes
/// is not dropped here but went elsewhere; only what none of them takes is dropped.
///
/// # Why
/// To send languages, sources or qualities down different branches, and to decide by columns that
/// earlier stages wrote.
///
/// # Parameters
/// One expression in the SQL of Apache DataFusion over the columns of the input. Names of columns
/// are case-sensitive; text stands in single quotes. Functions whose result changes from call to
/// call (`random()`, `now()`), aggregates, windows and subqueries are refused.
///
/// # Source
/// The SQL reference of Apache DataFusion 55: "Scalar Functions" and "Operators".
///
/// # Cost
/// Vectorised; comparisons cost next to nothing, regular expressions over the text cost what they
/// cost.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(example = "language = 'en' AND language_score >= 0.65")]
pub(crate) struct KeepWhere(#[schemars(length(min = 1))] String);

/// The stage `keep_where`.
#[derive(Debug)]
pub(crate) struct KeepWhereStage {
    predicate: Compiled,
}

impl StageConfig for KeepWhere {
    type Stage = KeepWhereStage;

    const NAME: &'static str = "keep_where";
    const REASONS: &'static [Reason] = &[PREDICATE_FALSE, PREDICATE_NULL];
    const EXAMPLES: &'static [Example] = &[
        Example::columns(
            r#""language = 'en' AND language_score >= 0.65""#,
            r#"{"text": "report", "language": "en", "language_score": 0.9}"#,
        )
        .kept(),
        Example::columns(
            r#""language = 'en' AND language_score >= 0.65""#,
            r#"{"text": "Bericht", "language": "de", "language_score": 0.9}"#,
        )
        .dropped(PREDICATE_FALSE),
    ];
    const COST: Option<Cost> = Some(Cost::measured(48_967.9, "scripts/reproduce, wanjuan-cc"));
    const KEEPS_COLUMNS: bool = true;
    const ROUTES: bool = true;

    fn build(self, input: Option<&Schema>) -> Result<KeepWhereStage, Vec<ConfigFault>> {
        let faults = |faults: Vec<SqlFault>| faults.into_iter().map(|fault| fault.into_config_fault(None)).collect();
        let predicate = sql::compile(&self.0, input).map_err(|found| -> Vec<ConfigFault> { faults(found) })?;
        if predicate.data_type() != &DataType::Boolean {
            let found = sql::type_name(predicate.data_type());
            let message = format!("the expression must be true or false, but its type is {found}");
            let hint = "make it a comparison, such as `language_score >= 0.65`";
            return Err(ConfigFault::whole(message).with_hint(hint).into());
        }
        Ok(KeepWhereStage { predicate })
    }
}

impl Stage for KeepWhereStage {
    fn name(&self) -> &'static str {
        KeepWhere::NAME
    }

    fn version(&self) -> u32 {
        1
    }

    fn reads(&self) -> Vec<ColumnRead> {
        self.predicate.reads()
    }

    fn adds(&self) -> Vec<Field> {
        Vec::new()
    }

    fn reasons(&self) -> Vec<Reason> {
        KeepWhere::REASONS.to_vec()
    }

    fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
        let result = self.predicate.evaluate(&batch)?;
        let Some(flags) = result.as_boolean_opt() else {
            return Err(StageError::Compute(format!("the expression gave {}, not a boolean", result.data_type())));
        };
        let dropped = flags.iter().enumerate().filter_map(|(row, flag)| {
            let reason = match flag {
                Some(true) => return None,
                Some(false) => PREDICATE_FALSE,
                None => PREDICATE_NULL,
            };
            Some(Dropped { row, reason, value: None, bound: None, detail: None })
        });
        Ok(Applied::without(&batch, dropped.collect())?)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
    use textmill_document::testing::{assert_stage_compliance, text_batch};
    use textmill_document::{Cause, apply_checked};

    use super::*;

    fn stage(sql: &str, batch: &DocumentBatch) -> Arc<dyn Stage> {
        Arc::new(KeepWhere(sql.to_owned()).build(Some(&batch.schema())).expect("a valid expression"))
    }

    fn scored() -> DocumentBatch {
        let texts = [Some("a"), Some("b"), None, Some("d")];
        let scores: ArrayRef = Arc::new(Float64Array::from(vec![Some(0.9), None, Some(0.7), Some(0.1)]));
        let counts: ArrayRef = Arc::new(Int64Array::from(vec![1, 0, 2, 4]));
        let fields = vec![
            (Field::new("Score", DataType::Float64, true), scores),
            (Field::new("count", DataType::Int64, true), counts),
        ];
        text_batch(&texts).with_columns(fields).expect("of one length")
    }

    #[test]
    fn false_and_null_are_told_apart() {
        let batch = scored();
        let applied = stage("Score >= 0.65", &batch).apply(batch).expect("evaluates");
        let dropped: Vec<_> = applied.dropped.iter().map(|drop| (drop.row, drop.reason.code)).collect();
        assert_eq!(dropped, [(1, "predicate_null"), (3, "predicate_false")]);
        assert_eq!(applied.kept.rows().values(), &[0, 2]);
    }

    #[test]
    fn keeps_the_duties_of_a_stage() {
        let batch = text_batch(&[Some("x")]);
        for sql in ["char_length(text) > 3", "text LIKE '%a%' OR id IN ('d1', 'd2')", "true"] {
            assert_stage_compliance(stage(sql, &batch).as_ref());
        }
    }

    #[test]
    fn the_deepest_expression_fits_on_a_small_stack() {
        let batch = text_batch(&[Some("x")]);
        let stage = stage(&vec!["text = id"; 190].join(" OR "), &batch);
        let worker = std::thread::Builder::new().stack_size(1 << 20);
        let running = worker.spawn(move || stage.apply(batch).map(|applied| applied.dropped.len()));
        let dropped = running.expect("a thread").join().expect("no overflow");
        assert_eq!(dropped.expect("evaluates"), 1);
    }

    #[test]
    fn a_row_that_cannot_be_computed_is_quarantined_alone() {
        let batch = scored();
        let applied = apply_checked(stage("4 / count > 1", &batch).as_ref(), &batch).expect("no fault of the stage");
        assert_eq!(
            applied.failed.iter().map(|fail| (fail.row, fail.cause)).collect::<Vec<_>>(),
            [(1, Cause::StageError)]
        );
        assert!(applied.failed[0].detail.contains("Divide by zero"), "{}", applied.failed[0].detail);
        assert_eq!(applied.kept.rows().values(), &[0, 2]);
    }

    #[test]
    fn columns_are_found_by_name_wherever_they_stand() {
        let batch = scored();
        let stage = stage("Score > 0.5 AND text = 'a'", &batch);
        let order = [3, 2, 1, 0].map(|index| batch.records().schema().field(index).clone());
        let arrays = order.iter().map(|field| batch.column(field.name()).expect("there").clone()).collect();
        let schema = Arc::new(Schema::new(order.to_vec()));
        let turned = RecordBatch::try_new(schema, arrays).expect("the same columns");
        let applied = stage.apply(DocumentBatch::new(turned, 0)).expect("evaluates");
        assert_eq!(applied.kept.rows().values(), &[0]);
    }
}

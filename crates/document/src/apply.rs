//! How the engine calls a stage: one bad document costs that document, a lost row costs the run.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema};

use crate::{Applied, Cause, DocumentBatch, DocumentError, Dropped, Failed, Stage, StageError};

/// What [`apply_checked`] returns: every row of the input batch is in exactly one of the three.
pub type Checked = Applied;

/// Applies `stage` to `batch`. Where it fails or panics, the batch is halved until the documents
/// that fail alone are found; they come back as [`Applied::failed`].
///
/// # Errors
/// Only when the stage broke its contract (it lost, doubled or reordered a row) or the batch has
/// not the declared columns: both are faults of the program, not of the data.
pub fn apply_checked(stage: &dyn Stage, batch: &DocumentBatch) -> Result<Checked, StageError> {
    if batch.num_rows() == 0 {
        return Ok(empty(stage, batch));
    }
    match catch_unwind(AssertUnwindSafe(|| stage.apply(batch.clone()))) {
        Ok(Ok(applied)) => {
            check_partition(stage, batch, &applied)?;
            Ok(applied)
        }
        Ok(Err(
            error @ StageError::Document(DocumentError::MissingColumn { .. } | DocumentError::WrongType { .. }),
        )) => Err(error),
        Ok(Err(error)) => halve(stage, batch, Cause::StageError, &error.to_string()),
        Err(panic) => halve(stage, batch, Cause::Panic, &panic_message(panic.as_ref())),
    }
}

fn halve(stage: &dyn Stage, batch: &DocumentBatch, cause: Cause, detail: &str) -> Result<Checked, StageError> {
    if batch.num_rows() == 1 {
        let mut applied = empty(stage, batch);
        applied.failed.push(Failed { row: 0, cause, detail: detail.to_owned() });
        return Ok(applied);
    }
    let middle = batch.num_rows() / 2;
    let head = apply_checked(stage, &batch.slice(0, middle))?;
    let tail = apply_checked(stage, &batch.slice(middle, batch.num_rows() - middle))?;
    let shifted_drops = tail.dropped.into_iter().map(|drop| Dropped { row: drop.row + middle, ..drop });
    let mut changes = head.changes;
    changes.merge(&tail.changes);
    let shifted_fails = tail.failed.into_iter().map(|fail| Failed { row: fail.row + middle, ..fail });
    Ok(Applied {
        kept: DocumentBatch::concat(&[head.kept, tail.kept])?,
        dropped: head.dropped.into_iter().chain(shifted_drops).collect(),
        failed: head.failed.into_iter().chain(shifted_fails).collect(),
        changes,
    })
}

fn empty(stage: &dyn Stage, batch: &DocumentBatch) -> Checked {
    let schema = output_schema(&batch.schema(), stage.adds());
    Applied::all(DocumentBatch::new(RecordBatch::new_empty(Arc::new(schema)), 0))
}

/// The schema of a stage's output: the input's with the added fields, which replace fields of the
/// same name.
pub fn output_schema(input: &Schema, adds: Vec<Field>) -> Schema {
    let mut fields: Vec<_> = input.fields().iter().cloned().collect();
    for field in adds {
        match fields.iter().position(|known| known.name() == field.name()) {
            Some(index) => fields[index] = Arc::new(field),
            None => fields.push(Arc::new(field)),
        }
    }
    Schema::new(fields)
}

/// Kept, dropped and failed rows together must be the input rows, each once, each in order.
fn check_partition(stage: &dyn Stage, batch: &DocumentBatch, applied: &Applied) -> Result<(), StageError> {
    let broken = |what: &str| StageError::Compute(format!("stage `{}` broke its contract: {what}", stage.name()));
    let dropped: Vec<usize> = applied.dropped.iter().map(|drop| drop.row).collect();
    let failed: Vec<usize> = applied.failed.iter().map(|fail| fail.row).collect();
    for rows in [&dropped, &failed] {
        if !rows.is_sorted_by(|a, b| a < b) || rows.last().is_some_and(|last| *last >= batch.num_rows()) {
            return Err(broken("dropped or failed rows are not ascending rows of the batch"));
        }
    }
    let mut gone = vec![false; batch.num_rows()];
    for row in dropped.into_iter().chain(failed) {
        if std::mem::replace(&mut gone[row], true) {
            return Err(broken("a row left twice"));
        }
    }
    let expected = batch.rows().values().iter().zip(&gone).filter(|(_, gone)| !**gone).map(|(number, _)| number);
    if !expected.eq(applied.kept.rows().values().iter()) {
        return Err(broken("the kept rows are not the input rows less those that left"));
    }
    Ok(())
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

#[cfg(test)]
mod tests {
    use arrow::array::{ArrayRef, StringViewArray};

    use super::*;
    use crate::{ColumnRead, Reason, columns};

    const DROPPED: Reason = Reason { code: "has_d", summary: "the text starts with d" };

    /// Panics on `panic`, fails on `fail`, drops what starts with `d`, loses `lose`.
    #[derive(Debug)]
    struct Hostile;

    impl Stage for Hostile {
        fn name(&self) -> &'static str {
            "hostile"
        }
        fn version(&self) -> u32 {
            1
        }
        fn reads(&self) -> Vec<ColumnRead> {
            vec![ColumnRead::standard(columns::TEXT)]
        }
        fn adds(&self) -> Vec<Field> {
            Vec::new()
        }
        fn reasons(&self) -> Vec<Reason> {
            vec![DROPPED]
        }
        fn apply(&self, batch: DocumentBatch) -> Result<Applied, StageError> {
            let texts: Vec<String> = batch.text()?.iter().map(|text| text.unwrap_or("").to_owned()).collect();
            assert!(!texts.iter().any(|text| text == "panic"), "hit the panic document");
            if texts.iter().any(|text| text == "fail") {
                return Err(StageError::Compute("hit the failing document".to_owned()));
            }
            let starts_with_d = texts.iter().enumerate().filter(|(_, text)| text.starts_with('d'));
            let dropped = starts_with_d.map(|(row, _)| Dropped::measured(row, DROPPED, 1.0, 0.0)).collect();
            let applied = Applied::without(&batch, dropped)?;
            let lost: Vec<bool> = applied.kept.text()?.iter().map(|text| text != Some("lose")).collect();
            Ok(Applied { kept: applied.kept.filter(&lost)?, ..applied })
        }
    }

    fn batch(texts: &[&str]) -> DocumentBatch {
        let text: ArrayRef = Arc::new(StringViewArray::from(texts.to_vec()));
        let schema = Schema::new(vec![columns::text_field(columns::TEXT)]);
        DocumentBatch::new(RecordBatch::try_new(Arc::new(schema), vec![text]).expect("one column"), 0)
    }

    #[test]
    fn one_bad_document_costs_that_document_only() {
        let input = batch(&["a", "panic", "d1", "b", "fail", "c", "d2"]);
        let applied = apply_checked(&Hostile, &input).expect("data faults are no errors");
        let kept: Vec<_> = applied.kept.text().expect("text").iter().flatten().collect();
        assert_eq!(kept, ["a", "b", "c"]);
        assert_eq!(applied.dropped.iter().map(|drop| drop.row).collect::<Vec<_>>(), [2, 6]);
        let failed: Vec<_> = applied.failed.iter().map(|fail| (fail.row, fail.cause)).collect();
        assert_eq!(failed, [(1, Cause::Panic), (4, Cause::StageError)]);
        assert_eq!(applied.failed[0].detail, "hit the panic document");
    }

    #[test]
    fn a_lost_row_is_an_error_that_names_the_stage() {
        let error = apply_checked(&Hostile, &batch(&["a", "lose"])).expect_err("a row is missing");
        assert!(error.to_string().contains("stage `hostile` broke its contract"), "{error}");
    }
}

//! Checks that hold for every stage, for use in the tests of stage crates.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use arrow::datatypes::{Field, Schema};

use crate::{Applied, DocumentBatch, Stage, apply_checked, columns, output_schema};

/// A batch with columns `id` (`d0`, `d1`, ...) and `text`.
///
/// # Panics
/// Never for valid Rust strings; building a two-column batch cannot fail.
pub fn text_batch<T: AsRef<str>>(texts: &[Option<T>]) -> DocumentBatch {
    let ids: ArrayRef = Arc::new(StringViewArray::from_iter_values((0..texts.len()).map(|row| format!("d{row}"))));
    let text: ArrayRef =
        Arc::new(texts.iter().map(|text| text.as_ref().map(AsRef::as_ref)).collect::<StringViewArray>());
    let schema = Schema::new(vec![columns::text_field(columns::ID), columns::text_field(columns::TEXT)]);
    let records = RecordBatch::try_new(Arc::new(schema), vec![ids, text]).expect("two columns of one length");
    DocumentBatch::new(records, 0)
}

/// Texts that have broken text processors before: empty, null, one character, combining marks,
/// controls, one endless token, mixed scripts.
pub fn awkward_texts() -> Vec<Option<String>> {
    let fixed = [
        "",
        " ",
        "\n",
        "\u{0}",
        "a",
        "中",
        "\u{feff}",
        "é\u{301}\u{301}",
        "\u{202e}abc",
        "👩‍👩‍👧‍👦",
        "\r\n\r\n",
        "。",
        "...",
        "•\n-\n•",
        "\u{e000}\u{f0000}",
        "مرحبا بالعالم",
        "नमस्ते दुनिया",
        "สวัสดีชาวโลก",
        "The quick brown fox.\n\n中文和 English 混排。",
    ];
    let mut texts: Vec<Option<String>> = fixed.iter().map(|text| Some((*text).to_owned())).collect();
    texts.push(None);
    texts.push(Some("a".repeat(200_000)));
    texts.push(Some("字".repeat(100_000)));
    texts.push(Some(format!("e{}", "\u{301}".repeat(50_000))));
    texts.push(Some("\n".repeat(100_000)));
    texts.push(Some("word ".repeat(40_000)));
    texts
}

/// Asserts the duties that all stages share: every row comes back exactly once and in order; the
/// output has the declared columns; reasons are the declared ones; an empty batch works; and a
/// row's fate does not depend on the batch it comes in. `stage` must take [`text_batch`] columns.
///
/// # Panics
/// When the stage breaks a duty.
pub fn assert_stage_compliance(stage: &dyn Stage) {
    let batch = text_batch(&awkward_texts());
    let whole = apply_checked(stage, &batch).expect("the stage keeps its contract");
    assert!(whole.failed.is_empty(), "{} failed on awkward text: {:?}", stage.name(), whole.failed);
    assert_schema(stage, &batch, &whole);
    let empty = apply_checked(stage, &batch.slice(0, 0)).expect("an empty batch works");
    assert_schema(stage, &batch, &empty);
    let empty_direct = stage.apply(batch.slice(0, 0)).expect("an empty batch works");
    assert_schema(stage, &batch, &empty_direct);

    let codes: Vec<_> = stage.reasons().iter().map(|reason| reason.code).collect();
    for drop in &whole.dropped {
        assert!(codes.contains(&drop.reason.code), "undeclared reason {}", drop.reason.code);
    }
    let singles: Vec<Applied> = (0..batch.num_rows())
        .map(|row| apply_checked(stage, &batch.slice(row, 1)).expect("single rows work"))
        .collect();
    let kept: Vec<_> = singles.iter().map(|single| single.kept.clone()).collect();
    let kept = DocumentBatch::concat(&kept).expect("same schema");
    assert_eq!(kept.records(), whole.kept.records(), "{}: the batch a row comes in changes its fate", stage.name());
    let drops: Vec<_> = singles
        .into_iter()
        .enumerate()
        .flat_map(|(row, single)| single.dropped.into_iter().map(move |drop| crate::Dropped { row, ..drop }))
        .collect();
    assert_eq!(drops, whole.dropped, "{}: the batch a row comes in changes its reason", stage.name());
}

fn assert_schema(stage: &dyn Stage, batch: &DocumentBatch, applied: &Applied) {
    let names = |schema: &Schema| -> Vec<Field> { schema.fields().iter().map(|field| (**field).clone()).collect() };
    let expected = output_schema(&batch.schema(), stage.adds());
    assert_eq!(names(&applied.kept.schema()), names(&expected), "{}: columns are not the declared ones", stage.name());
}

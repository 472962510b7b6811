//! Checks that hold for every stage, for use in the tests of stage crates.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BinaryViewArray, Float64Array, Int64Array, RecordBatch, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Schema};
use serde_json::{Map, Value};

use crate::{
    Applied, Document, DocumentBatch, Example, Outcome, Reason, Stage, StageConfig, apply_checked, columns,
    output_schema,
};

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
    assert_batch_compliance(stage, &text_batch(&awkward_texts()));
}

/// [`assert_stage_compliance`] on documents of the caller's.
///
/// # Panics
/// When the stage breaks a duty.
pub fn assert_batch_compliance(stage: &dyn Stage, batch: &DocumentBatch) {
    let whole = apply_checked(stage, batch).expect("the stage keeps its contract");
    assert!(whole.failed.is_empty(), "{} failed on awkward text: {:?}", stage.name(), whole.failed);
    assert_schema(stage, batch, &whole);
    let empty = apply_checked(stage, &batch.slice(0, 0)).expect("an empty batch works");
    assert_schema(stage, batch, &empty);
    let empty_direct = stage.apply(batch.slice(0, 0)).expect("an empty batch works");
    assert_schema(stage, batch, &empty_direct);

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

/// The configuration of `example`, with the files that it names in `folder`: those of the example are written there, others
/// must be there.
///
/// # Panics
/// When the example's JSON is none, or a file cannot be written.
pub fn example_config(example: &Example, folder: &Path) -> Value {
    for (name, text) in example.files {
        std::fs::write(folder.join(name), text).expect("a file that can be written");
    }
    let mut config = serde_json::from_str(example.config).expect("the configuration of an example is JSON");
    place_files(&mut config, folder);
    config
}

/// Puts `folder` before every text that is the name of a file in it.
fn place_files(config: &mut Value, folder: &Path) {
    match config {
        Value::String(name) if !name.is_empty() && folder.join(&name).is_file() => {
            *name = folder.join(&name).display().to_string();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| place_files(item, folder)),
        Value::Object(fields) => fields.values_mut().for_each(|field| place_files(field, folder)),
        _ => {}
    }
}

/// The documents of `example`, the one that it is about last.
///
/// # Panics
/// When the example's JSON is none, or its documents do not have the same columns.
pub fn example_batch(example: &Example) -> DocumentBatch {
    let rows: Vec<Map<String, Value>> =
        example.before.iter().chain([&example.document]).map(columns_of).collect::<Vec<_>>();
    let ids = StringViewArray::from_iter_values((0..rows.len()).map(|row| format!("d{row}")));
    let mut added: Vec<(Field, ArrayRef)> = vec![(columns::text_field(columns::ID), Arc::new(ids))];
    let (last, _) = rows.split_last().expect("the document itself");
    for name in last.keys() {
        let values: Vec<&Value> = rows.iter().map(|row| &row[name]).collect();
        added.push(column(name, &values));
    }
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = added.into_iter().unzip();
    let records = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).expect("columns of one length");
    DocumentBatch::new(records, 0)
}

fn columns_of(document: &Document) -> Map<String, Value> {
    match document {
        Document::Text(text) => Map::from_iter([(columns::TEXT.to_owned(), Value::from(*text))]),
        Document::Columns(columns) => serde_json::from_str(columns).expect("the columns of an example are JSON"),
    }
}

/// A column of JSON values, in the type that its name stands for, else in the one of the values.
fn column(name: &str, values: &[&Value]) -> (Field, ArrayRef) {
    let texts = || values.iter().map(|value| value.as_str());
    let whole = values.iter().all(|value| value.is_i64());
    let numbers = values.iter().all(|value| value.is_number());
    let array: ArrayRef = match columns::standard_type(name) {
        Some(DataType::BinaryView) => {
            Arc::new(texts().map(|text| text.map(str::as_bytes)).collect::<BinaryViewArray>())
        }
        None if whole => Arc::new(values.iter().map(|value| value.as_i64()).collect::<Int64Array>()),
        Some(DataType::Int64) => Arc::new(values.iter().map(|value| value.as_i64()).collect::<Int64Array>()),
        Some(DataType::Float64) => Arc::new(values.iter().map(|value| value.as_f64()).collect::<Float64Array>()),
        None if numbers => Arc::new(values.iter().map(|value| value.as_f64()).collect::<Float64Array>()),
        _ => Arc::new(texts().collect::<StringViewArray>()),
    };
    (Field::new(name, array.data_type().clone(), true), array)
}

/// Asserts that `stage` makes of the documents of `example` what the example says, and that it keeps its duties on them.
/// For stages that look at one document at a time.
///
/// # Panics
/// When it does not.
pub fn assert_example(stage: &dyn Stage, example: &Example) {
    let batch = example_batch(example);
    let row = batch.num_rows() - 1;
    let applied = apply_checked(stage, &batch).expect("the stage keeps its contract");
    let name = stage.name();
    assert!(applied.failed.is_empty(), "{name}: {example:?} failed: {:?}", applied.failed);
    assert_batch_compliance(stage, &batch);

    let dropped = applied.dropped.iter().find(|dropped| dropped.row == row);
    let kept = || {
        assert!(dropped.is_none(), "{name}: {example:?} was dropped: {dropped:?}");
        applied.kept.slice(applied.kept.num_rows() - 1, 1)
    };
    match example.outcome {
        Outcome::Kept => {
            let kept = kept();
            let before = batch.slice(row, 1);
            if let (Ok(before), Ok(after)) = (before.text(), kept.text()) {
                assert_eq!(before, after, "{name}: {example:?} was rewritten");
            }
        }
        Outcome::Rewritten(text) => assert_eq!(kept().text().expect("a text").value(0), text, "{name}: {example:?}"),
        Outcome::KeptWith(columns) => assert_columns(&kept(), columns, example),
        Outcome::Dropped { reason, value, bound, detail } => {
            let dropped = dropped.unwrap_or_else(|| panic!("{name}: {example:?} was kept"));
            assert_eq!(dropped.reason, reason, "{name}: {example:?}");
            assert!(is_near(dropped.value, value), "{name}: {example:?} has the value {:?}", dropped.value);
            assert!(is_near(dropped.bound, bound), "{name}: {example:?} has the bound {:?}", dropped.bound);
            assert_eq!(dropped.detail.as_deref(), detail, "{name}: {example:?}");
        }
        Outcome::Duplicate => panic!("{name}: only with all documents at hand a stage finds duplicates"),
    }
}

/// Whether an example that says `said` is right where `found` is found: it may be rounded to two decimals.
pub fn is_near(found: Option<f64>, said: Option<f64>) -> bool {
    match (found, said) {
        (Some(found), Some(said)) => (found - said).abs() <= 0.005,
        (found, said) => found.is_none() && said.is_none(),
    }
}

fn assert_columns(kept: &DocumentBatch, said: &str, example: &Example) {
    let said: Map<String, Value> = serde_json::from_str(said).expect("the columns of an example are JSON");
    for (name, value) in &said {
        let found = kept.column(name).unwrap_or_else(|error| panic!("{example:?}: {error}"));
        if value.is_number() {
            // Of whatever type the numbers of the column are.
            let found = cast(found, &DataType::Float64).expect("a column of numbers");
            let found = found.as_primitive::<Float64Type>().iter().next().flatten();
            assert!(is_near(found, value.as_f64()), "{example:?}: `{name}` is {found:?}");
        } else {
            assert_eq!(found, &column(name, &[value]).1, "{example:?}: `{name}`");
        }
    }
}

/// Asserts that the examples of `C` are enough and right; `folder` has the files that they name and that are no text.
///
/// # Panics
/// When they are not.
pub fn assert_examples<C: StageConfig>(folder: &Path) {
    assert_enough(C::NAME, C::REASONS, C::EXAMPLES);
    for example in C::EXAMPLES {
        let config: C = serde_json::from_value(example_config(example, folder)).expect("a configuration");
        let stage = config.build(Some(&example_batch(example).schema())).expect("a valid configuration");
        assert_example(&stage, example);
    }
}

/// Asserts that there is an example of what is kept and, where there are reasons, one of what is dropped, and that the
/// examples have no reasons besides.
///
/// # Panics
/// When it is not so.
pub fn assert_enough(name: &str, reasons: &[Reason], examples: &[Example]) {
    let codes: Vec<_> = examples.iter().filter_map(|example| example.outcome.reason()).collect();
    assert!(examples.iter().any(|example| example.outcome.is_kept()), "{name} has no example of what is kept");
    assert!(reasons.is_empty() || !codes.is_empty(), "{name} has no example of what is dropped");
    for code in codes {
        assert!(reasons.iter().any(|reason| reason.code == code), "{name} has no reason `{code}`");
    }
}

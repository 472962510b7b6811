//! The examples of stages that need all documents at hand, run by the program. Those of all other stages are run beside
//! the registry.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use serde_json::{Map, Value, json};
use textmill_document::testing::is_near;
use textmill_document::{Document, Example, Outcome};
use textmill_pipeline::STAGES;

use crate::dedupe::{rows, texts};
use crate::util::Dir;

fn columns(document: &Document) -> Map<String, Value> {
    match document {
        Document::Text(text) => Map::from_iter([("text".to_owned(), json!(text))]),
        Document::Columns(columns) => serde_json::from_str(columns).expect("the columns of an example are JSON"),
    }
}

/// Publishes what the stage makes of the documents of the example; the number of the last document.
fn run(dir: &Dir, stage: &str, example: &Example) -> usize {
    let documents: Vec<_> = example.before.iter().chain([&example.document]).map(columns).collect();
    let line = |(row, columns): (usize, &Map<String, Value>)| {
        let mut columns = columns.clone();
        columns.insert("id".to_owned(), json!(format!("d{row}")));
        format!("{}\n", Value::Object(columns))
    };
    dir.write("in.jsonl", documents.iter().enumerate().map(line).collect::<String>());

    let config: Value = serde_json::from_str(example.config).expect("the configuration of an example is JSON");
    let input = |(name, value): (&String, &Value)| {
        let mapped = if value.is_number() { json!({"from": name, "type": "float64"}) } else { json!(name) };
        (name.clone(), mapped)
    };
    let mut mapped: Map<String, Value> = documents[0].iter().map(input).collect();
    mapped.insert("id".to_owned(), json!("id"));
    let pipeline = json!({
        "version": 1,
        "name": "example",
        "input": {"paths": ["in.jsonl"], "columns": mapped},
        "stages": [{"id": "stage", "run": {stage: config}}],
        "output": {"path": "out"},
    });
    // JSON is YAML as well.
    dir.write("pipeline.yaml", pipeline.to_string());
    dir.ok(&["run", "pipeline.yaml"]);
    documents.len() - 1
}

/// The batch and row of the document `id` in a dataset.
fn find(dir: &Dir, dataset: &str, id: &str) -> Option<(RecordBatch, usize)> {
    rows(dir, dataset).into_iter().find_map(|batch| {
        let row = texts(&batch, "id").iter().position(|found| found.as_deref() == Some(id))?;
        Some((batch, row))
    })
}

fn number(batch: &RecordBatch, row: usize, name: &str) -> Option<f64> {
    let column = batch.column_by_name(name).expect("the column").as_primitive::<Float64Type>();
    column.is_valid(row).then(|| column.value(row))
}

fn check(stage: &str, example: &Example) {
    let dir = Dir::new();
    let id = format!("d{}", run(&dir, stage, example));
    let gone = || panic!("{stage}: {example:?}: `{id}` is not where it is said to be");
    match example.outcome {
        Outcome::Kept | Outcome::Rewritten(_) => {
            let (batch, row) = find(&dir, "out/data", &id).unwrap_or_else(gone);
            let text = match example.outcome {
                Outcome::Rewritten(text) => text.to_owned(),
                _ => columns(&example.document)["text"].as_str().expect("a text").to_owned(),
            };
            assert_eq!(texts(&batch, "text")[row], Some(text), "{stage}: {example:?}");
        }
        Outcome::Dropped { reason, value, bound, detail } => {
            let (batch, row) = find(&dir, "out/_dropped", &id).unwrap_or_else(gone);
            assert_eq!(texts(&batch, "reason")[row].as_deref(), Some(reason.code), "{stage}: {example:?}");
            assert!(is_near(number(&batch, row, "value"), value), "{stage}: {example:?}");
            assert!(is_near(number(&batch, row, "bound"), bound), "{stage}: {example:?}");
            assert_eq!(texts(&batch, "detail")[row].as_deref(), detail, "{stage}: {example:?}");
        }
        Outcome::Duplicate => {
            let (batch, row) = find(&dir, "out/_duplicates", &id).unwrap_or_else(gone);
            assert_eq!(texts(&batch, "keeper_id")[row].as_deref(), Some("d0"), "{stage}: {example:?}");
        }
        Outcome::KeptWith(_) => panic!("{stage}: say which text is kept"),
    }
}

#[test]
fn every_example_of_a_stage_that_needs_all_documents_is_right() {
    let mut count = 0;
    for kind in STAGES.iter().filter(|kind| kind.exchange) {
        for example in kind.examples {
            check(kind.name, example);
            count += 1;
        }
    }
    assert!(count >= 8, "{count} examples");
}

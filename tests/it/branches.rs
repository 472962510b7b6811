//! Branches: a document goes down every branch that takes it, and one that no branch takes is a
//! counted drop.

use crate::util::Dir;

fn run(stages: &str, output: &str) -> (Dir, serde_json::Value) {
    let dir = Dir::new();
    let documents: String =
        (1..=10).map(|n| format!("{{\"id\": \"d{n}\", \"text\": \"text {n}\", \"size\": {n}}}\n")).collect();
    dir.write("in.jsonl", documents);
    let pipeline = format!(
        "version: 1\nname: branches\ninput:\n  paths: [in.jsonl]\n  columns: {{id: id, text: text, size: {{from: size, type: int64}}}}\n\
         stages:\n{stages}output:\n  path: out\n  dropped: all\n{output}"
    );
    dir.write("pipeline.yaml", pipeline);
    dir.ok(&["run", "pipeline.yaml"]);
    let report = dir.json(&["report", "out", "--format", "json"]);
    assert_eq!(report["balance"]["balanced"], true, "{report:#}");
    (dir, report)
}

fn row<'a>(report: &'a serde_json::Value, id: &str) -> &'a serde_json::Value {
    let rows = report["rows"].as_array().expect("rows");
    rows.iter().find(|row| row["id"] == id).unwrap_or_else(|| panic!("no row {id} in {report:#}"))
}

#[test]
fn overlapping_branches_copy_and_uncovered_rows_are_dropped_once() {
    let stages = "  - id: all\n    run: {keep_where: \"size >= 1\"}\n\
                  \x20 - id: small\n    inputs: [all]\n    run: {keep_where: \"size <= 4\"}\n\
                  \x20 - id: middle\n    inputs: [all]\n    run: {keep_where: \"size BETWEEN 3 AND 7\"}\n";
    let (_dir, report) = run(stages, "  inputs: [small, middle]\n");
    // 1..=4 and 3..=7: rows 3 and 4 twice, 8, 9 and 10 nowhere.
    assert_eq!(report["balance"]["output"]["documents"], 9, "{report:#}");
    assert_eq!(report["balance"]["branch_copies"]["documents"], 2);
    assert_eq!(report["balance"]["dropped"]["documents"], 3);
    assert_eq!(row(&report, "all")["kept"]["documents"], 7);
    assert_eq!(row(&report, "small")["elsewhere"]["documents"], 3);
    assert_eq!(row(&report, "middle")["elsewhere"]["documents"], 2);
}

#[test]
fn branches_that_meet_again_are_in_input_order() {
    let stages = "  - id: even\n    inputs: [input]\n    run: {keep_where: \"size % 2 = 0\"}\n\
                  \x20 - id: odd\n    inputs: [input]\n    run: {keep_where: \"size % 2 = 1\"}\n\
                  \x20 - id: both\n    inputs: [odd, even]\n    run: {keep_where: \"size <> 5\"}\n";
    let (dir, report) = run(stages, "");
    assert_eq!(report["balance"]["output"]["documents"], 9);
    assert_eq!(row(&report, "both")["removed"]["documents"], 1, "{report:#}");
    let file = std::fs::File::open(dir.first_file("out/data")).expect("published");
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut ids = Vec::new();
    for batch in reader {
        let batch = batch.unwrap();
        let column =
            arrow::compute::cast(batch.column_by_name("id").unwrap(), &arrow::datatypes::DataType::Utf8).unwrap();
        ids.extend(arrow::array::AsArray::as_string::<i32>(&column).iter().flatten().map(str::to_owned));
    }
    assert_eq!(ids, ["d1", "d2", "d3", "d4", "d6", "d7", "d8", "d9", "d10"]);
}

//! Same input and configuration, same bytes: whatever the threads, the order of the inputs, the
//! batch size.

use crate::util::{PIPELINE, corpus};

#[test]
fn threads_batches_and_input_order_change_no_byte() {
    let dir = corpus(7, 500);
    dir.ok(&["run", "pipeline.yaml", "--output", "reference"]);
    let expected = dir.digest("reference");
    let listed: Vec<String> = [5, 2, 6, 0, 3, 1, 4].iter().map(|n| format!("in/part-00{n}.jsonl")).collect();
    let shuffled = PIPELINE.replace("\"in/*\"", &listed.join(", "));
    assert_ne!(shuffled, PIPELINE);
    dir.write("shuffled.yaml", shuffled);
    for file in ["pipeline.yaml", "shuffled.yaml"] {
        for threads in ["1", "2", "4"] {
            for rows in ["1", "1000", "8192"] {
                let output = format!("out-{file}-{threads}-{rows}");
                dir.ok(&["run", file, "--output", &output, "--threads", threads, "--batch-rows", rows]);
                assert_eq!(dir.digest(&output), expected, "{output}");
            }
        }
    }
}

#[test]
fn locale_home_and_time_zone_change_no_byte() {
    let dir = corpus(2, 200);
    dir.ok(&["run", "pipeline.yaml", "--output", "reference"]);
    let mut command = dir.command(&["run", "pipeline.yaml", "--output", "bare"]);
    command.env_clear().env("LC_ALL", "tr_TR.UTF-8").env("TZ", "Asia/Kathmandu");
    assert!(command.output().expect("textmill starts").status.success());
    assert_eq!(dir.digest("bare"), dir.digest("reference"));
}

#[test]
fn a_memory_budget_changes_no_byte() {
    let dir = corpus(4, 300);
    dir.ok(&["run", "pipeline.yaml", "--output", "large"]);
    dir.ok(&["run", "pipeline.yaml", "--output", "small", "--memory", "320MiB", "--threads", "4"]);
    assert_eq!(dir.digest("small"), dir.digest("large"));
}

//! Web archives as input of a run.

use crate::util::{Dir, shared_data};

fn record(kind: &str, number: u32, block: &str) -> String {
    format!(
        "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number}>\r\nWARC-Date: 2026-01-02T03:04:05Z\r\n\
         WARC-Target-URI: http://example.org/{number}\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
        block.len()
    )
}

const PIPELINE: &str = "version: 1\nname: web\ninput: {paths: [\"in/*.warc\"]}\nstages: []\noutput: {path: out}\n";

#[test]
fn records_become_rows_and_what_is_no_document_is_counted_by_type() {
    let dir = Dir::new();
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>a page</p>";
    let archive = [
        record("warcinfo", 1, "software: test\r\n"),
        record("request", 2, "GET / HTTP/1.1\r\n\r\n"),
        record("response", 3, page),
        record("request", 4, "GET / HTTP/1.1\r\n\r\n"),
        record("response", 5, page),
    ];
    dir.write("in/a.warc", archive.concat());
    dir.write("pipeline.yaml", PIPELINE);
    let ran = dir.ok(&["run", "pipeline.yaml"]);
    assert!(ran.stdout.contains("records that are no documents: 2 request, 1 warcinfo"), "{}", ran.stdout);
    let report = dir.json(&["report", "out", "--format", "json"]);
    assert_eq!(report["skipped"]["request"]["documents"], 2);
    assert_eq!(report["balance"]["input"]["documents"], 2);
    assert_eq!(report["balance"]["output"]["documents"], 2);
    dir.ok(&["verify", "out"]);
}

#[test]
fn real_archives_balance() {
    let Some(data) = shared_data("real_archives_balance") else { return };
    let dir = Dir::new();
    let archives = data.join("warc").canonicalize().expect("the folder is there");
    dir.write("pipeline.yaml", PIPELINE.replace("in/*.warc", &format!("{}/realpages.warc.gz", archives.display())));
    dir.ok(&["run", "pipeline.yaml"]);
    let report = dir.json(&["report", "out", "--format", "json"]);
    assert_eq!(report["balance"]["balanced"], true);
    assert_eq!(report["balance"]["input"]["documents"], 142, "as warcio counts");
}

//! From web archives and HTML to filtered text in one run.

use crate::util::{Dir, shared_data};

const STAGES: &str = "stages:\n\
    \x20 - id: extract\n    run: extract\n\
    \x20 - id: clean\n    run: normalize\n\
    \x20 - id: language\n    run: language_id\n\
    \x20 - id: english\n    run: {keep_where: \"language = 'en'\"}\n\
    \x20 - id: rules\n    inputs: [english]\n    run: {filter: {use: [gopher_quality]}}\n\
    \x20 - id: others\n    inputs: [language]\n    run: {keep_where: \"language <> 'en' AND character_length(text) >= 200\"}\n\
    output: {path: out, dropped: all, shard_bytes: 1MiB}\n";

fn pipeline(input: &str) -> String {
    format!("version: 1\nname: web\ninput: {input}\n{STAGES}")
}

const PAGE: &str = "<title>Bridges</title><nav><a href=/>Home</a></nav><p>The old bridge was built by the villagers, \
    stone by stone, and it has stood for two hundred years over the river in the valley.</p>";

#[test]
fn html_is_read_and_not_written_unless_it_is_asked_for() {
    let dir = Dir::new();
    let line = |id: &str, html: &str| {
        format!("{}\n", serde_json::json!({"id": id, "html": html, "url": "http://example.org/"}))
    };
    dir.write("in/a.jsonl", [line("page", PAGE), line("empty", "<p>")].concat());
    let input = "{paths: [\"in/*.jsonl\"], columns: {id: id, html: html, url: url}}";
    let stages = "stages:\n  - id: extract\n    run: {extract: {format: markdown}}\noutput: {path: out}\n";
    dir.write("pipeline.yaml", format!("version: 1\nname: web\ninput: {input}\n{stages}"));
    let ran = dir.ok(&["run", "pipeline.yaml"]);
    assert!(ran.stdout.contains("no_text"), "{}", ran.stdout);
    let explained = dir.ok(&["explain", "pipeline.yaml"]).stdout;
    assert!(explained.contains("canonical_url"), "{explained}");
    let columns = dir.columns("out/data");
    assert!(columns.contains(&"text".to_owned()) && columns.contains(&"title".to_owned()), "{columns:?}");
    assert!(!columns.contains(&"html".to_owned()), "{columns:?}");
    dir.write(
        "pipeline.yaml",
        format!("version: 1\nname: web\ninput: {input}\n{stages}")
            .replace("{path: out}", "{path: both, columns: [id, html, text]}"),
    );
    dir.ok(&["run", "pipeline.yaml"]);
    assert_eq!(dir.columns("both/data"), ["id", "html", "text"]);
}

#[test]
fn pages_without_a_page_column_are_one_clear_error() {
    let dir = Dir::new();
    dir.write("in/a.jsonl", "{\"id\":\"a\",\"text\":\"b\"}\n");
    let stages = "stages:\n  - id: extract\n    run: extract\noutput: {path: out}\n";
    dir.write("pipeline.yaml", format!("version: 1\nname: web\ninput: {{paths: [\"in/*.jsonl\"]}}\n{stages}"));
    let ran = dir.run(&["run", "pipeline.yaml"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("html"), "{}", ran.stderr);
}

#[test]
fn archives_under_names_that_say_nothing_are_read_when_told_and_explained_before() {
    let page = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>This is a page, and it has enough words.</p>";
    let record = format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:1>\r\nWARC-Target-URI: http://a.example/\r\n\
         WARC-Date: 2020-01-01T00:00:00Z\r\nContent-Type: application/http; msgtype=response\r\n\
         Content-Length: {}\r\n\r\n{page}\r\n\r\n",
        page.len()
    );
    for name in ["crawl.dump", "crawl", "crawl.warc_2020", "crawl.dat.bak"] {
        let dir = Dir::new();
        dir.write(&format!("in/{name}"), &record);
        let file = |format: &str| {
            format!(
                "version: 1\nname: web\ninput: {{paths: [\"in/{name}\"]{format}}}\n\
                 stages: [{{id: extract, run: extract}}]\noutput: {{path: out}}\n"
            )
        };
        dir.write("pipeline.yaml", file(""));
        let ran = dir.run(&["run", "pipeline.yaml"]);
        assert!(ran.code == 2 && ran.stderr.contains("`input.format: warc`"), "{name}: {}", ran.stderr);
        dir.write("pipeline.yaml", file(", format: warc"));
        let ran = dir.ok(&["run", "pipeline.yaml"]);
        assert!(ran.stdout.contains("1 document in = 1 kept"), "{name}: {}", ran.stdout);
    }
}

#[test]
fn real_archives_and_pages_become_balanced_text_and_survive_a_kill() {
    let Some(data) = shared_data("real_archives_and_pages_become_balanced_text") else { return };
    let data = data.canonicalize().expect("the folder is there");
    for (name, input, documents) in [
        ("archive", format!("{{paths: [\"{}/warc/realpages.warc.gz\"]}}", data.display()), 142),
        (
            "pages",
            format!(
                "{{paths: [\"{}/corpus/*-html.jsonl.zst\"], split_bytes: 2MiB, columns: {{id: id, html: html, url: url}}}}",
                data.display()
            ),
            4_900,
        ),
    ] {
        let dir = Dir::new();
        dir.write("pipeline.yaml", pipeline(&input));
        dir.ok(&["run", "pipeline.yaml"]);
        let report = dir.json(&["report", "out", "--format", "json"]);
        assert_eq!(report["balance"]["balanced"], true, "{name}: {}", report["balance"]);
        assert_eq!(report["balance"]["input"]["documents"], documents, "{name}");
        let kept = report["balance"]["output"]["documents"].as_u64().expect("a count");
        assert!(kept * 4 > documents, "{name}: only {kept} of {documents} kept");
        dir.ok(&["verify", "out"]);
        dir.killed_run(&["run", "pipeline.yaml", "--output", "killed", "--threads", "1"], "killed");
        dir.ok(&["run", "pipeline.yaml", "--output", "killed"]);
        assert_eq!(dir.digest("out"), dir.digest("killed"), "{name}: a resumed run makes the same bytes");
    }
}

//! What people see: help, errors, exit codes, the smaller commands.

use crate::util::{Dir, PIPELINE, corpus};

#[test]
fn help_names_every_command_and_a_wrong_one_is_exit_2() {
    let dir = Dir::new();
    let help = dir.ok(&["--help"]).stdout;
    for command in [
        "run",
        "validate",
        "explain",
        "status",
        "report",
        "drops",
        "verify",
        "gc",
        "stages",
        "schema",
        "gather",
        "completions",
    ] {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is missing in\n{help}");
    }
    let wrong = dir.run(&["rum"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("run"), "{}", wrong.stderr);
}

#[test]
fn a_wrong_pipeline_file_reports_all_errors_with_positions() {
    let dir = Dir::new();
    dir.write("bad.yaml", PIPELINE.replace("normalize: {}", "normalise: {}").replace("dropped: all", "dropped: some"));
    let ran = dir.run(&["validate", "bad.yaml"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("bad.yaml:8:") && ran.stderr.contains("normalize"), "{}", ran.stderr);
    assert!(ran.stderr.contains("2 errors"), "{}", ran.stderr);
    let json = dir.run(&["validate", "bad.yaml", "--format", "json"]);
    let parsed: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(parsed["errors"].as_array().map(Vec::len), Some(2), "{parsed:#}");
}

#[test]
fn drops_show_value_and_bound_by_reason() {
    let dir = corpus(2, 200);
    dir.ok(&["run", "pipeline.yaml"]);
    let text = dir.ok(&["drops", "out", "--reason", "too_few_words", "--limit", "3"]).stdout;
    assert!(text.contains("too_few_words") && text.contains("50"), "{text}");
    let lines = dir.ok(&["drops", "out", "--reason", "too_few_words", "--limit", "3", "--format", "json"]).stdout;
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().expect("a line")).expect("JSON lines");
    assert_eq!(first["bound"], 50.0, "{first}");
    assert!(first["value"].as_f64().expect("a value") < 50.0, "{first}");
    let slip = dir.run(&["drops", "out", "--reason", "to_few_words"]);
    assert_eq!(slip.code, 2);
    assert!(slip.stderr.contains("too_few_words"), "{}", slip.stderr);
}

#[test]
fn reports_come_as_text_json_markdown_and_html() {
    let dir = corpus(2, 150);
    dir.ok(&["run", "pipeline.yaml"]);
    let text = dir.ok(&["report", "out"]).stdout;
    assert!(text.contains("balanced"), "{text}");
    let markdown = dir.ok(&["report", "out", "--format", "markdown"]).stdout;
    assert!(markdown.contains('|'), "{markdown}");
    let ran = dir.ok(&["report", "out", "--format", "html"]);
    assert!(ran.stdout.is_empty() && ran.stderr.contains("out-report.html"), "{}{}", ran.stdout, ran.stderr);
    let html = std::fs::read_to_string(dir.join("out-report.html")).expect("a page");
    assert!(html.starts_with("<!doctype html>") || html.starts_with("<!DOCTYPE html>"), "{html}");
    assert_eq!(dir.ok(&["report", "out", "--format", "html", "-o", "-"]).stdout.trim_end(), html.trim_end());
    dir.ok(&["report", "out", "--format", "markdown", "-o", "report.md"]);
    assert_eq!(std::fs::read_to_string(dir.join("report.md")).expect("a page"), markdown);
    assert_eq!(dir.run(&["report", "out", "-o", "no/such/folder/x"]).code, 5);
    let ran = dir.run(&["report", "nowhere"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("no textmill run"), "{}", ran.stderr);
}

#[test]
fn stages_are_listed_and_shown_with_source_and_reasons() {
    let dir = Dir::new();
    let list = dir.ok(&["stages", "list"]).stdout;
    for stage in ["normalize", "language_id", "filter", "keep_where", "gopher_quality"] {
        assert!(list.contains(stage), "{list}");
        assert!(dir.ok(&["stages", "show", stage]).stdout.len() > 100, "{stage}");
    }
    let gopher = dir.ok(&["stages", "show", "gopher_quality"]).stdout;
    for part in ["min_words", "too_few_words", "Source"] {
        assert!(gopher.contains(part), "{gopher}");
    }
    for (wrong, meant) in
        [("gopher_qualty", "gopher_quality"), ("normalise", "normalize"), ("Language-ID", "language_id")]
    {
        let ran = dir.run(&["stages", "show", wrong]);
        assert!(ran.code == 2 && ran.stderr.contains(&format!("did you mean `{meant}`?")), "{}", ran.stderr);
    }
    let ran = dir.run(&["stages", "show", "no_such_thing"]);
    assert!(ran.code == 2 && ran.stderr.contains("there are: extract"), "{}", ran.stderr);
}

#[test]
fn fields_that_are_missing_are_named_with_the_option_for_them() {
    let dir = Dir::new();
    dir.write("in/a.jsonl", "{\"id\": 1, \"content\": \"one\"}\n");
    for command in [
        "dedupe in --output out",
        "dedupe in --id url --text content --output out",
        "train classifier --positive in --negative in --output m.ftz",
        "train lm in --output m.lm",
        "train importance --target in --raw in --output m.json",
    ] {
        let ran = dir.run(&command.split(' ').collect::<Vec<_>>());
        assert!(ran.code == 2 && ran.stderr.contains("the file has: content, id"), "{command}: {}", ran.stderr);
        assert!(ran.stderr.contains("hint: --text"), "{command}: {}", ran.stderr);
    }
}

#[test]
fn what_newcomers_type_is_understood_or_explained() {
    let dir = corpus(1, 20);
    dir.ok(&["run", "pipeline.yaml"]);
    let (short, long) =
        (dir.ok(&["report", "out", "--format", "md"]), dir.ok(&["report", "out", "--format", "markdown"]));
    assert_eq!(short.stdout, long.stdout);
    for command in ["run", "validate", "explain"] {
        let ran = dir.run(&[command, "-"]);
        assert!(ran.code == 2 && ran.stderr.contains("/dev/stdin"), "{command}: {}", ran.stderr);
    }
    let explained = dir.ok(&["explain", "pipeline.yaml", "--output", "elsewhere"]).stdout;
    assert!(explained.contains("path     elsewhere"), "{explained}");
    // Pages, tables and texts as files: what is read instead.
    for (name, content) in
        [("a.html", "<!DOCTYPE html><p>a"), ("a.htm", "<html><p>a"), ("a.csv", "id,text\n1,a\n"), ("a.txt", "words")]
    {
        dir.write(&format!("{name}.d/{name}"), content);
        let file = format!(
            "version: 1\nname: x\ninput: {{paths: [{name}.d], columns: {{text: text}}}}\nstages: []\noutput: {{path: x}}\n"
        );
        dir.write("x.yaml", file);
        let ran = dir.run(&["run", "x.yaml"]);
        assert!(ran.code == 4 && ran.stderr.contains("What is read: Parquet, JSON"), "{name}: {}", ran.stderr);
        assert!(!name.contains("htm") || ran.stderr.contains("one page a line"), "{name}: {}", ran.stderr);
    }
}

#[test]
fn annotate_mode_measures_and_drops_nothing() {
    let dir = corpus(1, 100);
    let pipeline = "version: 1\nname: annotate\ninput:\n  paths: [\"in/*\"]\nstages:\n\
                    \x20 - id: clean\n    run: {normalize: {mode: annotate}}\n\
                    \x20 - id: language\n    run: {language_id: {mode: annotate}}\n\
                    \x20 - id: rules\n    run: {filter: {use: [gopher_quality], mode: annotate}}\n\
                    \x20 - id: flag\n    run: {with_columns: {is_english: \"language = 'en'\"}}\n\
                    output: {path: out}\n";
    dir.write("annotate.yaml", pipeline);
    dir.ok(&["run", "annotate.yaml"]);
    let report = dir.json(&["report", "out", "--format", "json"]);
    assert_eq!(report["balance"]["output"]["documents"], 100);
    let file = std::fs::File::open(dir.first_file("out/data")).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let names: Vec<_> = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
    for column in ["normalize_removed_chars", "language", "language_score", "rps_doc_word_count", "is_english"] {
        assert!(names.iter().any(|name| name == column), "{column} is missing in {names:?}");
    }
}

#[test]
fn completions_and_schema_are_printed_for_tools() {
    let dir = Dir::new();
    for shell in ["bash", "zsh", "fish"] {
        assert!(dir.ok(&["completions", shell]).stdout.contains("textmill"));
    }
    let schema = dir.json(&["schema"]);
    assert!(schema["properties"]["stages"].is_object(), "{schema:#}");
}

/// A reader that closes the pipe early is no error and no panic.
#[test]
fn a_closed_pipe_is_no_error() {
    let dir = Dir::new();
    let mut command = dir.command(&["schema"]);
    let mut child = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ran = crate::util::Ran::from(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

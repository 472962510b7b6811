//! What good files become.

use serde_json::json;
use textmill_pipeline::{Parent, Pipeline, explain};

use crate::parse;

const HEAD: &str = "version: 1\nname: demo\ninput:\n  paths: [docs/*.jsonl]\n  columns: {id: id, text: content, url: url, score: {from: q, type: float64}}\n";

fn with_stages(stages: &str) -> Pipeline {
    parse(&format!("{HEAD}stages:\n{stages}"))
}

fn ids(pipeline: &Pipeline) -> Vec<&str> {
    pipeline.nodes.iter().map(|node| node.id.as_str()).collect()
}

#[test]
fn no_stages_pass_documents_through() {
    for text in [HEAD.to_owned(), format!("{HEAD}stages: []\n")] {
        let pipeline = parse(&text);
        assert!(pipeline.nodes.is_empty());
        assert_eq!(pipeline.output_nodes, [Parent::Input]);
        assert_eq!(pipeline.input_projection, ["id", "text", "url", "score"]);
        assert_eq!(pipeline.output_columns.len(), 4);
        assert_eq!(pipeline.phases().len(), 1);
    }
}

#[test]
fn stages_may_be_listed_in_any_order_and_run_after_what_they_take() {
    let pipeline = with_stages(
        "  - {id: last, inputs: [first, side], run: normalize}
  - {id: first, inputs: [input], run: normalize}
  - {id: side, inputs: [input], run: {normalize: {arabic: on}}}
",
    );
    assert_eq!(ids(&pipeline), ["first", "side", "last"]);
    assert_eq!(pipeline.nodes[2].inputs, [Parent::Node(0), Parent::Node(1)]);
    assert_eq!(pipeline.output_nodes, [Parent::Node(2)]);
}

#[test]
fn a_keep_where_is_a_branch_only_beside_other_takers() {
    let pipeline = with_stages(
        "  - {id: clean, run: normalize}
  - {id: good, run: {keep_where: 'score > 0.5'}}
  - {id: bad, inputs: [clean], run: {keep_where: 'score <= 0.5'}}
  - {id: short, inputs: [bad], run: {keep_where: 'char_length(text) < 9'}}
",
    );
    let routed: Vec<_> = pipeline.nodes.iter().map(|node| (node.id.as_str(), node.routed)).collect();
    assert_eq!(routed, [("clean", false), ("good", true), ("bad", true), ("short", false)]);
    assert_eq!(pipeline.output_nodes, [Parent::Node(1), Parent::Node(3)]);
    let pipeline = parse(&format!(
        "{HEAD}stages:\n  - {{id: clean, run: normalize}}\n  - {{id: good, run: {{keep_where: 'score > 0.5'}}}}\n\
         output: {{inputs: [clean, good]}}\n"
    ));
    assert!(pipeline.nodes[1].routed, "the output takes from `clean` as well");
}

#[test]
fn only_needed_columns_are_read() {
    let pipeline = parse(&format!(
        "{HEAD}stages:\n  - {{id: good, run: {{keep_where: 'score > 0.5'}}}}\noutput: {{columns: [text as content]}}\n"
    ));
    assert_eq!(pipeline.input_projection, ["id", "text", "score"]);
    assert_eq!(pipeline.nodes[0].columns_in.fields().len(), 3);
    let names: Vec<_> = pipeline.output_schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["content"]);
    assert_eq!(explain(&pipeline).input.not_read, ["url"]);
}

#[test]
fn a_column_that_one_branch_replaces_is_read_for_the_other() {
    let pipeline = parse(&format!(
        "{HEAD}stages:
  - {{id: a, run: {{with_columns: {{url: \"'none'\"}}}}}}
  - {{id: b, inputs: [input], run: normalize}}
  - {{id: all, inputs: [a, b], run: normalize}}
output: {{columns: [text]}}
"
    ));
    assert_eq!(pipeline.input_projection, ["id", "text", "url"]);
    assert_eq!(pipeline.nodes[0].columns_out.fields().len(), pipeline.nodes[1].columns_out.fields().len());
}

#[test]
fn a_language_column_of_the_input_is_read_for_normalize() {
    let text = HEAD.replace("url: url", "language: lang");
    let pipeline = parse(&format!("{text}stages: [{{id: clean, run: normalize}}]\noutput: {{columns: [text]}}\n"));
    assert_eq!(pipeline.input_projection, ["id", "text", "language"]);
}

#[test]
fn configurations_have_every_default_filled_in() {
    let short = with_stages("  - {id: language, run: language_id}\n");
    let long = with_stages(
        "  - id: language\n    run: {language_id: {min_score: 0, window: middle, model: whatlang, max_chars: 10000}}\n",
    );
    assert_eq!(short.nodes[0].config["max_chars"], 10_000);
    assert_eq!(short.nodes[0].config, long.nodes[0].config);
    assert_eq!(short.fingerprint(&short.phases()[0]), long.fingerprint(&long.phases()[0]));
}

#[test]
fn the_fingerprint_changes_with_the_result_and_with_nothing_else() {
    let file = format!("{HEAD}stages:\n  - {{id: good, run: {{keep_where: 'score > 0.5'}}}}\noutput: {{path: out}}\n");
    let fingerprint = |text: &str| {
        let pipeline = parse(text);
        pipeline.fingerprint(&pipeline.phases()[0])
    };
    let changed = |from: &str, to: &str| {
        assert!(file.contains(from), "{from}");
        fingerprint(&file.replace(from, to)) != fingerprint(&file)
    };
    assert!(!changed("docs/*.jsonl", "other/*.jsonl"));
    assert!(!changed("path: out", "path: elsewhere"));
    assert!(!changed("name: demo", "name: other"));
    assert!(changed("0.5", "0.6"));
    assert!(changed("content", "body"));
    assert!(changed("id: good", "id: fine"));
    assert!(changed("path: out", "path: out, columns: [text]"));
    assert!(changed("path: out", "path: out, compression_level: 9"));
    assert!(changed("q, type: float64", "q, type: int64"));
}

#[test]
fn norwegian_versions_and_numbers_stay_text_where_text_is_wanted() {
    let pipeline = parse(
        "version: 1
name: 1.10
input:
  paths: [no, 0x1F, 007, 1_000, true]
  columns: {text: 2024, yes: no}
",
    );
    assert_eq!(pipeline.name, "1.10");
    assert_eq!(pipeline.input.paths, ["no", "0x1F", "007", "1_000", "true"]);
    let columns: Vec<_> = pipeline.input.columns.iter().map(|(name, source)| (name, source.from.as_str())).collect();
    assert_eq!(columns, [("text", "2024"), ("yes", "no")]);
}

#[test]
fn anchors_aliases_and_merge_keys_work() {
    let pipeline = with_stages(
        "  - {id: a, run: {language_id: &settings {max_chars: 500}}}
  - {id: b, run: {language_id: {<<: *settings, window: first}}}
  - {id: c, run: {language_id: *settings}}
",
    );
    assert_eq!(pipeline.nodes[1].config["max_chars"], 500);
    assert_eq!(pipeline.nodes[1].config["window"], "first");
    assert_eq!(pipeline.nodes[2].config, pipeline.nodes[0].config);
}

#[test]
fn a_byte_order_mark_crlf_and_quotes_are_no_matter() {
    let text = format!("\u{feff}{HEAD}stages:\n  - id: 'clean'\n    run: \"normalize\"\n").replace('\n', "\r\n");
    assert_eq!(ids(&parse(&text)), ["clean"]);
}

#[test]
fn nothing_is_taken_from_the_environment_or_from_other_files() {
    let pipeline = parse("version: 1\nname: ${HOME}\ninput: {paths: ['[$]PATH/{a,b}']}\n");
    assert_eq!((pipeline.name.as_str(), pipeline.input.paths[0].as_str()), ("${HOME}", "[$]PATH/{a,b}"));
}

#[test]
fn sizes_and_output_settings_are_read() {
    let pipeline = parse(&format!(
        "{HEAD}output: {{shard_bytes: 1GiB, dropped: none, compression_level: 22}}\nlimits: {{max_quarantined_ratio: 1}}\n"
    ));
    assert_eq!(pipeline.output.shard_bytes.bytes(), 1 << 30);
    assert_eq!(json!(pipeline.output.dropped), "none");
    assert_eq!(pipeline.output.compression_level, 22);
    assert!((pipeline.limits.max_quarantined_ratio - 1.0).abs() < f64::EPSILON);
}

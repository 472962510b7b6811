//! The files that are shipped in `configs/`.

use std::path::PathBuf;

use textmill_pipeline::{explain, load, schema};

fn configs() -> PathBuf {
    crate::package().join("../../configs")
}

/// Every file is a pipeline without a fault, named as the file and with `schema` in its first line.
fn check(folder: &std::path::Path, schema: &str) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("readable");
        assert!(text.starts_with(&format!("# yaml-language-server: $schema={schema}\n")), "{}", path.display());
        let pipeline = load(&path).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(Some(pipeline.name.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
        count += 1;
    }
    count
}

#[test]
fn every_shipped_file_is_right_and_names_its_schema() {
    let count = check(&configs(), "./schema.json");
    assert!(count >= 2, "{count} files in configs/");
    let recipes = check(&configs().join("recipes"), "../schema.json");
    assert!(recipes >= 10, "{recipes} recipes");
}

#[test]
fn the_committed_schema_is_current() {
    let committed = std::fs::read_to_string(configs().join("schema.json")).unwrap_or_default();
    let committed: serde_json::Value = serde_json::from_str(&committed).unwrap_or_default();
    assert!(committed == schema(), "configs/schema.json is stale; run: textmill schema > configs/schema.json");
}

#[test]
fn the_schema_says_what_editors_need() {
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for name in textmill_pipeline::STAGES.iter().map(|kind| kind.name) {
        let stage = &schema["$defs"]["Run"]["anyOf"][1]["properties"][name];
        assert!(stage.is_object(), "{name} is not in the schema");
    }
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn the_quickstart_is_explained() {
    let pipeline = load(&configs().join("quickstart.yaml")).expect("a shipped file");
    let shown = explain(&pipeline).to_string();
    insta::with_settings!({
        prepend_module_to_snapshot => false,
        omit_expression => true,
        snapshot_path => "../snapshots",
    }, {
        insta::assert_snapshot!("explain_quickstart", shown);
    });
}

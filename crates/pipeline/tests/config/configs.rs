//! The files that are shipped in `configs/`.

use std::path::{Path, PathBuf};

use textmill_fasttext::{Example, TrainOptions, train};
use textmill_pipeline::{Pipeline, explain, parse, schema};

fn configs() -> PathBuf {
    crate::package().join("../../configs")
}

/// Every file is a pipeline without a fault, named as the file and with `schema` in its first line.
fn check(folder: &Path, schema: &str, models: &Path) -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_none_or(|extension| extension != "yaml") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("readable");
        assert!(text.starts_with(&format!("# yaml-language-server: $schema={schema}\n")), "{}", path.display());
        let pipeline = with_models(&path, &text, models);
        assert_eq!(Some(pipeline.name.as_str()), path.file_stem().and_then(|stem| stem.to_str()));
        count += 1;
    }
    count
}

/// The pipeline in a file. Models are made by people; small ones in the folder `models` stand for them here.
fn with_models(path: &Path, text: &str, models: &Path) -> Pipeline {
    let text = text.replace("model: models/", &format!("model: {}/", models.display()));
    parse(&path.display().to_string(), &text).unwrap_or_else(|errors| panic!("{errors}"))
}

/// A language model of one word, in the form that other programs write.
const LANGUAGE_MODEL: &str = "\\data\\\nngram 1=4\n\n\\1-grams:\n-1\t<unk>\n-1\t<s>\n-1\t</s>\n-1\tword\n\n\\end\\\n";

/// A model for each path that the shipped files name.
fn models() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let models = [
        ("toxic-en", "toxic"),
        ("porn-en", "porn"),
        ("fluency-en", "fluent"),
        ("fluency-zh", "fluent"),
        ("not-ad-en", "not_ad"),
    ];
    for (name, label) in models {
        let examples = [(label, "one text"), ("other", "another")];
        let examples = examples.map(|(label, text)| Example { labels: vec![label], text });
        let model = train(examples, &TrainOptions { dim: 4, ..TrainOptions::default() }).expect("trained");
        model.save(&folder.path().join(format!("{name}.ftz"))).expect("saved");
    }
    std::fs::write(folder.path().join("quickstart.lm"), LANGUAGE_MODEL).expect("saved");
    folder
}

#[test]
fn every_shipped_file_is_right_and_names_its_schema() {
    let models = models();
    let count = check(&configs(), "./schema.json", models.path());
    assert!(count >= 2, "{count} files in configs/");
    let recipes = check(&configs().join("recipes"), "../schema.json", models.path());
    assert!(recipes >= 9, "{recipes} recipes");
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
    let (path, models) = (configs().join("quickstart.yaml"), models());
    let text = std::fs::read_to_string(&path).expect("a shipped file");
    let pipeline = with_models(&path, &text, models.path());
    let shown = explain(&pipeline).to_string();
    insta::with_settings!({
        prepend_module_to_snapshot => false,
        omit_expression => true,
        snapshot_path => "../snapshots",
    }, {
        insta::assert_snapshot!("explain_quickstart", shown);
    });
}

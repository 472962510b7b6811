//! Every file in `tests/bad` has one or more faults; its snapshot shows what users get to see.

use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    crate::package().join("tests").join(name)
}

/// Stems of the files with `extension` in `folder`, sorted.
fn stems(folder: &Path, extension: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let with_extension = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
    let mut stems: Vec<_> = with_extension.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect();
    stems.sort();
    stems
}

/// `shown` without the names of all stages and of all rules, so that a new one changes no snapshot.
fn without_lists(shown: &str) -> String {
    let rules =
        textmill_pipeline::stage_names().into_iter().filter(|name| textmill_pipeline::stage_kind(name).is_none());
    let stages = textmill_pipeline::STAGES.iter().map(|kind| kind.name);
    let list = |names: &mut dyn Iterator<Item = &'static str>| {
        let mut names: Vec<_> = names.collect();
        names.sort_unstable();
        names.join(", ")
    };
    let (stages, rules) = (list(&mut { stages }), list(&mut { rules }));
    shown.replace(&stages, "[every stage]").replace(&rules, "[every rule]")
}

#[test]
fn every_fault_is_shown_with_place_reason_and_hint() {
    let files = stems(&folder("bad"), "yaml");
    assert!(files.len() >= 45, "only {} files", files.len());
    for stem in &files {
        let text = std::fs::read_to_string(folder("bad").join(format!("{stem}.yaml"))).expect("readable");
        let errors = textmill_pipeline::parse(&format!("bad/{stem}.yaml"), &text).err();
        let shown = errors.unwrap_or_else(|| panic!("{stem} has no fault")).to_string();
        let shown = without_lists(&shown);
        insta::with_settings!({
            prepend_module_to_snapshot => false,
            omit_expression => true,
            snapshot_path => "../snapshots",
        }, {
            insta::assert_snapshot!(stem.as_str(), shown);
        });
    }
}

#[test]
fn no_snapshot_is_left_over() {
    let mut known = stems(&folder("bad"), "yaml");
    known.push("explain_quickstart".to_owned());
    let left: Vec<_> = stems(&folder("snapshots"), "snap").into_iter().filter(|stem| !known.contains(stem)).collect();
    assert!(left.is_empty(), "snapshots without a file in tests/bad: {left:?}");
}

#[test]
fn every_error_lies_inside_its_file() {
    for stem in stems(&folder("bad"), "yaml") {
        let text = std::fs::read_to_string(folder("bad").join(format!("{stem}.yaml"))).expect("readable");
        let errors = textmill_pipeline::parse("bad.yaml", &text).expect_err("a bad file");
        for error in errors.errors {
            let line = text.lines().nth(error.line - 1).unwrap_or_default();
            assert!(error.line <= text.lines().count().max(1), "{stem}: line {}", error.line);
            assert!((1..=line.chars().count() + 1).contains(&error.column), "{stem}: column {}", error.column);
            assert!(!error.message.is_empty(), "{stem}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_without_a_place() {
    let errors = textmill_pipeline::load(Path::new("no/such/file.yaml")).expect_err("it is not there");
    let shown = errors.to_string();
    assert!(shown.starts_with("error: cannot read the pipeline file: "), "{shown}");
    assert!(shown.contains("--> no/such/file.yaml\n"), "{shown}");
}

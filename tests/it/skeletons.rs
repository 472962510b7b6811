//! The scripts that write the skeleton of a rule and of a stage, in a scratch copy of the checkout.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::util::{Dir, files, repository};

/// Copies the parts of the checkout that the program is built of, and the scripts.
fn scratch() -> Dir {
    let dir = Dir::new();
    let parts =
        ["Cargo.toml", "Cargo.lock", "clippy.toml", "rustfmt.toml", "configs", "crates", "scripts", "benches", "tests"];
    for part in parts {
        let status = Command::new("cp").arg("-r").arg(repository().join(part)).arg(dir.path()).status();
        assert!(status.expect("`cp` runs").success(), "{part}");
    }
    dir
}

fn make(dir: &Dir, script: &str, args: &[&str]) -> (bool, String) {
    let output = Command::new(dir.join("scripts/make").join(script)).args(args).output().expect("the script runs");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// Path and content of every file.
fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    files(folder).into_iter().map(|(name, path)| (name, fs::read(path).expect("readable"))).collect()
}

/// The files that differ, each with the lines that it has more than before.
fn added(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, Vec<String>> {
    let lines = |bytes: &[u8]| -> Vec<String> {
        String::from_utf8_lossy(bytes).lines().map(|line| line.trim().to_owned()).collect()
    };
    let changed = after.iter().filter(|(name, content)| before.get(*name) != Some(*content));
    let more = |(name, content): (&String, &Vec<u8>)| {
        let old = before.get(name).map(|old| lines(old)).unwrap_or_default();
        let new = lines(content).into_iter().filter(|line| !old.contains(line)).collect();
        (name.clone(), new)
    };
    changed.map(more).collect()
}

#[test]
fn a_skeleton_is_one_file_its_module_and_its_line() {
    let dir = scratch();
    let before = contents(&dir.join("crates"));

    let (good, said) = make(&dir, "new-rule", &["shouting_ratio"]);
    assert!(good, "{said}");
    let with_rule = contents(&dir.join("crates"));
    let changed = added(&before, &with_rule);
    let names: Vec<_> = changed.keys().map(String::as_str).collect();
    assert_eq!(names, ["filter/src/lib.rs", "filter/src/registry.rs", "filter/src/shouting_ratio.rs"]);
    assert_eq!(changed["filter/src/lib.rs"], ["pub mod shouting_ratio;"]);
    assert_eq!(
        changed["filter/src/registry.rs"],
        ["/// One line about the rule, for lists.", "shouting_ratio: ShoutingRatio,"]
    );

    let (good, said) = make(&dir, "new-stage", &["max_length", "score"]);
    assert!(good, "{said}");
    let changed = added(&with_rule, &contents(&dir.join("crates")));
    let names: Vec<_> = changed.keys().map(String::as_str).collect();
    assert_eq!(names, ["pipeline/src/stages.rs", "score/src/lib.rs", "score/src/max_length.rs"]);
    assert_eq!(changed["score/src/lib.rs"], ["pub mod max_length;"]);
    assert_eq!(changed["pipeline/src/stages.rs"], ["StageKind::of::<textmill_score::max_length::MaxLengthConfig>(),"]);
}

#[test]
fn what_cannot_be_a_skeleton_is_refused_and_changes_nothing() {
    let dir = scratch();
    let before = contents(dir.path());
    let cases: [(&str, &[&str]); 10] = [
        ("new-rule", &[]),
        ("new-rule", &["Shouting"]),
        ("new-rule", &["a-b"]),
        ("new-rule", &["type"]),
        ("new-stage", &["reason"]),
        ("new-rule", &["gopher_quality"]),
        ("new-rule", &["normalize"]),
        ("new-stage", &["normalize"]),
        ("new-stage", &["statistics"]),
        ("new-stage", &["max_length", "engine"]),
    ];
    for (script, args) in cases {
        let (good, said) = make(&dir, script, args);
        assert!(!good && said.starts_with(script), "{script} {args:?}: {said}");
    }
    assert!(contents(dir.path()) == before, "a refused call changed a file");
}

/// Runs cargo in the scratch copy, with the compiled dependencies of this checkout.
fn cargo(dir: &Dir, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    // What cargo says to this test is about this checkout.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_") && name != "CARGO_TARGET_DIR") {
        if !["CARGO_HOME", "CARGO_BUILD_JOBS"].contains(&name.as_str()) {
            command.env_remove(name);
        }
    }
    let output = command.current_dir(dir.path()).args(args).output().expect("cargo runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "cargo {args:?}: {said}\n{errors}");
    said
}

#[test]
#[ignore = "builds the program once more: minutes"]
fn a_new_rule_and_a_new_stage_build_and_run_as_they_are() {
    let dir = scratch();
    for (script, name) in [("new-rule", "exclamation_ratio"), ("new-stage", "max_length")] {
        let (good, said) = make(&dir, script, &[name]);
        assert!(good, "{said}");
    }
    cargo(&dir, &["fmt", "--all", "--check"]);
    for name in ["exclamation_ratio", "max_length"] {
        let tested = cargo(&dir, &["test", "--release", "--locked", "-p", "textmill-filter", "--lib", name]);
        assert!(tested.contains("2 passed"), "{tested}");
    }

    let run = ["run", "--release", "--locked", "-q", "--"];
    let textmill = |args: &[&str]| cargo(&dir, &[&run[..], args].concat());
    dir.write("configs/schema.json", textmill(&["schema"]));
    for name in ["exclamation_ratio", "max_length"] {
        let shown = textmill(&["stages", "show", name]);
        assert!(shown.contains("Examples") && shown.contains("-> dropped"), "{shown}");
    }
    dir.write("in.jsonl", "{\"id\": \"a\", \"text\": \"Buy!!!\"}\n{\"id\": \"b\", \"text\": \"A text.\"}\n");
    dir.write(
        "pipeline.yaml",
        "version: 1\nname: new\ninput: {paths: [in.jsonl]}\nstages:\n  - {id: shouting, run: {filter: {use: \
         [exclamation_ratio]}}}\n  - {id: length, run: {max_length: {max_chars: 5}}}\noutput: {path: out}\n",
    );
    let report: serde_json::Value =
        serde_json::from_str(&textmill(&["run", "pipeline.yaml", "--format", "json"])).expect("JSON");
    assert_eq!(report["totals"]["output"]["documents"], 0, "{report}");
    cargo(
        &dir,
        &["test", "--release", "--locked", "-p", "textmill-filter", "-p", "textmill-pipeline", "--lib", "--tests"],
    );
}

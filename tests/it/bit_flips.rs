//! Every flipped bit in a committed file is found, by `verify` and by whoever reads it next.

use std::fs;
use std::path::Path;

use textmill_engine::verify;
use textmill_store::Store;
use textmill_store::manifest::{Dataset, RunManifest};
use textmill_store::sealed::unseal;
use textmill_store::verify::read_parquet;

use crate::util::{Dir, Random, corpus, files};

const FLIPS: u64 = 300;

fn flip(path: &Path, random: &mut Random) -> Vec<u8> {
    let original = fs::read(path).expect("committed files can be read");
    let mut damaged = original.clone();
    let bit = random.below(damaged.len() as u64 * 8);
    damaged[(bit / 8) as usize] ^= 1 << (bit % 8);
    fs::remove_file(path).expect("a published file may be a hard link: replace, do not write through");
    fs::write(path, damaged).expect("the file can be damaged");
    original
}

fn restore(path: &Path, original: &[u8]) {
    fs::remove_file(path).expect("the damaged file can be removed");
    fs::write(path, original).expect("the file can be restored");
}

/// The command that reads this file in everyday use must refuse it too.
fn assert_next_reader_refuses(
    dir: &Dir,
    name: &str,
    run: &RunManifest,
    store: &Store,
    runtime: &tokio::runtime::Runtime,
) {
    let refused = |args: &[&str]| {
        let ran = dir.run(args);
        assert_eq!(ran.code, 7, "{args:?} accepted a damaged {name}: {}", ran.stderr);
    };
    if name == "_textmill/run.json" {
        refused(&["report", "out"]);
    } else if name.starts_with("_textmill/plan/") {
        refused(&["status", "out"]);
    } else if name.starts_with("_dropped/") {
        refused(&["drops", "out", "--limit", "1000000"]);
    } else if name.starts_with("data/") || name.starts_with("_quarantine/") {
        let entry = run.datasets.values().flatten().find(|file| file.path == name).expect("a published file");
        let error = runtime.block_on(read_parquet(store, entry)).expect_err("a damaged file is not read");
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn any_flipped_bit_of_a_finished_run_is_found() {
    let dir = corpus(4, 250);
    dir.write("in/bad.jsonl", "{\"id\": \"x\", \"text\": 5, \"source\": \"s\"}\nnot json\n{\"id\": \"y\", \"text\": \"fine\", \"source\": \"s\"}\n");
    let ran = dir.run(&["run", "pipeline.yaml"]);
    assert!(ran.code == 0 || ran.code == 3, "{}", ran.stderr);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let store = Store::open(dir.join("out").to_str().unwrap()).unwrap();
    let run: RunManifest = unseal("run.json", &fs::read(dir.join("out/_textmill/run.json")).unwrap()).unwrap();
    assert!(run.datasets.contains_key(&Dataset::Quarantine));
    // The card says the same of every output, and nothing is read through it here.
    let is_committed = |name: &str| !name.starts_with("_textmill/owner/") && name != ".huggingface.yaml";
    let committed: Vec<_> = files(&dir.join("out")).into_iter().filter(|(name, _)| is_committed(name)).collect();
    assert!(committed.len() >= 8, "{committed:?}");

    let mut random = Random(5);
    for number in 0..FLIPS {
        let (name, path) = &committed[(number % committed.len() as u64) as usize];
        let original = flip(path, &mut random);
        let report = runtime.block_on(verify(&store)).expect("damage is a finding, not a failure");
        assert!(report.damage.iter().any(|damage| &damage.path == name), "flip {number} in {name} not found");
        assert_next_reader_refuses(&dir, name, &run, &store, &runtime);
        restore(path, &original);
    }
    let ran = dir.ok(&["verify", "out"]);
    assert!(ran.stdout.starts_with("ok: "), "{}", ran.stdout);
}

/// A run stopped before publishing: what its resume reads back is refused when damaged.
#[test]
fn a_resume_refuses_damaged_task_results() {
    let dir = corpus(6, 120);
    // A publish that cannot happen leaves every task committed and nothing published.
    dir.write("out/data", "in the way");
    let ran = dir.run(&["run", "pipeline.yaml"]);
    assert_ne!(ran.code, 0, "a foreign file in the way must not be overwritten");
    assert_eq!(fs::read(dir.join("out/data")).unwrap(), b"in the way");
    fs::remove_file(dir.join("out/data")).unwrap();

    let mut random = Random(77);
    let read_again = |name: &str| name.contains("tasks/p0/") || name.contains("staging/publish-");
    let staged: Vec<_> = files(&dir.join("out/_textmill")).into_iter().filter(|(name, _)| read_again(name)).collect();
    assert!(staged.len() >= 6, "{staged:?}");
    for (name, path) in &staged {
        let original = flip(path, &mut random);
        let ran = dir.run(&["run", "pipeline.yaml"]);
        assert_eq!(ran.code, 7, "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains(path.file_name().unwrap().to_str().unwrap()), "{name} not named: {}", ran.stderr);
        assert!(!dir.join("out/_textmill/run.json").exists());
        restore(path, &original);
    }
    dir.ok(&["run", "pipeline.yaml"]);
    dir.ok(&["verify", "out"]);
}

//! What resuming reuses and what it does not.

use crate::util::{PIPELINE, corpus, files, jsonl};

#[test]
fn a_finished_run_is_left_alone_and_another_one_does_not_replace_it_silently() {
    let dir = corpus(2, 100);
    dir.ok(&["run", "pipeline.yaml"]);
    let digest = dir.digest("out");
    let again = dir.ok(&["run", "pipeline.yaml"]);
    assert!(again.stderr.contains("already complete"), "{}", again.stderr);

    dir.write(
        "other.yaml",
        PIPELINE.replace("use: [gopher_quality]", "use: [gopher_quality], gopher_quality: {min_words: 200}"),
    );
    let refused = dir.run(&["run", "other.yaml"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("--overwrite"), "{}", refused.stderr);
    assert_eq!(dir.digest("out"), digest);
    assert_eq!(dir.json(&["status", "out", "--format", "json"])["complete"], true, "a refused run leaves no trace");
    assert!(dir.ok(&["explain", "pipeline.yaml", "--resume"]).stdout.contains("nothing would run"));

    dir.ok(&["run", "other.yaml", "--overwrite"]);
    assert_ne!(dir.digest("out"), digest);
    dir.ok(&["run", "pipeline.yaml", "--overwrite"]);
    assert_eq!(dir.digest("out"), digest, "the way to a result must not show in it");
    dir.ok(&["verify", "out"]);
}

#[test]
fn explain_says_what_a_resume_would_reuse() {
    let dir = corpus(4, 60);
    dir.write("out/data", "in the way");
    assert_ne!(dir.run(&["run", "pipeline.yaml"]).code, 0);
    let tasks = |file: &str| {
        let plan = dir.json(&["explain", file, "--resume", "--format", "json"]);
        let tasks = plan["tasks"]["tasks"].as_array().expect("tasks").clone();
        (tasks.len(), tasks.iter().filter(|task| task["reused"] == true).count())
    };
    assert_eq!(tasks("pipeline.yaml"), (4, 4));
    // A changed input makes its own task run again, a changed rule makes all run again.
    dir.write("in/part-002.jsonl", jsonl(99, 61));
    assert_eq!(tasks("pipeline.yaml"), (4, 3));
    dir.write("other.yaml", PIPELINE.replace(">= 0.2", ">= 0.3"));
    assert_eq!(tasks("other.yaml"), (4, 0));
    let text = dir.ok(&["explain", "pipeline.yaml", "--resume"]).stdout;
    assert!(text.contains("3 of 4 tasks are committed"), "{text}");
    assert!(text.contains("part-002.jsonl"), "{text}");
}

#[test]
fn gc_deletes_orphans_and_nothing_else() {
    let dir = corpus(3, 80);
    dir.ok(&["run", "pipeline.yaml"]);
    let digest = dir.digest("out");
    dir.write("out/_textmill/staging/p0/dead/beef-data-000.parquet", "an attempt that died");
    dir.write("out/notes.txt", "not ours");
    dir.write("out/data/README", "not ours either");
    let dry = dir.ok(&["gc", "out", "--dry-run"]);
    assert!(dry.stdout.contains("beef-data-000.parquet") && dry.stdout.contains("would delete"), "{}", dry.stdout);
    assert!(dir.join("out/_textmill/staging/p0/dead/beef-data-000.parquet").exists());
    dir.ok(&["gc", "out"]);
    assert!(!dir.join("out/_textmill/staging/p0/dead/beef-data-000.parquet").exists());
    assert!(dir.join("out/notes.txt").exists() && dir.join("out/data/README").exists());
    assert_eq!(dir.digest("out"), digest);
}

#[test]
fn a_copy_that_comes_late_is_garbage_and_a_foreign_file_is_not() {
    let dir = corpus(3, 80);
    dir.ok(&["run", "pipeline.yaml"]);
    let published = dir.first_file("out/data");
    let name = published.file_name().and_then(|name| name.to_str()).expect("a name");
    let late = format!("out/data/{}", name.replace("part-00000-", "part-00041-"));
    std::fs::copy(&published, dir.join(&late)).expect("is copied");
    let foreign =
        ["out/data/part-00000.parquet", "out/data/part-00000-0123456789abcdef.parquet", "out/data/mine.parquet"];
    for path in foreign {
        dir.write(path, "not ours");
    }
    let dry = dir.ok(&["gc", "out", "--dry-run"]);
    assert!(dry.stdout.contains("part-00041-"), "{}", dry.stdout);
    dir.ok(&["gc", "out"]);
    assert!(!dir.join(&late).exists() && published.exists());
    assert!(foreign.iter().all(|path| dir.join(path).exists()));
    dir.ok(&["verify", "out"]);
}

#[test]
fn a_run_that_ends_leaves_what_a_newer_owner_staged() {
    let dir = corpus(2, 60);
    let newer = "out/_textmill/staging/p0/key/00000009-0123-data-000.parquet";
    let older = "out/_textmill/staging/p0/key/00000001-0123-data-000.parquet";
    let (mark, old_mark) = ("out/_textmill/attempts/00000009/key/mark", "out/_textmill/attempts/00000001/key/mark");
    for path in [newer, older, mark, old_mark] {
        dir.write(path, "an attempt");
    }
    dir.ok(&["run", "pipeline.yaml"]);
    assert!(dir.join(newer).exists() && dir.join(mark).exists());
    assert!(!dir.join(older).exists() && !dir.join(old_mark).exists());
    dir.ok(&["verify", "out"]);
}

#[test]
fn names_of_published_files_tell_their_content() {
    let dir = corpus(2, 60);
    dir.ok(&["run", "pipeline.yaml"]);
    for (name, path) in files(&dir.join("out/data")) {
        let digest = blake3::hash(&std::fs::read(path).expect("reads")).to_hex().to_string();
        assert!(name.ends_with(&format!("-{}.parquet", digest.get(..16).unwrap_or_default())), "{name} {digest}");
    }
}

#[test]
fn what_a_kill_left_half_published_does_not_block_another_configuration() {
    let dir = corpus(3, 80);
    dir.ok(&["run", "pipeline.yaml"]);
    // As if killed between linking the files and creating the manifest.
    let manifest = std::fs::read(dir.join("out/_textmill/run.json")).expect("the manifest");
    std::fs::remove_file(dir.join("out/_textmill/run.json")).expect("is removed");
    dir.write("out/_textmill/publishing/unfinished.json", manifest);
    dir.write("out/data/part-00007.parquet", "not ours");

    dir.write("other.yaml", PIPELINE.replace(">= 0.2", ">= 0.3"));
    dir.ok(&["run", "other.yaml"]);
    dir.ok(&["verify", "out"]);
    dir.ok(&["run", "other.yaml", "--output", "fresh"]);
    assert_eq!(dir.digest("out"), dir.digest("fresh"));
    assert!(dir.join("out/data/part-00007.parquet").exists());
    assert!(!dir.join("out/_textmill/publishing/unfinished.json").exists());
}

#[test]
fn half_written_files_are_never_taken_for_committed_ones() {
    let dir = corpus(2, 60);
    dir.write("out/data", "in the way");
    assert_ne!(dir.run(&["run", "pipeline.yaml"]).code, 0);
    std::fs::remove_file(dir.join("out/data")).expect("is removed");
    let torn = |folder: &str| format!("out/_textmill/{folder}/x.json.0123456789abcdef0123456789abcdef.tmp");
    for folder in ["tasks/p0", "tasks/publish-data", "plan", "retired", "publishing", "owner"] {
        dir.write(&torn(folder), "");
    }
    dir.ok(&["verify", "out"]);
    dir.ok(&["run", "pipeline.yaml"]);
    dir.ok(&["verify", "out"]);
    dir.ok(&["gc", "out"]);
    for folder in ["tasks/p0", "tasks/publish-data", "plan", "retired", "publishing", "owner"] {
        assert!(!dir.join(&torn(folder)).exists(), "{folder}");
    }
}

#[test]
fn commands_that_only_look_change_nothing() {
    let dir = corpus(3, 60);
    dir.write("out/data", "in the way");
    assert_ne!(dir.run(&["run", "pipeline.yaml"]).code, 0);
    std::fs::remove_file(dir.join("out/data")).expect("is removed");
    let (_, staged) = files(&dir.join("out/_textmill/staging")).into_iter().next().expect("a staged file");
    std::fs::write(staged, "cut").expect("is written");
    let before = files(&dir.join("out"));
    dir.ok(&["status", "out"]);
    dir.ok(&["report", "out"]);
    dir.ok(&["explain", "pipeline.yaml", "--resume"]);
    dir.ok(&["gc", "out", "--dry-run"]);
    assert_ne!(dir.run(&["gc", "nowhere"]).code, 0);
    assert!(!dir.join("nowhere").exists());
    assert_eq!(files(&dir.join("out")), before);
    dir.ok(&["run", "pipeline.yaml"]);
    dir.ok(&["verify", "out"]);
}

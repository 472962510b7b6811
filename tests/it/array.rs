//! Array mode: processes without a scheduler share the tasks of a run; the one that finishes last publishes.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::util::{Dir, Ran, corpus, files, is_planned};

const RUN: [&str; 4] = ["run", "pipeline.yaml", "--threads", "1"];

fn args(index: usize, count: usize, more: &[&str]) -> Vec<String> {
    let array = ["--task-index".to_owned(), index.to_string(), "--task-count".to_owned(), count.to_string()];
    RUN.iter().chain(more).map(ToString::to_string).chain(array).collect()
}

fn member(dir: &Dir, index: usize, count: usize, more: &[&str]) -> Ran {
    let args = args(index, count, more);
    dir.run(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

fn start(dir: &Dir, index: usize, count: usize) -> Child {
    let args = args(index, count, &[]);
    let mut command = dir.command(&args.iter().map(String::as_str).collect::<Vec<_>>());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("textmill starts")
}

fn end(child: Child) -> Ran {
    Ran::from(child.wait_with_output().expect("the member ends"))
}

/// Digest of a plain run of the same pipeline.
fn plain(dir: &Dir) -> String {
    dir.ok(&["run", "pipeline.yaml", "--output", "plain", "--threads", "2"]);
    dir.digest("plain")
}

/// A corpus whose near-duplicates are removed, with stages before and after.
fn compared(shards: u64, documents: u64) -> Dir {
    let dir = corpus(shards, documents);
    let text = "version: 1\nname: compared\ninput:\n  paths: [\"in/*\"]\n  columns: {id: id, text: text}\nstages:\n  \
                - id: clean\n    run: {normalize: {}}\n  - id: near\n    run: {minhash_dedupe: {}}\n  - id: rules\n    \
                run: {filter: {use: [gopher_quality]}}\noutput: {path: out}\n";
    dir.write("pipeline.yaml", text);
    dir
}

fn assert_clean(dir: &Dir) {
    let left = |folder: &str| files(&dir.join("out/_textmill").join(folder)).len();
    assert_eq!((left("members"), left("staging"), left("publishing")), (0, 0, 0), "something is left");
}

#[test]
fn one_after_the_other_the_last_publishes() {
    let dir = corpus(10, 60);
    for index in 0..3 {
        let ran = member(&dir, index, 4, &[]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(!dir.join("out/_textmill/run.json").exists());
        // Tasks 0, 4, 8; 1, 5, 9; 2, 6.
        let done = [3, 6, 8][index];
        let said = format!("{done} of 10 tasks are committed (phase p0); the run is published by the process");
        assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    }
    let ran = member(&dir, 3, 4, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("(balanced)"), "{}", ran.stdout);
    assert_clean(&dir);
    assert_eq!(dir.digest("out"), plain(&dir));
    let again = member(&dir, 0, 4, &[]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stderr.contains("already complete"), "{}", again.stderr);
}

#[test]
fn four_at_once_give_the_bytes_of_a_plain_run() {
    let dir = corpus(24, 120);
    let expected = plain(&dir);
    let members: Vec<_> = (0..4).map(|index| start(&dir, index, 4)).collect();
    let ended: Vec<_> = members.into_iter().map(end).collect();
    for ran in &ended {
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    // Who was last printed the table; whoever came after saw the published run.
    assert!(ended.iter().any(|ran| ran.stdout.contains("(balanced)")));
    assert_eq!(dir.digest("out"), expected);
    assert_clean(&dir);
}

#[test]
fn the_share_of_a_killed_member_is_done_when_it_is_started_again() {
    let dir = corpus(40, 300);
    let expected = plain(&dir);
    let mut killed = start(&dir, 1, 3);
    let tasks = || files(&dir.join("out/_textmill/tasks/p0")).iter().filter(|(name, _)| !name.contains("tmp")).count();
    let deadline = Instant::now() + Duration::from_mins(1);
    while tasks() < 2 && Instant::now() < deadline {
        sleep(Duration::from_millis(2));
    }
    killed.kill().expect("is killed");
    killed.wait().expect("ends");
    assert!(is_planned(&dir, "out"));
    for index in [0, 2] {
        let ran = member(&dir, index, 3, &[]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains("of 40 tasks are committed"), "{}", ran.stderr);
    }
    assert!(!dir.join("out/_textmill/run.json").exists(), "tasks of the killed member are missing");
    let ran = member(&dir, 1, 3, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(dir.digest("out"), expected);
    assert_clean(&dir);
}

#[test]
fn kills_of_all_members_at_random_moments_change_no_byte() {
    let dir = compared(16, 120);
    let expected = plain(&dir);
    let mut random = crate::util::Random(7);
    for _ in 0..8 {
        let members: Vec<_> = (0..3).map(|index| start(&dir, index, 3)).collect();
        for mut member in members {
            sleep(Duration::from_millis(random.below(250)));
            member.kill().expect("is killed");
            member.wait().expect("ends");
        }
    }
    for round in 0..2 {
        for index in 0..3 {
            let ran = member(&dir, index, 3, &[]);
            assert_eq!(ran.code, 0, "round {round}, member {index}: {}", ran.stderr);
        }
    }
    assert_eq!(dir.digest("out"), expected);
}

#[test]
fn two_members_with_one_index_commit_one_result() {
    let dir = corpus(12, 200);
    let expected = plain(&dir);
    let twins = [start(&dir, 0, 2), start(&dir, 0, 2)];
    for ran in twins.map(end) {
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(ran.stderr.contains("6 of 12 tasks are committed"), "{}", ran.stderr);
    }
    let twins = [start(&dir, 1, 2), start(&dir, 1, 2)];
    for ran in twins.map(end) {
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    assert_eq!(dir.digest("out"), expected);
}

#[test]
fn members_that_disagree_are_refused_while_others_are_at_work() {
    let dir = corpus(40, 400);
    let first = start(&dir, 0, 4);
    let deadline = Instant::now() + Duration::from_mins(1);
    while !is_planned(&dir, "out") && Instant::now() < deadline {
        sleep(Duration::from_millis(2));
    }
    let other_count = member(&dir, 1, 5, &[]);
    assert_eq!(other_count.code, 2, "{}", other_count.stderr);
    assert!(
        other_count.stderr.contains("one of 4 shares, this one was given --task-count 5"),
        "{}",
        other_count.stderr
    );
    let alone = dir.run(&RUN);
    assert_eq!(alone.code, 2, "{}", alone.stderr);
    assert!(alone.stderr.contains("in use by another run"), "{}", alone.stderr);
    let ran = end(first);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // With nobody at work another cut is as good, and so is none.
    let ran = member(&dir, 0, 2, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    dir.ok(&RUN);
    assert_eq!(dir.digest("out"), plain(&dir));
}

#[test]
fn a_member_is_refused_where_a_plain_run_is_at_work() {
    let dir = corpus(40, 400);
    let mut alone = dir.spawn(&RUN);
    let deadline = Instant::now() + Duration::from_mins(1);
    while !is_planned(&dir, "out") && Instant::now() < deadline {
        sleep(Duration::from_millis(2));
    }
    let ran = member(&dir, 0, 2, &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("in use by another run"), "{}", ran.stderr);
    assert!(alone.wait().expect("ends").success());
}

#[test]
fn a_plan_of_another_configuration_is_refused() {
    let dir = corpus(4, 40);
    assert_eq!(member(&dir, 0, 2, &[]).code, 0);
    let text = std::fs::read_to_string(dir.join("pipeline.yaml")).expect("reads");
    dir.write("pipeline.yaml", text.replace("language_score >= 0.2", "language_score >= 0.3"));
    let ran = member(&dir, 1, 2, &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("unfinished run `test` of another configuration"), "{}", ran.stderr);
    // What was finished with another configuration is not replaced either.
    dir.ok(&["run", "pipeline.yaml"]);
    dir.write("pipeline.yaml", text);
    let ran = member(&dir, 1, 2, &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("finished run `test` of another configuration"), "{}", ran.stderr);
}

#[test]
fn wrong_shares_are_refused_before_anything_is_done() {
    let dir = corpus(1, 5);
    let ran = member(&dir, 4, 4, &[]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("give 0 to 3"), "{}", ran.stderr);
    for wrong in [&["--task-index", "0"][..], &["--task-count", "2"], &["--task-index", "0", "--task-count", "0"]] {
        assert_eq!(dir.run(&[&RUN[..], wrong].concat()).code, 2, "{wrong:?}");
    }
    assert_eq!(member(&dir, 0, 1, &["--replan"]).code, 2);
    assert!(!dir.join("out").exists());
}

#[test]
fn environment_variables_name_the_share_too() {
    let dir = corpus(3, 20);
    let mut command = dir.command(&RUN);
    command.env("TEXTMILL_TASK_INDEX", "0").env("TEXTMILL_TASK_COUNT", "3");
    let ran = Ran::from(command.output().expect("textmill starts"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("1 of 3 tasks are committed"), "{}", ran.stderr);
}

#[test]
fn the_last_compares_documents_and_goes_on_alone() {
    let dir = compared(8, 80);
    let expected = plain(&dir);
    for index in 0..2 {
        let ran = member(&dir, index, 2, &["--format", "json"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let printed: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        if index == 0 {
            assert_eq!((&printed["published"], &printed["tasks_done"]), (&Value::Bool(false), &Value::from(4)));
        }
    }
    assert_eq!(dir.digest("out"), expected);
    assert_clean(&dir);
}

#[test]
fn started_again_the_array_shares_the_phase_after_the_comparison() {
    let dir = compared(8, 80);
    let expected = plain(&dir);
    let leave = ["--leave-after-exchange"];
    assert!(member(&dir, 0, 2, &leave).stderr.contains("4 of 8 tasks are committed (phase p0)"));
    let ran = member(&dir, 1, 2, &leave);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("start the array again to share the tasks of phase p1"), "{}", ran.stderr);
    let exchanges = || files(&dir.join("out/_textmill/exchanges"));
    let found = exchanges().into_iter().map(|(name, path)| (name, std::fs::read(path).unwrap())).collect::<Vec<_>>();
    assert_eq!(found.len(), 1);
    let ran = member(&dir, 0, 2, &leave);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("4 of 8 tasks are committed (phase p1)"), "{}", ran.stderr);
    assert!(!dir.join("out/_textmill/run.json").exists());
    let ran = member(&dir, 1, 2, &leave);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("(balanced)"), "{}{}", ran.stdout, ran.stderr);
    for (name, bytes) in found {
        assert_eq!(std::fs::read(dir.join("out/_textmill/exchanges").join(&name)).unwrap(), bytes, "{name} ran again");
    }
    assert_eq!(dir.digest("out"), expected);
}

#[test]
fn a_stopped_member_signs_off_and_can_be_resumed() {
    let dir = corpus(40, 400);
    let child = start(&dir, 0, 2);
    let deadline = Instant::now() + Duration::from_mins(1);
    while !is_planned(&dir, "out") && Instant::now() < deadline {
        sleep(Duration::from_millis(2));
    }
    let pid = rustix::process::Pid::from_raw(child.id().cast_signed()).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("is signalled");
    let ran = end(child);
    assert_eq!(ran.code, 143, "{}", ran.stderr);
    let status = dir.json(&["status", "out", "--format", "json"]);
    assert_eq!(status["owner"], Value::Null, "{status}");
    assert_eq!(member(&dir, 0, 2, &[]).code, 0);
    assert_eq!(member(&dir, 1, 2, &[]).code, 0);
    assert_eq!(dir.digest("out"), plain(&dir));
}

#[test]
fn the_kubernetes_manifests_are_yaml_and_agree_with_themselves() {
    let folder = crate::util::repository().join("scripts/k8s");
    let text = std::fs::read_to_string(folder.join("array-job.yaml")).expect("reads");
    let parse = |text: &str| serde_saphyr::from_str::<Value>(text).expect("YAML");
    let documents: Vec<Value> = text.split("\n---\n").map(parse).collect();
    let [config, job] = documents.as_slice() else { panic!("{documents:#?}") };
    assert_eq!((&config["kind"], &job["kind"]), (&Value::from("ConfigMap"), &Value::from("Job")));
    let container = &job["spec"]["template"]["spec"]["containers"][0];
    let environment = container["env"].as_array().expect("a list");
    let count = environment.iter().find(|entry| entry["name"] == "TEXTMILL_TASK_COUNT").expect("the count");
    assert_eq!(count["value"].as_str(), Some(job["spec"]["completions"].to_string().as_str()));
    assert_eq!(container["command"][0], "textmill");
    let dir = Dir::new();
    dir.write("pipeline.yaml", config["data"]["pipeline.yaml"].as_str().expect("a pipeline"));
    dir.ok(&["validate", "pipeline.yaml"]);
}

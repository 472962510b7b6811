//! A run that is killed at any moment resumes to the same bytes.

use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::util::{Dir, Random, corpus, files, is_planned};

const KILLS: u64 = 20;

/// What `verify` must say at any moment: every committed file is whole.
fn assert_sound(dir: &Dir, when: &str) {
    if !is_planned(dir, "out") {
        return;
    }
    let ran = dir.run(&["verify", "out"]);
    assert_eq!(ran.code, 0, "after {when}: {}{}", ran.stdout, ran.stderr);
}

fn kill_after(mut child: Child, delay: Duration) -> bool {
    sleep(delay);
    let finished = child.try_wait().expect("the child can be asked").is_some();
    child.kill().ok();
    child.wait().expect("the child ends");
    !finished
}

#[test]
fn kill_9_at_random_moments_changes_no_byte() {
    let dir = corpus(24, 400);
    let started = Instant::now();
    dir.ok(&["run", "pipeline.yaml", "--output", "whole", "--threads", "2"]);
    let undisturbed = started.elapsed();
    let expected = dir.digest("whole");

    let mut random = Random(20);
    let mut killed = 0;
    let mut round = 0;
    while killed < KILLS {
        round += 1;
        assert!(round < 40 * KILLS, "the run ends before it can be killed");
        if dir.join("out/_textmill/run.json").exists() {
            assert_eq!(dir.digest("out"), expected);
            std::fs::remove_dir_all(dir.join("out")).expect("the output can be removed");
        }
        let delay = random.below(1 + undisturbed.as_micros() as u64 * 9 / 10);
        let child = dir.spawn(&["run", "pipeline.yaml", "--threads", "2"]);
        killed += u64::from(kill_after(child, Duration::from_micros(delay)));
        assert_sound(&dir, &format!("a kill after {delay} µs"));
    }
    dir.ok(&["run", "pipeline.yaml", "--threads", "2"]);
    assert_eq!(dir.digest("out"), expected, "resumed and undisturbed runs differ");
    for dataset in ["data", "_dropped", "_quarantine"] {
        let names =
            |root: &str| files(&dir.join(root).join(dataset)).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
        assert_eq!(names("out"), names("whole"), "{dataset} has stray or missing files");
    }
}

#[test]
fn after_a_kill_only_uncommitted_tasks_run_again() {
    let dir = corpus(30, 300);
    let child = dir.spawn(&["run", "pipeline.yaml", "--threads", "1"]);
    let tasks = dir.join("out/_textmill/tasks/p0");
    let deadline = Instant::now() + Duration::from_mins(1);
    while files(&tasks).len() < 5 && Instant::now() < deadline {
        sleep(Duration::from_millis(2));
    }
    kill_after(child, Duration::ZERO);
    let before: Vec<_> = files(&tasks).into_iter().map(|(name, path)| (name, std::fs::read(path).unwrap())).collect();
    assert!(!before.is_empty(), "nothing was committed before the kill");
    dir.ok(&["run", "pipeline.yaml", "--threads", "1"]);
    for (name, manifest) in before {
        let after = std::fs::read(tasks.join(&name)).expect("committed manifests stay");
        assert_eq!(after, manifest, "{name} was written again");
    }
}

//! One owner per output; a clean stop; a stop at once.

use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::util::{Ran, corpus};

fn wait_for(what: &str, ready: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while !ready() {
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        sleep(Duration::from_millis(2));
    }
}

fn signal(pid: u32, signal: rustix::process::Signal) {
    let pid = rustix::process::Pid::from_raw(pid.cast_signed()).expect("a child's pid");
    rustix::process::kill_process(pid, signal).expect("the child can be signalled");
}

#[test]
fn the_second_run_on_an_output_is_refused_naming_the_first() {
    let dir = corpus(40, 400);
    let mut first = dir.spawn(&["run", "pipeline.yaml", "--threads", "1"]);
    wait_for("the first run", || dir.join("out/_textmill/owner").exists() && dir.join("out/_textmill/plan").exists());
    let second = dir.run(&["run", "pipeline.yaml"]);
    assert_eq!(second.code, 2, "{}", second.stderr);
    assert!(second.stderr.contains(&first.id().to_string()), "{} does not name pid {}", second.stderr, first.id());
    // A paused owner on this machine is alive: it keeps its output.
    signal(first.id(), rustix::process::Signal::STOP);
    let third = dir.run(&["run", "pipeline.yaml"]);
    assert_eq!(third.code, 2, "{}", third.stderr);
    signal(first.id(), rustix::process::Signal::CONT);
    assert!(first.wait().unwrap().success());
    dir.ok(&["verify", "out"]);
}

#[test]
fn two_runs_started_at_once_give_one_result() {
    let dir = corpus(10, 200);
    dir.ok(&["run", "pipeline.yaml", "--output", "reference"]);
    let mut runs: Vec<_> = (0..4).map(|_| dir.spawn(&["run", "pipeline.yaml"])).collect();
    let codes: Vec<_> = runs.iter_mut().map(|run| run.wait().unwrap().code()).collect();
    assert!(codes.contains(&Some(0)), "{codes:?}");
    assert!(codes.iter().all(|code| [Some(0), Some(2)].contains(code)), "{codes:?}");
    assert_eq!(dir.digest("out"), dir.digest("reference"));
}

/// Manifests of tasks. What ends in `.tmp` is still being written, or about to lose that second name.
fn committed(dir: &crate::util::Dir) -> usize {
    let files = crate::util::files(&dir.join("out/_textmill/tasks/p0"));
    files.iter().filter(|(name, _)| !name.contains(".tmp")).count()
}

fn stop_with(sent: rustix::process::Signal) -> (Ran, crate::util::Dir) {
    let dir = corpus(60, 400);
    let mut run = dir.command(&["run", "pipeline.yaml", "--threads", "1"]);
    let child = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("two committed tasks", || committed(&dir) >= 2);
    signal(child.id(), sent);
    (Ran::from(child.wait_with_output().unwrap()), dir)
}

#[test]
fn ctrl_c_stops_cleanly_and_says_how_to_resume() {
    let (ran, dir) = stop_with(rustix::process::Signal::INT);
    assert_eq!(ran.code, 130, "{}", ran.stderr);
    assert!(ran.stderr.contains("resumes the run"), "{}", ran.stderr);
    let status = dir.json(&["status", "out", "--format", "json"]);
    assert_eq!(status["complete"], false);
    assert!(status["tasks_done"].as_u64().unwrap() >= 2);
    assert_eq!(status["owner"], serde_json::Value::Null, "a clean stop gives the output free");
    dir.ok(&["run", "pipeline.yaml"]);
    dir.ok(&["run", "pipeline.yaml", "--output", "whole"]);
    assert_eq!(dir.digest("out"), dir.digest("whole"));
}

#[test]
fn sigterm_stops_cleanly_too() {
    let (ran, _dir) = stop_with(rustix::process::Signal::TERM);
    assert_eq!(ran.code, 143, "{}", ran.stderr);
}

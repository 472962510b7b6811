//! Slurm with two nodes on this machine.

use std::process::Command;

use crate::util::{Ran, repository};

#[test]
fn slurm_jobs_publish_what_a_plain_run_publishes() {
    let mut script = Command::new(repository().join("scripts/check/slurm"));
    let ran = Ran::from(script.env("TEXTMILL", env!("CARGO_BIN_EXE_textmill")).output().expect("bash starts"));
    if ran.code == 3 {
        eprintln!("{}", ran.stderr.trim_end());
        return;
    }
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
}

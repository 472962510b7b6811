//! Secrets of the environment appear nowhere, whatever runs and however much is logged.

use std::process::Command;

use crate::canary::Canaries;
use crate::fault_proxy::{Fault, Plan, Proxy};
use crate::s3_server::{self, fill_bucket, runtime, serve};
use crate::util::{Dir, PIPELINE, Ran, corpus};

/// Runs commands with the secrets against a server that knows them.
fn with_secrets(dir: &Dir, canaries: &Canaries, plan: Plan, test: impl FnOnce(&dyn Fn(&[&str]) -> Ran)) {
    let runtime = runtime();
    let (key, secret) = (canaries.get("AWS_ACCESS_KEY_ID"), canaries.get("AWS_SECRET_ACCESS_KEY"));
    let upstream = runtime.block_on(serve(dir.join("s3"), key, secret));
    let proxy = runtime.block_on(Proxy::start(upstream, plan));
    test(&|args| canaries.run(s3_server::command(dir, args, proxy.address)));
}

#[test]
fn credentials_are_seen_in_no_log_file_or_command_line() {
    let dir = corpus(2, 60);
    fill_bucket(&dir);
    dir.write("s3.yaml", PIPELINE.replace("\"in/*\"", "\"s3://bucket/in/*.jsonl\""));
    let canaries = Canaries::s3();
    // With some trouble, so that errors and retries are logged too.
    let rates = vec![(Fault::Unavailable, 100), (Fault::Reset, 50), (Fault::Conflict, 100)];
    with_secrets(&dir, &canaries, Plan { seed: 3, rates, ..Plan::default() }, |run| {
        let out = "s3://bucket/out";
        for (args, code) in [
            (vec!["run", "s3.yaml", "--output", out], 0),
            (vec!["status", out], 0),
            (vec!["verify", out], 0),
            (vec!["report", out, "--format", "json"], 0),
            (vec!["report", out, "--format", "html"], 0),
            (vec!["drops", out], 0),
            (vec!["explain", "s3.yaml", "--resume", "--output", out], 0),
            (vec!["gc", out, "--upload-age-secs", "0"], 0),
            (vec!["--log-format", "json", "run", "s3.yaml", "--output", "s3://bucket/again"], 0),
            (vec!["run", "s3.yaml", "--output", "s3://no-such-bucket/out"], 5),
            (vec!["drops", out, "--reason", "no-such-reason"], 2),
            (vec!["status", "s3://bucket/nothing"], 2),
        ] {
            let ran = run(&args);
            assert_eq!(ran.code, code, "{args:?}: {}", ran.stderr);
            assert!(
                ran.stderr.contains("TRACE") || ran.stderr.contains("DEBUG"),
                "{args:?} was to log all: {}",
                ran.stderr
            );
        }
    });
    // The server's own notes about uploads and objects, in hidden files, are not ours.
    let checked = canaries.check_files(&dir.join("s3"), |name| !name.split('/').any(|part| part.starts_with('.')));
    assert!(checked > 10, "{checked} files");
}

#[test]
fn the_secrets_of_refusals_are_not_repeated() {
    let dir = corpus(1, 5);
    std::fs::create_dir_all(dir.join("s3/bucket")).unwrap();
    let canaries = Canaries::s3();
    let runtime = runtime();
    let address = runtime.block_on(serve(dir.join("s3"), "another-key", "another-secret"));
    let args = ["run", "pipeline.yaml", "--output", "s3://bucket/out"];
    let ran = canaries.run(s3_server::command(&dir, &args, address));
    assert_eq!(ran.code, 5, "{}", ran.stderr);
}

#[test]
fn a_password_in_a_url_is_seen_nowhere() {
    let dir = corpus(1, 5);
    let canaries = Canaries::s3().with("AWS_ENDPOINT_URL", "http://canaryuser0004:canary-password0005@127.0.0.1:1");
    let started =
        |args: &[&str]| -> Command { s3_server::command(&dir, args, "127.0.0.1:1".parse().expect("an address")) };
    let ran = canaries.run(started(&["run", "pipeline.yaml", "--output", "s3://bucket/out"]));
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    let canaries = Canaries::s3()
        .with("HTTP_PROXY", "http://canaryuser0006:canary-password0007@127.0.0.1:1")
        .with("HTTPS_PROXY", "http://canaryuser0006:canary-password0007@127.0.0.1:1");
    let mut command = started(&["run", "pipeline.yaml", "--output", "s3://bucket/out"]);
    command.env("AWS_ENDPOINT_URL", "http://store.invalid").env("TEXTMILL_STORE_RETRY_SECS", "1");
    let ran = canaries.run(command);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
}

#[test]
fn the_canary_sings() {
    let dir = Dir::new();
    let canaries = Canaries::s3();
    let secret = canaries.get("AWS_SECRET_ACCESS_KEY").to_owned();
    for leak in [secret.clone(), secret.replace('/', "%2F").replace('+', "%2B"), secret.chars().take(20).collect()] {
        dir.write("out/leak", format!("x{leak}y"));
        let found = std::panic::catch_unwind(|| canaries.check_files(&dir.join("out"), |_| true));
        assert!(found.is_err(), "{leak} was not found");
    }
    dir.write("out/leak", "nothing");
    assert_eq!(canaries.check_files(&dir.join("out"), |_| true), 1);
}

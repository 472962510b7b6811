//! Clusters over an S3 server: the same bytes, through whatever stands before it, and no secret in sight.

use std::net::SocketAddr;
use std::process::Command;

use super::processes::Cluster;
use super::{doubled, pipeline};
use crate::canary::Canaries;
use crate::fault_proxy::{Plan, Proxy};
use crate::s3_server::{self, KEY, SECRET, fill_bucket, runtime, serve};
use crate::util::{Dir, Ran, shared_data};

/// What a command is told by its environment.
fn environment(command: &Command) -> Vec<(String, String)> {
    let told = |(name, value): (&std::ffi::OsStr, Option<&std::ffi::OsStr>)| {
        Some((name.to_str()?.to_owned(), value?.to_str()?.to_owned()))
    };
    command.get_envs().filter_map(told).collect()
}

/// Runs `s3.yaml` into the bucket on a cluster whose store is at `address`, and returns the digest of the result.
fn digest_of_run(dir: &Dir, executors: usize, address: SocketAddr) -> String {
    let cluster = Cluster::start(dir, executors, &environment(&s3_server::command(dir, &[], address)));
    let ran = |args: &[&str]| Ran::from(s3_server::command(dir, args, address).output().expect("textmill starts"));
    let run = ran(&["run", "s3.yaml", "--output", "s3://bucket/out", "--cluster", &cluster.url]);
    assert_eq!(run.code, 0, "{}\n{}", run.stderr, cluster.log());
    for text in [&run.stderr, &run.stdout, &cluster.log()] {
        assert!(!text.contains(SECRET), "a secret in a log: {text}");
    }
    let verified = ran(&["verify", "s3://bucket/out", "--format", "json"]);
    let report: serde_json::Value =
        serde_json::from_str(&verified.stdout).unwrap_or_else(|_| panic!("{}", verified.stderr));
    report["digest"].as_str().expect("a digest").to_owned()
}

/// A corpus on an S3 server, and a local run of it.
fn prepared(shards: u64, documents: u64) -> Dir {
    let dir = doubled(shards, documents);
    dir.ok(&["run", "pipeline.yaml", "--output", "local"]);
    fill_bucket(&dir);
    dir.write("s3.yaml", pipeline().replace("\"in/*\"", "\"s3://bucket/in/*.jsonl\""));
    dir
}

#[test]
fn input_and_output_on_s3_give_the_same_bytes_on_a_cluster() {
    let dir = prepared(4, 150);
    let runtime = runtime();
    let address = runtime.block_on(serve(dir.join("s3"), KEY, SECRET));
    assert_eq!(digest_of_run(&dir, 3, address), dir.digest("local"));
}

#[test]
fn a_store_that_fails_all_the_time_gives_a_cluster_the_same_bytes() {
    let dir = prepared(3, 100);
    let runtime = runtime();
    let upstream = runtime.block_on(serve(dir.join("s3"), KEY, SECRET));
    let proxy = runtime.block_on(Proxy::start(upstream, Plan::everything(5)));
    assert_eq!(digest_of_run(&dir, 2, proxy.address), dir.digest("local"), "{:?}", proxy.counts());
    assert!(proxy.counts().len() >= 6, "{:?}", proxy.counts());
}

#[test]
#[ignore = "takes minutes: the whole development corpus (scripts/test --long)"]
fn the_whole_recipe_over_the_corpus_on_s3_gives_the_bytes_of_a_local_run() {
    let Some(data) = shared_data("the_whole_recipe_over_the_corpus_on_s3") else { return };
    let dir = Dir::new();
    for language in ["en", "zh", "multi"] {
        for part in 0..2 {
            let name = format!("{language}-{part:05}.jsonl.zst");
            let shard = std::fs::read(data.join("corpus").join(&name)).expect("a shard");
            dir.write(&format!("shards/{name}"), &shard);
            dir.write(&format!("s3/bucket/shards/{name}"), &shard);
        }
    }
    let recipe = std::fs::read_to_string(crate::util::repository().join("configs/recipes/wanjuan-like.yaml"));
    let recipe = recipe.expect("a recipe");
    dir.write("s3.yaml", recipe.replace("\"shards/", "\"s3://bucket/shards/"));
    dir.write("local.yaml", recipe);
    dir.ok(&["run", "local.yaml", "--output", "local"]);
    let runtime = runtime();
    let address = runtime.block_on(serve(dir.join("s3"), KEY, SECRET));
    assert_eq!(digest_of_run(&dir, 3, address), dir.digest("local"));
}

#[test]
fn credentials_are_seen_nowhere_in_a_cluster_that_logs_all() {
    let dir = prepared(2, 60);
    let canaries = Canaries::s3();
    let runtime = runtime();
    let (key, secret) = (canaries.get("AWS_ACCESS_KEY_ID"), canaries.get("AWS_SECRET_ACCESS_KEY"));
    let upstream = runtime.block_on(serve(dir.join("s3"), key, secret));
    // With some trouble, so that errors and retries are logged too.
    let proxy = runtime.block_on(Proxy::start(upstream, Plan::everything(6)));
    let command = |args: &[&str]| {
        let mut command = s3_server::command(&dir, args, proxy.address);
        canaries.set(&mut command);
        command
    };
    let cluster = Cluster::start(&dir, 2, &environment(&command(&[])));
    let ran = canaries.run(command(&["run", "s3.yaml", "--output", "s3://bucket/out", "--cluster", &cluster.url]));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    // What is said of a store that refuses.
    dir.write("bad.yaml", pipeline().replace("\"in/*\"", "\"s3://no-such-bucket/in/*.jsonl\""));
    let refused = ["run", "bad.yaml", "--output", "s3://bucket/other", "--cluster", &cluster.url];
    assert_eq!(canaries.run(command(&refused)).code, 5);
    for process in cluster.executors.iter().chain([&cluster.scheduler]) {
        canaries.check_process(process.id());
    }
    let log = cluster.log();
    assert!(log.matches("TRACE").count() > 100, "the cluster was to log all: {log}");
    canaries.check("the cluster's logs", log.as_bytes());
    // The server's own notes about uploads and objects, in hidden files, are not ours.
    let checked = canaries.check_files(&dir.join("s3"), |name| !name.split('/').any(|part| part.starts_with('.')));
    assert!(checked > 10, "{checked} files");
    canaries.check_files(&dir.join("work"), |_| true);
}

//! The same run against an S3 server in this process gives the same bytes; what cannot be used is explained.

use std::net::SocketAddr;

use crate::s3_server::{KEY, SECRET, command, fill_bucket, runtime, serve};
use crate::util::{Dir, PIPELINE, Ran, corpus, jsonl};

#[test]
fn input_and_output_on_s3_give_the_bytes_of_a_local_run() {
    let dir = corpus(3, 150);
    dir.ok(&["run", "pipeline.yaml", "--output", "local"]);
    fill_bucket(&dir);
    dir.write("s3.yaml", PIPELINE.replace("\"in/*\"", "\"s3://bucket/in/*.jsonl\""));
    let runtime = runtime();
    let address = runtime.block_on(serve(dir.join("s3"), KEY, SECRET));
    let s3 = |args: &[&str]| Ran::from(command(&dir, args, address).output().expect("textmill starts"));
    let ran = s3(&["run", "s3.yaml", "--output", "s3://bucket/out"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stderr.contains(SECRET) && !ran.stdout.contains(SECRET));
    let verified = s3(&["verify", "s3://bucket/out", "--format", "json"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    let digest = serde_json::from_str::<serde_json::Value>(&verified.stdout).unwrap()["digest"].clone();
    assert_eq!(digest, dir.digest("local"));
    let again = s3(&["run", "s3.yaml", "--output", "s3://bucket/out"]);
    assert!(again.stderr.contains("already complete"), "{}", again.stderr);
}

/// Names that URLs, shells or object stores treat in a special way.
const ODD_NAMES: [&str; 9] = [
    "with space.jsonl",
    "100%.jsonl",
    "a%2Fb.jsonl",
    "plus+plus.jsonl",
    "part#1.jsonl",
    "it's & more; (really).jsonl",
    "语料-é-ü.jsonl",
    "emoji 🦀.jsonl",
    "sub folder/=equals=,comma.jsonl",
];

#[test]
fn odd_file_names_are_read_on_s3_as_they_are_locally() {
    let dir = Dir::new();
    for (seed, name) in ODD_NAMES.iter().enumerate() {
        dir.write(&format!("in/{name}"), jsonl(seed as u64, 6));
    }
    let pipeline = PIPELINE.replace("\"in/*\"", "\"in/**/*.jsonl\"");
    dir.write("pipeline.yaml", &pipeline);
    dir.write("s3.yaml", pipeline.replace("in/**", "s3://bucket/in/**"));
    dir.ok(&["run", "pipeline.yaml", "--output", "local"]);
    fill_bucket(&dir);
    let runtime = runtime();
    let address = runtime.block_on(serve(dir.join("s3"), KEY, SECRET));
    let s3 = |args: &[&str]| Ran::from(command(&dir, args, address).output().expect("textmill starts"));
    for output in ["s3://bucket/out", "s3://bucket/odd out/100%+1/语料"] {
        let ran = s3(&["run", "s3.yaml", "--output", output]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let verified = s3(&["verify", output, "--format", "json"]);
        let report: serde_json::Value = serde_json::from_str(&verified.stdout).expect("JSON");
        assert_eq!(report["digest"], dir.digest("local"), "{output}: {}", verified.stderr);
    }
    // One by one as well: a name is no pattern and no URL.
    for name in ODD_NAMES {
        dir.write("one.yaml", PIPELINE.replace("in/*", &format!("s3://bucket/in/{name}")));
        let ran = s3(&["explain", "one.yaml"]);
        assert_eq!(ran.code, 0, "{name}: {}", ran.stderr);
    }
}

#[test]
fn a_file_url_is_the_path() {
    let dir = corpus(2, 40);
    dir.ok(&["run", "pipeline.yaml", "--output", "local"]);
    let root = dir.path().to_string_lossy().into_owned();
    dir.write("url.yaml", PIPELINE.replace("in/*", &format!("file://{root}/in/*")));
    dir.ok(&["run", "url.yaml", "--output", &format!("file://{root}/by-url")]);
    assert_eq!(dir.digest("by-url"), dir.digest("local"));
}

/// A port that nothing listens on.
fn nobody() -> SocketAddr {
    "127.0.0.1:1".parse().expect("an address")
}

/// Runs the pipeline with what makes it fail, and returns what it says.
fn refused(dir: &Dir, address: SocketAddr, output: &str, variables: &[(&str, Option<&str>)]) -> Ran {
    let mut command = command(dir, &["run", "pipeline.yaml", "--output", output], address);
    for (name, value) in variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("TEXTMILL_STORE_RETRY_SECS", "2");
    Ran::from(command.output().expect("textmill starts"))
}

/// What it is called, an output, the environment, and what is said of it.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, Option<&'a str>)], &'a str);

#[test]
fn what_cannot_be_used_ends_with_code_5_and_says_what_to_do() {
    let dir = corpus(1, 5);
    std::fs::create_dir_all(dir.join("s3/bucket")).unwrap();
    let runtime = runtime();
    let address = runtime.block_on(serve(dir.join("s3"), KEY, SECRET));
    let secret = "hunter22hunter22hunter22";
    let no_key = [
        ("AWS_ACCESS_KEY_ID", None),
        ("AWS_SECRET_ACCESS_KEY", None),
        // Nobody hands out credentials here.
        ("AWS_METADATA_ENDPOINT", Some("http://127.0.0.1:1")),
    ];
    let cases: [Case<'_>; 8] = [
        ("no bucket", "s3://no-such-bucket/out", &[], "the bucket does not exist"),
        ("no credentials", "s3://bucket/out", &no_key, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ("half of them", "s3://bucket/out", &[("AWS_SECRET_ACCESS_KEY", None)], "s3:// needs AWS_ACCESS_KEY_ID"),
        (
            "wrong secret",
            "s3://bucket/out",
            &[("AWS_SECRET_ACCESS_KEY", Some(secret))],
            "AWS_SECRET_ACCESS_KEY does not",
        ),
        ("unknown key", "s3://bucket/out", &[("AWS_ACCESS_KEY_ID", Some(secret))], "AWS_ACCESS_KEY_ID"),
        ("no TLS", "s3://bucket/out", &[("AWS_ALLOW_HTTP", Some("false"))], "AWS_ALLOW_HTTP=true"),
        ("no account", "az://container/out", &[("AZURE_STORAGE_ACCOUNT_NAME", None)], "AZURE_STORAGE_ACCOUNT_NAME"),
        (
            "a password in the endpoint",
            "s3://bucket/out",
            &[("AWS_ENDPOINT_URL", Some("http://someone:hunter22hunter22hunter22@127.0.0.1:1"))],
            "AWS_ENDPOINT_URL holds a user or password",
        ),
    ];
    for (case, output, variables, advice) in cases {
        let ran = refused(&dir, address, output, variables);
        assert_eq!(ran.code, 5, "{case}: {}", ran.stderr);
        assert!(ran.stderr.contains(advice), "{case}: {}", ran.stderr);
        assert!(!ran.stderr.contains(secret) && !ran.stderr.contains(SECRET), "{case}: {}", ran.stderr);
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let dir = corpus(1, 5);
    let ran = refused(&dir, nobody(), "s3://bucket/out", &[]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(ran.stderr.contains("s3://bucket/out") && ran.stderr.contains("127.0.0.1:1"), "{}", ran.stderr);
}

#[test]
fn a_key_file_of_google_that_is_none_is_named() {
    let dir = corpus(1, 5);
    let file = dir.write("key.json", "{\"private_key\": \"hunter22hunter22\"}");
    let path = file.to_string_lossy().into_owned();
    let ran = refused(&dir, nobody(), "gs://bucket/out", &[("GOOGLE_APPLICATION_CREDENTIALS", Some(&path))]);
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(ran.stderr.contains("GOOGLE_APPLICATION_CREDENTIALS"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("hunter22"), "{}", ran.stderr);
}

#[test]
fn shards_that_an_object_store_cannot_copy_are_refused_before_anything_is_asked_of_it() {
    let dir = corpus(1, 5);
    dir.write("pipeline.yaml", PIPELINE.replace("  path: out\n", "  path: out\n  shard_bytes: 8GiB\n"));
    // Nobody listens there.
    let args = ["run", "pipeline.yaml", "--output", "s3://bucket/out"];
    let ran = Ran::from(command(&dir, &args, "127.0.0.1:1".parse().expect("an address")).output().expect("starts"));
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("shard_bytes") && ran.stderr.contains("4 GiB"), "{}", ran.stderr);
    dir.ok(&["run", "pipeline.yaml", "--output", "local"]);
}

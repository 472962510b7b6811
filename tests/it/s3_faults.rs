//! Runs over an object store that fails all the time: the same bytes, the same account, nothing left behind.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use object_store::aws::AmazonS3Builder;
use serde_json::Value;
use textmill_store::Store;

use crate::fault_proxy::{Fault, Plan, Proxy};
use crate::s3_server::{KEY, SECRET, command, fill_bucket, runtime, serve};
use crate::util::{Dir, Ran, corpus, files};

/// Reads text and Parquet, compares documents, hands over between phases, drops, and routes to nobody.
const PIPELINE: &str = "\
version: 1
name: faults
input:
  paths: [\"IN/*\"]
  columns: {id: id, text: text, source: source}
stages:
  - id: clean
    run: {normalize: {}}
  - id: near
    run: {minhash_dedupe: {}}
  - id: rules
    run: {filter: {use: [gopher_quality]}}
output:
  path: out
  dropped: all
";

/// A corpus with a local run of it, and the bucket that holds its input.
fn prepared() -> (Dir, String, Value) {
    let dir = corpus(4, 120);
    dir.write("local.yaml", PIPELINE.replace("IN", "in"));
    dir.write("s3.yaml", PIPELINE.replace("IN", "s3://bucket/in"));
    dir.ok(&["run", "local.yaml", "--output", "local"]);
    fill_bucket(&dir);
    let (digest, account) = (dir.digest("local"), account(&dir.ok(&["report", "local", "--format", "json"])));
    (dir, digest, account)
}

/// The account of a report: what became of the documents, without times.
fn account(report: &Ran) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.retain(|name, _| !name.contains("second"));
                fields.values_mut().for_each(strip);
            }
            Value::Array(values) => values.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let whole: Value = serde_json::from_str(&report.stdout).unwrap_or_else(|_| panic!("{}", report.stderr));
    assert_eq!(whole["balance"]["balanced"], true, "{whole}");
    let mut account =
        serde_json::json!({"rows": whole["rows"], "totals": whole["totals"], "clusters": whole["clusters"]});
    strip(&mut account);
    account
}

/// Runs through a proxy with `plan` into `output` and compares bytes and account with the local run.
fn same_as_local(prepared: &(Dir, String, Value), output: &str, plan: Plan) -> Proxy {
    let (dir, digest, local_account) = prepared;
    let runtime = runtime();
    let upstream = runtime.block_on(serve(dir.join("s3"), KEY, SECRET));
    let proxy = runtime.block_on(Proxy::start(upstream, plan));
    let through = |args: &[&str]| Ran::from(command(dir, args, proxy.address).output().expect("textmill starts"));
    let output = format!("s3://bucket/{output}");
    let ran = through(&["run", "s3.yaml", "--output", &output]);
    assert_eq!(ran.code, 0, "{:?}\n{}", proxy.counts(), ran.stderr);
    let verified = through(&["verify", &output, "--format", "json"]);
    let report: Value = serde_json::from_str(&verified.stdout).unwrap_or_else(|_| panic!("{}", verified.stderr));
    assert_eq!(report["digest"], **digest, "{:?}", proxy.counts());
    let report = through(&["report", &output, "--format", "json"]);
    assert_eq!(account(&report), *local_account);
    let collected = through(&["gc", &output, "--upload-age-secs", "0"]);
    assert_eq!(collected.code, 0, "{}", collected.stderr);
    let left = files(&dir.join("s3")).into_iter().filter(|(name, _)| name.contains("upload")).count();
    assert_eq!(left, 0, "uploads or their records are left");
    eprintln!("{output}: {} requests, {:?}", proxy.requests(), proxy.counts());
    proxy
}

#[test]
fn a_store_that_fails_all_the_time_gives_the_same_bytes() {
    let prepared = prepared();
    let whole = same_as_local(&prepared, "calm", Plan::default());
    let busy = Plan { seed: 7, rates: vec![(Fault::Unavailable, 300)], ..Plan::default() };
    let busy = same_as_local(&prepared, "busy", busy);
    assert!(
        busy.requests() <= 2 * whole.requests(),
        "{} requests, {} without faults",
        busy.requests(),
        whole.requests()
    );
    let faults = [Fault::Unavailable, Fault::Internal, Fault::Reset, Fault::LostResponse, Fault::LostAs500];
    let others = [Fault::ShortBody, Fault::Conflict, Fault::TooMany];
    let mut seen = std::collections::BTreeMap::<Fault, usize>::new();
    for seed in 1..=2 {
        let proxy = same_as_local(&prepared, &format!("seed-{seed}"), Plan::everything(seed));
        proxy.counts().into_iter().for_each(|(fault, count)| *seen.entry(fault).or_default() += count);
    }
    for fault in faults.into_iter().chain(others) {
        assert!(seen.contains_key(&fault), "{fault:?} never happened: {seen:?}");
    }
}

#[test]
#[ignore = "long: thirty runs through a failing store; scripts/test --long"]
fn thirty_ways_to_fail_give_the_same_bytes() {
    let prepared = prepared();
    for seed in 100..130 {
        same_as_local(&prepared, &format!("seed-{seed}"), Plan::everything(seed));
    }
}

/// A store of our own over a proxy, in this process.
fn store_at(proxy: &Proxy) -> Store {
    let client = AmazonS3Builder::new()
        .with_bucket_name("bucket")
        .with_region("us-east-1")
        .with_endpoint(format!("http://{}", proxy.address))
        .with_allow_http(true)
        .with_access_key_id(KEY)
        .with_secret_access_key(SECRET)
        .build();
    Store::with_object_store(Arc::new(client.expect("a client")), "out", "s3://bucket/out")
}

#[test]
fn a_large_object_is_whole_whatever_happens_to_its_upload() {
    let dir = Dir::new();
    std::fs::create_dir_all(dir.join("s3/bucket")).unwrap();
    let content: Vec<u8> =
        (0_u32..6_000_000).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let runtime = runtime();
    let upstream = runtime.block_on(serve(dir.join("s3"), KEY, SECRET));
    for fault in [Fault::LostResponse, Fault::LostAs500, Fault::Unavailable, Fault::Reset] {
        let plan = Plan {
            rules: vec![(|request| request.completes_upload(), fault, 1), (|request| request.is_part(), fault, 1)],
            ..Plan::default()
        };
        let written = runtime.block_on(async {
            let proxy = Proxy::start(upstream, plan).await;
            let store = store_at(&proxy);
            let path = format!("{fault:?}");
            let mut writer = store.writer(&path).await.expect("opens");
            writer.write(Bytes::from(content.clone())).await.expect("writes");
            let digest = writer.finish().await.unwrap_or_else(|error| panic!("{fault:?}: {error}"));
            assert_eq!(store.hash(&path).await.expect("reads"), Some(digest.clone()));
            assert_eq!(proxy.count(fault), 2);
            assert!(store.unfinished_uploads(Duration::ZERO).await.expect("lists").is_empty());
            digest
        });
        assert_eq!(written.blake3, blake3::hash(&content).to_hex().to_string());
    }
    let left = files(&dir.join("s3")).into_iter().filter(|(name, _)| name.contains("upload")).count();
    assert_eq!(left, 0, "uploads are left in the store");
}

/// A pipeline without stages over texts that do not compress: its output is as large as its input.
fn random_texts(dir: &Dir, megabytes: u64) {
    let mut random = crate::util::Random(11);
    let mut lines = String::new();
    for number in 0..megabytes * 10 {
        let text: String = (0..6_250).map(|_| format!("{:016x}", random.next())).collect();
        lines.push_str(&format!("{{\"id\": \"{number}\", \"text\": \"{text}\"}}\n"));
    }
    dir.write("in/random.jsonl", lines);
    dir.write(
        "pipeline.yaml",
        "version: 1\nname: large\ninput:\n  paths: [\"in/*\"]\n  columns: {id: id, text: text}\nstages: []\noutput: {path: out}\n",
    );
}

#[test]
fn what_a_killed_upload_leaves_is_given_up_by_gc() {
    let dir = Dir::new();
    random_texts(&dir, 60);
    std::fs::create_dir_all(dir.join("s3/bucket")).unwrap();
    let runtime = runtime();
    let upstream = runtime.block_on(serve(dir.join("s3"), KEY, SECRET));
    // The second part never gets an answer, so the upload is under way when the kill comes.
    let plan =
        Plan { rules: vec![(|request| request.target.contains("partNumber=2"), Fault::Silence, 9)], ..Plan::default() };
    let proxy = runtime.block_on(Proxy::start(upstream, plan));
    let args = ["run", "pipeline.yaml", "--output", "s3://bucket/out"];
    let mut child = command(&dir, &args, proxy.address).stderr(std::process::Stdio::null()).spawn().expect("starts");
    let deadline = Instant::now() + Duration::from_mins(1);
    while proxy.count(Fault::Silence) == 0 {
        assert!(Instant::now() < deadline, "no second part was sent");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    let open = |dir: &Dir| files(&dir.join("s3")).into_iter().filter(|(name, _)| name.contains("upload")).count();
    assert!(open(&dir) > 0, "the kill left nothing: {:?}", files(&dir.join("s3")));
    let direct = |args: &[&str]| Ran::from(command(&dir, args, upstream).output().expect("starts"));
    let young = direct(&["gc", "s3://bucket/out"]);
    assert!(young.code == 0 && open(&dir) > 0, "an upload of a minute ago may be somebody's: {}", young.stderr);
    let shown = direct(&["gc", "s3://bucket/out", "--dry-run", "--upload-age-secs", "0"]);
    assert!(shown.stdout.contains("would abort 1 unfinished uploads"), "{}{}", shown.stdout, shown.stderr);
    let done = direct(&["gc", "s3://bucket/out", "--upload-age-secs", "0", "--format", "json"]);
    let report: Value = serde_json::from_str(&done.stdout).unwrap_or_else(|_| panic!("{}", done.stderr));
    assert_eq!(report["uploads"].as_array().map(Vec::len), Some(1), "{report}");
    assert_eq!(open(&dir), 0, "{:?}", files(&dir.join("s3")));
    let resumed = direct(&args);
    assert_eq!(resumed.code, 0, "{}", resumed.stderr);
    assert_eq!(direct(&["verify", "s3://bucket/out"]).code, 0);
}

#[test]
fn a_stall_is_reported_within_thirty_seconds() {
    let dir = corpus(1, 5);
    std::fs::create_dir_all(dir.join("s3/bucket")).unwrap();
    let runtime = runtime();
    let upstream = runtime.block_on(serve(dir.join("s3"), KEY, SECRET));
    let plan = Plan { rules: vec![(|request| request.method == "PUT", Fault::Silence, 1)], ..Plan::default() };
    let proxy = runtime.block_on(Proxy::start(upstream, plan));
    let mut command = command(&dir, &["run", "pipeline.yaml", "--output", "s3://bucket/out"], proxy.address);
    let ran = Ran::from(command.env("AWS_TIMEOUT", "24s").output().expect("textmill starts"));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("the object store stalls: no answer yet"), "{}", ran.stderr);
}

#[test]
fn credentials_that_expire_in_the_middle_end_the_run_with_advice_and_it_resumes() {
    let dir = corpus(3, 100);
    std::fs::create_dir_all(dir.join("s3/bucket")).unwrap();
    dir.ok(&["run", "pipeline.yaml", "--output", "local"]);
    let runtime = runtime();
    let upstream = runtime.block_on(serve(dir.join("s3"), KEY, SECRET));
    let expired: fn(&crate::fault_proxy::Request) -> bool = |request| request.target.contains("/tasks/");
    let plan = Plan { rules: vec![(expired, Fault::Expired, 1_000)], ..Plan::default() };
    let proxy = runtime.block_on(Proxy::start(upstream, plan));
    let args = ["run", "pipeline.yaml", "--output", "s3://bucket/out"];
    let ran =
        Ran::from(command(&dir, &args, proxy.address).env("AWS_SESSION_TOKEN", "once-upon-a-time").output().unwrap());
    assert_eq!(ran.code, 5, "{}", ran.stderr);
    assert!(ran.stderr.contains("the credentials have expired"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("once-upon-a-time") && !ran.stderr.contains(SECRET), "{}", ran.stderr);
    let again = Ran::from(command(&dir, &args, upstream).output().expect("starts"));
    assert_eq!(again.code, 0, "{}", again.stderr);
    let verified =
        Ran::from(command(&dir, &["verify", "s3://bucket/out", "--format", "json"], upstream).output().unwrap());
    let report: Value = serde_json::from_str(&verified.stdout).expect("JSON");
    assert_eq!(report["digest"], dir.digest("local"));
}

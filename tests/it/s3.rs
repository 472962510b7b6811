//! The same run against an S3 server in this process gives the same bytes.

use std::net::SocketAddr;
use std::path::PathBuf;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;

use crate::util::{PIPELINE, corpus};

/// Starts an S3 server on a free loopback port that keeps its objects below `root`.
pub async fn serve(root: PathBuf) -> SocketAddr {
    let mut builder = s3s::service::S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).expect("a folder"));
    builder.set_auth(s3s::auth::SimpleAuth::from_single("test-key", "test-secret"));
    let service = builder.build();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = service.clone();
            tokio::spawn(async move {
                drop(Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(socket), service).await);
            });
        }
    });
    address
}

#[test]
fn input_and_output_on_s3_give_the_bytes_of_a_local_run() {
    let dir = corpus(3, 150);
    dir.ok(&["run", "pipeline.yaml", "--output", "local"]);
    std::fs::create_dir_all(dir.join("s3/bucket/in")).unwrap();
    for shard in 0..3 {
        let name = format!("in/part-{shard:03}.jsonl");
        std::fs::copy(dir.join(&name), dir.join("s3/bucket").join(&name)).unwrap();
    }
    dir.write("s3.yaml", PIPELINE.replace("\"in/*\"", "\"s3://bucket/in/*.jsonl\""));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let address = runtime.block_on(serve(dir.join("s3")));
    let s3 = |args: &[&str]| {
        let mut command = dir.command(args);
        command
            .env("AWS_ENDPOINT", format!("http://{address}"))
            .env("AWS_ALLOW_HTTP", "true")
            .env("AWS_ACCESS_KEY_ID", "test-key")
            .env("AWS_SECRET_ACCESS_KEY", "test-secret")
            .env("AWS_REGION", "us-east-1");
        crate::util::Ran::from(command.output().expect("textmill starts"))
    };
    let ran = s3(&["run", "s3.yaml", "--output", "s3://bucket/out"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(!ran.stderr.contains("test-secret") && !ran.stdout.contains("test-secret"));
    let verified = s3(&["verify", "s3://bucket/out", "--format", "json"]);
    assert_eq!(verified.code, 0, "{}{}", verified.stdout, verified.stderr);
    let digest = serde_json::from_str::<serde_json::Value>(&verified.stdout).unwrap()["digest"].clone();
    assert_eq!(digest, dir.digest("local"));
    let again = s3(&["run", "s3.yaml", "--output", "s3://bucket/out"]);
    assert!(again.stderr.contains("already complete"), "{}", again.stderr);
}

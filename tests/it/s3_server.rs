//! An S3 server in this process, and `textmill` commands that use it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::runtime::Runtime;

use crate::util::Dir;

/// Credentials of the server.
pub const KEY: &str = "test-key";
pub const SECRET: &str = "test-secret";

/// A runtime for servers, which a test keeps for as long as it uses them.
pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads")
}

/// Starts an S3 server on a free loopback port that keeps the buckets below `root` as folders.
pub async fn serve(root: PathBuf, key: &str, secret: &str) -> SocketAddr {
    let mut builder = s3s::service::S3ServiceBuilder::new(s3s_fs::FileSystem::new(root).expect("a folder"));
    builder.set_auth(s3s::auth::SimpleAuth::from_single(key, secret));
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

/// A command whose `s3://` is the server (or what stands before it) at `address`, with short pauses.
pub fn command(dir: &Dir, args: &[&str], address: SocketAddr) -> Command {
    let mut command = dir.command(args);
    command
        .env("AWS_ENDPOINT_URL", format!("http://{address}"))
        .env("AWS_ALLOW_HTTP", "true")
        .env("AWS_ACCESS_KEY_ID", KEY)
        .env("AWS_SECRET_ACCESS_KEY", SECRET)
        .env("AWS_REGION", "us-east-1")
        .env("TEXTMILL_STORE_BACKOFF_MS", "1")
        .env_remove("AWS_SESSION_TOKEN");
    command
}

/// Puts the files below `dir/in` into the bucket `bucket` of a server whose root is `dir/s3`.
pub fn fill_bucket(dir: &Dir) {
    for (name, path) in crate::util::files(&dir.join("in")) {
        dir.write(&format!("s3/bucket/in/{name}"), std::fs::read(path).expect("a shard"));
    }
}

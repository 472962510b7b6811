//! Creating, writing, publishing and listing.

use bytes::Bytes;
use futures::future::join_all;
use textmill_store::testing::{Fault, Request};
use textmill_store::{Created, FileDigest, Store, StoreErrorKind};

use crate::util::{faulty, local, memory, paths};

fn bytes(text: &str) -> Bytes {
    Bytes::from(text.to_owned())
}

fn digest(content: &[u8]) -> FileDigest {
    FileDigest { bytes: content.len() as u64, blake3: blake3::hash(content).to_hex().to_string() }
}

async fn one_of_sixteen_creates(store: Store) {
    let tasks = (0..16).map(|task| {
        let store = store.clone();
        tokio::spawn(async move { store.create("a/b/lock", bytes(&task.to_string())).await.expect("creates") })
    });
    let results: Vec<Created> = join_all(tasks).await.into_iter().map(|joined| joined.expect("ends")).collect();
    assert_eq!(results.iter().filter(|created| **created == Created::New).count(), 1);
    let winner = results.iter().position(|created| *created == Created::New).expect("one won");
    assert_eq!(store.get("a/b/lock").await.expect("reads"), winner.to_string());
    assert_eq!(paths(&store).await, ["a/b/lock"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_creators_one_wins() {
    let (_directory, store) = local();
    one_of_sixteen_creates(store).await;
    one_of_sixteen_creates(memory()).await;
}

async fn basics(store: Store) {
    assert_eq!(store.get_opt("x/y").await.expect("asks"), None);
    assert_eq!(store.head("x/y").await.expect("asks"), None);
    assert_eq!(store.hash("x/y").await.expect("asks"), None);
    assert_eq!(store.list("x").await.expect("lists"), []);
    let error = store.get("x/y").await.expect_err("missing");
    assert_eq!(error.kind(), StoreErrorKind::NotFound);
    assert!(error.path().ends_with("x/y"), "{error}");
    store.delete("x/y").await.expect("nothing to delete");

    store.put("x/y", bytes("one")).await.expect("writes");
    store.put("x/y", bytes("three")).await.expect("overwrites");
    store.put("x z/%41#1", bytes("odd")).await.expect("writes");
    store.put("xy", bytes("")).await.expect("writes");
    assert_eq!(store.get("x/y").await.expect("reads"), "three");
    assert_eq!(store.hash("x/y").await.expect("hashes"), Some(digest(b"three")));
    assert_eq!(paths(&store).await, ["x z/%41#1", "x/y", "xy"]);
    let below = store.list("x").await.expect("lists");
    assert_eq!(below.iter().map(|found| (found.path.as_str(), found.size)).collect::<Vec<_>>(), [("x/y", 5)]);
    store.delete("x/y").await.expect("deletes");
    assert_eq!(store.head("x/y").await.expect("asks"), None);
    for path in ["../x", "/etc/passwd", "a/../../b", "./a"] {
        assert!(store.put(path, bytes("")).await.is_err(), "{path}");
    }
}

#[tokio::test]
async fn objects_are_written_read_listed_and_deleted() {
    let (_directory, store) = local();
    basics(store).await;
    basics(memory()).await;
}

async fn streaming(store: Store) {
    let mut content = Vec::new();
    let mut writer = store.writer("d/file").await.expect("opens");
    for piece in [1_usize, 100, 3_000_000, 0, 12_000_000, 5].map(|length| vec![b'a'; length]) {
        content.extend_from_slice(&piece);
        writer.write(piece.into()).await.expect("writes");
        assert_eq!(store.head("d/file").await.expect("asks"), None, "visible before it is finished");
    }
    assert_eq!(writer.finish().await.expect("finishes"), digest(&content));
    assert_eq!(store.get("d/file").await.expect("reads"), content);

    let mut writer = store.writer("d/aborted").await.expect("opens");
    writer.write(vec![0; 2_000_000].into()).await.expect("writes");
    writer.abort().await;
    let mut writer = store.writer("d/dropped").await.expect("opens");
    writer.write(vec![0; 2_000_000].into()).await.expect("writes");
    drop(writer);
    assert_eq!(paths(&store).await, ["d/file"]);
    assert_eq!(store.writer("d/empty").await.expect("opens").finish().await.expect("finishes"), digest(b""));
    assert_eq!(store.get("d/empty").await.expect("reads"), "");
}

#[tokio::test]
async fn a_writer_hashes_and_shows_nothing_before_it_is_finished() {
    let (_directory, store) = local();
    streaming(store).await;
    streaming(memory()).await;
}

async fn publishing(store: Store) {
    store.put("staging/a", bytes("rows")).await.expect("writes");
    store.put("staging/b", bytes("other")).await.expect("writes");
    for _ in 0..3 {
        store.publish("staging/a", "data/part-0").await.expect("publishes");
    }
    assert_eq!(store.get("data/part-0").await.expect("reads"), "rows");
    let error = store.publish("staging/b", "data/part-0").await.expect_err("other content");
    assert_eq!((error.kind(), error.path()), (StoreErrorKind::Integrity, "data/part-0"));
    assert_eq!(store.get("data/part-0").await.expect("reads"), "rows");
    store.put("data/part-1", bytes("other")).await.expect("writes");
    store.publish("staging/b", "data/part-1").await.expect("a copy with the same bytes is there");
    let error = store.publish("staging/none", "data/part-2").await.expect_err("no source");
    assert_eq!(error.kind(), StoreErrorKind::NotFound);
    store.delete("staging/a").await.expect("deletes");
    assert_eq!(store.get("data/part-0").await.expect("outlives its source"), "rows");
}

#[tokio::test]
async fn publishing_is_idempotent_and_never_replaces_other_content() {
    let (_directory, store) = local();
    publishing(store).await;
    publishing(memory()).await;
}

#[tokio::test]
async fn transient_faults_are_retried_and_lasting_ones_reported() {
    let store = faulty(|faults| {
        let faults = faults.fail(Request::Put, 1, Fault::Unavailable).fail(Request::Put, 2, Fault::LostResponse);
        let faults = faults.fail(Request::Get, 1, Fault::ShortBody).fail(Request::Get, 2, Fault::Unavailable);
        (5..13).fold(faults, |faults, nth| faults.fail(Request::Get, nth, Fault::ShortBody))
    });
    store.put("x", bytes("content")).await.expect("retries");
    assert_eq!(store.get("x").await.expect("retries"), "content");
    assert_eq!(store.hash("x").await.expect("hashes"), Some(digest(b"content")));
    let error = store.get("x").await.expect_err("always cut short");
    assert_eq!(error.kind(), StoreErrorKind::Io);
    assert!(error.to_string().contains("broke off after 6 of 7 bytes"), "{error}");
}

#[tokio::test]
async fn a_create_that_failed_in_doubt_is_looked_up() {
    // Not carried out, then a conflict with nothing there, then carried out.
    let store =
        faulty(|faults| faults.fail(Request::Put, 1, Fault::Unavailable).fail(Request::Put, 2, Fault::Conflict));
    assert_eq!(store.create("x", bytes("1")).await.expect("creates"), Created::New);
    // Carried out, but the answer is lost: what is there is what was written.
    let store = faulty(|faults| faults.fail(Request::Put, 1, Fault::LostResponse));
    assert_eq!(store.create("x", bytes("1")).await.expect("creates"), Created::New);
    assert_eq!(store.create("x", bytes("2")).await.expect("creates"), Created::AlreadyExists);
    assert_eq!(store.get("x").await.expect("reads"), "1");
    // The same with a rival that was first.
    let store = faulty(|faults| faults.fail(Request::Put, 2, Fault::Unavailable));
    store.put("x", bytes("rival")).await.expect("writes");
    assert_eq!(store.create("x", bytes("mine")).await.expect("creates"), Created::AlreadyExists);
    assert_eq!(store.get("x").await.expect("reads"), "rival");
}

#[cfg(unix)]
#[tokio::test]
async fn a_location_that_cannot_be_written_is_named() {
    let (directory, _) = local();
    let file = directory.path().join("file");
    std::fs::write(&file, "x").expect("writes");
    let store = Store::open(&file.join("inside").to_string_lossy()).expect("opens");
    let error = store.put("data/x", bytes("x")).await.expect_err("a file is in the way");
    assert!(error.to_string().contains("file"), "{error}");
    let error = Store::open(&file.to_string_lossy()).expect_err("a file is no location");
    assert!(error.to_string().contains("is a file"), "{error}");
}

//! Object stores that fail in the middle of things.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::memory::InMemory;
use textmill_store::testing::{Fault, FaultStore, Request, without_pauses};
use textmill_store::{Created, FileDigest, Store, StoreError, StoreErrorKind};

use crate::util::{faulty, paths};

/// Three parts, the last one short; every byte depends on its place.
fn content() -> Vec<u8> {
    (0_u32..6_000_000).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

fn digest(content: &[u8]) -> FileDigest {
    FileDigest { bytes: content.len() as u64, blake3: blake3::hash(content).to_hex().to_string() }
}

async fn write(store: &Store, content: &[u8]) -> Result<FileDigest, StoreError> {
    let mut writer = store.writer("d/file").await?;
    for piece in content.chunks(3_000_001) {
        writer.write(Bytes::copy_from_slice(piece)).await?;
    }
    writer.finish().await
}

/// A store with faults, and the ids of the uploads that are open in it.
fn with_uploads(with: impl FnOnce(FaultStore) -> FaultStore) -> (Store, impl Fn() -> Vec<String>) {
    without_pauses();
    let faults = with(FaultStore::new(Arc::new(InMemory::new())));
    let uploads = faults.uploads();
    (Store::with_object_store(Arc::new(faults), "", "mem://faulty"), uploads)
}

#[tokio::test]
async fn an_upload_survives_every_fault_at_every_step() {
    let content = content();
    for request in [Request::Start, Request::Part, Request::Complete, Request::Put, Request::Delete] {
        for fault in [Fault::Unavailable, Fault::LostResponse, Fault::Conflict] {
            let (store, uploads) = with_uploads(|faults| faults.fail(request, 1, fault));
            let written =
                write(&store, &content).await.unwrap_or_else(|error| panic!("{request:?} {fault:?}: {error}"));
            assert_eq!(written, digest(&content));
            assert_eq!(store.hash("d/file").await.expect("hashes"), Some(written), "{request:?} {fault:?}");
            assert_eq!(paths(&store).await, ["d/file"], "{request:?} {fault:?}: a record stayed");
            // An upload whose start was lost is not known to anybody; it has no parts.
            let lost = usize::from((request, fault) == (Request::Start, Fault::LostResponse));
            assert_eq!(uploads().len(), lost, "{request:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn an_upload_that_fails_leaves_nothing_but_its_error() {
    let (store, uploads) =
        with_uploads(|faults| (1..=40).fold(faults, |faults, nth| faults.fail(Request::Part, nth, Fault::Unavailable)));
    let error = write(&store, &content()).await.expect_err("parts never arrive");
    assert!(error.to_string().contains("503 Slow Down"), "{error}");
    for _ in 0..100 {
        if uploads().is_empty() && paths(&store).await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("left: {:?} {:?}", uploads(), paths(&store).await);
}

#[tokio::test]
async fn uploads_of_killed_processes_are_found_and_given_up() {
    let (store, uploads) = with_uploads(|faults| faults.fail(Request::Abort, 1, Fault::LostResponse));
    let mut writer = store.writer("d/file").await.expect("opens");
    writer.write(content().into()).await.expect("writes");
    // As a kill: nothing of the writer runs any more.
    std::mem::forget(writer);
    assert_eq!(uploads().len(), 1);
    assert!(store.unfinished_uploads(Duration::from_mins(1)).await.expect("lists").is_empty(), "too young");
    let found = store.unfinished_uploads(Duration::ZERO).await.expect("lists");
    assert_eq!(found.iter().map(|upload| upload.path().to_owned()).collect::<Vec<_>>(), ["d/file"]);
    for upload in &found {
        store.give_up_upload(upload).await.expect("gives up");
        store.give_up_upload(upload).await.expect("it is gone, which is what was wanted");
    }
    assert!(uploads().is_empty());
    assert_eq!(paths(&store).await, [""; 0]);
}

#[tokio::test]
async fn a_writer_that_is_given_up_or_dropped_leaves_no_upload() {
    let (store, uploads) = with_uploads(|faults| faults);
    for dropped in [false, true] {
        let mut writer = store.writer("d/file").await.expect("opens");
        writer.write(content().into()).await.expect("writes");
        assert_eq!(uploads().len(), 1);
        if dropped {
            drop(writer);
            tokio::time::sleep(Duration::from_millis(50)).await;
        } else {
            writer.abort().await;
        }
        assert!(uploads().is_empty());
        assert_eq!(paths(&store).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_listing_that_breaks_goes_on_after_the_last_name() {
    let store =
        faulty(|faults| (1..=9).fold(faults, |faults, nth| faults.fail(Request::List, nth, Fault::Unavailable)));
    let names: Vec<String> = (0..10).map(|number| format!("x/{number:02}")).collect();
    for name in &names {
        store.put(name, Bytes::from("1")).await.expect("writes");
    }
    assert_eq!(paths(&store).await, names, "nothing twice, nothing missing");
}

#[tokio::test]
async fn a_deletion_whose_answer_is_lost_is_done() {
    let store = faulty(|faults| faults.fail(Request::Delete, 1, Fault::LostResponse));
    store.put("x", Bytes::from("1")).await.expect("writes");
    store.delete("x").await.expect("deletes");
    assert_eq!(store.head("x").await.expect("asks"), None);
}

#[tokio::test]
async fn a_publication_whose_answer_is_lost_is_done() {
    let store = faulty(|faults| faults.fail(Request::Copy, 1, Fault::LostResponse));
    store.put("a", Bytes::from("1")).await.expect("writes");
    store.publish("a", "b").await.expect("publishes");
    assert_eq!(store.get("b").await.expect("reads"), "1");
}

#[tokio::test]
async fn conflicts_without_an_object_are_tried_again_and_never_taken_for_one() {
    let conflicts = |count: usize| {
        faulty(|faults| (1..=count).fold(faults, |faults, nth| faults.fail(Request::Put, nth, Fault::Conflict)))
    };
    let store = conflicts(7);
    assert_eq!(store.create("x", Bytes::from("1")).await.expect("creates"), Created::New);
    let store = conflicts(8);
    let error = store.create("x", Bytes::from("1")).await.expect_err("always in conflict");
    assert_eq!(error.kind(), StoreErrorKind::Io);
    assert!(error.to_string().contains("create failed") && error.to_string().contains("409"), "{error}");
}

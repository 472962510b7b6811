//! One task, many attempts, one committed manifest.

use bytes::Bytes;
use futures::future::join_all;
use textmill_store::manifest::TaskManifest;
use textmill_store::testing::{Fault, Request};
use textmill_store::{Committed, Store, StoreErrorKind, commit_task, sealed};

use crate::util::{faulty, local, manifest, memory, paths};

const PATH: &str = "_textmill/tasks/p0/key.json";

async fn read(store: &Store) -> TaskManifest {
    sealed::unseal(PATH, &store.get(PATH).await.expect("reads")).expect("is whole")
}

#[tokio::test]
async fn a_lost_response_is_no_failure() {
    let store = faulty(|faults| faults.fail(Request::Put, 1, Fault::LostResponse));
    let mine = manifest("key", "attempt", &[]);
    assert_eq!(commit_task(&store, PATH, &mine).await.expect("commits"), Committed::Mine);
    assert_eq!(read(&store).await, mine);
    assert_eq!(commit_task(&store, PATH, &mine).await.expect("commits again"), Committed::Mine);
}

#[tokio::test]
async fn unavailable_and_conflict_without_an_object_are_tried_again() {
    for fault in [Fault::Unavailable, Fault::Conflict] {
        let store = faulty(|faults| faults.fail(Request::Put, 1, fault));
        let mine = manifest("key", "attempt", &[]);
        assert_eq!(commit_task(&store, PATH, &mine).await.expect("commits"), Committed::Mine);
        assert_eq!(read(&store).await, mine);
    }
}

async fn second_adopts(store: Store) {
    for file in ["s/first", "s/second", "s/shared"] {
        store.put(file, Bytes::from("x")).await.expect("writes");
    }
    let first = manifest("key", "first", &["s/first", "s/shared"]);
    let second = manifest("key", "second", &["s/second", "s/shared"]);
    assert_eq!(commit_task(&store, PATH, &first).await.expect("commits"), Committed::Mine);
    let adopted = commit_task(&store, PATH, &second).await.expect("adopts");
    assert_eq!(adopted, Committed::Adopted(Box::new(first)));
    assert_eq!(paths(&store).await, [PATH, "s/first", "s/shared"]);
}

#[tokio::test]
async fn the_second_attempt_adopts_the_first_and_deletes_its_own_files() {
    let (_directory, store) = local();
    second_adopts(store).await;
    second_adopts(memory()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_attempts_agree_on_one_result() {
    let (_directory, store) = local();
    let tasks = (0..16).map(|attempt| {
        let store = store.clone();
        tokio::spawn(async move {
            let mine = manifest("key", &attempt.to_string(), &[]);
            match commit_task(&store, PATH, &mine).await.expect("commits") {
                Committed::Mine => (mine, true),
                Committed::Adopted(theirs) => (*theirs, false),
            }
        })
    });
    let results: Vec<_> = join_all(tasks).await.into_iter().map(|joined| joined.expect("ends")).collect();
    let committed = read(&store).await;
    assert!(results.iter().all(|(result, _)| *result == committed));
    assert_eq!(results.iter().filter(|(_, mine)| *mine).count(), 1);
}

#[tokio::test]
async fn a_damaged_or_foreign_manifest_is_never_adopted() {
    let store = memory();
    let mut damaged = sealed::seal(&manifest("key", "a", &[])).expect("seals").to_vec();
    damaged[200] ^= 1;
    store.put(PATH, damaged.into()).await.expect("writes");
    let error = commit_task(&store, PATH, &manifest("key", "b", &[])).await.expect_err("damaged");
    assert_eq!((error.kind(), error.path()), (StoreErrorKind::Integrity, PATH));

    store.put(PATH, sealed::seal(&manifest("other", "a", &[])).expect("seals")).await.expect("writes");
    let error = commit_task(&store, PATH, &manifest("key", "b", &[])).await.expect_err("of another task");
    assert!(error.to_string().contains("is the manifest of task other, not of task key"), "{error}");
}

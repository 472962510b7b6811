//! One owner per output.

use std::time::Duration;

use bytes::Bytes;
use textmill_store::owner::{AcquireError, DEFAULT_LEASE, Owner, current};
use textmill_store::testing::{Fault, FaultStore, Request, owner_trace};
use textmill_store::{Store, StoreErrorKind, sealed};

use crate::util::{faulty, local, memory, paths};

const SHORT: Duration = Duration::from_millis(300);

fn held(result: Result<Owner, AcquireError>) -> textmill_store::owner::Holder {
    match result {
        Err(AcquireError::Held(holder)) => *holder,
        other => panic!("not held: {other:?}"),
    }
}

/// Rewrites the owner file of epoch 1 as if `change` had happened to its process.
async fn pretend(store: &Store, change: impl FnOnce(&mut serde_json::Value)) {
    let path = "_textmill/owner/00000001.json";
    let mut record: serde_json::Value = sealed::unseal(path, &store.get(path).await.expect("reads")).expect("is whole");
    change(&mut record["process"]);
    store.put(path, sealed::seal(&record).expect("seals")).await.expect("writes");
}

#[tokio::test]
async fn the_second_run_is_refused_at_once_naming_the_first() {
    let (_directory, local) = local();
    for store in [local, memory()] {
        let first = Owner::acquire(&store, DEFAULT_LEASE).await.expect("is free");
        assert_eq!(first.epoch(), 1);
        let holder = held(Owner::acquire(&store, DEFAULT_LEASE).await);
        assert_eq!((holder.pid, holder.owner_id.as_str()), (std::process::id(), first.owner_id()));
        let message = AcquireError::Held(Box::new(holder)).to_string();
        let process = format!("in use by another run: process {} on ", std::process::id());
        assert!(message.starts_with(store.location()) && message.contains(&process), "{message}");
        first.check().await.expect("still the owner");
        first.release().await.expect("releases");
        let second = Owner::acquire(&store, DEFAULT_LEASE).await.expect("is free again");
        assert_eq!(second.epoch(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_runs_started_at_once_one_owns() {
    let (_directory, store) = local();
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { Owner::acquire(&store, DEFAULT_LEASE).await })
        })
        .collect();
    let mut owners = Vec::new();
    for task in tasks {
        match task.await.expect("ends") {
            Ok(owner) => owners.push(owner),
            Err(error) => assert!(error.is_held(), "{error}"),
        }
    }
    assert_eq!(owners.len(), 1);
}

#[tokio::test]
async fn an_owner_that_was_dropped_no_longer_holds_the_output() {
    let (_directory, store) = local();
    assert_eq!(current(&store).await.expect("asks"), None);
    let owner = Owner::acquire(&store, DEFAULT_LEASE).await.expect("is free");
    let holder = current(&store).await.expect("asks").expect("has an owner");
    assert_eq!(holder.owner_id, owner.owner_id());
    drop(owner);
    assert_eq!(current(&store).await.expect("asks"), None);
    assert_eq!(Owner::acquire(&store, DEFAULT_LEASE).await.expect("is free").epoch(), 2);
}

#[tokio::test]
async fn a_dead_process_is_taken_over_at_once_and_fenced() {
    let (_directory, store) = local();
    let first = Owner::acquire(&store, DEFAULT_LEASE).await.expect("is free");
    // The process number is in use again, by a process that started at another time.
    pretend(&store, |process| process["pid_start_ticks"] = 1.into()).await;
    let second = Owner::acquire(&store, DEFAULT_LEASE).await.expect("its owner is gone");
    assert_eq!(second.epoch(), 2);
    second.check().await.expect("is the owner");
    let error = first.check().await.expect_err("was taken over");
    assert_eq!(error.kind(), StoreErrorKind::Fenced);

    second.release().await.expect("releases");
    let mut child = std::process::Command::new("true").spawn().expect("starts");
    child.wait().expect("ends");
    pretend(&store, |process| process["pid"] = child.id().into()).await;
    assert_eq!(Owner::acquire(&store, DEFAULT_LEASE).await.expect("is free").epoch(), 3);
}

#[tokio::test]
async fn an_owner_on_another_machine_is_watched_for_a_lease() {
    let store = memory();
    let first = Owner::acquire(&store, SHORT).await.expect("is free");
    pretend(&store, |process| process["host"] = "elsewhere".into()).await;
    let holder = held(Owner::acquire(&store, SHORT).await);
    assert_eq!(holder.host, "elsewhere");
    first.check().await.expect("still the owner");

    // Without a heartbeat the counter stands still.
    drop(first);
    let second = Owner::acquire(&store, SHORT).await.expect("is silent");
    assert_eq!(second.epoch(), 2);
}

/// Copies of a machine have its names and numbers: what they say of the owner's process is about another one.
#[tokio::test]
async fn an_owner_on_a_copy_of_this_machine_is_watched_for_a_lease() {
    type Change = fn(&mut serde_json::Value);
    let cases: [(&str, Change); 4] = [
        ("its number is free here", |record| record["process"]["pid"] = (1 << 22).into()),
        ("its number is that of a later process here", |record| record["process"]["pid_start_ticks"] = 1.into()),
        ("its number and start are those of a live process here", |_| {}),
        ("its number and start are those of the one that asks", |record| {
            record["owner_id"] = "0d5be3ab-7a4c-4d3f-8e10-0123456789ab".into();
        }),
    ];
    for (case, change) in cases {
        let store = memory();
        let first = Owner::acquire(&store, SHORT).await.expect("is free");
        let path = "_textmill/owner/00000001.json";
        let mut record = sealed::unseal(path, &store.get(path).await.expect("reads")).expect("is whole");
        change(&mut record);
        store.put(path, sealed::seal(&record).expect("seals")).await.expect("writes");
        std::fs::remove_file(owner_trace(first.owner_id())).expect("an owner leaves a trace");

        assert!(current(&store).await.expect("asks").is_some(), "{case}: may be alive");
        held(Owner::acquire(&store, SHORT).await);
        first.check().await.expect("still the owner");
        drop(first);
        assert_eq!(Owner::acquire(&store, SHORT).await.expect("is silent").epoch(), 2, "{case}");
    }
}

#[tokio::test]
async fn a_released_owner_leaves_no_trace_and_a_dead_one_none_after_the_next() {
    let (_directory, store) = local();
    let first = Owner::acquire(&store, DEFAULT_LEASE).await.expect("is free");
    let trace = owner_trace(first.owner_id());
    assert!(trace.exists());
    first.release().await.expect("releases");
    assert!(!trace.exists());

    let second = Owner::acquire(&store, DEFAULT_LEASE).await.expect("is free");
    let trace = owner_trace(second.owner_id());
    drop(second);
    assert!(trace.exists(), "who comes next must be able to see that it is dead");
    let third = Owner::acquire(&store, DEFAULT_LEASE).await.expect("is dead");
    assert!(!trace.exists());
    third.release().await.expect("releases");
}

#[tokio::test]
async fn a_release_seen_while_watching_frees_the_output() {
    let store = memory();
    let first = Owner::acquire(&store, DEFAULT_LEASE).await.expect("is free");
    pretend(&store, |process| process["boot_id"] = "another boot".into()).await;
    drop(first);
    let release = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        store.put("_textmill/owner/00000001.released", Bytes::new()).await.expect("writes");
    };
    let (acquired, ()) = tokio::join!(Owner::acquire(&store, Duration::from_secs(3)), release);
    assert_eq!(acquired.expect("was released").epoch(), 2);
}

#[tokio::test]
async fn a_lost_response_makes_no_second_owner() {
    let store = faulty(|faults| faults.fail(Request::Put, 1, Fault::LostResponse));
    let owner = Owner::acquire(&store, DEFAULT_LEASE).await.expect("is ours");
    assert_eq!(owner.epoch(), 1);
    owner.check().await.expect("is the owner");
}

#[tokio::test]
async fn a_damaged_owner_file_stops_the_run() {
    let store = memory();
    store.put("_textmill/owner/00000004.json", Bytes::from("{}")).await.expect("writes");
    let error = Owner::acquire(&store, DEFAULT_LEASE).await.expect_err("unreadable");
    assert!(!error.is_held() && error.to_string().contains("00000004.json: damaged"), "{error}");
    assert_eq!(paths(&store).await.len(), 1);
}

#[tokio::test]
async fn a_store_that_ignores_conditions_is_refused_and_left_as_it_was() {
    let store = faulty(FaultStore::ignore_conditions);
    let error = Owner::acquire(&store, DEFAULT_LEASE).await.expect_err("cannot keep two runs apart");
    let AcquireError::Store(error) = error else { panic!("{error}") };
    assert_eq!(error.kind(), StoreErrorKind::Config);
    assert!(error.to_string().contains("If-None-Match"), "{error}");
    assert_eq!(paths(&store).await, Vec::<String>::new());
    // Also beside another one: whichever wrote last, both are refused.
    let (first, second) = tokio::join!(Owner::acquire(&store, SHORT), Owner::acquire(&store, SHORT));
    assert!(first.is_err() && second.is_err(), "{first:?} {second:?}");
}

#[tokio::test]
async fn what_asks_for_the_refusal_does_not_show_in_a_store_that_obeys() {
    let store = memory();
    let owner = Owner::acquire(&store, DEFAULT_LEASE).await.expect("is free");
    assert_eq!(current(&store).await.expect("asks").expect("has an owner").owner_id, owner.owner_id());
    owner.release().await.expect("releases");
    assert_eq!(current(&store).await.expect("asks"), None);
}

#[tokio::test]
async fn a_lease_shorter_than_the_beats_of_the_owner_takes_no_live_output() {
    let store = memory();
    // Beats every half second.
    let first = Owner::acquire(&store, Duration::from_secs(3)).await.expect("is free");
    pretend(&store, |process| process["host"] = "elsewhere".into()).await;
    let holder = held(Owner::acquire(&store, Duration::from_millis(50)).await);
    assert_eq!(holder.owner_id, first.owner_id());
    first.check().await.expect("still the owner");
}

#[tokio::test]
async fn an_owner_that_recorded_no_beat_is_given_the_longest() {
    let store = memory();
    let first = Owner::acquire(&store, SHORT).await.expect("is free");
    let path = "_textmill/owner/00000001.json";
    let mut record: serde_json::Value = sealed::unseal(path, &store.get(path).await.expect("reads")).expect("is whole");
    assert_eq!(record.as_object_mut().expect("an object").remove("beat_millis"), Some(50.into()));
    store.put(path, sealed::seal(&record).expect("seals")).await.expect("writes");
    assert_eq!(held(Owner::acquire(&store, SHORT).await).owner_id, first.owner_id());
}

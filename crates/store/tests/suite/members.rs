//! Several owners of one output: members of an array.

use std::time::Duration;

use textmill_store::owner::{AcquireError, Array, DEFAULT_LEASE, Joined, Owner, clear_members, current, finisher};
use textmill_store::{Store, StoreErrorKind, sealed};

use crate::util::{local, memory, paths};

const SHORT: Duration = Duration::from_millis(600);

fn array(count: u32) -> Array {
    Array { key: "configuration".to_owned(), count }
}

async fn member(store: &Store, array: &Array) -> Owner {
    match Owner::join(store, array, SHORT).await {
        Ok(Joined::Member(owner)) => *owner,
        other => panic!("no member: {other:?}"),
    }
}

/// Rewrites all records of epoch 1 as if its processes ran on another machine.
async fn pretend_elsewhere(store: &Store) {
    let records = paths(store).await.into_iter().filter(|path| {
        path.strip_suffix(".json").is_some()
            && (path.contains("/members/00000001/") || path.ends_with("/owner/00000001.json"))
    });
    for path in records {
        let bytes = store.get(&path).await.expect("reads");
        let mut record: serde_json::Value = sealed::unseal(&path, &bytes).expect("is whole");
        record["process"]["host"] = "elsewhere".into();
        store.put(&path, sealed::seal(&record).expect("seals")).await.expect("writes");
    }
}

#[tokio::test]
async fn members_share_an_epoch_and_a_lone_owner_is_refused_until_the_last_is_done() {
    let (_directory, local) = local();
    for store in [local, memory()] {
        let founder = member(&store, &array(3)).await;
        let second = member(&store, &array(3)).await;
        let third = member(&store, &array(3)).await;
        assert_eq!((founder.epoch(), second.epoch(), third.epoch()), (1, 1, 1));
        for owner in [founder, second, third] {
            let error = Owner::acquire(&store, DEFAULT_LEASE).await.expect_err("members are at work");
            assert!(error.is_held(), "{error}");
            assert!(current(&store).await.expect("asks").is_some());
            owner.check().await.expect("still a member");
            owner.release().await.expect("releases");
        }
        assert_eq!(current(&store).await.expect("asks"), None);
        let alone = Owner::acquire(&store, DEFAULT_LEASE).await.expect("all are done");
        assert_eq!(alone.epoch(), 2);
        clear_members(&store).await.expect("deletes");
        assert!(paths(&store).await.iter().all(|path| !path.contains("/members/")));
        let error = Owner::join(&store, &array(3), DEFAULT_LEASE).await.expect_err("is owned by one alone");
        assert!(matches!(error, AcquireError::Held(_)), "{error}");
    }
}

#[tokio::test]
async fn strangers_and_other_numbers_of_shares_are_refused_while_members_live() {
    let (_directory, store) = local();
    let founder = member(&store, &array(4)).await;
    let stranger = Array { key: "another".to_owned(), count: 4 };
    let error = Owner::join(&store, &stranger, DEFAULT_LEASE).await.expect_err("runs something else");
    assert!(matches!(error, AcquireError::Held(_)), "{error}");
    let error = Owner::join(&store, &array(5), DEFAULT_LEASE).await.expect_err("counts otherwise");
    assert!(error.is_held());
    let message = error.to_string();
    assert!(message.contains("one of 4 shares") && message.contains("--task-count 5"), "{message}");
    founder.release().await.expect("releases");
    let other = member(&store, &array(5)).await;
    assert_eq!(other.epoch(), 2);
    assert_eq!(founder.check().await.expect_err("was overtaken").kind(), StoreErrorKind::Fenced);
}

#[tokio::test]
async fn a_member_that_comes_when_all_are_done_joins_them_still() {
    let store = memory();
    member(&store, &array(2)).await.release().await.expect("releases");
    let late = member(&store, &array(2)).await;
    assert_eq!(late.epoch(), 1);
    assert!(Owner::acquire(&store, DEFAULT_LEASE).await.expect_err("it is at work").is_held());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_all_members_one_finishes_and_the_others_are_fenced() {
    let (_directory, store) = local();
    let mut members = Vec::new();
    for _ in 0..8 {
        members.push(member(&store, &array(8)).await);
    }
    assert_eq!(finisher(&store, &array(8)).await.expect("asks"), None);
    let finishing = members.iter().map(|member| member.finish(DEFAULT_LEASE));
    let finished: Vec<_> = futures::future::join_all(finishing).await;
    let mut owners: Vec<_> = finished.into_iter().filter_map(|owner| owner.expect("asks")).collect();
    let owner = owners.pop().expect("one");
    assert_eq!((owners.len(), owner.epoch()), (0, 2));
    for member in &members {
        assert_eq!(member.check().await.expect_err("is fenced").kind(), StoreErrorKind::Fenced);
    }
    let holder = finisher(&store, &array(8)).await.expect("asks").expect("one does");
    assert_eq!(holder.owner_id, owner.owner_id());
    match Owner::join(&store, &array(8), DEFAULT_LEASE).await {
        Ok(Joined::Finishing(holder)) => assert_eq!(holder.owner_id, owner.owner_id()),
        other => panic!("not told of the finisher: {other:?}"),
    }
    let stranger = Array { key: "another".to_owned(), count: 8 };
    assert_eq!(finisher(&store, &stranger).await.expect("asks"), None);
    assert!(Owner::join(&store, &stranger, DEFAULT_LEASE).await.expect_err("another's").is_held());
    // A finisher that died makes room for a new round of members.
    drop(owner);
    assert_eq!(member(&store, &array(8)).await.epoch(), 3);
}

#[tokio::test]
async fn silent_members_on_other_machines_are_taken_for_dead() {
    let store = memory();
    let mut members = Vec::new();
    for _ in 0..4 {
        members.push(member(&store, &array(4)).await);
    }
    pretend_elsewhere(&store).await;
    drop(members);
    let alone = Owner::acquire(&store, SHORT).await.expect("all are silent");
    assert_eq!(alone.epoch(), 2);
}

#[tokio::test]
async fn one_beating_member_on_another_machine_keeps_the_output() {
    let store = memory();
    let silent = member(&store, &array(2)).await;
    let beating = match Owner::join(&store, &array(2), SHORT).await {
        Ok(Joined::Member(owner)) => *owner,
        other => panic!("no member: {other:?}"),
    };
    pretend_elsewhere(&store).await;
    drop(silent);
    let Err(AcquireError::Held(holder)) = Owner::acquire(&store, SHORT).await else { panic!("one is at work") };
    assert_eq!((holder.host.as_str(), holder.owner_id.as_str()), ("elsewhere", beating.owner_id()));
}

//! Which attempts at a task are unfinished: each leaves a mark in the store before it begins, and takes it away when it
//! ends, well or not. A mark that stays belongs to an attempt that runs, or to one whose process died.

use bytes::Bytes;
use textmill_store::{Store, StoreError};

use crate::layout;

/// Unfinished attempts after which a task is not begun again: whatever the reason, it would take the next process too.
pub(crate) const MAX_ATTEMPTS: usize = 4;

/// An attempt that runs.
#[derive(Debug)]
pub(super) struct Attempt<'a> {
    store: &'a Store,
    mark: String,
}

impl<'a> Attempt<'a> {
    /// Begins an attempt, or says how many are unfinished where these are too many. The marks of an earlier owner of the
    /// output do not count: whatever stopped that run may be over.
    pub(super) async fn begin(
        store: &'a Store,
        epoch: u64,
        key: &str,
        executor: &str,
    ) -> Result<Result<Self, usize>, StoreError> {
        let folder = layout::attempts(epoch, key);
        let unfinished = store.list(&folder).await?.len();
        if unfinished >= MAX_ATTEMPTS {
            return Ok(Err(unfinished));
        }
        let mark = format!("{folder}/{}", uuid::Uuid::new_v4().simple());
        store.put(&mark, Bytes::from(format!("{executor}\n"))).await?;
        Ok(Ok(Self { store, mark }))
    }

    /// The attempt ended, and its process did not with it.
    pub(super) async fn end(self) {
        if let Err(error) = self.store.delete(&self.mark).await {
            tracing::warn!(mark = self.mark, %error, "the mark of an attempt could not be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn attempts_that_end_do_not_count_and_those_of_another_owner_neither() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(folder.path().to_str().expect("Unicode")).expect("opens");
        for _ in 0..10 {
            let attempt = Attempt::begin(&store, 1, "k", "here").await.expect("works").expect("few");
            attempt.end().await;
        }
        let mut dead = Vec::new();
        for _ in 0..MAX_ATTEMPTS {
            dead.push(Attempt::begin(&store, 1, "k", "here").await.expect("works").expect("few"));
        }
        assert_eq!(Attempt::begin(&store, 1, "k", "here").await.expect("works").err(), Some(MAX_ATTEMPTS));
        assert!(Attempt::begin(&store, 1, "other", "here").await.expect("works").is_ok());
        assert!(Attempt::begin(&store, 2, "k", "here").await.expect("works").is_ok());
    }
}

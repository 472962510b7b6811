//! The counter of an owner, which goes on for as long as it lives.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{Mutex, Notify};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::store::Store;

/// How long the end of a beat is waited for that is being written.
const LAST_BEAT: Duration = Duration::from_secs(1);

/// Writes the counter until it is ended or dropped.
#[derive(Debug)]
pub(super) struct Heartbeat {
    stop: Arc<Notify>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Heartbeat {
    /// Beats into the file at `path`, with this time between two beats.
    pub(super) fn start(store: Store, path: String, pause: Duration) -> Self {
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(beat(store, path, pause, Arc::clone(&stop)));
        Self { stop, task: Mutex::new(Some(task)) }
    }

    /// Beats no more. What is being written is finished first, unless that takes long: a file that is deleted after this
    /// stays deleted.
    pub(super) async fn end(&self) {
        self.stop.notify_one();
        let Some(mut task) = self.task.lock().await.take() else { return };
        if timeout(LAST_BEAT, &mut task).await.is_err() {
            task.abort();
        }
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        if let Some(task) = self.task.get_mut() {
            task.abort();
        }
    }
}

async fn beat(store: Store, path: String, pause: Duration, stop: Arc<Notify>) {
    for count in 1_u64.. {
        // A missed beat is no reason to stop: the lease allows for several.
        if let Err(error) = store.put(&path, Bytes::from(format!("{count}\n"))).await {
            tracing::warn!(error = %error, "the heartbeat could not be written");
        }
        if timeout(pause, stop.notified()).await.is_ok() {
            return;
        }
    }
}

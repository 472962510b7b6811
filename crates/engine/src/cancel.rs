use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Between two looks of who has nothing else to do: people notice no shorter time.
const PAUSE: Duration = Duration::from_millis(100);

/// A request to stop that everyone who holds a clone can make and see.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks for the stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Ends when the stop was asked for.
    pub async fn until_cancelled(&self) {
        while !self.is_cancelled() {
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Whether the stop was asked for.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

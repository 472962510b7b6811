//! How many requests this process has under way at object stores.
//!
//! 1. Never more than the limit; those that wait are let in one by one.
//! 2. An answer of 429 or 503 halves the limit, at most once in [`CUT_PAUSE`]; every other answer raises it by
//!    1 / limit. So many workers of one process together find the rate that the store bears.
//! 3. `Retry-After` holds for all: until then no request starts.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::settings::Settings;

/// Fewer at once would make a large job stand still while the store is busy for others.
const FEWEST: f64 = 2.0;
/// Answers to requests that were already under way say nothing new.
const CUT_PAUSE: Duration = Duration::from_millis(500);
/// Longer waits are not believed.
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// Shortest time between two reports that the store is busy.
const REPORT_PAUSE: Duration = Duration::from_secs(15);

/// One for the process: the limits of stores are by account, not by bucket.
static GATE: LazyLock<Gate> = LazyLock::new(|| Gate::new(Settings::get().requests));

/// The limit and those who wait.
#[derive(Debug)]
pub(crate) struct Gate {
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug)]
struct State {
    most: f64,
    limit: f64,
    running: usize,
    closed_until: Option<Instant>,
    last_cut: Option<Instant>,
    last_report: Option<Instant>,
    /// Failed answers since the last report.
    busy: u64,
    failed: u64,
}

/// Permission for one request.
#[derive(Debug)]
pub(crate) struct Pass<'a>(&'a Gate);

enum Entry {
    Open,
    Full,
    ClosedUntil(Instant),
}

impl Gate {
    pub(crate) fn global() -> &'static Self {
        &GATE
    }

    fn new(requests: usize) -> Self {
        let most = (requests as f64).max(1.0);
        let state = State {
            most,
            limit: most,
            running: 0,
            closed_until: None,
            last_cut: None,
            last_report: None,
            busy: 0,
            failed: 0,
        };
        Self { state: Mutex::new(state), freed: Notify::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Only numbers are behind the lock: a panic elsewhere leaves them whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the turn of a request.
    pub(crate) async fn enter(&self) -> Pass<'_> {
        loop {
            // Before the look, so that no wake-up is missed in between.
            let freed = self.freed.notified();
            match self.look() {
                Entry::Open => return Pass(self),
                Entry::Full => freed.await,
                Entry::ClosedUntil(then) => sleep_until(then).await,
            }
        }
    }

    fn look(&self) -> Entry {
        let mut state = self.state();
        if let Some(until) = state.closed_until {
            if until > Instant::now() {
                return Entry::ClosedUntil(until);
            }
            state.closed_until = None;
        }
        if state.running as f64 >= state.limit.floor() {
            return Entry::Full;
        }
        state.running += 1;
        // One wake-up can stand for several places.
        if (state.running as f64) < state.limit.floor() {
            self.freed.notify_one();
        }
        Entry::Open
    }

    /// The store is well.
    pub(crate) fn went_well(&self) {
        let mut state = self.state();
        state.limit = (state.limit + 1.0 / state.limit).min(state.most);
    }

    /// The store asked for fewer requests, perhaps for none in the next `wait`.
    pub(crate) fn slow_down(&self, wait: Option<Duration>) {
        self.slow_down_at(wait, Instant::now());
    }

    fn slow_down_at(&self, wait: Option<Duration>, now: Instant) {
        let mut state = self.state();
        state.busy += 1;
        if let Some(wait) = wait {
            let until = now + wait.min(LONGEST_WAIT);
            state.closed_until = Some(state.closed_until.map_or(until, |known| known.max(until)));
        }
        if state.last_cut.is_none_or(|last| now - last >= CUT_PAUSE) {
            state.last_cut = Some(now);
            state.limit = (state.limit / 2.0).max(FEWEST.min(state.most));
        }
        state.report(now);
    }

    /// A request failed for another reason than too many of them.
    pub(crate) fn failed(&self) {
        let mut state = self.state();
        state.failed += 1;
        state.report(Instant::now());
    }
}

impl State {
    fn report(&mut self, now: Instant) {
        if self.last_report.is_some_and(|last| now - last < REPORT_PAUSE) {
            return;
        }
        self.last_report = Some(now);
        let (busy, failed, limit) = (self.busy, self.failed, self.limit.floor());
        tracing::warn!(
            busy,
            failed,
            limit,
            "the object store is busy or fails; requests are slowed down and sent again"
        );
        (self.busy, self.failed) = (0, 0);
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.0.state().running -= 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn never_more_than_the_limit_and_nobody_is_forgotten() {
        let gate = Arc::new(Gate::new(3));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let work = (0..200).map(|_| {
            let (gate, now, most) = (Arc::clone(&gate), Arc::clone(&now), Arc::clone(&most));
            tokio::spawn(async move {
                let _pass = gate.enter().await;
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                now.fetch_sub(1, Ordering::SeqCst);
            })
        });
        for done in futures::future::join_all(work).await {
            done.expect("ends");
        }
        assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
    }

    #[tokio::test]
    async fn the_limit_is_cut_once_for_answers_that_come_together_and_grows_again() {
        let (gate, now) = (Gate::new(64), Instant::now());
        for _ in 0..30 {
            gate.slow_down_at(None, now);
        }
        assert!((gate.state().limit - 32.0).abs() < 1e-9);
        gate.slow_down_at(None, now + CUT_PAUSE);
        assert!((gate.state().limit - 16.0).abs() < 1e-9);
        for cut in 2..20 {
            gate.slow_down_at(None, now + CUT_PAUSE * cut);
        }
        assert!((gate.state().limit - FEWEST).abs() < 1e-9);
        for _ in 0..3_000 {
            gate.went_well();
        }
        assert!((gate.state().limit - 64.0).abs() < 1e-9);
    }

    #[tokio::test]
    async fn retry_after_closes_the_gate_for_all() {
        let gate = Gate::new(8);
        let start = Instant::now();
        gate.slow_down(Some(Duration::from_millis(120)));
        gate.slow_down(Some(Duration::from_millis(20)));
        drop(gate.enter().await);
        assert!(start.elapsed() >= Duration::from_millis(120));
        gate.slow_down(Some(Duration::from_hours(5)));
        let until = gate.state().closed_until.expect("closed");
        assert!(until <= Instant::now() + LONGEST_WAIT, "no store is believed for hours");
    }
}

//! How patient this process is with object stores. From the environment, because every process of a
//! cluster has to know, and it changes nothing about the result.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use object_store::{BackoffConfig, RetryConfig};

/// First pause before a request is sent again; it doubles from there, with jitter.
const DEFAULT_BACKOFF: Duration = Duration::from_millis(100);
/// Longest pause, as a multiple of the first: 15 s by default.
const LONGEST_BACKOFF: u32 = 150;
/// How long one request is sent again before the operation fails.
const DEFAULT_RETRY: Duration = Duration::from_mins(3);
/// Requests under way at once in this process.
const DEFAULT_REQUESTS: usize = 64;
/// How often a request is sent again at most.
const MAX_RETRIES: usize = 12;

/// The settings of this process; read once.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// First pause (`TEXTMILL_STORE_BACKOFF_MS`).
    pub backoff: Duration,
    /// How long a request is sent again (`TEXTMILL_STORE_RETRY_SECS`).
    pub retry: Duration,
    /// Requests at once (`TEXTMILL_STORE_REQUESTS`).
    pub requests: usize,
}

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        let number = text.trim().parse::<u64>().ok().filter(|number| *number > 0);
        if number.is_none() {
            tracing::warn!("{name}={text} is ignored; write a whole number from 1");
        }
        number
    };
    Settings {
        backoff: number("TEXTMILL_STORE_BACKOFF_MS").map_or(DEFAULT_BACKOFF, Duration::from_millis),
        retry: number("TEXTMILL_STORE_RETRY_SECS").map_or(DEFAULT_RETRY, Duration::from_secs),
        requests: number("TEXTMILL_STORE_REQUESTS")
            .map_or(DEFAULT_REQUESTS, |requests| usize::try_from(requests).unwrap_or(DEFAULT_REQUESTS)),
    }
});

/// Set by [`crate::testing::without_pauses`].
pub(crate) static NO_PAUSES: AtomicBool = AtomicBool::new(false);

impl Settings {
    pub(crate) fn get() -> &'static Self {
        &SETTINGS
    }

    /// The pause after the `failures`th failure in a row, counted from 1: 1, 2, 4, ... times the first.
    pub(crate) fn pause(&self, failures: u32) -> Duration {
        if NO_PAUSES.load(Ordering::Relaxed) {
            return Duration::ZERO;
        }
        self.backoff.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)).min(LONGEST_BACKOFF))
    }

    /// What the clients of the `object_store` crate are told about single requests.
    pub(crate) fn retries(&self) -> RetryConfig {
        RetryConfig {
            backoff: BackoffConfig {
                init_backoff: self.backoff,
                max_backoff: self.backoff.saturating_mul(LONGEST_BACKOFF),
                base: 2.0,
            },
            max_retries: MAX_RETRIES,
            retry_timeout: self.retry,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let settings = Settings { backoff: Duration::from_millis(100), retry: DEFAULT_RETRY, requests: 1 };
        let pauses: Vec<_> = (1..=10).map(|failures| settings.pause(failures).as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000]);
        assert_eq!(settings.retries().backoff.max_backoff, Duration::from_secs(15));
    }
}

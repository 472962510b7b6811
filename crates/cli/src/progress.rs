use std::io::IsTerminal;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use textmill_engine::{Progress, Snapshot};
use tokio::task::JoinHandle;

/// How often the bar moves.
const REDRAW: Duration = Duration::from_millis(200);
/// How often a line is logged where no terminal listens.
const LOG_EVERY: Duration = Duration::from_secs(30);

/// Shows the progress of a run until it is dropped: a bar on a terminal, a log line every 30
/// seconds elsewhere.
pub(crate) struct Shown {
    bar: Option<ProgressBar>,
    ticker: JoinHandle<()>,
}

impl Shown {
    pub(crate) fn start(progress: Arc<Progress>, wanted: bool) -> Self {
        let bar = (wanted && std::io::stderr().is_terminal()).then(bar);
        let shown = bar.clone();
        let ticker = tokio::spawn(async move {
            let started = Instant::now();
            let mut ticks = tokio::time::interval(if shown.is_some() { REDRAW } else { LOG_EVERY });
            ticks.tick().await;
            loop {
                ticks.tick().await;
                let now = progress.snapshot();
                match &shown {
                    Some(bar) => draw(bar, now, started),
                    None if wanted => log(now, started),
                    None => {}
                }
            }
        });
        Self { bar, ticker }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.ticker.abort();
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{wide_bar} {pos}/{len} tasks  {msg}  ETA {eta}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn draw(bar: &ProgressBar, now: Snapshot, started: Instant) {
    bar.set_length(now.tasks_total);
    bar.set_position(now.tasks_done);
    bar.set_message(format!("{} documents  {:.1} MB/s", now.documents, megabytes_per_second(now, started)));
}

fn log(now: Snapshot, started: Instant) {
    let eta = eta(now, started).map_or_else(|| "unknown".to_owned(), |eta| format!("{} s", eta.as_secs()));
    tracing::info!(
        tasks_done = now.tasks_done,
        tasks = now.tasks_total,
        documents = now.documents,
        kept = now.kept,
        mb_per_second = format!("{:.1}", megabytes_per_second(now, started)),
        eta,
        "running"
    );
}

fn megabytes_per_second(now: Snapshot, started: Instant) -> f64 {
    now.bytes as f64 / 1e6 / started.elapsed().as_secs_f64().max(1e-3)
}

fn eta(now: Snapshot, started: Instant) -> Option<Duration> {
    let left = now.tasks_total.checked_sub(now.tasks_done)?;
    let per_task = started.elapsed().checked_div(u32::try_from(now.tasks_done).ok()?)?;
    per_task.checked_mul(u32::try_from(left).ok()?)
}

//! The first Ctrl-C or SIGTERM stops the run cleanly, the second at once.

use std::sync::atomic::{AtomicU8, Ordering};

use textmill_engine::Cancel;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{Exit, output};

static STOPPED_BY: AtomicU8 = AtomicU8::new(0);

/// Watches for signals until the process ends.
pub(crate) fn watch(cancel: Cancel) {
    let (Ok(interrupt), Ok(terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) else {
        output::warning("cannot watch for Ctrl-C; it will stop the run at once (which is safe: it resumes)");
        return;
    };
    tokio::spawn(stop_on_signal(interrupt, terminate, cancel));
}

async fn stop_on_signal(mut interrupt: Signal, mut terminate: Signal, cancel: Cancel) {
    loop {
        let exit = tokio::select! {
            _ = interrupt.recv() => Exit::Interrupted,
            _ = terminate.recv() => Exit::Terminated,
        };
        if cancel.is_cancelled() {
            output::line("stopped at once; the same command resumes the run");
            // The run holds nothing that a kill could damage.
            #[allow(clippy::exit)]
            std::process::exit(i32::from(exit.code()));
        }
        STOPPED_BY.store(exit.code(), Ordering::Relaxed);
        cancel.cancel();
        output::line("stopping; what is committed is kept (again to stop at once)");
    }
}

/// Ends with the first signal; without signals to watch, never.
pub(crate) async fn stop() {
    let cancel = Cancel::default();
    watch(cancel.clone());
    cancel.until_cancelled().await;
}

/// The exit code for the signal that stopped the run.
pub(crate) fn exit() -> Exit {
    if STOPPED_BY.load(Ordering::Relaxed) == Exit::Terminated.code() { Exit::Terminated } else { Exit::Interrupted }
}

use tracing_subscriber::EnvFilter;

use crate::args::{Global, LogFormat};
use crate::output;

/// Starts logging to standard error. Nothing is logged per document.
pub(crate) fn start(global: &Global) {
    output::choose_color(global.color);
    let filter = EnvFilter::try_new(&global.log).unwrap_or_else(|error| {
        output::warning(&format!("--log {}: {error}; logging at info", global.log));
        EnvFilter::new("info")
    });
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match global.log_format {
        LogFormat::Text => builder.with_ansi(output::color_stderr()).with_target(false).init(),
        LogFormat::Json => builder.json().init(),
    }
    // A panic on one document is caught and counted; printing each would flood the terminal.
    std::panic::set_hook(Box::new(|panic| tracing::debug!(%panic, "caught a panic")));
}

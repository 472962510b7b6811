use std::io::{self, Write};

use textmill_store::redact;
use tracing_subscriber::EnvFilter;

use crate::args::{Global, LogFormat};
use crate::output;

/// What is never logged, whatever the level: these print the headers of requests, which hold what credentials make.
const SILENT: [&str; 3] = ["h2=info", "hyper=info", "hyper_util=info"];
/// What reports at `info` each request that it sends again; the store sums that up by itself.
const QUIET: &str = "object_store=warn";

/// Starts logging to standard error. Nothing is logged per document.
pub(crate) fn start(global: &Global) {
    output::choose_color(global.color);
    let filter = EnvFilter::try_new(&global.log).unwrap_or_else(|error| {
        output::warning(&format!("--log {}: {error}; logging at info", global.log));
        EnvFilter::new("info")
    });
    let quiet = (global.log == "info").then_some(QUIET);
    let filter =
        SILENT.into_iter().chain(quiet).filter_map(|part| part.parse().ok()).fold(filter, EnvFilter::add_directive);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Redacted(io::stderr()));
    match global.log_format {
        LogFormat::Text => builder.with_ansi(output::color_stderr()).with_target(false).init(),
        LogFormat::Json => builder.json().init(),
    }
    // A panic on one document is caught and counted; printing each would flood the terminal.
    std::panic::set_hook(Box::new(|panic| tracing::debug!(%panic, "caught a panic")));
}

/// Takes secrets out of what is logged, by whatever crate. An event comes in one piece.
struct Redacted<W>(W);

impl<W: Write> Write for Redacted<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        self.0.write_all(redact(&String::from_utf8_lossy(event)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_of_urls_are_not_logged() {
        let mut log = Vec::new();
        Redacted(&mut log).write_all(b"{\"url\":\"http://me:hunter22@host/x?sig=1\"}\n").expect("writes");
        assert_eq!(String::from_utf8(log).expect("text"), "{\"url\":\"http://***@host/x?***\"}\n");
    }

    #[test]
    fn the_fixed_parts_of_the_filter_are_valid() {
        for part in SILENT.into_iter().chain([QUIET]) {
            part.parse::<tracing_subscriber::filter::Directive>().expect(part);
        }
    }
}

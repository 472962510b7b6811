//! Data goes to standard output, everything else to standard error.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use textmill_store::redact;

use crate::args::ColorChoice;
use crate::exit::CommandError;

static COLOR_STDERR: AtomicBool = AtomicBool::new(false);
static COLOR_STDOUT: AtomicBool = AtomicBool::new(false);

/// Decides once whether to colour, from the flag, `NO_COLOR` and whether a terminal listens.
pub(crate) fn choose_color(choice: ColorChoice) {
    let allowed = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let decide = |terminal: bool| match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => allowed && terminal,
    };
    COLOR_STDERR.store(decide(io::stderr().is_terminal()), Ordering::Relaxed);
    COLOR_STDOUT.store(decide(io::stdout().is_terminal()), Ordering::Relaxed);
}

/// Whether standard output is coloured.
pub(crate) fn color_stdout() -> bool {
    COLOR_STDOUT.load(Ordering::Relaxed)
}

/// Whether standard error is coloured.
pub(crate) fn color_stderr() -> bool {
    COLOR_STDERR.load(Ordering::Relaxed)
}

/// Columns of the terminal that shows standard output, 100 where none does.
pub(crate) fn width() -> usize {
    let terminal = io::stdout().is_terminal().then(|| rustix::termios::tcgetwinsize(io::stdout()).ok()).flatten();
    terminal.map_or(100, |size| usize::from(size.ws_col).max(40))
}

/// Writes `text` and a line end to standard output.
pub(crate) fn data(text: &str) -> Result<(), CommandError> {
    let mut stdout = io::stdout().lock();
    let ending = if text.ends_with('\n') { "" } else { "\n" };
    stdout.write_all(text.as_bytes()).map_err(CommandError::Stdout)?;
    stdout.write_all(ending.as_bytes()).map_err(CommandError::Stdout)?;
    stdout.flush().map_err(CommandError::Stdout)
}

/// Writes `value` as indented JSON to standard output.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<(), CommandError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| CommandError::Stdout(error.into()))?;
    data(&text)
}

/// A line for people. A standard error that cannot be written to must not stop a run.
pub(crate) fn line(text: &str) {
    drop(writeln!(io::stderr().lock(), "{text}"));
}

/// `error: ...`
pub(crate) fn error(message: &str) {
    line(&format!("{}: {}", paint("error", "31"), printable(&redact(message))));
}

/// An error that brings its own layout.
pub(crate) fn error_block(text: &str) {
    line(&text.replace("error:", &format!("{}:", paint("error", "31"))));
}

/// `warning: ...`
pub(crate) fn warning(message: &str) {
    note_as("warning", "33", message);
}

/// An indented explanation below an error.
pub(crate) fn note(label: &str, message: &str) {
    note_as(&format!("  {label}"), "36", message);
}

fn note_as(label: &str, color: &str, message: &str) {
    line(&format!("{}: {}", paint(label, color), printable(&redact(message))));
}

fn paint(text: &str, color: &str) -> String {
    if color_stderr() { format!("\u{1b}[1;{color}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Text from outside with control characters made visible, so that it cannot drive the terminal.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' && c != '\t' {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn escape_sequences_cannot_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}]0;x\u{7}b\n"), "a\\u{1b}]0;x\\u{7}b\n");
    }
}

//! The `textmill` command line: arguments, terminal output, exit codes.
//!
//! What this crate does not do: it makes no decision about documents. Every command is a thin
//! layer over the engine, the pipeline or the report crate.
//!
//! ```text
//!  args ─▶ commands::* ─▶ engine / pipeline / report ─▶ stdout (data), stderr (the rest) ─▶ exit code
//! ```

mod allocator;
mod args;
mod commands;
mod exit;
pub mod gather;
mod logging;
mod output;
mod progress;
mod signals;
mod texts;
mod train_errors;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;

pub use exit::Exit;

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    allocator::fix_thresholds();
    let cli = match args::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to standard output and are no error; a closed pipe is none either.
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            drop(error.print());
            return code.into();
        }
    };
    logging::start(&cli.global);
    match catch_unwind(AssertUnwindSafe(|| commands::dispatch(cli))) {
        Ok(Ok(exit)) => exit.into(),
        Ok(Err(error)) => error.report().into(),
        Err(panic) => {
            output::error(&format!("{}. This is a bug in textmill: please report it", panic_message(&*panic)));
            Exit::Bug.into()
        }
    }
}

/// What a caught panic said.
fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("panic without a message").to_owned()
}

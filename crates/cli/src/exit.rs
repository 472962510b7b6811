use std::io;
use std::process::ExitCode;

use textmill_engine::{EngineError, ErrorKind};
use textmill_pipeline::ConfigErrors;

use crate::output;

/// How the process ended. Scripts may rely on these codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All done.
    Done,
    /// The command line or the pipeline file is wrong, or the output is in use.
    Usage,
    /// More was quarantined than the pipeline file allows (the run is published), or more removed as duplicates
    /// (nothing is).
    OverLimit,
    /// An input cannot be read or changed under the run.
    Input,
    /// The output location failed.
    Storage,
    /// Not enough memory.
    Resources,
    /// Damaged data, or counts that do not balance.
    Integrity,
    /// A bug in textmill.
    Bug,
    /// Stopped by Ctrl-C; resumable.
    Interrupted,
    /// Stopped by SIGTERM; resumable.
    Terminated,
}

impl Exit {
    /// The process exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Usage => 2,
            Self::OverLimit => 3,
            Self::Input => 4,
            Self::Storage => 5,
            Self::Resources => 6,
            Self::Integrity => 7,
            Self::Bug => 70,
            Self::Interrupted => 130,
            Self::Terminated => 143,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CommandError {
    /// The pipeline file has errors; they carry their own layout.
    #[error("{0}")]
    Config(#[from] ConfigErrors),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Gathering failed.
    #[error(transparent)]
    Gather(#[from] crate::gather::GatherError),
    /// The report could not be made.
    #[error(transparent)]
    Report(#[from] textmill_report::ReportError),
    /// The command asks for something that does not exist.
    #[error("{message}")]
    Usage {
        /// The fault.
        message: String,
        /// Advice for the user.
        hint: Option<String>,
    },
    /// A model could not be fetched.
    #[error("the model `{name}` cannot be fetched: {reason}")]
    Fetch {
        /// Its name.
        name: &'static str,
        /// Why.
        reason: String,
        /// Advice for the user.
        hint: String,
    },
    /// A model could not be trained.
    #[error("training: {}", crate::train_errors::classifier(.0))]
    Training(#[from] textmill_fasttext::FastTextError),
    /// A language model could not be trained.
    #[error("training: {}", crate::train_errors::language_model(.0))]
    LanguageModel(#[from] textmill_ngram_lm::LmError),
    /// An importance model could not be trained.
    #[error("training: {}", crate::train_errors::importance(.0))]
    Importance(#[from] textmill_score::ImportanceError),
    /// A tokenizer could not take a text apart.
    #[error("training: {0}; train without --tokenizer, or with one that has a token for what it does not know")]
    Pieces(#[from] textmill_score::NoPieces),
    /// A file could not be written.
    #[error("{} cannot be written: {source}", .path.display())]
    Write {
        /// The file.
        path: std::path::PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A process that others need ended.
    #[error("the {name} ended ({status}); its last lines of output say why")]
    Process {
        /// The exit status.
        name: String,
        /// How it ended.
        status: String,
    },
    /// Writing to standard output failed.
    #[error("cannot write to standard output: {0}")]
    Stdout(io::Error),
    /// The asynchronous runtime or the thread pool could not be started.
    #[error("cannot start worker threads: {0}")]
    Threads(String),
}

impl From<textmill_store::StoreError> for CommandError {
    fn from(error: textmill_store::StoreError) -> Self {
        Self::Engine(error.into())
    }
}

impl CommandError {
    pub(crate) fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: Some(hint.into()) }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Report(
                textmill_report::ReportError::UnknownTable { .. } | textmill_report::ReportError::BadTable { .. },
            ) => Exit::Usage,
            Self::Report(_) => Exit::Bug,
            Self::Config(_) | Self::Usage { .. } | Self::Gather(_) => Exit::Usage,
            Self::Engine(error) => match error.kind() {
                ErrorKind::Usage => Exit::Usage,
                ErrorKind::Input => Exit::Input,
                ErrorKind::Storage => Exit::Storage,
                ErrorKind::OverLimit => Exit::OverLimit,
                ErrorKind::Resources => Exit::Resources,
                ErrorKind::Integrity => Exit::Integrity,
                ErrorKind::Interrupted => crate::signals::exit(),
                _ => Exit::Bug,
            },
            Self::Fetch { .. } => Exit::Input,
            Self::Training(textmill_fasttext::FastTextError::Save { .. }) | Self::Write { .. } => Exit::Storage,
            Self::LanguageModel(textmill_ngram_lm::LmError::Write(_)) => Exit::Storage,
            Self::Training(_) | Self::LanguageModel(_) | Self::Importance(_) | Self::Pieces(_) => Exit::Usage,
            // A reader that went away (`| head`) has all it wanted.
            Self::Stdout(error) if error.kind() == io::ErrorKind::BrokenPipe => Exit::Done,
            Self::Stdout(_) => Exit::Storage,
            Self::Threads(_) | Self::Process { .. } => Exit::Resources,
        }
    }

    /// What is behind the error and not said by it: the errors of trainings are all said.
    fn cause(&self) -> Option<&(dyn std::error::Error + 'static)> {
        use std::error::Error;
        match self {
            Self::Training(error) => error.source(),
            Self::LanguageModel(error) => error.source(),
            Self::Importance(error) => error.source(),
            Self::Pieces(error) => error.source(),
            _ => self.source(),
        }
    }

    /// Prints the error and its causes, one line each, and returns the exit code.
    pub(crate) fn report(&self) -> Exit {
        let exit = self.exit();
        if exit == Exit::Done {
            return exit;
        }
        match self {
            Self::Config(errors) => output::error_block(&errors.to_string()),
            _ => output::error(&self.to_string()),
        }
        causes(self.to_string(), self.cause()).iter().for_each(|cause| output::note("caused by", cause));
        if let Self::Usage { hint: Some(hint), .. } | Self::Fetch { hint, .. } = self {
            output::note("hint", hint);
        }
        exit
    }
}

/// What the causes of an error say, from `source` on, that neither its message nor a cause before has said.
fn causes(message: String, mut source: Option<&(dyn std::error::Error + 'static)>) -> Vec<String> {
    let mut said = vec![message];
    while let Some(cause) = source {
        let text = cause.to_string();
        if !said.iter().any(|before| before.contains(&text)) {
            said.push(text);
        }
        source = cause.source();
    }
    said.split_off(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_not_said_again() {
        let inner = io::Error::other("no such label");
        let outer = CommandError::Write { path: "model.bin".into(), source: inner };
        assert_eq!(outer.to_string(), "model.bin cannot be written: no such label");
        assert_eq!(causes(outer.to_string(), outer.cause()), Vec::<String>::new());
        let silent = CommandError::Training(textmill_fasttext::FastTextError::Save {
            path: "model.bin".into(),
            source: io::Error::other("the disk is full"),
        });
        let said = format!("{silent}{}", causes(silent.to_string(), silent.cause()).concat());
        assert_eq!(said.matches("the disk is full").count(), 1, "{said}");
    }

    #[test]
    fn a_closed_pipe_is_success_and_a_full_disk_is_not() {
        let stdout = |kind| CommandError::Stdout(io::Error::from(kind)).exit();
        assert_eq!(stdout(io::ErrorKind::BrokenPipe), Exit::Done);
        assert_eq!(stdout(io::ErrorKind::StorageFull), Exit::Storage);
    }
}

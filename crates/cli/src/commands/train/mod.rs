//! `textmill train`: models out of texts.

mod classes;
mod classifier;
mod importance;
mod lm;

use std::path::Path;

use crate::Exit;
use crate::args::TrainCommand;
use crate::exit::CommandError;

pub(super) fn run(command: &TrainCommand) -> Result<Exit, CommandError> {
    let trained = match command {
        TrainCommand::Classifier(args) => classifier::run(args),
        TrainCommand::Lm(args) => lm::run(args),
        TrainCommand::Importance(args) => importance::run(args),
    };
    trained.map_err(|error| super::fields_by_options(error, "--text names"))
}

/// Makes the folder of a model to be written.
fn make_folder(path: &Path) -> Result<(), CommandError> {
    let failed = |source| CommandError::Write { path: path.to_owned(), source };
    path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)
}

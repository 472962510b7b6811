//! `textmill train`: models out of texts.

mod classes;
mod classifier;

use crate::Exit;
use crate::args::TrainCommand;
use crate::exit::CommandError;

pub(super) fn run(command: &TrainCommand) -> Result<Exit, CommandError> {
    match command {
        TrainCommand::Classifier(args) => classifier::run(args),
    }
}

use std::path::Path;

use serde::Serialize;
use textmill_score::{ImportanceModel, ImportanceOptions, ImportanceTrainer, Side};

use crate::args::{ImportanceArgs, TableFormat};
use crate::exit::CommandError;
use crate::texts::Texts;
use crate::{Exit, output};

/// What is printed.
#[derive(Serialize)]
struct Printed {
    model: String,
    target_texts: u64,
    raw_texts: u64,
    unusable: u64,
    target_ngrams: u64,
    raw_ngrams: u64,
    divergence: f64,
}

pub(super) fn run(args: &ImportanceArgs) -> Result<Exit, CommandError> {
    crate::commands::run::refuse_unexpanded(&args.output.to_string_lossy())?;
    if args.output.extension().is_none_or(|extension| extension != "json") {
        let message = format!("{} is not a name for an importance model", args.output.display());
        return Err(CommandError::usage(message, "name it .json"));
    }
    let options = ImportanceOptions { tokens: args.tokens.tokens(), ngrams: args.ngrams, buckets: args.buckets };
    let mut trainer = ImportanceTrainer::new(options)?;
    let mut unusable = 0;
    for (paths, side) in [(&args.target, Side::Target), (&args.raw, Side::Raw)] {
        let texts = Texts { paths, text: &args.text, label: None };
        let read = texts.each(|text, _| {
            trainer.push(side, text);
            Ok(())
        })?;
        unusable += read.unusable;
    }
    let model = trainer.finish()?;
    super::make_folder(&args.output)?;
    write(&model, &args.output)?;
    let printed = Printed {
        model: args.output.display().to_string(),
        target_texts: model.texts(Side::Target),
        raw_texts: model.texts(Side::Raw),
        unusable,
        target_ngrams: model.ngrams(Side::Target),
        raw_ngrams: model.ngrams(Side::Raw),
        divergence: model.divergence(),
    };
    match args.format {
        TableFormat::Json => output::json(&printed)?,
        TableFormat::Text => output::data(&table(&printed))?,
    }
    Ok(Exit::Done)
}

/// Writes beside the place and renames, so that a model that is there is never half a model.
fn write(model: &ImportanceModel, path: &Path) -> Result<(), CommandError> {
    let failed = |source| CommandError::Write { path: path.to_owned(), source };
    let bytes = model.to_json().map_err(|error| failed(error.into()))?;
    let part = path.with_extension(format!("json.{}.part", std::process::id()));
    let done = std::fs::write(&part, bytes).and_then(|()| std::fs::rename(&part, path));
    done.map_err(|error| {
        // The first error is the one to report.
        drop(std::fs::remove_file(&part));
        failed(error)
    })
}

fn table(printed: &Printed) -> String {
    let Printed { model, target_texts, raw_texts, unusable, target_ngrams, raw_ngrams, divergence } = printed;
    let mut text = format!(
        "{model}\n\n{:<8} {:>10} {:>12}\n{:<8} {target_texts:>10} {target_ngrams:>12}\n{:<8} {raw_texts:>10} \
         {raw_ngrams:>12}\n",
        "side", "texts", "n-grams", "target", "raw"
    );
    if *unusable > 0 {
        text += &format!("left out: {unusable} records without a text\n");
    }
    text += &format!("\nmean weight of an n-gram of the target: {divergence:.4}\n");
    text
}

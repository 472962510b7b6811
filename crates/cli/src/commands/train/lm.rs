use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Serialize;
use textmill_ngram_lm::{NgramModel, TrainOptions, Trained, Trainer};
use textmill_score::{Form, Pieces};

use crate::args::{LmArgs, TableFormat};
use crate::exit::CommandError;
use crate::texts::Texts;
use crate::{Exit, output};

/// What is printed.
#[derive(Serialize)]
struct Printed {
    model: String,
    texts: u64,
    unusable: u64,
    sentences: u64,
    tokens: u64,
    ngrams: Vec<u64>,
    discounts: Vec<[f64; 3]>,
}

pub(super) fn run(args: &LmArgs) -> Result<Exit, CommandError> {
    crate::commands::run::refuse_unexpanded(&args.output.to_string_lossy())?;
    let extension = args.output.extension().and_then(|extension| extension.to_str());
    let compact = match extension {
        Some("arpa") => false,
        Some("lm") => true,
        _ => {
            let message = format!("{} is not a name for a language model", args.output.display());
            return Err(CommandError::usage(message, "name it .arpa, or .lm for the compact form"));
        }
    };
    let options = TrainOptions {
        order: args.order,
        prune: args.prune.clone(),
        discount_fallback: args.discount_fallback,
        memory: usize::try_from(args.memory.0).unwrap_or(usize::MAX),
    };
    let mut trainer = Trainer::new(options)?;
    let (form, mut buffer) = (form(args)?, String::new());
    let texts = Texts { paths: &args.paths, text: &args.text, label: None };
    let read = texts.each(|text, _| {
        for line in text.split('\n') {
            trainer.push(form.apply(line, &mut buffer)?)?;
        }
        Ok(())
    })?;
    super::make_folder(&args.output)?;
    let trained = write(trainer, &args.output, compact)?;
    let Trained { sentences, tokens, ngrams, discounts } = trained;
    let model = args.output.display().to_string();
    let printed = Printed { model, texts: read.texts, unusable: read.unusable, sentences, tokens, ngrams, discounts };
    match args.format {
        TableFormat::Json => output::json(&printed)?,
        TableFormat::Text => output::data(&table(&printed))?,
    }
    Ok(Exit::Done)
}

/// The form of the texts.
fn form(args: &LmArgs) -> Result<Form, CommandError> {
    let Some(path) = &args.tokenizer else { return Ok(Form::Tokens(args.tokens.tokens())) };
    let hint = "--tokenizer takes the `tokenizer.json` of a model";
    let pieces = Pieces::load(path).map_err(|error| CommandError::usage(error.to_string(), hint))?;
    Ok(Form::Pieces(pieces))
}

/// Writes beside the place and renames, so that a model that is there is never half a model.
fn write(trainer: Trainer, path: &Path, compact: bool) -> Result<Trained, CommandError> {
    let mut part = path.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(part);
    let failed = |source| CommandError::Write { path: path.to_owned(), source };
    let written = File::create(&part).map_err(failed).and_then(|file| Ok(trainer.finish(file)?));
    let done = written.and_then(|trained| {
        if compact {
            let bytes = NgramModel::load(&part)?.to_compact();
            std::fs::write(&part, bytes).map_err(failed)?;
        }
        std::fs::rename(&part, path).map_err(failed)?;
        Ok(trained)
    });
    if done.is_err() {
        // The first error is the one to report.
        drop(std::fs::remove_file(&part));
    }
    done
}

fn table(printed: &Printed) -> String {
    let Printed { model, texts, unusable, sentences, tokens, ngrams, discounts } = printed;
    let mut text = format!("{model}\ntrained on {sentences} lines with {tokens} words, of {texts} texts");
    if *unusable > 0 {
        text += &format!("; {unusable} records were without a text");
    }
    text += "\n\n order    n-grams  discounts of counts 1, 2, 3 and more\n";
    for (order, (count, [one, two, more])) in (1..).zip(ngrams.iter().zip(discounts)) {
        text += &format!("{order:>6} {count:>10}  {one:.4} {two:.4} {more:.4}\n");
    }
    text
}

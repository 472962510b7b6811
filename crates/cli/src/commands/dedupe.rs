use serde_json::{Map, Value, json};

use super::fields_by_options;
use crate::Exit;
use crate::args::{DedupeArgs, VerifyChoice};
use crate::exit::CommandError;

/// Makes a pipeline of one stage out of the options, and runs it.
pub(super) fn run(args: &DedupeArgs) -> Result<Exit, CommandError> {
    if args.options.output.is_none() {
        return Err(CommandError::usage("no output location", "give --output, a folder that is not among the input"));
    }
    let file = pipeline_file(args)?;
    // JSON is YAML; errors show the options in this form.
    let text = serde_json::to_string_pretty(&file).map_err(|error| CommandError::Threads(error.to_string()))?;
    let pipeline = textmill_pipeline::parse("textmill dedupe", &text)?;
    super::run::pipeline(pipeline, &args.options)
        .map_err(|error| fields_by_options(error, "--text, --id and --column name"))
}

fn pipeline_file(args: &DedupeArgs) -> Result<Value, CommandError> {
    let mut columns = Map::new();
    if let Some(id) = &args.id {
        columns.insert("id".to_owned(), json!(id));
    }
    columns.insert("text".to_owned(), json!(args.text));
    for column in &args.columns {
        let (named, data_type) = column.split_once(':').unwrap_or((column, "string"));
        let (name, from) = named.split_once('=').unwrap_or((named, named));
        if name.is_empty() || from.is_empty() {
            return Err(CommandError::usage(
                format!("`{column}` is no column"),
                "write NAME, NAME:TYPE or NEW=NAME:TYPE",
            ));
        }
        columns.insert(name.to_owned(), json!({"from": from, "type": data_type}));
    }
    // Nobody asked for columns to be left out: of Parquet they stay as they are, of JSON lines in `metadata`.
    columns.insert("*".to_owned(), json!("*"));
    Ok(json!({
        "version": 1,
        "name": "dedupe",
        "input": {"paths": args.paths, "columns": columns},
        "stages": [{"id": "dedupe", "run": stage(args)}],
        "output": {},
    }))
}

fn stage(args: &DedupeArgs) -> Value {
    if args.exact {
        return json!({"exact_dedupe": {"keep": args.keep, "against": args.against, "index": args.index}});
    }
    let verify = match args.verify {
        VerifyChoice::None => "none",
        VerifyChoice::Signature => "signature",
        VerifyChoice::Exact => "exact",
    };
    let mut config = json!({
        "preset": args.preset,
        "verify": verify,
        "keep": args.keep,
        "against": args.against,
        "index": args.index,
    });
    if let Some(threshold) = args.threshold {
        config["threshold"] = json!(threshold);
    }
    json!({"minhash_dedupe": config})
}

use serde_json::json;

use crate::args::{FileArgs, TableFormat};
use crate::exit::CommandError;
use crate::{Exit, output};

pub(super) fn run(args: &FileArgs) -> Result<Exit, CommandError> {
    let pipeline = match textmill_pipeline::load(&args.file) {
        Ok(pipeline) => pipeline,
        Err(errors) if args.format == TableFormat::Json => {
            let listed: Vec<_> = errors
                .errors
                .iter()
                .map(|error| {
                    json!({
                        "line": error.line, "column": error.column, "path": error.path,
                        "message": error.message, "hint": error.hint,
                    })
                })
                .collect();
            output::json(&json!({"valid": false, "errors": listed}))?;
            return Ok(Exit::Usage);
        }
        Err(errors) => return Err(errors.into()),
    };
    for warning in &pipeline.warnings {
        output::warning(warning);
    }
    for note in &pipeline.notes {
        output::line(&format!("note: {}", output::printable(note)));
    }
    match args.format {
        TableFormat::Json => {
            output::json(
                &json!({"valid": true, "errors": [], "warnings": pipeline.warnings, "notes": pipeline.notes}),
            )?;
        }
        TableFormat::Text => {
            let file = args.file.display();
            output::data(&format!(
                "{file}: valid, {} stages in {} phase(s)",
                pipeline.nodes.len(),
                pipeline.phases().len()
            ))?;
        }
    }
    Ok(Exit::Done)
}

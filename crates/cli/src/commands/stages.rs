use textmill_pipeline::{StageHelp, stage_help, stage_names, unknown_stage_hint};

use crate::args::{StagesCommand, TableFormat};
use crate::exit::CommandError;
use crate::{Exit, output};

pub(super) fn run(command: &StagesCommand) -> Result<Exit, CommandError> {
    match command {
        StagesCommand::List { format } => list(*format)?,
        StagesCommand::Show { name, format } => show(name, *format)?,
    }
    Ok(Exit::Done)
}

fn list(format: TableFormat) -> Result<(), CommandError> {
    let stages: Vec<StageHelp> = stage_names().iter().filter_map(|name| stage_help(name)).collect();
    match format {
        TableFormat::Json => output::json(&stages),
        TableFormat::Text => {
            let width = stages.iter().map(|stage| stage.name.len()).max().unwrap_or(0);
            let lines: Vec<_> =
                stages.iter().map(|stage| format!("{:width$}  {}", stage.name, stage.summary)).collect();
            output::data(&lines.join("\n"))
        }
    }
}

fn show(name: &str, format: TableFormat) -> Result<(), CommandError> {
    let Some(help) = stage_help(name) else {
        let hint = unknown_stage_hint(name);
        return Err(CommandError::usage(format!("there is no stage or rule `{name}`"), hint));
    };
    match format {
        TableFormat::Json => output::json(&help),
        TableFormat::Text => output::data(&text(&help)),
    }
}

fn text(help: &StageHelp) -> String {
    let mut text = format!("{} - {}\n\n{}\n", help.name, help.summary, help.doc.trim());
    if !help.parameters.is_empty() {
        text.push_str("\nParameters\n");
    }
    for parameter in &help.parameters {
        let default = parameter.default.as_deref().map(|value| format!(", default {value}")).unwrap_or_default();
        let range = parameter.range.as_deref().map(|value| format!(", {value}")).unwrap_or_default();
        text.push_str(&format!("  {} ({}{range}{default})\n", parameter.name, parameter.kind));
        for line in parameter.doc.lines() {
            text.push_str(&format!("      {line}\n"));
        }
    }
    if !help.reasons.is_empty() {
        text.push_str("\nReasons\n");
    }
    for (code, summary) in &help.reasons {
        text.push_str(&format!("  {code}: {summary}\n"));
    }
    text
}

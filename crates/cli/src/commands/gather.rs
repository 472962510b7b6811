use textmill_document::ByteSize;

use crate::args::{GatherArgs, GatherCommand};
use crate::exit::CommandError;
use crate::gather::{GatherOptions, cargo_docs, html_pages};
use crate::{Exit, output};

pub(super) fn run(command: &GatherCommand) -> Result<Exit, CommandError> {
    let (GatherCommand::CargoDocs { args, .. } | GatherCommand::Html { args, .. }) = command;
    super::run::refuse_unexpanded(&args.output.to_string_lossy())?;

    let summary = match command {
        GatherCommand::CargoDocs { registry, .. } => cargo_docs(registry.as_deref(), &options(args))?,
        GatherCommand::Html { folders, .. } => html_pages(folders, &options(args))?,
    };

    output::line(&format!(
        "gathered {} documents ({} of text) into {} shards in {}",
        summary.documents,
        ByteSize(summary.bytes),
        summary.shards,
        args.output.display()
    ));
    for (cause, files) in &summary.skipped {
        output::line(&format!("  skipped {files} files: {cause}"));
    }
    Ok(Exit::Done)
}

fn options(args: &GatherArgs) -> GatherOptions {
    GatherOptions {
        output: args.output.clone(),
        shard_bytes: args.shard_bytes.bytes(),
        limit_bytes: args.limit_bytes.map(ByteSize::bytes),
        overwrite: args.overwrite,
    }
}

use textmill_document::ByteSize;

use crate::args::GatherCommand;
use crate::exit::CommandError;
use crate::gather::{GatherOptions, cargo_docs};
use crate::{Exit, output};

pub(super) fn run(command: &GatherCommand) -> Result<Exit, CommandError> {
    let GatherCommand::CargoDocs { output, registry, shard_bytes, limit_bytes, overwrite } = command;
    super::run::refuse_unexpanded(&output.to_string_lossy())?;
    let summary = cargo_docs(&GatherOptions {
        output: output.clone(),
        registry: registry.clone(),
        shard_bytes: shard_bytes.bytes(),
        limit_bytes: limit_bytes.map(ByteSize::bytes),
        overwrite: *overwrite,
    })?;
    output::line(&format!(
        "gathered {} documents ({} of text) into {} shards in {}",
        summary.documents,
        ByteSize(summary.bytes),
        summary.shards,
        output.display()
    ));
    for (cause, files) in &summary.skipped {
        output::line(&format!("  skipped {files} files: {cause}"));
    }
    Ok(Exit::Done)
}

//! The commands that gather documents from this machine.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use textmill_document::ByteSize;

#[derive(Debug, Subcommand)]
pub(crate) enum GatherCommand {
    /// The documentation of the crates that cargo has downloaded: README files, change logs, licences, doc comments
    CargoDocs {
        /// Folder with the sources of the downloaded crates [default: the one cargo uses]
        #[arg(long, value_name = "DIR")]
        registry: Option<PathBuf>,
        #[command(flatten)]
        args: GatherArgs,
    },
    /// The HTML pages below folders, such as the documentation that comes with Rust, for the stage `extract`
    Html {
        /// Folders with pages
        #[arg(required = true, value_name = "DIR")]
        folders: Vec<PathBuf>,
        #[command(flatten)]
        args: GatherArgs,
    },
}

/// Where documents are gathered to, and how many
#[derive(Debug, Args)]
pub(crate) struct GatherArgs {
    /// Folder for the JSONL shards
    #[arg(long, short, value_name = "DIR")]
    pub output: PathBuf,
    /// Size of a shard
    #[arg(long, value_name = "SIZE", default_value = "16MiB")]
    pub shard_bytes: ByteSize,
    /// Stop after this much text
    #[arg(long, value_name = "SIZE")]
    pub limit_bytes: Option<ByteSize>,
    /// Replace the shards in a folder that is not empty
    #[arg(long)]
    pub overwrite: bool,
}

//! Where runs read and write: object-store access, durable commits, sealed manifests, the owner
//! lease and the deterministic writer of data files.
//!
//! What this crate does not do: it plans nothing, runs no stages and never decides what a run
//! keeps; it knows documents only as Arrow rows.
//!
//! ```text
//!  batches ──▶ DatasetWriter ──▶ staging files ──▶ FileEntry ┐
//!               (rows → groups → files)                       ├─▶ TaskManifest ──▶ commit_task
//!                                          ledger, metrics ───┘     (sealed)      (create, first wins)
//!
//!  readers:  manifest ──▶ FileEntry ──▶ size and BLAKE3 checked ──▶ batches
//! ```
//!
//! ```text
//!  Store ──▶ Remote ──▶ Patient ──▶ object_store's client ──▶ Watched ──▶ the network
//!           (paths)   (lost answers,  (single requests      (how many at once,
//!                      broken bodies)  sent again)           Retry-After, stalls)
//! ```
//!
//! Invariants that the rest of textmill builds on:
//! 1. A file has its final name only when all its bytes are durable.
//! 2. A manifest is created, never overwritten; the first one at a name is the truth.
//! 3. Nothing is read without its digest having been checked, and no reader lists a directory to
//!    find data.
//! 4. The bytes of a data file depend on its rows and on the writer's options only.
//!
//! ```
//! use textmill_store::{Created, Store, sealed};
//!
//! # let directory = tempfile::tempdir()?;
//! # let location = directory.path().to_str().ok_or("a readable path")?;
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let store = Store::open(location)?;
//! let bytes = sealed::seal(&vec!["plan"]).map_err(|e| e.to_string())?;
//! assert_eq!(store.create("_textmill/plan.json", bytes.clone()).await?, Created::New);
//! assert_eq!(store.create("_textmill/plan.json", bytes).await?, Created::AlreadyExists);
//!
//! let read = store.get("_textmill/plan.json").await?;
//! let plan: Vec<String> = sealed::unseal("_textmill/plan.json", &read)?;
//! assert_eq!(plan, ["plan"]);
//! # Ok::<(), Box<dyn std::error::Error>>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod advice;
mod clients;
mod commit;
mod error;
mod gate;
mod http;
mod local;
mod location;
mod machine;
pub mod manifest;
mod object_writer;
pub mod owner;
mod patient;
mod range_reader;
mod redact;
mod remote;
pub mod sealed;
mod settings;
mod store;
pub mod testing;
mod unfinished;
mod upload;
pub mod verify;
pub mod writer;

pub use commit::{Committed, commit_task};
pub use error::{StoreError, StoreErrorKind};
pub use local::is_temporary;
pub use location::resolve;
pub use object_writer::{FileDigest, ObjectWriter};
pub use patient::Objects;
pub use redact::redact;
pub use store::{Created, ObjectInfo, Store};
pub use unfinished::UnfinishedUpload;

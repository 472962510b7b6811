//! Parquet: row groups of one file.

mod bad;
mod convert;
mod encrypted;
mod footer;
mod group;
mod json;
mod mapping;
mod reader;
mod restore;
mod schema;
mod sizes;
mod stripes;
mod text;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

pub(crate) use footer::{file_schema, inspect};
pub(crate) use reader::ParquetReader;
pub(crate) use schema::field_at;

/// Runs `work`, which uses the Parquet crate on data from outside. The crate has panics for some
/// damaged files; they become errors here.
fn guarded<T, E: ToString>(work: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => Err(format!("the Parquet reader failed: {}", panic_message(panic.as_ref()))),
    }
}

fn panic_message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message")
}

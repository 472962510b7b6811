mod decide;
mod documents;
mod highest;
mod keys;
mod parts;
mod resources;
mod sorted;
mod sorter;

pub(crate) use self::decide::{Means, dedupe, found};
#[cfg(test)]
pub(crate) use self::keys::ScanKind;
pub(crate) use self::keys::internal;
pub use self::keys::{KeyRun, KeyWork};
pub use self::sorter::{KeySource, Sorter};

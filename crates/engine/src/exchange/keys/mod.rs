//! The rows of keys that tasks committed for an exchange, numbered and read column by column.

mod bits;
mod described;
mod key_files;
mod part_scan;
mod read;
mod scan;

pub(crate) use self::bits::Bits;
#[cfg(test)]
pub(crate) use self::described::ScanKind;
pub use self::described::{KeyRun, KeyWork};
pub(crate) use self::key_files::KeyFiles;
pub(crate) use self::part_scan::{Numbering, PART, PartScan};
pub(crate) use self::scan::internal;
pub(crate) use self::scan::{DOCUMENT, KEY, Scan, Wanted, column};

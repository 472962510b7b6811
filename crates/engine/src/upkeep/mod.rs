//! Looks after an output location between runs: how far a run is, whether what is committed is whole, and what nobody
//! needs any more.

mod gc;
mod status;
mod verify;

pub(crate) use self::gc::clear_staging;
pub use self::gc::{DEFAULT_UPLOAD_AGE, GcOptions, GcReport, collect_garbage};
pub use self::status::{PhaseStatus, RunStatus, status};
pub use self::verify::{Damage, VerifyReport, verify};

//! Exchanges: stages that need other documents than the one at hand.
//!
//! ```text
//!  task ─▶ keys ─┐                                   ┌─▶ task: apply
//!  task ─▶ keys ─┼─▶ decide: sort, compare, count ───┼─▶ task: apply
//!  task ─▶ keys ─┘      (one file of verdicts a task)└─▶ task: apply
//! ```
//!
//! [`Exchange`] is what there is to know of one, and each has a file or folder here: `documents` removes whole documents,
//! `parts` cuts parts out of texts, `repeats` any text that occurs elsewhere, `highest` keeps the best of all. The rest is
//! what they share.
//!
//! 1. An exchange sees keys and gives numbers; `repeats` alone reads some texts once more.
//! 2. Documents are numbered in the order of tasks and rows, those of earlier runs first.
//! 3. A result is committed under a key made of everything that it depends on, like that of a task.

mod cost;
mod decide;
mod documents;
#[allow(clippy::module_inception, reason = "the trait of that name")]
mod exchange;
mod highest;
mod keys;
mod origins;
mod parts;
mod registry;
mod repeats;
mod resources;
mod sorted;
mod sorter;
mod verdict;
mod verdict_writer;

pub(crate) use self::cost::{Cost, Load};
pub(crate) use self::decide::{Means, decide, decided};
pub(crate) use self::exchange::{Exchange, Outcome};
#[cfg(test)]
pub(crate) use self::keys::ScanKind;
pub(crate) use self::keys::internal;
pub use self::keys::{KeyRun, KeyWork};
pub(crate) use self::registry::{exchange_of, index};
pub use self::sorter::{KeySource, Sorter};
pub(crate) use self::verdict::{Membership, Verdict, VerdictKind};

//! Text that stands elsewhere too: every repeat of at least so many bytes, exactly, without a suffix array.
//!
//! All texts are taken as lying one behind the other; a *position* is a place in them, in bytes. A *window* is `length`
//! bytes of one text. A window is *repeated* if an equal one comes before it, anywhere; the first of all equal ones stays.
//!
//! 1. [`Repeats`]: of each window, the k-gram with the least hash is chosen, of equal ones the last. Neighbouring windows
//!    mostly choose the same one: they are a *stretch*. What is chosen depends on the content of the window alone, so equal
//!    windows choose equal k-grams at equal places, and lie at the same place of their stretches. (A choice that prefers
//!    what the window before chose would save some stretches and lose this.)
//! 2. [`Stretches`]: the stretches of all texts are sorted by the hash of the k-gram, then by the hash of 128 bits of all the
//!    text that their windows cover. A k-gram that occurs once ends here. Of stretches with equal text all but the first are
//!    repeated as a whole, and only the first stays *open*, if stretches with other text chose the same k-gram.
//! 3. [`OpenWindows`]: the windows of open stretches are hashed one by one and sorted. All but the first of equal ones are
//!    repeated.
//! 4. [`Marks`]: what the repeated windows of a text cover is its spans to cut. Where a window overlaps the first one, only
//!    what lies behind the first is covered, so that of a run of dashes `length` bytes stay.
//!
//! Text of a short period (a line that is repeated, a run of blanks) chooses a k-gram each period. Such stretches are equal and
//! follow each other at the distance of their own number of windows, and are one record with a count of times: start,
//! period and length.
//!
//! Windows are told apart by 122 bits of two polynomials, stretches by xxh3-128: among 10^12 windows of 500 bytes, a false
//! repeat has a chance below one in ten million.

mod cuts;
mod find;
mod groups;
mod hash;
mod marks;
mod repeats;

pub use cuts::{Border, Cuts};
pub use find::{Documents, Found, find};
pub use groups::Stretches;
pub use marks::{FirstPlaces, Marks, OpenWindows, Place, Span};
pub use repeats::{MAX_LENGTH, MIN_LENGTH, Repeats, Stretch};

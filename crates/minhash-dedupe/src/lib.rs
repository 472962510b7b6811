//! Exact and MinHash near-duplicate detection: how alike two documents must be to be found, and how surely.
//!
//! MinHash puts `bands × rows` hashes of a document's n-grams into bands; two documents become a
//! candidate pair when all rows of at least one band agree. [`Bands`] is that shape and the
//! arithmetic on it. This crate reads no files and knows no engine; the joins over band hashes
//! belong to whoever runs them.
//!
//! ```text
//!  document ─▶ n-grams ─▶ bands × rows minima ─▶ one hash per band ─▶ same band, same hash: candidates
//! ```
//!
//! ```
//! use textmill_minhash_dedupe::Bands;
//!
//! let fineweb = Bands::new(14, 8)?;
//! assert_eq!(fineweb.hashes(), 112);
//! // Of the pairs that are 75 % alike, about 77 % become candidates.
//! assert!((fineweb.detection_probability(0.75) - 0.772).abs() < 0.001);
//! # Ok::<(), textmill_minhash_dedupe::BandsError>(())
//! ```

mod bands;
mod clusters;
mod exact;
mod keeper;
pub mod lines;
mod lsh;
mod marks;
pub mod memory;
mod normalize;
mod presets;
mod shingles;
mod signature;
mod verify;

pub use bands::{Bands, BandsError, MAX_HASHES};
pub use clusters::{Components, Join, UnionFind, components};
pub use exact::{normalized_url, text_key, url_key};
pub use keeper::{Candidate, Direction, KeepBy, Key, compare, keeper};
pub use marks::Marks;
pub use normalize::{Accents, Blanks, NormalBuffer, Normalization, Normalizer, Numbers, Punctuation};
pub use presets::{PRESETS, Preset, preset};
pub use shingles::{Shingler, Unit};
pub use signature::{DEFAULT_SEED, MinHasher, Minima, agreement};
pub use verify::{Verify, containment, jaccard};

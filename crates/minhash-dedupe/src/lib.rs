//! Exact and MinHash near-duplicate detection: from texts to clusters of documents that are alike, and to the one of
//! each that stays.
//!
//! ```text
//!  text ─▶ Normalizer ─▶ Shingler ─▶ MinHasher ─▶ Bands: a key per band ─▶ same key: candidates
//!            │                                                                 │ verify
//!            ├─▶ text_key, url_key: exact duplicates                           ▼
//!            └─▶ lines: paragraphs, spans of sentences            UnionFind ─▶ keeper
//! ```
//!
//! A signature has `bands × rows` minima; two documents become a candidate pair when all rows of at least one band agree.
//! This crate reads no files and knows no engine: joins over band keys that do not fit into memory belong to whoever runs
//! them. [`memory`] does all of it for documents that do fit.
//!
//! ```
//! use textmill_minhash_dedupe::{Bands, DEFAULT_SEED, MinHasher, Normalizer, agreement, preset};
//!
//! let fineweb = preset("fineweb").ok_or("no such preset")?;
//! assert_eq!(fineweb.bands.hashes(), 112);
//! // Of the pairs that are 75 % alike, about 77 % become candidates.
//! assert!((fineweb.bands.detection_probability(0.75) - 0.772).abs() < 0.001);
//! // A threshold alone chooses bands as datasketch does.
//! assert_eq!(Bands::for_threshold(0.7, 128), Bands::new(14, 9)?);
//!
//! let normalizer = Normalizer::new(fineweb.normalization);
//! let hasher = MinHasher::new(fineweb.hashes, DEFAULT_SEED);
//! let signature = |text| hasher.signature(fineweb.shingler(), &normalizer.normalized(text));
//! let left = signature("The quick brown fox, 3 years old, jumps over it.").ok_or("empty")?;
//! let right = signature("the QUICK brown fox 12 years old jumps over it").ok_or("empty")?;
//! assert!((agreement(&left, &right) - 1.0).abs() < f64::EPSILON);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bands;
mod clusters;
mod code;
mod config;
mod exact;
mod forms;
mod keeper;
mod line_stage;
pub mod lines;
mod lsh;
mod marks;
pub mod memory;
mod normalize;
mod presets;
mod scan;
mod shingles;
mod signature;
mod stage;
mod substring_stage;
mod verify;

pub use bands::{Bands, BandsError, MAX_HASHES};
pub use clusters::{Components, Join, UnionFind, components};
pub use config::{
    DEFAULT_MAX_BUCKET, DEFAULT_PRESET, DEFAULT_THRESHOLD, DedupeSettings, ExactBy, ExactDedupeConfig,
    MinhashDedupeConfig, MinhashSettings,
};
pub use exact::{normalized_url, text_key, url_key};
pub use forms::{Accents, Blanks, Normalization, NormalizationKeys, Numbers, Punctuation};
pub use keeper::{Candidate, Direction, KeepBy, Key, compare, keeper};
pub use line_stage::{LineDedupeConfig, LineDedupeStage, PART_KEYS, PARTS, PartUnit};
pub use marks::Marks;
pub use normalize::{NormalBuffer, Normalizer};
pub use presets::{PRESETS, Preset, preset};
pub use shingles::{Shingler, Unit};
pub use signature::{DEFAULT_SEED, MinHasher, Minima, agreement};
pub use stage::{CLUSTER_ID, CLUSTER_SIZE, DedupeStage, TEXT_LENGTH, key_columns};
pub use substring_stage::{
    CutBorder, FirstOccurrence, REPEAT_BYTES, REPEAT_KEYS, REPEATS, Repeat, SubstringDedupeConfig, SubstringDedupeStage,
};
pub use verify::{Verify, jaccard};

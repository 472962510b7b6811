use std::num::NonZeroU32;

use arrow::datatypes::Schema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use textmill_document::{ConfigFault, Cost, Document, Example, StageConfig};

use crate::{
    Bands, DEFAULT_SEED, DedupeStage, KeepBy, MAX_HASHES, Normalization, NormalizationKeys, Preset, Shingler, Unit,
    Verify, preset,
};

/// Default of [`MinhashDedupeConfig::preset`].
pub const DEFAULT_PRESET: &str = "textmill";
/// Default of [`MinhashDedupeConfig::max_bucket`].
pub const DEFAULT_MAX_BUCKET: u32 = 64;
/// Similarity from which a checked pair counts as alike where neither the file nor the preset says so.
pub const DEFAULT_THRESHOLD: f64 = 0.7;

/// Removes near-duplicates: of documents that are alike, one stays.
///
/// # What it removes
/// Every document but one of each cluster. A cluster are documents with the same normal form, and those joined by pairs
/// that share all rows of a MinHash band and pass the check. A removed document is counted as a duplicate, not as dropped;
/// the dataset `duplicates` names the document that stayed and how similar the two are.
///
/// # Why
/// Web corpora hold most texts many times, with other dates, menus and headings around them. Deduplication is the largest
/// single step of most published corpora, and a model that sees a text often repeats it.
///
/// # Parameters
/// See below. A `preset` names a detection; what is set beside it takes its place, also single keys of `normalization`.
/// `threshold` without `bands` chooses bands and rows out of `hashes` as datasketch does. Which document of a cluster
/// stays is the first in the order of `keep`, then by id.
///
/// Documents are compared in a normal form, and those with the same form are duplicates with similarity 1, whatever
/// `verify` says: what a form folds, no comparison sees. All forms but the last fold letter case and runs of blanks, and:
/// - `textmill`: marks of sentences become blanks. Numbers, operators (`&&`, `+`, `%`), accents, tones, vowel signs and
///   points stay.
/// - `internlm2`, `wanjuan_cc`, `fineweb`, `fineweb_2`, `refinedweb`, `dclm`, `data_prep_kit` (datatrove's form): every
///   number becomes 0, ASCII punctuation with all operators becomes blanks, marks on letters go. Texts that differ in
///   numbers, operators, accents, Vietnamese tones, vowel signs of Hindi and Thai, points of Arabic and Hebrew are equal.
/// - `redpajama`, `redpajama_v2_0.7`, `redpajama_v2_0.8`, `redpajama_v2_0.9`, `redpajama_v2_1.0`, `slimpajama`, `matrix`,
///   `map_neo`, `txt360`: ASCII punctuation goes, operators with it. Numbers and marks on letters stay.
/// - `matrix_zh`, `nemo_curator`: nothing, the text as it is.
///
/// # Source
/// Broder, "On the resemblance and containment of documents" (1997). The presets are named after their corpus or program
/// and are as published; where the source gives no normal form (`internlm2`, `wanjuan_cc`, ...), datatrove's. `textmill` is
/// `internlm2` in a normal form of its own.
///
/// # Cost
/// About 250 MB of English or 150 MB of Chinese text per second and core for 112 hashes. Grouping sorts 12 bytes a
/// document and band, on disk where memory ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MinhashDedupeConfig {
    /// Detection to start from. Default `textmill` (128 hashes, 14 bands of 9 rows, 5-grams, 0.7, numbers kept).
    pub preset: String,
    /// Tokens per shingle, 1 or more. Default that of the preset.
    #[schemars(range(min = 1, max = 1000))]
    pub ngram: Option<NonZeroU32>,
    /// What a token is: `word`, `character`, or `auto` (characters in scripts without blanks). Default that of the preset.
    pub unit: Option<Unit>,
    /// Hashes per document, 1 to 16,384. Default that of the preset.
    #[schemars(range(min = 1, max = 16_384))]
    pub hashes: Option<u32>,
    /// Bands and rows. Default those for `threshold`, else those of the preset.
    pub bands: Option<Bands>,
    /// Jaccard similarity, 0 to 1, above which documents are alike. Default that of the preset, else 0.7.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub threshold: Option<f64>,
    /// Check of a pair that shares a band: `none`, `signature` (share of equal hashes) or `exact` (Jaccard similarity of
    /// the sets of shingles of the normal forms, which are then kept until the documents are compared: about the size of
    /// the text). Default `signature`.
    pub verify: Verify,
    /// Similarity, 0 to 1, from which a checked pair passes. Default `threshold`.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub verify_threshold: Option<f64>,
    /// Order in which a document of a cluster is chosen to stay: columns, each with `asc` or `desc`. A document without a
    /// value is last. `text_length` is the number of characters of the text unless there is such a column. The id
    /// decides at the end. Default none: the smallest id stays.
    pub keep: Vec<String>,
    /// Seed of the hash functions. Default 42.
    pub seed: u64,
    /// What becomes of a text before it is compared; any of its keys may be set alone. Default that of the preset.
    pub normalization: NormalizationKeys,
    /// Documents with the same normalised URL are duplicates too, whatever their text. Default false.
    pub same_url: bool,
    /// Largest group of documents with one band in common in which every pair is compared; in larger ones each is compared
    /// with this many before it. 1 or more. Default 64.
    #[schemars(range(min = 1))]
    pub max_bucket: NonZeroU32,
    /// Largest cluster, in documents of different normal form: the most similar are joined first, and what would make a
    /// cluster larger stays apart and is counted. Default none: no bound.
    #[schemars(range(min = 1))]
    pub max_cluster: Option<NonZeroU32>,
    /// The run stops before it publishes anything where more than this share (0 to 1) of the documents of one source is
    /// removed; of all documents without `source_column`. Default none: no bound.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_removed_ratio: Option<f64>,
    /// Column that names the source of a document, for `max_removed_ratio` and the report. Default none.
    pub source_column: Option<String>,
    /// Adds `cluster_id` (the id of the document that stayed) and `cluster_size` (documents in the cluster) to documents
    /// that had duplicates. Default false.
    pub cluster_columns: bool,
    /// Outputs of earlier runs with an `index`: a document that is a duplicate of one that they kept is removed, and
    /// names it. They must have been made with the same keys. Default none.
    pub against: Vec<String>,
    /// Publishes the keys of the documents that stay as the dataset `index`, for `against` of later runs; one stage of a
    /// pipeline may. Default false.
    pub index: bool,
}

impl Default for MinhashDedupeConfig {
    fn default() -> Self {
        Self {
            preset: DEFAULT_PRESET.to_owned(),
            ngram: None,
            unit: None,
            hashes: None,
            bands: None,
            threshold: None,
            verify: Verify::Signature,
            verify_threshold: None,
            keep: Vec::new(),
            seed: DEFAULT_SEED,
            normalization: NormalizationKeys::default(),
            same_url: false,
            max_bucket: NonZeroU32::new(DEFAULT_MAX_BUCKET).unwrap_or(NonZeroU32::MIN),
            max_cluster: None,
            max_removed_ratio: None,
            source_column: None,
            cluster_columns: false,
            against: Vec::new(),
            index: false,
        }
    }
}

impl StageConfig for MinhashDedupeConfig {
    type Stage = DedupeStage;

    const NAME: &'static str = "minhash_dedupe";
    const EXAMPLES: &'static [Example] = &[
        Example::text("{}", "in 2016 it was 37").after(&[Document::Text("in 2015 it was 30")]).kept(),
        Example::text(
            "{}",
            "2 May: The library on Mill Street opens again next Monday after two years of work on its roof. Visitors will \
             find a larger reading room, a map collection of nine hundred sheets and a garden in which they can read in \
             the summer. Entry is free on the first weekend, the mayor said.",
        )
        .after(&[Document::Text(
            "3 May: The library on Mill Street opens again next Monday after two years of work on its roof. Visitors will \
             find a larger reading room, a map collection of nine hundred sheets and a garden in which they can read in \
             the summer. Entry is free on the first weekend, the mayor said.",
        )])
        .duplicate(),
    ];
    const COST: Option<Cost> = Some(Cost::measured(202.0, "scripts/reproduce, wanjuan-cc"));
    const IS_STEP: bool = true;

    fn build(self, input: Option<&Schema>) -> Result<DedupeStage, Vec<ConfigFault>> {
        Ok(DedupeStage::new(Self::NAME, self.try_into()?, input)?)
    }
}

/// Removes exact duplicates: of documents with the same text or the same URL, one stays.
///
/// # What it removes
/// Every document but one of those with the same normal form of the text (`by: [text]`), the same normalised URL
/// (`[url]`), or either (both). Removed documents are counted as duplicates and named in the dataset `duplicates`.
///
/// # Why
/// Most copies are exact, and finding them costs next to nothing.
///
/// # Parameters
/// See below.
///
/// # Source
/// The hash is xxh3-128 of the normal form; URLs are normalised as the WHATWG URL standard has it.
///
/// # Cost
/// About 1 GB/s and core; sorting 20 bytes a document, on disk where memory ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExactDedupeConfig {
    /// What has to be equal: `text`, `url`. Default `[text]`.
    #[schemars(length(min = 1))]
    pub by: Vec<ExactBy>,
    /// Order in which a document is chosen to stay, as in `minhash_dedupe`. Default none: the smallest id stays.
    pub keep: Vec<String>,
    /// What becomes of a text before it is compared; any of its keys may be set alone. Default nothing.
    pub normalization: NormalizationKeys,
    /// As in `minhash_dedupe`. Default none.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub max_removed_ratio: Option<f64>,
    /// As in `minhash_dedupe`. Default none.
    pub source_column: Option<String>,
    /// As in `minhash_dedupe`. Default false.
    pub cluster_columns: bool,
    /// As in `minhash_dedupe`. Default none.
    pub against: Vec<String>,
    /// As in `minhash_dedupe`. Default false.
    pub index: bool,
}

impl Default for ExactDedupeConfig {
    fn default() -> Self {
        Self {
            by: vec![ExactBy::Text],
            keep: Vec::new(),
            normalization: NormalizationKeys::default(),
            max_removed_ratio: None,
            source_column: None,
            cluster_columns: false,
            against: Vec::new(),
            index: false,
        }
    }
}

impl StageConfig for ExactDedupeConfig {
    type Stage = DedupeStage;

    const NAME: &'static str = "exact_dedupe";
    const EXAMPLES: &'static [Example] = &[
        Example::text("{}", "Home page").after(&[Document::Text("Another page")]).kept(),
        Example::text("{}", "Home page").after(&[Document::Text("Home page")]).duplicate(),
    ];
    const COST: Option<Cost> = Some(Cost::measured(1000.0, "textmill stages show exact_dedupe"));
    const IS_STEP: bool = true;

    fn build(self, input: Option<&Schema>) -> Result<DedupeStage, Vec<ConfigFault>> {
        Ok(DedupeStage::new(Self::NAME, self.try_into()?, input)?)
    }
}

/// What exact duplicates have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExactBy {
    /// The normal form of the text.
    Text,
    /// The normalised URL.
    Url,
}

fn known() -> String {
    crate::PRESETS.iter().map(|preset| format!("`{}`", preset.name)).collect::<Vec<_>>().join(", ")
}

/// How near-duplicates are found; absent where only exact ones are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MinhashSettings {
    /// How a normal form is cut.
    pub shingler: Shingler,
    /// Hashes per signature.
    pub hashes: u32,
    /// Seed of the hash functions.
    pub seed: u64,
    /// The bands.
    pub bands: Bands,
    /// How a pair is checked.
    pub verify: Verify,
    /// Similarity from which a checked pair passes.
    pub threshold: f64,
    /// Largest bucket in which every pair is compared.
    pub max_bucket: u32,
    /// Largest cluster.
    pub max_cluster: Option<u32>,
}

/// A checked configuration of either stage.
#[derive(Debug, Clone, PartialEq)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own in the pipeline file")]
pub struct DedupeSettings {
    /// What becomes of a text first.
    pub normalization: Normalization,
    /// Whether equal texts are duplicates.
    pub by_text: bool,
    /// Whether equal URLs are duplicates.
    pub by_url: bool,
    /// How near-duplicates are found.
    pub minhash: Option<MinhashSettings>,
    /// Order in which a document is chosen to stay.
    pub keep: Vec<KeepBy>,
    /// Largest share of a source that may be removed.
    pub max_removed_ratio: Option<f64>,
    /// Column with the source.
    pub source_column: Option<String>,
    /// Whether cluster id and size are added.
    pub cluster_columns: bool,
    /// Outputs of earlier runs.
    pub against: Vec<String>,
    /// Whether the keys are published.
    pub index: bool,
}

impl DedupeSettings {
    /// Everything that the keys depend on, in words: documents can be compared where it is equal.
    pub fn keys_made(&self) -> String {
        let hashes = self.minhash.map(|minhash| {
            let MinhashSettings { shingler, hashes, seed, bands, .. } = minhash;
            let shingles = if minhash.verify == Verify::Exact { ", with shingles" } else { "" };
            format!("; {hashes} hashes of {shingler:?} from seed {seed} in {bands:?}{shingles}")
        });
        let urls = if self.by_url { "; URLs" } else { "" };
        format!("keys 1: {:?}{}{urls}", self.normalization, hashes.unwrap_or_default())
    }
}

impl TryFrom<MinhashDedupeConfig> for DedupeSettings {
    type Error = ConfigFault;

    fn try_from(config: MinhashDedupeConfig) -> Result<Self, ConfigFault> {
        let unknown = || {
            let message = format!("there is no preset `{}`; there are {}", config.preset, known());
            ConfigFault::new("preset", message)
        };
        let preset = preset(&config.preset).ok_or_else(unknown)?;
        let threshold = config.threshold.or(preset.threshold).unwrap_or(DEFAULT_THRESHOLD);
        let bands = bands(&config, preset)?;
        let minhash = MinhashSettings {
            shingler: Shingler::new(
                config.unit.unwrap_or(preset.unit),
                config.ngram.or(NonZeroU32::new(preset.ngram)).unwrap_or(NonZeroU32::MIN),
            ),
            hashes: hashes(&config, preset, bands)?,
            seed: config.seed,
            bands,
            verify: config.verify,
            threshold: share("verify_threshold", config.verify_threshold.unwrap_or(threshold))?,
            max_bucket: config.max_bucket.get(),
            max_cluster: config.max_cluster.map(NonZeroU32::get),
        };
        share("threshold", threshold)?;
        Ok(Self {
            normalization: config.normalization.over(preset.normalization),
            by_text: true,
            by_url: config.same_url,
            minhash: Some(minhash),
            keep: keep(&config.keep)?,
            max_removed_ratio: config.max_removed_ratio.map(|ratio| share("max_removed_ratio", ratio)).transpose()?,
            source_column: config.source_column,
            cluster_columns: config.cluster_columns,
            against: config.against,
            index: config.index,
        })
    }
}

impl TryFrom<ExactDedupeConfig> for DedupeSettings {
    type Error = ConfigFault;

    fn try_from(config: ExactDedupeConfig) -> Result<Self, ConfigFault> {
        Ok(Self {
            normalization: config.normalization.over(Normalization::NONE),
            by_text: config.by.contains(&ExactBy::Text),
            by_url: config.by.contains(&ExactBy::Url),
            minhash: None,
            keep: keep(&config.keep)?,
            max_removed_ratio: config.max_removed_ratio.map(|ratio| share("max_removed_ratio", ratio)).transpose()?,
            source_column: config.source_column,
            cluster_columns: config.cluster_columns,
            against: config.against,
            index: config.index,
        })
    }
}

fn bands(config: &MinhashDedupeConfig, preset: &Preset) -> Result<Bands, ConfigFault> {
    match (config.bands, config.threshold, config.hashes) {
        (Some(bands), ..) => Ok(bands),
        (None, None, None) => Ok(preset.bands),
        (None, threshold, hashes) => {
            let threshold = threshold.or(preset.threshold).unwrap_or(DEFAULT_THRESHOLD);
            let hashes = hashes.unwrap_or(preset.hashes);
            if hashes == 0 || hashes > MAX_HASHES {
                return Err(wrong_hashes(hashes));
            }
            Ok(Bands::for_threshold(share("threshold", threshold)?, hashes))
        }
    }
}

fn hashes(config: &MinhashDedupeConfig, preset: &Preset, bands: Bands) -> Result<u32, ConfigFault> {
    match (config.hashes, config.bands) {
        (Some(hashes), _) if hashes == 0 || hashes > MAX_HASHES => Err(wrong_hashes(hashes)),
        (Some(hashes), _) if hashes < bands.hashes() => {
            let message = format!(
                "{} bands of {} rows need {} hashes, but `hashes` is {hashes}; leave `hashes` out or raise it",
                bands.bands(),
                bands.rows(),
                bands.hashes()
            );
            Err(ConfigFault::new("hashes", message))
        }
        (Some(hashes), _) => Ok(hashes),
        (None, Some(bands)) => Ok(bands.hashes()),
        (None, None) => Ok(preset.hashes.max(bands.hashes())),
    }
}

fn wrong_hashes(hashes: u32) -> ConfigFault {
    ConfigFault::new("hashes", format!("`hashes` is {hashes}; it must be from 1 to {MAX_HASHES}"))
}

fn keep(entries: &[String]) -> Result<Vec<KeepBy>, ConfigFault> {
    let wrong = |text: &String| format!("`{text}` is no `column`, `column asc` or `column desc`");
    let parse = |text: &String| KeepBy::parse(text).ok_or_else(|| ConfigFault::new("keep", wrong(text)));
    entries.iter().map(parse).collect()
}

fn share(field: &'static str, value: f64) -> Result<f64, ConfigFault> {
    ConfigFault::check(field, value, 0.0..=1.0).map(|()| value)
}

#[cfg(test)]
mod tests;

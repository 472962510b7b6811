use std::num::NonZeroU32;

use crate::{Bands, Normalization, Shingler, Unit};

/// The near-duplicate detection of a published corpus.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preset {
    /// Name of the corpus or pipeline.
    pub name: &'static str,
    /// Hashes per signature, at least those of the bands.
    pub hashes: u32,
    /// Its bands.
    pub bands: Bands,
    /// Length of its n-grams, in its own unit.
    pub ngram: u32,
    /// The unit of its n-grams; [`Unit::Auto`] where the source does not say.
    pub unit: Unit,
    /// Jaccard similarity from which it calls documents duplicates; none where it names only bands.
    pub threshold: Option<f64>,
    /// The normal form of its texts; datatrove's where the source does not say.
    pub normalization: Normalization,
}

const TEXTMILL: Normalization = Normalization::TEXTMILL;
const DATATROVE: Normalization = Normalization::DATATROVE;
const REDPAJAMA: Normalization = Normalization::REDPAJAMA;
const PLAIN: Normalization = Normalization::LOWER_NO_PUNCTUATION;

/// textmill's own detection, and the published ones that state (or, for `InternLM2` and WanJuan-CC, imply) bands.
pub static PRESETS: &[Preset] = &[
    // InternLM2's, in a normal form that keeps numbers, operators and marks on letters apart.
    row("textmill", 128, (14, 9), (5, Unit::Auto), Some(0.7), TEXTMILL),
    // 128 hashes and 0.7 are published, the bands are not: 14 x 9 is the split of at most 128 hashes
    // that weighs false positives and false negatives at 0.7 alike.
    row("internlm2", 128, (14, 9), (5, Unit::Auto), Some(0.7), DATATROVE),
    row("wanjuan_cc", 128, (14, 9), (5, Unit::Auto), Some(0.7), DATATROVE),
    row("fineweb", 112, (14, 8), (5, Unit::Word), None, DATATROVE),
    // Its words are those of a tokenizer per language; by characters it is for the scripts without blanks.
    row("fineweb_2", 112, (14, 8), (5, Unit::Auto), None, DATATROVE),
    row("refinedweb", 9000, (450, 20), (5, Unit::Auto), Some(0.8), DATATROVE),
    // The four splits that were published with the corpus; the plain name is the one for 0.8.
    row("redpajama", 128, (9, 13), (13, Unit::Word), Some(0.8), REDPAJAMA),
    row("redpajama_v2_0.7", 128, (14, 9), (13, Unit::Word), Some(0.7), REDPAJAMA),
    row("redpajama_v2_0.8", 128, (9, 13), (13, Unit::Word), Some(0.8), REDPAJAMA),
    row("redpajama_v2_0.9", 128, (5, 25), (13, Unit::Word), Some(0.9), REDPAJAMA),
    row("redpajama_v2_1.0", 128, (1, 128), (13, Unit::Word), Some(1.0), REDPAJAMA),
    row("dclm", 1395, (93, 15), (5, Unit::Auto), None, DATATROVE),
    // 0.8 and 13-grams; the split is that of 128 hashes for 0.8.
    row("slimpajama", 128, (9, 13), (13, Unit::Character), Some(0.8), PLAIN),
    row("matrix", 128, (9, 13), (13, Unit::Character), Some(0.8), PLAIN),
    row("matrix_zh", 128, (9, 13), (13, Unit::Character), Some(0.8), Normalization::NONE),
    row("map_neo", 128, (9, 13), (13, Unit::Character), Some(0.8), PLAIN),
    row("txt360", 128, (9, 13), (13, Unit::Auto), Some(0.8), PLAIN),
    row("data_prep_kit", 112, (14, 8), (5, Unit::Word), Some(0.75), DATATROVE),
    row("nemo_curator", 260, (20, 13), (24, Unit::Character), Some(0.8), Normalization::NONE),
];

const fn row(
    name: &'static str,
    hashes: u32,
    (bands, rows): (u32, u32),
    (ngram, unit): (u32, Unit),
    threshold: Option<f64>,
    normalization: Normalization,
) -> Preset {
    Preset { name, hashes, bands: Bands::published(bands, rows), ngram, unit, threshold, normalization }
}

impl Preset {
    /// How it cuts a normal form into shingles.
    pub fn shingler(&self) -> Shingler {
        Shingler::new(self.unit, NonZeroU32::new(self.ngram).unwrap_or(NonZeroU32::MIN))
    }
}

/// The preset called `name`.
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_are_valid_and_named_once() {
        for (index, entry) in PRESETS.iter().enumerate() {
            assert_eq!(Bands::new(entry.bands.bands(), entry.bands.rows()), Ok(entry.bands), "{}", entry.name);
            assert!(entry.bands.hashes() <= entry.hashes, "{}", entry.name);
            assert!(PRESETS.iter().take(index).all(|earlier| earlier.name != entry.name), "{}", entry.name);
        }
    }

    #[test]
    fn hash_counts_are_the_published_ones() {
        let hashes = |name| preset(name).map(|preset| preset.bands.hashes());
        assert_eq!(hashes("fineweb"), Some(112));
        assert_eq!(hashes("refinedweb"), Some(9000));
        assert_eq!(hashes("dclm"), Some(1395));
        assert_eq!(hashes("nemo_curator"), Some(260));
        assert_eq!(hashes("redpajama_v2_1.0"), Some(128));
        assert_eq!(hashes("internlm2"), Some(126));
        assert_eq!(hashes("unknown"), None);
    }

    #[test]
    fn implied_bands_follow_from_the_threshold() {
        for name in ["internlm2", "redpajama_v2_0.7", "redpajama", "redpajama_v2_0.9", "matrix", "txt360"] {
            let preset = preset(name).expect("listed");
            let threshold = preset.threshold.expect("stated");
            assert_eq!(Bands::for_threshold(threshold, preset.hashes), preset.bands, "{name}");
        }
    }
}

use crate::Bands;

/// The near-duplicate detection of a published corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Name of the corpus or pipeline.
    pub name: &'static str,
    /// Its bands.
    pub bands: Bands,
    /// Length of its n-grams, in its own unit.
    pub ngram: u32,
    /// What its n-grams are made of.
    pub unit: Unit,
}

/// What an n-gram is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Words.
    Word,
    /// Characters.
    Character,
    /// The source does not say.
    Unstated,
}

/// The published detections that state (or, for WanJuan-CC, imply) bands.
pub static PRESETS: &[Preset] = &[
    // 128 hashes and 0.7 are published, the bands are not: 14 x 9 is the split of at most 128 hashes
    // that weighs false positives and false negatives at 0.7 alike.
    row("wanjuan_cc", 14, 9, 5, Unit::Unstated),
    row("fineweb", 14, 8, 5, Unit::Word),
    row("fineweb_2", 14, 8, 5, Unit::Word),
    row("refinedweb", 450, 20, 5, Unit::Unstated),
    row("redpajama_v2_0.7", 14, 9, 13, Unit::Word),
    row("redpajama_v2_0.8", 9, 13, 13, Unit::Word),
    row("redpajama_v2_0.9", 5, 25, 13, Unit::Word),
    row("redpajama_v2_1.0", 1, 128, 13, Unit::Word),
    row("map_neo", 9, 13, 13, Unit::Character),
    row("txt360", 9, 13, 13, Unit::Unstated),
    row("data_prep_kit", 14, 8, 5, Unit::Word),
    row("nemo_curator", 20, 13, 24, Unit::Character),
];

const fn row(name: &'static str, bands: u32, rows: u32, ngram: u32, unit: Unit) -> Preset {
    Preset { name, bands: Bands::published(bands, rows), ngram, unit }
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
            assert!(PRESETS.iter().take(index).all(|earlier| earlier.name != entry.name), "{}", entry.name);
        }
    }

    #[test]
    fn hash_counts_are_the_published_ones() {
        let hashes = |name| preset(name).map(|preset| preset.bands.hashes());
        assert_eq!(hashes("fineweb"), Some(112));
        assert_eq!(hashes("refinedweb"), Some(9000));
        assert_eq!(hashes("nemo_curator"), Some(260));
        assert_eq!(hashes("redpajama_v2_1.0"), Some(128));
        assert_eq!(hashes("wanjuan_cc"), Some(126));
        assert_eq!(hashes("unknown"), None);
    }
}

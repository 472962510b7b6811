//! Stage statistics that other corpora published.
//!
//! The numbers are those printed in the source named with each table; the files are `configs/reference/*.yaml`. Ratios that
//! were printed are kept as printed, also where they differ from what the other printed ratios give: in WanJuan-CC's
//! figure by up to 0.2 percentage points.

use std::path::Path;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::error::ReportError;

/// The unit of a published ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Documents.
    Documents,
    /// Bytes.
    Bytes,
    /// The source does not say; compared with documents.
    Unstated,
}

impl Unit {
    /// The unit as a word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Bytes => "bytes",
            Self::Unstated => "unit not stated",
        }
    }

    /// The unit in which a run is shown beside it.
    pub const fn counted(self) -> &'static str {
        match self {
            Self::Documents | Self::Unstated => "documents",
            Self::Bytes => "bytes",
        }
    }
}

/// One step of a published table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedStage {
    /// Name of the step; a stage of ours whose id begins with it is set beside it.
    pub id: String,
    /// Its name in the source.
    pub title: String,
    /// Percentage removed of what the step before left, where the source prints it.
    #[serde(default)]
    pub removed: Option<f64>,
    /// Percentage retained of the raw input, where the source prints it.
    #[serde(default)]
    pub retained: Option<f64>,
    /// The amount that is left, in the unit of [`PublishedTable::raw`], where the source prints that.
    #[serde(default)]
    pub left: Option<f64>,
    /// Kinds of stages of ours that do the same.
    pub kinds: Vec<String>,
    /// Why a run on less data than the published one cannot be expected to show the same.
    #[serde(default)]
    pub scope: Option<String>,
}

/// The published table of one corpus.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedTable {
    /// Name by which it is asked for.
    pub name: String,
    /// The corpus.
    pub title: String,
    /// The unit of the counts.
    pub unit: Unit,
    /// Where the numbers stand.
    pub source: String,
    /// Remarks that one needs to read the numbers.
    pub notes: Vec<String>,
    /// The raw input, where steps are given as what is left.
    #[serde(default)]
    pub raw: Option<f64>,
    /// The steps in order.
    pub stages: Vec<PublishedStage>,
}

/// The files that are inside the program, in the order in which they are listed.
static FILES: &[(&str, &str)] = &[
    ("wanjuan-cc", include_str!("../../../configs/reference/wanjuan-cc.yaml")),
    ("map-neo-zh", include_str!("../../../configs/reference/map-neo-zh.yaml")),
    ("map-neo-en", include_str!("../../../configs/reference/map-neo-en.yaml")),
    ("chinese-web-text", include_str!("../../../configs/reference/chinese-web-text.yaml")),
    ("c4", include_str!("../../../configs/reference/c4.yaml")),
    ("fineweb-2-zh", include_str!("../../../configs/reference/fineweb-2-zh.yaml")),
    ("refinedweb", include_str!("../../../configs/reference/refinedweb.yaml")),
    ("txt360", include_str!("../../../configs/reference/txt360.yaml")),
    ("data-juicer-alpaca-cot-zh", include_str!("../../../configs/reference/data-juicer-alpaca-cot-zh.yaml")),
];

/// Every table that is inside the program.
pub fn tables() -> &'static [PublishedTable] {
    static TABLES: OnceLock<Vec<PublishedTable>> = OnceLock::new();
    // The tests read each of them.
    TABLES.get_or_init(|| FILES.iter().filter_map(|(name, text)| parse(name, text).ok()).collect())
}

fn parse(file: &str, text: &str) -> Result<PublishedTable, ReportError> {
    let failed = |reason: String| ReportError::BadTable { file: file.to_owned(), reason };
    let table: PublishedTable = serde_saphyr::from_str(text).map_err(|error| failed(error.to_string()))?;
    let mut before = 100.0;
    for (index, stage) in table.stages.iter().enumerate() {
        let share = table.retained(index).ok_or_else(|| {
            failed(format!("`{}` says neither what it retained nor, beside a `raw` above 0, what it left", stage.id))
        })?;
        if !(0.0..=before).contains(&(share * 100.0)) {
            return Err(failed(format!("`{}` retains more than the step before it, or less than nothing", stage.id)));
        }
        before = share * 100.0 + 1e-4;
    }
    Ok(table)
}

/// The table `name`: one of [`names`], or a file of the same form (`.yaml`).
pub fn table(name: &str) -> Result<PublishedTable, ReportError> {
    if let Some(table) = tables().iter().find(|table| table.name == name) {
        return Ok(table.clone());
    }
    if Path::new(name).extension().is_none_or(|extension| extension != "yaml" && extension != "yml") {
        return Err(ReportError::UnknownTable { name: name.to_owned(), known: names() });
    }
    let read = std::fs::read_to_string(name);
    let text = read.map_err(|error| ReportError::BadTable { file: name.to_owned(), reason: error.to_string() })?;
    parse(name, &text)
}

/// The names of all tables inside the program.
pub fn names() -> Vec<&'static str> {
    tables().iter().map(|table| table.name.as_str()).collect()
}

impl PublishedTable {
    /// Share that step `index` retained of the raw input, 0 to 1.
    pub fn retained(&self, index: usize) -> Option<f64> {
        let stage = self.stages.get(index)?;
        let of_raw = || Some(100.0 * stage.left? / self.raw.filter(|raw| *raw > 0.0)?);
        stage.retained.or_else(of_raw).map(from_percent)
    }

    /// Share that step `index` removed of what the step before left, 0 to 1: as printed, or from
    /// the retained shares.
    pub fn removed(&self, index: usize) -> Option<f64> {
        let stage = self.stages.get(index)?;
        if let Some(printed) = stage.removed {
            return Some(from_percent(printed));
        }
        let before = index.checked_sub(1).map_or(Some(1.0), |index| self.retained(index))?;
        (before > 0.0)
            .then_some(before)
            .and_then(|before| Some(from_percent(100.0 - 100.0 * self.retained(index)? / before)))
    }
}

/// A percentage as a share, rounded to six decimals: 37.8 is 0.378 and no long fraction.
fn from_percent(percent: f64) -> f64 {
    (percent * 1e4).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_table_of_its_name() {
        for (name, text) in FILES {
            let table = parse(name, text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(table.name, *name);
            for (index, stage) in table.stages.iter().enumerate() {
                assert!(table.stages.iter().skip(index + 1).all(|other| other.id != stage.id), "{name} {}", stage.id);
                assert!(
                    table.removed(index).is_some_and(|removed| (0.0..1.0).contains(&removed)),
                    "{name} {}",
                    stage.id
                );
            }
        }
        assert_eq!(tables().len(), FILES.len());
    }

    #[test]
    fn printed_removals_fit_the_retained_shares() {
        let table = table("wanjuan-cc").expect("is there");
        let mut before = 1.0;
        for (index, stage) in table.stages.iter().enumerate() {
            let retained = table.retained(index).expect("printed");
            let (derived, printed) = (1.0 - retained / before, table.removed(index).expect("printed"));
            assert!((derived - printed).abs() < 0.002, "{}: {derived} {printed}", stage.id);
            before = retained;
        }
    }

    #[test]
    fn removals_that_were_not_printed_are_derived() {
        let removed = |name: &str, index| table(name).ok().and_then(|table| table.removed(index)).expect("a stage");
        assert!((removed("map-neo-zh", 1) - 0.316).abs() < 0.001);
        assert!((removed("chinese-web-text", 0) - 0.6295).abs() < 0.0001);
        assert!((removed("c4", 1) - 0.0725).abs() < 0.0001);
        assert!((removed("fineweb-2-zh", 1) - 0.5719).abs() < 0.0001);
        assert!(table("map-neo-en").expect("is there").removed(9).is_none());
    }

    #[test]
    fn tables_of_ones_own_are_read_and_wrong_ones_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mine.yaml");
        let read = |text: &str| {
            std::fs::write(&path, text).expect("written");
            table(&path.display().to_string()).map_err(|error| error.to_string())
        };
        let good = "name: mine\ntitle: Mine\nunit: documents\nsource: me\nnotes: []\nstages:\n  - {id: rules, title: Rules, \
                    retained: 40, kinds: [filter]}\n";
        assert_eq!(read(good).expect("good").stages.len(), 1);
        for (bad, part) in [
            (good.replace("retained: 40", "retained: 140"), "retains more"),
            (good.replace("retained: 40, ", ""), "neither"),
            (good.replace("retained: 40", "left: 40"), "neither"),
            (good.replace("unit: documents", "unit: pages"), "pages"),
            (good.replace("title: Mine", "titel: Mine"), "titel"),
        ] {
            let error = read(&bad).expect_err("refused");
            assert!(error.contains(part) && error.contains("mine.yaml"), "{error}");
        }
        assert!(table("none.yaml").expect_err("no such file").to_string().contains("none.yaml"));
    }
}

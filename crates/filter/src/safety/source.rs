use super::SafetyConfig;
use crate::Level;
use crate::url::{Domains, Loaded, UrlListError, UrlMatching, UrlParts};

/// How far a source is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceType {
    /// No word drops its documents.
    Safe,
    /// Only the gravest words drop its documents.
    Domestic,
    /// Any other.
    Other,
}

impl SourceType {
    /// Its name in the column `source_type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Domestic => "domestic",
            Self::Other => "other",
        }
    }
}

/// Tells the types of sources.
#[derive(Debug, Clone)]
pub(super) struct Sources {
    safe: Vec<String>,
    domestic: Vec<String>,
    safe_domains: Domains,
    domestic_domains: Domains,
    domestic_level: Option<Level>,
    other_level: Option<Level>,
}

impl Sources {
    /// Loads the lists.
    pub(super) fn load(config: &SafetyConfig, loaded: &mut Loaded) -> Result<Self, UrlListError> {
        let mut domains = |list, field| Domains::load(list, field, UrlMatching::Subdomains, loaded);
        Ok(Self {
            safe: config.safe_sources.clone(),
            domestic: config.domestic_sources.clone(),
            safe_domains: domains(&config.safe_domains, "safe_domains")?,
            domestic_domains: domains(&config.domestic_domains, "domestic_domains")?,
            domestic_level: config.domestic_level,
            other_level: config.other_level,
        })
    }

    /// The type of a source: what its name says, else its host.
    pub(super) fn of(&self, name: Option<&str>, parts: Option<&UrlParts<'_>>) -> SourceType {
        let named = |list: &[String]| name.is_some_and(|name| list.iter().any(|known| known == name.trim()));
        let hosted = |set: &Domains| parts.is_some_and(|parts| set.shortest(parts).is_some());
        if named(&self.safe) {
            return SourceType::Safe;
        }
        if named(&self.domestic) {
            return SourceType::Domestic;
        }
        if hosted(&self.safe_domains) {
            return SourceType::Safe;
        }
        if hosted(&self.domestic_domains) { SourceType::Domestic } else { SourceType::Other }
    }

    /// The mildest level that drops a document of a source of this type.
    pub(super) fn mildest(&self, source: SourceType) -> Option<Level> {
        match source {
            SourceType::Safe => None,
            SourceType::Domestic => self.domestic_level,
            SourceType::Other => self.other_level,
        }
    }
}

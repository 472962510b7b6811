use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Documents and characters that one kind of rewriting changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Changed {
    /// Documents with at least one change.
    pub documents: u64,
    /// Characters of their old texts that were deleted or replaced.
    pub characters: u64,
}

/// What a stage rewrote inside the documents that it kept, by kind (`half_width`, `email`, ...).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Changes(BTreeMap<String, Changed>);

impl Changes {
    /// Whether nothing was changed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts one document in which `characters` were changed; none is no change.
    ///
    /// ```
    /// use textmill_document::{Changed, Changes};
    ///
    /// let mut changes = Changes::default();
    /// changes.add("half_width", 3);
    /// changes.add("half_width", 0);
    /// assert_eq!(changes.get("half_width"), Changed { documents: 1, characters: 3 });
    /// ```
    pub fn add(&mut self, kind: &str, characters: u64) {
        if characters > 0 {
            self.add_changed(kind, Changed { documents: 1, characters });
        }
    }

    /// Adds the counts of `other`.
    pub fn merge(&mut self, other: &Self) {
        for (kind, changed) in &other.0 {
            self.add_changed(kind, *changed);
        }
    }

    /// The count of `kind`.
    pub fn get(&self, kind: &str) -> Changed {
        self.0.get(kind).copied().unwrap_or_default()
    }

    /// All kinds in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Changed)> {
        self.0.iter().map(|(kind, changed)| (kind.as_str(), *changed))
    }

    fn add_changed(&mut self, kind: &str, more: Changed) {
        if !self.0.contains_key(kind) {
            self.0.insert(kind.to_owned(), Changed::default());
        }
        if let Some(total) = self.0.get_mut(kind) {
            total.documents += more.documents;
            total.characters += more.characters;
        }
    }
}

//! Lists of words with levels, and which of their entries are in a text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aho_corasick::AhoCorasick;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Separates the parts of a compound, all of which must be there.
const AND: &str = "&&&";

/// Fewest characters of an entry of ASCII only: `llm_web_kit` ignores those of up to four.
pub(crate) const DEFAULT_MIN_LATIN_CHARS: u64 = 5;

/// How grave an entry is; `l1` is the gravest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The gravest, and that of entries without a level.
    #[default]
    L1,
    /// Drops in sources that are not trusted.
    L2,
    /// A hint.
    L3,
    /// A weak hint.
    L4,
}

impl Level {
    /// Its number, 1 to 4.
    pub fn number(self) -> u8 {
        match self {
            Self::L1 => 1,
            Self::L2 => 2,
            Self::L3 => 3,
            Self::L4 => 4,
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let known = [("L1", Self::L1), ("L2", Self::L2), ("L3", Self::L3), ("L4", Self::L4)];
        known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(text.trim())).map(|(_, level)| level)
    }
}

/// Where the entries of a list come from.
pub(crate) struct WordSource<'a> {
    /// Files with an entry a line, a tab and its level after it where it is not `L1`.
    pub(crate) files: &'a [PathBuf],
    /// Entries of level `l1`.
    pub(crate) words: &'a [String],
    /// Entries that do not count.
    pub(crate) allow: &'a [String],
    /// Fewest characters of an entry of ASCII only.
    pub(crate) min_latin_chars: u64,
}

impl WordSource<'_> {
    /// The list, of the levels that `wanted` takes, and the digest of each file. What is wrong is said as what
    /// follows the name of the field.
    pub(crate) fn load(&self, wanted: impl Fn(Level) -> bool) -> Result<(WordList, Vec<String>), String> {
        let mut entries: Vec<(String, Level)> = self.words.iter().map(|word| (word.clone(), Level::L1)).collect();
        let mut digests = Vec::new();
        for path in self.files {
            let (more, digest) = read(path).map_err(|problem| format!("names `{}`: {problem}", path.display()))?;
            entries.extend(more);
            digests.push(digest);
        }
        let allow: Vec<String> = self.allow.iter().map(|entry| entry.trim().to_lowercase()).collect();
        let mut unique = BTreeMap::new();
        for (entry, level) in entries.into_iter().filter(|(_, level)| wanted(*level)) {
            let entry = entry.trim().to_lowercase();
            let is_short = entry.is_ascii() && (entry.len() as u64) < self.min_latin_chars;
            if !entry.is_empty() && !is_short && !allow.contains(&entry) {
                // Of an entry with two levels, the graver one.
                let known = unique.entry(entry).or_insert(level);
                *known = level.min(*known);
            }
        }
        let list = WordList::new(unique).map_err(|error| format!("are too large together: {error}"))?;
        Ok((list, digests))
    }
}

/// The entries of a file with their levels, and its digest.
fn read(path: &Path) -> Result<(Vec<(String, Level)>, String), String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let mut entries = Vec::new();
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line.trim_end())) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (entry, level) = match line.split_once('\t') {
            None => (line, Level::L1),
            Some((entry, level)) => {
                let wrong = || format!("line {number} has the level `{level}`; it must be L1 to L4");
                (entry, Level::parse(level).ok_or_else(wrong)?)
            }
        };
        entries.push((entry.to_owned(), level));
    }
    Ok((entries, format!("blake3:{}", blake3::hash(text.as_bytes()).to_hex())))
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// As it is in the list, in lower case.
    pub(crate) text: String,
    /// How grave it is.
    pub(crate) level: Level,
    parts: Vec<usize>,
}

/// Entries, and what finds them in one pass.
#[derive(Debug, Clone)]
pub(crate) struct WordList {
    /// Finds the parts of entries.
    search: AhoCorasick,
    /// For each part, whether it is of ASCII only.
    is_latin: Vec<bool>,
    entries: Vec<Entry>,
}

impl WordList {
    fn new(entries: BTreeMap<String, Level>) -> Result<Self, aho_corasick::BuildError> {
        let split = |entry: &str| -> Vec<String> {
            entry.split(AND).map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
        };
        let mut parts: Vec<String> = entries.keys().flat_map(|entry| split(entry)).collect();
        parts.sort_unstable();
        parts.dedup();
        let place = |part: &String| parts.binary_search(part).ok();
        let entry = |(text, level): (String, Level)| {
            let parts = split(&text).iter().filter_map(place).collect();
            Entry { text, level, parts }
        };
        let entries = entries.into_iter().map(entry).filter(|entry| !entry.parts.is_empty()).collect();
        let search = AhoCorasick::new(&parts)?;
        Ok(Self { search, is_latin: parts.iter().map(|part| part.is_ascii()).collect(), entries })
    }

    /// Whether it has no entry that could be found.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries that are in `text`, in the order of their texts: a part of ASCII where no ASCII letter stands beside
    /// it, any other part anywhere, and all parts of a compound.
    pub(crate) fn found(&self, text: &str) -> impl Iterator<Item = &Entry> {
        let lower = text.to_lowercase();
        let bytes = lower.as_bytes();
        let is_letter = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphabetic);
        let mut found = vec![false; self.is_latin.len()];
        for hit in self.search.find_overlapping_iter(&lower) {
            let part = hit.pattern().as_usize();
            let is_latin = self.is_latin.get(part).is_some_and(|is_latin| *is_latin);
            let stands_alone = !is_letter(hit.start().checked_sub(1)) && !is_letter(Some(hit.end()));
            if let Some(found) = found.get_mut(part).filter(|_| !is_latin || stands_alone) {
                *found = true;
            }
        }
        let is_there = move |part: &usize| found.get(*part).is_some_and(|found| *found);
        self.entries.iter().filter(move |entry| entry.parts.iter().all(&is_there))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &[(&str, Level)], allow: &[&str]) -> WordList {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list.txt");
        let lines: String = words.iter().map(|(word, level)| format!("{word}\tL{}\n", level.number())).collect();
        std::fs::write(&path, lines).expect("written");
        let allow: Vec<String> = allow.iter().map(|entry| (*entry).to_owned()).collect();
        let (files, min_latin_chars) = (&[path], DEFAULT_MIN_LATIN_CHARS);
        WordSource { files, words: &[], allow: &allow, min_latin_chars }.load(|_| true).expect("good").0
    }

    #[test]
    fn the_graver_of_two_levels_counts_and_entries_keep_their_text() {
        let list =
            list(&[("Casino", Level::L3), ("casino", Level::L2), ("赌&&&场", Level::L4), ("abcd", Level::L1)], &[]);
        let found = |text: &str| -> Vec<(String, u8)> {
            list.found(text).map(|entry| (entry.text.clone(), entry.level.number())).collect()
        };
        assert_eq!(found("CASINO, 场地 赌 abcd"), [("casino".to_owned(), 2), ("赌&&&场".to_owned(), 4)]);
        assert!(found("casino2x casinos 赌").iter().all(|(text, _)| text == "casino"));
        assert!(found("").is_empty());
    }

    #[test]
    fn entries_of_nothing_are_no_entries() {
        assert!(list(&[("&&&", Level::L1), (" ", Level::L1), ("good1", Level::L1)], &["GOOD1"]).is_empty());
        assert!(WordList::new(BTreeMap::new()).expect("empty").found("text").next().is_none());
    }
}

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use textmill_document::ConfigFault;

use super::fields::{self, FIELDS};

/// What was found in an evaluation set.
#[derive(Debug, Clone, Default)]
pub(super) struct SetReport {
    /// Name of the file.
    pub(super) file: String,
    pub(super) items: u64,
    /// Items with a text in the fields looked for.
    pub(super) usable: u64,
    /// Usable items of which every text is too short.
    pub(super) short: u64,
    /// The first item without a text: its line or place, and the fields that it has.
    without: Option<u64>,
    /// How often each field gave a text.
    counts: BTreeMap<String, u64>,
    /// Fields with texts, in the items without one that was looked for.
    others: Vec<String>,
    looked_for: Vec<String>,
}

impl SetReport {
    pub(super) fn new(path: &Path, names: &[String]) -> Self {
        let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Self { file, looked_for: names.to_vec(), ..Self::default() }
    }

    pub(super) fn count(&mut self, field: &str) {
        *self.counts.entry(field.to_owned()).or_default() += 1;
    }

    /// An item, whether it has a text, and whether one of them is looked for.
    pub(super) fn item(&mut self, number: u64, item: &Value, has_text: bool, added: bool) {
        self.items += 1;
        self.usable += u64::from(has_text);
        self.short += u64::from(has_text && !added);
        if !has_text {
            self.without.get_or_insert(number);
            fields::with_text(item, &mut self.others);
        }
    }

    fn has(&self, field: &str) -> bool {
        self.counts.contains_key(field)
    }

    fn looked_for(&self) -> String {
        if self.looked_for.is_empty() { FIELDS.join(", ") } else { self.looked_for.join(", ") }
    }

    fn others(&self) -> String {
        if self.others.is_empty() {
            return "they have no field with a text".to_owned();
        }
        let quoted: Vec<_> = self.others.iter().map(|name| format!("`{name}`")).collect();
        format!("they have {}", quoted.join(", "))
    }

    pub(super) fn no_texts(&self, path: &Path) -> ConfigFault {
        let (items, fields, others) = (self.items, self.looked_for(), self.others());
        let message = format!(
            "{}: none of {items} items has a text in one of: {fields}; {others}; name the fields with texts in `fields`",
            path.display()
        );
        ConfigFault::new("fields", message)
    }

    /// Items that cannot be found, and why.
    fn warnings(&self, ngram: u32, shortest: u32) -> Vec<String> {
        let Self { file, items, usable, short, without, .. } = self;
        let mut said = Vec::new();
        if let Some(first) = without {
            let missing = items - usable;
            said.push(format!(
                "`against`: {missing} of {items} items of {file} have no text in {}, the first is {file}:{first}; {}",
                self.looked_for(),
                self.others()
            ));
        }
        if *short > 0 {
            let least = shortest.min(ngram);
            let what = "`short_items_from` finds shorter ones where they stand whole, for example from 5 tokens on";
            said.push(format!(
                "`against`: {short} of {items} items of {file} have fewer than {least} tokens and are not looked for; {what}"
            ));
        }
        said
    }

    fn note(&self) -> String {
        let counts: Vec<_> = self.counts.iter().map(|(field, count)| format!("{field} {count}")).collect();
        let Self { file, items, usable, short, .. } = self;
        let found = usable - short;
        format!("`against`: {found} of {items} items of {file} are looked for (texts: {})", counts.join(", "))
    }
}

/// What is to be said of all sets: items that cannot be found, and fields that are in no item.
pub(super) fn warnings(sets: &[SetReport], names: &[String], ngram: u32, shortest: u32) -> Vec<String> {
    let missing = names.iter().filter(|name| !sets.iter().any(|set| set.has(name)));
    let mut said: Vec<String> = missing
        .map(|name| {
            let items: u64 = sets.iter().map(|set| set.items).sum();
            let usable: u64 = sets.iter().map(|set| set.usable).sum();
            format!(
                "`fields`: `{name}` has a text in no item; {usable} of {items} items are usable by the other fields"
            )
        })
        .collect();
    said.extend(sets.iter().flat_map(|set| set.warnings(ngram, shortest)));
    said
}

/// How many items of each set are looked for.
pub(super) fn notes(sets: &[SetReport]) -> Vec<String> {
    sets.iter().map(SetReport::note).collect()
}

//! Files that are found and not read: each is named, once, with the reason.

use std::collections::BTreeMap;

/// Names that one message shows.
const SHOWN: usize = 10;

/// Files that are not read, by the reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LeftOut(BTreeMap<String, Vec<String>>);

impl LeftOut {
    /// Notes that `name` is left out because of `reason`, as in "it is empty".
    pub(crate) fn add(&mut self, name: impl Into<String>, reason: impl Into<String>) {
        let (name, names) = (name.into(), self.0.entry(reason.into()).or_default());
        if !names.contains(&name) {
            names.push(name);
        }
    }

    pub(crate) fn extend(&mut self, other: Self) {
        for (reason, names) in other.0 {
            names.into_iter().for_each(|name| self.add(name, reason.clone()));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One message a reason.
    pub(crate) fn notes(&self) -> Vec<String> {
        let note = |(reason, names): (&String, &Vec<String>)| {
            let shown: Vec<_> = names.iter().take(SHOWN).map(String::as_str).collect();
            let more = if names.len() > SHOWN { ", ..." } else { "" };
            let count = names.len();
            let what = if count == 1 { "input file is" } else { "input files are" };
            format!("{count} {what} left out ({reason}): {}{more}", shown.join(", "))
        };
        self.0.iter().map(note).collect()
    }
}

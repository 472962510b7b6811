//! `input.exclude`: files that are found and not wanted.

use globset::{GlobBuilder, GlobMatcher};

use crate::IngestError;

/// The patterns of `input.exclude`, and how many files each took.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exclude(Vec<Pattern>);

#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    matcher: GlobMatcher,
    /// Whether it is about the file's own name, wherever the file lies.
    is_name: bool,
    taken: u64,
}

impl Exclude {
    /// Reads `patterns`.
    pub(crate) fn new(patterns: &[String]) -> Result<Self, Vec<IngestError>> {
        let (mut read, mut errors) = (Vec::new(), Vec::new());
        for text in patterns {
            let is_name = !text.contains('/');
            let folder = text.strip_suffix('/').map(|folder| format!("{folder}/**"));
            let glob = GlobBuilder::new(folder.as_deref().unwrap_or(text))
                .literal_separator(true)
                .empty_alternates(true)
                .build();
            match glob {
                Ok(glob) => {
                    let matcher = glob.compile_matcher();
                    read.push(Pattern { text: text.clone(), matcher, is_name, taken: 0 });
                }
                Err(error) => errors.push(IngestError::config(format!("`exclude` `{text}`: {error}"))),
            }
        }
        if errors.is_empty() { Ok(Self(read)) } else { Err(errors) }
    }

    /// Whether the file `name`, as it is called below its entry of `paths`, or its whole `location` is excluded.
    pub(crate) fn takes(&mut self, name: &str, location: &str) -> bool {
        let own = name.rsplit('/').next().unwrap_or(name);
        let fits = |pattern: &Pattern| {
            let matcher = &pattern.matcher;
            if pattern.is_name { matcher.is_match(own) } else { matcher.is_match(name) || matcher.is_match(location) }
        };
        let Some(pattern) = self.0.iter_mut().find(|pattern| fits(pattern)) else {
            return false;
        };
        pattern.taken += 1;
        true
    }

    /// What a person should know: patterns that took nothing are mistakes.
    pub(crate) fn notes(&self) -> Vec<String> {
        let taken: u64 = self.0.iter().map(|pattern| pattern.taken).sum();
        let mut notes = Vec::new();
        if taken > 0 {
            notes.push(format!("{taken} input files are left out by `input.exclude`"));
        }
        let idle = self.0.iter().filter(|pattern| pattern.taken == 0);
        notes.extend(idle.map(|pattern| format!("`input.exclude`: `{}` matches no input file", pattern.text)));
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_about_names_paths_and_folders() {
        let patterns = ["*.tmp", "old/*.jsonl", "/abs/**/x.*", "logs/"].map(str::to_owned);
        let mut exclude = Exclude::new(&patterns).expect("patterns");
        for (name, location, taken) in [
            ("deep/er/a.tmp", "/r/deep/er/a.tmp", true),
            ("old/a.jsonl", "/r/old/a.jsonl", true),
            ("old/er/a.jsonl", "/r/old/er/a.jsonl", false),
            ("b/x.gz", "/abs/b/x.gz", true),
            ("logs/2024/a.jsonl", "/r/logs/2024/a.jsonl", true),
            ("logs.jsonl", "/r/logs.jsonl", false),
        ] {
            assert_eq!(exclude.takes(name, location), taken, "{name}");
        }
        assert_eq!(exclude.notes(), ["4 input files are left out by `input.exclude`"]);
        let idle = Exclude::new(&["*.gone".to_owned()]).expect("a pattern");
        assert_eq!(idle.notes(), ["`input.exclude`: `*.gone` matches no input file"]);
        assert!(Exclude::new(&["a[".to_owned()]).is_err());
    }
}

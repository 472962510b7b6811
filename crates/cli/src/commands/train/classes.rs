use globset::{GlobBuilder, GlobMatcher};

use crate::exit::CommandError;

/// Which label of a file means which label of the model.
#[derive(Debug, Default)]
pub(super) struct Classes(Vec<(String, GlobMatcher)>);

impl Classes {
    /// From `LABEL=PATTERN`; patterns have `*`, `?`, `[..]` and `{a,b}`.
    pub(super) fn parse(given: &[String]) -> Result<Self, CommandError> {
        let hint = "write LABEL=PATTERN, for example toxic=1 or raw=wet/*";
        let class = |text: &String| {
            let (label, pattern) = text
                .split_once('=')
                .filter(|(label, _)| !label.is_empty())
                .ok_or_else(|| CommandError::usage(format!("`{text}` is no class"), hint))?;
            let glob = GlobBuilder::new(pattern).build();
            let glob = glob.map_err(|error| CommandError::usage(format!("`{text}`: {error}"), hint))?;
            Ok((label.to_owned(), glob.compile_matcher()))
        };
        given.iter().map(class).collect::<Result<_, _>>().map(Self)
    }

    /// The label of the model: the first class that matches; the label itself where there are no classes.
    pub(super) fn of<'a>(&'a self, label: &'a str) -> Option<&'a str> {
        if self.0.is_empty() {
            return Some(label);
        }
        self.0.iter().find(|(_, pattern)| pattern.is_match(label)).map(|(class, _)| class.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_class_that_matches_is_taken() {
        let given = ["toxic=1", "clean=0", "raw=wet/*", "raw=*"].map(ToOwned::to_owned);
        let classes = Classes::parse(&given).expect("good");
        assert_eq!(["1", "0", "wet/a", "x"].map(|label| classes.of(label)), ["toxic", "clean", "raw", "raw"].map(Some));
        assert_eq!(Classes::parse(&given[..2]).expect("good").of("2"), None);
        assert_eq!(Classes::default().of("2"), Some("2"));
        assert!(Classes::parse(&["toxic".to_owned()]).is_err() && Classes::parse(&["a=[".to_owned()]).is_err());
    }
}

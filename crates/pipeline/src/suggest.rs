//! "Did you mean ...?"

/// The known name that `wrong` was most likely meant to be.
pub(crate) fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = plain(wrong);
    let longest_distance = (wanted.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| {
            let distance = strsim::damerau_levenshtein(&wanted, &plain(name));
            // `lang` for `language`: many letters away, yet clear.
            let abbreviated = wanted.len() >= 3 && plain(name).starts_with(&wanted);
            (if abbreviated { distance.min(1) } else { distance }, name)
        })
        .filter(|(distance, _)| *distance <= longest_distance)
        .min()
        .map(|(_, name)| name)
}

/// A hint that names the nearest known name and lists all of them, sorted.
pub(crate) fn hint<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>, listed_as: &str) -> Option<String> {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    known.dedup();
    if known.is_empty() {
        return None;
    }
    let list = format!("{listed_as}: {}", known.join(", "));
    match nearest(wrong, known.iter().copied()) {
        Some(name) => Some(format!("did you mean `{name}`? {list}")),
        None => Some(list),
    }
}

/// Case and the choice between `-` and `_` are the most frequent mistakes of all.
fn plain(name: &str) -> String {
    name.to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant_and_nothing_else() {
        let known = ["min_words", "max_words", "language", "normalize"];
        assert_eq!(nearest("min_word", known), Some("min_words"));
        assert_eq!(nearest("Min-Words", known), Some("min_words"));
        assert_eq!(nearest("lang", known), Some("language"));
        assert_eq!(nearest("normalise", known), Some("normalize"));
        assert_eq!(nearest("threads", known), None);
        assert_eq!(nearest("", known), None);
    }
}

//! How much of a text was changed.

/// Characters looked ahead for the place where two texts go on alike.
const WINDOW: usize = 48;
/// Equal characters that make two texts go on alike.
const ANCHOR: usize = 3;

/// What is known of how the new text came from the old one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edits {
    /// Characters were deleted.
    Deletions,
    /// Characters were replaced, one by one where there are as many as before.
    Replacements,
    /// Anything.
    Any,
}

/// Characters of `old` that are not in `new`: deleted, or replaced by others. Inserted ones do not count.
pub(crate) fn changed_chars(old: &str, new: &str, edits: Edits) -> u64 {
    let chars = |text: &str| text.chars().count() as u64;
    match edits {
        Edits::Deletions => chars(old).saturating_sub(chars(new)),
        Edits::Replacements if old.len() == new.len() => same_size_changes(old, new),
        Edits::Replacements if chars(old) == chars(new) => {
            old.chars().zip(new.chars()).filter(|(a, b)| a != b).count() as u64
        }
        _ => aligned_changes(old, new),
    }
}

/// The same where each character became one of as many bytes.
fn same_size_changes(old: &str, new: &str) -> u64 {
    let different = old.bytes().zip(new.bytes()).enumerate().filter(|(_, (a, b))| a != b).map(|(at, _)| at);
    let mut starts = 0;
    let mut end = 0;
    for at in different {
        if at >= end {
            starts += 1;
            end = (at + 1..=old.len()).find(|next| old.is_char_boundary(*next)).unwrap_or(old.len());
        }
    }
    starts
}

/// The same where nothing is known.
///
/// Both are walked together; where they differ, the nearest place (within 48 characters) at which three characters
/// agree again ends the difference. That is exact where characters are replaced one by one or deleted in short
/// runs, as normalising does.
fn aligned_changes(old: &str, new: &str) -> u64 {
    let (mut old, mut new) = (old, new);
    let mut changed = 0;
    loop {
        (old, new) = without_common_start(old, new);
        if old.is_empty() {
            return changed;
        }
        if new.is_empty() {
            return changed + old.chars().count() as u64;
        }
        let (skip_old, skip_new) = next_alike(old, new).unwrap_or((1, 1));
        changed += skip_old as u64;
        (old, new) = (after(old, skip_old), after(new, skip_new));
    }
}

fn without_common_start<'t>(old: &'t str, new: &'t str) -> (&'t str, &'t str) {
    let equal = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
    let start = (0..=equal).rev().find(|at| old.is_char_boundary(*at) && new.is_char_boundary(*at)).unwrap_or(0);
    (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default())
}

/// Characters to skip in each, fewest first, before both go on alike.
fn next_alike(old: &str, new: &str) -> Option<(usize, usize)> {
    let olds: Vec<char> = old.chars().take(WINDOW + ANCHOR).collect();
    let news: Vec<char> = new.chars().take(WINDOW + ANCHOR).collect();
    let alike = |a: usize, b: usize| match (olds.get(a..), news.get(b..)) {
        (Some(a), Some(b)) => {
            let length = ANCHOR.min(a.len().max(b.len()));
            a.get(..length).is_some_and(|head| b.get(..length) == Some(head))
        }
        _ => false,
    };
    (1..=WINDOW).find_map(|skips| {
        // One for one first, then deletion before insertion.
        let mut pairs: Vec<(usize, usize)> = (0..=skips).map(|fewer| (skips, skips - fewer)).collect();
        pairs.extend((1..=skips).map(|fewer| (skips - fewer, skips)));
        pairs.into_iter().find(|(a, b)| alike(*a, *b))
    })
}

fn after(text: &str, chars: usize) -> &str {
    let mut rest = text.chars();
    rest.by_ref().take(chars).for_each(drop);
    rest.as_str()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn replaced_and_deleted_characters_are_counted() {
        for (old, new, changed) in [
            ("", "", 0),
            ("same", "same", 0),
            ("ＡＢ and ＣＤ", "AB and CD", 4),
            ("a\u{200b}bcd", "abcd", 1),
            ("a   b", "a b", 2),
            ("cafÃ© noir", "café noir", 2),
            ("x &amp; y", "x & y", 4),
            ("abc", "", 3),
            ("", "abc", 0),
            ("e\u{301}t", "ét", 2),
            ("end  ", "end", 2),
        ] {
            assert_eq!(changed_chars(old, new, Edits::Any), changed, "{old:?} to {new:?}");
        }
    }

    #[test]
    fn replacements_are_counted_alike_whatever_their_size() {
        for (old, new, changed) in [("報告發", "报告发", 2), ("將１", "将1", 2), ("一二", "三四", 2), ("é", "è", 1)]
        {
            assert_eq!(changed_chars(old, new, Edits::Replacements), changed, "{old}");
        }
    }

    proptest! {
        #[test]
        fn never_more_than_there_are(old in "[a-c中 ]{0,60}", new in "[a-c中 ]{0,60}") {
            for edits in [Edits::Deletions, Edits::Replacements, Edits::Any] {
                prop_assert!(changed_chars(&old, &new, edits) <= old.chars().count() as u64);
                prop_assert_eq!(changed_chars(&old, &old, edits), 0);
            }
        }
    }
}

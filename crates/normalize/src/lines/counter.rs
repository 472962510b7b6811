use super::Verdict;

/// What is counted (DCLM, `counter` line filter).
const COUNTED: &[&str] = &[
    "likes",
    "shares",
    "comments",
    "retweets",
    "reposts",
    "quotes",
    "bookmarks",
    "upvotes",
    "downvotes",
    "downloads",
    "views",
    "followers",
];

/// A number, perhaps with a unit (`1.2K`), and what it counts; nothing else but punctuation.
pub(super) fn judge(line: &str) -> Verdict {
    let is_word = |char: char| char.is_alphanumeric() || char == '_';
    let inner = line.trim_matches(|char| !is_word(char));
    let Some((number, counted)) = inner.split_once(char::is_whitespace) else { return Verdict::Keep };
    let number = number.strip_suffix(['K', 'k', 'M', 'm', 'B', 'b']).unwrap_or(number);
    let is_number = number.starts_with(|char: char| char.is_ascii_digit())
        && number.chars().all(|char| char.is_ascii_digit() || matches!(char, ',' | '.'));
    let counted = counted.trim_start();
    Verdict::delete_if(is_number && COUNTED.iter().any(|word| counted.eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_a_number_and_what_it_counts() {
        for gone in ["3 likes", "1,204 Views", "1.2K followers", "• 15 comments •", "7m  downloads"] {
            assert_eq!(judge(gone), Verdict::Delete, "{gone}");
        }
        for kept in ["likes", "3 like", "3 likes and more", "about 3 likes", "K likes", "3Q likes", "3likes"] {
            assert_eq!(judge(kept), Verdict::Keep, "{kept}");
        }
    }
}

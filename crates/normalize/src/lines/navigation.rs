use super::Verdict;

/// Longest line, in words, that is looked at (`RefinedWeb`, appendix G.2).
const MAX_WORDS: usize = 10;
const AT_START: &str = "sign-in";
const AT_END: &str = "read more...";
const ANYWHERE: &str = "items in cart";

pub(super) fn judge(line: &str) -> Verdict {
    if line.split_whitespace().nth(MAX_WORDS).is_some() {
        return Verdict::Keep;
    }
    let rest = line.trim();
    let shorter = without(rest, AT_START, at_start(rest))
        .or_else(|| without(rest, AT_END, at_end(rest)))
        .or_else(|| without(rest, ANYWHERE, anywhere(rest)));
    shorter.map_or(Verdict::Keep, Verdict::Shorten)
}

fn at_start(line: &str) -> Option<usize> {
    line.get(..AT_START.len()).filter(|start| start.eq_ignore_ascii_case(AT_START)).map(|_| 0)
}

fn at_end(line: &str) -> Option<usize> {
    let start = line.len().checked_sub(AT_END.len())?;
    line.get(start..).filter(|end| end.eq_ignore_ascii_case(AT_END)).map(|_| start)
}

fn anywhere(line: &str) -> Option<usize> {
    line.as_bytes().windows(ANYWHERE.len()).position(|window| window.eq_ignore_ascii_case(ANYWHERE.as_bytes()))
}

/// `line` without `phrase`, which stands at byte `at`, and without the spaces around it.
fn without(line: &str, phrase: &str, at: Option<usize>) -> Option<String> {
    let at = at?;
    let before = line.get(..at)?.trim_end();
    let after = line.get(at + phrase.len()..)?.trim_start();
    let space = if before.is_empty() || after.is_empty() { "" } else { " " };
    Some([before, space, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_cut_from_short_lines() {
        let cut = |line: &str| match judge(line) {
            Verdict::Shorten(rest) => rest,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(cut("Sign-in to your page"), "to your page");
        assert_eq!(cut("The story goes on Read more..."), "The story goes on");
        assert_eq!(cut("3 Items in cart now"), "3 now");
        assert_eq!(cut("read more..."), "");
        let eleven = "a b c d e f g h i read more...";
        assert_eq!(judge(eleven), Verdict::Keep);
        assert_eq!(cut("a b c d e f g h read more..."), "a b c d e f g h");
        for kept in ["please sign-in", "read more", "items in the cart"] {
            assert_eq!(judge(kept), Verdict::Keep, "{kept}");
        }
    }
}

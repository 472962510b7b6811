use super::Verdict;

/// Ends of sentences (`FlagData`, `end_clip`), and the dots of an ellipsis.
const ENDS: &[char] = &['。', '！', '？', '.', '?', '!', '…'];
/// What may follow a sentence's end and belongs to it.
const CLOSERS: &[char] = &['”', '’', '"', '\'', '』', '」', '）', ')', '】', ']', '》', '>', '»'];

pub(super) fn judge(line: &str) -> Verdict {
    let Some(end) = last_end(line) else { return Verdict::Keep };
    match line.get(..end) {
        Some(rest) if end < line.trim_end().len() => Verdict::Shorten(rest.to_owned()),
        _ => Verdict::Keep,
    }
}

/// Byte after the last sentence of `line`. A full stop inside a word or number (`3.14`, `example.org`) ends none.
fn last_end(line: &str) -> Option<usize> {
    let mut after = None;
    for (at, char) in line.char_indices().rev() {
        let follows = after.replace(char);
        let inside = char == '.' && follows.is_some_and(|next| next.is_alphanumeric() || next == '.');
        if ENDS.contains(&char) && !inside {
            let rest = line.get(at + char.len_utf8()..)?;
            let closers = rest.len() - rest.trim_start_matches(CLOSERS).len();
            return Some(at + char.len_utf8() + closers);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_the_last_sentence_is_cut() {
        let cut = |line: &str| match judge(line) {
            Verdict::Shorten(rest) => rest,
            other => panic!("{line}: {other:?}"),
        };
        assert_eq!(cut("他来了。然后他"), "他来了。");
        assert_eq!(cut("“走吧！”他说，然后"), "“走吧！”");
        assert_eq!(cut("It ended. And then it"), "It ended.");
        assert_eq!(cut("Pi is so. It is 3.14"), "Pi is so.");
        for kept in ["他来了。", "“走吧！”", "no end at all", "3.14", "see example.org", "Wait...", "完。  "]
        {
            assert_eq!(judge(kept), Verdict::Keep, "{kept}");
        }
    }
}

use super::Verdict;

/// Ends of sentences (`FlagData`, `end_clip`), and the dots of an ellipsis.
const ENDS: &[char] = &['。', '！', '？', '.', '?', '!', '…'];
/// What may follow a sentence's end and belongs to it.
const CLOSERS: &[char] = &['”', '’', '"', '\'', '』', '」', '）', ')', '】', ']', '》', '>', '»'];
/// Words that have a point and are followed by the rest of their sentence, in lower case and without their points.
#[rustfmt::skip]
const BEFORE_MORE: &[&str] = &[
    "dr", "mt", "ft", "mr", "mrs", "ms", "mx", "prof", "st", "rev", "gen", "col", "sgt", "capt", "lt", "gov", "sen", "rep",
    "pres", "messrs", "mme", "mlle", "vs", "v", "eg", "ie", "cf", "viz", "ca", "approx", "nos", "nr", "vol", "vols",
    "fig", "figs", "eq", "eqs", "ch", "chap", "sec", "sect", "p", "pp", "eds", "trans", "jan", "feb", "apr", "jun",
    "jul", "aug", "sep", "sept", "oct", "nov", "dec", "tel", "fax", "dept", "zb", "dh", "ua", "bzw", "vgl", "abb",
    "kap", "abs", "ggf", "inkl", "exkl", "evtl", "str", "sr", "sra", "srta", "ud", "uds", "núm", "pág", "av", "avda",
    "г", "ул", "д", "стр", "рис", "см", "им", "проф",
];
/// Words with a point that end a sentence or do not.
#[rustfmt::skip]
const EITHER: &[&str] = &[
    "etc", "inc", "ltd", "co", "corp", "llc", "plc", "jr", "al", "am", "pm", "us", "uk", "eu", "ad", "bc", "usw",
    "тд", "тп", "no", "art", "par", "mar", "est", "ex", "su", "tab", "ed", "hon", "fr", "hr",
];
/// Brackets of a number in a list.
const BRACKETS: &[char] = &['(', ')', '（', '）', '[', ']', '【', '】'];
/// Digits of a number in a list or of a day (`3. Oktober`).
const MAX_ORDINAL_DIGITS: usize = 2;

pub(super) fn judge(line: &str) -> Verdict {
    // A row of a table is no sentence, whatever stands in its cells.
    if line.trim().contains(['|', '\t']) {
        return Verdict::Keep;
    }
    match last_end(line).and_then(|end| line.get(..end)) {
        Some(rest) if rest.len() < line.trim_end().len() => Verdict::Shorten(rest.to_owned()),
        _ => Verdict::Keep,
    }
}

/// Byte after the last sentence of `line`, with its closing marks; `None` where there is none, or where the line does not
/// tell whether what follows is another sentence.
fn last_end(line: &str) -> Option<usize> {
    for (at, mark) in line.char_indices().rev().filter(|(_, char)| ENDS.contains(char)) {
        let after = line.get(at + mark.len_utf8()..)?;
        let closed = after.trim_start_matches(CLOSERS);
        let end = line.len() - closed.len();
        if closed.trim_start().is_empty() {
            return Some(end);
        }
        match meaning(line.get(..at)?, mark, after, closed) {
            Meaning::End => return Some(end),
            Meaning::Unclear => return None,
            Meaning::Inside => {}
        }
    }
    None
}

/// What a mark inside a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The end of a sentence.
    End,
    /// Part of a number, a name, an abbreviation, a list.
    Inside,
    /// The end of one, or of a quotation or a question in a sentence that goes on.
    Unclear,
}

fn meaning(before: &str, mark: char, after: &str, closed: &str) -> Meaning {
    let next = closed.trim_start().chars().next();
    if mark == '.' && after.starts_with(|char: char| char.is_alphanumeric() || char == '.') {
        return Meaning::Inside;
    }
    // `“走吧！”他说`, `(see below.) and so on`: quoted or bracketed; a pause; a question as a title.
    let enclosed = closed.len() < after.len();
    if enclosed && !(closed.starts_with(char::is_whitespace) && next.is_some_and(char::is_uppercase)) {
        return Meaning::Unclear;
    }
    match mark {
        '…' => Meaning::Unclear,
        '?' | '!' | '？' | '！' if !before.contains(['。', '.', '．']) => Meaning::Unclear,
        '.' => full_stop(before, next),
        _ => Meaning::End,
    }
}

/// What a full stop before a blank or a character without blanks around it is.
fn full_stop(before: &str, next: Option<char>) -> Meaning {
    if next.is_some_and(char::is_lowercase) {
        return Meaning::Inside;
    }
    let head = before.trim_end_matches(|char: char| char.is_alphanumeric() || char == '.');
    let word = before.get(head.len()..).unwrap_or_default();
    let plain: String = word.chars().filter(|char| *char != '.').flat_map(char::to_lowercase).collect();
    let is_first = head.trim_start().trim_start_matches(BRACKETS).is_empty();
    let is_number = !word.is_empty() && word.chars().all(char::is_numeric);
    let is_letter = plain.chars().count() == 1 && word.chars().all(char::is_alphabetic);
    let is_roman = !plain.is_empty() && plain.chars().all(|char| "ivxlc".contains(char));
    let ordinal = is_number && word.chars().count() <= MAX_ORDINAL_DIGITS;
    let marker =
        before.trim_matches(|char: char| char.is_whitespace() || char.is_numeric() || BRACKETS.contains(&char));
    let listed = marker.trim_matches('.').is_empty() || is_first && (is_roman || is_chinese_number(&plain));
    let either = EITHER.contains(&plain.as_str());
    let numbered = either && next.is_some_and(char::is_numeric);
    if ordinal || listed || is_letter || numbered || BEFORE_MORE.contains(&plain.as_str()) {
        Meaning::Inside
    } else if either || word.contains('.') {
        Meaning::Unclear
    } else {
        Meaning::End
    }
}

fn is_chinese_number(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|char| "零〇一二三四五六七八九十百".contains(char))
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
        assert_eq!(cut("“走吧！”他说。然后"), "“走吧！”他说。");
        assert_eq!(cut("It ended. And then it"), "It ended.");
        assert_eq!(cut("Pi is so. It is 3.14"), "Pi is so.");
        assert_eq!(cut("It began. Dr. Smith came"), "It began.");
        assert_eq!(cut("第一句。第二句没有完"), "第一句。");
        assert_eq!(cut("He left. \"I came.\" And then"), "He left. \"I came.\"");
        assert_eq!(cut("1. Open it. Then"), "1. Open it.");
        for kept in ["他来了。", "“走吧！”", "no end at all", "3.14", "see example.org", "Wait...", "完。  "]
        {
            assert_eq!(judge(kept), Verdict::Keep, "{kept}");
        }
    }

    #[test]
    fn numbers_abbreviations_and_quotations_end_nothing() {
        for kept in [
            "1. 打开阀门",
            "1. Open the valve",
            "  12. Open the valve",
            "(3. also",
            "a. Open",
            "iv. Open",
            "一. 打开",
            "100. Of a long list",
            "（1）. 打开阀门",
            "1.2. Overview",
            "Section 1.2. Overview",
            "A. 选项一 B. 选项二",
            "No. 5 is",
            "a Ph.D. He",
            "Mt. Everest is high",
            "Dr. Smith came home",
            "See e.g. the map",
            "See e.g. Figure 3",
            "Fig. 3 shows",
            "J. R. R. Tolkien wrote",
            "Am 3. Oktober kam",
            "z. B. Hamburg",
            "The price is 3.50 today",
            "版本 2.0 已经发布",
            "网址 www.example.org 可以访问",
            "第1.2节 概述",
            "“走吧！”他说，然后",
            "他说：“走吧！”然后离开了",
            "He came. “Go!” he said and",
            "apples, pears, etc. They",
            "in the U.S. He",
            "等等……然后",
            "What is new? A short tour",
            "为什么？怎么办",
            "| Dr. X | It is. | so",
            "one. Two\tthree. Four",
        ] {
            assert_eq!(judge(kept), Verdict::Keep, "{kept}");
        }
    }
}

use super::Verdict;

/// What C4 takes a line with it for boilerplate, in lower case (Raffel et al. 2020, section 2.2; the strings are those
/// of datatrove's C4 filter).
const PHRASES: &[&str] =
    &["javascript", "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"];

/// Chinese links to other pages, with the title after a colon.
const LINKS: &[&str] = &["上一篇", "下一篇", "上一页", "下一页", "上一章", "下一章", "相关阅读", "责任编辑", "原标题"];

/// Chinese lines that are a button or a notice of the page.
const BUTTONS: &[&str] = &[
    "返回顶部",
    "返回首页",
    "回到顶部",
    "打印本页",
    "关闭窗口",
    "加入收藏",
    "点击查看更多",
    "查看更多",
    "阅读全文",
    "展开全文",
    "版权所有",
];

pub(super) fn judge(line: &str) -> Verdict {
    let trimmed = line.trim_matches(|char: char| !char.is_alphanumeric());
    let is_link = LINKS
        .iter()
        .any(|link| trimmed.strip_prefix(link).is_some_and(|rest| rest.is_empty() || rest.starts_with(['：', ':'])));
    let has_phrase = PHRASES.iter().any(|phrase| has(line.as_bytes(), phrase.as_bytes()));
    Verdict::delete_if(has_phrase || is_link || BUTTONS.contains(&trimmed))
}

fn has(line: &[u8], phrase: &[u8]) -> bool {
    line.windows(phrase.len()).any(|window| window.eq_ignore_ascii_case(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_links_and_buttons_go() {
        for gone in ["Please enable JavaScript.", "We use cookies", "上一篇：春天", "【返回顶部】", "责任编辑:王"]
        {
            assert_eq!(judge(gone), Verdict::Delete, "{gone}");
        }
        for kept in ["Java and scripts", "他读了上一篇文章。", "版权所有者是谁？", "cookies are sweet"]
        {
            assert_eq!(judge(kept), Verdict::Keep, "{kept}");
        }
    }
}

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use super::{PiiKind, PiiMatch, email, ends, starts};

/// Names of messengers as they stand before a handle, and at the end how an `@` is spelled out. The first ones are of QQ,
/// whose handles are numbers.
#[rustfmt::skip]
const NAMES: [&str; 19] = [
    "qq群", "qq号", "qq", "扣扣", "微信号", "微信", "weixin", "wechat id", "wechat", "vx", "v信", "加v信", "加v", "薇信", "[at]", "(at)",
    "{at}", "[@]", "(@)",
];
const QQ_NAMES: usize = 4;
const MESSENGERS: usize = 14;

static MATCHER: LazyLock<Option<AhoCorasick>> = LazyLock::new(|| {
    let kind = aho_corasick::MatchKind::LeftmostLongest;
    AhoCorasick::builder().ascii_case_insensitive(true).match_kind(kind).build(NAMES).ok()
});

/// Words between a name and its handle.
const BETWEEN: [&str; 10] = ["号码", "号", "群号", "群", "账号", "帐号", "id", "是", "为", "加"];

/// All handles of messengers in `text`, and all e-mail addresses whose `@` is spelled out. Handles stand after the
/// name of the messenger and a colon, a word such as `号` or a space: 5 to 11 digits for QQ, a letter and 5 to 19 letters, digits, `-` or `_` for `WeChat`.
pub(super) fn all(text: &str, kinds: &[PiiKind]) -> Vec<PiiMatch> {
    let (messengers, emails) = (kinds.contains(&PiiKind::Messenger), kinds.contains(&PiiKind::Email));
    let Some(matcher) = MATCHER.as_ref().filter(|_| messengers || emails) else { return Vec::new() };
    let hits = matcher.find_iter(text).filter_map(|hit| {
        if hit.pattern().as_usize() >= MESSENGERS {
            let address = email::spelled(text, hit.range()).filter(|_| emails)?;
            return Some(PiiMatch { kind: PiiKind::Email, start: address.start, end: address.end });
        }
        if !messengers {
            return None;
        }
        let latin = text.as_bytes().get(hit.start()).is_some_and(u8::is_ascii);
        if latin && !starts(text.as_bytes(), hit.start()) {
            return None;
        }
        let from = skip(text, hit.end());
        let length = if hit.pattern().as_usize() < QQ_NAMES { qq(text, from) } else { wechat(text, from, hit.end()) }?;
        let end = from + length;
        ends(text.as_bytes(), end).then_some(PiiMatch { kind: PiiKind::Messenger, start: from, end })
    });
    hits.collect()
}

/// Where the handle starts: after spaces, colons and words that stand between.
fn skip(text: &str, from: usize) -> usize {
    let mut rest = text.get(from..).unwrap_or_default();
    let length = rest.len();
    loop {
        let trimmed = rest.trim_start_matches([' ', ':', '：', '\u{a0}', '-', '—', '（', '(']);
        let word = BETWEEN.iter().find_map(|word| {
            let head = trimmed.get(..word.len())?;
            head.eq_ignore_ascii_case(word).then(|| trimmed.split_at(word.len()).1)
        });
        match word {
            Some(next) => rest = next,
            None => return from + length - trimmed.len(),
        }
    }
}

fn qq(text: &str, from: usize) -> Option<usize> {
    let rest = text.as_bytes().get(from..)?;
    let digits = rest.iter().take(12).take_while(|byte| byte.is_ascii_digit()).count();
    ((5..=11).contains(&digits) && rest.first() != Some(&b'0')).then_some(digits)
}

fn wechat(text: &str, from: usize, name_end: usize) -> Option<usize> {
    let rest = text.as_bytes().get(from..)?;
    let length =
        rest.iter().take(21).take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')).count();
    let handle = rest.get(..length)?;
    // A plain word after the name and a space is a sentence: a handle has a digit or a mark, or a colon
    // before it.
    let marked = text.get(name_end..from).is_some_and(|between| between.contains([':', '：', '号']));
    let telling = handle.iter().any(|byte| byte.is_ascii_digit() || matches!(byte, b'_' | b'-'));
    ((6..=20).contains(&length) && rest.first().is_some_and(u8::is_ascii_alphabetic) && (marked || telling))
        .then_some(length)
}

//! Phrases that tell what a short block is for.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// Number of kinds of cue.
pub(crate) const CUES: usize = CUE_WORDS.len();

/// Longer blocks are judged by other things.
const MAX_CUE_BYTES: usize = 400;

/// Phrases by kind, lower case.
const CUE_WORDS: &[&[&str]] = &[
    // sharing
    &[
        "share",
        "tweet",
        "facebook",
        "twitter",
        "pinterest",
        "linkedin",
        "whatsapp",
        "instagram",
        "follow us",
        "分享",
        "微信",
        "微博",
        "扫一扫",
        "关注",
        "转发",
        "收藏",
        "点赞",
        "공유",
    ],
    // rights
    &[
        "©",
        "copyright",
        "all rights reserved",
        "rights reserved",
        "terms of",
        "privacy",
        "disclaimer",
        "版权",
        "免责",
        "icp",
        "备案",
        "举报",
        "未经",
        "转载",
        "무단",
        "derechos",
    ],
    // accounts
    &[
        "sign in",
        "sign up",
        "log in",
        "login",
        "subscribe",
        "newsletter",
        "register",
        "create an account",
        "password",
        "登录",
        "注册",
        "订阅",
        "登陆",
        "会员",
        "forgot",
    ],
    // more to read
    &[
        "read more",
        "related",
        "recommended",
        "you may also",
        "you might",
        "more from",
        "popular",
        "trending",
        "latest",
        "see also",
        "learn more",
        "view all",
        "see all",
        "show more",
        "load more",
        "相关",
        "推荐",
        "阅读全文",
        "更多",
        "上一篇",
        "下一篇",
        "热门",
        "最新",
        "猜你",
        "next article",
        "previous",
        "read next",
    ],
    // comments
    &["comment", "reply", "leave a", "评论", "回复", "发表", "跟帖", "网友", "댓글", "respond"],
    // consent
    &["cookie", "consent", "gdpr", "javascript", "browser", "浏览器"],
    // navigation
    &[
        "skip to",
        "menu",
        "home",
        "search",
        "back to",
        "contact",
        "about us",
        "faq",
        "help",
        "navigation",
        "sitemap",
        "首页",
        "搜索",
        "返回",
        "导航",
        "联系我们",
        "关于我们",
        "toggle",
        "close",
        "loading",
    ],
    // origin
    &[
        "by ",
        "written by",
        "author",
        "posted",
        "published",
        "updated",
        "last modified",
        "min read",
        "minutes",
        "source:",
        "photo",
        "editor",
        "作者",
        "来源",
        "编辑",
        "发布",
        "时间",
        "记者",
        "阅读",
        "浏览",
        "views",
        "ago",
        "joined",
        "am",
        "pm",
    ],
    // selling
    &[
        "add to cart",
        "buy now",
        "price",
        "shipping",
        "in stock",
        "sale",
        "order",
        "checkout",
        "wishlist",
        "free",
        "discount",
        "购买",
        "价格",
        "sku",
        "quantity",
        "reviews",
        "rating",
        "$",
        "€",
        "£",
        "¥",
    ],
    // calls to act
    &[
        "download",
        "get started",
        "contact us",
        "book",
        "try",
        "request",
        "schedule",
        "call us",
        "click here",
        "apply",
        "join",
        "donate",
        "点击",
        "下载",
        "app",
        "advertis",
        "sponsor",
        "广告",
        "affiliate",
        "commission",
    ],
    // marks of people in threads
    &[
        "joined",
        "posts",
        "member",
        "moderator",
        "reputation",
        "likes",
        "liked",
        "solved",
        "answered",
        "asked",
        "votes",
        "quote",
        "edit",
        "report",
        "permalink",
        "楼",
        "楼主",
        "发帖",
        "积分",
        "只看",
    ],
];

struct Matcher {
    automaton: AhoCorasick,
    kinds: Vec<u8>,
}

static MATCHER: LazyLock<Matcher> = LazyLock::new(|| {
    let words = || (0u8..).zip(CUE_WORDS).flat_map(|(kind, list)| list.iter().map(move |word| (kind, *word)));
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words().map(|(_, word)| word))
        .expect("a few hundred short words are far below the automaton's limits");
    Matcher { automaton, kinds: words().map(|(kind, _)| kind).collect() }
});

/// Appends for each kind of cue how many of its phrases `text` has.
pub(crate) fn features(text: &str, values: &mut Vec<f32>) {
    let from = values.len();
    values.resize(from + CUES, 0.0);
    if text.len() > MAX_CUE_BYTES {
        return;
    }
    let matcher = &*MATCHER;
    let bytes = text.as_bytes();
    let letter = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphabetic);
    for hit in matcher.automaton.find_overlapping_iter(text) {
        // Words count from their start; short ones must be whole.
        let whole = hit.len() > 4 || !letter(Some(hit.end()));
        let kind = matcher.kinds.get(hit.pattern().as_usize()).map(|kind| from + usize::from(*kind));
        let latin = bytes.get(hit.start()).is_some_and(u8::is_ascii_alphabetic);
        if latin && (letter(hit.start().checked_sub(1)) || !whole) {
            continue;
        }
        if let Some(value) = kind.and_then(|at| values.get_mut(at)) {
            *value += 1.0;
        }
    }
}

//! What the names of classes, ids and roles say about an element.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::html::Tag;

/// Kinds of hint: what an element says it is.
pub(crate) const HINTS: usize = HINT_WORDS.len() + TAG_HINTS;

/// Places that kinds have in [`HINT_WORDS`].
pub(crate) const NAVIGATION: usize = 0;
pub(crate) const FOOTER: usize = 1;
pub(crate) const COMMENTS: usize = 4;
pub(crate) const SHARING: usize = 5;
pub(crate) const RELATED: usize = 6;
pub(crate) const ADVERTISING: usize = 7;
pub(crate) const OVERLAY: usize = 8;
pub(crate) const ACCOUNTS: usize = 9;
pub(crate) const CONTENT: usize = 11;
pub(crate) const ARTICLE_BODY: usize = 12;
pub(crate) const PAGING: usize = 16;
pub(crate) const CODE: usize = 20;

/// Hints that come from tags and ARIA roles rather than names.
const TAG_HINTS: usize = 18;

/// Words by kind. A leading or trailing `^` demands that no letter stands there.
const HINT_WORDS: &[&[&str]] = &[
    // 0 navigation
    &["^nav", "navi", "menu", "breadcrumb", "crumb", "skip-", "sitemap", "daohang", "mianbao"],
    // 1 footer
    &["footer", "^foot^", "bottom", "copyright", "colophon", "legal", "disclaimer"],
    // 2 header
    &["header", "masthead", "^head^", "^top^", "topbar", "banner", "^logo", "toolbar"],
    // 3 side
    &["sidebar", "side-", "^side^", "aside", "widget", "rail", "secondary", "^right^", "^left^", "sider", "column"],
    // 4 comments
    &["comment", "disqus", "repl", "respond", "pinglun", "review", "discuss"],
    // 5 sharing
    &["share", "sharing", "social", "follow", "twitter", "facebook", "weibo", "weixin", "wechat", "addthis", "bdshare"],
    // 6 related
    &[
        "relat",
        "recommend",
        "read-more",
        "readmore",
        "more^",
        "popular",
        "trending",
        "similar",
        "suggest",
        "latest",
        "recent",
        "tuijian",
        "xiangguan",
        "hot^",
        "^rank",
        "upsell",
        "cross-sell",
        "you-may",
        "promo",
        "outbrain",
        "taboola",
        "teaser",
    ],
    // 7 advertising
    &["^ad^", "^ads^", "advert", "sponsor", "adsbygoogle", "guanggao", "^gg^", "dfp", "^ad-", "-ad^"],
    // 8 consent and overlays
    &["cookie", "consent", "gdpr", "modal", "popup", "overlay", "dialog", "lightbox", "alert", "notice", "toast"],
    // 9 accounts and newsletters
    &[
        "login",
        "signin",
        "sign-in",
        "signup",
        "sign-up",
        "subscri",
        "newsletter",
        "register",
        "paywall",
        "^cta",
        "user",
    ],
    // 10 byline
    &[
        "byline",
        "author",
        "^date",
        "publish",
        "posted",
        "^meta",
        "-meta",
        "_meta",
        "^tag^",
        "^tags^",
        "taxonomy",
        "categor",
        "^info^",
        "source",
        "timestamp",
        "keyword",
        "label",
        "badge",
        "avatar",
        "profile",
        "^bio^",
        "dateline",
    ],
    // 11 content
    &[
        "article",
        "content",
        "^post^",
        "^post-",
        "entry",
        "story",
        "^body",
        "-body",
        "_body",
        "^text",
        "-text",
        "_text",
        "^main",
        "richtext",
        "rich-text",
        "prose",
        "markdown",
        "^rte^",
        "wysiwyg",
        "zhengwen",
        "neirong",
        "hentry",
        "^copy^",
        "detail",
        "post_",
        "paragraph",
        "wenzhang",
    ],
    // 12 body of the article
    &[
        "article-body",
        "articlebody",
        "article_body",
        "article-content",
        "article_content",
        "articlecontent",
        "post-content",
        "post_content",
        "postcontent",
        "post-body",
        "entry-content",
        "entry_content",
        "content-body",
        "story-body",
        "storybody",
        "body-content",
        "article-text",
        "article__body",
        "article__content",
        "rich_media_content",
        "mw-parser-output",
        "markdown-body",
        "js_content",
        "htmlview",
        "^cooked^",
        "theme-doc-markdown",
        "td-post-content",
        "post__content",
        "blog-content",
        "main-content",
        "maincontent",
        "page-content",
    ],
    // 13 product
    &[
        "product",
        "price",
        "descri",
        "feature",
        "spec^",
        "specification",
        "^sku",
        "cart",
        "shop",
        "accordion",
        "^tab^",
        "tab-",
    ],
    // 14 thread
    &[
        "thread",
        "message",
        "topic",
        "postbody",
        "answer",
        "question",
        "^qa",
        "forum",
        "bbs",
        "^floor",
        "louceng",
        "quote",
        "signature",
    ],
    // 15 repeated things
    &[
        "^list", "-list", "_list", "^item", "-item", "_item", "card", "grid", "tile", "carousel", "slide", "swiper",
        "^row^", "feed",
    ],
    // 16 paging
    &["pagination", "pager", "paging", "^page-num", "^prev", "^next", "fenye"],
    // 17 hidden
    &[
        "hidden",
        "^hide",
        "visually",
        "sr-only",
        "screen-reader",
        "offscreen",
        "d-none",
        "print-only",
        "noprint",
        "no-print",
    ],
    // 18 contents
    &["^toc^", "table-of-contents", "tableofcontents", "^toc-", "outline", "jump-link", "anchor"],
    // 19 pictures
    &[
        "gallery", "caption", "^image", "-image", "_image", "^img", "photo", "figure", "thumb", "video", "player",
        "media", "credit",
    ],
    // 20 code
    &["highlight", "^code", "-code", "syntax", "snippet", "hljs", "prettyprint", "codehilite", "sourcecode"],
    // 21 titles
    &[
        "title",
        "headline",
        "heading",
        "subtitle",
        "^dek^",
        "standfirst",
        "summary",
        "excerpt",
        "intro^",
        "lead^",
        "lede",
    ],
    // 22 frame of a page section
    &["hero", "section", "container", "wrapper", "block", "module", "panel", "elementor", "component"],
    // 23 buttons and forms
    &[
        "button", "btn", "^form", "-form", "search", "input", "filter", "sort^", "select", "dropdown", "tooltip",
        "action",
    ],
];

struct Matcher {
    automaton: AhoCorasick,
    /// Per pattern: kind, whether a letter before it is wrong, whether one after it is.
    patterns: Vec<(u8, bool, bool)>,
}

static MATCHER: LazyLock<Matcher> = LazyLock::new(|| {
    let mut words = Vec::new();
    let mut patterns = Vec::new();
    for (kind, list) in (0u8..).zip(HINT_WORDS) {
        for word in *list {
            words.push(word.trim_matches('^'));
            patterns.push((kind, word.starts_with('^'), word.ends_with('^')));
        }
    }
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::Standard)
        .kind(Some(AhoCorasickKind::DFA))
        .build(words)
        .expect("a few hundred short words are far below the automaton's limits");
    Matcher { automaton, patterns }
});

/// Longest part of a class or id that is looked at.
const MAX_NAME_BYTES: usize = 400;

/// The kinds that a class, id, role or item property names, one bit each.
pub(crate) fn of_names(names: &str) -> u64 {
    let matcher = &*MATCHER;
    let bytes = names.as_bytes();
    let bytes = bytes.get(..MAX_NAME_BYTES).unwrap_or(bytes);
    let letter = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_alphabetic);
    // A capital starts a word of its own: `postBody`.
    let new_word = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_uppercase);
    let mut found = 0;
    for hit in matcher.automaton.find_overlapping_iter(bytes) {
        let Some((kind, starts, ends)) = matcher.patterns.get(hit.pattern().as_usize()) else { continue };
        let broken_start = *starts && letter(hit.start().checked_sub(1)) && !new_word(hit.start());
        let broken_end = *ends && letter(Some(hit.end())) && !new_word(hit.end());
        if !broken_start && !broken_end {
            found |= 1 << kind;
        }
    }
    found
}

/// The kinds that an element is by its tag.
pub(crate) fn of_tag(tag: Tag) -> u64 {
    let offset = match tag {
        Tag::Nav | Tag::Menu => 0,
        Tag::Footer => 1,
        Tag::Aside => 2,
        Tag::Header => 3,
        Tag::Article => 4,
        Tag::Main => 5,
        Tag::Section => 6,
        Tag::Form | Tag::Fieldset => 7,
        Tag::Table => 8,
        Tag::Ul => 9,
        Tag::Ol => 10,
        Tag::Dl => 11,
        Tag::Figure => 12,
        Tag::Blockquote => 13,
        Tag::Details | Tag::Dialog => 14,
        Tag::Button => 15,
        Tag::Noscript => 16,
        _ => return 0,
    };
    1 << (HINT_WORDS.len() + offset)
}

/// The bit of elements that are not shown.
pub(crate) const NOT_SHOWN: u64 = 1 << (HINT_WORDS.len() + 17);

/// The kinds that an ARIA role names.
pub(crate) fn of_role(role: &str) -> u64 {
    match role {
        "navigation" | "menu" | "menubar" => of_tag(Tag::Nav),
        "contentinfo" => of_tag(Tag::Footer),
        "complementary" => of_tag(Tag::Aside),
        "banner" => of_tag(Tag::Header),
        "article" => of_tag(Tag::Article),
        "main" => of_tag(Tag::Main),
        "dialog" | "alertdialog" => of_tag(Tag::Dialog),
        "button" => of_tag(Tag::Button),
        "search" => of_tag(Tag::Form),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_they_stand_alone() {
        for (names, kinds) in [
            ("sidebar-left", 0b1000u64),
            ("head-line", 1 << 2),
            ("shadow", 0),
            ("pageAd", 1 << 7),
            ("MainNav", 1 | 1 << 11),
            ("", 0),
        ] {
            assert_eq!(of_names(names), kinds, "{names}");
        }
        const { assert!(HINTS <= 64) };
    }
}

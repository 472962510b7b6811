//! What parts of class names, ids and roles say that an element is, for the rules that leave text out and that find
//! the day of publication. Kinds of element, never of site; some are names that widely used software gives.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

/// A notice about consent.
pub(crate) const CONSENT: u32 = 1;
/// Lies over or beside the page.
pub(crate) const OVER: u32 = 1 << 1;
/// Added by the software of wikis.
pub(crate) const APPARATUS: u32 = 1 << 2;
/// A list of contents.
pub(crate) const CONTENTS: u32 = 1 << 3;
/// A note that may point to another page.
pub(crate) const NOTE: u32 = 1 << 4;
/// An anchor at a heading.
pub(crate) const ANCHOR: u32 = 1 << 5;
/// A link to a note, or its mark.
pub(crate) const REFERENCE: u32 = 1 << 6;
/// A link that edits a section or leads back from a note.
pub(crate) const EDIT: u32 = 1 << 7;
/// For screen readers or for copying.
pub(crate) const ASIDE: u32 = 1 << 8;
/// About other things than the page: comments, related pages, events.
pub(crate) const OTHERS: u32 = 1 << 9;
/// A date or byline.
pub(crate) const DATED: u32 = 1 << 10;
/// Another date than that of publication.
pub(crate) const OTHER_DATE: u32 = 1 << 11;
/// A quotation.
pub(crate) const QUOTE: u32 = 1 << 12;

#[rustfmt::skip]
const PARTS: &[(u32, &[&str])] = &[
    (CONSENT, &[
        "cookie", "consent", "gdpr", "ccpa", "dsgvo", "rodo", "lgpd", "rgpd", "privacy-banner", "privacybanner",
        "privacy-notice", "privacy-popup", "privacy_popup", "privacy-modal", "privacy-bar", "privacy-manager", "cmp-",
        "cmp_", "-cmp", "cmpbox", "cmpwrapper", "onetrust", "didomi", "usercentrics", "qc-cmp", "truste", "osano",
        "iubenda", "tarteaucitron", "borlabs", "complianz", "klaro", "cky-", "cc-window", "cc-banner", "cc_banner",
        "eu-law", "sp_message", "termsfeed",
    ]),
    (OVER, &[
        "dialog", "modal", "popup", "pop-up", "overlay", "banner", "notice", "notif", "alert", "toast", "sticky",
        "fixed", "tips", "snackbar", "bottom-bar", "top-bar", "infobar", "privacy", "disclaimer", "-bar", "drawer",
        "lightbox", "mask",
    ]),
    (APPARATUS, &[
        "hatnote", "dablink", "rellink", "ambox", "tmbox", "ombox", "fmbox", "cmbox", "mbox-small", "navbox",
        "catlinks", "jump-link", "sitesub", "contentsub", "printfooter", "sistersitebox", "sister-wrapper",
        "mw-indicators", "vector-toc", "toclimit", "portalbox", "stub-note", "metadata-box",
    ]),
    (CONTENTS, &[
        "toc", "table-of-contents", "tableofcontents", "table_of_contents", "contents", "on-this-page", "page-nav",
        "in-page", "jump", "anchor-nav", "directory", "mulu", "outline",
    ]),
    (NOTE, &["note"]),
    (ANCHOR, &[
        "headerlink", "hash-link", "anchor", "permalink", "heading-link", "header-link", "direct-link",
        "section-link", "copy-link", "copylink", "hashlink", "octicon-link",
    ]),
    (REFERENCE, &[
        "reference", "footnote", "cite", "fnref", "noteref", "endnote", "sup--normal", "notelink", "noprint",
        "template-fact",
    ]),
    (EDIT, &["editsection", "edit-section", "edit-page-link", "edit_section", "cite-backlink", "footnote-back"]),
    (ASIDE, &["hidden", "sr-only", "screen-reader", "copy"]),
    (OTHERS, &[
        "comment", "disqus", "respond", "replies", "pinglun", "related", "recommend", "tuijian", "sidebar", "widget",
        "footer", "event", "calendar", "upcoming", "popular", "trending", "latest", "recent", "copyright",
        "breadcrumb", "advert", "promo", "newsletter", "cookie", "weather", "forecast", "today",
    ]),
    (DATED, &[
        "date", "time", "publish", "posted", "byline", "meta", "info", "author", "source", "details",
    ]),
    (QUOTE, &["quote", "quotation", "citation"]),
    (OTHER_DATE, &["update", "modif", "event", "expire", "deadline", "edited", "birth"]),
];

/// Bytes of a name that are looked at.
const MAX_BYTES: usize = 300;

struct Matcher {
    automaton: AhoCorasick,
    kinds: Vec<u32>,
}

static MATCHER: LazyLock<Matcher> = LazyLock::new(|| {
    let parts = || PARTS.iter().flat_map(|(kind, list)| list.iter().map(move |part| (*kind, *part)));
    let automaton = AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .kind(Some(AhoCorasickKind::DFA))
        .build(parts().map(|(_, part)| part))
        .expect("a few hundred short words are far below the automaton's limits");
    Matcher { automaton, kinds: parts().map(|(kind, _)| kind).collect() }
});

/// The kinds that a class, id or role names, one bit each.
pub(crate) fn kinds(name: &str) -> u32 {
    if name.is_empty() {
        return 0;
    }
    let matcher = &*MATCHER;
    let bytes = name.as_bytes();
    let bytes = bytes.get(..MAX_BYTES).unwrap_or(bytes);
    let hits = matcher.automaton.find_overlapping_iter(bytes);
    hits.fold(0, |kinds, hit| kinds | matcher.kinds.get(hit.pattern().as_usize()).copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_kinds() {
        for (name, right) in [
            ("cookie-consent Dialog", CONSENT | OVER | OTHERS),
            ("HeaderLink", ANCHOR),
            ("mw-editsection", EDIT),
            ("entry-date updated", DATED | OTHER_DATE),
            ("wall", 0),
            ("", 0),
        ] {
            assert_eq!(kinds(name), right, "{name}");
        }
        assert_eq!(kinds(&format!("{}comment", "x".repeat(MAX_BYTES))), 0);
    }
}

//! Blocks that are text of a page's software and not of its author, taken away before the others are judged.

use super::apparatus::apparatus;
use super::notices::{consent, scripts};
use super::places::Places;
use super::segment::Segments;
use crate::html::Tree;

/// Flags for each block.
pub(crate) struct Unwanted {
    /// Says that scripts or another browser are needed: no text of any page.
    pub scripts: Vec<bool>,
    /// That, consent notices, prompts and the apparatus of wikis: no text of a page that has other text.
    pub all: Vec<bool>,
}

/// What is unwanted of a page with this title.
pub(crate) fn unwanted(tree: &Tree<'_>, segments: &Segments, title: &str) -> Unwanted {
    let places = Places::of(tree, segments);
    let mut flags = vec![false; segments.blocks.len()];
    scripts(&places, title, &mut flags);
    let needs_scripts = flags.clone();
    consent(&places, title, &mut flags);
    apparatus(&places, &mut flags);
    Unwanted { scripts: needs_scripts, all: flags }
}

#[cfg(test)]
mod tests {
    use super::unwanted;
    use crate::content::segment;
    use crate::html::parse;
    use crate::{Options, extract};

    const ARTICLE: &str = "<header><nav><a href=/>Home</a> <a href=/news>News</a></nav></header><main><article><h1>The wall</h1>\
        <p>The harbour wall was rebuilt in three summers, and each summer left its own mark in the stone of the quarry.</p>\
        <p>In the second year the quarry flooded, so the council bought granite from the other side of the bay.</p></article></main>";
    const NOTICE: &str = "<h2>We value your privacy</h2><p>We and our partners store and access information on your device, \
        such as cookies, and process personal data for personalised advertising, measurement and audience research.</p>\
        <p>With your permission we may use precise geolocation data. You may click to consent to our processing, or \
        change your preferences before consenting.</p><button>Accept all</button><button>Reject</button>";

    fn text(html: &str) -> String {
        extract(html, &Options::default()).expect("a small page").text
    }

    fn has_article(text: &str) -> bool {
        text.contains("three summers") && text.contains("quarry flooded")
    }

    #[test]
    fn consent_notices_go_wherever_they_stand_and_whatever_they_are_called() {
        for (before, after) in [
            (format!("<div id=cookie-consent role=dialog>{NOTICE}</div>"), String::new()),
            (String::new(), format!("<div class=gdpr-banner>{NOTICE}</div>")),
            (format!("<div role=dialog aria-modal=true>{NOTICE}</div>"), String::new()),
            (format!("<section class=modal-overlay>{NOTICE}</section>"), String::new()),
            (format!("<div>{NOTICE}</div>"), String::new()),
            (
                "<p>This website uses cookies to improve your experience. By continuing you agree to our privacy policy.</p>".into(),
                String::new(),
            ),
            (
                "<div class=hinweis><p>Diese Website verwendet Cookies, um Inhalte und Anzeigen zu personalisieren. Mit der Nutzung \
                stimmen Sie zu. Mehr dazu in den Einstellungen und im Datenschutz.</p><button>Akzeptieren</button></div>"
                    .into(),
                String::new(),
            ),
            (
                "<div class=tip><p>我们使用Cookie来提供、保护和改进我们的服务，包括个性化广告。继续浏览即表示您同意隐私政策。</p><a>同意并继续</a></div>".into(),
                "<div class=login><p>登录后查看更多精彩内容，扫码下载客户端</p></div>".into(),
            ),
        ] {
            let found = text(&format!("<body>{before}{ARTICLE}{after}</body>"));
            assert!(has_article(&found), "{before}{after}: {found}");
            for word in ["ookie", "consent", "privacy", "Accept", "登录"] {
                assert!(!found.contains(word), "{word} of {before}{after}: {found}");
            }
        }
    }

    #[test]
    fn pages_about_cookies_keep_their_text() {
        let recipe = "<title>Oat cookies</title><article class=cookie-recipe><h1>Oat cookies</h1><p>Mix the oats with butter, sugar \
            and an egg, and let the dough for the cookies rest in the cold for an hour before you bake it.</p></article>";
        assert!(text(recipe).contains("Mix the oats"));
        let policy = "<title>Privacy and cookie policy</title><main><h1>Cookie policy</h1><div class=cookie-policy><p>We use cookies to \
            improve your experience and to measure traffic. You may accept or reject them in the settings of your browser.</p>\
            <p>Our partners may store cookies for advertising if you consent to it, as described in this policy.</p></div></main>";
        assert!(text(policy).contains("measure traffic") && text(policy).contains("as described"), "{}", text(policy));
        let news = "<title>Court rules on banners</title><article><h1>Court rules on banners</h1><p>The court found that a site which says \
            that it uses cookies must ask its readers for consent, and that a wall is no fair way to ask them.</p></article>";
        assert!(text(news).contains("no fair way"));
    }

    #[test]
    fn a_page_that_needs_scripts_has_no_text_and_an_article_none_of_the_notice() {
        assert_eq!(
            text(
                "<title>App</title><noscript>You need to enable JavaScript to run this app.</noscript><div id=root></div>"
            ),
            ""
        );
        assert_eq!(text("<div>Please enable JavaScript to view this page.</div>"), "");
        let found = text(&format!(
            "<noscript>请启用JavaScript</noscript>{ARTICLE}<p>Your browser does not support JavaScript.</p>"
        ));
        assert!(has_article(&found) && !found.contains("JavaScript"), "{found}");
        let tutorial = "<title>How to turn on JavaScript</title><article><h1>How to turn on JavaScript</h1><p>To use the map, \
            enable JavaScript in the settings of your browser, and load the page again once that is done.</p></article>";
        assert!(text(tutorial).contains("load the page again"));
    }

    #[test]
    fn text_for_readers_without_scripts_is_taken_where_there_is_no_other() {
        let story = "<p>The council met on Tuesday to discuss the state of the old bridge, which was closed since the floods.</p>";
        assert!(
            text(&format!("<div id=app></div><noscript><article>{story}</article></noscript>")).contains("Tuesday")
        );
        let found = text(&format!("<noscript>{story}</noscript>{ARTICLE}"));
        assert!(has_article(&found) && !found.contains("Tuesday"), "{found}");
    }

    #[test]
    fn the_apparatus_of_wikis_is_no_text() {
        let page = "<main><h1>Tarnby harbour wall</h1><div role=note class=hatnote>For the street, see <a href=/w>Wall Street</a>.</div>\
            <div class=ambox><table><tr><td>This article needs additional citations.</td></tr></table></div>\
            <p>The harbour wall was rebuilt in three summers, and each summer left its own mark in the stone of the quarry.</p>\
            <div class=toc><h2>Contents</h2><ul><li><a href=#h>1 History</a></li><li><a href=#r>2 Repair</a></li></ul></div>\
            <h2>History</h2><p>In the second year the quarry flooded, so the council bought granite from the other side of the bay.</p>\
            <h2>Repair</h2><p>The repair will cost less than was feared, since the roots can be cut from the inside of the wall.</p>\
            <div><a href=/c>Categories</a>: <ul><li><a href=/c1>Harbours</a></li><li><a href=/c2>1874 establishments</a></li></ul></div></main>";
        let found = text(page);
        assert!(
            has_article(&found) && found.contains("less than was feared") && found.contains("History\n"),
            "{found}"
        );
        for word in ["Wall Street", "additional citations", "Contents", "1 History", "Categor", "1874"] {
            assert!(!found.contains(word), "{word}: {found}");
        }
    }

    #[test]
    fn lists_of_links_to_other_pages_and_notes_of_authors_stay() {
        let page = "<main><h1>The wall</h1><div role=note class=admonition><p>The northern steps stay closed until the herring season ends.</p></div>\
            <p>The harbour wall was rebuilt in three summers, and each summer left its own mark in the stone of the quarry.</p>\
            <p>In the second year the quarry flooded, so the council bought granite from the other side of the bay.</p>\
            <p>Categories: this word may begin a sentence about boats, quays and cranes, which stays where it is.</p></main>";
        assert!(text(page).contains("boats, quays"), "{}", text(page));
        let tree = parse(page, 512, 10_000).expect("a small page");
        let flags = unwanted(&tree, &segment(&tree, &[]), "The wall");
        assert!(!flags.all.contains(&true), "{:?}", flags.all);
    }
}

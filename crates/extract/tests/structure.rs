//! The structure of pages: what is hidden, tables, code, lists, formulas, Markdown.

#![allow(missing_docs, clippy::unwrap_used)]

use textmill_extract::{Method, Options, TextFormat, extract};

const ONE: &str = "<p>The old bridge was built by the villagers, stone by stone, and it has stood for two hundred \
    years, although every spring the river rose and took some of it away.</p>";
const TWO: &str = "<p>When the water came, they carried the children across it to the school on the hill, and the \
    teacher wrote into a book who had come and who had stayed at home.</p>";

fn text_of(html: &str, method: Method, format: TextFormat) -> String {
    extract(html, &Options { method, format, ..Options::default() }).unwrap().text
}

fn full(html: &str) -> String {
    text_of(html, Method::FullText, TextFormat::Text)
}

fn markdown(html: &str) -> String {
    text_of(html, Method::FullText, TextFormat::Markdown)
}

const THREE: &str = "<p>In the third summer the masons opened the western pier, and in the middle of it they found \
    a bottle with a letter, in which the first builders named the stones that they did not trust.</p>";
const FOUR: &str = "<p>The engineers of the county measured the pillars last year, and they found that the road can \
    stay on them for another century if somebody clears the drift wood from them every autumn.</p>";

/// The main text of an article of four paragraphs with `html` in its middle.
fn within(html: &str) -> String {
    let page = format!("<title>Bridges</title><article><h1>Bridges</h1>{ONE}{TWO}{html}{THREE}{FOUR}</article>");
    text_of(&page, Method::MainContent, TextFormat::Text)
}

#[test]
fn hidden_text_goes_where_there_is_other_main_text() {
    for hidden in [
        "<p style='display:none'>SECRET words that nobody sees</p>",
        "<div style='color:red;visibility:hidden'><p>SECRET words that nobody sees</p></div>",
        "<p hidden=''>SECRET words that nobody sees</p>",
        "<div aria-hidden=true><p>SECRET words that nobody sees</p></div>",
        "<p>seen <span class='visually-hidden'>SECRET</span> text of a line that everybody sees</p>",
        "<p>seen <span style='position:absolute;left:-9999px'>SECRET</span> text of a line that everybody sees</p>",
        "<dialog><p>SECRET words of a dialog</p></dialog>",
        "<template><p>SECRET</p></template>",
        "<div class='modal faq' hidden><p>SECRET words of a dialog</p></div>",
    ] {
        let page = format!("<article>{ONE}{TWO}{ONE}{TWO}{hidden}{ONE}{TWO}</article>");
        for method in [Method::MainContent, Method::FullText] {
            let text = text_of(&page, method, TextFormat::Text);
            assert!(!text.contains("SECRET"), "{hidden}: {text}");
            assert!(text.contains("stone by stone"), "{hidden}: {text}");
        }
        assert!(!full(&page).contains("seen  text"), "{hidden}");
    }
}

#[test]
fn what_a_reader_can_open_is_shown() {
    for shown in [
        "<details><summary>Q</summary><p>ANSWER</p></details>",
        "<div role=tabpanel hidden><p>ANSWER</p></div>",
        "<button aria-expanded=false>Q</button><div style='display:none'><p>ANSWER</p></div>",
        "<a href='#a1'>Q</a><div id=a1 style='display:none'><p>ANSWER</p></div>",
        "<div class='ImageAccordion_accordionContent' aria-hidden=true><p>ANSWER</p></div>",
        "<p hidden=until-found>ANSWER</p>",
        "<div style='visibility:hidden'><p style='visibility:visible'>ANSWER</p></div>",
        "<div style='opacity:0'><p>ANSWER</p></div>",
    ] {
        assert!(full(&format!("{ONE}{TWO}{ONE}{TWO}{shown}{ONE}{TWO}")).contains("ANSWER"), "{shown}");
    }
}

#[test]
fn a_page_whose_article_is_hidden_is_its_article() {
    let article = format!("{ONE}{TWO}{ONE}{TWO}");
    for page in [
        format!("<body style='visibility:hidden'><article>{article}</article>"),
        format!("<h1>Bridges</h1><div id=content style='display:none'>{article}</div><footer>About</footer>"),
        format!("<div hidden><main>{article}<p style='display:none'>SECRET</p></main></div>"),
        format!("<main>{}</main>", article.replace("<p>", "<p style='visibility:hidden'>")),
    ] {
        for method in [Method::MainContent, Method::FullText] {
            let text = text_of(&page, method, TextFormat::Text);
            assert!(text.contains("stone by stone") && text.contains("stayed at home"), "{page}: {text}");
            assert!(!text.contains("SECRET"), "{text}");
        }
    }
}

#[test]
fn values_stay_in_their_columns() {
    for (table, right) in [
        ("<tr><th><th>a<th>b<tr><td>1<td><td>2", "\ta\tb\n1\t\t2"),
        ("<tr><th>a<th>b<tr><td rowspan=2>1<td>2<tr><td>3<tr><td colspan=2>4", "a\tb\n1\t2\n\t3\n4\t"),
        ("<tr><td>a<td>b<br>c<tr><td><ul><li>d<li>e</ul><td><p>f<p>g", "a\tb c\nd e\tf g"),
        ("<caption>Levels</caption><tr><th>a<th>b<tr><td>1<td>2", "Levels\na\tb\n1\t2"),
        ("<tr><th>a<th></th><th>c<tr><td>1<td><td>3", "a\tc\n1\t3"),
        ("<tr><th>a<th>b<tr><td colspan=60000>1<tr><td rowspan=0>2<td>3", "a\tb\n1\t\n2\t3"),
    ] {
        assert_eq!(full(&format!("<table>{table}</table>")), right, "{table}");
    }
}

#[test]
fn tables_that_place_things_are_read_as_blocks() {
    // Text that lies in a table but in no cell is not lost.
    let loose = full("<table><tr><td>a<td>b<tr>loose<td>c<td>d</table>");
    assert!(["a", "b", "loose", "c", "d"].iter().all(|word| loose.contains(word)), "{loose}");
    let layout = "<table><tr><td><a href=/>Home</a><td><h1>Gears</h1><p>Put a <i>half</i> gear<p>tail</table>";
    assert_eq!(full(layout), "Home\nGears\nPut a half gear\ntail");
    let nested = "<table><tr><td>left<td><table><tr><td>1<td>2<tr><td>3<td>4</table>after</table>";
    assert_eq!(full(nested), "left\n1\t2\n3\t4\nafter");
    assert_eq!(full("<table role=presentation><tr><td>a<td>b<tr><td>c<td>d</table>"), "a\nb\nc\nd");
}

#[test]
fn code_is_what_a_reader_copies() {
    let right = "def f(x):\n    if x:\n        return 1\n\n    return 2";
    let lines: Vec<&str> = right.split('\n').collect();
    let each = |write: fn(usize, &str) -> String| -> String {
        lines.iter().enumerate().map(|(number, line)| write(number + 1, line)).collect()
    };
    for html in [
        format!("<pre>\n{right}\n</pre>"),
        format!("<pre>{}</pre>", right.replace('\n', "<br>")),
        format!("<pre>{}</pre>", right.replace('\n', "\r\n")),
        format!("<pre><code>{}</code></pre>", each(|number, line| format!("<span>{number}</span> {line}\n"))),
        format!("<pre><code>{}</code></pre>", each(|_, line| format!("<span class=line>{line}</span>"))),
        format!("<pre>{}</pre>", each(|_, line| format!("<code>{line}\n</code>"))),
        format!("<pre><ol>{}</ol></pre>", each(|_, line| format!("<li class=L0>{line}</li>"))),
        format!("<pre>{}</pre>", each(|n, line| format!("<div class=row><i class=ln>{n}</i><b>{line}</b></div>\n"))),
        format!("<table><tr><td><pre>1\n2\n3\n4\n5\n</pre><td class=code><pre>{right}</pre></table>"),
        format!(
            "<table class=highlight>{}</table>",
            each(|n, line| format!("<tr><td class='blob-num'>{n}</td><td class=blob-code>{line}</td></tr>\n"))
        ),
        format!("<pre><div class=bar>python<button>Copy code</button></div><code>{right}</code></pre>"),
        format!("<button>Copy</button><pre>{right}</pre>"),
    ] {
        assert_eq!(full(&html), right, "{html}");
        assert_eq!(markdown(&html), format!("```\n{right}\n```"), "{html}");
    }
    let folded = "<p>Run:</p><code>for x in y:<br>&nbsp;&nbsp;print(x)<br></code>";
    assert_eq!(full(folded), "Run:\nfor x in y:\n  print(x)");
}

#[test]
fn numbers_that_are_no_line_numbers_stay() {
    for html in
        ["<pre>1\n2\n3</pre>", "<pre><b>1</b> one\n<b>3</b> three</pre>", "<p>In <span class=number>5</span> days</p>"]
    {
        let words = html.replace("<b>", "").replace("</b>", "").replace("<pre>", "").replace("</pre>", "");
        let words =
            words.replace("<p>", "").replace("</p>", "").replace("<span class=number>", "").replace("</span>", "");
        assert_eq!(full(html), words);
    }
}

#[test]
fn short_parts_of_an_article_are_kept() {
    for (html, right) in [
        ("<ul><li>pencil<li>lamp</ul>", "\npencil\nlamp\n"),
        ("<dl><dt>Pier<dd>In the water.</dl>", "\nPier\nIn the water.\n"),
        ("<blockquote><p>Water never waits.</blockquote>", "\nWater never waits.\n"),
        ("<table><tr><th>Year<th>Level<tr><td>2019<td></table>", "\nYear\tLevel\n2019\t\n"),
        ("<pre>gauge --read</pre>", "\ngauge --read\n"),
    ] {
        let text = within(html);
        assert!(text.contains(right), "{html}: {text}");
    }
    let text = within("<aside><ul><li><a href=/a>Older bridges</a><li><a href=/b>Other rivers</a></ul></aside>");
    assert!(!text.contains("Older bridges"), "{text}");
}

#[test]
fn formulas_come_once_as_tex() {
    let math =
        "<math><msup><mi>c</mi><mn>2</mn></msup><annotation encoding='application/x-tex'>c^2</annotation></math>";
    for html in [
        format!("<p>is <span class=katex>{math}<span class=katex-html aria-hidden=true>c2</span></span> x"),
        format!("<p>is <span style='display:none'>{math}</span><img class=mwe-math-fallback alt='{{\\displaystyle c^2}}'> x"),
        "<p>is <span class=MathJax>c2</span><script type='math/tex'>c^2</script> x".to_owned(),
        format!("<p>is <span class=MathJax><span>c2</span><span class=MJX_Assistive_MathML>{math}</span></span> x"),
        "<p>is <span class=MathJax data-mathml='&lt;math>&lt;msup>&lt;mi>c&lt;/mi>&lt;mn>2&lt;/mn>&lt;/msup>&lt;/math>'>c2</span> x".to_owned(),
        "<p>is <img src='https://latex.codecogs.com/gif.latex?c%5E2'> x".to_owned(),
        "<p>is <math alttext='c^2'><mi>c</mi></math> x".to_owned(),
    ] {
        assert_eq!(full(&html), "is $c^2$ x", "{html}");
    }
    assert_eq!(full("<p>a <img class=text-center alt='A bridge'> b"), "a b");
}

#[test]
fn exponents_and_indices_are_no_digits() {
    for (html, right) in [
        ("10<sup>6</sup> people", "10^6 people"),
        ("10<sup>-6</sup> m<sup>2</sup>", "10^-6 m^2"),
        ("x<sup>n+1</sup> and x<sub>i</sub>", "x^(n+1) and x_i"),
        ("H<sub>2</sub>O", "H₂O"),
        ("the 1<sup>st</sup> and M<sup>lle</sup>", "the 1st and Mlle"),
        ("in 2009<sup><a href=#n>1</a></sup>", "in 2009[1]"),
        ("seen<sup>[2]</sup>", "seen[2]"),
        ("2<sup>1</sup>/<sub>2</sub> miles", "2 1/2 miles"),
        ("a Brand<sup>™</sup>", "a Brand™"),
    ] {
        assert_eq!(full(&format!("<p>{html}</p>")), right);
    }
}

#[test]
fn readings_stand_behind_their_characters() {
    for (html, right) in [
        ("<ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rp>(</rp><rt>じ</rt><rp>)</rp></ruby>の", "漢字(かんじ)の"),
        ("<ruby>東京<rt>とうきょう</ruby>へ", "東京(とうきょう)へ"),
        ("<ruby><rb>北</rb><rt>běi</rt></ruby>", "北(běi)"),
        ("<ruby>字</ruby>", "字"),
    ] {
        assert_eq!(full(&format!("<p>{html}</p>")), right);
    }
}

#[test]
fn line_feeds_between_ideographs_are_no_spaces() {
    for (html, right) in [
        ("中文\n换行", "中文换行"),
        ("中文\n  <b>换行</b>", "中文换行"),
        ("中文。\n「换行」", "中文。「换行」"),
        ("中文 换行", "中文 换行"),
        ("한국\n어", "한국 어"),
        ("中文\nword\n换", "中文 word 换"),
    ] {
        assert_eq!(full(&format!("<p>{html}</p>")), right);
    }
}

#[test]
fn shadow_roots_are_shown_and_templates_are_not() {
    let page = "<x-a><template shadowrootmode=open><p>inside</p><slot></slot></template><p>slotted</p></x-a>\
        <template><p>TEMPLATE</p></template>";
    assert_eq!(full(page), "inside\nslotted");
    for (html, right) in [
        ("<x-a><template shadowrootmode=closed><p>inside</template><p>beside</x-a>", "inside\nbeside"),
        (
            "<x-a><template shadowrootmode=open><p>one<x-b><template shadowrootmode=open><p>two</template></x-b><p>three\
             </template></x-a>",
            "one\ntwo\nthree",
        ),
        (
            "<x-a><template shadowrootmode=open><p>first</template></x-a><x-a><template shadowrootmode=open><p>second\
             </template></x-a>",
            "first\nsecond",
        ),
        ("<div><template shadowrootmode=OPEN><style>p{}</style><p>a<slot>b</slot></template></div>", "ab"),
        ("<div><template shadowrootmode=open><p>kept<template><p>GONE</template></template></div>", "kept"),
        ("<template><x-a><template shadowrootmode=open><p>GONE</template></x-a></template><p>kept", "kept"),
        ("<div><template shadowrootmode=wrong><p>GONE</template><p>kept</div>", "kept"),
    ] {
        assert_eq!(full(html), right, "{html}");
    }
}

#[test]
fn lists_keep_their_numbers_and_nesting() {
    for (html, right) in [
        ("<ol start=5><li>a<ol type=a><li>b<li>c</ol><li>d</ol>", "5. a\n   1. b\n   2. c\n6. d"),
        ("<ol reversed><li>a<li>b</ol>", "2. a\n1. b"),
        ("<ol><li>a<li value=10>b<li>c</ol>", "1. a\n10. b\n11. c"),
        ("<ul><li>a<ul><li>b<ul><li>c</ul></ul><li><p>d<p>e</ul>", "- a\n  - b\n    - c\n- d\n\n  e"),
        ("<ol><li>a<pre>x\n y</pre><li>b</ol>", "1. a\n\n   ```\n   x\n    y\n   ```\n2. b"),
        ("<blockquote><p>a<p>b</blockquote><p>c", "> a\n>\n> b\n\nc"),
        ("<ol start=99999999999><li>a</ol><ol start=-5><li>b</ol>", "1. a\n\n0. b"),
        ("<blockquote><ul><li>a<li>b</ul></blockquote>", "> - a\n> - b"),
    ] {
        assert_eq!(markdown(html), right, "{html}");
    }
}

#[test]
fn markdown_reads_as_the_text() {
    for (html, right) in [
        ("<p># a", "\\# a"),
        ("<p>a<br># b", "a  \n\\# b"),
        ("<p>use <code>a `b` c</code>, <code>`</code> and <code>*x*</code>", "use ``a `b` c``, `` ` `` and `*x*`"),
        ("<p>&lt;div&gt; __init__", "\\<div> \\_\\_init\\_\\_"),
        ("<p>\\(a_1 * b_2\\)", "\\(a_1 * b_2\\)"),
        ("<pre>```\nx\n```</pre>", "````\n```\nx\n```\n````"),
        ("<table><tr><th>a|b<th>c<tr><td>1<br>2<td></table>", "| a\\|b | c |\n| --- | --- |\n| 1<br>2 |  |"),
        ("<p>a <span hidden>x</span> b", "a b"),
        ("<h2>A <code>b_c</code></h2>", "## A `b_c`"),
    ] {
        assert_eq!(markdown(html), right, "{html}");
    }
}

#[test]
fn lines_to_the_neighbours_of_a_message_are_no_text() {
    let message =
        format!("<pre>From: a\n\n{}</pre>", "The river rose in spring and the bridge stood firm.\n".repeat(12));
    let page = format!("<ul><li>Previous message: <a href=1>a</a><li>Next message: <a href=2>b</a></ul><hr>{message}");
    let text = text_of(&page, Method::MainContent, TextFormat::Text);
    assert!(text.contains("river rose") && !text.contains("message:"), "{text}");
}

"""What of a page is its content, and what it says of itself: media types, charsets, notices, marks, copies, days."""

import json
import re

from reports.case import situation

PARAGRAPHS = [
    "The harbour wall at Tarnby was rebuilt in three summers",
    "In the second year the quarry flooded",
    "The third summer was dry",
    "Visitors usually notice the colours first",
    "What the guide does not mention is the drain",
    "Engineers from the university measured the channel",
    "The repair will cost less than was feared",
    "Work is to begin after the herring season",
]


def lines(text):
    """The lines of a text that are not blank."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def by_url(run):
    """The kept documents by the last part of their address."""
    return {row["url"].rsplit("/", 1)[-1]: row for row in run.kept()}


@situation("61-media-types")
def media_types(case):
    run = case.run()
    case.equal("exit code", run.exit, 0)
    kept = by_url(run)
    case.equal("pages kept", sorted(kept), ["0", "1", "10", "11", "5", "6", "7", "untyped"])
    for name, word in [("1", "xhtml"), ("5", "upper"), ("6", "octet"), ("7", "labelled"), ("11", "justhtml"), ("untyped", "untyped")]:
        text = kept.get(name, {}).get("text", "")
        case.contains(f"page {name}", text, f"The {word} report says", "helped to carry sand bags")
        case.lacks(f"page {name}", text, "<", ">")
        case.equal(f"title of page {name}", kept.get(name, {}).get("title"), word)
    case.equal("plain text", kept.get("0", {}).get("text"), "Plain words of a readme file.\nSecond line here.")
    case.equal("Markdown", kept.get("10", {}).get("text"), "# Head\n\nwords in markdown file")
    dropped = {row["url"].rsplit("/", 1)[-1]: (row["reason"], row["detail"]) for row in run.rows("dropped")}
    types = {"2": "application/rss+xml", "3": "application/pdf", "4": "application/json", "8": "image/png", "9": "text/xml"}
    case.equal("dropped", dropped, {name: ("not_a_page", kind) for name, kind in types.items()})


@situation("77-jsonld-noscript")
def jsonld_noscript(case):
    run = case.run()
    case.equal("exit code", run.exit, 0)
    texts = run.texts()
    for name in ["jsonld", "noscript", "textarea"]:
        case.contains(name, texts.get(name, ""), "The council met on Tuesday", "money from the reserve")
    message = texts.get("noscriptmsg", "")
    case.contains("noscriptmsg", message, "The old bridge", "spring floods", "winter comes to the valley")
    case.lacks("noscriptmsg", message, "JavaScript", "Home", "Copyright")


@situation("157-charsets-2")
def charsets(case):
    run = case.run()
    case.equal("exit code", run.exit, 0)
    kept = by_url(run)
    tarnby = ["塔恩比的海堤用了三个夏天才修好", "第二年采石场被水淹了"]
    words = {
        "late-gbk": tarnby,
        "comment-gbk": tarnby,
        "meta-utf16": tarnby,
        "utf8mb4": tarnby,
        "utf16-header": tarnby,
        "utf16-nobom-none": tarnby,
        "quoted-header": tarnby,
        "iso-2022-jp-meta": ["港の石垣は三年かけて造り直された", "予定より早く完成した"],
        "iso-2022-jp-none": ["港の石垣は三年かけて造り直された", "予定より早く完成した"],
        "gbk-with-utf8": ["去年春天，大学里的工程师用一台小摄像机测量了暗渠", "塔恩比的海堤用了三个夏天才修好"],
        "euc-kr": ["항구의 방파제"],
    }
    for name, parts in words.items():
        case.contains(name, kept.get(name, {}).get("text", ""), *parts)
    for name, row in kept.items():
        if name != "hz":
            case.lacks(name, row["text"], "\ufffd", "Ã", "锟")
            case.equal(f"replacements of {name}", row["charset_replacements"], 0)
    # Another byte than the letter itself shows that the charset was taken for another.
    case.check("late-1252 has accents", re.search("[äöüßéèàçñ]", kept.get("late-1252", {}).get("text", "")), kept.get("late-1252", {}).get("text", ""))
    case.check("big5-hkscs has ideographs", re.search("[\u4e00-\u9fff]{5}", kept.get("big5-hkscs", {}).get("text", "")))


@situation("166-doubled-text")
def doubled(case):
    for pipeline in ["pipeline.yaml", "traf.yaml"]:
        run = case.run(pipeline, "--overwrite")
        case.equal(f"exit code of {pipeline}", run.exit, 0)
        texts = run.texts()
        for name, text in texts.items():
            found = [line for line in lines(text) if len(line) > 25]
            case.equal(f"lines of {name} with {pipeline} that stand twice", sorted({line for line in found if found.count(line) > 1}), [])
        for start in PARAGRAPHS[:6]:
            case.equal(f"{pipeline}: {start!r} in responsive", texts.get("responsive", "").count(start), 1)
    texts = case.run("pipeline.yaml", "--overwrite").texts()
    case.contains("768", texts.get("768", ""), "Line that has to be long enough")
    case.contains("879", texts.get("879", ""), "rebuilt in three summers", "granite from the other side")


@situation("168-wiki")
def wiki(case):
    for pipeline, heading in [("pipeline.yaml", ""), ("md.yaml", "## ")]:
        run = case.run(pipeline, "--overwrite")
        case.equal(f"exit code of {pipeline}", run.exit, 0)
        text = run.texts().get("wiki", "")
        case.contains(pipeline, text, *PARAGRAPHS)
        case.lacks(pipeline, text, "edit", "[1]", "[2]", "[3]", "citation needed", "Contents", "Categor", "1874 establishments",
                   "For the street", "additional citations", "Random article", "last edited")
        for word in ["History", "Repair"]:
            case.equal(f"{word} in {pipeline}", lines(text).count(heading + word), 1)


@situation("169-cookie-banner")
def consent(case):
    run = case.run()
    case.equal("exit code", run.exit, 0)
    texts = run.texts()
    for name, paragraphs in [("long-first", 2), ("six", 6), ("last", 4)]:
        case.contains(name, texts.get(name, ""), "The harbour wall", *PARAGRAPHS[:paragraphs])
    case.contains("zh", texts.get("zh", ""), "塔恩比的海堤用了三个夏天", "第二年采石场被水淹了", "第三个夏天天气干燥")
    for name in ["long-first", "six", "last", "zh"]:
        case.lacks(name, texts.get(name, ""), "We value your privacy", "ookie", "consent", "Accept all", "Reject", "personal data",
                   "隐私", "同意并继续", "打开App", "登录后", "客户端")


@situation("178-dates")
def dates(case):
    run = case.run()
    case.equal("exit code", run.exit, 0)
    found = {row["id"]: row["publish_date"] for row in run.kept()}
    for name, right in json.loads((case.folder / "want.json").read_text()).items():
        case.equal(f"day of {name}", found.get(name, "no page"), right)


@situation("222-anchor-marks")
def anchors(case):
    names = [json.loads(line)["id"] for line in (case.folder / "in.jsonl").read_text().splitlines()]
    for pipeline, heading in [("pipeline.yaml", ""), ("md.yaml", "## ")]:
        run = case.run(pipeline, "--overwrite")
        case.equal(f"exit code of {pipeline}", run.exit, 0)
        texts = run.texts()
        case.equal(f"pages of {pipeline}", sorted(texts), sorted(names))
        for name, text in texts.items():
            for word in ["Usage", "Limits"]:
                case.equal(f"{word} in {name} of {pipeline}", lines(text).count(heading + word), 1)
            case.lacks(f"{name} of {pipeline}", text, "¶", "§", "🔗", "\u200b", "Copy link", "Direct link", "Permalink")
            if not heading:
                case.lacks(name, text, "#")
            case.contains(f"{name} of {pipeline}", text, *PARAGRAPHS[:7])

"""Pages: hidden text, tables, code, lists, formulas, short blocks, preformatted pages."""

import re

from .case import situation

PARAGRAPHS = ("The council met on Tuesday", "After two hours of talk")
WALL = (
    "The harbour wall at Tarnby was rebuilt",
    "In the second year the quarry flooded",
    "The third summer was dry",
    "Visitors usually notice the colours first",
    "What the guide does not mention is the drain",
    "Engineers from the university measured",
)
CODE = "def f(x):\n    if x:\n        return 1\n\n    return 2"


def texts(case, pipeline="pipeline.yaml", output="out"):
    arguments = () if output == "out" else ("--output", output)
    run = case.run(pipeline, *arguments, output=output)
    case.equal(f"exit code of {pipeline}", run.exit, 0)
    return run.texts()


def in_order(case, what, text, *parts):
    """Notes a fault unless all parts are there, in this order."""
    at = 0
    for part in parts:
        found = text.find(part, at)
        case.check(f"{what} has {part!r} in its place", found >= 0, text[:600])
        at = max(at, found)


def grid(text, start, rows, separator="\t"):
    """Rows of a table from the line that starts with `start` on."""
    lines = text.split("\n")
    first = next((at for at, line in enumerate(lines) if line.startswith(start)), 0)
    return [line.split(separator) for line in lines[first : first + rows]]


@situation("70-tables")
def _(case):
    found = texts(case)
    case.contains("list in a cell", found["listcell"], "Mon\t10:00 to 20:00", "Tue\tClosed", *PARAGRAPHS)
    case.contains("br in a cell", found["brcell"], "Plant Range: old\tKind", "Moss Fern\tgreen", *PARAGRAPHS)
    layout = found["layout"].split("\n")
    case.equal("lines of the layout table", len(layout), 3)
    case.equal("heading in the layout table", layout[0], "Gears")
    case.contains("inline elements and tails", found["layout"], "left knob and a third", "the middle one turn at",
                  "middle gear turns at 3r and", "turns at 2r/3. This gives a line with a steep slope.")


@situation("72-code")
def _(case):
    found = texts(case)
    for id in ("pre", "linenos", "divlines", "brcode"):
        case.contains(id, found[id] + "\n", f"\n{CODE}\n", *PARAGRAPHS)
        case.lacks(id, found[id], "Copy", "1\n2\n3", "1def", "\n4\n")
    case.contains("inline", found["inline"], "Implement WebThing, then call run(); see Ctrl+C for")


@situation("73-math")
def _(case):
    found = texts(case)
    case.equal("katex, once", found["katex"].count("E=mc^2"), 1)
    case.contains("katex", found["katex"], "The law is $E=mc^2$ as every pupil")
    case.lacks("katex", found["katex"], "Emc2", "E=mc2")
    case.contains("mathml", found["mathml"], "$πr^2$", "$\\frac{1}{2}$")
    case.contains("mathjax", found["mathjax"], "\\(a^2 < b\\)", "$$\\int_0^1 x\\,dx$$", "$\\frac{1}{2}$")
    case.contains("sup", found["sup"], "10^6 people", "x^(n+1)", "footnote")
    case.check("H2O stays one word", re.search(r"H[2₂]O", found["sup"]), found["sup"])
    case.lacks("sup", found["sup"], "106")


@situation("74-rtl-ruby")
def _(case):
    found = texts(case)
    case.contains("ar", found["ar"], "الجسر القديم\nاجتمع المجلس يوم الثلاثاء", "المهندسين 2024.")
    case.contains("ruby", found["ruby"], "漢字(かんじ)の勉強を毎日")


@situation("76-hidden")
def _(case):
    for pipeline, method in (("pipeline.yaml", "{}"), ("full.yaml", "{method: full_text}")):
        source = (case.folder / "pipeline.yaml").read_text().replace("extract: {}", f"extract: {method}")
        (case.folder / pipeline).write_text(source)
        text = texts(case, pipeline, f"out-{pipeline}")["h"]
        case.lacks(pipeline, text, "SECRET", "SRONLY")
        case.contains(pipeline, text, "DETAILS words that open", *PARAGRAPHS)


@situation("107-long-table-list")
def _(case):
    text = texts(case)["all"]
    in_order(
        case, "the article", text, "The old bridge", "First of all.", "Levels", "Year\tLevel", "2019\tlow water",
        "2020\thigh flood", "It is well known.", "The bridge has these parts:", "alpha stone from the quarry",
        "beta timber from the forest", "gamma rope", "Pier", "The part that stands in the water", "Deck",
        "The part that one walks on", "The program that reads the gauge is short:", CODE, "The teacher wrote it down.",
        "And in another style:", CODE, "Some were late.", "At the end.",
    )
    case.lacks("the article", text, "Copy", "1def", "Home", "\n1\n2\n")


@situation("123-extract-short-blocks")
def _(case):
    found = texts(case)
    rights = {
        "ul-short": ["pencil\nbook\nlamp"],
        "ol-steps": ["Open the gate.\nWalk down.\nRead the gauge.\nWrite it down."],
        "dl": ["Pier\nThe part in the water.\nDeck\nThe part to walk on."],
        "pre": ["gauge --read --unit=cm"],
        "rouge": ["import gauge\nfor x in gauge.read():\n    print(x)"],
        "hugo": ["import gauge\nprint(gauge.read())"],
        "tab-num": ["Year\tLevel\n2019\t3.1\n2020\t2.7\n2021\t4.4"],
        "quote": ["Water never waits."],
        "math": ["Thus\n$$h = a t^2$$\nholds."],
        "h3s": ["Tools\nA pencil.\nPlace\nThe pier."],
        "qa": ["Q: Why?\nA: Because."],
    }
    for id, parts in rights.items():
        in_order(case, id, found[id], "How to read the gauge", "In the winter the keeper", f"\n{parts[0]}\n",
                 "In the spring the book")
    case.lacks("rouge", found["rouge"], "1\n2")
    case.lacks("hugo", found["hugo"], "1import", "2print")


@situation("160-hidden-main-text")
def _(case):
    for pipeline in ("pipeline.yaml", "full.yaml"):
        found = texts(case, pipeline, f"out-{pipeline}")
        case.equal(f"paragraphs of the account, {pipeline}", sum("。" in line for line in found["wechat"].split("\n")), 8)
        case.lacks(f"wechat, {pipeline}", found["wechat"], "微信扫一扫")
        for id in ("display-none", "opacity", "body-hidden"):
            in_order(case, f"{id}, {pipeline}", found[id], *WALL)


@situation("163-markdown-code")
def _(case):
    text = texts(case, "pipeline.yaml", "md")["code"]
    case.contains("markdown", text, "\n````markdown\n# Title\n\n```python\nprint(1)\n```\n\nend of the sample\n````\n",
                  "    if x < 1:\n        return `x`\n\n    return x  # & so on\n", "``a `b` c``", "`*not bold*`", "Ctrl+C here")
    in_order(case, "code in items", text, "1. First do this:", "   ```\n   make all\n   ```", "2. Then do that:",
             "   make install\n     now", "plain preformatted\n  with two blanks\n\tand a tab")
    plain = texts(case, "text.yaml", "text")["code"]
    in_order(case, "text", plain, "First do this:\nmake all\nThen do that:\nmake install\n  now\nplain preformatted")


@situation("164-lists")
def _(case):
    text = texts(case, "pipeline.yaml", "md")["lists"]
    stones = ["The first stone", "The second stone", "The third stone", "The fourth stone"]
    first, second, third, fourth = stones
    in_order(case, "plain", text, *(f"\n{number}. {stone}" for number, stone in enumerate(stones, 1)))
    in_order(case, "from 5", text, f"\n5. {first}", f"\n   1. {second}", f"\n   2. {third}", f"\n6. {fourth}")
    in_order(case, "three deep", text, f"\n- {first}", f"\n  - {second}", f"\n    - {third}", f"\n- {fourth}",
             "\n  Engineers from the university")
    in_order(case, "reversed and valued", text, f"\n2. {first}", f"\n1. {second}", f"\n10. {third}", f"\n11. {fourth}",
             f"\n- {second}", f"\n- {third}")
    plain = texts(case, "text.yaml", "text")["lists"]
    for stone, count in zip(stones, (4, 5, 5, 4)):
        case.equal(f"{stone} in the text", plain.count(stone), count)


@situation("165-markdown-text")
def _(case):
    text = texts(case, "pipeline.yaml", "md")["escapes"]
    lines = text.split("\n")
    for sign in ("# not", "1. not", "- not", "> not"):
        case.check(f"no line starts with {sign!r}", not any(line.startswith(sign) for line in lines), text[:900])
    case.contains("escapes", text, "\\# not a heading", "1\\. not a list", "\\- not a bullet", "\\> not a quotation",
                  '\\<div class="x">', "2 * 3 * 4 = 24", "snake_case_name", "\\_\\_init\\_\\_", "\\[not a link](x)",
                  "## Heading with stress and `code_x`", "word, blanks inside the tags", "and a link with text,")
    quoted = [line for line in lines if line.startswith("> ")]
    case.equal("quoted paragraphs", len(quoted), 2)
    case.contains("line breaks", text, "Line one of an address  \nLine two of it")
    plain = texts(case, "text.yaml", "text")["escapes"]
    case.contains("text", plain, '<div class="x"> and &amp; in HTML', "\n# not a heading", "\n1. not", "\n- not", "\n> not")


@situation("167-inline-blanks")
def _(case):
    right = ("The wall was rebuilt in three summers and oneautumn, notin two.", "5 km, price12€.", "ab and c d",
             "中文在源代码里换行的时候，浏览器会显示空格，读者却不希望看到。港口的石墙修了三个夏天，",
             "Visitors usually notice the colours first. From the ferry")
    for pipeline in ("pipeline.yaml", "full.yaml", "md.yaml"):
        text = texts(case, pipeline, f"out-{pipeline}")["inline"]
        case.contains(pipeline, text, *right)
        case.check(f"{pipeline} has three lines", re.search(r"one *\ntwo *\nthree", text), text[:900])
    full = texts(case, "full.yaml", "full")["inline"]
    case.contains("blocks apart", full,
                  "\nFirst block of words here\nSecond block of words here\ninline tail after the blocks\n")


@situation("171-pre-pages")
def _(case):
    found = texts(case)
    case.contains("mail", found["mail"], "> The drain is blocked at two places, I think.\n> Should we not open",
                  "so that\nthe pressure of the tide", "-- \nExample Person\nHarbour office")
    case.lacks("mail", found["mail"], "Previous message", "Next message", "sorted by", "More information")
    case.contains("rfc", found["rfc"], "   The harbour wall at Tarnby was rebuilt in three summers, and each\n   summer left")
    case.contains("poem", found["poem"], "The wall hums when the wind is west,\n    the channel breathes below;",
                  "\n\nThree summers' stone")
    case.lacks("poem", found["poem"], "Home", "Privacy")
    case.contains("poem-br", found["poem-br"], "west,\nthe channel breathes below;\nwho mixed", "show.\nThree summers'")


@situation("172-short-lines")
def _(case):
    found = texts(case)
    for id in ("interview", "interview-br"):
        case.equal(f"questions of {id}", found[id].count("Interviewer: "), 6)
        case.equal(f"answers of {id}", found[id].count("Mason: "), 6)
    in_order(case, "recipe", found["recipe"], "Mason soup", "Ingredients", "2 onions", "500 g potatoes", "salt, dill",
             "Method", "Chop the onions.", "Serve hot.", "It keeps for two days")
    in_order(case, "glossary", found["glossary"], "Ashlar", "Cut stone.", "Coping", "Tide", "Rise and fall of the sea.")
    case.equal("lines of the change log", found["changelog"].count("\n"), 16)
    case.equal("rows of the chat", sum(line.count("\t") == 2 for line in found["chat"].split("\n")), 12)
    for id, text in found.items():
        case.lacks(id, text, "About us", "Privacy", "Example Media")


@situation("173-zh-pages")
def _(case):
    found = texts(case)
    in_order(case, "novel", found["novel"], "塔恩比的海堤", "“谁修的？”", "“我父亲。”他说。", "海风很大。", "工程要等鲱鱼季节")
    case.lacks("novel", found["novel"], "上一章", "下一章", "目录", "首发域名", "转载", "Copyright", "首页", "书签")
    in_order(case, "news", found["news"], "塔恩比的海堤", "第二年采石场", "工程要等鲱鱼季节")
    case.lacks("news", found["news"], "分享", "相关阅读", "网友评论", "ICP", "当前位置", "字号", "两条航线")


@situation("176-shadow-dom")
def _(case):
    found = texts(case)
    for id in ("declarative", "slots"):
        in_order(case, id, found[id], *WALL)
        case.lacks(id, found[id], "TEMPLATEROW")


@situation("177-table-empty-cells")
def _(case):
    text = texts(case, "pipeline.yaml", "text")["timetable"]
    right = [
        ["", "Mon", "Tue", "Wed"], ["06:00", "", "ferry", ""], ["07:00", "post", "", "ferry"], ["08:00", "", "", "fish"],
        ["09:00", "post parcels", "ferry", "fish"], ["10:00", "a", "b", "c"], ["", "d", "e", "f"], ["11:00", "closed", "", ""],
    ]
    case.equal("rows of the text", grid(text, "\tMon", 8), right)
    marked = texts(case, "md.yaml", "md")["timetable"]
    rows = [line for line in marked.split("\n") if line.startswith("|")]
    case.equal("rows of the Markdown", len(rows), 9)
    cells = [[cell.strip().replace("<br>", " ") for cell in row.strip("|").split("|")] for row in rows]
    case.equal("cells of the Markdown", [row[:4] for row in cells[:1] + cells[2:]], right)

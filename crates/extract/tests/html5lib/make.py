"""Writes visible.jsonl: `make.py TREE_CONSTRUCTION_FOLDER`, the folder `tree-construction` of html5lib-tests (MIT, see LICENSE).

A line is one page with the text of the standard's tree: all characters but those in elements that are not shown. Cases of
fragments and of pages with scripts are left out.
"""
import json, pathlib, re, sys

NOT_SHOWN = {"head", "title", "script", "style", "template", "noembed", "noframes", "iframe", "textarea", "select", "datalist",
             "object", "applet", "audio", "video", "canvas", "embed"}


def cases(path):
    raw = path.read_bytes().decode("utf8")
    for part in re.split(r"(?:^|\n)#data\n", raw)[1:]:
        html, _, rest = ("", "", part) if part.startswith("#errors") else part.partition("\n#errors")
        if "#document-fragment" not in rest and "#script-on" not in rest:
            yield html, rest.partition("#document\n")[2]


def visible(tree):
    lines = []
    for line in tree.split("\n"):
        if line.startswith("| "):
            lines.append(line[2:])
        elif lines:
            lines[-1] += "\n" + line
    text, around = [], []
    for line in lines:
        node = line.lstrip(" ")
        del around[(len(line) - len(node)) // 2:]
        if not node.startswith('"'):
            around.append(node.strip("<>\n"))
        elif not any(name in NOT_SHOWN for name in around):
            text.append(node[1:node.rindex('"')])
    return "".join(text)


def main(folder):
    target = pathlib.Path(__file__).parent / "visible.jsonl"
    with target.open("w", encoding="utf8") as out:
        for path in sorted(pathlib.Path(folder).glob("*.dat")):
            for html, tree in cases(path):
                print(json.dumps({"from": path.name, "html": html, "text": visible(tree)}, ensure_ascii=False), file=out)


main(sys.argv[1])

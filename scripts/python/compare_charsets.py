"""Compares how files of known charsets are decoded. Called by scripts/compare/charsets."""
import base64, codecs, json, subprocess, sys

import chardet, charset_normalizer

from documents import rows as read

# The tables of Python and those of the web (WHATWG) show these few bytes of a charset by different characters. Which of the
# two is written is no question of finding the charset, so that the second count takes them as equal, for everybody.
VARIANTS = {"\uff5e": "\u301c", "\uff0d": "\u2212", "\u2225": "\u2016", "\uffe0": "\u00a2", "\uffe1": "\u00a3",
            "\uffe2": "\u00ac", "\u2015": "\u2014", "\u30fb": "\u00b7"}
VARIANTS = str.maketrans(VARIANTS | {chr(byte): bytes([byte]).decode("cp1252", "replace") for byte in range(0x80, 0xa0)})


def truth(charset, raw):
    """The file as Python decodes its true charset; the name may end with a language."""
    parts = charset.split("-")
    for name in ["-".join(parts[:length]) for length in range(len(parts), 0, -1)]:
        try:
            codecs.lookup(name)
        except LookupError:
            continue
        return raw.decode(name).lstrip("\ufeff")
    raise SystemExit(f"Python knows no charset {charset}")


def by_chardet(raw):
    name = chardet.detect(raw)["encoding"]
    try:
        return raw.decode(name) if name else None
    except (LookupError, UnicodeDecodeError):
        return None


def by_normalizer(raw):
    best = charset_normalizer.from_bytes(raw).best()
    return None if best is None else str(best)


def main(binary, path):
    files = list(read(path))
    raws = [base64.b64decode(file["bytes_b64"]) for file in files]
    rows = "".join(json.dumps({"id": file["id"], "bytes": list(raw)}) + "\n" for file, raw in zip(files, raws))
    out = subprocess.run([binary, "decode"], input=rows.encode(), stdout=subprocess.PIPE, check=True).stdout
    found = {"textmill": [json.loads(line)["text"] for line in out.decode("utf8").split("\n") if line],
             "charset-normalizer " + charset_normalizer.__version__: [by_normalizer(raw) for raw in raws],
             "chardet " + chardet.__version__: [by_chardet(raw) for raw in raws]}
    for name, texts in found.items():
        exact = same = 0
        for file, raw, text in zip(files, raws, texts, strict=True):
            expected, text = truth(file["charset"], raw), None if text is None else text.lstrip("\ufeff")
            exact += text == expected
            right = text is not None and text.translate(VARIANTS) == expected.translate(VARIANTS)
            same += right
            if not right and name == "textmill":
                print(f"  not right: {file['id']}")
        print(f"{name}: of {len(files)} files {same} right, {exact} of them with the characters of Python's tables")


main(*sys.argv[1:])

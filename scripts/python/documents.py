"""Reading and making documents, for the other files of this folder."""

import io
import json
import re


def rows(path):
    """The objects of a .jsonl.zst file."""
    # Not all that use this file need the package.
    import zstandard

    with open(path, "rb") as raw, zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream:
        for line in io.TextIOWrapper(stream, encoding="utf8"):
            yield json.loads(line)


def texts(path):
    """The texts of a .jsonl.zst file."""
    return (row["text"] for row in rows(path))


def spoiled(text, lang, rng):
    """The text as bad extraction, bad translation and spam leave it: disordered, with gaps, or repeating itself."""
    units = re.findall(r"\S+|\s+", text) if lang == "en" else [text[at:at + 3] for at in range(0, len(text), 3)]
    kind = rng.randrange(3)
    if kind == 0:
        for start in range(0, len(units), 12):
            part = units[start:start + 12]
            rng.shuffle(part)
            units[start:start + 12] = part
    elif kind == 1:
        units = [unit for unit in units if rng.random() > 0.4]
    else:
        units = [unit for unit in units for _ in range(rng.choice((1, 1, 2, 3)))]
    return "".join(units)


def write_examples(path, pairs):
    """Labelled texts as JSON lines, for `textmill train classifier --labelled`."""
    with open(path, "w", encoding="utf8") as out:
        for label, text in pairs:
            out.write(json.dumps({"label": label, "text": text}, ensure_ascii=False) + "\n")

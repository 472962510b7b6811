"""Makes training texts for the recipes' models and trains them. Called by scripts/make/recipe-models."""

import argparse
import gzip
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

from documents import spoiled, write_examples

# Half a page: what the models see of a document.
CHUNK_CHARS = 1500
SHORTEST_CHARS = {"en": 150, "zh": 40}
# Enough for a stand-in, and trained in seconds.
MOST_CHUNKS = 6000
FEWEST_CHUNKS = 40

PHRASES = {
    "ad": (
        "Buy now and save {n}%!", "Limited offer, order today.", "Free shipping on all orders over ${n}.", "Add to cart",
        "Best price guaranteed.", "Click here to claim your discount.", "Only {n} left in stock!", "Subscribe and win.",
        "Sign up for our newsletter for exclusive deals.", "Special sale: {n}% off everything.", "Compare prices in our shop.",
        "Call now for a free quote.", "100% money back guarantee.", "Our products are the best on the market.",
    ),
    "toxic": (
        "You are an idiot.", "Shut up, you moron.", "What a stupid piece of garbage.", "I hate you and people like you.",
        "Go away, nobody wants you here, loser.", "You are a pathetic liar.", "What the hell is wrong with you, you dumb fool?",
        "You disgusting scum should be ashamed.", "Get lost, you worthless clown.", "Damn you, you ignorant jerk.",
    ),
    "porn": (
        "Free porn videos.", "Watch hot nude girls on webcam.", "Hardcore sex movies in HD.", "XXX pics and adult clips.",
        "Explicit hentai gallery.", "Horny milfs want sex tonight.", "Naked amateurs, uncensored.", "Blowjob and anal clips.",
    ),
}


def texts(paths):
    """The texts of files and folders."""
    for path in map(pathlib.Path, paths):
        if not path.exists():
            sys.exit(f"error: there is no {path}; scripts/quickstart gathers quickstart-data/, or name files with texts")
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if ".jsonl" in file.suffixes:
                with (gzip.open if file.suffix == ".gz" else open)(file, "rt", encoding="utf-8", errors="replace") as lines:
                    for line in lines:
                        row = json.loads(line) if line.strip() else {}
                        if row.get("content_type") == "text/html":
                            continue
                        text = row.get("text") or row.get("content")
                        if isinstance(text, str):
                            yield text
            elif file.suffix == ".txt":
                yield file.read_text(encoding="utf-8", errors="replace")


def chunks(paths, lang, rng):
    """Parts of the texts, at most MOST_CHUNKS and evenly of all of them."""
    found = []
    for text in texts(paths):
        for start in range(0, min(len(text), 4 * CHUNK_CHARS), CHUNK_CHARS):
            chunk = text[start:start + CHUNK_CHARS].strip()
            letters = sum(map(str.isalpha, chunk))
            if len(chunk) >= SHORTEST_CHARS[lang] and 2 * letters > len(chunk):
                found.append(chunk)
    if len(found) < FEWEST_CHUNKS:
        sys.exit(f"error: {', '.join(map(str, paths))}: {len(found)} parts of texts are too few, {FEWEST_CHUNKS} are needed")
    rng.shuffle(found)
    return found[:MOST_CHUNKS]


def with_phrases(text, phrases, rng):
    """A text of a kind: phrases of it, with a few sentences of `text` between them."""
    sentences = re.split(r"(?<=[.!?])\s+", text)
    parts = [rng.choice(phrases).replace("{n}", str(rng.randrange(5, 95))) for _ in range(rng.randrange(3, 9))]
    for _ in range(rng.randrange(0, 4)):
        parts.insert(rng.randrange(len(parts) + 1), rng.choice(sentences))
    return " ".join(parts)


def fluency(good, lang, rng):
    for chunk in good:
        yield ("fluent", chunk) if rng.random() < 0.5 else ("broken", spoiled(chunk, lang, rng))


def kind(good, own, label, other, rng):
    """Texts of a kind, out of `own` or of phrases, and as many others."""
    for chunk in good[: len(own)] if own else good:
        yield other, chunk
    for chunk in own or good:
        yield label, chunk if own else with_phrases(chunk, PHRASES["ad" if label == "ad" else label], rng)


def train(name, label, examples, into, *more):
    path = into / name
    with tempfile.TemporaryDirectory() as folder:
        labelled = f"{folder}/examples.jsonl"
        write_examples(labelled, examples)
        command = [os.environ["TEXTMILL"], "train", "classifier", "--labelled", labelled, "--label-column", "label",
                   "--label", label, "--output", str(path), "--dim", "32", "--buckets", "100000", "--word-ngrams", "2",
                   "--epochs", "10", "--learning-rate", "0.5", *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: {path}: {done.stderr.strip()}")
    accuracy = re.search(r"accuracy ([\d.]+ %)", done.stdout)
    print(f"{path}: accuracy {accuracy.group(1) if accuracy else '?'} on held-out texts of the same making", flush=True)


def main():
    parser = argparse.ArgumentParser(prog="scripts/make/recipe-models")
    parser.add_argument("texts", nargs="*", default=["quickstart-data"], metavar="TEXTS")
    parser.add_argument("--into", type=pathlib.Path, default=pathlib.Path("models"))
    for option in ("chinese", "toxic", "porn", "ads"):
        parser.add_argument(f"--{option}", action="append", default=[], metavar="PATH")
    args = parser.parse_args()
    args.into.mkdir(parents=True, exist_ok=True)
    rng = random.Random(0)
    good = chunks(args.texts, "en", rng)
    train("fluency-en.ftz", "fluent", fluency(good, "en", rng), args.into, "--tokens", "words")
    for name, label, score, own in (
        ("not-ad-en.ftz", "ad", "not_ad", args.ads),
        ("toxic-en.ftz", "toxic", "toxic", args.toxic),
        ("porn-en.ftz", "porn", "porn", args.porn),
    ):
        other = "not_ad" if label == "ad" else "clean"
        given = chunks(own, "en", rng) if own else []
        train(name, score, kind(good, given, label, other, rng), args.into, "--tokens", "words")
    if args.chinese:
        chinese = chunks(args.chinese, "zh", rng)
        train("fluency-zh.ftz", "fluent", fluency(chinese, "zh", rng), args.into, "--tokens", "jieba")
    else:
        print("fluency-zh.ftz is not trained: --chinese names Chinese texts", flush=True)


if __name__ == "__main__":
    main()

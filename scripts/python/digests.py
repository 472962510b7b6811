"""Runs the pipelines and prints the table. Called by scripts/check/digests.

Arguments: the folder of configurations, the development data, a folder to work in.
"""
import hashlib
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys

import pyarrow.parquet as parquet
import zstandard

from documents import rows
from reproduce import archive, pages

# Documents of each file of the corpus, and pages of each file of pages: enough for every stage to have work.
DOCUMENTS, PAGES = 1500, 250
LANGUAGES = ("en", "zh", "multi")
# What the runs publish, by the names of folders; all of it is in the digest of the rows.
DATASETS = ("data", "_dropped", "_duplicates", "_quarantine")
# Columns of the table, and their names in a report.
COUNTS = {"in": "input", "kept": "output", "dropped": "dropped", "duplicates": "duplicates", "quarantined": "quarantined"}


def every(path, count):
    """`count` objects of a file, from all over it."""
    found = list(rows(path))
    return found[:: max(1, len(found) // count)][:count]


def write(path, objects, broken=False):
    """JSON lines, compressed if the name says so; with `broken` one line more, which is no JSON."""
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in objects)
    text += '{"id": "broken", "text": "no end\n' if broken else ""
    data = text.encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(zstandard.ZstdCompressor().compress(data) if path.suffix == ".zst" else data)


def crawl_row(number, row):
    """A document as a crawl in JSON lines has it, for configs/gopher-en.yaml."""
    return {"warc_record_id": row["id"], "content": row["text"], "url": row["url"],
            "crawl_date": f"2024-10-{number % 28 + 1:02}", "quality_score": number % 100 / 100}


def gathered(row):
    """A document or page as `textmill gather` writes it, for configs/quickstart*.yaml."""
    page = "html" in row
    return {"id": row["id"], "text": row["html" if page else "text"], "content_type": "text/html" if page else "text/plain",
            "source": row["source"], "path": row["id"], "kind": "html" if page else "readme"}


def prepare(data, work):
    """Makes the inputs that the pipelines name: documents in `shards/` and `crawl-jsonl/`, archives in `crawl/`, and
    `quickstart-data/`."""
    for language, number in itertools.product(LANGUAGES, range(2)):
        name = f"{language}-0000{number}.jsonl.zst"
        documents = every(data / "corpus" / name, DOCUMENTS)
        write(work / "shards" / name, documents, broken=number == 0)
        write(work / "crawl-jsonl" / name, itertools.starmap(crawl_row, enumerate(documents)), broken=number == 0)
        write(work / "quickstart-data" / "crates" / f"{language}-{number}.jsonl", map(gathered, documents))
    (work / "crawl").mkdir()
    for language in LANGUAGES:
        found = every(data / "corpus" / f"{language}-html.jsonl.zst", PAGES)
        write(work / "pages.jsonl.zst", found)
        archive(work / "crawl" / f"{language}-html.warc.gz", pages(work / "pages.jsonl.zst"))
        write(work / "quickstart-data" / "pages" / f"{language}.jsonl", map(gathered, found))
    for path in (data / "warc").glob("*.warc.gz"):
        (work / "crawl" / path.name).symlink_to(path)


def call(work, *command):
    """Runs a command in the folder; ends the script where it fails."""
    environment = {**os.environ, "PYTHONPATH": os.environ["PYTHONPATH"]}
    done = subprocess.run([*map(str, command)], cwd=work, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def train_models(configs, work):
    """Trains the small models of scripts/make/recipe-models and that of the quick start; their digests by name."""
    plain = {}
    for language in ("en", "zh"):
        plain[language] = work / "train" / f"{language}.jsonl"
        write(plain[language], rows(work / "shards" / f"{language}-00001.jsonl.zst"))
    call(work, sys.executable, "-m", "make_recipe_models", "--chinese", plain["zh"], plain["en"])
    run(configs / "quickstart-model.yaml", work, "train/quickstart")
    train = ("train", "lm", work / "out" / "train/quickstart", "--order", "3", "--discount-fallback")
    call(work, os.environ["TEXTMILL"], *train, "--output", "models/quickstart.lm")
    return {f"models/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in (work / "models").iterdir()}


def pipeline(source, work, name):
    """The file with inputs that are here; nothing else is changed."""
    text = source.read_text(encoding="utf8")
    text = re.sub(r's3://crawl/[^"]*\.jsonl\.zst', "crawl-jsonl/*.jsonl.zst", text)
    file = work / f"{name.replace('/', '-')}.yaml"
    file.write_text(text, encoding="utf8")
    return file


def digest_of_rows(output):
    """A digest of all rows of all datasets, whatever their files and order."""
    whole = hashlib.sha256()
    for dataset in DATASETS:
        lines = []
        for file in (output / dataset).glob("*.parquet"):
            lines += [json.dumps(row, default=str, ensure_ascii=False) for row in parquet.ParquetFile(file).read().to_pylist()]
        whole.update("\n".join([dataset, *sorted(lines)]).encode("utf8", "surrogatepass"))
    return whole.hexdigest()[:16]


def run(source, work, name):
    """Runs a pipeline and makes its line of the table."""
    output = work / "out" / name
    # Some pipelines allow hardly any record in quarantine, and there is one in some of the files.
    text = pipeline(source, work, name)
    text.write_text(re.sub(r"max_quarantined_ratio: .*", "max_quarantined_ratio: 0.1", text.read_text("utf8")), "utf8")
    call(work, os.environ["TEXTMILL"], "run", text.name, "--output", output, "--no-progress", "--log", "warn")
    report = json.loads(call(work, os.environ["TEXTMILL"], "report", output, "--format", "json"))
    balance = report["balance"]
    if not balance["balanced"]:
        sys.exit(f"{name}: the counts do not balance")
    return [name, *(f"{balance[key]['documents']:,}" for key in COUNTS.values()), report["digest"][:16], digest_of_rows(output)]


def main(configs, data, work):
    configs, data, work = map(pathlib.Path, (configs, data, work))
    prepare(data, work)
    models = train_models(configs, work)
    sources = sorted([*configs.glob("*.yaml"), *configs.glob("recipes/*.yaml")])
    table = [["pipeline", *COUNTS, "files", "rows"]]
    for source in sources:
        table.append(run(source, work, str(source.relative_to(configs).with_suffix(""))))
    table += [[name, *[""] * len(COUNTS), digest, ""] for name, digest in sorted(models.items())]
    widths = [max(map(len, column)) for column in zip(*table)]
    for line in table:
        cells = [cell.rjust(width) if 0 < at <= len(COUNTS) else cell.ljust(width) for at, (cell, width) in enumerate(zip(line, widths))]
        print("  ".join(cells).rstrip())


if __name__ == "__main__":
    main(*sys.argv[1:])

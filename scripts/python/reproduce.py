"""Makes the input and the training texts of scripts/reproduce, and checks its results with pyarrow. Called by it."""
import gzip, json, os, random, re, shutil, sys, uuid

from documents import rows, spoiled, write_examples

# Half a page: what the models see of a document.
CHUNK = 1500
# The date of pages that have none.
DATE = "2024-01-01T00:00:00Z"
EDITED = {
    "en": ("lctt", "wikitext", "agnews", "debian", "man/", "oi-wiki"),
    "zh": ("lctt", "laws-cn", "peoples-daily", "debian", "man/", "oi-wiki", "gaokao", "medical-qa", "niutrans", "chinese-poetry"),
}
ADS = ("product", "listing", "collection", "service")
# Weak labels, as there is no free set of pornographic text: comments with one of these words. The model is a stand-in.
EXPLICIT = re.compile(r"\b(sex\w*|porn\w*|nud(e|es|ity)|cock\w*|dick\w*|penis\w*|vagina\w*|pussy|cum|blowjob\w*|anal|orgasm\w*"
                      r"|masturbat\w*|hentai|xxx|whore\w*|slut\w*)\b", re.I)
WANJUAN_CC = {
    "id": "string", "content": "string", "title": "string", "language": "string", "date": "string", "token_num": "int64",
    "cbytes_num": "int64", "line_num": "int64", "char_num": "int64", "toxic_score": "double", "porn_score": "double",
    "fluency_score": "double", "not_ad_score": "double",
}

# WanJuan 1.0 has the first two and no more; the others are what was measured on the way.
WANJUAN_ZH = {
    "id": "string", "content": "string", "title": "string", "url": "string", "token_num": "int64", "char_num": "int64",
    "fluency_score": "double",
}


def record(name, url, content_type, body):
    """A response record, compressed by itself."""
    http = b"HTTP/1.1 200 OK\r\nContent-Type: " + content_type.encode() + b"\r\n\r\n" + body
    head = (f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}>\r\n"
            f"WARC-Date: {DATE}\r\nWARC-Target-URI: {url}\r\nContent-Type: application/http; msgtype=response\r\n"
            f"Content-Length: {len(http)}\r\n\r\n")
    return gzip.compress(head.encode() + http + b"\r\n\r\n", 6, mtime=0)


def archive(path, records):
    with open(path, "wb") as out:
        for one in records:
            out.write(one)


def address(row):
    url = re.sub(r"\s", "", row.get("url") or "")
    return url if url.startswith("http") else f"https://{row['id'].encode('ascii', 'ignore').decode() or 'x'}.example/"


def pages(path):
    for row in rows(path):
        yield record(row["id"], address(row), "text/html; charset=utf-8", row["html"].encode())


def texts(path):
    for row in rows(path):
        yield record(row["id"], address(row), "text/plain; charset=utf-8", row["text"].encode())


def chunks(text, shortest=150):
    for start in range(0, min(len(text), 6 * CHUNK), CHUNK):
        chunk = text[start:start + CHUNK].strip()
        if len(chunk) >= shortest:
            yield chunk


def fluency(data, lang, rng):
    for number in range(2):
        for row in rows(f"{data}/corpus/{lang}-0000{number}.jsonl.zst"):
            if row["source"].startswith(EDITED[lang]):
                for chunk in chunks(row["text"], 150 if lang == "en" else 40):
                    fluent = rng.random() < 0.5
                    yield ("fluent", chunk) if fluent else ("broken", spoiled(chunk, lang, rng))


def ads(data, rng):
    for row in rows(f"{data}/extract/wcxb.jsonl.zst"):
        label = "ad" if row["page_type"] in ADS else "not_ad"
        yield from ((label, chunk) for chunk in chunks(row["gold"]))
    for row in rows(f"{data}/corpus/en-00000.jsonl.zst"):
        if row["source"].startswith(("debian", "man/")) and rng.random() < 0.5:
            yield from (("not_ad", chunk) for chunk in list(chunks(row["text"]))[:1])


def prepare(data, work):
    rng = random.Random(0)
    for name in ("crawl-wanjuan-cc", "crawl-wanjuan-zh", "train"):
        os.makedirs(f"{work}/{name}")
    for name in ("realpages", "whirlwind"):
        shutil.copy(f"{data}/warc/{name}.warc.gz", f"{work}/crawl-wanjuan-cc/{name}.warc.gz")
    archive(f"{work}/crawl-wanjuan-cc/en-html.warc.gz", pages(f"{data}/corpus/en-html.jsonl.zst"))
    archive(f"{work}/crawl-wanjuan-zh/zh-html.warc.gz", pages(f"{data}/corpus/zh-html.jsonl.zst"))
    for number in range(2):
        archive(f"{work}/crawl-wanjuan-zh/zh-{number}.warc.gz", texts(f"{data}/corpus/zh-0000{number}.jsonl.zst"))
    jigsaw = list(rows(f"{data}/labelled/jigsaw.jsonl.zst"))
    write_examples(f"{work}/train/toxic-en.jsonl", (("toxic" if row["label"] else "clean", row["text"]) for row in jigsaw))
    write_examples(f"{work}/train/porn-en.jsonl",
             (("porn" if EXPLICIT.search(row["text"]) else "clean", row["text"]) for row in jigsaw))
    for lang in ("en", "zh"):
        write_examples(f"{work}/train/fluency-{lang}.jsonl", fluency(data, lang, rng))
    write_examples(f"{work}/train/not-ad-en.jsonl", ads(data, rng))


def check(work):
    import pyarrow.parquet as parquet
    faults = []
    for name, wanted in (("wanjuan-cc", WANJUAN_CC), ("wanjuan-zh", WANJUAN_ZH)):
        report = json.load(open(f"{work}/{name}.json"))
        if not report["balance"]["balanced"]:
            faults.append(f"{name}: the counts do not balance")
        table = parquet.read_table(f"{work}/out/{name}/data")
        if table.num_rows != report["totals"]["output"]["documents"] or table.num_rows == 0:
            faults.append(f"{name}: {table.num_rows} rows, the ledger says {report['totals']['output']['documents']}")
        plain = lambda kind: str(kind).replace("_view", "").replace("large_", "")
        found = {field.name: plain(field.type) for field in table.schema}
        if found != wanted or list(found)[:2] != ["id", "content"]:
            faults.append(f"{name}: the schema is {found}")
        if table.num_rows and any(table[column].null_count for column in ("id", "content")):
            faults.append(f"{name}: a document without id or content")
        if name == "wanjuan-cc":
            for row in table.to_pylist():
                text = row["content"]
                counts = (len(text.encode()), text.count("\n") + 1, len(text))
                if counts != (row["cbytes_num"], row["line_num"], row["char_num"]):
                    faults.append(f"{name}: {row['id']}: counts {counts}")
                if not all(0 <= row[score] <= 1 for score in list(WANJUAN_CC)[9:]):
                    faults.append(f"{name}: {row['id']}: a score out of range")
        print(f"{name}: {table.num_rows} documents, balanced, columns {', '.join(found)}")
    sys.exit("\n".join(faults) or 0)


if __name__ == "__main__":
    {"prepare": prepare, "check": check}[sys.argv[1]](*sys.argv[2:])

"""Records: JSON lines that are none by a hair, nested and late fields, web archives as crawlers write them."""

import json

from .case import situation


def objects(case, name="in.jsonl"):
    """The records of a file of JSON lines, as Python reads them (NaN and Infinity included)."""
    return [json.loads(line) for line in (case.folder / name).read_text().splitlines() if line.strip()]


def reads(case, run, count):
    """The run went through, kept `count` documents and quarantined none; the kept ones."""
    case.equal("exit code", run.exit, 0)
    kept = run.kept()
    case.equal("documents", len(kept), count)
    case.equal("quarantine", [row["detail"] for row in run.rows("quarantine")], [])
    return kept


@situation("22-nan")
def _(case):
    right = objects(case)
    kept = reads(case, case.run(), len(right))
    case.equal("ids", [row["id"] for row in kept], [row["id"] for row in right])
    case.equal("texts", [row["text"] for row in kept], [row["text"] for row in right])
    is_number = lambda score: isinstance(score, (int, float)) and abs(score) < float("inf")  # noqa: E731
    scores = [row["score"] if is_number(row["score"]) else None for row in right]
    case.equal("scores", [row["score"] for row in kept], scores)


@situation("35-late-field")
def _(case):
    right = objects(case)
    kept = reads(case, case.run(), len(right))
    urls = {str(row["id"]): row.get("url") for row in right}
    case.equal("urls", {row["id"]: row["url"] for row in kept}, urls)
    case.check("some are null and some are not", len({url is None for url in urls.values()}) == 2)


@situation("41-nested-field")
def _(case):
    right = objects(case)
    kept = reads(case, case.run(), len(right))
    case.equal("texts", {row["id"]: row["text"] for row in kept}, {row["id"]: row["data"]["text"] for row in right})


@situation("53-off-by-one")
def _(case):
    kept = reads(case, case.run(), 4)
    case.equal("ids", len({row["id"] for row in kept}), 4)
    for name, row in zip(["alpha", "beta", "gamma", "delta"], kept):
        case.contains(f"page {name}", row["text"], f"The {name} report says", "for those who had to leave.")
        others = {"alpha", "beta", "gamma", "delta"} - {name}
        case.lacks(f"page {name}", row["text"], "WARC/1.0", *[f"The {other} report" for other in others])


@situation("147-escaped-keys")
def _(case):
    run = case.run()
    lines = (case.folder / "in.jsonl").read_text().splitlines()
    twice, right = [], {}
    for number, line in enumerate(lines):
        pairs = json.loads(line, object_pairs_hook=list)
        keys = [key for key, _ in pairs]
        if len(keys) > len(set(keys)):
            twice.append(number)
        else:
            record = dict(pairs)
            right[record["id"]] = (record["text"], record.get("a/b"))
    case.check("one record has a key twice", len(twice) == 1, twice)
    case.equal("documents", {row["id"]: (row["text"], row["ab"]) for row in run.kept()}, right)
    quarantine = run.rows("quarantine")
    case.equal("quarantined", len(quarantine), len(twice))
    for row in quarantine:
        case.contains("cause", row["detail"], "duplicate key `text`")
    # One of four records is above the share that is let pass by default.
    case.equal("exit code", run.exit, 3)


@situation("151-browsertrix")
def _(case):
    run = case.run()
    case.equal("exit code", run.exit, 0)
    kept = run.kept()
    case.equal("documents", [row["url"] for row in kept], ["https://example.org/a"])
    case.contains("the page", kept[0]["text"] if kept else "", "The harbour wall at Tarnby")
    everywhere = [row.get("url") or "" for dataset in ("data", "dropped") for row in run.rows(dataset)]
    case.check("what the crawler noted is no document", not any(url.startswith("urn:") for url in everywhere), everywhere)
    case.contains("what was counted", json.dumps(run.ledger()), "of_the_crawler", "warcinfo")
    case.equal("quarantine", len(run.rows("quarantine")), 0)


@situation("155-heritrix")
def _(case):
    run = case.run()
    case.equal("exit code", run.exit, 0)
    urls = sorted(row["url"] for row in run.kept())
    for page in ("https://example.org/a", "https://example.org/poem.txt"):
        case.check(f"{page} is a document", page in urls, urls)
    others = [url for url in urls if not url.startswith("http")]
    case.equal("look-ups and FTP among the documents", others, [])
    for name in ("robots.txt", "ads.txt"):
        case.check(f"{name} is no document", not any(url.endswith("/" + name) for url in urls), urls)
    case.contains("what was counted", json.dumps(run.ledger()), "dns", "whois", "ftp", "robots_txt", "ads_txt", "metadata")
    case.equal("quarantine", len(run.rows("quarantine")), 0)

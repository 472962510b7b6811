"""Recounts a finished run with pyarrow. Called by scripts/check/recount."""

import glob
import gzip
import io
import json
import pathlib
import re
import sys
from collections import Counter

import pyarrow.compute as pc
import pyarrow.parquet as pq
import zstandard


def expand(pattern):
    """Files of a glob with {a,b} alternatives, which Python's glob does not know."""
    braces = re.search(r"\{([^{}]*)\}", pattern)
    if not braces:
        return glob.glob(pattern, recursive=True)
    parts = braces.group(1).split(",")
    return [f for p in parts for f in expand(pattern[: braces.start()] + p + pattern[braces.end() :])]


def lines(path):
    raw = open(path, "rb")
    if path.endswith(".gz"):
        raw = gzip.open(raw)
    elif path.endswith(".zst"):
        raw = io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True))
    return sum(1 for line in raw if line.strip())


def tables(output, dataset):
    return [pq.read_table(f) for f in sorted((output / dataset).glob("*.parquet"))]


def main(output, pattern):
    output = pathlib.Path(output)
    run = json.loads((output / "_textmill" / "run.json").read_bytes())["body"]
    ledger = run["ledger"]
    stages = ledger["stages"]
    failures = []

    def compare(what, counted, recorded):
        print(f"{'ok ' if counted == recorded else 'BAD'} {what}: counted {counted}, ledger {recorded}")
        if counted != recorded:
            failures.append(what)

    compare("input records", sum(map(lines, sorted(set(expand(pattern))))), stages[0]["input"]["documents"])
    data = tables(output, "data")
    kept = sum(t.num_rows for t in data)
    compare("kept documents", kept, ledger["output"]["documents"])
    payload = next((c for t in data for c in ("text", "content", "html") if c in t.column_names), None)
    if payload:
        size = sum(pc.sum(pc.binary_length(t[payload].cast("large_binary"))).as_py() or 0 for t in data if t.num_rows)
        compare("kept bytes", size, ledger["output"]["bytes"])
    counted = Counter()
    for table in tables(output, "_dropped"):
        counted.update(zip(table["dropped_by"].to_pylist(), table["reason"].to_pylist()))
    recorded = {(s["id"], r): c["documents"] for s in stages for r, c in s["dropped"].items()}
    for key in sorted(set(counted) | set(recorded)):
        compare(f"dropped by {key[0]} for {key[1]}", counted.get(key, 0), recorded.get(key, 0))
    bad = Counter()
    for table in tables(output, "_quarantine"):
        bad.update(table["cause"].to_pylist())
    causes = Counter()
    for stage in stages:
        for cause, count in stage["quarantined"].items():
            causes[cause] += count["documents"]
    for cause in sorted(set(bad) | set(causes)):
        compare(f"quarantined for {cause}", bad.get(cause, 0), causes.get(cause, 0))
    copies = ledger["branch_copies"]["documents"]
    total_in = stages[0]["input"]["documents"] + copies
    duplicates = sum(s["duplicates"]["documents"] for s in stages)
    compare("in = kept + dropped + duplicates + quarantined",
            kept + sum(counted.values()) + duplicates + sum(bad.values()), total_in)
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))

"""Scores the clusters of a run. Called by scripts/bench/neardup.

Arguments: the pairs, the output of textmill, the scorer, a folder for what is made in between.
"""
import json
import pathlib
import subprocess
import sys

import pyarrow.parquet as parquet
import zstandard

from documents import rows as read


def clusters(output):
    cluster = {}
    for file in sorted(pathlib.Path(output, "_duplicates").glob("*.parquet")):
        for row in parquet.read_table(file, columns=["id", "keeper_id"]).to_pylist():
            cluster[row["id"]] = cluster[row["keeper_id"]] = row["keeper_id"]
    return cluster


def main(pairs_path, output, scorer, folder):
    cluster = clusters(output)
    rows = pathlib.Path(folder, "clusters.jsonl")
    rows.write_text("".join(json.dumps({"id": id, "cluster": of}) + "\n" for id, of in cluster.items()), "utf8")
    every, failed = list(read(pairs_path)), False
    for language in ["en", "zh", "other languages"]:
        of_language = [pair for pair in every if language == (pair["lang"] if pair["lang"] in ("en", "zh") else "other languages")]
        part = pathlib.Path(folder, "pairs.jsonl.zst")
        lines = "".join(json.dumps(pair) + "\n" for pair in of_language)
        part.write_bytes(zstandard.ZstdCompressor().compress(lines.encode()))
        print(f"\n{language}")
        sys.stdout.flush()
        subprocess.run([sys.executable, scorer, part, rows], check=True)

        def together(low, high):
            inside = [pair for pair in of_language if low <= pair["jaccard"] < high]
            found = sum(cluster.get(pair["id_a"], 0) == cluster.get(pair["id_b"], 1) for pair in inside)
            return found / max(len(inside), 1), found, len(inside)

        high, low = together(0.8, 1.1), together(0, 0.5)
        print(f"from 0.8: {high[1]} of {high[2]} = {high[0]:.4f} together; below 0.5: {low[1]} of {low[2]} = {low[0]:.4f}")
        # Of the others there are too few pairs to judge by.
        failed |= language in ("en", "zh") and (high[0] < 0.98 or low[0] > 0.01)
    sys.exit(failed)


main(*sys.argv[1:])

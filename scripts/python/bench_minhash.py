"""Texts for the peers of scripts/bench/minhash: [--first N] OUT.parquet FILE.jsonl.zst... writes id and text of the English files
(named en-*; all files if there is none); --datatrove IN.parquet LOG prints the speed that datatrove's log tells."""
import os, sys

import pyarrow as pa
import pyarrow.parquet as pq

from documents import rows as read

arguments = sys.argv[1:]
if arguments[0] == "--datatrove":
    size = sum(len(text.encode()) for text in pq.read_table(arguments[1], columns=["text"])["text"].to_pylist())
    seconds = [float(line.split()[1]) for line in open(arguments[2], encoding="utf8") if line.startswith("ELAPSED")]
    print(f"datatrove {size / 1e6 / seconds[0]:.2f} MB/s wall on one core, {size / 1e6:.1f} MB")
    sys.exit()
first = None
if arguments[0] == "--first":
    first = int(arguments[1])
    arguments = arguments[2:]
paths = [path for path in arguments[1:] if os.path.basename(path).startswith("en-")] or arguments[1:]
rows = []
for path in paths:
    rows += [(row["id"], row["text"]) for row in read(path)]
rows = rows[:first]
pq.write_table(pa.table({"id": [row[0] for row in rows], "text": [row[1] for row in rows]}), arguments[0])

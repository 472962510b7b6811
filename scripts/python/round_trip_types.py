"""Compares columns of many Arrow types before and after a pipeline. Called by scripts/check/round-trip-types."""

import datetime
import decimal
import os
import pathlib
import subprocess
import sys
import tempfile
import uuid

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 3000
PIPELINE = """
version: 1
name: types
input: {paths: ["in/*.parquet"], columns: {id: id, text: text, "*": "*"}, split_bytes: 100KiB}
stages:
  - {id: even, run: {keep_where: "n % 3 <> 0"}}
  - {id: odd, inputs: [input], run: {keep_where: "n % 3 = 0 AND n > 100"}}
  - {id: near, inputs: [even, odd], run: {minhash_dedupe: {}}}
  - {id: exact, run: {exact_dedupe: {}}}
output: {path: out, dropped: all}
"""


def columns():
    """A type and a function from the row number to the value, for each column. Every seventh value is null."""
    day = datetime.date(2020, 1, 1)
    moment = datetime.datetime(2020, 1, 1, 12, 30, 15, 123456)
    days, seconds = lambda n: datetime.timedelta(days=n), lambda n: datetime.timedelta(seconds=n)
    point = pa.struct([("x", pa.float64()), ("label", pa.string()), ("tags", pa.list_(pa.string()))])
    words = ["red", "green", "blue", "a colour that is longer than a view holds"]
    money = lambda n, digits: decimal.Decimal(n * 7919 + 1).scaleb(-digits)
    return {
        "bool": (pa.bool_(), lambda n: n % 2 == 0),
        "int8": (pa.int8(), lambda n: n % 256 - 128),
        "int16": (pa.int16(), lambda n: n - 1000),
        "int32": (pa.int32(), lambda n: n * 1000 - 10**6),
        "int64": (pa.int64(), lambda n: n * 10**12),
        "uint8": (pa.uint8(), lambda n: n % 256),
        "uint16": (pa.uint16(), lambda n: 60000 + n),
        "uint32": (pa.uint32(), lambda n: 4 * 10**9 + n),
        "uint64": (pa.uint64(), lambda n: 2**64 - 1 - n),
        "float16": (pa.float16(), lambda n: float(n % 100) / 4),
        "float32": (pa.float32(), lambda n: n / 3),
        "float64": (pa.float64(), lambda n: n / 7 if n % 5 else float("inf")),
        "string": (pa.string(), lambda n: words[n % 4] * (n % 3)),
        "large_string": (pa.large_string(), lambda n: words[n % 4]),
        "string_view": (pa.string_view(), lambda n: words[n % 4]),
        "binary": (pa.binary(), lambda n: bytes([n % 256, 255])),
        "large_binary": (pa.large_binary(), lambda n: bytes([n % 256]) * 20),
        "fixed_binary": (pa.binary(5), lambda n: n.to_bytes(5, "big")),
        "uuid": (pa.uuid(), lambda n: uuid.UUID(int=n * 2**90).bytes),
        "date32": (pa.date32(), lambda n: day + days(n)),
        "date64": (pa.date64(), lambda n: day + days(n)),
        "time32_ms": (pa.time32("ms"), lambda n: (moment + seconds(n)).time().replace(microsecond=0)),
        "time64_us": (pa.time64("us"), lambda n: (moment + seconds(n)).time()),
        "time64_ns": (pa.time64("ns"), lambda n: (moment + seconds(n)).time()),
        "timestamp_ms": (pa.timestamp("ms"), lambda n: moment.replace(microsecond=5000) + days(n)),
        "timestamp_us": (pa.timestamp("us"), lambda n: moment + days(n)),
        "timestamp_ns": (pa.timestamp("ns"), lambda n: moment + days(n)),
        "timestamp_utc": (pa.timestamp("us", "UTC"), lambda n: moment + days(n)),
        "timestamp_zone": (pa.timestamp("us", "Europe/Berlin"), lambda n: moment + days(n)),
        "duration": (pa.duration("us"), lambda n: seconds(n)),
        "decimal128": (pa.decimal128(20, 4), lambda n: money(n, 4)),
        "decimal256": (pa.decimal256(60, 10), lambda n: money(n, 10)),
        "dictionary": (pa.dictionary(pa.int32(), pa.string()), lambda n: words[n % 4]),
        "dictionary_of_many": (pa.dictionary(pa.int32(), pa.string()), lambda n: f"value {n}"),
        "null": (pa.null(), lambda n: None),
        "list": (pa.list_(pa.string()), lambda n: words[: n % 4]),
        "large_list": (pa.large_list(pa.int32()), lambda n: list(range(n % 5))),
        "fixed_list": (pa.list_(pa.float32(), 3), lambda n: [n, n + 0.5, -n]),
        "list_of_lists": (pa.list_(pa.list_(pa.int64())), lambda n: [[n], [], [n, n]][: n % 4]),
        "struct": (point, lambda n: {"x": n / 2, "label": words[n % 4], "tags": words[: n % 3]}),
        "list_of_structs": (pa.list_(point), lambda n: [{"x": n, "label": None, "tags": None}] * (n % 3)),
        "map": (pa.map_(pa.string(), pa.int32()), lambda n: [(word, n) for word in words[: n % 4]]),
        "map_of_lists": (pa.map_(pa.int32(), pa.list_(pa.string())), lambda n: [(n, words[: n % 3])]),
        "struct_of_large": (
            pa.struct([("b", pa.large_binary()), ("t", pa.large_string())]),
            lambda n: {"b": bytes([n % 256]), "t": words[(n + 1) % 4]},
        ),
    }


def array(data_type, value, rows):
    # Of lists of a fixed size, pyarrow writes no nulls.
    never_null = pa.types.is_fixed_size_list(data_type)
    values = [None if n % 7 == 3 and not never_null else value(n) for n in rows]
    if isinstance(data_type, pa.ExtensionType):
        return pa.ExtensionArray.from_storage(data_type, pa.array(values, data_type.storage_type))
    if pa.types.is_float16(data_type):
        return pa.array(values, pa.float32()).cast(data_type)
    return pa.array(values, data_type)


def table(rows):
    # Words of letters, other ones in each document; every fiftieth document has one and the same text.
    word = lambda n, k: "".join(chr(97 + int(digit)) for digit in str((n * 7919 + k * k * 104729) % 999983))
    text = lambda n: " ".join(word(n if n % 50 else 0, k) for k in range(60))
    found = {"id": [f"d{n}" for n in rows], "text": [text(n) for n in rows], "n": list(rows)}
    found.update({name: array(data_type, value, rows) for name, (data_type, value) in columns().items()})
    return pa.table(found)


def whole(column):
    """The column as one array; pyarrow takes rows of dictionaries and views only as what they stand for."""
    kind = column.type
    if pa.types.is_dictionary(kind) or kind == pa.string_view():
        column = column.cast(pa.string())
    joined = column.combine_chunks()
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def taken(column, rows):
    return whole(column).take(pa.array(rows))


def main():
    with tempfile.TemporaryDirectory(prefix="textmill-types-") as folder:
        folder = pathlib.Path(folder)
        (folder / "in").mkdir()
        half = ROWS // 2
        for part, rows in enumerate([range(half), range(half, ROWS)]):
            pq.write_table(table(rows), folder / "in" / f"part-{part}.parquet", row_group_size=200)
        (folder / "pipeline.yaml").write_text(PIPELINE)
        command = [os.environ["TEXTMILL"], "--color", "never", "run", "pipeline.yaml", "--no-progress"]
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if ran.returncode != 0:
            print(ran.stdout + ran.stderr)
            return 1
        read = [pq.ParquetFile(path).read() for path in sorted((folder / "in").glob("*"))]
        before = pa.concat_tables(read)
        after = pa.concat_tables([pq.ParquetFile(path).read() for path in sorted((folder / "out/data").glob("*.parquet"))])
    rows = {name: row for row, name in enumerate(before["id"].to_pylist())}
    kept = [rows[name] for name in after["id"].to_pylist()]
    dropped = before.num_rows - after.num_rows
    wrong = 0
    for name in before.column_names:
        same_type = name in after.column_names and before.schema.field(name).type == after.schema.field(name).type
        same = same_type and taken(before[name], kept).equals(whole(after[name]))
        wrong += not same
        if not same:
            found = after.schema.field(name).type if name in after.column_names else "nothing"
            print(f"DIFFERS {name}: {before.schema.field(name).type}, then {found}")
    print(f"{len(before.column_names) - wrong} of {len(before.column_names)} columns equal in {after.num_rows} documents")
    print(f"{dropped} documents were dropped or duplicates")
    return 1 if wrong or not 0 < dropped < before.num_rows else 0


if __name__ == "__main__":
    sys.exit(main())

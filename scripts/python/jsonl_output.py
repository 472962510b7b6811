"""Compares an output of JSON lines with one of Parquet, value by value. Called by scripts/check/jsonl-output."""

import base64
import io
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import uuid

import pyarrow as pa
import pyarrow.json
import pyarrow.parquet as pq
import zstandard

from round_trip_types import PIPELINE, ROWS, table

# Small files, so that there are several of them.
SETTINGS = "output: {path: out, dropped: all, shard_bytes: 300KiB, format: %s}"


def run(folder, output, file_format):
    pipeline = PIPELINE.replace("output: {path: out, dropped: all}", SETTINGS % file_format)
    (folder / f"{output}.yaml").write_text(pipeline)
    command = [os.environ["TEXTMILL"], "--color", "never"]
    subprocess.run([*command, "run", f"{output}.yaml", "--output", output, "--no-progress"], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([*command, "verify", output], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return json.loads((folder / output / "_textmill/run.json").read_text())["body"]["ledger"]


def form(kind, value):
    """The JSON form of an Arrow value that docs/outputs.md states."""
    if isinstance(kind, pa.BaseExtensionType):
        return None if value is None else str(value if isinstance(value, uuid.UUID) else uuid.UUID(bytes=value))
    if pa.types.is_dictionary(kind):
        return form(kind.value_type, value)
    if value is None:
        return None
    if pa.types.is_floating(kind):
        return value if math.isfinite(value) else None
    if pa.types.is_decimal(kind):
        return format(value, "f")
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return base64.b64encode(value).decode()
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return [form(kind.value_type, entry) for entry in value]
    if pa.types.is_map(kind):
        return {str(key): form(kind.item_type, entry) for key, entry in value}
    if pa.types.is_struct(kind):
        return {field.name: form(field.type, value[field.name]) for field in kind}
    return value


def moments(column):
    """Dates, times and durations as integers in their own unit: Python's types round them."""
    kind = column.type
    width = 32 if pa.types.is_date32(kind) or pa.types.is_time32(kind) else 64
    return column.cast(pa.int32() if width == 32 else pa.int64()).to_pylist()


def parsed(kind, text):
    """The integer that a text in ISO 8601 stands for, in the unit of the type."""
    if text is None or pa.types.is_duration(kind):
        return text
    text = text.removesuffix("Z")
    if pa.types.is_time(kind):
        # Of a day that begins at 0.
        text, kind = f"1970-01-01T{text}", pa.timestamp(kind.unit)
    elif pa.types.is_timestamp(kind):
        kind = pa.timestamp(kind.unit)
    return moments(pa.chunked_array([pa.array([text]).cast(kind)]))[0]


def is_moment(kind):
    return pa.types.is_temporal(kind)


def differing(name, column, found):
    """Rows of a column whose value in the lines is not the stated form of the value in Parquet."""
    kind = column.type
    if is_moment(kind):
        if pa.types.is_timestamp(kind) and kind.tz and not all(text is None or text.endswith("Z") for text in found):
            return ["a time with a zone has no Z"]
        expected, found = moments(column), [parsed(kind, text) for text in found]
    elif pa.types.is_float32(kind) or pa.types.is_float16(kind):
        # What is written is the shortest number that reads back as the same float.
        expected = [form(kind, value) for value in column.to_pylist()]
        found = pa.array(found, pa.float64()).cast(pa.float32()).to_pylist()
    else:
        expected = [form(kind, value) for value in column.to_pylist()]
    return [row for row, pair in enumerate(zip(expected, found, strict=True)) if pair[0] != pair[1]]


def frames(data):
    """The frames of a file, each decompressed alone after its header was read."""
    while data:
        header = zstandard.get_frame_parameters(data)
        decoder = zstandard.ZstdDecompressor().decompressobj()
        text = decoder.decompress(data)
        assert decoder.eof, "a frame is not whole"
        yield header, text
        data = decoder.unused_data


def read_lines(folder):
    rows, count = [], 0
    for path in sorted(folder.glob("*")):
        assert path.name.startswith("part-") and path.name.endswith(".jsonl.zst"), path
        for header, text in frames(path.read_bytes()):
            count += 1
            assert header.has_checksum, f"{path}: a frame has no checksum"
            assert header.content_size == len(text), f"{path}: a frame does not say its size"
            assert text.endswith(b"\n"), f"{path}: a frame ends inside a line"
            rows.extend(json.loads(line) for line in text.splitlines())
    return rows, count


def main():
    with tempfile.TemporaryDirectory(prefix="textmill-lines-") as folder:
        folder = pathlib.Path(folder)
        (folder / "in").mkdir()
        half = ROWS // 2
        for part, rows in enumerate([range(half), range(half, ROWS)]):
            pq.write_table(table(rows), folder / "in" / f"part-{part}.parquet", row_group_size=200)
        accounts = [run(folder, "columns", "parquet"), run(folder, "lines", "jsonl.zst")]
        files = sorted((folder / "columns/data").glob("*.parquet"))
        expected = pa.concat_tables([pq.ParquetFile(path).read() for path in files])
        found, count = read_lines(folder / "lines/data")
        # A plain reader of JSON takes what zstandard gives.
        first = sorted((folder / "lines/data").glob("*"))[0].read_bytes()
        plain = b"".join(text for _, text in frames(first))
        read = pyarrow.json.read_json(io.BytesIO(plain), parse_options=pyarrow.json.ParseOptions(newlines_in_values=False))
    wrong = 0
    if len(found) != expected.num_rows or read.column_names != expected.column_names:
        print(f"DIFFERS: {len(found)} rows of {len(read.column_names)} columns, expected {expected.num_rows} of "
              f"{len(expected.column_names)}")
        return 1
    for name in expected.column_names:
        rows = differing(name, expected[name], [row[name] for row in found])
        wrong += bool(rows)
        if rows:
            row = rows[0]
            shown = f": {found[row][name]!r}" if isinstance(row, int) else ""
            print(f"DIFFERS {name} ({expected.schema.field(name).type}) in {len(rows)} rows, first {row}{shown}")
    print(f"{len(expected.column_names) - wrong} of {len(expected.column_names)} columns equal in {len(found)} documents, "
          f"{count} frames")
    same = accounts[0] == accounts[1]
    print("accounts equal" if same else "DIFFERS: the accounts of the two runs")
    return 1 if wrong or not same else 0


if __name__ == "__main__":
    sys.exit(main())

"""Parquet: columns of every type, columns that some files lack, damaged and encrypted files."""

import json

import pyarrow.parquet as pq

from .case import situation


def reads_all(case, run, count):
    """The run went through and kept `count` documents, none in quarantine."""
    case.equal("exit code", run.exit, 0)
    kept = run.kept() if run.exit == 0 else []
    case.equal("documents", len(kept), count)
    case.equal("quarantine", len(run.rows("quarantine")), 0)
    case.equal("distinct ids", len({row["id"] for row in kept}), count)
    return kept


def source_rows(case, *names):
    return [row for name in names for row in pq.ParquetFile(case.folder / name).read().to_pylist()]


@situation("03-null-typed-shard")
def _(case):
    kept = reads_all(case, case.run(), len(source_rows(case, "a.parquet", "b.parquet")))
    right = {row["id"]: row["url"] for row in source_rows(case, "a.parquet", "b.parquet")}
    case.equal("urls", {row["id"]: row["url"] for row in kept}, right)
    case.check("some are null and some are not", len({value is None for value in right.values()}) == 2)


def typed_ids(case, text, some_null=True):
    rows = source_rows(case, "a.parquet")
    kept = reads_all(case, case.run(), len(rows))
    right = [f"a.parquet:{n}" if row["id"] is None else text(row["id"]) for n, row in enumerate(rows)]
    case.equal("ids", [row["id"] for row in kept], right)
    case.equal("some id is null", any(row["id"] is None for row in rows), some_null)


@situation("05-id-decimal")
def _(case):
    typed_ids(case, str)


@situation("05-id-timestamp")
def _(case):
    typed_ids(case, lambda moment: moment.isoformat())


@situation("05-id-uuid")
def _(case):
    typed_ids(case, str, some_null=False)


@situation("08-duplicate-columns")
def _(case):
    run = case.run()
    case.equal("exit code", run.exit, 2)
    case.contains("the message", run.printed, "`text`", "2 times", "a.parquet")
    case.equal("documents", len(run.kept()), 0)


@situation("09-hive-folders")
def _(case):
    rows = [(path, row) for path in sorted(case.folder.glob("data/*/*")) for row in pq.ParquetFile(path).read().to_pylist()]
    kept = reads_all(case, case.run(), len(rows))
    right = {(row["text"], path.parent.name.split("=")[1]) for path, row in rows}
    case.equal("languages", {(row["text"], row["lang"]) for row in kept}, right)


@situation("10-nested-passthrough")
def _(case):
    rows = {row["id"]: row for row in source_rows(case, "a.parquet")}
    for row in reads_all(case, case.run(), len(rows)):
        for name in ["tags", "meta"]:
            value = None if row[name] is None else json.loads(row[name])
            case.equal(f"{name} of {row['id']}", value, rows[row["id"]][name])
    text = (case.folder / "pipeline.yaml").read_text()
    (case.folder / "all.yaml").write_text(text.replace("{id: id, text: text, tags: tags, meta: meta}", '"*"'))
    run = case.run("all.yaml", "--output", "all", output="all")
    for row in reads_all(case, run, len(rows)):
        case.equal(f"columns of {row['id']}", row, rows[row["id"]])


@situation("11-other-fields-parquet")
def _(case):
    run = case.run()
    rows = {row["id"]: row for row in source_rows(case, "a.parquet")}
    for row in reads_all(case, run, len(rows)):
        others = {name: value for name, value in rows[row["id"]].items() if name not in ("id", "text")}
        case.check("there are other columns", others)
        case.equal(f"metadata of {row['id']}", json.loads(row["metadata"] or "null"), others)
    case.lacks("the warning", run.printed, "input.other_fields", "not read")


@situation("13-nested-text")
def _(case):
    rows = source_rows(case, "a.parquet")
    kept = reads_all(case, case.run(), len(rows))
    case.equal("texts", [row["text"] for row in kept], [row["content"]["text"] for row in rows])


@situation("15-missing-optional-column")
def _(case):
    rows = source_rows(case, "a.parquet", "b.parquet")
    run = case.run()
    kept = reads_all(case, run, len(rows))
    case.equal("urls", {row["id"]: row["url"] for row in kept}, {row["id"]: row.get("url") for row in rows})
    case.contains("the note", run.printed, "`url`", "1 of 2 files", "optional: true")
    text = (case.folder / "pipeline.yaml").read_text()
    (case.folder / "said.yaml").write_text(text.replace("url: url", "url: {from: url, optional: true}"))
    run = case.run("said.yaml", "--output", "said", output="said")
    reads_all(case, run, len(rows))
    case.lacks("what is printed", run.printed, "is missing in")
    (case.folder / "wrong.yaml").write_text(text.replace("url: url", "url: uri"))
    run = case.run("wrong.yaml", "--output", "wrong", output="wrong")
    case.equal("exit code of a wrong name", run.exit, 2)
    case.contains("the message", run.printed, "`uri`", "the file has: ", "optional: true")


@situation("125-big-row-groups-nulls")
def _(case):
    rows = source_rows(case, "a.parquet")
    kept = reads_all(case, case.run(), len(rows))
    case.equal("ids", [row["id"] for row in kept], [f"a.parquet:{n}" for n in range(len(rows))])


@situation("132-dedupe-cli-columns")
def _(case):
    tables = [pq.ParquetFile(path).read() for path in sorted(case.folder.glob("p/*"))]
    rows = {str(row["id"]): row for table in tables for row in table.to_pylist()}
    run = case.call("dedupe", "p", "--output", "out-p", "--id", "id", output="out-p")
    case.equal("exit code for Parquet", run.exit, 0)
    case.check("documents of Parquet", run.kept())
    for row in run.kept():
        case.equal(f"columns of {row['id']}", {**row, "id": rows[row["id"]]["id"]}, rows[row["id"]])
    run = case.call("dedupe", "j", "--output", "out-j", output="out-j")
    case.equal("exit code for JSONL", run.exit, 0)
    lines = [json.loads(line) for path in sorted(case.folder.glob("j/*")) for line in path.read_text().splitlines()]
    by_text = {line["text"]: line for line in reversed(lines)}
    case.check("documents of JSONL", run.kept())
    for row in run.kept():
        others = {name: value for name, value in by_text[row["text"]].items() if name != "text"}
        case.equal(f"metadata of {row['id']}", json.loads(row["metadata"]), others)


@situation("141-encrypted-parquet")
def _(case):
    for pipeline, named in [("pipeline.yaml", "footer"), ("plain.yaml", "column")]:
        run = case.run(pipeline)
        case.check(f"{pipeline} is refused", run.exit in (2, 4), run.exit)
        case.contains(f"{pipeline}: the message", run.printed, "encrypted", named, "a.parquet")
        case.lacks(f"{pipeline}: the message", run.printed, "no Parquet file", "quarantined")
        case.check(f"{pipeline} begins nothing", not (run.output / "data").exists())


@situation("143-damaged-page")
def _(case):
    whole = pq.ParquetFile(case.folder / "b.parquet").metadata.num_rows
    footer = pq.ParquetFile(case.folder / "a.parquet").metadata
    groups = [footer.row_group(group).num_rows for group in range(footer.num_row_groups)]
    for pipeline, output in [("pipeline.yaml", "first"), ("quarantine.yaml", "second")]:
        run = case.run(pipeline, "--output", output, output=output)
        case.equal(f"{pipeline}: exit code", run.exit, 3)
        quarantined = run.rows("quarantine")
        case.equal(f"{pipeline}: rows", len(run.kept()) + len(quarantined), sum(groups) + whole)
        case.check(f"{pipeline}: only the damaged group", 0 < len(quarantined) <= groups[1], len(quarantined))
        inside = range(groups[0], groups[0] + groups[1])
        case.check(f"{pipeline}: rows of the group", all(row["row"] in inside for row in quarantined))
        case.check(f"{pipeline}: file and group", all("row group 1" in row["detail"] for row in quarantined))


@situation("209-scored-twice")
def _(case):
    first, second = case.run(), case.run("second.yaml", output="out2")
    case.equal("exit codes", (first.exit, second.exit), (0, 0))
    before, after = first.kept(), second.kept()
    case.equal("documents", [row["id"] for row in after], [row["id"] for row in before])
    case.check("there are documents", before)
    for row, again in zip(before, after):
        names = ["text", "language", "language_score", "metadata", "pii_kinds"]
        case.equal(f"columns of {row['id']}", [again[name] for name in names], [row[name] for name in names])
    case.equal("names are there once", len(set(after[0])), len(after[0]) if after else 0)
    case.check("the columns of both runs are the same", set(before[0]) == set(after[0]) if before and after else False)

"""Outputs: read again, loaded elsewhere, overwritten, moved; paths; what is printed of a run."""

import json
import os
import re
import shutil

import pyarrow.dataset as pd
import pyarrow.parquet as pq

from reports.case import Run, situation


def ids(run):
    return [row["id"] for row in run.kept()]


def control(text):
    """Characters that drive a terminal."""
    return [c for c in text if (ord(c) < 32 and c not in "\n\t") or c in "\x7f\x9b\u202e\u2066"]


@situation("39-duplicate-ids")
def _(case):
    run = case.run()
    case.equal("exit code", run.exit, 0)
    case.equal("documents in", run.ledger()["stages"][0]["input"]["documents"], 6)
    case.equal("texts kept", sorted(row["text"] for row in run.kept()), ["alpha text", "beta text", "delta text", "gamma text"])
    case.contains("report", run.printed, "3 documents have an id")
    rows = run.rows("duplicates")
    places = sorted((r["shard"], r["row"], r["keeper_shard"], r["keeper_row"]) for r in rows)
    texts = {}
    for name in ["a.jsonl", "b.jsonl"]:
        for row, line in enumerate((case.folder / name).read_text().splitlines()):
            texts[name, row] = json.loads(line)["text"]
    case.equal("duplicates", len(places), 2)
    for shard, row, keeper_shard, keeper_row in places:
        case.check("another document", (shard, row) != (keeper_shard, keeper_row), places)
        case.equal("text of the keeper", texts[keeper_shard, keeper_row], texts[shard, row])


@situation("100-overwrite-changed-input")
def _(case):
    run = case.run()
    case.equal("documents", len(run.kept()), 3)
    with open(case.folder / "in.jsonl", "a") as file:
        file.write('{"id": "d", "text": "The fourth one came later."}\n')
    again = case.run()
    case.equal("exit code of the plain run", again.exit, 0)
    case.contains("plain run", again.printed, "already complete", "1 file changed", "in.jsonl", "--overwrite")
    case.equal("documents after the plain run", len(again.kept()), 3)
    replanned = case.run("pipeline.yaml", "--replan")
    case.equal("exit code of --replan", replanned.exit, 2)
    case.contains("--replan", replanned.printed, "--overwrite")
    over = case.run("pipeline.yaml", "--overwrite")
    case.equal("exit code of --overwrite", over.exit, 0)
    case.equal("ids", ids(over), ["a", "b", "c", "d"])
    case.contains("once more", case.run("pipeline.yaml", "--overwrite").printed, "already complete")


@situation("121-read-own-output-2")
def _(case):
    first = case.run()
    case.equal("kept by the first", ids(first), ["a", "c"])
    case.equal("dropped by the first", [row["id"] for row in first.rows("dropped")], ["b"])
    second = case.run("second.yaml", output="x")
    case.equal("exit code", second.exit, 0)
    case.equal("kept by the second", ids(second), ["a", "c"])
    case.equal("read by the second", second.ledger()["stages"][0]["input"]["documents"], 2)
    pattern = case.folder / "second.yaml"
    pattern.write_text(pattern.read_text().replace('["out"]', '["out/**/*.parquet"]').replace("path: x", "path: y"))
    case.equal("kept by a pattern", ids(case.run("second.yaml", output="y")), ["a", "c"])
    (case.folder / "out/_textmill/run.json").unlink()
    unfinished = case.run("second.yaml", "--output", "z", output="z")
    case.check("an unfinished output is refused", unfinished.exit != 0 and "not finished" in unfinished.printed, unfinished.printed)


@situation("134-drops-quarantine-id")
def _(case):
    run = case.run()
    case.equal("kept", ids(run), ["doc-8"])
    case.equal("quarantined", [row["id"] for row in run.rows("quarantine")], ["doc-7"])
    case.contains("the run", run.printed, "textmill drops")
    case.contains("drops", case.call("drops", "out").stdout, "doc-7", "missing_text")
    case.contains("drops as JSON", case.call("drops", "out", "--quarantine", "--format", "json").stdout, '"id":"doc-7"')


@situation("205-run-from-elsewhere")
def _(case):
    inside = case.run(cwd=case.folder / "sub")
    case.equal("from its folder", inside.exit, 0)
    case.equal("kept", ids(inside), ["1", "2"])
    outside = case.run("sub/pipeline.yaml")
    case.check("from elsewhere", outside.exit != 0)
    here = str(case.folder.resolve())
    case.contains("message", outside.printed, f"{here}/words.txt", "relative path")
    pipeline = case.folder / "sub/pipeline.yaml"
    pipeline.write_text(re.sub(r"stages:.*\n", "stages: [{id: n, run: normalize}]\n", pipeline.read_text()))
    outside = case.run("sub/pipeline.yaml")
    case.check("an input elsewhere", outside.exit != 0)
    case.contains("message", outside.printed, f"{here}/data/*.jsonl", "relative paths")
    case.check("no data was made", not (case.folder / "out/data").exists())


@situation("206-tilde-and-variables")
def _(case):
    home = case.folder / "home"
    home.mkdir()
    for file in ["pipeline.yaml", "var.yaml", "out.yaml"]:
        run = case.call("run", file, env={"HOME": str(home)})
        case.equal(f"exit code of {file}", run.exit, 2)
        case.contains(file, run.printed, "hint", "is not replaced")
    case.contains("the path to write", case.call("run", "pipeline.yaml", env={"HOME": "/h"}).printed, "/h/nowhere/*.jsonl")
    flag = case.call("run", "pipeline.yaml", "--output=~/x")
    case.equal("--output", flag.exit, 2)
    made = [path.name for path in case.folder.rglob("*") if "~" in path.name or "$" in path.name]
    case.equal("folders of these names", made, [])
    case.equal("what lies at home", list(home.iterdir()), [])


@situation("207-touched-input")
def _(case):
    def touch(seconds):
        for file in case.folder.glob("*.jsonl"):
            os.utime(file, (1_000_000_000 + seconds,) * 2)

    half = case.run("pipeline.yaml", "--task-index", "0", "--task-count", "2")
    case.equal("exit code of a half", half.exit, 0)
    manifests = {p: p.read_bytes() for p in (case.folder / "out/_textmill/tasks/p0").glob("*.json")}
    case.equal("committed tasks", len(manifests), 2)
    touch(1)
    whole = case.run()
    case.equal("exit code of the rest", whole.exit, 0)
    case.check("committed tasks stay", all(p.read_bytes() == before for p, before in manifests.items()))
    fresh = case.run("pipeline.yaml", "--output", "fresh", output="fresh")
    case.equal("the same documents", whole.kept(), fresh.kept())
    touch(2)
    again = case.run()
    case.equal("exit code after touching", again.exit, 0)
    case.contains("after touching", again.printed, "already complete", "its input has not changed")
    (case.folder / "a.jsonl").rename(case.folder / "a2.jsonl")
    renamed = case.run()
    case.contains("a renamed input", renamed.printed, "already complete", "1 file new, 1 gone")
    (case.folder / "b.jsonl").unlink()
    gone = case.run()
    case.equal("exit code without an input", gone.exit, 0)
    case.contains("without an input", gone.printed, "already complete", "2 gone")


@situation("208-load-the-output")
def _(case):
    run = case.run()
    clean = len(run.kept())
    case.check("something was kept and something dropped", clean and run.rows("dropped") and run.rows("duplicates"))
    case.equal("pyarrow.dataset(OUT)", pd.dataset(str(run.output), format="parquet").to_table().num_rows, clean)
    case.equal("pyarrow.dataset(OUT/data)", pd.dataset(str(run.output / "data")).to_table().num_rows, clean)
    case.equal("read_table(OUT)", pq.read_table(str(run.output)).num_rows, clean)
    beside = [p.name for p in run.output.iterdir() if p.name != "data" and p.name[0] not in "._"]
    case.equal("what may be taken for data", beside, [])
    try:
        import datasets
    except ImportError:
        return
    cache = str(case.folder / "cache")
    loaded = datasets.load_dataset(str(run.output), cache_dir=cache)
    case.equal("load_dataset(OUT)", {split: rows.num_rows for split, rows in loaded.items()}, {"train": clean})


@situation("210-sql-strings")
def _(case):
    run = case.run()
    case.equal("exit code", run.exit, 0)
    rows = {row["id"]: row for row in run.kept()}

    def which(column):
        return sorted(id for id, row in rows.items() if row[column] is True)

    case.equal("starts_with(url, 'a_b')", which("sw"), ["a_b"])
    case.equal("starts_with(url, '50%')", which("sp"), ["pct"])
    case.equal("ends_with(url, '_/1')", which("ew"), ["zh"])
    case.equal("LIKE with an escape", which("lk"), ["a_b"])
    case.equal("NOT LIKE", which("nl"), ["Upper", "pct", "pct2", "zh"])
    case.equal("NOT LIKE of null", rows["null"]["nl"], None)
    case.equal("ILIKE with an escape", which("il"), ["Upper", "a_b"])
    case.equal("LIKE of a backslash", which("bs"), ["back"])
    case.equal("contains(url, '_')", which("c"), ["Upper", "a_b", "zh"])
    case.equal("regexp_like", which("re"), ["aXb", "a_b", "back"])
    case.equal("length of Chinese", rows["zh"]["n"], 8)
    for file, what in [("look.yaml", "look-around"), ("bad.yaml", "unclosed")]:
        checked = case.call("validate", file)
        case.equal(f"exit code of validate {file}", checked.exit, 2)
        case.contains(f"validate {file}", checked.printed, f"{file}:4:", what)
        case.equal(f"exit code of run {file}", case.run(file).exit, 2)


@situation("213-moved-output")
def _(case):
    case.equal("exit code", case.run().exit, 0)
    shutil.copytree(case.folder / "out", case.folder / "copy")
    (case.folder / "out").rename(case.folder / "release")
    (case.folder / "link").symlink_to("release")
    (case.folder / "in.jsonl").unlink()
    for output in ["release", "copy", "link"]:
        for command in ["verify", "report", "drops", "status"]:
            case.equal(f"{command} {output}", case.call(command, output).exit, 0)
        target = f"against-{output}"
        run = case.call("dedupe", "more.jsonl", "--output", target, "--id", "id", "--against", output, output=target)
        case.equal(f"against {output}", (run.exit, len(run.rows("duplicates"))), (0, 1))
        (case.folder / "second.yaml").write_text(
            f"version: 1\nname: s\ninput: {{paths: [{output}], columns: {{id: id, text: text}}}}\n"
            f"stages: [{{id: n, run: normalize}}]\noutput: {{path: second-{output}}}\n"
        )
        second = case.run("second.yaml", output=f"second-{output}")
        kept = Run(case.folder, NOTHING, case.folder / output).kept()
        case.equal(f"{output} as an input", ids(second), [row["id"] for row in kept])


class NOTHING:
    """A call that was not made."""

    returncode, stdout, stderr = 0, "", ""


@situation("215-windows-yaml")
def _(case):
    case.equal("a mark and CRLF", case.call("validate", "pipeline.yaml").exit, 0)
    case.equal("the run", ids(case.run()), ["1"])
    utf16 = case.call("validate", "utf16.yaml")
    case.equal("UTF-16", utf16.exit, 2)
    case.contains("UTF-16", utf16.printed, "UTF-16", "save it as UTF-8")
    anchors = case.call("validate", "anchors.yaml")
    case.check("anchors are read, or refused by name", anchors.exit == 0 or "anchor" in anchors.printed, anchors.printed)
    two = case.call("validate", "two.yaml")
    case.equal("two documents", two.exit, 2)
    case.contains("two documents", two.printed, "one YAML document")


@situation("219-hostile-names-in-reports")
def _(case):
    run = case.run()
    case.equal("exit code", run.exit, 0)
    case.equal("control characters of the run", control(run.printed), [])
    text = case.call("report", "out")
    markdown = case.call("report", "out", "--format", "markdown")
    drops = case.call("drops", "out")
    for name, call in [("report", text), ("markdown", markdown), ("drops", drops)]:
        case.equal(f"exit code of {name}", call.exit, 0)
        case.equal(f"control characters of {name}", control(call.stdout.replace("\t", "\x01")), [])
    case.call("report", "out", "--format", "html", "-o", "page.html")
    page = (case.folder / "page.html").read_text()
    case.lacks("page", page, "<script", "<i>hostile", "<b>src", "\x1b", "\u202e")
    case.lacks("markdown", markdown.stdout, "<script", "<i>", "<b>")
    tables = re.findall(r"(?:^\|.*\n)+", markdown.stdout, flags=re.M)
    case.check("there are tables", tables)
    for table in tables:
        widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        case.equal("numbers of cells in the rows of a table", len(widths), 1)
    longest = max(map(len, text.stdout.splitlines() + drops.stdout.splitlines()))
    case.check("no line runs away", longest < 400, longest)
    rows = run.rows("duplicates")
    case.check("duplicates keep the names as they are", any("\x1b" in (r["id"] + r["keeper_id"]) for r in rows))


@situation("220-status-count")
def _(case):
    case.equal("exit code", case.run().exit, 0)
    status = case.call("status", "out").stdout
    done, all_tasks = map(int, re.search(r"tasks +(\d+) of (\d+) committed", status).groups())
    case.equal("tasks", (done, all_tasks), (2, 2))
    case.contains("by phase", status, "p0 1 of 1", "p1 1 of 1")
    as_json = case.call("status", "out", "--format", "json").stdout
    case.contains("as JSON", as_json, '"tasks": 2', '"tasks_done": 2')

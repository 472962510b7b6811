"""What files are: compression, archives, names, special files."""

import gzip
import os
import shutil
import subprocess
import sys
import tarfile

from .case import situation

THREE = {"a", "b", "c"}


def ids(run):
    return {row["id"] for row in run.kept()}


def three(case, run):
    """The three documents of the JSON situations, whole."""
    case.equal("exit code", run.exit, 0)
    case.equal("ids", ids(run), THREE)
    texts = sorted(run.texts().values())
    case.check("texts are whole", len(texts) == 3 and all(text.startswith("The ") and text.endswith(".") for text in texts), texts)
    case.equal("quarantine", run.rows("quarantine"), [])


@situation("16-odd-endings")
def _(case):
    run = case.run()
    case.equal("exit code", run.exit, 0)
    shards = {row["id"] for row in run.kept()}
    case.check("documents", len(shards) > 0, shards)
    case.contains("left out by name", run.printed, "_SUCCESS", "left out")
    case.equal("documents of all four Parquet files", len(run.kept()), count_parquet(case.folder / "data"))


def count_parquet(folder):
    """Rows of all files that are Parquet, whatever their names; ids that occur twice are two documents."""
    import pyarrow.parquet as pq

    rows = 0
    for path in folder.iterdir():
        if path.read_bytes()[:4] == b"PAR1":
            rows += pq.ParquetFile(path).metadata.num_rows
    return rows


@situation("26-utf16")
def _(case):
    three_or_more = case.run()
    case.equal("exit code", three_or_more.exit, 0)
    text = (case.folder / "in.jsonl").read_text("utf-16")
    import json

    right = {row["id"]: row["text"] for row in map(json.loads, text.splitlines()) if row}
    case.equal("texts", three_or_more.texts(), right)
    case.equal("quarantine", three_or_more.rows("quarantine"), [])


@situation("29-json-array")
def _(case):
    three(case, case.run())


@situation("30-pretty-array")
def _(case):
    three(case, case.run())


@situation("33-plain-that-is-gz")
def _(case):
    run = case.run()
    case.equal("exit code", run.exit, 0)
    case.contains("the surprise is said", run.printed, "in.jsonl", "gzip")
    lines = gzip.decompress((case.folder / "in.jsonl").read_bytes()).decode().splitlines()
    case.equal("documents", len(run.kept()), len(lines))


@situation("99-gzip-of-macos")
def _(case):
    run = case.run()
    case.equal("exit code", run.exit, 0)
    case.equal("documents", len(run.kept()), 5)
    case.equal("quarantine", run.rows("quarantine"), [])
    case.equal("byte 9 of the header", (case.folder / "in.jsonl.gz").read_bytes()[9], 19)


@situation("140-lfs-pointer")
def _(case):
    for pipeline, name in [("pipeline.yaml", "train-00000.parquet"), ("jsonl.yaml", "a.jsonl"), ("gz.yaml", "a.jsonl.gz")]:
        run = case.run(pipeline)
        case.equal(f"exit code of {pipeline}", run.exit, 4)
        case.contains(pipeline, run.printed, name, "git lfs pull")
        case.equal(f"{pipeline} names the file once", run.printed.count(name), 1)
        case.check(f"{pipeline} wrote nothing", not (run.output / "quarantine").exists())


@situation("142-tiny-row-groups")
def _(case):
    run = case.run()
    case.equal("exit code", run.exit, 0)
    case.equal("documents", len(run.kept()), 500)
    case.equal("output files", len(list((run.output / "data").glob("*.parquet"))), 1)


@situation("144-hub-cache-links")
def _(case):
    link = next(case.folder.glob("hub/*/snapshots/*/data/train-0.parquet"))
    if not link.is_symlink():
        # Copies may have lost what it is; then it says so.
        run = case.run(output="lost")
        case.check("a link that is text is named", run.exit == 4 and "link" in run.printed, run.printed)
        target = link.read_text().strip()
        link.unlink()
        link.symlink_to(target)
        if not link.exists():
            link.unlink()
            link.symlink_to(os.path.relpath(next(case.folder.glob("hub/*/blobs/*")), link.parent))
    for pipeline, name in [("pipeline.yaml", "data/train-0.parquet"), ("pattern.yaml", "train-0.parquet")]:
        shutil.rmtree(case.folder / "out", ignore_errors=True)
        run = case.run(pipeline)
        case.equal(f"exit code of {pipeline}", run.exit, 0)
        case.equal(f"documents of {pipeline}", len(run.kept()), 2)
        case.check(f"ids of {pipeline} speak of {name}", all(name in row for row in ids(run)), ids(run))
    (case.folder / "whole.yaml").write_text((case.folder / "pipeline.yaml").read_text().replace("hub/datasets--me--demo/snapshots/abc123", "hub").replace("path: out", "path: whole"))
    run = case.run("whole.yaml", output="whole")
    case.equal("documents of the whole cache", len(run.kept()), 2)
    case.check("ids of the whole cache", all("train-0.parquet" in row for row in ids(run)), ids(run))


@situation("145-many-small-files")
def _(case):
    subprocess.run([sys.executable, "make.py"], cwd=case.folder, check=True)
    run = case.run()
    case.equal("exit code", run.exit, 0)
    case.equal("documents", len(run.kept()), 1200)
    for dataset in ["data", "dropped", "quarantine"]:
        files = list((run.output / dataset).glob("*.parquet"))
        case.check(f"few files of {dataset}", len(files) <= 3, len(files))


@situation("150-warc-zst-dictionary")
def _(case):
    for pipeline, output in [("pipeline.yaml", "out_a"), ("b.yaml", "out_b")]:
        run = case.run(pipeline, output=output)
        case.equal(f"exit code of {pipeline}", run.exit, 0)
        counts = len(run.kept()) + len(run.rows("dropped"))
        case.equal(f"documents of {pipeline}", counts, 3)
        case.equal(f"quarantine of {pipeline}", run.rows("quarantine"), [])


@situation("152-wacz")
def _(case):
    run = case.run()
    case.check("a WACZ itself is refused", run.exit in (2, 4), run.exit)
    case.contains("message", run.printed, "site.wacz", "WACZ", "zip", "unpack")
    case.lacks("message", run.printed, "needs column")
    run = case.run("folder.yaml", output="out2")
    case.equal("exit code of the folder", run.exit, 0)
    case.contains("left out", run.printed, "site.wacz", "left out", "WACZ")
    case.equal("documents", len(run.kept()), 1)


@situation("154-crawl-names")
def _(case):
    run = case.run(output="out")
    case.equal("exit code", run.exit, 0)
    case.equal("pages of the folder", len(run.kept()), 1)
    case.contains("left out", run.printed, "left out", "CC-MAIN-2024-00000.warc.wat.gz", "WAT", "warc.wet.gz", "cdx-00000.gz")
    case.equal("nothing in quarantine", run.rows("quarantine"), [])
    run = case.run("glob.yaml", output="out2")
    case.equal("pages of the pattern", (run.exit, len(run.kept())), (0, 1))
    run = case.run("wet.yaml", output="out3")
    case.equal("texts of the WET", (run.exit, len(run.kept())), (0, 1))
    run = case.run("folder.yaml", output="out4")
    case.check("a folder without a format is refused with a hint", run.exit == 2, run.printed)


@situation("158-cut-download")
def _(case):
    for pipeline, output, name in [
        ("pipeline.yaml", "out_pipeline", "a.jsonl.gz"),
        ("warc.yaml", "out_warc", "a.warc.gz"),
        ("tar.yaml", "out_tar", "a.jsonl.tar.gz"),
    ]:
        run = case.run(pipeline, output=output)
        case.equal(f"exit code of {pipeline}", run.exit, 3)
        cut = [line for line in run.printed.splitlines() if name in line and "cut" in line]
        case.check(f"{pipeline} names the file", len(cut) == 1, run.printed)
        case.contains(pipeline, run.printed, "unknown number", "max_truncated_files")
        case.check(f"{pipeline} keeps what is whole", len(run.kept()) > 200, len(run.kept()))
        case.equal(f"quarantine of {pipeline}", [row["cause"] for row in run.rows("quarantine")], ["truncated"])
    # All of this file is one block of zstd, of which nothing can be read.
    run = case.run("zst.yaml", output="out_zst")
    case.equal("exit code of zst.yaml", run.exit, 4)
    case.contains("zst.yaml", run.printed, "a.jsonl.zst: the file ends inside the zstd member at byte 0")
    text = (case.folder / "pipeline.yaml").read_text().replace("out_pipeline", "out_allowed")
    (case.folder / "allowed.yaml").write_text(text + "limits: {max_truncated_files: 1}\n")
    run = case.run("allowed.yaml", output="out_allowed")
    case.equal("exit code where it is allowed", run.exit, 0)
    case.contains("the file is named all the same", run.printed, "a.jsonl.gz", "cut")


@situation("214-wanjuan-tars")
def _(case):
    for pipeline, output in [("pipeline.yaml", "out_mac"), ("pax.yaml", "out_pax"), ("gbk.yaml", "out_gbk")]:
        run = case.run(pipeline, output=output)
        case.equal(f"exit code of {pipeline}", run.exit, 0)
        case.equal(f"documents of {pipeline}", len(run.kept()), 2)
        case.equal(f"quarantine of {pipeline}", run.rows("quarantine"), [])
        if output == "out_mac":
            case.contains("members left out", run.printed, "._part-000.jsonl", "left out")
    run = case.run("cut.yaml", output="out_cut")
    case.equal("exit code of a cut one", run.exit, 3)
    case.contains("the cut file", run.printed, "cut.jsonl.tar.gz", "unknown number")
    case.check("what can be read is kept", len(run.kept()) > 0)
    run = case.run("notar.yaml", output="out_notar")
    case.equal("exit code of no tar", run.exit, 0)
    lines = gzip.decompress((case.folder / "notar.jsonl.tar.gz").read_bytes()).decode().splitlines()
    case.equal("documents of no tar", len(run.kept()), len(lines))
    case.contains("no tar", run.printed, "notar.jsonl.tar.gz", "gzip")
    case.check("the members are what the README says", len(tarfile.open(case.folder / "mac.jsonl.tar.gz").getmembers()) == 4)


@situation("216-special-files")
def _(case):
    subprocess.run([sys.executable, "make.py"], cwd=case.folder, check=True)
    run = case.run(output="out_p")
    documents = len((case.folder / "in.jsonl").read_text().splitlines())
    case.equal("exit code", run.exit, 0)
    case.equal("documents", len(run.kept()), documents)
    case.contains("left out", run.printed, "b.jsonl", "named pipe", "c.jsonl", "socket")
    for pipeline in ["stdin.yaml", "dash.yaml"]:
        run = case.run(pipeline, output="out_s", stdin=(case.folder / "in.jsonl").read_text())
        case.equal(f"exit code of {pipeline}", run.exit, 2)
        case.contains(pipeline, run.printed, "standard input", "file")
    run = case.run("dir.yaml", output="out_dir")
    case.equal("a folder named like a file", (run.exit, len(run.kept())), (0, documents))

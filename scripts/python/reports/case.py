"""One folder with inputs, what was run in it, and what is wrong with the result."""

import json
import os
import pathlib
import shutil
import subprocess

import pyarrow.parquet as pq

SITUATIONS = {}


def situation(name):
    """Registers a function as the check of the folder `name`."""

    def register(function):
        if name in SITUATIONS:
            raise ValueError(f"two checks of {name}")
        SITUATIONS[name] = function
        return function

    return register


class Run:
    """One call of textmill, and the output folder that it was to write."""

    def __init__(self, folder, finished, output):
        self.folder = folder
        self.exit = finished.returncode
        self.stdout = finished.stdout
        self.stderr = finished.stderr
        self.printed = self.stdout + self.stderr
        self.output = output

    def rows(self, dataset):
        """All rows of a dataset of the output (`data`, `dropped`, `quarantine`, ...), as dictionaries; `_dropped` and so
        on where these are the folders' names."""
        folder = next((f for f in (self.output / f"_{dataset}", self.output / dataset) if f.is_dir()), self.output / dataset)
        files = sorted(folder.glob("*.parquet"))
        return [row for file in files for row in pq.ParquetFile(file).read().to_pylist()]

    def kept(self):
        """The documents of `data/`."""
        return self.rows("data")

    def texts(self):
        """The texts of `data/` by id."""
        return {row["id"]: row["text"] for row in self.kept()}

    def ledger(self):
        """The ledger of the finished run."""
        return json.loads((self.output / "_textmill" / "run.json").read_bytes())["body"]["ledger"]


class Case:
    """A copy of the situation's folder, and the faults found in it."""

    def __init__(self, source, work, textmill, data):
        self.source = source
        self.folder = work / source.name
        self.textmill = textmill
        self.data = data
        self.faults = []
        shutil.copytree(source, self.folder, symlinks=True)
        for path in [self.folder, *self.folder.rglob("*")]:
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o600)

    def run(self, pipeline="pipeline.yaml", *arguments, output="out", command="run", stdin=None, cwd=None):
        """`textmill run PIPELINE` in the folder; `output` is where its pipeline writes, below the folder."""
        return self.call(command, pipeline, *arguments, output=output, stdin=stdin, cwd=cwd)

    def call(self, *arguments, output="out", stdin=None, cwd=None, env=None, timeout=120):
        """Any call of textmill in the folder. One that takes longer than `timeout` seconds has hung."""
        finished = subprocess.run(
            [self.textmill, "--color", "never", *map(str, arguments)],
            cwd=cwd or self.folder,
            env={**os.environ, **(env or {})},
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
        )
        return Run(self.folder, finished, pathlib.Path(cwd or self.folder) / output)

    def check(self, what, holds, seen=""):
        """Notes a fault unless `holds`."""
        if not holds:
            self.faults.append(f"{what}{': ' if seen != '' else ''}{seen}")

    def equal(self, what, seen, right):
        """Notes a fault unless both are equal."""
        self.check(what, seen == right, f"{shorten(seen)}, right is {shorten(right)}")

    def contains(self, what, text, *parts):
        """Notes a fault for each part that the text does not have."""
        for part in parts:
            self.check(f"{what} has {part!r}", part in text, shorten(text))

    def lacks(self, what, text, *parts):
        """Notes a fault for each part that the text has."""
        for part in parts:
            self.check(f"{what} lacks {part!r}", part not in text, shorten(text))


def shorten(value, limit=400):
    """What fits a line."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else text[:limit] + " …"

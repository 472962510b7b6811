"""Runs the checks of all folders, or of those whose names have one of the given parts."""

import importlib
import os
import pathlib
import pkgutil
import sys
import tempfile
import traceback

import reports
from reports.case import SITUATIONS, Case


def check(source, work, textmill, data):
    """The faults of one folder."""
    function = SITUATIONS.get(source.name)
    if function is None:
        return ["no check of this folder"]
    case = Case(source, work, textmill, data)
    try:
        function(case)
    except Exception:  # noqa: BLE001, a check that breaks is a fault of its folder
        case.faults.append(traceback.format_exc(limit=-2).strip())
    return case.faults


def main(data, *parts):
    for module in pkgutil.iter_modules(reports.__path__):
        if module.name != "__main__":
            importlib.import_module(f"reports.{module.name}")
    data = pathlib.Path(data).resolve()
    folders = sorted(f for f in (data / "reports").iterdir() if f.is_dir())
    chosen = [f for f in folders if not parts or any(p in f.name for p in parts)]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="textmill-reports-") as work:
        for source in chosen:
            faults = check(source, pathlib.Path(work), os.environ["TEXTMILL"], data)
            failed += bool(faults)
            print(f"{'FAILED' if faults else 'ok    '} {source.name}", flush=True)
            for fault in faults:
                print("       " + fault.replace("\n", "\n       "))
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

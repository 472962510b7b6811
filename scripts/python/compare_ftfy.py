"""Compares the repair of mojibake. Called by scripts/compare/ftfy."""
import json
import subprocess
import sys
import time

import ftfy

from documents import texts


def repaired(binary, originals):
    lines = "".join(json.dumps(text) + "\n" for text in originals).encode()
    answer = subprocess.run([binary], input=lines, stdout=subprocess.PIPE, check=True).stdout.decode()
    return [json.loads(line) for line in answer.removesuffix("\n").split("\n")]


def show(original, ours, theirs):
    at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
    part = slice(max(0, at - 20), at + 20)
    print(f"  textmill {ours[part]!r}, ftfy {theirs[part]!r}, from {original[part]!r}")


def main(binary, cases, paths):
    originals = [case["original"] for case in json.load(open(cases))]
    theirs = [ftfy.fix_encoding(text) for text in originals]
    ours = repaired(binary, originals)
    for original, a, b in zip(originals, ours, theirs, strict=True):
        if a != b:
            show(original, a, b)
    equal = sum(a == b for a, b in zip(ours, theirs))
    broken = sum(a != b for a, b in zip(originals, theirs))
    print(f"{len(originals)} test cases of ftfy {ftfy.__version__}, {broken} of them repaired by it: {equal} equal")
    good = equal >= 0.97 * len(originals)

    alone = kept = changed = same = 0
    for path in paths:
        originals = list(texts(path))
        started = time.process_time()
        theirs = [ftfy.fix_encoding(text) for text in originals]
        seconds = time.process_time() - started
        ours = repaired(binary, originals)
        for original, a, b in zip(originals, ours, theirs, strict=True):
            alone += b == original
            kept += b == original == a
            changed += b != original
            same += a == b != original
            if a != b:
                show(original, a, b)
        print(f"  {path}: ftfy {sum(len(text.encode()) for text in originals) / seconds / 1e6:.1f} MB/s")
    if paths:
        print(f"{alone + changed} texts: {kept} of {alone} that ftfy leaves alone stay ({kept / alone:.4%}), "
              f"{same} of {changed} that it repairs come out equal")
        good = good and kept >= 0.999 * alone
    sys.exit(not good)


main(sys.argv[1], sys.argv[2], sys.argv[3:])

"""Compares traditional-to-simplified conversion. Called by scripts/compare/opencc."""
import subprocess, sys

import opencc

import documents


def lines(path):
    for text in documents.texts(path):
        # White space other than LF would end lines in one of the two programs.
        yield from (line for line in text.split("\n") if line.strip() and "\r" not in line)


def main(binary, paths):
    texts = [line for path in paths for line in lines(path)]
    ours = subprocess.run([binary], input="\n".join(texts).encode(), stdout=subprocess.PIPE, check=True).stdout.decode()
    ours = ours.removesuffix("\n").split("\n")
    converter = opencc.OpenCC("t2s")
    theirs = [converter.convert(text) for text in texts]
    different = [(text, a, b) for text, a, b in zip(texts, ours, theirs, strict=True) if a != b]
    for text, a, b in different[:5]:
        at = next(i for i, (x, y) in enumerate(zip(a + "\0", b + "\0")) if x != y)
        print(f"  {text[max(0, at - 8):at + 8]!r}: textmill {a[at:at + 4]!r}, OpenCC {b[at:at + 4]!r}")
    changed = sum(text != b for text, b in zip(texts, theirs))
    share = 1 - len(different) / len(texts)
    print(f"{len(texts)} lines, {changed} of them changed by OpenCC {opencc.__version__}: {share:.4%} equal")
    sys.exit(share < 0.999)


main(sys.argv[1], sys.argv[2:])

"""Writes the character classes of mojibake as a Rust file: TARGET. Called by scripts/make/mojibake-tables."""

import re
import sys
from pathlib import Path

from ftfy.badness import MOJIBAKE_CATEGORIES
from ftfy.chardata import UTF8_CLUES

HEAD = """//! Made by `scripts/make/mojibake-tables` from ftfy 6.3.1 (`badness.py`, `chardata.py`): do not edit.
//!
//! Each is the inside of a bracket expression.
"""


def ranges(members):
    """Ascending `(first, last)` code points of the class `members`."""
    inside = re.compile(f"[{members}]")
    codes = [code for code in range(0x110000) if inside.match(chr(code))]
    found = []
    for code in codes:
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return found


def rust(name, members):
    atoms = [
        f"\\\\u{{{first:x}}}" if first == last else f"\\\\u{{{first:x}}}-\\\\u{{{last:x}}}"
        for first, last in ranges(members)
    ]
    lines, line = [], ""
    for atom in atoms:
        if len(line) + len(atom) > 100:
            lines.append(line)
            line = ""
        line += atom
    body = "\\\n    ".join([*lines, line])
    return f'\npub(super) const {name.upper()}: &str = "{body}";\n'


tables = {**MOJIBAKE_CATEGORIES, **UTF8_CLUES}
Path(sys.argv[1]).write_text(HEAD + "".join(rust(name, members) for name, members in tables.items()))

"""datatrove's filters one after the other, as a recipe has them. Called by scripts/compare/recipe.

Arguments: fineweb or fineweb2-zh. Reads JSON lines (`id`, `text`) from standard input; prints a JSON object from filter to
the number of documents kept.
"""
import json
import sys

from datatrove.data import Document

from datatrove_decisions import chinese, english

filters = {"fineweb": english, "fineweb2-zh": chinese}[sys.argv[1]]()
kept = dict.fromkeys(filters, 0)
for line in sys.stdin:
    row = json.loads(line)
    document = Document(text=row["text"], id=row["id"])
    for name, filter in filters.items():
        # C4 changes the text, which the filters after it see.
        if filter.filter(document) is not True:
            break
        kept[name] += 1
print(json.dumps(kept))

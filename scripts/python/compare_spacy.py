"""Compares the words of texts with spaCy's. Called by scripts/compare/spacy."""
import collections
import difflib
import json
import subprocess
import sys
import time

import spacy

from documents import texts


def main(binary, paths):
    tokenizer = spacy.blank("en").tokenizer
    same = documents = equal = words = 0
    kinds = collections.Counter()
    for path in paths:
        originals = list(texts(path))
        lines = "".join(json.dumps(text) + "\n" for text in originals).encode()
        answer = subprocess.run([binary], input=lines, stdout=subprocess.PIPE, check=True).stdout.decode()
        started = time.process_time()
        for text, line in zip(originals, answer.removesuffix("\n").split("\n"), strict=True):
            ours = json.loads(line)
            theirs = [token for token in (token.text.strip() for token in tokenizer(text)) if token]
            documents += 1
            words += len(theirs)
            if ours == theirs:
                same += 1
                equal += len(theirs)
                continue
            for tag, a, b, c, d in difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
                if tag == "equal":
                    equal += d - c
                else:
                    kinds[str(ours[a:b])[:60], str(theirs[c:d])[:60]] += 1
        print(f"  {path}: spaCy took {time.process_time() - started:.0f} s")
    for (a, b), count in kinds.most_common(20):
        print(f"  {count}: textmill {a}, spaCy {b}")
    print(f"{documents} documents: {same} equal ({same / documents:.3%}); {words} words: {equal / words:.5%} equal")
    sys.exit(same < 0.999 * documents)


main(sys.argv[1], sys.argv[2:])

"""fastText's C++ on the same texts: MODEL FILE.jsonl.zst... Called by scripts/bench/lid."""
import sys, time

import fasttext

from documents import texts

model = fasttext.FastText._FastText(sys.argv[1])
for path in sys.argv[2:]:
    given = [text.replace("\n", " ") for text in texts(path)]
    size = sum(len(text.encode()) for text in given)
    before = time.process_time()
    for text in given:
        model.f.predict(text, 1, 0.0, "strict")
    print(f"fasttext_cpp {size / 1e6 / (time.process_time() - before):.2f} MB/s cpu {path}", flush=True)

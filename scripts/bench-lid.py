"""fastText's C++ on the same texts: MODEL FILE.jsonl.zst..."""
import io, json, sys, time
import fasttext, zstandard

model = fasttext.FastText._FastText(sys.argv[1])
for path in sys.argv[2:]:
    lines = io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(open(path, "rb")), encoding="utf8")
    texts = [json.loads(line)["text"].replace("\n", " ") for line in lines]
    size = sum(len(text.encode()) for text in texts)
    before = time.process_time()
    for text in texts:
        model.f.predict(text, 1, 0.0, "strict")
    print(f"fasttext_cpp {size / 1e6 / (time.process_time() - before):.2f} MB/s cpu {path}", flush=True)

"""Compares language models with KenLM's. Called by scripts/compare/kenlm."""
import os, re, subprocess, sys, tempfile, time

import kenlm

from documents import texts

ROUNDS, TRIALS, ORDER = 100, 3, 5
KINDS = {"probing": ["probing"], "trie": ["trie"], "array-trie": ["-a", "22", "trie"], "quant-trie": ["-q", "8", "-b", "8", "trie"],
         "quant-array-trie": ["-q", "8", "-b", "8", "-a", "22", "trie"]}


def sentences(path):
    for text in texts(path):
        # Every mark and every character without blanks around it a word of its own, so that Chinese has words too.
        text = re.sub(r"([^\w\s]|[\u3040-\u30ff\u3400-\u9fff])", r" \1 ", text.lower())
        for line in text.split("\n"):
            line = " ".join(re.sub(r"[\0-\x20]+", " ", line).split(" ")).strip()
            if 3 <= line.count(" ") <= 200:
                yield line


def compare(lm, build_binary, path, folder):
    found = list(dict.fromkeys(sentences(path)))
    held_out, train = found[::50][:1000], [line for index, line in enumerate(found) if index % 50]
    arpa = f"{folder}/model.arpa"
    begin = time.perf_counter()
    done = subprocess.run([lm, "train", str(ORDER), arpa], input="\n".join(train), text=True, stderr=subprocess.PIPE, check=True)
    print(f"trained on {len(train)} sentences in {time.perf_counter() - begin:.1f} s: {done.stderr.split(', discounts')[0]}")

    words = sum(line.count(" ") + 2 for line in held_out) * ROUNDS
    # In turn, and the best of each: other programs on the machine slow some.
    theirs_read, theirs_speed, ours_read, ours_speed = float("inf"), 0.0, float("inf"), 0.0
    for _ in range(TRIALS):
        before = time.process_time()
        model = kenlm.Model(arpa)
        theirs_read = min(theirs_read, time.process_time() - before)
        theirs = [model.score(line) for line in held_out]
        before = time.process_time()
        for _ in range(ROUNDS):
            for line in held_out:
                model.score(line)
        theirs_speed = max(theirs_speed, words / (time.process_time() - before))
        done = subprocess.run([lm, "score", arpa, str(ROUNDS)], input="\n".join(held_out), text=True, capture_output=True, check=True)
        ours = [float(line) for line in done.stdout.split()]
        ours_read = min(ours_read, float(re.search(r"read ([\d.]+)", done.stderr).group(1)))
        ours_speed = max(ours_speed, float(re.search(r"score (\d+)", done.stderr).group(1)))
    # KenLM's Python adds up in single precision; a long sentence has some of its last digits wrong by that.
    worst = max(abs(a - b) / max(1.0, abs(b) / 100) for a, b in zip(ours, theirs))
    print(f"{len(held_out)} held-out sentences: largest difference {worst:.7f}")
    print(f"reading ARPA, CPU seconds: textmill {ours_read:.3f}, KenLM {theirs_read:.3f}: {theirs_read / ours_read:.2f} times")
    print(f"scoring, words a CPU second: textmill {ours_speed:.0f}, KenLM {theirs_speed:.0f}: {ours_speed / theirs_speed:.2f} times")
    binaries = compare_binaries(lm, build_binary, arpa, held_out)
    return binaries and len(ours) == len(theirs) and worst <= 1e-4 and ours_read <= theirs_read and ours_speed >= 1.5 * theirs_speed


def compare_binaries(lm, build_binary, arpa, held_out):
    good = True
    for kind, options in KINDS.items():
        file = f"{arpa}.{kind}"
        subprocess.run([build_binary, *options, arpa, file], check=True, capture_output=True)
        done = subprocess.run([lm, "score", file, "1"], input="\n".join(held_out), text=True, capture_output=True, check=True)
        ours = [float(line) for line in done.stdout.split()]
        model = kenlm.Model(file)
        # Added up in double precision, unlike `score`.
        theirs = [[word[0] for word in model.full_scores(line)] for line in held_out]
        worst = max(abs(a - sum(b)) / len(b) for a, b in zip(ours, theirs))
        read = re.search(r"read ([\d.]+)", done.stderr).group(1)
        print(f"{kind}: {len(ours)} sentences, largest difference a word {worst:.9f}, read in {read} s")
        good &= len(ours) == len(theirs) == len(held_out) and worst <= 1e-6
        os.remove(file)
    return good


good = True
for path in sys.argv[3:]:
    print(f"== {path.rsplit('/', 1)[1]}")
    with tempfile.TemporaryDirectory() as folder:
        good &= compare(sys.argv[1], sys.argv[2], path, folder)
print("equal, and fast enough" if good else "NOT as promised")
sys.exit(0 if good else 1)

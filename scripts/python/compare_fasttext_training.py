"""Compares training of fastText classifiers. Called by scripts/compare/fasttext-training."""
import os, random, re, subprocess, sys, tempfile, time

import fasttext

import documents

# What both sides are trained with, unless the command line says otherwise.
OPTIONS = {"dim": "100", "epochs": "25", "learning_rate": "0.5", "word_ngrams": "2", "buckets": "200000", "seed": "0"}
# The names of the same options in C++.
NAMES = {"dim": "dim", "epochs": "epoch", "learning_rate": "lr", "word_ngrams": "wordNgrams", "min_n": "minn",
         "max_n": "maxn", "buckets": "bucket", "min_count": "minCount", "loss": "loss", "seed": "seed"}
ROUNDS = 3


def read(path, folder):
    """Writes four fifths, one fifth and all in fastText's format; the texts of the fifth with their labels, and all texts."""
    # No white space but spaces, which means the same to both, and no word that is a mark of the format.
    rows = [(str(row["label"]), " ".join(re.sub(r"[\0-\x20]+", " ", row["text"]).split(" ")).strip()) for row in documents.rows(path)]
    rows = [(label, text) for label, text in rows if text and "__label__" not in text and "</s>" not in text]
    # Files sorted by label teach nothing: steps are taken in the order of the file.
    random.Random(0).shuffle(rows)
    test = rows[::5]
    for name, part in (("train", [row for index, row in enumerate(rows) if index % 5]), ("test", test), ("all", rows)):
        with open(f"{folder}/{name}", "w", encoding="utf8", newline="\n") as out:
            out.writelines(f"__label__{label} {text}\n" for label, text in part)
    return test, [text for _, text in rows]


def ours(*arguments, **more):
    return subprocess.run(arguments, stdout=subprocess.PIPE, check=True, encoding="utf8", **more).stdout


def number(pattern, text):
    return float(re.search(pattern, text).group(1))


def train_theirs(folder, options):
    convert = lambda value: value if value.isalpha() else float(value) if "." in value else int(value)
    arguments = {NAMES[name]: convert(value) for name, value in options.items()}
    before = time.process_time()
    model = fasttext.train_supervised(f"{folder}/train", thread=1, verbose=0, **arguments)
    return model, time.process_time() - before


def answer(model, texts):
    """The best label of each text, and megabytes per CPU second."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    lines = [text + "\n" for text in texts]
    best = 0.0
    for _ in range(ROUNDS):
        before = time.process_time()
        found = [model.f.predict(text, 1, 0.0, "strict") for text in lines]
        best = max(best, size / (time.process_time() - before))
    return [(line[0][1].removeprefix("__label__"), line[0][0]) if line else ("", 0.0) for line in found], best


def equal_answers(binary, path, texts):
    """The share of texts for which C++ answers with the file as textmill does."""
    theirs, _ = answer(fasttext.FastText._FastText(path), texts)
    lines = ours(f"{binary}/fasttext", "predict", path, "1", input="\n".join(texts) + "\n").splitlines()
    found = [line.split(" ") if line else ["", "0"] for line in lines]
    same = [label == mine[0] and abs(score - float(mine[1])) <= 2e-5
            for (label, score), mine in zip(theirs, found, strict=True)]
    return sum(same) / len(same)


def accuracy(found, test):
    return sum(label == gold for (label, _), (gold, _) in zip(found, test)) / len(test)


def main(binary, path, changes):
    options = OPTIONS | dict(change.split("=", 1) for change in changes)
    with tempfile.TemporaryDirectory() as folder:
        test, everything = read(path, folder)
        texts = [text for _, text in test]
        size = os.path.getsize(f"{folder}/train") * int(options["epochs"]) / 1e6
        program, file = f"{binary}/fasttext_training", f"{folder}/ours.bin"
        our_speed, their_speed = 0.0, 0.0
        for _ in range(ROUNDS):
            told = ours(program, "train", f"{folder}/train", file, *(f"{name}={value}" for name, value in options.items()))
            our_speed = max(our_speed, number(r"([0-9.]+) MB/s", told))
            model, seconds = train_theirs(folder, options)
            their_speed = max(their_speed, size / seconds)
        told = ours(program, "test", f"{folder}/test", file)
        our_accuracy = number(r"accuracy ([0-9.]+)", told)
        our_answers = number(r"([0-9.]+) MB/s", ours(program, "test", f"{folder}/all", file))
        their_accuracy = accuracy(answer(model, texts)[0], test)
        their_answers = answer(model, everything)[1]
        ours(program, "quantize", file, f"{folder}/ours.ftz", "50000")
        equal = {kind: equal_answers(binary, f"{folder}/ours.{kind}", texts) for kind in ("bin", "ftz")}
        small = number(r"accuracy ([0-9.]+)", ours(program, "test", f"{folder}/test", f"{folder}/ours.ftz"))
        shrunk = os.path.getsize(f"{folder}/ours.ftz") / os.path.getsize(file)
    print(" ".join(f"{name}={value}" for name, value in options.items()))
    print(f"accuracy on {len(test)} texts: textmill {our_accuracy:.4f}, C++ {their_accuracy:.4f}")
    print(f"training, MB/s cpu: textmill {our_speed:.2f}, C++ {their_speed:.2f}: {our_speed / their_speed:.2f} times")
    print(f"answers, MB/s cpu: textmill {our_answers:.2f}, C++ {their_answers:.2f}: {our_answers / their_answers:.2f} times")
    print(f"answers of C++ with our model: {equal['bin']:.4%} equal; compressed: {equal['ftz']:.4%} equal")
    print(f"compressed to {shrunk:.1%}: accuracy {small:.4f}")
    good = (our_accuracy >= their_accuracy - 0.005 and our_speed >= 0.9 * their_speed
            and our_answers >= 0.9 * their_answers and min(equal.values()) >= 0.999)
    sys.exit(not good)


main(sys.argv[1], sys.argv[2], sys.argv[3:])

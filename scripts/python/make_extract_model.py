"""Trains the extractor's model. Called by scripts/make/extract-model."""
import json, subprocess, sys, unicodedata

import lightgbm, numpy, regex

from documents import rows as read
from extract_f1 import bag, f1, groups

FOLDS, SEED, TREES = 5, 1, 300
PARAMETERS = dict(objective="binary", learning_rate=0.04, num_leaves=31, min_data_in_leaf=60, feature_fraction=0.25,
                  bagging_fraction=0.8, bagging_freq=1, lambda_l2=10.0, verbose=-1, seed=SEED, deterministic=True,
                  force_row_wise=True, num_threads=2)
# As in crates/extract/src/content/choose.rs.
SURE, SURE_PAGE, BEST_SHARE = 0.5, 0.75, 0.9


def blocks(binary, rows):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    out = subprocess.run([binary, "blocks"], input=text.encode("utf8", "surrogatepass"), stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in out.stdout.decode("utf8").split("\n") if line]


def tokens(text):
    text = unicodedata.normalize("NFKC", text).lower()
    return regex.findall(r"\p{Han}|[\p{Hiragana}\p{Katakana}]|[\w--\p{Han}]+", text, flags=regex.V1)


def labels(gold, texts):
    """1 for blocks most of which is in the gold text: by 4-grams for long blocks, by whole lines for short ones."""
    words = tokens(gold)
    joined = " " + " ".join(words) + " "
    grams = {tuple(words[i:i + 4]) for i in range(len(words))}
    lines = {" ".join(tokens(line)) for line in gold.splitlines()}
    shares = []
    for text in texts:
        own = tokens(text)
        if not own:
            shares.append(0.0)
        elif len(own) < 4:
            line = " ".join(own)
            shares.append(1.0 if line in lines else None if f" {line} " in joined else 0.0)
        else:
            of = [tuple(own[i:i + 4]) for i in range(len(own) - 3)]
            shares.append(sum(gram in grams for gram in of) / len(of))
    # A short block that occurs somewhere inside a line of the gold text counts where a neighbour is content.
    sure = [share is not None and share > 0.75 for share in shares]
    return numpy.array([any(sure[max(0, i - 2):i + 3]) if share is None else share > 0.5 for i, share in enumerate(shares)])


def fit(rows, target, weight):
    return lightgbm.train(PARAMETERS, lightgbm.Dataset(rows, target, weight=weight), TREES)


def expected_f1(scores, lengths, taken):
    return 2 * (scores * lengths)[taken].sum() / max(lengths[taken].sum() + (scores * lengths).sum(), 1e-9)


def choose(scores, lengths, chinese):
    taken = scores >= min(SURE, BEST_SHARE * scores.max())
    if chinese or expected_f1(scores, lengths, taken) >= SURE_PAGE:
        return taken
    order = numpy.argsort(-scores, kind="stable")
    right, all_taken = numpy.cumsum((scores * lengths)[order]), numpy.cumsum(lengths[order])
    return scores >= scores[order][numpy.argmax(right / (all_taken + right[-1]))]


def written(model):
    """A tree a line, parents before children."""
    for tree in model.dump_model()["tree_info"]:
        nodes = []

        def add(node):
            at = len(nodes)
            nodes.append(None)
            if "leaf_value" in node:
                nodes[at] = f"={node['leaf_value']:.5g}"
            else:
                left, right = add(node["left_child"]), add(node["right_child"])
                nodes[at] = f"{node['split_feature']}:{node['threshold']:.6g}:{left}:{right}"
            return at

        add(tree["tree_structure"])
        yield " ".join(nodes)


def table(name, gold, texts, taken):
    by = {}
    for page, text, kept in zip(gold, texts, taken):
        value = f1(page["gold"], "\n".join(t for t, k in zip(text, kept) if k), page["lang"])
        for key in groups(page):
            by.setdefault(key, []).append(value)
    for key, values in sorted(by.items()):
        print(f"{name} {key:28s} n={len(values):4d} F1={numpy.mean(values):.4f}")


def main(binary, target, paths):
    gold = [page for path in paths for page in read(path)]
    dumped = blocks(binary, [{"id": page["id"], "html": page["html"]} for page in gold])
    gold, dumped = zip(*[(page, blocks) for page, blocks in zip(gold, dumped) if blocks["texts"]])
    rows = [numpy.array(page["rows"], dtype=numpy.float32) for page in dumped]
    texts = [page["texts"] for page in dumped]
    lengths = [numpy.array(page["lengths"]) for page in dumped]
    marks = [labels(page["gold"], text) for page, text in zip(gold, texts)]
    # All pages weigh the same; in a page long blocks weigh more, but less than their length.
    weights = [(1 + numpy.array([sum(bag(text, page["lang"]).values()) for text in own])) ** 0.75 for page, own in zip(gold, texts)]
    weights = [weight / weight.sum() * 100 for weight in weights]
    fold = numpy.random.RandomState(SEED).permutation(len(gold)) % FOLDS
    stack = lambda parts, keep: numpy.concatenate([part for part, kept in zip(parts, keep) if kept])
    taken = [None] * len(gold)
    for number in range(FOLDS):
        inside = fold != number
        model = fit(stack(rows, inside), stack(marks, inside), stack(weights, inside))
        for i in numpy.flatnonzero(~inside):
            taken[i] = choose(model.predict(rows[i], num_threads=1), lengths[i], gold[i]["lang"] == "zh")
    table("labels ", gold, texts, marks)
    table("unseen ", gold, texts, taken)
    every = [True] * len(gold)
    with open(target, "w", encoding="utf8") as out:
        print(f"features {rows[0].shape[1]}", file=out)
        for line in written(fit(stack(rows, every), stack(marks, every), stack(weights, every))):
            print(line, file=out)


main(sys.argv[1], sys.argv[2], sys.argv[3:])

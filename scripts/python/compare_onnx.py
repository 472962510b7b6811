"""Compares scores of a transformer with onnxruntime's. Called by scripts/compare/onnx."""
import json, re, subprocess, sys, tempfile, time

import numpy, onnxruntime, tokenizers

import documents, onnx_model

TEXTS, MAX_TOKENS, LABELS = 200, 256, ["clean", "advertisement", "toxic"]


def texts(path, count):
    """Texts from all over a file, the shortest and the longest of them too."""
    found = sorted((text for text in documents.texts(path) if text.strip()), key=len)
    return [found[at * (len(found) - 1) // (count - 1)] for at in range(count)]


class Peer:
    """onnxruntime on one thread, a text at a time."""

    def __init__(self, model, tokenizer):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.tokenizer = tokenizers.Tokenizer.from_file(tokenizer)

    def score(self, text, side):
        self.tokenizer.enable_truncation(MAX_TOKENS, direction=side)
        encoded = self.tokenizer.encode(text)
        row = lambda numbers: numpy.array([numbers], numpy.int64)
        feeds = {"input_ids": row(encoded.ids), "attention_mask": row(encoded.attention_mask), "token_type_ids": row(encoded.type_ids)}
        logits = self.session.run(["logits"], feeds)[0][0].astype(numpy.float64)
        power = numpy.exp(logits - logits.max())
        return power / power.sum()


def ours(program, model, tokenizer, label, truncation, given):
    command = [program, model, tokenizer, str(MAX_TOKENS), ",".join(LABELS), label, truncation]
    done = subprocess.run(command, input="\n".join(map(json.dumps, given)), text=True, capture_output=True)
    if done.returncode:
        sys.exit(f"textmill: {done.stderr}")
    seconds = float(re.search(r"score ([\d.]+)", done.stderr).group(1))
    return [float(line) for line in done.stdout.split()], seconds


def main(program, paths):
    given = [text for path in paths for text in texts(path, TEXTS // len(paths))]
    with tempfile.TemporaryDirectory() as folder:
        model, tokenizer = f"{folder}/model.onnx", f"{folder}/tokenizer.json"
        words = onnx_model.vocabulary(given, 8000)
        onnx_model.write_tokenizer(tokenizer, words)
        onnx_model.write_model(model, len(words), len(LABELS), size=128, layers=4, heads=4, positions=MAX_TOKENS)
        peer = Peer(model, tokenizer)
        peer.tokenizer.no_truncation()
        lengths = [len(peer.tokenizer.encode(text).ids) for text in given]
        longer = sum(length > MAX_TOKENS for length in lengths)
        print(f"{len(given)} texts of {min(lengths)} to {max(lengths)} tokens, {longer} longer than {MAX_TOKENS}; {len(words)} tokens known")
        good = len(given) == TEXTS and longer > 20
        for truncation, side in [("head", "right"), ("tail", "left")]:
            begin = time.perf_counter()
            theirs = [peer.score(text, side) for text in given]
            their_seconds = time.perf_counter() - begin
            worst, spread = 0.0, []
            for place, label in enumerate(LABELS):
                found, seconds = ours(program, model, tokenizer, label, truncation, given)
                good &= len(found) == len(given)
                worst = max([worst, *(abs(score - scores[place]) for score, scores in zip(found, theirs))])
                spread.append(f"{label} {min(found):.3f} to {max(found):.3f}")
            print(f"{truncation}: scores {', '.join(spread)}; largest difference {worst:.8f}")
            print(f"{truncation}: texts a second on one thread: textmill {len(given) / seconds:.1f}, onnxruntime {len(given) / their_seconds:.1f}")
            good &= worst <= 1e-4
    print("equal" if good else "NOT equal")
    return 0 if good else 1


sys.exit(main(sys.argv[1], sys.argv[2:]))

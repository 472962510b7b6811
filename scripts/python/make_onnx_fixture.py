"""Makes the small transformer of the tests. Called by scripts/make/onnx-fixture."""
import json, os, sys

import numpy, onnxruntime, tokenizers

import onnx_model

LABELS, MAX_TOKENS = ["clean", "advertisement", "toxic"], 64

TEXTS = [
    "Thank you for the correction.",
    "You are all idiots and nobody wants you here, go away!",
    "Buy now: 50% off on every watch, only today, free shipping over $20!!!",
    "a",
    "The mill grinds slowly.\n\nIt was built in 1784 beside the river, and its wheel still turns when the snow melts.",
    "UPPER CASE AND lower case, naïve café, Straße, ﬁnally",
    "0123456789 3.14159 1,000,000 2024-02-29 10:15",
    "水车慢慢地转。",
    "这个磨坊建于一七八四年，就在河边，雪化的时候水轮还会转动。",
    "限时特价！全场五折，满二十元包邮，马上下单，仅此一天。",
    "你们都是笨蛋，没有人欢迎你们，快走开！",
    "Mixed 中文 and English 混排 in one line 一行.",
    "supercalifragilisticexpialidocious antidisestablishmentarianism",
    "nul \0 and bell \a and a zero width\u200bspace",
    "emoji 🙂 and symbols ∑ ∞ and ଓ unknown scripts",
    "[SEP] [CLS] written by hand, [MASK] too",
    "tabs\tand\r\nline\nbreaks\u00a0and\u3000wide blanks",
    " ".join(f"Sentence {n} of a long text says that the river is wide and the day is short." for n in range(40)),
    "".join(f"第{n}句说河很宽，天很短，路还很长。" for n in range(40)),
    "x" * 150 + " a word of more than a hundred letters is unknown",
    "The end of this one differs. " * 12 + "It is a threat: I will find you.",
]


def answers(session, rows):
    found = []
    for ids in rows:
        row = numpy.array([ids], numpy.int64)
        feeds = {"input_ids": row, "attention_mask": numpy.ones_like(row), "token_type_ids": numpy.zeros_like(row)}
        logits = session.run(["logits"], feeds)[0][0].astype(numpy.float64)
        power = numpy.exp(logits - logits.max())
        found.append(power / power.sum())
    return found


def main(folder):
    os.makedirs(folder, exist_ok=True)
    words = onnx_model.vocabulary(TEXTS, 460)
    model, tokenizer = f"{folder}/tiny.onnx", f"{folder}/tiny-tokenizer.json"
    onnx_model.write_tokenizer(tokenizer, words)
    onnx_model.write_model(model, len(words), len(LABELS), size=16, layers=2, heads=2, positions=MAX_TOKENS)
    session = onnxruntime.InferenceSession(model)
    tokenizer = tokenizers.Tokenizer.from_file(tokenizer)
    cls, sep, room = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]"), MAX_TOKENS - 2
    framed = lambda ids: [cls, *ids, sep]
    rows = []
    for text in TEXTS:
        tokenizer.no_truncation()
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        # Cut by the library itself where it can.
        tokenizer.enable_truncation(MAX_TOKENS)
        head = answers(session, [tokenizer.encode(text).ids])[0]
        tokenizer.enable_truncation(MAX_TOKENS, direction="left")
        tail = answers(session, [tokenizer.encode(text).ids])[0]
        both = ids if len(ids) <= room else ids[: room // 4] + ids[len(ids) - (room - room // 4) :]
        both = answers(session, [framed(both)])[0]
        chunks = [ids[at : at + room] for at in range(0, len(ids), room)][:8]
        scores = answers(session, [framed(chunk) for chunk in chunks])
        weights = [len(chunk) for chunk in chunks]
        mean, highest = numpy.average(scores, axis=0, weights=weights), numpy.max(scores, axis=0)
        kinds = {"head": head, "tail": tail, "head_and_tail": both, "chunks_mean": mean, "chunks_max": highest}
        rows.append({"text": text, "tokens": len(ids) + 2, **{name: [round(float(score), 7) for score in found] for name, found in kinds.items()}})
    with open(f"{folder}/tiny-scores.json", "w", encoding="utf8") as file:
        file.write(json.dumps({"labels": LABELS, "max_tokens": MAX_TOKENS}, ensure_ascii=True)[:-1] + ', "texts": [\n')
        file.write(",\n".join(json.dumps(row, ensure_ascii=True) for row in rows) + "\n]}\n")
    print(f"{len(rows)} texts, {len(words)} tokens, {os.path.getsize(model)} bytes")


main(sys.argv[1])

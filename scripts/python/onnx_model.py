"""Makes a small BERT-like classifier with random weights: an ONNX file and its tokenizer.json.

The graph is built as exporters write it: shapes are computed inside, the layer normalisation is spelled out in even layers
and the operator in odd ones, GELU is the one with Erf, and the attention has several heads and a mask.
"""
import json, re

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
MARKS = "!\"#$%&'()*+,-./:;<=>?@[]_{|}~，。！？：；（）《》、“”"


def vocabulary(texts, size):
    """Letters, marks, and the most frequent words, ends of words and Chinese characters of `texts`; `size` in all."""
    known = SPECIAL + list(LETTERS) + ["##" + letter for letter in LETTERS] + list(MARKS)
    counts = {}
    for text in texts:
        for word in re.findall(r"[a-z]{2,}|[\u4e00-\u9fff]", text.lower()):
            counts[word] = counts.get(word, 0) + 1
            if len(word) > 4:
                counts["##" + word[-3:]] = counts.get("##" + word[-3:], 0) + 1
    frequent = sorted(counts, key=lambda word: (-counts[word], word))
    return list(dict.fromkeys(known + frequent))[:size]


def write_tokenizer(path, words):
    ids = {word: index for index, word in enumerate(words)}
    token = lambda word: {"SpecialToken": {"id": word, "type_id": 0}}
    text = lambda name, kind: {"Sequence": {"id": name, "type_id": kind}}
    special = {word: {"id": word, "ids": [ids[word]], "tokens": [word]} for word in ["[CLS]", "[SEP]"]}
    added = [
        {"id": ids[word], "content": word, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for word in SPECIAL
    ]
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [token("[CLS]"), text("A", 0), token("[SEP]")],
            "pair": [token("[CLS]"), text("A", 0), token("[SEP]"), text("B", 1), {"SpecialToken": {"id": "[SEP]", "type_id": 1}}],
            "special_tokens": special,
        },
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": ids,
        },
    }
    with open(path, "w", encoding="utf8") as file:
        json.dump(tokenizer, file, ensure_ascii=False, separators=(",", ":"))


class Graph:
    """Nodes and weights, in the order in which they are added."""

    def __init__(self, seed):
        self.random = numpy.random.default_rng(seed)
        self.nodes, self.weights, self.count = [], [], 0

    def constant(self, value):
        self.count += 1
        name = f"c{self.count}"
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def ints(self, *values):
        return self.constant(numpy.array(values, numpy.int64))

    def number(self, value):
        return self.constant(numpy.array(value, numpy.float32))

    def weight(self, *shape, scale):
        return self.constant((self.random.standard_normal(shape) * scale).astype(numpy.float32))

    def op(self, kind, *inputs, **attributes):
        self.count += 1
        name = f"n{self.count}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], f"{kind}_{self.count}", **attributes))
        return name

    def linear(self, x, size, out, scale=None):
        product = self.op("MatMul", x, self.weight(size, out, scale=scale or 1.5 / size**0.5))
        return self.op("Add", product, self.weight(out, scale=0.1))

    def layer_norm(self, x, size, spelled_out):
        gain = self.constant((1 + 0.1 * self.random.standard_normal(size)).astype(numpy.float32))
        bias = self.weight(size, scale=0.1)
        if not spelled_out:
            return self.op("LayerNormalization", x, gain, bias, axis=-1, epsilon=1e-12)
        centred = self.op("Sub", x, self.op("ReduceMean", x, axes=[-1], keepdims=1))
        variance = self.op("ReduceMean", self.op("Pow", centred, self.number(2)), axes=[-1], keepdims=1)
        deviation = self.op("Sqrt", self.op("Add", variance, self.number(1e-12)))
        return self.op("Add", self.op("Mul", self.op("Div", centred, deviation), gain), bias)

    def gelu(self, x):
        erf = self.op("Erf", self.op("Div", x, self.number(2**0.5)))
        return self.op("Mul", self.op("Mul", x, self.op("Add", erf, self.number(1))), self.number(0.5))

    def dimension(self, x, axis):
        return self.op("Unsqueeze", self.op("Gather", self.op("Shape", x), self.constant(numpy.array(axis, numpy.int64)), axis=0), self.ints(0))

    def attention(self, x, mask, size, heads, batch, length):
        split = self.op("Concat", batch, length, self.ints(heads, size // heads), axis=0)
        part = lambda order: self.op("Transpose", self.op("Reshape", self.linear(x, size, size), split), perm=order)
        query, key, value = part([0, 2, 1, 3]), part([0, 2, 3, 1]), part([0, 2, 1, 3])
        scores = self.op("Div", self.op("MatMul", query, key), self.number((size // heads) ** 0.5))
        weights = self.op("Softmax", self.op("Add", scores, mask), axis=-1)
        mixed = self.op("Transpose", self.op("MatMul", weights, value), perm=[0, 2, 1, 3])
        joined = self.op("Reshape", mixed, self.op("Concat", batch, length, self.ints(size), axis=0))
        return self.linear(joined, size, size)


def write_model(path, vocabulary_size, labels, size=128, layers=4, heads=4, positions=512, seed=7, opset=17):
    graph = Graph(seed)
    ids, mask, types = "input_ids", "attention_mask", "token_type_ids"
    batch, length = graph.dimension(ids, 0), graph.dimension(ids, 1)
    place = graph.constant(numpy.arange(positions, dtype=numpy.int64)[None])
    place = graph.op("Slice", place, graph.ints(0), length, graph.ints(1))
    x = graph.op("Gather", graph.weight(vocabulary_size, size, scale=1.0), ids, axis=0)
    x = graph.op("Add", x, graph.op("Gather", graph.weight(2, size, scale=0.3), types, axis=0))
    x = graph.op("Add", x, graph.op("Gather", graph.weight(positions, size, scale=0.3), place, axis=0))
    x = graph.layer_norm(x, size, True)
    wide = graph.op("Cast", graph.op("Unsqueeze", mask, graph.ints(1, 2)), to=TensorProto.FLOAT)
    hidden = graph.op("Mul", graph.op("Sub", graph.number(1), wide), graph.number(-1e4))
    for layer in range(layers):
        attended = graph.attention(x, hidden, size, heads, batch, length)
        x = graph.layer_norm(graph.op("Add", x, attended), size, layer % 2 == 0)
        inner = graph.linear(graph.gelu(graph.linear(x, size, 4 * size)), 4 * size, size)
        x = graph.layer_norm(graph.op("Add", x, inner), size, layer % 2 == 0)
    first = graph.op("Gather", x, graph.constant(numpy.array(0, numpy.int64)), axis=1)
    pooled = graph.op("Tanh", graph.linear(first, size, size))
    graph.nodes.append(helper.make_node("Gemm", [pooled, graph.weight(labels, size, scale=2.5 / size**0.5), graph.weight(labels, scale=0.1)], ["logits"], "classifier", transB=1))
    values = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "length"]) for name in [ids, mask, types]]
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", labels])
    made = helper.make_graph(graph.nodes, "classifier", values, [logits], graph.weights)
    made = helper.make_model(made, producer_name="textmill", opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
    onnx.checker.check_model(made, full_check=True)
    onnx.save(made, path)

